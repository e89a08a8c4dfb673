"""A patient's search contig by contig on disk, so that an interrupted one goes on where it stopped.

Each contig's rows and counts are written as soon as it is searched, in a folder beside the result that is named by the
digest of genome, calls, sample and settings. Memory follows the contig with most rows.

Cannot see: whether somebody edits a part between two runs, beyond its size; see `search_parts`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from proband.science.offtarget.edits import Bases
from proband.science.offtarget.genome_search import SEMANTICS
from proband.science.offtarget.genome_store import StoredContig
from proband.science.offtarget.guide import Guide, Limits
from proband.science.offtarget.patient_search import ContigSearch, ContigTally, Facts, facts_of
from proband.science.offtarget.patient_table import COLUMNS, cell, contig_rows, unsearched_rows
from proband.science.offtarget.patient_variants import PatientVariants
from proband.science.offtarget.search_parts import Part, parts_folder, read_part, write_part
from proband.science.offtarget.variant_windows import Unsearched

FORMAT = "patient parts 1"
"""Version of what a part holds; part of the digest of a question."""
One = Callable[[str], tuple[ContigSearch, Mapping[str, Any]]]
"""Searches a contig: what was found, and what its reference covers (`completeness.contig_coverage`)."""
Told = Callable[[StoredContig, bool], None]
"""Called after each contig; True where its part was there already."""


@dataclass(frozen=True, slots=True)
class PatientParts:
    """A search whose contigs lie on disk; as `patient_outputs.Found`."""

    variants: PatientVariants
    guides: tuple[Guide, ...]
    limits: Limits
    k: int
    folder: Path
    parts: tuple[Part, ...]

    def facts(self) -> Facts:
        """What was searched and found."""
        return facts_of(self.variants, self.k, [ContigTally(**p.head["tally"]) for p in self.parts])

    def coverage(self) -> list[dict[str, Any]]:
        """What the reference of each contig covers."""
        return [p.head["coverage"] for p in self.parts]

    def rows(self) -> Iterator[dict[str, str]]:
        """Every row of the table, in its order."""
        for number in range(len(self.guides)):
            for part in self.parts:
                yield from _rows(part, number)

    def by_contig(self) -> Iterator[list[dict[str, str]]]:
        """The rows of all guides, contig by contig."""
        for part in self.parts:
            yield [row for number in range(len(self.guides)) for row in _rows(part, number)]

    def left(self) -> Iterator[dict[str, str]]:
        """Every row of what was not searched."""
        return unsearched_rows(self.variants, (Unsearched(**u) for p in self.parts for u in p.head["unsearched"]))

    def forget(self) -> None:
        """Remove the parts: the result is complete, or they do not hold."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _rows(part: Part, number: int) -> Iterator[dict[str, str]]:
    return (dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in part.lines(number))


def question(
    settings: Mapping[str, Any], guides: Sequence[Guide], limits: Limits, contigs: Sequence[StoredContig]
) -> str:
    """Digest of what the answer depends on; `settings`: genome, calls, sample and how calls are read, as plain values.

    >>> len(question({"sample": "P1"}, [], Limits(3), []))
    64
    """
    named = [(c.name, c.refget) for c in contigs]
    text = [FORMAT, SEMANTICS, dict(settings), named, [asdict(g) for g in guides], asdict(limits)]
    return hashlib.sha256(json.dumps(text, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def search_in_parts(
    contigs: Sequence[StoredContig], genome: Bases, variants: PatientVariants, guides: Sequence[Guide], limits: Limits,
    k: int, one: One, out: Path, key: str, told: Told,
) -> PatientParts:  # fmt: skip
    """Search the contigs that have no part yet. Raises ``OSError`` where a part can not be written; others are kept."""
    folder = parts_folder(out, key)
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, contig in enumerate(contigs):
        path = folder / f"{number:06d}.part"
        part = read_part(path, contig.refget, len(guides))
        before = part is not None
        if part is None:
            _write(path, contig, *one(contig.name), guides, genome)
            part = read_part(path, contig.refget, len(guides))
        if part is None:
            raise OSError(f"{path.name} could not be read back")
        told(contig, before)
        parts.append(part)
    return PatientParts(variants, tuple(guides), limits, k, folder, tuple(parts))


def _write(
    path: Path, contig: StoredContig, found: ContigSearch, coverage: Mapping[str, Any], guides: Sequence[Guide],
    genome: Bases,
) -> None:  # fmt: skip
    texts = []
    for number in range(len(guides)):
        rows = contig_rows(found, guides, number, genome)
        texts.append("".join("\t".join(cell(row[c]) for c in COLUMNS) + "\n" for row in rows).encode())
    head = {
        "contig": contig.name, "refget": contig.refget, "tally": asdict(found.tally()), "coverage": dict(coverage),
        "unsearched": [asdict(u) for u in found.unsearched],
    }  # fmt: skip
    write_part(path, head, texts)
