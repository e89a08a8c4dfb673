"""Assess: how lines combine, who may decide, what a signature does, and what never turns into an answer."""

from dataclasses import replace
from datetime import date

import pytest

from proband import api
from proband.assess.assess import Context, assess
from proband.assess.rollup import summaries
from proband.core.criterion import Test as Rule
from proband.core.evidence import Members, Origin, Subject
from proband.core.finding import Reason, Statement, Verdict
from proband.core.program import Patient, Program, Stage, Threshold
from proband.core.provenance import InputFile
from proband.core.quantity import Quantity
from proband.testing.lines import evidence

RULES = api.framework("fda-pmf-draft-2026-02")
TISSUE = {"place": "patient_target_tissue"}


def editing(successes, trials, facts=None, **kwargs):
    return evidence(
        "editing.on_target",
        {"corrected_alleles": {"successes": successes, "trials": trials}},
        TISSUE if facts is None else facts,
        **kwargs,
    )


def find(criterion, *lines, rules=RULES, **context):
    return assess(lines, rules, Context(facets=context.pop("facets", {}), **context))[criterion]


def test_probability_decides_three_ways():
    assert find("TE-05", editing(400, 1000)).outcome == "supported"
    assert find("TE-05", editing(10, 1000)).outcome == "contradicted"
    unsure = find("TE-05", editing(10, 100))
    assert unsure.outcome == "insufficient: imprecise"
    assert "probability between" in unsure.detail


def test_both_sides_make_a_conflict_with_both_lists_shown():
    yes, no = editing(400, 1000, salt="a"), editing(1, 1000, salt="b")
    f = find("TE-05", yes, no)
    assert f.outcome == "insufficient: conflicting"
    assert (f.evidence_for, f.evidence_against) == ((yes.id,), (no.id,))


def test_cells_are_not_the_patient():
    f = find("TE-05", editing(900, 1000, {"place": "engineered_cells"}))
    assert f.outcome == "insufficient: indirect"
    assert f.probability is None
    assert not f.evidence_for


def test_a_line_that_does_not_say_where_it_was_read_can_not_decide():
    assert find("TE-05", editing(900, 1000, {})).outcome == "insufficient: indirect"


def test_a_marker_in_a_fluid_alone_is_inferred_engagement_not_shown():
    marker = evidence("engagement.surrogate", {}, {"place": "patient_fluid", "marker": "m", "direction": "expected"})
    assert find("TE-01", marker).outcome == "insufficient: indirect"


def test_the_other_editing_rates_decide_nothing():
    line = evidence("editing.on_target", {"any_conversion": {"successes": 900, "trials": 1000}}, TISSUE)
    assert find("TE-05", line).outcome == "not_assessed: no_data"


def test_no_crisis_in_48_days_is_not_support():
    line = evidence(
        "clinical.effect",
        {"rate_ratio": {"events": 0, "expected": 2.4 * 48 / 365.25}},
        {"comparison": "external_natural_history"},
    )
    f = find("CB-01", line)
    assert f.outcome == "insufficient: imprecise"
    assert "between 0.2682 and 1" in f.detail


def test_rows_without_data_are_unknown_never_negative():
    sites = Members(("a", "b"), unknown=("c",))
    line = evidence("off_target.verification", {}, {"tested_sites": sites})
    assert find("SF-06", line).outcome == "insufficient: incomplete"
    dropped = evidence("off_target.verification", {}, {"tested_sites": Members(("a",), absent=("b",))})
    assert find("SF-06", dropped).outcome == "contradicted"


def test_the_worst_lot_is_reported_with_its_name():
    limits = (
        "size",
        "polydispersity",
        "encapsulation",
        "lipid_identity",
        "lipid_content",
        "rna_integrity",
        "sterility",
        "endotoxin",
    )
    good = evidence("quality.attributes", {}, {"within_limits": Members(limits)}, subject=Subject("lot", "L1"))
    bad = evidence(
        "quality.attributes",
        {},
        {"within_limits": Members(limits[1:], absent=limits[:1])},
        subject=Subject("lot", "L2"),
    )
    assert find("PQ-06", good).outcome == "supported"
    f = find("PQ-06", good, bad)
    assert f.outcome == "contradicted"
    assert f.machine.member == "L2"


