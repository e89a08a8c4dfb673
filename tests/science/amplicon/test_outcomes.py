"""Outcomes by class of editor: known truth, naive counts, the unknown as bounds, and refusals."""

import gzip
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from amplicon_cases import AMPLICON, SPACER, START, changed, counted, with_bases
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.science.amplicon.amplicon import Amplicon
from proband.science.amplicon.events import Event
from proband.science.amplicon.locus_events import changes_between, locus_events, repeat_length
from proband.science.amplicon.locus_reads import LETTERS, bases_at, locus_reads
from proband.science.amplicon.outcome_tables import OutcomeRow, Unknown, table
from proband.science.amplicon.outcomes import amplicons_for, outcomes
from proband.science.amplicon.outputs import left_bases
from proband.science.amplicon.prime import PrimeEdit
from proband.science.amplicon.quantify import Settings, quantify
from proband.science.amplicon.targets import Target
from proband.science.design.editors import load_editors
from proband.science.sequence.alphabet import reverse_complement
from proband.science.stats.proportions import clopper_pearson

EDITORS = load_editors()
CUT = START + 17
MODES = Path(__file__).resolve().parents[4] / "shared" / "reference" / "editing" / "synthetic_modes"


def base_target(expected=""):
    return Target("ON", AMPLICON, (SPACER,), expected=expected, editor=EDITORS["ABE8e/SpCas9"])


def converted(*positions):
    return with_bases(AMPLICON, {START + p - 1: "G" for p in positions})


def reads_by(rows):
    return {(r.outcome, r.item): r.reads for r in rows}


BASE_READS = (
    [AMPLICON] * 50
    + [converted(6)] * 30
    + [converted(4, 6)] * 10
    + [converted(4)] * 4
    + [with_bases(converted(6), {START + 6: "A"})] * 3  # the edit and a wrong conversion, C7>A
    + [with_bases(converted(6), {START + 24: "C" if AMPLICON[START + 24] != "C" else "A"})] * 2  # one beside the spacer
    + [converted(6)[: CUT - 2] + converted(6)[CUT + 2 :]] * 5  # the edit and a deletion
    + [with_bases(AMPLICON, {START + 5: "N"})] * 6  # the target not read
)


def test_base_editing_counts_by_hand(tmp_path):
    made = outcomes(counted(tmp_path / "r.fastq", base_target(converted(6)), BASE_READS), base_target(converted(6)))
    assert made.editor_class == "base"
    edit, alone = made.row("intended_edit", "A6"), made.row("only_intended_edit", "A6")
    assert (edit.reads, edit.of, edit.undetermined) == (50, 104, 6)
    assert (alone.reads, alone.of, alone.undetermined) == (30, 104, 6)
    found = reads_by(made.rows)
    assert found["any_conversion", ""] == 54
    assert (found["conversion", "A4"], found["conversion", "A6"], found["conversion", "A8"]) == (14, 50, 0)
    assert found["combination", "A6"] == 35
    assert found["combination", "A4+A6"] == 10
    assert found["combination", "none"] == 50
    assert sum(n for (o, _), n in found.items() if o == "combination") + found["indel", ""] == 104
    assert found["wrong_conversion", "C7>A"] == found["wrong_conversion", ""] == 3
    assert made.row("conversion", "A4").of == 110
    assert made.row("wrong_conversion").of == 104
    assert edit.interval == clopper_pearson(50, 104)
    assert edit.bounds == (50 / 110, 56 / 110)


def test_a_read_that_leaves_a_base_open_is_in_no_count_that_needs_it(tmp_path):
    open_read = with_bases(converted(4), {START + 5: "N"})
    made = outcomes(counted(tmp_path / "r.fastq", base_target(), [AMPLICON] * 9 + [open_read]), base_target())
    row = made.row("any_conversion")
    assert (row.reads, row.of, row.undetermined) == (0, 9, 1)
    assert row.bounds == (0, 0.1)
    assert made.row("conversion", "A4").reads == 1


