"""CDISC Dataset-JSON 1.1, as one JSON object or as lines (NDJSON), as datasets of rows.

Source: CDISC Dataset-JSON v1.1 (2024): ``datasetJSONVersion``, ``name``, ``records``, ``columns`` with ``name`` and
``dataType``, ``rows`` as lists in the order of the columns. Numbers keep the digits in which they are written.

Cannot see: Define-XML metadata; whether data types hold beyond being text or number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from proband.border import read_text, shown
from proband.core.errors import Problem
from proband.science.clinical.xpt import Dataset

MOST_BYTES = 500_000_000


class NotJson(ValueError):
    """Text that is not JSON as the standards ask: told in words."""


def load(text: str) -> Any:
    """JSON with decimal numbers as written; NaN, infinity and keys that stand twice are refused (``NotJson``)."""

    def constant(word: str) -> None:
        raise NotJson(f"{word}, which is not a number of JSON")

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(items)
        if len(made) < len(items):
            raise NotJson("a key that stands twice in one object")
        return made

    try:
        return json.loads(text, parse_float=Decimal, parse_constant=constant, object_pairs_hook=pairs)
    except NotJson:
        raise
    except (ValueError, RecursionError) as e:
        raise NotJson(f"text that is not JSON: {str(e)[:120]}") from None


def load_file(path: Path, name: str, problems: list[Problem]) -> list[Any]:
    """The JSON values of a file: one, or one for each line where the file's name ends in ``.ndjson``."""
    text = read_text(path, name, problems, MOST_BYTES)
    if text is None:
        return []
    try:
        if name.endswith(".ndjson"):
            return [load(line) for line in text.splitlines() if line.strip()]
        return [load(text)]
    except NotJson as e:
        problems.append(Problem(name, "", str(e), "valid JSON", "export it again"))
        return []


def datasets(values: list[Any], name: str, problems: list[Problem]) -> list[Dataset]:
    """The dataset of a file's JSON values: one object with rows, or metadata followed by one list for each row."""
    head = values[0] if values else None
    if not isinstance(head, dict) or "datasetJSONVersion" not in head:
        problems.append(Problem(name, "", "no datasetJSONVersion", "Dataset-JSON 1.1", "export it as version 1.1"))
        return []
    version = str(head["datasetJSONVersion"])
    if version.split(".")[:2] != ["1", "1"]:
        found = f"version {shown(version)}"
        problems.append(Problem(name, "datasetJSONVersion", found, "1.1", "export it as version 1.1"))
        return []
    rows = values[1:] if len(values) > 1 or name.endswith(".ndjson") else head.get("rows", [])
    faults = _faults(head, rows, name)
    problems += faults
    if faults:
        return []
    columns = tuple(c["name"] for c in head["columns"])
    made = tuple(dict(zip(columns, (_plain(x) for x in row), strict=True)) for row in rows)
    return [Dataset(str(head["name"]), name, columns, made)]


def _faults(head: Mapping[str, Any], rows: Any, name: str) -> list[Problem]:
    columns = head.get("columns")
    named = isinstance(columns, list) and all(isinstance(c, dict) and isinstance(c.get("name"), str) for c in columns)
    if not named or not columns or not isinstance(rows, list) or not isinstance(head.get("name"), str):
        return [Problem(name, "", "no name, columns or rows", "name, columns and rows", "export it again")]
    names = [c["name"] for c in columns]
    if len(set(names)) < len(names):
        return [Problem(name, "columns", "a name that stands twice", "each column once", "export it again")]
    faults = []
    for k, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != len(names):
            found = f"{len(row)} values" if isinstance(row, list) else "no list"
            faults.append(Problem(name, f"row {k}", found, f"a list of {len(names)} values", "export it again"))
    if "records" in head and head["records"] != len(rows):
        found, expected = f"{len(rows)} rows", f"{head['records']} rows, as the file says of itself"
        faults.append(Problem(name, "records", found, expected, "copy the file again: it may be cut short"))
    return faults[:20]


def _plain(value: Any) -> str | float | None:
    """A cell as text, with its digits as written; None where it is empty."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "Y" if value else "N"
    return str(value)
