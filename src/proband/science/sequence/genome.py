"""A genome as named contigs: bases by 0-based half-open interval, in capitals, from a FASTA file or from slices.

Contig names are taken as written. ``chr1`` and ``1`` are different names; asking for one where the genome has the
other is an error that names both. Bases are IUPAC letters; soft masking (lower case) is read as capitals.

The refget accession is that of GA4GH refget 2.0: ``SQ.`` and the first 24 bytes of SHA-512 over the bases in
capitals, in URL-safe base 64 (Hart and Prlic, PLoS ONE 2020;15:e0239883).

Cannot see: which build a file holds, unless its owner says so; alternative haplotypes; the patient's own bases.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from proband.core.errors import Problem, ProgramError
from proband.core.provenance import digest as digest_of

_REFSEQ = re.compile(r"NC_0000(\d\d)\.\d+\Z")
_FOREIGN = re.compile(r"[^ACGTRYSWKMBDHVN]")
_BLOCK = 1 << 20
"""Bases read at a time when a whole contig is hashed."""


class Genome(Protocol):
    """What the rest of the package asks of a genome; any object with these members will do."""

    build: str
    """The assembly, such as GRCh38, as its owner states it; empty when not stated."""
    whole: bool
    """Whether contigs are whole: their ends are true ends, not the limits of what is known."""

    @property
    def contigs(self) -> Mapping[str, int]:
        """Each contig's name with its length in bases; for slices, the end of the last known base."""

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Bases of a 0-based half-open interval; raises ``ProgramError`` for anything outside what is known."""

    def known(self, contig: str, position: int) -> tuple[int, int] | None:
        """The stretch of known bases round a position, None where nothing is known."""

    def refget(self, contig: str) -> str:
        """The refget accession of a whole contig; raises ``ProgramError`` where only parts are known."""

    def digest(self) -> str:
        """SHA-256 of what the genome was read from, 64 hex digits."""


def chromosome(name: str) -> str:
    """The plain chromosome behind a contig's name, as written by UCSC, Ensembl or RefSeq; else the name itself.

    >>> [chromosome(x) for x in ("chr2", "2", "NC_000002.12", "chrM", "MT", "NC_000023.11", "KI270728.1")]
    ['2', '2', '2', 'MT', 'MT', 'X', 'KI270728.1']
    """
    found = _REFSEQ.match(name)
    if found:
        number = int(found[1])
        return {23: "X", 24: "Y"}.get(number, str(number))
    if name.startswith("NC_012920."):
        return "MT"
    plain = name[3:] if name[:3].lower() == "chr" else name
    return "MT" if plain in ("M", "MT") else plain


def unknown_contig(asked: str, contigs: Iterable[str], *, file: str = "genome") -> Problem:
    """The problem of a contig that is not there; names the contig that is the same chromosome otherwise spelt.

    >>> unknown_contig("chr1", ["1", "2"]).expected
    'the name as the genome spells it: 1'
    """
    names = list(contigs)
    same = [x for x in names if chromosome(x) == chromosome(asked)]
    if same:
        expected = f"the name as the genome spells it: {', '.join(same)}"
        remedy = f"{asked} and {same[0]} are different names here: use one spelling in genome, annotation and variant"
    else:
        expected = "one of " + ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        remedy = "give the genome that has this contig, or correct the name"
    return Problem(file, "contig", asked, expected, remedy)


def check_interval(file: str, contig: str, start: int, end: int, low: int, high: int) -> None:
    """Raise ``ProgramError`` unless `low` <= start <= end <= `high`.

    >>> check_interval("genome", "c1", 0, 4, 0, 9)
    """
    if not low <= start <= end <= high:
        expected = f"an interval within {contig}:{low + 1}-{high}"
        found = f"{contig}:{start + 1}-{end}"
        raise ProgramError([Problem(file, "interval", found, expected, "the bases beyond are not known")])


def refget_of(blocks: Iterable[str]) -> str:
    """The refget accession of a sequence given in pieces.

    >>> refget_of(["AC", "GT"])
    'SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2'
    """
    sha = hashlib.sha512()
    for block in blocks:
        sha.update(block.encode("ascii"))
    return "SQ." + base64.urlsafe_b64encode(sha.digest()[:24]).decode("ascii")


def blocks(genome: Genome, contig: str, size: int = _BLOCK) -> Iterator[str]:
    """The bases of a whole contig, `size` at a time."""
    length = genome.contigs[contig]
    for start in range(0, length, size):
        yield genome.fetch(contig, start, min(start + size, length))


@dataclass(frozen=True)
class SliceGenome:
    """Parts of contigs at their true coordinates: name to (0-based start, bases).

    Whole contigs (`whole`) start at 0 and end where they end; a slice says nothing of what lies beyond.

    >>> g = SliceGenome({"chr9": (100, "acgtN")}, build="synthetic")
    >>> g.fetch("chr9", 101, 104), g.known("chr9", 99)
    ('CGT', None)
    """

    slices: Mapping[str, tuple[int, str]]
    build: str = ""
    whole: bool = False

    @property
    def contigs(self) -> Mapping[str, int]:
        """Each contig's name with the end of its last known base."""
        return {name: start + len(bases) for name, (start, bases) in self.slices.items()}

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Bases of a 0-based half-open interval; raises ``ProgramError`` outside the slice."""
        low, bases = self._slice(contig)
        check_interval("genome", contig, start, end, low, low + len(bases))
        text = bases[start - low : end - low].upper()
        check_letters("genome", contig, start, text)
        return text

    def known(self, contig: str, position: int) -> tuple[int, int] | None:
        """The slice round a position, None where nothing is known."""
        low, bases = self._slice(contig)
        return (low, low + len(bases)) if low <= position < low + len(bases) else None

    def refget(self, contig: str) -> str:
        """The refget accession of a whole contig; raises ``ProgramError`` for a slice."""
        low, bases = self._slice(contig)
        if not self.whole or low:
            found = f"the slice {contig}:{low + 1}-{low + len(bases)}"
            remedy = "give the FASTA file of the whole contig"
            raise ProgramError([Problem("genome", "refget", found, "a whole contig", remedy)])
        return refget_of([bases.upper()])

    def digest(self) -> str:
        """SHA-256 over names, starts and bases."""
        return digest_of({n: [start, bases.upper()] for n, (start, bases) in self.slices.items()})

    def _slice(self, contig: str) -> tuple[int, str]:
        if contig not in self.slices:
            raise ProgramError([unknown_contig(contig, self.slices)])
        return self.slices[contig]


def genome_of(contigs: Mapping[str, str], build: str = "") -> SliceGenome:
    """A genome of whole contigs held in memory.

    >>> genome_of({"c1": "ACGT"}).contigs
    {'c1': 4}
    """
    return SliceGenome({name: (0, bases) for name, bases in contigs.items()}, build=build, whole=True)


def check_letters(file: str, contig: str, start: int, text: str) -> None:
    """Raise ``ProgramError`` at the first letter of `text` (in capitals) that is not a nucleotide code.

    >>> check_letters("genome", "c1", 0, "ACGTN")
    """
    found = _FOREIGN.search(text)
    if found:
        place = f"{contig}:{start + found.start() + 1}"
        raise ProgramError([Problem(file, place, repr(found[0]), "an IUPAC nucleotide code", "mend the FASTA file")])
