"""Entry rules as data: three answers, exact limits, units; the umbrella's rules on applicants typed by hand."""

import csv
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.platform.entry_conditions import Value, read_condition
from proband.science.platform.master_protocol import read_master_protocol
from proband.science.platform.screening import read_applicants, screen
from proband.science.platform.three_valued import Answer, all_of, any_of, not_of

UCD = Path(__file__).parents[3] / "examples" / "ucd_umbrella" / "plan"
YES, NO, OPEN = Answer.YES, Answer.NO, Answer.UNKNOWN
FORMAT = (
    "[umbrella]\n[[entry_rule]]\nid = 'w'\nkind = 'inclusion'\nsays = 'weight'\n"
    "condition = { field = 'weight', above = 3.5, unit = 'kg' }\n"
)


@given(st.lists(st.sampled_from(Answer), max_size=6))
def test_joins_agree_with_every_way_in_which_the_unknown_could_turn_out(answers):
    from itertools import product

    ways = list(product(*([a == YES] if a != OPEN else [True, False] for a in answers)))
    for join, plain in ((all_of, all), (any_of, any)):
        possible = {plain(w) for w in ways}
        assert join(answers) == (OPEN if len(possible) == 2 else YES if possible == {True} else NO)
    assert all_of(answers) == not_of(any_of(not_of(a) for a in answers))


def asked(condition, **values):
    problems = []
    read = read_condition(condition, "f", "c", problems)
    assert not problems, problems
    return read.ask(values).answer


AMMONIA = {"field": "a", "at_least": 400, "unit": "umol/L", "molar_mass": 17.031}


@pytest.mark.parametrize(
    ("number", "unit", "bound", "answer"),
    [
        ("400", "umol/L", "", YES),
        ("399.999999", "umol/L", "", NO),
        ("0.4", "mmol/L", "", YES),
        ("681.24", "ug/dL", "", YES),
        ("681.23", "ug/dL", "", NO),
        ("0.68124", "mg/dL", "", YES),
        ("6.8124", "mg/L", "", YES),
        ("400", "umol/L", ">", YES),
        ("399", "umol/L", ">", OPEN),
        ("400", "umol/L", "<", NO),
        ("401", "umol/L", "<", OPEN),
    ],
)
def test_ammonia_on_the_limit_in_every_unit(number, unit, bound, answer):
    assert asked(AMMONIA, a=Value(number, Fraction(number), unit, bound)) == answer


@pytest.mark.parametrize(("word", "below", "on", "over"), [
    ("at_least", NO, YES, YES), ("above", NO, NO, YES), ("at_most", YES, YES, NO), ("below", YES, NO, NO),
])  # fmt: skip
def test_comparisons_on_their_limit(word, below, on, over):
    rule = {"field": "x", word: 8, "unit": "wk"}
    got = [asked(rule, x=Value("", Fraction(d), "d")) for d in (55, 56, 57)]
    assert got == [below, on, over]


def test_a_word_of_which_the_rule_does_not_tell_answers_nothing():
    rule = {"field": "z", "in": ["homozygous"], "open": ["hemizygous"]}
    assert [asked(rule, z=Value(w)) for w in ("homozygous", "hemizygous", "heterozygous")] == [YES, OPEN, NO]
    assert asked(rule) == OPEN


@pytest.mark.parametrize("wrong", [
    5, {}, {"field": "x"}, {"field": "x", "is": "a", "in": ["b"]}, {"field": "x", "at_least": "4", "unit": "kg"},
    {"field": "x", "at_least": float("nan"), "unit": "kg"}, {"field": "x", "at_least": True, "unit": "kg"},
    {"field": "x", "at_least": 4}, {"field": "x", "at_least": 4, "unit": "kgs"}, {"field": "x", "is": True},
    {"field": "x", "in": []}, {"field": "a b", "is": "c"}, {"any": []}, {"all": "x"}, {"not": []},
    {"field": "x", "is": "a", "open": ["a"]}, {"field": "x", "is": "a", "unit": "kg"},
    {"field": "x", "at_least": 1, "unit": "kg", "molar_mass": 0}, {"any": [{"all": [{"field": "x"}]}]},
    {"field": "weight_unit", "is": "a"}, {"field": "note", "is": "a"},
])  # fmt: skip
def test_a_condition_that_can_not_be_one_is_refused(wrong):
    problems = []
    assert read_condition(wrong, "f", "c", problems) is None
    assert problems
    assert all(p.remedy for p in problems)


def test_conditions_nested_without_end_are_refused():
    deep = {"field": "x", "is": "yes"}
    for _ in range(50):
        deep = {"not": deep}
    problems = []
    assert read_condition(deep, "f", "c", problems) is None
    assert problems[0].found == "conditions too deep"