def test_stage_and_facets_decide_what_is_due_and_what_applies():
    folder_program = _program(Stage.DESIGN)
    assert find("TE-05", editing(400, 1000), stage_program=folder_program).outcome == "not_assessed: not_yet_due"
    assert find("SF-22", facets={"modality": ("base_editor", "genome_editing")}).outcome == "not_applicable: excluded"
    assert find("SF-22").outcome != "not_applicable: excluded"


def _program(stage):
    from proband.core.program import Program

    return Program("p", "p", "", "", "", "base_editor", stage, (), (), None)


def test_a_failed_analysis_is_named():
    f = find("CB-06", failed={"clinical.baseline": "clinical_baseline: ValueError: x"})
    assert f.outcome == "not_assessed: analysis_failed"
    assert "clinical_baseline" in f.detail


def sponsor(value, when):
    return (Threshold("TE-05", "corrected_alleles", value, "fraction", when, "dose and expression"),)


def test_the_sponsors_threshold_comes_first_and_a_late_one_is_flagged():
    line = editing(400, 1000, observed_on=date(2025, 3, 1))
    f = find("TE-05", line, thresholds=sponsor(0.5, date(2025, 1, 1)))
    assert f.outcome == "contradicted"
    assert f.threshold.basis == "sponsor"
    assert not f.flags
    late = find("TE-05", line, thresholds=sponsor(0.3, date(2025, 4, 1)))
    assert any("after a result" in flag for flag in late.flags)
    undated = find("TE-05", editing(400, 1000), thresholds=sponsor(0.3, date(2025, 4, 1)))
    assert any("can not be seen" in flag for flag in undated.flags)
    assert any("fallback" in flag for flag in find("TE-05", line).flags)


def statement(criterion, lines, verdict=Verdict.SUPPORTED, **changes):
    made = Statement(
        "statements/x.toml", criterion, RULES[criterion].stamp, RULES.id, verdict, "Because.", "A. Person",
        "clinician", date(2026, 5, 4), 1, tuple(e.id for e in lines), (),
    )  # fmt: skip
    return replace(made, **changes)


def threshold_line():
    return evidence("engagement.threshold", {"threshold": {"exact": 0.1}}, {"justification": "why"})


def test_software_prepares_and_a_person_decides():
    line = threshold_line()
    waiting = find("TG-04", line)
    assert waiting.outcome == "not_assessed: needs_person"
    assert waiting.machine.verdict is Verdict.SUPPORTED
    signed = find("TG-04", line, statements=(statement("TG-04", [line]),))
    assert signed.outcome == "supported: judged"
    assert signed.judgement.statement.name == "A. Person"


def test_a_judgement_lapses_when_what_was_seen_changes():
    line = threshold_line()
    for changed in (
        statement("TG-04", [line], criterion_stamp="0" * 64),
        statement("TG-04", [editing(1, 2)]),
        statement("TG-04", []),
        statement("TG-04", [line], seen_files=(InputFile("text/a.md", "0" * 64),)),
    ):
        f = find("TG-04", line, statements=(changed,))
        assert f.outcome == "not_assessed: stale_statement", f.detail
        assert f.judgement.stale_because


def test_a_supporting_judgement_of_nothing_counts_for_nothing():
    f = find("TG-01", statements=(statement("TG-01", []),))
    assert f.outcome == "not_assessed: stale_statement"


