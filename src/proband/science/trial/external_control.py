"""Treated patients against an untreated cohort: exact results for one change score a patient, simulation for courses.

``z``: the change of each patient has SD 1 in the cohort and among the treated; difference of means over
sqrt(1/N + 1/n + tau_m^2), tau_m being the comparability SD that the analysis takes into account. The difference is
normal with variance 1/N + 1/n + tau^2 around effect and shifts, tau being the true one, so that every measure is a
normal probability. ``t``: the same with the pooled SD, n + N - 2 degrees of freedom: the statistic is a non-central t
times sqrt(true / assumed variance). Losses of treated patients are summed over the binomial.
``mixed_model``: see `proband.kernels.growth_curve`; losses are monotone and at random, index errors move the treated
course in time, residuals have lag-one correlation rho between visits while the analysis takes them as independent.

With a flat prior on the effect and one patient, the tail at 0 is the predictive probability that an untreated patient
does at least as well: the rarity. With N patients it is that of N untreated patients doing as well on average.

Cannot see: confounding beyond the shift, the drift, the index error and the other drugs that are stated.
"""

from __future__ import annotations

import math

import numpy as np

from proband.science.trial.grid import Scenario
from proband.science.trial.measures import Measure, Trials
from proband.science.trial.plan_designs import ExternalPlan
from proband.science.trial.plan_file import level

LEVEL_NODES, SLOPE_NODES = 20, 32
LOW, HIGH = 0.02, 12.0
"""Grid of the SD ratios, log-spaced; beyond it lie a negligible spread, or one that drowns the residual."""
PRIOR_NODES = 61


def shift(plan: ExternalPlan, s: Scenario) -> float:
    """The fixed bias of a scenario in SD: drift, other drugs, and an index error on the assumed slope.

    The sign is that of a benefit: an index error of +1 means that the treated are compared one unit of time too late.
    """
    moved = 0.0
    course = plan.simulation.course
    if course is not None and s["index_error"]:
        moved = s["index_error"] * _toward_benefit(plan) * course.slope / unit(plan)
    return s["drift"] + s["comedication_shift"] + moved


def unit(plan: ExternalPlan) -> float:
    """SD of an untreated patient's change from the index to the last visit, in the endpoint's unit."""
    course = plan.simulation.course
    if course is None:
        return 1.0
    return math.hypot(course.slope_sd * plan.design.schedule[-1], math.sqrt(2.0) * course.residual_sd)


def _toward_benefit(plan: ExternalPlan) -> float:
    return 1.0 if plan.estimand.endpoint.better == "higher" else -1.0


def success_probability(
    patients: int, cohort: int, mean: float, true_tau: float, assumed_tau: float, tail: float, margin: float, kind: str
) -> float:
    """P(success) of the ``z`` or ``t`` analysis when the difference has expectation `mean` (SD), exactly.

    Source: design note on type I error under an unmodelled shift, Phi(-z / sqrt(1 + tau^2 / (1/N + 1/n))) for mean 0.

    >>> [round(success_probability(n, 40, 0.0, 1.0, 0.0, 0.025, 0.0, "z"), 3) for n in (1, 20)]
    [0.082, 0.302]
    """
    from scipy.special import nctdtr, ndtr, ndtri, stdtrit

    base = 1 / patients + 1 / cohort
    assumed, true = math.sqrt(base + assumed_tau**2), math.sqrt(base + true_tau**2)
    if kind == "z":
        return float(ndtr((mean - margin + ndtri(tail) * assumed) / true))
    df = patients + cohort - 2
    cut = -float(stdtrit(df, tail)) * assumed / true
    return float(1.0 - nctdtr(df, (mean - margin) / true, cut))


def coverage_probability(
    patients: int, cohort: int, bias: float, true_tau: float, assumed_tau: float, kind: str
) -> float:
    """P(the 95 % interval holds the effect) of the ``z`` or ``t`` analysis when the estimate is off by `bias` (SD).

    >>> round(coverage_probability(3, 40, 0.0, 0.0, 0.0, "t"), 3)
    0.95
    """
    low = success_probability(patients, cohort, bias, true_tau, assumed_tau, 0.025, 0.0, kind)
    high = success_probability(patients, cohort, -bias, true_tau, assumed_tau, 0.025, 0.0, kind)
    return 1.0 - low - high


