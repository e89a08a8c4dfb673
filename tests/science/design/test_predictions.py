"""Predictions that a user brings: whole or refused, all problems at once, none dropped, none used for an order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.design.predictions import REQUIRED, Prediction, attach, read_predictions

BLOCK = {
    "candidate": "'TGATTCTAAGCAGTAATGAA'",
    "what": "'efficiency'",
    "value": "0.41",
    "unit": "'1'",
    "tool": "'BE-Hive'",
    "version": "'1.0'",
    "licence": "'not stated'",
    "source": "'run of 1 May'",
    "read_on": "2026-05-01",
}


def toml(*blocks):
    return "\n".join("[[prediction]]\n" + "\n".join(f"{k} = {v}" for k, v in b.items()) for b in blocks) + "\n"


@pytest.fixture
def read(tmp_path):
    def do(text, name="predictions.toml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_predictions(path)

    return do


def test_a_whole_prediction_is_read_and_shown_with_its_origin(read):
    (p,) = read(toml(BLOCK | {"interval": "[0.3, 0.5]", "editor": "'ABE8e/SpCas9'"}))
    assert (p.candidate, p.value, p.interval, p.read_on) == ("TGATTCTAAGCAGTAATGAA", 0.41, (0.3, 0.5), "2026-05-01")
    said = str(p)
    assert said.startswith("efficiency 0.41 (0.3 to 0.5), for ABE8e/SpCas9 by BE-Hive 1.0, not stated, run of 1 May")
    assert said.endswith("read on 2026-05-01")


def test_csv_and_toml_say_the_same(read):
    header = ",".join([*REQUIRED, "interval_low", "interval_high", "editor"])
    plain = {k: v.strip("'") for k, v in BLOCK.items()}
    cells = ",".join(plain[k] for k in REQUIRED)
    csv = f"\ufeff{header}\r\n{cells},0.3,0.5,\r\n"
    assert read(csv, "p.CSV") == read(toml(BLOCK | {"interval": "[0.3, 0.5]"}))
    assert read(f"{header}\n{cells},,,\n", "p.csv") == read(toml(BLOCK))


@pytest.mark.parametrize("key", REQUIRED)
def test_every_field_is_asked_for(read, key):
    with pytest.raises(ProgramError) as told:
        read(toml({k: v for k, v in BLOCK.items() if k != key}))
    (problem,) = told.value.problems
    assert (problem.place, problem.found) == (f"prediction 1, key {key}", "nothing")
    assert problem.remedy


def test_a_missing_licence_has_its_remedy(read):
    with pytest.raises(ProgramError, match="not stated") as told:
        read(toml(BLOCK | {"licence": "''"}))
    assert "licence" in told.value.problems[0].place


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"value": "nan"}, "key value"),
        ({"value": "inf"}, "key value"),
        ({"value": "true"}, "key value"),
        ({"value": "'0.4'"}, "key value"),
        ({"value": "1" + "0" * 400}, "key value"),
        ({"interval": "[0.5, 0.3]"}, "key interval"),
        ({"interval": "[0.5, 0.6]"}, "key interval"),
        ({"interval": "[0.3]"}, "key interval"),
        ({"interval": "[0.3, nan]"}, "key interval"),
        ({"read_on": "'yesterday'"}, "key read_on"),
        ({"read_on": "2026-05-01T10:00:00"}, "key read_on"),
        ({"read_on": "'2026-13-01'"}, "key read_on"),
        ({"tool": "3"}, "key tool"),
        ({"source": "'''a\nb'''"}, "key source"),
        ({"source": "'=HYPERLINK(1)'"}, "key source"),
        ({"source": f"'{'x' * 501}'"}, "key source"),
        ({"source": '"a\\u202eb"'}, ""),
        ({"score": "0.3"}, "key 'score'"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(read, change, place):
    with pytest.raises(ProgramError) as told:
        read(toml(BLOCK | change))
    assert any(place in p.place for p in told.value.problems)
    assert all(p.file == "predictions.toml" and p.expected and p.remedy for p in told.value.problems)


def test_all_problems_are_told_at_once(read):
    bare = {"value": "1.0"}
    with pytest.raises(ProgramError) as told:
        read(toml(bare, BLOCK | {"value": "nan"}, BLOCK | {"licens": "'MIT'"}))
    places = [p.place for p in told.value.problems]
    assert len(places) == len(REQUIRED) - 1 + 2
    assert any("did you mean licence" in p.remedy for p in told.value.problems)
    with pytest.raises(ProgramError) as many:
        read(toml(*[bare] * 9))
    assert len(many.value.problems) == 21
    assert many.value.problems[-1].found == f"{9 * (len(REQUIRED) - 1) - 20} more problems"


def test_one_number_given_twice_is_refused(read):
    with pytest.raises(ProgramError, match="keep the one that holds"):
        read(toml(BLOCK, BLOCK | {"candidate": "'tgattctaagcaguaaugaa'", "value": "0.9"}))
    assert len(read(toml(BLOCK, BLOCK | {"version": "'2.0'"}, BLOCK | {"editor": "'X'"}))) == 3


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "p.toml"),
        ("prediction = 3\n", "p.toml"),
        ("prediction = [3]\n", "p.toml"),
        ("other = 1\n" + toml(BLOCK), "p.toml"),
        ("[[prediction]\n", "p.toml"),
        (b"\xff\xfe", "p.toml"),
        ("", "p.csv"),
        ("candidate,value\n", "p.csv"),
        ("candidate,candidate\na,b\n", "p.csv"),
        ('candidate,value\na,"b\n', "p.csv"),
        ("candidate,value\na\n", "p.csv"),
        ("candidate,value\na,b\n", "p.csv"),
        (b"candidate,value\na,\x00\n", "p.csv"),
    ],
)
def test_broken_files_are_told_in_words(read, text, name):
    with pytest.raises(ProgramError) as told:
        read(text, name)
    assert told.value.problems


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ProgramError, match="check its name"):
        read_predictions(tmp_path / "none.toml")


@given(st.text(max_size=200), st.sampled_from(["p.csv", "p.toml"]))
def test_any_text_is_read_or_refused(tmp_path_factory, text, name):
    path = tmp_path_factory.mktemp("p") / name
    path.write_text(text, encoding="utf-8", errors="replace", newline="")
    with pytest.raises(ProgramError):
        read_predictions(path)


def made(candidate, **more):
    return Prediction(candidate, "score", 0.4, "1", "T", "1", "MIT", "run", "2026-05-01", **more)


def test_predictions_stand_where_they_fit_and_nowhere_else():
    spacer, other, oligo, name = made("ACGU"), made("ACGG"), made("gattaca"), made("T1:c.5A>G")
    editor, none = made("ACGT", editor="B"), made("ACGT", editor="C")
    found = attach(
        [spacer, other, oligo, name, editor, none],
        [("A", "ACGT"), ("B", "ACGT"), ("A", "TTTT")],
        ["GATTACA"],
        ["T1:c.5A>G"],
    )
    assert found.options == {1: (spacer,), 2: (spacer, editor)}
    assert found.oligos == {"GATTACA": (oligo,)}
    assert found.variant == (name,)
    assert found.unused == (other, none)


@given(st.lists(st.sampled_from(["ACGT", "ACGA", "x", "TTTT"]), max_size=6))
def test_none_is_dropped(candidates):
    given_ = [made(c) for c in candidates]
    found = attach(given_, [("A", "ACGT"), ("B", "ACGT")], ["TTTT"], ["x"])
    used = [p for group in (*found.options.values(), *found.oligos.values(), found.variant) for p in group]
    assert all(p in used or p in found.unused for p in given_)
    assert not [p for p in found.unused if p in used]
