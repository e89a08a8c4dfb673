"""Two reads of one fragment to one: the best overlap, and which base to believe in it.

Rule. Read 2 is turned to its reverse complement. An overlap puts it at a place from which both cover at least `least`
common bases with at most `most` differences per 100 of them; a place left of read 1's first base means that the
fragment is shorter than the reads, and what hangs over on either side is cut off as adapter. Among such overlaps the
one with the highest (equal bases - 4 x differences) is taken, the longer fragment at equality. In the overlap two
equal bases keep the letter with the higher quality; of two different ones that with the higher quality stays, with
the difference as its quality; at equal quality the letter is N with quality 2. N differs from nothing and wins over
nothing.

Cannot see: repeats longer than the overlap, which let a fragment look shorter than it is.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

from proband.kernels.jit import Array, njit

PHRED = 33
LOWEST = 2


@njit
def complement(letter: int) -> int:
    """The complement of a letter of A, C, G, T, upper or lower case, as upper case; N for all else."""
    letter &= 0xDF
    if letter == 65:
        return 84
    if letter == 67:
        return 71
    if letter == 71:
        return 67
    return 65 if letter == 84 else 78


@njit
def turn(text: Array, scores: Array, into: Array, into_scores: Array) -> None:
    """Reverse complement of letters, and the reverse of their qualities."""
    n = text.size
    for i in range(n):
        into[i] = complement(text[n - 1 - i])
        into_scores[i] = scores[n - 1 - i]


@njit
def best_place(one: Array, two: Array, least: int, most: int) -> int:
    """Index of read 1 at which the first base of the turned read 2 lies; -10**6 where no overlap is good enough."""
    n, m = one.size, two.size
    best, best_score = -(10**6), -(10**9)
    for place in range(n - least, least - m - 1, -1):
        start, stop = max(place, 0), min(n, place + m)
        size = stop - start
        if size < least:
            continue
        allowed = most * size // 100
        different = 0
        for i in range(start, stop):
            a, b = one[i] & 0xDF, two[i - place]
            if a != b and a != 78 and b != 78:
                different += 1
                if different > allowed:
                    break
        if different <= allowed and size - 5 * different > best_score:
            best, best_score = place, size - 5 * different
    return best


@njit
def join(one: Array, scores: Array, two: Array, two_scores: Array, place: int, into: Array, quality: Array) -> int:
    """Write the merged read and its qualities; returns its length. The fragment ends where read 2 begins."""
    n, m = one.size, two.size
    start, stop = max(place, 0), min(n, place + m)
    size = place + m
    for i in range(size):
        k = i - place
        if i < start or k < 0:
            into[i], quality[i] = one[i] & 0xDF, scores[i]
        elif i >= stop:
            into[i], quality[i] = two[k], two_scores[k]
        elif (one[i] & 0xDF) == two[k]:
            into[i], quality[i] = two[k], max(scores[i], two_scores[k])
        elif two[k] == 78 or ((one[i] & 0xDF) != 78 and scores[i] > two_scores[k]):
            into[i], quality[i] = one[i] & 0xDF, scores[i] - (two_scores[k] - PHRED) * (two[k] != 78)
        elif (one[i] & 0xDF) == 78 or two_scores[k] > scores[i]:
            into[i], quality[i] = two[k], two_scores[k] - (scores[i] - PHRED) * ((one[i] & 0xDF) != 78)
        else:
            into[i], quality[i] = 78, PHRED + LOWEST
    return size


@njit
def merge(text, at, length, quality, text2, at2, length2, quality2, n, least, most, into, scores, to, size, room):
    """Merge n pairs into letters and qualities; `to` and `size` say where each lies; size -1 without an overlap."""
    used = 0
    for r in range(n):
        one, q1 = text[at[r] : at[r] + length[r]], text[quality[r] : quality[r] + length[r]]
        turned, turned_scores = room[0, : length2[r]], room[1, : length2[r]]
        turn(text2[at2[r] : at2[r] + length2[r]], text2[quality2[r] : quality2[r] + length2[r]], turned, turned_scores)
        place = best_place(one, turned, least, most)
        to[r], size[r] = used, -1
        if place > -(10**6):
            size[r] = join(one, q1, turned, turned_scores, place, into[used:], scores[used:])
            used += size[r]


@njit
def names_agree(text: Array, first: int, text2: Array, second: int) -> bool:
    """Whether two header lines name one fragment: equal up to a blank, a line end, or a final /1 and /2."""
    while True:
        a, b = text[first], text2[second]
        ended = a <= 32 or a == 47, b <= 32 or b == 47
        if ended[0] or ended[1]:
            return ended[0] == ended[1]
        if a != b:
            return False
        first += 1
        second += 1


@njit
def first_disagreement(text: Array, head: Array, text2: Array, head2: Array, n: int) -> int:
    """The first pair of records whose names differ, or -1."""
    for r in range(n):
        if not names_agree(text, head[r], text2, head2[r]):
            return r
    return -1


@njit
def trim(text: Array, at: Array, length: Array, n: int, adapter: Array, least: int, most: int) -> None:
    """Shorten reads at the first place where an adapter begins: at least `least` bases, `most` differences per 100."""
    for r in range(n):
        for place in range(length[r] - least + 1):
            size = min(adapter.size, length[r] - place)
            different = 0
            for k in range(size):
                different += (text[at[r] + place + k] & 0xDF) != adapter[k]
                if 100 * different > most * size:
                    break
            if 100 * different <= most * size:
                length[r] = place
                break
