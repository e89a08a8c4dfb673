"""``plan/analysis_plan.toml``: the parts that every design states, as strict models without a default that answers.

The parts follow the estimand framework of ICH E9(R1): population, treatment, variable, intercurrent events and how
each is handled, summary measure. What decides a result (index rule, success rule, alpha, seed) has to be written down.

Cannot see: whether what is stated is sensible, or was stated before anybody looked at data; for that there is the seal.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from proband.border import Strict


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("some words")
    return text.strip()


Line = Annotated[str, Field(max_length=4000), AfterValidator(_said)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
File = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$")]
Number = Annotated[float, Field(allow_inf_nan=False, ge=-1e9, le=1e9)]
NotNegative = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e9)]
Positive = Annotated[float, Field(allow_inf_nan=False, gt=0, le=1e9)]
Fraction = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1)]
Inside = Annotated[float, Field(allow_inf_nan=False, gt=0, lt=1)]
Patients = Annotated[int, Field(ge=1, le=200)]
Words = Annotated[list[Line], Field(min_length=1, max_length=100)]


class Endpoint(Strict):
    """What is measured: the parameter as named in the clinical tables, its unit, and which direction is better.

    `rationale`: why it shows how the patient feels, functions or survives, or may stand in for it.
    """

    parameter: Line
    unit: Line
    better: Literal["lower", "higher"]
    rationale: Line | None = None


class IntercurrentEvent(Strict):
    """An event after the start of treatment that changes what an outcome means, and how it is handled (ICH E9(R1))."""

    event: Line
    handling: Literal["treatment_policy", "hypothetical", "composite", "while_on_treatment", "principal_stratum"]
    how: Line


class Estimand(Strict):
    """What is to be estimated."""

    population: Line
    treatment: Line
    endpoint: Endpoint
    intercurrent_event: list[IntercurrentEvent]
    summary_measure: Line


class Population(Strict):
    """Who is counted: the rules, each in words, alike for treated and untreated."""

    description: Line
    eligibility: Words


class Index(Strict):
    """The day from which time counts, by one rule for treated and untreated."""

    rule: Line


class Data(Strict):
    """Where the data are, and when they are looked at (days around the index)."""

    cohort: File | None = None
    baseline_window: Annotated[list[Number], Field(min_length=2, max_length=2)]
    outcome_window: Annotated[list[Number], Field(min_length=2, max_length=2)]


class Success(Strict):
    """When the result counts as a success.

    ``error_calibrated``: the one-sided tail is at most `alpha`. ``posterior_probability``: P(effect > margin) is at
    least `threshold`. ``benefit_risk``: that, and P(probability of harm < `harm_limit`) is at least `harm_threshold`
    under a beta prior (`harm_prior`), both. `rare` is the tail at or below which a course is called rare.
    """

    kind: Literal["error_calibrated", "posterior_probability", "benefit_risk"]
    alpha: Annotated[float, Field(gt=0, lt=0.5)] | None = None
    threshold: Inside | None = None
    margin: Number = 0.0
    rare: Inside
    harm_limit: Inside | None = None
    harm_threshold: Inside | None = None
    harm_prior: Annotated[list[Positive], Field(min_length=2, max_length=2)] | None = None


class Multiplicity(Strict):
    """How the error is shared among tests; the simulation takes the primary test at the level this leaves it."""

    method: Literal["none", "bonferroni", "holm", "fixed_sequence"]
    tests: Annotated[int, Field(ge=1, le=1000)]
    how: Line


class Sensitivity(Strict):
    """One analysis beside the primary one, fixed beforehand."""

    name: Id
    change: Line


class Covariate(Strict):
    """A covariate of the model, and where it comes from."""

    name: Id
    source: Line


class EffectPrior(Strict):
    """What is believed of the effect beforehand (normal), over which power is averaged to assurance."""

    mean: Number
    sd: NotNegative
    source: Line


class PriorData(Strict):
    """What the priors rest on. ``false`` says that a thing was not done; a key that is left out leaves it open.

    `inventory`: every data set that was looked at, used or not. `selection`: the rule by which they were chosen.
    `unfavourable`: which of them speak against, or that none was found. `influence`: how much the prior weighs, and by
    which measure. `varied`: the other priors under which the analysis is repeated.
    """

    inventory: Words | Literal[False] | None = None
    selection: Line | Literal[False] | None = None
    unfavourable: Line | Literal[False] | None = None
    influence: Line | Literal[False] | None = None
    varied: Words | Literal[False] | None = None


class Feasibility(Strict):
    """What a randomised trial would have to enrol, and from how many people. See `feasibility.py`.

    `prevalent` patients live in the area and `incident_per_year` are found each year, each as most likely value with
    the lower and upper 90 % limits (gamma). Fractions are of those found; `accrual_per_site_year` limits sites.
    """

    prevalent: Annotated[list[Annotated[float, Field(ge=0, le=20_000)]], Field(min_length=3, max_length=3)]
    incident_per_year: Annotated[list[Annotated[float, Field(ge=0, le=2_000)]], Field(min_length=3, max_length=3)]
    eligible_fraction: Fraction
    consent_fraction: Fraction
    sites: Annotated[int, Field(ge=1, le=10_000)]
    accrual_per_site_year: Annotated[float, Field(ge=0, le=1000)]
    years: Annotated[float, Field(gt=0, le=30)]
    effect: Annotated[float, Field(ge=0.1, le=100)]
    power: Annotated[float, Field(ge=0.5, le=0.999)]
    alpha: Annotated[float, Field(ge=1e-6, lt=0.5)]
    dropout: Annotated[float, Field(ge=0, le=0.9)]


class PlanParts(Strict):
    """What every plan states, whatever its design."""

    format: Literal[1]
    title: Line
    author: Line
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    estimand: Estimand
    population: Population
    index: Index
    data: Data
    success: Success
    multiplicity: Multiplicity
    sensitivity: list[Sensitivity]
    covariates: list[Covariate]
    prior_data: PriorData | None = None
    feasibility: Feasibility | None = None