EXPECTED = {
    "01": "eligible", "02": "not_eligible", "03": "eligible", "04": "eligible", "05": "eligible", "06": "not_eligible",
    "07": "eligible", "08": "cannot_tell", "09": "cannot_tell", "10": "eligible", "11": "eligible", "12": "cannot_tell",
    "13": "not_eligible", "14": "eligible", "15": "cannot_tell", "16": "not_eligible", "17": "cannot_tell",
    "18": "not_eligible", "19": "cannot_tell", "20": "not_eligible",
}  # fmt: skip
"""Typed by hand from the rules of the record and the note of each invented applicant."""


def ucd():
    problems = []
    made = read_master_protocol(UCD / "protocol.toml", "plan/protocol.toml", problems)
    assert not problems
    return made


def test_the_umbrella_rules_on_invented_applicants():
    problems = []
    rows = read_applicants(UCD / "applicants_invented.csv", ucd(), problems)
    assert not problems
    made = {s.applicant.removeprefix("invented-"): s.verdict for s in screen(ucd(), rows)}
    assert made == EXPECTED


def test_the_published_numbers_of_the_umbrella():
    rules = {r.id: r.condition for r in ucd().rules}
    assert len(rules["gene"].among) == 7
    assert (rules["weight"].limit, rules["weight"].word, rules["weight"].unit) == (Fraction("3.5"), "above", "kg")
    assert rules["ammonia"].parts[0].limit == 400
    assert rules["burden"].parts[0].limit == 8
    assert rules["amenable"].limit == 1
    assert len(ucd().cohorts) == 7


