"""What lies at a site, from the user's own annotation: gene and part of it, regulatory elements, repeats, cancer role.

Nothing is looked up elsewhere and nothing licensed is shipped. What was not given is "not looked at" and never "none":
its columns stay out of the table. Parts of a gene are told over all its transcripts, the gravest first: coding, splice
site (the two outer bases of an intron), UTR, exon of a non-coding transcript, intron; else intergenic with the distance
to the nearest gene.

Cannot see: genes that the annotation lacks, distal targets of a regulatory element, and whether annotation, genome and
sites are of one build beyond the names of contigs.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Generic, TypeVar

from proband.core.errors import Problem, ProgramError
from proband.science.amplicon.sheet_rows import read_rows
from proband.science.offtarget.nomination_formats import table_rows
from proband.science.sequence.annotation import TranscriptRecord

T = TypeVar("T")
PARTS = ("coding", "splice_site", "utr", "non_coding_exon", "intron")
"""Parts of a gene, the gravest first."""
SPLICE = 2
"""Outer bases of an intron that count as splice site: Sequence Ontology SO:0001574 and SO:0001575."""
MOST_REGIONS = 5_000_000


class Intervals(Generic[T]):
    """Things on 0-based half-open intervals of contigs, to be asked by overlap and by distance.

    >>> i = Intervals([("c", 5, 9, "a"), ("c", 20, 30, "b")])
    >>> i.over("c", 8, 21), i.nearest("c", 12, 13)
    (['a', 'b'], ('a', 4))
    """

    def __init__(self, items: Iterable[tuple[str, int, int, T]]) -> None:
        held: dict[str, list[tuple[int, int, T]]] = {}
        for contig, start, end, what in items:
            held.setdefault(contig, []).append((start, end, what))
        self._items = {c: sorted(rows, key=lambda r: r[:2]) for c, rows in held.items()}
        self._starts = {c: [r[0] for r in rows] for c, rows in self._items.items()}
        self._furthest = {c: list(accumulate((r[1] for r in rows), max)) for c, rows in self._items.items()}

    @property
    def contigs(self) -> frozenset[str]:
        """Contigs with an interval."""
        return frozenset(self._items)

    def over(self, contig: str, start: int, end: int) -> list[T]:
        """What overlaps an interval, in order of its start."""
        rows = self._items.get(contig, [])
        last = bisect_left(self._starts.get(contig, []), end)
        first = bisect_right(self._furthest.get(contig, []), start)
        return [what for s, e, what in rows[first:last] if e > start]

    def nearest(self, contig: str, start: int, end: int) -> tuple[T, int] | None:
        """What lies nearest to an interval that nothing overlaps, and the distance (1 for the next base)."""
        rows = self._items.get(contig)
        if not rows:
            return None
        after = bisect_left(self._starts[contig], end)
        found: list[tuple[int, int, T]] = []
        if after < len(rows):
            found.append((rows[after][0] - end + 1, 1, rows[after][2]))
        if after:
            edge = self._furthest[contig][after - 1]
            i = bisect_left(self._furthest[contig], edge)
            found.append((start - edge + 1, 0, rows[i][2]))
        distance, _, what = min(found, key=lambda x: x[:2])
        return what, distance


@dataclass(frozen=True, slots=True)
class GeneContext:
    """Where a site lies: `part` is one of `PARTS` or ``intergenic``; the genes that hold it, else the nearest one."""

    part: str
    genes: tuple[str, ...]
    transcripts: tuple[TranscriptRecord, ...]
    nearest: str = ""
    distance: int | None = None


def gene_index(records: Iterable[TranscriptRecord]) -> Intervals[TranscriptRecord]:
    """Transcripts of an annotation, by place."""
    return Intervals((r.contig, r.exons[0][0], r.exons[-1][1], r) for r in records)


def gene_context(index: Intervals[TranscriptRecord], contig: str, start: int, end: int) -> GeneContext:
    """The gravest part of any gene that an interval touches, or the nearest gene.

    >>> r = TranscriptRecord("T", "c", "+", ((10, 20), (30, 40)), ((15, 20, 0), (30, 33, 1)), gene="G")
    >>> [gene_context(gene_index([r]), "c", p, p + 1).part for p in (11, 16, 20, 25, 35, 50)]
    ['utr', 'coding', 'splice_site', 'intron', 'utr', 'intergenic']
    """
    over = index.over(contig, start, end)
    if over:
        part = min((_part(r, start, end) for r in over), key=PARTS.index)
        return GeneContext(part, tuple(sorted({r.gene or r.id for r in over})), tuple(over))
    found = index.nearest(contig, start, end)
    if found is None:
        return GeneContext("intergenic", (), ())
    record, distance = found
    return GeneContext("intergenic", (), (), record.gene or record.id, distance)


def _part(record: TranscriptRecord, start: int, end: int) -> str:
    if any(s < end and start < e for s, e, _ in record.cds):
        return "coding"
    for (_, left), (right, _) in pairwise(record.exons):
        if (left < end and start < left + SPLICE) or (right - SPLICE < end and start < right):
            return "splice_site"
    if any(s < end and start < e for s, e in record.exons):
        return "utr" if record.cds else "non_coding_exon"
    return "intron"


def main_transcripts(records: Sequence[TranscriptRecord]) -> tuple[TranscriptRecord, ...]:
    """One transcript for each gene: MANE Select, else Ensembl's canonical one, else the longest coding part.

    >>> two = (("A", ()), ("B", ("MANE_Select",)))
    >>> r = [TranscriptRecord(n, "c", "+", ((0, 9),), gene="G", tags=t) for n, t in two]
    >>> [t.id for t in main_transcripts(r)]
    ['B']
    """
    best: dict[str, tuple[tuple[bool, bool, int, int, str], TranscriptRecord]] = {}
    for r in records:
        tags = {t.replace(" ", "_") for t in r.tags}
        coding = sum(e - s for s, e, _ in r.cds)
        exonic = sum(e - s for s, e in r.exons)
        key = ("MANE_Select" not in tags, "Ensembl_canonical" not in tags, -coding, -exonic, r.id)
        gene = r.gene_id or r.gene or r.id
        if gene not in best or key < best[gene][0]:
            best[gene] = (key, r)
    return tuple(r for _, r in best.values())


def read_regions(path: Path) -> Intervals[str]:
    """Named regions of a BED file (.gz too): regulatory elements, repeats. Raises ``ProgramError`` with its faults."""
    rows: list[tuple[str, int, int, str]] = []
    problems: list[Problem] = []
    for line, cells in table_rows(path):
        if cells[0].startswith("#"):
            continue
        if len(cells) < 3 or not (cells[1].isdigit() and cells[2].isdigit() and int(cells[1]) < int(cells[2])):
            found = " ".join(cells)[:60]
            problems.append(Problem(path.name, f"line {line}", found, "contig, start, end from 0", "mend the BED file"))
        else:
            name = cells[3] if len(cells) > 3 and cells[3] not in ("", ".") else "unnamed"
            rows.append((cells[0], int(cells[1]), int(cells[2]), name[:80]))
        if len(problems) >= 20 or len(rows) > MOST_REGIONS:
            break
    if len(rows) > MOST_REGIONS:
        problems.append(Problem(path.name, "", f"over {MOST_REGIONS:,} regions", "fewer", "keep those near sites"))
    if not rows and not problems:
        problems.append(Problem(path.name, "", "no region", "a BED file with regions", "leave it out, or mend it"))
    if problems:
        raise ProgramError(problems)
    return Intervals(rows)


def read_roles(path: Path) -> dict[str, str]:
    """Cancer roles by gene from the user's CSV with the columns gene and role. Raises ``ProgramError``."""
    problems: list[Problem] = []
    rows, _ = read_rows(path, ("gene", "role"), ("gene", "role"), problems)
    made: dict[str, str] = {}
    for row in rows:
        for column in ("gene", "role"):
            if not row[column]:
                problems.append(row.problem(column, "a gene with its role", "fill it in, or remove the row", "nothing"))
        if row["gene"] in made:
            problems.append(row.problem("gene", "each gene once", "join the roles into one row"))
        made[row["gene"]] = row["role"]
    if problems:
        raise ProgramError(problems)
    return made


