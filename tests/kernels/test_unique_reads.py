"""FASTQ scanning and the table of unique reads, against Python's own splitting and counting."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from proband.kernels import unique_reads as kernel
from proband.science.amplicon import fastq


def scanned(text, final=True):
    raw = np.frombuffer(text.ljust(-(-len(text) // 8) * 8, b"\0"), np.uint8)
    at, length, quality = (np.empty(100, np.int64) for _ in range(3))
    n, used, fault = kernel.scan(raw, raw.view(np.uint64), len(text), final, at, length, quality)
    bases = [text[at[r] : at[r] + length[r]] for r in range(n)]
    scores = [text[quality[r] : quality[r] + length[r]] for r in range(n)]
    return bases, scores, used, fault


record = st.tuples(
    st.text("abc XYZ:/1", max_size=12),
    st.text("ACGTN", max_size=20).map(lambda s: (s, "@+I#5"[len(s) % 5] * len(s))),
    st.sampled_from(["\n", "\r\n"]),
)


@given(st.lists(record, max_size=8), st.booleans())
def test_records_are_those_that_were_written(records, last_line_feed):
    text = "".join(f"@{name}{end}{b}{end}+{end}{q}{end}" for name, (b, q), end in records)
    if not last_line_feed and records and records[-1][1][0]:
        text = text.rstrip("\r\n")
    bases, scores, _, fault = scanned(text.encode())
    assert fault == 0
    assert bases == [b.encode() for _, (b, _), _ in records]
    assert scores == [q.encode() for _, (_, q), _ in records]


@given(st.lists(st.text("ACGT", min_size=1, max_size=12), min_size=1, max_size=6), st.integers(0, 200))
def test_a_cut_at_any_byte_leaves_the_rest_for_the_next_call(sequences, cut):
    text = "".join(f"@r{i}\n{s}\n+\n{'I' * len(s)}\n" for i, s in enumerate(sequences)).encode()
    cut = min(cut, len(text))
    bases, _, used, fault = scanned(text[:cut], final=False)
    rest, _, _, _ = scanned(text[used:])
    assert fault == 0
    assert bases + rest == [s.encode() for s in sequences]


def test_faults_are_told_apart():
    assert scanned(b">r\nAC\n+\nII\n")[3] == kernel.NO_AT
    assert scanned(b"@r\nAC\n-\nII\n")[3] == kernel.NO_PLUS
    assert scanned(b"@r\nAC\n+\nIIII\n")[3] == kernel.UNEQUAL


@given(st.binary(max_size=64), st.integers(0, 64))
def test_line_end_finds_what_python_finds(text, start):
    raw = np.frombuffer(text.ljust(-(-len(text) // 8) * 8, b"\n"), np.uint8)
    start = min(start, len(text))
    assert kernel.line_end(raw, raw.view(np.uint64), start, len(text)) == text.find(b"\n", start)


def table(sequences, weights=None):
    counter = fastq.Counter()
    text = np.frombuffer("".join(sequences).encode() or b"\0", np.uint8)
    length = np.array([len(s) for s in sequences], np.int64)
    at = np.cumsum(length) - length
    keep = np.ones(len(sequences), np.bool_)
    counter.add(text, at, length, keep, len(sequences), *([] if weights is None else [weights]))
    made = counter.table(None, 0, {}, ())
    letters = [b"ACGTN"[c : c + 1].decode() for c in made.arena]
    return {
        "".join(letters[s : s + n]): int(c) for s, n, c in zip(made.starts, made.sizes, made.counts, strict=True)
    }, counter  # fmt: skip


@given(st.lists(st.text("ACGTN", max_size=6), max_size=200))
def test_counts_and_order_are_pythons(sequences):
    found, _ = table(sequences)
    assert found == Counter(sequences)
    assert list(found) == list(Counter(sequences))


def test_equal_hashes_are_settled_by_the_bases(monkeypatch):
    monkeypatch.setattr(kernel, "multipliers", lambda size: np.zeros(size, np.uint64))
    sequences = ["ACGT", "TGCA", "ACGT", "GGGG"]
    assert table(sequences)[0] == Counter(sequences)


def test_a_growing_table_keeps_everything():
    counter = fastq.Counter()
    counter.slots, counter.arena = np.full(4, -1, np.int32), np.empty(3, np.uint8)
    for name in ("hashes", "sizes", "starts", "counts", "origin"):
        setattr(counter, name, getattr(counter, name)[:2].copy())
    sequences = [f"{'ACGT'[i % 4]}{'ACGT'[i // 4 % 4]}{'ACGT'[i // 16 % 4]}" for i in range(64)] * 2
    text = np.frombuffer("".join(sequences).encode(), np.uint8)
    counter.add(text, np.arange(128) * 3, np.full(128, 3, np.int64), np.ones(128, np.bool_), 128)
    assert counter.state[0] == 64
    assert counter.counts[:64].tolist() == [2] * 64


def test_letters_that_are_written_in_two_ways_are_one_read():
    assert table(["acgu", "ACGT", "AC.T", "ACNT", "ACRT"])[0] == {"ACGT": 2, "ACNT": 3}
