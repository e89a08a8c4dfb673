"""Era, instruments, raters and schedules of treated and untreated side by side; differences in care as stated.

Each line says same, differs, or not told: a rater that is not named is not a rater that was the same.

Cannot see: whether two versions of an instrument give the same score; drift of one rater over years.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from statistics import median

from proband.science.natural_history.cohort_file import CohortFile, Instrument
from proband.science.natural_history.subject_table import Group


class Same(StrEnum):
    """Whether the groups agree in something."""

    SAME = "same"
    DIFFERS = "differs"
    NOT_TOLD = "not_told"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the comparison: endpoint (or empty), what is compared, the two sides as stated."""

    endpoint: str
    what: str
    treated: str
    untreated: str
    same: Same


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a parameter was measured: subjects with values, median per subject-year, median gap in days."""

    parameter: str
    group: str
    subjects: int
    values: int
    per_year: float | None
    median_gap: float | None


def instruments(cohort: CohortFile) -> list[Line]:
    """Instrument, version, rater and blinding of every endpoint that either group states."""
    sides = {(i.endpoint, i.group): i for i in cohort.instrument}
    made = []
    for endpoint in sorted({e for e, _ in sides}):
        a, b = sides.get((endpoint, "treated")), sides.get((endpoint, "untreated"))
        for what in ("name", "version", "rater", "blinded"):
            one, two = _stated(a, what), _stated(b, what)
            made.append(Line(endpoint, "instrument" if what == "name" else what, one, two, _same(one, two)))
    return made


def _stated(instrument: Instrument | None, what: str) -> str:
    value = "" if instrument is None else str(getattr(instrument, what))
    return "" if value == "not_told" else value


def _same(a: str, b: str) -> Same:
    if not a or not b:
        return Same.NOT_TOLD
    return Same.SAME if a.casefold() == b.casefold() else Same.DIFFERS


def era(cohort: CohortFile) -> Line:
    """Whether treated and untreated were observed in the same calendar time."""
    spans = [cohort.era.treated, cohort.era.untreated]
    words = [f"{s[0]} to {s[1]}" if s else "" for s in spans]
    if not spans[0] or not spans[1]:
        return Line("", "era", *words, Same.NOT_TOLD)
    share = era_overlap(spans[0], spans[1])
    return Line("", "era", *words, Same.DIFFERS if share == 0 else Same.SAME)


def era_overlap(treated: Sequence[date], untreated: Sequence[date]) -> float:
    """Share of the untreated calendar time that lies within the treated one; both as first and last day.

    >>> era_overlap([date(2020, 1, 1), date(2020, 1, 10)], [date(2020, 1, 6), date(2020, 1, 15)])
    0.5
    """
    days = (min(treated[1], untreated[1]) - max(treated[0], untreated[0])).days + 1
    return max(0, days) / ((untreated[1] - untreated[0]).days + 1)


def schedules(groups: Sequence[Group], parameters: Sequence[str] = ()) -> list[Schedule]:
    """How often each parameter was measured in each group, under observation; `parameters`, or all."""
    names = list(parameters) or sorted({p for g in groups for _, p in g.record.series})
    return [_schedule(name, g) for name in names for g in groups]


def _schedule(name: str, group: Group) -> Schedule:
    rates, gaps, values, subjects = [], [], 0, 0
    for s in group.subjects:
        one = group.record.of(s.id, name)
        days = [p.day for p in one.points if s.entry <= p.day <= s.exit] if one else []
        values += len(days)
        subjects += bool(days)
        gaps += [b - a for a, b in pairwise(days)]
        if s.years > 0:
            rates.append(len(days) / s.years)
    seen = bool(values)
    rate = median(rates) if seen and rates else None
    return Schedule(name, group.name, subjects, values, rate, median(gaps) if gaps else None)


def care_lines(cohort: CohortFile) -> list[Line]:
    """Stated differences in care, and whom each favours."""
    return [Line("", d.what, "", d.because, Same.DIFFERS) for d in cohort.care_difference]


def provenance_lines(cohort: CohortFile, first_treated: date | None = None) -> list[tuple[str, str]]:
    """Holder, date and protocol of the cohort as pairs of what and how it stands."""
    protocol = cohort.protocol
    told = {"yes": "yes", "no": "no", "not_told": "not told"}[protocol.before_first_treated_outcome]
    if first_treated is not None:
        told = "yes, by the dates" if protocol.on < first_treated else "no, by the dates"
    return [
        ("held by", f"{cohort.source.holder}, since {cohort.source.held_since}"),
        ("kind of source", cohort.source.kind.replace("_", " ")),
        ("data of each patient", "yes" if cohort.source.patient_level else "no"),
        ("protocol", f"{protocol.document}, {protocol.on}"),
        ("protocol before the first treated outcome", told),
        ("adjudication of outcomes", cohort.adjudication.replace("_", " ")),
    ]
