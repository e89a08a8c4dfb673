"""Comparability after a change, from its files: what is judged, what can not be told, and what is refused."""

import pytest

from proband.core.evidence import Members
from proband.science.quality.comparability_evaluation import evaluate, figure, found, members, paragraph
from proband.science.quality.comparability_file import read_comparability

HEADER = "change,lot,side,attribute,value,unit,censored,method\n"
HEAD = """
format = 1
product = "v1"
[[change]]
id = "site"
title = "another site"
on = 2025-01-01
first_result_on = 2025-03-01
"""
PURITY = """
[[attribute]]
change = "site"
name = "purity"
unit = "%"
criticality = "critical"
tier = "equivalence"
lower = -3.0
upper = 3.0
set_on = 2025-02-01
because = "fixed beforehand"
"""
RANGE = """
[[attribute]]
change = "site"
name = "size"
unit = "nm"
criticality = "key"
tier = "quality_range"
k = 3.0
set_on = 2025-02-01
because = "three SDs"
"""
LOOK = """
[[attribute]]
change = "site"
name = "colour"
unit = "1"
criticality = "other"
tier = "side_by_side"
because = "no number"
"""
POTENCY = PURITY.replace("purity", "potency").replace('unit = "%"', 'unit = "%"\npotency = true')
PLAN = HEAD + PURITY + RANGE + LOOK + POTENCY


def rows(attribute, pre, post, unit="%", mark=""):
    made = [f"site,P{i},pre,{attribute},{v},{unit},{mark}," for i, v in enumerate(pre)]
    return "\n".join(made + [f"site,N{i},post,{attribute},{v},{unit},," for i, v in enumerate(post)]) + "\n"


def read(tmp_path, table, plan=PLAN, product=""):
    (tmp_path / "comparability.toml").write_text(plan)
    (tmp_path / "comparability.csv").write_text(HEADER + table)
    problems = []
    made = read_comparability(tmp_path / "comparability.toml", tmp_path / "comparability.csv", problems, product)
    return made, problems


def outcomes(tmp_path, table, plan=PLAN):
    held, problems = read(tmp_path, table, plan)
    assert problems == []
    made = evaluate(held)
    return held, made, {o.attribute.name: o for o in made}


PRE, POST = [99.0, 99.2, 98.8, 99.1], [99.1, 98.9, 99.0]


def test_states_of_attributes(tmp_path):
    table = rows("purity", PRE, POST) + rows("size", [80, 82, 78, 81], [79, 95], "nm") + rows("potency", PRE, POST[:1])
    held, made, by = outcomes(tmp_path, table)
    assert (by["purity"].state, by["purity"].found) == ("judged", "comparable")
    assert (by["size"].state, by["size"].found) == ("judged", "not_comparable")
    assert (by["colour"].state, by["colour"].because) == ("unknown", "side by side: nobody has signed what was found")
    assert (by["potency"].state, by["potency"].because) == ("unknown", "1 lot after the change: no test is possible")
    judged = members(held, made)
    assert judged == Members(("purity (site)", "size (site)"), (), ("colour (site)", "potency (site)"))
    assert found(made).absent == ("size (site)",)
    assert by["purity"].design.power > 0.9
    assert by["potency"].design.power == 0.0
    assert "no test is possible" in paragraph(by["potency"])


def test_potency_that_is_not_listed_is_unknown(tmp_path):
    held, made, _ = outcomes(tmp_path, rows("purity", PRE, POST), HEAD + PURITY)
    assert members(held, made) == Members(("purity (site)",), (), ("no potency attribute listed (site)",))


def test_a_name_is_no_flag(tmp_path):
    plan = HEAD + POTENCY.replace("potency = true\n", "")
    held, made, _ = outcomes(tmp_path, rows("potency", PRE, POST), plan)
    assert members(held, made) == Members(("potency (site)",), (), ("no potency attribute listed (site)",))


def test_not_compared_is_not_judged(tmp_path):
    plan = HEAD + POTENCY + 'not_compared = "no cells left"\n' + PURITY
    held, made, by = outcomes(tmp_path, rows("purity", PRE, POST), plan)
    assert by["potency"].because == "not compared: no cells left"
    assert members(held, made).absent == ("potency (site)",)


def test_a_margin_fixed_after_the_results_decides_nothing(tmp_path):
    plan = HEAD + PURITY.replace("2025-02-01", "2025-04-01") + RANGE.replace("2025-02-01", "2025-04-01")
    _, made, by = outcomes(tmp_path, rows("purity", PRE, POST) + rows("size", [80, 82, 78], [79, 80], "nm"), plan)
    assert {o.state for o in made} == {"unknown"}
    assert "after the first result" in by["purity"].because
    assert "after the first result" in by["size"].because
    undated = HEAD.replace("first_result_on = 2025-03-01\n", "") + PURITY
    _, _, by = outcomes(tmp_path, rows("purity", PRE, POST), undated)
    assert by["purity"].state == "judged"
    assert any("can not be seen" in c for c in by["purity"].cautions)


def test_what_can_not_be_told(tmp_path):
    _, _, by = outcomes(tmp_path, rows("purity", PRE, [99.0, 92.0]) + rows("size", [80, 82], [79, 80], "nm"))
    assert (by["purity"].state, by["purity"].found) == ("unknown", "not_told")
    assert "a range needs 3" in by["size"].because
    assert by["potency"].because == "no values are entered"
    _, _, by = outcomes(tmp_path, rows("purity", PRE, POST, mark="below"))
    assert "beyond a limit of their method" in by["purity"].because


