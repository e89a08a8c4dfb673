"""Edits of one contig in order, with duplicates dropped and contradictions made free.

Edits contradict each other where one excludes another (`edits.exclude`) and no copy has room for it beside them by any
reading of the calls, or where one edit is called twice in different ways. Such edits become units of their own, each
there or not: every reading that remains possible is searched, and the conflict is listed.

Cannot see: which of the contradicting records is true.
"""

from __future__ import annotations

import numpy as np

from proband.science.offtarget.edits import ALWAYS, EditList, Edits, Unplaced, exclude
from proband.science.offtarget.search import codes_of

CONTRADICTS = "overlaps another allele of the same copy"
TWICE = "called twice in different ways"


def settled(gathered: EditList) -> tuple[Edits, list[Unplaced], int]:
    """The edits of a contig in order, the conflicts among them, and how many repeated records were dropped."""
    order = sorted(range(len(gathered.start)), key=lambda i: (gathered.start[i], gathered.end[i], gathered.alt[i], i))
    kept, conflicts, duplicates = _unrepeated(gathered, order)
    conflicts += _contradictions(gathered, kept)
    return _arrays(gathered, kept), conflicts, duplicates


def _unrepeated(g: EditList, order: list[int]) -> tuple[list[int], list[Unplaced], int]:
    kept: list[int] = []
    conflicts: list[Unplaced] = []
    duplicates = 0
    for i in order:
        j = kept[-1] if kept else -1
        if j < 0 or (g.start[i], g.end[i], g.alt[i]) != (g.start[j], g.end[j], g.alt[j]):
            kept.append(i)
            continue
        duplicates += 1
        agree = (g.mask[i], g.zygosity[i]) == (g.mask[j], g.zygosity[j])
        told = agree and (g.unit[i] == g.unit[j] or (_unphased(g, i) and _unphased(g, j)))
        if not told:
            conflicts.append(_listed(g, j, TWICE))
            _free(g, j)
    return kept, conflicts, duplicates


def _unphased(g: EditList, i: int) -> bool:
    return g.unit[i] != ALWAYS and g.phase[g.unit[i]] is None


def _contradictions(g: EditList, kept: list[int]) -> list[Unplaced]:
    excluded = _pairs(g, kept)
    against: set[int] = set()
    for i, others in excluded.items():
        against |= _blocking(g, i, others)
    listed = [_listed(g, i, CONTRADICTS) for i in kept if i in against]
    for i in sorted(against):
        _free(g, i)
    return listed


def _pairs(g: EditList, kept: list[int]) -> dict[int, list[int]]:
    """Edits that exclude each other, each with all its others."""
    starts = np.array([g.start[i] for i in kept], np.int64)
    ends = np.array([g.end[i] for i in kept], np.int64)
    excluded: dict[int, list[int]] = {}
    if not len(kept):
        return excluded
    reach = np.maximum.accumulate(ends)
    meets = np.flatnonzero((starts[1:] < reach[:-1]) | ((starts[1:] == starts[:-1]) & (ends[1:] == starts[1:]))) + 1
    for k in meets:
        back = int(k) - 1
        while back >= 0 and (reach[back] > starts[k] or starts[back] == starts[k]):
            i, j = kept[back], kept[int(k)]
            if exclude(g.start[i], g.end[i], g.start[j], g.end[j]):
                excluded.setdefault(i, []).append(j)
                excluded.setdefault(j, []).append(i)
            back -= 1
    return excluded


def _blocking(g: EditList, i: int, others: list[int]) -> set[int]:
    """Edit i and the edits beside which no copy has room for it; nothing where some copy has."""
    taken: dict[int, int] = {}
    for j in others:
        taken[g.unit[j]] = taken.get(g.unit[j], 0) | g.mask[j]
    blocked = set()
    for j in others:
        unit = g.unit[j]
        if unit == g.unit[i]:
            beside = unit == ALWAYS or bool(g.mask[i] & g.mask[j])
        else:
            beside = ALWAYS in (unit, g.unit[i]) or taken[unit] == (1 << g.options[unit]) - 1
        if beside:
            blocked |= {i, j}
    return blocked


def _listed(g: EditList, i: int, reason: str) -> Unplaced:
    contig, position, written = g.label[i].rsplit(":", 2)
    return Unplaced(contig, int(position), written, reason)


def _free(g: EditList, i: int) -> None:
    g.options.append(2)
    g.phase.append(None)
    g.unit[i], g.mask[i] = len(g.options) - 1, 2


def _arrays(g: EditList, kept: list[int]) -> Edits:
    new = [g.alt[i] for i in kept]
    at = np.concatenate(([0], np.cumsum([len(x) for x in new], dtype=np.int64)))

    def ints(values: list[int]) -> np.ndarray:
        return np.array([values[i] for i in kept], np.int64)

    return Edits(
        g.contig, ints(g.start), ints(g.end), at, codes_of("".join(new)), ints(g.unit), ints(g.mask),
        np.array([g.zygosity[i] for i in kept], np.uint8), np.array(g.options, np.int64), tuple(g.phase),
        [g.label[i] for i in kept],
    )  # fmt: skip
