"""The assurance case: nothing undeveloped is hidden, text stays text, the same bytes each time."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from proband.core.finding import Reason, Verdict
from proband.dossier import assurance, svg_canvas, view_words, words
from proband.dossier.assurance import Kind, Role
from proband.dossier.formats import assurance_svg, assurance_txt

LINE = re.compile(r"^(?:  )*- (Claim|Strategy|Evidence|Context) [^:{\n(]*: .*$")


@pytest.fixture(params=["synthetic", "hostile"])
def dossier(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def top(dossier):
    return assurance.tree(dossier)


def test_every_applicable_criterion_is_a_goal_once(dossier, top):
    known = {f.id for f in dossier.findings}
    alone = [n.label for n in top.walk() if n.kind is Kind.GOAL and n.label in known]
    together = [i for n in top.walk() for i in n.stands_for]
    applicable = [f.id for f in dossier.findings if f.verdict is not Verdict.NOT_APPLICABLE]
    assert sorted([*alone, *together]) == sorted(applicable)
    assert assurance.left_out(dossier) == len(known) - len(applicable)


def test_what_is_not_settled_is_undeveloped_with_its_reason(dossier, top):
    goals = {n.label: n for n in top.walk() if n.kind is Kind.GOAL}
    for f in dossier.findings:
        if f.id in goals:
            settled = f.verdict in (Verdict.SUPPORTED, Verdict.CONTRADICTED)
            assert goals[f.id].undeveloped is not settled
            assert goals[f.id].state == f.verdict
            assert goals[f.id].why or settled


def test_criteria_without_a_test_are_one_node_per_element(synthetic):
    for element in assurance.tree(synthetic).children[-1].children:
        silent = [n for n in element.children if n.stands_for]
        reasons = {synthetic.findings[i].reason for n in silent for i in n.stands_for}
        assert reasons <= {Reason.BEYOND_TOOL, Reason.NOT_YET_DUE}
        assert len(silent) == len(reasons)
        assert all(n.undeveloped for n in silent)


def test_solutions_are_lines_and_judgements_with_their_bearing(dossier, top):
    for node in top.walk():
        if node.label in {f.id for f in dossier.findings}:
            f = dossier.findings[node.label]
            roles = [n.role for n in node.children]
            assert roles.count(Role.FOR) == len(f.evidence_for)
            assert roles.count(Role.AGAINST) == len(f.evidence_against)
            assert roles.count(Role.OPEN) == len(f.evidence_neutral)
            assert roles.count(Role.JUDGED) == bool(f.judgement and not f.judgement.stale_because)


def test_context_names_the_status_of_the_rules(dossier, top):
    said = " ".join(n.text for n in top.children if n.kind is Kind.CONTEXT)
    assert words.notice(dossier.framework) in said
    assert f"Status: {words.STATUSES[dossier.framework.status]}" in said


def test_outline_is_one_line_for_each_node(dossier, top):
    text = assurance_txt.render(dossier).decode("utf-8")
    lines = [x for x in text.splitlines() if x and not x.startswith("#")]
    assert len(lines) == len(list(top.walk()))
    assert all(LINE.match(x) for x in lines)
    names = [re.match(r" *- \w+ ([^:]*):", x).group(1) for x in lines]
    assert len(names) == len(set(names))
    marks = [n for n in top.walk() if n.kind is Kind.GOAL and n.undeveloped and n.state != Verdict.CONTRADICTED]
    assert text.count("{needsSupport}") == len(marks) > 0
    assert text.count("{") == text.count("}") == len(marks) + text.count("{defeated}")


def test_outline_keeps_the_notice_and_no_foreign_characters(dossier):
    text = assurance_txt.render(dossier).decode("utf-8")
    assert words.notice(dossier.framework) in text
    assert words.SYNTHETIC in text
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e]", text)


def test_drawing_is_clean(dossier):
    root = ElementTree.fromstring(assurance_svg.render(dossier))
    tags = {e.tag.removeprefix("{http://www.w3.org/2000/svg}") for e in root.iter()}
    assert tags <= {"svg", "title", "desc", "rect", "line", "circle", "polygon", "text"}
    assert not [k for e in root.iter() for k in e.attrib if k.startswith("on") or "href" in k or k == "style"]
    assert b"<script" not in assurance_svg.render(dossier)
    assert root.get("role") == "img"


def test_drawing_shows_every_goal_and_a_diamond_for_every_undeveloped_one(dossier, top):
    root = ElementTree.fromstring(assurance_svg.render(dossier))
    said = " ".join("".join(e.itertext()) for e in root.iter() if e.tag.endswith("}text"))
    assert all(n.label in said for n in top.walk() if n.kind is Kind.GOAL)
    four = [e for e in root.iter() if e.tag.endswith("}polygon") and len(e.get("points").split()) == 4]
    undeveloped = [n for n in top.walk() if n.undeveloped]
    assert len(four) == len(undeveloped) + 1 + 1  # the strategy, and the sample in the legend
    assert view_words.left_out(assurance.left_out(dossier)).split(":")[0] in said


def test_drawing_has_its_notice_and_mark(synthetic):
    root = ElementTree.fromstring(assurance_svg.render(synthetic))
    said = " ".join(" ".join(e.itertext()) for e in root.iter() if e.tag.endswith("}text"))
    assert "Based on draft guidance, which is non-binding." in said
    assert words.SYNTHETIC in said


def test_nothing_leaves_the_sheet(dossier):
    root = ElementTree.fromstring(assurance_svg.render(dossier))
    width, height = float(root.get("width")), float(root.get("height"))
    for e in root.iter():
        if e.tag.endswith("}rect"):
            assert float(e.get("x")) + float(e.get("width")) <= width
            assert float(e.get("y")) + float(e.get("height")) <= height
        if e.tag.endswith("}circle"):
            assert float(e.get("cx")) + float(e.get("r")) <= width
            assert float(e.get("cy")) + float(e.get("r")) <= height


@pytest.mark.parametrize("made", [assurance_svg.render, assurance_txt.render])
def test_same_bytes_twice(dossier, made):
    assert made(dossier) == made(dossier)


@pytest.mark.parametrize("text", ["", "x" * 500, "a b " * 200, "語" * 80, "\x00\u202e"])
def test_lines_never_exceed_their_number_or_width(text):
    lines = svg_canvas.lines_of(text, 100, 10, 3)
    assert len(lines) <= 3
    assert all(svg_canvas._wide(x, 10) <= 100 for x in lines)
