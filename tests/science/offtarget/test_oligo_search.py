"""The oligonucleotide search against a plain oracle, on made genomes, transcripts and limits."""

import random

import naive_oligo
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.kernels.oligo_scan import align_at, every_end, windows_with_other
from proband.science.offtarget import oligo_search
from proband.science.offtarget.oligo_query import Oligo, OligoLimits
from proband.science.offtarget.oligo_search import encoded, search_oligo
from proband.science.sequence.annotation import TranscriptRecord
from proband.science.sequence.build import TranscriptSet, build_transcripts
from proband.science.sequence.genome import SliceGenome, genome_of


def oligo(sequence, limits):
    return Oligo(sequence, "", (), "", OligoLimits(*limits))


def found(genome, records, sequence, limits):
    held = genome_of(genome)
    known = build_transcripts([TranscriptRecord(*r) for r in records], held)
    hits, searched = search_oligo(oligo(sequence, limits), held, known)
    return hits, searched


def compare(genome, records, sequence, limits):
    hits, _ = found(genome, records, sequence, limits)
    mine = {
        (h.contig, h.strand, h.blocks): (
            h.alignment.key,
            (
                h.alignment.mismatches,
                h.alignment.target_bulges,
                h.alignment.oligo_bulges,
                h.alignment.trimmed_5,
                h.alignment.trimmed_3,
            ),
            h.alignment.site,
            set(h.unspliced),
            set(h.spliced),
        )
        for h in hits
    }
    assert mine == naive_oligo.search(sequence, genome, records, limits)
    return mine


