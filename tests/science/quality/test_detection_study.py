"""Limits recomputed from the tables of a method, against what its record states."""

import pytest

from proband.science.quality.detection_study import disagreements, study
from proband.science.quality.method_file import Found, Method, Range
from proband.science.quality.method_words import limits_agree, study_words
from proband.science.quality.quality_tables import HITS, REPLICATES, read_quality

HEADER = "sample,kind,assigned,reagent_lot,run,replicate,value,unit\n"
HITS_HEADER = "dose,unit,reagent_lot,hits,runs\n"


def replicates(tmp_path, unit="ng/mL", scale=1.0, lots=("R1",)):
    text = HEADER
    for lot in lots:
        text += "".join(f"b,blank,,{lot},1,{i},{round(i * scale, 9)},{unit}\n" for i in range(1, 61))
        for name, values in (("low", [60.0, 61.0, 62.0]), ("mid", [70.0, 71.0, 72.0]), ("high", [80.0, 81.0, 82.0])):
            text += "".join(
                f"{name},low,{round(values[1] * scale, 9)},{lot},1,{i},{round(v * scale, 9)},{unit}\n"
                for i, v in enumerate(values)
            )
    (tmp_path / "r.csv").write_text(text)
    problems = []
    rows = read_quality(tmp_path / "r.csv", "r.csv", REPLICATES, problems)
    assert problems == []
    return rows


def method(**more):
    return Method.model_validate({"id": "m", "attribute": "x", "technique": "t", **more})


def test_classical_limits_of_a_table(tmp_path):
    made = study(method(goal_cv_percent=2.0), replicates(tmp_path), ())
    # sixty blanks 1 to 60: rank 57.5; three samples of SD 1, L - J = 6: c = 1.644854 / (1 - 1/24)
    assert made.blank.value == 57.5
    assert made.detection.value == pytest.approx(57.5 + 1.644854 / (1 - 1 / 24), abs=1e-5)
    assert made.unit == "ng/mL"
    assert [v.name for v in made.profile] == ["low", "mid", "high"]
    assert any("not established: one reagent lot" in s for s in study_words(made))


def test_the_unit_of_the_record_is_used(tmp_path):
    m = method(range=Range(low=0.0, high=1000.0, unit="pg/mL"))
    made = study(m, replicates(tmp_path), ())
    assert (made.unit, made.blank.value) == ("pg/mL", 57500.0)
    # a record in units that do not convert leaves the limits in those of the table
    assert study(method(range=Range(low=0.0, high=1.0, unit="mol")), replicates(tmp_path), ()).unit == "ng/mL"


def test_stated_limits_against_their_data(tmp_path):
    rows = replicates(tmp_path)
    right = method(detection_limit=Found(value=59.2, unit="ng/mL", how="classical").model_dump())
    wrong = method(detection_limit=Found(value=30.0, unit="ng/mL", how="classical").model_dump())
    other = method(detection_limit=Found(value=30.0, unit="ng/mL", how="signal_to_noise").model_dump())
    assert disagreements(right, study(right, rows, ())) == []
    assert limits_agree(right, study(right, rows, ())).present == ("detection_limit",)
    assert "stated as 30 ng/mL; its data give 59.22 ng/mL" in disagreements(wrong, study(wrong, rows, ()))[0]
    assert limits_agree(wrong, study(wrong, rows, ())).absent == ("detection_limit",)
    assert limits_agree(other, study(other, rows, ())).unknown == ("detection_limit",)
    assert limits_agree(method(), study(method(), rows, ())) is None


def test_probit_by_reagent_lot_takes_the_greatest(tmp_path):
    text = HITS_HEADER
    for lot, hits in (("R1", (2, 10, 17, 20)), ("R2", (2, 6, 13, 19))):
        text += "".join(f"{d},{{copies}}/uL,{lot},{h},20\n" for d, h in zip((1, 2, 4, 8), hits, strict=True))
    (tmp_path / "h.csv").write_text(text)
    rows = read_quality(tmp_path / "h.csv", "h.csv", HITS, [])
    made = study(method(), (), rows)
    assert made.probit_value == max(p.value for _, p in made.probit)
    assert made.probit[0][1].value == pytest.approx(5.26, abs=0.005)
    separate = HITS_HEADER + "1,ng,R1,0,20\n2,ng,R1,20,20\n"
    (tmp_path / "h.csv").write_text(separate)
    made = study(method(), (), read_quality(tmp_path / "h.csv", "h.csv", HITS, []))
    assert made.probit_value is None
    assert "no limit of detection (hits separate the doses" in study_words(made)[0]


@pytest.mark.parametrize(
    ("columns", "text", "said"),
    [
        (REPLICATES, "a,b\n", "'a,b'"),
        (REPLICATES, HEADER, "a table without rows"),
        (REPLICATES, HEADER + "b,blank,,R1,1,1,1.0,percent\n", "percent"),
        (REPLICATES, HEADER + "b,blank,,R1,1,1,1.0,ng\nb,blank,,R1,1,2,1.0,mol\n", "mol"),
        (REPLICATES, HEADER + "b,blank,,R1,1,1,1.0,ng\nb,blank,,R1,1,1,2.0,ng\n", "the same sample"),
        (REPLICATES, HEADER + "b,bank,,R1,1,1,1.0,ng\n", "bank"),
        (REPLICATES, HEADER + "@b,blank,,R1,1,1,1.0,ng\n", "@b"),
        (HITS, HITS_HEADER + "0,ng,R1,1,2\n", "'0'"),
        (HITS, HITS_HEADER + "1,ng,R1,3,2\n", "3 hits of 2 runs"),
        (HITS, HITS_HEADER + "1,ng,R1,1.5,2\n", "1.5"),
        (HITS, HITS_HEADER + "1,EU/mL,R1,1,2\n", "EU/mL"),
    ],
)
def test_faults_of_tables(tmp_path, columns, text, said):
    (tmp_path / "t.csv").write_text(text)
    problems = []
    assert read_quality(tmp_path / "t.csv", "t.csv", columns, problems) == ()
    assert any(said in p.found for p in problems), problems
