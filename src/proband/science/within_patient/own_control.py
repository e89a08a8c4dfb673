"""One patient's declared endpoint against the own course: change, its size in the own spread, care, and composites.

From the clinical record and the declared endpoints to what `biomarker`, `event_counts`, `composites` and
`randomisation` take. Care is a covariate as it was written down; care that is not known on every day of the series can
not be one, and is named. The size in the own spread divides the change by the standard deviation of the values before
treatment, which is then taken as known: with few values before treatment the size is less sure than its interval says.

Cannot see: care that nobody wrote down; which change of care followed from the treatment itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from proband.core.quantity import Quantity, QuantityKind
from proband.science.clinical.care import CareCourse
from proband.science.clinical.records import ClinicalRecord
from proband.science.clinical.series import Bound
from proband.science.clinical.series import Series as ClinicalSeries
from proband.science.outcome.declared_endpoints import FILE, Composite, Declared, Endpoint
from proband.science.within_patient.baseline_period import Baseline, baseline_period
from proband.science.within_patient.biomarker import SeriesAnswer, SeriesPlan, biomarker_effect
from proband.science.within_patient.composites import Component, CompositeAnswer, composite_effect
from proband.science.within_patient.course import Course, Covariate, Dose, Series
from proband.science.within_patient.event_counts import CountSeries, RateAnswer, rate_ratio
from proband.science.within_patient.randomisation import (
    RandomisationTest,
    RandomisedCase,
    randomisation_test,
    start_point_case,
)

BENEFIT = {"lower": "decrease", "higher": "increase"}


@dataclass(frozen=True, slots=True)
class Care:
    """What the analysis takes of care: covariates; names that were asked for and can not be, with the reason."""

    covariates: tuple[Covariate, ...]
    unusable: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CareDomains:
    """Domains of care that changed while values were taken, by whether the analysis has them; and their changes.

    `changes`: name, day and domain of each change; `after`: how many lie after the first dose; `unnamed`: care without
    a stated domain.
    """

    present: tuple[str, ...]
    absent: tuple[str, ...]
    unknown: tuple[str, ...]
    changes: tuple[tuple[str, float, str], ...]
    after: int
    unnamed: tuple[str, ...]


def plain_series(one: ClinicalSeries) -> Series:
    """A clinical series as the models take it. Raises ``ValueError`` for values above a limit of their assay.

    >>> from proband.science.clinical.series import Point, series
    >>> plain_series(series("a", "x", "g/L", [Point(0, 1.0, Bound.BELOW)])).below
    (True,)
    """
    above = sum(p.bound is Bound.ABOVE for p in one.points)
    if above:
        raise ValueError(f"{above} values lie above the limit of their assay, which the model does not take")
    below = tuple(p.bound is Bound.BELOW for p in one.points)
    return Series(one.parameter, one.unit, one.days, tuple(p.value for p in one.points), below)


def care_of(record: ClinicalRecord, subject: str, names: Sequence[str], days: Sequence[float]) -> Care:
    """Covariates of these names at the days of a series; those not known on every day are unusable.

    >>> from proband.science.clinical.care import CareRow, course
    >>> held = ClinicalRecord({}, care={("a", "diet"): course("a", "diet", "g/d", [CareRow(5, True, 2.0)])})
    >>> care_of(held, "a", ["diet"], [1.0, 8.0]).unusable
    {'diet': 'not known on 1 of 2 days, the first of them day 1'}
    """
    made, unusable = [], {}
    for name in dict.fromkeys(names):
        course = record.care.get((subject, name))
        if course is None:
            unusable[name] = "no row of it in clinical/care.csv"
            continue
        levels = course.levels(days)
        gone = [d for d, v in zip(days, levels.tolist(), strict=True) if math.isnan(v)]
        if gone:
            unusable[name] = f"not known on {len(gone)} of {len(days)} days, the first of them day {gone[0]:g}"
        else:
            made.append(Covariate(name, tuple(days), tuple(levels.tolist())))
    return Care(tuple(made), unusable)


def care_domains(
    record: ClinicalRecord, subject: str, domains: Mapping[str, str], care: Care, window: tuple[float, float],
    start: float,
) -> CareDomains:  # fmt: skip
    """Which domains changed after the first day of `window` and up to its last, and which are in the analysis.

    A domain is in it when each of its changing drugs is; a drug that was asked for and can not be is not known.
    """
    used = {c.name for c in care.covariates}
    state: dict[str, set[str]] = {}
    changes, unnamed = [], []
    for (who, name), course in sorted(record.care.items()):
        days = _changes(course, window) if who == subject else []
        if not days:
            continue
        domain = domains.get(name, "")
        if not domain:
            unnamed.append(name)
        word = "present" if name in used else "unknown" if name in care.unusable else "absent"
        # what nobody gave a domain can not be said to be left out of one, nor in it
        state.setdefault(domain or "other_drug", set()).add(word if domain else "unknown")
        changes += [(name, d, domain or "no domain stated") for d in days]
    sorted_out: dict[str, list[str]] = {"present": [], "absent": [], "unknown": []}
    for domain, words in state.items():
        sorted_out["absent" if "absent" in words else "unknown" if "unknown" in words else "present"].append(domain)
    return CareDomains(
        tuple(sorted_out["present"]), tuple(sorted_out["absent"]), tuple(sorted_out["unknown"]),
        tuple(sorted(changes, key=lambda c: (c[1], c[0]))), sum(d >= start for _, d, _ in changes), tuple(unnamed),
    )  # fmt: skip


def _changes(course: CareCourse, window: tuple[float, float]) -> list[float]:
    return [d for d in course.changes(window[0]) if d <= window[1]]


@dataclass(frozen=True, slots=True)
class OwnChange:
    """One endpoint of one patient, or `reason`. `size` is the change over the own spread, toward benefit above 0."""

    subject: str
    endpoint: Endpoint
    reason: str = ""
    series: ClinicalSeries | None = None
    answer: SeriesAnswer | None = None
    rate: RateAnswer | None = None
    baseline: Baseline | None = None
    size: Quantity | None = None
    care: Care = Care((), {})

    @property
    def effect(self) -> Quantity | None:
        """The change in its unit, or the rate ratio."""
        return self.rate.ratio if self.rate is not None else self.answer.effect if self.answer is not None else None

    @property
    def ratio(self) -> bool:
        """Whether the effect is a ratio."""
        return self.endpoint.bin_days is not None or self.endpoint.scale == "logarithm"


def own_change(
    record: ClinicalRecord, subject: str, endpoint: Endpoint, covariates: Sequence[str] = (), seed: int = 0
) -> OwnChange:
    """The change of a declared endpoint at the first dose. Raises ``ProgramError`` for values that can not be."""
    start, one = record.first_dose(subject), record.of(subject, endpoint.parameter)
    if one is None or start is None:
        return OwnChange(subject, endpoint, "no value" if one is None else "no dose")
    lacking = one.lacking()
    if lacking:
        return OwnChange(subject, endpoint, lacking, one)
    try:
        plain = plain_series(one)
    except ValueError as e:
        return OwnChange(subject, endpoint, str(e), one)
    if endpoint.bin_days is not None:
        return _rates(one, plain, endpoint, start, seed)
    return _measured(record, one, plain, endpoint, covariates, start)


def _rates(one: ClinicalSeries, plain: Series, endpoint: Endpoint, start: float, seed: int) -> OwnChange:
    width = endpoint.bin_days or 0.0
    values = [v or 0.0 for v in plain.values]
    if any(plain.below) or any(v < 0 or v != int(v) for v in values):
        return OwnChange(one.subject, endpoint, "counts of events are whole numbers, not values beyond a limit", one)
    if any(b - a < width for a, b in zip(plain.days[:-1], plain.days[1:], strict=True)):
        return OwnChange(one.subject, endpoint, f"bins of {width:g} days overlap", one)
    ends = tuple(d + width for d in plain.days)
    bins = CountSeries(plain.name, plain.days, ends, tuple(int(v) for v in values), (width,) * len(ends))
    made = rate_ratio(bins, start, delay=endpoint.delay_days, seed=seed)
    return OwnChange(one.subject, endpoint, made.reason, one, rate=made)


def _measured(
    record: ClinicalRecord, one: ClinicalSeries, plain: Series, endpoint: Endpoint, covariates: Sequence[str],
    start: float,
) -> OwnChange:  # fmt: skip
    log = endpoint.scale == "logarithm"
    if log and any((v or 0.0) <= 0 for v in plain.values):
        return OwnChange(one.subject, endpoint, "values of 0 or less have no logarithm", one)
    plan = SeriesPlan(
        BENEFIT[endpoint.better],
        Course(endpoint.delay_days, endpoint.ramp_days),
        "free" if endpoint.trend else None,
        log,
    )
    care = care_of(record, one.subject, covariates, one.days)
    answer = biomarker_effect(plain, [Dose(start)], plan, care.covariates)
    baseline = baseline_period(plain, start, log)
    size = None
    if answer.effect is not None and baseline.deviation:
        size = in_spread(answer.effect, baseline.deviation, endpoint.better, log)
    return OwnChange(one.subject, endpoint, answer.reason, one, answer, None, baseline, size, care)


def in_spread(effect: Quantity, deviation: float, better: str, log: bool = False) -> Quantity:
    """A change over a standard deviation of the same scale, turned so that above 0 is better.

    `log`: the effect is a ratio, the deviation that of the natural logarithm. Source: linear scaling, sign by `better`.

    >>> drop = Quantity.bound(-6.0, "umol/L", side="upper", level=0.975)
    >>> made = in_spread(drop, 3.0, "lower")
    >>> made.limit, made.side
    (2.0, 'lower')
    """
    factor = (-1.0 if better == "lower" else 1.0) / deviation

    def turned(x: float) -> float:
        return factor * (math.log(x) if log else x) + 0.0

    if effect.kind is QuantityKind.BOUND and effect.limit is not None:
        other = {"upper": "lower", "lower": "upper"}[effect.side]
        side = effect.side if factor > 0 else other
        value = None if effect.value is None else turned(effect.value)
        return replace(effect, unit="ratio", limit=turned(effect.limit), side=side, value=value)
    held = [turned(x) for x in effect.quantiles]
    if factor < 0:
        held.reverse()  # the grid of probabilities is symmetric
    model = f"{effect.model}; over the standard deviation before treatment ({deviation:.3g}), taken as known"
    return Quantity.posterior(held, "ratio", model=model, n=effect.n)


def composite_of(record: ClinicalRecord, subject: str, asked: Composite) -> CompositeAnswer:
    """A declared composite at the first dose, or its reason."""
    start = record.first_dose(subject)
    if start is None:
        return CompositeAnswer("no dose")
    parts: list[Component] = []
    for p in asked.part:
        made = _care_series(record, subject, p.parameter) if p.in_care else _value_series(record, subject, p.parameter)
        if isinstance(made, str):
            return CompositeAnswer(f"{p.parameter}: {made}")
        parts.append(Component(made, BENEFIT[p.better], p.margin, p.in_care))
    return composite_effect(parts, [Dose(start)], asked.rule)


def _value_series(record: ClinicalRecord, subject: str, name: str) -> Series | str:
    one = record.of(subject, name)
    if one is None:
        return "no value"
    try:
        return plain_series(one)
    except ValueError as e:
        return str(e)


def _care_series(record: ClinicalRecord, subject: str, name: str) -> Series | str:
    """Care as values in force from each change on."""
    course = record.care.get((subject, name))
    if course is None:
        return "no row of it in clinical/care.csv"
    days = course.changes()
    levels = course.levels(days).tolist()
    return Series(name, course.unit or "1", days, tuple(None if math.isnan(v) else v for v in levels))


def drawn_starts(one: ClinicalSeries, start: float, first: int, last: int) -> RandomisedCase | str:
    """A case of a start drawn among weeks `first` to `last` (0-based from the first value), or why it is none.

    Positions are weeks, so that each week needs one measured value; none is filled in.
    """
    weeks = [round((d - one.days[0]) / 7) for d in one.days]
    if weeks != list(range(one.n)):
        return "the values are not one for each week: a randomisation test over weeks would need the missing ones"
    if one.censored:
        return "values beyond a limit of their assay have no order here"
    treated = next((w for w, d in zip(weeks, one.days, strict=True) if d >= start), None)
    if treated is None or not first <= treated <= last:
        return f"the first treated week is {treated}, not one of the weeks {first} to {last} that could be drawn"
    if last >= one.n:
        return f"week {last} could have been drawn, and the values end before it"
    return start_point_case(one.subject, [p.value for p in one.points], treated, range(first, last + 1))


def covariates_of(declared: Declared, record: ClinicalRecord) -> list[str]:
    """Covariates of the main endpoint, and those of the plan that are care: a plan's age is none of one patient."""
    cared = {name for _, name in record.care}
    planned = [c.name for c in declared.plan.covariates if c.name in cared] if declared.plan is not None else []
    own = [c for c in declared.main.covariates if c in cared or FILE in declared.files]
    return list(dict.fromkeys([*own, *planned]))


def drawn_by_lot(
    found: Sequence[OwnChange], declared: Declared, record: ClinicalRecord
) -> RandomisationTest | str | None:
    """The test over all starts that the plan lets be drawn, or its reason; None where the plan draws none."""
    design = declared.plan.design if declared.plan is not None else None
    if design is None or design.kind not in ("randomised_start", "multiple_baseline"):
        return None
    cases = []
    for one in found:
        start = record.first_dose(one.subject)
        if one.series is None or start is None:
            return f"{one.subject}: no value or no dose"
        case = drawn_starts(one.series, start, design.first_start, design.last_start)
        if isinstance(case, str):
            return f"{one.subject}: {case}"
        cases.append(case)
    test = randomisation_test(cases, "randomised_start", BENEFIT[declared.main.better])
    return test.reason or test
