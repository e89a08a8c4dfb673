"""``rna/assays.toml`` and its tables at the border: all faults at once, each with its place; no numerics."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.science.transcript.bam_header import END, bam_problems
from proband.science.transcript.rna_assays import Knockdown, Splicing
from proband.science.transcript.rna_sheet import read_rna
from proband.science.transcript.rna_tables import FORMS, read_table

BASE = 'place = "patient_cells"\ncells = "fibroblasts"\nbiological_replicates = true\nsource = "report"\n'
EVENT = 'event = { contig = "c1", strand = "+", upstream_end = 100, exon = [201, 250], downstream_start = 401 }\n'
SAMPLE = '{ arm = "treated", replicate = "t1", file = "t1.tab", form = "star" }'
SPLICING = (
    f'[[splicing]]\nid = "exon"\n{BASE}{EVENT}expected_form = "inclusion"\nread_length = 100\nanchor = 8\n'
    f"sample = [{SAMPLE}]\n"
)
KNOCKDOWN = (
    f'[[knockdown]]\nid = "fall"\n{BASE}method = "rt_qpcr"\nfile = "ct.csv"\ntarget = "G"\nreferences = ["R"]\n'
    "efficiency = { G = 1.95, R = 2 }\ncycles = 40\n"
)
STAR = "c1\t101\t200\t1\t1\t1\t9\t0\t40\n"
CT = "gene,arm,replicate,well,ct\nG,treated,r1,A1,26.0\nR,treated,r1,B1,20.1\nG,control,r1,A2,24\nR,control,r1,B2,20\n"
WHOLE = {"assays.toml": "format = 1\n" + SPLICING + KNOCKDOWN, "t1.tab": STAR, "ct.csv": CT}


def read(folder, files, patients=frozenset({"p1"})):
    """The sheet and its problems."""
    (folder / "rna").mkdir(parents=True, exist_ok=True)
    paths = {}
    for name, text in files.items():
        path = folder / "rna" / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        paths[f"rna/{name}"] = path
    problems = []
    sheet = read_rna(paths, patients, problems)
    assert (sheet is None) == bool(problems)
    assert all(p.file.startswith("rna/") and p.found and p.expected and p.remedy for p in problems)
    return sheet, problems


def test_positions_become_zero_based_and_half_open(tmp_path):
    sheet, problems = read(tmp_path, WHOLE)
    assert problems == []
    splicing, knockdown = sheet.assays
    assert isinstance(splicing, Splicing)
    assert splicing.event.bounds == (100, 200, 250, 400)
    assert [(j.start, j.end, j.reads) for j in sheet.junctions["t1.tab"]] == [(100, 200, 9)]
    assert isinstance(knockdown, Knockdown)
    assert [r["ct"] for r in sheet.rows["ct.csv"]] == [26.0, 20.1, 24.0, 20.0]


def test_a_well_that_never_crossed_is_a_finding(tmp_path):
    sheet, problems = read(tmp_path, {**WHOLE, "ct.csv": CT.replace("26.0", "undetermined")})
    assert problems == []
    assert sheet.rows["ct.csv"][0]["ct"] is None


def faults(tmp_path, old, new, file="assays.toml"):
    assert old in WHOLE[file]
    return [p.found for p in read(tmp_path, {**WHOLE, file: WHOLE[file].replace(old, new, 1)})[1]]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("format = 1", "format = true", "True"),
        ("[[splicing]]", "[[splices]]", "an unknown key"),
        ('place = "patient_cells"', 'place = "patient_fluid"', "'patient_fluid'"),
        ('place = "patient_cells"\n', "", "nothing"),
        ("biological_replicates = true\n", "", "nothing"),
        ('source = "report"', 'source = " "', "' '"),
        ('cells = "fibroblasts"\n', "", "nothing"),
        ('place = "patient_cells"', 'place = "engineered_cells"', "nothing"),
        (BASE, BASE + 'patient = "p2"\n', "p2"),
        (BASE, BASE + "day = nan\n", "nan"),
        ("exon = [201, 250]", "exon = [201, 450]", "100, 201-450, 401"),
        ("exon = [201, 250]", "exon = [250, 201]", "100, 250-201, 401"),
        ("upstream_end = 100", "upstream_end = 0", "0"),
        ('strand = "+"', 'strand = "."', "'.'"),
        ("read_length = 100", "read_length = 15", "reads of 15 with anchors of 8"),
        ('form = "star"', 'form = "bam"', "form bam"),
        ("t1.tab", "t2.tab", "no such file in rna/"),
        ("t1.tab", "../t1.tab", "'../t1.tab'"),
        (f"[{SAMPLE}]", f"[{SAMPLE}, {SAMPLE}]", "t1.tab more than once"),
        ('["R"]', "[]", "none"),
        ('["R"]', '["G"]', "G, G"),
        ("R = 2 }", "H = 2 }", "nothing for R"),
        ("R = 2 }", "R = 2.5 }", "2.5"),
        ("cycles = 40", "cycles = 5", "5"),
        ("cycles = 40\n", "", "nothing"),
        ('"rt_qpcr"', '"rna_seq"', "R"),
        ('id = "fall"', 'id = "exon"', "an id used more than once"),
        ('id = "fall"', 'id = "a b"', "'a b'"),
        ("cycles = 40", "cycles = 40\nsurprise = 1", "an unknown key"),
    ],
)
def test_a_fault_of_the_sheet(old, new, found, tmp_path):
    assert found in faults(tmp_path, old, new)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("gene,arm", "arm,gene", "'arm,gene,replicate,well,ct'"),
        ("26.0", "26,0", "6 cells"),
        ("26.0", "-1", "'-1'"),
        ("26.0", "61", "'61'"),
        ("26.0", "", "nothing"),
        ("26.0", "nan", "'nan'"),
        ("26.0", "2_6", "'2_6'"),
        ("G,treated", "G,before", "'before'"),
        ("G,treated", "H,treated", "H"),
        ("r1,A2", ",A2", "nothing"),
        ("G,control,r1,A2", "G,treated,r1,A1", "the same gene, arm, replicate, well as row 2"),
        ("R,treated,r1,B1,20.1\n", "", "__none__"),
        (CT.split("\n", 1)[1], "", "a table without rows"),
        (CT, "", "no header"),
    ],
)
def test_a_fault_of_a_table(old, new, found, tmp_path):
    told = faults(tmp_path, old, new, "ct.csv")
    assert found in told if found != "__none__" else told == []  # a missing gene of one arm is a finding, not a fault


def test_faults_of_sheet_and_tables_are_told_in_one_round(tmp_path):
    sheet = WHOLE["assays.toml"].replace("read_length = 100", "read_length = 9").replace("R = 2 }", "S = 2 }")
    assert len(read(tmp_path, {**WHOLE, "assays.toml": sheet})[1]) == 3
    tables = {**WHOLE, "ct.csv": CT.replace("26.0", "x").replace("20.1", "y"), "t1.tab": STAR.replace("9", "z")}
    told = read(tmp_path, tables)[1]
    assert [p.file for p in told] == ["rna/t1.tab", "rna/ct.csv", "rna/ct.csv"]


def test_files_without_a_sheet_and_files_that_no_assay_names_are_told(tmp_path):
    assert [p.file for p in read(tmp_path, {"ct.csv": CT})[1]] == ["rna/assays.toml"]
    told = read(tmp_path / "b", {**WHOLE, "more.csv": CT})[1]
    assert [(p.file, p.found) for p in told] == [("rna/more.csv", "a file that no assay names")]


def test_donors_of_pairs_stand_in_both_arms(tmp_path):
    sheet = WHOLE["assays.toml"] + "paired = true\n"
    other = CT.replace("control,r1", "control,r2")
    assert read(tmp_path, {**WHOLE, "assays.toml": sheet})[1] == []
    assert "donors in one arm only: r1, r2" in [
        p.found for p in read(tmp_path, {**WHOLE, "assays.toml": sheet, "ct.csv": other})[1]
    ]


def test_two_assays_share_a_table_of_several_genes(tmp_path):
    more = KNOCKDOWN.replace('"fall"', '"second"').replace('"G"', '"H"').replace("G =", "H =")
    table = CT + "H,treated,r1,C1,27\nH,control,r1,C2,27\n"
    assert read(tmp_path, {**WHOLE, "assays.toml": WHOLE["assays.toml"] + more, "ct.csv": table})[1] == []
    assert [p.found for p in read(tmp_path, {**WHOLE, "assays.toml": WHOLE["assays.toml"] + more})[1]] == [
        "no row of H"
    ]


PLATE = (
    "well,kind,name,arm,replicate,concentration,dilution,signal\nS,standard,,,,1,,0.2\nA,sample,x,treated,r,,1,0.3\n"
)
PROTEIN = (
    f'[[protein]]\nid = "e"\n{BASE}readout = "activity"\nfunctional = true\nexpected = "rise"\nunit = "U/L"\n'
    'curve = "linear"\nspread = "constant"\nfile = "plate.csv"\n'
)
OTHERS = {
    "allele": ("arm,replicate,mutant,normal\ntreated,r,3,4\n", 'site = "s"\nexposure = "clinical"\n'),
    "dose_response": ("dose,replicate,effect\n0,r,0.1\n", 'dose_unit = "nM"\neffect = "function"\ncurve = "emax"\n'),
}


def test_a_plate_has_standards_and_samples(tmp_path):
    sheet = "format = 1\n" + PROTEIN
    assert read(tmp_path, {"assays.toml": sheet, "plate.csv": PLATE})[1] == []
    for text in (PLATE.rsplit("A,", 1)[0], PLATE.replace("standard,,,,1,,", "sample,x,treated,q,,1,")):
        assert [p.found for p in read(tmp_path, {"assays.toml": sheet, "plate.csv": text})[1]] == [
            "a table without standards and samples"
        ]
    told = read(tmp_path, {"assays.toml": sheet, "plate.csv": PLATE.replace("0.3", "x")})[1]
    assert [(p.file, p.place) for p in told] == [("rna/plate.csv", "line 3, signal")]


@pytest.mark.parametrize("block", OTHERS)
def test_tables_of_other_assays(block, tmp_path):
    text, keys = OTHERS[block]
    sheet = f'format = 1\n[[{block}]]\nid = "x"\n{BASE}{keys}file = "t.csv"\n'
    assert read(tmp_path, {"assays.toml": sheet, "t.csv": text})[1] == []
    assert [p.found for p in read(tmp_path, {"assays.toml": sheet, "t.csv": text.split("\n")[0] + "\n"})[1]] == [
        "a table without rows"
    ]


def test_more_positive_partitions_than_there_are(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("gene,arm,replicate,well,positive,total\nG,treated,r,A,30,20\nG,treated,r,B,0,0\n")
    problems = []
    read_table(path, "d.csv", "dpcr", problems)
    assert [p.found for p in problems] == ["30 positive of 20 partitions", "0 positive of 0 partitions"]


@given(st.text(max_size=200))
@settings(max_examples=60)
def test_any_text_becomes_rows_or_problems(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_bytes(text.encode("utf-8", errors="surrogatepass"))
    for form in FORMS:
        problems = []
        assert bool(read_table(path, "t.csv", form, problems)) != bool(problems)


# ---- alignments at the border


def header(*names):
    data = b"BAM\x01" + (0).to_bytes(4, "little") + len(names).to_bytes(4, "little")
    for n in names:
        data += (len(n) + 1).to_bytes(4, "little") + n.encode() + b"\0" + (999).to_bytes(4, "little")
    return gzip.compress(data, mtime=0)  # the time would make another test name in each process


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (header("c1") + END, []),
        (header("chr1") + END, ["no contig c1"]),
        (header("c1"), ["a BAM that is cut short"]),
        (header("c1")[:-30] + END, ["its header is cut short or damaged"]),
        (gzip.compress(b"BAM\x01" + b"\xff" * 40, mtime=0) + END, ["its header has an impossible length"]),
        (gzip.compress(b"CRAM", mtime=0) + END, ["it does not begin as a BAM file does"]),
        (b"text", ["its header is cut short or damaged"]),
        (b"", ["its header is cut short or damaged", "it does not begin as a BAM file does"]),
    ],
    ids=["sound", "another contig", "no end", "header cut", "absurd length", "not a BAM", "text", "empty"],
)
def test_a_bam_is_looked_at_before_anything_is_computed(data, found, tmp_path):
    path = tmp_path / "x.bam"
    path.write_bytes(data)
    told = [p.found for p in bam_problems(path, "rna/x.bam", "c1", frozenset({"rna/x.bam.bai"}))]
    assert told == found or (len(told) == 1 and told[0] in found)
    without = [p.found for p in bam_problems(path, "rna/x.bam", "c1", frozenset())]
    assert without == [*told, "no index beside it"]
    assert bam_problems(path, "rna/x.bam", "c1", frozenset({"rna/x.bai"})) == bam_problems(
        path, "rna/x.bam", "c1", frozenset({"rna/x.bam.bai"})
    )


def test_the_border_loads_no_numerics():
    code = (
        "import sys\nimport proband.analyses.transcript_effect, proband.analyses.engagement_course\n"
        "import proband.science.transcript.rna_sheet, proband.science.engagement.engagement_tables\n"
        "print(*{m.split('.')[0] for m in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parent
    )
    assert not {"numpy", "scipy", "numba", "pysam"} & set(done.stdout.split())
