"""Coefficients without a finite maximum: directions along which a likelihood never falls.

The likelihood of a log-concave regression has no finite maximum exactly where a direction d exists with A d = 0 on
the rows that must not move and B d >= 0 on the rows that may only gain, some of them strictly (Albert and Anderson,
Biometrika 1984;71:1-10, for logistic regression; for the Cox model "monotone likelihood", Bryson and Johnson,
Technometrics 1981;23:381-383). Each coefficient is asked for by two linear programs. Cannot see: near-separation,
where a maximum exists but Wald limits mislead; profile limits are for that.
"""

from __future__ import annotations

import numpy as np

from proband.science.stats.model_input import Floats

MOST_CELLS = 4_000_000


def unbounded(gain: Floats, fixed: Floats) -> list[int]:
    """For each coefficient 0, or the sign (+1, -1) of the direction in which the likelihood never falls.

    `gain` (rows x coefficients): differences that may only grow; `fixed`: differences that must stay. Columns must be
    linearly independent over both. Raises ``ValueError`` where there are more rows than can be asked.

    >>> unbounded(np.array([[1.0], [0.0]]), np.zeros((0, 1)))
    [1]
    """
    from scipy.optimize import linprog

    gain = np.unique(gain, axis=0)
    fixed = np.unique(fixed, axis=0)
    size = gain.shape[1]
    if gain.size + fixed.size > MOST_CELLS:
        raise ValueError("too many rows to look for separation")
    scale = np.maximum(np.abs(np.vstack([gain, fixed])).max(axis=0, initial=0.0), 1e-300)
    gain, fixed = gain / scale, fixed / scale
    found = []
    for k in range(size):
        signs = []
        for sign in (1.0, -1.0):
            cost = np.zeros(size)
            cost[k] = -sign
            done = linprog(
                cost,
                A_ub=-gain if gain.size else None, b_ub=np.zeros(len(gain)) if gain.size else None,
                A_eq=fixed if fixed.size else None, b_eq=np.zeros(len(fixed)) if fixed.size else None,
                bounds=[(-1, 1)] * size, method="highs",
            )  # fmt: skip
            if done.status == 0 and -done.fun > 1e-6:
                signs.append(int(sign))
        found.append(signs[0] if signs else 0)
    return found
