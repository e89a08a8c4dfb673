"""Treated and untreated people side by side: eligibility, time zero, prognostic factors, what is missing.

Asks: can each criterion of eligibility be applied to the cohort, does time begin alike in both groups, where does the
treated patient lie among the untreated in each factor, and is what is missing counted in both groups?
Cannot see: factors that nobody recorded, which are the ones that matter most; criteria applied before data were
collected. For one treated patient the difference is over the SD of the untreated and can not show balance; a place
among the untreated is told beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from statistics import median
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity

if TYPE_CHECKING:
    from proband.science.natural_history.cohort_folder import CohortFolder
    from proband.science.natural_history.differences import Difference
    from proband.science.natural_history.subject_table import Group

FILE = "natural_history/cohort.toml"


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the cohort's file and of both groups' tables, without numerics."""
    from proband.science.natural_history.cohort_folder import read_cohort_folder

    problems: list[Problem] = []
    read_cohort_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    return problems


@analysis(
    claims=(
        "natural_history.attrition",
        "natural_history.index_date",
        "natural_history.balance",
        "natural_history.missingness",
    ),
    reads={"cohort": FILE, "untreated": "natural_history/*.csv", "treated": "clinical/*.csv"},
    needs_files=("cohort", "untreated"),
    version=1,
    packages=("numpy", "scipy"),
    border=border,
)
def comparability(program: ProgramView, inputs: Inputs, *, near: float = 0.5) -> Iterator[Draft]:
    """A line for attrition, index dates and what is missing, and one for each prognostic factor.

    `near` (standard deviations of the untreated): a number within it of the treated patient's counts as near.
    """
    from proband.science.natural_history.cohort_facts import factor_names
    from proband.science.natural_history.cohort_folder import read_cohort_folder
    from proband.science.natural_history.differences import differences

    problems: list[Problem] = []
    held = read_cohort_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems)
    if held is None:
        raise ProgramError(problems)
    if held.untreated is None:
        return
    if held.cohort.criterion:
        yield _attrition(held, held.untreated)
    yield _index(held, held.untreated)
    if held.treated is not None:
        for row in differences(held.treated, held.untreated, factor_names([held.treated, held.untreated])):
            yield _balance(held, held.treated, held.untreated, row, near)
    yield _missing(held, held.untreated)


def _line(held: CohortFolder, kind: str, said: str, how: str, means: str, **more: object) -> Draft:
    treated = len(held.treated.subjects) if held.treated else 0
    untreated = len(held.untreated.subjects) if held.untreated else 0
    scope = Scope(
        where=f"{held.cohort.id}: natural_history/subjects.csv and clinical/subjects.csv",
        how=how,
        denominator=f"{untreated} untreated, {treated} treated",
    )
    subject = Subject("cohort", held.cohort.id)
    fields = {"subject": subject, "name": held.cohort.id, **more}
    return Draft(kind=kind, statement=said, scope=scope, readout_definition=means, **fields)  # type: ignore[arg-type]


def _attrition(held: CohortFolder, untreated: Group) -> Draft:
    from proband.science.natural_history.attrition import attrition
    from proband.science.natural_history.cohort_facts import members
    from proband.science.natural_history.comparability_tables import attrition_table

    groups = [g for g in (untreated, held.treated) if g is not None]
    index = {k: d for g in groups for k, d in held.index_of(g).first().items()}
    # each criterion over the whole cohort says whether its data can tell; the steps say who remains
    alone = {c.id: attrition([c], [untreated], index)[0] for c in held.cohort.criterion}
    answers = {
        k: True if s.cannot_tell == 0 else False if s.cannot_tell == s.before else None for k, s in alone.items()
    }
    steps = attrition(held.cohort.criterion, groups, index)
    mine = [s for s in steps if s.group == untreated.name]
    not_told = {i for s in alone.values() for i in s.not_told}
    said = " -> ".join([str(mine[0].before), *(f"{s.met} ({s.text})" for s in mine)])
    return _line(
        held, "natural_history.attrition", f"Untreated people after each criterion: {said}.",
        "criteria of the file at the first index day; who can not be told is not counted as eligible",
        "People left after each criterion of eligibility, applied alike to treated and untreated.",
        facts={"criteria": members(answers)}, tables=(attrition_table(steps),),
        quantities={
            "cohort_before": Quantity.exact(mine[0].before, "count"),
            "cohort_after": Quantity.exact(mine[-1].met, "count"),
            "not_told": Quantity.exact(len(not_told), "count"),
        },
    )  # fmt: skip


