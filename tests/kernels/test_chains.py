"""Chains of exact matches and the places of junctions, against plain versions and against truth."""

import naive_chains as naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.kernels import anchors, chains


def random_tracks(rng, repeats=False):
    place = rng.integers(0, 4, 300).astype(np.uint8)
    if repeats:
        place[100:160] = np.tile(place[100:105], 12)
    if rng.random() < 0.3:
        place[rng.integers(0, 300)] = 4
    other = np.where(place < 4, 3 - place, 4)[::-1].astype(np.uint8)
    return [place, other, rng.integers(0, 4, 120).astype(np.uint8)]


def random_read(rng, tracks):
    parts = []
    for _ in range(rng.integers(1, 4)):
        track = tracks[rng.integers(0, 3)]
        a = rng.integers(0, len(track) - 60)
        parts.append(track[a : a + rng.integers(20, 60)])
    read = np.concatenate(parts).copy()
    wrong = rng.random(read.size) < 0.04
    read[wrong] = rng.integers(0, 5, int(wrong.sum()))
    return read.astype(np.uint8)


@pytest.mark.parametrize("seed", range(40))
def test_anchors_and_chain_equal_the_plain_ones(seed):
    rng = np.random.default_rng(seed)
    tracks = random_tracks(rng, repeats=seed % 2 == 0)
    read, index = random_read(rng, tracks), anchors.tracks(tracks)
    most = 3 if seed % 3 else 16
    into = np.zeros((512, 4), np.int64)
    n = anchors.find_anchors(read, index, most, into)
    found = naive.anchors_of(read.tolist(), [t.tolist() for t in tracks], most)
    assert [tuple(row) for row in into[:n].tolist()] == found
    score, before, gain = (np.zeros(512, np.int64) for _ in range(3))
    best = chains.chain(into, n, score, before, gain)
    top, members = naive.best_chain(found)
    if not members:
        assert best == -1
        return
    assert score[best] == top
    walked = [best]
    while before[walked[-1]] >= 0:
        walked.append(int(before[walked[-1]]))
    assert walked[::-1] == members


def test_a_read_with_more_matches_than_room_is_told():
    track = np.tile(np.array([0, 1, 2, 3, 3, 1, 0, 2], np.uint8), 40)
    index = anchors.tracks([track])
    assert anchors.find_anchors(track, index, 1000, np.zeros((4, 4), np.int64)) == -1
    assert anchors.find_anchors(track, index, 16, np.zeros((4, 4), np.int64)) == 0


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("seed", range(8))
def test_edits_of_prefixes_equal_the_full_matrix(seed, forward):
    rng = np.random.default_rng(seed)
    bases = rng.integers(0, 4, 60).astype(np.uint8)
    read = bases[:40].copy()
    read[rng.integers(0, 40, 3)] = rng.integers(0, 4, 3)
    read = np.delete(read, rng.integers(0, 40, 2))
    costs, reach = np.zeros(read.size + 1, np.int64), np.zeros(read.size + 1, np.int64)
    given_read, given_bases = (read, bases) if forward else (read[::-1].copy(), bases[::-1].copy())
    chains.ends_of(given_read, given_bases, forward, costs, reach, np.zeros((2, 2 * chains.WIDEST + 3), np.int64))
    assert costs.tolist() == [chains.EDIT * e for e in naive.edits(read.tolist(), bases.tolist())]
    # The part that was said to fit does so, at that cost.
    for i in range(read.size + 1):
        part = bases[: reach[i]].tolist()
        whole = naive.edits(part, read[:i].tolist())
        assert min(whole) * chains.EDIT <= costs[i]


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_the_split_costs_least(data):
    n = data.draw(st.integers(0, 25))
    steps = st.lists(st.integers(0, 4), min_size=n, max_size=n)
    left = np.cumsum([0, *data.draw(steps)]).astype(np.int64)
    right = np.cumsum([0, *data.draw(steps)]).astype(np.int64)
    a, b = chains.split(left, right, n)
    assert 0 <= a <= b <= n
    stretch = chains.OPEN_STRETCH + chains.STRETCH * (b - a) if b > a else 0
    assert left[a] + right[n - b] + stretch == naive.best_split(left.tolist(), right.tolist(), n)


def way(read, tracks):
    index = anchors.tracks(tracks)
    into, counts = np.zeros((1, 8, 6), np.int64), np.zeros(1, np.int64)
    turns = np.zeros(1, np.bool_)
    starts, sizes = np.zeros(1, np.int64), np.array([len(read)], np.int64)
    chains.ways(read, starts, sizes, index, 16, 1024, into, counts, turns)
    return into[0, : max(int(counts[0]), 0)], bool(turns[0])


@pytest.mark.parametrize("turned", [False, True])
def test_exact_reads_give_exact_junctions(turned):
    rng = np.random.default_rng(5)
    place = rng.integers(0, 4, 2000).astype(np.uint8)
    tracks = [place, (3 - place)[::-1].copy()]
    foreign = rng.integers(0, 4, 80).astype(np.uint8)
    read = np.concatenate([place[:900], foreign, place[1200:]])
    given_read = (3 - read)[::-1].copy() if turned else read
    rows, turn = way(given_read, tracks)
    assert turn is turned
    assert rows.shape[0] == 2
    # Chance may let a base or two of the foreign stretch fit; the sums can not move.
    assert abs(rows[0, 4] - 900) <= 3
    assert abs(rows[1, 3] - 1200) <= 3
    assert (rows[1, 1] - rows[0, 2]) - (rows[1, 3] - rows[0, 4]) == 80 - 300


def test_step_costs_are_those_of_the_text():
    made = [chains.step_cost(d) for d in (0, 1, -7, 8, 1024)]
    assert made == [0, 2, 14, 16, 36]
