"""The only import of numba's decorator, and the place where compiled code is kept.

Compiled code is kept in the folder that ``NUMBA_CACHE_DIR`` names, else in ``proband/kernels`` under the user's
cache folder (``XDG_CACHE_HOME``, or ``~/.cache``; ``LOCALAPPDATA`` on Windows), never beside the sources, and there
under a digest of all kernel sources, so that no code of an older kernel is used. Where no such folder can be
written, kernels are compiled anew in each process.

Cannot see: whether another process writes the same entry; numba writes and renames, so that a reader sees a whole
entry or none.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, cast

import numba
import numpy.typing as npt

Kernel = Callable[..., Any]
Array = npt.NDArray[Any]
"""An array of any type; kernels say in words what they take."""


def njit(function: Kernel) -> Kernel:
    """Compile a function on its first call, without the interpreter lock, kept for the next process.

    >>> njit(lambda x: x + 1)(2)
    3
    """
    return _compiled(function, {})


def inlined(function: Kernel) -> Kernel:
    """As `njit`, and pasted into its callers before they are compiled: for parts of a loop.

    >>> inlined(lambda x: x + 1)(2)
    3
    """
    return _compiled(function, {"inline": "always"})


def _compiled(function: Kernel, more: dict[str, str]) -> Kernel:
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"} | more
    folder = None if function.__name__ == "<lambda>" else _writable(_folder())
    if folder is None:
        return cast(Kernel, numba.njit(**options)(function))
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = str(folder)
    try:
        return cast(Kernel, numba.njit(cache=True, **options)(function))
    finally:
        config.CACHE_DIR = before


def _folder() -> Path | None:
    """Where compiled code of these sources is kept, or None where there is no home."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        return Path(named) / sources()
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "proband" / "kernels" / sources()
    except RuntimeError:
        return None


@cache
def sources() -> str:
    """A digest of all kernel sources: numba asks a function's own file alone, not those of the functions it calls."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def _writable(folder: Path | None) -> Path | None:
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None
