"""Every alignment equals that of the naive full matrix: score, places of gaps, ties; on bands and on short cuts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_alignment import align as naive
from naive_alignment import letter_score

from proband.kernels import align, assign, shortcuts
from proband.science.amplicon.alignment import align_pair, encoded, losses, with_gaps

ALPHABETS = st.sampled_from(["ACGT", "ACGT", "ACGTN", "AC", "AAAC", "A"])


@st.composite
def pairs(draw, longest=28):
    """An amplicon, a read made from it by a few edits (or unrelated), and up to two cuts."""
    letters = draw(ALPHABETS)
    text = st.text(letters, min_size=1, max_size=longest)
    amplicon = draw(st.text(letters, min_size=2, max_size=longest))
    read = amplicon
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(read)))
        kind = draw(st.sampled_from("sdi"))
        size = draw(st.integers(1, 8))
        more = draw(st.text(letters, min_size=size, max_size=size))
        read = read[:at] + {"s": more[:1], "d": "", "i": more}[kind] + read[at + {"s": 1, "d": size, "i": 0}[kind] :]
    read = read or draw(text)
    if draw(st.integers(0, 9)) == 0:
        read = draw(text)
    cuts = draw(st.lists(st.integers(1, len(amplicon) - 1), max_size=2))
    return read, amplicon, cuts


def full_band(read, amplicon, cuts):
    a, b = encoded(read), encoded(amplicon)
    n, m = len(a), len(b)
    incentive = np.isin(np.arange(m + 1), cuts).astype(np.int32)
    profile = np.ascontiguousarray(align.letter_scores()[:, b])
    trace = np.empty((n + 1) * (n + m + 3), np.uint8)
    end = align.fill(a, profile, incentive, -n, m, np.empty((5, n + m + 4), np.int32), trace)
    runs = np.empty((n + m, 3), np.int32)
    gaps, _, _ = align.walk_back(a, b, -n, m, end & 3, trace, runs)
    return *with_gaps(read, amplicon, runs[:gaps]), end >> 2


@settings(max_examples=1200)
@given(pairs())
def test_full_matrix_and_chosen_way_equal_the_naive_one(made):
    read, amplicon, cuts = made
    wanted = naive(read, amplicon, cuts)
    assert full_band(read, amplicon, cuts) == wanted
    assert align_pair(read, amplicon, cuts) == wanted


def edited(rng, size, alphabet="ACGT"):
    """A longer pair with few edits, as reads are: most of them are settled without a matrix."""
    amplicon = "".join(rng.choice(list(alphabet), size))
    read = amplicon
    for _ in range(rng.integers(0, 3)):
        at, length = int(rng.integers(0, len(read))), int(rng.integers(1, 9))
        if rng.random() < 0.5:
            read = read[:at] + read[at + length :]
        else:
            read = read[:at] + "".join(rng.choice(list(alphabet), length)) + read[at:]
    for _ in range(rng.integers(0, 4)):
        at = int(rng.integers(0, len(read)))
        read = read[:at] + str(rng.choice(list(alphabet + "N"))) + read[at + 1 :]
    return read, amplicon, sorted({int(c) for c in rng.integers(1, size, rng.integers(0, 3))})


@pytest.mark.parametrize(("alphabet", "count", "seed"), [("ACGT", 350, 1), ("AC", 120, 2), ("AAAC", 120, 3)])
def test_reads_of_usual_kind_equal_the_naive_one(alphabet, count, seed):
    rng = np.random.default_rng(seed)
    ways = {"ungapped": 0, "one gap": 0, "matrix": 0}
    for _ in range(count):
        read, amplicon, cuts = edited(rng, int(rng.integers(40, 70)), alphabet)
        assert align_pair(read, amplicon, cuts) == naive(read, amplicon, cuts), (read, amplicon, cuts)
        ways[way(read, amplicon, cuts)] += 1
    if alphabet == "ACGT":
        assert min(ways.values()) > 20


@pytest.mark.parametrize("apart", [3, 5, 8, 12])
@pytest.mark.parametrize("seed", range(4))
def test_two_gaps_near_each_other_are_not_taken_for_one(apart, seed):
    """Where two gaps are better than one with differences between them; the read is long, so that its ends are sure."""
    rng = np.random.default_rng(seed)
    amplicon = "".join(rng.choice(list("ACGT"), 150))
    first, second = (int(x) for x in rng.integers(1, 7, 2))
    at = 70
    read = amplicon[:at] + amplicon[at + first : at + first + apart] + amplicon[at + first + apart + second :]
    assert align_pair(read, amplicon, [at]) == naive(read, amplicon, [at])
    read = amplicon[:at] + "ACGTTG"[:first] + amplicon[at : at + apart] + "TGACCA"[:second] + amplicon[at + apart :]
    assert align_pair(read, amplicon, [at]) == naive(read, amplicon, [at])


def way(read, amplicon, cuts):
    a, b = encoded(read), encoded(amplicon)
    if shortcuts.ungapped_is_optimal(a, b, losses()) >= 0:
        return "ungapped"
    incentive = np.isin(np.arange(len(b) + 1), cuts).astype(np.int32)
    loss, _ = shortcuts.one_gap_is_optimal(a, b, losses(), incentive, np.empty(3, np.int32))
    return "one gap" if loss >= 0 else "matrix"


@given(pairs(longest=16), st.integers(0, 400))
def test_no_path_with_a_loss_leaves_its_band(made, extra):
    """The bound behind the band: each diagonal's cheapest path loses at least what the band allows it."""
    read, amplicon, cuts = made
    upper, lower, score = naive(read, amplicon, cuts)
    n, m = len(read), len(amplicon)
    loss = 5 * (n + m) - 2 * score
    low, high = align.proven_band(loss + extra, n, m)
    i = j = 0
    for a, b in zip(upper, lower, strict=True):
        i, j = i + (a != "-"), j + (b != "-")
        assert low <= j - i <= high


def test_letter_scores_are_those_of_the_naive_rule():
    letters = "ACGTN"
    table = align.letter_scores()
    assert all(table[i, j] == letter_score(a, b) for i, a in enumerate(letters) for j, b in enumerate(letters))


def test_incentive_moves_a_gap_to_the_cut():
    amplicon = "ACGTACGTAAAAAAGTCATGCATG"
    read = amplicon.replace("AAAAAA", "AAAA")
    assert align_pair(read, amplicon, [10])[0] == "ACGTACGTAA--AAGTCATGCATG"
    assert align_pair(read, amplicon, [12])[0] == "ACGTACGTAAAA--GTCATGCATG"


@given(st.integers(0, 400), st.integers(1, 400))
def test_thousandths_round_as_python_does(equal, more):
    columns = equal + more
    assert assign.thousandths(equal, columns) == round(round(100 * equal / columns, 3) * 1000)
