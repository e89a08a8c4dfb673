"""SYNG1, the invented gene of the synthetic example: its sequence and structure, made from a seed.

Nothing of it is copied from a genome. Fixed are the site of the invented guide, the two invented variants' codons, the
reference bases of the example's calls, the splice dinucleotides, start and stop; all else is drawn at random.
"""

from __future__ import annotations

import random
from itertools import pairwise

from proband.core.slices import ReferenceSlices, Slice, SliceTranscript
from proband.science.sequence.alphabet import reverse_complement

CONTIG, START, END = "synchr1", 10_000, 12_000
EXONS = ((10_100, 10_300), (10_379, 10_700), (10_954, 11_400), (11_599, 11_950))
CODING = (10_120, 11_855)
CODONS = 401
SEED = 138
FIXED_CODONS = {
    136: "AGC",
    137: "TTC",
    138: "GGG",
    139: "AGC",
    140: "TTC",
    141: "TGG",
    142: "TCT",
    143: "AGG",
    201: "TGG",
}
"""Codon number to bases: the guide GCTTCAGGAGCTTCTGGTCT (with A for G at its sixth base) and its PAM AGG; Trp201."""
FIXED_BASES = {10_202: "C", 11_799: "T"}
"""0-based positions at which the example's calls lie, with the reference base there."""
STOPS = ("TAA", "TAG", "TGA")


def coding_positions() -> list[int]:
    """0-based genomic position of each coding base, in order."""
    inside = [p for start, end in EXONS for p in range(start, end)]
    return [p for p in inside if CODING[0] <= p < CODING[1]]


def bases() -> str:
    """The plus strand from `START` to `END`, always the same.

    >>> len(bases()), bases()[611 - 1]
    (2000, 'G')
    """
    draw = random.Random(SEED)
    letters = [draw.choice("ACGT") for _ in range(END - START)]
    for (_, end), (start, _) in pairwise(EXONS):
        letters[end - START : end - START + 2] = "GT"
        letters[start - START - 2 : start - START] = "AG"
    positions = coding_positions()
    for number in range(1, CODONS + 1):
        place = positions[3 * number - 3 : 3 * number]
        for position, letter in zip(place, _codon(number, place, draw), strict=True):
            letters[position - START] = letter
    return "".join(letters)


def _codon(number: int, place: list[int], draw: random.Random) -> str:
    if number in (1, CODONS):
        return "ATG" if number == 1 else "TAA"
    if number in FIXED_CODONS:
        return FIXED_CODONS[number]
    while True:
        drawn = "".join(FIXED_BASES.get(p) or draw.choice("ACGT") for p in place)
        if drawn not in STOPS:
            return drawn


def coding_intervals() -> tuple[tuple[int, int], ...]:
    """The coding parts of the exons, 0-based half-open."""
    return tuple((max(s, CODING[0]), min(e, CODING[1])) for s, e in EXONS)


def mirrored(position: int) -> int:
    """The 0-based position of a base in the mirror image of the gene, and back.

    >>> mirrored(START), mirrored(mirrored(10_610))
    (11999, 10610)
    """
    return START + END - 1 - position


def reference(strand: str = "+") -> ReferenceSlices:
    """The slices in memory; with strand "-" their mirror image: the other strand read, the transcript on minus.

    >>> reference("-").slices[0].bases[:2], reference().slices[0].bases[-2:]
    ('AC', 'GT')
    """
    sequence, coding = bases(), coding_intervals()
    exons: tuple[tuple[int, int], ...] = EXONS
    if strand == "-":
        sequence = reverse_complement(sequence)
        exons, coding = (tuple((START + END - e, START + END - s) for s, e in part[::-1]) for part in (exons, coding))
    transcript = SliceTranscript("SYNG1_fictional", "SYNG1", CONTIG, strand, exons, coding, 0, False)
    made = (Slice(CONTIG, START, sequence),)
    return ReferenceSlices("reference/slices.toml", "SYNTHETIC1", "made from a seed", made, (transcript,))


def slices_toml() -> str:
    """The file ``reference/slices.toml`` of the example."""

    def intervals(pairs: list[tuple[int, int]]) -> str:
        return ", ".join(f"[{start + 1}, {end}]" for start, end in pairs)

    coding = list(coding_intervals())
    return f"""\
# SYNTHETIC. An invented gene, made from a seed by proband.testing.synthetic_gene; no part of it is copied.
format = 1
build = "SYNTHETIC1"
source = "invented gene SYNG1, made from a seed"

[[slice]]
contig = "{CONTIG}"
start = {START + 1}
bases = "{bases()}"

[[transcript]]
id = "SYNG1_fictional"
gene = "SYNG1"
contig = "{CONTIG}"
strand = "+"
exons = [{intervals(list(EXONS))}]
coding = [{intervals(coding)}]
"""
