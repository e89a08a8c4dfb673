"""Base codes of stretches of a packed genome.

Cannot see: which letter a base that is no A, C, G, T was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from proband.science.offtarget.search import Planes


class StoredBases:
    """Contigs held as bit planes; ``planes_of`` gives those of a contig when they are asked for."""

    def __init__(self, lengths: dict[str, int], planes_of: Callable[[str], Planes]) -> None:
        self.names: Sequence[str] = tuple(lengths)
        self._lengths, self._planes_of = lengths, planes_of

    @classmethod
    def of_store(cls, store: Any) -> StoredBases:
        """The contigs of a packed genome (``genome_store.GenomeStore``)."""
        by_name = {c.name: c for c in store.contigs}
        return cls({n: c.length for n, c in by_name.items()}, lambda name: store.planes(by_name[name]))

    def length(self, contig: str) -> int:
        """Bases of a contig."""
        return self._lengths[contig]

    def planes(self, contig: str) -> Planes:
        """The bit planes of a contig."""
        return self._planes_of(contig)

    def codes(self, contig: str, start: int, end: int) -> npt.NDArray[np.uint8]:
        """Base codes of [start, end), cut at the contig's ends.

        >>> from proband.science.offtarget.search import codes_of, planes_of
        >>> StoredBases({"c": 6}, lambda name: planes_of(codes_of("ACGTNA"))).codes("c", 1, 6).tolist()
        [1, 2, 3, 4, 0]
        """
        start, end = max(0, start), min(end, self._lengths[contig])
        if end <= start:
            return np.zeros(0, np.uint8)
        planes, first = self._planes_of(contig), start // 64
        words = slice(first, (end + 63) // 64)

        def bits(plane: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
            part = np.ascontiguousarray(plane[words]).astype("<u8").view(np.uint8)
            return np.unpackbits(part, bitorder="little")[start - first * 64 : end - first * 64]

        codes = 2 * bits(planes.high) + bits(planes.low)
        return np.where(bits(planes.other), np.uint8(4), codes).astype(np.uint8)

    def letters(self, contig: str, start: int, end: int) -> str:
        """Letters of [start, end), N for any other letter, cut at the contig's ends."""
        return "".join("ACGTN"[c] for c in self.codes(contig, start, end))
