"""Every unique read to its best amplicon and strand, by exact alignment and with proven reasons to skip alignments.

Rule. A read can be of an amplicon where its homology, 100 x equal columns / alignment columns to three decimals, is
strictly above that amplicon's least. Of the two strands the one with the higher homology counts, at equality the
forward one. Between loci the alignment score decides; between the amplicons (alleles) of a locus the homology; what
is equal is ambiguous. A read of a scaffold amplicon is one that, on its parent, shows given bases right beside a given
place of the alignment; it is asked before ambiguity is.

Why alignments may be skipped. Let x be the number of read bases that are not in equal columns of an alignment to
amplicon a. The read is made from a by deletions and at most x other bases, and one base changes a longest common
subsequence by one at most, so that the equal columns of any alignment of the read to amplicon b, in any orientation,
are at most LCS(a in that orientation, b) + x. That bounds homology and score; where the bound can not win, nothing is
aligned.

Cannot see: chimeras. A read of two loci goes to the one with the better score.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from proband.kernels import align, shortcuts
from proband.kernels.jit import Array, njit

UNALIGNED, AMBIGUOUS, ASSIGNED = 0, 1, 2
FIELDS = ("status", "amplicon", "reverse", "homology", "score", "columns", "gaps", "ties")
STATUS, AMPLICON, REVERSE, HOMOLOGY, SCORE, COLUMNS, GAPS, TIES = range(8)
_COMPLEMENT = np.array([3, 2, 1, 0, 4], np.uint8)
ROOM = 4096
"""Gaps that one alignment may have; longer lists are refused by the caller's length limit."""


class References(NamedTuple):
    """Amplicons as flat arrays. Lengths are in bases, homologies in thousandths of a percent.

    `bases`: codes of all amplicons, amplicon a at offsets[a]:offsets[a + 1]; `incentive`: 1 at boundaries with a
    gain, amplicon a at offsets[a] + a; `words`: (amplicons, 65536) places of words; `least`, `locus`: per amplicon;
    `same`, `cross`: (amplicons, amplicons) longest common subsequences, of a with b and of the reverse complement of
    a with b; `parent`, `behind`, `ahead`: of a scaffold amplicon, else -1; `tail`: its bases, amplicon a at tail_at[a]:
    tail_at[a + 1]; `profile`: scores of the five codes at each base, amplicon a at 5 offsets[a].
    """

    bases: Array
    offsets: Array
    incentive: Array
    words: Array
    least: Array
    locus: Array
    same: Array
    cross: Array
    parent: Array
    behind: Array
    ahead: Array
    tail: Array
    tail_at: Array
    profile: Array


@njit
def longest_common_subsequence(a: Array, b: Array) -> int:
    """Length of the longest common subsequence of two code sequences; N equals nothing but N."""
    row = np.zeros(b.size + 1, np.int32)
    for i in range(a.size):
        corner = 0
        for j in range(b.size):
            above = row[j + 1]
            row[j + 1] = corner + 1 if a[i] == b[j] else max(above, row[j])
            corner = above
    return row[b.size]


@njit
def thousandths(equal: int, columns: int) -> int:
    """100 x equal / columns in thousandths, rounded half to even."""
    whole, rest = divmod(100_000 * equal, columns)
    if 2 * rest > columns or (2 * rest == columns and whole % 2 == 1):
        whole += 1
    return whole


@njit
def turned(read: Array, into: Array) -> None:
    """The reverse complement of a read's codes."""
    n = read.size
    for i in range(n):
        into[i] = _COMPLEMENT[read[n - 1 - i]]


