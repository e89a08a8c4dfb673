"""Reads to families of one molecule: identifiers as numbers, the place of a read, joining, and the consensus.

An identifier (UMI) of 4 to 31 bases is a number: 1, then two bits for each base. Directional joining is that of Smith,
Heger and Sudbery, Genome Research 2017;27:491-499: an identifier with n_b reads is a copy with one wrong base of
another with n_a reads where n_a >= 2 n_b - 1, and what can be reached from the most frequent one is one molecule.

Consensus of a family: the length that more than half of its reads have; among these, at each base, the letter that
holds more than half of the summed quality, else N.

Cannot see: two molecules with one identifier; an error of the first cycle, which all copies of a strand share.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, no-any-return, arg-type, assignment, return-value"

from __future__ import annotations

import numpy as np

from proband.kernels.jit import Array, njit

LEAST, MOST = 4, 31
"""Bases of an identifier."""
UNREAD, NO_UMI = -1, -2
"""In place of an identifier: one with a base that was not read; none at all."""
USED, DISAGREE, TOO_FEW = 0, 1, 2
"""What becomes of a family."""
WORD = 11
"""Bases of the words by which a read is placed."""
BEST_SCORE = 31
"""Quality above which a base counts no more: errors of copying, not of reading, are then the more frequent ones."""


@njit
def name_starts(text: Array, at: Array, n: int, into: Array) -> None:
    """Where the name line of each record begins; `at` is where its bases begin."""
    for r in range(n):
        i = at[r] - 2
        while i >= 0 and text[i] != 10:
            i -= 1
        into[r] = i + 1


@njit
def identifier(text: Array, start: int, stop: int, codes: Array) -> int:
    """The number of the identifier text[start:stop]; plus and hyphen between its parts are left out."""
    key, size, unread = 1, 0, False
    for i in range(start, stop):
        if text[i] == 43 or text[i] == 45:
            continue
        code = codes[text[i]]
        if code > 4 or text[i] == 46:
            return NO_UMI
        unread |= code == 4
        key = key * 4 + (code & 3)
        size += 1
        if size > MOST:
            return NO_UMI
    if size < LEAST:
        return NO_UMI
    return UNREAD if unread else key


@njit
def header_keys(text: Array, heads: Array, at: Array, n: int, codes: Array, keys: Array) -> None:
    """Identifiers of n records: the tag RX:Z: of the name line, else the last part of the name after : or _."""
    for r in range(n):
        stop = at[r] - 1
        name = heads[r]
        while name < stop and text[name] > 32:
            name += 1
        start, end = -1, stop
        for i in range(name, stop - 4):
            if text[i] == 82 and text[i + 1] == 88 and text[i + 2] == 58 and text[i + 3] == 90 and text[i + 4] == 58:
                start = i + 5
                end = start
                while end < stop and text[end] > 32:
                    end += 1
                break
        if start < 0:
            end = name
            if end - 2 > heads[r] and text[end - 2] == 47:
                end -= 2
            start = end
            while start > heads[r] and text[start - 1] != 58 and text[start - 1] != 95:
                start -= 1
        keys[r] = identifier(text, start, end, codes) if start > heads[r] else NO_UMI


@njit
def prefix_keys(text, at, length, quality, n, size, codes, keys):
    """Identifiers of n records: their first `size` bases, which are cut off; a read that is no longer gets length 0."""
    for r in range(n):
        if length[r] <= size:
            keys[r], length[r] = UNREAD, 0
            continue
        key = identifier(text, at[r], at[r] + size, codes)
        keys[r] = UNREAD if key == NO_UMI else key
        at[r] += size
        quality[r] += size
        length[r] -= size


@njit
def place(text: Array, at: Array, length: Array, keep: Array, n: int, codes: Array, words: Array, into: Array) -> None:
    """The place that most words of each read belong to, -1 where there is none; words[w] is -1 or a place."""
    votes = np.zeros(words.max() + 2, np.int64)
    mask = words.size - 1
    for r in range(n):
        into[r] = -1
        if not keep[r]:
            continue
        votes[:] = 0
        word, run = 0, 0
        for i in range(at[r], at[r] + length[r]):
            code = codes[text[i]]
            run = run + 1 if code < 4 else 0
            word = ((word << 2) | (code & 3)) & mask
            if run >= WORD and words[word] >= 0:
                votes[words[word]] += 1
        best = 0
        for p in range(1, votes.size):
            if votes[p] > votes[best]:
                best = p
        alone = votes[best] > 0
        for p in range(votes.size):
            alone &= p == best or votes[p] < votes[best]
        if alone:
            into[r] = best


@njit
def pack(text, at, length, scores, quality, rows, codes, into):
    """Base (3 bits) and quality (5 bits) of some records in one byte each; returns the first record that has no base.

    A quality is at least 1 and at most `BEST_SCORE`. Returns (record, letter), or (-1, 0).
    """
    used = 0
    for r in rows:
        for i in range(length[r]):
            letter = text[at[r] + i]
            code = codes[letter]
            if code > 4:
                return r, letter
            score = min(max(int(scores[quality[r] + i]) - 33, 1), BEST_SCORE)
            into[used] = code << 5 | score
            used += 1
    return -1, 0


@njit
def _found(keys: Array, key: int) -> int:
    i = np.searchsorted(keys, key)
    return i if i < keys.size and keys[i] == key else -1


@njit
def join(keys: Array, counts: Array, order: Array, into: Array) -> None:
    """Directional joining: `into` gets the identifier that each of the sorted, distinct `keys` belongs to.

    `order` has the most frequent first. Identifiers of different length are never joined.
    """
    into[:] = -1
    queue = np.empty(keys.size, np.int64)
    for top in order:
        if into[top] >= 0:
            continue
        into[top], queue[0] = top, top
        first, last = 0, 1
        while first < last:
            a = queue[first]
            first += 1
            shift = 0
            while (keys[a] >> shift) > 3:
                for other in range(1, 4):
                    b = _found(keys, keys[a] ^ (other << shift))
                    if b >= 0 and into[b] < 0 and counts[a] >= 2 * counts[b] - 1:
                        into[b], queue[last] = top, b
                        last += 1
                shift += 2


@njit
def usual_length(rows: Array, sizes: Array) -> int:
    """The length that more than half of the reads have, or -1 (Boyer and Moore's vote, checked by counting)."""
    candidate, lead = -1, 0
    for r in rows:
        if lead == 0:
            candidate = sizes[r]
        lead += 1 if sizes[r] == candidate else -1
    number = 0
    for r in rows:
        number += sizes[r] == candidate
    return candidate if 2 * number > rows.size else -1


@njit
def consensus(order, bounds, arena, starts, sizes, least, letters, into, at, size, fate):
    """The consensus of each family order[bounds[f]:bounds[f + 1]] of packed reads, as letters; `fate` says what became.

    Only a family that is `USED` has a length in `size`.
    """
    used = 0
    weight = np.zeros((4, 1), np.int64)
    for f in range(bounds.size - 1):
        rows = order[bounds[f] : bounds[f + 1]]
        at[f], size[f] = used, 0
        if rows.size < least:
            fate[f] = TOO_FEW
            continue
        long = usual_length(rows, sizes)
        if long < 0:
            fate[f] = DISAGREE
            continue
        if long > weight.shape[1]:
            weight = np.zeros((4, long), np.int64)
        weight[:, :long] = 0
        for r in rows:
            if sizes[r] != long:
                continue
            for i in range(long):
                one = arena[starts[r] + i]
                if one < 128:
                    weight[one >> 5, i] += one & 31
        for i in range(long):
            best = 0
            for b in range(1, 4):
                if weight[b, i] > weight[best, i]:
                    best = b
            total = weight[0, i] + weight[1, i] + weight[2, i] + weight[3, i]
            into[used + i] = letters[best] if 2 * weight[best, i] > total else letters[4]
        fate[f], size[f] = USED, long
        used += long
