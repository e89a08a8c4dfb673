"""Errors of the read simulator: polymerase errors shared within a family, slippage, and errors by quality.

- Amplification is perfect doubling. Each read goes back over `cycles` cycles to one molecule; in each cycle its strand
  is with probability 1/2 a new copy. Reads of a molecule that share a strand share its errors, so early errors are
  seen in a large part of a family (Kivioja et al. 2012, Nature Methods 9:72-74, on molecules and their copies).
- Slippage: a copy gains or loses one base of a run with a probability that grows with its length; losses are the
  more frequent (Clarke et al. 2001, Gene 279:143-153, on polymerase and run length). The growth is a setting, not
  a measured figure.
- A base of quality Q is wrong with probability 10^(-Q/10) (Ewing and Green 1998, Genome Research 8:186-194), and
  each wrong base is as likely as another.

Cannot see: DNA damage, sequence-specific errors, errors of quality scores themselves, efficiency below doubling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

LOSS_SHARE = 0.7
"""Share of slippage events that lose a base (dimensionless; a setting of the simulator)."""

Events = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class QualityModel:
    """Qualities (Phred) by cycle and read: a falling mean, scatter within a read and between reads.

    `bins`: when given, each quality is lowered to the next of these values, as current instruments do.
    """

    first: float = 37.0
    last: float = 33.0
    spread: float = 3.0
    read_spread: float = 1.5
    lowest: int = 2
    highest: int = 41
    bins: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.lowest <= self.highest <= 60:
            raise ValueError("qualities must satisfy 0 <= lowest <= highest <= 60")
        if self.bins and min(self.bins) > self.lowest:
            raise ValueError("the smallest bin must not lie above the lowest quality")


def quality_table(model: QualityModel, length: int) -> NDArray[np.int16]:
    """Qualities by cycle (rows) and byte of chance (256 columns), before the shift of the read and the limits.

    >>> quality_table(QualityModel(first=30, last=30, spread=0), 2)[:, 0].tolist()
    [30, 30]
    """
    at = np.arange(length) / max(length - 1, 1)
    mean = model.first + (model.last - model.first) * at**2
    deviate = special.ndtri((np.arange(256) + 0.5) / 256)
    table: NDArray[np.int16] = np.rint(mean[:, None] + model.spread * deviate[None, :]).astype(np.int16)
    return table


def draw_qualities(
    model: QualityModel, table: NDArray[np.int16], shift: NDArray[np.int16], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Qualities of a block of reads; `shift` holds one value per read (Phred). Returns reads x cycles."""
    cycles = table.shape[0]
    chance = rng.integers(0, 256, (shift.size, cycles), dtype=np.uint8)
    flat = table.ravel()[chance + (np.arange(cycles, dtype=np.int32) * 256)[None, :]]
    drawn: NDArray[np.uint8] = np.clip(flat + shift[:, None], model.lowest, model.highest).astype(np.uint8)
    if not model.bins:
        return drawn
    bins = np.array(sorted(model.bins), dtype=np.uint8)
    lowered: NDArray[np.uint8] = bins[np.searchsorted(bins, np.arange(256), side="right") - 1]
    binned: NDArray[np.uint8] = lowered[drawn]
    return binned


