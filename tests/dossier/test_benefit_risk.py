"""The benefit-risk table: four rows always, uncertainty in each, conclusions from persons alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from proband.core.evidence import Evidence, Origin, Scope, Subject
from proband.core.finding import Findings, Judgement, Verdict
from proband.dossier import benefit_risk, view_words
from proband.dossier.formats import docx, html
from proband.dossier.formats import json as format_json

KEYS = ["condition", "treatment", "benefit", "risk"]


@pytest.fixture(params=["synthetic", "hostile"])
def dossier(request):
    return request.getfixturevalue(request.param)


def rows(dossier):
    return {row.key: row for row in benefit_risk.table(dossier)}


def test_all_four_rows_in_order_whatever_the_evidence(dossier):
    bare = replace(dossier, evidence=(), findings=replace(dossier.findings, items=()))
    for d in (dossier, bare):
        assert [row.key for row in benefit_risk.table(d)] == KEYS


def test_every_row_of_the_example_names_an_uncertainty(synthetic):
    assert all(row.uncertainties and not row.incomplete for row in benefit_risk.table(synthetic))


def test_a_row_without_uncertainty_is_printed_as_incomplete(synthetic):
    bare = replace(synthetic, evidence=(), findings=replace(synthetic.findings, items=()))
    assert all(row.incomplete for row in benefit_risk.table(bare))
    page = html.render(replace(synthetic, evidence=(), unused=(), findings=only_supported(synthetic))).decode("utf-8")
    assert view_words.NO_UNCERTAINTY in page


def only_supported(dossier) -> Findings:
    none = {"evidence_for": (), "evidence_against": (), "evidence_neutral": ()}
    kept = tuple(replace(f, **none) for f in dossier.findings if f.verdict is Verdict.SUPPORTED)
    return replace(dossier.findings, items=kept)


def test_every_open_criterion_of_a_row_is_named(synthetic):
    for row in benefit_risk.table(synthetic):
        dimension = next(x for x in benefit_risk.DIMENSIONS if x.key == row.key)
        named = {i for u in row.uncertainties for i in u.criteria}
        for f in synthetic.findings:
            fits = benefit_risk._fits(synthetic, f, dimension)
            open_one = f.verdict not in (Verdict.SUPPORTED, Verdict.NOT_APPLICABLE)
            assert (f.id in named) == (fits and open_one)


def test_safety_stays_in_sight_of_benefit(synthetic):
    risk = rows(synthetic)["risk"]
    named = {i for u in risk.uncertainties for i in u.criteria}
    assert {"SF-07", "SF-14", "PQ-06", "CB-12"} <= named
    kinds = {synthetic.line(s.id).kind for s in risk.evidence}
    assert {"safety.events", "off_target.nomination", "quality.attributes"} <= kinds


def test_scope_and_concerns_become_uncertainties(synthetic):
    line = Evidence(
        "safety.events", "None seen", Subject("patient", "p"), Origin.REPORTED,
        Scope("here", "so", "1", "not known: none", "the liver"), synthetic.evidence[0].provenance,
    )  # fmt: skip
    d = replace(synthetic, evidence=(line,), labels={**synthetic.labels, line.id: "E1"})
    said = [benefit_risk.text(p) for p in benefit_risk.uncertain(rows(replace(d, findings=only_supported(d)))["risk"])]
    assert "E1: Not covered: the liver." in said


def test_no_conclusion_without_a_judgement(synthetic):
    assert not [c for row in benefit_risk.table(synthetic) for c in row.conclusions]
    page = html.render(synthetic).decode("utf-8")
    assert page.count(view_words.NO_CONCLUSION) == 4


def test_a_fresh_judgement_concludes_and_a_lapsed_one_does_not(hostile):
    judged = next(f for f in hostile.findings if f.judgement)
    concluded = [c for c in rows(hostile)["benefit"].conclusions if c.criterion == judged.id]
    assert [c.name for c in concluded] == [judged.judgement.statement.name]
    stale = replace(judged, judgement=Judgement(judged.judgement.statement, "changed"))
    items = tuple(stale if f is judged else f for f in hostile.findings)
    lapsed = replace(hostile, findings=replace(hostile.findings, items=items))
    assert not [c for row in benefit_risk.table(lapsed) for c in row.conclusions]


def test_lines_say_their_origin_and_link_to_their_trace(synthetic):
    page = html.render(synthetic).decode("utf-8")
    table = page[page.index('<section id="benefit-risk">') : page.index('<div id="main"')]
    for row in benefit_risk.table(synthetic):
        for shown in row.evidence:
            assert f'href="#trace-{shown.label}"' in table
            assert benefit_risk.text(shown.parts).startswith(f"{shown.label} (")


def test_pages_and_json_agree(dossier):
    body = json.loads(format_json.render(dossier))["benefit_risk"]
    assert [r["dimension"] for r in body] == KEYS
    for told, row in zip(body, benefit_risk.table(dossier), strict=True):
        assert len(told["evidence"]) == len(row.evidence)
        assert len(told["uncertainties"]) == len(row.uncertainties)
        assert told["incomplete"] is row.incomplete


def test_docx_holds_the_table(synthetic):
    import io

    from docx import Document

    tables = Document(io.BytesIO(docx.render(synthetic))).tables
    found = next(t for t in tables if t.cell(0, 0).text == "Dimension")
    assert [r.cells[0].text for r in found.rows][1:] == [x.title for x in benefit_risk.DIMENSIONS]
    assert all("UNCERTAINTIES" in r.cells[1].text for r in found.rows[1:])
