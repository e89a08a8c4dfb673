"""N1C VARIANT v1.0 as re-coded: derived vectors, every row, ambiguities, and missing facts."""

import doctest
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published_variants import ATM_7865, DOMINANT_NEGATIVE, KNOCK_DOWN, SPLICE, intronic

from proband.science.design import amenability, amenability_facts, amenability_rows
from proband.science.design.amenability import STRATEGIES, Outcome, n1c
from proband.science.design.amenability_facts import (
    FACTS,
    VOCABULARY,
    AmenabilityFacts,
    Precedent,
    haploinsufficient_by,
)
from proband.science.design.amenability_rows import data, questions, rows


def outcome(facts, strategy):
    found = n1c(facts).strategies[strategy].outcome
    return found.value if found else None


@pytest.mark.parametrize(("facts", "expected", "why"), SPLICE, ids=[f"{f.name}: {w}" for f, _, w in SPLICE])
def test_derived_vectors_of_splice_correction(facts, expected, why):
    assert outcome(facts, "splice_correction") == expected


@pytest.mark.parametrize(("facts", "expected", "why"), KNOCK_DOWN, ids=[f"{f.name}: {w}" for f, _, w in KNOCK_DOWN])
def test_derived_vectors_of_knock_down(facts, expected, why):
    assert outcome(facts, "knock_down") == expected


@pytest.mark.parametrize("offset", [-21, -15])
def test_without_knowledge_of_the_canonical_site_there_is_no_class(offset):
    """ATM c.2639-21A>G and c.6573-15T>G from position and RNA alone: the site may be destroyed."""
    found = n1c(intronic("x", offset, splice_evidence="patient_rna")).strategies["splice_correction"]
    assert (found.outcome, found.at_best, found.missing) == (Outcome.UNABLE, "unlikely", ("canonical_site",))


def test_absent_normal_transcript_is_not_a_destroyed_site():
    """ATM c.7865C>T: likely; a rule on 'no normal transcript' alone would wrongly give not eligible. Both are shown."""
    found = n1c(AmenabilityFacts(**ATM_7865)).strategies["splice_correction"]
    (ambiguity,) = found.ambiguities
    assert ambiguity.id == "no_wt_transcript"
    assert ambiguity.by_reading == {"site_destroyed": "likely", "none_seen": "not_eligible"}
    assert ambiguity.chosen == "site_destroyed"


def test_allele_selective_is_required():
    notes = " ".join(n1c(AmenabilityFacts(**DOMINANT_NEGATIVE)).strategies["knock_down"].notes)
    assert "dominant negative" in notes
    assert "haploinsufficient" in notes


def test_the_two_recodings_of_knock_down_in_a_haploinsufficient_gene():
    facts = AmenabilityFacts(**DOMINANT_NEGATIVE, dosage_tightly_regulated=False, allele_selective=False)
    found = n1c(facts).strategies["knock_down"]
    assert found.outcome is Outcome.UNLIKELY
    assert found.ambiguities[0].by_reading == {"unlikely": "unlikely", "not_unless_selective": "not_eligible"}


def test_narrow_window_is_flagged_beside_eligible():
    scn2a = next(f for f, e, w in KNOCK_DOWN if w == "precedent, narrow window")
    found = n1c(scn2a).strategies["knock_down"]
    assert found.outcome is Outcome.ELIGIBLE
    assert any("narrow window" in n for n in found.notes)


def test_cps1_is_no_antisense_case():
    cps1 = next(f for f, _, _ in KNOCK_DOWN if f.name.startswith("CPS1"))
    found = n1c(cps1).strategies
    assert found["knock_down"].applies is False
    assert found["splice_correction"].applies is False
    assert found["exon_skipping"].outcome is Outcome.UNABLE
    assert {"exon_place", "skip_length"} <= set(found["exon_skipping"].missing)


