"""What a sample of a VCF carries near given places: parsed anew for the proof of a table, shared with no other code.

Source of the format: VCF 4.1 to 4.5 (samtools/hts-specs).
Cannot see: a file that is cut off; it was read whole before.
"""

from __future__ import annotations

import gzip
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOM = 120
"""Bases on either side of a row's positions in which its sequence is made again."""


@dataclass(frozen=True, slots=True)
class Carried:
    """An edit of the sample: what it does, how the record writes it, and the alleles of its call."""

    start: int
    end: int
    new: str
    label: str
    alleles: tuple[str, ...]
    number: str
    phased: bool

    @property
    def change(self) -> tuple[int, int, str]:
        """What it does, however it is written."""
        return self.start, self.end, self.new

    def on(self, haplotype: int) -> bool:
        """Whether a haplotype (from 1) surely has it."""
        if len(set(self.alleles)) == 1:
            return True
        return self.phased and len(self.alleles) == 2 and self.alleles[haplotype - 1] == self.number


class CarriedEdits:
    """What is carried on one contig, found by place."""

    def __init__(self, carried: list[Carried]) -> None:
        self.carried, self.starts = carried, [c.start for c in carried]
        self.longest = max((c.end - c.start for c in carried), default=0)

    def near(self, low: int, high: int) -> list[Carried]:
        """Edits that change what lies in [low, high)."""
        first, last = bisect_left(self.starts, low - self.longest), bisect_left(self.starts, high)
        return [c for c in self.carried[first:last] if c.end > low]


def labelled(label: str) -> tuple[str, int, int, str]:
    """What a label contig:position:REF>ALT does: two labels may write one change."""
    contig, position, bases = label.rsplit(":", 2)
    ref, _, alt = bases.partition(">")
    return (contig, *change_of(int(position) - 1, ref, alt))


def spans_of(rows: list[dict[str, str]]) -> dict[str, tuple[list[int], list[int]]]:
    """Merged stretches around the rows of each contig: their starts and ends."""
    by_contig: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        at = [int(row[x]) for x in ("start", "end", "pam_start")]
        by_contig.setdefault(row["contig"], []).append((min(at) - ROOM, max(at) + ROOM))
    made = {}
    for contig, spans in by_contig.items():
        starts: list[int] = []
        ends: list[int] = []
        for start, end in sorted(spans):
            if starts and start <= ends[-1]:
                ends[-1] = max(ends[-1], end)
            else:
                starts.append(start)
                ends.append(end)
        made[contig] = starts, ends
    return made


def carried_near(
    vcf: Path, sample: str, spans: Mapping[str, tuple[list[int], list[int]]], rename: Mapping[str, str]
) -> dict[str, CarriedEdits]:
    """What the sample carries in the stretches, by contig of the genome."""
    made: dict[str, dict[str, Carried]] = {}
    column = -1
    for line in _text(vcf):
        cells = line.rstrip("\r\n").split("\t")
        if line.startswith("#CHROM"):
            column = cells.index(sample) if sample else 9
        if line.startswith("#") or len(cells) < 10:
            continue
        contig, position, ref = rename.get(cells[0], cells[0]), int(cells[1]), cells[3].upper()
        starts, ends = spans.get(contig, ([], []))
        near = bisect_right(starts, position + len(ref)) - 1
        if near < 0 or ends[near] < position:
            continue
        call = dict(zip(cells[8].split(":"), cells[column].split(":"), strict=False)).get("GT", ".")
        alleles = tuple(call.lstrip("/|").replace("|", "/").split("/"))
        for n, alt in enumerate(cells[4].upper().split(","), start=1):
            if str(n) in alleles and not set(alt + ref) - set("ACGTN"):
                change = change_of(position - 1, ref, alt)
                label = f"{contig}:{position}:{ref}>{alt}"
                if change[0] != change[1] or change[2]:
                    phased = "|" in call and "/" not in call
                    made.setdefault(contig, {}).setdefault(label, Carried(*change, label, alleles, str(n), phased))
    return {contig: CarriedEdits(sorted(of.values(), key=lambda c: (c.start, c.end))) for contig, of in made.items()}


def _text(vcf: Path) -> Iterator[str]:
    with vcf.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    with gzip.open(vcf, "rt", encoding="utf-8") if packed else vcf.open(encoding="utf-8") as handle:
        yield from handle


def change_of(start: int, ref: str, alt: str) -> tuple[int, int, str]:
    """Bases that are replaced and what replaces them: an indel's padding base and equal ends left out."""
    if len(ref) != len(alt) and ref[0] == alt[0]:
        start, ref, alt = start + 1, ref[1:], alt[1:]
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        start, ref, alt = start + 1, ref[1:], alt[1:]
    return start, start + len(ref), alt
