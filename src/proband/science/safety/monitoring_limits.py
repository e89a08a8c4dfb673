"""Values of monitored tests against the limits of the plan: which were crossed, which may have been.

Every value from the day of the first dose on counts, whether or not it was due. A value below the limit of its assay
lies somewhere below that limit: it can be surely beyond a limit, surely within it, or neither. A multiple of the
baseline needs a value before the first dose; without one nothing is told.

Cannot see: whether a crossing matters for the patient, and whether what the plan says was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from proband.core.units import UnitError, convert
from proband.science.clinical.long_table import LongRow
from proband.science.clinical.series import Bound
from proband.science.follow_up.observed import Observed
from proband.science.safety.monitoring_due import Due, Made
from proband.science.safety.monitoring_plan import Limit, Monitoring, Test


@dataclass(frozen=True, slots=True)
class Crossing:
    """A value beyond a limit (`certain`), or one that may be; the limit and the action as the plan states them."""

    subject: str
    test: str
    day: float
    after_dose: str
    value: str
    limit: str
    certain: bool
    action: str
    row: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class TestState:
    """One test of one subject: values compared, crossings, and what keeps the answer open."""

    __test__ = False

    subject: str
    test: str
    compared: int
    crossings: tuple[Crossing, ...]
    open: tuple[str, ...]

    @property
    def within(self) -> bool | None:
        """True: values are there, none is or may be beyond a limit, none is missing. False: one is surely beyond it.

        >>> TestState("P1", "alt", 0, (), ()).within is None
        True
        """
        if any(c.certain for c in self.crossings):
            return False
        return True if self.compared and not self.crossings and not self.open else None


def beyond(value: float, bound: Bound, limit: float, above: bool) -> bool | None:
    """Whether a value lies beyond a limit (above it, or below it); None where its assay's limit leaves that open.

    >>> beyond(30.0, Bound.BELOW, 40.0, above=True), beyond(50.0, Bound.BELOW, 40.0, above=True)
    (False, None)
    >>> beyond(30.0, Bound.BELOW, 40.0, above=False), beyond(41.0, Bound.MEASURED, 40.0, above=True)
    (True, True)
    """
    if bound is Bound.MEASURED:
        return value > limit if above else value < limit
    if bound is Bound.BELOW:  # the value itself is less than what stands there
        return (False if value <= limit else None) if above else (True if value <= limit else None)
    return (True if value >= limit else None) if above else (False if value >= limit else None)


def states(plan: Monitoring, seen: Observed, subject: str, tests: Sequence[Due]) -> tuple[TestState, ...]:
    """Every test of the plan with limits, for one subject; a subject without a dose gives none."""
    doses = seen.dose_days(subject)
    if not doses:
        return ()
    made = []
    for test in (t for t in plan.test if t.limit):
        rows = [r for r in seen.of(subject, test.parameter) if r.day >= doses[0]]
        values = [r for r in rows if r.value is not None]
        base = [r for r in seen.of(subject, test.parameter) if r.day < doses[0] and r.value is not None]
        crossings = tuple(_crossings(test, values, base[-1] if base else None, doses))
        lacking = [f"no value: {d.name}" for d in tests if d.test == test.id and d.made is Made.MISSING]
        lacking += [f"not told: {d.name}" for d in tests if d.test == test.id and d.made is Made.NOT_TOLD]
        lacking += [f"no number: {r.row}" for r in rows if r.value is None]
        made.append(TestState(subject, test.id, len(values), crossings, tuple(lacking)))
    return tuple(made)


def _crossings(
    test: Test, rows: Sequence[LongRow], baseline: LongRow | None, doses: tuple[float, ...]
) -> Iterator[Crossing]:
    for row in rows:
        for limit in test.limit:
            said, because = _against(row, limit, baseline)
            if said is False:
                continue
            number = sum(d <= row.day for d in doses)
            after = f"day {row.day - doses[number - 1]:g} after dose {number}"
            sign = {Bound.MEASURED: "", Bound.BELOW: "below ", Bound.ABOVE: "above "}[row.bound]
            value = f"{sign}{row.value:g} {row.unit}"
            yield Crossing(
                row.subject, test.id, row.day, after, value, told(limit), said is True, limit.action, row.row, because
            )


def _against(row: LongRow, limit: Limit, baseline: LongRow | None) -> tuple[bool | None, str]:
    assert row.value is not None
    try:
        if limit.above_times_baseline is None:
            assert limit.unit is not None
            edge = limit.above if limit.above is not None else limit.below
            assert edge is not None
            value = convert(row.value, row.unit, limit.unit)
            said = beyond(value, row.bound, edge, above=limit.above is not None)
            return said, "" if said is not None else "the limit of the assay leaves it open"
        if baseline is None or baseline.value is None:
            return None, "no value before the first dose"
        edge = limit.above_times_baseline * convert(baseline.value, baseline.unit, row.unit)
    except UnitError as e:
        return None, str(e)
    said = beyond(row.value, row.bound, edge, above=True)
    # a baseline below its assay's limit lies lower still, so that its multiple does too; one above it, higher
    surely = {Bound.MEASURED: (True, False), Bound.BELOW: (True,), Bound.ABOVE: (False,)}[baseline.bound]
    return (said, "") if said in surely else (None, "the limit of the assay leaves it open")


def told(limit: Limit) -> str:
    """A limit in words.

    >>> told(Limit(above=120.0, unit="U/L", action="call")), told(Limit(above_times_baseline=3.0, action="stop"))
    ('above 120 U/L', 'above 3 times the baseline')
    """
    if limit.above_times_baseline is not None:
        return f"above {limit.above_times_baseline:g} times the baseline"
    side, edge = ("above", limit.above) if limit.above is not None else ("below", limit.below)
    return f"{side} {edge:g} {limit.unit}"


def unit_problems(plan: Monitoring, seen: Observed) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows of monitored parameters whose unit does not convert to that of a limit, as the parts of a problem."""
    units = {t.parameter: (t.id, next((x.unit for x in t.limit if x.unit is not None), None)) for t in plan.test}
    for (_, parameter), rows in sorted(seen.rows.items()):
        test, unit = units.get(parameter, ("", None))
        for row in rows if unit is not None else ():
            if row.value is None:
                continue
            try:
                convert(row.value, row.unit, unit or "")
            except UnitError as e:
                expected = f"a unit that converts to {unit}, the limit of {test}"
                yield row.file, f"row {row.line}, column unit", row.unit, expected, str(e)
