"""Gates before a dose, from ``plan/protocol.toml``: ``[dosing]``, ``[[redosing_condition]]``, ``[[gate]]``.

``[dosing]`` holds the number of doses, the days between them, options and days of single doses. A condition is a
sentence with checks that can be evaluated; without checks a person records before each dose whether it is met
(``safety/redose_review.csv``). Other tables of the file belong to others and are left alone. Unknown keys of these
tables are faults: a misspelt gate would never close.

Cannot see: gates that the protocol states and the file does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml, shown
from proband.core.errors import Problem
from proband.core.units import is_unit, nearest_unit
from proband.science.trial.plan_parts import Id, Line, NotNegative, Number, Positive

FILE = "plan/protocol.toml"
MOST_DOSES = 1_000
COMPARE = ("above", "at_least", "below", "at_most")
_OPTIONS = re.compile(r"^dose_(\d{1,4})_options_mg_per_kg$")
_EARLIEST = re.compile(r"^earliest_day_of_dose_(\d{1,4})$")


class Dosing(Strict):
    """Keys of ``[dosing]`` that carry no number of a dose in their name. What is left out is no gate."""

    maximum_doses: Annotated[int, Field(ge=1, le=MOST_DOSES)] | None = None
    minimum_days_between_doses: NotNegative | None = None
    weight_parameter: Line | None = None
    weight_at_most_days_old: NotNegative | None = None
    guide_to_messenger_mass_ratio: Positive | None = None


class Check(Strict):
    """One thing that is looked up. `kind` value: the last value of a parameter before the dose, not older than so many
    days, against one number. no_event: no adverse event of this kind since the dose before. recorded: by a person.
    """

    kind: Literal["value", "no_event", "recorded"]
    parameter: Line | None = None
    unit: Line | None = None
    within_days: NotNegative | None = None
    above: Number | None = None
    at_least: Number | None = None
    below: Number | None = None
    at_most: Number | None = None
    least_grade: Annotated[int, Field(ge=1, le=5)] | None = None
    serious: bool | None = None
    related: bool | None = None


class Condition(Strict):
    """A gate: its sentence, the doses that it stands before (empty: every one after the first), its checks.

    `needs`: whether all checks have to be met or any; asked for where there are several.
    """

    id: Id
    condition: Line
    before_dose: Annotated[list[Annotated[int, Field(ge=1, le=MOST_DOSES)]], Field(max_length=MOST_DOSES)] = []
    check: Annotated[list[Check], Field(max_length=20)] = []
    needs: Literal["all", "any"] | None = None

    def stands_before(self, dose: int) -> bool:
        """Whether the gate stands before this dose (the first is 1)."""
        return dose in self.before_dose if self.before_dose else dose > 1


@dataclass(frozen=True, slots=True)
class GateRules:
    """What the protocol states of doses: the table, options and typed earliest days by number of the dose, gates."""

    dosing: Dosing
    options: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    earliest: Mapping[int, float] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is anything to evaluate."""
        limits = (self.dosing.maximum_doses, self.dosing.minimum_days_between_doses)
        return bool(self.conditions or self.options) or any(x is not None for x in limits)


def read_gates(path: Path, name: str, problems: list[Problem]) -> GateRules | None:
    """The gates of a protocol, or None with every fault added. Loads no numerical library."""
    before = len(problems)
    raw = read_toml(path, name, problems)
    if raw is None:
        return None
    options, earliest, plain = _numbered(raw.get("dosing", {}), name, problems)
    dosing = parse(Dosing, plain, name, "dosing", problems) if plain is not None else None
    conditions: list[Condition] = []
    for table in ("redosing_condition", "gate"):
        blocks = raw.get(table, [])
        if not isinstance(blocks, list):
            problems.append(Problem(name, f"key {table}", shown(blocks), "a list of tables", f"write [[{table}]]"))
            continue
        for n, block in enumerate(blocks, start=1):
            one = parse(Condition, block, name, f"{table} {n}", problems)
            conditions += [one] if one is not None else []
    problems.extend(Problem(name, *fault) for fault in _faults(conditions, dosing, options))
    if len(problems) > before or dosing is None:
        return None
    return GateRules(dosing, options, earliest, tuple(conditions))


