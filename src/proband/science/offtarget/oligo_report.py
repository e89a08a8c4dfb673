"""Off-target hits of an oligonucleotide as a table, and what was searched as a plain value: rule, databases, counts.

The table is for people: positions 1-based and inclusive. The summary answers two questions for a reviewer: was a search
done, over spliced and unspliced transcripts, by which rule and in which databases; and were the hits ranked by
expression in the exposed tissue, tested in cells and given a margin. Nothing is decided here.

Cannot see: what the search does not (see `oligo_search`); whether a margin is enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proband.science.design.oligo_tables import cell
from proband.science.offtarget.oligo_mechanism import BINDS, NOT_TOLD
from proband.science.offtarget.oligo_query import Oligo
from proband.science.offtarget.oligo_ranking import RankedHit, Setting
from proband.science.offtarget.oligo_search import Searched
from proband.science.offtarget.oligo_tables import LOW, FollowUp

COLUMNS = (
    "rank rank_in_tissue hit contig start end strand found_in genes transcripts_unspliced transcripts_spliced edits "
    "mismatches target_bulges oligo_bulges unpaired_5 unpaired_3 longest_run aligned_oligo aligned_target_3_to_5 "
    "duplex_energy mechanism gap_run to_splice to_start expression tpm intended other_alignment_of"
).split()


@dataclass(frozen=True, slots=True)
class Databases:
    """What was searched in: build as stated, digests (SHA-256) of genome sequence and annotation file, their names."""

    build: str
    genome: str
    genome_digest: str
    annotation: str
    annotation_digest: str


def hits_tsv(ranked: Sequence[RankedHit], oligo: Oligo) -> str:
    """One row per hit in order of rank, with a header.

    >>> hits_tsv((), None).split("\\t")[:3]
    ['rank', 'rank_in_tissue', 'hit']
    """
    lines = ["\t".join(COLUMNS)]
    lines += ["\t".join(cell(_text(v)) for v in _row(r, oligo).values()) for r in ranked]
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _row(r: RankedHit, oligo: Oligo) -> dict[str, Any]:
    hit, a = r.hit, r.hit.alignment
    above, below = a.letters(oligo.sequence)
    values = (
        r.rank, r.rank_in_tissue, hit.id, hit.contig, hit.blocks[0][0] + 1, hit.blocks[-1][1], hit.strand, hit.found_in,
        ",".join(r.genes), ",".join(hit.unspliced), ",".join(hit.spliced), a.edits, a.mismatches, a.target_bulges,
        a.oligo_bulges, a.trimmed_5, a.trimmed_3, a.longest_run, above, below, r.energy, r.mechanism.name,
        r.mechanism.gap_run, r.mechanism.to_splice, r.mechanism.to_start, r.expression,
        None if r.tpm is None else f"{r.tpm:g}", r.intended, r.other_alignment_of,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def summary(
    ranked: Sequence[RankedHit],
    oligo: Oligo,
    searched: Searched,
    databases: Databases,
    setting: Setting,
    no_energy: str,
    followup: Sequence[FollowUp] | None = None,
) -> dict[str, Any]:
    """What was searched and found, as a plain value for JSON."""
    own = [r for r in ranked if not r.other_alignment_of]
    return {
        "oligonucleotide": {
            "sequence": oligo.sequence,
            "chemistry": oligo.chemistry or "not stated",
            "mechanism": oligo.mechanism or "not stated",
            "layout": "-".join(map(str, oligo.layout)),
        },
        "rule": {
            "pairing": oligo.limits.words(),
            "mechanism": setting.rule.words(oligo.mechanism),
            "strand": "sense strand of annotated transcripts",
        },
        "databases": {
            "build": databases.build or "not stated",
            "genome": databases.genome,
            "genome_sequence_sha256": databases.genome_digest,
            "annotation": databases.annotation,
            "annotation_sha256": databases.annotation_digest,
        },
        "searched": {
            "transcripts": searched.transcripts,
            "spliced_bases": searched.spliced_bases,
            "unspliced_bases": searched.unspliced_bases,
            "windows": searched.windows,
            "windows_set_aside": searched.windows_set_aside,
            "not_searched": [{"transcript": t, "because": why} for t, why in searched.not_searched],
        },
        "hits": {
            "all": len(ranked),
            "beside_a_better_one": len(ranked) - len(own),
            "by_edits": _counted(str(r.hit.alignment.edits) for r in own),
            "by_rna": _counted(r.hit.found_in for r in own),
            "by_mechanism": _counted(r.mechanism.name for r in own),
            "by_gene_intended": _counted(r.intended or "not stated" for r in own),
        },
        "duplex_energy": no_energy or "computed for every hit",
        "follow_up": facts(own, setting, followup),
    }


def _counted(names: Any) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def facts(hits: Sequence[RankedHit], setting: Setting, followup: Sequence[FollowUp] | None) -> dict[str, Any]:
    """Whether hits were ranked by expression, tested in cells and given a margin; None is not looked at.

    Hits are those that are not the intended gene. `to_test` are those that are expressed or unknown in the exposed
    tissue and that have a mechanism by the rule, or of which it is not told.

    >>> facts((), Setting(), None)["tested_in_cells"] is None
    True
    """
    others = [r for r in hits if r.intended != "yes"]
    to_test = [r.hit.id for r in others if r.expression != LOW and r.mechanism.name != BINDS]
    ranked = setting.expression is not None
    made: dict[str, Any] = {
        "tissue": setting.expression.tissue if setting.expression else None,
        "expressed_from_tpm": setting.expression.least if setting.expression else None,
        "hits_by_expression": _counted(r.expression for r in others) if ranked else None,
        "hits_without_told_mechanism": sum(r.mechanism.name == NOT_TOLD for r in others),
        "to_test": len(to_test),
    }
    if followup is None:
        return made | {"tested_in_cells": None, "to_test_and_tested": None, "not_tested": None, "least_margin": None}
    tested = {f.hit for f in followup if f.tested_in}
    without = [h for h in to_test if h not in tested]
    margins = {f.hit: f.margin for f in followup if f.tested_in and f.margin is not None}
    return made | {
        "tested_in_cells": len(tested),
        "to_test_and_tested": len(to_test) - len(without),
        "not_tested": without[:50],
        "least_margin": _least(margins),
        "least_exposure_margin": _least({f.hit: f.exposure_margin for f in followup if f.exposure_margin is not None}),
        "tested_without_margin": sorted(tested - margins.keys())[:50],
    }


def _least(margins: Mapping[str, tuple[float, bool] | None]) -> dict[str, Any] | None:
    held = [(m[0], not m[1], hit) for hit, m in margins.items() if m is not None]
    if not held:
        return None
    value, reached, hit = min(held)
    return {"hit": hit, "value": value, "is": "a value" if reached else "a lower limit"}
