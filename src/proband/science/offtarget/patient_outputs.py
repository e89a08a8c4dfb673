"""The files of a patient's search: sites, what was not searched, the statement; proven before they get their names.

The files are written under other names, the table is made again row by row from genome and VCF (`rederive`), and only
then all are renamed: a table that does not hold is never left behind.

Cannot see: a change of genome or VCF while the search runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from proband.core.errors import AnalysisError
from proband.science.offtarget.callable_regions import CallableRegions
from proband.science.offtarget.edits import Bases
from proband.science.offtarget.guide import Guide, Limits
from proband.science.offtarget.patient_search import Facts, PatientSearch
from proband.science.offtarget.patient_table import (
    COLUMNS,
    UNSEARCHED_COLUMNS,
    contig_rows,
    rows_of,
    table_text,
    unsearched_rows,
)
from proband.science.offtarget.patient_variants import PatientVariants
from proband.science.offtarget.rederive import Asked, Fetch, Proof, rederive
from proband.writing import PREFIX, write_all

NOTE = "positions count from 1, start and end included, on the forward strand of the reference"
GUARANTEE = (
    "Every site within the settings on every copy the genotypes allow was searched, SNVs, indels and multi-allelic "
    "records alike, over all contigs of the genome; except: what the file of unsearched calls lists, sequence that was "
    "not called (there the reference stands for the patient), and windows that hold letters other than A, C, G, T."
)
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Inputs:
    """Where a search came from, for its statement and its proof."""

    vcf: Path
    names: Mapping[str, str]
    """Contig of the VCF to contig of the genome, where they differ."""
    genome_digest: str
    regions: CallableRegions | None = None


class Found(Protocol):
    """A patient's search whose rows can be read, in memory or from its parts on disk."""

    variants: PatientVariants
    guides: tuple[Guide, ...]
    limits: Limits

    def facts(self) -> Facts:
        """What was searched and found."""
        ...

    def rows(self) -> Iterator[dict[str, str]]:
        """Every row of the table, in its order."""
        ...

    def by_contig(self) -> Iterator[list[dict[str, str]]]:
        """The rows of all guides, contig by contig."""
        ...

    def left(self) -> Iterator[dict[str, str]]:
        """Every row of what was not searched."""
        ...


class InMemory:
    """A search that is held in memory, with the genome that was searched."""

    def __init__(self, search: PatientSearch, genome: Bases) -> None:
        self.variants, self.guides, self.limits = search.variants, search.guides, search.limits
        self._search, self._genome = search, genome

    def facts(self) -> Facts:
        """What was searched and found."""
        return self._search.facts()

    def rows(self) -> Iterator[dict[str, str]]:
        """Every row of the table, in its order."""
        return rows_of(self._search, self._genome)

    def by_contig(self) -> Iterator[list[dict[str, str]]]:
        """The rows of all guides, contig by contig."""
        for contig in self._search.contigs:
            numbers = range(len(self.guides))
            yield [row for n in numbers for row in contig_rows(contig, self.guides, n, self._genome)]

    def left(self) -> Iterator[dict[str, str]]:
        """Every row of what was not searched."""
        return unsearched_rows(self.variants, [u for c in self._search.contigs for u in c.unsearched])


def names_of(out: Path, bed: bool = False) -> tuple[Path, ...]:
    """The files that are written for a table: itself, what was not searched, the statement, and a BED file.

    >>> [p.name for p in names_of(Path("s.tsv"), True)]
    ['s.tsv', 's.not_searched.tsv', 's.statement.json', 's.bed']
    """
    names = ["not_searched.tsv", "statement.json", *(["bed"] if bed else [])]
    return out, *(out.with_name(f"{out.stem}.{name}") for name in names)


