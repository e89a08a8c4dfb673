"""What deleting an entry of a causality record may do: it never creates support, and leaves silence behind."""

from dataclasses import replace

from causality_cases import CONTROLS, DAY, FILE, NULL, PLACES, assay, code, contrary, family, lab, search
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proband.core.causality import (
    AppliedCode,
    Assay,
    CausalityRecord,
    ContraryFinding,
    FamilyCounts,
    LabTest,
    NullFacts,
    Search,
)

CODES = ("PVS1", "PS1", "PS2", "PS4", "PM1", "PM2", "PM3", "PM5", "PP3", "PP4", "BS1", "BP4", "BA1")
entries = st.one_of(
    st.builds(
        code,
        st.sampled_from(CODES),
        st.sampled_from(("met", "met", "met", "not_met", "not_evaluated")),
        st.sampled_from(("v1", "v2")),
        st.sampled_from(("", "supporting", "strong")),
        st.sampled_from(((), ("rna",), ("population",))),
    ),
    st.builds(
        assay,
        st.sampled_from(("abnormal", "normal", "between")),
        st.sampled_from(("v1", "v2")),
        st.sampled_from((CONTROLS, {})),
    ),
    st.builds(
        family, st.sampled_from(("v1", "v2")), affected_sibs=st.integers(0, 3), affected_without=st.integers(0, 1)
    ),
    st.builds(
        lab,
        st.sampled_from(("sequencing", "enzyme_activity", "imaging")),
        st.sampled_from(("confirms", "confirms", "inconclusive", "speaks_against")),
        st.sampled_from(("p1", "p2")),
        st.sampled_from((DAY, DAY, None)),
    ),
    st.builds(search, st.sampled_from(PLACES), st.sampled_from((DAY, DAY, None))),
    st.builds(contrary, st.sampled_from(("c1", "c2")), st.sampled_from(("because", "")), st.just("somebody")),
)
PARTS = {
    AppliedCode: "codes",
    Assay: "assays",
    FamilyCounts: "families",
    LabTest: "tests",
    Search: "searches",
    ContraryFinding: "contrary",
}


def key(e):
    """What may stand once in a record."""
    names = {AppliedCode: ("variant", "code"), Assay: ("variant",), FamilyCounts: ("variant",), Search: ("place", "on")}
    return (type(e), *(getattr(e, n) for n in names.get(type(e), ("id",))))


def record_of(some):
    return CausalityRecord(FILE, **{part: tuple(e for e in some if type(e) is kind) for kind, part in PARTS.items()})


def open_or_against(e):
    """Entries that speak against the cause, or are open: without them a criterion may turn to supported."""
    against = {
        AppliedCode: lambda: e.code.startswith("B"),
        Assay: lambda: e.readout == "normal",
        FamilyCounts: lambda: bool(e.counts["affected_without"]),
        LabTest: lambda: e.result != "confirms" or e.on is None,
        Search: lambda: False,
        ContraryFinding: lambda: not e.answer,
    }
    return against[type(e)]()


@given(st.lists(entries, min_size=3, max_size=14, unique_by=key), st.sampled_from(("umbrella", "single_patient")))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_deleting_an_entry_never_turns_a_criterion_to_supported(entered, some, design):
    def says(rest):
        parts = {part: tuple(e for e in rest if type(e) is kind) for kind, part in PARTS.items()}
        made = entered(targets=2, patients=2, design=design, inheritance="autosomal_recessive", **parts)
        return {c: made.says(c) for c in ("CA-02", "CA-04", "CA-05", "CA-09", "CA-11")}

    before = says(some)
    for e in some:
        rest = [x for x in some if x is not e]
        for criterion, verdict in says(rest).items():
            if verdict == "supported" and before[criterion] != "supported":
                assert open_or_against(e), (criterion, before[criterion], e)


def test_of_two_classes_that_both_name_a_cause_the_weaker_is_taken(entered):
    """Five moderate codes: likely pathogenic by the table, pathogenic by points."""
    five = tuple(map(code, ("PM1", "PM2", "PM3", "PM5", "PM6")))
    made = entered(codes=five)
    assert made.says("CA-02") == "supported"
    assert entered(codes=five[:4]).says("CA-02") == "supported"


def test_in_an_umbrella_each_variant_needs_criteria_and_an_assay_of_its_own(entered):
    both = (code("PM2"), code("PM2", variant="v2"))
    assert entered(targets=2, design="umbrella", codes=both).says("CA-09") == "insufficient: incomplete"
    assert entered(targets=2, design="umbrella", codes=both, assays=(assay(),)).says("CA-09") != "supported"
    each = (assay(), assay(variant="v2"))
    assert entered(targets=2, design="umbrella", codes=both, assays=each).says("CA-09") == "supported"


def test_deleting_parts_of_a_null_variant_never_strengthens_it(entered):
    rest = (code("PM2"), code("PM3"), code("PP4"))
    full = entered(codes=rest, nulls=(NullFacts("v1", "nonsense", NULL, "s"),))
    assert full.says("CA-02") == "supported"
    for left_out in NULL:
        facts = {k: x for k, x in NULL.items() if k != left_out}
        made = entered(codes=rest, nulls=(NullFacts("v1", "nonsense", facts, "s"),))
        assert made.says("CA-02") != "supported", left_out


def test_deleting_all_of_a_kind_leaves_its_criterion_silent(entered, run, program):
    own = program().causality
    for parts, criterion in (
        ({"codes": (), "assays": (), "families": (), "nulls": ()}, "CA-02"),
        ({"assays": (), "families": ()}, "CA-05"),
        ({"tests": ()}, "CA-04"),
        ({"searches": (), "contrary": ()}, "CA-11"),
    ):
        whole = run("causality_record", "diagnosis_record")
        assert whole.says(criterion) != "silent"
        less = run("causality_record", "diagnosis_record", causality=replace(own, **parts))
        assert less.says(criterion) == "silent"
