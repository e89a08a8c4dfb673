"""Recipe key to evidence on disk, under ``<program>/.proband/``. Safe to delete at any time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from proband.core.errors import AnalysisError
from proband.core.evidence import Evidence
from proband.core.provenance import canonical_json
from proband.core.serial import evidence_from_json, evidence_to_json
from proband.writing import write_text

FOLDER = ".proband"


def load(root: Path, key: str) -> tuple[Evidence, ...] | None:
    """The evidence of a recipe, or None when there is none or it does not read back as it was written."""
    path = root / FOLDER / "evidence" / f"{key}.json"
    try:
        lines = json.loads(path.read_text(encoding="utf-8"))
        return tuple(evidence_from_json(line) for line in lines)
    except (OSError, ValueError, TypeError):
        return None


def store(root: Path, key: str, evidence: Sequence[Evidence]) -> None:
    """Keep the evidence of a recipe.

    Raises `AnalysisError` when the recipe was kept before with other evidence: something is then not
    deterministic. A folder that can not be written is left alone: the cache is a convenience.
    """
    before = load(root, key)
    if before is not None:
        if [e.id for e in before] != [e.id for e in evidence]:
            raise AnalysisError(f"recipe {key[:12]} gave other evidence than before: the analysis is not deterministic")
        return
    folder = root / FOLDER / "evidence"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / f"{key}.json", canonical_json([evidence_to_json(e) for e in evidence]) + "\n")
    except OSError:
        return