def test_the_other_strand_says_the_same(tmp_path):
    turned = replace(base_target(), sequence=reverse_complement(AMPLICON), expected=reverse_complement(converted(6)))
    one = outcomes(counted(tmp_path / "a.fastq", base_target(converted(6)), BASE_READS), base_target(converted(6)))
    other = outcomes(counted(tmp_path / "b.fastq", turned, BASE_READS), turned)
    assert reads_by(one.rows) == reads_by(other.rows)


def test_an_expected_amplicon_changes_no_count_of_a_base_edit(tmp_path):
    from proband.science.amplicon.targets import amplicons_of

    target = base_target(converted(6))
    both = quantify(
        [counted_path(tmp_path)], amplicons_of([target]), Settings()
    )  # reads are dealt to two alleles, of which one holds the edit
    assert len(both.amplicons) == 2
    alone = outcomes(counted(tmp_path / "r.fastq", target, BASE_READS[:-6]), target)
    assert reads_by(outcomes(both, target).rows) == reads_by(alone.rows)


def counted_path(tmp_path):
    from amplicon_cases import write_fastq

    return write_fastq(tmp_path / "two.fastq", BASE_READS[:-6])


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        (AMPLICON[:-1], "length"),
        (with_bases(AMPLICON, {START + 6: "T"}), "not made by A>G"),
        (with_bases(AMPLICON, {10: "A" if AMPLICON[10] != "A" else "C"}), "outside of the protospacer"),
    ],
)
def test_an_allele_that_the_editor_does_not_make_is_refused(tmp_path, expected, said):
    with pytest.raises(ValueError, match=said):
        outcomes(counted(tmp_path / "r.fastq", base_target(expected), [AMPLICON]), base_target(expected))


def test_nuclease_counts_by_hand(tmp_path):
    target = Target("ON", AMPLICON, (SPACER,), editor=EDITORS["SpCas9"])
    inserted = AMPLICON[:CUT] + "GGTA" + AMPLICON[CUT:]
    reads = [AMPLICON] * 60 + [inserted] * 10 + [AMPLICON[: CUT - 3] + AMPLICON[CUT + 2 :]] * 20
    reads += [AMPLICON[: CUT - 12] + AMPLICON[CUT + 10 :]] * 5 + [with_bases(AMPLICON, {CUT: "T"})] * 5
    assert AMPLICON[CUT] != "T"
    made = outcomes(counted(tmp_path / "r.fastq", target, reads), target)
    found = reads_by(made.rows)
    assert (found["unmodified", ""], found["indel", ""], found["substitution_only", ""]) == (60, 35, 5)
    assert (found["insertion", ""], found["deletion", ""], found["larger_deletion", ""]) == (10, 25, 5)
    assert (found["indel_size", "+4"], found["indel_size", "-5"], found["indel_size", "-22"]) == (10, 20, 5)
    assert sum(n for (o, _), n in found.items() if o == "microhomology") == 25
    assert made.alleles[0].reads == 60
    assert made.alleles[1].shown.startswith("del")


def test_reads_with_two_deletions_have_no_direct_repeat_of_one(tmp_path):
    target = Target("ON", AMPLICON, (SPACER,), editor=EDITORS["SpCas9"])
    twice = AMPLICON[: CUT - 8] + AMPLICON[CUT - 5 : CUT + 3] + AMPLICON[CUT + 6 :]
    made = outcomes(counted(tmp_path / "r.fastq", target, [twice] * 4), target)
    assert made.row("deletion").reads == 4
    assert not [r for r in made.rows if r.outcome == "microhomology"]


@pytest.mark.parametrize(
    ("sequence", "start", "length", "repeat"),
    [("TTACGGGACGTT", 2, 5, 3), ("GGATATATCC", 2, 2, 2), ("ACGTTCAA", 2, 3, 0), ("AAAAACG", 0, 1, 1)],
)
def test_the_direct_repeat_of_a_deletion(sequence, start, length, repeat):
    assert repeat_length(sequence, start, length) == repeat


def donor_target():
    expected = changed(AMPLICON, CUT - 4, CUT + 3, CUT + 6)
    return Target("ON", AMPLICON, (SPACER,), expected=expected, editor=EDITORS["SpCas9"]), expected