EXON = {
    "name": "exon",
    "variant_type": "snv",
    "pathogenic": True,
    "consequence": "nonsense",
    "mechanism": "loss",
    "region": "exon",
    "exon_place": "inner",
    "skip_length": 87,
    "coding_length": 9171,
    "skip_makes_stop": False,
    "domain": "none",
    "critical_residues": False,
    "missense_hotspot": False,
    "natural_skip": "none",
    "more_missense_than_truncating": False,
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "likely"),
        ({"natural_skip": "benign"}, "eligible"),
        ({"exon_place": "first"}, "not_eligible"),
        ({"exon_place": "last"}, "not_eligible"),
        ({"exon_place": "only"}, "not_eligible"),
        ({"skip_length": 88}, "not_eligible"),
        ({"skip_makes_stop": True}, "not_eligible"),
        ({"domain": "only"}, "not_eligible"),
        ({"critical_residues": True}, "not_eligible"),
        ({"missense_hotspot": True}, "not_eligible"),
        ({"natural_skip": "pathogenic"}, "not_eligible"),
        ({"domain": "several", "coding_length": 600}, "not_eligible"),
        ({"domain": "one"}, "unlikely"),
        ({"domain": "tandem_repeat"}, "unlikely"),
        ({"coding_length": 600}, "unlikely"),
        ({"more_missense_than_truncating": True}, "unlikely"),
        ({"mechanism": "gain"}, "unable_to_assess"),
        ({"critical_residues": None}, "unable_to_assess"),
        ({"natural_skip": "benign", "skip_length": 88}, "eligible"),
    ],
)
def test_exon_skipping_rows(change, expected):
    """The exon-skipping table as re-coded, one change at a time from an exon that meets every condition."""
    assert outcome(AmenabilityFacts(**(EXON | change)), "exon_skipping") == expected


def test_atm_exon_59_can_not_be_skipped():
    """ATM c.8585-13_8598del loses exon 59: 87 nt, in frame, kinase core (Kim et al. 2023)."""
    facts = AmenabilityFacts(**(EXON | {"critical_residues": True, "name": "ATM c.8585-13_8598del"}))
    assert outcome(facts, "exon_skipping") == "not_eligible"


@pytest.mark.parametrize(
    ("length", "expected", "by_reading"),
    [
        (87 * 10 + 1, "likely", None),
        (87 * 10 - 1, "unlikely", None),
        (87 * 10, "unable_to_assess", {"more_than": "likely", "at_least": "unlikely"}),
    ],
)
def test_exactly_ten_percent_is_ambiguous(length, expected, by_reading):
    found = n1c(AmenabilityFacts(**(EXON | {"coding_length": length}))).strategies["exon_skipping"]
    assert found.outcome.value == expected
    assert [a.by_reading for a in found.ambiguities] == ([by_reading] if by_reading else [])
    assert found.at_best == ("likely" if by_reading else "")


@pytest.mark.parametrize(("distance", "expected"), [(14, "unlikely"), (15, "unable_to_assess"), (16, "likely")])
def test_fifteen_nt_is_ambiguous(distance, expected):
    facts = {**ATM_7865, "normal_transcript_seen": True, "gained_site_distance": distance}
    found = n1c(AmenabilityFacts(**facts)).strategies["splice_correction"]
    assert found.outcome.value == expected
    if distance == 15:
        (ambiguity,) = [a for a in found.ambiguities if a.id == "fifteen_nt"]
        assert ambiguity.by_reading == {"far_enough": "likely", "too_near": "unlikely"}


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        *((-101, "likely"), (-100, "unlikely"), (-6, "unlikely"), (-5, "not_eligible"), (-1, "not_eligible")),
        *((51, "likely"), (50, "unlikely"), (6, "unlikely"), (5, "not_eligible"), (1, "not_eligible")),
    ],
)
def test_intronic_edges(offset, expected):
    """> 100 nt before the acceptor or > 50 nt after the donor likely; to 6 nt unlikely; within 5 nt not eligible."""
    assert outcome(
        intronic("x", offset, canonical_site="intact", splice_evidence="patient_rna"), "splice_correction"
    ) == (expected)


@pytest.mark.parametrize("evidence", ["minigene", "in_silico", "none", None])
@pytest.mark.parametrize("offset", [-1050, -159, -21, 60, 20])
def test_minigene_and_prediction_are_never_enough(evidence, offset):
    facts = intronic("x", offset, canonical_site="intact", splice_evidence=evidence)
    assert outcome(facts, "splice_correction") == "unable_to_assess"


