"""Lines of the table of alleles, written as bytes: a million rows without a million Python texts.

A line is: aligned read, aligned amplicon, amplicon, status, unmodified, deleted, inserted and substituted bases, reads,
fraction; fields end with a tab, the line with a line feed. Fractions have nine decimals, rounded half up.

Cannot see: names with tabs or line feeds; whoever makes amplicons refuses them.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

from proband.kernels.events import DELETION
from proband.kernels.jit import Array, njit

TAB, LINE_FEED, ZERO, POINT = 9, 10, 48, 46
DECIMALS = 9
BILLION = 10**DECIMALS
EXACT = 26
"""Bases that fit into one number, in base 5."""


@njit
def put_number(value: int, digits: int, into: Array, at: int) -> int:
    """Write a number with at least so many digits; where the next byte goes."""
    size, rest = 1, value
    while rest >= 10:
        rest //= 10
        size += 1
    size = max(size, digits)
    for k in range(size - 1, -1, -1):
        into[at + k] = ZERO + value % 10
        value //= 10
    return at + size


@njit
def put_text(text: Array, into: Array, at: int) -> int:
    """Write bytes and a tab; where the next byte goes."""
    into[at : at + text.size] = text
    into[at + text.size] = TAB
    return at + text.size + 1


@njit
def put_row(read: Array, bases: Array, gaps: Array, letters: Array, upper: bool, into: Array, at: int) -> int:
    """Write one row of an alignment, the read's or the amplicon's, and a tab; where the next byte goes."""
    i = j = k = 0
    while i < read.size or j < bases.size:
        if k < gaps.shape[0] and gaps[k, 1] == j:
            deleted = gaps[k, 0] == DELETION
            for _ in range(gaps[k, 2]):
                if deleted:
                    into[at] = letters[5] if upper else letters[bases[j]]
                    j += 1
                else:
                    into[at] = letters[read[i]] if upper else letters[5]
                    i += 1
                at += 1
            k += 1
            continue
        into[at] = letters[read[i]] if upper else letters[bases[j]]
        i += 1
        j += 1
        at += 1
    into[at] = TAB
    return at + 1


@njit
def allele_lines(
    rows, arena, starts, sizes, counts, target, bases, offsets, gap_at, gap_count, gap_list, letters, sure, modified,
    summary, words, word_at, total, into
):  # fmt: skip
    """Write the lines of unique reads `rows`; returns the bytes written.

    `words` holds texts, word k at word_at[k]:word_at[k + 1]: assigned, ambiguous, true, false, then the names of the
    amplicons. `sure` says whether a read is assigned; `unmodified` stays empty where it is not.
    """
    at = 0
    for n in range(rows.size):
        r = rows[n]
        a = target[r]
        read, here = arena[starts[r] : starts[r] + sizes[r]], bases[offsets[a] : offsets[a + 1]]
        gaps = gap_list[gap_at[r] : gap_at[r] + gap_count[r]]
        at = put_row(read, here, gaps, letters, True, into, at)
        at = put_row(read, here, gaps, letters, False, into, at)
        at = put_text(words[word_at[4 + a] : word_at[5 + a]], into, at)
        status = 0 if sure[r] else 1
        at = put_text(words[word_at[status] : word_at[status + 1]], into, at)
        if sure[r]:
            word = 3 if modified[r] else 2
            at = put_text(words[word_at[word] : word_at[word + 1]], into, at)
        else:
            into[at] = TAB
            at += 1
        for k in range(1, 4):
            at = put_number(summary[r, k], 1, into, at)
            into[at] = TAB
            at += 1
        at = put_number(counts[r], 1, into, at)
        into[at] = TAB
        share = (2 * counts[r] * BILLION + total) // (2 * total)
        at = put_number(share // BILLION, 1, into, at + 1)
        into[at] = POINT
        at = put_number(share % BILLION, DECIMALS, into, at + 1)
        into[at] = LINE_FEED
        at += 1
    return at


@njit
def packed_bases(arena: Array, begin: Array, length: Array, into: Array) -> None:
    """Pieces of the arena as numbers in base 5 behind a 1, so that equal numbers are equal bases; -1 for long ones."""
    for n in range(begin.size):
        if length[n] > EXACT:
            into[n] = -1
            continue
        number = 1
        for i in range(begin[n], begin[n] + length[n]):
            number = 5 * number + arena[i]
        into[n] = number