def test_a_negative_result_stands_until_a_person_overrules_it_in_writing():
    line = evidence(
        "oversight.documents",
        {},
        {"documents": Members(("ethics_review",), absent=("informed_consent", "agency_contact"))},
    )
    assert find("TD-14", line).outcome == "contradicted"
    f = find("TD-14", line, statements=(statement("TD-14", [line]),))
    assert f.outcome == "supported: judged"
    assert f.machine.verdict is Verdict.CONTRADICTED
    assert f.judgement.overrules
    stale = find("TD-14", line, statements=(statement("TD-14", []),))
    assert stale.outcome == "contradicted"
    assert any("lapsed" in flag for flag in stale.flags)


def test_the_latest_judgement_counts():
    line = threshold_line()
    old = statement("TG-04", [line], file="statements/a.toml")
    new = statement("TG-04", [line], Verdict.CONTRADICTED, signed_on=date(2026, 6, 1))
    assert find("TG-04", line, statements=(old, new)).outcome == "contradicted: judged"


def test_computed_and_reported_lines_that_exclude_each_other_are_a_finding_of_their_own():
    a = editing(400, 1000, salt="a")
    b = editing(600, 1000, salt="b", origin=Origin.REPORTED)
    found = assess([a, b], RULES, Context(facets={})).disagreements
    assert [(d.quantity, set(d.evidence)) for d in found] == [("corrected_alleles", {a.id, b.id})]
    assert not assess(
        [a, editing(410, 1000, salt="c", origin=Origin.REPORTED)], RULES, Context(facets={})
    ).disagreements


def with_composite(shape, parts):
    rule = Rule(shape, {"criteria": parts}, None, "project", "a test", {})
    made = replace(RULES["TG-03"], test=rule, beyond="", signed=False, applies_to={})
    return replace(RULES, criteria=tuple(made if c.id == "TG-03" else c for c in RULES.criteria))


@pytest.mark.parametrize(
    ("shape", "lines", "expected"),
    [
        ("all_of", [editing(400, 1000)], "insufficient: incomplete"),
        ("all_of", [editing(1, 1000)], "contradicted"),
        ("any_of", [editing(400, 1000)], "supported"),
        ("any_of", [editing(1, 1000)], "insufficient: incomplete"),
        ("all_of", [], "not_assessed: no_data"),
    ],
)
def test_composites_are_three_valued(shape, lines, expected):
    rules = with_composite(shape, ["TE-05", "SF-06"])
    assert find("TG-03", *lines, rules=rules).outcome == expected


def test_an_element_is_supported_only_when_all_required_criteria_are():
    findings = assess([], RULES, Context(facets={}))
    must = replace(RULES, criteria=tuple(replace(c, force="should") for c in RULES.criteria))
    made = tuple(replace(f, verdict=Verdict.SUPPORTED, reason=Reason.NONE) for f in findings)
    assert {e.state for e in summaries(must, made)} == {"supported"}
    assert {e.state for e in summaries(RULES, made)} == {"open"}
    one = tuple(replace(f, verdict=Verdict.CONTRADICTED) if f.id == "CA-01" else f for f in made)
    assert next(e for e in summaries(must, one) if e.element == "causal_abnormality").state == "contradicted"


def test_an_override_changes_only_its_criterion_and_needs_a_reason():
    strict = RULES.override("TE-05", threshold=0.9, because="adviser's view")
    assert find("TE-05", editing(400, 1000), rules=strict).outcome == "contradicted"
    assert strict.stamp != RULES.stamp
    with pytest.raises(ValueError, match="needs its reason"):
        RULES.override("TE-05", threshold=0.9, because=" ")
    with pytest.raises(ValueError, match="no argument"):
        RULES.override("TE-05", treshold=0.9, because="x")


def test_a_later_judgement_of_the_same_day_counts_and_a_tie_counts_for_nothing():
    line = threshold_line()
    first = statement("TG-04", [line], file="statements/2026-05-04-TG-04.toml")
    second = statement("TG-04", [line], Verdict.CONTRADICTED, sequence=2, file="statements/2026-05-04-TG-04-2.toml")
    tenth = statement("TG-04", [line], Verdict.INSUFFICIENT, sequence=10, file="statements/2026-05-04-TG-04-10.toml")
    assert find("TG-04", line, statements=(first, second)).outcome == "contradicted: judged"
    assert find("TG-04", line, statements=(tenth, second, first)).outcome == "insufficient: judged"
    rival = replace(first, verdict=Verdict.CONTRADICTED, file="statements/other.toml")
    assert find("TG-04", line, statements=(first, rival)).outcome == "not_assessed: stale_statement"


