"""Lines of evidence of one patient against untreated people: what is said, with numbers, reasons and concerns.

A number that can not be told is left out and its reason stands in the statement.

Cannot see: what its parts can not see: ``course_comparison`` and what that calls.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.core.analysis import Draft
from proband.core.evidence import Concern, ConcernWord, Fact, Scope, Subject
from proband.core.plan_seal import FACTS, PlanRecord, SealState
from proband.core.quantity import Quantity
from proband.science.bias.e_values import e_value
from proband.science.natural_history.cohort_folder import CohortFolder
from proband.science.natural_history.course_comparison import (
    Asked,
    Cohort,
    Compared,
    coverage,
    forecast,
    own_course_p,
    own_of,
)
from proband.science.natural_history.course_figures import fan_figure, tau_figure, tau_table, used_days
from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.subject_table import Subject as Person
from proband.science.stated_number import stated, undecided
from proband.science.stats.posterior import proportion

SEALED = (SealState.SEALED, SealState.RESEALED_WITH_REASON)


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What every line of a patient takes: the cohort as read, what is asked, the patient, the plan's record."""

    held: CohortFolder
    asked: Asked
    patient: Person
    plan: PlanRecord | None

    @property
    def state(self) -> SealState:
        """The state of the plan."""
        return self.plan.state if self.plan is not None else SealState.NO_PLAN

    def outcome(self) -> str:
        """The endpoint in words."""
        a = self.asked
        what = f"{a.kind} of {'ln ' if a.logarithm else ''}{a.parameter}"
        return f"{what}, day {a.start_days:g} to {a.end_days:g} after the index; {a.better} is better"

    def concerns(self) -> list[Concern]:
        """What a state of the plan, or a cohort of another disease, takes from every line."""
        made = []
        if self.state not in SEALED:
            sentence = " ".join(self.plan.sentences) if self.plan is not None else "There is no analysis plan."
            made.append(Concern(ConcernWord.SELECTIVE, sentence))
        if self.proxy:
            text = "the untreated people have another disease, as a proxy: nobody like this patient was seen"
            made.append(Concern(ConcernWord.INDIRECT, text))
        return made

    @property
    def proxy(self) -> bool:
        """Whether the cohort stands in for another disease: its numbers are shown and decide nothing."""
        return self.held.cohort.match == "proxy"

    def scope(self, cohort: Cohort | NoAnswer, how: str, not_covered: str = "") -> Scope:
        """Where it was looked and of how many; `cohort` for the people that the model had."""
        count = "no model of untreated people"
        if not isinstance(cohort, NoAnswer):
            n = len(cohort.series.data.patients)
            count = f"{n} eligible untreated people, {cohort.series.data.values.size} values"
        where = f"{self.patient.id} (clinical/*.csv) against {self.held.cohort.id} (natural_history/*.csv)"
        return Scope(where=where, how=how, denominator=count, not_covered=not_covered)

    def draft(self, kind: str, said: str, scope: Scope, means: str, **more: object) -> Draft:
        """A line about the patient."""
        subject = Subject("patient", self.patient.id)
        name = f"{self.asked.parameter} of {self.patient.id}"
        return Draft(
            kind=kind, statement=said, subject=subject, name=name, scope=scope, readout_definition=means, **more
        )  # type: ignore[arg-type]


