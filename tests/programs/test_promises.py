"""The promises, for every example under every framework: nothing from nothing, and nothing that can not be opened."""

from dataclasses import replace

import pytest

from proband import api
from proband.core.evidence import Members, Origin
from proband.core.finding import Verdict
from proband.engine import registry


def without(run, kinds):
    """The run without the evidence of some kinds."""
    return replace(run, evidence=tuple(e for e in run.evidence if e.kind not in kinds))


LOOKED = (Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.INSUFFICIENT)


@pytest.fixture(params=registry.framework_paths(), scope="module")
def rules(request):
    return api.framework(request.param)


@pytest.fixture
def assessed_under(example, rules):
    folder = api.read_program(example)
    run = api.analyse(folder)
    return folder, run, api.assess_evidence(folder, run, rules)


def test_silence_without_evidence_nothing_is_settled(assessed_under, rules):
    folder, run, _ = assessed_under
    silent = replace(run, evidence=())
    for f in api.assess_evidence(folder, silent, rules):
        assert f.verdict in (Verdict.NOT_ASSESSED, Verdict.NOT_APPLICABLE), f.id


def test_deletion_without_the_evidence_of_its_kinds_a_criterion_is_not_assessed(assessed_under, rules):
    folder, run, findings = assessed_under
    for f in findings:
        if f.verdict in LOOKED:
            again = api.assess_evidence(folder, without(run, rules[f.id].needs), rules)[f.id]
            assert again.verdict is Verdict.NOT_ASSESSED, f.id


def test_deletion_of_supporting_lines_never_creates_support(assessed_under, rules):
    folder, run, findings = assessed_under
    for f in findings:
        gone = set(f.evidence_for)
        if gone:
            rest = replace(run, evidence=tuple(e for e in run.evidence if e.id not in gone))
            assert api.assess_evidence(folder, rest, rules)[f.id].verdict is not Verdict.SUPPORTED, f.id


def test_deletion_of_any_one_line_never_turns_open_into_supported_but_by_removing_what_speaks_against(
    assessed_under, rules
):
    folder, run, findings = assessed_under
    for line in run.evidence:
        rest = replace(run, evidence=tuple(e for e in run.evidence if e is not line))
        for f in api.assess_evidence(folder, rest, rules):
            before = findings[f.id]
            if f.verdict is Verdict.SUPPORTED and before.verdict is not Verdict.SUPPORTED:
                against = line.id in before.evidence_against or names_an_open_member(line, rules[f.id])
                assert against, (f.id, line.statement)


def names_an_open_member(line, criterion):
    """Whether a line calls a member unknown of which a rule asks for all: taking it away takes the member away."""
    fact = line.facts.get(str(criterion.test.arguments.get("fact")))
    return criterion.test.arguments.get("required") == "all" and isinstance(fact, Members) and bool(fact.unknown)


def test_nothing_is_supported_without_evidence_that_a_reader_can_open(assessed_under, rules):
    folder, run, findings = assessed_under
    lines = {e.id: e for e in run.evidence}
    for f in findings.of(Verdict.SUPPORTED):
        seen = f.judgement and (f.judgement.statement.seen_evidence or f.judgement.statement.seen_files)
        assert f.evidence_for or seen, f.id
        for e in (lines[i] for i in f.evidence_for):
            assert e.provenance.inputs or e.provenance.uses, f.id
            assert all((folder.root / file.path).is_file() for file in e.provenance.inputs), f.id


def test_a_failed_analysis_never_settles_anything(assessed_under, rules):
    folder, run, findings = assessed_under
    from proband.engine.run import Failure

    for kind in {e.kind for e in run.evidence}:
        broken = without(run, [kind])
        broken = replace(broken, failures=(Failure("x", "", (kind,), "broken", ""),))
        for f in api.assess_evidence(folder, broken, rules):
            if kind in rules[f.id].needs and f.verdict is Verdict.SUPPORTED:
                assert findings[f.id].verdict is Verdict.SUPPORTED or findings[f.id].evidence_against, f.id


def test_reported_lines_carry_their_source_and_searches_their_limit(assessed_under):
    from proband.core.kinds import kinds

    for e in assessed_under[1].evidence:
        assert (e.citation is not None) == (e.origin is Origin.REPORTED)
        if kinds()[e.kind].search:
            assert e.scope.denominator
            assert e.scope.detection_limit