def test_new_evidence_that_the_person_had_not_seen_makes_a_judgement_stale():
    line, more = threshold_line(), evidence("engagement.threshold", {"threshold": {"exact": 0.2}}, salt="more")
    f = find("TG-04", line, more, statements=(statement("TG-04", [line]),))
    assert "added" in f.judgement.stale_because


def test_a_judgement_under_another_framework_counts_for_the_same_text_and_lapses_for_another():
    line = editing(400, 1000)
    same = statement("TE-05", [line], Verdict.CONTRADICTED, framework="other")
    assert find("TE-05", line, statements=(same,)).outcome == "contradicted: judged"
    other = replace(same, criterion_stamp="0" * 64)
    assert find("TE-05", line, statements=(other,)).outcome == "not_assessed: stale_statement"


def test_a_lapsed_judgement_never_brings_a_positive_result_back():
    lines = [editing(400, 1000)]
    stale = statement("TE-05", [], Verdict.CONTRADICTED)
    assert find("TE-05", *lines, statements=(stale,)).outcome == "not_assessed: stale_statement"
    unsure = [editing(10, 100)]
    assert find("TE-05", *unsure, statements=(stale,)).outcome == "insufficient: imprecise"
    against = [editing(1, 1000)]
    assert find("TE-05", *against, statements=(statement("TE-05", []),)).outcome == "contradicted"


def test_overruling_a_positive_rule_is_flagged_too():
    line = editing(400, 1000)
    f = find("TE-05", line, statements=(statement("TE-05", [line], Verdict.INSUFFICIENT),))
    assert f.judgement.overrules
    assert any("overruled" in flag for flag in f.flags)


def test_one_line_with_two_tested_numbers_hides_neither():
    line = evidence(
        "clinical.effect",
        {"rate_ratio": {"events": 2, "expected": 12}, "treatment_need_ratio": Quantity.exact(3.0, "ratio")},
        {"comparison": "concurrent_control"},
    )
    assert find("CB-01", line).outcome == "insufficient: conflicting"


def test_lines_about_something_else_than_a_lot_are_not_left_out():
    limits = (
        "size",
        "polydispersity",
        "encapsulation",
        "lipid_identity",
        "lipid_content",
        "rna_integrity",
        "sterility",
        "endotoxin",
    )
    lot = evidence("quality.attributes", {}, {"within_limits": Members(limits)}, subject=Subject("lot", "L1"))
    program = evidence(
        "quality.attributes",
        {},
        {"within_limits": Members(limits[1:], absent=limits[:1])},
        subject=Subject("program", "p"),
    )
    f = find("PQ-06", lot, program)
    assert f.outcome == "contradicted"
    assert f.evidence_against == (program.id,)


def test_a_lot_without_a_result_keeps_the_others_from_being_enough():
    limits = (
        "size",
        "polydispersity",
        "encapsulation",
        "lipid_identity",
        "lipid_content",
        "rna_integrity",
        "sterility",
        "endotoxin",
    )
    lot = evidence("quality.attributes", {}, {"within_limits": Members(limits)}, subject=Subject("lot", "L1"))
    silent = evidence("quality.attributes", {"particle_size": {"value": 80}}, {}, subject=Subject("lot", "L2"))
    f = find("PQ-06", lot, silent)
    assert f.outcome == "insufficient: incomplete"
    assert f.machine.member == "L2"


def test_what_a_broken_analysis_would_have_said_is_not_known():
    f = find("TE-05", editing(400, 1000), failed={"editing.on_target": "x: broke"})
    assert f.outcome == "insufficient: incomplete"
    against = find("TE-05", editing(1, 1000), failed={"editing.on_target": "x: broke"})
    assert against.outcome == "contradicted"


