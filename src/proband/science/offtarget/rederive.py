"""Proof of a written table: every row is made again from reference and VCF, by slow code that shares nothing.

The table is read as text, the VCF is parsed anew, letters are copied one by one. Of each row is shown that

- its alignment is what its columns say: letters, counts, limits, PAM, no bulge at an edge, no kinds side by side;
- the variants that it names are carried as it says (haplotype, both, one, or possible), and with them, and no others
  that the same copy carries in the footprint, the sequence holds these letters at these positions;
- a lost site is there in the reference and not on that copy; a created one is on that copy and not in the reference.

Cannot see: a site that the table lacks (the oracle tests are for that), and whether an alignment is the canonical one
among equals.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from proband.core.errors import Problem
from proband.science.offtarget.rederive_calls import ROOM, Carried, CarriedEdits, carried_near, labelled, spans_of

Fetch = Callable[[str, int, int], str]
"""Letters of a contig, 0-based half-open; cut at its ends."""
IUPAC = {"A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
         "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"}  # fmt: skip
PAIR = {"A": "T", "C": "G", "G": "C", "T": "A"}
LOST = ("destroyed", "pam_lost")
MOST_OPEN = 10
"""Unphased edits around a lost site that are tried with and without."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A guide and its limits, as plain values: spacer, PAM, side, mismatches, DNA bulges, RNA bulges."""

    spacer: str
    pam: str
    side: int
    mismatches: int
    dna: int
    rna: int


@dataclass(slots=True)
class Proof:
    """How many rows were made again, and what was wrong with any other."""

    rows: int = 0
    problems: list[Problem] = field(default_factory=list)


def rederive(
    table: Path,
    vcf: Path,
    sample: str,
    fetch: Fetch,
    asked: Mapping[str, Asked],
    rename: Mapping[str, str] | None = None,
    exempt: Iterable[str] = (),
) -> Proof:
    """Make every row of a written table again.

    `asked`: guide and limits by the guide's name. `exempt`: labels of conflicting records, which may be there or not.
    `rename`: contig of the VCF to contig of the genome.
    """
    with table.open(encoding="utf-8", newline="") as handle:
        lines = (line for line in handle if not line.startswith("#"))
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    carried = carried_near(vcf, sample, spans_of(rows), dict(rename or {}))
    proof, free = Proof(), frozenset(labelled(label) for label in exempt)
    for number, row in enumerate(rows, start=1):
        proof.rows += 1
        wrong = Row(row, asked[row["guide"]], fetch, carried.get(row["contig"], CarriedEdits([])), free).wrong()
        if wrong:
            place = f"row {number} ({row['contig']}:{row['start']}, {row['change']})"
            proof.problems.append(
                Problem(table.name, place, wrong, "a site that reference and VCF give", "report this as a bug")
            )
    return proof


