"""Errors robust over few clusters: each is left out in turn, and limits are Student's.

The sandwich of a few clusters is too small: with 6 patients a nominal 5 % test of a recurrent event rejected 25 %
without an effect (docs/explanation/models-of-outcome.md). Leaving out one cluster at a time gives
(G - 1) / G sum (b_i - b)(b_i - b)' (Tukey, Ann Math Stat 1958;29:614, recalled; for the Cox model Lipsitz and Parzen,
Biometrics 1996;52:291-298, recalled), with Student's quantile at G - 1 degrees. Cannot see: clusters that depend on
each other. A fit that breaks down without one cluster rests on that cluster, and no limits are told.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from proband.science.stats.estimate import Estimate
from proband.science.stats.model_input import Codes, Floats

MOST_CLUSTERS = 60
"""Up to so many clusters are left out in turn; beyond, the sandwich is taken, which is then near enough."""

Refit = Callable[[NDArray[np.bool_]], Floats | None]


def leave_one_out(refit: Refit, cluster: Codes, at: Floats) -> tuple[Floats | None, int | None]:
    """Covariance over clusters and None; or None and the code of the cluster without which the fit broke down.

    `refit` takes the rows kept (bool) and gives coefficients like `at`, or None where it has no finite maximum.

    >>> y, cluster = np.array([1.0, 2.0, 6.0]), np.array([0, 1, 2])
    >>> covariance, _ = leave_one_out(lambda kept: np.array([y[kept].mean()]), cluster, np.array([3.0]))
    >>> bool(np.isclose(covariance[0, 0], y.var(ddof=1) / 3))
    True
    """
    names = np.unique(cluster)
    spread = np.zeros((at.size, at.size))
    for name in names:
        found = refit(cluster != name)
        if found is None:
            return None, int(name)
        spread += np.outer(found - at, found - at)
    return spread * (names.size - 1) / names.size, None


def student(name: str, value: float, se: float, freedom: float, level: float, method: str) -> Estimate:
    """Value with Student's limits and two-sided P at `freedom` degrees.

    >>> round(student("x", 1.0, 1.0, 5, 0.95, "").high, 3)
    3.571
    """
    half = float(special.stdtrit(freedom, (1 + level) / 2)) * se
    p = float(2 * special.stdtr(freedom, -abs(value / se)))
    return Estimate(name, value, se, value - half, value + half, level, p, f"{method}, t on {freedom:g} degrees")
