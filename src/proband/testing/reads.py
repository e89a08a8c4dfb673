"""Reads whose truth is known: molecules are drawn, amplified, mixed up and read, each step with a stated chance.

    alleles -> molecules (as many as the DNA held) -> families (negative binomial) -> polymerase errors and slippage
    -> chimeras, primer dimers -> reads that hop to another sample of the run -> errors by quality, N -> FASTQ

Family sizes are Gamma-Poisson given their total, that is negative binomial. Everything follows from the design and
the seed; another version of NumPy may draw otherwise (NEP 19), so a truth file holds digests of the text.

Cannot see: errors that depend on sequence, DNA damage, strand bias, optical duplicates, phasing. A method that is
calibrated here is calibrated under these assumptions and no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from proband.testing.alleles import Allele
from proband.testing.read_drawing import LETTERS, Block, draw_block, template_table
from proband.testing.read_errors import QualityModel
from proband.testing.read_templates import NORMAL, Plan, Templates, plan_of

CHUNK = 16_384
"""Reads that are drawn at once; part of what the seed means."""


@dataclass(frozen=True, slots=True)
class ReadDesign:
    """How the reads of one site in one sample come about.

    - `alleles`: shares adding to 1, wild type first; `reads`: clusters made from the library (before hopping);
    - `molecules`: genomes in the reaction, None for one molecule to each read; `family_shape`: shape of the
      negative binomial of family sizes (large: nearly Poisson);
    - `cycles`, `polymerase_error` (per base and copy), `slippage` (per copy, in a run of `slippage_from` bases;
      times `slippage_growth` for each further base);
    - `quality`: None gives reads without sequencing errors; `low_quality`: share of reads 15 Phred worse; `n_rate`:
      share of bases not called;
    - `read_length`: None reads whole fragments (as after merging), else adapters follow short fragments; `paired`;
    - `umi_length`, `umi_place`: ``header`` or ``prefix`` (in front of read 1);
    - `dimers`, `chimeras`: shares of reads; `primer_length`: bases of each end that a primer gives.

    Raises ``ValueError`` with all that is wrong.
    """

    alleles: tuple[Allele, ...]
    reads: int
    sample: str = "sample"
    site: str = "site"
    molecules: int | None = None
    family_shape: float = 2.0
    cycles: int = 0
    polymerase_error: float = 0.0
    slippage: float = 0.0
    slippage_from: int = 6
    slippage_growth: float = 1.5
    quality: QualityModel | None = field(default_factory=QualityModel)
    low_quality: float = 0.0
    n_rate: float = 0.0
    read_length: int | None = None
    paired: bool = False
    umi_length: int = 0
    umi_place: str = "header"
    umi_quality: int = 35
    dimers: float = 0.0
    chimeras: float = 0.0
    primer_length: int = 20

    def __post_init__(self) -> None:
        wrong = []
        if not self.alleles or abs(sum(a.fraction for a in self.alleles) - 1) > 1e-9:
            wrong.append("the shares of the alleles must add to 1")
        shares = ("polymerase_error", "slippage", "low_quality", "n_rate", "dimers", "chimeras")
        wrong += [f"{n} must lie between 0 and 1" for n in shares if not 0 <= getattr(self, n) <= 1]
        if self.dimers + self.chimeras > 1:
            wrong.append("dimers and chimeras together must not exceed 1")
        counts = ("reads", "cycles", "umi_length")
        wrong += [f"{n} must not be negative" for n in counts if getattr(self, n) < 0]
        if self.molecules is not None and self.molecules < 1:
            wrong.append("molecules must be at least 1")
        if self.cycles > 40 or self.family_shape <= 0 or self.slippage_growth < 1:
            wrong.append("at most 40 cycles, family_shape above 0, slippage_growth at least 1")
        if self.paired and self.read_length is None:
            wrong.append("paired reads need a read_length")
        if self.umi_place not in ("header", "prefix"):
            wrong.append("umi_place is header or prefix")
        if self.read_length is not None and self.read_length <= (self.umi_length if self.umi_place == "prefix" else 0):
            wrong.append("read_length must exceed the UMI")
        if not all(n and set(n) <= _NAME for n in (self.sample, self.site)):
            wrong.append("names of sample and site are letters, digits, hyphen and underscore")
        if wrong:
            raise ValueError("; ".join(wrong))


_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


@dataclass(frozen=True, slots=True)
class AlleleTruth:
    """What is true of one allele in one sample: its share, molecules drawn, molecules seen, reads that stayed.

    `reads_in` came from other samples of the run; an allele that the design does not have, but of which reads came
    in, has a row of its own. Chimeras and dimers belong to no allele.
    """

    allele: str
    kind: str
    fraction: float
    molecules: int
    molecules_seen: int
    reads: int
    reads_in: int


@dataclass(frozen=True, slots=True)
class SimulatedSample:
    """The reads of one site in one sample, drawn when asked for, and what is true of them."""

    design: ReadDesign
    truth: tuple[AlleleTruth, ...]
    plan: Plan
    templates: Templates
    key: tuple[int, ...]

    @property
    def size(self) -> int:
        """Reads in the file, hopped ones included."""
        return int(self.plan.template.size)

    @property
    def hopped_in(self) -> int:
        """Reads that belong to another sample of the run."""
        return int((self.plan.source != self.plan.own).sum())

    def blocks(self) -> Iterator[Block]:
        """All reads, block by block; the same at each call."""
        tables = [template_table(self.templates, self.design, mate) for mate in range(2 if self.design.paired else 1)]
        for number, first in enumerate(range(0, self.size, CHUNK)):
            rng = np.random.default_rng([*self.key, number])
            yield draw_block(self.design, self.plan, tables, first, min(first + CHUNK, self.size), rng)

    def sequences(self) -> list[str]:
        """The sequences of read 1, in the order of the file.

        >>> from proband.testing.alleles import mixture
        >>> design = ReadDesign(mixture("ACGTACGTAC" * 6), 3, quality=None)
        >>> set(simulate_reads(design, seed=1).sequences()) == {"ACGTACGTAC" * 6}
        True
        """
        return [
            LETTERS[row[:n]].tobytes().decode()
            for block in self.blocks()
            for row, n in zip(block.codes[0], block.lengths[0], strict=True)
        ]

    def reads_of(self, kind: str) -> int:
        """Own reads of all alleles of a kind (`alleles.KINDS`) that stayed in this sample."""
        return sum(t.reads for t in self.truth if t.kind == kind)


def simulate_reads(design: ReadDesign, seed: int) -> SimulatedSample:
    """One sample by itself: nothing hops in or out.

    >>> from proband.testing.alleles import base_edits, mixture
    >>> amplicon = "GTCATCAGTTACGATTGGCATTACCGGA"
    >>> alleles = mixture(amplicon, base_edits(amplicon, "ACGATT", "G", {1: 0.4}, target=1))
    >>> sample = simulate_reads(ReadDesign(alleles, 1000, molecules=300), seed=1)
    >>> sum(t.reads for t in sample.truth), sum(t.molecules for t in sample.truth)
    (1000, 300)
    """
    return simulate_run([design], 0.0, seed)[0]


def simulate_run(designs: Sequence[ReadDesign], hopping: float, seed: int) -> tuple[SimulatedSample, ...]:
    """The samples of one run. A read of a site hops with chance `hopping` to another sample that has the site.

    Raises ``ValueError`` for a chance outside 0 to 1, or a sample that has a site twice.
    """
    if not 0 <= hopping <= 1:
        raise ValueError("hopping must lie between 0 and 1")
    if len({(d.sample, d.site) for d in designs}) < len(designs):
        raise ValueError("a sample has a site twice")
    made: dict[int, SimulatedSample] = {}
    for site in dict.fromkeys(d.site for d in designs):
        members = [i for i, d in enumerate(designs) if d.site == site]
        for i, sample in zip(members, _one_site(designs, members, hopping, seed), strict=True):
            made[i] = sample
    return tuple(made[i] for i in range(len(designs)))


def _one_site(designs: Sequence[ReadDesign], members: list[int], hopping: float, seed: int) -> list[SimulatedSample]:
    """Plans of all samples of a site, exchanged and shuffled."""
    templates = Templates()
    plans = [plan_of(designs[i], templates, own, np.random.default_rng([seed, i, 0])) for own, i in enumerate(members)]
    count = len(members)
    going = []
    for own, i in enumerate(members):
        rng = np.random.default_rng([seed, i, 1])
        to = np.full(plans[own].template.size, own)
        hops = np.flatnonzero(rng.random(to.size) < hopping) if count > 1 else to[:0]
        to[hops] = (own + rng.integers(1, max(count, 2), hops.size)) % count
        going.append(to)
    samples = []
    for own, i in enumerate(members):
        parts = [p.chosen(rows) for p, t in zip(plans, going, strict=True) if (rows := np.flatnonzero(t == own)).size]
        arrived = Plan.joined(parts or [plans[own]], own, plans[own].drawn)
        order = np.random.default_rng([seed, i, 2]).permutation(arrived.template.size)
        shuffled = arrived.chosen(order)
        truth = _truth(designs[i], plans[own], shuffled, templates)
        samples.append(SimulatedSample(designs[i], truth, shuffled, templates, (seed, i, 3)))
    return samples


def _truth(design: ReadDesign, drawn: Plan, held: Plan, templates: Templates) -> tuple[AlleleTruth, ...]:
    """Molecules and reads by allele; reads that came in are counted under the allele of equal sequence."""
    number = [templates.number(a.sequence) for a in design.alleles]
    normal = held.kind == NORMAL
    own = held.source == held.own
    stayed = np.bincount(held.allele[normal & own], minlength=templates.count)
    came = np.bincount(held.allele[normal & ~own], minlength=templates.count)
    first = np.unique(np.where(drawn.kind == NORMAL, drawn.molecule, -1), return_index=True)
    seen = np.bincount(drawn.allele[first[1][first[0] >= 0]], minlength=templates.count)
    listed = {n: drawn.drawn.get(n, 0) for n in number}
    rows = [
        AlleleTruth(a.name, a.kind, a.fraction, listed[n], int(seen[n]), int(stayed[n]), int(came[n]))
        for a, n in zip(design.alleles, number, strict=True)
    ]
    others = np.setdiff1d(np.flatnonzero(came), number)
    rows += [AlleleTruth(templates.names[n], templates.kinds[n], 0.0, 0, 0, 0, int(came[n])) for n in others.tolist()]
    return tuple(rows)
