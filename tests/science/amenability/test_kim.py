"""The taxonomy of Kim et al. 2023: limits, grid, labelled variants, and the comparison with N1C VARIANT."""

import doctest
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published_variants import KIM, SPLICE

from proband.science.design import amenability_kim
from proband.science.design.amenability import compare, n1c
from proband.science.design.amenability_facts import AmenabilityFacts
from proband.science.design.amenability_kim import CONSEQUENCES, GainedSite, KimFacts, kim

FULL = {
    "name": "x",
    "splice_ai_loss": 0.5,
    "maxent_ref": 8.0,
    "maxent_alt": 6.0,
    "branchpoint_distance": 40,
    "branchpoint_shift": 0,
    "gained": (),
    "consequence": "noncoding",
}
GAIN = (GainedSite(0.9, 5.0),)


@pytest.mark.parametrize(("facts", "label", "follows"), KIM, ids=[f.name for f, _, _ in KIM])
def test_labelled_variants(facts, label, follows):
    """The paper's label is never ruled out; it is given exactly where the printed facts suffice, else left open."""
    found = kim(facts)
    assert label in {c.value for c in found.possible}
    assert (found.amenability.value if found.amenability else None) == follows
    assert bool(found.missing) == (follows is None)


@pytest.mark.parametrize(
    ("change", "canonical"),
    [
        ({}, "moderate"),
        ({"splice_ai_loss": 0.09}, "little"),
        ({"splice_ai_loss": 0.1}, "moderate"),
        ({"maxent_alt": 1.9}, "severe"),
        ({"maxent_alt": 2.0, "maxent_ref": 6.0}, "moderate"),
        ({"maxent_alt": 2.5, "maxent_ref": 8.4}, "severe"),
        ({"maxent_alt": 8.0}, "little"),
        ({"maxent_alt": 1.0, "maxent_ref": 0.5}, "little"),
        ({"maxent_alt": 8.0, "branchpoint_distance": 3}, "moderate"),
        ({"maxent_alt": 8.0, "branchpoint_distance": 4}, "little"),
        ({"maxent_alt": 8.0, "branchpoint_shift": -4}, "moderate"),
        ({"maxent_alt": 8.0, "branchpoint_shift": 3}, "little"),
        ({"site_deleted": True}, "severe"),
    ],
)
def test_canonical_damage(change, canonical):
    """Methods of Kim et al. 2023: loss >= 0.1; ALT < 2 or < 0.3 REF; branchpoint within 3 nt or shifted by more."""
    assert kim(KimFacts(**(FULL | change))).canonical == (canonical,)


@pytest.mark.parametrize(
    ("consequence", "revel", "coding"),
    [
        ("frameshift", None, ("severe",)),
        ("nonsense", None, ("severe",)),
        ("start_loss", None, ("severe",)),
        ("missense", 0.51, ("severe",)),
        ("missense", 0.5, ("little",)),
        ("missense", None, ("little", "severe")),
        ("synonymous", None, ("little",)),
        ("stop_loss", None, ("little", "severe")),
        (None, None, ("little", "severe")),
    ],
)
def test_coding_damage(consequence, revel, coding):
    """Methods of Kim et al. 2023; a missing REVEL is not 0."""
    assert kim(KimFacts(name="x", consequence=consequence, revel=revel)).coding == coding


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"gained": GAIN}, ("gain",)),
        ({"gained": (GainedSite(0.1, 2.0),)}, ("gain",)),
        ({"gained": (GainedSite(0.09, 9.0),)}, ("skipping_or_retention",)),
        ({"gained": (GainedSite(0.9, 1.9),)}, ("skipping_or_retention",)),
        ({"gained": (GainedSite(0.9, None),)}, ("gain", "skipping_or_retention")),
        ({"gained": (GainedSite(None, 1.0),)}, ("skipping_or_retention",)),
        ({"gained": ()}, ("skipping_or_retention",)),
        ({"gained": (), "splice_ai_loss": 0.0}, ("neither",)),
        ({"gained": None, "splice_ai_loss": 0.0}, ("gain", "neither")),
    ],
)
def test_type(change, kind):
    """Methods of Kim et al. 2023: gain >= 0.1 with ALT >= 2; else loss >= 0.1; else neither."""
    assert kim(KimFacts(**(FULL | change))).mis_splicing == kind


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"splice_ai_loss": 0.0, "gained": GAIN}, "probably"),
        ({"gained": GAIN}, "possibly"),
        ({}, "possibly"),
        ({"maxent_alt": 9.0}, "possibly"),
        ({"maxent_alt": 1.0, "gained": GAIN}, "unlikely"),
        ({"splice_ai_loss": 0.0}, "unlikely"),
        ({"consequence": "nonsense", "splice_ai_loss": 0.0, "gained": GAIN}, "unlikely"),
    ],
)
def test_grid(change, expected):
    """Figure 2 of Kim et al. 2023, cell by cell as read from extracted text."""
    assert kim(KimFacts(**(FULL | change))).amenability.value == expected


