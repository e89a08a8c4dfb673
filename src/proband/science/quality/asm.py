"""Results of an instrument from Allotrope Simple Model (ASM) JSON, as rows of ``lots.csv``.

ASM nests measurement documents in documents of each technique; a sample document names sample and batch; a quantity is
``{"value": ..., "unit": ...}`` under its name. Names are read with spaces or hyphens. What is wanted is named by the
caller (quantity of the file to id of a specification), and every quantity that is left aside is told. The structure is
that of Allotrope's published models, read at secondary sources; no schema is checked.

Cannot see: calculated data documents, whether a value is a raw or a reported one, and which method an instrument
served: the caller states it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from proband.border import hidden_characters, read_text, shown
from proband.core.errors import Problem
from proband.science.quality.lot_tables import RESULT_COLUMNS, number, safe_name
from proband.science.quality.unit_codes import unit_problem

LIMIT = 32_000_000
MOST_NODES = 2_000_000
UNITS = {"(unitless)": "1", "unitless": "1", "pH": "[pH]", "mOsm/kg": "mosm/kg", "degC": "Cel", "C": "Cel"}
"""Units as ASM writes them, where they are not UCUM."""
COLUMNS = (*RESULT_COLUMNS, "replicate", "date")
_LOTS = ("batch identifier", "sample identifier")


@dataclass(frozen=True, slots=True)
class AsmRows:
    """Rows in the columns of `COLUMNS`, and the quantities of the file that nobody asked for, with their counts."""

    rows: tuple[tuple[str, ...], ...]
    left_aside: Mapping[str, int]


def read_asm(
    path: Path, wanted: Mapping[str, str], method: str, problems: list[Problem], lot_from: str = "batch identifier"
) -> AsmRows:
    """The wanted quantities of every measurement document; faults are added to `problems`.

    `wanted`: name of the quantity in the file to id of the specification. `lot_from`: the key that names the lot.
    """
    name = path.name
    text = read_text(path, name, problems, LIMIT)
    if text is None:
        return AsmRows((), {})
    problems += hidden_characters(text, name)
    try:
        data = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError, ArithmeticError) as e:
        problems.append(Problem(name, "", str(e)[:200], "JSON", "export it again"))
        return AsmRows((), {})
    keys = {_plain(k): v for k, v in wanted.items()}
    rows: list[tuple[str, ...]] = []
    aside: Counter[str] = Counter()
    count: Counter[tuple[str, str]] = Counter()
    found = False
    for at, (document, day) in enumerate(_measurements(data), start=1):
        found = True
        place = f"measurement document {at}"
        lot = _lot(document, lot_from)
        if not safe_name(lot):
            expected = f"a name of letters, digits, . _ / - in {lot_from}"
            problems.append(Problem(name, place, shown(lot, 40) if lot else "nothing", expected, "name the lot"))
            continue
        for quantity, value, unit in _quantities(document):
            attribute = keys.get(quantity, "")
            if not attribute:
                aside[quantity] += 1
                continue
            if number(value) is None:
                expected = "a number of at most 15 digits before its point"
                problems.append(Problem(name, f"{place}, {quantity}", shown(value, 40), expected, "correct the file"))
                continue
            code = UNITS.get(unit, unit)
            problems += [Problem(name, *p) for p in unit_problem(code, f"{place}, {quantity}")]
            count[lot, attribute] += 1
            rows.append((lot, attribute, value, code, method, str(count[lot, attribute]), day))
    if not found:
        problems.append(Problem(name, "", "no measurement document", "an ASM file", "export it as ASM JSON"))
    absent = sorted(k for k, v in keys.items() if v not in {r[1] for r in rows})
    if found and absent:
        there = ", ".join(list(aside)[:12]) or "none"
        problems.append(Problem(name, "", f"no quantity {', '.join(absent)}", f"one of: {there}", "name one of these"))
    return AsmRows(tuple(rows), dict(aside))


def _plain(key: str) -> str:
    return " ".join(key.replace("-", " ").casefold().split())


def _measurements(data: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Every measurement document with its day; without recursion, so that no depth breaks it."""
    stack: list[tuple[Any, str]] = [(data, "")]
    nodes = 0
    while stack and nodes < MOST_NODES:
        node, day = stack.pop()
        nodes += 1
        if isinstance(node, list):
            stack += [(x, day) for x in reversed(node)]
        elif isinstance(node, dict):
            held = {_plain(k): v for k, v in node.items() if isinstance(k, str)}
            time = held.get("measurement time")
            day = time[:10] if isinstance(time, str) and len(time) >= 10 else day
            for key, value in reversed(held.items()):
                if key != "measurement document":
                    stack.append((value, day))
            inner = held.get("measurement document", [])
            for document in inner if isinstance(inner, list) else [inner]:
                if isinstance(document, dict):
                    own = {_plain(k): v for k, v in document.items()}
                    mine = own.get("measurement time", day)
                    yield document, mine[:10] if isinstance(mine, str) else day


def _written(value: int | Decimal) -> str:
    """A number in plain digits; one that has none of a usual size keeps its exponent, and is refused by the caller."""
    if isinstance(value, Decimal) and -25 < value.adjusted() < 25 and int(value.as_tuple().exponent) > -40:
        return format(value, "f")
    return str(value)


def _lot(document: dict[str, Any], lot_from: str) -> str:
    sample = next((v for k, v in document.items() if _plain(k) == "sample document"), None)
    held = {_plain(k): v for k, v in sample.items()} if isinstance(sample, dict) else {}
    value = held.get(_plain(lot_from), "")
    return value.strip() if isinstance(value, str) else ""


def _quantities(document: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Name, value and unit of each quantity of a measurement; settings of the device are no results."""
    stack: list[tuple[str, Any]] = [(_plain(k), v) for k, v in reversed(document.items())]
    while stack:
        key, node = stack.pop()
        if key.startswith(("device control", "sample document")):
            continue
        if isinstance(node, list):
            stack += [(key, x) for x in reversed(node)]
        elif isinstance(node, dict):
            value, unit = node.get("value"), node.get("unit")
            counts = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
            if counts and isinstance(unit, str):
                yield key, _written(value), unit
            elif isinstance(unit, str) and "value" in node and not isinstance(value, (dict, list)):
                yield key, "no number" if value is None else str(value)[:80], unit  # refused where it is wanted
            else:
                stack += [(_plain(k), v) for k, v in reversed(node.items())]
