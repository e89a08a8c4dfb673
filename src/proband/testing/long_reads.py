"""Long reads whose truth is known: alleles with large events, junctions between places, errors as of nanopores.

    alleles -> molecules -> reads (whole molecule, from a primer on, or any stretch) -> errors -> strand -> FASTQ

Errors: each base is wrong with a chance that adds to the stated rate over the read. In runs of four bases and more the
chance grows with the run and the error is a gained or lost base of the run, as nanopore reads show (Delahaye and
Nicolas, PLoS ONE 2021;16:e0257521, recalled); the growth is a setting, not a measured figure. Elsewhere 45 % of errors
are substitutions, 30 % lost and 25 % gained bases.

Cannot see: errors that depend on the sequence otherwise, length bias of amplification, adapters, basecallers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.testing.alleles import reverse_complement

Codes = NDArray[np.uint8]
RUN, GROWTH = 4, 0.6
"""Bases of a run from which its own errors are drawn, and what each further base adds to their chance."""
_LETTERS = np.frombuffer(b"ACGT", np.uint8)


@dataclass(frozen=True, slots=True)
class LargeAllele:
    """One allele: what it is, its sequence, its share of molecules, and where the event lies (0-based, half-open)."""

    kind: str
    sequence: str
    fraction: float
    start: int = 0
    end: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class LongDesign:
    """How reads come about: alleles with shares adding to 1, number, error rate, library, and its lengths.

    `library` is ``amplicon`` (whole molecules), ``anchored`` (from the first base on) or ``whole`` (any stretch);
    `mean_length` and `spread` (of the logarithm) hold for the two last. `truncated` is the share of amplicon reads that
    stop early; `fold_back` the share that run back on their own other strand; `copies` reads of each molecule with a
    UMI of `umi_length` bases in the name. Raises ``ValueError`` for shares that do not add to 1.
    """

    alleles: tuple[LargeAllele, ...]
    reads: int
    error: float = 0.03
    library: str = "amplicon"
    mean_length: int = 3000
    spread: float = 0.4
    truncated: float = 0.0
    fold_back: float = 0.0
    copies: int = 1
    umi_length: int = 0
    name: str = "read"

    def __post_init__(self) -> None:
        if abs(sum(a.fraction for a in self.alleles) - 1) > 1e-9:
            raise ValueError("the shares of the alleles must add to 1")
        if self.library not in ("amplicon", "anchored", "whole") or not 0 <= self.error < 0.5:
            raise ValueError("library is amplicon, anchored or whole, the error rate below 0.5")


def random_sequence(length: int, seed: int) -> str:
    """A sequence of independent bases.

    >>> len(random_sequence(50, 1))
    50
    """
    return _LETTERS[np.random.default_rng(seed).integers(0, 4, length)].tobytes().decode()


def deletion(locus: str, start: int, end: int, fraction: float) -> LargeAllele:
    """The locus without the bases from `start` to `end`.

    >>> deletion("AACCGG", 2, 4, 0.1).sequence
    'AAGG'
    """
    return LargeAllele("deletion", locus[:start] + locus[end:], fraction, start, end, end - start)


def insertion(locus: str, at: int, bases: str, fraction: float) -> LargeAllele:
    """The locus with foreign bases at a boundary.

    >>> insertion("AACC", 2, "TTT", 0.1).sequence
    'AATTTCC'
    """
    return LargeAllele("insertion", locus[:at] + bases + locus[at:], fraction, at, at, len(bases))


def inversion(locus: str, start: int, end: int, fraction: float) -> LargeAllele:
    """The locus with a stretch turned.

    >>> inversion("AACAGG", 2, 4, 0.1).sequence
    'AATGGG'
    """
    turned = reverse_complement(locus[start:end])
    return LargeAllele("inversion", locus[:start] + turned + locus[end:], fraction, start, end, end - start)


def junction(target: str, cut: int, site: str, site_cut: int, sides: tuple[str, str], fraction: float) -> LargeAllele:
    """The target joined with a site; `sides` says what each keeps of its cut: left or right.

    >>> junction("AAAACC", 4, "GGTTTT", 2, ("left", "right"), 0.1).sequence
    'AAAATTTT'
    """
    kept = target[:cut] if sides[0] == "left" else reverse_complement(target[cut:])
    other = site[site_cut:] if sides[1] == "right" else reverse_complement(site[:site_cut])
    return LargeAllele("junction", kept + other, fraction, cut, site_cut)


def with_rest(locus: str, alleles: Sequence[LargeAllele] = ()) -> tuple[LargeAllele, ...]:
    """The unchanged locus as the rest, first; raises ``ValueError`` for shares above 1.

    >>> [a.kind for a in with_rest("ACGT", [deletion("ACGT", 1, 2, 0.2)])]
    ['no_event', 'deletion']
    """
    rest = 1.0 - math.fsum(a.fraction for a in alleles)
    if rest < -1e-9:
        raise ValueError("the shares add to more than 1")
    return (LargeAllele("no_event", locus, max(rest, 0.0)), *alleles)


def codes_of(sequence: str) -> Codes:
    """Codes 0 to 3 of a sequence of A, C, G, T.

    >>> codes_of("ACGT").tolist()
    [0, 1, 2, 3]
    """
    return np.searchsorted(_LETTERS, np.frombuffer(sequence.encode("ascii"), np.uint8)).astype(np.uint8)


def with_errors(codes: Codes, rate: float, rng: np.random.Generator) -> Codes:
    """A read of a molecule with errors at the stated rate on average.

    >>> with_errors(codes_of("ACGT"), 0.0, np.random.default_rng(1)).tolist()
    [0, 1, 2, 3]
    """
    n = codes.size
    if not n or not rate:
        return codes
    begins = np.flatnonzero(np.diff(codes, prepend=255))
    lengths = np.diff([*begins, n])
    run = np.repeat(lengths, lengths)
    weight = 1 + GROWTH * np.maximum(run - RUN + 1, 0)
    wrong = rng.random(n) < rate * weight / weight.mean()
    kind = rng.random(n)
    in_run = run >= RUN
    changed = wrong & ~in_run & (kind < 0.45)
    lost = wrong & np.where(in_run, kind < 0.6, (kind >= 0.45) & (kind < 0.75))
    gained = wrong & np.where(in_run, kind >= 0.6, kind >= 0.75)
    made = np.where(changed, (codes + rng.integers(1, 4, n)) % 4, codes).astype(np.uint8)
    count = np.where(lost, 0, np.where(gained, 2, 1))
    out = np.repeat(made, count)
    second = np.cumsum(count)[gained & ~in_run] - 1
    out[second] = rng.integers(0, 4, second.size)
    return out


@dataclass(frozen=True, slots=True)
class LongReads:
    """Simulated reads as codes, the allele of each (index), and the FASTQ text."""

    design: LongDesign
    reads: tuple[Codes, ...]
    allele: tuple[int, ...]
    fastq: bytes

    def count(self, kind: str) -> int:
        """Reads of alleles of a kind."""
        return sum(self.design.alleles[k].kind == kind for k in self.allele)


def simulate_long_reads(design: LongDesign, seed: int) -> LongReads:
    """The reads of a design.

    >>> made = simulate_long_reads(LongDesign(with_rest("ACGT" * 100), 3, error=0.0), 1)
    >>> len(made.reads), made.count("no_event"), made.fastq.count(b"@read")
    (3, 3, 3)
    """
    rng = np.random.default_rng(seed)
    shares = np.array([a.fraction for a in design.alleles])
    molecules = -(-design.reads // design.copies)
    drawn = np.repeat(rng.choice(shares.size, molecules, p=shares / shares.sum()), design.copies)[: design.reads]
    held = [codes_of(a.sequence) for a in design.alleles]
    reads, text, umi, span = [], [], "", (0, 0)
    for number, k in enumerate(drawn.tolist()):
        if number % design.copies == 0:
            span = _span(design, held[k].size, rng)
            umi = "_" + _LETTERS[rng.integers(0, 4, design.umi_length)].tobytes().decode() if design.umi_length else ""
        piece = held[k][span[0] : span[1]]
        if rng.random() < design.fold_back:
            piece = np.concatenate([piece, (3 - piece)[::-1]])
        elif rng.random() < design.truncated:
            piece = piece[: int(rng.integers(1, piece.size + 1))]
        read = with_errors(piece, design.error, rng)
        if design.library != "anchored" and rng.random() < 0.5:
            read = (3 - read)[::-1].astype(np.uint8)
        reads.append(read)
        text.append(
            b"@%b:%d%b\n%b\n+\n%b\n"
            % (design.name.encode(), number, umi.encode(), _LETTERS[read].tobytes(), b"5" * read.size)
        )
    return LongReads(design, tuple(reads), tuple(drawn.tolist()), b"".join(text))


def _span(design: LongDesign, size: int, rng: np.random.Generator) -> tuple[int, int]:
    """The part of a molecule that is read."""
    if design.library == "amplicon":
        return 0, size
    length = max(int(design.mean_length * math.exp(design.spread * rng.standard_normal())), 50)
    if design.library == "anchored":
        return 0, min(length, size)
    start = int(rng.integers(-length + 1, size))
    return max(start, 0), min(start + length, size)
