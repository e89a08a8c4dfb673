"""How untreated and treated people were observed: measurement, judgement of outcomes, care.

Asks: were endpoints measured with the same instrument, version, schedule and kind of rater, were outcomes judged
without knowledge of treatment, and are era, supportive care and access to care comparable or their effect bounded?
Cannot see: whether what ``cohort.toml`` states is true; drift of a rater; care that nobody wrote down. What is not
stated stays not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.natural_history.cohort_folder import CohortFolder

FILE = "natural_history/cohort.toml"
YEAR = 365.25


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the cohort's file and of both groups' tables, without numerics."""
    from proband.science.natural_history.cohort_folder import read_cohort_folder

    problems: list[Problem] = []
    read_cohort_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    return problems


@analysis(
    claims=("natural_history.measurement", "natural_history.adjudication", "natural_history.care"),
    reads={"cohort": FILE, "untreated": "natural_history/*.csv", "treated": "clinical/*.csv"},
    needs_files=("cohort",),
    uses=("day_zero",),
    version=1,
    border=border,
)
def observation_conduct(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line of measurement for each endpoint with an instrument, one of judgement and one of care for the cohort."""
    from proband.science.natural_history.cohort_folder import read_cohort_folder
    from proband.science.natural_history.cohort_lines import first_dose_on

    problems: list[Problem] = []
    held = read_cohort_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    if held is None:
        raise ProgramError(problems)
    yield from _measurement(held)
    yield _adjudication(held)
    yield _care(held, first_dose_on(held, program.day_zero))


def _measurement(held: CohortFolder) -> Iterator[Draft]:
    from proband.science.natural_history.cohort_facts import measurement
    from proband.science.natural_history.cohort_lines import cohort_line

    for endpoint, (made, words) in measurement(held.cohort).items():
        said = f"{endpoint}, treated / untreated: {words}."
        means = "Equal words for instrument, version and rater, equal planned distance of measurements."
        how = f"instruments as stated in {FILE}"
        draft = cohort_line(held, "natural_history.measurement", said, how, means, {"same": made})
        yield replace(draft, subject=Subject("endpoint", endpoint), name=endpoint)


def _adjudication(held: CohortFolder) -> Draft:
    from proband.science.natural_history.cohort_facts import adjudication
    from proband.science.natural_history.cohort_lines import cohort_line, told

    c = held.cohort
    words = {"treated_outcomes": c.adjudication_treated, "comparator_outcomes": c.adjudication}
    made = adjudication(c)
    said = "Judged blind: " + told(made, {k: w.replace("_", " ") for k, w in words.items()})
    means = "Whether outcomes were judged without knowledge of treatment."
    return cohort_line(held, "natural_history.adjudication", said + ".", f"as stated in {FILE}", means, {"blind": made})


def _care(held: CohortFolder, dosed: date | None) -> Draft:
    from proband.science.natural_history.cohort_facts import care
    from proband.science.natural_history.cohort_lines import cohort_line, told

    made, words = care(held.cohort)
    era, q = held.cohort.era.untreated, dict[str, Quantity]()
    if dosed is not None:
        middle = era[0] + (era[1] - era[0]) / 2
        q["era_gap"] = Quantity.exact(round((dosed - middle).days / YEAR, 2), "a")
    stated = [f"{d.what} (favours {d.favours.replace('_', ' ')})" for d in held.cohort.care_difference]
    said = "Comparable or bounded: " + told(made, words)
    means = "Era, supportive care and access to care: comparable, or different with the effect bounded."
    how = f"as stated in {FILE}; untreated {era[0]} to {era[1]}; care: {held.cohort.care}"
    draft = cohort_line(held, "natural_history.care", said + ".", how, means, {"care": made}, **q)
    concerns = tuple(Concern(ConcernWord.BIASED, w) for w in stated)
    return replace(draft, concerns=concerns)