def test_signed_side_by_side(tmp_path):
    signed = 'judged = { verdict = "not_comparable", by = "A. B.", on = 2025-04-01, because = "darker" }\n'
    _, _, by = outcomes(tmp_path, rows("purity", PRE, POST), HEAD + PURITY + LOOK + signed)
    assert (by["colour"].state, by["colour"].found) == ("judged", "not_comparable")


def test_ratio_and_few_lots(tmp_path):
    plan = HEAD + POTENCY.replace("lower = -3.0", "lower = 0.8").replace("upper = 3.0", 'upper = 1.25\nscale = "ratio"')
    _, made, by = outcomes(tmp_path, rows("potency", [100, 104, 98, 101], [99, 102]), plan)
    assert 0.8 < by["potency"].test.low < by["potency"].test.high < 1.25
    assert by["potency"].design.error == pytest.approx(0.071, abs=0.002)
    assert any("errs in up to 7.1 %" in c for c in by["potency"].cautions)
    drawn = figure(made)
    assert all(-1 < r["low"] < r["at"] < r["high"] < 1 for r in drawn.rows)


def test_a_critical_attribute_by_range_is_told(tmp_path):
    plan = HEAD + RANGE.replace('"key"', '"critical"')
    _, _, by = outcomes(tmp_path, rows("size", [80, 82, 78], [79, 80], "nm"), plan)
    assert "critical, and compared by quality range instead of equivalence" in by["size"].cautions


def test_units_convert(tmp_path):
    table = rows("purity", PRE, POST) + rows("size", [0.080, 0.082, 0.078], [0.079, 0.080], "um")
    _, _, by = outcomes(tmp_path, table)
    assert by["size"].pre == (80.0, 82.0, 78.0)


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (HEAD, "nothing"),
        (HEAD + PURITY + PURITY, "the name twice"),
        (HEAD + PURITY.replace("lower = -3.0\n", ""), "a margin that is not written"),
        (HEAD + PURITY.replace("lower = -3.0", "lower = 1.0"), "1 to 3"),
        (HEAD + PURITY.replace("upper = 3.0", 'upper = 3.0\nscale = "ratio"'), "-3 to 3"),
        (HEAD + PURITY.replace("upper = 3.0", "upper = inf"), "inf"),
        (HEAD + PURITY.replace('"site"', '"sight"'), "sight"),
        (HEAD + PURITY.replace("because = ", "why = "), "an unknown key"),
        (HEAD + PURITY + "k = 3.0\n", "k or share"),
        (HEAD + RANGE.replace("k = 3.0\n", ""), "nothing"),
        (HEAD + RANGE + "lower = -1.0\n", "quality_range"),
        (HEAD + PURITY.replace("2025-02-01", "2199-02-01"), "2199-02-01"),
        (HEAD + '[[change]]\nid = "new"\ntitle = "t"\n' + PURITY, "no attribute"),
    ],
)  # fmt: skip
def test_faults_of_the_plan(tmp_path, plan, said):
    held, problems = read(tmp_path, rows("purity", PRE, POST), plan)
    assert held is None
    assert any(said in p.found for p in problems), problems


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("", "a table without rows"),
        (rows("prity", PRE, POST), "prity"),
        (rows("purity", PRE, POST).replace("site,P0", "sit,P0"), "sit"),
        (rows("purity", PRE, POST).replace("P0,pre", "P0,before"), "before"),
        (rows("purity", PRE, POST) + rows("size", [80], [], "nm").replace("P0,pre", "P0,post"), "lot P0 post"),
        (rows("purity", PRE, POST) + rows("purity", PRE, []), "the same change, lot, attribute"),
        (rows("purity", PRE, POST, "nm"), "nm"),
        (rows("purity", ["x"], POST), "x"),
        (rows("purity", ["inf"], POST), "inf"),
    ],
)
def test_faults_of_the_table(tmp_path, table, said):
    held, problems = read(tmp_path, table)
    assert held is None
    assert any(said in p.found for p in problems), problems


def test_no_value_of_a_ratio_at_or_below_zero(tmp_path):
    plan = HEAD + POTENCY.replace("lower = -3.0", "lower = 0.8").replace("upper = 3.0", 'upper = 1.25\nscale = "ratio"')
    held, problems = read(tmp_path, rows("potency", [100, 0.0], [99]), plan)
    assert held is None
    assert problems[0].expected == "above 0, for a ratio"


def test_a_word_that_says_nothing_is_no_signature_and_no_no(tmp_path):
    signed = LOOK + '[attribute.judged]\nverdict = "comparable"\nby = "{}"\non = 2025-04-01\nbecause = "{}"\n'
    plan = tmp_path / "signed.toml"
    for by, because, key in (("TBD", "alike", "by"), ("A. Person", "unknown", "because")):
        plan.write_text(HEAD + signed.format(by, because), encoding="utf-8")
        problems = []
        assert read_comparability(plan, None, problems) is None
        assert [p.place for p in problems] == [f"attribute colour, key judged.{key}"]
    for text, state in (("unknown", "unknown"), ("no lot is left", "not_judged")):
        plan.write_text(HEAD + LOOK + f'not_compared = "{text}"\n', encoding="utf-8")
        (made,) = evaluate(read_comparability(plan, None, []))
        assert made.state == state
