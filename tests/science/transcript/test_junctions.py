"""Junction counts: a public data set to the read, hand-made alignments, tables in three forms."""

import gzip
from dataclasses import replace
from pathlib import Path

import pysam
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.transcript.junction_tables import bed12, read_junctions
from proband.science.transcript.junctions import (
    EVERY_ALIGNMENT,
    JunctionRules,
    boundary_reads,
    crossings,
    junctions_of,
)

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "reference" / "editing" / "regtools_junctions"
BAM = FOLDER / "test_hcc1395.bam"

# What is expected was written by regtools 1.0.0 (MIT); -s XS but for the stranded files, which are RF.
CASES = {
    "expected-a": (EVERY_ALIGNMENT, None),
    "expected-a30": (replace(EVERY_ALIGNMENT, anchor=30), None),
    "expected-i8039-I8039": (replace(EVERY_ALIGNMENT, shortest=8039, longest=8039), None),
    "expected-r1_22405013-22405020": (EVERY_ALIGNMENT, ("1", 22405012, 22405020)),
    "expected-stranded-a": (replace(EVERY_ALIGNMENT, strand="RF"), None),
    "expected-stranded-a30": (replace(EVERY_ALIGNMENT, strand="RF", anchor=30), None),
}


@pytest.mark.parametrize("case", CASES)
def test_the_public_case_to_the_byte(case):
    if not BAM.exists():
        pytest.skip("the reference data are not on this machine")
    rules, region = CASES[case]
    with gzip.open(FOLDER / f"{case}.out.gz", "rt") as handle:
        assert bed12(junctions_of(BAM, rules, region)) == handle.read()


def test_the_public_case_without_secondary_alignments_has_fewer():
    if not BAM.exists():
        pytest.skip("the reference data are not on this machine")
    every = sum(j.reads for j in junctions_of(BAM, EVERY_ALIGNMENT))
    assert sum(j.reads for j in junctions_of(BAM)) < every


def write_bam(path, reads):
    """Reads as (flag, start, cigar, XS); an index beside it."""
    header = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "c1", "LN": 10_000}]}
    with pysam.AlignmentFile(str(path), "wb", header=header) as out:
        for i, (flag, start, cigar, tag) in enumerate(sorted(reads, key=lambda r: r[1])):
            a = pysam.AlignedSegment(out.header)
            a.query_name, a.flag, a.reference_id, a.reference_start = f"r{i}", flag, 0, start
            a.mapping_quality, a.cigarstring = 50, cigar
            a.query_sequence = "A" * a.infer_query_length()
            if tag:
                a.set_tag("XS", tag, "A")
            out.write(a)
    pysam.index(str(path))
    return path


def test_hand_made_alignments(tmp_path):
    reads = [
        (0, 100, "50M100N50M", "+"),
        (0, 120, "30M100N20M", "+"),
        (256, 120, "30M100N20M", "+"),
        (0, 146, "4M100N46M", "+"),  # a short anchor counts once a longer one is there
        (0, 100, "50M200N3M", "+"),  # never anchored on the right: not reported
        (0, 100, "50M60N50M", "+"),  # below the shortest intron
        (0, 110, "20M2D20M100N10M5I20M", ""),
    ]
    bam = write_bam(tmp_path / "a.bam", reads)
    made = {(j.start, j.end, j.strand): (j.reads, j.left, j.right) for j in junctions_of(bam)}
    assert made == {(150, 250, "+"): (3, 50, 50), (152, 252, "?"): (1, 20, 10)}
    assert {j.reads for j in junctions_of(bam, EVERY_ALIGNMENT)} == {4, 1}


@pytest.mark.parametrize(
    ("flag", "rf"),
    [(99, "-"), (147, "-"), (83, "+"), (163, "+"), (65, "?"), (113, "?"), (0, "-"), (16, "+")],
)
def test_strand_of_a_library(tmp_path, flag, rf):
    bam = write_bam(tmp_path / "a.bam", [(flag, 100, "50M100N50M", "")])
    assert [j.strand for j in junctions_of(bam, JunctionRules(strand="RF"))] == [rf]
    other = {"+": "-", "-": "+", "?": "?"}[rf]
    assert [j.strand for j in junctions_of(bam, JunctionRules(strand="FR"))] == [other]


