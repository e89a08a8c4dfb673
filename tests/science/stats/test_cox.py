"""Cox's model: published values, a naive twin of Efron's likelihood, separation, penalty, robust errors, refusals."""

import doctest
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tables import expected, table

from proband.core.errors import ProgramError
from proband.science.stats import cox as cox_module
from proband.science.stats import jackknife, parametric_survival, recurrent_events
from proband.science.stats.concordance import concordance
from proband.science.stats.cox import cox
from proband.science.stats.cox_likelihood import cox_rows
from proband.science.stats.event_times import event_times
from proband.science.stats.parametric_survival import accelerated_failure
from proband.science.stats.recurrent_events import andersen_gill, mean_number


@pytest.mark.parametrize("module", [cox_module, jackknife, parametric_survival, recurrent_events])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


def pbc():
    held = [r for r in table("pbc.csv") if r["protime"]]
    times = event_times([float(r["time"]) for r in held], [r["status"] == "2" for r in held])

    def column(name, turn=lambda v: v):
        return [turn(float(r[name])) for r in held]

    return times, {
        "age": column("age"), "edema": column("edema"), "log(bili)": column("bili", math.log),
        "log(albumin)": column("albumin", math.log), "log(protime)": column("protime", math.log),
    }  # fmt: skip


def test_aml():
    held, rows = expected("survival", "aml"), table("aml.csv")
    times = event_times([float(r["time"]) for r in rows], [int(r["status"]) for r in rows])
    fit = cox(times, {"x": [r["x"] != "Maintained" for r in rows]})
    one = fit.coefficients[0]
    assert one.value == pytest.approx(held["cox_coef"], abs=1e-9)
    assert one.se == pytest.approx(held["se"], abs=1e-9)
    assert [fit.loglik_null, fit.loglik] == pytest.approx(held["loglik"], abs=1e-8)


def test_pbc_cox_concordance_and_weibull():
    held, (times, columns) = expected("survival"), pbc()
    fit = cox(times, columns)
    for c in fit.coefficients:
        assert c.value == pytest.approx(held["pbc_cox"][c.name], abs=1e-10)
    assert fit.loglik == pytest.approx(held["pbc_cox"]["loglik"], abs=1e-7)
    assert concordance(times, fit.risk).value == pytest.approx(held["pbc_cox"]["concordance"], abs=1e-10)
    weibull = accelerated_failure(times, columns)
    assert weibull.coefficients[0].value == pytest.approx(held["pbc_weibull"]["intercept"], abs=1e-8)
    assert weibull.log_scale.value == pytest.approx(held["pbc_weibull"]["log_scale"], abs=1e-8)


def naive_efron(start, stop, event, x, b):
    total = 0.0
    for t in sorted({s for s, e in zip(stop, event, strict=True) if e}):
        dead = [i for i in range(len(stop)) if stop[i] == t and event[i]]
        risk = sum(math.exp(x[i] * b) for i in range(len(stop)) if start[i] < t <= stop[i])
        tied = sum(math.exp(x[i] * b) for i in dead)
        for step, i in enumerate(dead):
            total += x[i] * b - math.log(risk - step / len(dead) * tied)
    return total


