"""The untreated cohort as it stands: who is in it, how it is held, since when, and whether it can be audited.

Asks: is the cohort described and held as records over time, was it observed under a protocol before the first dose, and
can its data be audited?
Cannot see: whether what ``cohort.toml`` states is true; whether the cohort is that of this patient's disease; people
who were never enrolled. What is not stated stays not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Fact, Members
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.natural_history.cohort_folder import CohortFolder
    from proband.science.natural_history.description import Description

FILE = "natural_history/cohort.toml"


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the cohort's file and of both groups' tables, without numerics."""
    from proband.science.natural_history.cohort_folder import after_data_cut, read_cohort_folder

    problems: list[Problem] = []
    held = read_cohort_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    if held is not None and program.day_zero is not None and program.data_cut is not None:
        problems += after_data_cut(held, program.day_zero, program.data_cut)
    return problems


@analysis(
    claims=(
        "natural_history.cohort",
        "natural_history.records",
        "natural_history.start",
        "natural_history.provenance",
    ),
    reads={"cohort": FILE, "untreated": "natural_history/*.csv", "treated": "clinical/*.csv"},
    needs_files=("cohort",),
    uses=("day_zero",),
    version=1,
    packages=("numpy", "scipy"),
    border=border,
)
def natural_history(program: ProgramView, inputs: Inputs, *, event: str = "") -> Iterator[Draft]:
    """One line of each kind for the cohort, and one of measurement for each endpoint with an instrument.

    `event`: the event whose rate describes the cohort; without it the only one that its tables hold.
    """
    from proband.science.natural_history.cohort_folder import read_cohort_folder
    from proband.science.natural_history.cohort_lines import first_dose_on

    problems: list[Problem] = []
    held = read_cohort_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    if held is None:
        raise ProgramError(problems)
    if held.untreated is not None:
        yield _cohort(held, event)
    yield _records(held)
    yield from _start(held, first_dose_on(held, program.day_zero))
    yield _provenance(held)


def _cohort(held: CohortFolder, event: str) -> Draft:
    from dataclasses import replace

    from proband.science.natural_history.cohort_lines import cohort_line
    from proband.science.natural_history.description import describe
    from proband.science.natural_history.event_rates import counts_of, fit_rates
    from proband.science.natural_history.no_answer import NoAnswer
    from proband.science.stated_number import stated
    from proband.science.stats.posterior import proportion

    assert held.untreated is not None
    made, match = describe(held.untreated), held.cohort.match
    names = [n for n, _ in made.events]
    event = event or (names[0] if len(names) == 1 else "")
    fit = fit_rates(*counts_of(held.untreated, event)) if event else NoAnswer("no single event is named")
    q = {"cohort_size": Quantity.exact(made.size, "count"), "person_years": Quantity.exact(made.person_years, "a")}
    if match == "same_gene":
        q["same_gene_size"] = Quantity.exact(made.size, "count")
    said = f"{made.size} untreated people were observed over {made.person_years:.1f} person-years"
    assumed: tuple[str, ...] = ()
    if not isinstance(fit, NoAnswer):
        q["event_rate"] = fit.mean_rate()
        said += f"; {event}: {stated(q['event_rate'])}, relative rates of people spread with SD {fit.spread:.2g}"
        assumed = (q["event_rate"].model,)
    if made.deaths is not None:
        q["mortality"] = proportion(made.deaths.deaths, made.deaths.told)
        said += f"; {made.deaths.deaths} of {made.deaths.told} died"
    items = ("size", "person_time", "ages", "genotypes", "outcomes")
    described = Members(made.described, (), tuple(i for i in items if i not in made.described))
    how = f"records from entry to exit; rates with people of unlike rates; {_spreads(made)}"
    means = "Events and deaths from entry to exit over the time observed; what came before entry is not counted."
    draft = cohort_line(
        held, "natural_history.cohort", said + ".", how, means, {"described": described, "match": match}, **q
    )
    return replace(draft, assumptions=assumed, scope=replace(draft.scope, not_covered="; ".join(made.not_told)))


def _spreads(d: Description) -> str:
    parts = [("age at entry", d.age_at_entry), ("years followed", d.follow_up_years), ("visits", d.visits)]
    told = [f"{name} {s.median:.3g} ({s.low:.3g} to {s.high:.3g}, {s.n} people)" for name, s in parts if s is not None]
    return "; ".join([*told, "genotypes " + ", ".join(f"{g}: {n}" for g, n in d.genotypes)])


def _records(held: CohortFolder) -> Draft:
    from proband.science.natural_history.cohort_facts import records
    from proband.science.natural_history.cohort_lines import cohort_line

    made = records(held)
    words = {
        "": f"{FILE} says that data of each person are held, and the folder has a record of none",
        "summary_only": "The comparator is held as a summary: the folder has no record of an untreated person",
        "single_visit_records": "The comparator is held as records, most of them of one visit",
        "longitudinal_records": f"The comparator is held as records of {made.patients} people over time",
    }
    q = {"patients": Quantity.exact(made.patients, "count")}
    q["longitudinal_patients"] = Quantity.exact(made.longitudinal, "count")
    if made.visits is not None:
        q["visits_per_patient"] = Quantity.exact(made.visits, "count")
    tail = f", {made.longitudinal} with two visits or more, median {made.visits:g} visits" if made.visits else ""
    how = "days under observation on which a person was seen; longitudinal where half of them have two or more"
    means = "Records over time, records of one visit, or a summary."
    return cohort_line(held, "natural_history.records", words[made.held_as] + tail + ".", how, means,
                 {"held_as": made.held_as} if made.held_as else {}, **q)  # fmt: skip


def _start(held: CohortFolder, dosed: date | None) -> Iterator[Draft]:
    from proband.science.natural_history.cohort_lines import cohort_line

    seen = held.cohort.observation
    if seen is None and dosed is None:
        return
    facts: dict[str, Fact] = {"first_dose_on": dosed} if dosed else {}
    q: dict[str, Quantity] = {}
    said = "No protocol of observation of untreated people is dated"
    if seen is not None:
        facts["observation_protocol_on"] = seen.on
        if seen.candidate_selected_on:
            facts["candidate_selected_on"] = seen.candidate_selected_on
        said = f"Untreated people were observed under a protocol of {seen.on}"
        if dosed:
            q["lead"] = Quantity.exact((dosed - seen.on).days, "d")
            said += f", {(dosed - seen.on).days} days before the first dose on {dosed}"
        else:
            said += "; the date of the first dose is not known: program.toml states no day_zero"
    document = seen.document if seen else "none named"
    means = "Date of the protocol under which untreated people were observed, held against the first dose."
    yield cohort_line(held, "natural_history.start", said + ".", f"dates as stated; {document}", means, facts, **q)


def _provenance(held: CohortFolder) -> Draft:
    from proband.science.natural_history.cohort_facts import provenance
    from proband.science.natural_history.cohort_lines import cohort_line, told

    made, words = provenance(held.cohort, held.digest)
    how = f"fields of {FILE}; tables {', '.join(held.tables) or 'none'}"
    means = "What an auditor needs to find the data again; the digest counts where it is that of the tables here."
    return cohort_line(held, "natural_history.provenance", told(made, words) + ".", how, means, {"fields": made})
