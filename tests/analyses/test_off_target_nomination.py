"""Nominated sites of a folder: the union, assays, sequences and records, what is not told, and hostile manifests."""

import platform_files as files
import pytest

from proband import api
from proband.core.errors import ProgramError
from proband.core.evidence import Members
from proband.core.kinds import evidence_problems

SPACER = "GCTTCAGGAGCTTCTGGTCT"
PROGRAM = files.PROGRAM.replace('stage = "treated"', 'stage = "treated"\nmodality = "base_editor"')
CANDIDATE = f'[candidate]\nid = "c"\nspacer = "{SPACER}"\npam = "NGG"\n'
MANIFEST = f"""build = "GRCh38"
[guide]
spacer = "{SPACER}"
[[list]]
label = "search"
file = "nominated/search.bed"
format = "table"
method = "search"
method_class = "computational"
first_base = 0
header = false
columns = {{ contig = 1, start = 2, end = 3 }}
build = "GRCh38"
[[list]]
label = "assay"
file = "nominated/assay.bed"
format = "table"
method = "CHANGE-seq"
method_class = "biochemical"
first_base = 0
header = false
columns = {{ contig = 1, start = 2, end = 3 }}
build = "GRCh38"
"""
BASE = {
    "program.toml": PROGRAM + CANDIDATE,
    "offtarget/manifest.toml": MANIFEST,
    "offtarget/nominated/search.bed": "chr1\t100\t123\nchr2\t500\t523\n",
    "offtarget/nominated/assay.bed": "chr1\t100\t123\n",
}
ASSAYS = """format = 1
[[assay]]
name = "CHANGE-seq"
method_class = "biochemical"
cells = "other_justified"
because = "the patient's own cells can not be had"
replicates = 2
whole_genome = true
recorded = ["tools", "versions"]
not_recorded = ["command_lines"]
source = "report 7"
"""


@pytest.fixture
def lines(tmp_path):
    """Lines of a folder by kind; `files` replace those of the base, None takes one out."""

    def of(kind, **more):
        made = {k: v for k, v in {**BASE, **more.pop("tables", {})}.items() if v is not None}
        run = api.analyse(api.read_program(files.write(tmp_path / "p", made)))
        assert run.failures == ()
        for e in run.of(kind):
            assert evidence_problems(e, "x", "y") == []
        return run.of(kind)

    return of


def test_the_union_counts_sites_once_and_names_its_classes(lines):
    (line,) = lines("off_target.nomination")
    assert line.quantities["nominated_count"].value == 2
    assert line.quantities["method_class_count"].value == 2
    assert line.facts["method_classes"] == Members(("computational", "biochemical"), ("cell_based",))
    assert len(line.facts["kept_sites"].present) == 2
    assert line.concerns == ()


def test_a_method_is_not_genome_wide_because_nobody_said_so(lines):
    (line,) = lines("off_target.nomination")
    assert line.facts["genome_wide"] == "not_stated"


def test_it_is_where_that_is_stated(lines):
    (line,) = lines("off_target.nomination", tables={"offtarget/assays.toml": ASSAYS})
    assert line.facts["genome_wide"] == "yes"


@pytest.mark.parametrize(
    ("stated", "setting"), [(SPACER, None), ("A" + SPACER[1:], f"spacer {SPACER}"), ("", f"spacer {SPACER}")]
)
def test_lists_of_a_spacer_that_the_program_does_not_state_are_those_of_another(lines, stated, setting):
    own = CANDIDATE.replace(f'spacer = "{SPACER}"\n', f'spacer = "{stated}"\n' if stated else "")
    (line,) = lines("off_target.nomination", tables={"program.toml": PROGRAM + own})
    assert line.scope.settings.get("version") == setting


def test_a_row_that_can_not_be_placed_is_a_site_of_which_nothing_is_known(lines):
    (line,) = lines("off_target.nomination", tables={"offtarget/nominated/assay.bed": "chr1\tx\t123\nchr1\t1\t24\n"})
    assert line.facts["kept_sites"].unknown == ("assay line 1",)


def test_an_assay_says_nothing_of_its_cells_unless_told(lines):
    (line,) = lines("off_target.assay")
    assert (line.name, line.facts["cells"]) == ("CHANGE-seq", "not_stated")
    assert line.quantities == {}


def test_an_assay_as_described(lines):
    (line,) = lines("off_target.assay", tables={"offtarget/assays.toml": ASSAYS})
    assert line.facts["cells"] == "other_justified"
    assert line.quantities["replicates"].value == 2


@pytest.mark.parametrize(
    ("candidate", "expect"),
    [
        (CANDIDATE, Members(("search", "CHANGE-seq"))),
        (CANDIDATE.replace("GCTTC", "GCTTA"), Members((), ("search", "CHANGE-seq"))),
        ("", Members((), (), ("search", "CHANGE-seq"))),
    ],
)
def test_whose_sequence(lines, candidate, expect):
    (line,) = lines("off_target.sequences", tables={"program.toml": PROGRAM + candidate})
    assert line.facts["own"] == expect


def test_records_are_told_one_by_one(lines):
    (line,) = lines("record.off_target", tables={"offtarget/assays.toml": ASSAYS})
    made = line.facts["inputs"]
    assert (made.present, made.absent, len(made.unknown)) == (("tools", "versions"), ("command_lines",), 5)
    assert "off-target" in line.statement


def test_no_assay_file_gives_no_line_on_records(lines):
    assert lines("record.off_target") == ()


def test_a_folder_without_lists_gives_no_line(lines):
    empty = dict.fromkeys(k for k in BASE if k.startswith("offtarget/"))
    assert lines("off_target.nomination", tables=empty) == ()
    assert lines("off_target.sequences", tables=empty) == ()


def problems(tmp_path, **tables):
    made = {**BASE, **tables}
    with pytest.raises(ProgramError) as e:
        api.analyse(api.read_program(files.write(tmp_path / "p", {k: v for k, v in made.items() if v is not None})))
    return [p.found for p in e.value.problems]


def test_a_manifest_reads_no_file_outside_the_folder(tmp_path):
    (tmp_path / "secret.bed").write_text("chr1\t1\t24\n")
    manifest = MANIFEST.replace("nominated/assay.bed", "../../secret.bed")
    found = problems(tmp_path, **{"offtarget/manifest.toml": manifest})
    assert any("secret.bed" in f for f in found)
    assert "not in the manifest" in found


def test_lists_without_a_manifest_are_told(tmp_path):
    assert problems(tmp_path, **{"offtarget/manifest.toml": None}) == ["no manifest", "no manifest"]


def test_every_fault_of_the_assays_is_told_at_once(tmp_path):
    text = ASSAYS.replace("because = ", "# ").replace('recorded = ["tools"', 'spacer = "AXG"\nrecorded = ["tools"')
    text = text.replace('["command_lines"]', '["tools"]').replace('"biochemical"', '"cell_based"')
    assert len(problems(tmp_path, **{"offtarget/assays.toml": text})) == 4
