"""Triage of a long list of variants: read in pieces, each piece answered from short slices of the genome.

Memory follows the piece, not the list or the genome: of the genome, only what lies round the variants of a piece is
held. Cannot see: bystanders outside the wide window, proteins where no transcript was given, and anything but
single-base changes: other variants are kept in the table with the reason.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from proband.core.errors import Problem, ProgramError
from proband.science.design.coding_tracks import CodingTracks
from proband.science.design.editors import Editor
from proband.science.design.triage import STATUS, Bits, encode, flank_of, reachable
from proband.science.design.triage_consequence import Chosen, Effect, effect_of, no_effect
from proband.science.sequence.genome import Genome
from proband.science.variant.hgvs import Nomenclature

PIECE = 20_000
"""Variants answered at a time."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One variant of a list: its name there, contig, 0-based position, bases, and why it can not be read, if so."""

    name: str
    contig: str
    position: int
    ref: str
    alt: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One variant answered: its status, and guides by editor for the editors that reach it.

    `alone` counts base editing guides without a bystander in the wide window; `clean` those without one that changes
    the protein or an essential splice base, and for prime editors, which have no bystanders, all. `clean` is None
    where no protein is there to judge by; `effect` is None where no transcripts were given or the status is not ok.
    """

    variant: Listed
    status: str
    guides: Mapping[str, int]
    alone: Mapping[str, int]
    clean: Mapping[str, int] | None = None
    effect: Effect | None = None


def read_list(path: Path, names: Nomenclature) -> Iterator[Listed]:
    """The variants of a VCF, or of a text file with one HGVS description per line.

    A description that can not be read becomes a row with its fault; a file that is not whole raises ``ProgramError``.
    """
    opener = gzip.open if path.name.endswith(".gz") else open
    try:
        with opener(path, "rt", encoding="utf-8") as handle:  # type: ignore[operator, unused-ignore]
            first = handle.readline()
            lines = (line for group in ((first,), handle) for line in group)
            vcf = first.startswith("##fileformat=VCF") or first.startswith("#CHROM")
            yield from _vcf(path, lines) if vcf else _hgvs(lines, names)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as e:
        found, remedy = (
            ("no such file", "check the path") if isinstance(e, FileNotFoundError) else (str(e)[:200], "copy it again")
        )
        raise ProgramError([Problem(path.name, "", found, "a whole VCF or list", remedy)]) from None


def _vcf(path: Path, lines: Iterable[str]) -> Iterator[Listed]:
    for number, line in enumerate(lines, start=1):
        if line.startswith("#") or not line.strip():
            continue
        cells = line.rstrip("\r\n").split("\t")
        if len(cells) < 5 or not (cells[1].isascii() and cells[1].isdigit() and 0 < int(cells[1]) < 10**10):
            problem = Problem(
                path.name, f"line {number}", line[:40].strip(), "tab-separated VCF columns", "write it again"
            )
            raise ProgramError([problem])
        contig, position, ref = cells[0], int(cells[1]) - 1, cells[3].upper()
        for alternate in cells[4].upper().split(","):
            name = cells[2] if cells[2] not in ("", ".") else f"{contig}:{position + 1}{ref}>{alternate}"
            yield Listed(name, contig, position, ref, alternate)


def _hgvs(lines: Iterable[str], names: Nomenclature) -> Iterator[Listed]:
    for line in lines:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        try:
            change = names.read(text)
        except ProgramError as e:
            yield Listed(text, "", -1, "", "", e.problems[0].found if e.problems else str(e))
            continue
        yield Listed(text, change.contig, change.start, change.deleted, change.inserted)


def pieces(listed: Iterable[Listed], size: int = PIECE) -> Iterator[list[Listed]]:
    """The list in pieces of at most `size`.

    >>> [len(p) for p in pieces([Listed("a", "c", 1, "A", "G")] * 5, 2)]
    [2, 2, 1]
    """
    piece: list[Listed] = []
    for variant in listed:
        piece.append(variant)
        if len(piece) == size:
            yield piece
            piece = []
    if piece:
        yield piece


def answer(
    piece: Sequence[Listed], genome: Genome, editors: Sequence[Editor], chosen: Chosen | None = None
) -> list[Row]:
    """One row per variant, in the order of the piece; `chosen` is the transcript of each, for effect and clean guides.

    >>> from proband.science.design.editors import load_editors
    >>> from proband.science.sequence.genome import genome_of
    >>> g = genome_of({"c1": "CCCCCGCCCCCCCCCCCCCCAGGC"})
    >>> row = answer([Listed("v", "c1", 5, "G", "A")], g, [load_editors()["ABE8e/SpCas9"]])[0]
    >>> row.status, dict(row.guides), row.clean
    ('ok', {'ABE8e/SpCas9': 1}, None)
    """
    rows = {i: Row(v, fault, {}, {}) for i, v in enumerate(piece) if (fault := _fault(v, genome))}
    placed = [i for i in range(len(piece)) if i not in rows]
    if placed:
        _answer_placed(placed, piece, genome, editors, chosen, rows)
    return [rows[i] for i in range(len(piece))]


def _fault(v: Listed, genome: Genome) -> str:
    """Why a variant can not be asked about; empty when it can."""
    if v.fault:
        return f"not read: {v.fault}"
    if v.contig not in genome.contigs:
        return f"no contig {v.contig}"
    if v.alt in ("", ".", "*") or v.alt.startswith("<") or "[" in v.alt or "]" in v.alt:
        return f"not a single-base change: {_ALLELES.get(v.alt, 'symbolic allele')}"
    if len(v.ref) != 1 or len(v.alt) != 1:
        return "not a single-base change"
    unknown = [b for b in (v.ref, v.alt) if b not in "ACGT"]
    if unknown:
        return f"not one known base: {unknown[0][:10]}"
    if v.position >= genome.contigs[v.contig]:
        return "beyond the end of the contig"
    if genome.known(v.contig, v.position) is None:
        return "outside of the bases that the genome has"
    return ""


_ALLELES = {"": "a deletion", ".": "no alternate allele", "*": "an allele taken away by another deletion"}


def _answer_placed(
    placed: Sequence[int],
    piece: Sequence[Listed],
    genome: Genome,
    editors: Sequence[Editor],
    chosen: Chosen | None,
    rows: dict[int, Row],
) -> None:
    order = sorted(placed, key=lambda i: (piece[i].contig, piece[i].position))
    bases, index = _windows([piece[i] for i in order], genome, flank_of(editors))
    letters = ("".join(piece[i].ref for i in order), "".join(piece[i].alt for i in order))
    tracks = None
    if chosen:
        positions = np.array([piece[i].position for i in order], np.int64)
        tracks = CodingTracks(chosen.transcripts, chosen.which[order], positions)
    reach = reachable(bases, 0, index, *letters, editors, tracks=tracks)
    prime = [e.kind == "prime" for e in editors]
    silent = np.where(prime, reach.guides, reach.silent)
    for row, i in enumerate(order):
        status = STATUS[int(reach.status[row])]
        rows[i] = Row(
            variant=piece[i],
            status=status,
            guides=_by_editor(reach.editors, reach.guides[row]),
            alone=_by_editor(reach.editors, reach.clean[row]),
            clean=_by_editor(reach.editors, silent[row]) if reach.judged[row] else None,
            effect=_effect(piece[i], i, chosen) if chosen and status == "ok" else None,
        )


def _by_editor(editors: Sequence[str], counts: Bits) -> dict[str, int]:
    return {editors[k]: int(counts[k]) for k in np.flatnonzero(counts).tolist()}


def _effect(v: Listed, i: int, chosen: Chosen) -> Effect:
    which, others = int(chosen.which[i]), int(chosen.others[i])
    if which < 0:
        return no_effect(chosen.reasons[i], others)
    return effect_of(chosen.transcripts[which], v.position, v.ref, v.alt, others)


def _windows(ordered: Sequence[Listed], genome: Genome, flank: int) -> tuple[Bits, list[int]]:
    """The bases round variants in order of place, end to end with a gap of no bases, and each variant's index."""
    parts: list[Bits] = []
    index: list[int] = []
    gap, size, at = np.zeros(flank, np.uint8), 0, 0
    while at < len(ordered):
        v = ordered[at]
        known = genome.known(v.contig, v.position)
        assert known is not None  # asked for in _fault
        start, end = max(known[0], v.position - flank), v.position + flank + 1
        while at < len(ordered) and ordered[at].contig == v.contig and ordered[at].position < min(end, known[1]):
            end = ordered[at].position + flank + 1
            index.append(size + ordered[at].position - start)
            at += 1
        end = min(end, known[1])
        parts += [encode(genome.fetch(v.contig, start, end)), gap]
        size += end - start + flank
    return np.concatenate(parts), index


def cover(patterns: Mapping[frozenset[str], int]) -> list[tuple[str, int, int]]:
    """A greedy set cover of the variants by editors: editor, variants it adds, variants covered so far.

    `patterns` counts the variants that are reached by exactly the editors of each set, so that memory follows the
    number of patterns. Ties go by name. The greedy choice needs at most ln(n) + 1 times as many editors as the
    smallest cover (Chvatal, Mathematics of Operations Research 1979;4:233-235; recalled).

    >>> cover({frozenset("a"): 1, frozenset("ab"): 1, frozenset("b"): 2, frozenset(): 5})
    [('b', 3, 3), ('a', 1, 4)]
    """
    left = {editors: count for editors, count in patterns.items() if editors}
    chosen: list[tuple[str, int, int]] = []
    done = 0
    while left:
        counts: dict[str, int] = {}
        for editors, count in left.items():
            for editor in editors:
                counts[editor] = counts.get(editor, 0) + count
        best = min(counts, key=lambda e: (-counts[e], e))
        done += counts[best]
        chosen.append((best, counts[best], done))
        left = {editors: count for editors, count in left.items() if best not in editors}
    return chosen
