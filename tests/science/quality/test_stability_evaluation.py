"""Stability of a product from its files: what is refused, own and platform apart, what is proven and what is not."""

import pytest

from proband.science.quality.stability_evaluation import evaluate, figure, paragraph
from proband.science.quality.stability_file import read_stability

HEADER = "lot,condition,time,time_unit,attribute,value,unit,censored,method\n"
PLAN = """
format = 1
product = "v1"
product_class = "chemical"
period_of_use = { value = 12.0, unit = "mo", because = "last dose" }
[[condition]]
name = "cold"
kind = "real_time"
storage = "refrigerated"
[[condition]]
name = "warm"
kind = "accelerated"
significant_change = "no"
[[lot]]
id = "A"
of = "own"
product = "v1"
[[lot]]
id = "P"
of = "platform"
product = "v0"
[[attribute]]
name = "purity"
unit = "%"
lower = 90.0
moves = "falls"
"""


def rows(lot, condition, pairs, attribute="purity", unit="%", time_unit="mo"):
    made = []
    for t, v in pairs:
        mark = "below" if isinstance(v, str) else ""
        made.append(f"{lot},{condition},{t},{time_unit},{attribute},{str(v).lstrip('<')},{unit},{mark},")
    return "\n".join(made) + "\n"


def read(tmp_path, table, plan=PLAN, product=""):
    (tmp_path / "stability.toml").write_text(plan)
    (tmp_path / "stability.csv").write_text(HEADER + table)
    problems = []
    return read_stability(tmp_path / "stability.toml", tmp_path / "stability.csv", problems, product), problems


def lines(tmp_path, table, plan=PLAN):
    held, problems = read(tmp_path, table, plan)
    assert problems == []
    return {(e.attribute.name, e.of, e.condition.kind): e for e in evaluate(held)}


GOOD = [(0, 100.0), (3, 99.4), (6, 99.1), (9, 98.4), (12, 98.0)]


def test_own_lots_that_cover_and_platform_lots_beside(tmp_path):
    table = (
        rows("A", "cold", GOOD) + rows("P", "cold", [*GOOD, (24, 96.0)]) + rows("A", "warm", [(0, 100.0), (3, 97.0)])
    )
    made = lines(tmp_path, table)
    own, platform = made["purity", "own", "real_time"], made["purity", "platform", "real_time"]
    assert (own.proven, own.covered_share) == (12.0, 1.0)
    assert platform.proven == 24.0
    assert made["purity", "own", "accelerated"].shelf.time is None
    # refrigerated, no significant change: 1.5 times, and 6 months more
    assert own.allowed == 18.0
    assert "18 months could be claimed ahead of data" in paragraph(own)
    assert "Shown for these lots, not for this version" in paragraph(platform)
    assert any("one" in c or "1 primary lot" in c for c in own.cautions)


def test_data_end_the_proven_period_and_not_the_line(tmp_path):
    own = lines(tmp_path, rows("A", "cold", GOOD[:3]))["purity", "own", "real_time"]
    assert own.shelf.time > 6
    assert (own.proven, own.covered_share) == (6.0, 0.5)


def test_a_failing_value_ends_it_earlier(tmp_path):
    own = lines(tmp_path, rows("A", "cold", [(0, 99.0), (3, 98.9), (6, 89.0), (9, 98.7), (12, 98.6)]))
    own = own["purity", "own", "real_time"]
    assert own.proven <= 3.0
    assert [f.months for f in own.failed] == [6.0]
    assert own.allowed is None
    at_once = lines(tmp_path, rows("A", "cold", [(0, 89.0), (3, 95.0)]))["purity", "own", "real_time"]
    assert (at_once.shelf.time, at_once.proven) == (None, 0.0)


def test_two_times_prove_nothing_and_say_so(tmp_path):
    own = lines(tmp_path, rows("A", "cold", [(0, 99.0), (12, 98.9)]))["purity", "own", "real_time"]
    assert (own.proven, own.covered_share, own.observed) == (None, None, 12.0)
    assert "2 different times" in paragraph(own)
    assert figure(own) is not None


def test_no_own_values_has_a_line_that_says_so(tmp_path):
    made = lines(tmp_path, rows("P", "cold", GOOD))
    own = made["purity", "own", "real_time"]
    assert (own.proven, own.observed, own.shelf) == (None, None, None)
    assert "no values" in paragraph(own)
    assert figure(own) is None


def test_times_and_units_convert(tmp_path):
    days = [(round(t * 30.4375, 4), v / 100) for t, v in GOOD]
    made = lines(
        tmp_path,
        rows("A", "cold", days, unit="1", time_unit="d").replace(",1,,", ",1,,"),
        PLAN.replace('"%"', '"1"').replace("90.0", "0.9"),
    )
    assert made["purity", "own", "real_time"].proven == pytest.approx(12.0, abs=1e-5)


