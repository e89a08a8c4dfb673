"""The protein of each allele: states by hand, a naive translation, splice sites, strands, and refusals."""

import numpy as np
import pytest
from amplicon_cases import AMPLICON, SPACER, START, changed, counted, with_bases
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.kernels import align
from proband.science.amplicon.alignment import align_pair
from proband.science.amplicon.locus_reads import locus_reads
from proband.science.amplicon.outcomes import outcomes
from proband.science.amplicon.proteins import (
    STATES,
    coding_bases,
    coding_frame,
    frame_from_transcript,
    proteins_of,
    unclear,
)
from proband.science.amplicon.targets import Target
from proband.science.design.editors import load_editors
from proband.science.sequence.alphabet import reverse_complement, translate
from proband.science.sequence.transcripts import Transcript

TARGET = Target("ON", AMPLICON, (SPACER,), editor=load_editors()["SpCas9"])
CODING = (45, 105)


def without_stops():
    """The amplicon with every stop codon of the frame made a sense codon."""
    letters = list(AMPLICON)
    for i in range(CODING[0], CODING[1], 3):
        if translate(AMPLICON[i : i + 3]) == "*":
            letters[i] = "C"
    return "".join(letters)


SENSE = without_stops()
INSIDE = SENSE[START : START + 20]


def states(tmp_path, target, frame, reads):
    q = counted(tmp_path / "r.fastq", target, reads)
    found = locus_reads(q, target.name)
    made = proteins_of(found, frame)
    by_read = {q.sequence(int(r)): STATES[int(s)] for r, s in zip(found.rows, made.state, strict=True)}
    return [by_read.get(read) for read in reads]


def target_of(sequence, spacer):
    return Target("ON", sequence, (spacer,), editor=load_editors()["SpCas9"])


def test_states_by_hand(tmp_path):
    codon = CODING[0] + 3 * 7
    assert START < codon < START + 20
    mutant = with_bases(SENSE, {codon: "T", codon + 1: "A", codon + 2: "G"})
    target = target_of(mutant, mutant[START : START + 20])
    frame = coding_frame(mutant, (CODING,), wild_type=SENSE)
    other = with_bases(mutant, {codon: "C", codon + 2: "C"})
    reads = {
        "exact": SENSE,
        "still_mutant": mutant,
        "open": other,
        "stop": with_bases(mutant, {codon: SENSE[codon], codon + 1: SENSE[codon + 1], codon + 2: SENSE[codon + 2],
                                    codon + 3: "T", codon + 4: "A", codon + 5: "A"}),
        "unknown": with_bases(mutant, {codon: "N"}),
    }  # fmt: skip
    assert translate(SENSE[codon : codon + 3]) != translate("CAC")
    held = {k: states(tmp_path, target, frame, [v])[0] for k, v in reads.items()}
    assert held == {k: k for k in reads}


def test_a_lost_frame_and_a_kept_one(tmp_path):
    target, frame = target_of(SENSE, INSIDE), coding_frame(SENSE, (CODING,))
    cut = START + 17
    one, three = SENSE[: cut - 1] + SENSE[cut:], SENSE[: cut - 3] + SENSE[cut:]
    late = SENSE[:103] + SENSE[104:]
    found = states(tmp_path, target, frame, [SENSE, one, three, late])
    assert found[0] == "exact"
    assert found[1] in ("frameshift", "stop")
    assert found[2] in ("open", "stop")
    # A base lost in the last codons: outside of the window, but in the coding bases all the same.
    assert found[3] in ("frameshift", "stop")


def test_a_change_of_a_splice_site_leaves_the_protein_unknown(tmp_path):
    frame = coding_frame(SENSE, ((45, 72), (84, 105)))
    assert frame.splice == (45, 72, 84, 105)
    target = target_of(SENSE, INSIDE)
    other = {p: "A" if SENSE[p] != "A" else "C" for p in (72, 73, 74, 82, 83, 81)}
    reads = [with_bases(SENSE, {p: b}) for p, b in other.items()]
    reads += [SENSE[:70] + SENSE[74:], SENSE[:76] + SENSE[79:], SENSE[:72] + "GGG" + SENSE[72:]]
    found = states(tmp_path, target, frame, reads)
    assert found[:6] == ["unknown", "unknown", "exact", "unknown", "unknown", "exact"]
    assert found[6] == "unknown"
    assert found[7] == "exact"
    # Three bases at the boundary may belong to either side, unless the alignment puts them elsewhere.
    assert found[8] in ("unknown", "open")


def test_both_strands_make_the_same_protein(tmp_path):
    size = len(SENSE)
    turned = reverse_complement(SENSE)
    frame = coding_frame(SENSE, (CODING,))
    other = coding_frame(turned, ((size - CODING[1], size - CODING[0]),), "-")
    assert (frame.wanted, frame.present) == (other.wanted, other.present)
    reads = [SENSE, SENSE[:70] + SENSE[73:], with_bases(SENSE, {66: "T"})]
    one = states(tmp_path, target_of(SENSE, INSIDE), frame, reads)
    two = states(tmp_path, target_of(turned, INSIDE), other, [reverse_complement(r) for r in reads])
    assert one == two


