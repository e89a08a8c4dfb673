"""The written semantics as plain Python: every window, every alignment by recursion; no code of the kernels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

SETS = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip
OTHER = {"A": "T", "C": "G", "G": "C", "T": "A"}


class NaiveSite(NamedTuple):
    """One site as a row of the table would tell it; 0-based half-open."""

    strand: int
    pam_start: int
    start: int
    end: int
    mismatches: int
    dna_bulges: int
    rna_bulges: int
    above: str
    below: str
    pam: str


def alignments(spacer: str, genome: str, m: int, d: int, r: int) -> Iterator[str]:
    """Every alignment of whole sequences within the limits, as kinds of columns = x D R."""

    def rest(i: int, j: int, m: int, d: int, r: int, made: str) -> Iterator[str]:
        if i == len(spacer) and j == len(genome):
            yield made
            return
        if i < len(spacer) and j < len(genome):
            same = spacer[i] == genome[j]
            if same or m:
                yield from rest(i + 1, j + 1, m - (not same), d, r, made + ("=" if same else "x"))
        if j < len(genome) and d and made[-1:] != "R":
            yield from rest(i, j + 1, m, d - 1, r, made + "D")
        if i < len(spacer) and r and made[-1:] != "D":
            yield from rest(i + 1, j, m, d, r - 1, made + "R")

    for made in rest(0, 0, m, d, r, ""):
        if made[0] in "=x" and made[-1] in "=x":
            yield made


def rank(made: str, distal_first: bool) -> tuple:
    """The order in which alignments of one site are preferred, the smallest first."""
    dna, rna = made.count("D"), made.count("R")
    seen = made if distal_first else made[::-1]
    bulges = [(c, kind) for c, kind in enumerate(seen) if kind in "DR"]
    edits = made.count("x") + dna + rna
    return edits, dna + rna, dna, tuple(c for c, _ in bulges), tuple(kind for _, kind in bulges)


def words(spacer: str, genome: str, made: str) -> tuple[str, str]:
    above, below, i, j = "", "", 0, 0
    for kind in made:
        above += "-" if kind == "D" else spacer[i]
        below += "-" if kind == "R" else genome[j].lower() if kind == "x" else genome[j]
        i, j = i + (kind != "D"), j + (kind != "R")
    return above, below


def naive_sites(text: str, spacer: str, pam: str, side: int, m: int, d: int, r: int) -> list[NaiveSite]:
    """All sites of one guide in one sequence, by PAM start, forward strand first."""
    text = text.upper()
    found = []
    for strand in (1, -1):
        own = text if strand == 1 else "".join(OTHER.get(x, x) for x in reversed(text))
        for p in range(len(own) - len(pam) + 1):
            seen = own[p : p + len(pam)]
            if not all(x in SETS[y] and x in "ACGT" for x, y in zip(seen, pam, strict=True)):
                continue
            best = None
            for size in range(len(spacer) - r, len(spacer) + d + 1):
                low, high = (p - size, p) if side == 3 else (p + len(pam), p + len(pam) + size)
                genome = own[max(low, 0) : high]
                if low < 0 or high > len(own) or size < 1 or set(genome) - set("ACGT"):
                    continue
                for made in alignments(spacer, genome, m, d, r):
                    key = rank(made, distal_first=side == 3)
                    if best is None or key < best[0]:
                        best = key, made, genome, low, high
            if best is None:
                continue
            _, made, genome, low, high = best
            low, high = min(low, p), max(high, p + len(pam))
            n, start = len(own), p
            if strand == -1:
                low, high, start = n - high, n - low, n - p - len(pam)
            counts = made.count("x"), made.count("D"), made.count("R")
            found.append(NaiveSite(strand, start, low, high, *counts, *words(spacer, genome, made), seen))
    return sorted(found, key=lambda s: (s.pam_start, -s.strand))