def test_experiment_overrides_prediction():
    seen = {"observed_type": "gain", "observed_canonical": "little", "observed_source": "RNA of the patient"}
    assert kim(KimFacts(**(FULL | seen))).amenability.value == "probably"
    with pytest.raises(ValueError, match="observed_source"):
        KimFacts(name="x", observed_type="gain")


def test_a_missing_score_is_never_zero():
    """Score 0.99 alone (as printed for c.7865C>T) names no class: the MaxEntScan of the gained site is not printed."""
    found = kim(KimFacts(name="ATM c.7865C>T", gained=(GainedSite(0.99, None),), consequence="missense"))
    assert found.amenability is None
    assert {"gained", "revel", "splice_ai_loss"} <= set(found.missing)
    nothing = kim(KimFacts(name="x"))
    assert len(nothing.possible) == 3


SCORE = st.none() | st.sampled_from([0.0, 0.05, 0.1, 0.5, 1.0])
MAXENT = st.none() | st.sampled_from([-3.0, 1.9, 2.0, 2.5, 6.0, 9.0])


@st.composite
def some_scores(draw):
    sites = st.lists(st.builds(GainedSite, SCORE, MAXENT), max_size=2).map(tuple)
    motif_changed = draw(st.sampled_from([None, True, False]))
    reference = draw(MAXENT)
    alternate = reference if motif_changed is False else draw(MAXENT)
    return KimFacts(
        name="drawn",
        splice_ai_loss=draw(SCORE),
        maxent_ref=reference,
        maxent_alt=alternate,
        motif_changed=motif_changed,
        branchpoint_distance=draw(st.sampled_from([None, 2, 40])),
        branchpoint_shift=draw(st.sampled_from([None, 0, 9])),
        gained=draw(st.none() | sites),
        consequence=draw(st.none() | st.sampled_from(CONSEQUENCES)),
        revel=draw(SCORE),
    )


@settings(max_examples=400, deadline=None)
@given(some_scores(), st.data())
def test_knowing_more_only_narrows(facts, data):
    """Forgetting a score never rules out the class that the score gave."""
    known = [f.name for f in fields(facts) if f.name != "name" and getattr(facts, f.name) not in (None, "")]
    if not known:
        return
    less = replace(facts, **{data.draw(st.sampled_from(known)): None})
    assert set(kim(facts).possible) <= set(kim(less).possible)


def paired(name):
    by_n1c = next(f for f, _, _ in SPLICE if f.name == name and not f.precedents)
    by_kim = next(f for f, _, _ in KIM if f.name == name)
    return compare(n1c(by_n1c), kim(by_kim))


@pytest.mark.parametrize(
    ("name", "relation"),
    [
        ("ATM c.7865C>T", "agree"),
        ("ATM c.5763-1050A>G", "agree"),
        ("ATM c.3994-159A>G", "only_kim"),
        ("ATM c.2839-581G>A", "only_kim"),
        ("ATM c.6348-986G>T", "only_kim"),
        ("ATM c.8585-13_8598del", "agree"),
    ],
)
def test_compare(name, relation):
    found = paired(name)
    assert found.relation == relation
    assert found.differs == (relation == "only_kim")
    assert found.n1c_because
    assert found.kim_because
    assert "not checked against Data S1" in found.banner


def test_compare_where_the_two_contradict():
    """ATM c.496+5G>A: not eligible by N1C VARIANT (5 nt), possibly by the paper's label (moderate, skipping)."""
    by_n1c = n1c(next(f for f, _, _ in SPLICE if f.name == "ATM c.496+5G>A"))
    labelled = KimFacts(
        name="ATM c.496+5G>A",
        consequence="noncoding",
        observed_canonical="moderate",
        observed_type="skipping_or_retention",
        observed_source="class as labelled in Kim et al. 2023",
    )
    found = compare(by_n1c, kim(labelled))
    assert (found.relation, found.n1c, found.kim) == ("disagree", "not_eligible", "possibly")
    assert "5 nt" in found.n1c_because[0]
    assert "moderate" in found.kim_because[0]


def test_compare_of_two_silent_systems_and_of_two_variants():
    empty = n1c(AmenabilityFacts(name="x"))
    assert compare(empty, kim(KimFacts(name="x"))).relation == "neither"
    with pytest.raises(ValueError, match="two variants"):
        compare(empty, kim(KimFacts(name="y")))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: KimFacts(name="x", splice_ai_loss=1.2), "expected 0 to 1"),
        (lambda: KimFacts(name="x", gained=(GainedSite(7.0, 1.0),)), "gained"),
        (lambda: KimFacts(name="x", consequence="stop"), "expected one of frameshift"),
    ],
)
def test_errors(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_docstring_examples():
    assert doctest.testmod(amenability_kim).failed == 0


def test_scores_that_differ_outside_of_a_motif_are_refused():
    with pytest.raises(ValueError, match="motif_changed is False"):
        KimFacts(name="x", motif_changed=False, maxent_ref=1.9, maxent_alt=-3.0)
