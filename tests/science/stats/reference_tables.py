"""Where the reference tables of statistics lie, and how a test reads one or skips with the reason."""

import csv
import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "reference" / "statistics"


def table(name):
    """Rows of a reference table; the test is skipped where it is absent."""
    path = FOLDER / name
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def expected(*keys):
    """An entry of the expected results."""
    path = FOLDER / "expected_results.json"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    held = json.loads(path.read_text())
    for k in keys:
        held = held[k]
    return held