def _index(held: CohortFolder, untreated: Group) -> Draft:
    from proband.science.natural_history.cohort_facts import members
    from proband.science.natural_history.comparability_tables import time_zero

    made = time_zero(held, untreated)
    quantities = {}
    for name, days in (("treated", made.treated_days), ("untreated", made.untreated_days)):
        if days is not None:
            quantities[f"guaranteed_days_{name}"] = Quantity.exact(days, "d")
    return _line(
        held, "natural_history.index_date", made.statement,
        f"rule {held.cohort.index.rule} at visits; treated from their last index day up to treatment",
        "Days from time zero that the rule makes free of events; up to one visit interval can not be told from none.",
        facts={"rule": members(made.answers)}, quantities=quantities,
        concerns=tuple(Concern(ConcernWord.BIASED, w) for w in made.because),
    )  # fmt: skip


def _balance(held: CohortFolder, treated: Group, untreated: Group, row: Difference, near: float) -> Draft:
    from proband.science.natural_history.comparability_tables import difference_quantity, place_of
    from proband.science.stated_number import stated

    said = f"{row.name}: treated {row.treated}, untreated {row.untreated}"
    quantities = dict[str, Quantity]()
    difference = difference_quantity(row, treated, untreated)
    if difference is not None:
        quantities["standardised_difference"] = difference
        over = "" if row.smd is not None else " over the SD of the untreated"
        said += f"; standardised difference{over} {stated(difference)}"
    else:
        said += f"; no standardised difference: {row.lacking}"
    place = place_of(treated, untreated, row.name, near)
    quantities.update(place.quantities)
    alone = "one treated patient: balance can not be shown, whatever the place"
    few = "few people in a group: the interval is too narrow"
    rough = Concern(ConcernWord.IMPRECISE, alone if row.smd is None else few)
    return _line(
        held, "natural_history.balance", f"{said}{place.told}.",
        f"numbers near within {near:g} SD of the untreated, words near where equal",
        "Difference over the pooled SD; for one treated patient the share of untreated below, and near.",
        subject=Subject("factor", row.name), name=row.name, quantities=quantities,
        concerns=(rough,) if difference is not None and row.rough else (),
        assumptions=("means of groups are normal",) if difference is not None else (),
    )  # fmt: skip


def _missing(held: CohortFolder, untreated: Group) -> Draft:
    from proband.science.natural_history.cohort_facts import every_days, members, planned_visits, stated
    from proband.science.natural_history.missingness import missingness

    groups = [g for g in (untreated, held.treated) if g is not None]
    endpoints = list(dict.fromkeys(i.endpoint for i in held.cohort.instrument))
    answers: dict[str, bool | None] = {}
    quantities, told = dict[str, Quantity](), list[str]()
    for name, group in (("treated", held.treated), ("untreated", untreated)):
        every = {e: every_days(held.cohort, e, name) for e in endpoints}
        main = next((e for e in endpoints if every[e] is not None), "")
        found = planned_visits(group, main, every.get(main)) if group is not None else None
        answers[f"visits_{name}"] = True if found is not None and found.told else None
        answers[f"covariates_{name}"] = answers[f"follow_up_{name}"] = True if group is not None else None
        if group is None or found is None:
            told.append(f"the {name} are not described")
            continue
        quantities[f"follow_up_{name}"] = Quantity.exact(median([s.exit - s.entry for s in group.subjects]), "d")
        if found.told:
            quantities[f"missing_visits_{name}"] = Quantity.exact(found.missing / found.planned, "fraction")
            told.append(f"{found.missing} of {found.planned} planned visits of the {name} have no value ({found.by})")
        else:
            told.append(f"missing visits of the {name} can not be counted: {found.by}")
    answers["stated_method"] = stated(held.cohort.missing_method)
    answers["sensitivity_analysis"] = stated(held.cohort.missing_sensitivity)
    words = {True: "stated", False: "not available", None: "not told"}
    told += [f"{k.replace('_', ' ')} {words[answers[k]]}" for k in ("stated_method", "sensitivity_analysis")]
    made = missingness(groups)
    gaps = "; ".join(f"{c.name} of the {c.group}: {c.missing} of {c.of}" for c in made.covariates if c.missing)
    return _line(
        held, "natural_history.missingness", f"{'; '.join(told)}; covariates not known: {gaps or 'none'}.",
        f"planned visits against values under observation; {held.cohort.missing_data}",
        "Planned visits without a value over planned visits; median days from entry to exit.",
        facts={"counted": members(answers)}, quantities=quantities,
        concerns=tuple(Concern(ConcernWord.BIASED, w) for w in made.unequal),
    )  # fmt: skip
