"""Single-patient methods: processor milliseconds per fit, and ratios to a restricted likelihood maximised by scipy.

    python benchmarks/own_control.py

The alternative is what a careful analyst would write: generalised least squares by dense matrices inside
``scipy.optimize.minimize_scalar`` over rho, one series at a time. Prints processor time, which a busy machine changes
little; compiled code is warm. Targets: under 5 ms per fit, and batches that make 10,000 replicates a matter of seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar

from proband.science.within_patient.autoregressive import effect_posteriors
from proband.science.within_patient.biomarker import SeriesPlan, biomarker_effect
from proband.science.within_patient.course import Dose, Series
from proband.science.within_patient.dependence import dependence
from proband.science.within_patient.event_counts import rate_posterior
from proband.science.within_patient.randomisation import randomisation_test, start_point_case

WEEKS = 52
DAYS = 7 * np.arange(float(WEEKS))
DESIGN = np.column_stack([np.ones(WEEKS), np.arange(WEEKS) >= WEEKS // 2]).astype(float)
CONTRAST = np.array([0.0, 1.0])


def restricted_likelihood(y: np.ndarray) -> float:
    """The step with the rho that maximises the restricted likelihood, by dense matrices."""
    away = np.abs(np.subtract.outer(DAYS, DAYS)) / 7

    def fit(rho: float) -> tuple[float, float]:
        r = rho**away
        inverse = np.linalg.inv(r)
        gram = DESIGN.T @ inverse @ DESIGN
        b = np.linalg.solve(gram, DESIGN.T @ inverse @ y)
        rest = y - DESIGN @ b
        sigma2 = rest @ inverse @ rest / (WEEKS - 2)
        deviance = np.linalg.slogdet(r)[1] + np.linalg.slogdet(gram)[1] + (WEEKS - 2) * np.log(sigma2)
        return float(deviance), float(b[1])

    best = minimize_scalar(lambda rho: fit(rho)[0], bounds=(0.0, 0.99), method="bounded").x
    return fit(best)[1]


def milliseconds(run: Callable[[], object], times: int, per: int = 1) -> float:
    """Processor milliseconds of one call, or of one of the `per` series that a call takes; the best of three."""
    run()
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        for _ in range(times):
            run()
        best = min(best, time.process_time() - start)
    return 1e3 * best / times / per


def main() -> None:
    """Measure and print."""
    rng = np.random.default_rng(1)
    y = rng.standard_normal((WEEKS, 10_000))
    one = np.ascontiguousarray(y[:, :1])
    series = Series("x", "1", tuple(DAYS), tuple(y[:, 0]))
    counts = rng.negative_binomial(3, 0.4, 16).astype(float)
    seven, bins = np.full(16, 7.0), 7 * np.arange(16.0)
    after = (np.arange(16) >= 8).astype(float)
    cases = [start_point_case(str(i), y[:20, i].tolist(), 5, list(range(5, 16))) for i in range(3)]
    plain = dependence(noise=False)
    rows = {
        "restricted likelihood by scipy": milliseconds(lambda: restricted_likelihood(y[:, 0]), 20),
        "effect, rho integrated": milliseconds(lambda: effect_posteriors(DAYS, DESIGN, one, CONTRAST, plain), 50),
        "effect, rho and noise integrated": milliseconds(lambda: effect_posteriors(DAYS, DESIGN, one, CONTRAST), 50),
        "the same with 279 quantiles": milliseconds(
            lambda: effect_posteriors(DAYS, DESIGN, one, CONTRAST).of(0).quantiles(), 20
        ),
        "a batch of 10,000, P included": milliseconds(
            lambda: effect_posteriors(DAYS, DESIGN, y, CONTRAST, plain).below(), 1, 10_000
        ),
        "records with all sensitivity rows": milliseconds(
            lambda: biomarker_effect(series, [Dose(182.0)], SeriesPlan("decrease")), 5
        ),
        "event counts, 8 + 8 weeks": milliseconds(lambda: rate_posterior(counts, seven, after, bins), 20),
        "randomisation, 3 patients, 1,331 combinations": milliseconds(
            lambda: randomisation_test(cases, "multiple_baseline", "increase"), 20
        ),
    }
    base = rows["restricted likelihood by scipy"]
    print(f"{'CPU ms per fit':<48}{'ms':>10}{'ratio':>10}")
    for name, value in rows.items():
        print(f"{name:<48}{value:>10.4f}{value / base:>10.4f}")


if __name__ == "__main__":
    main()