def exact(plan: ExternalPlan, s: Scenario) -> list[Measure] | None:
    """The measures of a scenario without simulation, or None where only simulation gives them."""
    if plan.model.kind == "mixed_model":
        return None
    from proband.science.trial.closed_forms import averaged, over_losses

    patients, cohort = int(s["patients"]), int(s["cohort_patients"])
    bias, tau, kind, rule = shift(plan, s), s["tau_c"], plan.model.kind, plan.success
    at = level(plan)

    def won(n: int, effect: float, tail: float, margin: float) -> float:
        return success_probability(n, cohort, effect + bias, tau, plan.model.tau_c, tail, margin, kind)

    def lost(tail: float, margin: float) -> float:
        def of_effect(effect: float) -> float:
            return over_losses(patients, s["dropout"], lambda n: won(n, effect, tail, margin))

        prior = plan.simulation.effect_prior
        return averaged(of_effect, prior, PRIOR_NODES) if s.prior and prior else of_effect(s["effect"])

    some = 1.0 - s["dropout"] ** patients
    covered = over_losses(
        patients, s["dropout"], lambda n: coverage_probability(n, cohort, bias, tau, plan.model.tau_c, kind)
    )
    name = "assurance" if s.prior else ("power" if s["effect"] else "type_i_error")
    made = [Measure(name, lost(at, rule.margin), 0.0, 0)]
    if name == "type_i_error":
        made.append(Measure("false_rare", lost(rule.rare, 0.0), 0.0, 0))
    return [
        *made,
        Measure("bias", bias, 0.0, 0),
        Measure("coverage", covered / some, 0.0, 0),
        Measure("analysed", some, 0.0, 0),
        Measure("expected_evaluable", patients * (1.0 - s["dropout"]), 0.0, 0),
    ]


def simulate(plan: ExternalPlan, s: Scenario, generator: np.random.Generator, trials: int) -> Trials:
    """Trials of the mixed-model design in one scenario. Effects are changes to the last visit, in SD of `unit`."""
    from proband.kernels.growth_curve import analysed_trials, node_terms

    course, priors = plan.simulation.course, plan.priors
    if course is None or priors is None:
        raise ValueError("a mixed model needs a course and priors; the plan's reader sees to it")
    end = plan.design.schedule[-1]
    times = np.asarray(plan.design.schedule) / end
    ratios, log_prior = _grid(priors.level_ratio, priors.slope_ratio)
    patients, cohort, sd = int(s["patients"]), int(s["cohort_patients"]), unit(plan)
    truth = np.full(trials, s["effect"])
    prior = plan.simulation.effect_prior
    if s.prior and prior is not None:
        truth = prior.mean + prior.sd * generator.standard_normal(trials)
    source = s["tau_c"] * generator.standard_normal(trials)
    sign = _toward_benefit(plan)
    slope = sign * course.slope * end
    last_cohort = _visits(generator, (trials, cohort), len(times), course.cohort_dropout)
    last_treated = _visits(generator, (trials, patients), len(times), s["dropout"])
    expected = np.zeros((trials, 4))
    expected[:, 1] = slope
    expected[:, 2] = slope * s["index_error"] / end
    expected[:, 3] = slope + sd * (truth + source + s["drift"] + s["comedication_shift"])
    points = np.column_stack([np.full(trials, plan.success.margin), np.zeros(trials), truth]) * sd
    found = analysed_trials(
        generator.standard_normal((trials, cohort, 2 + len(times))),
        generator.standard_normal((trials, patients, 2 + len(times))),
        last_cohort, last_treated, expected, times,
        np.array([course.intercept_sd, course.slope_sd * end, course.residual_sd]), float(s["rho"]),
        node_terms(ratios, times), ratios[:, 1] ** 2 + 2.0, log_prior, float(plan.model.tau_c), points,
    )  # fmt: skip
    held = (found[:, 3] >= 0.025) & (found[:, 3] <= 0.975)
    evaluable = (last_treated > 1).sum(axis=1).astype(float)
    return Trials(found[:, 0] / sd, found[:, 1], found[:, 2], held, evaluable, truth)


def _grid(level_scale: float, slope_scale: float) -> tuple[np.ndarray, np.ndarray]:
    """Ratios [grid point, 2], log-spaced, and the log of prior density times spacing."""
    first = np.geomspace(LOW, HIGH, LEVEL_NODES)
    second = np.geomspace(LOW, HIGH, SLOPE_NODES)
    ratios = np.array([(a, b) for a in first for b in second])
    # A half-normal density times r: the Jacobian of the log spacing.
    return ratios, np.log(ratios).sum(axis=1) - 0.5 * ((ratios / [level_scale, slope_scale]) ** 2).sum(axis=1)


def _visits(generator: np.random.Generator, shape: tuple[int, int], visits: int, lost: float) -> np.ndarray:
    """Visits made by each patient: all with probability 1 - `lost`, else cut at a visit drawn evenly."""
    u = generator.random(shape)
    if lost == 0.0:
        return np.full(shape, visits, dtype=np.int64)
    cut = 1 + np.floor(u / lost * (visits - 1)).astype(np.int64)
    return np.where(u < lost, np.minimum(cut, visits - 1), visits).astype(np.int64)
