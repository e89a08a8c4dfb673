"""``plan/monitoring.toml``: which tests are made when, within which limits, and what is done beyond them.

A test is made on days counted from each dose, at an interval after the last dose, or on dates. Every limit has its unit
and the action that the plan states; days before a dose are negative. Nothing has a default: a window that is not
written is a fault. All faults are told at once.

Cannot see: whether the schedule is dense enough, whether the limits are wise, whether anybody acts.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml, shown
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.units import is_unit, nearest_unit, relation, why_different
from proband.science.follow_up.calendar_dates import FIRST, LAST
from proband.science.safety.class_toxicities import names
from proband.science.trial.plan_parts import Id, Line, Number, Positive

FILE = "plan/monitoring.toml"
MOST_DAYS = 40_000
"""Days after a dose beyond which a number is a date or a typing error: some 109 years."""

Day = Annotated[int, Field(ge=-400, le=MOST_DAYS)]
Window = Annotated[list[Day], Field(min_length=2, max_length=2)]


class Blood(Strict):
    """A volume of blood."""

    value: Positive
    unit: Line


class Limit(Strict):
    """One limit of a test and what is done beyond it; exactly one of the three is given."""

    above: Number | None = None
    below: Number | None = None
    above_times_baseline: Positive | None = None
    unit: Line | None = None
    action: Line


class Every(Strict):
    """A repeated test after the last dose: every so many days, from a day until a day after it."""

    days: Annotated[int, Field(ge=1, le=MOST_DAYS)]
    from_day: Annotated[int, Field(ge=0, le=MOST_DAYS)]
    until_day: Annotated[int, Field(ge=0, le=MOST_DAYS)]


class Test(Strict):
    """One test: its parameter as named in ``clinical/``, the toxicities it looks for, its days, limits, who does it.

    `window`: days before and after a due day in which a value counts, such as [-1, 2].
    """

    __test__ = False

    id: Id
    parameter: Line
    toxicity: Annotated[list[Id], Field(min_length=1, max_length=50)]
    days_from_each_dose: Annotated[list[Day], Field(max_length=200)] = []
    every: Every | None = None
    on: Annotated[list[date], Field(max_length=200)] = []
    window: Window
    limit: Annotated[list[Limit], Field(max_length=20)] = []
    no_limit_because: Line | None = None
    who: Line
    blood: Blood | None = None


class OwnToxicity(Strict):
    """A toxicity that the table of classes lacks and the program looks for."""

    id: Id
    because: Line


class Monitoring(Strict):
    """The whole plan."""

    format: Literal[1]
    source: Line
    toxicity: Annotated[list[OwnToxicity], Field(max_length=50)] = []
    test: Annotated[list[Test], Field(min_length=1, max_length=100)]


def read_monitoring(path: Path, name: str, problems: list[Problem]) -> Monitoring | None:
    """The plan, or None with every fault added. Loads no numerical library."""
    before = len(problems)
    raw = read_toml(path, name, problems)
    if raw is None:
        return None
    plan = parse(Monitoring, raw, name, "", problems)
    if plan is not None:
        problems.extend(Problem(name, *fault) for fault in _faults(plan))
    return plan if plan is not None and len(problems) == before else None


Fault = tuple[str, str, str, str]


def _faults(plan: Monitoring) -> Iterator[Fault]:
    for what, ids in (("test", [t.id for t in plan.test]), ("toxicity", [t.id for t in plan.toxicity])):
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            yield f"{what} {twice}", "a name used twice", "each name once", "rename one"
    parameters = [t.parameter for t in plan.test]
    for twice in sorted({p for p in parameters if parameters.count(p) > 1}):
        yield f"parameter {twice}", "two tests", "one test for each parameter", "join their days and limits"
    known = (*names(), *(t.id for t in plan.toxicity))
    for own in plan.toxicity:
        if own.id in names():
            yield f"toxicity {own.id}", "a toxicity of the table of classes", "one that it lacks", "remove it here"
    for test in plan.test:
        at = f"test {test.id}"
        for one in test.toxicity:
            if one not in known:
                remedy = f"{nearest(one, known)}; or describe it under [[toxicity]]"
                yield f"{at}, key toxicity", one, "a toxicity of the table, or one described here", remedy
        yield from ((f"{at}, {place}", *rest) for place, *rest in _schedule(test))
        yield from ((f"{at}, {place}", *rest) for place, *rest in _limits(test))
        if test.blood is not None:
            yield from ((f"{at}, key blood", *rest) for rest in volume_fault(test.blood))


def _schedule(test: Test) -> Iterator[Fault]:
    low, high = test.window
    if low > 0 or high < 0:
        yield "key window", shown(test.window), "days before (0 or less) and after (0 or more)", "write [-1, 2]"
        return
    days = test.days_from_each_dose
    if any(a >= b for a, b in pairwise(days)):
        yield "key days_from_each_dose", shown(days), "days that rise, each once", "put them in order"
    elif any(a + high >= b + low for a, b in pairwise(days)):
        found = f"days {shown(days)} with the window {shown(test.window)}"
        yield "key window", found, "windows that do not meet", "narrow it: a value would count twice"
    every = test.every
    if every is not None and every.until_day < every.from_day:
        yield "key every", f"until_day {every.until_day}", f"a day from {every.from_day} on", "correct one of them"
    if every is not None and every.days <= high - low:
        yield "key every", f"every {every.days} d with the window {shown(test.window)}", "a longer time", "narrow it"
    if every is not None and (every.until_day - every.from_day) // every.days > 1_000:
        yield "key every", "more than 1000 tests", "fewer", "test less often, or shorten it"
    if any(a >= b for a, b in pairwise(test.on)) or any(not FIRST <= d <= LAST for d in test.on):
        yield "key on", shown([d.isoformat() for d in test.on]), f"dates that rise, from {FIRST} to {LAST}", "correct"


def _limits(test: Test) -> Iterator[Fault]:
    if not test.limit and test.no_limit_because is None:
        yield "key limit", "none", "at least one, or no_limit_because", "say beyond what is acted, or why nothing is"
    for n, limit in enumerate(test.limit, start=1):
        at = f"limit {n}"
        given = [k for k in ("above", "below", "above_times_baseline") if getattr(limit, k) is not None]
        if len(given) != 1:
            yield at, ", ".join(given) or "none", "exactly one of above, below, above_times_baseline", "split it"
        if limit.above_times_baseline is None and limit.unit is None:
            yield f"{at}, key unit", "nothing", "the unit of the limit", "add a UCUM code"
        if limit.above_times_baseline is not None and limit.unit is not None:
            yield f"{at}, key unit", limit.unit, "none: a multiple has no unit", "remove it"
        if limit.unit is not None and not is_unit(limit.unit):
            yield f"{at}, key unit", limit.unit, "a UCUM code", nearest_unit(limit.unit)
    units = [x.unit for x in test.limit if x.unit is not None and is_unit(x.unit)]
    for other in units[1:]:
        if relation(units[0], other) not in ("same", "convertible"):
            yield "key limit", other, f"a unit that converts to {units[0]}", why_different(units[0], other)


def volume_fault(blood: Blood) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a volume of blood.

    >>> list(volume_fault(Blood(value=2.0, unit="kg")))[0][0]
    'kg'
    """
    if not is_unit(blood.unit):
        yield blood.unit, "a UCUM code of a volume", nearest_unit(blood.unit)
    elif relation(blood.unit, "mL") not in ("same", "convertible"):
        yield blood.unit, "a unit of volume", "write mL"
