"""What an unmodelled difference between a control cohort and the treated patients does to a test.

N treated against n untreated patients, known standard deviation 1, one-sided z test at alpha. The cohort as a whole is
shifted by b ~ N(0, tau^2) that the test does not know, or by a fixed bias; or tau is in the test and costs power.
All are exact.

Cannot see: shifts that are not normal, or that grow with time.

Source: variance of a difference of means, 1/N + 1/n, plus tau^2; elementary.
"""

from __future__ import annotations

import math


def unmodelled_shift_type_one(tau: float, treated: int, controls: int, alpha: float = 0.025) -> float:
    """Type I error when the cohort is shifted by N(0, tau^2) and the test ignores it.

    `tau` in standard deviations of a patient's outcome; `alpha` one-sided. Raises ``ValueError`` for values out of
    range.

    >>> [round(unmodelled_shift_type_one(0.5, n, 40), 3) for n in (1, 2, 3, 5, 10, 20)]
    [0.039, 0.053, 0.066, 0.089, 0.129, 0.173]
    """
    from scipy.special import ndtr, ndtri

    variance = _variance(tau, treated, controls, alpha)
    return float(ndtr(ndtri(alpha) / math.sqrt(1 + tau**2 / variance)))


def fixed_bias_type_one(bias: float, treated: int, controls: int, alpha: float = 0.025) -> float:
    """Type I error when the cohort does worse than the treated would by `bias` standard deviations, and nobody knows.

    >>> [round(fixed_bias_type_one(0.3, n, 40), 3) for n in (1, 2, 3, 5, 10, 20)]
    [0.048, 0.061, 0.072, 0.092, 0.133, 0.194]
    """
    from scipy.special import ndtr, ndtri

    variance = _variance(abs(bias), treated, controls, alpha)
    return float(ndtr(ndtri(alpha) + bias / math.sqrt(variance)))


def modelled_shift_power(effect: float, tau: float, treated: int, controls: int, alpha: float = 0.025) -> float:
    """Power against an effect of `effect` standard deviations when the test includes the shift's tau.

    >>> [round(modelled_shift_power(2, 0.25, n, 40), 3) for n in (1, 2, 3, 5, 10)]
    [0.483, 0.742, 0.869, 0.962, 0.996]
    """
    from scipy.special import ndtr, ndtri

    variance = _variance(tau, treated, controls, alpha)
    return float(ndtr(ndtri(alpha) + effect / math.sqrt(variance + tau**2)))


def _variance(tau: float, treated: int, controls: int, alpha: float) -> float:
    if treated < 1 or controls < 1:
        raise ValueError("one treated and one control patient at least")
    if not (tau >= 0 and math.isfinite(tau) and 0 < alpha < 1):
        raise ValueError("tau must be a number from 0, alpha between 0 and 1")
    return 1 / treated + 1 / controls