class Row:
    """One row, held against what it says of itself."""

    def __init__(
        self,
        row: Mapping[str, str],
        asked: Asked,
        fetch: Fetch,
        carried: CarriedEdits,
        free: frozenset[tuple[str, int, int, str]],
    ) -> None:
        self.row, self.asked, self.fetch = row, asked, fetch
        self.free = {(start, end, new) for contig, start, end, new in free if contig == row["contig"]}
        offsets = [0, 0, 0] if row["inserted"] == "." else [int(x) for x in row["inserted"].split("/")]
        self.places = [(int(row[x]) - 1, o) for x, o in zip(("start", "end", "pam_start"), offsets, strict=True)]
        self.forward = row["strand"] == "+"
        self.named = [] if row["variants"] == "." else row["variants"].split(",")
        low, high = min(p for p, _ in self.places) - ROOM, max(p for p, _ in self.places) + ROOM
        self.around = carried.near(low, high)
        self.low, self.high = max(0, low), high

    def wrong(self) -> str:
        """What is wrong with the row, or nothing."""
        row = self.row
        if row["change"] == "undetermined":
            return ""
        by_label = {c.label: c for c in self.around}
        missing = [n for n in self.named if n not in by_label]
        if missing:
            return f"{missing[0]} is not carried by the sample"
        chosen = [by_label[n] for n in self.named]
        found = self._carried_wrongly(chosen)
        if found:
            return found
        if row["change"] in LOST:
            return self._lost(chosen)
        words = row["aligned_spacer"], row["aligned_protospacer"], row["pam"]
        counts = tuple(int(row[x]) for x in ("mismatches", "dna_bulges", "rna_bulges"))
        return self._alignment(words, counts) or self._present(chosen, words)

    def _carried_wrongly(self, chosen: list[Carried]) -> str:
        for haplotype in self._haplotypes():
            for c in chosen:
                if c.change not in self.free and not c.on(haplotype):
                    return f"{c.label} is not on haplotype {haplotype}"
        return ""

    def _haplotypes(self) -> list[int]:
        text = self.row["haplotype"]
        parts = [p.split("@")[0] for p in text.split("|")]
        return [int(p) for p in parts] if all(p.isdigit() for p in parts) else []

    def _alignment(self, words: tuple[str, str, str], counts: tuple[int, ...]) -> str:
        above, below, pam = words
        asked, kinds = self.asked, ""
        if above.replace("-", "") != asked.spacer or len(above) != len(below):
            return "an alignment of another spacer"
        for a, b in zip(above, below, strict=True):
            if (a == "-" and b == "-") or (b.islower() != (b != "-" and a not in ("-", b.upper()))):
                return f"column {a}{b}"
            if a not in ("-", b.upper()) and b != "-" and b.isupper():
                return "a mismatch that is not marked"
            kinds += "D" if a == "-" else "R" if b == "-" else "x" if b.islower() else "="
        seen = kinds.count("x"), kinds.count("D"), kinds.count("R")
        if seen != counts or any(
            n > most for n, most in zip(seen, (asked.mismatches, asked.dna, asked.rna), strict=True)
        ):
            return f"counts {counts} of an alignment with {seen}"
        if kinds[0] in "DR" or kinds[-1] in "DR" or "DR" in kinds or "RD" in kinds:
            return "a bulge at an edge, or two kinds side by side"
        return "" if self._admits(pam) else f"PAM {pam}"

    def _admits(self, pam: str) -> bool:
        return len(pam) == len(self.asked.pam) and all(
            x in IUPAC[y] and x in "ACGT" for x, y in zip(pam, self.asked.pam, strict=True)
        )

    def _copy(self, changes: Iterable[Carried]) -> tuple[str, list[tuple[int, int]]]:
        """Letters of the copy around the row, and the place of each."""
        letters: list[str] = []
        places: list[tuple[int, int]] = []
        inside = list({c.change: c for c in sorted(changes, key=lambda c: c.change)}.values())
        low = min([self.low, *(c.start for c in inside)])
        high = max([self.high, *(c.end for c in inside)])
        text, base = self.fetch(self.row["contig"], low, high).upper(), low
        for c in inside:
            letters += text[max(0, base - low) : max(0, c.start - low)]
            places += [(x, 0) for x in range(base, c.start)]
            for n, letter in enumerate(c.new):
                letters.append(letter)
                places.append((c.start + n, 0) if c.start + n < c.end else (c.end - 1, c.start + n - c.end + 1))
            base = max(base, c.end)
        letters += text[base - low :]
        places += [(base + n, 0) for n in range(len(text) - (base - low))]
        return "".join(letters), places

    def _own(self, letters: str) -> str:
        return letters if self.forward else "".join(PAIR.get(x, x) for x in reversed(letters))

    def _present(self, chosen: list[Carried], words: tuple[str, str, str]) -> str:
        _, below, pam = words
        genome = below.replace("-", "").upper()
        expected = self._own(genome + pam if self.asked.side == 3 else pam + genome)
        others = self._others(chosen)
        if others and self.row["change"] == "unchanged":
            return self._still(others, expected)
        if others:
            return f"{others[0].label} lies in the footprint on the same copy"
        letters, places = self._copy(chosen)
        at = [n for n, place in enumerate(places) if place == self.places[0]]
        if not any(letters[n : n + len(expected)] == expected and self._ends(places, n, len(expected)) for n in at):
            return "reference and variants give other letters there"
        if self.row["change"] in ("created", "pam_gained") and not self.places[2][1] and self._site_at(*self._copy([])):
            return "the reference holds a site there"
        return ""

    def _ends(self, places: list[tuple[int, int]], n: int, size: int) -> bool:
        pam_after = (self.asked.side == 3) == self.forward
        pam = n + size - len(self.asked.pam) if pam_after else n
        return places[n + size - 1] == self.places[1] and places[pam] == self.places[2]

    def _others(self, chosen: list[Carried]) -> list[Carried]:
        """Edits that the same copy surely carries in the footprint, and that the row does not name."""
        (start, more), (end, _), _ = self.places
        low, high = start + (more > 0), end + 1
        named = {c.change for c in chosen}
        haplotypes = self._haplotypes()
        near = [c for c in self.around if c.start < high and c.end > low]
        sure = [c for c in near if c.change not in named and c.change not in self.free]
        if haplotypes:
            return [c for c in sure if all(c.on(h) for h in haplotypes)]
        return [c for c in sure if len(set(c.alleles)) == 1]

    def _still(self, others: list[Carried], expected: str) -> str:
        """An unchanged site in whose place the copy has edits: its letters must be there all the same.

        Where the row tells no haplotype, on one of the copies that may be, with all edits that every copy has.
        """
        haplotypes = self._haplotypes()
        sure = [c for c in self.around if c.change not in self.free and haplotypes and all(c.on(h) for h in haplotypes)]
        copies: Iterable[list[Carried]] = [sure or others] if haplotypes else self._possible([])
        held = any(expected in self._copy(changes)[0] for changes in copies)
        return "" if held else "the copy does not hold these letters"

    def _site_at(self, letters: str, places: list[tuple[int, int]]) -> bool:
        """Whether a copy has a site whose PAM begins where the row says."""
        return any(self._site_from(letters, n) for n, place in enumerate(places) if place == self.places[2])

    def _site_from(self, letters: str, pam_at: int) -> bool:
        size, asked = len(self.asked.pam), self.asked
        pam = self._own(letters[pam_at : pam_at + size])
        if not self._admits(pam):
            return False
        for length in range(len(asked.spacer) - asked.rna, len(asked.spacer) + asked.dna + 1):
            before = (asked.side == 3) == self.forward
            low = pam_at - length if before else pam_at + size
            genome = letters[low : low + length] if low >= 0 else ""
            if len(genome) == length and not set(genome) - set("ACGT") and aligns(asked, self._own(genome)):
                return True
        return False

    def _lost(self, chosen: list[Carried]) -> str:
        spacer, protospacer, pam, counts = self.row["reference_alignment"].split("/")
        words = spacer, protospacer, pam
        found = self._alignment(words, tuple(int(x) for x in counts.split(",")))
        letters, places = self._copy([])
        genome = protospacer.replace("-", "").upper()
        expected = self._own(genome + pam if self.asked.side == 3 else pam + genome)
        at = places.index(self.places[0])
        if found or letters[at : at + len(expected)] != expected:
            return found or "the reference holds other letters there"
        if not chosen:
            return "no variant is named"
        told = [self._loss_on(changes) for changes in self._possible(chosen)]
        return "" if self.row["change"] in told else f"on that copy: {told[0] if told else 'no such copy'}"

    def _loss_on(self, changes: list[Carried]) -> str:
        letters, places = self._copy(changes)
        if self._site_at(letters, places):
            return "a site"
        size = len(self.asked.pam)
        at = [n for n, place in enumerate(places) if place == self.places[2]]
        return "destroyed" if any(self._admits(self._own(letters[n : n + size])) for n in at) else "pam_lost"

    def _possible(self, chosen: list[Carried]) -> Iterator[list[Carried]]:
        """The copies on which a loss may lie: all that a haplotype carries, or, unphased, what may lie beside."""
        haplotypes = self._haplotypes()
        beside = [c for c in self.around if c not in chosen]
        if haplotypes and not any(c.change in self.free for c in beside):
            yield chosen + [c for c in beside if all(c.on(h) for h in haplotypes)]
            return
        sure = [c for c in beside if len(set(c.alleles)) == 1 and c.change not in self.free]
        (start, _), (end, _), _ = self.places
        far = {id(c): max(start - c.end, c.start - end, 0) for c in beside}
        open_ = sorted((c for c in beside if c not in sure), key=lambda c: (far[id(c)], c.change))[:MOST_OPEN]
        for bits in range(1 << len(open_)):
            more = [c for n, c in enumerate(open_) if bits >> n & 1]
            made = list({c.change: c for c in sorted(chosen + sure + more, key=lambda c: c.change)}.values())
            if all(a.end <= b.start and (a.start, a.end) != (b.start, b.end) for a, b in pairwise(made)):
                yield made


@lru_cache(maxsize=4096)
def aligns(asked: Asked, genome: str) -> bool:
    """Whether an alignment within the limits exists, by trying all."""
    spacer = asked.spacer

    @cache
    def rest(i: int, j: int, m: int, d: int, r: int, last: str) -> bool:
        if i == len(spacer) and j == len(genome):
            return last == "="
        both = i < len(spacer) and j < len(genome)
        cost = both and spacer[i] != genome[j]
        if both and m >= cost and rest(i + 1, j + 1, m - cost, d, r, "="):
            return True
        if last == "" or (i == len(spacer) and j == len(genome)):
            return False
        dna = j < len(genome) and d > 0 and last != "R" and rest(i, j + 1, m, d - 1, r, "D")
        return dna or (i < len(spacer) and r > 0 and last != "D" and rest(i + 1, j, m, d, r - 1, "R"))

    return rest(0, 0, asked.mismatches, asked.dna, asked.rna, "")
