"""What speaks for and against the cause: CA-02, CA-04, CA-05, CA-09 and CA-11."""

import pytest
from causality_cases import CONTROLS, FILE, NULL, PLACES, assay, code, contrary, family, lab, search

from proband.core.causality import (
    CausalityRecord,
    ExpectedTerm,
    NullFacts,
)
from proband.core.program import Patient, Phenotype

# ---- silence


def test_without_the_file_there_is_no_line(run):
    assert run("causality_record", "diagnosis_record", causality=None, without=(FILE,)).lines == []


def test_an_empty_record_says_nothing(entered):
    for design in ("single_patient", "umbrella"):
        made = entered(targets=2, patients=2, design=design)
        assert made.lines == []


def test_what_is_said_of_another_variant_says_nothing_of_the_target(entered):
    made = entered(codes=(code("PVS1", variant="other"),), assays=(assay(variant="other"),))
    assert {e.kind for e in made.lines} == {"variant.background"}
    assert (made.says("CA-02"), made.says("CA-05")) == ("silent", "silent")


def test_codes_that_nobody_evaluated_say_nothing(entered):
    assert entered(codes=(code("PVS1", "not_evaluated"),)).says("CA-02") == "silent"


# ---- CA-02


@pytest.mark.parametrize(
    ("codes", "verdict", "word"),
    [
        (("PVS1", "PS3", "PM2"), "supported", "pathogenic"),
        (("PS3", "PM3", "PM2"), "supported", "likely_pathogenic"),
        (("PM2", "PP3"), "insufficient: imprecise", "uncertain"),
        (("PVS1",), "insufficient: conflicting", "combiners_disagree"),
        (("BS1", "BS2"), "contradicted", "benign"),
        (("BS1", "BP4"), "contradicted", "likely_benign"),
        (("BA1",), "contradicted", "benign"),
    ],
)
def test_the_class_is_that_of_both_combiners(entered, codes, verdict, word):
    made = entered(codes=tuple(map(code, codes)))
    assert (made.says("CA-02"), made.of("variant.classification")[0].facts["class"]) == (verdict, word)


def test_opposing_codes_are_named_with_a_concern(entered):
    (line,) = entered(codes=(code("PVS1"), code("PS3"), code("BS1"))).of("variant.classification")
    assert line.facts["opposing"] == "for: PVS1, PS3; against: BS1"
    assert [c.word.value for c in line.concerns] == ["inconsistent"]


def test_computed_codes_count_and_are_named(entered):
    made = entered(codes=(code("PM2"), code("PM3")), assays=(assay(),), nulls=(NullFacts("v1", "nonsense", NULL, "s"),))
    (line,) = made.of("variant.classification")
    assert line.scope.settings["computed"] == ("PS3", "PVS1") or line.scope.settings["computed"] == ["PS3", "PVS1"]
    assert line.quantities["points"].value == 16
    assert "PS3" in line.statement


def test_a_target_without_codes_beside_one_with_codes_leaves_it_open(entered):
    codes = (code("PVS1"), code("PS3"), code("PM2"))
    assert entered(targets=1, codes=codes).says("CA-02") == "supported"
    made = entered(targets=2, codes=codes)
    assert made.says("CA-02") == "insufficient: incomplete"
    assert [e.subject.id for e in made.of("variant.classification") if "class" not in e.facts] == ["v2"]


# ---- CA-05


@pytest.mark.parametrize(
    ("parts", "verdict"),
    [
        ({"assays": (assay(),)}, "supported"),
        ({"assays": (assay(controls={}),)}, "insufficient: imprecise"),
        ({"assays": (assay("normal"),)}, "contradicted"),
        ({"assays": (assay(), assay("normal", name="b"))}, "insufficient: conflicting"),
        ({"assays": (assay(), assay(controls={}, name="b"))}, "supported"),
        ({"families": (family(affected_sibs=3),)}, "supported"),
        ({"families": (family(),)}, "insufficient: imprecise"),
        ({"families": (family(affected_sibs=3, affected_without=1),)}, "contradicted"),
        ({"codes": (code("PS3"), code("PP5"))}, "silent"),  # a code alone is a label
    ],
)
def test_evidence_beyond_a_label(entered, parts, verdict):
    assert entered(inheritance="autosomal_recessive", **parts).says("CA-05") == verdict


def test_each_targeted_variant_needs_its_own(entered):
    made = entered(targets=2, assays=(assay(),))
    assert made.says("CA-05") == "insufficient: incomplete"
    assert entered(targets=2, assays=(assay(), assay(variant="v2"))).says("CA-05") == "supported"


