"""Drawing planned reads: templates become bases with qualities and errors of sequencing, block by block.

Cannot see: how the plan came about (`read_templates`), nor how it is written (`read_files`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from proband.testing.alleles import reverse_complement
from proband.testing.read_errors import add_sequencing_errors, draw_qualities, quality_table
from proband.testing.read_templates import Plan, Templates

if TYPE_CHECKING:
    from proband.testing.reads import ReadDesign

LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)
CODES = np.full(256, 255, dtype=np.uint8)
CODES[LETTERS[:4]] = np.arange(4)

ADAPTERS = ("AGATCGGAAGAGCACACGTCTGAACTCCAGTCA", "AGATCGGAAGAGCGTCGTGTAGGGAAAGAGTGT")
"""What follows the fragment in read 1 and in read 2 (Illumina, adapter sequences document: TruSeq)."""

LOW_QUALITY = -15
"""Phred by which reads of low quality lie below the others (a setting of the simulator)."""

PERFECT = 40
"""Quality written for reads without sequencing errors."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block of reads as drawn: codes (0 to 3, 4 for N), qualities (Phred) and lengths; one entry per mate.

    `umis` (codes) is empty unless the UMI goes to the header. `first` is the number of its first read.
    """

    first: int
    codes: tuple[NDArray[np.uint8], ...]
    qualities: tuple[NDArray[np.uint8], ...]
    lengths: tuple[NDArray[np.int64], ...]
    umis: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Table:
    """What one mate reads of each template: codes (rows), lengths, and the lengths of the fragments themselves."""

    codes: NDArray[np.uint8]
    lengths: NDArray[np.int64]
    fragments: NDArray[np.int64]


def template_table(templates: Templates, design: ReadDesign, mate: int) -> Table:
    """What mate 0 or 1 reads of each template.

    With a read length, the adapter follows the fragment, then G, as two-colour instruments write no signal.
    """
    room = design.umi_length if design.umi_place == "prefix" and mate == 0 else 0
    rows = []
    for sequence in templates.sequences:
        one = reverse_complement(sequence) if mate else sequence
        if design.read_length is not None:
            most = design.read_length - room
            one = (one + ADAPTERS[mate])[:most].ljust(most, "G")
        rows.append(one)
    lengths = np.array([len(r) for r in rows], dtype=np.int64)
    padded = "".join(r.ljust(int(lengths.max()), "A") for r in rows).encode()
    codes = CODES[np.frombuffer(padded, dtype=np.uint8)].reshape(len(rows), -1)
    return Table(codes, lengths, np.array([len(s) for s in templates.sequences]))


def draw_block(
    design: ReadDesign,
    plan: Plan,
    tables: Sequence[Table],
    first: int,
    last: int,
    rng: np.random.Generator,
) -> Block:
    """The reads `first` to `last` (half-open) with errors of sequencing; `tables` as `template_table` makes them."""
    template = plan.template[first:last]
    of_umi = np.empty((0, 0), dtype=np.uint8)
    if design.umi_length:
        powers = 4 ** np.arange(design.umi_length)
        of_umi = (plan.umi[first:last, None] // powers[None, :] % 4).astype(np.uint8)
    begin, end = np.searchsorted(plan.changes[0], [first, last])
    read, position, shift = (c[begin:end] for c in plan.changes)
    codes, qualities, lengths = [], [], []
    for mate, table in enumerate(tables):
        drawn, long, whole = table.codes[template], table.lengths[template], table.fragments[template]
        here = read - first
        at = whole[here] - 1 - position if mate else position
        kept = (at >= 0) & (at < np.minimum(long, whole)[here])
        rows, columns = here[kept], at[kept]
        # Complementing reverses the order of the codes, so the shift changes its sign on the other strand.
        step = -shift[kept] if mate else shift[kept]
        np.add.at(drawn, (rows, columns), (step % 4).astype(np.uint8))
        drawn %= 4
        if of_umi.size and design.umi_place == "prefix" and not mate:
            drawn, long = np.hstack([of_umi, drawn]), long + design.umi_length
        quality = _read_errors(design, drawn, plan.low[first:last], rng)
        codes.append(drawn)
        qualities.append(quality)
        lengths.append(long)
    if of_umi.size and design.umi_place == "header":
        if design.quality is not None:
            add_sequencing_errors(of_umi, np.full(of_umi.shape, design.umi_quality, dtype=np.uint8), rng)
    else:
        of_umi = np.empty((0, 0), dtype=np.uint8)
    return Block(first, tuple(codes), tuple(qualities), tuple(lengths), of_umi)


def _read_errors(
    design: ReadDesign, codes: NDArray[np.uint8], low: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Qualities; codes are changed in place."""
    if design.quality is None:
        quality = np.full(codes.shape, PERFECT, dtype=np.uint8)
    else:
        shift = np.rint(rng.normal(0, design.quality.read_spread, low.size)) + np.where(low, LOW_QUALITY, 0)
        table = quality_table(design.quality, codes.shape[1])
        quality = draw_qualities(design.quality, table, shift.astype(np.int16), rng)
        add_sequencing_errors(codes, quality, rng)
    if design.n_rate:
        missing = rng.random(codes.shape, dtype=np.float32) < design.n_rate
        codes[missing], quality[missing] = 4, 2
    return quality
