"""10,000 replicates of the mixed-model design: 18 patients x 10 visits, 25 x 25 nodes, beside a fit per replicate.

    python benchmarks/mixed_model.py [replicates]

The design is that of sleepstudy. Prints seconds and milliseconds per replicate of the batch posterior, of the batch
with the rarity of one new patient at four tau_c, and of the alternative in the same run: restricted maximum likelihood
of each replicate (random intercept and slope without correlation, the criterion in numpy with the balanced design's
closed form, found by scipy's Nelder-Mead), on a part of the replicates. Target: 10,000 posteriors in 30 s on two cores.
Memory is printed for a tenth and for all of the replicates, less the data themselves: it must not grow with replicates.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
from scipy.optimize import minimize

from proband.science.stats.balanced_mixed import balanced_moments, fit_balanced_batch, predict_balanced_batch

TIMES = np.arange(10.0)
PATIENTS = 18
PART = 200
"""Replicates of the alternative."""


def simulate(replicates: int) -> np.ndarray:
    rng = np.random.default_rng(1)
    u = rng.normal(size=(replicates, PATIENTS, 2)) * np.array([25.0, 6.0])
    y = 250 + 10 * TIMES + u[..., :1] + u[..., 1:] * TIMES
    y += 25 * rng.normal(size=y.shape)
    return y


def restricted(y: np.ndarray) -> np.ndarray:
    """Slope and standard error by restricted maximum likelihood, one replicate after another."""
    z = np.column_stack([np.ones_like(TIMES), TIMES])
    inverse, n, df = np.linalg.inv(z.T @ z), PATIENTS, PATIENTS * TIMES.size - 2
    made = np.empty((len(y), 2))
    for r, moments in enumerate(balanced_moments(y, TIMES)):
        scatter = np.array([[moments[3], moments[4]], [moments[4], moments[5]]])

        def parts(theta: np.ndarray, scatter: np.ndarray = scatter, left: float = moments[2]) -> tuple:
            m = inverse + np.diag(theta**2)
            return m, left + np.trace(np.linalg.solve(m, scatter))

        def criterion(theta: np.ndarray, parts=parts) -> float:
            m, q = parts(theta)
            return float((n - 1) * np.linalg.slogdet(m)[1] + df * np.log(q))

        found = minimize(criterion, [1.0, 0.25], method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-8}).x
        m, q = parts(found)
        made[r] = moments[1], np.sqrt(q / df * m[1, 1] / n)
    return made


def timed(action) -> tuple[float, float, object]:
    start, used = time.perf_counter(), time.process_time()
    made = action()
    return time.perf_counter() - start, time.process_time() - used, made


def peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    replicates = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    y = simulate(replicates)
    fit_balanced_batch(y[:2], TIMES)  # compiles, or loads compiled kernels
    first, seen = np.full((replicates, 1, 2), 260.0), np.full((replicates, 1), 300.0)

    def rare(count: int) -> np.ndarray:
        return predict_balanced_batch(
            y[:count], TIMES, first[:count], TIMES[:2], seen[:count], [9.0], [1.0], shifts=(0.0, 0.25, 0.5, 1.0)
        )

    rare(2)
    fit_balanced_batch(y[: replicates // 10], TIMES)
    small = peak()
    batch, batch_cpu, made = timed(lambda: fit_balanced_batch(y, TIMES))
    large = peak()
    rarity, rarity_cpu, _ = timed(lambda: rare(replicates))
    part = min(PART, replicates)
    alone, alone_cpu, fits = timed(lambda: restricted(y[:part]))
    print(f"{'':34}{'replicates':>11}{'seconds':>9}{'cpu':>9}{'cpu ms each':>12}")
    for name, count, seconds, cpu in (
        ("batch posterior, 25 x 25", replicates, batch, batch_cpu),
        ("batch rarity, 4 tau_c, 1 patient", replicates, rarity, rarity_cpu),
        ("alternative: scipy REML, each", part, alone, alone_cpu),
    ):
        print(f"{name:34}{count:11d}{seconds:9.2f}{cpu:9.2f}{1000 * cpu / count:12.3f}")
    print(f"alternative over batch, per replicate: {alone_cpu / part / (batch_cpu / replicates):.0f}")
    print(f"more memory for ten times the replicates: {large - small:.1f} MB of results and chunks")
    gap = np.abs(fits[:, 0] - made.slope[:part]).max()
    ratio = np.mean(made.slope_sd[:part] / fits[:, 1])
    print(f"slopes agree to {gap:.1e}; posterior sd over REML standard error {ratio:.3f}")


if __name__ == "__main__":
    main()
