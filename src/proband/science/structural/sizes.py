"""Which sizes of events an assay could have seen, and from which share of alleles on.

Deletions. An amplicon shows a deletion only where bases are left on both sides of it. For a deletion of d bases that
touches the cut, each of the d + 1 places is taken as equally likely; `placements` is the share of them that leaves
`ROOM` bases at both ends of the locus. The limit of detection at d is that of the counts over this share, so that it
holds for deletions placed so; a deletion to one side alone is lost sooner.

Insertions. Reads that begin at random (library ``whole``) show an insertion of s bases with the share
sum(max(0, L - 2 flank - s)) / sum(max(0, L - 2 flank)) over read lengths L of reads with an answer, because both flanks
and the insertion must lie in one read. In an amplicon the longer molecule is amplified and read with less yield, by a
factor that no read tells: then `placements` is not known, and no limit is given.

Cannot see: the length bias of amplification and sequencing. Shorter molecules are favoured, so that an amplicon tells
too many large deletions and too few insertions; only counted molecules (UMIs put on before amplification) or a library
without amplification mend that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proband.kernels.jit import Array
from proband.science.structural.locus import Locus

ROOM = 50
"""Bases at each end of a locus that must be left for a jump to be seen (about 30 matched ones, with errors)."""
SIZES = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000)
LENGTH_BIAS = (
    "Shorter molecules are amplified and read more readily: an amplified library tells too many large deletions and "
    "too few large insertions, by a factor that its reads do not tell."
)


@dataclass(frozen=True, slots=True)
class SizeLimit:
    """One size: the share of its placements (or of reads) in which it is visible, and the limit of detection there.

    `visible` is None where it is not known; `lod` is None where there is none.
    """

    kind: str
    size: int
    visible: float | None
    lod: float | None


def deletion_placements(locus: Locus, size: int) -> float:
    """The share of placements of a deletion of `size` bases touching the cut that leave `ROOM` bases on each side.

    >>> locus = Locus("t", 1000, (500,))
    >>> [round(deletion_placements(locus, d), 2) for d in (50, 400, 500, 900, 901)]
    [1.0, 1.0, 0.8, 0.0, 0.0]
    """
    left, right = min(locus.cuts) - ROOM, locus.length - max(locus.cuts) - ROOM
    low, high = max(0, size - right), min(size, left)
    return max(high - low + 1, 0) / (size + 1)


def largest_deletion(locus: Locus) -> tuple[int, int]:
    """Bases of the largest deletion that can be seen, and of the largest to one side of the cut alone.

    >>> largest_deletion(Locus("t", 1000, (400,)))
    (900, 350)
    """
    left, right = min(locus.cuts) - ROOM, locus.length - max(locus.cuts) - ROOM
    return max(left + right, 0), max(min(left, right), 0)


def insertion_share(lengths: Array, size: int, flank: int) -> float:
    """The share of reads with an answer that would show an insertion of `size` bases, for reads that begin at random.

    >>> insertion_share(np.array([1200, 1200]), 500, 100)
    0.5
    """
    room = np.maximum(lengths - 2 * flank, 0)
    whole = int(room.sum())
    return float(np.maximum(room - size, 0).sum() / whole) if whole else 0.0


def size_limits(
    locus: Locus, lengths: Sequence[Array], amplified: bool, flank: int, limits: dict[str, float | None]
) -> tuple[SizeLimit, ...]:
    """Limits by size; `limits` are those of the counts by event (deletion_up_to_1000, deletion_above_1000, insertion).

    `lengths` are read lengths of the treated samples; `amplified` says that both ends of the molecules were primed.
    """
    every = np.concatenate([np.asarray(x) for x in lengths]) if lengths else np.zeros(0, np.int64)
    made = []
    for size in SIZES:
        if size >= locus.length:
            break
        event = "deletion_up_to_1000" if size <= 1000 else "deletion_above_1000"
        visible = deletion_placements(locus, size) if len(every) else 0.0
        made.append(SizeLimit("deletion", size, visible, _over(limits.get(event), visible)))
    for size in SIZES:
        if amplified or size > (every.max() if len(every) else 0):
            break
        share = insertion_share(every, size, flank)
        made.append(SizeLimit("insertion", size, share, _over(limits.get("insertion"), share)))
    return tuple(made)


def _over(limit: float | None, share: float) -> float | None:
    if limit is None or share <= 0 or limit / share >= 1:
        return None
    return limit / share
