"""The best amplicon and strand of each read: equal to aligning everything, whatever the bounds let out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from naive_alignment import align as naive

from proband.kernels import assign
from proband.science.amplicon.alignment import align_reads, encoded, pack, with_gaps
from proband.science.amplicon.amplicon import Amplicon
from proband.science.sequence.alphabet import reverse_complement


def homology(upper, lower):
    return round(100 * sum(a == b for a, b in zip(upper, lower, strict=True)) / len(upper), 3)


def best(read, amplicon):
    made = [naive(r, amplicon.sequence, amplicon.cuts) for r in (read, reverse_complement(read))]
    found = [homology(u, v) for u, v, _ in made]
    strand = int(found[1] > found[0])
    return found[strand], made[strand], strand


def expected(read, amplicons):
    """Status, amplicon and rows of a read by aligning it to everything."""
    hits = [(a, *best(read, a)) for a in amplicons]
    hits = [h for h in hits if h[1] > h[0].least_identity]
    if not hits:
        return "unaligned", None, None
    top = max(h[2][2] for h in hits)
    if len({h[0].locus for h in hits if h[2][2] == top}) > 1:
        return "ambiguous", None, None
    locus = next(h[0].locus for h in hits if h[2][2] == top)
    near = [h for h in hits if h[0].locus == locus]
    near = [h for h in near if h[1] == max(x[1] for x in near)]
    if len(near) > 1:
        return "ambiguous", None, None
    return "assigned", near[0][0].name, near[0][2][:2]


def got(reads, amplicons, threads=1):
    codes = [encoded(r) for r in reads]
    sizes = np.array([len(c) for c in codes], np.int32)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    aligned = align_reads(np.concatenate(codes), starts, sizes, pack(amplicons), threads)
    made = []
    for n, read in enumerate(reads):
        row = dict(zip(assign.FIELDS, aligned.lines[n].tolist(), strict=True))
        if row["status"] != assign.ASSIGNED:
            made.append(("unaligned" if row["status"] == assign.UNALIGNED else "ambiguous", None, None))
            continue
        a = amplicons[row["amplicon"]]
        turned = reverse_complement(read) if row["reverse"] else read
        gaps = aligned.gap_list[aligned.gap_at[n] : aligned.gap_at[n] + row["gaps"]]
        made.append(("assigned", a.name, with_gaps(turned, a.sequence, gaps)))
    return made


def mutated(rng, sequence, share):
    letters = [str(rng.choice(list("ACGT"))) if rng.random() < share else b for b in sequence]
    if rng.random() < 0.6:
        at, size = int(rng.integers(0, len(letters))), int(rng.integers(1, 8))
        letters[at : at + size] = [] if rng.random() < 0.5 else list(rng.choice(list("ACGT"), size))
    return "".join(letters)


@pytest.mark.parametrize("seed", range(4))
def test_equal_to_aligning_everything(seed):
    rng = np.random.default_rng(seed)
    base = "".join(rng.choice(list("ACGT"), 40))
    other = "".join(rng.choice(list("ACGT"), 36))
    amplicons = [
        Amplicon("a1", base, "a", (18,), least_identity=50.0),
        Amplicon("a2", base[:17] + "GATTACA" + base[20:], "a", (18,), least_identity=60.0),
        Amplicon("b", other, "b", (15,), least_identity=45.0),
        Amplicon("c", base[:20] + other[18:], "c", (20,), least_identity=60.0),
    ]
    reads = []
    for _ in range(45):
        made = mutated(rng, str(rng.choice([a.sequence for a in amplicons])), rng.choice([0.0, 0.05, 0.3]))
        reads.append(reverse_complement(made) if rng.random() < 0.4 else made)
    reads += ["".join(rng.choice(list("ACGT"), rng.integers(5, 60))) for _ in range(10)] + ["N" * 40, "A"]
    assert got(reads, amplicons) == [expected(r, amplicons) for r in reads]


def test_threads_change_nothing(monkeypatch):
    monkeypatch.setattr("proband.science.amplicon.alignment.CHUNK", 7)
    rng = np.random.default_rng(9)
    base = "".join(rng.choice(list("ACGT"), 60))
    amplicons = [Amplicon("a", base, "a", (30,))]
    reads = [mutated(rng, base, 0.03) for _ in range(60)]
    wanted = [expected(r, amplicons) for r in reads]
    assert got(reads, amplicons, 1) == wanted
    assert got(reads, amplicons, 3) == wanted


def lcs(a, b):
    row = [0] * (len(b) + 1)
    for x in a:
        before = row[:]
        for j, y in enumerate(b):
            row[j + 1] = before[j] + 1 if x == y else max(row[j], before[j + 1])
    return row[-1]


@given(st.text("ACGT", min_size=1, max_size=20), st.text("ACGT", min_size=1, max_size=20))
def test_longest_common_subsequence_equals_the_naive_one_and_bounds_equal_columns(a, b):
    found = assign.longest_common_subsequence(encoded(a), encoded(b))
    assert found == lcs(a, b)
    upper, lower, _ = naive(a, b)
    assert sum(x == y for x, y in zip(upper, lower, strict=True)) <= found


def scaffold_case(strand):
    rng = np.random.default_rng(5)
    sequence = "".join(rng.choice(list("ACGT"), 60))
    edited = sequence[:30] + "TTT" + sequence[30:]
    tail, end = "GCA", 33
    read = edited[:end] + tail + edited[end:]
    if strand == "-":
        reverse = reverse_complement
        sequence, edited, read, tail, end = reverse(sequence), reverse(edited), reverse(read), reverse(tail), 63 - end
    side = {"behind": end} if strand == "+" else {"ahead": end}
    parent = Amplicon("edited", edited, "a", (end,))
    child = Amplicon("scaffold", edited, "a", (end,), parent="edited", tail=tail, **side)
    return [Amplicon("reference", sequence, "a", (30,)), parent, child], edited, read


@pytest.mark.parametrize("strand", "+-")
def test_reads_that_go_on_into_the_scaffold_are_set_apart(strand):
    amplicons, edited, read = scaffold_case(strand)
    assert [name for _, name, _ in got([edited, read, amplicons[0].sequence], amplicons)] == [
        "edited", "scaffold", "reference",
    ]  # fmt: skip


def test_of_two_equal_strands_the_forward_one_is_taken():
    half = "".join(np.random.default_rng(3).choice(list("ACGT"), 25))
    amplicon = Amplicon("a", half + reverse_complement(half), "a")
    codes = encoded(amplicon.sequence)
    aligned = align_reads(codes, np.zeros(1, np.int64), np.array([50], np.int32), pack([amplicon]))
    assert aligned.field("reverse").tolist() == [0]