@pytest.mark.parametrize(
    ("precedents", "expected"),
    [
        ([("variant", "protein", 1)], "eligible"),
        ([("exon", "cellular_rescue", 1)], "eligible"),
        ([("gene_in_phase", "clinical_use", 1)], "eligible"),
        ([("other", "protein", 1)], "unlikely"),
        ([("variant", "rna_only", 3)], "unlikely"),
        ([("variant", "failed", 1)], "unlikely"),
        ([("variant", "failed", 2)], "not_eligible"),
        ([("variant", "failed", 1), ("exon", "failed", 1)], "not_eligible"),
        ([("variant", "protein", 1), ("variant", "failed", 2)], "unable_to_assess"),
    ],
)
def test_precedent_comes_first(precedents, expected):
    tried = tuple(Precedent("splice_correction", scope, shows, "paper", n) for scope, shows, n in precedents)
    facts = intronic("x", -21, canonical_site="weakened", splice_evidence="patient_rna", precedents=tried)
    found = n1c(facts).strategies["splice_correction"]
    assert found.outcome.value == expected
    assert found.by_precedent == (expected != "unlikely")
    if expected in ("eligible", "not_eligible"):
        assert "without precedent: unlikely" in found.against


def test_precedent_does_not_bring_an_excluded_variant_into_scope():
    tried = (Precedent("knock_down", "gene_in_phase", "clinical_use", "paper"),)
    facts = AmenabilityFacts(name="x", variant_type="inversion", pathogenic=True, precedents=tried)
    assert outcome(facts, "knock_down") == "unable_to_assess"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"haploinsufficient": False, "one_copy_loss_tolerated": True, "hemizygous": False}, "likely"),
        ({"haploinsufficient": False, "hemizygous": True, "complete_loss_tolerated": True}, "likely"),
        ({"haploinsufficient": False, "hemizygous": True, "complete_loss_tolerated": False}, "unable_to_assess"),
        ({"haploinsufficient": False, "hemizygous": False}, "unable_to_assess"),
        ({"mechanism_proven": False}, "unable_to_assess"),
        ({"dosage_tightly_regulated": True}, "not_eligible"),
        ({"mechanism": "complex"}, "unable_to_assess"),
        ({"mechanism": None}, "unable_to_assess"),
    ],
)
def test_knock_down_rows(change, expected):
    facts = {**DOMINANT_NEGATIVE, "mechanism": "gain", "dosage_tightly_regulated": False} | change
    assert outcome(AmenabilityFacts(**facts), "knock_down") == expected


def test_copy_number():
    """A gain of copies is judged for knock-down, loss of both is out of scope, one loss is for upregulation."""
    gain = AmenabilityFacts(
        name="x",
        variant_type="gene_duplication",
        pathogenic=True,
        mechanism="loss",
        mechanism_proven=True,
        haploinsufficient=False,
        one_copy_loss_tolerated=True,
        hemizygous=False,
        dosage_tightly_regulated=False,
    )
    assert outcome(gain, "knock_down") == "likely"
    lost = AmenabilityFacts(name="x", variant_type="gene_deletion", pathogenic=True, mechanism="loss", copies_left=0)
    assert outcome(lost, "upregulation") == "unable_to_assess"
    one = replace(lost, copies_left=1, haploinsufficient=True)
    found = n1c(one).strategies["upregulation"]
    assert (found.outcome, found.applies) == (None, True)
    assert any("information only" in n for n in found.notes)


@st.composite
def some_facts(draw):
    values = {"name": "drawn"}
    for fact in sorted(FACTS - {"skip_in_frame", "exon_share", "intronic_offset"}):
        if fact in VOCABULARY:
            choice = st.sampled_from(VOCABULARY[fact])
        elif fact in ("skip_length", "coding_length"):
            choice = st.sampled_from([87, 88, 120, 870, 1200, 9171])
        elif fact in ("site_distance", "gained_site_distance"):
            choice = st.sampled_from([1, 5, 6, 14, 15, 16, 200])
        elif fact == "copies_left":
            choice = st.integers(0, 2)
        else:
            choice = st.booleans()
        values[fact] = draw(st.none() | choice)
    return AmenabilityFacts(**values)


DECIDED = {"eligible", "likely", "unlikely", "not_eligible"}


