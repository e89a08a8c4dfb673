"""The table of what an unmodelled cohort shift does to a test, and what modelling it costs."""

import math

import numpy as np
import pytest

from proband.science.natural_history.external_control import (
    fixed_bias_type_one,
    modelled_shift_power,
    unmodelled_shift_type_one,
)

N = (1, 2, 3, 5, 10, 20)
TABLE = {
    0.0: (0.025,) * 6,
    0.1: (0.0256, 0.0261, 0.0266, 0.0276, 0.0296, 0.0328),
    0.25: (0.0285, 0.032, 0.0353, 0.0415, 0.0548, 0.0739),
    0.5: (0.0394, 0.0534, 0.0663, 0.0887, 0.1289, 0.1732),
    1.0: (0.0816, 0.1251, 0.157, 0.2005, 0.2568, 0.3023),
}


@pytest.mark.parametrize("tau", TABLE)
def test_type_one_table(tau):
    assert [unmodelled_shift_type_one(tau, n, 40) for n in N] == pytest.approx(TABLE[tau], abs=6e-5)


def test_fixed_bias_and_modelled_power_rows():
    bias = [fixed_bias_type_one(0.3, n, 40) for n in N]
    assert bias == pytest.approx([0.048, 0.061, 0.072, 0.092, 0.133, 0.194], abs=5e-4)
    power = [modelled_shift_power(2, 0.25, n, 40) for n in N]
    assert power == pytest.approx([0.483, 0.742, 0.869, 0.962, 0.996, 1], abs=5e-4)


def test_against_draws():
    rng = np.random.default_rng(3)
    shift, n, draws = 0.5, 3, 400_000
    gap = shift * rng.normal(size=draws) + math.sqrt(1 / n + 1 / 40) * rng.normal(size=draws)
    found = (gap / math.sqrt(1 / n + 1 / 40) > 1.959964).mean()
    assert unmodelled_shift_type_one(shift, n, 40) == pytest.approx(found, abs=0.0015)


@pytest.mark.parametrize(
    "values", [(-1.0, 1, 40), (math.nan, 1, 40), (math.inf, 1, 40), (0.5, 0, 40), (0.5, 1, 0), (0.5, 1, 40, 1.0)]
)
def test_values_out_of_range_raise(values):
    with pytest.raises(ValueError, match=r"patient|tau"):
        unmodelled_shift_type_one(*values)
