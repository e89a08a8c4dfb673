"""What is missing, in whom, and in which pattern: covariates, visits, measurements, follow-up; both groups alike.

A gap that is followed by a later value is intermittent; one that is not is drop-out, or death. The two mean different
things and are counted apart. Nothing is filled in here.

Cannot see: why something is missing (a reason that the table gives is counted, not believed).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from proband.science.natural_history.description import Spread, spread
from proband.science.natural_history.subject_table import Group, Subject


@dataclass(frozen=True, slots=True)
class CovariateGap:
    """A covariate of a group: how many subjects lack it."""

    group: str
    name: str
    missing: int
    of: int


@dataclass(frozen=True, slots=True)
class VisitGap:
    """Visits of a group: held, missed, and not told."""

    group: str
    held: int
    missed: int
    not_told: int


@dataclass(frozen=True, slots=True)
class MeasurementGap:
    """Rows without a value of one parameter: before a later value, after the last one, or of subjects without any.

    `values`: rows with one. `never`: subjects without any value, and `rows_of_never`: their rows. `reasons` as given.
    """

    group: str
    parameter: str
    values: int
    intermittent: int
    after_last: int
    never: int
    rows_of_never: int
    reasons: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """How long a group was followed, and how its observation ended."""

    group: str
    years: Spread | None
    died: int
    alive: int
    not_told: int


@dataclass(frozen=True, slots=True)
class Missingness:
    """The tables, and in words what is unequal between the groups."""

    covariates: tuple[CovariateGap, ...]
    visits: tuple[VisitGap, ...]
    measurements: tuple[MeasurementGap, ...]
    follow_up: tuple[FollowUp, ...]
    unequal: tuple[str, ...]
    lacking: str = ""


def missingness(groups: Sequence[Group]) -> Missingness:
    """What is missing in each group. A group without subjects is told as such, not as complete."""
    empty = [g.name for g in groups if not g.subjects]
    names = list(dict.fromkeys(n for g in groups for n in g.covariates))
    parameters = sorted(
        {p for g in groups for _, p in g.record.series} | {m.parameter for g in groups for m in g.record.missed}
    )
    covariates = tuple(
        CovariateGap(g.name, n, sum(_lacks(s, n) for s in g.subjects), len(g.subjects))
        for g in groups
        for n in ("birth_day", "death", *names)
    )
    follow_up = tuple(_follow_up(g) for g in groups)
    return Missingness(
        covariates,
        tuple(_visits(g) for g in groups),
        tuple(_measurements(g, p) for p in parameters for g in groups),
        follow_up,
        tuple(_unequal(covariates, follow_up)),
        f"no {' and no '.join(empty)} patients" if empty else "",
    )


def _lacks(subject: Subject, name: str) -> bool:
    own = {"birth_day": subject.birth, "death": subject.death}
    return (own[name] if name in own else subject.value(name)) is None


def _visits(group: Group) -> VisitGap:
    said = Counter(v.held for v in group.record.visits)
    return VisitGap(group.name, said[True], said[False], said[None])


def _measurements(group: Group, parameter: str) -> MeasurementGap:
    values = intermittent = after = never = empty = 0
    reasons: Counter[str] = Counter()
    for s in group.subjects:
        one = group.record.of(s.id, parameter)
        last = one.days[-1] if one and one.points else None
        values += one.n if one else 0
        never += last is None
        for m in (m for m in group.record.missed if (m.subject, m.parameter) == (s.id, parameter)):
            reasons[m.reason or "no reason given"] += 1
            intermittent += last is not None and m.day < last
            after += last is not None and m.day >= last
            empty += last is None
    reasons_given = tuple(sorted(reasons.items()))
    return MeasurementGap(group.name, parameter, values, intermittent, after, never, empty, reasons_given)


def _follow_up(group: Group) -> FollowUp:
    ends = Counter(s.death for s in group.subjects)
    return FollowUp(group.name, spread([s.years for s in group.subjects]), ends[True], ends[False], ends[None])


def _unequal(covariates: Sequence[CovariateGap], follow_up: Sequence[FollowUp]) -> list[str]:
    """Sentences on what one group lacks and the other has, and on unequal follow-up. No test: few patients pass any."""
    told = []
    known = [f for f in follow_up if f.years is not None and f.years.median > 0]
    for a, b in ((a, b) for a in known for b in known if a.years and b.years and a.years.median > 1.5 * b.years.median):
        if a.years and b.years:
            told.append(f"{a.group} were followed {a.years.median:.2g} years (median), {b.group} {b.years.median:.2g}")
    shares = {(c.group, c.name): c.missing / c.of for c in covariates if c.of}
    groups = list(dict.fromkeys(g for g, _ in shares))
    for name in dict.fromkeys(n for _, n in shares):
        found = [(shares[g, name], g) for g in groups if (g, name) in shares]
        if len(found) > 1 and max(found)[0] - min(found)[0] >= 0.2:
            told.append(
                f"{name} is missing in {max(found)[0]:.0%} of {max(found)[1]}, {min(found)[0]:.0%} of {min(found)[1]}"
            )
    return told
