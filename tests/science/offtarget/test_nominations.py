"""Lists of nominated sites: counting from 0 or 1, strands, other guides, rows that are refused with their reason."""

from __future__ import annotations

import gzip

import pytest
from workbooks import book, sheet

from proband.core.errors import ProgramError
from proband.science.offtarget.guide import guide_of
from proband.science.offtarget.liftover import Place
from proband.science.offtarget.nomination_formats import CLASSES, NominationFormat, formats
from proband.science.offtarget.nominations import NominationList, read_list

SPACER = "GTCACCAATCCTGTCCCTAG"
GUIDE = guide_of(SPACER, "NGG", 3, "mine")


def read(tmp_path, text, form, name="list.tsv", **more):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    known = formats()[form] if isinstance(form, str) else form
    return read_list(0, NominationList("x", path, known, "GRCh38", **more), GUIDE)


def own(first_base, **columns):
    return NominationFormat("table", "m", "biochemical", first_base, True, {k: (v,) for k, v in columns.items()})


def test_each_format_declares_class_counting_and_a_place():
    for form in formats().values():
        assert form.method_class in CLASSES
        assert form.first_base in (0, 1)
        assert {"place", "contig"} & set(form.columns)


@pytest.mark.parametrize(("first_base", "start"), [(0, "99"), (1, "100")])
def test_a_place_is_the_same_counted_from_0_or_from_1(tmp_path, first_base, start):
    made = read(tmp_path, f"c\ts\te\nchr1\t{start}\t122\n", own(first_base, contig="c", start="s", end="e"))
    assert made.nominations[0].place == Place("chr1", 99, 122, "")


@pytest.mark.parametrize(("first_base", "text"), [(0, "99"), (1, "100")])
def test_one_base_is_an_interval_of_one(tmp_path, first_base, text):
    made = read(tmp_path, f"c\tp\nchr1\t{text}\n", own(first_base, contig="c", position="p"))
    assert made.nominations[0].place == Place("chr1", 99, 100, "")


def test_published_tables_bed_cas_offinder_discover_and_digenome(tmp_path):
    change = "chrom,chromStart,chromEnd,name,CHANGEseq_reads,strand,offtarget_sequence,distance,target\n"
    change += f"chr4,100,123,n,540,-,{SPACER}TGG,0,{SPACER}NGG\n"
    (n,) = read(tmp_path, change, "change_seq", "a.csv").nominations
    assert (n.place, n.reads, n.sequence) == (Place("chr4", 100, 123, "-"), 540.0, SPACER + "TGG")
    bed = "track name=x\n#chrom\tstart\nchr1\t5\t28\tn\t7\t+\n"
    (n,) = read(tmp_path, bed, "bed", "a.bed").nominations
    assert (n.place, n.score) == (Place("chr1", 5, 28, "+"), 7.0)
    cas = f"{SPACER}NGG\tchr2\t41\t{SPACER.lower()}TGG\t-\t4\n"
    assert read(tmp_path, cas, "cas_offinder").nominations[0].place == Place("chr2", 41, 42, "-")
    discover = "Chr:Start-End\tCutsite\tDisco score\tCutsite Ends\nchr19:1,000-1,022\t17\t9.5\t12\n"
    (n,) = read(tmp_path, discover, "discover_seq").nominations
    assert (n.place, n.reads, n.score) == (Place("chr19", 999, 1022, ""), 12.0, 9.5)
    (n,) = read(tmp_path, "Chromosome\tPosition\tScore\nchr3\t10\t2.5\n", "digenome").nominations
    assert n.place == Place("chr3", 9, 10, "")


def test_an_xlsx_list_is_read_as_a_text_list_is(tmp_path):
    rows = [["chrom", "chromStart", "chromEnd", "strand", "GUIDEseq_reads", "run"], ["chr1", 10, 33, "+", 4, 2]]
    path = book(tmp_path / "g.xlsx", {"s": sheet(rows)})
    described = NominationList("x", path, formats()["guide_seq"], "GRCh38", replicate="r")
    (n,) = read_list(0, described, GUIDE).nominations
    assert (n.place, n.reads, n.replicate) == (Place("chr1", 10, 33, "+"), 4.0, "r/2")


def test_a_gzip_list_and_a_truncated_one(tmp_path):
    data = gzip.compress(b"chr1\t5\t28\n" * 20_000)
    assert read(tmp_path, data, "bed", "a.bed.gz").rows == 20_000
    with pytest.raises(ProgramError, match="gzip"):
        read(tmp_path, data[:-30], "bed", "b.bed.gz")


