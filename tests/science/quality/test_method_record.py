"""The record of assays: what is read and refused, ranges, identity by letters and masses, potency by version."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.evidence import Members
from proband.science.quality.identity import base_mass, compare, letters, mass_difference, members, nearest, told_apart
from proband.science.quality.method_file import Found, Identity, Method, Own, Range, Sibling, read_methods
from proband.science.quality.method_folder import read_method_folder
from proband.science.quality.method_range import Reported, in_range
from proband.science.quality.method_range import members as ranged_members
from proband.science.quality.potency_levels import own_record, sibling_records

HEAD = 'format = 1\nproduct = "v1"\n'
METHOD = '[[method]]\nid = "m"\nattribute = "size"\ntechnique = "DLS"\n'


def told(tmp_path, text, product=""):
    path = tmp_path / "methods.toml"
    path.write_text(text, encoding="utf-8")
    problems = []
    return read_methods(path, problems, product=product), problems


def test_the_example_is_sound():
    folder = Path(__file__).parents[3] / "examples" / "synthetic_abe"
    problems = []
    files = {str(p.relative_to(folder)): p for p in sorted((folder / "quality").iterdir())}
    held = read_method_folder(files, problems, "syn-abe-1")
    assert problems == []
    assert len(held.reported) == 109


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing"),
        (HEAD, "nothing"),
        (HEAD + METHOD + METHOD, "the name twice"),
        (HEAD + METHOD + "colour = 1\n", "an unknown key"),
        (HEAD + METHOD + 'range = { unit = "nm" }\n', "no end"),
        (HEAD + METHOD + 'range = { low = 3.0, high = 2.0, unit = "nm" }\n', "3 to 2"),
        (HEAD + METHOD + 'range = { low = 3.0, unit = "furlong" }\n', "furlong"),
        (HEAD + METHOD + 'range = { low = nan, unit = "nm" }\n', "nan"),
        (HEAD + METHOD + 'range = { low = 1e300, unit = "nm" }\n', "1e+300"),
        (HEAD + METHOD + "on = 2199-01-01\n", "2199-01-01"),
        (HEAD + METHOD + 'linearity = "yes"\nnot_done = ["linearity"]\n', "linearity"),
        (HEAD + METHOD + 'identity = { by = "mass", accuracy = 20.0 }\n', "one of accuracy and unit"),
        (HEAD + METHOD + 'identity = { by = "sequence", reads = [9, 2] }\n', "9 to 2"),
        (HEAD + METHOD + 'identity = { by = "length", reads = [1, 2] }\n', "reads"),
        (HEAD + METHOD + 'identity = { by = "shown", told_apart = ["x"], source = "r" }\n', "x"),
        (HEAD + METHOD + '[[sibling]]\nname = "v1"\n', "v1"),
        (HEAD + METHOD + '[[potency_run]]\nmethod = "m"\nversion = "v1"\nsource = "r"\n', "m"),
        (HEAD + METHOD + 'replicates = "../secret.csv"\n', "../secret.csv"),
        (HEAD + METHOD + '[[potency_run]]\nmethod = "m"\nversion = "v1"\nsource = "TBD"\n', "TBD"),
        (HEAD + METHOD + 'source = "a\\u202eb"\n', "U+202E"),
        (
            HEAD + METHOD + 'detection_limit = { value = 2.0, unit = "nm", how = "other" }\n'
            'quantitation_limit = { value = 1.0, unit = "nm", how = "other" }\n',
            "below the limit of detection",
        ),
    ],
)  # fmt: skip
def test_faults_are_told(tmp_path, text, said):
    made, problems = told(tmp_path, text)
    assert made is None
    assert any(said in p.found for p in problems), problems


def test_every_fault_at_once_and_the_version(tmp_path):
    made, problems = told(tmp_path, HEAD + METHOD + "on = 2199-01-01\n" + 'range = { low = 1.0, unit = "bad" }\n', "v2")
    assert made is None
    assert len(problems) == 3
    assert any(p.place == "key product" and p.expected == "v2" for p in problems)


HELD = {
    "m": Method(
        id="m", attribute="size", technique="DLS", range=Range(low=30.0, high=200.0, unit="nm"),
        quantitation_limit=Found(value=0.04, unit="um", how="other"),
    ),
    "open": Method(id="open", attribute="size", technique="DLS", range=Range(low=30.0, unit="nm")),
    "none": Method(id="none", attribute="size", technique="DLS"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "value", "unit", "censored", "state"),
    [
        ("m", 80.0, "nm", "", "within"),
        ("m", 40.0, "nm", "", "within"),
        ("m", 200.0, "nm", "", "within"),
        ("m", 0.2, "um", "", "within"),
        ("m", 39.0, "nm", "", "outside"),
        ("m", 200.1, "nm", "", "outside"),
        ("m", 80.0, "mg/mL", "", "not_known"),
        ("m", 40.0, "nm", "below", "within"),
        ("m", 10.0, "nm", "below", "outside"),
        ("m", 200.0, "nm", "above", "within"),
        ("open", 80.0, "nm", "", "not_known"),
        ("open", 20.0, "nm", "", "outside"),
        ("open", 80.0, "nm", "above", "not_known"),
        ("none", 80.0, "nm", "", "not_known"),
        ("other", 80.0, "nm", "", "not_known"),
        ("", 80.0, "nm", "", "not_known"),
    ],
)
def test_values_against_validated_ranges(method, value, unit, censored, state):
    made = in_range(Reported("x", "size", method, value, unit, censored), HELD)
    assert (made.state, bool(made.because)) == (state, True)


def test_a_range_is_not_used_for_another_attribute():
    held = HELD | {"m": HELD["m"].model_copy(update={"covers": ["diameter"]})}
    for attribute, state in (("Size", "within"), ("diameter", "within"), ("polydispersity", "not_known")):
        assert in_range(Reported("x", attribute, "m", 80.0, "nm", ""), held).state == state


def test_a_value_counts_by_its_worst_answer():
    both = [in_range(Reported("x", "size", "m", v, "nm"), HELD) for v in (80.0, 500.0)]
    assert ranged_members(both) == Members((), ("x",), ())


OWN = Own(sequence="GCUUCAGGAGCUUCUGGUCU", mass=32200.0)


def one(by, sibling, own=OWN, **more):
    m = Method(id="i", attribute="identity", technique="t", identity=Identity(by=by, **more))
    return compare(m, own, sibling)


def test_masses_of_bases():
    # A C5H5N5, C C4H5N3O, G C5H5N5O, U C4H4N2O2, T C5H6N2O2: published averages
    for letter, mass in {"A": 135.13, "C": 111.10, "G": 151.13, "U": 112.09, "T": 126.11}.items():
        assert base_mass(letter) == pytest.approx(mass, abs=0.006)


@given(st.text("ACGU", min_size=1, max_size=30), st.randoms())
def test_equal_composition_is_equal_mass(sequence, rng):
    shuffled = "".join(rng.sample(sequence, len(sequence)))
    assert mass_difference(sequence, shuffled) == 0.0
    made = one("mass", Sibling(name="s", sequence=shuffled), Own(sequence=sequence), accuracy=0.001, unit="Da")
    assert made.state == "not_told_apart"


def test_mass_against_accuracy_and_window():
    c_to_u = Sibling(name="s", sequence="GUUUCAGGAGCUUCUGGUCU")
    assert one("mass", c_to_u, accuracy=0.4, unit="Da").state == "told_apart"
    assert one("mass", c_to_u, accuracy=0.4, window=0.6, unit="Da").state == "not_told_apart"
    assert one("mass", c_to_u, accuracy=15.0, unit="ppm").state == "told_apart"  # 2 x 0.483 Da < 0.984
    assert one("mass", c_to_u, accuracy=16.0, unit="ppm").state == "not_told_apart"
    assert one("mass", c_to_u).state == "not_known"
    assert one("mass", c_to_u, Own(sequence=OWN.sequence), accuracy=1.0, unit="ppm").state == "not_known"
    assert one("mass", Sibling(name="s", sequence="GC"), accuracy=1.0, unit="Da").state == "not_known"
    assert one("mass", Sibling(name="s", mass=32300.0), accuracy=1.0, unit="Da").state == "told_apart"
    swapped = Sibling(name="s", sequence="GCUUCAGGAGCUUCUGGUUC", mass=32290.0)
    assert one("mass", swapped, accuracy=1.0, unit="Da").state == "not_known"


def test_sequence_length_hybridisation_and_shown():
    near = Sibling(name="s", sequence="GUUUCAGGAGCUUCUGGUCU")
    assert one("sequence", near).state == "told_apart"
    assert one("sequence", near, reads=[1, 20]).state == "told_apart"
    assert one("sequence", near, reads=[3, 20]).state == "not_told_apart"
    assert one("sequence", near, reads=[3, 40]).state == "not_known"
    assert one("sequence", Sibling(name="s")).state == "not_known"
    assert one("sequence", Sibling(name="s", sequence="GCTTCAGGAGCTTCTGGTCT")).state == "not_told_apart"
    assert one("length", near, resolution_nt=1).state == "not_told_apart"
    assert one("length", Sibling(name="s", sequence="GCU"), resolution_nt=1).state == "told_apart"
    assert one("length", Sibling(name="s", sequence="GCU")).state == "not_known"
    assert one("hybridisation", near, mismatches=1, reads=[1, 20]).state == "told_apart"
    assert one("hybridisation", near, mismatches=2, reads=[1, 20]).state == "not_told_apart"
    assert one("hybridisation", near, reads=[1, 20]).state == "not_known"
    assert one("hybridisation", near, mismatches=1).state == "not_known"  # which letters the probe covers is not told
    assert one("hybridisation", near, mismatches=1, reads=[1, 21]).state == "not_known"
    assert one("shown", near, told_apart=["s"], source="r").state == "told_apart"
    assert one("shown", near, not_told_apart=["s"], source="r").state == "not_told_apart"
    assert one("shown", near, source="r").state == "not_known"


def test_siblings_over_methods():
    siblings = [Sibling(name="a", sequence="GUUUCAGGAGCUUCUGGUCU"), Sibling(name="b")]
    tests = [
        Method(id="ms", attribute="i", technique="t", identity=Identity(by="mass", accuracy=20.0, unit="ppm")),
        Method(id="sq", attribute="i", technique="t", identity=Identity(by="sequence")),
    ]
    assert members(told_apart(tests[:1], OWN, siblings), siblings) == Members((), ("a",), ("b",))
    assert members(told_apart(tests, OWN, siblings), siblings) == Members(("a",), (), ("b",))
    assert nearest(OWN, siblings) == ("a", 1)
    assert nearest(None, siblings) is None
    assert letters("acgu", "ACGT") == "ACGT"


POTENCY = (
    '[[method]]\nid = "e"\nattribute = "editing"\ntechnique = "t"\n'
    'potency = { level = "sequence_change", readout = "r" }\n'
    '[[method]]\nid = "f"\nattribute = "effect"\ntechnique = "t"\n'
    'potency = { level = "downstream_effect", readout = "r" }\n'
)


def run(method, version):
    return f'[[potency_run]]\nmethod = "{method}"\nversion = "{version}"\nsource = "r"\n'


@pytest.mark.parametrize(
    ("runs", "levels", "versions"),
    [
        ("", ((), (), ("sequence_change", "downstream_effect")), ((), (), ("v1",))),
        (run("e", "v1"), (("sequence_change",), (), ("downstream_effect",)), ((), (), ("v1",))),
        (run("e", "v1") + run("f", "v1"), (("sequence_change", "downstream_effect"), (), ()), (("v1",), (), ())),
        (
            run("e", "v0") + run("f", "v0"),
            ((), (), ("sequence_change", "downstream_effect")), ((), ("v1",), ()),
        ),
        (run("e", "v1") + run("f", "v0"), (("sequence_change",), (), ("downstream_effect",)), ((), (), ("v1",))),
    ],
)  # fmt: skip
def test_potency_counts_on_this_version_alone(tmp_path, runs, levels, versions):
    made, problems = told(tmp_path, HEAD + POTENCY + runs)
    assert problems == []
    record = own_record(made)
    assert (record.levels, record.versions) == (Members(*levels), Members(*versions))
    assert [r.version for r in sibling_records(made)] == (["v0"] if "v0" in runs else [])


def test_a_level_that_nobody_measures_is_absent(tmp_path):
    made, _ = told(tmp_path, HEAD.rstrip("\n") + '\npotency_not_measured = ["downstream_effect"]\n' + METHOD)
    assert own_record(made).levels.absent == ("downstream_effect",)
    made, problems = told(tmp_path, HEAD + 'potency_not_measured = ["downstream_effect"]\n' + POTENCY)
    assert made is None
    assert "a level that no method measures" in problems[0].expected


def folder(tmp_path, **files):
    (tmp_path / "quality").mkdir(exist_ok=True)
    for name, text in files.items():
        kind = "toml" if name in ("methods", "components") else "csv"
        (tmp_path / "quality" / f"{name}.{kind}").write_text(text)
    return {str(p.relative_to(tmp_path)): p for p in sorted((tmp_path / "quality").iterdir())}


COMPONENTS = (
    'format = 1\nproduct = "v1"\n[[component]]\nid = "guide"\nkind = "guide_rna"\nsequence = "ACGUACGUAC"\n'
    'role = "r"\nsource = "s"\ngrade = "g"\n'
)


def test_own_letters_come_from_a_component(tmp_path):
    methods = HEAD + METHOD + '[own]\ncomponent = "guide"\n'
    problems = []
    held = read_method_folder(folder(tmp_path, methods=methods, components=COMPONENTS), problems)
    assert problems == []
    assert held.own.sequence == "ACGUACGUAC"
    for own, said in (
        ('component = "gide"', "gide"),
        ('component = "guide"\nsequence = "ACGUACGUAA"', "other letters"),
    ):
        problems = []
        methods = HEAD + METHOD + f"[own]\n{own}\n"
        assert read_method_folder(folder(tmp_path, methods=methods, components=COMPONENTS), problems) is None
        assert [p.found for p in problems] == [said]


def test_a_table_that_is_named_must_be_there(tmp_path):
    problems = []
    methods = HEAD + METHOD + 'replicates = "quality/none.csv"\nhits = "quality/none2.csv"\n'
    assert read_method_folder(folder(tmp_path, methods=methods), problems) is None
    assert [p.found for p in problems] == ["no file quality/none.csv", "no file quality/none2.csv"]
    assert read_method_folder({}, []) is None