def test_reads_that_run_into_the_intron(tmp_path):
    reads = [
        (0, 100, "100M", ""),  # over the left end at 150
        (0, 145, "60M", ""),  # only 5 bases of exon
        (0, 220, "60M", ""),  # over the right end at 250
        (0, 100, "50M100N50M", ""),
        (0, 100, "200M", ""),  # over both
    ]
    counts = boundary_reads(write_bam(tmp_path / "a.bam", reads), "c1", 150, 250)
    assert (counts.left, counts.right) == (2, 2)


@given(st.lists(st.tuples(st.sampled_from([0, 1, 2, 3, 4, 7, 8]), st.integers(1, 60)), min_size=1, max_size=9))
def test_crossings_equal_a_walk_base_by_base(cigar):
    found = crossings(1000, cigar)
    position, walk = 1000, []
    for operation, length in cigar:
        for _ in range(length):
            walk.append((operation, position))
            position += operation in (0, 2, 3, 7, 8)
    introns = [(operation, length) for operation, length in cigar if operation == 3]
    assert len(found) == len(introns)
    for c in found:
        before = [p for o, p in walk if o in (0, 7, 8) and c.first <= p < c.start]
        after = [p for o, p in walk if o in (0, 7, 8) and c.end <= p < c.last]
        assert before == list(range(c.first, c.start))
        assert after == list(range(c.end, c.last))


def test_files_that_can_not_be_read_are_told_without_traceback(tmp_path):
    whole = write_bam(tmp_path / "a.bam", [(0, 100, "50M100N50M", "+")] * 3000)
    with pytest.raises(ProgramError, match="no contig chr1"):
        junctions_of(whole, region=("chr1", 0, 10))
    cut = tmp_path / "cut.bam"
    cut.write_bytes(whole.read_bytes()[:-60])
    text = tmp_path / "text.bam"
    text.write_text("not a BAM\n")
    for bad in (cut, text, tmp_path / "missing.bam"):
        with pytest.raises(ProgramError, match="complete BAM"):
            junctions_of(bad)
    alone = tmp_path / "alone.bam"
    alone.write_bytes(whole.read_bytes())
    with pytest.raises(ProgramError, match="index"):
        junctions_of(alone, region=("c1", 0, 10))
    with pytest.raises(ValueError, match="XS, RF or FR"):
        JunctionRules(strand="unstranded")


def test_the_three_table_forms_say_the_same(tmp_path):
    bam = write_bam(tmp_path / "a.bam", [(0, 100, "50M100N50M", "+")] * 4)
    made = junctions_of(bam)
    (tmp_path / "j.bed").write_text(bed12(made))
    (tmp_path / "SJ.out.tab").write_text("c1\t151\t250\t1\t1\t1\t4\t2\t50\n")
    (tmp_path / "j.csv").write_text("contig,start,end,strand,reads\nc1,151,250,+,4\n")
    packed = tmp_path / "j.bed.gz"
    packed.write_bytes(gzip.compress(bed12(made).encode()))
    for name, form in (("j.bed", "bed12"), ("SJ.out.tab", "star"), ("j.csv", "csv"), ("j.bed.gz", "bed12")):
        (one,) = read_junctions(tmp_path / name, form)
        assert (one.contig, one.start, one.end, one.strand, one.reads) == ("c1", 150, 250, "+", 4)
    assert read_junctions(tmp_path / "j.bed", "bed12") == made


def test_every_wrong_row_of_a_table_is_told(tmp_path):
    path = tmp_path / "j.csv"
    path.write_text("contig,start,end,strand,reads\nc1,151,250,+,4\nc1,9,3,+,4\nc1,1,5,x,4\nc1,1,5,+,-1\nc1,1,5\n")
    with pytest.raises(ProgramError) as e:
        read_junctions(path, "csv")
    assert [p.place for p in e.value.problems] == ["line 3", "line 4", "line 5", "line 6"]
    path.write_text("start,end\n")
    with pytest.raises(ProgramError, match="contig,start,end,strand,reads"):
        read_junctions(path, "csv")
    path.write_bytes(b"\x1f\x8bbroken")
    with pytest.raises(ProgramError, match="readable"):
        read_junctions(path, "star")
    (tmp_path / "j.bed").write_text("c1\t10\t90\tx\t4\t+\t10\t90\t0\t2\t5,5\t0,70\n")
    with pytest.raises(ProgramError, match="two blocks that fill"):
        read_junctions(tmp_path / "j.bed", "bed12")
    with pytest.raises(ValueError, match="none of"):
        read_junctions(path, "gtf")
