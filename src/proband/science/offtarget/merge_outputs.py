"""The tables of a merge: the union (TSV and Parquet), every row with its site, every refused row, and the account.

Coordinates in the tables count from 1 with ends included, and their first line says so. Scores are columns beside the
sites; no site is ranked out by one.

Cannot see: more than `merge_nominations` does.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from proband.science.offtarget.cfd import cfd
from proband.science.offtarget.empirical_score import empirical, load_model
from proband.science.offtarget.guide import Guide
from proband.science.offtarget.merge_manifest import MergeInput
from proband.science.offtarget.merge_nominations import Merge, MergedSite, nomination_facts

COORDINATES = "# coordinates count from 1, ends included; footprint = protospacer and PAM"
_FORMULA = ("=", "+", "@", "-", "\t", "\r")


def files(made: Merge, given: MergeInput, inputs: Sequence[Path]) -> dict[str, bytes]:
    """All files of a merge by name; `inputs` are digested into the account."""
    header, rows = union_table(made, given.guide)
    return {
        "merged.tsv": tsv(header, rows, COORDINATES),
        "merged.parquet": _parquet(header, rows),
        "nominations.tsv": _nominations(made),
        "refused.tsv": _refused(made),
        "merge.json": (json.dumps(account(made, given, inputs), indent=1, sort_keys=True) + "\n").encode("utf-8"),
    }


def union_table(made: Merge, guide: Guide) -> tuple[list[str], list[list[Any]]]:
    """Column names, and one row for each site; None stands for what is not known."""
    methods = list(dict.fromkeys(x.form.method for x in made.lists))
    header = [
        "site", "contig", "start", "end", "strand", "pam_start", "guide", "spacer", "aligned_spacer",
        "aligned_protospacer", "pam", "mismatches", "dna_bulges", "rna_bulges", "edits", "placed_by", "placed_reason",
        "other_alignments", "method_classes", "methods", "kept", "drop_reason", "drop_by", "drop_date", "cfd",
        "cfd_with_bulges_unvalidated", "empirical_probability", "score_reason",
    ]  # fmt: skip
    for m in methods:
        header += [f"{m} rank", f"{m} reads", f"{m} score", f"{m} replicates", f"{m} rows"]
    return header, [_site_row(s, guide, methods) for s in made.sites]


def _site_row(merged: MergedSite, guide: Guide, methods: Sequence[str]) -> list[Any]:
    s, d = merged.site, merged.dropped
    known = s.pam_start >= 0
    row: list[Any] = [
        merged.name, s.contig, s.start + 1, s.end, s.strand or None, s.pam_start + 1 if known else None, guide.name,
        guide.spacer, s.aligned_spacer or None, s.aligned_protospacer or None, s.pam or None,
        *((s.mismatches, s.dna_bulges, s.rna_bulges, s.edits) if known else [None] * 4),
        s.placed_by, s.reason or None, s.others if known else None, ";".join(merged.classes),
        ";".join(dict.fromkeys(x.method for x in merged.support)), "no" if d else "yes",
        *((d.reason, d.who, d.day.isoformat()) if d else (None, None, None)),
        *scores(s.aligned_spacer, s.aligned_protospacer, s.pam, guide.pam_side),
    ]  # fmt: skip
    for m in methods:
        held = next((x for x in merged.support if x.method == m), None)
        row += (
            [held.rank, held.reads, held.score, f"{held.replicates} of {held.of_replicates}", held.rows]
            if held
            else [None] * 5
        )
    return row


def scores(
    spacer: str, protospacer: str, pam: str, pam_side: int
) -> tuple[float | None, float | None, float | None, str]:
    """CFD, its extension to bulges, the empirical probability, and why one of them is not given.

    >>> scores("", "", "", 3)
    (None, None, None, 'not aligned: no score')
    """
    if not spacer:
        return None, None, None, "not aligned: no score"
    one, two = cfd(spacer, protospacer, pam, pam_side), empirical(spacer, protospacer, pam, pam_side)
    reason = "; ".join(dict.fromkeys(r for r in (one.reason, two.reason) if r))
    return one.score, one.extended, two.probability, reason


def tsv(header: Sequence[str], rows: Iterable[Sequence[Any]], comment: str = "") -> bytes:
    """A table as TSV; None is an empty cell, numbers to six significant digits, texts made harmless to spreadsheets."""
    out = io.StringIO()
    if comment:
        out.write(comment + "\n")
    out.write("\t".join(header) + "\n")
    for row in rows:
        out.write("\t".join(_cell(v) for v in row) + "\n")
    return out.getvalue().encode("utf-8")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 or value != int(value) else str(int(value))
    text = " ".join(str(value).split())
    return f"'{text}" if text.startswith(_FORMULA) and text not in ("+", "-") and not isinstance(value, int) else text


def _parquet(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    import polars as pl

    texts = {i for i, name in enumerate(header) if name.endswith(" replicates") or name in _TEXTS}
    whole = {i for i, name in enumerate(header) if name in _WHOLE or name.endswith((" rank", " rows"))}
    columns = {}
    for i, name in enumerate(header):
        kind = pl.String if i in texts else pl.Int64 if i in whole else pl.Float64
        columns[name] = pl.Series(name, [r[i] for r in rows], dtype=kind, strict=False)
    out = io.BytesIO()
    pl.DataFrame(columns).write_parquet(out, compression="zstd", statistics=False)
    return out.getvalue()


_TEXTS = {
    "site", "contig", "strand", "guide", "spacer", "aligned_spacer", "aligned_protospacer", "pam", "placed_by",
    "placed_reason", "method_classes", "methods", "kept", "drop_reason", "drop_by", "drop_date", "score_reason",
}  # fmt: skip
_WHOLE = {"start", "end", "pam_start", "mismatches", "dna_bulges", "rna_bulges", "edits", "other_alignments"}


def _nominations(made: Merge) -> bytes:
    header = ["list", "line", "method", "replicate", "stated_contig", "stated_start", "stated_end", "stated_strand",
              "contig", "start", "end", "reads", "score", "site"]  # fmt: skip
    rows = []
    for r in sorted(made.merged, key=lambda r: (r.nomination.source, r.nomination.line)):
        n, described = r.nomination, made.lists[r.nomination.source]
        rows.append(
            [
                described.label, n.line, described.form.method, n.replicate, n.place.contig, n.place.start + 1,
                n.place.end, n.place.strand or None, r.lifted.contig, r.lifted.start + 1, r.lifted.end, n.reads,
                n.score, r.name,
            ]
        )  # fmt: skip
    return tsv(header, rows, COORDINATES + "; stated: in the build of the list, lifted: in the target build")


def _refused(made: Merge) -> bytes:
    rows = [[made.lists[r.source].label, r.line, r.step, r.said, r.reason] for r in made.refused]
    return tsv(["list", "line", "step", "said", "reason"], rows)


def account(made: Merge, given: MergeInput, inputs: Sequence[Path]) -> dict[str, Any]:
    """What was merged, as plain values: counts that add up, settings, facts for the criteria, digests of the files."""
    count, classes, kept = nomination_facts(made)
    per_list = []
    for i, described in enumerate(made.lists):
        merged = sum(r.nomination.source == i for r in made.merged)
        refused = [r for r in made.refused if r.source == i]
        steps = {step: sum(r.step == step for r in refused) for step in ("read", "guide", "lift")}
        per_list.append(
            {
                "label": described.label, "file": described.path.name, "format": described.form.name,
                "method": described.form.method, "method_class": described.form.method_class,
                "replicate": described.replicate, "build": described.build, "first_base": described.form.first_base,
                "rows": made.rows[i], "merged": merged, "refused": steps,
            }
        )  # fmt: skip
    model = load_model().about
    return {
        "build": given.build, "guide": asdict(given.guide), "limits": asdict(given.limits),
        "genome": given.genome.name if given.genome else None, "lists": per_list,
        "rows": sum(made.rows), "rows_merged": len(made.merged), "rows_refused": len(made.refused),
        "sites": len(made.sites), "sites_dropped_with_reason": sum(s.dropped is not None for s in made.sites),
        "sites_aligned": sum(s.site.pam_start >= 0 for s in made.sites),
        "sites_as_stated": sum(s.site.pam_start < 0 for s in made.sites), "notes": list(made.notes),
        "facts": {
            "nominated_count": count, "method_classes": asdict(classes),
            "kept_sites": {"present": len(kept.present), "absent": len(kept.absent), "unknown": list(kept.unknown)},
        },
        "scores": {
            "cfd": "Doench et al. 2016; a rank, not a probability",
            "empirical_probability": {k: model[k] for k in ("source", "auroc", "average_precision")},
        },
        "files": {p.name: _digest(p) for p in inputs},
    }  # fmt: skip


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
