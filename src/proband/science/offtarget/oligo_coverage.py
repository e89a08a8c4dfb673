"""What a search of transcripts for an oligonucleotide covered, and what became of its hits, as sets of members.

An annotation counts as that of a whole genome only where its owner says so: of a piece, nothing is told of the other
transcripts. What nobody wrote down of expression, tests and margins is unknown; a hit that a table of tests leaves out
is not tested.

Cannot see: transcripts that the annotation lacks, and whether a margin is enough.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from proband.core.evidence import Members
from proband.science.offtarget.oligo_ranking import RankedHit, Setting
from proband.science.offtarget.oligo_report import facts
from proband.science.offtarget.oligo_search import Searched
from proband.science.offtarget.oligo_tables import UNKNOWN, FollowUp

PARTS = ("spliced_transcripts", "unspliced_transcripts", "mismatch_rule", "database")
STEPS = ("expression_in_exposed_tissue", "tested_in_cells", "margin")


def covered(searched: Searched, whole: bool, build: str) -> tuple[Members, Mapping[str, str]]:
    """Parts of the search, and why one is not known.

    >>> covered(Searched(1, 10, 20, 5, 0, ()), True, "")
    (Members(present=('spliced_transcripts', 'unspliced_transcripts', 'mismatch_rule'), absent=(), \
unknown=('database',)), {'database': 'the build is not stated'})
    """
    because = {}
    unspliced = [t for t, _ in searched.not_searched if t.endswith(", unspliced")]
    left = len(searched.not_searched) - len(unspliced)
    for part, n in (("spliced_transcripts", left), ("unspliced_transcripts", left + len(unspliced))):
        if not whole:
            because[part] = "that the annotation is of a whole genome is not stated"
        elif n:
            because[part] = f"{n:,} transcripts could not be searched"
    if not build:
        because["database"] = "the build is not stated"
    return Members(tuple(p for p in PARTS if p not in because), (), tuple(p for p in PARTS if p in because)), because


def followed(hits: Sequence[RankedHit], setting: Setting, followup: Sequence[FollowUp] | None) -> Members | None:
    """What was done for every gene with a site outside the target; None where there is no such site to look at."""
    others = [r for r in hits if r.intended != "yes"]
    if not others:
        return None
    told = facts(hits, setting, followup)
    state: dict[str, bool | None] = dict.fromkeys(STEPS)
    if setting.expression is not None and all(r.expression != UNKNOWN for r in others):
        state["expression_in_exposed_tissue"] = True
    if followup is not None:
        state["tested_in_cells"] = told["to_test_and_tested"] == told["to_test"]
        state["margin"] = state["tested_in_cells"] and not told["tested_without_margin"]
    return Members(
        tuple(s for s in STEPS if state[s]),
        tuple(s for s in STEPS if state[s] is False),
        tuple(s for s in STEPS if state[s] is None),
    )
