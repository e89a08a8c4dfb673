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
from proband.science.variant.weighing import weigh

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


def agrees_on_a_cause(some, variant):
    """Whether the combiners differ, but only between pathogenic and likely pathogenic: both would support CA-02."""
    c = weigh(record_of(some), variant, True).classification
    ranks = {c.by_table.rank, c.by_table_strict.rank, c.by_points.rank} if c else {0}
    return len(ranks) > 1 and min(ranks) >= 3


def types_of(some):
    """Types of evidence that any variant has."""
    said = (e for e in some if isinstance(e, (Assay, FamilyCounts)) or getattr(e, "status", "") in ("met", "not_met"))
    return {type(e) for e in said}


def known_limit(e, some, rest, criterion):
    """Two places where an entry that speaks for a criterion keeps it open; see the tests of both below."""
    if criterion == "CA-02":
        return agrees_on_a_cause(some, getattr(e, "variant", ""))
    return criterion == "CA-09" and types_of(rest) != types_of(some)


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
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
                told = open_or_against(e) or known_limit(e, some, rest, criterion)
                assert told, (criterion, before[criterion], e)


def test_known_limit_two_combiners_that_both_name_a_cause_are_a_conflict(entered):
    """Five moderate codes: likely pathogenic by the table, pathogenic by points. With one code less both agree."""
    five = tuple(map(code, ("PM1", "PM2", "PM3", "PM5", "PM6")))
    assert entered(codes=five).says("CA-02") == "insufficient: conflicting"
    assert entered(codes=five[:4]).says("CA-02") == "supported"


def test_known_limit_a_type_of_evidence_that_one_variant_alone_has_keeps_an_umbrella_open(entered):
    both = (code("PM2"), code("PM2", variant="v2"))
    assert entered(targets=2, design="umbrella", codes=both, assays=(assay(),)).says("CA-09") != "supported"
    assert entered(targets=2, design="umbrella", codes=both).says("CA-09") == "supported"


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