@njit
def align_one(read, bases, profile, incentive, words, losses, rows, trace, runs, line):
    """Align a read to one amplicon: line gets homology, score, columns, gaps; returns (equal columns, trace)."""
    n, m = read.size, bases.size
    found = shortcuts.ungapped_is_optimal(read, bases, losses)
    if found >= 0:
        loss = shortcuts.ungapped_loss(read, bases, losses, 0, 10**8) if found else 0
        loss = loss if found or not shortcuts.holds_n(read) else shortcuts.ungapped_loss(read, bases, losses, 0, 10**8)
        line[HOMOLOGY], line[SCORE] = thousandths(n - found, n), (10 * n - loss) // 2
        line[COLUMNS], line[GAPS] = n, 0
        return n - found, trace
    loss, found = shortcuts.one_gap_is_optimal(read, bases, losses, incentive, runs[0])
    if loss >= 0:
        columns, equal = max(n, m), min(n, m) - found
        line[HOMOLOGY], line[SCORE] = thousandths(equal, columns), (5 * (n + m) - loss) // 2
        line[COLUMNS], line[GAPS] = columns, 1
        return equal, trace
    low, high, end, trace = matrix(read, bases, profile, incentive, words, losses, rows, trace)
    gaps, columns, equal = align.walk_back(read, bases, low, high, end & 3, trace, runs)
    line[HOMOLOGY], line[SCORE], line[COLUMNS], line[GAPS] = thousandths(equal, columns), end >> 2, columns, gaps
    return equal, trace


@njit
def matrix(read, bases, profile, incentive, words, losses, rows, trace):
    """Fill a band that is proven to hold all optimal alignments: (lowest, highest diagonal, score and end, trace).

    Where the guess of a good alignment leaves a wide band, a narrow one around the guess is filled first: its score
    is that of an alignment, and proves a narrower band.
    """
    n, m = read.size, bases.size
    d = m - n
    first, last = shortcuts.outer_diagonals(read, words, d)
    loss = shortcuts.one_gap_loss(read, bases, losses, incentive, first, last)[0]
    if first != 0 or last != d:
        loss = min(loss, shortcuts.one_gap_loss(read, bases, losses, incentive, 0, d)[0])
    low, high = align.proven_band(loss, n, m)
    lower, upper = min(first, last, d, 0) - 16, max(first, last, d, 0) + 16
    if high - low > 2 * (upper - lower):
        lower, upper = max(low, lower), min(high, upper)
        trace = roomy(trace, (n + 1) * (upper - lower + 3))
        end = align.fill(read, profile, incentive, lower, upper, rows, trace)
        low, high = align.proven_band(5 * (n + m) - 2 * (end >> 2), n, m)
        if lower <= low and high <= upper:
            return lower, upper, end, trace
    trace = roomy(trace, (n + 1) * (high - low + 3))
    return low, high, align.fill(read, profile, incentive, low, high, rows, trace), trace


@njit
def roomy(trace: Array, size: int) -> Array:
    """The trace, or a larger one."""
    return trace if trace.size >= size else np.empty(size, np.uint8)


@njit
def goes_on(read: Array, runs: Array, gaps: int, behind: int, tail: Array) -> bool:
    """Whether the columns right behind amplicon base `behind` - 1 show the bases of `tail` in the read, without gap."""
    i, j, k, told = 0, 0, 0, 0
    while i < read.size or k < gaps:
        kind, length = align.PAIRED, 1
        if k < gaps and runs[k, 1] == j:
            kind, length = runs[k, 0], runs[k, 2]
            k += 1
        for _ in range(length):
            if j >= behind:
                if kind == align.DELETION or read[i] != tail[told]:
                    return False
                told += 1
                if told == tail.size:
                    return True
            i += kind != align.DELETION
            j += kind != align.INSERTION
    return False


@njit
def comes_before(read: Array, runs: Array, gaps: int, ahead: int, tail: Array) -> bool:
    """Whether the columns right before amplicon base `ahead` show the bases of `tail` in the read, without gap."""
    shown = np.full(tail.size, -1, np.int64)
    i, j, k = 0, 0, 0
    while j < ahead or (k < gaps and runs[k, 1] == j):
        kind, length = align.PAIRED, 1
        if k < gaps and runs[k, 1] == j:
            kind, length = runs[k, 0], runs[k, 2]
            k += 1
        for _ in range(length):
            if j < ahead or kind == align.INSERTION:
                for x in range(1, shown.size):
                    shown[x - 1] = shown[x]
                shown[-1] = -1 if kind == align.DELETION else read[i]
            i += kind != align.DELETION
            j += kind != align.INSERTION
    return bool(np.all(shown == tail))


