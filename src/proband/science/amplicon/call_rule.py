"""The rule by which sites are called, as a file that is written before the data: ``call_rule.toml``.

Keys: alpha and beta (risks of a false call and of a miss), over (site, or panel: alpha shared by all sites), level (of
intervals), wanted_lod (the limit of detection that the question needs, a share), date (when it was fixed). They may
stand under ``[rule]``.

The same rule may be given as options of a command, which can show no date.

Cannot see: whether the date is true.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem

if TYPE_CHECKING:
    from proband.science.stats.treated_control import CallRule

Risk = Annotated[float, Field(gt=0, lt=0.5)]


UNDATED = "given with the run: nothing here shows that it was fixed before the data"


class _Rule(Strict):
    alpha: Risk
    beta: Risk
    over: Literal["site", "panel"] = "panel"
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    wanted_lod: Annotated[float, Field(gt=0, lt=1)] | None = None
    day: date | None = Field(default=None, alias="date")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule as it was given; `day` is None where nothing says when it was fixed, `sha256` where there is no file.

    >>> RuleFile(0.05, 0.05).rule().over
    'panel'
    """

    alpha: float
    beta: float
    over: str = "panel"
    level: float = 0.95
    wanted_lod: float | None = None
    day: date | None = None
    sha256: str | None = None

    def told(self) -> dict[str, Any]:
        """The rule as plain values for JSON; says so where nothing shows when it was fixed.

        >>> RuleFile(0.05, 0.05).told()["note"]
        'given with the run: nothing here shows that it was fixed before the data'
        """
        made = asdict(self)
        day = made.pop("day")
        made["date"] = day.isoformat() if day else None
        return made if day else made | {"note": UNDATED}

    def rule(self) -> CallRule:
        """The rule for `treated_control.panel_calls`."""
        from proband.science.stats.treated_control import CallRule

        return CallRule(self.alpha, self.beta, self.over, self.level, self.wanted_lod)


def read_rule(path: Path, name: str, problems: list[Problem]) -> RuleFile | None:
    """The rule of a file, or None with every problem added."""
    raw = read_toml(path, name, problems)
    if raw is None:
        return None
    made = parse(_Rule, raw["rule"] if set(raw) == {"rule"} else raw, name, "", problems)
    if made is None:
        return None
    if made.day and made.day > date.today():
        problems.append(Problem(name, "date", made.day.isoformat(), "today or an earlier day", "correct the date"))
        return None
    return _as_given(made, hashlib.sha256(path.read_bytes()).hexdigest())


def rule_of_options(given: Mapping[str, Any], problems: list[Problem]) -> RuleFile | None:
    """The rule of options (keys as in a file), risks of 5 % where they are left out; or None with problems added.

    `wanted_lod` is a text, a share such as 0.001 or a percentage such as 0.1%.

    >>> rule_of_options({"wanted_lod": "0.1%"}, []).wanted_lod
    0.001
    """
    values = {"alpha": 0.05, "beta": 0.05} | dict(given)
    if "wanted_lod" in values:
        try:
            values["wanted_lod"] = share(values["wanted_lod"])
        except ValueError:
            found, remedy = repr(values.pop("wanted_lod"))[:60], "write --wanted-lod 0.1% or 0.001"
            problems.append(Problem("options", "--wanted-lod", found, "a share or a percentage", remedy))
            return None
    wrong: list[Problem] = []
    made = parse(_Rule, values, "options", "", wrong)
    problems += [replace(p, place="--" + p.place.removeprefix("key ").replace("_", "-")) for p in wrong]
    return _as_given(made, None) if made is not None else None


def share(text: str) -> float:
    """A share written as 0.1% or 0.001; raises ``ValueError`` for anything else.

    >>> share("0.1 %"), share("0.001")
    (0.001, 0.001)
    """
    number = text.strip()
    return float(number.removesuffix("%")) / (100 if number.endswith("%") else 1)


def _as_given(made: _Rule, sha256: str | None) -> RuleFile:
    return RuleFile(made.alpha, made.beta, made.over, made.level, made.wanted_lod, made.day, sha256)