def test_donor_classes_by_hand(tmp_path):
    target, expected = donor_target()
    partial = changed(AMPLICON, CUT - 4)
    joined = AMPLICON[: CUT - 1] + AMPLICON[CUT + 1 :]
    reads = [AMPLICON] * 40 + [expected] * 30 + [partial] * 7 + [joined] * 20
    reads += [expected[: CUT + 1] + "AAAA" + expected[CUT + 1 :]] * 3
    q = counted(tmp_path / "r.fastq", target, reads)
    made = outcomes(q, target)
    found = reads_by(made.rows)
    assert (found["unmodified", ""], found["intended_edit", ""], found["partial_edit", ""]) == (40, 30, 7)
    assert (found["end_joining", ""], found["intended_with_indel", ""]) == (20, 3)
    exclusive = [r for r in made.rows if r.outcome != "indel_near"]
    assert sum(r.reads for r in exclusive) == 100
    assert found["indel_near", SPACER] == 23


def test_ambiguous_reads_are_bounds(tmp_path):
    target, expected = donor_target()
    unclear = AMPLICON[: CUT - 8] + AMPLICON[CUT + 10 :]  # lacks all that tells the alleles apart
    q = counted(tmp_path / "r.fastq", target, [AMPLICON] * 60 + [expected] * 30 + [unclear] * 10)
    assert q.ambiguous == 10
    row = outcomes(q, target).row("intended_edit")
    assert (row.reads, row.of) == (30, 90)
    assert row.bounds == (0.3, 0.4)
    assert row.bounds_unaligned == row.bounds


def test_unaligned_reads_are_bounds_of_a_file_with_one_locus():
    row = OutcomeRow("base", "x", "", 10, 80, 5, Unknown(5, 10), "")
    assert row.bounds == (10 / 90, 20 / 90)
    assert row.bounds_unaligned == (0.1, 0.3)
    pooled = replace(row, unknown=Unknown(5, None))
    assert pooled.bounds_unaligned is None
    none = OutcomeRow("base", "x", "", 0, 0, 0, Unknown(), "")
    assert (none.fraction, none.interval, none.bounds) == (None, None, None)


def test_a_row_that_is_not_there_has_no_answer(tmp_path):
    made = outcomes(counted(tmp_path / "r.fastq", base_target(), [AMPLICON]), base_target())
    with pytest.raises(KeyError):
        made.row("intended_edit", "A6")
    assert any("no coding frame" in text for text in made.missing)
    assert table([({"sample": "s"}, made)]).height == len(made.rows)


bases = st.text("ACGT", min_size=1, max_size=4)
edits = st.lists(st.tuples(st.sampled_from("SDI"), st.integers(18, 118), st.integers(1, 9), bases), max_size=3)


@settings(max_examples=40)
@given(st.lists(edits, min_size=1, max_size=6))
def test_bases_and_events_equal_those_of_the_written_alignment(tmp_path_factory, plans):
    reads = []
    for plan in plans:
        read = AMPLICON
        for kind, place, size, text in plan:
            cut = read[place:] if kind != "D" else read[place + size :]
            read = read[:place] + ("" if kind == "D" else text) + (cut[len(text) :] if kind == "S" else cut)
        reads.append(read)
    target = Target("ON", AMPLICON, (SPACER,), editor=EDITORS["SpCas9"])
    q = counted(tmp_path_factory.mktemp("r") / "r.fastq", target, reads)
    found = locus_reads(q, "ON")
    positions = range(len(AMPLICON))
    codes = bases_at(q, found.rows, positions)
    naive = []
    for r in found.rows:
        allele = q.allele(int(r))
        naive.append([u for u, low in zip(allele.aligned_read, allele.aligned_amplicon, strict=True) if low != "-"])
    assert [[LETTERS[c] for c in row] for row in codes] == naive
    events = locus_events(found)
    sets = events.alleles(len(found.rows))
    for r, numbers in zip(found.rows, sets, strict=True):
        counted_events: list[Event] = [e for e in q.allele(int(r)).events if e.counted]
        shown = Counter(
            (e.kind, e.left, e.end - e.start or len(e.bases), e.bases and left_bases(e.bases, e.start - e.left))
            for e in counted_events
        )
        signatures = [events.signatures[i] for i in numbers]
        assert Counter((s.kind, s.start, s.length, s.bases) for s in signatures) == shown


