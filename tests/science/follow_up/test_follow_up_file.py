"""What a stranger may write into the plan of follow-up: every fault at once, never a traceback."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_follow_up_schedule import FULL, HEAD

from proband.science.follow_up.plan_file import read_follow_up


def read(tmp_path, text):
    path = tmp_path / "follow_up.toml"
    path.write_text(text)
    problems = []
    return read_follow_up(path, "plan/follow_up.toml", problems), problems


HOSTILE = """format = 1
product_class = "genome_editing"
counts_from = "last_dose"
years = 15
end_on = 2040-01-01
shorter_because = "x"
[source]
document = "plan"
on = 1024-02-29
[[item]]
id = "a"
looks_for = ["cancer"]
how = "x"
who = "x"
blood = { value = 1.0, unit = "g" }
[[item]]
id = "a"
looks_for = ["cancer"]
how = "x"
who = "x"
[[visit]]
id = "v"
kind = "contact"
years = [1]
months = [1]
window = [0, 0]
items = []
[[visit]]
id = "w"
kind = "contact"
years = [5, 1, 101]
window = [30, -30]
items = ["b", "a", "a"]
[[visit]]
id = "w"
kind = "contact"
window = [0, 0]
items = []
[custody]
funded_until = 3025-01-01
[reporting]
ind_in_effect_on = 1525-01-01
[[data_source]]
name = "r"
completeness = { found = 3, of = 2, how = "x" }
linkage = { found = 3, how = "x" }
validity = { found = 1, of = 1, not_measured = true, how = "x" }
[blood]
limits = "eu"
single_percent = 200.0
ml_per_kg = 5.0
[[expected_weight]]
patient = "p"
age_months = 1.0
kg = 900.0
source = "x"
[[expected_weight]]
patient = "p"
age_months = 1.0
kg = 4.0
source = "x"
"""


def test_every_fault_of_a_hostile_plan_is_told_at_once(tmp_path):
    made, problems = read(tmp_path, HOSTILE)
    assert made is None
    told = "\n".join(f"{p.place} | {p.found} | {p.expected}" for p in problems)
    for wanted in (
        "years, end_on | both", "not shorter than 15", "source.on | 1024", "item a | a name used twice",
        "key blood | g",
        "visit v | months, years", "numbers that rise", "at most 100", "key window | [30, -30]", "key items | b",
        "a twice", "visit w | a name used twice", "visit w | no offset", "funded_until", "ind_in_effect_on",
        "not more found", "no two counts", "counts and not_measured", "own limits", "blood.limits | eu", "200",
        "40 to 120", "two at 1 months", "900 kg",
    ):  # fmt: skip
        assert wanted in told, wanted


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("years = 15", "years = inf"), ("years = 15", "years = -1"), ("years = 15", "years = 0"),
        ("years = 15", "years = 15.5"), ("years = 15", "years = 1000000"), ("years = 15", ""),
        ("years = 15", "end_on = 2040-01-01T00:00:00+02:00"), ("years = 15", 'end_on = "2040-01-01"'),
        ("on = 2025-01-01", "on = 2025-02-29"), ("[-30, 30]", "[-30]"), ("[-30, 30]", "[-inf, inf]"),
        ("[1, 2, 3, 4, 5]", "[-1, 2]"), ("[1, 2, 3, 4, 5]", "[1, 1]"), ("[1, 2, 3, 4, 5]", '"yearly"'),
        ('"genome_editing"', '"gene_therapy"'), ('"examination"', '"visit"'), ("format = 1", "format = 2"),
        ('id = "exams"', 'id = "../exams"'), ("[source]", "[sources]"), ('how = "x"', 'how = " "'),
        ('["delayed_events"]', '["everything"]'), ("format = 1", "format = 1\nformat = 1"), ('"plan 1"', '"a\u202eb"'),
    ],
)  # fmt: skip
def test_values_that_can_not_be(tmp_path, old, new):
    assert old in FULL
    made, problems = read(tmp_path, FULL.replace(old, new, 1))
    assert made is None
    assert problems


def test_a_million_visits_are_refused(tmp_path):
    many = HEAD + "".join(
        f'[[visit]]\nid = "v{i}"\nkind = "contact"\ndays = {list(range(400))}\nwindow = [0, 0]\nitems = []\n'
        for i in range(6)
    )
    made, problems = read(tmp_path, many)
    assert made is None
    assert any("2,400" in p.found for p in problems)
    made, problems = read(
        tmp_path, HEAD + f'[[visit]]\nid = "v"\nkind = "contact"\ndays = {list(range(1000))}\nwindow = [0, 0]\n'
    )
    assert made is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=400))
def test_any_text_is_a_plan_or_problems(tmp_path, text):
    made, problems = read(tmp_path, text.replace("\r", ""))
    assert (made is None) == bool(problems)
