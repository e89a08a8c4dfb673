"""A patient's VCF fills the column of variants: phase, strand, and what can not be told is a fault in words."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.amplicon.patient_variants import variants_of, with_patient
from proband.science.amplicon.sheet import read_sheet
from proband.science.amplicon.sheet_rows import Row
from proband.science.sequence.alphabet import reverse_complement

GENOME = "GTCATCAGTTACGATTGGCATTACCGGATCTGACTTGCAGTCAGGTTCAGCGCTTCAGGAGCTTCTGGTCTTGGATTGCACCTGAATGCCGTTAGCATT"
AT = 5000
"""0-based place of the piece on chr7."""


def vcf(path, *records, samples=("P",)):
    """Records as (0-based index in the piece, ref, alt, genotype of P, other cells)."""
    lines = ["##fileformat=VCFv4.2", "##contig=<ID=chr7,length=100000>"]
    lines.append("\t".join(["#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", "FORMAT", *samples]))
    for index, ref, alt, genotype, *ps in records:
        cells = ["chr7", str(AT + index + 1), ".", ref, alt, ".", "PASS", ".", "GT:PS" if ps else "GT"]
        lines.append("\t".join([*cells, *[":".join([genotype, *ps])] * len(samples)]))
    path.write_text("\n".join(lines) + "\n")
    return path


def told(tmp_path, *records, sample="P", **cells):
    """The column that is filled in, and the problems."""
    row = Row("sites.csv", 2, {"site": "S", "amplicon": GENOME, "contig": "chr7", "start": str(AT + 1)} | cells)
    problems = []
    (made,) = with_patient([row], vcf(tmp_path / "p.vcf", *records), sample, problems)
    return made["variants"], [f"{p.place}: {p.found}; {p.remedy}" for p in problems]


def test_phased_heterozygous_substitutions_become_variants(tmp_path):
    ref = (GENOME[10], GENOME[30])
    assert ref == ("A", "T")
    assert told(tmp_path, (10, "A", "G", "0|1"), (30, "T", "C", "0|1")) == ("11A>G+31T>C", [])
    # The amplicon shows the alternate of one and the reference of the other: the sides are those of the genotypes.
    mixed = GENOME[:10] + "G" + GENOME[11:]
    assert told(tmp_path, (10, "A", "G", "0|1"), (30, "T", "C", "1|0"), amplicon=mixed) == ("11G>A+31T>C", [])
    # One alone needs no phase; outside of the amplicon and homozygous reference say nothing.
    assert told(tmp_path, (10, "A", "G", "0/1"), (-1, "A", "G", "0/1"), (40, "A", "T", "0/0")) == ("11A>G", [])
    assert told(tmp_path, (len(GENOME), "A", "G", "0/1")) == ("", [])
    # Both alternates, neither the reference; two bases in one record.
    assert told(tmp_path, (10, "A", "G,T", "1|2"), amplicon=mixed) == ("11G>T", [])
    assert told(tmp_path, (10, "ACG", "GCT", "0|1")) == ("11A>G+13G>T", [])


def test_the_minus_strand_is_written_as_the_amplicon_is(tmp_path):
    n = len(GENOME)
    text, problems = told(
        tmp_path, (10, "A", "G", "0|1"), (30, "T", "C", "0|1"), amplicon=reverse_complement(GENOME), strand="-"
    )
    assert (text, problems) == (f"{n - 30}A>G+{n - 10}T>C", [])


@pytest.mark.parametrize(
    ("records", "cells", "word"),
    [
        ([(10, "A", "G", "0/1"), (30, "T", "C", "0/1")], {}, "not phased together"),
        ([(10, "A", "G", "0|1", "1"), (30, "T", "C", "0|1", "2")], {}, "not phased together"),
        ([(10, "A", "G", "0|1"), (30, "T", "C", "1|0")], {}, "bases of both haplotypes"),
        ([(10, "A", "G", "1/1")], {}, "on both haplotypes"),
        ([(10, "A", "G", "1")], {}, "on both haplotypes"),
        ([(10, "C", "G", "0|1")], {}, "correct contig, start, strand"),
        ([(10, "AC", "A", "0|1")], {}, "insertion or deletion"),
        ([(-1, "GGT", "G", "0|1")], {}, "insertion or deletion"),
        ([(10, "A", "G", "./.")], {}, "call the position"),
        ([(10, "A", "<DEL>", "0|1")], {}, "structural variants"),
        ([], {"start": "", "contig": ""}, "give both"),
        ([], {"contig": "7"}, "name it as the VCF does"),
        ([], {"sample": "Q"}, "--sample"),
    ],
)
def test_what_can_not_be_told_is_a_fault(tmp_path, records, cells, word):
    text, problems = told(tmp_path, *records, **cells)
    assert text == ""
    assert len(problems) == 1
    assert word in problems[0]


def test_a_row_that_names_its_variants_is_left_alone(tmp_path):
    row = {"variants": "3C>T", "start": "", "contig": ""}
    assert told(tmp_path, (10, "AC", "A", "0|1"), **row) == ("3C>T", [])


def test_the_sheet_reads_it_and_records_its_digest(tmp_path):
    (tmp_path / "r.fastq").write_text("@r\nACGT\n+\nIIII\n")
    (tmp_path / "c.fastq").write_text("@r\nACGA\n+\nIIII\n")
    (tmp_path / "s.csv").write_text("sample,arm,replicate,reads\na,treated,1,r.fastq\nb,control,1,c.fastq\n")
    with (tmp_path / "sites.csv").open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["site", "amplicon", "cut", "editor", "contig", "start"])
        writer.writerow(["S", GENOME, 50, "SpCas9", "chr7", AT + 1])
    made = read_sheet(
        tmp_path / "s.csv", tmp_path / "sites.csv", vcf=vcf(tmp_path / "p.vcf", (10, "A", "G", "0|1")), sample="P"
    )
    assert [t.name for t in made.targets] == ["S", "S.haplotype2"]
    assert made.targets[0].haplotypes.variants == ((10, "A", "G"),)
    assert "vcf" in dict(made.digests)
    with pytest.raises(ProgramError, match=r"none\.vcf"):
        read_sheet(tmp_path / "s.csv", tmp_path / "sites.csv", vcf=tmp_path / "none.vcf")


@given(
    st.lists(st.integers(0, len(GENOME) - 1), unique=True, max_size=6),
    st.lists(st.booleans(), min_size=6, max_size=6),
    st.booleans(),
)
def test_changing_the_amplicon_as_told_gives_the_other_haplotype(places, turns, minus):
    """Whatever the phase, applying the variants to the amplicon of one haplotype gives the other one."""
    from proband.science.design.from_files import Call
    from proband.science.design.haplotype import Placed

    one, two, calls = list(GENOME), list(GENOME), []
    for p, turn in zip(places, turns, strict=False):
        alt = "ACGT"[("ACGT".index(GENOME[p]) + 1) % 4]
        (one if turn else two)[p] = alt
        calls.append(Call(Placed(AT + p, GENOME[p], alt), False, 0 if turn else 1, ""))
    first, second = "".join(one), "".join(two)
    if minus:
        first, second = reverse_complement(first), reverse_complement(second)
    cells = {"amplicon": first, "contig": "chr7", "start": str(AT + 1), "strand": "-" if minus else "+"}
    problems = []
    text = variants_of(Row("s", 2, cells), calls, problems)
    assert problems == []
    letters = list(first)
    for change in text.split("+") if text else []:
        place, before, after = int(change[:-3]) - 1, change[-3], change[-1]
        assert letters[place] == before
        letters[place] = after
    assert "".join(letters) == second
