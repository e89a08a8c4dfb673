"""Under which names a program's product goes, and by which route it is given, from the program and the plan.

Cannot see: whether two names are one product: only the candidate's id and name count, as written.
"""

from __future__ import annotations

from collections.abc import Iterator

from proband.core.program import Candidate
from proband.science.nonclinical.plan_file import Plan
from proband.science.nonclinical.terms import DELIVERY_ROUTES


def names_of(candidate: Candidate | None) -> tuple[str, ...]:
    """Id and name of a candidate, as tables may write its product.

    >>> names_of(Candidate("a-1", "A"))
    ('a-1', 'A')
    """
    return () if candidate is None else tuple(n for n in (candidate.id, candidate.name) if n)


def route_of(plan: Plan, candidate: Candidate | None) -> str:
    """The patient's route: of the plan, else the one that the delivery implies; empty where neither tells.

    >>> route_of(Plan(), Candidate("a", delivery="intravenous_free")), route_of(Plan(), Candidate("a", delivery="lnp"))
    ('intravenous', '')
    """
    return plan.human.route or (DELIVERY_ROUTES.get(candidate.delivery, "") if candidate else "")


def apart(plan: Plan, candidate: Candidate | None) -> Iterator[str]:
    """What the plan and the program say differently.

    >>> list(apart(Plan.model_validate({"human": {"route": "oral"}}), Candidate("a", delivery="intrathecal")))
    ['The plan gives the route as oral, the program as intrathecal.']
    """
    implied = DELIVERY_ROUTES.get(candidate.delivery, "") if candidate else ""
    if implied and plan.human.route and plan.human.route != implied:
        yield f"The plan gives the route as {plan.human.route}, the program as {implied}."
