"""Recipe key to evidence on disk, under ``<program>/.proband/``. Safe to delete at any time.

What is read back is checked as if a stranger had written it: a line must be of the recipe that is asked for, must
have the id of its content, and must fit the kind table. Anything else counts as not kept, and is computed again.
Cannot see: a forger who recomputes ids. The cache is a convenience of this machine and proves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from proband.core.errors import AnalysisError
from proband.core.evidence import Evidence
from proband.core.kinds import evidence_problems
from proband.core.provenance import Provenance, canonical_json, digest
from proband.core.serial import evidence_from_json, evidence_to_json
from proband.writing import write_text

FOLDER = ".proband"


def load(root: Path, recipe: Provenance) -> tuple[Evidence, ...] | None:
    """The evidence of a recipe, or None when there is none or it is not what was written for it."""
    folder = root / FOLDER
    if folder.is_symlink() or (folder / "evidence").is_symlink():
        return None
    try:
        kept = json.loads((folder / "evidence" / f"{recipe.key}.json").read_text(encoding="utf-8"))
        lines = tuple(evidence_from_json(line) for line in kept["evidence"])
        if kept["recipe"] != recipe.key or kept["all"] != digest([e.id for e in lines]):
            return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    expected = canonical_json(recipe)
    sound = all(canonical_json(e.provenance) == expected and not evidence_problems(e, "", "") for e in lines)
    return lines if sound else None


def store(root: Path, recipe: Provenance, evidence: Sequence[Evidence]) -> None:
    """Keep the evidence of a recipe.

    Raises `AnalysisError` when the recipe was kept before with other evidence: something is then not
    deterministic. A folder that can not be written, or is a link, is left alone.
    """
    before = load(root, recipe)
    if before is not None:
        if [e.id for e in before] != [e.id for e in evidence]:
            raise AnalysisError(
                f"recipe {recipe.key[:12]} gave other evidence than before: the analysis is not deterministic"
            )
        return
    folder = root / FOLDER
    if folder.is_symlink() or (folder / "evidence").is_symlink():
        return
    try:
        (folder / "evidence").mkdir(parents=True, exist_ok=True)
        ids = digest([e.id for e in evidence])
        body = {"recipe": recipe.key, "all": ids, "evidence": [evidence_to_json(e) for e in evidence]}
        write_text(folder / "evidence" / f"{recipe.key}.json", canonical_json(body) + "\n")
    except OSError:
        return


def sound(root: Path, key: str) -> bool:
    """Whether files were found without fault before; a wrong answer costs a later message, never a result."""
    folder = root / FOLDER
    return not folder.is_symlink() and (folder / "sound" / key).is_file()


def keep_sound(root: Path, key: str) -> None:
    """Remember that files were found without fault; a folder that can not be written is left alone."""
    folder = root / FOLDER
    if folder.is_symlink() or (folder / "sound").is_symlink():
        return
    try:
        (folder / "sound").mkdir(parents=True, exist_ok=True)
        write_text(folder / "sound" / key, "no fault was found\n")
    except OSError:
        return
