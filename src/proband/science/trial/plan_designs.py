"""``plan/analysis_plan.toml``: the seven designs, each with its model, its priors and its assumptions for simulation.

Every list under ``[simulation]`` is an axis; its first value is the base case. ``vary = "full"`` takes every
combination. ``vary = "one_at_a_time"`` takes every combination of patients, cohort size and effect with the base of
all other axes, with each other value of one axis at a time, and with the last values of all axes together.
``worst_case`` names the values of the assumptions (not of patients, cohort and effect) over which the worst type I
error is taken: the declared set.

Units of effects and of shifts: see each design. Cannot see: whether the declared set holds the truth.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict
from proband.science.trial.plan_parts import (
    EffectPrior,
    Fraction,
    Inside,
    Line,
    NotNegative,
    Number,
    Patients,
    PlanParts,
    Positive,
)

MOST_VALUES = 30
Effects = Annotated[list[Number], Field(min_length=1, max_length=MOST_VALUES)]
Numbers = Annotated[list[Number], Field(min_length=1, max_length=MOST_VALUES)]
Spreads = Annotated[list[NotNegative], Field(min_length=1, max_length=MOST_VALUES)]
Losses = Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=1, max_length=MOST_VALUES)]
Correlations = Annotated[list[Annotated[float, Field(ge=0, le=0.95)]], Field(min_length=1, max_length=MOST_VALUES)]
Counts = Annotated[list[Patients], Field(min_length=1, max_length=MOST_VALUES)]
Sizes = Annotated[list[Annotated[int, Field(ge=3, le=2000)]], Field(min_length=1, max_length=MOST_VALUES)]
Rates = Annotated[list[Inside], Field(min_length=1, max_length=MOST_VALUES)]
Weeks = Annotated[int, Field(ge=3, le=520)]


class Simulation(Strict):
    """What every simulation states. `effect` holds 0, where type I error is counted.

    `planned_effect` is the one of them that the number of patients was chosen for.
    """

    vary: Literal["full", "one_at_a_time"]
    patients: Counts
    effect: Effects
    planned_effect: Number | None = None
    effect_prior: EffectPrior | None = None
    harm_rate: Annotated[list[Fraction], Field(min_length=1, max_length=MOST_VALUES)] = [0.0]
    worst_case: dict[str, Numbers]


class Course(Strict):
    """The untreated course that is assumed, in the endpoint's unit: level and slope with their spread, residual."""

    intercept_sd: NotNegative
    slope: Number
    slope_sd: NotNegative
    residual_sd: Positive
    cohort_dropout: Annotated[float, Field(ge=0, lt=1)]
    source: Line


class ExternalDesign(Strict):
    """Treated patients against an untreated cohort; `schedule` counts from the index (0) in `time_unit`."""

    kind: Literal["external_control"]
    patients: Patients
    cohort_patients: Annotated[int, Field(ge=3, le=2000)]
    schedule: Annotated[list[NotNegative], Field(min_length=2, max_length=60)]
    time_unit: Line


class ExternalModel(Strict):
    """``mixed_model``: random level and slope. ``t`` and ``z``: one change score a patient, SD estimated or known.

    `tau_c` is the comparability SD between the cohort and the treated that the analysis takes into account, in SD of
    an untreated patient's change from index to the last visit; 0 leaves it out.
    """

    kind: Literal["mixed_model", "t", "z"]
    tau_c: NotNegative


class ExternalPriors(Strict):
    """Half-normal scales of the SDs of level and of slope (to the last visit), over the residual SD; the rest flat.

    Read by ``mixed_model`` alone.
    """

    level_ratio: Positive
    slope_ratio: Positive
    source: Line


class ExternalSimulation(Simulation):
    """Axes of an external control. Effects, shifts and tau_c: SD of an untreated change to the last visit.

    `tau_c`: true SD of the shift between cohort and treated. `rho`: autocorrelation of residuals between visits.
    `drift`: improvement with calendar time that the cohort did not have. `index_error`: units of time by which the
    treated index lies too early or late. `comedication_shift`: benefit from other drugs. `dropout`: treated lost.
    """

    cohort_patients: Sizes
    tau_c: Spreads = [0.0]
    rho: Correlations = [0.0]
    drift: Numbers = [0.0]
    index_error: Numbers = [0.0]
    comedication_shift: Numbers = [0.0]
    dropout: Losses = [0.0]
    course: Course | None = None


class ExternalPlan(PlanParts):
    """A plan with an external control."""

    design: ExternalDesign
    model: ExternalModel
    priors: ExternalPriors | None = None
    simulation: ExternalSimulation


class OwnDesign(Strict):
    """A patient as own control: equally spaced values before and after a step."""

    kind: Literal["own_control_biomarker", "own_control_counts"]
    patients: Patients
    weeks_before: Weeks
    weeks_after: Weeks


class OwnModel(Strict):
    """``ar1``: level and step, `trend` and `comedication` as further terms where true, autocorrelation integrated."""

    kind: Literal["ar1"]
    trend: bool
    comedication: bool


class OwnPriors(Strict):
    """Uniform prior of the autocorrelation, from `rho_low` to `rho_high`; the rest flat."""

    rho_low: Annotated[float, Field(ge=-0.95, le=0.9)]
    rho_high: Annotated[float, Field(gt=0, le=0.99)]
    source: Line