def test_supporting_lots_are_shown_and_not_fitted(tmp_path):
    plan = PLAN.replace(
        '[[lot]]\nid = "P"',
        '[[lot]]\nid = "B"\nof = "own"\nproduct = "v1"\nrole = "supporting"\nbecause = "pilot"\n[[lot]]\nid = "P"',
    )
    own = lines(tmp_path, rows("A", "cold", GOOD) + rows("B", "cold", [(0, 95.0), (1, 94.0)]), plan)
    own = own["purity", "own", "real_time"]
    assert (own.lots, own.supporting, own.proven) == (("A",), ("B",), 12.0)


def test_a_primary_lot_without_values_is_named(tmp_path):
    plan = PLAN.replace('[[lot]]\nid = "P"', '[[lot]]\nid = "B"\nof = "own"\nproduct = "v1"\n[[lot]]\nid = "P"')
    own = lines(tmp_path, rows("A", "cold", GOOD), plan)["purity", "own", "real_time"]
    assert "no value of primary lot B" in own.cautions
    one = lines(tmp_path, rows("A", "cold", GOOD) + rows("B", "cold", [(0, 99.0)]), plan)["purity", "own", "real_time"]
    assert "not in the regression, with one time only: lot B" in one.cautions


def test_censored_values_of_an_impurity(tmp_path):
    plan = PLAN.replace("lower = 90.0", "upper = 2.0").replace("falls", "rises")
    made = lines(tmp_path, rows("A", "cold", [(0, "<0.3"), (3, "<0.3"), (6, 0.5), (9, 0.7), (12, 0.8)]), plan)
    own = made["purity", "own", "real_time"]
    assert own.shelf.model == "worst_of_censored"
    assert own.proven == 12.0
    over = lines(tmp_path, rows("A", "cold", [(0, "<3.0"), (3, 0.4), (6, 0.5)]), plan)["purity", "own", "real_time"]
    assert over.failed == ()  # below 3 is not above 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('unit = "mo"', 'unit = "month"'), "month"),
        (("value = 12.0", "value = 0.0"), "0.0"),
        (('name = "warm"', 'name = "cold"'), "the name twice"),
        (('of = "platform"', 'of = "own"'), "own, of v0"),
        (("lower = 90.0", ""), "no limit"),
        (("lower = 90.0", "lower = 90.0\nupper = 80.0"), "90 to 80"),
        (('moves = "falls"', 'moves = "rises"'), "rises, with no upper limit"),
        (('unit = "%"', 'unit = "percent"'), "percent"),
        (('kind = "accelerated"', 'kind = "real_time"'), "2 real-time conditions"),
        (
            (
                '[[lot]]\nid = "P"',
                '[[lot]]\nid = "B"\nof = "own"\nproduct = "v1"\nrole = "supporting"\n[[lot]]\nid = "P"',
            ),
            "nothing",
        ),
        (("[[attribute]]", "odd = 1\n[[attribute]]"), "an unknown key"),
    ],
)
def test_faults_of_the_plan(tmp_path, change, said):
    assert change[0] in PLAN
    held, problems = read(tmp_path, rows("A", "cold", GOOD), PLAN.replace(*change, 1))
    assert held is None
    assert any(said in p.found for p in problems), problems


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "a table without rows"),
        (rows("Z", "cold", GOOD), "Z"),
        (rows("A", "hot", GOOD), "hot"),
        (rows("A", "cold", GOOD, attribute="colour"), "colour"),
        (rows("A", "cold", GOOD, unit="mg/mL"), "mg/mL"),
        (rows("A", "cold", GOOD, unit="percent"), "percent"),
        (rows("A", "cold", GOOD, time_unit="month"), "month"),
        (rows("A", "cold", [(0, 99.0), (0, 98.0)]), "the same lot"),
        (rows("A", "cold", [(1, 99.0)]) + rows("A", "cold", [(30.4375, 98.0)], time_unit="d"), "time as row 2"),
        (rows("A", "cold", [(-1, 99.0)]), "-1"),
        (rows("A", "cold", [(0, "nan")]), "nan"),
        (rows("A", "cold", [(0, "1e400")]), "1e400"),
        (rows("A", "cold", [(0, "1e16")]), "1e16"),
        (rows("A", "cold", [(0, "12,5")]), "cells"),
        (rows("=A", "cold", GOOD), "=A"),
        (rows("A\u202e", "cold", GOOD), "U+202E"),
    ],
)  # fmt: skip
def test_faults_of_the_table(tmp_path, table, said):
    held, problems = read(tmp_path, table)
    assert held is None
    assert any(said in p.found for p in problems), problems


def test_the_file_of_another_version_is_refused(tmp_path):
    held, problems = read(tmp_path, rows("A", "cold", GOOD), product="v9")
    assert held is None
    assert problems[0].place == "key product"
