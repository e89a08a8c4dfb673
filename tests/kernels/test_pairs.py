"""Merging of pairs against a naive search over all overlaps."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from proband.kernels import pairs
from proband.science.sequence.alphabet import reverse_complement


def raw(text):
    return np.frombuffer(text.encode(), np.uint8)


def naive_place(one, two, least, most):
    best = None
    for place in range(len(one) - least, least - len(two) - 1, -1):
        columns = [(one[i], two[i - place]) for i in range(max(place, 0), min(len(one), place + len(two)))]
        different = sum(a != b and "N" not in (a, b) for a, b in columns)
        if len(columns) >= least and different <= most * len(columns) // 100:
            score = len(columns) - 5 * different
            if best is None or score > best[0]:
                best = (score, place)
    return -(10**6) if best is None else best[1]


@given(st.text("ACN", min_size=1, max_size=25), st.text("ACN", min_size=1, max_size=25), st.integers(2, 8))
def test_place_equals_the_naive_one(one, two, least):
    assert pairs.best_place(raw(one), raw(two), least, 20) == naive_place(one, two, least, 20)


def merged(one, q1, two, q2, least=4, most=10):
    """Merge one pair given as sequenced: read 2 on the other strand."""
    text, text2 = np.concatenate([raw(one), raw(q1)]), np.concatenate([raw(two), raw(q2)])
    n, m = len(one), len(two)
    zero = np.zeros(1, np.int64)
    into, scores = np.empty(n + m, np.uint8), np.empty(n + m, np.uint8)
    to, size = np.empty(1, np.int64), np.empty(1, np.int64)
    pairs.merge(
        text, zero, np.array([n]), np.array([n]), text2, zero, np.array([m]), np.array([m]), 1,
        least, most, into, scores, to, size, np.empty((2, m), np.uint8),
    )  # fmt: skip
    return (into[: size[0]].tobytes().decode(), scores[: size[0]].tobytes().decode()) if size[0] >= 0 else None


FRAGMENT = "ACGTTGCAAGGCTTACCGATGACTTGACCA"


def test_an_overlap_is_joined_and_the_better_quality_kept():
    one, two = FRAGMENT[:20], reverse_complement(FRAGMENT[12:])
    bases, scores = merged(one, "5" * 20, two, "I" * 18)
    assert bases == FRAGMENT
    assert scores == "5" * 12 + "I" * 18


def test_the_better_base_wins_and_equal_ones_are_unknown():
    wrong = FRAGMENT[:15] + "T" + FRAGMENT[16:20]
    two = reverse_complement(FRAGMENT[12:])
    assert merged(wrong, "5" * 20, two, "I" * 18, most=20)[0] == FRAGMENT
    assert merged(wrong, "I" * 20, two, "5" * 18, most=20)[0] == FRAGMENT[:15] + "T" + FRAGMENT[16:]
    bases, scores = merged(wrong, "I" * 20, two, "I" * 18, most=20)
    assert bases == FRAGMENT[:15] + "N" + FRAGMENT[16:]
    assert scores[15] == "#"


def test_a_fragment_shorter_than_the_reads_loses_its_adapters():
    one, two = FRAGMENT[:18] + "AGATCG", reverse_complement("CTCTTC" + FRAGMENT[:18])
    assert merged(one, "I" * 24, two, "I" * 24)[0] == FRAGMENT[:18]


def test_no_overlap_is_told():
    assert merged("ACGTACGTAC", "I" * 10, "TTTTTTTTTT", "I" * 10) is None


def test_names_agree_up_to_the_mate():
    def agree(a, b):
        return pairs.names_agree(raw(a + "\n"), 0, raw(b + "\n"), 0)

    assert agree("@r1 1:N:0", "@r1 2:N:0")
    assert agree("@r1/1", "@r1/2")
    assert not agree("@r1", "@r12")
    assert not agree("@r1", "@r2")


def test_an_adapter_is_cut_where_it_begins():
    text = raw("ACGTACGTAGATCGGAAGACGTACGTACAGATC")
    at, length = np.array([0, 18]), np.array([18, 15])
    pairs.trim(text, at, length, 2, raw("AGATCGGAAG"), 5, 10)
    assert length.tolist() == [8, 10]
