"""Kernels of UMI families against naive ones."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.kernels import families, unique_reads

CODES = unique_reads.letter_codes()
LETTERS = np.frombuffer(b"ACGTN", np.uint8)


def raw(text):
    return np.frombuffer(text.encode(), np.uint8).copy()


def number(umi):
    return int("1" + "".join(f"{'ACGT'.index(b):02b}" for b in umi), 2)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("@r:1:ACGTA", number("ACGTA")),
        ("@r:1_ACGTA 1:N:0:ATCC", number("ACGTA")),
        ("@r:1:ACGT+TTGA/1", number("ACGTTTGA")),
        ("@r:1:acgt-ttga", number("ACGTTTGA")),
        ("@r:1:ACGTA\tXX:Z:q\tRX:Z:GGTT-AACC\tZZ:i:3", number("GGTTAACC")),
        ("@r:1:7 RX:Z:GGTTA", number("GGTTA")),
        ("@r:1:ACNTA", families.UNREAD),
        ("@r:1:ACG", families.NO_UMI),
        ("@r:1:1234", families.NO_UMI),
        ("@ACGTA", families.NO_UMI),
        ("@r:" + "A" * 31, number("A" * 31)),
        ("@r:" + "A" * 32, families.NO_UMI),
        ("@r:ACGTA:", families.NO_UMI),
    ],
)
def test_identifiers_of_names(name, key):
    text = raw(f"@x\nA\n+\nI\n{name}\nACGT\n+\nIIII\n")
    at = np.array([3, len(f"@x\nA\n+\nI\n{name}\n")])
    heads, keys = np.empty(2, np.int64), np.empty(2, np.int64)
    families.name_starts(text, at, 2, heads)
    assert heads.tolist() == [0, 9]
    families.header_keys(text, heads, at, 2, CODES, keys)
    assert keys[1] == key


def test_identifiers_in_front_of_reads_are_cut_off():
    text = raw("ACGTACGTGGACNTGG")
    at, length = np.array([0, 4, 10, 0]), np.array([4, 6, 6, 3])
    quality, keys = at + 100, np.empty(4, np.int64)
    families.prefix_keys(text, at, length, quality, 4, 4, CODES, keys)
    assert keys.tolist() == [families.UNREAD, number("ACGT"), families.UNREAD, families.UNREAD]
    assert length.tolist() == [0, 2, 2, 0]
    assert (at[1], quality[1]) == (8, 108)


@given(st.lists(st.text("ACGTN", max_size=40), min_size=1, max_size=6), st.integers(0, 5))
def test_the_place_of_a_read(reads, seed):
    rng = np.random.default_rng(seed)
    genome = "".join(rng.choice(list("ACGT"), 60))
    reads = [r + genome[n * 7 :] for n, r in enumerate(reads)]
    words = np.full(4**families.WORD, -1, np.int32)
    owner = {}
    for i in range(len(genome) - families.WORD + 1):
        word = genome[i : i + families.WORD]
        owner[word] = words[number(word) - 4**families.WORD] = int(rng.integers(-1, 3))
    wanted = []
    for read in reads:
        votes = Counter(owner.get(read[i : i + families.WORD], -1) for i in range(len(read) - families.WORD + 1))
        votes.pop(-1, None)
        top = [p for p, n in votes.items() if n == max(votes.values())]
        wanted.append(top[0] if len(top) == 1 else -1)
    length = np.array([len(r) for r in reads])
    at, into = np.cumsum(length) - length, np.empty(len(reads), np.int64)
    families.place(raw("".join(reads)), at, length, np.ones(len(reads), bool), len(reads), CODES, words, into)
    assert into.tolist() == wanted


def naive_join(counts):
    """Smith et al. 2017: from the most frequent identifier on, follow edges n_a >= 2 n_b - 1 of one difference."""
    parent = {}
    for top in sorted(counts, key=lambda u: (-counts[u], number(u))):
        if top in parent:
            continue
        parent[top], queue = top, [top]
        while queue:
            a = queue.pop()
            for b in counts:
                one_off = len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 1
                if b not in parent and one_off and counts[a] >= 2 * counts[b] - 1:
                    parent[b] = top
                    queue.append(b)
    return parent


def joined(counts):
    umis = sorted(counts, key=number)
    keys, n = np.array([number(u) for u in umis]), np.array([counts[u] for u in umis])
    into = np.empty(len(umis), np.int64)
    families.join(keys, n, np.argsort(-n, kind="stable"), into)
    return {u: umis[i] for u, i in zip(umis, into, strict=True)}


@given(st.dictionaries(st.text("ACT", min_size=4, max_size=5), st.integers(1, 30), min_size=1, max_size=40))
def test_directional_joining_equals_the_naive_one(counts):
    assert joined(counts) == naive_join(counts)


def test_the_network_of_the_publication():
    counts = {"ACGT": 456, "TCGT": 2, "CCGT": 2, "ACAT": 72, "ACAG": 1, "AAAT": 90}
    made = joined(counts)
    assert {u for u, top in made.items() if top == "ACGT"} == {"ACGT", "TCGT", "CCGT", "ACAT", "ACAG"}
    assert made["AAAT"] == "AAAT"


def naive_consensus(reads, least):
    if len(reads) < least:
        return families.TOO_FEW, ""
    length, n = Counter(len(s) for s, _ in reads).most_common(1)[0]
    if 2 * n <= len(reads):
        return families.DISAGREE, ""
    made = ""
    for i in range(length):
        weight = defaultdict(int)
        for s, q in reads:
            if len(s) == length and s[i] != "N":
                weight[s[i]] += min(max(q[i], 1), families.BEST_SCORE)
        best = max(weight, key=weight.get) if weight else "N"
        made += best if 2 * weight[best] > sum(weight.values()) else "N"
    return families.USED, made


read_strategy = st.integers(1, 3).flatmap(
    lambda n: st.tuples(st.text("ACN", min_size=n, max_size=n), st.lists(st.integers(0, 41), min_size=n, max_size=n))
)


@given(st.lists(st.lists(read_strategy, min_size=1, max_size=6), min_size=1, max_size=5), st.integers(1, 3))
def test_consensus_equals_the_naive_one(groups, least):
    reads = [r for g in groups for r in g]
    text, scores = raw("".join(s for s, _ in reads)), np.array([33 + x for _, q in reads for x in q], np.uint8)
    sizes = np.array([len(s) for s, _ in reads], np.int32)
    starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    packed = np.empty(text.size, np.uint8)
    at = starts[:-1]
    rows = np.arange(len(reads))
    assert families.pack(text, at, sizes.astype(np.int64), scores, at, rows, CODES, packed) == (-1, 0)
    bounds = np.concatenate([[0], np.cumsum([len(g) for g in groups])])
    n = len(groups)
    into, begin, size, fate = np.empty(text.size, np.uint8), np.empty(n, int), np.empty(n, int), np.empty(n, np.uint8)
    families.consensus(rows, bounds, packed, starts, sizes, least, LETTERS, into, begin, size, fate)
    made = [(int(f), into[b : b + s].tobytes().decode()) for f, b, s in zip(fate, begin, size, strict=True)]
    assert made == [naive_consensus(g, least) for g in groups]


def test_a_letter_that_is_no_base_is_found():
    text, at = raw("ACG*"), np.array([0])
    four = np.array([4])
    assert families.pack(text, at, four, text, at, at, CODES, np.empty(4, np.uint8)) == (0, ord("*"))
