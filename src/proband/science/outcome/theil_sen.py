"""The slope of an outcome on engagement for few patients: median of pairwise slopes, limits from Kendall's exact law.

Theil (Nederl Akad Wetensch Proc 1950;53:386-392), Sen (J Am Stat Assoc 1968;63:1379-1389): the residuals' order is
independent of the first measurement at the true slope, so limits are order statistics of the pairwise slopes by the
permutation law of Kendall's score, exact without ties. Cannot see: a bend; the line is a summary of order and size.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from proband.core.errors import Problem
from proband.science.stats.estimate import Estimate
from proband.science.stats.model_input import Floats, numbers, raise_if_any

MOST = 200


def kendall_law(n: int) -> Floats:
    """P of each number of discordant pairs, 0 to n (n - 1) / 2, when every order is as likely.

    >>> kendall_law(3).tolist()
    [0.16666666666666666, 0.3333333333333333, 0.3333333333333333, 0.16666666666666666]
    """
    law = np.ones(1)
    for k in range(2, n + 1):
        law = np.convolve(law, np.full(k, 1 / k))
    return law


def theil_sen(first: Any, second: Any, level: float = 0.95) -> Estimate:
    """Slope of `second` on `first`, a number per patient each.

    Raises ``ProgramError`` for numbers that are not finite, lists that differ in length, and more than 200 patients.

    >>> made = theil_sen([1, 2, 3, 4, 5, 6], [2, 4, 7, 8, 10, 13])
    >>> round(made.value, 3), round(made.low, 3), round(made.high, 3)
    (2.0, 1.5, 3.0)
    >>> theil_sen([1, 2, 3], [2, 4, 7]).method
    'no limits: 3 patients can not exclude any slope at 95 %'
    """
    problems: list[Problem] = []
    x = numbers("first", first, problems)
    y = numbers("second", second, problems, x.size)
    if x.size > MOST:
        problems.append(Problem("slope", "rows", str(x.size), f"at most {MOST} patients", "use a model"))
    raise_if_any(problems)
    i, j = np.triu_indices(x.size, 1)
    apart = x[i] != x[j]
    with np.errstate(over="ignore", invalid="ignore"):
        slopes = np.sort((y[j] - y[i])[apart] / (x[j] - x[i])[apart])
    if not np.isfinite(slopes).all():
        return Estimate("slope", level=level, reason="the numbers are too far apart in size for a slope")
    if x.size < 3 or not slopes.size:
        return Estimate("slope", level=level, reason="three patients with different values are needed")
    value = float(np.median(slopes))
    below = np.cumsum(kendall_law(x.size))
    # the largest k with P(discordant <= k - 1) <= half the risk: k slopes are cut from either end
    cut = int(np.searchsorted(below, (1 - level) / 2 + 1e-12, side="right"))
    if cut == 0:
        name = f"no limits: {x.size} patients can not exclude any slope at {level * 100:g} %"
        return Estimate("slope", value, None, -math.inf, math.inf, level, None, name)
    # pairs tied in x give no slope and could have any: fewer are cut
    cut -= int(x.size * (x.size - 1) / 2) - slopes.size
    if cut < 1:
        return Estimate("slope", value, None, -math.inf, math.inf, level, None, "no limits: too many ties")
    ends = float(slopes[cut - 1]), float(slopes[-cut])
    return Estimate("slope", value, None, ends[0], ends[1], level, None, "Theil-Sen, exact permutation limits")