def test_a_threshold_is_late_when_it_follows_the_first_result():
    early, late = (
        editing(400, 1000, observed_on=date(2025, 1, 1)),
        editing(400, 1000, observed_on=date(2025, 6, 1), salt="b"),
    )
    f = find("TE-05", early, late, thresholds=sponsor(0.3, date(2025, 3, 1)))
    assert any("after a result of 2025-01-01" in flag for flag in f.flags)


def rule_with(criterion, **changes):
    made = replace(RULES[criterion], **changes)
    return replace(RULES, criteria=tuple(made if c.id == criterion else c for c in RULES.criteria))


def test_the_strictest_limit_holds_in_both_directions():
    table = {"route": {"rdep": 5, "individualized_aso": 2}}
    facets = {"route": ("rdep", "individualized_aso")}
    base = {"quantity": "living_patients", "unit": "count", "threshold_by": table}
    line = evidence("population.size", {"living_patients": {"exact": 3}})
    for shape in ("at_most", "at_least"):
        rules = rule_with("CA-07", test=replace(RULES["CA-07"].test, shape=shape, arguments=base))
        assert find("CA-07", line, rules=rules, facets=facets).outcome == "contradicted", shape


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(Quantity.exact(0.2, "fraction"), "supported"), (Quantity.point(0.2, "fraction"), "insufficient: imprecise")],
)
def test_a_threshold_that_is_another_quantity_must_be_known_exactly(limit, expected):
    arguments = {"quantity": "corrected_alleles", "unit": "fraction", "threshold": {"quantity": "any_conversion"}}
    rules = rule_with("TE-05", test=replace(RULES["TE-05"].test, arguments=arguments))
    line = evidence(
        "editing.on_target", {"corrected_alleles": {"successes": 400, "trials": 1000}, "any_conversion": limit}, TISSUE
    )
    assert find("TE-05", line, rules=rules).outcome == expected


def dated(salt, **facts):
    return evidence("route.facts", {}, facts, salt=salt)


def test_order_of_dates_takes_the_latest_first_and_the_earliest_then():
    rules = api.framework("us-routes-2026-08")
    a, b = dated("a", rdep_request_on=date(2026, 1, 1)), dated("b", rdep_request_on=date(2026, 4, 1))
    c, d = dated("c", pivotal_start_on=date(2026, 3, 1)), dated("d", pivotal_start_on=date(2026, 9, 1))
    silent = dated("e", switch_plan="none")
    assert find("RTR-06", a, c, silent, rules=rules).outcome == "supported"
    f = find("RTR-06", a, c, silent, rules=rules)
    assert silent.id in f.evidence_neutral
    assert find("RTR-06", a, b, c, rules=rules).outcome == "contradicted"
    assert find("RTR-06", b, c, d, rules=rules).outcome == "contradicted"
    assert find("RTR-06", a, rules=rules).outcome == "insufficient: incomplete"


def test_disagreement_is_seen_in_both_directions():
    low, high = editing(100, 1000, salt="a"), editing(600, 1000, salt="b", origin=Origin.REPORTED)
    swapped = editing(600, 1000, salt="a"), editing(100, 1000, salt="b", origin=Origin.REPORTED)
    for pair in ((low, high), swapped):
        assert len(assess(pair, RULES, Context(facets={})).disagreements) == 1


def test_a_contradicted_criterion_keeps_its_element_open_even_where_it_is_not_required():
    findings = assess([], RULES, Context(facets={}))
    first = {e.id: next(c.id for c in RULES.criteria if c.element == e.id) for e in RULES.elements}
    rules = replace(
        RULES, criteria=tuple(replace(c, force="should") if c.id in first.values() else c for c in RULES.criteria)
    )
    made = tuple(
        replace(f, verdict=Verdict.SUPPORTED if f.id in first.values() else Verdict.CONTRADICTED, reason=Reason.NONE)
        for f in findings
    )
    assert {e.state for e in summaries(rules, made)} == {"open"}


