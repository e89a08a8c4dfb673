"""Finished pieces of a search on disk, so that an interrupted search goes on where it stopped.

A part is a file of one line of JSON and the rows of each guide after it. It is taken up only where it is whole (size
and SHA-256 of the rows) and of the same sequence; parts lie in a folder that is named by the digest of the question, so
that those of another question are never taken up.

Cannot see: whether somebody edits the first line of a part between two runs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proband.writing import write_all


@dataclass(frozen=True, slots=True)
class Part:
    """One part file: the place of each guide's rows, and what was covered."""

    path: Path
    body: int
    sizes: tuple[int, ...]
    head: dict[str, Any]

    def rows(self, number: int) -> Iterator[bytes]:
        """Rows of one guide, a few megabytes at a time."""
        with self.path.open("rb") as handle:
            handle.seek(self.body + sum(self.sizes[:number]))
            left = self.sizes[number]
            while left:
                data = handle.read(min(left, 1 << 22))
                if not data:
                    raise OSError(f"{self.path.name} became shorter while it was read")
                left -= len(data)
                yield data

    def lines(self, number: int) -> Iterator[str]:
        """Rows of one guide as text without line ends."""
        rest = b""
        for data in self.rows(number):
            *lines, rest = (rest + data).split(b"\n")
            yield from (line.decode() for line in lines)


def parts_folder(out: Path, key: str) -> Path:
    """Where the parts of a question lie until its result is complete."""
    return out.parent / f".{out.name}.parts-{key[:16]}"


def write_part(path: Path, head: Mapping[str, Any], texts: Sequence[bytes]) -> None:
    """Write a part: what `head` says, and the rows of each guide. Raises ``OSError``."""
    sha = hashlib.sha256()
    for text in texts:
        sha.update(text)
    whole = {**head, "sizes": [len(t) for t in texts], "sha256": sha.hexdigest()}
    write_all([(path, iter([json.dumps(whole).encode() + b"\n", *texts]))])


def read_part(path: Path, sequence: str, guides: int) -> Part | None:
    """The part in a file, or None where there is none, it is not whole, or it is of another sequence."""
    try:
        with path.open("rb") as handle:
            line = handle.readline()
            head = json.loads(line)
            sha, size = hashlib.sha256(), 0
            while data := handle.read(1 << 22):
                sha.update(data)
                size += len(data)
        sizes = tuple(head["sizes"])
        whole = size == sum(sizes) and sha.hexdigest() == head["sha256"] and len(sizes) == guides
        return Part(path, len(line), sizes, head) if whole and head["refget"] == sequence else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