@pytest.mark.parametrize(
    ("row", "step", "reason"),
    [
        ("chr1\t5\t28\tn\t0\tplus", "read", "strand"),
        ("chr1\t28\t28\tn\t0\t+", "read", "holds no base"),
        ("chr1\t30\t28\tn\t0\t+", "read", "holds no base"),
        ("chr1\t-4\t28\tn\t0\t+", "read", "no whole number"),
        ("chr1\t1.5\t28\tn\t0\t+", "read", "no whole number"),
        ("chr1\t1E5\t28\tn\t0\t+", "read", "no whole number"),
        ("chr1\t٣\t28\tn\t0\t+", "read", "no whole number"),
        ("chr1\t5\t\tn\t0\t+", "read", "no position"),
        ("=cmd|x\t5\t28\tn\t0\t+", "read", "no name"),
        ("\t5\t28\tn\t0\t+", "read", "no name"),
        ("chr1\t5\t5000\tn\t0\t+", "read", "looked through"),
        ("chr1\t5\t28\tn\tmany\t+", "read", "score"),
        ("chr1\t5\t28\tn\tinf\t+", "read", "score"),
    ],
)
def test_rows_that_are_no_site_are_refused_one_by_one(tmp_path, row, step, reason):
    made = read(tmp_path, f"chr1\t50\t73\tok\t1\t-\n{row}\n", "bed", "a.bed")
    assert (made.rows, len(made.nominations), len(made.refusals)) == (2, 1, 1)
    assert (made.refusals[0].line, made.refusals[0].step) == (2, step)
    assert reason in made.refusals[0].reason


@pytest.mark.parametrize("strand", ["", ".", "*", "NA"])
def test_a_missing_strand_is_not_a_strand(tmp_path, strand):
    assert read(tmp_path, f"chr1\t5\t28\tn\t0\t{strand}\n", "bed", "a.bed").nominations[0].place.strand == ""


def test_rows_of_other_guides_are_told_apart(tmp_path):
    head = "chrom,chromStart,chromEnd,strand,target,name\n"
    same = [SPACER, SPACER + "NGG", SPACER.replace("T", "U").lower(), "mine", "alias"]
    other = ["A" * 20, "A" * 20 + "NGG", SPACER[:-1] + "A", "other", SPACER + "NGGAAAA"]
    text = head + "".join(f"chr1,{i},{i + 23},+,{g},\n" for i, g in enumerate([*same, *other]))
    made = read(tmp_path, text, "change_seq", "a.csv", guide_names=("alias",))
    assert [n.place.start for n in made.nominations] == [0, 1, 2, 3, 4]
    assert {r.step for r in made.refusals} == {"guide"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "no rows"),
        ("a\tb\n1\t2\n", "no columns for a place"),
        ("chrom\tchromStart\tchrom\nchr1\t1\tchr1\n", "twice"),
        (b"\xff\xfe\x00", "UTF-8"),
        ("chrom\x00\n", "zero bytes"),
        ("chrom\tchromStart\n" + "x" * 1_100_000, "a line without end"),
    ],
)
def test_files_that_are_no_list(tmp_path, text, found):
    with pytest.raises(ProgramError) as told:
        read(tmp_path, text, "change_seq")
    assert found in str(told.value)


@pytest.mark.parametrize("name", ["a.xlsm", "a.xls", "a.ods"])
def test_other_workbooks_are_refused_by_name(tmp_path, name):
    with pytest.raises(ProgramError, match="another kind"):
        read(tmp_path, "x", "bed", name)


def test_a_list_of_too_many_rows_is_refused_and_a_million_is_not(tmp_path, monkeypatch):
    monkeypatch.setattr("proband.science.offtarget.nomination_formats.MOST_ROWS", 3)
    with pytest.raises(ProgramError, match="more than 3 rows"):
        read(tmp_path, "chr1\t5\t28\n" * 4, "bed", "a.bed")


@pytest.mark.slow
def test_a_million_rows_in_bounded_memory(tmp_path):
    import resource

    made = read(tmp_path, "".join(f"chr1\t{i}\t{i + 23}\tn\t1\t+\n" for i in range(1_000_000)), "bed", "a.bed")
    assert (made.rows, len(made.nominations)) == (1_000_000, 1_000_000)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 3_000_000


def test_blanks_part_the_columns_of_a_bed_line_without_tabs(tmp_path):
    text = "track name=a b\nchr1 99 122  a 5 -\nchr1\t200\t223\ta b\t5\t+\n"
    made = read(tmp_path, text, "bed", "list.bed")
    assert [n.place for n in made.nominations] == [Place("chr1", 99, 122, "-"), Place("chr1", 200, 223, "+")]
    other = read(tmp_path, "chrom\tstart\tend\nchr1 99 122\n", own(0, contig="chrom", start="start"), "list.tsv")
    assert other.nominations == ()
