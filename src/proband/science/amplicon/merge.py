"""Pairs of reads to one read each, where they overlap; the rule is stated in ``kernels/pairs.py``.

Cannot see: fragments longer than both reads together; their pairs are set aside and counted as such.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from proband.core.errors import Problem, ProgramError
from proband.kernels import pairs
from proband.science.amplicon.amplicon import LONGEST
from proband.science.amplicon.fastq import (
    ADAPTER_LEAST,
    ADAPTER_MOST,
    Counter,
    FastqText,
    Filters,
    Records,
    Text,
    UniqueReads,
    kept,
)

if TYPE_CHECKING:
    from proband.science.amplicon.umi import Families


@dataclass(frozen=True, slots=True)
class MergeRule:
    """The least overlap of a pair in bases, and how many of 100 overlapping bases may differ."""

    least_overlap: int = 12
    most_differences: int = 10


def read_unique_pairs(
    first: Path, second: Path, filters: Filters | None = None, rule: MergeRule | None = None, threads: int = 1
) -> UniqueReads:
    """The unique merged reads of a pair of FASTQ files; pairs without overlap are set aside as ``no_overlap``.

    The quality filter is asked of the merged read. Raises ``ProgramError`` for files that can not be used, that
    hold different numbers of records, or whose records do not name the same fragments.
    """
    sources = (FastqText(first, ahead=threads > 1), FastqText(second))
    return unique_of_pairs(sources, filters or Filters(), rule or MergeRule())


def unique_of_pairs(
    sources: tuple[Text, Text], filters: Filters, rule: MergeRule, umi: Families | None = None
) -> UniqueReads:
    """The unique merged reads of two texts, or with `umi` the consensus reads of their families.

    See `read_unique_pairs`.
    """
    one, two = Records(sources[0]), Records(sources[1])
    counter = Counter()
    filtered = dict.fromkeys(("no_bases", "too_long", "low_mean_quality", "no_overlap"), 0)
    reads_in = 0
    while _load_both(one, two):
        n = one.n
        reads_in += n
        _check_names(one, two)
        keys = umi.take(one) if umi else np.empty(0, np.int64)
        for adapter in filters.adapters:
            letters = np.frombuffer(adapter.encode("ascii"), np.uint8)
            for r in (one, two):
                pairs.trim(r.text, r.at, r.length, n, letters, ADAPTER_LEAST, ADAPTER_MOST)
        space = int(one.length[:n].sum() + two.length[:n].sum()) + 1
        text, scores = np.empty(space, np.uint8), np.empty(space, np.uint8)
        to, size = np.empty(n, np.int64), np.empty(n, np.int64)
        room = np.empty((2, int(two.length[:n].max(initial=1))), np.uint8)
        pairs.merge(
            one.text, one.at, one.length, one.quality, two.text, two.at, two.length, two.quality, n,
            rule.least_overlap, rule.most_differences, text, scores, to, size, room,
        )  # fmt: skip
        apart = size < 0
        filtered["no_overlap"] += int(np.count_nonzero(apart))
        keep = kept(scores, to, np.where(apart, LONGEST, size), n, filters, filtered) & ~apart
        if umi:
            umi.add(one, keys, text, to, size, scores, to, keep)
        else:
            counter.add(text, to, size, keep, n)
    if not reads_in:
        raise sources[0].fault("", "no record", "at least one pair of reads", "check that the right files were given")
    digests = tuple(dict.fromkeys(s.digest for s in sources))
    if umi:
        return umi.table(one, reads_in, filtered, digests)
    return counter.table(one, reads_in, filtered, digests)


def _load_both(one: Records, two: Records) -> bool:
    """Load blocks with equal numbers of records; False at the end of both files."""
    loaded = one.load(), two.load()
    if loaded[0] != loaded[1]:
        longer, shorter = (one, two) if loaded[0] else (two, one)
        count = f"more than the {shorter.first} records of {shorter.source.path.name}"
        raise longer.source.fault("", count, "as many records as in the other file", "give the files of one run")
    n = min(one.n, two.n)
    one.drop(n)
    two.drop(n)
    return loaded[0]


def _check_names(one: Records, two: Records) -> None:
    r = pairs.first_disagreement(one.text, one.heads(), two.text, two.heads(), one.n)
    if r >= 0:
        place, name = f"record {two.first + r + 1}", two.source.path.name
        remedy = "give both files of one run, in the order in which the sequencer wrote them"
        found = f"another name than in {one.source.path.name}"
        raise ProgramError([Problem(name, place, found, "the same fragment in both files", remedy)])
