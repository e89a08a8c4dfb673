"""One patient's events against untreated people: the fit, the ratio, its calibration, and whether it may decide.

Where the prediction fails calibration, or too few people were followed to judge it, the ratio becomes a value with a
bracket, which decides nothing.

Cannot see: what ``event_rates`` can not see.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.core.quantity import Quantity
from proband.science.natural_history.cohort_folder import CohortFolder
from proband.science.natural_history.event_rates import (
    EventRates,
    EventRatio,
    calibrate,
    counted,
    counts_of,
    event_ratio,
    fit_rates,
)
from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.subject_table import YEAR, Subject
from proband.science.stated_number import undecided


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """The fit of untreated people, the ratio of one patient, the number that may be used, and calibration in words."""

    fit: EventRates
    ratio: EventRatio
    quantity: Quantity
    calibration: str
    concerns: tuple[str, ...]


def event_of(held: CohortFolder, named: str) -> str:
    """The event that is asked about: the one named, else the only one of the cohort's tables, else none."""
    if named or held.untreated is None:
        return named
    names = {e.name for e in held.untreated.record.events}
    return names.pop() if len(names) == 1 else ""


def events_of(held: CohortFolder, event: str, patient: Subject) -> Events | NoAnswer:
    """A treated patient's rate against eligible untreated people; an event on the day of treatment is one after it.

    Before treatment the patient counts from entry. `NoAnswer` without records of people or of events: where no
    treated person has a row of this event, not even one that counts 0, nobody is known to have looked for it.
    """
    group, treated = held.eligible(), held.treated
    if group is None or treated is None or patient.treatment is None:
        return NoAnswer("one of the groups is not described")
    if not any(e.name == event for e in group.record.events):
        return NoAnswer(f"no table of untreated people holds {event}")
    if not any(e.subject == patient.id for e in treated.record.events):
        return NoAnswer("no event of any kind is recorded for the patient, so that none of this kind is no finding")
    if not any(e.name == event for e in treated.record.events):
        text = f"no treated person has a row of {event}; where it was looked for and none came, a row counts 0 of it"
        return NoAnswer(text)
    fit = fit_rates(*counts_of(group, event))
    if isinstance(fit, NoAnswer):
        return fit
    start, turn, stop = patient.entry, patient.treatment, patient.exit + 1
    before_days, after_days = max(0.0, turn - start), stop - turn
    after = counted(treated, event, patient, turn, stop)
    before = counted(treated, event, patient, start, turn) if before_days > 0 else None
    made = event_ratio(fit, after, after_days / YEAR, before, before_days / YEAR)
    if isinstance(made, NoAnswer):
        return made
    seen = calibrate(fit, group, event, before_days, after_days)
    if isinstance(seen, NoAnswer):
        text = f"calibration could not be judged: {seen.reason}"
        return Events(fit, made, undecided(made.ratio), text, (text,))
    text = (
        f"of {seen.people} people left out {seen.coverage.observed:.2f} lie in their 90 % interval and"
        f" {seen.false_few.observed:.2f} have improbably few events at 0.05: {seen.verdict}"
    )
    failed = seen.verdict == "fails"
    concerns = tuple(f"the prediction fails on people left out: {r}" for r in seen.reasons)
    return Events(fit, made, undecided(made.ratio) if failed else made.ratio, text, concerns)
