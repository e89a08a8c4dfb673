"""Lines made with another version stand beside the others and decide nothing."""

from dataclasses import replace

import pytest

from proband.assess.combine import Combined
from proband.assess.shapes import Outcome
from proband.assess.siblings import apart, made_with, with_siblings
from proband.core.evidence import Scope, Subject
from proband.core.finding import Reason, Verdict
from proband.core.program import PlatformLink
from proband.testing.lines import evidence


def of(version="", subject="program"):
    settings = {"version": version} if version and subject == "program" else {}
    made = evidence("quality.attributes")
    return replace(made, subject=Subject(subject, version or "p"), scope=Scope("here", "so", settings=settings))


@pytest.mark.parametrize(
    ("made", "own", "is_sibling"),
    [
        (of(), "two", False),
        (of("two"), "two", False),
        (of("one"), "two", True),
        (of("one", "version"), "two", True),
        (of("two", "version"), "two", False),
        (of("two"), "", True),
        (of(), "", False),
        (replace(of(), subject=Subject("program", "folder_one")), "two", True),
        (replace(of(), subject=Subject("program", "another")), "two", False),
        (replace(of(), subject=Subject("sample", "one")), "two", False),
    ],
)
def test_a_line_is_a_siblings_where_it_names_another_version(made, own, is_sibling):
    mine, siblings = apart([made], PlatformLink("../platform.toml", own, siblings=("one", "folder_one")))
    assert (made in siblings, made in mine) == (is_sibling, not is_sibling)


def test_siblings_alone_leave_the_question_open_and_beside_others_change_nothing():
    sibling = of("one")
    alone = with_siblings(Combined(), [sibling])
    assert (alone.outcome.verdict, alone.outcome.reason) == (Verdict.INSUFFICIENT, Reason.INDIRECT)
    assert alone.neutral == (sibling.id,)
    for verdict in (Verdict.SUPPORTED, Verdict.CONTRADICTED):
        held = Combined(Outcome(verdict, Reason.NONE, "so"), ("a",))
        beside = with_siblings(held, [sibling])
        assert beside.outcome == held.outcome
        assert beside.neutral == (sibling.id,)
    assert with_siblings(Combined(), []) == Combined()
    assert made_with(sibling) == "one"
