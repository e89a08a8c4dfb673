"""The files of a panel's search: sites with frequencies, what was not searched, and the statement.

Cannot see: more than `populations`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proband.core.errors import AnalysisError
from proband.science.offtarget.patient_outputs import NOTE, SHOWN
from proband.science.offtarget.patient_table import UNSEARCHED_COLUMNS, table_text
from proband.science.offtarget.population_panel import reasons
from proband.science.offtarget.populations import PopulationSearch, columns_of, rows_of
from proband.science.offtarget.rederive import Asked, Fetch
from proband.science.offtarget.rederive_panel import rederive_panel
from proband.writing import write_all

GUARANTEE = (
    "Every site within the settings that an edit of the panel touches was searched on every haplotype that is known "
    "there and whose records do not exclude each other there; frequencies count these haplotypes only. Sites that no "
    "edit is near are on every haplotype as in the reference. Not searched: what the file of unsearched alleles lists; "
    "around an edit, haplotypes that are not known, and those whose records contradict each other, which are listed "
    "and counted."
)


def write_population(
    found: PopulationSearch, vcf: Path, genome_digest: str, region: str, out: Path, fetch: Fetch | None = None
) -> dict[str, Any]:
    """Write the files of a search; the statement. With `fetch`, every row is made again first.

    Raises ``AnalysisError`` where a row can not be made again; then nothing is written.
    """
    m = found.limits
    again = None if fetch is None else _proven(found, fetch)
    with vcf.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    statement = {
        "guarantee": GUARANTEE,
        "searched": found.facts(),
        "region": region or "every record of the panel",
        "not_placed_by_reason": reasons(found.counts),
        "settings": {
            "guides": [
                {"name": g.name, "spacer": g.spacer, "pam": g.pam, "pam_side": g.pam_side} for g in found.guides
            ],
            "mismatches": m.mismatches,
            "dna_bulges": m.dna_bulges,
            "rna_bulges": m.rna_bulges,
        },
        "rows_derived_again": again,
        "genome_digest": genome_digest,
        "vcf_sha256": digest,
    }
    write_all(
        {
            out: table_text(rows_of(found), columns_of(found.groups), NOTE),
            out.with_name(f"{out.stem}.not_searched.tsv"): table_text(
                _unsearched(found), UNSEARCHED_COLUMNS, "positions count from 1"
            ),
            out.with_name(f"{out.stem}.statement.json"): (json.dumps(statement, indent=2) + "\n").encode(),
        }
    )
    return statement


def _proven(found: PopulationSearch, fetch: Fetch) -> int:
    m = found.limits
    asked = {g.name: Asked(g.spacer, g.pam, g.pam_side, m.mismatches, m.dna_bulges, m.rna_bulges) for g in found.guides}
    proof = rederive_panel(rows_of(found), fetch, asked)
    if proof.problems:
        raise AnalysisError(proof.problems[:SHOWN])
    return proof.rows


def _unsearched(found: PopulationSearch) -> Iterator[dict[str, str]]:
    for u in found.counts.not_placed:
        yield {"contig": u.contig, "position": str(u.position), "written": u.written, "reason": u.reason}
    for label, count in found.left_out:
        contig, position, written = label.rsplit(":", 2)
        reason = f"{count} haplotypes with this edit were not searched around it: unknown or excluding edits beside it"
        yield {"contig": contig, "position": position, "written": written, "reason": reason}