Fault = tuple[str, str, str, str]


def _numbered(
    raw: object, name: str, problems: list[Problem]
) -> tuple[dict[int, tuple[float, ...]], dict[int, float], dict[str, Any] | None]:
    """Options and earliest days by the number of the dose in their key, and the other keys."""
    options: dict[int, tuple[float, ...]] = {}
    earliest: dict[int, float] = {}
    if not isinstance(raw, dict):
        problems.append(Problem(name, "key dosing", shown(raw), "a table", "write [dosing]"))
        return options, earliest, None
    rest: dict[str, Any] = {}
    for key, value in raw.items():
        one, other = _OPTIONS.match(key), _EARLIEST.match(key)
        if one is not None:
            if isinstance(value, list) and 1 <= len(value) <= 100 and all(_number(v) and 0 < v < 1e6 for v in value):
                options[int(one[1])] = tuple(float(v) for v in value)
            else:
                problems.append(
                    Problem(name, f"key dosing.{key}", shown(value), "doses above 0 in mg/kg", "correct it")
                )
        elif other is not None:
            if _number(value) and abs(value) < 80_000:
                earliest[int(other[1])] = float(value)
            else:
                problems.append(Problem(name, f"key dosing.{key}", shown(value), "a day of the tables", "correct it"))
        else:
            rest[key] = value
    return options, earliest, rest


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value


def _faults(conditions: list[Condition], dosing: Dosing | None, options: Mapping[int, object]) -> Iterator[Fault]:
    ids = [c.id for c in conditions]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"gate {twice}", "an id used twice", "each id once", "rename one"
    most = dosing.maximum_doses if dosing is not None else None
    for dose in sorted(options):
        if dose < 1 or (most is not None and dose > most):
            expected = f"a dose from 1 to {most}" if most is not None else "a dose from 1 on"
            yield f"key dosing.dose_{dose}_options_mg_per_kg", f"dose {dose}", expected, "correct key or maximum_doses"
    if dosing is not None and dosing.weight_at_most_days_old is not None and dosing.weight_parameter is None:
        yield "key dosing.weight_parameter", "nothing", "the parameter of the weight, as in clinical/", "add it"
    for c in conditions:
        if len(c.check) > 1 and c.needs is None:
            yield f"gate {c.id}, key needs", "nothing", "all or any", "say whether all checks must be met, or any"
        for n, check in enumerate(c.check, start=1):
            yield from ((f"gate {c.id}, check {n}{place}", *rest) for place, *rest in _check_faults(check))


ALLOWED = {
    "value": ("parameter", "unit", "within_days", *COMPARE),
    "no_event": ("least_grade", "serious", "related"),
    "recorded": (),
}


def _check_faults(check: Check) -> Iterator[Fault]:
    given = [k for k in Check.model_fields if k != "kind" and getattr(check, k) is not None]
    for key in given:
        if key not in ALLOWED[check.kind]:
            yield f", key {key}", "a value", f"none: {check.kind} does not use it", "remove it"
    if check.kind != "value":
        return
    for key in ("parameter", "unit", "within_days"):
        if key not in given:
            yield f", key {key}", "nothing", "this key for a check of a value", f"add {key}"
    if sum(k in given for k in COMPARE) != 1:
        yield (
            "",
            ", ".join(k for k in COMPARE if k in given) or "no comparison",
            f"one of {', '.join(COMPARE)}",
            "add it",
        )
    if check.unit is not None and not is_unit(check.unit):
        yield ", key unit", check.unit, "a UCUM code", nearest_unit(check.unit)
