"""Gaps: each one named disappears when, and only when, its file is supplied. Tested by supplying it."""

import json
import re
import shutil
import tomllib
from datetime import date

import pytest

from proband import api
from proband.assess.assess import relevant
from proband.assess.gaps import deciding_kind, open_items
from proband.core.finding import Cost, Reason, Statement, Verdict
from proband.core.kinds import kinds
from proband.core.provenance import plain
from proband.folder.files import digest_file
from proband.folder.statements import write_statement
from proband.folder.stubs import evidence_stub, statement_stub
from proband.testing.lines import lines_of_case

SOURCE = """\
[source]
document = "Supplied for the test"
read_level = "P"
confidence = "high"
"""
RESULT = """\
[[result]]
id = "supplied-{id}-{member}"
kind = "{kind}"
statement = "Supplied."
subject = {{ type = "{type}", id = "{member}" }}
locator = "test"
readout_definition = "test"
scope = {{ where = "test", how = "test", denominator = "1", detection_limit = "0.001" }}
"""


def state(path, framework=""):
    folder = api.read_program(path)
    run = api.analyse(folder)
    rules = api.framework_of(folder, framework)
    findings = api.assess_evidence(folder, run, rules)
    return folder, run, rules, findings, open_items(findings, rules)


def toml_value(value):
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml_value(v)}" for k, v in value.items()) + " }"
    return json.dumps(plain(value)) if not isinstance(value, date) else value.isoformat()


def supporting_text(criterion, item, run, declared, *, only=None):
    """The criterion's own hand-written supporting case, as a reported file, for every member that has a line.

    A gap names the worst member only, and closing that one leaves the next. Where the rule asks for all members, the
    file holds those that the lines of the folder call unknown; `only` keeps the first few of them.
    """
    kind = deciding_kind(criterion, ("base_editor", "genome_editing", "sequence_directed"))
    each = criterion.test.for_each
    given = supporting_case(criterion, kind)
    if given is None:
        return None
    named = {item.member} if item.member else set(declared.get(each, ("supplied",)))
    others = {e.subject.id for e in run.evidence if each and e.kind in criterion.needs and e.subject.type == each}
    lines = [SOURCE]
    for name in sorted({*named, *others}):
        lines.append(RESULT.format(id=criterion.id, kind=kind.name, type=each or "program", member=name))
        lines.extend(typed_values(criterion, kind, given, run, only))
    return "\n".join(lines) + "\n"


def typed_values(criterion, kind, given, run, only):
    lines = []
    for name, value in given.items():
        if name in kind.quantities:
            lines.append(f"quantity.{name} = {toml_value({**value, 'unit': kind.quantities[name].unit})}")
        elif kind.facts[name].type == "members":
            lines.append(f"members.{name} = {toml_value(unknown_members(criterion, name, run, value, only))}")
        else:
            lines.append(f"fact.{name} = {toml_value(value)}")
    return lines


def supporting_case(criterion, kind):
    for case in criterion.cases:
        one = case.expect == "supported" and len(case.given) == 1
        if one and lines_of_case(criterion, case.given)[0].kind == kind.name:
            return case.given[0]
    return None


def unknown_members(criterion, fact, run, value, only):
    if criterion.test.arguments.get("required") != "all":
        return value
    seen = [e.facts[fact] for e in run.evidence if e.kind in criterion.needs and fact in e.facts]
    names = sorted({x for m in seen for x in m.unknown})
    return {"present": names[:only]} if names else value


def declared_in(program):
    """What a program itself names of the members that a rule may test one by one."""
    targets = [v.id for v in program.variants if v.role == "target"]
    return {"patient": [p.id for p in program.patients], "variant": targets}


def supply(path, item, rules, run, declared):
    """Put the file that a gap names where it names it."""
    rule = rules[item.criterion]
    if item.gap.file.startswith("statements/"):
        text = path / "text" / "limits.md"
        text.parent.mkdir(exist_ok=True)
        text.write_text("What was read.\n")
        lines = relevant(rule, rules, run.evidence)
        seen = ()
        if not lines:
            from proband.core.provenance import InputFile

            seen = (InputFile("text/limits.md", digest_file(text)),)
        made = Statement(
            "", rule.id, rule.stamp, rules.id, Verdict.SUPPORTED, "Read and judged.", "N", "R", date(2026, 5, 4), 1,
            tuple(sorted(e.id for e in lines)), seen,
        )  # fmt: skip
        write_statement(path, made)
        return True
    text = supporting_text(rule, item, run, declared)
    if text is None:
        return False
    (path / item.gap.file).parent.mkdir(exist_ok=True)
    (path / item.gap.file).write_text(text)
    return True


def key(items):
    return {(i.criterion, i.gap.file) for i in items}


