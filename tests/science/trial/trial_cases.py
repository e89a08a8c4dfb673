"""Plans of every design, made from the commented template, with short axes."""

import re
import tomllib

from proband.core.errors import Problem
from proband.folder.plan_template import COMMON, designs, template
from proband.science.trial.plan_file import plan_of


def merged(base, changes):
    """A nested table with some keys replaced; None removes a key."""
    made = dict(base)
    for key, value in changes.items():
        if value is None:
            made.pop(key, None)
        elif isinstance(value, dict) and isinstance(made.get(key), dict) and key not in ("worst_case", "effect_prior"):
            made[key] = merged(made[key], value)
        else:
            made[key] = value
    return made


def raw_plan(kind, **changes):
    """The plan of a design as a TOML document, with changes; other effects leave out the one that was planned for."""
    asked = changes.get("simulation") or {}
    if "effect" in asked and "planned_effect" not in asked:
        changes = {**changes, "simulation": {**asked, "planned_effect": None}}
    return merged(tomllib.loads(COMMON + designs()[kind]), changes)


def plan(kind, **changes):
    """The plan of a design, which has to be sound."""
    problems: list[Problem] = []
    made = plan_of(raw_plan(kind, **changes), "plan", problems)
    assert not problems, "\n".join(map(str, problems))
    return made


def faults(kind, **changes):
    """The places and remedies of a plan's problems."""
    problems: list[Problem] = []
    plan_of(raw_plan(kind, **changes), "plan", problems)
    return {p.place: p for p in problems}


COUNTS = {
    "design": {"kind": "own_control_counts", "weeks_before": 8, "weeks_after": 8},
    "simulation": {"rate": 5.0, "dispersion": [2.4], "effect": [0, 1], "rho": [0.3], "index_error": [0],
                   "worst_case": {"rho": [0.3]}},
}  # fmt: skip
Z = {
    "model": {"kind": "z", "tau_c": 0.0},
    "priors": None,
    "simulation": {"rho": [0], "course": None, "index_error": [0]},
}


def uncommented():
    """The template with the designs in its comments, as they would be written without the comment signs."""
    return re.sub(r"(?m)^# ?", "", template())
