"""The review before a further dose: when it counts, and what its table may hold."""

import pytest

from proband.science.dosing.redose_review import ITEMS, over_doses, read_review, reviewed

HEAD = "subject,dose,item,day,value,unit,finding,by,source\n"


def read(tmp_path, text, gates=()):
    path = tmp_path / "redose_review.csv"
    path.write_text(HEAD + text)
    problems = []
    return read_review(path, problems, gates), problems


def rows_of(day="226", value="9", unit="%", finding="reviewed"):
    return "".join(f"P1,2,{item},{day},{value},{unit},{finding},N,x\n" for item in ITEMS)


@pytest.mark.parametrize(
    ("row", "group"),
    [
        ({}, "present"),
        ({"value": "none found", "unit": "{text}"}, "present"),
        ({"day": "230"}, "absent"),  # after the dose
        ({"day": "228"}, "unknown"),  # on its day
        ({"day": "199"}, "absent"),  # before the dose before
        ({"day": "200"}, "unknown"),  # on the day of the dose before
        ({"day": ""}, "unknown"),
        ({"value": ""}, "unknown"),
        ({"value": "pending", "unit": "{text}"}, "unknown"),
        ({"value": "Not done", "unit": "{text}"}, "unknown"),
        ({"finding": "not_reviewed"}, "absent"),
    ],
)
def test_when_a_review_counts(tmp_path, row, group):
    rows, problems = read(tmp_path, rows_of(**row))
    assert problems == []
    made = over_doses(reviewed(rows, "P1", [200.0, 228.0]))
    assert getattr(made, group) == ITEMS


def test_every_further_dose_has_to_be_reviewed(tmp_path):
    rows, _ = read(tmp_path, rows_of())
    assert over_doses(reviewed(rows, "P1", [200.0, 228.0, 260.0])).unknown == ITEMS
    assert over_doses(reviewed(rows, "P2", [200.0, 228.0])).unknown == ITEMS
    assert reviewed(rows, "P1", [200.0]) == []


@pytest.mark.parametrize(
    "row",
    [
        "P1,0,immune_status,1,9,%,reviewed,N,x", "P1,2,immunestatus,1,9,%,reviewed,N,x",
        "P1,2,immune_status,1,9,%,met,N,x", "P1,2,a,1,9,%,reviewed,N,x", "P1,2,immune_status,1,9,,reviewed,N,x",
        "P1,2,immune_status,1,9;5,%,reviewed,N,x", "P1,2,immune_status,1,9,furlong,reviewed,N,x",
        "P1,2,immune_status,inf,9,%,reviewed,N,x", "P1,1e9,immune_status,1,9,%,reviewed,N,x",
        "P1,2,immune_status,1,9,%,reviewed,N,", "P1,2,immune_status,999999,9,%,reviewed,N,x",
    ],
)  # fmt: skip
def test_rows_that_can_not_be(tmp_path, row):
    rows, problems = read(tmp_path, row + "\n", ("a",))
    assert rows is None
    assert problems


def test_a_header_alone_is_a_review_of_nothing_and_rows_stand_once(tmp_path):
    assert read(tmp_path, "") == ((), [])
    rows, problems = read(tmp_path, rows_of() + rows_of())
    assert rows is None
    assert len(problems) == 3
