"""Places of words against a search by Python's own strings."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from proband.kernels.primer_ends import occurrences, word_filter


def code(word: str) -> int:
    value = 0
    for base in word:
        value = value * 4 + "ACGT".index(base)
    return value


def run(text: str, words: list[str], most: int, room: int):
    size = len(words[0])
    codes = np.array(["ACGT".find(b) if b in "ACGT" else 4 for b in text], np.uint8)
    sought = np.array(sorted({code(w) for w in words}), np.int64)
    counts = np.zeros(len(sought), np.int64)
    which, where = np.empty(room, np.int64), np.empty(room, np.int64)
    n = occurrences(codes, size, sought, word_filter(sought, size), counts, most, which, where)
    return sought, counts, list(zip(which[:n].tolist(), where[:n].tolist(), strict=True))


@given(st.text("ACGTN", max_size=120), st.integers(2, 4), st.data())
def test_equal_to_a_naive_search(text, size, data):
    words = data.draw(st.lists(st.text("ACGT", min_size=size, max_size=size), min_size=1, max_size=6))
    sought, counts, found = run(text, words, 1000, 1000)
    naive = {w: [i for i in range(len(text) - size + 1) if text[i : i + size] == w] for w in words}
    for word, places in naive.items():
        at = int(np.searchsorted(sought, code(word)))
        assert counts[at] == len(places)
        assert [p for w, p in found if w == at] == places


def test_long_words_pass_a_filter_that_holds_only_their_end():
    text = "TTTTT" + "ACGTACGTACGTACG" + "GGACGTACGTACGTACG"
    _, counts, found = run(text, ["ACGTACGTACGTACG", "CCGTACGTACGTACG"], 9, 9)
    assert counts.tolist() == [2, 0]
    assert [p for _, p in found] == [5, 22]


def test_counting_goes_on_where_room_and_limit_end():
    assert run("A" * 50, ["AAA"], 4, 100)[1].tolist() == [48]
    assert len(run("A" * 50, ["AAA"], 4, 100)[2]) == 4
    assert len(run("A" * 50, ["AAA"], 40, 7)[2]) == 7