@pytest.mark.parametrize("name", ["cps1_kabe", "synthetic_abe"])
def test_every_gap_disappears_when_and_only_when_its_file_is_supplied(name, warm_example, tmp_path):
    source = warm_example(name)
    folder, run, rules, _, items = state(source)
    declared = declared_in(folder.program)
    evidence = [i for i in items if i.gap.file.startswith("reported/")]
    signatures = [i for i in items if i.gap.file.startswith("statements/")]
    assert evidence
    assert len(signatures) >= 20
    for item in evidence:
        path = tmp_path / item.criterion
        shutil.copytree(source, path)
        assert supply(path, item, rules, run, declared), f"{item.criterion} has no supporting case of one line"
        after = key(state(path)[4])
        assert (item.criterion, item.gap.file) not in after, item
        same_kind = {c.id for c in rules.criteria if set(c.needs) & set(rules[item.criterion].needs)}
        gone = {c for c, f in key(items) - after}
        assert gone <= same_kind | {"DS-05", "DS-06"}, item
    all_signed = tmp_path / "signed"
    shutil.copytree(source, all_signed)
    for item in signatures[::2]:
        supply(all_signed, item, rules, run, declared)
    after = key(state(all_signed)[4])
    for number, item in enumerate(signatures):
        assert ((item.criterion, item.gap.file) in after) == bool(number % 2), item


def test_order_is_decisive_first_then_cheap(session_examples):
    *_, findings, items = state(session_examples / "synthetic_abe")
    first = [findings[i.criterion] for i in items]
    against = [f.verdict is Verdict.CONTRADICTED or f.reason is Reason.CONFLICTING for f in first]
    assert against == sorted(against, reverse=True)
    beyond = [f.reason is Reason.BEYOND_TOOL for f in first]
    assert beyond == sorted(beyond)
    core = [
        i.gap.cost
        for i, f, a in zip(items, first, against, strict=True)
        if i.core and not a and f.reason is not Reason.BEYOND_TOOL
    ]
    assert core == sorted(core, key=list(Cost).index)
    assert len(items) == sum(f.gap is not None for f in findings)


def test_settled_and_not_yet_due_findings_have_no_gap(session_examples):
    *_, findings, _ = state(session_examples / "synthetic_abe")
    for f in findings:
        settled = f.verdict in (Verdict.SUPPORTED, Verdict.NOT_APPLICABLE) or f.reason is Reason.NOT_YET_DUE
        assert (f.gap is None) == settled, f.id


def test_every_evidence_stub_is_toml_and_names_what_can_decide():
    rules = api.framework()
    for c in rules.criteria:
        kind = deciding_kind(c)
        if kind is None:
            continue
        text = evidence_stub(c, kind, f"{c.id}.toml")
        tomllib.loads(text)
        opened = re.sub(r"^# ((quantity|members|fact)\.)", r"\1", text, flags=re.M)
        block = tomllib.loads(opened)["result"][0]
        assert set(block.get("quantity", {})) == set(kinds()[kind.name].quantities)
        assert set(block.get("fact", {})) | set(block.get("members", {})) == set(kind.facts)


def test_statement_stubs_are_toml_and_can_not_count_as_they_are(fresh_example):
    path = fresh_example()
    _, run, rules, _, _ = state(path)
    rule = rules["TG-01"]
    text = statement_stub(rule, rules.id, [e.id for e in relevant(rule, rules, run.evidence)], "TG-01.toml")
    assert tomllib.loads(text)["criterion_stamp"] == rule.stamp
    (path / "statements").mkdir()
    (path / "statements" / "_TG-01.toml").write_text(text)
    assert state(path)[3]["TG-01"].reason is Reason.NEEDS_PERSON
    (path / "statements" / "TG-01.toml").write_text(text)
    assert api.check(path).problems
    signed = text.replace('verdict = ""', 'verdict = "supported"').replace('date = ""', "date = 2026-05-04")
    for k in ("reasoning", "name", "role"):
        signed = signed.replace(f'{k} = ""', f'{k} = "x"')
    (path / "statements" / "TG-01.toml").write_text(signed)
    assert state(path)[3]["TG-01"].outcome == "supported: judged"


def test_the_command_writes_stubs_and_never_replaces(proband, fresh_example):
    path = fresh_example()
    out = json.loads(proband("gaps", path, "--most", "5", "--write", "--format", "json", code=0).stdout)
    assert len(out["gaps"]) == len(out["written"]) == 5
    assert not json.loads(proband("gaps", path, "--most", "5", "--write", "--format", "json", code=0).stdout)["written"]
    proband("check", path, code=0)
    assert "statistics" in proband("gaps", path, "--owner", "statistics", code=0).stdout


def test_a_part_of_what_is_missing_does_not_close_a_gap(fresh_example):
    path = fresh_example()
    folder, run, rules, _, items = state(path)
    declared = declared_in(folder.program)
    by_id = {i.criterion: i for i in items}
    for criterion in ("SF-06", "SF-07", "CB-07"):
        text = supporting_text(rules[criterion], by_id[criterion], run, declared, only=1)
        (path / "reported" / f"{criterion}.toml").write_text(text)
    after = {i.criterion: i.outcome for i in state(path)[4]}
    for criterion in ("SF-06", "SF-07", "CB-07"):
        assert after[criterion] == "insufficient: incomplete"
