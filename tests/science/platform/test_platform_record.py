"""Faults of a master record and of what a program states against it: all at once, each with its remedy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.program import FieldOverride, PlatformLink
from proband.science.platform.folder_state import grouping, read_state, register_said
from proband.science.platform.inherit import inherit
from proband.science.quality.components import read_components
from proband.testing.platform_record import RECORD, SCAFFOLD, SPACERS, record_of


def faults(tmp_path, text):
    problems = []
    assert record_of(tmp_path, text, problems) is None
    return problems


def test_a_record_that_is_told_in_full_has_no_fault(tmp_path):
    made = record_of(tmp_path)
    assert [v.id for v in made.failed] == ["three"]
    assert grouping(made) == ("one_gene", ("CPS1",))


def test_all_faults_at_once(tmp_path):
    text = RECORD.replace('id = "two"\n', 'id = "two"\nlike = "tow"\n')
    text = text.replace('because = "no editing in cells"', 'because = " "')
    text = text.replace(
        'category = "biodistribution"\nversion = "one"', 'category = "biodistributon"\nversion = "four"'
    )
    text = text.replace('covers = ["rat-biodistribution"]', 'covers = ["rat"]')
    text = text.replace('unit = "mg/kg", doses', 'unit = "mgs/kg", doses').replace(
        "as_of = 2026-01-31", "as_of = 2999-01-01"
    )
    told = {(p.place, p.found) for p in faults(tmp_path, text)}
    assert told == {
        ("version two, key like", "tow"),
        ("version three, key because", "nothing"),
        ("assay or study rat-biodistribution, key category", "biodistributon"),
        ("assay or study rat-biodistribution, key version", "four"),
        ("assay or study rat-biodistribution, key exposure.dose.unit", "mgs/kg"),
        ("agreement letter-1, key covers", "rat"),
        ("key register.as_of", "2999-01-01"),
    }


def test_a_circle_of_versions_is_told_once_with_its_way(tmp_path):
    text = RECORD.replace('id = "one"\ngene', 'id = "one"\nlike = "three"\ngene')
    text = text.replace('id = "two"\n', 'id = "two"\nlike = "one"\n').replace(
        'id = "three"\n', 'id = "three"\nlike = "two"\n'
    )
    found = [p for p in faults(tmp_path, text) if "like" in p.place]
    assert [p.found for p in found] == ["a circle: one like three like two like one"]


def test_a_version_like_another_inherits_its_overrides_and_not_its_letters(tmp_path):
    text = RECORD.replace('id = "three"\n', 'id = "three"\nlike = "two"\n')
    at = text.index('[[version]]\nid = "three"')
    change = '[[version.override]]\nfield = "component.mrna.grade"\nvalue = "research"\nbecause = "first lot"\n'
    record = record_of(tmp_path, text[:at] + change + text[at:])
    three = inherit(record, "three").product
    assert three.component("mrna").grade == "research"
    assert three.component("guide").letters.startswith("GGGUUC")
    assert inherit(record, "one").product.component("mrna").grade == "GMP"


@pytest.mark.parametrize("because", ["", "because = ''", "because = '  '"])
def test_an_override_without_a_reason_is_a_fault(tmp_path, because):
    at = RECORD.index('[[version]]\nid = "three"')
    change = f'[[version.override]]\nfield = "component.mrna.grade"\nvalue = "research"\n{because}\n'
    assert any("because" in p.place for p in faults(tmp_path, RECORD[:at] + change + RECORD[at:]))


OWN = """\
format = 1
product = "own"
[[component]]
id = "mrna"
kind = "mrna"
part_of = "lnp"
source = "maker two"
grade = "research"
[[component]]
id = "lnp"
kind = "lipid_nanoparticle"
[[component]]
id = "sucrose"
kind = "excipient"
"""


def test_own_parts_that_differ_from_inherited_ones_need_a_reason(tmp_path):
    record = record_of(tmp_path)
    path = tmp_path / "components.toml"
    path.write_text(OWN, encoding="utf-8")
    own = read_components(path, [])
    problems = []
    made = inherit(record, "one", (), own, problems)
    assert [(p.place, p.found) for p in problems] == [("component mrna, key grade", "'research', inherited is 'GMP'")]
    assert 'field = "component.mrna.grade"' in problems[0].remedy
    assert made.own == ("component.sucrose",)
    with_reason = FieldOverride("component.mrna.grade", "research", False, "first lot")
    problems = []
    made = inherit(record, "one", (with_reason,), own, problems)
    assert not problems
    assert made.product.component("mrna").grade == "research"
    assert made.product.component("mrna").mrna.poly_a == 120
    assert [s.because for s in made.stated] == ["first lot"]


def test_what_the_platform_leaves_open_may_be_filled_without_a_reason(tmp_path):
    record = record_of(tmp_path, RECORD.replace('source = "maker two"\n', ""))
    path = tmp_path / "components.toml"
    path.write_text(OWN.replace('grade = "research"', 'grade = "GMP"'), encoding="utf-8")
    problems = []
    inherit(record, "one", (), read_components(path, []), problems)
    assert not problems


def test_own_letters_and_values_are_those_of_the_record_and_of_the_reasons(tmp_path):
    record = record_of(tmp_path)
    path = tmp_path / "components.toml"
    guide = (
        f'[[component]]\nid = "guide"\nkind = "guide_rna"\npart_of = "lnp"\nsequence = "{SPACERS["three"]}{SCAFFOLD}"\n'
    )
    path.write_text(OWN.replace('grade = "research"', 'grade = "clinical"') + guide, encoding="utf-8")
    reason = FieldOverride("component.mrna.grade", "research", False, "first lot")
    problems = []
    inherit(record, "two", (reason,), read_components(path, []), problems)
    assert [(p.place, p.expected) for p in problems] == [
        ("component mrna, key grade", "the value that program.toml states with a reason"),
        ("component guide, key sequence", "the letters of this version in the platform's record"),
    ]


def test_own_tables_are_joined_with_inherited_ones_field_by_field(tmp_path):
    own = OWN.replace('grade = "research"', 'mrna = { cap = "Cap-1", modified_uridines = 3 }')
    own += '[[step]]\nid = "mixing"\nparameter = [ { name = "Temperature", value = 20.0, unit = "Cel" } ]\n'
    path = tmp_path / "components.toml"
    path.write_text(own, encoding="utf-8")
    problems = []
    made = inherit(record_of(tmp_path), "two", (), read_components(path, []), problems).product
    assert not problems
    mrna = made.component("mrna").mrna
    assert (mrna.cap, mrna.poly_a, mrna.modified_uridines) == ("Cap-1", 120, 3)
    assert [p.name for p in made.steps[0].parameter] == ["flow rate", "Temperature"]


def test_a_study_may_be_stated_otherwise_with_a_reason(tmp_path):
    change = FieldOverride("study.rat-biodistribution.document", "Report 7, amended", False, "amended")
    made = inherit(record_of(tmp_path), "two", (change,))
    assert made.studies[0].document == "Report 7, amended"
    assert made.studies[0].locator == "table 3"


def test_another_spacer_than_that_of_the_version_is_told(tmp_path):
    record_of(tmp_path)
    files = {"../platform.toml": tmp_path / "platform.toml"}
    link = PlatformLink("../platform.toml", "two")
    problems = []
    assert read_state(files, link, "", SPACERS["two"].replace("U", "T").lower(), problems)
    assert not problems
    assert read_state(files, link, "", SPACERS["one"], problems) is None
    assert problems[0].place == "candidate, key spacer or sequence"


def test_a_program_that_does_not_say_which_version_it_is_has_no_letters_of_the_record(tmp_path):
    record_of(tmp_path)
    files = {"../platform.toml": tmp_path / "platform.toml"}
    state = read_state(files, PlatformLink("../platform.toml"), "", "", [])
    assert state.parts()["unknown"] == ["component.guide"]


def test_items_in_the_folder_of_the_platform_itself_are_refused(tmp_path):
    record_of(tmp_path)
    (tmp_path / "reuse.toml").write_text('format = 1\n[[item]]\nid = "a"\ncategory = "toxicity"\n', encoding="utf-8")
    files = {"platform.toml": tmp_path / "platform.toml", "platform/reuse.toml": tmp_path / "reuse.toml"}
    problems = []
    assert read_state(files, None, "", "", problems) is None
    assert [p.expected for p in problems] == ["items in the program of a version"]


def test_an_unknown_version_and_another_gene_are_told(tmp_path):
    record_of(tmp_path)
    files = {"../platform.toml": tmp_path / "platform.toml"}
    problems = []
    assert read_state(files, PlatformLink("../platform.toml", "tow"), "CPS1", "", problems) is None
    assert [(p.found, p.remedy) for p in problems] == [("tow", "did you mean two?")]
    problems = []
    assert read_state(files, PlatformLink("../platform.toml", "two"), "OTC", "", problems) is None
    assert problems[0].place == "key gene"


def test_the_register_tells_failed_versions_or_that_there_are_none(tmp_path):
    record = record_of(tmp_path)
    assert any("three (failed: no editing in cells)" in s and "A. Sponsor" in s for s in register_said(record))
    without = record_of(tmp_path, RECORD.replace('state = "failed"', 'state = "designed"').replace("A. Sponsor", ""))
    assert "No failed or withdrawn version is in it; nobody states that it is whole." in register_said(without)
    told = register_said(record, ("one", "four"))
    assert "In platform/versions.csv and not in the record: four." in told
    assert "In the record and not in platform/versions.csv: three, two." in told


def test_grouping_by_gene(tmp_path):
    assert grouping(record_of(tmp_path, RECORD.replace('gene = "CPS1"', 'gene = ""', 1)))[0] == "not_stated"
    several = RECORD.replace('gene = "CPS1"', 'gene = "OTC"', 1)
    assert grouping(record_of(tmp_path, several)) == ("several_genes_with_reason", ("CPS1", "OTC"))
    assert grouping(record_of(tmp_path, several.replace('"one pathway"', '""')))[0] == "not_stated"
    assert (
        grouping(record_of(tmp_path, several.replace('"one pathway"', '"none"')))[0] == "several_genes_without_reason"
    )


@given(st.text(max_size=200))
def test_no_text_makes_the_reader_fail(text):
    import tempfile
    from pathlib import Path

    from proband.science.platform.record import read_record

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "platform.toml"
        path.write_text("format = 1\n" + text, encoding="utf-8", errors="replace")
        problems = []
        assert (read_record(path, "platform.toml", problems) is None) == bool(problems)