def rarity_line(told: Told, cohort: Cohort | NoAnswer, made: Compared | NoAnswer) -> Draft:
    """How rare the course is without treatment, or why that can not be told."""
    means = (
        "Probability that an untreated person with this baseline does at least as well on the same schedule, if the"
        " patient differs from the cohort by an unknown amount of SD tau_c."
    )
    facts: dict[str, Fact] = {"plan": FACTS[told.state], "outcome": told.outcome()}
    if isinstance(cohort, NoAnswer) or isinstance(made, NoAnswer):
        reason = made.reason if isinstance(made, NoAnswer) else ""
        if not isinstance(cohort, NoAnswer):
            facts["calibration"] = cohort.model.word
        if "outside" in reason:
            facts["baseline_is"] = "extrapolated"
        said = f"How rare the course of {told.patient.id} is without treatment can not be told: {reason}."
        scope = told.scope(cohort, f"{told.outcome()}; {told.asked.by}")
        return told.draft("clinical.rarity", said, scope, means, facts=facts, concerns=tuple(told.concerns()))
    answer, asked = made.answer, told.asked
    facts["calibration"] = cohort.model.word
    facts["baseline_is"] = "extrapolated" if answer.support.few_near or told.proxy else "within_cohort"
    quantities = {"rarity": made.declared, "rarity_no_shift": made.no_shift}
    sign = cohort.schedule.endpoint.sign
    assert answer.predicted is not None
    assert answer.predicted.value is not None
    gain = sign * (answer.score - answer.predicted.value) / answer.spread
    quantities["change_in_spread"] = Quantity.point(gain, "ratio")
    if answer.tipping is not None:
        quantities["tipping_tau"] = Quantity.exact(round(answer.tipping, 4), "ratio")
    rank = answer.near_rank if not isinstance(answer.near_rank, NoAnswer) else answer.rank
    if not isinstance(rank, NoAnswer):
        quantities["rank_floor"] = Quantity.exact(rank.floor, "fraction")
        quantities["rank_p"] = Quantity.exact(rank.p, "fraction")
    return told.draft(
        "clinical.rarity",
        _said(told, cohort, made),
        told.scope(cohort, f"{told.outcome()}; {cohort.model.told()}; {asked.by}", _days(cohort, made)),
        means,
        quantities=quantities,
        facts=facts,
        figures=(fan_figure(cohort, made, told.held.treated.record), tau_figure(cohort, made))
        if told.held.treated
        else (),
        tables=(tau_table(made),),
        assumptions=(cohort.model.told(), "an unlike patient differs by a normal amount of SD tau_c"),
        concerns=(*told.concerns(), *_concerns(cohort, made)),
    )


def _days(cohort: Cohort, made: Compared) -> str:
    words = [", ".join(f"{d:g}" for d in days) for days in used_days(cohort, made)]
    return f"the patient's values on other days than {words[0]} (baseline) and {words[1]} (outcome)"


def _said(told: Told, cohort: Cohort, made: Compared) -> str:
    a = made.answer
    said = (
        f"Without treatment, a course at least as good as that of {told.patient.id} has probability"
        f" {stated(made.declared)} at tau_c {told.asked.tau_c:g}, {stated(made.no_shift)} if the cohort is alike"
    )
    tipping = "at no tau_c up to a million" if a.tipping is None else f"at tau_c {a.tipping:.2g}"
    said += f"; it reaches 0.05 {tipping}"
    for word, rank in (("near", a.near_rank), ("all eligible", a.rank)):
        if not isinstance(rank, NoAnswer):
            said += (
                f"; without a model {rank.as_good} of {rank.n} {word} untreated people do as well"
                f" (P {rank.p:.2g}, never below {rank.floor:.2g})"
            )
    return f"{said}; {a.calibration}."


def _concerns(cohort: Cohort, made: Compared) -> list[Concern]:
    own, found = made.own, list[Concern]()
    if made.answer.support.few_near:
        text = f"{made.answer.support.near} untreated people have a baseline like this: a formula speaks"
        found.append(Concern(ConcernWord.INDIRECT, text))
    if own.thinned:
        text = (
            f"values of the patient are denser than the cohort's: one each {own.step:g} days is compared; over the"
            f" {len(made.ways)} ways to take them after the index, rarity runs {min(made.ways):.2g} to"
            f" {max(made.ways):.2g}"
        )
        found.append(Concern(ConcernWord.INCONSISTENT if max(made.ways) > 0.05 else ConcernWord.IMPRECISE, text))
    left = own.censored + cohort.series.censored
    if left:
        found.append(Concern(ConcernWord.BIASED, f"{left} values beyond a limit of the assay were left out"))
    if made.answer.heavy_tails is not None:
        other = "normal" if cohort.model.tails == "t" else "t-tailed"
        text = f"with {other} people instead, rarity without a shift is {made.answer.heavy_tails:.2g}"
        found.append(Concern(ConcernWord.IMPRECISE, text))
    return found


