"""The files of ``proband simulate``: finished pieces that a later run goes on from, and what is written at the end.

A piece is stored under DIR/.pieces as soon as it is done, by temporary name and rename, with a digest of what it was
made from. A run with another plan, seed or version of what computes does not mix with them: it is refused.

Cannot see: who changed a stored piece on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proband.core.errors import ProgramError
from proband.core.provenance import canonical_json, digest
from proband.writing import write_all, write_bytes

if TYPE_CHECKING:
    from proband.science.trial.measures import Tally
    from proband.science.trial.operating import OperatingCharacteristics, Piece
    from proband.science.trial.plan_file import ReadPlan

FOLDER = ".pieces"
RUN = "run.json"
PACKAGES = ("numpy", "scipy", "numba", "proband")


def versions() -> dict[str, str]:
    """The versions of what computes: they are part of what a result was made from."""
    from proband.science.trial.operating import VERSION

    return {**{name: version(name) for name in PACKAGES}, "simulation": str(VERSION)}


@dataclass(frozen=True)
class Store:
    """The finished pieces of one plan, seed and set of versions."""

    folder: Path

    @staticmethod
    def opened(out: Path, read: ReadPlan) -> Store:
        """The store of an output folder. Raises `ProgramError` where it holds pieces of something else."""
        folder = out / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        made_from = {"plan": read.digest, "seed": read.plan.seed, "versions": versions()}
        wanted = (canonical_json(made_from) + "\n").encode()
        run = folder / RUN
        if not run.is_file():
            write_bytes(run, wanted)
        elif run.read_bytes() != wanted:
            raise ProgramError(
                f"{out} holds pieces of another plan, seed or version: choose another --out, or remove {folder}"
            )
        return Store(folder)

    def get(self, piece: Piece) -> list[Tally] | None:
        """The stored sums of a piece, or None where there are none or they are damaged."""
        from proband.science.trial.measures import Tally

        try:
            stored = json.loads((self.folder / piece.name).read_bytes())
            if stored["digest"] != digest(stored["blocks"]):
                return None
            made = [Tally(*block) for block in stored["blocks"]]
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return made if len(made) == piece.last - piece.first else None

    def put(self, piece: Piece, tallies: Sequence[Tally]) -> None:
        """Store the sums of a finished piece. Floats keep every bit."""
        blocks = [list(astuple(t)) for t in tallies]
        text = json.dumps({"blocks": blocks, "digest": digest(blocks)}, separators=(",", ":"))
        write_bytes(self.folder / piece.name, text.encode())

    def missing(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The pieces that are still to be done."""
        return [p for p in pieces if self.get(p) is None]

    def all(self, pieces: Sequence[Piece]) -> Iterator[tuple[Piece, list[Tally]]]:
        """Every piece with its sums, one at a time."""
        for piece in pieces:
            found = self.get(piece)
            if found is None:
                raise ProgramError(f"a piece under {self.folder} was removed during the run: run the command again")
            yield piece, found


def write_results(out: Path, source: bytes, read: ReadPlan, oc: OperatingCharacteristics) -> dict[str, Any]:
    """Write the table, the document, the figures, the plan that was used and how to run it again; the document."""
    from proband.science.trial.trial_tables import document, figures, table

    made = document(read, oc, versions())
    files = {
        "operating_characteristics.tsv": table(oc).encode(),
        "operating_characteristics.json": (
            json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        ).encode(),
        "plan_used.toml": source,
        "rerun.toml": _rerun(read, oc.replicates).encode(),
    }
    if "feasibility_paragraph" in made:
        files["feasibility.md"] = (made["feasibility_paragraph"] + "\n").encode()
    for figure in figures(oc):
        drawn = _drawn(figure)
        if drawn is not None:
            files[f"{figure.name}.svg"] = drawn
    write_all({out / name: data for name, data in files.items()})
    return made


def _drawn(figure: Any) -> bytes | None:
    """A figure as SVG; one that can not be drawn is left out, its data are in the table."""
    from proband.dossier.charts import Undrawable, svg

    try:
        return svg(figure).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).encode("utf-8")
    except Undrawable:
        return None


def _rerun(read: ReadPlan, replicates: int) -> str:
    """What a rerun needs to give the same bytes."""
    lines = [
        "# The same plan, seed, replicates and versions give the same bytes, with any executor:",
        f"#   proband simulate plan_used.toml --replicates {replicates} --seed {read.plan.seed} --out again",
        "format = 1",
        'plan = "plan_used.toml"',
        f'plan_digest = "{read.digest}"',
        f"seed = {read.plan.seed}",
        f"replicates = {replicates}",
        "",
        "[versions]",
        *(f'{name} = "{value}"' for name, value in versions().items()),
    ]
    return "\n".join(lines) + "\n"
