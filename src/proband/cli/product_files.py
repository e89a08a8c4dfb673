"""Where the quality verbs find their files, and how they write what they made: JSON, a table, figures, sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proband.core.provenance import plain

if TYPE_CHECKING:
    from proband.core.evidence import Figure


def place_of(path: Path, relative: str, table: Path | None = None) -> tuple[Path, Path | None, tuple[str, str]]:
    """The plan and the table of a verb, and their names in messages.

    `path` is a program folder, or the plan itself; its table then lies beside it, with the same stem, unless given.
    """
    plan = path / relative if path.is_dir() else path
    beside = table if table is not None else plan.with_suffix(".csv")
    found = beside if table is not None or beside.is_file() else None
    return plan, found, (relative if path.is_dir() else plan.name, beside.name)


def files_beside(path: Path, relative: str) -> dict[str, Path]:
    """The files of a quality folder by their path in a program folder; `path` is that folder, or a file in it."""
    main = path / relative if path.is_dir() else path
    found = {f"quality/{f.name}": f for f in sorted(main.parent.glob("*")) if f.suffix in (".csv", ".toml", ".xlsx")}
    return {**found, relative: main}


def write_made(
    out: Path,
    name: str,
    told: Any,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    figures: Iterable[Figure] = (),
) -> list[str]:
    """Write ``name.json``, ``name.tsv`` and one SVG for each figure to a folder; returns their names."""
    from proband.dossier.charts import svg
    from proband.science.offtarget.merge_outputs import tsv
    from proband.writing import write_all

    text = json.dumps(plain(told), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    made: dict[str, bytes] = {f"{name}.json": text.encode("utf-8"), f"{name}.tsv": tsv(header, rows)}
    for figure in figures:
        stem = re.sub(r"[^A-Za-z0-9._-]+", "_", figure.name).strip("._-")[:100] or name
        drawn = svg(figure).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        while f"{stem}.svg" in made:
            stem += "_"
        made[f"{stem}.svg"] = drawn.encode("utf-8")
    out.mkdir(parents=True, exist_ok=True)
    write_all({out / file: data for file, data in made.items()})
    return list(made)


def finite(value: float | None) -> float | str | None:
    """A number as JSON can hold it: an infinite time is written as text."""
    return "never" if value is not None and value == float("inf") else value