def test_a_transcript_with_two_exons_on_the_other_strand():
    start = 1000
    exons = ((start + 20, start + 60), (start + 80, start + 140))
    spliced = reverse_complement(SENSE[20:60] + SENSE[80:140])
    part = Transcript("T", "G", "c", "-", exons, start + 20, start + 140, spliced, start_complete=False, phase=1)
    frame = frame_from_transcript(SENSE, part, start)
    assert frame.intervals == ((20, 60), (80, 140))
    assert (frame.strand, frame.phase, frame.splice) == ("-", 1, (60, 80))
    assert frame.wanted == translate(spliced[1:]) == frame.present
    inner = frame_from_transcript(SENSE[30:130], part, start + 30)
    assert inner.intervals == ((0, 30), (50, 100))
    assert inner.wanted in frame.wanted
    with pytest.raises(ValueError, match="no coding base"):
        frame_from_transcript(SENSE, part, 5000)


def test_what_lies_at_the_end_of_a_coding_part_is_not_coding():
    at_end, inside = np.array([[align.INSERTION, 6, 2]]), np.array([[align.INSERTION, 5, 2]])
    assert coding_bases("ACGTACTTGG", at_end, ((0, 6),), "+") == "ACGTAC"
    assert coding_bases("ACGTATTCGG", inside, ((0, 6),), "+") == "ACGTATTC"


def test_a_deletion_that_leaves_the_letters_of_a_splice_site_still_changes_it():
    amplicon = "ATGCAG" + "GTGTCCAG" + "CAGCAG"
    frame = coding_frame(amplicon, ((0, 6), (14, 20)))
    gone = amplicon[:6] + amplicon[8:]
    assert unclear(gone, np.array([[align.DELETION, 6, 2]]), amplicon, frame)
    assert not unclear(amplicon, np.empty((0, 3), np.int32), amplicon, frame)


def test_an_allele_of_another_length_is_put_on_the_first(tmp_path):
    cut = START + 17
    expected = SENSE[: cut + 1] + "GCTGCA" + SENSE[cut + 1 :]
    target = Target("ON", SENSE, (INSIDE,), expected=expected, editor=load_editors()["SpCas9"])
    frame = coding_frame(SENSE, (CODING,), wild_type=expected)
    made = outcomes(counted(tmp_path / "r.fastq", target, [SENSE] * 3 + [expected] * 5), target, frame)
    assert (made.row("exact_protein").reads, made.row("still_mutant").reads) == (5, 3)


@settings(max_examples=60)
@given(st.integers(50, 95), st.integers(0, 7), st.text("ACGT", max_size=5))
def test_states_agree_with_a_naive_translation(tmp_path_factory, place, size, text):
    frame = coding_frame(SENSE, ((0, len(SENSE) // 3 * 3),))
    read = SENSE[:place] + text + SENSE[place + size :]
    (state,) = states(tmp_path_factory.mktemp("r"), target_of(SENSE, INSIDE), frame, [read])
    residues, stop, _ = translate(read[: len(read) - len(SENSE) % 3]).partition("*")
    wanted = frame.wanted.partition("*")[0]
    if "*" in frame.wanted or state is None:
        return
    kept = (len(text) - size) % 3 == 0
    if stop:
        assert state == "stop"
    elif not kept:
        assert state == "frameshift"
    else:
        assert state == ("exact" if residues == wanted else "open")


def test_reads_of_another_allele_are_put_on_the_first(tmp_path):
    cut = START + 17
    expected = changed(SENSE, cut - 5, cut + 1, cut + 4)
    target = Target("ON", SENSE, (INSIDE,), expected=expected, editor=load_editors()["SpCas9"])
    frame = coding_frame(SENSE, (CODING,), wild_type=expected)
    q = counted(tmp_path / "r.fastq", target, [SENSE] * 3 + [expected] * 5)
    made = outcomes(q, target, frame)
    assert made.row("exact_protein").reads == 5
    assert made.row("still_mutant").reads == 3
    assert {a.protein for a in made.alleles} >= {"exact"}


@pytest.mark.parametrize(
    ("intervals", "strand", "phase"),
    [((), "+", 0), (((5, 5),), "+", 0), (((10, 400),), "+", 0), (((9, 20), (20, 30)), "+", 0), (((0, 9),), "*", 0),
     (((0, 9),), "+", 3), (((0, 2),), "+", 0)],
)  # fmt: skip
def test_frames_that_can_not_be_are_refused(intervals, strand, phase):
    with pytest.raises(ValueError, match=r"interval|strand|codon"):
        coding_frame(SENSE, intervals, strand, phase)


def test_a_wild_type_of_another_length_is_read_through_its_alignment():
    wild = SENSE[:66] + "GCA" + SENSE[66:]
    frame = coding_frame(SENSE, (CODING,), wild_type=wild)
    upper, lower, _ = align_pair(wild, SENSE)
    assert lower.count("-") == 3
    assert upper == wild
    assert len(frame.wanted) == len(frame.present) + 1
