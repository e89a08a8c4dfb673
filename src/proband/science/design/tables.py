"""Options as rows for ``candidates.tsv`` and as a plain value for ``options.json``; same input, same bytes.

Coordinates in both are for people: 1-based, both ends included. A cut or nick lies after the base that is named.

Cannot see: anything that ``options`` does not; nothing is computed here but the choice of extensions shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proband.science.design.bystanders import BystanderTable, Combination
from proband.science.design.editors import Editor
from proband.science.design.nicking import NickingGuide
from proband.science.design.nuclease import FrameOutcome
from proband.science.design.options import CutDetail, DesignOptions, Option
from proband.science.design.pam_edits import PamEdit
from proband.science.design.pegrnas import Extension, PrimeSite
from proband.science.design.spacers import Rejection

FIRST_PBS = 13  # nt, the primer binding site to try first; Anzalone et al., Nature 2019;576:149-157 (recalled)
SHOWN = 6  # extensions listed for each prime editing site

COLUMNS = (
    "option kind editor strand contig start end spacer pam target bystanders exact_sets target_alone_exact "
    "template primer_binding_site primer_binding_site_gc primer_binding_site_melting homology extension_against "
    "edit_at pam_disrupted seed_disrupted nicking_guides cut cut_other_strand cut_distance for against missing"
).split()


def shown_extensions(site: PrimeSite, most: int = SHOWN) -> tuple[Extension, ...]:
    """The first extensions by: fewest rules broken, primer binding site nearest to 13 nt, shortest template."""
    order = sorted(site.extensions, key=lambda e: (len(e.against), abs(len(e.pbs) - FIRST_PBS), len(e.template), e.pbs))
    return tuple(order[:most])


def candidate_rows(made: DesignOptions, extensions: int = SHOWN) -> list[dict[str, str]]:
    """One row per guide or cut, and per extension shown of a prime editing site; every column is text."""
    return [row for number, o in enumerate(made.options, 1) for row in _rows(made, o, number, extensions)]


def candidates_tsv(made: DesignOptions, extensions: int = SHOWN) -> str:
    """The rows of ``candidates.tsv`` with a header; ends with a line feed."""
    lines = ["\t".join(COLUMNS)]
    lines += ["\t".join(row[c] for c in COLUMNS) for row in candidate_rows(made, extensions)]
    return "\n".join(lines) + "\n"


def _rows(made: DesignOptions, o: Option, number: int, extensions: int) -> Iterator[dict[str, str]]:
    row = dict.fromkeys(COLUMNS, "")
    row |= {"option": str(number), "kind": o.kind, "editor": o.editor, "strand": o.strand, "contig": made.contig}
    row |= {"start": str(o.start + 1), "end": str(o.end), "spacer": o.spacer, "pam": o.pam}
    row |= {"for": " | ".join(o.facts_for), "against": " | ".join(o.facts_against), "missing": " | ".join(o.missing)}
    match o.detail:
        case BystanderTable() as table:
            yield row | _base_cells(table)
        case PrimeSite() as site:
            for e in shown_extensions(site, extensions):
                yield row | _prime_cells(site, e)
        case CutDetail(site=site):
            yield row | {
                "cut": str(site.cut),
                "cut_other_strand": str(site.other_cut),
                "cut_distance": str(site.distance),
            }


def _base_cells(table: BystanderTable) -> dict[str, str]:
    guide = table.guide
    return {
        "target": guide.target,
        "bystanders": " ".join(f"{guide.base}{e.position}" for e in guide.bystanders),
        "exact_sets": " ".join("+".join(f"{guide.base}{p}" for p in positions) for positions in table.exact),
        "target_alone_exact": {True: "yes", False: "no", None: "not_known"}[table.target_alone_suffices],
    }


def _prime_cells(site: PrimeSite, e: Extension) -> dict[str, str]:
    return {
        "template": e.template,
        "primer_binding_site": e.pbs,
        "primer_binding_site_gc": str(e.pbs_gc),
        "primer_binding_site_melting": str(e.pbs_melting),
        "homology": str(e.homology),
        "extension_against": " | ".join(e.against),
        "edit_at": str(site.edit_at),
        "pam_disrupted": "yes" if site.pam_disrupted else "no",
        "seed_disrupted": "yes" if site.seed_disrupted else "no",
        "nicking_guides": " ".join(f"{g.kind}:{g.spacer}:{g.distance:+d}" for g in site.nicking),
    }


def options_dict(made: DesignOptions, editors: dict[str, Editor], extensions: int = SHOWN) -> dict[str, Any]:
    """All of it as dicts, lists, texts and numbers, for ``json.dumps``; `editors` gives the citations printed."""
    return {
        "contig": made.contig,
        "position": made.position + 1,
        "present": made.present,
        "wanted": made.wanted,
        "transcript": made.transcript,
        "editors": [_editor(editors[name]) for name in made.editors if name in editors],
        "options": [_option(o, i, extensions) for i, o in enumerate(made.options, 1)],
        "rejected": [_rejection(r) for r in made.rejected],
        "why_not": [
            {"editor": w.editor, "kind": w.kind, "code": w.code, "reason": w.reason, "tried": len(w.tried)}
            for w in made.why_not
        ],
    }


def _editor(e: Editor) -> dict[str, Any]:
    return {
        "name": e.name,
        "kind": e.kind,
        "nuclease": e.nuclease,
        "pam": e.pam,
        "pam_side": e.pam_side,
        "spacer_length": e.spacer_length,
        "cut": list(e.cut),
        "conversion": ">".join(e.conversion) if e.conversion else "",
        "window": list(e.window) if e.conversion else [],
        "wide_window": list(e.wide_window) if e.conversion else [],
        "window_assumed": e.window_assumed,
        "reach": e.reach,
        "notes": list(e.notes),
        "citations": [{"key": c.key, "paper": c.paper, "read_as": c.read_as} for c in e.citations],
    }


def _option(o: Option, number: int, extensions: int) -> dict[str, Any]:
    return {
        "option": number,
        "kind": o.kind,
        "editor": o.editor,
        "strand": o.strand,
        "spacer": o.spacer,
        "pam": o.pam,
        "start": o.start + 1,
        "end": o.end,
        "for": list(o.facts_for),
        "against": list(o.facts_against),
        "missing": list(o.missing),
        "detail": _detail(o, extensions),
    }


def _detail(o: Option, extensions: int) -> dict[str, Any]:
    match o.detail:
        case BystanderTable() as table:
            guide = table.guide
            return {
                "target": guide.target,
                "gc": round(guide.gc, 3),
                "editable": [
                    {
                        "position": e.position,
                        "reference_position": None if e.reference_position is None else e.reference_position + 1,
                        "plus_base": e.plus_base,
                        "plus_edited": e.plus_edited,
                        "in_window": e.in_window,
                        "is_target": e.is_target,
                    }
                    for e in guide.editable
                ],
                "combinations": [_combination(c) for c in table.combinations],
                "complete": table.complete,
                "exact": [list(p) for p in table.exact],
                "target_alone_suffices": table.target_alone_suffices,
            }
        case PrimeSite() as site:
            return {
                "nick": site.nick,
                "edit_at": site.edit_at,
                "pam_disrupted": site.pam_disrupted,
                "seed_disrupted": site.seed_disrupted,
                "extensions_made": len(site.extensions),
                "extensions": [_extension(e) for e in shown_extensions(site, extensions)],
                "pam_edits": [_pam_edit(e) for e in site.pam_edits],
                "nicking": [_nicking(g) for g in site.nicking],
            }
        case CutDetail(site=site, outcomes=outcomes):
            return {
                "cut": site.cut,
                "cut_other_strand": site.other_cut,
                "distance": site.distance,
                "on_change": site.on_change,
                "outcomes": [_outcome(x) for x in outcomes],
            }


def _combination(c: Combination) -> dict[str, Any]:
    splice = [{"position": f.position + 1, "site": f.site, "offset": f.offset} for f in c.splice]
    return {
        "positions": list(c.positions),
        "has_target": c.has_target,
        "effect": c.effect,
        "changes": list(c.changes),
        "splice": splice,
        "restores": c.restores,
    }


def _extension(e: Extension) -> dict[str, Any]:
    return {
        "template": e.template,
        "primer_binding_site": e.pbs,
        "gc": e.pbs_gc,
        "melting": e.pbs_melting,
        "homology": e.homology,
        "against": list(e.against),
    }


def _pam_edit(e: PamEdit) -> dict[str, Any]:
    return {"position": e.position + 1, "ref": e.ref, "alt": e.alt, "pam": e.pam, "after_nick": e.after_nick}


def _nicking(g: NickingGuide) -> dict[str, Any]:
    return {
        "kind": g.kind,
        "strand": g.strand,
        "spacer": g.spacer,
        "pam": g.pam,
        "start": g.start + 1,
        "end": g.end,
        "distance": g.distance,
    }


def _outcome(x: FrameOutcome) -> dict[str, Any]:
    return {
        "size": x.size,
        "in_frame": x.in_frame,
        "frameshift": x.frameshift,
        "splice": x.splice,
        "outside_coding": x.outside_coding,
    }


def _rejection(r: Rejection) -> dict[str, Any]:
    return {
        "editor": r.editor,
        "code": r.code,
        "detail": r.detail,
        "strand": r.strand,
        "position": r.position,
        "spacer": r.spacer,
        "pam": r.pam,
    }
