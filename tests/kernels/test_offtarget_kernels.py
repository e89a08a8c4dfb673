"""Kernels of the off-target search against plain Python: planes, PAM masks, gathering, counting; and vector code."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.kernels import bit_planes, gathering, pam_sites
from proband.kernels.wide_words import WORDS, count_rows


def planes(codes: np.ndarray) -> list[np.ndarray]:
    made = [np.zeros((len(codes) + 63) // 64, np.uint64) for _ in range(3)]
    bit_planes.pack(codes, *made)
    return made


def bits(words: np.ndarray) -> list[int]:
    return [int(words[p >> 6] >> np.uint64(p & 63)) & 1 for p in range(64 * len(words))]


@given(st.lists(st.integers(0, 4), max_size=300))
def test_planes_hold_the_codes_and_the_tail_is_other(values: list[int]) -> None:
    codes = np.array(values, np.uint8)
    made = planes(codes)
    high, low, other = (bits(x) for x in made)
    n = len(values)
    assert other == [int(c == 4) for c in values] + [1] * (len(other) - n)
    assert [4 if o else 2 * h + v for h, v, o in zip(high, low, other, strict=True)][:n] == values
    back = np.empty(n, np.uint8)
    bit_planes.unpack(*made, 0, back)
    assert back.tolist() == values
    starts, ends = np.zeros(300, np.int64), np.zeros(300, np.int64)
    found = bit_planes.other_runs(made[2], n, starts, ends)
    told = [p for s, e in zip(starts[:found], ends[:found], strict=True) for p in range(s, e)]
    assert told == [p for p, c in enumerate(values) if c == 4]


@pytest.mark.parametrize("groups", [5, 6, 7])
@pytest.mark.parametrize(("planes_", "m"), [(3, 0), (3, 4), (3, 7), (5, 8), (5, 20), (5, 25)])
def test_counting_by_adders_is_counting(groups: int, planes_: int, m: int) -> None:
    fours, counter = (0,) * groups, (0,) * planes_
    rng = np.random.default_rng(groups * 100 + m)
    rows = rng.integers(0, 2**64, (4 * groups, 2 * WORDS), np.uint64) & rng.integers(
        0, 2**64, (4 * groups, 2 * WORDS), np.uint64
    )
    rows[:, 0] = np.uint64(0xFFFFFFFFFFFFFFFF)
    rows[:, 1] = 0

    @numba.njit
    def count(rows, addresses, out):
        for k in range(len(addresses)):
            addresses[k] = rows.ctypes.data + k * rows.shape[1] * 8 - 8 * WORDS
        count_rows(
            fours, counter, np.int64(addresses.ctypes.data), np.int64(8 * WORDS), np.int64((1 << planes_) - m - 1),
            np.int64(out.ctypes.data), np.int64(out.size // WORDS),
        )  # fmt: skip

    out = np.zeros(2 * WORDS, np.uint64)
    count(rows, np.zeros(4 * groups, np.int64), out)
    sums = np.array([bits(r) for r in rows]).sum(0)
    assert bits(out) == [int(s <= m) for s in sums]


def lanes(words: np.ndarray) -> np.ndarray:
    """Bits of words along the last axis, the lowest first."""
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=-1, bitorder="little")


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.sampled_from([(-1, -1), (3, 1)]), st.integers(1, 32), st.sampled_from([1, 5, 20, 200]))
def test_gathered_planes_are_the_bases_beside_each_pam(seed: int, way: tuple[int, int], bases: int, words: int) -> None:
    rng, pad, (first, step) = np.random.default_rng(seed), 3, way
    values = rng.choice(5, 64 * (words + 2 * pad), p=(0.2, 0.2, 0.3, 0.29, 0.01)).astype(np.uint8)
    high, low, other = planes(values)
    mask, clean = np.zeros(words, np.uint64), min(bases, 25)
    pam = np.array([15, 4, 5], np.uint8)
    sites = pam_sites.pam_mask(high, low, other, pad, pam, first, step, clean, mask)
    at = np.arange(64 * words) + 64 * pad
    beside = values[at[:, None] + first + step * np.arange(bases)]
    fits = (values[at] < 4) & (values[at + 1] == 2) & np.isin(values[at + 2], (0, 2))
    fits &= (beside[:, :clean] < 4).all(1)
    assert (lanes(mask) == fits).all()
    where = np.flatnonzero(fits)
    assert sites == len(where)
    room = (sites + gathering.SITES - 1) // gathering.SITES * (gathering.SITES // 64)
    table, starts = np.empty((2, bases, room), np.uint64), np.empty(room, np.int64)
    assert gathering.gather(high, low, pad, mask, first, step, table, starts) == sites
    assert starts[: (sites + 63) // 64].tolist() == where[::64].tolist()
    got = lanes(table)[:, :, :sites]
    asked = np.where(beside < 4, beside, 0)[where].T
    assert (got[0] == asked >> 1).all()
    assert (got[1] == (asked & 1)).all()
    assert [pam_sites._nth(mask, where[n // 64 * 64], n % 64) for n in range(sites)] == where.tolist()


@given(st.integers(0, 2**32), st.integers(0, 127), st.integers(1, 64), st.sampled_from([1, 4, 40]))
def test_a_run_without_other_letters_is_told_at_every_place(seed: int, start: int, run: int, words: int) -> None:
    rng = np.random.default_rng(seed)
    others = rng.random(64 * (words + 4)) < rng.choice([0.5, 0.02])
    other = np.packbits(others, bitorder="little").view(np.uint64)
    mask = rng.integers(0, 2**64, words, np.uint64)
    before = lanes(mask).astype(bool)
    pam_sites._without_other(other, start, run, np.empty(words + 2, np.uint64), np.empty(words + 2, np.uint64), mask)
    clear = [not others[start + p : start + p + run].any() for p in range(64 * words)]
    assert (lanes(mask) == (before & clear)).all()


def test_transposing_eight_matrices_at_once_is_transposing_each() -> None:
    @numba.njit
    def transpose(rows):
        gathering.transpose_eight(np.int64(rows.ctypes.data))

    rows = np.random.default_rng(1).integers(0, 2**64, (64, WORDS), np.uint64)
    turned = rows.copy()
    transpose(turned)
    assert (lanes(turned.T).reshape(WORDS, 64, 64) == lanes(rows.T).reshape(WORDS, 64, 64).transpose(0, 2, 1)).all()


def test_counting_is_vector_code_where_the_processor_has_vectors() -> None:
    named = numba.config.CPU_FEATURES
    features = numba.core.codegen.get_host_cpu_features() if named is None else named
    wide = "zmm" if "+avx512f" in features else "ymm" if "+avx2" in features else ""
    if not wide:
        pytest.skip("no vector registers whose names are known here")

    @numba.njit
    def count(rows, out, steps):
        count_rows((0,) * 5, (0,) * 3, np.int64(rows), np.int64(0), np.int64(3), np.int64(out), np.int64(steps))

    count.compile((numba.int64, numba.int64, numba.int64))
    text = next(iter(count.inspect_asm().values()))
    assert text.count(f"%{wide}") > 100
    if wide == "zmm":
        assert "vpternlog" in text
