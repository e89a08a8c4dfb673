"""PSI and forms: the printed figures, replicates, forms of an exon, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from proband.core.errors import ProgramError
from proband.core.quantity import GRID
from proband.science.transcript.junctions import BoundaryCount, Junction
from proband.science.transcript.replicates import MOST_RHO, limits, shares_of
from proband.science.transcript.splicing import (
    ExonEvent,
    Lengths,
    count_forms,
    form_shares,
    jeffreys_psi,
    lengths_of,
    psi,
    psi_change,
)


def test_psi_as_printed():
    # Reads of 50 bases with anchors of 1 base give lengths 98 and 49; 40 and 20 reads give 0.500, 0.372 to 0.634.
    lengths = lengths_of(50)
    assert lengths == Lengths(98, 49)
    assert [round(x, 3) for x in jeffreys_psi(40, 20, lengths)] == [0.500, 0.372, 0.634]
    assert jeffreys_psi(0, 5, lengths)[1] == 0.0
    assert jeffreys_psi(5, 0, lengths)[2] == 1.0


def test_longer_anchors_leave_fewer_places():
    assert lengths_of(100, 8) == Lengths(2 * 85, 85)
    for wrong in ((10, 6), (50, 0)):
        with pytest.raises(ValueError, match="two anchors"):
            lengths_of(*wrong)


@given(st.integers(0, 500), st.integers(0, 500), st.floats(0.5, 4))
def test_one_sample_has_the_exact_limits_of_its_counts(inclusion, skipping, factor):
    if inclusion + skipping == 0:
        return
    lengths = Lengths(factor, 1.0)
    q = psi([(inclusion, skipping)], lengths)
    low, high = q.interval(0.95)
    n = inclusion + skipping
    exact = stats.binomtest(inclusion, n).proportion_ci(0.95, "exact")
    assert low == pytest.approx(lengths.psi(exact.low), abs=1e-9)
    assert high == pytest.approx(lengths.psi(exact.high), abs=1e-9)
    assert low <= q.value <= high
    assert "one replicate" in q.model


def test_replicates_that_differ_widen_the_interval_and_given_dispersion_is_used():
    lengths = lengths_of(50)
    alike = psi([(200, 100), (198, 101), (203, 99)], lengths)
    apart = psi([(200, 100), (120, 180), (270, 30)], lengths)

    def width(q):
        low, high = q.interval(0.95)
        return high - low

    assert width(apart) > 2 * width(alike)
    fixed = [psi([(200, 100), (198, 101)], lengths, rho=r) for r in (0.0, 0.01, 0.1)]
    assert width(fixed[0]) < width(fixed[1]) < width(fixed[2]) < width(psi([(200, 100), (198, 101)], lengths))
    with pytest.raises(ValueError, match="rho"):
        psi([(1, 1)], lengths, rho=1.0)


def test_rho_by_hand():
    # Depths 100 and 100, shares 0.2 and 0.4: p = 0.3, X2 = 2 * 100 * 0.01 / (0.3 * 0.7) = 9.5238;
    # rho = (X2 - 1) / (1/2 * 99 + 1/2 * 99) = 8.5238 / 99.
    fit = shares_of([[20, 80], [40, 60]])
    assert fit.rho == pytest.approx(8.523810 / 99, rel=1e-6)
    assert fit.effective[0] == pytest.approx(200 / (1 + 99 * fit.rho))
    assert fit.shares == pytest.approx((0.3, 0.7))
    assert shares_of([[0, 100], [100, 0]]).rho == MOST_RHO


@given(st.sampled_from([0.0, 1.0]) | st.floats(1e-4, 1 - 1e-4), st.floats(1, 5000), st.integers(0, 6))
def test_limits_are_ordered_and_hold_the_share(share, effective, degrees):
    low, high = limits(share, effective, degrees)
    assert (np.diff(low) >= 0).all()
    assert (np.diff(high) >= 0).all()
    assert (low <= high).all()
    i = GRID.index(0.025)
    assert low[i] <= share + 1e-9
    assert high[-1 - i] >= share - 1e-9


def test_limits_use_the_ratio_of_normal_and_t():
    low, high = limits(0.3, 400, 2)
    size = 400 * (stats.norm.ppf(0.975) / stats.t(2).ppf(0.975)) ** 2
    i = GRID.index(0.025)
    assert low[i] == pytest.approx(stats.beta(0.3 * size, 0.7 * size + 1).ppf(0.025))
    assert high[-1 - i] == pytest.approx(stats.beta(0.3 * size + 1, 0.7 * size).ppf(0.975))


@pytest.mark.parametrize("degrees", [1, 2, 5])
def test_the_median_lies_between_its_neighbours(degrees):
    low, high = limits(0.4, 300, degrees, np.array([0.4999, 0.5, 0.5001]))
    assert low[1] == pytest.approx((low[0] + low[2]) / 2, rel=1e-6)
    assert high[1] == pytest.approx((high[0] + high[2]) / 2, rel=1e-6)


def test_a_replicate_without_reads_holds_no_information():
    assert shares_of([[8, 2], [0, 0]]) == shares_of([[8, 2]])
    with pytest.raises(ProgramError, match="no read across the event"):
        psi([(0, 0), (0, 0)], lengths_of(50), source="psi.csv")
    for wrong in ([[0, 0]], [[1]], [[-1, 2]], [[np.nan, 1]]):
        with pytest.raises(ValueError, match=r"no replicate|replicates x categories"):
            shares_of(wrong)


EVENT = ExonEvent("1", 100, 200, 250, 400, "+")


def junction(start, end, reads, strand="+", contig="1"):
    return Junction(contig, start, end, strand, reads, 20, 20)


def test_forms_of_an_exon():
    made = count_forms(
        EVENT,
        [
            junction(100, 200, 9),
            junction(250, 400, 7),
            junction(100, 400, 3),
            junction(100, 215, 2),  # another start of the exon
            junction(120, 180, 1, "?"),  # wholly inside, strand not known
            junction(250, 420, 50),  # ends outside: another event
            junction(50, 200, 50),
            junction(100, 400, 50, "-"),
            junction(100, 400, 50, contig="2"),
        ],
        [BoundaryCount(4, 5), BoundaryCount(1, 0)],
    )
    assert made == {"inclusion": 16, "skipping": 3, "cryptic": 3, "retained": 10}
    assert "retained" not in count_forms(EVENT, [])
    with pytest.raises(ValueError, match="between"):
        ExonEvent("1", 100, 90, 95, 400)


def test_shares_of_forms_and_the_limit_of_one_that_is_not_seen():
    one = {"inclusion": 160, "skipping": 10, "cryptic": 0, "retained": 20}
    made = form_shares([one])
    assert sum(q.value for q in made.quantities.values()) == pytest.approx(1)
    assert made.quantities["inclusion"].value == pytest.approx(80 / 100)
    # None in 100 molecules: below 1 - 0.05^(1/100) with 95 % confidence.
    assert made.detection_limit("cryptic") == pytest.approx(1 - 0.05**0.01)
    several = form_shares([one, one, one])
    assert several.replicates == 3
    assert several.reads["cryptic"] == 0
    assert several.detection_limit("cryptic") > 0


def test_forms_must_be_the_same_in_all_replicates():
    with pytest.raises(ProgramError, match="retained not counted in every"):
        form_shares([{"inclusion": 1, "retained": 0}, {"inclusion": 3}])
    with pytest.raises(ProgramError, match="no read across"):
        form_shares([{"inclusion": 0, "skipping": 0}])


def test_change_of_psi():
    lengths = Lengths(1, 1)
    change = psi_change(psi([(80, 20)], lengths), psi([(20, 80)], lengths))
    assert change.value == pytest.approx(0.6)
    low, high = change.interval(0.95)
    assert 0.46 < low < 0.6 < high < 0.72