def test_patient_cells_are_named_and_odds_have_limits(entered):
    (line,) = entered(assays=(assay(material="patient_cells"),)).of("variant.function")
    assert line.facts["shown_by"] == "patient_cells"
    odds = line.quantities["odds_path"]
    assert odds.low < odds.value < odds.high
    (line,) = entered(assays=(assay(controls={**CONTROLS, "benign_abnormal": 0}),)).of("variant.function")
    assert "odds_path" not in line.quantities  # its upper limit is infinite


# ---- CA-04


@pytest.mark.parametrize(
    ("tests", "verdict"),
    [
        ((lab(), lab("enzyme_activity")), "supported"),
        ((lab(), lab("rna")), "supported"),
        ((lab(),), "insufficient: incomplete"),
        ((lab("enzyme_activity"),), "insufficient: incomplete"),
        ((lab(), lab("other")), "insufficient: incomplete"),
        ((lab(), lab("enzyme_activity", on=None)), "insufficient: incomplete"),
        ((lab(), lab("enzyme_activity", "pending")), "insufficient: incomplete"),
        ((lab(), lab("enzyme_activity", "inconclusive"), lab("imaging")), "insufficient: incomplete"),
        ((lab(), lab("enzyme_activity", "speaks_against")), "contradicted"),
        ((lab(result="speaks_against"), lab("imaging")), "contradicted"),
        ((), "silent"),
    ],
)
def test_the_diagnosis_by_tests(entered, tests, verdict):
    assert entered(tests=tests).says("CA-04") == verdict


def test_each_patient_needs_their_own_tests(entered):
    tests = (lab(), lab("enzyme_activity"))
    made = entered(patients=2, tests=tests)
    assert made.says("CA-04") == "insufficient: incomplete"
    assert [e.statement for e in made.of("diagnosis.confirmation") if e.subject.id == "p2"] == [
        "Laboratory tests of p2: none is entered."
    ]
    assert entered(patients=2, tests=(*tests, lab(patient="p2"), lab("rna", patient="p2"))).says("CA-04") == "supported"


# ---- CA-09


def test_an_umbrella_asks_each_variant_for_evidence_of_its_own(entered):
    both = (code("PM2"), code("PM2", variant="v2"))
    assert entered(targets=2, design="umbrella", codes=both).says("CA-09") == "insufficient: incomplete"
    assert entered(targets=2, design="umbrella", codes=both[:1]).says("CA-09") == "contradicted"
    made = entered(targets=2, design="umbrella", codes=both, assays=(assay(),))
    assert made.says("CA-09") == "insufficient: incomplete"
    assert "v2 lacks assay" in made.of("variant.records")[0].statement
    assert entered(targets=2, codes=both, design="single_patient").says("CA-09") == "silent"


# ---- CA-11


@pytest.mark.parametrize(
    ("searches", "findings", "verdict"),
    [
        (PLACES, (), "supported"),
        (PLACES, (contrary(),), "supported"),
        (PLACES, (contrary(answer="", by=""),), "insufficient: incomplete"),
        (PLACES, (contrary(), contrary("c2", answer="", by="")), "insufficient: incomplete"),
        (PLACES, (contrary(answer="because", by=""),), "insufficient: incomplete"),
        (PLACES[:2], (), "insufficient: incomplete"),
        ((*PLACES[:2], "own_records"), (), "insufficient: incomplete"),
        ((), (contrary(),), "insufficient: incomplete"),
        ((), (), "silent"),
    ],
)
def test_contrary_findings_are_searched_and_answered(entered, searches, findings, verdict):
    made = entered(searches=tuple(map(search, searches)), contrary=findings)
    assert made.says("CA-11") == verdict


def test_a_search_without_a_date_does_not_count(entered):
    searches = (search(PLACES[0]), search(PLACES[1]), search(PLACES[2], None))
    assert entered(searches=searches).says("CA-11") == "insufficient: incomplete"
    assert entered(searches=(*searches, search(PLACES[2]))).says("CA-11") == "supported"


# ---- phenotype


def test_terms_that_were_not_looked_for_are_not_absent(run):
    seen = (Phenotype("HP:0000001", "a", False), Phenotype("HP:0000002", "b", True))
    expected = tuple(ExpectedTerm(f"HP:000000{i}", "xabc"[i]) for i in (1, 2, 3))
    made = run(
        "diagnosis_record",
        patients=(Patient("p1", phenotypes=seen), Patient("p2")),
        causality=CausalityRecord(FILE, expected=expected, expected_source="s"),
    )
    one, two = sorted(made.of("phenotype.fit"), key=lambda e: e.subject.id)
    terms = one.facts["terms"]
    assert [terms.present, terms.absent, terms.unknown] == [
        ("a (HP:0000001)",),
        ("b (HP:0000002)",),
        ("c (HP:0000003)",),
    ]
    assert len(two.facts["terms"].unknown) == 3
