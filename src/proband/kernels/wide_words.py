"""Bitwise arithmetic on 512 positions at a time: counting of mismatches, and one step of an alignment with bulges.

A position is one bit; a step works on eight words of 64. The two operations are written as vector code for the
compiler, which makes of them what the processor has: AVX-512 with ternary logic, AVX2, NEON, or plain words. Loops over
arrays are left to the compiler elsewhere; here the number of rows is too large for it to prove that nothing overlaps.

Counting is by carry-save adders: four rows go through three adders into the planes ones, twos, fours and higher
(Harley and Seal, in Warren, Hacker's Delight, 2nd edition, section 5-1). The counter begins at 2^B - (m + 1), so that a
carry out of its B planes says that there are more than m mismatches.

With bulges, T[k] is the set of positions with at most k mismatches so far (a thermometer code: T[k - 1] is in T[k]).
Adding a column in which `mis` are the mismatches gives T'[k] = T[k - 1] | (T[k] & ~mis); a bulge column keeps T.

Cannot see: addresses that are wrong. These are parts of kernels, called with addresses of arrays that the caller owns.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

WORDS = 8
"""Words of one step."""
_I64 = ir.IntType(64)
_VECTOR = ir.VectorType(_I64, WORDS)
_ALL = ir.Constant(_VECTOR, [ir.Constant(_I64, 0xFFFFFFFFFFFFFFFF)] * WORDS)
_NONE = ir.Constant(_VECTOR, [ir.Constant(_I64, 0)] * WORDS)


def _load(builder: Any, address: Any) -> Any:
    return builder.load(builder.inttoptr(address, _VECTOR.as_pointer()), align=8)


def _store(builder: Any, value: Any, address: Any) -> None:
    builder.store(value, builder.inttoptr(address, _VECTOR.as_pointer()), align=8)


def _plus(builder: Any, address: Any, by: int) -> Any:
    return builder.add(address, ir.Constant(_I64, by))


def _adder(builder: Any, x: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Sum and carry of three planes."""
    u = builder.xor(x, a)
    return builder.xor(u, b), builder.or_(builder.and_(x, a), builder.and_(u, b))


def _spread(builder: Any, word: Any) -> Any:
    one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), word, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), WORDS), [ir.Constant(ir.IntType(32), 0)] * WORDS)
    return builder.shuffle_vector(one, ir.Constant(_VECTOR, ir.Undefined), zeros)


@intrinsic
def count_rows(typingctx, fours, planes, rows, shift, start, out, steps):
    """Positions in which at most m of 4 n rows are set, for `steps` times eight words.

    `fours` and `planes` are tuples of n and B numbers, of which only the length is used. `rows` is the address of 4 n
    addresses of rows, to each of which `shift` is added; `start` is 2^B - (m + 1), `out` the address that is written.
    """
    signature = types.void(fours, planes, *(types.int64,) * 5)
    groups, bits = len(fours), len(planes)

    def codegen(context, builder, sig, args):
        _, _, rows_at, shift_by, begin, out_at, count = args
        addresses = []
        for r in range(4 * groups):
            pointer = builder.inttoptr(_plus(builder, rows_at, 8 * r), _I64.as_pointer())
            addresses.append(builder.add(builder.load(pointer, align=8), shift_by))
        first = []
        for b in range(bits):
            bit = builder.and_(builder.lshr(begin, ir.Constant(_I64, b)), ir.Constant(_I64, 1))
            first.append(_spread(builder, builder.neg(bit)))
        with cgutils.for_range(builder, count) as loop:
            by = builder.mul(loop.index, ir.Constant(_I64, 8 * WORDS))
            counter, over = list(first), _NONE
            for g in range(groups):
                a, b, c, d = (_load(builder, builder.add(x, by)) for x in addresses[4 * g : 4 * g + 4])
                counter[0], low = _adder(builder, counter[0], a, b)
                counter[0], high = _adder(builder, counter[0], c, d)
                counter[1], carry = _adder(builder, counter[1], low, high)
                for k in range(2, bits):
                    counter[k], carry = builder.xor(counter[k], carry), builder.and_(counter[k], carry)
                over = builder.or_(over, carry)
            _store(builder, builder.xor(over, _ALL), builder.add(out_at, by))
        return context.get_dummy_value()

    return signature, codegen


def _step(with_dna: bool, with_rna: bool) -> Any:
    """The operation of one column: a pair on `cell`, or a bulge that comes from the cells `dna` and `rna`."""

    def bulge_step(typingctx, levels, cell, mismatches, dna, rna):
        signature = types.void(*(types.int64,) * 5)

        def codegen(context, builder, sig, args):
            count, cell_at, row, dna_at, rna_at = args
            same = builder.xor(_load(builder, row), _ALL)
            before = cgutils.alloca_once_value(builder, _NONE)
            with cgutils.for_range(builder, count) as loop:
                by = builder.mul(loop.index, ir.Constant(_I64, 8 * WORDS))
                here = _load(builder, builder.add(cell_at, by))
                new = builder.or_(builder.load(before), builder.and_(here, same))
                if with_dna:
                    new = builder.or_(new, _load(builder, builder.add(dna_at, by)))
                if with_rna:
                    new = builder.or_(new, _load(builder, builder.add(rna_at, by)))
                _store(builder, new, builder.add(cell_at, by))
                builder.store(here, before)
            return context.get_dummy_value()

        return signature, codegen

    return intrinsic(bulge_step)


pair_step = _step(False, False)
"""(levels, cell, mismatches, 0, 0): one column of pairs; `levels` is m + 1, the rest are addresses."""
dna_step = _step(True, False)
"""(levels, cell, mismatches, dna, 0): a column of pairs, or a genomic base more after the cell `dna`."""
rna_step = _step(False, True)
"""(levels, cell, mismatches, 0, rna): a column of pairs, or a spacer base without genomic base after the cell `rna`."""
both_step = _step(True, True)
"""(levels, cell, mismatches, dna, rna): all three."""
