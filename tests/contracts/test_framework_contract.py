"""Every framework: it loads, every criterion has its source, its basis and passing cases, silence stays silent."""

import pytest

from proband import api
from proband.assess.assess import Context, assess
from proband.assess.shapes import parse_outcome
from proband.core.finding import Reason, Verdict
from proband.engine import registry
from proband.testing.lines import facets_for, lines_of_case, run_rule

FRAMEWORKS = {name: api.framework(name) for name in registry.framework_paths()}
CASES = [
    pytest.param(f, c, case, id=f"{f.id}-{c.id}-{case.name}")
    for f in FRAMEWORKS.values()
    for c in f.criteria
    for case in c.cases
]


@pytest.fixture(params=list(FRAMEWORKS.values()), ids=list(FRAMEWORKS))
def framework(request):
    return request.param


@pytest.mark.parametrize(("framework", "criterion", "case"), CASES)
def test_every_hand_written_case_comes_out_as_typed(framework, criterion, case):
    lines = lines_of_case(criterion, case.given)
    result = run_rule(framework, criterion.id, lines, facets_for(criterion))
    assert (result.verdict, result.reason) == parse_outcome(case.expect), result.detail


def test_the_draft_has_its_139_criteria():
    criteria = FRAMEWORKS["fda-pmf-draft-2026-02"].criteria
    assert len(criteria) == len({c.id for c in criteria}) == 139


def test_every_criterion_names_a_resolvable_source_and_how_it_was_read(framework):
    for c in framework.criteria:
        assert {c.source.document, *c.source.also} <= set(framework.sources), c.id
        assert c.source.read_as, c.id
        assert c.source.status, c.id
        assert c.answered_by, c.id


def test_every_number_says_whose_it_is(framework):
    for c in framework.criteria:
        if c.test:
            assert c.test.basis in ("stated", "derived", "convention", "project"), c.id
            assert len(c.test.because) > 20, c.id


def test_what_is_not_wired_says_why(framework):
    for c in framework.criteria:
        assert c.test or c.beyond, c.id


def test_silence_an_empty_program_settles_nothing(framework):
    findings = assess((), framework, Context(facets={}))
    for f in findings:
        assert f.verdict is Verdict.NOT_ASSESSED, f.id
        assert f.reason in (Reason.NO_DATA, Reason.NEEDS_PERSON, Reason.BEYOND_TOOL), f.id
    assert all(e.state == "open" for e in findings.elements)


def test_deletion_without_its_evidence_a_criterion_is_not_assessed(framework):
    for c in framework.criteria:
        for case in c.cases:
            lines = lines_of_case(c, case.given)
            kept = [e for e in lines if e.kind not in c.needs]
            result = run_rule(framework, c.id, kept, facets_for(c))
            assert result.verdict is Verdict.NOT_ASSESSED, (c.id, case.name)


def test_deletion_of_supporting_lines_never_creates_support(framework):
    for c in framework.criteria:
        for case in c.cases:
            lines = lines_of_case(c, case.given)
            supports = [e for e in lines if run_rule(framework, c.id, [e], facets_for(c)).verdict is Verdict.SUPPORTED]
            rest = [e for e in lines if e not in supports]
            assert run_rule(framework, c.id, rest, facets_for(c)).verdict is not Verdict.SUPPORTED, c.id