@settings(max_examples=60)
@given(st.integers(20, 60), st.integers(0, 8), bases)
def test_changes_of_an_allele_make_it(place, size, text):
    other = AMPLICON[:place] + text + AMPLICON[place + size :]
    made = AMPLICON
    found = changes_between(0, Amplicon("a", AMPLICON), other, ())
    for s in sorted(found, key=lambda s: -s.start):
        gone = s.length if s.kind == "deletion" else int(s.kind == "substitution")
        made = made[: s.start] + s.bases + made[s.start + gone :]
    assert len(made) == len(other)
    # Two changes side by side are moved left independently, so that only one alone, or substitutions, make the allele.
    if len(found) <= 1 or all(s.kind == "substitution" for s in found):
        assert made == other


def reference_mode(name, target):
    if not MODES.is_dir():
        pytest.skip("the synthetic reference cases are not here")
    return outcomes(quantify([MODES / f"{name}.fastq.gz"], amplicons_for(target), Settings()), target)


def truth():
    if not MODES.is_dir():
        pytest.skip("the synthetic reference cases are not here")
    return json.loads(gzip.decompress((MODES / "truth.json.gz").read_bytes()))


def test_synthetic_nuclease_reads_to_the_read():
    t = truth()
    made = reference_mode("nuclease", Target("x", t["amp"], (t["guide"],), editor=EDITORS["SpCas9"]))
    assert made.row("deletion").reads == t["truth"]["nuclease"]["del"]
    assert made.row("insertion").reads == t["truth"]["nuclease"]["ins"]


def test_synthetic_base_edits_as_published_tools_count_them():
    """Reads with G (or T) at each position: the counts in the design note of the reference cases."""
    t = truth()
    abe = reference_mode("abe", Target("x", t["amp"], (t["guide"],), editor=EDITORS["ABE8e/SpCas9"]))
    assert [abe.row("conversion", p).reads for p in ("A4", "A6", "A8")] == [1211, 2798, 355]
    assert abe.row("indel").reads == t["truth"]["abe"]["indel"]
    cbe = reference_mode("cbe", Target("x", t["amp"], (t["guide"],), editor=EDITORS["BE4max/SpCas9"]))
    assert [cbe.row("conversion", p).reads for p in ("C3", "C7")] == [507, 2294]
    assert cbe.row("indel").reads == t["truth"]["cbe"]["indel"]


def test_synthetic_prime_and_donor_reads_within_their_errors():
    t = truth()
    edit = PrimeEdit(t["guide"], t["ext"], t["scaffold"], t["nicking_guide"])
    prime = reference_mode("prime", Target("x", t["amp"], prime=edit, editor=EDITORS["PE3/SpCas9"]))
    held, true = reads_by(prime.rows), t["truth"]["prime"]
    assert abs(held["intended_edit", ""] + held["intended_with_substitution", ""] - true["pe"]) <= 15
    assert abs(held["scaffold", ""] - true["scaffold"]) <= 2
    assert abs(held["unmodified", ""] + held["substitution_only", ""] - true["unmod"]) <= 15
    donor = reference_mode("hdr", Target("x", t["amp"], (t["guide"],), expected=t["hdr"], editor=EDITORS["SpCas9"]))
    true = t["truth"]["hdr"]
    row = donor.row("intended_edit")
    assert row.reads <= true["hdr"] <= row.reads + donor.row("intended_with_substitution").reads + 5
    joined = donor.row("end_joining")
    assert joined.bounds[0] <= true["nhej"] / 5000 <= joined.bounds[1] + 0.002
    assert np.isclose(row.bounds[1] * 5000, row.reads + 41)
