"""From a mask of positions to planes of the bases beside them: the sites alone, 64 a word, 512 at a time.

Three steps. Places of the set bits are written out eight at a time, whether or not so many are set, so that the
processor seldom guesses a branch wrong. For each place 32 bits of both planes are read from the byte in which they
begin. Eight matrices of 64 x 64 bits are then transposed together, each row of the eight being one vector; three
halvings are done between reading a row and writing it back (Warren, Hacker's Delight, 2nd edition, section 7-3).

The vector operations are left to the compiler, as in ``kernels/wide_words.py``. Words are read from bytes in the order
of a little-endian processor.

Cannot see: addresses that are wrong; planes must go on one word beyond the last base that is read.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from proband.kernels.jit import Array, njit
from proband.kernels.wide_words import WORDS

GATHERED = 32
"""Bases beside a PAM that `gather` keeps at most."""
SITES = 64 * WORDS
"""Sites gathered at a time: a table has room for a multiple of them."""
_I64 = ir.IntType(64)
_VECTOR = ir.VectorType(_I64, WORDS)
_LOWER = np.uint64(0xFFFFFFFF)


def _splat(value: int) -> Any:
    return ir.Constant(_VECTOR, [ir.Constant(_I64, value)] * WORDS)


def _pointer(builder: Any, address: Any, by: int, kind: Any) -> Any:
    return builder.inttoptr(builder.add(address, ir.Constant(_I64, by)), kind.as_pointer())


@intrinsic
def popcount(typingctx, word):
    """Set bits of a word, by the processor's own instruction where it has one."""

    def codegen(context, builder, sig, args):
        return builder.ctpop(args[0])

    return types.int64(types.uint64), codegen


@intrinsic
def lowest(typingctx, word):
    """Place of the lowest set bit, 64 for none."""

    def codegen(context, builder, sig, args):
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), codegen


@intrinsic
def _eight_places(typingctx, word, base, to):
    """Write places of the eight lowest set bits (64 where there is none) plus `base`; the word without them."""

    def codegen(context, builder, sig, args):
        word, base, to = args
        for k in range(8):
            place = builder.add(builder.cttz(word, ir.Constant(ir.IntType(1), 0)), base)
            builder.store(place, _pointer(builder, to, 8 * k, _I64), align=8)
            word = builder.and_(word, builder.sub(word, ir.Constant(_I64, 1)))
        return word

    return types.uint64(types.uint64, types.int64, types.int64), codegen


@intrinsic
def _word_at(typingctx, address):
    """The word that begins at a byte."""

    def codegen(context, builder, sig, args):
        return builder.load(_pointer(builder, args[0], 0, _I64), align=1)

    return types.uint64(types.int64), codegen


@intrinsic
def _copy_row(typingctx, source, to):
    """Copy eight words."""

    def codegen(context, builder, sig, args):
        row = builder.load(_pointer(builder, args[0], 0, _VECTOR), align=8)
        builder.store(row, _pointer(builder, args[1], 0, _VECTOR), align=8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


@intrinsic
def transpose_eight(typingctx, rows):
    """In each of eight matrices, bit i of row k becomes bit k of row i; a vector of eight words is row k of all."""

    def codegen(context, builder, sig, args):
        for halvings in ((32, 16, 8), (4, 2, 1)):
            for k in range(64):
                if not any(k & j for j in halvings):
                    _transpose_part(builder, args[0], k, halvings)
        return context.get_dummy_value()

    return types.void(types.int64), codegen


def _transpose_part(builder: Any, rows: Any, first: int, halvings: tuple[int, int, int]) -> None:
    """Three halvings of the eight rows that they exchange among each other."""
    members = [first + sum(j for b, j in enumerate(halvings) if n >> b & 1) for n in range(8)]
    held = {k: builder.load(_pointer(builder, rows, 64 * k, _VECTOR), align=8) for k in members}
    for j in halvings:
        low = sum(1 << b for b in range(64) if not b & j)
        keep, other, by = _splat(low), _splat(low << j), _splat(j)
        for k in members:
            if not k & j:
                x, y = held[k], held[k + j]
                held[k] = builder.or_(builder.and_(x, keep), builder.and_(builder.shl(y, by), other))
                held[k + j] = builder.or_(builder.and_(builder.lshr(x, by), keep), builder.and_(y, other))
    for k in members:
        builder.store(held[k], _pointer(builder, rows, 64 * k, _VECTOR), align=8)


@njit
def _put(
    high: Array, low: Array, shift: int, turned: bool, places: Array, rows: Array, table: Array, starts: Array, at: int
) -> None:
    """Planes of the bases at the first `SITES` places, as words `at` to `at` + `WORDS` of the table."""
    upper, lower = np.int64(high.ctypes.data), np.int64(low.ctypes.data)
    for group in range(WORDS):
        starts[at + group] = places[group * 64]
        for lane in range(64):
            bit = places[group * 64 + lane] + shift
            byte, by = bit >> 3, np.uint64(bit & 7)
            h, v = _word_at(upper + byte) >> by, _word_at(lower + byte) >> by
            rows[lane, group] = (h & _LOWER) | (v << np.uint64(32))
    source, to, bases, width = np.int64(rows.ctypes.data), np.int64(table.ctypes.data), table.shape[1], table.shape[2]
    transpose_eight(source)
    for k in range(bases):
        row = GATHERED - 1 - k if turned else k
        _copy_row(source + row * 64, to + (k * width + at) * 8)
        _copy_row(source + (GATHERED + row) * 64, to + ((bases + k) * width + at) * 8)


@njit
def gather(high: Array, low: Array, pad: int, mask: Array, first: int, step: int, table: Array, starts: Array) -> int:
    """Planes of the bases beside each set position of `mask`, 64 sites a word; the number of sites.

    `table` (2, bases, words): first the high planes, then the low ones; at most `GATHERED` bases, and whole times
    `SITES`; what stands there after the last site means nothing. `starts[w]` is the position of the first site of
    word w. Bases are counted as in ``kernels/pam_sites.py``.
    """
    places, rows = np.zeros(SITES + 128, np.int64), np.empty((64, WORDS), np.uint64)
    shift = np.int64(pad * 64 + first - (GATHERED - 1 if step < 0 else 0))
    home = np.int64(places.ctypes.data)
    waiting, done = np.int64(0), np.int64(0)
    for w in range(mask.size):
        word, to = mask[w], home + waiting * 8
        left = _eight_places(word, np.int64(w * 64), to)
        while left:
            to += 64
            left = _eight_places(left, np.int64(w * 64), to)
        waiting += popcount(word)
        if waiting >= SITES:
            _put(high, low, shift, step < 0, places, rows, table, starts, done)
            done += WORDS
            waiting -= SITES
            for n in range(waiting):
                places[n] = places[SITES + n]
    if waiting:
        places[waiting:SITES] = 0
        _put(high, low, shift, step < 0, places, rows, table, starts, done)
    return done * 64 + waiting