def write_patient(
    search: Found, inputs: Inputs, out: Path, fetch: Fetch, verify: bool = True,
    more: Mapping[str, Any] | None = None, bed: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Write and prove the files of a search; the statement.

    `fetch`: letters of the genome, for the proof. `more`: what else the statement is to hold. `bed`: a BED file, too.

    Raises ``AnalysisError`` where a row can not be made again; then nothing is left behind.
    """
    files = names_of(out, bed)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=PREFIX) as folder:
        made = [Path(folder) / f.name for f in files]
        columns = COLUMNS if inputs.regions is None else (*COLUMNS, "callable")
        tally: dict[str, int] = {}
        rows = _marked(search.rows(), inputs.regions, tally)
        write_all(((made[0], table_text(rows, columns, NOTE)),))
        write_all(((made[1], table_text(search.left(), UNSEARCHED_COLUMNS, "positions count from 1")),))
        proof = _proven(search, inputs, made[0], fetch) if verify else None
        statement = _statement(search, inputs, tally, proof)
        statement |= dict(more or {})
        statement["sites_sha256"] = file_digest(made[0])
        write_all({made[2]: (json.dumps(statement, indent=2) + "\n").encode()})
        if bed:
            write_all(((made[3], (_bed(rows) for rows in search.by_contig())),))
        for new, name in zip(made, files, strict=True):
            os.replace(new, name)
    return statement


def bed_line(row: Mapping[str, str]) -> bytes:
    """The BED line of a row: name is guide, edits, PAM, change and haplotype; score 1000 less 100 for each edit.

    A row without a site on this copy has no edits and no PAM, and the score 0.

    >>> row = {"contig": "c", "start": "5", "end": "27", "guide": "g", "strand": "+", "edits": "1", "pam": "AGG"}
    >>> bed_line(row | {"change": "created", "haplotype": "2"})
    b'c\\t4\\t27\\tg:1:AGG:created:2\\t900\\t+\\n'
    """
    score = max(0, 1000 - 100 * int(row["edits"])) if row["edits"].isdecimal() else 0
    name = ":".join(row[c] for c in ("guide", "edits", "pam", "change", "haplotype"))
    start, end = int(row["start"]) - 1, int(row["end"])
    return f"{row['contig']}\t{start}\t{end}\t{name}\t{score}\t{row['strand']}\n".encode()


def _bed(rows: Sequence[Mapping[str, str]]) -> bytes:
    """The rows of a contig by place, as an index of a BED file asks for."""
    return b"".join(line for *_, line in sorted((int(r["start"]), int(r["end"]), bed_line(r)) for r in rows))


def _marked(
    rows: Iterator[dict[str, str]], regions: CallableRegions | None, tally: dict[str, int]
) -> Iterator[Mapping[str, str]]:
    for row in rows:
        if regions is not None:
            inside = regions.holds(row["contig"], int(row["start"]) - 1, int(row["end"]))
            row["callable"] = "yes" if inside else "no"
            tally[row["callable"]] = tally.get(row["callable"], 0) + 1
        yield row


def _proven(search: Found, inputs: Inputs, table: Path, fetch: Fetch) -> Proof:
    m = search.limits
    asked = {
        g.name: Asked(g.spacer, g.pam, g.pam_side, m.mismatches, m.dna_bulges, m.rna_bulges) for g in search.guides
    }
    exempt = [f"{u.contig}:{u.position}:{u.written}" for u in search.variants.conflicts]
    proof = rederive(table, inputs.vcf, search.variants.sample, fetch, asked, inputs.names, exempt)
    if proof.problems:
        raise AnalysisError(proof.problems[:SHOWN])
    return proof


def _statement(search: Found, inputs: Inputs, tally: Mapping[str, int], proof: Proof | None) -> dict[str, Any]:
    m = search.limits
    made: dict[str, Any] = {
        "guarantee": GUARANTEE,
        "searched": search.facts(),
        "not_placed_by_reason": search.variants.reasons,
        "contigs_without_records": list(search.variants.contigs_without_records),
        "settings": {
            "guides": [
                {"name": g.name, "spacer": g.spacer, "pam": g.pam, "pam_side": g.pam_side} for g in search.guides
            ],
            "mismatches": m.mismatches,
            "dna_bulges": m.dna_bulges,
            "rna_bulges": m.rna_bulges,
        },
        "rows_derived_again": None if proof is None else proof.rows,
        "genome_digest": inputs.genome_digest,
        "vcf_sha256": file_digest(inputs.vcf),
    }
    if inputs.regions is not None:
        whole = int(search.facts()["bases_reference"])
        made["callable"] = {
            "bases": inputs.regions.bases,
            "bases_outside": whole - inputs.regions.bases,
            "rows_inside": tally.get("yes", 0),
            "rows_outside": tally.get("no", 0),
        }
    return made


def file_digest(path: Path) -> str:
    """SHA-256 of the bytes of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