@njit
def is_child(read: Array, runs: Array, gaps: int, a: int, refs: References) -> bool:
    """Whether a read of the parent of scaffold amplicon a is of a."""
    tail = refs.tail[refs.tail_at[a] : refs.tail_at[a + 1]]
    if refs.ahead[a] >= 0:
        return comes_before(read, runs, gaps, refs.ahead[a], tail)
    return goes_on(read, runs, gaps, refs.behind[a], tail)


@njit
def votes(read: Array, words: Array, found: Array) -> None:
    """Add to `found` (amplicons,) how many of 16 words spread over a read occur once in each amplicon."""
    last = read.size - shortcuts.WORD
    if last < 0:
        return
    for step in range(16):
        word = shortcuts.word_at(read, last * step // 15)
        if word >= 0:
            for a in range(found.size):
                found[a] += words[a, word] >= 0


@njit
def can_matter(equal: int, n: int, m: int, least: int, near: bool, homology: int, score: int) -> bool:
    """Whether an alignment with at most `equal` equal columns could still change the result.

    `homology` and `score` are those of an alignment that passes, or -1 and a very low score; `near` says that both
    are of one locus.
    """
    bound = thousandths(min(equal, n, m), max(n, m))
    if bound <= least:
        return False
    if homology < 0:
        return True
    return bound >= homology if near else 5 * min(equal, n, m) - abs(n - m) >= score


@njit
def first_choice(read: Array, back: Array, refs: References, losses: Array) -> tuple[int, int]:
    """The amplicon and strand that is aligned first: one without gaps, else the one with most common words."""
    amplicons = refs.least.size
    for a in range(amplicons):
        bases = refs.bases[refs.offsets[a] : refs.offsets[a + 1]]
        if refs.parent[a] < 0 and shortcuts.ungapped_is_optimal(read, bases, losses) >= 0:
            return a, 0
    best, choice = -1, (0, 0)
    for strand in range(2):
        found = np.zeros(amplicons, np.int32)
        votes(back if strand else read, refs.words, found)
        for a in range(amplicons):
            if refs.parent[a] < 0 and found[a] > best:
                best, choice = found[a], (a, strand)
    return choice


@njit
def better_strand(lines: Array, done: Array, a: int) -> int:
    """The strand of an amplicon with the higher homology among those aligned; -1 where none is."""
    if not done[a, 0]:
        return 1 if done[a, 1] else -1
    return 1 if done[a, 1] and lines[a, 1, HOMOLOGY] > lines[a, 0, HOMOLOGY] else 0


@njit
def leading(lines: Array, done: Array, refs: References) -> tuple[int, bool]:
    """The amplicon that passes with the highest score, the first of equals, or -1; whether two loci share it."""
    best, shared = -1, False
    for a in range(refs.least.size):
        strand = better_strand(lines, done, a)
        if strand < 0 or lines[a, strand, HOMOLOGY] <= refs.least[a]:
            continue
        score = lines[a, strand, SCORE]
        top = lines[best, better_strand(lines, done, best), SCORE] if best >= 0 else align.NONE
        if score > top:
            best, shared = a, False
        elif score == top and refs.locus[a] != refs.locus[best]:
            shared = True
    return best, shared


@njit
def settle(pair, refs, lines, done, runs, out):
    """The status of a read from its alignments; `pair` is (read, reverse complement)."""
    best, shared = leading(lines, done, refs)
    out[STATUS] = UNALIGNED
    if best < 0:
        out[AMPLICON] = -1
        return
    top = -1
    for a in range(refs.least.size):
        strand = better_strand(lines, done, a)
        if strand >= 0 and refs.locus[a] == refs.locus[best] and lines[a, strand, HOMOLOGY] > refs.least[a]:
            top = max(top, lines[a, strand, HOMOLOGY])
    ties, chosen, child = 0, -1, -1
    for a in range(refs.least.size):
        if refs.parent[a] >= 0:
            parent = refs.parent[a]
            strand = better_strand(lines, done, parent)
            if strand >= 0 and refs.locus[a] == refs.locus[best] and lines[parent, strand, HOMOLOGY] == top:
                gaps = lines[parent, strand, GAPS]
                if top > refs.least[parent] and is_child(pair[strand], runs[parent, strand], gaps, a, refs):
                    chosen, child, ties = parent, a, 1
                    break
            continue
        strand = better_strand(lines, done, a)
        if strand >= 0 and refs.locus[a] == refs.locus[best] and lines[a, strand, HOMOLOGY] == top > refs.least[a]:
            ties += 1
            chosen = a if chosen < 0 else chosen
    strand = better_strand(lines, done, chosen)
    out[:] = lines[chosen, strand]
    out[STATUS] = AMBIGUOUS if ties > 1 or shared else ASSIGNED
    out[AMPLICON] = child if child >= 0 else chosen
    out[REVERSE] = strand
    out[TIES] = -ties if shared else ties


@njit
def assign(arena, starts, sizes, first, stop, refs, losses, longest, lines, gap_at, gap_list, used):
    """Align the reads first to stop; returns (next read, gaps used), the former below `stop` where room ran out.

    `lines` (reads, 8) gets the fields of `FIELDS`; gaps of read r lie in gap_list[gap_at[r]:gap_at[r] +
    lines[r, GAPS]] as (kind, amplicon index, length). `longest` is the longest read.
    """
    amplicons = refs.least.size
    widest = longest + np.max(np.diff(refs.offsets)) + 4
    rows = np.empty((5, widest), np.int32)
    trace = np.empty(longest * 64 + 4096, np.uint8)
    runs = np.empty((amplicons, 2, ROOM, 3), np.int32)
    work = np.empty((amplicons, 2, len(FIELDS)), np.int32)
    done = np.empty((amplicons, 2), np.bool_)
    turn = np.empty(longest, np.uint8)
    for r in range(first, stop):
        n = sizes[r]
        if used + ROOM > gap_list.shape[0]:
            return r, used
        read, back = arena[starts[r] : starts[r] + n], turn[:n]
        lines[r, :] = 0
        lines[r, AMPLICON] = -1
        if n == 0:
            continue
        turned(read, back)
        done[:, :] = False
        pivot, side = first_choice(read, back, refs, losses)
        for _ in range(amplicons + 1):
            trace = all_that_matter((read, back), pivot, side, refs, losses, rows, trace, runs, work, done)
            best, _shared = leading(work, done, refs)
            if best < 0 or refs.locus[best] == refs.locus[pivot]:
                break
            pivot, side = best, better_strand(work, done, best)
        settle((read, back), refs, work, done, runs, lines[r])
        gap_at[r] = used
        if lines[r, AMPLICON] >= 0:
            source = refs.parent[lines[r, AMPLICON]] if refs.parent[lines[r, AMPLICON]] >= 0 else lines[r, AMPLICON]
            for k in range(lines[r, GAPS]):
                gap_list[used] = runs[source, lines[r, REVERSE], k]
                used += 1
    return stop, used


@njit
def all_that_matter(pair, pivot, side, refs, losses, rows, trace, runs, work, done):
    """Align to the pivot, then to every amplicon and strand that the bounds from the pivot do not exclude."""
    n = pair[0].size
    far = n
    for turn in range(-1, 2 * refs.least.size):
        a, strand = (pivot, side) if turn < 0 else (turn // 2, turn % 2)
        if refs.parent[a] >= 0 or (done[a, strand] and turn >= 0):
            continue
        low, high = refs.offsets[a], refs.offsets[a + 1]
        if turn >= 0:
            table = refs.same if strand == side else refs.cross
            passed = work[pivot, side, HOMOLOGY] > refs.least[pivot]
            near = refs.locus[a] == refs.locus[pivot]
            homology = work[pivot, side, HOMOLOGY] if passed else -1
            if not can_matter(
                table[pivot, a] + far, n, high - low, refs.least[a], near, homology, work[pivot, side, SCORE]
            ):
                continue
        equal, trace = align_one(
            pair[strand],
            refs.bases[low:high],
            refs.profile[5 * low : 5 * high].reshape(5, high - low),
            refs.incentive[low + a : high + a + 1],
            refs.words[a],
            losses,
            rows,
            trace,
            runs[a, strand],
            work[a, strand],
        )
        done[a, strand] = True
        if turn < 0:
            far = n - equal
    return trace
