"""Aligned BAM and CRAM: one large gap or a split read is one event, whatever the strand; faults of files in words."""

from dataclasses import replace

import pysam
import pytest
from long_cases import CUT, SEQUENCE, SITE, SITE_SEQUENCE, TARGET

from proband.core.errors import ProgramError
from proband.science.structural.events import EventRules, classify
from proband.science.structural.junctions import Junction, JunctionRules, junctions
from proband.science.structural.traces import ReadRules, read_traces
from proband.testing.alleles import reverse_complement

AT, SITE_AT = TARGET.start, SITE.start
HEADER = {"HD": {"VN": "1.6", "SO": "coordinate"}, "SQ": [{"SN": "chr1", "LN": 20_000}, {"SN": "chr2", "LN": 60_000}]}


def record(name, contig, start, cigar, bases, reverse=False, supplementary=False, sa="", quality=60, **told):
    one = pysam.AlignedSegment(pysam.AlignmentHeader.from_dict(HEADER))
    one.query_name, one.query_sequence = name, bases
    one.flag = 16 * reverse + 2048 * supplementary + told.get("flag", 0)
    one.reference_id, one.reference_start = ("chr1", "chr2").index(contig), start
    one.cigarstring, one.mapping_quality = cigar, quality
    one.query_qualities = pysam.qualitystring_to_array("5" * len(bases))
    if sa:
        one.set_tag("SA", sa)
    if told.get("rx"):
        one.set_tag("RX", told["rx"])
    return one


def write(path, records, header=HEADER, index=True, mode="wb", **told):
    with pysam.AlignmentFile(str(path), mode, header=header, **told) as handle:
        for one in sorted(records, key=lambda r: (r.reference_id, r.reference_start)):
            handle.write(one)
    if index:
        pysam.index(str(path))
    return path


def whole(name, **told):
    return record(name, "chr1", AT, "6000M", SEQUENCE, **told)


def gapped(name, lost, reverse=False):
    bases = SEQUENCE[:CUT] + SEQUENCE[CUT + lost :]
    return record(name, "chr1", AT, f"{CUT}M{lost}D{6000 - CUT - lost}M", bases, reverse)


def split(name, lost):
    """A deletion as two alignments of one read."""
    bases, rest = SEQUENCE[:CUT] + SEQUENCE[CUT + lost :], 6000 - CUT - lost
    one, two = f"{CUT}M{rest}S", f"{CUT}S{rest}M"
    return [
        record(name, "chr1", AT, one, bases, sa=f"chr1,{AT + CUT + lost + 1},+,{two},60,5;"),
        record(name, "chr1", AT + CUT + lost, f"{CUT}H{rest}M", bases[CUT:], supplementary=True,
               sa=f"chr1,{AT + 1},+,{one},60,5;"),
    ]  # fmt: skip


def turned(name, start, end):
    """An inversion as three alignments of one read; the middle one is the primary."""
    bases = SEQUENCE[:start] + reverse_complement(SEQUENCE[start:end]) + SEQUENCE[end:]
    a, b, c = f"{start}M{6000 - start}S", f"{6000 - end}S{end - start}M{start}S", f"{end}S{6000 - end}M"
    sa = f"chr1,{AT + 1},+,{a},60,0;chr1,{AT + end + 1},+,{c},60,0;"
    return [record(name, "chr1", AT + start, b, reverse_complement(bases), reverse=True, sa=sa)]


def joined(name, primary_at_site=False, quality=60, rx=""):
    """Left of the target's cut, then right of the site's."""
    left, right = SEQUENCE[CUT - 800 : CUT], SITE_SEQUENCE[900:1600]
    one, two = "800M700S", "800S700M"
    here = f"chr1,{AT + CUT - 800 + 1},+,{one},60,0;"
    there = f"chr2,{SITE_AT + 901},+,{two},{quality},0;"
    first = record(name, "chr1", AT + CUT - 800, one, left + right, supplementary=primary_at_site, sa=there, rx=rx)
    second = record(
        name, "chr2", SITE_AT + 900, two, left + right, supplementary=not primary_at_site, sa=here,
        quality=quality, rx=rx,
    )  # fmt: skip
    return [first, second]


