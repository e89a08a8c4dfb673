"""Writing files so that a reader sees the old bytes or the new ones, never half of them."""

from __future__ import annotations

import errno
import os
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

Data = bytes | Iterable[bytes]
"""The content of a file, whole or in pieces that are made as they are written."""

PREFIX = ".writing-"
OLD = 3600.0
"""Seconds after which a temporary file belongs to nobody."""


def write_bytes(path: Path, data: bytes) -> None:
    """Write to a temporary name in the same folder, flush to disk, rename."""
    write_all({path: data})


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text as `write_bytes` does, with Unix line ends."""
    write_bytes(path, text.encode("utf-8"))


def write_all(files: Mapping[Path, Data] | Iterable[tuple[Path, Data]]) -> None:
    """Write several files, then rename all of them: a full disk leaves every old file as it was.

    Pairs are asked for one after the other, so that what is written need not be in memory at once.
    """
    if isinstance(files, Mapping):
        for path in files:
            _no_folder(path)
    waiting: dict[Path, Path] = {}
    try:
        for path, data in files.items() if isinstance(files, Mapping) else files:
            _no_folder(path)
            waiting[path] = _temporary(path.parent, data)
        for path, temporary in waiting.items():
            os.replace(temporary, path)
    finally:
        for temporary in waiting.values():
            temporary.unlink(missing_ok=True)


def _no_folder(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "a folder has the name of a file to write", str(path))


def write_new(path: Path, text: str) -> bool:
    """Write a file only if its name is free, also when others write at the same time; False if it is taken."""
    temporary = _temporary(path.parent, text.encode("utf-8"))
    try:
        os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def sweep(folder: Path) -> None:
    """Remove what interrupted writes left behind in a folder more than an hour ago; others may be writing now."""
    for left in folder.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > OLD:
                left.unlink()


def _temporary(folder: Path, data: Data) -> Path:
    handle, name = tempfile.mkstemp(dir=folder, prefix=PREFIX)
    try:
        with os.fdopen(handle, "wb") as out:
            for piece in (data,) if isinstance(data, bytes) else data:
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(name, 0o644)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)
