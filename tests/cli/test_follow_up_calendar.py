"""``proband gates`` and ``proband follow-up calendar``: what they print and write, and what they refuse."""

import csv
import json
import sys
from datetime import date
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "science" / "follow_up"))
from ics_parser import parse

FILES = {"blood.tsv", "follow_up.ics", "follow_up.svg", "follow_up.tsv", "reports_due.tsv", "tracking.tsv", "years.tsv"}


@pytest.fixture
def folder(fresh_example):
    return fresh_example("synthetic_abe")


def test_the_calendar_of_the_synthetic_program(proband, folder, tmp_path):
    out = tmp_path / "out"
    done = proband("follow-up", "calendar", folder, "--out", out, code=0)
    assert "17 visits from 2025-06-30 to 2040-06-30" in done.stdout
    assert {p.name for p in out.iterdir()} == FILES
    _, events = parse((out / "follow_up.ics").read_bytes())
    visits = [e for e in events if e["summary"].startswith("SYN-P1: ") and "visit" not in e["summary"]]
    assert len(events) == 17 + 1 + 15  # visits, end, yearly reports up to the end
    assert date(2040, 6, 30) in {e["start"] for e in visits}
    assert {e["stamp"].date() for e in events} == {date(2025, 5, 12)}  # the date of the plan, never a clock
    text = (out / "follow_up.ics").read_text()
    assert " a " not in "".join(
        e["summary"] for e in events if "examination" not in e["summary"] and "contact" not in e["summary"]
    )
    assert "mo 20 d" not in text  # no age: with a date it would tell the birthday
    with (out / "follow_up.tsv").open(newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert [r["date"] for r in rows][-1] == "2040-06-30"
    assert rows[0]["age"] == "3 a 10 mo 20 d"
    with (out / "blood.tsv").open(newline="") as handle:
        blood = {r["day"]: r for r in csv.DictReader(handle, delimiter="\t")}
    assert blood["593"]["within"] == "no"
    assert blood["1324"]["within"] == "cannot tell"


def test_the_same_bytes_again_and_json(proband, folder, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    proband("follow-up", "calendar", folder, "--out", one, code=0)
    made = json.loads(proband("follow-up", "calendar", folder, "--out", two, "--format", "json", code=0).stdout)
    assert set(made["wrote"]) == FILES
    assert made["patients"][0]["end"] == "2040-06-30"
    assert all((one / n).read_bytes() == (two / n).read_bytes() for n in FILES)


def test_what_the_calendar_refuses(proband, folder, fresh_example, tmp_path):
    out = tmp_path / "out"
    told = proband("follow-up", "calendar", fresh_example("cps1_kabe"), "--out", out, code=1).stderr
    assert "plan/follow_up.toml" in told
    text = (folder / "program.toml").read_text()
    (folder / "program.toml").write_text(text.replace("day_zero = 2024-11-14", ""))
    assert "day_zero" in proband("follow-up", "calendar", folder, "--out", out, code=1).stderr
    (folder / "program.toml").write_text(text)
    (folder / "clinical" / "dosing.csv").write_text("subject,day,parameter,value,unit,below_limit,source\n")
    (folder / "safety" / "exposure.csv").unlink()
    (folder / "safety" / "adverse_events.csv").unlink()
    assert "--dose-on" in proband("follow-up", "calendar", folder, "--out", out, code=1).stderr
    assert not out.exists()
    done = proband("follow-up", "calendar", folder, "--out", out, "--dose-on", "2028-02-29", code=0)
    assert "2043-02-28" in done.stdout
    proband("follow-up", "calendar", folder, "--out", out, "--dose-on", "1028-02-29", code=2)
    proband("follow-up", "calendar", folder, "--out", out, "--dose-on", "2028-02-30", code=2)


def test_texts_of_strangers_are_harmless_in_every_file(proband, folder, tmp_path):
    path = folder / "plan" / "follow_up.toml"
    hostile = '=cmd|x</text><script>alert(1)</script>, ;\\\\ "quoted"'
    path.write_text(path.read_text().replace("history and physical examination", hostile.replace('"', "'")))
    out = tmp_path / "out"
    proband("follow-up", "calendar", folder, "--out", out, code=0)
    _, events = parse((out / "follow_up.ics").read_bytes())
    assert any("<script>" in e["description"] for e in events)
    assert "<script>" not in (out / "follow_up.svg").read_text()
    for name in ("follow_up.tsv", "years.tsv", "blood.tsv"):
        cells = [c for line in (out / name).read_text().splitlines() for c in line.split("\t")]
        assert not any(c.startswith(("=", "@", "+")) for c in cells)


def test_gates_of_the_published_case(proband, fresh_example):
    path = fresh_example("cps1_kabe")
    text = proband("gates", path, code=0).stdout
    assert "0.714 mg, 0.374 guide, 0.340 messenger" in text
    assert "dose 3 would be day 251 at the earliest" in text
    made = json.loads(proband("gates", path, "--on", "251", "--dose", "0.45", "--format", "json", code=0).stdout)
    third = made["doses"][-1]
    assert third["state"] == "cannot_tell"
    assert {g["id"]: g["said"]["state"] for g in third["dose"]["gates"]}["minimum_days_between_doses"] == "met"
    early = json.loads(proband("gates", path, "--date", "2025-04-08", "--format", "json", code=0).stdout)
    assert early["doses"][-1]["state"] == "not_met"  # day 250
    assert made["earliest_next_dose"]["patient-1"][0]["day"] == 251


@pytest.mark.parametrize(
    "options",
    [
        ("--on", "nan"), ("--on", "inf"), ("--on", "x"), ("--dose", "0.3"), ("--on", "251", "--dose", "-1"),
        ("--on", "251", "--dose", "inf"), ("--on", "1", "--date", "2025-04-08"), ("--date", "2025-02-29"),
        ("--date", "2025-04-08T00:00:00Z"),
    ],
)  # fmt: skip
def test_options_that_can_not_be(proband, session_examples, options):
    proband("gates", session_examples / "cps1_kabe", *options, code=2)


def test_a_program_without_gates_is_told_so(proband, session_examples):
    told = proband("gates", session_examples / "kif1a_gapmer", code=1).stderr
    assert "no gates" in told