def add_sequencing_errors(
    codes: NDArray[np.uint8], qualities: NDArray[np.uint8], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Change bases (codes 0 to 3, in place) with probability 10^(-Q/10); returns the flat places that changed.

    >>> codes = np.zeros((1, 4), dtype=np.uint8)
    >>> add_sequencing_errors(codes, np.zeros((1, 4), dtype=np.uint8), np.random.default_rng(1)).size
    4
    """
    limit = np.minimum(10.0 ** (-np.arange(256) / 10) * 2.0**32, 2.0**32 - 1).astype(np.uint32)
    chance = rng.integers(0, 2**32, codes.shape, dtype=np.uint32)
    wrong = np.flatnonzero(chance < limit[qualities])
    flat = codes.reshape(-1)
    flat[wrong] = (flat[wrong] + rng.integers(1, 4, wrong.size, dtype=np.uint8)) % 4
    return wrong


def runs_of(sequence: str, shortest: int) -> list[tuple[int, int]]:
    """Start and length of each run of one base that is at least `shortest` long.

    >>> runs_of("ACCCCGTT", 2)
    [(1, 4), (6, 2)]
    """
    found, start = [], 0
    for i in range(1, len(sequence) + 1):
        if i == len(sequence) or sequence[i] != sequence[start]:
            if i - start >= shortest:
                found.append((start, i - start))
            start = i
    return found


def slipped(sequence: str, changes: dict[tuple[int, int], int]) -> str:
    """The sequence with runs (start, length) lengthened or shortened; a run keeps at least one base.

    >>> slipped("ACCCCG", {(1, 4): -1}), slipped("ACCCCG", {(1, 4): 2})
    ('ACCCG', 'ACCCCCCG')
    """
    for (start, length), change in sorted(changes.items(), reverse=True):
        kept = max(length + change, 1)
        sequence = sequence[:start] + sequence[start] * kept + sequence[start + length :]
    return sequence


def copy_events(
    molecule: NDArray[np.int64] | None, reads: int, cycles: int, per_copy: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Events that befall copies, as (event number, read): an event is told for each read that inherits it.

    `per_copy` is the expected number of events on one new strand. `molecule` (one id per read) makes reads of a
    molecule share strands; None means that every read has a molecule of its own.
    """
    if molecule is None:
        copies = rng.binomial(cycles, 0.5, reads) if cycles else np.zeros(reads, dtype=np.int64)
        read = np.repeat(np.arange(reads), rng.poisson(copies * per_copy))
        return np.arange(read.size), read
    strand = molecule.astype(np.int64) << cycles
    events, inherited, told = [], [], 0
    for cycle in range(cycles - 1, -1, -1):
        copied = rng.random(reads) < 0.5
        strand |= copied.astype(np.int64) << cycle
        order = np.argsort(strand, kind="stable")
        begin = np.flatnonzero(np.diff(strand[order], prepend=-1))
        end = np.append(begin[1:], reads)
        new = np.flatnonzero(copied[order[begin]])
        hit = new[rng.integers(0, new.size, rng.poisson(new.size * per_copy))] if new.size else new
        sizes = end[hit] - begin[hit]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        inherited.append(order[np.repeat(begin[hit], sizes) + within])
        events.append(np.repeat(np.arange(hit.size) + told, sizes))
        told += hit.size
    if not events:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    return np.concatenate(events), np.concatenate(inherited)


def polymerase_substitutions(
    molecule: NDArray[np.int64] | None,
    lengths: NDArray[np.int64],
    cycles: int,
    per_base: float,
    rng: np.random.Generator,
) -> Events:
    """Substitutions of amplification as (read, position in the molecule, shift of the base 1 to 3), sparse.

    `lengths`: bases of the molecule of each read; `per_base`: errors per base and copy.
    """
    longest = int(lengths.max(initial=0))
    event, read = copy_events(molecule, lengths.size, cycles, per_base * longest, rng)
    count = int(event.max(initial=-1)) + 1
    position = rng.integers(0, max(longest, 1), count)[event]
    shift = rng.integers(1, 4, count)[event]
    kept = position < lengths[read]
    return read[kept], position[kept], shift[kept]


def slippage_events(
    molecule: NDArray[np.int64] | None,
    template: NDArray[np.int64],
    chances: list[NDArray[np.float64]],
    cycles: int,
    rng: np.random.Generator,
) -> Events:
    """Slips as (read, number of the run in its template, +1 or -1), sparse.

    `chances`: for each template, the probability of a slip per copy of each of its runs.
    """
    totals = np.array([c.sum() for c in chances])
    most = float(totals.max(initial=0.0))
    if not most or not cycles:
        none = np.empty(0, dtype=np.int64)
        return none, none, none
    event, read = copy_events(molecule, template.size, cycles, most, rng)
    count = int(event.max(initial=-1)) + 1
    place = (rng.random(count) * most)[event]
    step = np.where(rng.random(count) < LOSS_SHARE, -1, 1)[event]
    run = np.full(read.size, -1, dtype=np.int64)
    of = template[read]
    for one in np.unique(of):
        here = np.flatnonzero(of == one)
        bounds = np.cumsum(chances[one])
        number = np.searchsorted(bounds, place[here], side="right")
        run[here] = np.where(number < bounds.size, number, -1)
    kept = run >= 0
    return read[kept], run[kept], step[kept]