def test_a_composite_reads_findings_signatures_and_all_and_shows_their_evidence():
    line = threshold_line()
    rules = with_composite("all_of", ["TG-04"])
    assert find("TG-03", line, rules=rules).verdict is not Verdict.SUPPORTED
    signed = find("TG-03", line, rules=rules, statements=(statement("TG-04", [line]),))
    assert signed.outcome == "supported"
    assert signed.evidence_for == (line.id,)


def test_what_speaks_against_wins_over_what_is_open():
    f = find("TE-05", editing(1, 1000, salt="a"), editing(10, 100, salt="b"))
    assert f.outcome == "contradicted"
    assert len(f.evidence_neutral) == 1


def test_lines_that_differ_on_a_member_are_a_conflict():
    a = evidence("off_target.verification", {}, {"tested_sites": Members(("s1",), ("s2",))}, salt="a")
    b = evidence("off_target.verification", {}, {"tested_sites": Members(("s1", "s2"))}, salt="b")
    assert find("SF-06", a, b).outcome == "insufficient: conflicting"


def test_two_reported_lines_are_not_a_disagreement_of_this_kind():
    a, b = (editing(n, 1000, salt=str(n), origin=Origin.REPORTED) for n in (100, 600))
    assert not assess([a, b], RULES, Context(facets={})).disagreements


def test_dates_of_two_subjects_are_not_held_against_each_other():
    rules = api.framework("us-routes-2026-08")
    one = evidence("route.facts", {}, {"rdep_request_on": date(2026, 1, 1)}, subject=Subject("patient", "P1"))
    two = evidence("route.facts", {}, {"pivotal_start_on": date(2026, 3, 1)}, subject=Subject("patient", "P2"))
    assert find("RTR-06", one, two, rules=rules).outcome == "insufficient: incomplete"


def test_a_late_threshold_can_not_support():
    line = editing(400, 1000, observed_on=date(2025, 3, 1))
    assert find("TE-05", line, thresholds=sponsor(0.3, date(2025, 4, 1))).outcome == "insufficient: quality"


@pytest.mark.parametrize(
    ("criterion", "changes", "told"),
    [
        ("TE-05", {"who": "person"}, "person exactly where"),
        (
            "PQ-06",
            {
                "test": Rule(
                    "within", {"quantity": "particle_size", "unit": "nm", "low": 9, "high": 1}, 0.95, "project", "x", {}
                )
            },
            "above high",
        ),
        ("TG-03", {"test": Rule("all_of", {"criteria": []}, None, "project", "x", {}), "beyond": ""}, "the parts"),
        (
            "TE-05",
            {
                "test": Rule(
                    "at_least",
                    {"quantity": "corrected_alleles", "unit": "fraction", "threshold": 61},
                    0.95,
                    "project",
                    "x",
                    {},
                )
            },
            "0 to 1",
        ),
    ],
)
def test_rules_that_could_not_be_meant_are_refused(criterion, changes, told):
    from proband.assess.rule_checks import criterion_problems

    text = "\n".join(map(str, criterion_problems(replace(RULES[criterion], **changes), "f")))
    assert told in text


def test_a_declared_patient_without_a_line_keeps_what_asks_for_each_one_open():
    def program(*ids):
        patients = tuple(Patient(i) for i in ids)
        return Program("x", "", "", "", "", "base_editor", Stage.TREATED, (), patients, None)

    lines = [
        evidence(
            "clinical.baseline", {"baseline_observations": {"exact": 40}}, {}, subject=Subject("patient", i), salt=i
        )
        for i in ("P1", "P2")
    ]
    assert find("CB-06", *lines, stage_program=program("P1", "P2")).outcome == "supported"
    f = find("CB-06", *lines, stage_program=program("P1", "P2", "P3"))
    assert f.outcome == "insufficient: incomplete"
    assert "P3" in f.detail
    assert find("CB-06", stage_program=program("P1")).verdict == "not_assessed"