def test_events_of_gaps_and_split_reads(tmp_path):
    records = [
        whole("w"), whole("w2", reverse=True), gapped("g", 500), gapped("r", 500, reverse=True), *split("s", 500),
        *turned("i", CUT - 200, CUT + 300), whole("second", flag=256), whole("copy", flag=1024),
        whole("unsure", quality=3),
    ]  # fmt: skip
    path = write(tmp_path / "a.bam", records)
    traces = read_traces(path, [TARGET], ReadRules())
    found = classify(traces, TARGET, EventRules())
    assert traces.filtered == {"duplicate": 1, "low_mapping_quality": 1}
    assert traces.left_out == {"secondary": 1}
    assert {k: n for k, n in found.classes.items() if n} == {
        "filtered": 2, "no_event": 2, "deletion": 3, "inversion": 1
    }  # fmt: skip
    deletions = {e for held in found.events for e in held if e.kind == "deletion"}
    assert {(e.end - e.start, e.size) for e in deletions} == {(500, 500)}
    assert len(deletions) == 1
    inverted = next(e for held in found.events for e in held if e.kind == "inversion")
    assert (inverted.start, inverted.end) == (CUT - 200, CUT + 300)


def test_junctions_of_split_reads(tmp_path):
    records = [whole("w"), *joined("a"), *joined("b", primary_at_site=True), *joined("unsure", quality=5)]
    path = write(tmp_path / "a.bam", records)
    traces = read_traces(path, [TARGET, SITE], ReadRules())
    found = junctions(traces, [TARGET, SITE], JunctionRules())
    assert found.molecules == {Junction(1, "left", "right"): 2}
    assert found.depth == 3
    assert found.reads_in == 4
    assert found.classes["short_of_cut"] == 1
    by_ends = junctions(traces, [TARGET, SITE], JunctionRules(molecules="ends"))
    assert by_ends.molecules == {Junction(1, "left", "right"): 1}


def test_identifiers_in_tags(tmp_path):
    path = write(tmp_path / "a.bam", [*joined("a", rx="ACGT"), *joined("b", rx="ACGT"), *joined("c")])
    traces = read_traces(path, [TARGET, SITE], ReadRules(umi=True))
    found = junctions(traces, [TARGET, SITE], JunctionRules(molecules="umi"))
    assert found.molecules == {Junction(1, "left", "right"): 1}
    assert found.classes["no_umi"] == 1


def test_a_cram_says_the_same(tmp_path):
    fasta = tmp_path / "g.fa"
    fasta.write_text(f">chr1\n{'A' * AT}{SEQUENCE}{'A' * 4000}\n>chr2\n{'C' * 60_000}\n")
    pysam.faidx(str(fasta))
    records = [whole("w"), gapped("g", 500)]
    path = write(tmp_path / "a.cram", records, mode="wc", reference_filename=str(fasta))
    found = classify(read_traces(path, [TARGET], ReadRules(reference=fasta)), TARGET, EventRules())
    assert found.classes["deletion"] == found.classes["no_event"] == 1


def fault(path, loci=(TARGET,)):
    with pytest.raises(ProgramError) as e:
        read_traces(path, loci, ReadRules())
    return " | ".join(f"{p.found} | {p.remedy}" for p in e.value.problems)


