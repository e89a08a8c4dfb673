"""Standard curves: recovery of known curves, limits against closed forms, censoring, plates."""

import numpy as np
import pytest
from scipy import stats

from proband.core.errors import ProgramError
from proband.science.transcript.plate_tables import COLUMNS, read_plate
from proband.science.transcript.protein_activity import activity_ratio, fit_curve, read_sample

LEVELS = (0.5, 1, 2, 4, 8, 16, 32)


def logistic(x):
    return 0.05 + 3.0 / (1 + (10 / x) ** 1.2)


def wells(signal, scatter=0.02, blanks=True):
    rng = np.random.default_rng(3)
    levels = ((0,) if blanks else ()) + LEVELS
    return [(x, signal(x) * (1 + scatter * rng.normal())) for x in levels for _ in range(3)]


def line(x):
    return 0.1 + 0.4 * x


def four(x):
    return logistic(x) if x else 0.05


@pytest.mark.parametrize("falling", [False, True])
def test_a_logistic_curve_is_recovered(falling):
    def signal(x):
        return 4 - four(x) if falling else four(x)

    curve = fit_curve(wells(signal, 0.01), "ng/mL")
    assert (curve.lowest, curve.highest) == (0.5, 32)
    for true in (0.8, 5.0, 20.0):
        made = read_sample(curve, [signal(true)] * 2)
        low, high = made.quantity.interval(0.95)
        assert made.state == "quantified"
        assert made.value == pytest.approx(true, rel=0.1)
        assert low < true < high


def test_limits_of_a_line_are_those_in_closed_form():
    data = np.array(wells(line, 0.0) + wells(line, 0.0)) + np.array(
        [[0, e] for e in np.resize([-0.03, 0.02, 0.04], 48)]
    )
    curve = fit_curve([tuple(r) for r in data], "u", "linear", proportional=False)
    x, y = data.T
    fit = stats.linregress(x, y)
    s = np.sqrt(((y - fit.intercept - fit.slope * x) ** 2).sum() / (x.size - 2))
    mean, m, t = 2.5, 2, stats.t(x.size - 2).ppf(0.975)
    g = t**2 * s**2 / (fit.slope**2 * ((x - x.mean()) ** 2).sum())
    at = (mean - fit.intercept) / fit.slope
    half = (
        t
        * s
        / abs(fit.slope)
        * np.sqrt((at - x.mean()) ** 2 / ((x - x.mean()) ** 2).sum() + (1 - g) * (1 / m + 1 / x.size))
    )
    centre = x.mean() + (at - x.mean()) / (1 - g)
    made = read_sample(curve, [mean, mean])
    # The table of concentrations has steps of about 0.4 %, interpolated.
    assert made.quantity.interval(0.95) == pytest.approx((centre - half / (1 - g), centre + half / (1 - g)), rel=1e-3)
    found = made.quantity.interval(0.95)
    assert found[1] - found[0] == pytest.approx(2 * half / (1 - g), rel=1e-3)
    assert made.value == pytest.approx(at)


def test_more_wells_and_dilution():
    curve = fit_curve(wells(four), "u")
    one, many = (read_sample(curve, [four(5)] * n).quantity.interval(0.95) for n in (1, 6))
    assert many[1] - many[0] < one[1] - one[0]
    diluted = read_sample(curve, [four(5)], dilution=20).quantity.interval(0.95)
    assert diluted == pytest.approx((20 * one[0], 20 * one[1]))


def test_below_and_above_are_bounds_never_numbers():
    curve = fit_curve(wells(four, 0.01), "u")
    below = read_sample(curve, [0.05], dilution=4)
    assert (below.state, below.value, below.quantity.side) == ("below", None, "upper")
    assert below.quantity.limit >= 4 * curve.lowest
    above = read_sample(curve, [four(200)])
    assert (above.state, above.value, above.quantity.side) == ("above", None, "lower")
    assert 10 < above.quantity.limit <= curve.highest
    assert read_sample(curve, [9.0]).state == "above"
    with pytest.raises(ProgramError, match="treated replicate 1"):
        activity_ratio([below, below], [above, above])
    with pytest.raises(ValueError, match="finite signals"):
        read_sample(curve, [])


def test_levels_that_do_not_read_back_are_outside_of_the_range():
    data = [(x, y) if x not in (0.5, 32) else (x, line(4)) for x, y in wells(line, 0.005)]
    with pytest.raises(ProgramError, match="two neighbouring"):
        fit_curve([(x, 1 + 0.3 * ((i * 7) % 5)) for i, x in enumerate(LEVELS * 2)], "u", "linear")
    curve = fit_curve([d for d in data if d[0] != 32], "u", "linear", proportional=False)
    assert curve.lowest > 0.5


def test_too_few_standards_are_refused():
    with pytest.raises(ProgramError, match="4 levels"):
        fit_curve([(x, four(x)) for x in LEVELS[:4] * 2], "u")
    with pytest.raises(ProgramError, match="signals above 0"):
        fit_curve([(x, 0.0) for x in LEVELS], "u")
    with pytest.raises(ValueError, match="neither"):
        fit_curve(wells(four), "u", "spline")


def test_activity_of_two_arms():
    curve = fit_curve(wells(four, 0.01), "u")
    treated, control = ([read_sample(curve, [four(x)]) for x in arm] for arm in ((4.0, 4.4, 5.0), (9.0, 10.0, 11.0)))
    made = activity_ratio(treated, control)
    assert np.exp(made.estimate) == pytest.approx(0.448, rel=0.05)


def test_plates(tmp_path):
    path = tmp_path / "plate.csv"
    rows = ["A1,standard,,,,0,,0.05", "A2,standard,,,,2,,0.9", "B1,sample,liver,treated,1,,10,1.2",
            "B2,sample,liver,treated,1,,10,1.3", "C1,sample,liver,control,1,,,0.7"]  # fmt: skip
    path.write_text(",".join(COLUMNS) + "\n" + "\n".join(rows) + "\n")
    plate = read_plate(path)
    assert plate.standards == ((0.0, 0.05), (2.0, 0.9))
    assert [(s.arm, s.dilution, s.signals) for s in plate.samples] == [
        ("treated", 10.0, (1.2, 1.3)),
        ("control", 1.0, (0.7,)),
    ]
    path.write_text(",".join(COLUMNS) + "\nA,standard,,,,-1,,x\nB,sample,,left,1,,0.5,1\nC,blank,,,,,,1\nD,sample\n")
    with pytest.raises(ProgramError) as e:
        read_plate(path)
    assert [p.place for p in e.value.problems] == [
        "line 2, signal", "line 2, concentration", "line 3, dilution", "line 3, arm", "line 3, name", "line 4, kind",
        "line 5, signal", "line 5, arm", "line 5, name", "line 5, replicate",
    ]  # fmt: skip
    path.write_text("a,b\n")
    with pytest.raises(ProgramError, match="column names"):
        read_plate(path)
    with pytest.raises(ProgramError):
        read_plate(tmp_path / "none.csv")
