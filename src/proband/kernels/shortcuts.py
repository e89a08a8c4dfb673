"""Alignments that need no matrix: without a gap, or with one gap between two flanks; with proofs that they are optimal.

Terms and losses are those of ``kernels/align.py``: a path begins on a diagonal k1 (an end gap of |k1| bases) and ends
on one k2 (an end gap of |d - k2|), d = m - n. Let V be the loss of the alignment at hand: of the ungapped one where
d = 0, of the best with one gap inside, from diagonal 0 to d, elsewhere.

No gap, V <= 36 and n = m. A path with a gap inside loses at least 43 + 7; one without lies on one diagonal s and loses
18 |s| - 2 and its differences, so that |s| <= 2. If no such shift loses as little as V, none does.

At most one gap inside. Two of them lose at least 72 + 9 d - 4 for d > 0, 72 + 7 |d| for d < 0, 86 for d = 0; let V
be below that. Only the diagonals of the band proven for V matter; let w be their number. Let A be the greatest row
(read index) that a path can reach on a diagonal k1 != 0 from its beginning with a loss of at most V, B the lowest
from which it can stay on a diagonal k2 != d to its end. Where A + w < B, a path with at most one gap inside and a
loss of at most V has k1 = 0 or k2 = d. If it has k1 != 0, it has a gap inside (since A < n), leaves k1 at row A at
the latest and loses at least 50 and what diagonal d loses from row A + w on; where that is above V there is none. If
it has k2 != d, it loses at least 50 and what diagonal 0 loses up to row B - w. What remains is k1 = 0 and k2 = d:
the alignment at hand, or another place of its gap. Of equally good places the traceback of the matrix takes the
rightmost, because it prefers a gap to a pair, and the length of the gap is fixed.

Cannot see: nothing; where a proof fails the matrix is filled.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

from proband.kernels.align import DELETION, INSERTION, proven_band
from proband.kernels.jit import Array, njit

WORD = 8
"""Bases of the exact words by which the diagonals of a read are guessed; 4^8 entries fit in a core's cache."""


@njit
def ungapped_loss(read: Array, bases: Array, losses: Array, shift: int, most: int) -> int:
    """Loss of the alignment on one diagonal, with end gaps; counting stops above `most`."""
    n, m = read.size, bases.size
    loss = 9 * (abs(shift) + abs(m - n - shift))
    for i in range(max(0, -shift), min(n, m - shift)):
        loss += losses[read[i], bases[i + shift]]
        if loss > most:
            break
    return loss


@njit
def differences(read: Array, bases: Array) -> int:
    """Number of different codes of two sequences of one length."""
    found = 0
    for i in range(read.size):
        found += read[i] != bases[i]
    return found


@njit
def holds_n(read: Array) -> bool:
    """Whether a code of N is among the bases."""
    found = 0
    for i in range(read.size):
        found += read[i] > 3
    return found > 0


@njit
def ungapped_is_optimal(read: Array, bases: Array, losses: Array) -> int:
    """The number of differences where the ungapped alignment is proven to be the only optimal one, else -1."""
    if read.size != bases.size:
        return -1
    found = differences(read, bases)
    if found > 4:
        return -1
    if found == 0 and not holds_n(read):
        return 0
    loss = ungapped_loss(read, bases, losses, 0, 10**6)
    if loss > 36:
        return found if loss < 86 and nothing_else(read, bases, losses, loss) else -1
    for shift in (-2, -1, 1, 2):
        if ungapped_loss(read, bases, losses, shift, loss + 2) <= loss + 2:
            return -1
    return found


@njit
def head_rows(read: Array, bases: Array, losses: Array, k: int, loss: int) -> int:
    """The greatest row that a path which begins on diagonal k can reach on it with at most this loss."""
    spent = 9 * abs(k) - 2
    i = max(0, -k)
    while i < min(read.size, bases.size - k):
        spent += losses[read[i], bases[i + k]]
        if spent > loss:
            return i
        i += 1
    return read.size


@njit
def tail_rows(read: Array, bases: Array, losses: Array, k: int, loss: int) -> int:
    """The lowest row from which a path can stay on diagonal k to its end with at most this loss."""
    n, m = read.size, bases.size
    spent = 9 * abs(m - n - k) - 2
    i = min(n, m - k)
    while i > max(0, -k):
        spent += losses[read[i - 1], bases[i - 1 + k]]
        if spent > loss:
            return i
        i -= 1
    return 0


@njit
def loses_more(read: Array, bases: Array, losses: Array, k: int, first: int, stop: int, loss: int) -> bool:
    """Whether the rows first to stop of diagonal k lose more than `loss`."""
    spent = 0
    for i in range(max(first, 0, -k), min(stop, read.size, bases.size - k)):
        spent += losses[read[i], bases[i + k]]
        if spent > loss:
            return True
    return spent > loss


