"""``natural_history/cohort.toml``: where the untreated cohort comes from, and by which rules it is used.

What is not stated has no default: whether outcome raters were blinded is yes, no, or not told. Criteria are data, so
that the same ones are applied to treated and untreated. No numerical library is loaded here.

Cannot see: whether the statements are true; whether the protocol is really older than the first treated patient.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.core.provenance import digest
from proband.core.units import is_unit, nearest_unit
from proband.science.clinical.read import Wanted, read_clinical
from proband.science.natural_history.subject_table import Group, possible_days, read_subjects

COHORT = "natural_history/cohort.toml"
UNTREATED = "natural_history/subjects.csv"
TREATED = "clinical/subjects.csv"

Line = Annotated[str, StringConstraints(min_length=1, max_length=600, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Operator = Literal["<", "<=", ">", ">=", "==", "!=", "in", "not in"]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Told = Literal["yes", "no", "not_told"]
Adjudication = Literal["blinded", "open", "not_done", "not_told"]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
NotAvailable = Literal["not available"]
NOT_AVAILABLE = "not available"
"""What is written where it is known that a piece of provenance, a method or an analysis does not exist."""


class Source(Strict):
    """Who holds the data, since when, and of what kind they are."""

    kind: Literal["registry", "prospective_study", "chart_review", "placebo_arm", "literature"]
    name: Line
    holder: Line
    held_since: date
    document: Line
    patient_level: bool
    version: Line | None = None
    extraction: Line | None = None
    reliability: Line | None = None
    data_digest: Digest | NotAvailable | None = None


class Observation(Strict):
    """The protocol under which untreated people were observed, its date, and when the candidate was selected."""

    on: date
    document: Line
    candidate_selected_on: date | None = None


class Protocol(Strict):
    """The protocol under which the cohort is used, its date, and whether that is before the first treated outcome."""

    on: date
    document: Line
    before_first_treated_outcome: Told


class IndexRule(Strict):
    """From when a subject counts. `parameter`, `operator`, `value`, `unit` for severity; `age_years` for fixed_age."""

    rule: Literal["first_eligible_visit", "all_eligible", "severity", "fixed_age"]
    parameter: Name | None = None
    operator: Literal["<", "<=", ">", ">="] | None = None
    value: Finite | None = None
    unit: Name | None = None
    age_years: Annotated[float, Field(gt=0, le=120)] | None = None


class Instrument(Strict):
    """With what an endpoint was measured in one group, by whom, and whether the rater knew of the treatment.

    `every_days`: the planned distance of two measurements; without it no visit can be called missed.
    """

    endpoint: Name
    group: Literal["untreated", "treated"]
    name: Line
    version: Name
    rater: Line
    blinded: Told
    every_days: Annotated[float, Field(gt=0, le=3660, allow_inf_nan=False)] | None = None


class Era(Strict):
    """Calendar time of observation, and of the treated where there are any."""

    untreated: Annotated[list[date], Field(min_length=2, max_length=2)]
    treated: Annotated[list[date], Field(min_length=2, max_length=2)] | None = None


class Criterion(Strict):
    """One condition of eligibility as data. `window`: days about the index, first and last included."""

    id: Name
    text: Line
    of: Literal["covariate", "age", "measurement", "event"]
    name: Name
    operator: Operator
    value: Finite | Name | list[Name]
    unit: Name | None = None
    window: Annotated[list[Finite], Field(min_length=2, max_length=2)] | None = None
    take: Literal["any", "all", "last"] = "any"


class CareDifference(Strict):
    """A difference in care or treatment between the groups, and whom it favours."""

    what: Line
    favours: Literal["treated", "untreated", "not_known"]
    because: Line


class CareComparison(Strict):
    """Era, supportive care or access to care of both groups: comparable, different, or not known.

    A difference is bounded by its effect on the outcome, in standard deviations of untreated people, above 0 where it
    favours the treated, with limits and their source.
    """

    domain: Literal["era", "supportive_care", "access_to_care"]
    state: Literal["comparable", "different", "not_known"]
    because: Line
    effect: Finite | None = None
    effect_low: Finite | None = None
    effect_high: Finite | None = None
    source: Line | None = None

    @property
    def bounded(self) -> bool:
        """Whether the effect of a difference is given with its limits."""
        return self.effect is not None


class CohortFile(Strict):
    """The whole file. What may be left out is then not told; it is never taken to be in order."""

    format: Literal[1]
    id: Name
    population: Line
    match: Literal["same_gene", "same_disease_group", "proxy"]
    source: Source
    protocol: Protocol
    index: IndexRule
    era: Era
    adjudication: Adjudication
    adjudication_treated: Adjudication = "not_told"
    care: Line
    missing_data: Line
    missing_method: Line | None = None
    missing_sensitivity: Line | None = None
    observation: Observation | None = None
    instrument: Annotated[list[Instrument], Field(max_length=200)] = []
    criterion: Annotated[list[Criterion], Field(max_length=100)] = []
    care_difference: Annotated[list[CareDifference], Field(max_length=100)] = []
    care_comparison: Annotated[list[CareComparison], Field(max_length=3)] = []


def read_cohort_file(path: Path, problems: list[Problem], name: str = COHORT) -> CohortFile | None:
    """The cohort's description and rules, or None with every problem added."""
    raw = read_toml(path, name, problems)
    made = parse(CohortFile, raw, name, "", problems) if raw is not None else None
    if made is None:
        return None
    faults = [*_index_faults(made.index, name), *_era_faults(made.era, name)]
    for c in made.criterion:
        faults += _criterion_faults(c, name)
    for one in made.care_comparison:
        faults += _care_faults(one, name)
    for what, ids in (
        ("criterion", [c.id for c in made.criterion]),
        ("instrument", [f"{i.endpoint} of the {i.group}" for i in made.instrument]),
        ("care_comparison", [c.domain for c in made.care_comparison]),
    ):
        twice = sorted({i for i in ids if ids.count(i) > 1})
        if twice:
            faults.append(Problem(name, what, f"{', '.join(twice)} more than once", "each once", "keep one"))
    problems += faults
    return made if not faults else None


