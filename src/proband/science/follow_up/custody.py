"""Who holds the data, who pays, who takes over: what the plan says of it, with "none" as an answer of its own.

Cannot see: whether a contract stands behind the words; a person reads that.
"""

from __future__ import annotations

from collections.abc import Mapping

from proband.core.evidence import Members
from proband.science.answers import members
from proband.science.follow_up.plan_file import CONTROLS, METRICS, NONE, FollowUp
from proband.science.told_words import told

NOBODY = (NONE, "no", "nobody", "no one", "nothing")
FIELDS = ("holder_of_data", "funding", "successor")


def custody(plan: FollowUp) -> Members:
    """Holder of the data, funding and successor: written, stated as none (absent), or not stated."""
    held = plan.custody
    return _members({f: [getattr(held, f) if held is not None else None] for f in FIELDS})


def controls(plan: FollowUp) -> Members:
    """Controls of the systems: documented for every one, stated as none for one (absent), or not stated."""
    return _members({c: [getattr(s, c) for s in plan.system] for c in CONTROLS})


def measured(plan: FollowUp) -> Members:
    """Metrics of the sources: counted for every one, stated as not measured for one (absent), or not stated."""
    words = {}
    for metric in METRICS:
        shares = [getattr(s, metric) for s in plan.data_source]
        words[metric] = [None if s is None else NONE if s.not_measured else "counted" for s in shares]
    return _members(words)


def _members(said: Mapping[str, list[str | None]]) -> Members:
    answers: dict[str, bool | None] = {}
    for name, words in said.items():
        plain = [None if w is None else told(w).casefold() or None for w in words]
        answers[name] = False if any(w in NOBODY for w in plain) else True if plain and None not in plain else None
    return members(answers)