def test_faults_of_files(tmp_path):
    good = [whole("w"), gapped("g", 500)]
    assert "no index" in fault(write(tmp_path / "a.bam", good, index=False))
    unsorted = HEADER | {"HD": {"VN": "1.6", "SO": "unsorted"}}
    assert "unsorted" in fault(write(tmp_path / "u.bam", good, header=unsorted, index=False))
    other = HEADER | {"SQ": [{"SN": "1", "LN": 20_000}, {"SN": "2", "LN": 60_000}]}
    assert "the file calls it 1" in fault(write(tmp_path / "c.bam", good, header=other))
    short = HEADER | {"SQ": [{"SN": "chr1", "LN": 11_000}, {"SN": "chr2", "LN": 60_000}]}
    assert "ends behind base 11000" in fault(write(tmp_path / "s.bam", [], header=short))
    assert "no record" in fault(write(tmp_path / "e.bam", []))
    cut = write(tmp_path / "t.bam", [whole(f"w{n}") for n in range(400)])
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    assert fault(cut)
    from dataclasses import replace

    assert "no contig and start" in fault(write(tmp_path / "p.bam", good), [replace(TARGET, contig="", start=None)])
    assert "no such file" in fault(tmp_path / "none.bam")


def test_reads_without_alignments_are_placed_here(tmp_path):
    header = {"HD": {"VN": "1.6", "SO": "unsorted"}}
    path = tmp_path / "u.bam"
    with pysam.AlignmentFile(str(path), "wb", header=header) as handle:
        for name, bases in (("w", SEQUENCE), ("d", SEQUENCE[:CUT] + SEQUENCE[CUT + 400 :])):
            one = pysam.AlignedSegment(pysam.AlignmentHeader.from_dict(header))
            one.query_name, one.query_sequence, one.flag = name, bases, 4
            one.query_qualities = pysam.qualitystring_to_array("5" * len(bases))
            handle.write(one)
    found = classify(read_traces(path, [TARGET], ReadRules()), TARGET, EventRules())
    assert found.classes["deletion"] == found.classes["no_event"] == 1


def duplicated(name, start, end, place, reverse=False, clipped=0):
    """A tandem copy of `start` to `end`, written as an insertion at `place`, as aligners do anywhere along the copy."""
    size = end - start
    bases = SEQUENCE[:end] + SEQUENCE[start:]
    head, tail = f"{place}M", f"{6000 - place}M"
    if clipped:
        bases, head = bases[clipped:], f"{clipped}H{place - clipped}M"
    return record(name, "chr1", AT + clipped, f"{head}{size}I{tail}", bases, reverse)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("place", [CUT - 350, CUT - 200, CUT])
@pytest.mark.parametrize("clipped", [0, 30])
def test_a_duplication_of_the_cut_is_found_wherever_the_aligner_wrote_it(tmp_path, reverse, place, clipped):
    path = write(tmp_path / "a.bam", [duplicated("d", CUT - 350, CUT, place, reverse, clipped)])
    found = classify(read_traces(path, [TARGET], ReadRules()), TARGET, EventRules())
    assert found.classes["insertion"] == 1
    assert found.events[0][0].size == 350
    assert abs(found.events[0][0].start - (CUT - 350)) <= 5
    assert abs(found.events[0][0].end - CUT) <= 5


def test_an_insertion_away_from_the_cut_stays_elsewhere_unless_nothing_can_tell(tmp_path):
    """A copy that does not reach the cut, and foreign bases; without a sequence of the locus both may be a copy."""
    far = duplicated("d", CUT - 600, CUT - 250, CUT - 500)
    foreign = record(
        "f", "chr1", AT, f"{CUT - 300}M350I{6300 - CUT}M",
        SEQUENCE[: CUT - 300] + SITE_SEQUENCE[:350] + SEQUENCE[CUT - 300 :],
    )  # fmt: skip
    small = record(
        "s", "chr1", AT, f"{CUT - 300}M60I{6300 - CUT}M",
        SEQUENCE[: CUT - 300] + SITE_SEQUENCE[:60] + SEQUENCE[CUT - 300 :],
    )  # fmt: skip
    path = write(tmp_path / "a.bam", [far, foreign, small])
    assert classify(read_traces(path, [TARGET], ReadRules()), TARGET, EventRules()).classes["elsewhere"] == 3
    bare = replace(TARGET, sequence="")
    found = classify(read_traces(path, [bare], ReadRules()), bare, EventRules())
    assert found.classes["unresolved"] == 1
    assert found.classes["elsewhere"] == 2