class OwnSimulation(Simulation):
    """Axes of an own control. Effects and shifts: SD of the untreated weekly value; for counts the log rate ratio.

    A positive effect is a benefit in either case. `drift`: natural improvement a week. `index_error`: weeks by which
    the recorded start lies before the true one. `comedication_shift`: benefit from another drug from the middle of the
    treated weeks. `dropout`: fraction of treated weeks that are lost from the end. `dispersion`: variance over mean.
    """

    rho: Correlations = [0.0]
    drift: Numbers = [0.0]
    index_error: Numbers = [0.0]
    comedication_shift: Numbers = [0.0]
    dropout: Losses = [0.0]
    rate: Positive | None = None
    dispersion: Annotated[list[Annotated[float, Field(gt=1, le=100)]], Field(min_length=1)] | None = None


class OwnPlan(PlanParts):
    """A plan with the patient as own control."""

    design: OwnDesign
    model: OwnModel
    priors: OwnPriors
    simulation: OwnSimulation


class StartDesign(Strict):
    """Start weeks drawn at random, `first_start` to `last_start` (0-based first treated week), of `weeks` in all."""

    kind: Literal["randomised_start", "multiple_baseline"]
    patients: Patients
    weeks: Weeks
    first_start: Annotated[int, Field(ge=1)]
    last_start: Annotated[int, Field(ge=1)]


class StartModel(Strict):
    """The exact randomisation test on the mean after less the mean before, summed over patients."""

    kind: Literal["randomisation_test"]


class StartSimulation(Simulation):
    """Axes of a randomised start; as in an own control."""

    rho: Correlations = [0.0]
    drift: Numbers = [0.0]
    comedication_shift: Numbers = [0.0]
    index_error: Numbers = [0.0]


class StartPlan(PlanParts):
    """A plan with randomised starts."""

    design: StartDesign
    model: StartModel
    simulation: StartSimulation


class BetaPart(Strict):
    """One component of a mixture of beta densities."""

    weight: Inside | Literal[1]
    a: Positive
    b: Positive


class BinaryDesign(Strict):
    """Responders among treated patients, against prior controls and `controls` concurrent ones (0 for none)."""

    kind: Literal["single_arm_binary"]
    patients: Patients
    controls: Annotated[int, Field(ge=0, le=500)]


class BinaryModel(Strict):
    """Beta-binomial with a mixture of betas for the controls (a MAP prior), made robust by `robust_weight`."""

    kind: Literal["map_mixture"]


class BinaryPriors(Strict):
    """Treated: one beta. Controls: the mixture, and the weight of a vague beta (mean `robust_mean`, a + b = 2)."""

    treated: Annotated[list[Positive], Field(min_length=2, max_length=2)]
    control: Annotated[list[BetaPart], Field(min_length=1, max_length=10)]
    robust_weight: Annotated[float, Field(ge=0, lt=1)]
    robust_mean: Inside
    source: Line


class BinarySimulation(Simulation):
    """Axes: `control_rate` is the true probability of a response without treatment; effects add to it."""

    control_rate: Rates
    dropout: Losses = [0.0]


class BinaryPlan(PlanParts):
    """A plan with a binary endpoint in one arm."""

    design: BinaryDesign
    model: BinaryModel
    priors: BinaryPriors
    simulation: BinarySimulation


class BasketDesign(Strict):
    """Several variants of one platform, each with `patients`, against the response rate `null_rate`."""

    kind: Literal["basket"]
    baskets: Annotated[int, Field(ge=2, le=30)]
    patients: Patients
    null_rate: Inside


class BasketModel(Strict):
    """Logit responses exchangeable over baskets: theta_j ~ N(mu, tau^2)."""

    kind: Literal["logit_hierarchy"]


class BasketPriors(Strict):
    """mu ~ N(logit `mu_rate`, `mu_sd`^2); tau half-normal of scale `tau_scale`."""

    mu_rate: Inside
    mu_sd: Positive
    tau_scale: Positive
    source: Line


class BasketSimulation(Simulation):
    """Axes: `active` baskets have `null_rate` + effect, the others have `control_rate` (the truth may differ)."""

    active: Annotated[list[Annotated[int, Field(ge=0, le=30)]], Field(min_length=1, max_length=MOST_VALUES)]
    control_rate: Rates
    dropout: Losses = [0.0]


class BasketPlan(PlanParts):
    """A plan that pools over variants."""

    design: BasketDesign
    model: BasketModel
    priors: BasketPriors
    simulation: BasketSimulation


Plan = ExternalPlan | OwnPlan | StartPlan | BinaryPlan | BasketPlan
DESIGNS: dict[str, type[Plan]] = {
    "external_control": ExternalPlan,
    "own_control_biomarker": OwnPlan,
    "own_control_counts": OwnPlan,
    "randomised_start": StartPlan,
    "multiple_baseline": StartPlan,
    "single_arm_binary": BinaryPlan,
    "basket": BasketPlan,
}
"""The plan model of each kind of design."""
NOT_AXES = ("vary", "planned_effect", "effect_prior", "worst_case", "course", "rate")
"""Keys of a simulation that are no axes of its grid."""
