"""Oligonucleotides as rows for a TSV file and as a plain value for JSON; same input, same bytes.

Coordinates in both are for people: 1-based, both ends included. A cell holds no tab, line feed or hidden character,
and none that a spreadsheet would run as a formula.

Cannot see: anything that the design does not; nothing is computed here.
"""

from __future__ import annotations

from typing import Any

from proband.science.design.gapmers import GapmerDetail
from proband.science.design.oligo_motifs import MotifFlag
from proband.science.design.oligo_skipping import SkipConsequence
from proband.science.design.oligo_structure import OligoStructure, structure_cells
from proband.science.design.oligonucleotides import OligoCandidate, OligoDesign, OligoRejection
from proband.science.design.splice_switching import SpliceDetail
from proband.science.table_cells import cell

COLUMNS = (
    "candidate kind chemistry contig start end strand transcript sequence length gc covers variants allele_specific "
    "layout gap_positions self_fold self_dimer accessibility flags for against missing"
).split()


def oligos_tsv(design: OligoDesign) -> str:
    """One row per candidate in the order of the design, with a header; ends with a line feed.

    >>> oligos_tsv(OligoDesign("gapmer", "", "c1", "+", "T", (), (), "no site", ())).split("\\t")[:2]
    ['candidate', 'kind']
    """
    lines = ["\t".join(COLUMNS)]
    for number, c in enumerate(design.candidates, 1):
        row = _row(design, c, number)
        lines.append("\t".join(cell(row[name]) for name in COLUMNS))
    return "\n".join(lines) + "\n"


def _row(design: OligoDesign, c: OligoCandidate, number: int) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "candidate": str(number),
        "kind": c.kind,
        "chemistry": c.chemistry_class,
        "contig": design.contig,
        "start": str(c.start + 1),
        "end": str(c.end),
        "strand": c.strand,
        "transcript": design.transcript,
        "sequence": c.sequence,
        "length": str(len(c.sequence)),
        "gc": f"{c.detail.gc:.3f}",
        "covers": ", ".join(c.covers),
        "flags": " ".join(f.name for f in c.detail.flags if f.counts),
        "for": " | ".join(c.facts_for),
        "against": " | ".join(c.facts_against),
        "missing": " | ".join(c.missing),
    }
    row |= structure_cells(c.detail.structure)
    match c.detail:
        case SpliceDetail() as d:
            row |= {"variants": ", ".join(d.variants), "allele_specific": _yes(d.allele_specific)}
        case GapmerDetail() as d:
            row |= {
                "variants": ", ".join(str(m.site) for m in d.mismatches),
                "allele_specific": _yes(bool(d.mismatches)),
                "layout": "-".join(map(str, d.layout)),
                "gap_positions": ", ".join(f"{m.gap_position} of {d.layout[1]}" for m in d.mismatches),
            }
    return row


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def oligos_dict(design: OligoDesign) -> dict[str, Any]:
    """All of a design as dicts, lists, texts and numbers, for ``json.dumps``.

    >>> oligos_dict(OligoDesign("gapmer", "", "c1", "+", "T", (), (), "no site", ()))["why_not"]
    'no site'
    """
    return {
        "kind": design.kind,
        "target": design.target,
        "contig": design.contig,
        "strand": design.strand,
        "transcript": design.transcript,
        "candidates": [_candidate(c, number) for number, c in enumerate(design.candidates, 1)],
        "rejected": [_rejection(r) for r in design.rejected],
        "why_not": design.why_not,
        "notes": list(design.notes),
    }


def _candidate(c: OligoCandidate, number: int) -> dict[str, Any]:
    return {
        "candidate": number,
        "kind": c.kind,
        "chemistry": c.chemistry_class,
        "start": c.start + 1,
        "end": c.end,
        "strand": c.strand,
        "sequence": c.sequence,
        "covers": list(c.covers),
        "for": list(c.facts_for),
        "against": list(c.facts_against),
        "missing": list(c.missing),
        "detail": {
            "gc": c.detail.gc,
            "flags": [_flag(f) for f in c.detail.flags],
            "structure": _structure(c.detail.structure),
            **_detail(c.detail),
        },
    }


def _detail(detail: SpliceDetail | GapmerDetail) -> dict[str, Any]:
    if isinstance(detail, SpliceDetail):
        return {
            "variants": list(detail.variants),
            "allele_specific": detail.allele_specific,
            "sites_covered": detail.sites_covered,
            "other_sites": list(detail.other_sites),
            "skip": _skip(detail.skip),
        }
    return {
        "layout": list(detail.layout),
        "molecule": detail.molecule,
        "mismatches": [
            {
                "site": str(m.site),
                "allele": m.site.allele,
                "gap_position": m.gap_position,
                "oligo_base": m.oligo_base,
                "other_base": m.other_base,
                "wobble": m.wobble,
            }
            for m in detail.mismatches
        ],
        "wing_mismatches": detail.wing_mismatches,
        "intervals": [[start + 1, end] for start, end in detail.blocks],
    }


def _flag(f: MotifFlag) -> dict[str, Any]:
    return {
        "name": f.name,
        "places": [{"at": at + 1, "bases": bases} for at, bases in f.places],
        "counts": f.counts,
        "text": f.text,
    }


def _structure(s: OligoStructure | None) -> dict[str, Any] | None:
    if s is None:
        return None
    return {
        "self_fold": s.self_fold,
        "self_dimer": s.self_dimer,
        "accessibility": s.accessibility,
        "bases_folded": s.window,
        "missing": list(s.missing),
    }


def _skip(s: SkipConsequence | None) -> dict[str, Any] | None:
    if s is None:
        return None
    return {
        "exon": s.exon,
        "length": s.length,
        "coding_length": s.coding_length,
        "coding_share": s.coding_share,
        "frame_kept": s.frame_kept,
        "first_coding": s.first_coding,
        "last_coding": s.last_coding,
        "stop": s.stop,
        "decay": {"answer": s.decay.answer, "reason": s.decay.reason},
    }


def _rejection(r: OligoRejection) -> dict[str, Any]:
    return {"code": r.code, "detail": r.detail, "start": r.start + 1, "end": r.end, "sequence": r.sequence}
