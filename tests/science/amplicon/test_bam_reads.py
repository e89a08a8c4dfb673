"""BAM and CRAM as a source of reads: the same counts as the FASTQ they were made from, and files that are refused."""

import gzip
import os
import random

import numpy as np
import pysam
import pytest
from amplicon_cases import AMPLICON, SPACER, START

from proband.core.errors import ProgramError
from proband.science.amplicon import bam_reads, fastq
from proband.science.amplicon.bam_reads import is_bam
from proband.science.amplicon.outcomes import amplicons_for
from proband.science.amplicon.outputs import summary
from proband.science.amplicon.quantify import Settings, quantify
from proband.science.amplicon.targets import Target
from proband.science.amplicon.umi import UmiRule
from proband.science.sequence.alphabet import reverse_complement
from proband.testing.alleles import Allele
from proband.testing.read_files import write_reads
from proband.testing.reads import ReadDesign, simulate_reads

DELETED = AMPLICON[: START + 15] + AMPLICON[START + 20 :]
MIXTURE = (Allele("wt", "wild_type", AMPLICON, 0.7), Allele("del", "deletion", DELETED, 0.3))
AMPLICONS = amplicons_for(Target("ON", AMPLICON, (SPACER,)))
CONTIG = AMPLICON + "A" * 60
HEADER = {"HD": {"VN": "1.6"}, "SQ": [{"SN": "c", "LN": len(CONTIG)}]}


def fastq_files(folder, paired=False, reads=600, **more):
    design = ReadDesign(MIXTURE, reads, paired=paired, read_length=120 if paired else None, umi_length=8, **more)
    files = [folder / f"r{n}.fastq.gz" for n in range(2 if paired else 1)]
    write_reads(simulate_reads(design, seed=6), *files)
    return files


def records_of(files):
    """(name, flag, bases, qualities as text) as an unaligned BAM holds them."""
    made = []
    for mate, file in enumerate(files):
        lines = gzip.decompress(file.read_bytes()).decode().splitlines()
        flag = 4 if len(files) == 1 else 77 + 64 * mate
        for n, (name, bases, quality) in enumerate(zip(lines[::4], lines[1::4], lines[3::4], strict=True)):
            made.append((n, mate, (name[1:].split()[0], flag, bases, quality)))
    return [r for _, _, r in sorted(made)]


def write(path, records, mode="wb", header=HEADER, tags=(), **more):
    with pysam.AlignmentFile(str(path), mode, header=header, **more) as out:
        for name, flag, bases, quality in records:
            a = pysam.AlignedSegment(out.header)
            a.query_name, a.flag = name, flag
            a.query_sequence = bases
            a.query_qualities = pysam.qualitystring_to_array(quality) if quality else None
            if not flag & 4:
                a.reference_id, a.reference_start, a.cigarstring, a.mapping_quality = 0, 0, f"{len(bases)}M", 60
            for key, value in tags:
                a.set_tag(key, value)
            out.write(a)
    return path


def turned(record):
    """A record as it stands in a BAM when it was aligned to the reverse strand."""
    name, flag, bases, quality = record
    return name, flag & ~4 | 16, reverse_complement(bases), quality[::-1]


def same(a, b):
    for name in ("arena", "starts", "sizes", "counts"):
        assert np.array_equal(getattr(a.reads, name), getattr(b.reads, name)), name
    assert (a.reads_in, a.reads.filtered, a.counts, a.bounds) == (b.reads_in, b.reads.filtered, b.counts, b.bounds)


def counted(*files, **more):
    return quantify(files, AMPLICONS, Settings(**more))


def refusal(path, **more):
    with pytest.raises(ProgramError) as caught:
        counted(path, **more)
    (problem,) = caught.value.problems
    assert problem.remedy
    assert str(path.parent) not in str(problem)
    return problem


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize("umi", [None, UmiRule()])
def test_an_unaligned_bam_equals_the_fastq(tmp_path, paired, umi, monkeypatch):
    monkeypatch.setattr(bam_reads, "BLOCK", 5000)
    monkeypatch.setattr(fastq, "BLOCK", 4000)
    files = fastq_files(tmp_path, paired)
    path = write(tmp_path / "a.bam", records_of(files))
    made = counted(path, umi=umi)
    assert made.reads_in == (600 if umi is None else made.reads.umi.families)
    same(made, counted(*files, umi=umi))
    assert len(made.reads.digests) == 1


def test_a_bam_is_told_by_its_bytes(tmp_path):
    path = write(tmp_path / "a.bam", records_of(fastq_files(tmp_path)))
    path.rename(tmp_path / "reads.gz")
    assert is_bam(tmp_path / "reads.gz")
    assert not is_bam(tmp_path / "r0.fastq.gz")
    assert counted(tmp_path / "reads.gz").assigned > 0


def test_aligned_records_in_any_order_are_turned_back_and_other_records_left_out(tmp_path):
    files = fastq_files(tmp_path, paired=True)
    records = [turned(r) if n % 3 == 0 else r for n, r in enumerate(records_of(files))]
    extra = [(name, flag & ~4 | 0x100, bases, q) for name, flag, bases, q in records[:7]]
    extra += [(name, flag & ~4 | 0x800, bases, q) for name, flag, bases, q in records[:4]]
    everything = [*records, *extra]
    random.Random(2).shuffle(everything)
    made, wanted = counted(write(tmp_path / "a.bam", everything)), counted(*files)
    assert made.reads.skipped == {"secondary": 7, "supplementary": 4}
    assert (made.reads_in, made.counts, made.reads.filtered) == (wanted.reads_in, wanted.counts, wanted.reads.filtered)
    assert summary(made)["skipped_records"] == {"secondary": 7, "supplementary": 4}