def own_line(told: Told, cohort: Cohort) -> Draft:
    """The forecast of the patient's own course before treatment against what was seen."""
    own = own_of(told.held, cohort, told.patient)
    made = own if isinstance(own, NoAnswer) else forecast(cohort, own)
    facts: dict[str, Fact] = {"calibration": cohort.model.word}
    quantities = dict[str, Quantity]()
    held = coverage(cohort.model.calibration)
    if held is not None:
        quantities["coverage_left_out"] = proportion(*held)
    if isinstance(made, NoAnswer):
        facts["points_are"] = "too_few"
        said = f"The course of {told.patient.id} before treatment can not be held against a forecast: {made.reason}"
    else:
        p, n = own_course_p(made), len(made.times)
        facts["points_are"] = "enough"
        quantities |= {"own_course_p": Quantity.exact(p, "fraction"), "points": Quantity.exact(n, "count")}
        said = (
            f"Before treatment {made.covered[1]} of {n} values of {told.patient.id} lie in their 90 % forecast;"
            f" P of a course as far from it is {p:.2g} (scatter {made.joint_p:.2g}, drift {made.drift_p:.2g})"
        )
    if held is not None:
        said += f"; of people left out {held[0]} of {held[1]} lie in their 90 % interval"
    how = f"each value from those before it, the first {2} given; {cohort.model.told()}"
    means = "Twice the lesser of P for scatter and two-sided P for drift, at most 1."
    return told.draft(
        "natural_history.own_course", said + ".", told.scope(cohort, how), means, quantities=quantities, facts=facts,
        concerns=tuple(told.concerns()), assumptions=(cohort.model.told(),),
    )  # fmt: skip


def change_line(told: Told, cohort: Cohort, made: Compared) -> Draft:
    """How often untreated people do as well over windows of the same length after the same rule of entry."""
    rate = made.answer.rate
    means = "Untreated people whose first window does at least as well as the patient, over people with such a window."
    scope = told.scope(cohort, f"{told.outcome()}; rule of entry: {cohort.entry}")
    facts: dict[str, Fact] = {"entry_rule": cohort.entry}
    if isinstance(rate, NoAnswer):
        said = f"How often untreated people improve as much can not be told: {rate.reason}."
        return told.draft("natural_history.untreated_change", said, scope, means, facts=facts)
    counted = proportion(rate.first_as_good, rate.patients)
    share = undecided(counted) if told.proxy else counted
    said = (
        f"{rate.first_as_good} of {rate.patients} untreated people do at least as well as {told.patient.id} in their"
        f" first window ({stated(share)}), {rate.all_as_good} of {rate.windows} over all windows"
    )
    concerns = told.concerns()
    if cohort.schedule.entry is None:
        text = f"no rule of entry could be applied to windows: {cohort.entry}; regression to the mean stays in"
        concerns.append(Concern(ConcernWord.BIASED, text))
    quantities = {"untreated_improvement": share}
    quantities["windows"] = Quantity.exact(rate.windows, "count")
    quantities["people"] = Quantity.exact(rate.patients, "count")
    return told.draft(
        "natural_history.untreated_change", said + ".", scope, means, quantities=quantities, facts=facts,
        concerns=tuple(concerns), assumptions=("people are independent draws of one population",),
    )  # fmt: skip


def bias_line(told: Told, cohort: Cohort, made: Compared) -> Draft:
    """How strong an unmeasured difference would have to be: E-value, tipping shift, tipping tau."""
    answer = made.answer
    sign = cohort.schedule.endpoint.sign
    assert answer.predicted is not None
    assert answer.predicted.value is not None
    gain = sign * (answer.score - answer.predicted.value) / answer.spread
    found = e_value("standardised difference", gain, None, None, common=None, se=1.0)
    limit = Quantity.bound(found.limit, "ratio", side="lower", level=0.975, value=found.estimate)
    quantities = {"e_value": Quantity.point(found.estimate, "ratio") if told.proxy else limit}
    quantities["tipping_shift"] = Quantity.point(made.tipping_shift, "ratio")
    said = (
        f"The course lies {gain:.2g} SD of the prediction on the side of benefit: {found.told()}; a shift of the cohort"
        f" by {max(0.0, made.tipping_shift):.2g} SD makes it no longer rare at 0.05"
    )
    if answer.tipping is not None:
        quantities["tipping_tau"] = Quantity.exact(round(answer.tipping, 4), "ratio")
        said += f", an unknown one of SD {answer.tipping:.2g} as well"
    how = "E-value of exp(0.91 d), limit exp(0.91 d - 1.78): one patient, whose error is one SD of the prediction"
    means = "Risk ratio of a confounder with treatment and with outcome that would remove the effect, and its limit."
    return told.draft(
        "natural_history.bias", said + ".", told.scope(cohort, how), means, quantities=quantities,
        facts={"outcome": told.outcome()}, concerns=tuple(told.concerns()),
        assumptions=("a standardised difference counts as the risk ratio exp(0.91 d)",),
    )  # fmt: skip
