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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proband.core.errors import AnalysisError
from proband.science.offtarget.callable_regions import CallableRegions
from proband.science.offtarget.edits import Bases
from proband.science.offtarget.patient_search import PatientSearch
from proband.science.offtarget.patient_table import (
    COLUMNS,
    UNSEARCHED_COLUMNS,
    rows_of,
    table_text,
    unsearched_rows,
)
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


def names_of(out: Path) -> tuple[Path, Path, Path]:
    """The files that are written for a table: itself, what was not searched, the statement."""
    return out, out.with_name(f"{out.stem}.not_searched.tsv"), out.with_name(f"{out.stem}.statement.json")


def write_patient(
    search: PatientSearch, genome: Bases, inputs: Inputs, out: Path, fetch: Fetch, verify: bool = True,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Write and prove the files of a search; the statement.

    `fetch`: letters of the genome, for the proof. `more`: what else the statement is to hold.

    Raises ``AnalysisError`` where a row can not be made again; then nothing is left behind.
    """
    files = names_of(out)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=PREFIX) as folder:
        made = [Path(folder) / f.name for f in files]
        columns = COLUMNS if inputs.regions is None else (*COLUMNS, "callable")
        tally: dict[str, int] = {}
        rows = _marked(rows_of(search, genome), inputs.regions, tally)
        write_all(((made[0], table_text(rows, columns, NOTE)),))
        write_all(((made[1], table_text(unsearched_rows(search), UNSEARCHED_COLUMNS, "positions count from 1")),))
        proof = _proven(search, inputs, made[0], fetch) if verify else None
        statement = _statement(search, inputs, tally, proof)
        statement |= dict(more or {})
        statement["sites_sha256"] = _digest(made[0])
        write_all({made[2]: (json.dumps(statement, indent=2) + "\n").encode()})
        for new, name in zip(made, files, strict=True):
            os.replace(new, name)
    return statement


def _marked(
    rows: Iterator[dict[str, str]], regions: CallableRegions | None, tally: dict[str, int]
) -> Iterator[Mapping[str, str]]:
    for row in rows:
        if regions is not None:
            inside = regions.holds(row["contig"], int(row["start"]) - 1, int(row["end"]))
            row["callable"] = "yes" if inside else "no"
            tally[row["callable"]] = tally.get(row["callable"], 0) + 1
        yield row


def _proven(search: PatientSearch, inputs: Inputs, table: Path, fetch: Fetch) -> Proof:
    m = search.limits
    asked = {
        g.name: Asked(g.spacer, g.pam, g.pam_side, m.mismatches, m.dna_bulges, m.rna_bulges) for g in search.guides
    }
    exempt = [f"{u.contig}:{u.position}:{u.written}" for u in search.variants.conflicts]
    proof = rederive(table, inputs.vcf, search.variants.sample, fetch, asked, inputs.names, exempt)
    if proof.problems:
        raise AnalysisError(proof.problems[:SHOWN])
    return proof


def _statement(search: PatientSearch, inputs: Inputs, tally: Mapping[str, int], proof: Proof | None) -> dict[str, Any]:
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
        "vcf_sha256": _digest(inputs.vcf),
    }
    if inputs.regions is not None:
        whole = sum(c.length for c in search.contigs)
        made["callable"] = {
            "bases": inputs.regions.bases,
            "bases_outside": whole - inputs.regions.bases,
            "rows_inside": tally.get("yes", 0),
            "rows_outside": tally.get("no", 0),
        }
    return made


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
