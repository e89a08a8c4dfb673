"""The rule by which sites are called, as a file that is written before the data: ``call_rule.toml``.

Keys: alpha and beta (risks of a false call and of a miss), over (site, or panel: alpha shared by all sites), level (of
intervals), wanted_lod (the limit of detection that the question needs, a share), date (when it was fixed). They may
stand under ``[rule]``.

Cannot see: whether the date is true.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem

if TYPE_CHECKING:
    from proband.science.stats.treated_control import CallRule

Risk = Annotated[float, Field(gt=0, lt=0.5)]


class _Rule(Strict):
    alpha: Risk
    beta: Risk
    over: Literal["site", "panel"] = "panel"
    level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    wanted_lod: Annotated[float, Field(gt=0, lt=1)] | None = None
    day: date | None = Field(default=None, alias="date")


@dataclass(frozen=True, slots=True)
class RuleFile:
    """A rule as its file states it; `day` is None where the file does not say when it was fixed.

    >>> RuleFile(0.05, 0.05).rule().over
    'panel'
    """

    alpha: float
    beta: float
    over: str = "panel"
    level: float = 0.95
    wanted_lod: float | None = None
    day: date | None = None

    def rule(self) -> CallRule:
        """The rule for `treated_control.panel_calls`."""
        from proband.science.stats.treated_control import CallRule

        return CallRule(self.alpha, self.beta, self.over, self.level, self.wanted_lod)


def read_rule(path: Path, name: str, problems: list[Problem]) -> RuleFile | None:
    """The rule of a file, or None with every problem added."""
    raw = read_toml(path, name, problems)
    if raw is None:
        return None
    block = raw["rule"] if set(raw) == {"rule"} else raw
    made = parse(_Rule, block, name, "", problems)
    if made is None:
        return None
    if made.day and made.day > date.today():
        problems.append(Problem(name, "date", made.day.isoformat(), "today or an earlier day", "correct the date"))
        return None
    return RuleFile(made.alpha, made.beta, made.over, made.level, made.wanted_lod, made.day)