@st.composite
def scenes(draw):
    """A small genome with transcripts, and an oligonucleotide that is near to some of it."""
    letters = draw(st.sampled_from(["ACGT", "AC", "ACGTN", "A", "acgtACGTR"]))
    size = draw(st.integers(14, 60))
    text = "".join(draw(st.lists(st.sampled_from(letters), min_size=size, max_size=size)))
    records = []
    for k in range(draw(st.integers(1, 4))):
        cuts = sorted(draw(st.sets(st.integers(0, size), min_size=2, max_size=6)))
        cuts = cuts[: len(cuts) // 2 * 2]
        exons = tuple((s, e) for s, e in zip(cuts[::2], cuts[1::2], strict=True))
        records.append((f"T{k}", "c1", draw(st.sampled_from("+-")), exons))
    length = draw(st.integers(5, 9))
    if draw(st.booleans()):
        sequence = "".join(draw(st.lists(st.sampled_from("ACGT"), min_size=length, max_size=length)))
    else:
        at = draw(st.integers(0, size - length))
        piece = text[at : at + length].upper()
        sequence = "".join(x if x in "ACGT" else "A" for x in naive_oligo.reverse_complement(piece))
    limits = tuple(draw(st.integers(0, n)) for n in (2, 2, 2, 2))
    return {"c1": text}, records, sequence, limits


@settings(max_examples=150, deadline=None)
@given(scenes())
def test_equals_the_oracle(scene):
    compare(*scene)


@settings(max_examples=60, deadline=None)
@given(scenes(), st.integers(20, 40))
def test_the_cut_of_the_work_changes_nothing(scene, batch):
    whole = found(*scene)
    old = oligo_search.BATCH
    oligo_search.BATCH = batch
    try:
        assert found(*scene) == whole
    finally:
        oligo_search.BATCH = old


def test_a_full_buffer_goes_on_where_it_stopped():
    rng = random.Random(3)
    text = encoded("".join(rng.choices("AC", k=150_000)) + "N" + "A" * 3000)
    for limits in ((4, 0, 0, 0), (2, 1, 1, 1)):
        pattern = encoded("ACACAACC")
        whole = every_end(text, pattern, limits)
        assert len(whole) > 1 << 16
        parts = [every_end(text[s : s + 40_100], pattern, limits) for s in range(0, len(text), 40_000)]
        for s, part in zip(range(0, len(text), 40_000), parts, strict=True):
            inside = whole[(whole[:, 0] >= s + 100) & (whole[:, 0] < s + 40_000)] - (s, 0)
            mine = part[(part[:, 0] >= 100) & (part[:, 0] < 40_000)]
            assert np.array_equal(mine, inside)


@pytest.mark.parametrize("size", [10, 40])
def test_the_shortest_and_the_longest_pattern_agree_with_a_count_over_all_windows(size):
    rng = np.random.default_rng(size)
    text = rng.integers(0, 4, 20_000).astype(np.uint8)
    pattern = rng.integers(0, 4, size).astype(np.uint8)
    for at in range(100, 19_000, 500):
        text[at : at + size] = pattern
        text[rng.integers(at, at + size, 4)] = 0
    windows = np.lib.stride_tricks.sliding_window_view(text, size)
    ends = np.flatnonzero((windows != pattern).sum(axis=1) <= 3) + size - 1
    assert len(ends) >= 30
    assert every_end(text, pattern, (3, 0, 0, 0))[:, 0].tolist() == ends.tolist()
    with_bulge = every_end(text, pattern, (3, 1, 0, 0))[:, 0]
    assert set(ends.tolist()) < set(with_bulge.tolist())
    one = np.array([3, 1, 0, 0])
    held = [align_at(text, pattern, one, 0, len(text), int(e), np.zeros(90, np.uint8)) for e in with_bulge]
    assert all(h[0] >= 0 for h in held)
    count = dict(zip(ends.tolist(), (windows != pattern).sum(axis=1)[ends - size + 1].tolist(), strict=True))
    for end, made in zip(with_bulge.tolist(), held, strict=True):
        if made[1] == 0:
            assert made[0] == count[end]
        else:  # a bulge is only chosen where it needs fewer edits, or where nothing else is within the limits
            assert made[0] + made[1] < count.get(end, 9)


def test_a_junction_site_is_found_in_spliced_rna_alone_and_an_intron_site_in_unspliced_alone():
    genome = {"c1": "GGGGG" + "ACGATTCA" + "GTCTCTGCTCTCTCCATAG" + "CCATGCAA" + "GGGGG"}
    records = [("T1", "c1", "+", ((5, 13), (32, 40)))]
    junction = compare(genome, records, naive_oligo.reverse_complement("GATTCACCATGC"), (0, 0, 0, 0))
    ((place, row),) = junction.items()
    assert place == ("c1", "+", ((7, 13), (32, 38)))
    assert (row[3], row[4]) == (set(), {"T1"})
    ((place, row),) = compare(genome, records, naive_oligo.reverse_complement("TGCTCTCTCC"), (0, 0, 0, 0)).items()
    assert place == ("c1", "+", ((18, 28),))
    assert (row[3], row[4]) == ({"T1"}, set())


def test_the_antisense_of_a_transcript_is_no_target():
    genome = {"c1": "TTTTTTACGATTACAGGATTTTT"}
    assert compare(genome, [("T1", "c1", "+", ((0, 23),))], "CCTGTAATCG", (0, 0, 0, 0))
    assert not compare(genome, [("T1", "c1", "-", ((0, 23),))], "CCTGTAATCG", (0, 0, 0, 0))
    assert compare(genome, [("T1", "c1", "-", ((0, 23),))], "CGATTACAGG", (0, 0, 0, 0))


def test_a_place_in_several_transcripts_is_one_hit():
    genome = {"c1": "TTTTTTACGATTACAGGATTTTT"}
    records = [("T1", "c1", "+", ((0, 23),)), ("T2", "c1", "+", ((3, 20),)), ("T3", "c1", "+", ((9, 23),))]
    ((_, row),) = compare(genome, records, "CCTGTAATCG", (0, 0, 0, 0)).items()
    assert row[3] == row[4] == {"T1", "T2"}
    hits, _ = found(genome, [records[1], records[0], records[2]], "CCTGTAATCG", (0, 0, 0, 0))
    assert hits[0].unspliced == hits[0].spliced == ("T2", "T1")  # the order of the annotation


def test_windows_with_unknown_letters_are_counted_and_never_matched():
    genome = {"c1": "ACGATNACAGGAACGATTACAGG"}
    hits, searched = found(genome, [("T1", "c1", "+", ((0, 23),))], "CCTGTAATCG", (3, 0, 0, 0))
    assert [h.id for h in hits] == ["c1:14-23(+)"] or all("N" not in h.alignment.site for h in hits)
    assert searched.windows == 2 * 14
    assert searched.windows_set_aside == 2 * 6
    assert windows_with_other(encoded("ACGTN"), 9) == (0, 0)


def test_trimmed_ends_may_hang_over_the_end_of_a_transcript():
    genome = {"c1": "TTACGATTACAGGAAA"}
    records = [("T1", "c1", "+", ((3, 12),))]  # CGATTACAG
    assert not compare(genome, records, "CCTGTAATCG", (0, 0, 0, 0))
    ((place, row),) = compare(genome, records, "CCTGTAATCG", (0, 0, 0, 1)).items()
    assert (place[2], row[1]) == (((3, 12),), (0, 0, 0, 1, 0))


def test_no_usable_transcript_is_an_error_and_unknown_introns_are_told():
    with pytest.raises(ProgramError, match="no usable transcript"):
        search_oligo(oligo("CCTGTAATCG", (0, 0, 0, 0)), genome_of({"c1": "ACGT"}), TranscriptSet({}, {}))
    held = SliceGenome({"c1": (100, "ACGATTACAGGAACGATTACAGG")})
    known = build_transcripts([TranscriptRecord("T1", "c1", "+", ((100, 110),))], held)
    assert search_oligo(oligo("CCTGTAATCG", (0, 0, 0, 1)), held, known)[1].not_searched == ()


def test_the_order_does_not_depend_on_the_order_of_transcripts():
    genome = {"c1": "TTACGATTACAGGAATTTACGATTACAGGAAA"}
    records = [("T1", "c1", "+", ((0, 15),)), ("T2", "c1", "+", ((15, 32),))]
    one = [h.id for h in found(genome, records, "CCTGTAATCG", (1, 0, 0, 0))[0]]
    assert one == [h.id for h in found(genome, records[::-1], "CCTGTAATCG", (1, 0, 0, 0))[0]]
