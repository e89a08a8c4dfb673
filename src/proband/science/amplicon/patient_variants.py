"""The column ``variants`` of sites from a patient's VCF: how the other haplotype differs from each amplicon.

The amplicon is that of the haplotype to be edited. At every heterozygous substitution it must show one of the patient's
two bases; the other base is the other haplotype's. Several of them must be phased together (one phase set) and the
amplicon must show one side of all, else it mixes the haplotypes. Homozygous differences must stand in the amplicon.

Cannot see: what the VCF does not hold, which is taken as equal to the reference on both haplotypes; insertions and
deletions, which are refused; whether the phase is right. A row that names its variants is left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from proband.core.errors import Problem, ProgramError
from proband.science.amplicon.sheet_rows import Row
from proband.science.sequence.alphabet import reverse_complement

if TYPE_CHECKING:
    from proband.science.design.from_files import Call

BEFORE = 1000
"""Bases left of an amplicon in which a record may begin that reaches into it."""
BY_HAND = "write the substitutions of the other haplotype in the column variants of this row"


@dataclass(frozen=True, slots=True)
class Difference:
    """A heterozygous substitution: 0-based index on the plus strand of the amplicon, its base and the other one.

    `side` is that of the amplicon's base (None where it is not phased) within `phase_set`.
    """

    index: int
    base: str
    other: str
    side: int | None
    phase_set: str


def with_patient(rows: Sequence[Row], vcf: Path, sample: str, problems: list[Problem]) -> list[Row]:
    """Rows of sites whose empty column ``variants`` is filled from the sample's calls; faults are added to `problems`.

    A site without contig and start can not be looked up: that is a fault.
    """
    from proband.science.design.from_files import calls_within

    asked = [row for row in rows if row["amplicon"] and not row["variants"]]
    for row in asked:
        if not row["contig"] or not row["start"].isdecimal():
            expected = "contig and start of the site, which a VCF needs"
            problems.append(row.problem("start", expected, f"give both, or {BY_HAND}", row["start"] or "nothing"))
    placed = [row for row in asked if row["contig"] and row["start"].isdecimal()]
    regions: dict[str, list[tuple[int, int]]] = {}
    for row in placed:
        start, end = _span(row)
        regions.setdefault(row["contig"], []).append((start - BEFORE, end))
    contigs: set[str] = set()
    try:
        calls = list(calls_within(vcf, sample, regions, contigs))
    except ProgramError as e:
        problems.extend(e.problems)
        return list(rows)
    made: dict[int, Row] = {}
    for row in placed:
        if row["contig"] not in contigs:
            told = ", ".join(sorted(contigs)[:5]) or "none"
            problems.append(row.problem("contig", f"a contig of {vcf.name}: {told}", "name it as the VCF does"))
            continue
        mine = [c for contig, c in calls if contig == row["contig"] and _touches(c, row)]
        text = variants_of(row, mine, problems)
        if text:
            made[id(row)] = replace(row, cells={**row.cells, "variants": text})
    return [made.get(id(row), row) for row in rows]


def _span(row: Row) -> tuple[int, int]:
    start = int(row["start"]) - 1
    return start, start + len(row["amplicon"])


def _touches(call: Call, row: Row) -> bool:
    start, end = _span(row)
    return call.placed.position < end and call.placed.position + len(call.placed.ref) > start


def variants_of(row: Row, calls: Sequence[Call], problems: list[Problem]) -> str:
    """The column ``variants`` of one row from the calls in it; "" where the haplotypes are equal, or with a problem."""
    start, _ = _span(row)
    sequence = row["amplicon"].upper()
    plus = reverse_complement(sequence) if row["strand"] == "-" else sequence
    lengths = sorted({c.placed.position + 1 for c in calls if len(c.placed.ref) != len(c.placed.alt)})
    if lengths:
        found = f"an insertion or deletion of the patient at {row['contig']}:{lengths[0]}"
        problems.append(row.problem("amplicon", "substitutions alone", f"choose another amplicon, or {BY_HAND}", found))
        return ""
    bases: dict[int, list[tuple[str, str, Call]]] = {}
    for c in calls:
        for k, (ref, alt) in enumerate(zip(c.placed.ref, c.placed.alt, strict=True)):
            index = c.placed.position + k - start
            if ref != alt and 0 <= index < len(plus):
                bases.setdefault(index, []).append((ref, alt, c))
    before = len(problems)
    found_at = [
        d for i, held in sorted(bases.items()) if (d := _difference(row, i, plus[i], held, problems)) is not None
    ]
    if len(problems) > before or not _in_phase(row, found_at, problems):
        return ""
    return written(found_at, len(plus), row["strand"] == "-")


def _difference(
    row: Row, index: int, base: str, held: Sequence[tuple[str, str, Call]], problems: list[Problem]
) -> Difference | None:
    """The heterozygous difference at one base; None where both haplotypes are alike, or with a problem."""
    ref, alt, call = held[0]
    where = f"{row['contig']}:{int(row['start']) + index}"
    if call.homozygous:
        if base != alt:
            told = f"{base} at {where}, where the patient has {alt} on both haplotypes"
            problems.append(row.problem("amplicon", "the patient's own amplicon", "write it so", told))
        return None
    sides = {alt: call.side, ref: None if call.side is None else 1 - call.side}
    if len(held) > 1:
        sides = {a: c.side for _, a, c in held}
    if base not in sides or len(sides) != 2:
        told = f"{base} at {where}, where the patient has {' and '.join(sorted(sides))}"
        problems.append(row.problem("amplicon", "a base of the patient", "correct contig, start, strand", told))
        return None
    other = next(b for b in sides if b != base)
    return Difference(index, base, other, sides[base], call.phase_set)


def _in_phase(row: Row, found: Sequence[Difference], problems: list[Problem]) -> bool:
    """Whether the amplicon shows one haplotype of all differences; one alone needs no phase."""
    if len(found) < 2:
        return True
    places = ", ".join(f"{row['contig']}:{int(row['start']) + d.index}" for d in found[:6])
    if any(d.side is None for d in found) or len({d.phase_set for d in found}) > 1:
        told = f"heterozygous at {places}, not phased together"
        problems.append(row.problem("variants", "calls in one phase set", f"phase the VCF, or {BY_HAND}", told))
        return False
    if len({d.side for d in found}) > 1:
        told = f"bases of both haplotypes at {places}"
        remedy = "give the amplicon of the haplotype that is to be edited"
        problems.append(row.problem("amplicon", "one haplotype of the patient", remedy, told))
        return False
    return True


def written(found: Sequence[Difference], size: int, turned: bool) -> str:
    """Differences as the column has them: 1-based on the amplicon as it is written.

    >>> written([Difference(1, "A", "G", 0, "")], 10, False), written([Difference(1, "A", "G", 0, "")], 10, True)
    ('2A>G', '9T>C')
    """
    if not turned:
        return "+".join(f"{d.index + 1}{d.base}>{d.other}" for d in found)
    return "+".join(
        f"{size - d.index}{reverse_complement(d.base)}>{reverse_complement(d.other)}" for d in reversed(found)
    )
