"""Finding the files of a program folder and hashing them. No path leaves the folder, no link is followed out."""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from proband.border import hidden
from proband.core.errors import Problem
from proband.core.provenance import InputFile
from proband.folder.layout import IGNORED, IGNORED_ANYWHERE, TOP_FOLDERS, Entry, entry_of

CHUNK = 1 << 20
GZIP_CHECKED = 64_000_000
"""Compressed bytes up to which a plain gzip file is unpacked to see that it is whole."""
UNPACKED_CHECKED = 2_000_000_000
"""Unpacked bytes after which the check of a gzip file stops: the rest is left to whoever reads it."""
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def inside(root: Path, relative: str) -> Path | None:
    """The file at a relative path when it lies inside the folder, links resolved; else None.

    >>> inside(Path("/nowhere"), "../secret") is None
    True
    """
    if not relative or "\x00" in relative or Path(relative).is_absolute() or "\\" in relative:
        return None
    path = root / relative
    try:
        resolved, base = path.resolve(), root.resolve()
    except OSError:
        return None
    return path if resolved.is_relative_to(base) and resolved != base else None


def walk(root: Path, problems: list[Problem]) -> Iterator[str]:
    """Relative paths of all files of a folder, sorted; files that leave it by a link become problems."""

    def unreadable(error: OSError) -> None:
        relative = Path(str(error.filename)).name
        problems.append(
            Problem(relative, "", (error.strerror or "unreadable").lower(), "a readable folder", "check its rights")
        )

    for folder, names, files in os.walk(root, onerror=unreadable):
        names[:] = sorted(n for n in names if not _ignored(root, folder, n) and not _other_program(root, folder, n))
        for name in sorted(files):
            relative = (Path(folder) / name).relative_to(root).as_posix()
            if _ignored(root, folder, name):
                continue
            if not relative.isprintable() or not _encodes(relative) or hidden(relative):
                problems.append(
                    Problem(
                        ascii(relative),
                        "",
                        "a file name with hidden or broken characters",
                        "plain names",
                        "rename the file",
                    )
                )
                continue
            if not (root / relative).is_file():
                problems.append(
                    Problem(relative, "", "not a regular file", "a file", "remove it, or mend the broken link")
                )
                continue
            if inside(root, relative) is None:
                problems.append(
                    Problem(
                        relative,
                        "",
                        "a link to a file outside the folder",
                        "a file inside it",
                        "copy the file into the folder",
                    )
                )
                continue
            yield relative
        for name in list(names):
            if (Path(folder) / name).is_symlink():
                names.remove(name)
                relative = (Path(folder) / name).relative_to(root).as_posix()
                problems.append(
                    Problem(relative, "", "a link to a folder", "a folder", "copy the files into the program folder")
                )


def _encodes(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _ignored(root: Path, folder: str, name: str) -> bool:
    patterns = IGNORED if Path(folder) == root else IGNORED_ANYWHERE
    return any(fnmatch(name, p) for p in patterns)


def _other_program(root: Path, folder: str, name: str) -> bool:
    """Whether a folder is a program of its own inside an umbrella: it has a program file and no name of the layout."""
    return Path(folder) == root and name not in TOP_FOLDERS and (Path(folder) / name / "program.toml").is_file()


def inner_programs(root: Path) -> list[str]:
    """Names of the folders of a program folder that are programs of their own, sorted: they are read by themselves.

    >>> inner_programs(Path("/nowhere"))
    []
    """
    if not root.is_dir():
        return []
    names = sorted(p.name for p in root.iterdir() if p.is_dir() and not p.is_symlink())
    return [n for n in names if not _ignored(root, str(root), n) and _other_program(root, str(root), n)]


def digest_file(path: Path) -> str:
    """SHA-256 of a file, in bounded memory."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def inventory(root: Path, problems: list[Problem]) -> tuple[list[InputFile], list[str]]:
    """The input files of a folder with their digests, and the paths that the layout does not know."""
    known: list[InputFile] = []
    unknown: list[str] = []
    for relative in walk(root, problems):
        entry = entry_of(relative)
        if entry is None:
            unknown.append(relative)
            continue
        path = root / relative
        try:
            fault = size_fault(path, entry) or (gzip_fault(path) if relative.endswith(".gz") else None)
            if fault:
                problems.append(Problem(relative, "", *fault))
                continue
            known.append(InputFile(relative, digest_file(path)))
        except OSError as e:
            problems.append(
                Problem(relative, "", (e.strerror or "unreadable").lower(), "a readable file", "check its rights")
            )
    return known, unknown


def size_fault(path: Path, entry: Entry) -> tuple[str, str, str] | None:
    """Found, expected and remedy when a file is larger than what its place in the folder is for."""
    size = path.stat().st_size
    if entry.limit and size > entry.limit:
        return (
            f"{size / 1e6:,.0f} MB",
            f"at most {entry.limit / 1e6:,.0f} MB for {entry.purpose}",
            "keep raw data under sequencing/, or split the table",
        )
    return None


def gzip_fault(path: Path) -> tuple[str, str, str] | None:
    """Found, expected and remedy when a gzip file is damaged or cut short.

    A block-gzip file (BGZF) is whole when it ends with the end-of-file block; a plain one of up to 64 MB is
    unpacked; a larger plain one is left to whoever reads it.
    """
    cut = ("a gzip file that is cut short or damaged", "a whole gzip file", "copy it again from its source")
    with path.open("rb") as handle:
        head = handle.read(18)
        if head[:2] != b"\x1f\x8b":
            return ("a file that is not gzip", "a gzip file", "compress it, or remove .gz from its name")
        if head[3:4] == b"\x04" and head[12:14] == b"BC":
            handle.seek(max(0, path.stat().st_size - len(BGZF_END)))
            return None if handle.read() == BGZF_END else cut
    if path.stat().st_size > GZIP_CHECKED:
        return None
    try:
        with gzip.open(path) as unpacked:
            for _ in range(UNPACKED_CHECKED // CHUNK):
                if not unpacked.read(CHUNK):
                    break
    except (OSError, EOFError, zlib.error):
        return cut
    return None
