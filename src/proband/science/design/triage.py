"""Which editors could reach each of many single-nucleotide variants: the questions of `spacers`, `pegrnas` and
`nuclease` on arrays; with `coding_tracks`, also which guides have no bystander that changes the protein.

Works on pieces of the list, so that memory does not grow with it. Bases are one bit each (A 1, C 2, G 4, T 8); any
other letter, and what lies past the end of the slice, has no bit and fits nothing.

Cannot see: other variants of the patient, what bystanders do to a transcript that was not given, efficiency,
off-targets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.science.design.coding_tracks import CodingTracks
from proband.science.design.editors import Editor
from proband.science.design.nuclease import WITHIN
from proband.science.design.pegrnas import PrimeRules
from proband.science.design.strands import cut_index
from proband.science.sequence.alphabet import IUPAC

OK, REFERENCE_DIFFERS, NOT_A_SNV, OUTSIDE = 0, 1, 2, 3
STATUS = ("ok", "reference_differs", "not_a_snv", "outside_the_sequence")
PIECE = 2048  # variants at a time: about 2 MB of work space

Bits = NDArray[np.uint8]
_BIT = {"A": 1, "C": 2, "G": 4, "T": 8}
_ENCODE = np.zeros(256, np.uint8)
for _letter, _value in _BIT.items():
    _ENCODE[ord(_letter)] = _ENCODE[ord(_letter.lower())] = _value
_LETTER = {value: letter for letter, value in _BIT.items()}
_PAIR = np.zeros(16, np.uint8)
_PAIR[[1, 2, 4, 8]] = [8, 4, 2, 1]


@dataclass(frozen=True, slots=True)
class Reach:
    """Rows are variants, columns editors.

    `guides` counts guides, prime editing sites or cuts, at most 255; `clean` counts the base editing guides without
    a bystander in the wide window, `silent` those whose bystanders, edited one by one or all together, leave the
    protein and the essential splice bases as they are (both 0 for other editors). `judged` says for which variants
    `silent` could be told: those under a transcript with a protein. `status` indexes ``STATUS``: rows that are not 0
    have no counts.
    """

    editors: tuple[str, ...]
    guides: Bits
    clean: Bits
    status: Bits
    silent: Bits
    judged: NDArray[np.bool_]

    @property
    def reached(self) -> NDArray[np.bool_]:
        """Whether an editor has at least one guide for a variant."""
        return self.guides > 0


def encode(sequence: str | bytes) -> Bits:
    """Letters to one bit each; anything but A, C, G, T (either case) is 0.

    >>> encode("ACGTN").tolist()
    [1, 2, 4, 8, 0]
    """
    raw = sequence.encode("ascii") if isinstance(sequence, str) else sequence
    return _ENCODE[np.frombuffer(raw, np.uint8)]


def reachable(
    genome: str | bytes | Bits,
    start: int,
    positions: Sequence[int] | NDArray[np.int64],
    refs: str | bytes | Bits,
    alts: str | bytes | Bits,
    editors: Iterable[Editor],
    rules: PrimeRules | None = None,
    within: int = WITHIN,
    tracks: CodingTracks | None = None,
) -> Reach:
    """For each variant, how many guides of each editor could put the reference base back in place of `alts`.

    Parameters: `genome` a slice of one contig on the plus strand, `start` the 0-based position of its first base;
    `positions` shape (n,), 0-based; `refs` and `alts` n letters each; `tracks` the codons round the same n variants.
    Arrays of letters must come from ``encode``. Raises ``ValueError`` when the lengths differ.

    >>> from proband.science.design.editors import load_editors
    >>> e = load_editors()
    >>> r = reachable("CCCCCGCCCCCCCCCCCCCCAGGC", 0, [5], "G", "A", [e["ABE8e/SpCas9"], e["BE4max/SpCas9"]])
    >>> r.guides.tolist(), r.clean.tolist()
    ([[1, 0]], [[1, 0]])
    """
    chosen = tuple(editors)
    where = np.asarray(positions, np.int64)
    bases = _encoded(genome)
    ref, alt = _encoded(refs), _encoded(alts)
    if not where.shape == ref.shape == alt.shape:
        raise ValueError(f"{where.size} positions, {ref.size} reference bases, {alt.size} alternate bases")
    status = _status(bases, start, where, ref, alt)
    guides = np.zeros((where.size, len(chosen)), np.uint8)
    clean, silent = np.zeros_like(guides), np.zeros_like(guides)
    plan = _Plan(chosen, rules or PrimeRules(), within, tracks)
    good = np.flatnonzero(status == OK)
    for at in range(0, good.size, PIECE):
        rows = good[at : at + PIECE]
        guides[rows], clean[rows], silent[rows] = plan.count(bases, where[rows] - start, rows, alt[rows], ref[rows])
    judged = tracks.judged & (status == OK) if tracks else np.zeros(where.size, np.bool_)
    silent[~judged] = 0
    return Reach(tuple(e.name for e in chosen), guides, clean, status, silent, judged)


def flank_of(editors: Iterable[Editor], rules: PrimeRules | None = None, within: int = WITHIN) -> int:
    """Bases on either side of a variant that the editors look at; letters further away change nothing.

    >>> from proband.science.design.editors import load_editors
    >>> flank_of([load_editors()["ABE8e/SpCas9"]])
    37
    """
    return _Plan(tuple(editors), rules or PrimeRules(), within).flank


def _encoded(letters: str | bytes | Bits) -> Bits:
    return letters if isinstance(letters, np.ndarray) else encode(letters)


def _status(bases: Bits, start: int, where: NDArray[np.int64], ref: Bits, alt: Bits) -> Bits:
    index = where - start
    inside = (index >= 0) & (index < bases.size)
    found = np.zeros_like(ref)
    found[inside] = bases[index[inside]]
    status = np.full(where.size, OK, np.uint8)
    status[found != ref] = REFERENCE_DIFFERS
    status[(ref == 0) | (alt == 0) | (ref == alt)] = NOT_A_SNV
    status[~inside] = OUTSIDE
    return status


@dataclass(slots=True)
class _Counts:
    """Sums of one piece, rows by editors."""

    guides: NDArray[np.int64]
    clean: NDArray[np.int64]
    silent: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Bystanders:
    """Variants for which one base change is the right one, and running sums along their strand.

    `editable` counts bases of the kind that is changed, `harmful` those that may not be, `pairs` neighbours that may
    not be changed together (counted at the first of the two); the last two are None without tracks.
    """

    rows: NDArray[np.int64]
    editable: NDArray[np.int16]
    harmful: NDArray[np.int16] | None
    pairs: NDArray[np.int16] | None


class _Plan:
    """What to count for a set of editors: how far to look, and each nuclease's PAM once."""

    def __init__(
        self, editors: tuple[Editor, ...], rules: PrimeRules, within: int, tracks: CodingTracks | None = None
    ) -> None:
        self.editors, self.rules, self.within, self.tracks = editors, rules, within, tracks
        far = [e.spacer_length + len(e.pam) + max(e.reach + rules.pbs[0], within + max(e.cut)) for e in editors]
        self.flank = max(far, default=0) + 1
        self.radius = max((e.spacer_length for e in editors if e.conversion), default=0)

    def count(
        self, bases: Bits, index: NDArray[np.int64], which: NDArray[np.int64], present: Bits, wanted: Bits
    ) -> tuple[Bits, Bits, Bits]:
        """Guides, guides without bystanders, and guides with silent ones, of the variants `which` of the list."""
        columns = index[:, None] + np.arange(-self.flank, self.flank + 1)
        inside = (columns >= 0) & (columns < bases.size)
        plus = np.where(inside, bases[np.clip(columns, 0, max(bases.size - 1, 0))], 0).astype(np.uint8)
        plus[:, self.flank] = present
        total = _Counts(*(np.zeros((index.size, len(self.editors)), np.int64) for _ in range(3)))
        for strand in (plus, _PAIR[plus[:, ::-1]]):
            made = wanted if strand is plus else _PAIR[wanted]
            self._strand(np.ascontiguousarray(strand), made, which, strand is plus, total)
        guides, clean, silent = (np.minimum(x, 255).astype(np.uint8) for x in (total.guides, total.clean, total.silent))
        return guides, clean, silent

    def _strand(self, seen: Bits, wanted: Bits, which: NDArray[np.int64], is_plus: bool, total: _Counts) -> None:
        known = _running(seen != 0)
        targets: dict[tuple[str, str, int], NDArray[np.bool_]] = {}
        beside: dict[tuple[str, str], _Bystanders] = {}
        for column, e in enumerate(self.editors):
            key = (e.pam, e.pam_side, e.spacer_length)
            if key not in targets:
                targets[key] = _targets(seen, known, e)
            if e.conversion is not None:
                if e.conversion not in beside:
                    beside[e.conversion] = self._beside(seen, wanted, which, is_plus, e.conversion)
                self._base(column, e, targets[key], beside[e.conversion], total)
            elif e.kind == "prime":
                total.guides[:, column] += self._prime(e, targets[key], known)
            else:
                total.guides[:, column] += self._cuts(e, targets[key])

    def _beside(
        self, seen: Bits, wanted: Bits, which: NDArray[np.int64], is_plus: bool, conversion: tuple[str, str]
    ) -> _Bystanders:
        """The variants that a conversion puts back on this strand, and what it would change round them."""
        source, made = (_BIT[b] for b in conversion)
        rows = np.flatnonzero((seen[:, self.flank] == source) & (wanted == made))
        editable = _running(seen[rows] == source)
        if self.tracks is None:
            return _Bystanders(rows, editable, None, None)
        letters = conversion if is_plus else tuple(_LETTER[int(_PAIR[_BIT[b]])] for b in conversion)
        alone, pairs = self.tracks.harmful(which[rows], self.radius, letters[0], letters[1])
        if not is_plus:
            alone, pairs = alone[:, ::-1], pairs[:, ::-1]
        wide = [np.zeros((rows.size, seen.shape[1]), np.bool_) for _ in range(2)]
        first = self.flank - self.radius
        wide[0][:, first : first + alone.shape[1]] = alone
        wide[0] &= seen[rows] == source
        wide[0][:, self.flank] = False  # the target is no bystander
        wide[1][:, first : first + pairs.shape[1]] = pairs
        return _Bystanders(rows, editable, _running(wide[0]), _running(wide[1]))

    def _base(self, column: int, e: Editor, target: NDArray[np.bool_], beside: _Bystanders, total: _Counts) -> None:
        rows = beside.rows
        low, high = (
            e.wide_window
            if e.pam_after
            else (e.spacer_length + 1 - e.wide_window[1], e.spacer_length + 1 - e.wide_window[0])
        )
        for position in range(e.window[0], e.window[1] + 1):
            start = self.flank - (position - 1 if e.pam_after else e.spacer_length - position)
            first, end = start + low - 1, start + high
            hit = target[rows, start]
            total.guides[rows, column] += hit
            total.clean[rows, column] += hit & (_between(beside.editable, first, end) == 1)
            if beside.harmful is not None and beside.pairs is not None:
                harm = _between(beside.harmful, first, end) + _between(beside.pairs, first, end - 1)
                total.silent[rows, column] += hit & (harm == 0)

    def _prime(self, e: Editor, target: NDArray[np.bool_], known: NDArray[np.int16]) -> NDArray[np.int64]:
        """Sites with at least one whole extension on the edited strand."""
        total = np.zeros(target.shape[0], np.int64)
        need, pbs = 1 + self.rules.homology, self.rules.pbs[0]
        for before in range(e.reach - need + 1):
            nick = self.flank - before
            template = max(self.rules.shortest_template, before + need)
            if template > e.reach:
                continue
            whole = known[:, nick + template] - known[:, nick - pbs] == template + pbs
            total += target[:, nick - e.spacer_length + e.cut[0]] & whole
        return total

    def _cuts(self, e: Editor, target: NDArray[np.bool_]) -> NDArray[np.int64]:
        first = self.flank - self.within - cut_index(0, e)
        near = target[:, first : first + 2 * self.within + 2]
        return np.asarray(near.sum(axis=1), np.int64)