def _index_faults(index: IndexRule, name: str) -> list[Problem]:
    severity = (index.parameter, index.operator, index.value, index.unit)
    wrong = None
    if index.rule == "severity" and None in severity:
        wrong = ("a rule of severity without its threshold", "parameter, operator, value and unit", "add them")
    if index.rule == "fixed_age" and index.age_years is None:
        wrong = ("a rule of age without the age", "age_years", "add age_years")
    if index.rule != "severity" and any(x is not None for x in severity):
        wrong = (f"a threshold with the rule {index.rule}", "none", "remove it, or write the rule severity")
    if index.rule != "fixed_age" and index.age_years is not None:
        wrong = (f"age_years with the rule {index.rule}", "none", "remove it, or write the rule fixed_age")
    if wrong is None and index.unit is not None and not is_unit(index.unit):
        wrong = (index.unit, "a UCUM code", nearest_unit(index.unit))
    return [Problem(name, "index", *wrong)] if wrong else []


def _era_faults(era: Era, name: str) -> list[Problem]:
    found = []
    for what, span in (("untreated", era.untreated), ("treated", era.treated)):
        if span and span[1] < span[0]:
            text = f"{span[0]} to {span[1]}"
            found.append(Problem(name, f"era, key {what}", text, "first and last day", "exchange them"))
    return found


def _care_faults(c: CareComparison, name: str) -> list[Problem]:
    given = (c.effect, c.effect_low, c.effect_high, c.source)
    at = f"care_comparison {c.domain}"
    if None in given and any(x is not None for x in given):
        expected = "effect, effect_low, effect_high and source together, or none"
        return [Problem(name, at, "a part of a bound", expected, "complete it, or remove it")]
    if c.effect is None or c.effect_low is None or c.effect_high is None:
        return []
    if c.state != "different":
        return [Problem(name, at, f"an effect of care that is {c.state}", "an effect of a difference", "remove it")]
    if not c.effect_low <= c.effect <= c.effect_high or c.effect_low == c.effect_high:
        found = f"{c.effect:g} in {c.effect_low:g} to {c.effect_high:g}"
        return [Problem(name, at, found, "the effect between two limits", "correct the numbers")]
    return []


def data_digest(files: Mapping[str, Path]) -> str:
    """Digest of the cohort's tables: of their names in order, each with the SHA-256 of its bytes.

    `files`: path in the folder to path; tables of the cohort are ``natural_history/*.csv``. What `source.data_digest`
    is held against.
    """
    names = sorted(n for n in files if n.startswith("natural_history/") and n.endswith(".csv"))
    return digest({n: hashlib.sha256(files[n].read_bytes()).hexdigest() for n in names})


def _criterion_faults(c: Criterion, name: str) -> list[Problem]:
    at, found = f"criterion {c.id}", []
    words = isinstance(c.value, (list, str))
    if (c.operator in ("in", "not in")) != isinstance(c.value, list):
        expected = "a list of words with in and not in, and only there"
        found.append(Problem(name, at, f"{c.operator} with {c.value!r}"[:80], expected, "correct operator or value"))
    elif words and c.of != "covariate":
        found.append(Problem(name, at, f"words for {c.of}", "a number", "give a number"))
    elif isinstance(c.value, str) and c.operator not in ("==", "!="):
        found.append(Problem(name, at, f"{c.operator} with a word", "== or !=", "correct the operator"))
    if c.of in ("age", "measurement") and c.unit is None:
        found.append(Problem(name, at, "no unit", "a UCUM code", "add unit"))
    if c.unit is not None and not is_unit(c.unit):
        found.append(Problem(name, f"{at}, key unit", c.unit, "a UCUM code", nearest_unit(c.unit)))
    if c.window and c.window[1] < c.window[0]:
        found.append(Problem(name, f"{at}, key window", str(c.window), "first and last day", "exchange them"))
    return found


def read_groups(files: Mapping[str, Path], problems: list[Problem]) -> tuple[Group | None, Group | None]:
    """Untreated and treated subjects with their records; None where a table of subjects is absent or has faults.

    `files`: path in the folder to path. Without ``clinical/subjects.csv`` the treated are not described.
    """
    return (
        _group("untreated", UNTREATED, "natural_history/", files, problems),
        _group("treated", TREATED, "clinical/", files, problems),
    )


def _group(kind: str, table: str, folder: str, files: Mapping[str, Path], problems: list[Problem]) -> Group | None:
    if table not in files:
        return None
    before = len(problems)
    subjects = read_subjects(files[table], table, problems)
    if len(problems) > before:
        return None
    long = {n: p for n, p in files.items() if n.startswith(folder) and n.endswith(".csv") and n != table}
    wanted = Wanted(possible=possible_days(subjects), subjects=frozenset(s.id for s in subjects))
    record = read_clinical(long, problems, wanted)
    return Group(kind, subjects, record) if record is not None else None
