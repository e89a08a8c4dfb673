"""Calls of a panel by a rule fixed beforehand: answers, unknowns, corrections, refusals; and the shared spread."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from proband.core.errors import ProgramError
from proband.science.stats import carry_over as carry_over_module
from proband.science.stats import predictive, shared_dispersion, treated_control
from proband.science.stats.carry_over import carry_over
from proband.science.stats.count_tests import benjamini_hochberg, holm
from proband.science.stats.predictive import blank, over_molecules
from proband.science.stats.shared_dispersion import RHO, Arm, SiteSpread, share_dispersion, split_log
from proband.science.stats.treated_control import CallRule, SiteCounts, panel_calls, percent_up

RULE = CallRule(alpha=0.05, beta=0.05)


def site(name, treated, control, depth=50_000, **more):
    return SiteCounts(
        name, "indel", tuple((k, depth, None) for k in treated), tuple((k, depth, None) for k in control), **more
    )


ON = site("ON", (30_100, 29_900, 30_000), (5, 4, 6), expected=True)
PANEL = [
    ON,
    site("edited", (60, 52, 57), (5, 4, 6)),
    site("clean", (0, 0, 0), (0, 0, 0)),
    site("homopolymer", (520, 480, 505), (500, 515, 490)),
    SiteCounts("lost", "indel", ((0, 0, None),) * 3, ((5, 50_000, None),) * 3),
    SiteCounts("no control", "indel", ((3, 50_000, None),) * 3, ()),
    site("failed", (9, 9, 9), (1, 1, 1), failed="the amplicon did not amplify"),
]


@pytest.mark.parametrize("module", [treated_control, predictive, shared_dispersion, carry_over_module])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


def test_calls_and_reasons():
    made = {r.site: r for r in panel_calls(PANEL, RULE).results}
    assert [r.call for r in made.values()] == [
        "detected", "detected", "not_detected", "not_detected", "unknown", "unknown", "unknown",
    ]  # fmt: skip
    assert made["clean"].reason == f"not detected below {percent_up(made['clean'].lod)} %"
    assert "95% interval" in made["edited"].reason
    assert made["lost"].reason == "unknown: no reads in treated"
    assert made["no control"].reason == "unknown: no reads in control"
    assert made["failed"].reason == "unknown: the amplicon did not amplify"
    assert made["edited"].without_any_replicate is True


def test_an_unknown_site_has_no_number_that_looks_like_an_answer():
    for r in panel_calls(PANEL, RULE).results[4:]:
        given = (r.p, r.lob, r.lod, r.difference, r.interval, r.family_wise_p, r.false_discovery, r.critical)
        assert given == (None,) * 8


def test_every_answer_has_a_limit_above_nothing():
    for r in panel_calls(PANEL, RULE).results[:4]:
        assert 0 < r.lod < 1
        assert r.lob == r.critical / 150_000
        assert r.interval[0] <= r.difference <= r.interval[1]
        assert r.background_interval[0] <= r.background <= r.background_interval[1]
        assert (r.call == "detected") == (sum(k for k, _, _ in r.treated) > r.critical) == (r.p <= 0.05)


def test_corrections_leave_out_what_is_expected_and_what_is_unknown():
    panel = panel_calls(PANEL, RULE)
    tested = panel.results[1:4]
    assert panel.tested == 3
    assert [r.family_wise_p for r in tested] == holm([r.p for r in tested])
    assert [r.false_discovery for r in tested] == benjamini_hochberg([r.p for r in tested])
    assert panel.results[0].family_wise_p is None


def test_a_rule_over_the_panel_raises_limits_and_blanks():
    one = panel_calls(PANEL, RULE).results
    all_sites = panel_calls(PANEL, CallRule(0.05, 0.05, over="panel")).results
    for a, b in zip(one[1:4], all_sites[1:4], strict=True):
        assert b.critical > a.critical
        assert b.lod > a.lod
    assert all_sites[0].critical == one[0].critical


def test_a_rule_over_the_panel_calls_by_the_family_wise_p():
    sites = [*PANEL[:4], site("weak", (9, 9, 9), (5, 4, 6))]
    weak, strict = (panel_calls(sites, CallRule(0.05, 0.05, over=over)).results[-1] for over in ("site", "panel"))
    assert weak.p <= 0.05 < weak.family_wise_p
    assert (weak.call, strict.call) == ("detected", "not_detected")


def test_a_limit_that_does_not_reach_the_question_is_indeterminate():
    made = panel_calls(PANEL, CallRule(0.05, 0.05, wanted=1e-4)).results
    assert made[3].call == "indeterminate"
    assert "does not reach the wanted 0.010 %" in made[3].reason
    assert made[1].call == "detected"


def test_reads_without_end_do_not_make_more_genomes():
    few = SiteCounts("few", "indel", ((0, 50_000, 3030.0),) * 3, ((0, 50_000, None),) * 3)
    many = SiteCounts("many", "indel", ((0, 50_000, 3e6),) * 3, ((0, 50_000, None),) * 3)
    others = [site(f"h{i}", (500, 510, 490), (505, 495, 500)) for i in range(8)]
    limit, lower = (r.lod for r in panel_calls([few, many, *others], RULE).results[:2])
    assert limit == pytest.approx(1 - 0.05 ** (1 / 9090), rel=0.15)
    assert lower < limit / 3


def test_single_replicates_are_binomial_by_assumption_and_say_so():
    alone = [SiteCounts(f"s{i}", "indel", ((i, 9_000, None),), ((0, 9_000, None),)) for i in range(3)]
    panel = panel_calls(alone, RULE)
    assert not panel.spread_informed
    assert "binomial" in panel.concerns[0]
    assert any("one treated replicate" in c for c in panel.results[0].concerns)
    assert panel.results[0].p > 0.4


def test_a_burst_in_one_replicate_is_told():
    made = panel_calls([ON, site("burst", (40, 0, 0), (0, 0, 0)), *PANEL[1:4]], RULE).results[1]
    even = panel_calls([ON, site("even", (14, 13, 13), (0, 0, 0)), *PANEL[1:4]], RULE).results[1]
    assert made.p > even.p
    assert made.without_any_replicate in (False, None)
    assert even.without_any_replicate is True


def test_order_of_sites_and_of_replicates_does_not_matter():
    first = {r.site: r for r in panel_calls(PANEL, RULE).results}
    turned = [
        SiteCounts(s.site, s.event, s.treated[::-1], s.control[::-1], s.expected, s.homopolymer, s.failed)
        for s in PANEL[::-1]
    ]
    for r in panel_calls(turned, RULE).results:
        assert r.call == first[r.site].call
        assert r.p == pytest.approx(first[r.site].p, rel=1e-6) if r.p is not None else first[r.site].p is None


def test_every_problem_at_once():
    bad = [
        site("a", (9, 2), (0,), depth=5),
        site("a", (1,), (0,)),
        SiteCounts("b", "indel", ((1, 10, -3.0),), ((-1, 10, None),)),
    ]
    with pytest.raises(ProgramError) as raised:
        panel_calls(bad, RULE)
    assert len(raised.value.problems) == 4
    assert "replicate 1" in str(raised.value)


@pytest.mark.parametrize("bad", [{"alpha": 0.0}, {"beta": 0.7}, {"over": "lab"}, {"wanted": 2.0}, {"level": 0.4}])
def test_rules_that_can_not_be(bad):
    with pytest.raises(ValueError, match="must"):
        CallRule(**{"alpha": 0.05, "beta": 0.05, **bad})


def test_an_empty_panel():
    panel = panel_calls([], RULE)
    assert panel.results == panel.concerns == ()


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 8), st.integers(0, 25), st.integers(20_000, 100_000))
def test_without_spread_p_is_the_predictive_gamma_poisson(control, treated, depth):
    c = Arm(np.array([control, 0, 0]), np.full(3, depth), np.zeros(3))
    t = Arm(np.array([min(treated, depth)]), np.array([3 * depth]), np.zeros(1))
    none = SiteSpread(np.array([1e-9]), np.zeros(1), np.ones(1))
    made = blank(c, t, none).tail(t.total)
    assert made == pytest.approx(stats.nbinom(control + 0.5, 0.5).sf(t.total - 1), rel=0.03, abs=1e-6)


@pytest.mark.parametrize("rho", [1e-6, 1e-4, 1e-3])
def test_the_shared_spread_is_found(rho):
    rng = np.random.default_rng(5)

    def arm(mean):
        p = rng.beta(mean * (1 / rho - 1), (1 - mean) * (1 / rho - 1), 3)
        return Arm(rng.binomial(50_000, p), np.full(3, 50_000), np.zeros(3))

    made = share_dispersion([(arm(b), arm(b)) for b in [2e-2, 1e-2, 5e-3, 1e-3] * 5])
    assert made.informed
    assert made.low <= rho * 1.7
    assert made.high >= rho / 1.7
    if rho > 1e-5:
        assert rho / 2 < made.rho < rho * 2


def test_the_split_is_a_conditional_likelihood():
    """Over every split of a total it sums to one, up to the binomial coefficients that it leaves out."""
    rho = np.array([1e-3, 1e-2])
    total = np.zeros(2)
    for k in range(13):
        arm = Arm(np.array([k, 12 - k]), np.array([400, 400]), np.zeros(2))
        ways = stats.binom(400, 0.5).pmf(k) * stats.binom(400, 0.5).pmf(12 - k) / stats.binom(800, 0.5).pmf(12)
        total += ways * np.exp(split_log(arm, rho))
    assert total == pytest.approx(1, abs=0.02)
    assert RHO[0] == 1e-7


def test_editing_that_varies_does_not_raise_the_background_s_spread():
    noisy = SiteCounts("ON", "indel", tuple((k, 50_000, 90_000.0) for k in (33_000, 27_000, 30_000)), ON.control)
    calm = SiteCounts("ON", "indel", tuple((k, 50_000, 90_000.0) for k in (30_050, 29_950, 30_000)), ON.control)
    off = [
        SiteCounts(f"o{i}", "indel", tuple((k, 50_000, 90_000.0) for k in t), tuple((k, 50_000, None) for k in c))
        for i, (t, c) in enumerate([((510, 490, 500), (505, 498, 490)), ((52, 48, 50), (55, 45, 49))] * 4)
    ]
    first, second = (panel_calls([on, *off], RULE) for on in (calm, noisy))
    assert second.edit_spread > 20 * max(first.edit_spread, 1e-5)
    limits = [r.lod for r in second.results[1:]]
    assert limits == pytest.approx([r.lod for r in first.results[1:]], rel=0.1)


def test_over_molecules_is_the_binomial_sum():
    table = np.array([0.1, 0.4, 0.9, 1.0])
    p = stats.binom(50, 0.03).pmf(range(4))
    assert over_molecules(table, 50, 0.03) == pytest.approx((p * table).sum() + 1 - p.sum())


def test_carry_over():
    made = carry_over(0.6, 30, 100_000, background=1e-5)
    assert made.fraction == pytest.approx((3e-4 - 1e-5) / 0.6)
    assert made.flagged
    assert made.interval[0] < made.fraction < made.interval[1]
    none = carry_over(0.6, 0, 100_000)
    assert not none.flagged
    assert "below" in none.sentence
    assert none.interval[1] > 0
    assert not carry_over(0.6, 2, 100_000, background=1e-4).flagged
    with pytest.raises(ValueError, match="treated fraction"):
        carry_over(0.0, 1, 10)


def test_carry_over_intervals_cover():
    hop, f, depth = 2e-4, 0.5, 50_000
    k = np.arange(40)
    inside = [a <= hop <= b for a, b in (carry_over(f, int(x), depth).interval for x in k)]
    assert stats.binom(depth, hop * f).pmf(k)[inside].sum() >= 0.95
