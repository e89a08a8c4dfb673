"""The page: nothing live in it, nothing outside it, every link lands, every number has its trace."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from proband.dossier import words
from proband.dossier.formats import html

LIVE = {
    "script",
    "iframe",
    "object",
    "embed",
    "form",
    "input",
    "button",
    "img",
    "link",
    "base",
    "audio",
    "video",
}
RESOURCES = {"src", "srcset", "data", "xlink:href", "action", "poster", "background"}


class Page(HTMLParser):
    """All tags with their attributes, and the text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({k for k, _ in attrs}) == len(attrs)
        self.tags.append((tag, {k: v or "" for k, v in attrs}))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def ids(self) -> list[str]:
        return [a["id"] for _, a in self.tags if "id" in a]

    @property
    def links(self) -> list[str]:
        return [a["href"] for _, a in self.tags if "href" in a]


@pytest.fixture(scope="module", params=["synthetic", "hostile"])
def dossier(request):
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def text(dossier) -> str:
    return html.render(dossier).decode("utf-8")


@pytest.fixture(scope="module")
def page(text) -> Page:
    return Page(text)


def test_nothing_live(page, text):
    assert not [t for t, _ in page.tags if t in LIVE]
    assert not [k for _, a in page.tags for k in a if k.startswith("on")]
    assert "<script" not in text.lower()
    assert text.lower().count("</style") == 1


def test_nothing_is_fetched(page, text):
    assert not [k for _, a in page.tags for k in a if k in RESOURCES]
    assert not re.search(r"url\((?!#)|@import", text)
    assert "default-src 'none'" in text


def test_links_go_inside_or_to_web_addresses(page):
    assert all(link.startswith(("#", "https://", "http://")) for link in page.links)
    outside = [a for t, a in page.tags if t == "a" and not a["href"].startswith("#")]
    assert all(a["rel"] == "noreferrer noopener" for a in outside)
    assert not [a for a in outside if re.search(r"\s", a["href"])]


def test_every_inner_link_lands_and_ids_are_unique(page):
    assert len(page.ids) == len(set(page.ids))
    missing = {link for link in page.links if link.startswith("#") and link[1:] not in page.ids}
    assert not missing
    labelled = {i for _, a in page.tags for i in a.get("aria-labelledby", "").split()}
    assert labelled <= set(page.ids)


def test_every_quantity_links_to_its_trace(dossier, page):
    values = [a["href"] for t, a in page.tags if t == "a" and a.get("class") == "value"]
    assert len(values) == sum(len(e.quantities) for e in dossier.evidence) > 0
    assert set(values) <= {f"#trace-{label}" for label in dossier.labels.values()}
    assert {v[1:] for v in values} <= set(page.ids)


def test_every_line_and_criterion_is_there(dossier, page):
    assert set(dossier.labels.values()) | {f.id for f in dossier.findings} <= set(page.ids)
    assert {f"trace-{label}" for label in dossier.labels.values()} <= set(page.ids)


def test_notice_and_banner(dossier, page, text):
    said = " ".join(page.words)
    assert words.notice(dossier.framework) in said
    assert words.SYNTHETIC in said
    assert "reported, not recomputed" in said
    assert "@bottom-left" in text


def test_reported_lines_say_so_wherever_they_are_cited(dossier, text):
    for e in dossier.evidence:
        label = dossier.labels[e.id]
        if e.origin == "reported":
            cited = text.count(f'<a href="#{label}">{label}</a> (')
            assert text.count(f'<a href="#{label}">{label}</a> (reported, not recomputed)') == cited


def test_verdicts_have_a_word_and_a_sign(text):
    for found in re.findall(r'<span class="verdict v-(\w+)">(.*?)</span> ([\w ]+)</span>', text):
        assert words.SYMBOLS[found[0]] in found[1]
        assert found[2] == words.spaced(found[0])


def test_balanced(text):
    stack: list[str] = []
    void = {"meta", "br", "link", "img"}

    class Balance(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in void:
                stack.append(tag)

        def handle_endtag(self, tag):
            assert stack
            assert stack.pop() == tag

    Balance().feed(text)
    assert not stack


def test_no_foreign_characters(text):
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e]", text)


def test_same_bytes_twice(dossier, text):
    assert html.render(dossier).decode("utf-8") == text


def test_undrawable_figure_becomes_a_table(hostile):
    text = html.render(hostile).decode("utf-8")
    assert text.count(words.UNDRAWN) == 2
    assert text.count("<svg") == 2
