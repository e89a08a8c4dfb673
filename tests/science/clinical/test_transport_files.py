"""SAS transport files and Dataset-JSON: written from the published layout, read back; damage of every kind is told."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transport_writer import RECORD, ibm, member, transport

from proband.science.clinical.dataset_json import NotJson, datasets, load, load_file
from proband.science.clinical.xpt import ibm_double, read_xpt

COLUMNS = [("USUBJID", False, 6), ("AVAL", True, 8), ("SHORT", True, 4), ("NOTE", False, 11)]
ROWS = [("s1", 1.5, 2.0, "a"), ("s2", None, -0.5, ""), ("s3", -118.625, None, "µmol")]


@pytest.fixture
def read(tmp_path):
    def do(data):
        path = tmp_path / "x.xpt"
        path.write_bytes(data)
        problems = []
        return read_xpt(path, "x.xpt", problems), "\n".join(str(p) for p in problems)

    return do


def test_published_numbers():
    # TS-140, "Numeric data fields"; -118.625 is the worked example of the IBM System/360 format
    assert ibm_double(bytes.fromhex("c276a00000000000")) == -118.625
    assert ibm_double(bytes.fromhex("4110000000000000")) == 1.0
    assert ibm_double(bytes.fromhex("4019999a")) == pytest.approx(0.1, rel=1e-6)
    assert ibm_double(bytes(8)) == 0.0


@pytest.mark.parametrize("first", list(b"._ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
def test_all_28_missing_values(first):
    assert ibm_double(bytes([first]) + bytes(7)) is None
    assert ibm_double(bytes([first, 1]) + bytes(6)) is not None


@given(st.floats(min_value=-1e60, max_value=1e60).filter(lambda v: v == 0 or abs(v) > 1e-60))
def test_numbers_come_back_exactly(value):
    assert ibm_double(ibm(value)) == value


def test_rows_of_two_datasets_come_back(read):
    made, told = read(transport(member("LB", COLUMNS, ROWS), member("DM", COLUMNS[:2], [("s1", 2.0)])))
    assert told == ""
    assert [(d.name, len(d.rows)) for d in made] == [("LB", 3), ("DM", 1)]
    assert [tuple(r.values()) for r in made[0].rows] == [tuple(c or None for c in row) for row in ROWS]


@given(st.integers(0, 12), st.integers(1, 90))
def test_padding_makes_no_rows_and_loses_none(count, width):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.xpt"
        path.write_bytes(transport(member("LB", [("A", False, width)], [("x",)] * count)))
        problems = []
        made = read_xpt(path, "x.xpt", problems)
    assert problems == []
    assert len(made[0].rows) == count


SOUND = transport(member("LB", COLUMNS, ROWS))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no header"),
        (b"PK\x03\x04" * 40, "no header"),
        (SOUND.replace(b"LIBRARY HEADER", b"LIBV8   HEADER"), "version 8"),
        (SOUND[:-1], "cut short"),
        (SOUND[: 9 * RECORD], ""),
        (SOUND.replace(b"OBS     HEADER", b"OBZ     HEADER"), "no header of observations"),
        (SOUND.replace(b"!!!!!!!0000000004", b"!!!!!!!00000000x4"), "no number"),
        (SOUND.replace(b"!!!!!!!0000000004", b"!!!!!!!0000009999"), "cut short"),
        (SOUND.replace("µ".encode(), b"\xb5m"), "not UTF-8"),
        (SOUND.replace(struct.pack(">hhh", 2, 0, 6), struct.pack(">hhh", 7, 0, 6)), "can not be"),
        (SOUND.replace(b"SHORT   ", b"AVAL    "), "the same name"),
        (SOUND[: 3 * RECORD], "no dataset"),
    ],
)
def test_damaged_files_are_told(read, data, words):
    made, told = read(data)
    assert made == []
    assert told
    assert words in told


@given(st.binary(max_size=400), st.integers(0, len(SOUND)))
def test_no_bytes_break_the_reader(noise, at):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.xpt"
        path.write_bytes(SOUND[:at] + noise + SOUND[at + len(noise) :])
        problems = []
        made = read_xpt(path, "x.xpt", problems)
    assert bool(made) != bool(problems)


HEAD = {
    "datasetJSONVersion": "1.1.0", "name": "LB", "records": 2,
    "columns": [{"itemOID": "a", "name": "USUBJID", "label": "", "dataType": "string"}, {"name": "LBSTRESN"}],
}  # fmt: skip
LINES = [["s1", 1.10], ["s2", None]]


def test_dataset_json_as_object_and_as_lines(tmp_path):
    whole, lines = tmp_path / "lb.json", tmp_path / "lb.ndjson"
    whole.write_text(json.dumps({**HEAD, "rows": LINES}).replace("1.1]", "1.10]"))
    lines.write_text("\n".join(json.dumps(x) for x in (HEAD, *LINES)).replace("1.1]", "1.10]"))
    made = []
    for path in (whole, lines):
        problems = []
        made += datasets(load_file(path, path.name, problems), path.name, problems)
        assert problems == []
    assert [tuple(d.rows[0].values()) for d in made] == [("s1", "1.10")] * 2
    assert made[0].rows[1]["LBSTRESN"] is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"datasetJSONVersion": "1.0.0"}, "version"),
        ({"records": 3}, "cut short"),
        ({"rows": [["s1"]], "records": 1}, "1 values"),
        ({"rows": [5, 6]}, "no list"),
        ({"columns": []}, "no name, columns or rows"),
        ({"columns": [{"name": "A"}, {"name": "A"}]}, "twice"),
        ({"name": None}, "no name"),
    ],
)
def test_faults_of_dataset_json(change, words):
    problems = []
    assert datasets([{**HEAD, "rows": LINES, **change}], "lb.json", problems) == []
    assert any(words in str(p) for p in problems)


@pytest.mark.parametrize("text", ['{"a": NaN}', '{"a": 1, "a": 2}', "{", "[" * 100000, ""])
def test_text_that_is_not_json(text):
    with pytest.raises(NotJson):
        load(text)
