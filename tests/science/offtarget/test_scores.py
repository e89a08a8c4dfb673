"""CFD, the empirical probability, recall ceilings: published values, the reference data, guides held out."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.offtarget import empirical_fit as fit
from proband.science.offtarget.cfd import cfd, load_cfd
from proband.science.offtarget.empirical_score import FEATURES, SIGNS, empirical, load_model
from proband.science.offtarget.paired_sites import AssaySite, paired, read_assay
from proband.science.offtarget.recall import ceilings, ceilings_for, measured

DATA = Path(__file__).resolve().parents[4] / "shared" / "reference" / "offtarget"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the reference data of off-target assays are not here")
SPACER = "GTCACCAATCCTGTCCCTAG"
COMPLEMENT = dict(zip("ACGT", "TGCA", strict=True))
sites = st.text("ACGT", min_size=20, max_size=20)


@pytest.fixture(scope="module")
def tables():
    if not DATA.is_dir():
        pytest.skip("the reference data of off-target assays are not here")
    change = read_assay(DATA / "changeseq_tcell_half.csv.gz", "CHANGEseq_reads")
    return change, read_assay(DATA / "guideseq_tcell_half.csv.gz", "GUIDEseq_reads")


@pytest.fixture(scope="module")
def labelled(tables):
    return paired(*tables)


@needs_data
def test_all_256_factors_are_those_of_the_reference_file():
    table, seen = load_cfd(), 0
    with (DATA / "cfd_doench2016.csv").open(encoding="utf-8") as text:
        for row in csv.DictReader(text):
            if row["kind"] == "mismatch":
                assert table.mismatch[row["rna_dna"]][int(row["position"]) - 1] == float(row["score"])
            else:
                assert table.pam[row["rna_dna"]] == float(row["score"])
            seen += 1
    assert seen == 256
    assert sum(map(len, table.mismatch.values())) == 240
    assert len(table.pam) == 16


def test_cfd_of_factors_typed_from_the_publication():
    """Doench et al. 2016, table 19: rG:dT at 1 is 0.9, rA:dA at 16 is 0, PAM AG 0.259259259."""
    assert cfd(SPACER, "A" + SPACER[1:], "TGG").score == pytest.approx(0.9)
    assert cfd(SPACER, SPACER, "CAG").score == pytest.approx(0.259259259)
    spacer = SPACER[:15] + "A" + SPACER[16:]
    assert cfd(spacer, SPACER[:15] + "T" + SPACER[16:], "TGG").score == 0


@given(sites, sites, st.text("ACGT", min_size=3, max_size=3))
def test_cfd_is_the_product_of_its_factors(spacer, site, pam):
    table = load_cfd()
    product = table.pam[pam[1:]]
    for i, (a, b) in enumerate(zip(spacer, site, strict=True)):
        if a != b:
            product *= table.mismatch[f"r{a.replace('T', 'U')}:d{COMPLEMENT[b]}"][i]
    assert cfd(spacer, site.lower(), pam).score == pytest.approx(product)


def test_bulges_stand_in_a_column_of_their_own():
    dna = cfd(SPACER[:10] + "-" + SPACER[10:], SPACER[:10] + "A" + SPACER[10:], "TGG")
    rna = cfd(SPACER, SPACER[:10] + "-" + SPACER[11:], "TGG")
    mean = np.mean([v[10] for v in load_cfd().mismatch.values()])
    assert (dna.score, rna.score) == (None, None)
    assert dna.extended == pytest.approx(mean)
    assert rna.extended == pytest.approx(mean)
    assert "not validated" in dna.reason


@pytest.mark.parametrize(
    ("spacer", "site", "pam", "side"),
    [(SPACER[:19], SPACER[:19], "TGG", 3), (SPACER, SPACER, "TTTA", 5), (SPACER, SPACER, "TGGA", 3)],
)
def test_other_guides_get_a_reason_and_no_number(spacer, site, pam, side):
    assert cfd(spacer, site, pam, side).score is None
    assert cfd(spacer, site, pam, side).reason
    assert empirical(spacer, site, pam, side).probability is None


@pytest.mark.parametrize(("site", "pam"), [("", "TGG"), (SPACER + "A", "TGG"), ("N" * 20, "TGG"), (SPACER, "TNG")])
def test_letters_that_are_no_alignment_raise(site, pam):
    with pytest.raises(ValueError, match="alignment"):
        cfd(SPACER, site, pam)


def test_the_model_does_not_speak_of_what_it_has_not_seen():
    assert empirical(SPACER, SPACER, "TGG").probability is None
    far = "".join(COMPLEMENT[b] for b in SPACER[:7]) + SPACER[7:]
    assert "at most 6" in empirical(SPACER, far, "TGG").reason
    assert "bulges" in empirical(SPACER, "-" + SPACER[1:], "TGG").reason


@given(st.lists(st.integers(0, 19), min_size=1, max_size=5, unique=True), st.integers(0, 19), st.integers(1, 3))
def test_one_more_mismatch_never_makes_a_site_likelier(places, more, turn):
    def changed(at: list[int]) -> str:
        return "".join("ACGT"[("ACGT".index(b) + turn) % 4] if i in at else b for i, b in enumerate(SPACER))

    fewer = empirical(SPACER, changed(places), "TGG").probability
    added = empirical(SPACER, changed([*places, more]), "TGG").probability
    assert added <= fewer + 1e-12


def test_coefficients_keep_their_signs_and_a_weak_pam_never_helps():
    model = load_model()
    assert all(model.coefficients[n] * SIGNS[n] >= 0 for n in FEATURES)
    site = "A" + SPACER[1:]
    strong = empirical(SPACER, site, "TGG").probability
    assert all(empirical(SPACER, site, p).probability < strong for p in ("TAG", "TGA", "TTT"))


def test_average_precision_and_auroc_by_hand():
    """Four sites, scores 4 3 3 1, found yes no yes no: precision 1 at recall 1/2, then 2/3 at recall 1."""
    found, score = np.array([True, False, True, False]), np.array([4.0, 3.0, 3.0, 1.0])
    assert fit.average_precision(found, score) == pytest.approx((1 + 2 / 3) / 2)
    assert fit.auroc(found, score) == pytest.approx(3.5 / 4)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=30))
def test_auroc_is_the_share_of_pairs_in_order(rows):
    found, score = np.array([f for f, _ in rows]), np.array([float(s) for _, s in rows])
    pairs = [(a, b) for a in score[found] for b in score[~found]]
    if not pairs:
        assert np.isnan(fit.auroc(found, score))
        return
    assert fit.auroc(found, score) == pytest.approx(np.mean([(a > b) + 0.5 * (a == b) for a, b in pairs]))


def test_a_fit_without_both_kinds_is_refused():
    with pytest.raises(ValueError, match="both kinds"):
        fit.fit(np.zeros((3, len(FEATURES))), np.zeros(3, bool))


def test_guides_that_the_second_assay_lacks_are_left_out():
    a, b = (
        AssaySite("c", 1, "+", "C" + SPACER[1:], "TGG", SPACER, 5),
        AssaySite("c", 9, "+", "T" * 20, "TGG", "A" * 20, 5),
    )
    made = paired((a, b, a), (AssaySite("c", 7, "+", SPACER, "TGG", SPACER, 5),))
    assert len(made) == 1
    assert not made.found.any()


def test_baselines_on_the_public_half(labelled):
    """Minus count 0.786 and 0.157, CFD 0.789 and 0.237 here (all data, as read: 0.787/0.289 and 0.740/0.265)."""
    assert (len(labelled), int(labelled.found.sum()), len(np.unique(labelled.guides))) == (3178, 156, 23)
    assert fit.auroc(labelled.found, -labelled.mismatches) == pytest.approx(0.786, abs=5e-4)
    assert fit.average_precision(labelled.found, -labelled.mismatches) == pytest.approx(0.157, abs=5e-4)
    assert fit.auroc(labelled.found, labelled.cfd) == pytest.approx(0.789, abs=5e-4)
    assert fit.average_precision(labelled.found, labelled.cfd) == pytest.approx(0.237, abs=5e-4)


def test_the_shipped_coefficients_are_those_of_a_fit(labelled):
    made, shipped = fit.fit(labelled.features, labelled.found), load_model()
    assert made.intercept == pytest.approx(shipped.intercept, abs=2e-3)
    for name in FEATURES:
        assert made.coefficients[name] == pytest.approx(shipped.coefficients[name], abs=2e-3)


def test_guides_held_out_beat_minus_the_mismatch_count(labelled):
    odds = fit.held_out(labelled.features, labelled.found, labelled.guides)
    found, count = labelled.found, -labelled.mismatches
    about = load_model().about
    assert fit.auroc(found, odds) == pytest.approx(about["auroc"][0], abs=2e-3)
    assert fit.average_precision(found, odds) == pytest.approx(about["average_precision"][0], abs=3e-3)
    assert fit.auroc(found, odds) > max(0.787, fit.auroc(found, count))
    assert fit.average_precision(found, odds) > max(0.289, fit.average_precision(found, count))
    better = fit.by_guides(
        lambda i: fit.auroc(found[i], odds[i]) - fit.auroc(found[i], count[i]), labelled.guides, seed=1, draws=200
    )
    assert better.low > 0
    intercept, slope = fit.calibration_line(found, odds)
    assert abs(intercept) < 0.5
    assert 0.7 < slope < 1.4
    assert sum(b.sites for b in fit.calibration(found, odds)) == len(labelled)


def test_held_out_means_that_no_site_of_the_guide_is_seen(labelled):
    """Turning the labels of one guide round leaves its own predictions as they were."""
    keep = np.isin(labelled.guides, np.unique(labelled.guides)[:4])
    values, found, guides = labelled.features[keep], labelled.found[keep].copy(), labelled.guides[keep]
    mine = guides == guides[0]
    before = fit.held_out(values, found, guides)
    found[mine] = ~found[mine]
    assert np.allclose(fit.held_out(values, found, guides)[mine], before[mine])


def test_the_choice_of_features_never_sees_the_guide_left_out(labelled):
    few = np.isin(labelled.guides, np.unique(labelled.guides)[:6])
    values, found, guides = labelled.features[few], labelled.found[few].copy(), labelled.guides[few]
    candidates = [fit.Candidate(("mismatches", "pam_nag")), fit.Candidate(("mismatches", "log_cfd"), 1.0)]
    before, chosen = fit.nested(values, found, guides, candidates, 3)
    name = np.unique(guides)[2]
    mine = guides == name
    alone = [fit.log_loss(found[~mine], fit.held_out(values[~mine], found[~mine], guides[~mine], c, 3))
             for c in candidates]  # fmt: skip
    assert chosen[2] == candidates[int(np.argmin(alone))]
    assert np.allclose(before[mine], fit.held_out(values, found, guides, chosen[2])[mine])
    found[mine] = ~found[mine]
    after, again = fit.nested(values, found, guides, candidates, 3)
    assert again[2] == chosen[2]
    assert np.allclose(after[mine], before[mine])


def test_the_shipped_recall_of_the_half_is_measured_again(tables):
    change, guide = tables
    for c in ceilings():
        if c.data == "half":
            sites_, reads = measured(guide if c.assay == "GUIDE-seq" else change, c.pam, c.mismatches)
            assert (c.sites, c.reads) == (pytest.approx(sites_, abs=6e-4), pytest.approx(reads, abs=6e-4))


def test_recall_of_all_rows_as_read_and_of_settings_not_measured():
    assert [(c.assay, c.sites, c.reads) for c in ceilings_for("NRG", 6)] == [
        ("GUIDE-seq", 0.941, 0.996), ("CHANGE-seq", 0.955, 0.950)
    ]  # fmt: skip
    assert {c.data for c in ceilings_for("NGG", 5)} == {"half"}
    assert ceilings_for("TTTV", 4) == ()
    assert ceilings_for("NGG", 9) == ()
