"""Lines of evidence about a cohort: where it was looked, of how many people, and members as words.

Cannot see: what its parts can not see.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from proband.core.analysis import Draft
from proband.core.evidence import Fact, Members, Scope, Subject
from proband.core.quantity import Quantity
from proband.science.natural_history.cohort_folder import CohortFolder

FILE = "natural_history/cohort.toml"


def cohort_line(
    held: CohortFolder, kind: str, said: str, how: str, means: str, facts: dict[str, Fact], **q: Quantity
) -> Draft:
    """A line about the cohort: what is said, how it was looked for, what the numbers mean."""
    c = held.cohort
    return Draft(
        kind=kind,
        statement=said,
        subject=Subject("cohort", c.id),
        name=c.id,
        scope=Scope(where=f"{c.population}; {c.source.name}, {c.source.document}", how=how, denominator=_people(held)),
        quantities=q,
        facts=facts,
        readout_definition=means,
    )


def _people(held: CohortFolder) -> str:
    return f"{len(held.untreated.subjects)} untreated people" if held.untreated else "no records of people here"


def told(m: Members, said: Mapping[str, str]) -> str:
    """Each member with its answer and why.

    >>> told(Members(("a",), ("b_c",)), {"a": "stated", "b_c": "looked for"})
    'a: yes (stated); b c: no (looked for)'
    """
    states = {
        **dict.fromkeys(m.present, "yes"),
        **dict.fromkeys(m.absent, "no"),
        **dict.fromkeys(m.unknown, "not told"),
    }
    return "; ".join(f"{k.replace('_', ' ')}: {states[k]} ({why})" for k, why in said.items())


def first_dose_on(held: CohortFolder, day_zero: date | None) -> date | None:
    """The date of the first dose of any treated person; None without doses or where the date of day 0 is not known."""
    if held.treated is None or day_zero is None:
        return None
    days = [held.treated.record.first_dose(s) for s in held.treated.record.subjects]
    first = min((d for d in days if d is not None), default=None)
    return day_zero + timedelta(days=first) if first is not None else None
