"""Lists of tables of a TOML file, each read for itself, so that a fault of one does not hide those of the others.

Cannot see: what a block means; that is for its reader.
"""

from __future__ import annotations

from typing import Any, TypeVar

from proband.border import Strict, parse, shown
from proband.core.errors import Problem

B = TypeVar("B", bound=Strict)


def read_blocks(
    model: type[B], raw: dict[str, Any], key: str, file: str, problems: list[Problem], most: int = 500
) -> tuple[list[B], list[str]]:
    """The sound blocks under ``[[key]]``, and the ids of all of them as written, the faulty ones included.

    >>> from proband.science.quality.component_model import Step
    >>> found: list[Problem] = []
    >>> read_blocks(Step, {"step": [{"id": "a"}, {"id": "b", "x": 1}]}, "step", "f.toml", found)[1], found[0].place
    (['a', 'b'], 'step b, key x')
    """
    held = raw.get(key, [])
    if not isinstance(held, list) or not all(isinstance(x, dict) for x in held):
        problems.append(Problem(file, f"key {key}", shown(held), "a list of tables", f"write [[{key}]]"))
        return [], []
    if len(held) > most:
        problems.append(Problem(file, f"key {key}", f"{len(held)} tables", f"at most {most}", "split the file"))
        return [], []
    made, names = [], []
    for number, block in enumerate(held, start=1):
        name = block.get("id")
        told = name if isinstance(name, str) and name.isascii() and 0 < len(name) <= 64 and name.isprintable() else ""
        names += [told] if told else []
        read = parse(model, block, file, f"{key} {told or number}", problems)
        made += [read] if read is not None else []
    return made, names
