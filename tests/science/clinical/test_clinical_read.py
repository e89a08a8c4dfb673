"""Long tables to a record: faults told at once with their row, one unit per parameter, nothing made of nothing."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.clinical.read import Wanted, read_clinical
from proband.science.clinical.series import Bound, Flag

HEADER = "subject,day,parameter,value,unit,below_limit,source"


@pytest.fixture
def read(tmp_path):
    def do(wanted=None, header=HEADER, **tables):
        files = {}
        for name, rows in tables.items():
            path = tmp_path / f"{name}.csv"
            path.write_text("\n".join([header, *rows]) + "\n")
            files[f"clinical/{name}.csv"] = path
        problems = []
        made = read_clinical(files, problems, wanted)
        assert (made is None) == bool(problems)
        return made, "\n".join(str(p) for p in problems)

    return do


def test_below_and_above_a_limit_are_kept_as_such(read):
    record, _ = read(
        header=HEADER + ",above_limit",
        labs=["a,1,nh3,9,umol/L,yes,s,", "a,2,nh3,500,umol/L,,s,yes", "a,3,nh3,40,umol/L,no,s,no"],
    )
    assert [p.bound for p in record.of("a", "nh3").points] == [Bound.BELOW, Bound.ABOVE, Bound.MEASURED]


def test_mixed_units_convert_exactly_and_say_so(read):
    record, _ = read(labs=["a,1,nh3,20,umol/L,,s", "a,2,nh3,0.0301,mmol/L,,s"])
    one = record.of("a", "nh3")
    assert [p.value for p in one.points] == [20.0, 30.1]
    assert (one.unit, one.converted, one.flags) == ("umol/L", 1, (Flag.CONVERTED,))


def test_moles_to_mass_with_the_stated_molar_mass_alone(read):
    rows = ["a,1,glucose,5,mmol/L,,s", "a,2,glucose,90,mg/dL,,s"]
    _, told = read(labs=rows)
    assert "stated molar mass" in told
    record, _ = read(Wanted(molar_masses={"glucose": Fraction("180.156")}, units={"glucose": "mg/dL"}), labs=rows)
    assert [p.value for p in record.of("a", "glucose").points] == [90.078, 90.0]


def test_units_that_count_different_things_are_refused(read):
    assert "count different things" in read(dosing=["a,1,x,1e13,{vg}/kg,,s", "a,9,x,1e6,{cells}/kg,,s"])[1]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,1,x,1,g/L,,s\na,1,x,2,g/L,,s", "a second value of x of a on day 1, as in clinical/labs.csv row 2"),
        ("a,nan,x,1,g/L,,s", "column day"),
        ("a,20260131,x,1,g/L,,s", "within 200 years"),
        ("a,1,x,inf,g/L,,s", "column value"),
        ("a,1,x,<5,g/L,,s", "column value"),
        ("a,1,x,0,g/L,yes,s", "not 0"),
        ("a,1,x,,g/L,yes,s", "the limit of the assay"),
        ("a,1,x,1,mmHg,,s", "write mm[Hg]"),
        ("a,1,x,1,g/L,maybe,s", "yes, no or empty"),
        (",1,x,1,g/L,,s", "column subject"),
        ("a,1,x,1,g/L,,s,t", "8 cells"),
        ("a,1,x\u202e,1,g/L,,s", "hidden characters"),
    ],
)
def test_faults_are_told_with_their_place(read, row, words):
    made, told = read(labs=[row])
    assert made is None
    assert words in told


def test_all_faults_come_at_once(read):
    told = read(labs=["a,x,nh3,1,g/L,,s", "a,1,nh3,y,g/L,,s"], dosing=["a,1,d,1,zz,,s"])[1]
    assert all(w in told for w in ("row 2, column day", "row 3, column value", "dosing.csv: row 2, column unit"))


def test_days_before_birth_and_after_the_end_of_the_record(read):
    wanted = Wanted(possible={"a": (0.0, 100.0)}, subjects=frozenset("a"))
    told = read(wanted, labs=["a,-1,x,1,g/L,,s", "a,101,x,1,g/L,,s", "b,1,x,1,g/L,,s"])[1]
    assert "not before birth" in told
    assert "not after the end of the record" in told
    assert "a known subject" in told


def test_a_row_without_a_value_is_missed_and_text_is_a_note(read):
    record, _ = read(labs=["a,1,x,,g/L,,s", "a,2,x,not done,{text},,s"])
    assert record.of("a", "x") is None
    assert (record.missed[0].day, record.notes[0].text) == (1.0, "not done")


def test_events_visits_doses_and_care(read):
    record, _ = read(
        header=HEADER + ",day_end,grade,serious",
        dosing=["a,10,d,0,mg/kg,,s,,,", "a,20,d,100,ug/kg,,s,,,", "a,30,d,given,{text},,s,,,"],
        events=["a,21,fever,mild,{text},,s,22,1,no"],
        visits=["a,1,screening,held,{text},,s,,,", "a,30,month 1,missed,{text},,s,,,", "a,60,m2,,{text},,s,,,"],
        care=["a,5,scavenger,8,mL/m2/d,,s,15,,", "a,5,sirolimus,started,{text},,s,,,"],
    )
    assert record.first_dose("a") == 20.0
    assert [(d.amount, d.unit) for d in record.doses] == [(0.0, "mg/kg"), (0.1, "mg/kg"), (None, "")]
    assert (record.events[0].end, record.events[0].grade, record.events[0].serious) == (22.0, 1, False)
    assert {v.name: v.held for v in record.visits} == {"screening": True, "month 1": False, "m2": None}
    assert [record.care["a", "scavenger"].at(d).level for d in (4, 5, 15)] == [None, 8.0, 0.0]
    assert record.subjects == ("a",)


@pytest.mark.parametrize(
    ("table", "row", "words"),
    [
        ("dosing", "a,1,d,-1,mg,,s,,,", "0 or more"),
        ("events", "a,9,fever,x,{text},,s,3,,", "a day not before day"),
        ("events", "a,9,fever,x,{text},,s,,6,", "1 to 5"),
        ("events", "a,9,fits,2.5,{seizures},,s,,,", "a whole number"),
        ("care", "a,1,d,1,mg,,s,,,\na,1,d,2,mg,,s,,,", "two rows for day 1"),
    ],
)
def test_faults_of_the_other_tables(read, table, row, words):
    assert words in read(header=HEADER + ",day_end,grade,serious", **{table: [row]})[1]


def test_no_tables_and_empty_tables_hold_nothing(read):
    assert read()[0].series == {}
    assert read(labs=[])[0].subjects == ()


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "labs.csv"
        path.write_text(HEADER + "\n" + text, encoding="utf-8", errors="replace")
        problems = []
        made = read_clinical({"clinical/labs.csv": path}, problems)
    assert (made is None) == bool(problems)
