"""Which stretches of a person's copies must be searched so that no site is missed, and as what sequence.

A footprint that touches no edit is a stretch of the reference, and the search of the reference finds it. So for every
edit the copies that hold it are searched as far as a footprint reaches: `reach` bases to either side.

- Edits less than `reach` bases apart are a **group**; no footprint touches two groups. A group whose heterozygous edits
  all belong to one unit has as many sequences as the unit has options: each is one piece (neighbouring pieces of one
  unit are joined).
- In any other group, for each edit that can be a footprint's first one, all readings of the calls within reach are
  walked through, branching at every call that is not yet decided, alleles that exclude each other left out. At most
  ``2 ** k`` readings for one edit are searched; an edit with more is listed as not completely searched.

Guarantee: every site on every copy that some reading of the calls allows lies in a piece, except where an edit is
listed. Cannot see: whether a copy with that reading exists, where the file does not tell the phase.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from proband.science.offtarget.edits import ALWAYS, Edits, Ints, exclude

Reading = tuple[tuple[int, int], ...]
"""Which option is taken of which unit, in order of units; units that are not named are open."""
MOST_K = 16


@dataclass(frozen=True, slots=True)
class Unsearched:
    """An edit around which not every reading was searched: its place (0-based), its label, readings that were."""

    contig: str
    start: int
    end: int
    label: str
    searched: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of one contig: reference [low, high) with edits[ptr[p]:ptr[p + 1]], and the readings that make each."""

    low: Ints
    high: Ints
    ptr: Ints
    edits: Ints
    readings: Sequence[tuple[Reading, ...]]
    walked: npt.NDArray[np.bool_]
    """Pieces of one first edit: only footprints that touch it are theirs."""
    ends: npt.NDArray[np.bool_]
    """(pieces, 2) whether a piece begins, and ends, where the contig does."""
    unsearched: tuple[Unsearched, ...]

    def __len__(self) -> int:
        return len(self.low)


def pieces_of(edits: Edits, length: int, reach: int, k: int = 10) -> Pieces:
    """The pieces to search for the edits of one contig of `length` bases.

    `reach`: longest footprint less 1 (bases). `k`: at most 2 ** k readings around one edit, 0 to 16.
    """
    if not 0 <= k <= MOST_K:
        raise ValueError(f"k is {k}, not 0 to {MOST_K}")
    group = groups_of(edits, reach)
    unit, simple = _unit_of_groups(edits, group)
    gathered = _Gathered(edits, length, reach, {}, [])
    _simple_pieces(gathered, group, unit, simple)
    for first, last in _ranges(group):
        if not simple[group[first]]:
            _walked_pieces(gathered, first, last, 1 << k)
    return gathered.pieces()


def groups_of(edits: Edits, reach: int) -> Ints:
    """The group of each edit, counted from 0."""
    if not len(edits):
        return np.zeros(0, np.int64)
    ends = np.maximum.accumulate(edits.end)
    apart = edits.start[1:] - ends[:-1] >= reach
    return np.concatenate(([0], np.cumsum(apart))).astype(np.int64)


def _ranges(group: Ints) -> Iterator[tuple[int, int]]:
    at = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1]))) if len(group) else np.zeros(0, np.int64)
    ends = np.append(at[1:], len(group))
    return zip(at.tolist(), ends.tolist(), strict=True)


