"""Evidence: ids from content, JSON there and back, the kind table."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.evidence import Members, Scope
from proband.core.kinds import evidence_problems, kinds
from proband.core.provenance import canonical_json, digest, plain
from proband.core.serial import evidence_from_json, evidence_to_json
from proband.testing.lines import evidence


def line(**kwargs):
    return evidence("editing.on_target", {"corrected_alleles": {"successes": 4, "trials": 10}}, **kwargs)


def test_equal_content_has_equal_ids_and_any_change_another():
    assert line().id == line().id
    assert line().id != line(statement="Another.").id
    assert line().id != line(salt="other input").id


def test_json_there_and_back_keeps_the_id():
    e = evidence(
        "engagement.threshold",
        {"threshold": {"exact": 0.1}},
        {"set_on": date(2025, 1, 1), "justification": "2025-01-01"},
        observed_on=date(2025, 2, 1),
    )
    back = evidence_from_json(evidence_to_json(e))
    assert back.id == e.id
    assert back.facts == e.facts


def test_a_changed_file_is_noticed():
    body = evidence_to_json(line())
    body["statement"] = "Changed by hand."
    with pytest.raises(ValueError, match="changed after it was written"):
        evidence_from_json(body)


def test_every_kind_has_an_owner_a_file_and_meanings():
    for kind in kinds().values():
        assert kind.owner in ("bioinformatics", "statistics", "clinic", "quality", "regulatory")
        assert kind.file
        assert kind.quantities or kind.facts
        assert all(f.type in ("category", "text", "date", "members") for f in kind.facts.values())
        assert all(f.values for f in kind.facts.values() if f.type == "category")


def test_a_line_outside_the_table_is_refused():
    wrong = replace(line(), kind="editing.on_traget")
    assert "editing.on_target" in evidence_problems(wrong, "f", "line 1")[0].remedy
    q = line().quantities["corrected_alleles"]
    assert evidence_problems(replace(line(), quantities={"coreccted": q}), "f", "line 1")
    assert evidence_problems(replace(line(), quantities={"corrected_alleles": replace(q, unit="%")}), "f", "l")
    assert evidence_problems(replace(line(), facts={"place": "the moon"}), "f", "l")


def test_a_search_without_denominator_or_detection_limit_is_not_evidence():
    e = evidence("off_target.verification", {"tested_count": {"exact": 3}})
    assert not evidence_problems(e, "f", "l")
    assert evidence_problems(replace(e, scope=Scope("genome", "search")), "f", "l")


def test_members_name_each_member_once():
    with pytest.raises(ValueError, match="more than once"):
        Members(("a",), ("a",))


@given(
    st.dictionaries(st.text(), st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()))
)
def test_canonical_json_does_not_depend_on_order(value):
    turned = dict(reversed(list(value.items())))
    assert canonical_json(value) == canonical_json(turned)
    assert digest(plain(value)) == digest(value)


def test_the_last_bit_of_a_float_does_not_change_an_id():
    assert digest(0.1 + 0.2) == digest(0.3)
    assert digest(-0.0) == digest(0.0)
