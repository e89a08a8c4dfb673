"""Records of a VCF file, plain, gzip or BCF, in one pass: position, bases, filter and the calls of its samples.

Source: VCF 4.1 to 4.5 specification, section 1 (samtools/hts-specs); the end marker of BGZF is from the SAM
specification v1, section 4.1.2. A file that is cut off is refused: compressed text that ends early, a BGZF file without
its end marker, plain text without a last line end, a line with fewer columns than the header.

Cannot see: whether a plain VCF lost whole lines at its end, and whether its records are true.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from isal import igzip, igzip_lib

from proband.border import shown
from proband.core.errors import Problem, ProgramError

LONGEST_LINE = 200_000_000
"""Bytes of a line at most: 50,000 samples with long calls."""
FIXED = 9
"""Columns before the first sample."""
BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
BROKEN: tuple[type[Exception], ...] = (EOFError, zlib.error, igzip.BadGzipFile, igzip_lib.IsalError)  # type: ignore[assignment]
_ROOM = 1 << 20


@dataclass(frozen=True, slots=True)
class Record:
    """One line: `number` counts records from 1, `start` is 0-based, `calls` are the sample columns as written."""

    number: int
    contig: str
    start: int
    ref: str
    alts: tuple[str, ...]
    filter: str
    keys: str
    calls: bytes

    @property
    def place(self) -> str:
        """The record in words, for a message."""
        bases = f"{self.ref[:20]}>{','.join(self.alts)[:40]}"
        return f"record {self.number} ({shown(self.contig)[1:-1]}:{self.start + 1} {bases})"


class VariantFile:
    """A VCF whose header was read; iterate once for its records. Raises ``ProgramError`` for a file that is no VCF."""

    def __init__(self, path: Path) -> None:
        self.path, self.name = path, path.name
        self.samples: tuple[str, ...] = ()
        self._lines = self._checked(_lines(path))
        self._read_header()

    def __iter__(self) -> Iterator[Record]:
        number = 0
        for line in self._lines:
            if line.startswith(b"#") or not line.strip():
                continue
            number += 1
            yield self._record(line, number)

    def fault(self, place: str, found: str, expected: str, remedy: str) -> ProgramError:
        """A problem of this file."""
        return ProgramError([Problem(self.name, place, found, expected, remedy)])

    def column(self, sample: str) -> int:
        """The column of a sample among the samples. Raises ``ProgramError`` where it is not there, or there twice."""
        if self.samples.count(sample) == 1:
            return self.samples.index(sample)
        if not self.samples:
            raise self.fault("header", "no sample column", "genotypes", "give a VCF with the patient's genotypes")
        if sample in self.samples:
            raise self.fault("header", f"{shown(sample)} twice", "each sample once", "rename one of the columns")
        some = shown(", ".join(self.samples[:5]) + (", ..." if len(self.samples) > 5 else ""))
        raise self.fault("header", f"samples {some}", f"a sample {shown(sample)}", "name one of them with --sample")

    def _read_header(self) -> None:
        first = next(self._lines, b"")
        if not first.startswith(b"##fileformat=VCFv4"):
            found = shown(first[:40].decode("latin-1")) if first else "an empty file"
            raise self.fault("line 1", found, "##fileformat=VCFv4.x", "give a VCF 4 file")
        for line in self._lines:
            if line.startswith(b"#CHROM"):
                names = _text(line).rstrip("\r\n").split("\t")
                self.samples = tuple(names[FIXED:])
                return
            if not line.startswith(b"##"):
                break
        raise self.fault("header", "no line #CHROM", "the line of column names", "write the VCF again")

    def _record(self, line: bytes, number: int) -> Record:
        cells = line.rstrip(b"\r\n").split(b"\t", FIXED)
        position = cells[1] if len(cells) > 1 else b""
        enough = len(cells) >= 8 and (not self.samples or len(cells) == FIXED + 1)
        if not enough or not position.isdigit() or len(position) > 11:
            what = shown(line[:60].decode("latin-1"))
            expected = "tab-separated columns as the header names, with a whole number as position"
            raise self.fault(f"record {number}", what, expected, "write the VCF again, or copy it again")
        calls = cells[FIXED] if self.samples else b""
        columns = calls.count(b"\t") + 1
        if self.samples and columns != len(self.samples):
            found = f"{columns} sample columns"
            raise self.fault(
                f"record {number}", found, f"{len(self.samples)}", "the line may be cut off: copy it again"
            )
        try:
            contig, ref, alt, mark = (cells[i].decode("ascii") for i in (0, 3, 4, 6))
            keys = cells[8].decode("ascii") if len(cells) > 8 else ""
        except UnicodeDecodeError:
            raise self.fault(f"record {number}", "letters beyond ASCII", "ASCII", "write the VCF again") from None
        alts = () if alt in (".", "") else tuple(a.upper() if a.isalpha() else a for a in alt.split(","))
        return Record(number, contig, int(position) - 1, ref.upper(), alts, mark, keys, calls)

    def _checked(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        last = b"\n"
        remedy = "copy the file again from its source, and compare its checksum"
        try:
            for line in lines:
                last = line
                if len(line) >= LONGEST_LINE:
                    raise self.fault("", "a line without end", "lines of VCF", "give a VCF file")
                yield line
        except BROKEN as e:
            raise self.fault(
                "", f"compressed text that is cut off or damaged ({e})"[:200], "a whole file", remedy
            ) from e
        if not last.endswith(b"\n"):
            found = f"a last line without its end: {shown(last[-40:].decode('latin-1'))}"
            raise self.fault("end of file", found, "a whole last line", remedy)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "replace")


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as raw:
        head = raw.read(18)
    if head[:3] == b"BCF":
        yield from _bcf(path)
        return
    if head[:2] != b"\x1f\x8b":
        with path.open("rb") as plain:
            yield from _cut(plain)
        return
    if head[12:14] == b"BC" and _tail(path) != BGZF_END:
        raise EOFError("the end marker of BGZF is missing")
    with igzip.open(path, "rb") as unpacked:
        first = unpacked.read(3)
    if first == b"BCF":
        yield from _bcf(path)
        return
    with igzip.open(path, "rb") as text:
        yield from _cut(io.BufferedReader(cast(Any, text), _ROOM))


def _tail(path: Path) -> bytes:
    with path.open("rb") as raw:
        raw.seek(max(0, path.stat().st_size - len(BGZF_END)))
        return raw.read()


def _cut(text: BinaryIO | io.BufferedReader) -> Iterator[bytes]:
    while line := text.readline(LONGEST_LINE):
        yield line


def _bcf(path: Path) -> Iterator[bytes]:
    import pysam

    try:
        with pysam.VariantFile(str(path)) as file:
            for line in str(file.header).splitlines():
                yield line.encode() + b"\n"
            for record in file:
                yield str(record).encode()
    except (OSError, ValueError) as e:
        raise EOFError(str(e)) from e