def _running(flags: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Running sums along rows with a leading 0: element j is the number of true columns before j."""
    sums = np.zeros((flags.shape[0], flags.shape[1] + 1), np.int16)
    np.cumsum(flags, axis=1, dtype=np.int16, out=sums[:, 1:])
    return sums


def _between(sums: NDArray[np.int16], first: int, end: int) -> NDArray[np.int16]:
    return sums[:, end] - sums[:, first]


def _targets(seen: Bits, known: NDArray[np.int16], e: Editor) -> NDArray[np.bool_]:
    """Element (i, j): a protospacer of known bases with a fitting, known PAM starts at column j."""
    width, n, length = seen.shape[1], len(e.pam), e.spacer_length
    pam = np.ones((seen.shape[0], width - n + 1), np.bool_)
    for k, code in enumerate(e.pam):
        pattern = np.uint8(sum(_BIT[b] for b in IUPAC[code]))
        pam &= (seen[:, k : width - n + 1 + k] & pattern) != 0
    whole = known[:, length:] - known[:, :-length] == length
    found = np.zeros(seen.shape, np.bool_)
    if e.pam_after:
        last = width - n - length + 1
        found[:, :last] = whole[:, :last] & pam[:, length : length + last]
    else:
        last = width - length + 1
        found[:, n:last] = whole[:, n:last] & pam[:, : last - n]
    return found
