"""The invented cohort: the tables of the example come from this seed, and hold the truth that stands in the script."""

import csv
import re
import statistics
from itertools import pairwise
from pathlib import Path

import pytest

from proband.science.natural_history.cohort_file import data_digest
from proband.testing.synthetic_cohort import CRISES, EVERY, PEOPLE, people, write_cohort

HERE = Path(__file__).resolve().parents[2] / "examples" / "synthetic_abe"
TABLES = ("subjects.csv", "ammonia.csv", "events.csv")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohort")
    write_cohort(folder)
    return folder


@pytest.mark.parametrize("name", TABLES)
def test_the_example_holds_what_the_seed_makes(written, name):
    assert (HERE / "natural_history" / name).read_bytes() == (written / name).read_bytes()


def test_the_example_states_the_digest_of_its_tables(written):
    files = {f"natural_history/{n}": written / n for n in TABLES}
    stated = re.search(r'data_digest = "([0-9a-f]{64})"', (HERE / "natural_history" / "cohort.toml").read_text())
    assert stated is not None
    assert stated[1] == data_digest(files)


def test_a_changed_byte_changes_the_digest(written, tmp_path):
    files = {f"natural_history/{n}": written / n for n in TABLES}
    before = data_digest(files)
    other = tmp_path / "events.csv"
    other.write_bytes((written / "events.csv").read_bytes().replace(b"SYN-U01,6,", b"SYN-U01,7,", 1))
    assert data_digest({**files, "natural_history/events.csv": other}) != before


def test_tables_hold_the_truth_of_the_script(written):
    rows = {n: list(csv.DictReader((written / n).read_text().splitlines())) for n in TABLES}
    years = sum(int(r["exit_day"]) for r in rows["subjects.csv"]) / 365.25
    assert len(rows["subjects.csv"]) == PEOPLE
    assert len(rows["events.csv"]) / years == pytest.approx(CRISES, rel=0.2)
    ill = {(r["subject"], int(r["day"]) + k) for r in rows["events.csv"] for k in range(3)}
    for r in rows["ammonia.csv"]:
        assert (r["subject"], int(r["day"])) not in ill, "routine visits are put off during a crisis"
    gaps = []
    for p in people():
        days = [int(r["day"]) for r in rows["ammonia.csv"] if r["subject"] == p.id]
        assert days == sorted(set(days))
        gaps += [b - a for a, b in pairwise(days)]
    assert statistics.median(gaps) == EVERY
