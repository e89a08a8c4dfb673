"""``engagement/outcome.csv``: engagement and clinical change of every treated patient, one row each.

`below_limit` yes: engagement is only known to lie below the number given. `better` says which way of the outcome is
better, alike in all rows. Every fault is told at once. Cannot see: a patient whom nobody entered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from proband.core.errors import Problem
from proband.science.transcript.rna_tables import Columns, Row, name, number, one_of, optional, read_rows

FILE = "engagement/outcome.csv"
PLACES = ("patient_target_tissue", "patient_surrogate")
_NAME = (name, "a name of at most 80 characters")
_COLUMNS: Columns = {
    "subject": _NAME,
    "version": _NAME,
    "place": (one_of(*PLACES), ", ".join(PLACES)),
    "engagement": (optional(number), "a number, or nothing where it is not known"),
    "below_limit": (optional(one_of("yes", "no")), "yes, no or nothing"),
    "outcome": (optional(number), "a number, or nothing where it is not known"),
    "outcome_name": _NAME,
    "better": (one_of("lower", "higher"), "lower, higher"),
    "source": _NAME,
}


def read_outcomes(path: Path, problems: list[Problem]) -> tuple[Row, ...] | None:
    """The rows, or None with problems added. Loads no numerical library."""
    before = len(problems)
    rows = read_rows(path, FILE, _COLUMNS, ("subject",), problems)
    if len(problems) == before:
        problems += _faults(rows)
    return rows if len(problems) == before else None


def _faults(rows: Sequence[Row]) -> Iterator[Problem]:
    for column in ("outcome_name", "better"):
        words = sorted({r[column] for r in rows})
        if len(words) > 1:
            remedy = "one outcome with one direction can be compared over patients"
            yield Problem(FILE, f"column {column}", ", ".join(words)[:200], "the same in all rows", remedy)
    for r in rows:
        if r["below_limit"] == "yes" and r["engagement"] is None:
            remedy = "write the limit as engagement"
            yield Problem(FILE, f"row {r.line}, column engagement", "nothing", "the limit", remedy)
