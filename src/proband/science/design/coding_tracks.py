"""Which single bases of a transcript can be changed without changing its protein, for many positions at once.

The codons are those of the reference, taken from each transcript's own sequence: the question is what a bystander
edit does once the target has been put back. A base is harmful when the edit changes the residue or the stop, when it
lies in the start codon, when it is one of the two outermost bases of an intron (Sequence Ontology SO:0001574 and
SO:0001575), or when its codon is not whole or not known. Two neighbouring bases of one codon may each be silent and
harmful together: TAA to TGA or TAG is silent, TAA to TGG is not. In both genetic codes that proband reads these are
always the second and the third base; a test goes through all codons.

Cannot see: splice regulation, codon usage, RNA structure, other transcripts, and pairs of bases of one codon that an
intron parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from proband.science.design.consequence import ESSENTIAL
from proband.science.sequence.alphabet import CODON_TABLES
from proband.science.sequence.transcripts import Transcript

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

_CODE = np.full(256, 4, np.int64)
for _value, _letter in enumerate("ACGT"):
    _CODE[ord(_letter)] = _value
_SHIFT = 36  # bits for a position; contigs are shorter than 2^36 bases


@cache
def _residues() -> dict[int, NDArray[np.int8]]:
    """By codon table, the residue of each codon, numbered with A, C, G, T as digits to base 4; 64 is not known."""
    codons = [a + b + c for a in "ACGT" for b in "ACGT" for c in "ACGT"]
    return {
        number: np.array([*(ord(table.residues[codon]) for codon in codons), -1], np.int8)
        for number, table in CODON_TABLES.items()
    }


class CodingTracks:
    """The reference codons round many positions, each under one transcript.

    Parameters: `transcripts`; `which` shape (n,), for each position the index of its transcript, -1 for none;
    `positions` shape (n,), 0-based on the transcript's contig.

    >>> t = Transcript("T1", "G", "c1", "+", ((0, 12),), 0, 12, "ATGGCAAAATAA")
    >>> tracks = CodingTracks([t], np.array([0]), np.array([5]))
    >>> tracks.harmful(np.array([0]), 4, "A", "G")[0].astype(int).tolist()
    [[0, 0, 0, 0, 0, 1, 1, 0, 0]]
    """

    def __init__(self, transcripts: Sequence[Transcript], which: Ints, positions: Ints) -> None:
        self.which, self.positions = np.asarray(which, np.int64), np.asarray(positions, np.int64)
        coding = np.array([t.is_coding and bool(t.protein()) for t in transcripts] + [False])
        self.judged: Bools = coding[self.which]
        keys, ends, before = [], [], []
        for i, t in enumerate(transcripts):
            total = 0
            for start, end in t.exons:
                keys.append((i << _SHIFT) + start)
                ends.append(end)
                before.append(total)
                total += end - start
        self._keys, self._ends, self._before = (np.array(x, np.int64) for x in (keys, ends, before))
        spans = [t.coding_span if t.is_coding else (0, 0) for t in transcripts]
        self._first, self._last = (np.array([s[k] for s in spans], np.int64) for k in (0, 1))
        self._frame = self._first + np.array([t.phase for t in transcripts], np.int64)
        self._plus = np.array([t.strand == "+" for t in transcripts], np.bool_)
        self._complete = np.array([t.start_complete for t in transcripts], np.bool_)
        lengths = np.array([len(t.sequence) for t in transcripts], np.int64)
        self._length, self._offset = lengths, np.cumsum(lengths) - lengths
        letters = "".join(t.sequence for t in transcripts).encode("ascii")
        self._bases = np.append(_CODE[np.frombuffer(letters, np.uint8)].astype(np.int8), np.int8(4))
        self._tables = np.array([t.codon_table.number for t in transcripts], np.int64)

    def harmful(self, rows: Ints, radius: int, source: str, made: str) -> tuple[Bools, Bools]:
        """For each row, whether changing `source` to `made` (plus strand) is harmful at each base round it.

        The first array has the shape (rows, 2 radius + 1), the position in the middle; an exon's base that is not
        `source` is not harmful, an essential base of an intron is, whatever its letter. The second, one column
        shorter, says whether a base and the next one are silent alone and harmful
        together. Rows without a protein to judge by are all False: ask `judged`.
        """
        t = np.repeat(self.which[rows], 2 * radius + 1)
        at = (self.positions[rows][:, None] + np.arange(-radius, radius + 1)).ravel()
        shape = (len(rows), 2 * radius + 1)
        alone, pair = np.zeros(at.size, np.bool_), np.zeros(shape, np.bool_)
        mine = np.flatnonzero(self.judged[rows].repeat(shape[1]))
        index, essential = self._locate(t[mine], at[mine])
        alone[mine[essential]] = True
        coding = np.flatnonzero((index >= self._first[t[mine]]) & (index < self._last[t[mine]]))
        mine, index, t = mine[coding], index[coding], t[mine[coding]]
        changes = self._changes(t, index, source, made)
        alone[mine] |= changes[0]
        pair.ravel()[mine[changes[1]]] = True
        left = pair[:, :-1] & pair[:, 1:] if pair.size else pair[:, :-1]
        return alone.reshape(shape), left

    def _locate(self, t: Ints, at: Ints) -> tuple[Ints, Bools]:
        """Index in the spliced transcript, -1 outside of exons; and whether it is an essential base of an intron."""
        if not t.size:
            return t, np.zeros(0, np.bool_)
        exon = np.searchsorted(self._keys, (t << _SHIFT) + at, side="right") - 1
        known = (exon >= 0) & (self._keys[exon] >> _SHIFT == t)
        start = self._keys[exon] & ((1 << _SHIFT) - 1)
        inside = known & (at < self._ends[exon])
        along = self._before[exon] + at - start
        index = np.where(inside, np.where(self._plus[t], along, self._length[t] - 1 - along), -1)
        after = np.minimum(exon + 1, self._keys.size - 1)
        intron = known & ~inside & (after > exon) & (self._keys[after] >> _SHIFT == t)
        depth = np.minimum(at - self._ends[exon] + 1, (self._keys[after] & ((1 << _SHIFT) - 1)) - at)
        return index, intron & (depth <= ESSENTIAL)

    def _changes(self, t: Ints, index: Ints, source: str, made: str) -> tuple[Bools, Bools]:
        """Harmful alone; and silent alone, but harmful together with the second or third base of the codon."""
        plus = self._plus[t]
        old = np.where(plus, _CODE[ord(source)], 3 - _CODE[ord(source)])
        new = np.where(plus, _CODE[ord(made)], 3 - _CODE[ord(made)])
        number, place = np.divmod(index - self._frame[t], 3)
        first = self._frame[t] + 3 * number
        digits = [self._digit(t, first + k) for k in range(3)]
        whole = (number >= 0) & (first + 3 <= self._last[t]) & (np.maximum.reduce(digits) < 4)
        codon = np.where(whole, 16 * digits[0] + 4 * digits[1] + digits[2], 64)
        here = np.choose(place, digits) == old
        step = new - old
        once = np.where(whole, codon + step * 4 ** (2 - place), 64)
        silent = whole & self._same(t, codon, np.where(here, once, codon))
        silent &= ~((number == 0) & self._complete[t])
        both = whole & (digits[1] == old) & (digits[2] == old)
        together = both & ~self._same(t, codon, np.where(both, codon + 5 * step, codon))
        return here & ~silent, here & silent & together & (place > 0)

    def _digit(self, t: Ints, index: Ints) -> Ints:
        fine = (index >= 0) & (index < self._length[t])
        return np.where(fine, self._bases[np.where(fine, self._offset[t] + index, -1)], 4).astype(np.int64)

    def _same(self, t: Ints, codon: Ints, other: Ints) -> Bools:
        """Whether two codons give the same residue; codons that are not known never do."""
        same = np.zeros(codon.shape, np.bool_)
        for number, residues in _residues().items():
            rows = self._tables[t] == number
            same[rows] = (residues[codon[rows]] == residues[other[rows]]) & (codon[rows] < 64)
        return same
