"""The first page: short, with what must never be turned over, and everything longer right after it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proband.core.finding import Verdict
from proband.dossier import brief, view_words, words
from proband.dossier.formats import html
from proband.dossier.view import view


@pytest.fixture(params=["synthetic", "hostile"])
def dossier(request):
    return request.getfixturevalue(request.param)


def pages(dossier) -> tuple[str, str]:
    text = html.render(dossier).decode("utf-8")
    first, rest = text.split('<section id="overview-continued">')
    return first[first.index("<main>") :], rest


def test_first_page_holds_notice_mark_and_every_core_element(dossier):
    first, _ = pages(dossier)
    assert words.notice(dossier.framework) in first
    assert words.SYNTHETIC in first
    for element in dossier.framework.elements:
        if element.core:
            assert f'href="#element-{element.id}"' in first


def test_benefit_is_never_there_without_safety(dossier):
    first, _ = pages(dossier)
    pair = first[first.index('id="benefit-and-safety"') :]
    assert pair.index("<h3>Benefit</h3>") < pair.index("<h3>Safety</h3>") < pair.index("<table")


def test_three_to_five_links_weakest_first(synthetic):
    v = view(synthetic)
    shown = brief.links(v)
    assert 3 <= len(shown) <= 5
    assert [f.verdict for f in shown].count(Verdict.CONTRADICTED) == 5
    assert len(shown) + len(brief.more(v)) == len(v.weakest)


def test_few_links_are_filled_up_with_the_next_open_ones(synthetic):
    v = replace(view(synthetic), weakest=())
    assert len(brief.links(v)) == 3
    assert all(f.verdict is not Verdict.SUPPORTED for f in brief.links(v))


def test_overrides_and_failures_stand_on_the_first_page(hostile, synthetic):
    first, _ = pages(hostile)
    assert "Rule changed by the program:" in first
    assert "An analysis broke:" in first
    assert 'class="alarms"' not in pages(synthetic)[0]


def test_long_lists_follow_on_the_next_pages(dossier):
    first, rest = pages(dossier)
    for anchor in ("weakest-all", "not-done-all", "disputed", "not-said"):
        assert f'id="{anchor}"' not in first
        assert f'id="{anchor}"' in rest
    assert "break-before: page" in html.render(dossier).decode("utf-8")


def test_counts_by_reason(synthetic):
    v = view(synthetic)
    said = view_words.not_done(v.not_done)
    assert said.startswith(f"{len(synthetic.findings.of(Verdict.NOT_ASSESSED))} criteria not assessed: ")
    assert all(f"{len(found)} {reason}" in said for reason, found in v.not_done)
    assert view_words.not_done(()) == "Every criterion that applies was assessed."


def test_harm_that_was_seen_stands_on_the_first_page_and_silence_is_named(session_examples):
    from dataclasses import replace

    from proband import api
    from proband.dossier import brief, view_words
    from proband.dossier.formats.html import render

    folder = api.read_program(session_examples / "kif1a_gapmer")
    run, rules = api.analyse(folder), api.framework_of(folder)
    made = api.make_dossier(folder, run, api.assess_evidence(folder, run, rules), rules)
    harm = run.of("safety.events")[0]
    assert brief.harm(made) == ((made.labels[harm.id], harm.statement),)
    first = render(made).decode().partition('id="overview-continued"')[0]
    assert "epidural" in first
    assert view_words.NO_HARM not in first
    silent = replace(run, evidence=tuple(e for e in run.evidence if e.kind != "safety.events"))
    made = api.make_dossier(folder, silent, api.assess_evidence(folder, silent, rules), rules)
    assert view_words.NO_HARM in render(made).decode().partition('id="overview-continued"')[0]


def test_lines_without_a_serious_event_hide_no_line_that_saw_harm(session_examples):
    from dataclasses import replace

    from proband import api
    from proband.core.quantity import Quantity
    from proband.dossier import brief
    from proband.dossier.formats.html import render

    folder = api.read_program(session_examples / "kif1a_gapmer")
    run, rules = api.analyse(folder), api.framework_of(folder)
    harm = run.of("safety.events")[0]
    none = {"serious_events": Quantity.exact(0, "count")}
    quiet = [replace(harm, statement=f"No event, {i}.", quantities=none) for i in range(4)]
    kept = tuple(e for e in run.evidence if e.kind != "safety.events")
    made = api.make_dossier(
        folder, replace(run, evidence=(*kept, *quiet, harm)), api.assess_evidence(folder, run, rules), rules
    )
    assert brief.harm(made)[0][1] == harm.statement
    assert brief.harm_left(made) == 2
    first = render(made).decode().partition('id="overview-continued"')[0]
    assert "epidural" in first
    assert "2 more lines on harm" in first
