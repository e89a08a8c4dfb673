"""Figures: every form is drawn, text stays text, ids do not collide, what can not be drawn says so."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from proband.core.evidence import Figure
from proband.dossier import charts

BAD = "</svg><script>alert(1)</script>\x00"
FIGURES = {
    "bars": Figure("f", BAD, BAD, "bars", {"x": "a.b[0]", "y": "n", "color": "c"},
                   ({"a.b[0]": BAD, "n": 1, "c": BAD}, {"a.b[0]": "k", "n": 2.5, "c": "d"}), {"x": BAD}),
    "grouped": Figure("f", "t", "a", "bars", {"x": "a", "y": "n", "color": "c"},
                      tuple({"a": a, "n": 1, "c": c} for a in "xy" for c in "pq")),
    "points": Figure("f", "t", "a", "points", {"x": "d", "y": "v", "color": "c"},
                     ({"d": 1, "v": 2, "c": BAD}, {"d": 3, "v": None, "c": "k"}, {"d": 4, "v": 1, "c": "k"})),
    "dated points": Figure("f", "t", "a", "points", {"x": "d", "y": "v"}, ({"d": "2025-02-25", "v": 2},)),
    "intervals": Figure("f", "t", "a", "intervals", {"x": "w", "y": "v", "low": "l", "high": "h"},
                        ({"w": BAD, "v": 2, "l": 1, "h": 3},)),
    "lying intervals": Figure("f", "t", "a", "intervals", {"y": "w", "x": "v", "low": "l", "high": "h"},
                              ({"w": BAD, "v": 2, "l": 1, "h": 3},)),
    "timeline": Figure("f", "t", "a", "timeline",
                       {"lane": "k", "start": "s", "end": "e", "label": "t", "color": "k"},
                       ({"k": "dose", "s": 208, "t": BAD}, {"k": BAD, "s": 1, "e": 300, "t": "x"})),
    "dated timeline": Figure("f", "t", "a", "timeline", {"lane": "k", "start": "s"},
                             ({"k": "dose", "s": "2025-02-25"},)),
    "points with a limit": Figure("f", "t", "a", "points", {"x": "d", "y": "v", "limit": "l"},
                                  ({"d": 1, "v": 2, "l": 1.5}, {"d": 3, "v": 1, "l": 1.5})),
    "lines": Figure("f", "t", "a", "lines", {"x": "t", "y": "p", "low": "l", "high": "h", "color": "c", "limit": "a"},
                    tuple({"t": t, "p": p, "l": p - 0.1, "h": p + 0.1, "c": c, "a": 0.05}
                          for c in (BAD, "k") for t, p in ((0, 0.2), (1, 0.4)))),
    "steps": Figure("f", "t", "a", "steps", {"x": "t", "y": "s", "color": "c", "risk": "n"},
                    ({"t": 0, "s": 1, "c": "k"}, {"t": 5, "s": 0.5, "c": "k"}, {"t": 0, "n": 4, "c": "k"},
                     {"t": 5, "n": 2, "c": "k"})),
    "fan": Figure("f", "t", "a", "fan",
                  {"x": "d", "y": "v", "low": "l", "high": "h", "middle": "m", "lane": "k", "start": "s", "end": "e",
                   "label": "t", "color": "c"},
                  ({"d": 0, "l": 1, "h": 3, "m": 2}, {"d": 9, "l": 1, "h": 4, "m": 2}, {"d": 1, "v": 2, "c": BAD},
                   {"d": 8, "v": 1, "c": "below limit"}, {"k": "dose", "s": 5, "t": BAD},
                   {"k": BAD, "s": 1, "e": 7, "t": "x"})),
}  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_drawn_clean_and_named(name):
    figure = FIGURES[name]
    drawn = charts.svg(figure, "u1")
    root = ElementTree.fromstring(drawn)
    tags = {e.tag for e in root.iter()}
    assert tags <= charts._ELEMENTS | {"title", "desc"}
    assert "<script" not in drawn
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "u1-t u1-d"
    assert [root[0].tag, root[1].tag] == ["title", "desc"]
    assert root.get("viewBox")
    assert not [k for e in root.iter() for k in e.attrib if k.startswith("on") or "href" in k]
    assert all(v.startswith("u1-") for e in root.iter() for k, v in e.attrib.items() if k == "id")
    assert charts.svg(figure, "u1") == drawn


@pytest.mark.parametrize("name", FIGURES)
def test_specification_holds_data_and_no_address(name):
    made = charts.spec(FIGURES[name])
    said = json.dumps({k: v for k, v in made.items() if k != "$schema"})
    assert '"url"' not in said
    assert '"signal"' not in said
    assert '"expr"' not in said
    assert all(set(r) <= set(charts._CHANNELS) for r in made["data"]["values"])
    fields = [c["field"] for c in made.get("encoding", {}).values()]
    assert set(fields) <= set(charts._CHANNELS)


@pytest.mark.parametrize(
    ("chart", "encoding", "rows"),
    [
        ("pie", {"x": "a"}, ({"a": 1},)),
        ("bars", {"x": "a"}, ({"a": 1},)),
        ("bars", {"x": "a", "y": "b"}, ()),
        ("bars", {"x": "a", "y": "b"}, ({"a": 1, "b": "many"},)),
        ("bars", {"x": "a", "y": "b"}, ({"a": 1, "b": None},)),
        ("bars", {"x": "a", "y": "b"}, ({"a": 1, "b": [1]},)),
        ("intervals", {"x": "a", "y": "b", "low": "a", "high": "a"}, ({"a": "p", "b": 1},)),
        ("timeline", {"lane": "a", "start": "b"}, ({"a": "p", "b": "soon"},)),
    ],
)
def test_what_can_not_be_drawn_says_so(chart, encoding, rows):
    with pytest.raises(charts.Undrawable):
        charts.svg(Figure("f", "t", "a", chart, encoding, rows))


def test_rows_left_out_are_counted():
    assert charts.left_out(FIGURES["points"]) == 1
    assert charts.left_out(FIGURES["bars"]) == 0


def test_a_fan_draws_band_patient_doses_and_care_on_one_axis():
    made = charts.spec(FIGURES["fan"])
    top, below = made["vconcat"]
    assert [layer["mark"]["type"] for layer in top["layer"]] == ["area", "line", "rule", "line", "point"]
    assert [layer["mark"]["type"] for layer in below["layer"]] == ["rule", "tick", "text"]
    assert made["resolve"]["scale"]["x"] == "shared"
    domains = [layer["encoding"]["x"]["scale"]["domain"] for layer in top["layer"]]
    assert domains == [[0, 9]] * 5


def test_a_fan_needs_days_as_numbers():
    figure = Figure("f", "t", "a", "fan", {"x": "d", "y": "v"}, ({"d": "2025-01-01", "v": 2},))
    with pytest.raises(charts.Undrawable, match="days as numbers"):
        charts.svg(figure)


def test_numbers_at_risk_stand_below_the_curve_they_belong_to():
    made = charts.spec(FIGURES["steps"])
    assert [r["risk"] for r in made["vconcat"][1]["data"]["values"]] == [4, 2]
    assert all("y" in r for r in made["vconcat"][0]["layer"][-1]["data"]["values"])


def test_a_logarithmic_axis_only_where_all_numbers_lie_above_zero():
    def scale(lowest):
        rows = tuple({"x": f"basis {i}", "y": v} for i, v in enumerate((lowest, 10.0, 1000.0)))
        figure = Figure("f", "t", "a", "points", {"x": "x", "y": "y"}, rows, {"y scale": "logarithm"})
        return charts.spec(figure)["encoding"]["y"]["scale"]

    assert scale(0.1)["type"] == "log"
    assert "type" not in scale(0.0)
