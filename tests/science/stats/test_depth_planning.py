"""Plans of depth: both ways agree, floors hold, and simulated assays have the power that was planned."""

import doctest

import numpy as np
import pytest

from proband.science.stats import depth_planning, depth_report
from proband.science.stats.depth_planning import (
    Assay,
    depth_for,
    nanograms_needed,
    overdispersion_floor,
    plan_assay,
    power_of,
    replicates_for,
)
from proband.science.stats.depth_report import curve_rows, paragraph, plan_dict
from proband.science.stats.detection_limit import count_limit, molecule_limit
from proband.science.stats.predictive import blank
from proband.science.stats.shared_dispersion import Arm, SiteSpread

BASE = Assay(20_000, 1e-4, 0.05, 0.05)


@pytest.mark.parametrize("module", [depth_planning, depth_report])
def test_examples(module):
    assert doctest.testmod(module).failed == 0


def with_(**more):
    return Assay(**{**{f: getattr(BASE, f) for f in BASE.__slots__}, **more})


def test_a_known_background_gives_the_count_form():
    made = plan_assay(with_(replicates=1, control_depth=0))
    known = count_limit(20_000, 1e-4)
    # the plan's edit replaces background, so it is known.lod / (1 - b)
    assert made.lod == pytest.approx(known.lod / (1 - 1e-4), rel=1e-3)


@pytest.mark.parametrize(
    "assay", [BASE, with_(rho=1e-4), with_(nanograms=20.0), with_(sites=20), with_(background=1e-2)]
)
def test_both_ways_agree(assay):
    lod = plan_assay(assay).lod
    assert power_of(assay, lod) == pytest.approx(0.95, abs=2e-3)
    search = depth_for(lod * 1.0001, assay)
    assert search.plan.assay.depth <= 1.15 * assay.depth
    assert search.plan.lod <= lod * 1.0002


@pytest.mark.parametrize("assay", [BASE, with_(rho=3e-4), with_(nanograms=5.0), with_(control_depth=5_000)])
def test_simulated_assays_have_the_planned_power(assay):
    rng = np.random.default_rng(2)
    edit, runs = plan_assay(assay).lod, 1500
    spread = SiteSpread(np.array([max(assay.rho, 1e-9)]), np.zeros(1), np.ones(1))

    def draw(depth, share):
        mean = share + (1 - share) * assay.background
        if assay.rho:
            mean = rng.beta(mean * (1 / assay.rho - 1), (1 - mean) * (1 / assay.rho - 1), 3)
        return Arm(rng.binomial(depth, mean, 3), np.full(3, depth), np.zeros(3))

    critical = {}
    found = 0
    for _ in range(runs):
        control = draw(assay.control_depth or assay.depth, np.zeros(3))
        genomes = round(assay.genomes / 3) if assay.genomes else 0
        share = rng.binomial(genomes, edit, 3) / genomes if genomes else np.full(3, edit)
        treated = draw(assay.depth, share)
        if control.total not in critical:
            critical[control.total] = blank(control, treated, spread).critical(0.05)
        found += treated.total > critical[control.total]
    assert found / runs == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / runs))


def test_floors_hold():
    assert overdispersion_floor(1e-3, 0, 3, 0.05, 0.05) == 0
    # 1e-3 and 1e-4, one replicate, tabulated at 100,000 reads: 0.138 %; as depth grows a little less
    floor = overdispersion_floor(1e-3, 1e-4, 1, 0.05, 0.05)
    deep = count_limit(1_000_000, 1e-3, rho=1e-4).lod
    assert floor < deep < 1.03 * floor
    for assay in (with_(background=1e-3, rho=1e-3), with_(nanograms=5.0)):
        made = plan_assay(assay)
        assert made.lod >= max(made.overdispersion_floor, made.molecule_floor or 0)
        assert made.lod >= 0.99 * made.lod_background_known


def test_what_can_not_be_reached_is_said_with_its_floor():
    spread = depth_for(5e-4, with_(background=1e-3, rho=1e-3))
    assert spread.plan is None
    assert "floor of 0.272 %" in spread.reason
    dna = depth_for(2e-4, with_(nanograms=10.0))
    assert dna.plan is None
    assert "at least 16.5 ng" in dna.reason
    control = depth_for(3e-4, with_(background=1e-2, control_depth=2_000))
    assert control.plan is None
    assert "1,000,000 reads" in control.reason


def test_dna_and_replicates():
    assert molecule_limit(nanograms_needed(1e-3, 3, 0.05) * 3 * 1000 / 3.3) == pytest.approx(1e-3)
    count = replicates_for(4e-4, with_(depth=10_000)).plan.assay.replicates
    assert power_of(with_(depth=10_000, replicates=count), 4e-4) >= 0.95
    assert power_of(with_(depth=10_000, replicates=count - 1), 4e-4) < 0.95
    assert replicates_for(1e-6, BASE).plan is None


def test_what_costs_power_costs_power():
    base = power_of(BASE, 3e-4)
    for worse in (
        with_(control_depth=4_000),
        with_(rho=1e-4),
        with_(nanograms=5.0),
        with_(sites=50),
        with_(depth=9_000),
    ):
        assert power_of(worse, 3e-4) < base


def test_the_paragraph_states_what_it_rests_on():
    text = paragraph(plan_dict(with_(depth=1, nanograms=20.0, rho=1e-5, sites=12), 1e-3, False))
    for part in ("0.1 % above background", "12 sites", "20 ng", "correlation", "at any depth", "assumptions"):
        assert part in text
    refused = plan_dict(with_(background=1e-3, rho=1e-3), 5e-4, False)
    assert not refused["reachable"]
    assert "not reachable" in paragraph(refused)
    assert {r["what"] for r in curve_rows(refused)} == {"background from the control", "background known", "wanted"}


@pytest.mark.parametrize("bad", [{"depth": 0}, {"background": 0.7}, {"rho": 0.5}, {"nanograms": 0.0}, {"sites": 0}])
def test_assays_that_can_not_be(bad):
    with pytest.raises(ValueError, match="needs"):
        with_(**bad)