def test_every_invented_applicant_says_that_it_is_invented():
    with (UCD / "applicants_invented.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            assert row["applicant"].startswith("invented-")
            assert row["note"].startswith("invented:")


def test_one_cell_taken_away_never_makes_an_applicant_eligible(tmp_path):
    """Missing data never becomes an answer: blanking any cell keeps the verdict or opens it."""
    protocol = ucd()
    with (UCD / "applicants_invented.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    columns = list(rows[0])
    path = tmp_path / "a.csv"
    for column in (c for c in columns if c not in ("applicant", "note") and not c.endswith("_unit")):
        with path.open("w", encoding="utf-8", newline="") as handle:
            out = csv.DictWriter(handle, columns)
            out.writeheader()
            out.writerows({**r, column: ""} for r in rows)
        problems = []
        made = {
            s.applicant.removeprefix("invented-"): s.verdict
            for s in screen(protocol, read_applicants(path, protocol, problems))
        }
        for name, verdict in made.items():
            assert verdict in (EXPECTED[name], "cannot_tell"), (name, column)


def applicants(tmp_path, text, protocol=FORMAT):
    problems = []
    (tmp_path / "p.toml").write_text(protocol, encoding="utf-8")
    read = read_master_protocol(tmp_path / "p.toml", "p.toml", problems)
    assert not problems, [str(p) for p in problems]
    path = tmp_path / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    rows = read_applicants(path, read, problems)
    return [(s.applicant, s.verdict) for s in screen(read, rows)] if not problems else [p.found for p in problems]


@pytest.mark.parametrize(("cells", "made"), [
    ("3.5,kg", "not_eligible"), ("3500,g", "not_eligible"), ("3.50001,kg", "eligible"), ("3500.0001,g", "eligible"),
    (",", "cannot_tell"), ("unknown,kg", "cannot_tell"), (">3.5,kg", "eligible"), ("<3.6,kg", "cannot_tell"),
    ("<3.5,kg", "not_eligible"), ("7.7161791764707,[lb_av]", "not_eligible"), ("8,[lb_av]", "eligible"),
    ("0,kg", "not_eligible"),
])  # fmt: skip
def test_weights(tmp_path, cells, made):
    assert applicants(tmp_path, f"applicant,weight,weight_unit\na1,{cells}\n") == [("a1", made)]


@pytest.mark.parametrize("cells", [
    '"3,6",kg', "3.6 kg,kg", "-4,kg", "4,", "4,Kg", "4,L", "4,{ugs}/kg", "nan,kg", "inf,kg", "1e999,kg", "four,kg",
    "4_0,kg", "٤,kg", "=4,kg", ">=4,kg", "4;5,kg",
])  # fmt: skip
def test_weights_that_are_none_are_problems_and_never_answers(tmp_path, cells):
    made = applicants(tmp_path, f"applicant,weight,weight_unit\na1,{cells}\n")
    assert made
    assert all(isinstance(m, str) for m in made)


@pytest.mark.parametrize("text", [
    "", "applicant\n", "weight,weight_unit\n4,kg\n", "applicant,weight,weight_unit\n",
    "applicant,weight,weight\na,4,4\n", "applicant,wieght,weight_unit\na,4,kg\n",
    "applicant,weight,weight_unit\na,4,kg\na,5,kg\n",
    "applicant,weight,weight_unit\n,4,kg\n", "applicant,weight,weight_unit\na b,4,kg\n", "applicant;weight\na;4\n",
    "applicant,weight,weight_unit\na,4\n",
    b"applicant,weight,weight_unit\n\xff,4,kg\n", 'applicant,weight,weight_unit\n"a,4,kg\n',
    "applicant,weight,weight_unit\n=cmd,4,kg\n", "applicant,weight,weight_unit\na\u202eb,4,kg\n",
])  # fmt: skip
def test_tables_that_are_none_are_problems(tmp_path, text):
    made = applicants(tmp_path, text)
    assert made
    assert all(isinstance(m, str) for m in made)


def test_an_implausible_number_is_a_problem_and_no_answer(tmp_path):
    plausible = FORMAT + "[[field]]\nname = 'weight'\nplausible = { low = 0.3, high = 300.0, unit = 'kg' }\n"
    assert applicants(tmp_path, "applicant,weight,weight_unit\na,3500,kg\n", plausible) == ["3500 kg = 3500 kg"]


def test_a_word_that_is_none_is_a_problem(tmp_path):
    rule = FORMAT.replace("{ field = 'weight', above = 3.5, unit = 'kg' }", "{ field = 'severe', is = 'yes' }")
    assert applicants(tmp_path, "applicant,severe\na,YES\n", rule) == [("a", "eligible")]
    assert applicants(tmp_path, "applicant,severe\na,y\n", rule) == ["'y'"]
    assert applicants(tmp_path, "applicant\na\n", rule) == [("a", "cannot_tell")]


def test_parts_of_a_master_protocol(tmp_path):
    made = ucd().written
    assert (made.present, made.absent) == (("cohort_rules",), ())
    path = tmp_path / "p.toml"
    path.write_text(
        "[umbrella]\nshared_endpoints = ['ammonia']\nadding_a_variant = ['edit in cells']\n"
        "not_written = ['biological_reason']\n"
        "[[cohort]]\nid = 'a'\nreason = 'x'\n",
        encoding="utf-8",
    )
    problems = []
    made = read_master_protocol(path, "p.toml", problems).written
    assert (made.present, made.absent) == (
        ("shared_endpoints", "procedure_for_adding_a_variant"),
        ("biological_reason",),
    )
    assert made.unknown == ("cohort_rules",)


def test_a_protocol_without_an_umbrella_is_none_and_no_fault(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text("final_on = 2025-03-11\n[dosing]\nmaximum_doses = 3\n", encoding="utf-8")
    problems = []
    assert read_master_protocol(path, "p.toml", problems) is None
    assert not problems


def test_all_faults_of_a_protocol_at_once(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(
        FORMAT
        + "[[entry_rule]]\nid = 'w'\nkind = 'exclusion'\nsays = 'x'\ncondition = { field = 'zyg', is = 'hom' }\n"
        + "[[entry_rule]]\nid = 'v'\nkind = 'exclusion'\nsays = 'x'\ncondition = { field = 'weight', is = 'yes' }\n"
        + "[[field]]\nname = 'nobody'\n[[cohort]]\nid = 'a'\n[[cohort]]\nid = 'a'\n",
        encoding="utf-8",
    )
    problems = []
    assert read_master_protocol(path, "p.toml", problems) is None
    assert {p.place for p in problems} == {
        "entry_rule w", "cohort a", "field weight", "entry_rule w, field zyg", "field nobody",
    }  # fmt: skip


def test_parts_that_say_nothing_are_not_written(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(
        "[umbrella]\nshared_endpoints = ['TBD']\nadding_a_variant = ['to be determined']\n"
        "[[cohort]]\nid = 'a'\nreason = 'unknown'\n",
        encoding="utf-8",
    )
    made = read_master_protocol(path, "p.toml", []).written
    assert (made.present, made.absent, len(made.unknown)) == ((), (), 4)


def test_exclusions_alone_let_nobody_in(tmp_path):
    path, table = tmp_path / "p.toml", tmp_path / "a.csv"
    path.write_text(
        "[umbrella]\n[[entry_rule]]\nid = 'e'\nkind = 'exclusion'\nsays = 'liver disease'\n"
        "condition = { field = 'liver', is = 'yes' }\n",
        encoding="utf-8",
    )
    table.write_text("applicant,liver\nA,no\nB,yes\n", encoding="utf-8")
    protocol = read_master_protocol(path, "p.toml", [])
    one, two = screen(protocol, read_applicants(table, protocol, []))
    assert (one.verdict, one.because) == ("cannot_tell", "no inclusion rule is written")
    assert two.verdict == "not_eligible"
