"""The placebo arm of pbcseq as the files of a cohort: what is described agrees with the data counted directly."""

import csv
from pathlib import Path

import pytest

from proband.science.natural_history.cohort_file import read_groups
from proband.science.natural_history.comparability import schedules
from proband.science.natural_history.description import describe
from proband.science.natural_history.missingness import missingness

REFERENCE = Path(__file__).resolve().parents[4] / "shared" / "reference" / "statistics" / "pbcseq.csv"


@pytest.fixture
def rows():
    if not REFERENCE.exists():
        pytest.skip("reference data are absent")
    with REFERENCE.open() as handle:
        return [r for r in csv.DictReader(handle) if r["trt"] == "0"]


def test_the_placebo_arm_as_a_cohort(rows, tmp_path):
    people = {r["id"]: r for r in rows}
    subjects = ["subject,birth_day,sex,genotype_class,era,region,entry_day,exit_day,death,stage"]
    for i, r in people.items():
        birth, death = -float(r["age"]) * 365.25, "yes" if r["status"] == "2" else "no"
        stage = r["stage"].replace("NA", "")
        subjects.append(f"s{i},{birth},{r['sex']},,1970s,US,0,{r['futime']},{death},{stage}")
    labs = ["subject,day,parameter,value,unit,below_limit,source"]
    for r in rows:
        for name, unit in (("bili", "mg/dL"), ("chol", "mg/dL")):
            labs.append(f"s{r['id']},{r['day']},{name},{'' if r[name] == 'NA' else r[name]},{unit},,pbcseq")
    files = {}
    for name, lines in (("natural_history/subjects.csv", subjects), ("natural_history/labs.csv", labs)):
        files[name] = tmp_path / Path(name).name
        files[name].write_text("\n".join(lines) + "\n")
    problems = []
    untreated, treated = read_groups(files, problems)
    assert [str(p) for p in problems] == []
    assert treated is None
    d = describe(untreated)
    assert (d.size, len(rows)) == (154, 967)  # as the design of the anchor states
    assert d.person_years == pytest.approx(sum(float(r["futime"]) for r in people.values()) / 365.25)
    dead = sum(r["status"] == "2" for r in people.values())
    assert (d.deaths.deaths, d.deaths.told) == (dead, 154)
    assert d.deaths.rate.low < dead / d.person_years < d.deaths.rate.high
    assert d.genotypes == (("not known", 154),)
    assert "genotypes" not in d.described
    bili = next(s for s in schedules([untreated]) if s.parameter == "bili")
    assert (bili.subjects, bili.values) == (154, 967)
    gap = next(m for m in missingness([untreated]).measurements if m.parameter == "chol")
    assert gap.values + gap.intermittent + gap.after_last + gap.rows_of_never == 967
    assert gap.values == sum(r["chol"] not in ("", "NA") for r in rows)