def read_expression(path: Path, tissue: str) -> dict[str, float]:
    """Expression by gene in one tissue from a TSV or CSV with a column gene and one for each tissue.

    The unit is that of the table. Raises ``ProgramError`` for a tissue that is not there and for values below 0.
    """
    problems: list[Problem] = []
    made: dict[str, float] = {}
    header: list[str] | None = None
    for line, cells in table_rows(path):
        if header is None:
            header = cells
            lacking = [c for c in ("gene", tissue) if header.count(c) != 1]
            if lacking:
                expected = "a column gene and one for the tissue: " + ", ".join(header)[:300]
                raise ProgramError(
                    [Problem(path.name, f"row {line}", f"no {', '.join(lacking)[:80]}", expected, "name it")]
                )
            continue
        row = dict(zip(header, cells, strict=False))
        try:
            value = float(row.get(tissue, ""))
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value >= 0):
            problems.append(
                Problem(path.name, f"row {line}", row.get(tissue, "")[:40], "a number from 0", "correct it")
            )
        elif row.get("gene", "") in made:
            problems.append(Problem(path.name, f"row {line}", row["gene"][:40], "each gene once", "keep one row"))
        else:
            made[row.get("gene", "")] = value
        if len(problems) >= 20:
            break
    if problems:
        raise ProgramError(problems)
    return made