@njit
def nothing_else(read: Array, bases: Array, losses: Array, loss: int) -> bool:
    """Whether every path with at most this loss begins on diagonal 0, ends on d, and has at most one gap between."""
    n, m = read.size, bases.size
    d = m - n
    limit = 86 if d == 0 else (68 + 9 * d if d > 0 else 72 - 7 * d)
    if loss >= limit:
        return False
    low, high = proven_band(loss, n, m)
    wide = high - low + 1
    above, below = 0, n
    for k in range(low, high + 1):
        if k != 0:
            above = max(above, head_rows(read, bases, losses, k, loss))
        if k != d:
            below = min(below, tail_rows(read, bases, losses, k, loss))
        if above + wide >= below:
            return False
    return loses_more(read, bases, losses, d, above + wide, n, loss - 50) and loses_more(
        read, bases, losses, 0, 0, below - wide, loss - 50
    )


@njit
def one_gap_loss(
    read: Array, bases: Array, losses: Array, incentive: Array, first: int, last: int
) -> tuple[int, int, int]:
    """The least loss on two diagonals with one gap between them; the rightmost row where it begins; its differences.

    The loss is at least that of the optimal alignment.
    """
    n, m = read.size, bases.size
    gap = last - first
    inserted = max(0, -gap)
    begin = max(0, -first)
    j = max(begin + inserted, -last)
    i = j - inserted
    end, stop = min(n, m - last), min(n, m - first)
    ends = 9 * (abs(first) + abs(m - n - last))
    if j > end or i > stop:
        return 18 * (n + m), -1, 0
    after = before = changed_after = changed_before = 0
    for k in range(j, end):
        after += losses[read[k], bases[k + last]]
        changed_after += read[k] != bases[k + last]
    for k in range(begin, i):
        before += losses[read[k], bases[k + first]]
        changed_before += read[k] != bases[k + first]
    least, split, changed = 10**8, i, 0
    cost = 36 + 9 * abs(gap) if gap else 0
    reward = (2 * inserted if inserted else 2) if gap else 0
    while True:
        loss = before + after + cost - (reward if incentive[i + first] else 0)
        if loss <= least:
            least, split, changed = loss, i, changed_before + changed_after
        if i + inserted >= end or i >= stop:
            return least + ends, split, changed
        before += losses[read[i], bases[i + first]]
        changed_before += read[i] != bases[i + first]
        after -= losses[read[i + inserted], bases[i + inserted + last]]
        changed_after -= read[i + inserted] != bases[i + inserted + last]
        i += 1


@njit
def one_gap_is_optimal(read: Array, bases: Array, losses: Array, incentive: Array, run: Array) -> tuple[int, int]:
    """Put the one gap of the optimal alignment into `run`: (loss, different columns), or (-1, 0) without a proof."""
    n, m = read.size, bases.size
    d = m - n
    loss, split, different = one_gap_loss(read, bases, losses, incentive, 0, d)
    inserted = max(0, -d)
    if d == 0 or split <= 0 or split + inserted >= n or not nothing_else(read, bases, losses, loss):
        return -1, 0
    run[0], run[1], run[2] = INSERTION if d < 0 else DELETION, split, abs(d)
    return loss, different


@njit
def word_at(codes: Array, i: int) -> int:
    """The word of bases i to i + 8 as a number, or -1 where it holds N."""
    word = 0
    for k in range(i, i + WORD):
        if codes[k] > 3:
            return -1
        word = 4 * word + codes[k]
    return word


@njit
def index_words(bases: Array, places: Array) -> None:
    """Enter the place of each word that occurs once in an amplicon; -1 for absent, -2 for repeated words."""
    places[:] = -1
    for i in range(bases.size - WORD + 1):
        word = word_at(bases, i)
        if word >= 0:
            places[word] = i if places[word] == -1 else -2


@njit
def outer_diagonals(read: Array, places: Array, d: int) -> tuple[int, int]:
    """Diagonals of the first and last word pair of a read found in the amplicon; 0 and d where there is none."""
    first, last = 0, d
    for i in range(read.size - 2 * WORD + 1):
        word = word_at(read, i)
        if word >= 0 and places[word] >= 0:
            after = word_at(read, i + WORD)
            if after >= 0 and places[after] == places[word] + WORD:
                first = places[word] - i
                break
    for i in range(read.size - 2 * WORD, -1, -1):
        word = word_at(read, i)
        if word >= 0 and places[word] >= 0:
            after = word_at(read, i + WORD)
            if after >= 0 and places[after] == places[word] + WORD:
                last = places[word] - i
                break
    return first, last