@pytest.mark.parametrize("umi", [None, UmiRule()])
def test_mates_without_the_other_are_counted(tmp_path, umi):
    records = records_of(fastq_files(tmp_path, paired=True))
    made = counted(write(tmp_path / "a.bam", records[3:-2]), umi=umi)
    told = made.reads if umi is None else made.reads.umi
    assert told.reads_in == 598
    assert told.filtered["no_mate"] == 1
    if umi is None:
        assert made.reads_in == made.filtered + made.unaligned + made.ambiguous + made.assigned


def test_identifiers_of_the_tag(tmp_path):
    records = [(f"r{n}", 4, AMPLICON, "I" * len(AMPLICON)) for n in range(5)]
    made = counted(write(tmp_path / "a.bam", records, tags=[("RX", "ACGT-TTGA")]), umi=UmiRule())
    assert (made.reads_in, made.reads.umi.sizes) == (1, ((5, 1),))


@pytest.fixture
def reference(tmp_path):
    path = tmp_path / "reference.fa"
    path.write_text(f">c\n{CONTIG}\n")
    pysam.faidx(str(path))
    return path


def test_a_cram_needs_its_reference(tmp_path, reference, monkeypatch):
    monkeypatch.delenv("REF_PATH", raising=False)
    files = fastq_files(tmp_path)
    records = [(name, 0, bases, q) for name, _, bases, q in records_of(files)]
    path = write(tmp_path / "a.cram", records, "wc", reference_filename=str(reference))
    made = counted(path, reference=reference)
    assert made.reads_in == 600
    assert (made.counts, made.reads.filtered) == (counted(*files).counts, {})
    kept = reference.read_bytes()
    for old in tmp_path.glob("reference.fa*"):
        old.unlink()
    assert "--reference" in refusal(path).remedy
    assert "REF_PATH" not in os.environ
    other = tmp_path / "other.fa"
    other.write_bytes(kept.replace(b">c", b">d"))
    assert "--reference" in refusal(path, reference=other).remedy


def test_an_unaligned_cram_needs_none(tmp_path):
    files = fastq_files(tmp_path)
    same(counted(write(tmp_path / "a.cram", records_of(files), "wc", header={"HD": {"VN": "1.6"}})), counted(*files))


@pytest.mark.parametrize("cut", [28, 400, 3000])
def test_a_truncated_bam_is_refused(tmp_path, cut):
    path = write(tmp_path / "a.bam", records_of(fastq_files(tmp_path, reads=3000)))
    path.write_bytes(path.read_bytes()[:-cut])
    assert refusal(path).expected == "a whole BAM file"


def test_a_damaged_bam_is_refused(tmp_path):
    path = write(tmp_path / "a.bam", records_of(fastq_files(tmp_path, reads=3000)))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 200] = bytes(200)
    path.write_bytes(bytes(data))
    assert refusal(path).expected == "a whole BAM file"


def test_files_that_are_none(tmp_path):
    assert refusal(tmp_path / "none.bam").found == "no such file or directory"
    (tmp_path / "a.bam").write_bytes(b"")
    assert refusal(tmp_path / "a.bam").expected == "a whole BAM file"
    (tmp_path / "b.cram").write_bytes(b"CRAM\x03\x00" + b"x" * 60)
    assert "CRAM" in refusal(tmp_path / "b.cram").expected
    assert refusal(write(tmp_path / "c.bam", [])).found == "no record"


def test_records_that_can_not_be_used_are_refused(tmp_path):
    q = "I" * len(AMPLICON)
    for n, (records, said) in enumerate(
        (
            ([("a", 4, AMPLICON, q), ("b", 77, AMPLICON, q)], "single and paired"),
            ([("a", 77, AMPLICON, q), ("a", 77, AMPLICON, q)], "read 1 of a twice"),
            ([("a", 4, AMPLICON, "")], "without qualities"),
        )
    ):
        assert said in refusal(write(tmp_path / f"{n}.bam", records)).found


def test_a_bam_beside_another_file_is_refused(tmp_path):
    files = fastq_files(tmp_path)
    path = write(tmp_path / "a.bam", records_of(files))
    with pytest.raises(ProgramError, match="one of two files"):
        counted(path, *files)


def test_a_record_without_bases_is_filtered(tmp_path):
    records = [("a", 4, AMPLICON, "I" * len(AMPLICON)), ("b", 4, "", "")]
    made = counted(write(tmp_path / "a.bam", records))
    assert (made.reads_in, made.assigned, made.reads.filtered) == (2, 1, {"no_bases": 1})


def test_qualities_are_turned_with_their_bases(tmp_path):
    other = AMPLICON[:20] + ("A" if AMPLICON[20] != "A" else "C") + AMPLICON[21:]
    low = "I" * 20 + "#" + "I" * (len(AMPLICON) - 21)
    records = [turned(("a:ACGTA", 4, other, low)), ("b:ACGTA", 4, AMPLICON, "I" * len(AMPLICON))]
    assert counted(write(tmp_path / "a.bam", records), umi=UmiRule()).sequence(0) == AMPLICON