def drawn(seed, n=14):
    rng = np.random.default_rng(seed)
    stop, event, x = rng.integers(2, 9, n), rng.integers(0, 2, n), rng.normal(size=n).round(1)
    return np.where(np.arange(n) % 3 == 0, stop // 2, 0), stop, event, x


@given(st.integers(0, 10_000), st.floats(-2, 2))
@settings(max_examples=40, deadline=None)
def test_likelihood_score_and_residuals_equal_the_twin(seed, b):
    start, stop, event, x = drawn(seed)
    if not event.any():
        return
    rows = cox_rows(event_times(stop, event, start), x[:, None], np.zeros(14, dtype=np.int64), "efron")
    at = np.array([b])
    shifted = x - x.mean()
    assert rows.value(at) == pytest.approx(naive_efron(start, stop, event, shifted, b))
    h = 1e-5
    slope = (naive_efron(start, stop, event, shifted, b + h) - naive_efron(start, stop, event, shifted, b - h)) / (
        2 * h
    )
    assert rows.score(at)[0] == pytest.approx(slope, abs=1e-5)
    assert rows.score_residuals(at).sum() == pytest.approx(rows.score(at)[0], abs=1e-9)
    bend = (rows.score(at + h)[0] - rows.score(at - h)[0]) / (2 * h)
    assert rows.information(at)[0, 0] == pytest.approx(-bend, abs=1e-5)
    size = (rows.value(at + h, True) - rows.value(at - h, True)) / (2 * h)
    if rows.information(at)[0, 0] > 1e-3:
        assert rows.score(at, True)[0] == pytest.approx(size, abs=1e-4)


def test_leaving_rows_out_is_laying_out_anew():
    start, stop, event, x = drawn(4)
    times, zero = event_times(stop, event, start), np.zeros(14, dtype=np.int64)
    rows = cox_rows(times, x[:, None], zero, "efron")
    for gone in range(14):
        kept = np.arange(14) != gone
        anew = cox_rows(times.where(kept), x[kept][:, None], zero[kept], "efron")
        at = np.array([0.7])
        assert rows.without(kept).score(at) == pytest.approx(anew.score(at))
        assert rows.without(kept).information(at) == pytest.approx(anew.information(at))


def test_rows_split_in_time_change_nothing():
    start, stop, event, x = drawn(11)
    whole = cox(event_times(stop, event, start), {"x": x})
    pieces = [(a, c, e, v, i) for i, (a, b, e, v) in enumerate(zip(start, stop, event, x, strict=True))
              for a, c, e in ((a, (a + b) / 2, 0), ((a + b) / 2, b, e))]  # fmt: skip
    a, b, e, v, s = zip(*pieces, strict=True)
    split = cox(event_times(b, e, a, s), {"x": v})
    assert split.coefficients[0].value == pytest.approx(whole.coefficients[0].value, abs=1e-8)
    assert split.subjects == 14


def test_strata_are_compared_within_themselves():
    stop, event, x = [1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 0], [0, 1, 0, 1, 0, 1]
    fit = cox(event_times(stop, event), {"x": x}, strata=["s", "s", "s", "t", "t", "t"])
    one = [cox(event_times(stop[k], event[k]), {"x": x[k]}) for k in (slice(0, 3), slice(3, 6))]
    assert fit.loglik_null == pytest.approx(sum(f.loglik_null for f in one))
    lonely = cox(event_times(stop, event), {"x": [1, 1, 1, 0, 0, 0]}, strata=["s", "s", "s", "t", "t", "t"])
    assert lonely.coefficients[0].value is None


@pytest.mark.parametrize(
    ("stop", "event", "x", "side"),
    [
        ([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], "high"),
        ([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0], "low"),
        ([1, 2, 3, 4], [1, 1, 1, 1], [4.0, 3.0, 2.0, 1.0], "low"),
    ],
)
def test_separation_is_told_and_bounded_from_one_side(stop, event, x, side):
    fit = cox(event_times(stop, event), {"x": x})
    one = fit.coefficients[0]
    assert one.value is None
    assert "no finite maximum" in one.reason
    assert math.isfinite(getattr(one, side))
    assert math.isinf(one.low if side == "high" else one.high)
    # the limit is where the order seen, than which none is more extreme, has a chance of 2.5 %
    at = getattr(one, side)
    shifted = np.array(x) - np.mean(x)
    top = naive_efron([0] * len(x), stop, event, shifted, 300 if side == "low" else -300)
    assert top - naive_efron([0] * len(x), stop, event, shifted, at) == pytest.approx(-math.log(0.025), abs=1e-5)
    penalised = cox(event_times(stop, event), {"x": x}, penalty="firth").coefficients[0]
    assert math.isfinite(penalised.value)
    assert "penalised" in penalised.method


def test_another_column_is_held_back_beside_a_separated_one():
    fit = cox(event_times([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0]), {"t": [0, 0, 0, 1, 1, 1], "z": [1, 2, 1, 2, 1, 2]})
    assert fit.coefficients[0].value is None
    assert fit.coefficients[1].value is None
    assert fit.loglik is None


def test_firth_equals_maximising_the_penalised_likelihood():
    from scipy.optimize import minimize_scalar

    start, stop, event, x = drawn(21)
    rows = cox_rows(event_times(stop, event, start), x[:, None], np.zeros(14, dtype=np.int64), "efron")
    best = minimize_scalar(lambda b: -rows.value(np.array([b]), True), bounds=(-5, 5), method="bounded",
                           options={"xatol": 1e-9})  # fmt: skip
    fit = cox(event_times(stop, event, start), {"x": x}, penalty="firth")
    assert fit.coefficients[0].value == pytest.approx(best.x, abs=1e-6)


def test_nothing_to_compare_gives_reasons():
    times = event_times([1, 2, 3], [1, 1, 0])
    assert "does not vary" in cox(times, {"x": [1, 1, 1]}).coefficients[0].reason
    assert "follows from" in cox(times, {"x": [1, 2, 4], "y": [2, 4, 8]}).reason
    assert cox(event_times([1, 2], [0, 0]), {"x": [0, 1]}).reason == "no event was seen"
    assert cox(event_times([5], [1]), {"x": [1]}).coefficients[0].value is None
    assert cox(event_times([2, 5], [1, 1], [0, 3]), {"x": [0, 1]}).reason
    with pytest.raises(ProgramError) as caught:
        cox(times, {"x": [1, 2], "y": [1, float("inf"), 2]})
    assert len(caught.value.problems) == 2
    with pytest.raises(ProgramError):
        cox(times, {})
    with pytest.raises(ValueError, match="ties"):
        cox(times, {"x": [1, 2, 3]}, ties="exact")


def test_a_column_that_no_event_compares_has_a_reason():
    """Treated and untreated are never at risk together at an event, in rows that change."""
    times = event_times([6, 10, 3, 4, 7, 13], [0, 1, 1, 1, 0, 0], [0, 6, 0, 0, 0, 7])
    fit = cox(times, {"treated": [0, 1, 0, 0, 0, 1]})
    assert fit.reason == "at no event were patients at risk who differ in treated"
    both = cox(times, {"treated": [0, 1, 0, 0, 0, 1], "age": [1, 1, 5, 2, 4, 4]})
    assert "differ in treated" in both.reason
    assert all(c.value is None for c in both.coefficients)


def test_robust_error_of_many_subjects_is_the_sandwich_of_its_twin():
    rng = np.random.default_rng(2)
    n = 80
    stop, event, x = rng.exponential(1, n), rng.integers(0, 2, n), rng.normal(size=n)
    times = event_times(stop, event)
    plain, robust = (cox(times, {"x": x}, robust=r).coefficients[0] for r in (False, True))
    # naive score residuals, no ties
    b, centred = plain.value, x - x.mean()
    weight = np.exp(centred * b)
    residuals = np.zeros(n)
    for i in range(n):
        for j in np.flatnonzero(event):
            risk = stop >= stop[j]
            mean = (weight * centred)[risk].sum() / weight[risk].sum()
            if stop[i] >= stop[j]:
                residuals[i] -= (centred[i] - mean) * weight[i] / weight[risk].sum()
            if i == j:
                residuals[i] += centred[i] - mean
    assert robust.se == pytest.approx(math.sqrt((residuals**2).sum()) * plain.se**2, rel=1e-8)


def test_few_subjects_are_left_out_in_turn_and_one_that_carries_the_fit_is_named():
    stop, event, x = [3, 4, 5, 6, 7, 8, 9], [1, 1, 1, 0, 1, 0, 0], [0, 0, 1, 0, 0, 1, 1]
    fit = cox(event_times(stop, event), {"x": x}, robust=True)
    assert fit.coefficients[0].reason == "it rests on one subject, that of row 3"
    stop, event = [3, 4, 5, 6, 7, 8, 9, 10], [1, 1, 1, 0, 1, 1, 1, 0]
    fit = cox(event_times(stop, event), {"x": [0, 1, 0, 0, 1, 1, 0, 1]}, robust=True).coefficients[0]
    assert "t on 7 degrees" in fit.method


def test_recurrent_events_need_robust_errors_and_refuse_beyond_follow_up():
    times = event_times([1, 2, 5, 5, 5], [1, 1, 0, 0, 0], [0, 1, 2, 0, 0], list("aaabc"), recurrent=True)
    plain = cox(times, {"x": [1, 1, 1, 0, 0]})
    assert any("independent" in c for c in plain.concerns) or plain.reason
    made = mean_number(times)
    assert made.at(5).value == pytest.approx(2 / 3)
    assert made.at(6).value is None
    assert made.at(5).low is None
    assert mean_number(event_times([5, 5], [0, 0])).at(5).high == pytest.approx(-math.log(0.025) / 10 * 5)
    assert andersen_gill(times, {"x": [1, 1, 1, 0, 0]}).coefficients[0].value is None


def naive_weibull(at, start, stop, event, x):
    total = 0.0
    for a, b, e, v in zip(start, stop, event, x, strict=True):
        shape, scale = 1 / math.exp(at[2]), math.exp(at[0] + at[1] * v)
        total += e * math.log(shape / scale * (b / scale) ** (shape - 1)) - (b / scale) ** shape + (a / scale) ** shape
    return total


def test_weibull_with_late_entry_is_the_maximum_of_its_twin():
    start, stop, event, x = drawn(31)
    fit = accelerated_failure(event_times(stop, event, start), {"x": x})
    at = np.array([fit.coefficients[0].value, fit.coefficients[1].value, fit.log_scale.value])
    top = naive_weibull(at, start, stop, event, x)
    assert fit.loglik == pytest.approx(top)
    for k in range(3):
        for h in (-1e-3, 1e-3):
            assert naive_weibull(at + h * np.eye(3)[k], start, stop, event, x) < top
    beyond = fit.survival(50, {"x": 0.0})
    assert "extrapolated" in beyond.method
    assert 0 <= beyond.low <= beyond.value <= beyond.high <= 1


def test_weibull_refuses():
    times = event_times([1, 2, 3, 4], [1, 1, 0, 0])
    assert "no event on one side" in accelerated_failure(times, {"x": [0, 0, 1, 1]}).reason
    assert accelerated_failure(event_times([1, 2], [0, 0]), {}).coefficients[0].value is None
    assert "do not tell the shape" in accelerated_failure(event_times([2, 2, 3], [1, 1, 0]), {}).reason
    with pytest.raises(ValueError, match="shape"):
        accelerated_failure(times, {}, shape="gamma")
