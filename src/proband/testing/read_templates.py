"""The plan of simulated reads: from which molecule each read comes and which sequence it would show without errors.

A read is a row of small numbers: its template (a sequence, held once), allele, molecule, sample of origin and kind.
Slipped runs, chimeras and dimers are further templates. Substitutions of the polymerase are held sparsely.

Cannot see: anything about sequencing, which `read_files` adds when the reads are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from proband.testing.alleles import reverse_complement
from proband.testing.read_errors import Events, polymerase_substitutions, runs_of, slippage_events, slipped

if TYPE_CHECKING:
    from proband.testing.reads import ReadDesign

NORMAL, CHIMERA, DIMER = 0, 1, 2
"""Kinds of reads: of one molecule, of two, of primers alone."""

MOST_SLIP = 0.5
"""Greatest chance of a slip per copy and run: beyond it the model says nothing."""

Ints = NDArray[np.int64]


@dataclass(slots=True)
class Templates:
    """Sequences by number, each held once, with kind and name of the allele that it is, "" for one made on the way."""

    sequences: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.sequences)

    def add(self, sequence: str, kind: str = "", name: str = "") -> int:
        """The number of a sequence, which is added when new."""
        number = self.numbers.setdefault(sequence, self.count)
        if number == self.count:
            self.sequences.append(sequence)
            self.kinds.append("")
            self.names.append("")
        self.kinds[number] = self.kinds[number] or kind
        self.names[number] = self.names[number] or name
        return number

    def number(self, sequence: str) -> int:
        """The number of a sequence that is held."""
        return self.numbers[sequence]


@dataclass(frozen=True, slots=True)
class Plan:
    """Reads as rows; `changes` are substitutions as (read, position, shift), sorted by read.

    `drawn`: molecules by allele (template number). `umi`: one random number per read's molecule. `low`: reads of low
    quality. `own`: number of this sample among those of the site; `source`: of the sample each read comes from.
    """

    template: Ints
    allele: Ints
    molecule: Ints
    umi: Ints
    kind: NDArray[np.uint8]
    low: NDArray[np.bool_]
    source: Ints
    own: int
    changes: Events
    drawn: dict[int, int]

    def chosen(self, rows: Ints) -> Plan:
        """The plan of some of the reads, in the order given."""
        place = np.full(self.template.size, -1, dtype=np.int64)
        place[rows] = np.arange(rows.size)
        read, position, shift = self.changes
        new = place[read]
        kept = np.flatnonzero(new >= 0)
        kept = kept[np.argsort(new[kept], kind="stable")]
        return Plan(
            self.template[rows], self.allele[rows], self.molecule[rows], self.umi[rows], self.kind[rows],
            self.low[rows], self.source[rows], self.own, (new[kept], position[kept], shift[kept]), self.drawn,
        )  # fmt: skip

    @classmethod
    def joined(cls, plans: Sequence[Plan], own: int, drawn: dict[int, int]) -> Plan:
        """Several plans one after the other, as the reads of sample `own`, whose molecules are `drawn`."""
        before = np.cumsum([0, *(p.template.size for p in plans)])
        changes = (
            np.concatenate([p.changes[0] + b for p, b in zip(plans, before, strict=False)]),
            np.concatenate([p.changes[1] for p in plans]),
            np.concatenate([p.changes[2] for p in plans]),
        )

        def column(name: str) -> Any:
            return np.concatenate([getattr(p, name) for p in plans])

        return cls(
            template=column("template"),
            allele=column("allele"),
            molecule=column("molecule"),
            umi=column("umi"),
            kind=column("kind"),
            low=column("low"),
            source=column("source"),
            own=own,
            changes=changes,
            drawn=drawn,
        )


def plan_of(design: ReadDesign, templates: Templates, own: int, rng: np.random.Generator) -> Plan:
    """Draw molecules, families, chimeras, dimers and errors of amplification of one sample."""
    numbers = np.array([templates.add(a.sequence, a.kind, a.name) for a in design.alleles])
    dimers = int(rng.binomial(design.reads, design.dimers))
    chimeras = int(rng.binomial(design.reads - dimers, design.chimeras / max(1 - design.dimers, 1e-12)))
    normal = design.reads - dimers
    allele, molecule, drawn = _molecules(design, normal, numbers, rng)
    lengths = np.array([len(s) for s in templates.sequences])
    changes = polymerase_substitutions(
        molecule if design.molecules is not None else None,
        lengths[allele], design.cycles, design.polymerase_error, rng,
    )  # fmt: skip
    template = _slip(design, templates, allele, molecule, rng)
    kind = np.zeros(design.reads, dtype=np.uint8)
    mixed = np.sort(rng.permutation(normal)[:chimeras])
    template[mixed] = _chimeras(templates, template[mixed], allele, rng)
    kind[mixed] = CHIMERA
    kind[normal:] = DIMER
    primer = _dimer(design, templates)
    tag = rng.integers(0, 4 ** min(design.umi_length, 30), _count(design, normal) + dimers)
    pad = np.full(dimers, primer)
    order = np.argsort(changes[0], kind="stable")
    return Plan(
        template=np.concatenate([template, pad]),
        allele=np.concatenate([allele, pad]),
        molecule=np.concatenate([molecule, _count(design, normal) + np.arange(dimers)]),
        umi=tag[np.concatenate([molecule, _count(design, normal) + np.arange(dimers)])],
        kind=kind,
        low=rng.random(design.reads) < design.low_quality,
        source=np.full(design.reads, own),
        own=own,
        changes=(changes[0][order], changes[1][order], changes[2][order]),
        drawn=drawn,
    )


def _count(design: ReadDesign, normal: int) -> int:
    return design.molecules if design.molecules is not None else normal


def _molecules(
    design: ReadDesign, reads: int, numbers: Ints, rng: np.random.Generator
) -> tuple[Ints, Ints, dict[int, int]]:
    """Allele (template number) and molecule of each read, and molecules drawn by allele."""
    shares = np.array([a.fraction for a in design.alleles])
    count = _count(design, reads)
    of_allele = rng.multinomial(count, shares / shares.sum())
    drawn = {int(n): int(k) for n, k in zip(numbers, of_allele, strict=True)}
    allele_of = np.repeat(numbers, of_allele)
    if design.molecules is None:
        return allele_of, np.arange(reads), drawn
    weight = rng.gamma(design.family_shape, 1.0, count)
    family = rng.multinomial(reads, weight / weight.sum())
    molecule = np.repeat(np.arange(count), family)
    return allele_of[molecule], molecule, drawn


def _slip(design: ReadDesign, templates: Templates, allele: Ints, molecule: Ints, rng: np.random.Generator) -> Ints:
    """The template of each read after slippage of runs."""
    template = allele.copy()
    if not design.slippage:
        return template
    runs = [runs_of(s, design.slippage_from) for s in templates.sequences]
    chances = [
        np.array([
            min(design.slippage * design.slippage_growth ** (n - design.slippage_from), MOST_SLIP) for _, n in one
        ])
        for one in runs
    ]  # fmt: skip
    shared = molecule if design.molecules is not None else None
    read, run, step = slippage_events(shared, allele, chances, design.cycles, rng)
    order = np.argsort(read, kind="stable")
    patterns: dict[int, dict[tuple[int, int], int]] = {}
    for r, k, s in zip(read[order].tolist(), run[order].tolist(), step[order].tolist(), strict=True):
        place = runs[int(allele[r])][k]
        held = patterns.setdefault(r, {})
        held[place] = held.get(place, 0) + s
    known: dict[tuple[int, tuple[tuple[tuple[int, int], int], ...]], int] = {}
    for r, held in patterns.items():
        key = (int(allele[r]), tuple(sorted(held.items())))
        if key not in known:
            known[key] = templates.add(slipped(templates.sequences[key[0]], held))
        template[r] = known[key]
    return template


def _chimeras(templates: Templates, left: Ints, allele: Ints, rng: np.random.Generator) -> Ints:
    """Templates that change, at a random base, from one molecule to another drawn at random."""
    partners = allele[rng.integers(0, max(allele.size, 1), left.size)]
    places = rng.random(left.size)
    made = []
    for a, b, u in zip(left.tolist(), partners.tolist(), places.tolist(), strict=True):
        one, other = templates.sequences[a], templates.sequences[b]
        from_end = int(u * min(len(one), len(other)))
        made.append(templates.add(one[: len(one) - from_end] + other[len(other) - from_end :]))
    return np.array(made, dtype=np.int64)


def _dimer(design: ReadDesign, templates: Templates) -> int:
    """Both primers one after the other; the number 0 when no dimers are asked for."""
    if not design.dimers:
        return 0
    whole = design.alleles[0].sequence
    reverse = reverse_complement(whole)[: design.primer_length]
    return templates.add(whole[: design.primer_length] + reverse_complement(reverse))
