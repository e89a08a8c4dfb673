"""Whether a BAM file can be read at all, from its first and last bytes: no alignment is looked at.

A BAM is block gzip with an end-of-file block, and begins with the names of its contigs (SAM/BAM format specification
v1, sections 4.1 and 4.2). A check of a folder must not need the aligner's library.

Cannot see: damage in the middle of the file, or an index that belongs to another file.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from pathlib import Path

from proband.core.errors import Problem

END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that closes a whole file (section 4.1.2)."""
MOST_CONTIGS = 10_000_000
MOST_TEXT = 64_000_000


def contigs_of(path: Path) -> tuple[str, ...]:
    """The contigs that a BAM names. Raises ``ValueError`` for what is no BAM, ``OSError`` where it can not be read."""
    try:
        with gzip.open(path, "rb") as handle:
            if handle.read(4) != b"BAM\x01":
                raise ValueError("it does not begin as a BAM file does")
            (length,) = struct.unpack("<i", handle.read(4))
            if not 0 <= length <= MOST_TEXT:
                raise ValueError("its header has an impossible length")
            handle.read(length)
            (contigs,) = struct.unpack("<i", handle.read(4))
            if not 0 <= contigs <= MOST_CONTIGS:
                raise ValueError("its header has an impossible number of contigs")
            return tuple(_contig(handle) for _ in range(contigs))
    except (EOFError, zlib.error, struct.error, gzip.BadGzipFile, UnicodeDecodeError) as e:
        raise ValueError("its header is cut short or damaged") from e


def _contig(handle: gzip.GzipFile) -> str:
    (size,) = struct.unpack("<i", handle.read(4))
    if not 1 <= size <= 10_000:
        raise ValueError("its header has an impossible name of a contig")
    name = handle.read(size)[:-1].decode("ascii")
    handle.read(4)
    return name


def bam_problems(path: Path, file: str, contig: str, names: frozenset[str]) -> list[Problem]:
    """What keeps a BAM from being read round a place on `contig`; `names` are the files that lie beside it."""
    problems = []
    try:
        contigs = contigs_of(path)
        with path.open("rb") as handle:
            handle.seek(max(0, path.stat().st_size - len(END)))
            if handle.read() != END:
                problems.append(Problem(file, "", "a BAM that is cut short", "a whole BAM", "copy or make it again"))
        if contig not in contigs:
            remedy = "check how the build names its contigs"
            problems.append(Problem(file, "", f"no contig {contig}", "the contig of the event", remedy))
    except (ValueError, OSError) as e:
        found = getattr(e, "strerror", "") or str(e)
        problems.append(Problem(file, "", found, "a BAM file", "copy or make the file again"))
    if not {f"{file}.bai", f"{file.removesuffix('.bam')}.bai"} & names:
        problems.append(Problem(file, "", "no index beside it", f"{file}.bai", "sort and index the file"))
    return problems
