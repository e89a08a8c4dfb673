"""Columns, outcomes and groups that a model is fitted to: checked once, every fault told together.

Cannot see: whether a number is true. Source: none needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem, ProgramError

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
MOST_COLUMNS = 50
INTERCEPT = "(intercept)"


def numbers(name: str, values: Sequence[float] | Floats, problems: list[Problem], size: int | None = None) -> Floats:
    """A column of finite numbers; faults go to `problems`, and zeros stand in their place.

    >>> found = []
    >>> _ = numbers("age", [1.0, float("nan")], found); found[0].place
    'age, row 2'
    """
    made = _as_floats(values)
    if made is None or made.ndim != 1:
        problems.append(Problem("model", name, "no column of numbers", "one number per row", "give numbers"))
        return np.zeros(size or 0)
    if size is not None and made.size != size:
        found = f"{made.size} rows"
        problems.append(Problem("model", name, found, f"{size} rows, as the outcome has", "give a value per row"))
        return np.zeros(size)
    for i in np.flatnonzero(~np.isfinite(made))[:20]:
        remedy = "leave rows with missing values out, and say how many"
        problems.append(Problem("model", f"{name}, row {i + 1}", str(made[i]), "a finite number", remedy))
    return np.where(np.isfinite(made), made, 0.0)


def _as_floats(values: Any) -> Floats | None:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None


def design(columns: Mapping[str, Any], size: int, problems: list[Problem], intercept: bool) -> tuple[Floats, list[str]]:
    """The design matrix (rows x columns) and the names of its columns, an intercept first where asked for."""
    if len(columns) > MOST_COLUMNS:
        found = f"{len(columns)} columns"
        problems.append(Problem("model", "columns", found, f"at most {MOST_COLUMNS}", "take fewer covariates"))
        return np.zeros((size, 0)), []
    held = [numbers(str(k), v, problems, size) for k, v in columns.items()]
    names = [str(k) for k in columns]
    if intercept:
        held, names = [np.ones(size), *held], [INTERCEPT, *names]
    return (np.column_stack(held) if held else np.zeros((size, 0))), names


def whole(name: str, values: Any, problems: list[Problem], size: int | None = None) -> Floats:
    """A column of whole numbers not below 0, as floats."""
    made = numbers(name, values, problems, size)
    for i in np.flatnonzero((made < 0) | (made != np.round(made)))[:20]:
        problems.append(Problem("model", f"{name}, row {i + 1}", f"{made[i]:g}", "a whole number, 0 or more", "count"))
    return made


def codes(name: str, values: Sequence[object] | NDArray[Any], size: int, problems: list[Problem]) -> Codes:
    """Group labels as codes 0, 1, ... in the order in which they first appear."""
    if len(values) != size:
        found = f"{len(values)} rows"
        problems.append(Problem("model", name, found, f"{size} rows, as the outcome has", "give a label per row"))
        return np.zeros(size, dtype=np.int64)
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(str(v), len(seen)) for v in values], dtype=np.int64)


def raise_if_any(problems: list[Problem]) -> None:
    """Raise one ``ProgramError`` with every fault that was found."""
    if problems:
        raise ProgramError(problems)


def dependent(x: Floats, names: Sequence[str], varying: bool = False) -> str:
    """Why the columns can not be told apart, or an empty text.

    `varying`: a column that is the same in every row can not be told apart from the baseline (there is no intercept).

    >>> dependent(np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]]), ["a", "b"])
    'b follows from the other columns: leave it out'
    """
    centred = x - x.mean(axis=0) if varying and x.size else x
    scale = np.sqrt((centred**2).sum(axis=0))
    bad, kept = [], np.zeros((x.shape[0], 0))
    for j, name in enumerate(names):
        if scale[j] <= 1e-12 * max(1.0, float(np.abs(x[:, j]).max(initial=0.0))):
            bad.append(f"{name} does not vary: there is nobody to compare with")
            continue
        column = centred[:, j] / scale[j]
        left = column - kept @ (kept.T @ column)
        left -= kept @ (kept.T @ left)
        size = float(np.sqrt(left @ left))
        if size < 1e-8:
            bad.append(f"{name} follows from the other columns: leave it out")
            continue
        kept = np.column_stack([kept, left / size])
    return "; ".join(bad)