def _unit_of_groups(edits: Edits, group: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """The one unit of each group (ALWAYS where all its edits lie on every copy), and whether there is but one."""
    count = int(group[-1]) + 1 if len(group) else 0
    most, least = np.full(count, ALWAYS, np.int64), np.full(count, np.iinfo(np.int64).max, np.int64)
    np.maximum.at(most, group, edits.unit)
    told = edits.unit != ALWAYS
    np.minimum.at(least, group[told], edits.unit[told])
    return most, (most == ALWAYS) | (most == least)


@dataclass(slots=True)
class _Gathered:
    edits: Edits
    length: int
    reach: int
    made: dict[tuple[int, int, tuple[int, ...], bool, bool, bool], list[Reading]]
    unsearched: list[Unsearched]

    def add(self, low: int, high: int, which: tuple[int, ...], reading: Reading, walked: bool) -> None:
        ends = low < 0, high > self.length
        readings = self.made.setdefault((max(0, low), min(self.length, high), which, walked, *ends), [])
        if reading not in readings:
            readings.append(reading)

    def pieces(self) -> Pieces:
        keys = sorted(self.made)
        ptr = np.concatenate(([0], np.cumsum([len(k[2]) for k in keys], dtype=np.int64)))
        edits = np.array([e for key in keys for e in key[2]], np.int64)
        low, high = (np.array([key[i] for key in keys], np.int64) for i in (0, 1))
        readings = [tuple(self.made[key]) for key in keys]
        walked = np.array([key[3] for key in keys], np.bool_)
        ends = np.array([key[4:] for key in keys], np.bool_).reshape(-1, 2)
        return Pieces(low, high, ptr, edits, readings, walked, ends, tuple(self.unsearched))


def _simple_pieces(into: _Gathered, group: Ints, unit: Ints, simple: npt.NDArray[np.bool_]) -> None:
    edits, reach = into.edits, into.reach
    if not len(edits):
        return
    changes = (unit[1:] != unit[:-1]) | ~simple[1:] | ~simple[:-1]
    run = np.concatenate(([0], np.cumsum(changes)))[group]
    own = unit[group]
    options = np.where(own == ALWAYS, 1, edits.options[own] if len(edits.options) else 1)
    for option in range(int(options.max())):
        there = (edits.unit == ALWAYS) | ((edits.mask >> option) & 1 == 1)
        which = np.flatnonzero(simple[group] & (option < options) & there)
        if not len(which):
            continue
        ends = np.maximum.accumulate(edits.end[which])
        apart = (run[which[1:]] != run[which[:-1]]) | (edits.start[which[1:]] - ends[:-1] >= 2 * reach)
        at = np.concatenate(([0], np.flatnonzero(apart) + 1, [len(which)])).tolist()
        for a, b in pairwise(at):
            part = which[a:b]
            low, high = int(edits.start[part[0]]) - reach, int(edits.end[part[-1]]) + reach
            of = int(own[part[0]])
            into.add(low, high, tuple(part.tolist()), () if of == ALWAYS else ((of, option),), False)


def _walked_pieces(into: _Gathered, first: int, last: int, most: int) -> None:
    """Pieces of the group of edits [first, last): for each edit as the first one of a footprint."""
    walk = Walk(into.edits, first, last, into.reach)
    for lead in range(first, last):
        for searched, (low, high, which, reading) in enumerate(walk.around(lead)):
            if searched == most:
                e = into.edits
                place = (e.contig, int(e.start[lead]), int(e.end[lead]), e.label[lead])
                into.unsearched.append(Unsearched(*place, searched))
                break
            into.add(low, high, which, reading, True)


class Walk:
    """Readings of the calls around an edit of one group."""

    def __init__(self, edits: Edits, first: int, last: int, reach: int) -> None:
        self.first, self.reach = first, reach
        part = slice(first, last)
        self.start, self.end = edits.start[part].tolist(), edits.end[part].tolist()
        self.unit, self.mask = edits.unit[part].tolist(), edits.mask[part].tolist()
        self.size = np.diff(edits.alt_from)[part].tolist()
        self.options = {u: int(edits.options[u]) for u in set(self.unit) if u != ALWAYS}

    def around(self, lead: int) -> Iterator[tuple[int, int, tuple[int, ...], Reading]]:
        """Each sequence that has edit `lead` and, before it, only reference bases: low, high, edits, reading."""
        i = lead - self.first
        seen = set()
        for chosen in self._choices(i, True, {}):
            for low, left in self._before(i, chosen):
                for high, which, right in self._after(i + 1, self.end[i], self.reach, left, (lead,)):
                    if (low, high, which, right) not in seen:
                        seen.add((low, high, which, right))
                        yield low, high, which, right

    def _choices(self, i: int, there: bool, taken: dict[int, int]) -> Iterator[dict[int, int]]:
        """The readings, from `taken` on, in which edit i is there, or is not."""
        unit = self.unit[i]
        if unit == ALWAYS:
            if there:
                yield taken
        elif unit in taken:
            if bool(self.mask[i] >> taken[unit] & 1) == there:
                yield taken
        else:
            for option in range(self.options[unit]):
                if bool(self.mask[i] >> option & 1) == there:
                    yield taken | {unit: option}

    def _before(self, i: int, taken: dict[int, int]) -> Iterator[tuple[int, dict[int, int]]]:
        """Where the reference bases before edit i begin, by each reading of the calls there."""
        beside = [q for q in range(len(self.start)) if q != i and self._excludes(q, i)]
        floor = self.start[i] - self.reach
        before = [q for q in range(i) if q not in beside and self.end[q] > floor]
        before.sort(key=lambda q: (self.end[q], self.start[q]), reverse=True)
        yield from self._back(beside, before, floor, taken)

    def _excludes(self, q: int, i: int) -> bool:
        a, b = min(q, i), max(q, i)
        return exclude(self.start[a], self.end[a], self.start[b], self.end[b])

    def _back(
        self, beside: list[int], before: list[int], floor: int, taken: dict[int, int]
    ) -> Iterator[tuple[int, dict[int, int]]]:
        if beside:
            for left in self._choices(beside[0], False, taken):
                yield from self._back(beside[1:], before, floor, left)
        elif before:
            q = before[0]
            for left in self._choices(q, True, taken):
                yield max(floor, self.end[q]), left
            for left in self._choices(q, False, taken):
                yield from self._back([], before[1:], floor, left)
        else:
            yield floor, taken

    def _after(
        self, q: int, base: int, need: int, taken: dict[int, int], which: tuple[int, ...]
    ) -> Iterator[tuple[int, tuple[int, ...], Reading]]:
        """Where the sequence ends, its edits and its reading, from reference `base` on with `need` bases to come."""
        if q == len(self.start) or self.start[q] - base >= need:
            yield base + need, which, tuple(sorted(taken.items()))
            return
        for left in self._choices(q, False, taken):
            yield from self._after(q + 1, base, need, left, which)
        last = which[-1] - self.first
        if self.start[q] < base or self._excludes(q, last):
            return
        for left in self._choices(q, True, taken):
            more = need - (self.start[q] - base) - self.size[q]
            if more <= 0:
                yield self.end[q], (*which, self.first + q), tuple(sorted(left.items()))
            else:
                yield from self._after(q + 1, self.end[q], more, left, (*which, self.first + q))
