"""The rate of an event after treatment against the untreated rate of a person like this one.

Asks: how many events would this patient have had without treatment, given how untreated people differ and how many
events the patient had before, and what is the ratio of the rate seen to that one?
Cannot see: events that were not recorded; rates that change with age or care; events of one person in clusters, beyond
what leaving people out shows. Without records of single untreated people their spread is not known: no line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.natural_history.cohort_folder import CohortFolder
    from proband.science.natural_history.event_comparison import Events


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the cohort's file and of both groups' tables, without numerics."""
    from proband.science.natural_history.cohort_folder import read_cohort_folder

    problems: list[Problem] = []
    read_cohort_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    return problems


@analysis(
    claims=("clinical.effect",),
    reads={
        "cohort": "natural_history/cohort.toml",
        "untreated": "natural_history/*.csv",
        "treated": "clinical/*.csv",
        "events": "clinical/events.csv",
        "subjects": "clinical/subjects.csv",
    },
    needs_files=("cohort", "untreated", "events", "subjects"),
    uses=("plan",),
    version=2,
    packages=("numpy", "scipy"),
    border=border,
)
def clinical_effect(program: ProgramView, inputs: Inputs, *, event: str = "") -> Iterator[Draft]:
    """One line for each treated patient; `event` is asked about, without it the only one that the cohort's tables hold.

    Events are taken to be recorded alike before and after treatment, from entry to exit.
    """
    from proband.science.natural_history.cohort_folder import read_cohort_folder
    from proband.science.natural_history.event_comparison import event_of, events_of
    from proband.science.natural_history.no_answer import NoAnswer
    from proband.science.within_patient.own_control_report import doubts

    problems: list[Problem] = []
    held = read_cohort_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    if held is None:
        raise ProgramError(problems)
    event = event_of(held, event)
    if not event:
        return
    for patient in held.patients:
        made = events_of(held, event, patient)
        if isinstance(made, NoAnswer):
            yield _untold(held, event, patient.id, made.reason)
        else:
            yield _line(held, event, patient.id, made, doubts(program.plan, ()))


MEANS = "Events after treatment over those expected of this patient untreated in the same time."


def _untold(held: CohortFolder, event: str, patient: str, reason: str) -> Draft:
    return Draft(
        kind="clinical.effect",
        statement=f"The rate of {event} of {patient} can not be held against untreated people: {reason}.",
        subject=Subject("patient", patient),
        name=f"{event} of {patient}",
        scope=Scope(where=f"{patient} against {held.cohort.id}", how="events from entry to exit of both groups"),
        facts={"comparison": "external_natural_history", "outcome": event},
        readout_definition=MEANS,
    )


def _line(held: CohortFolder, event: str, patient: str, made: Events, doubt: tuple[Concern, ...]) -> Draft:
    from proband.science.stated_number import stated

    r = made.ratio
    low, high = r.expected_interval
    before = "events before treatment were not counted"
    if r.before is not None:
        before = f"{r.before:g} in {365.25 * r.before_years:.0f} days before treatment"
    said = (
        f"{patient} had {r.after:g} {event} in {365.25 * r.after_years:.0f} days after treatment, {before}; without"
        f" treatment {r.expected:.3g} would be expected (90 % of such people: {low:g} to {high:g}), rate ratio"
        f" {stated(made.quantity)}"
    )
    concerns = [*doubt, *(Concern(ConcernWord.BIASED, text) for text in made.concerns)]
    proxy = held.cohort.match == "proxy"
    if proxy:
        text = "the untreated people have another disease, as a proxy: this is no untreated course of the patient's"
        concerns.append(Concern(ConcernWord.INDIRECT, text))
    return Draft(
        kind="clinical.effect",
        statement=said + ".",
        subject=Subject("patient", patient),
        name=f"{event} of {patient}",
        scope=Scope(
            where=f"{patient} (clinical/events.csv) against {held.cohort.id} (natural_history/events.csv)",
            how=f"rates of people gamma distributed, their relative SD {made.fit.spread:.2g}; {made.calibration}",
            denominator=f"{made.fit.people} eligible untreated people, {made.fit.events:g} events, "
            f"{made.fit.years:.1f} person-years; {365.25 * r.after_years:.0f} days after treatment",
        ),
        quantities={
            "rate_ratio": made.quantity,
            "observed_events": Quantity.exact(r.after, "count"),
            "expected_events": Quantity.point(r.expected, "count"),
        },
        facts={"comparison": "none" if proxy else "external_natural_history", "outcome": event},
        readout_definition=MEANS,
        assumptions=(r.ratio.model, "events were recorded alike before and after treatment and in both groups"),
        concerns=tuple(concerns),
    )