@settings(max_examples=500, deadline=None)
@given(some_facts(), st.data())
def test_learning_a_fact_never_changes_a_decided_class(facts, data):
    """A class given with facts missing stays whatever they turn out to be, but for a benign natural skip, which is
    direct evidence that raises, and but for not eligible, which may turn out not to apply or to be ambiguous."""
    known = [f for f in sorted(FACTS - {"skip_in_frame", "exon_share"}) if getattr(facts, f) is not None]
    if not known:
        return
    forgot = data.draw(st.sampled_from(known))
    before, after = n1c(replace(facts, **{forgot: None})), n1c(facts)
    for strategy in STRATEGIES:
        a, b = before.strategies[strategy].outcome, after.strategies[strategy].outcome
        if a is None or a.value not in DECIDED:
            continue
        if b is Outcome.ELIGIBLE and forgot == "natural_skip":
            continue
        if after.strategies[strategy].applies is False or b is Outcome.UNABLE:
            assert a is Outcome.NOT_ELIGIBLE
            continue
        assert b is a


def test_a_natural_skip_of_an_exon_that_may_not_be_there_to_skip_decides_nothing():
    deep = AmenabilityFacts(name="deep", variant_type="snv", pathogenic=True, region="intron", natural_skip="benign")
    found = n1c(deep).strategies["exon_skipping"]
    assert (found.outcome, found.at_best) == (Outcome.UNABLE, "eligible")
    assert "canonical_site" in found.missing


def test_nothing_known_gives_no_class():
    found = n1c(AmenabilityFacts(name="empty")).strategies
    assert {r.outcome for r in found.values()} == {Outcome.UNABLE}
    assert set(found["knock_down"].missing) == {"variant_type", "pathogenic", "copies_left"}


def test_every_row_is_readable_and_says_how_it_was_read():
    ids = [r.id for r in rows()]
    assert len(ids) == len(set(ids))
    outcomes = {"eligible", "likely", "unlikely", "not_eligible", "gate", "does_not_apply", "note"}
    asked = {q.id: q.readings for q in questions()}
    for row in rows():
        assert row.read_as in {"secondary", "inferred"}, row.id
        assert row.outcome in outcomes
        assert row.strategy in {*STRATEGIES, "all"}
        assert set(row.sources) <= set(data()["source"])
        assert set(row.when) <= FACTS
        assert all(reading in asked[q] for q, reading in row.only_if.items())
        for fact, spec in row.when.items():
            for word in (w for key in ("one_of", "none_of") for w in spec.get(key, ())):
                assert word in VOCABULARY[fact], (row.id, word)
            assert all(reading in asked[q] for q, reading in spec.get("or_equal_if", {}).items())


def test_the_banner_stands_on_every_result():
    assert "not checked against Data S1" in n1c(AmenabilityFacts(name="empty")).banner


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: AmenabilityFacts(name="x", mechanism="lof"), "expected one of loss"),
        (lambda: AmenabilityFacts(name="x", intronic_offset=0), "no offset 0"),
        (lambda: AmenabilityFacts(name="x", region="exon", intronic_offset=5), "region is 'exon'"),
        (lambda: AmenabilityFacts(name="x", skip_length=0), "1 or more"),
        (lambda: AmenabilityFacts(name="x").value("colour"), "is not a fact"),
        (lambda: Precedent("magic", "variant", "protein", "x"), "strategy"),
        (lambda: Precedent("knock_down", "variant", "protein", ""), "needs a source"),
    ],
)
def test_errors(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(
    ("clingen", "pli", "loeuf", "expected"),
    [
        (3, None, None, True),
        (40, 1.0, 0.1, False),
        (0, 0.9, 0.59, True),
        (None, 0.9, 0.6, None),
        (None, 0.89, 0.1, None),
        (None, 1.0, None, None),
        (2, None, None, None),
    ],
)
def test_haploinsufficiency(clingen, pli, loeuf, expected):
    """ClinGen 3, else pLI at least 0.9 with LOEUF below 0.6; a missing score is not known."""
    assert haploinsufficient_by(clingen, pli, loeuf) is expected


@pytest.mark.parametrize("module", [amenability, amenability_facts, amenability_rows])
def test_docstring_examples(module):
    assert doctest.testmod(module).failed == 0
