"""A person's copies by hand: every reading of the calls of one contig, each copy as letters with their places.

Independent of the code under test: text of records in, letters out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from proband.science.offtarget.search import codes_of


class Call(NamedTuple):
    """One record of a VCF with one sample; `position` from 1."""

    position: int
    ref: str
    alts: tuple[str, ...]
    genotype: str
    phase_set: str = ""


def vcf_text(calls: list[Call], contig: str = "c", sample: str = "S") -> str:
    lines = ["##fileformat=VCFv4.2", f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{sample}"]
    for c in calls:
        keys, value = ("GT:PS", f"{c.genotype}:{c.phase_set}") if c.phase_set else ("GT", c.genotype)
        lines.append(f"{contig}\t{c.position}\t.\t{c.ref}\t{','.join(c.alts)}\t.\tPASS\t.\t{keys}\t{value}")
    return "\n".join(lines) + "\n"


@dataclass
class PlainGenome:
    """A genome in memory."""

    texts: dict[str, str]

    @property
    def names(self) -> list[str]:
        return list(self.texts)

    def length(self, contig: str) -> int:
        return len(self.texts[contig])

    def codes(self, contig: str, start: int, end: int) -> np.ndarray:
        return codes_of(self.texts[contig][start:end])


class Change(NamedTuple):
    start: int
    end: int
    new: str


def change_of(position: int, ref: str, alt: str) -> Change | None:
    """What an allele changes: an indel's padding base stays, then equal ends and equal beginnings are left out."""
    start = position - 1
    if len(ref) != len(alt) and ref[0] == alt[0]:
        start, ref, alt = start + 1, ref[1:], alt[1:]
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        start, ref, alt = start + 1, ref[1:], alt[1:]
    return Change(start, start + len(ref), alt) if ref or alt else None


def readings(calls: list[Call]) -> Iterator[tuple[dict[object, int], list[Change]]]:
    """Every choice of one copy: option by unit (a phase set, or a record's number), and the changes in order."""
    units: dict[object, int] = {}
    for n, call in enumerate(calls):
        alleles = call.genotype.replace("|", "/").split("/")
        if len(set(alleles)) > 1:
            phased = "|" in call.genotype
            units[("phase", call.phase_set) if phased else n] = 2 if phased else len(set(alleles))
    for options in product(*(range(k) for k in units.values())):
        reading = dict(zip(units, options, strict=True))
        changes: set[Change] = set()
        for n, call in enumerate(calls):
            alleles = call.genotype.replace("|", "/").split("/")
            if len(set(alleles)) == 1:
                allele = alleles[0]
            elif "|" in call.genotype:
                allele = alleles[reading["phase", call.phase_set]]
            else:
                allele = sorted(set(alleles))[reading[n]]
            if allele != "0":
                made = change_of(call.position, call.ref, call.alts[int(allele) - 1])
                if made is not None:
                    changes.add(made)
        ordered = sorted(changes)
        if all(fit(a, b) for i, a in enumerate(ordered) for b in ordered[i + 1 :]):
            yield reading, ordered


def fit(a: Change, b: Change) -> bool:
    """Whether two changes can lie on one copy."""
    if a.start == a.end and b.start == b.end:
        return a.start != b.start
    return b.start >= a.end


def copy_of(text: str, changes: list[Change]) -> tuple[str, list[tuple[int, int]]]:
    """Letters of a copy, and the place of each: reference base, and number among the bases inserted after it."""
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    base = 0
    for change in changes:
        while base < change.start:
            letters.append(text[base])
            places.append((base, 0))
            base += 1
        for n, letter in enumerate(change.new):
            letters.append(letter)
            inside = change.start + n < change.end
            places.append((change.start + n, 0) if inside else (change.end - 1, change.start + n - change.end + 1))
        base = change.end
    letters += text[base:]
    places += [(x, 0) for x in range(base, len(text))]
    return "".join(letters), places
