"""Pieces of haplotypes against letters copied one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from proband.kernels.haplotype_pieces import GAP, lift_places, piece_sizes, touched_edits, write_pieces


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, int, list[int]]], list[tuple[int, int, list[int]]]]:
    """A genome, edits in order that do not overlap, and pieces (low, high, edits) that hold some of them whole."""
    genome = draw(st.lists(st.integers(0, 3), min_size=12, max_size=40))
    edits, at = [], 1
    while at < len(genome) - 1 and draw(st.booleans()):
        start = draw(st.integers(at, len(genome) - 1))
        end = min(len(genome), start + draw(st.integers(0, 3)))
        new = draw(st.lists(st.integers(0, 3), min_size=start == end, max_size=4))
        edits.append((start, end, new))
        at = max(end, start + 1)
    pieces = []
    for _ in range(draw(st.integers(1, 3))):
        low = draw(st.integers(0, len(genome) // 2))
        high = draw(st.integers(low, len(genome)))
        inside = [n for n, (s, e, _) in enumerate(edits) if s >= low and e <= high]
        pieces.append((low, high, [n for n in inside if draw(st.booleans())]))
    return genome, edits, pieces


def by_hand(genome: list[int], edits: list, piece: tuple[int, int, list[int]]) -> tuple[list, list, list]:
    """Codes, places and the edit (or None) of each base of a piece."""
    low, high, which = piece
    codes, places, owner, base = [], [], [], low
    for n in which:
        start, end, new = edits[n]
        for x in range(base, start):
            codes.append(genome[x])
            places.append((x, 0))
            owner.append(None)
        for k, code in enumerate(new):
            codes.append(code)
            places.append((start + k, 0) if start + k < end else (end - 1, start + k - end + 1))
            owner.append(n)
        base = end
    for x in range(base, high):
        codes.append(genome[x])
        places.append((x, 0))
        owner.append(None)
    return codes, places, owner


@given(cases(), st.data())
def test_equal_to_letters_copied_one_by_one(case: tuple, data: st.DataObject) -> None:
    genome, edits, pieces = case
    low, high = (np.array([p[i] for p in pieces], np.int64) for i in (0, 1))
    ptr = np.concatenate(([0], np.cumsum([len(p[2]) for p in pieces]))).astype(np.int64)
    which = np.array([n for p in pieces for n in p[2]], np.int64)
    start, end = (np.array([e[i] for e in edits], np.int64) for i in (0, 1))
    alt_from = np.concatenate(([0], np.cumsum([len(e[2]) for e in edits]))).astype(np.int64)
    alt = np.array([x for e in edits for x in e[2]], np.uint8)
    sizes = piece_sizes(low, high, ptr, which, start, end, alt_from)
    begins = np.cumsum(sizes + 1) - sizes
    buffer = np.full(int(sizes.sum()) + len(sizes) + 1, GAP, np.uint8)
    edit_at = np.zeros(len(which), np.int64)
    codes = np.array(genome, np.uint8)
    write_pieces(codes, 0, low, high, ptr, which, start, end, alt_from, alt, begins, buffer, edit_at)
    expected = [GAP]
    for p, piece in enumerate(pieces):
        made, places, owner = by_hand(genome, edits, piece)
        expected += [*made, GAP]
        at = begins[p] + np.arange(len(made))
        reference, inserted = np.zeros(len(made), np.int64), np.zeros(len(made), np.int64)
        of = np.full(len(made), p)
        lift_places(at, of, begins, low, ptr, which, start, end, alt_from, edit_at, reference, inserted)
        assert list(zip(reference.tolist(), inserted.tolist(), strict=True)) == places
        if len(made) < 2:
            continue
        a = data.draw(st.integers(0, len(made) - 1))
        b = data.draw(st.integers(a + 1, len(made)))
        first, last = np.array([a]), np.array([b])
        from_, to = np.zeros(1, np.int64), np.zeros(1, np.int64)
        touched_edits(
            first + begins[p], last + begins[p], np.array([p]), ptr, which, alt_from, edit_at, from_, to
        )  # fmt: skip
        seen = {n for n in owner[a:b] if n is not None}
        # Bases that are gone are touched where bases of both sides are there.
        for n in piece[2]:
            if not edits[n][2]:
                before = sum(1 for x, o in zip(places, owner, strict=True) if _before(x, o, edits[n], n, piece[2]))
                if a < before < b:
                    seen.add(n)
        assert set(which[from_[0] : to[0]].tolist()) == seen
    assert buffer.tolist() == expected


def _before(place: tuple[int, int], owner: int | None, edit: tuple, number: int, order: list[int]) -> bool:
    """Whether a base of a piece comes before the place of bases that are gone."""
    if owner is not None:
        return order.index(owner) < order.index(number)
    return place[0] < edit[0]
