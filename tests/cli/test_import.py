"""``proband import clinical`` as a stranger uses it: a file or a folder in, tables and a list of refusals out."""

import csv
import json

import pytest
from click.testing import CliRunner

from proband import api
from proband.cli import cli
from proband.core.errors import ProgramError

BUNDLE = {
    "resourceType": "Bundle",
    "entry": [
        {
            "resource": {
                "resourceType": "Observation",
                "id": f"o{k}",
                "status": "final",
                "subject": {"reference": "Patient/77"},
                "code": {"text": "ammonia"},
                "effectiveDateTime": when,
                "valueQuantity": {"value": 40 + k, "system": "http://unitsofmeasure.org", "code": "umol/L"},
            }
        }
        for k, when in enumerate(("2024-03-01", "2024-03-08", "2024-03"))
    ],
}
DATASET = {
    "datasetJSONVersion": "1.1.0",
    "name": "LB",
    "records": 1,
    "columns": [{"name": n} for n in ("USUBJID", "LBTESTCD", "LBSTRESC", "LBSTRESU", "LBDTC")],
    "rows": [["77", "NH3", "<9", "umol/L", "2024-03-02"]],
}


@pytest.fixture
def run(tmp_path):
    def do(*arguments, files=None):
        source = tmp_path / "source"
        source.mkdir(exist_ok=True)
        for name, value in (files or {"b.json": BUNDLE}).items():
            (source / name).write_text(value if isinstance(value, str) else json.dumps(value))
        made = CliRunner().invoke(cli, ["import", "clinical", str(source), "--out", str(tmp_path / "out"), *arguments])
        return made, tmp_path / "out"

    return do


def told(made):
    assert isinstance(made.exception, ProgramError), made.exception
    return str(made.exception)


def test_a_folder_of_two_standards(run):
    files = {"b.json": BUNDLE, "lb.json": DATASET, "notes.txt": "x"}
    made, out = run("--origin", "2024-03-01", "--subject", "77=patient-1", files=files)
    assert made.exit_code == 0, made.exception
    assert "4 records in: 3 rows written, 1 refused" in made.output
    assert "Refused: the date 2024-03 has no day (1)" in made.output
    rows = list(csv.DictReader((out / "labs.csv").read_text().splitlines()))
    assert [(r["subject"], r["day"], r["value"], r["below_limit"], r["source"]) for r in rows] == [
        ("patient-1", "1", "9", "yes", "lb.json; LB record 1"),
        ("patient-1", "0", "40", "", "b.json; Observation o0"),
        ("patient-1", "7", "41", "", "b.json; Observation o1"),
    ]
    assert next(csv.DictReader((out / "refused.csv").read_text().splitlines()))["record"] == "Observation o2"


def test_equal_inputs_give_equal_bytes_and_work_is_not_written_over(run):
    _, out = run("--origin", "2024-03-01")
    before = (out / "labs.csv").read_bytes()
    assert "a table with rows" in told(run("--origin", "2024-03-01")[0])
    (out / "labs.csv").write_text("subject,day,parameter,value,unit,below_limit,source\n")
    assert run("--origin", "2024-03-01")[0].exit_code == 0
    assert (out / "labs.csv").read_bytes() == before


def test_json_output(run):
    made = json.loads(run("--origin", "2024-03-01", "--format", "json")[0].output)
    assert (made["records"], made["rows"], len(made["refused"])) == (3, 2, 1)


@pytest.mark.parametrize(
    ("arguments", "files", "words"),
    [
        (["--origin", "yesterday"], None, "--origin"),
        (["--origin", "birth", "--unit", "x"], None, "NAME=VALUE"),
        (["--origin", "birth", "--unit", "x=mmHg"], None, "write mm[Hg]"),
        (["--origin", "birth", "--subject", "a=p", "--subject", "b=p"], None, "a pseudonym given twice"),
        (["--origin", "birth"], {"b.json": "{"}, "not JSON"),
        (["--origin", "birth"], {"b.json": "[1, 2]"}, "no datasetJSONVersion"),
        (["--origin", "birth"], {"b.xpt": "x"}, "no header of a transport file"),
        (["--origin", "birth"], {"a.json": DATASET, "b.json": DATASET}, "more than one dataset"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(run, arguments, files, words):
    made, out = run(*arguments, files=files)
    assert words in told(made)
    assert not out.exists()


def test_nothing_to_import(tmp_path):
    made = CliRunner().invoke(
        cli, ["import", "clinical", str(tmp_path), "--out", str(tmp_path / "o"), "--origin", "birth"]
    )
    assert "nothing to import" in told(made)


def test_imported_tables_pass_the_check_of_a_program(run, tmp_path):
    run("--origin", "2024-03-01", "--subject", "77=patient-1", files={"b.json": BUNDLE, "lb.json": DATASET})
    root = tmp_path / "program"
    (root / "clinical").mkdir(parents=True)
    text = 'format = 1\nid = "demo"\nstage = "treated"\ncondition = { name = "c" }\ngene = { symbol = "G" }\n'
    (root / "program.toml").write_text(text + '[[patient]]\nid = "patient-1"\n')
    (root / "clinical" / "labs.csv").write_bytes((tmp_path / "out" / "labs.csv").read_bytes())
    assert [str(p) for p in api.check(root).problems] == []
