"""FASTA and FASTA.gz as a genome: indexed access to a file of any size with a small, fixed amount of memory.

A plain file is read through its ``.fai`` index (samtools faidx) when there is one, else it is read once to make the
same index in memory; nothing is written beside the file. A gzip or BGZF file is read once; every few megabytes the
state of the decompressor is kept, so that a base is reached without reading from the beginning.

All faults found in one reading are reported together.

Cannot see: a file that changes while it is open, a plain file whose sequence letters are wrong in a part that is
never fetched when an index spares the first reading, and which build the file holds.
"""

from __future__ import annotations

import hashlib
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from proband.core.errors import Problem, ProgramError
from proband.science.sequence.genome import blocks, check_interval, check_letters, refget_of, unknown_contig

_CHUNK = 1 << 16
"""Bytes read from disk at a time."""
_PIECE = 1 << 20
"""Uncompressed bytes at a time at most, however well the file is packed."""
_SPACING = 1 << 22
"""Uncompressed bytes between two kept states of the decompressor."""
_PAGE = 1 << 18
"""Bytes of file text kept per page, so that neighbouring fetches do not read again."""
_PAGES = 32
_LETTERS = b"ACGTRYSWKMBDHVNacgtryswkmbdhvn"
_SHOWN = 20
"""Faults listed from one file; more are counted."""


@dataclass(frozen=True, slots=True)
class Contig:
    """One line of an index: length in bases, place of the first, bases and bytes per line."""

    length: int
    offset: int
    bases: int
    width: int

    def at(self, position: int) -> int:
        """Place in the text of the base at `position`.

        >>> Contig(100, 6, 60, 61).at(60)
        67
        """
        return self.offset + position // self.bases * self.width + position % self.bases


class _Text(Protocol):
    def read(self, start: int, end: int) -> bytes: ...

    def chunks(self) -> Iterator[bytes]: ...


class _Plain:
    """Bytes of an uncompressed file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, start: int, end: int) -> bytes:
        with self._path.open("rb") as handle:
            handle.seek(start)
            return handle.read(end - start)

    def chunks(self) -> Iterator[bytes]:
        with self._path.open("rb") as handle:
            while data := handle.read(_CHUNK):
                yield data


class _Gzip:
    """Bytes of a gzip or BGZF file, reached from kept states of the decompressor."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._states: list[tuple[int, int, zlib._Decompress]] = []

    def _inflate(self, handle: BinaryIO, place: int, engine: zlib._Decompress, *, keep: bool) -> Iterator[bytes]:
        handle.seek(place)
        text, data, inside = 0, b"", False
        while data or (data := handle.read(_CHUNK)) or inside:
            if keep and (not self._states or text - self._states[-1][0] >= _SPACING):
                self._states.append((text, handle.tell() - len(data), engine.copy()))
            ended = not data
            out = engine.decompress(data, _PIECE)
            if ended and not out and not engine.eof:
                raise EOFError
            inside = not engine.eof
            data = engine.unconsumed_tail if inside else engine.unused_data.lstrip(b"\0")
            if engine.eof:
                engine = zlib.decompressobj(wbits=31)
            text += len(out)
            yield out

    def read(self, start: int, end: int) -> bytes:
        text, place, engine = self._states[bisect_right([s[0] for s in self._states], start) - 1]
        found = bytearray()
        with self._path.open("rb") as handle:
            for out in self._inflate(handle, place, engine.copy(), keep=False):
                low, high = max(start - text, 0), min(end - text, len(out))
                if low < high:
                    found += out[low:high]
                text += len(out)
                if text >= end:
                    break
        return bytes(found)

    def chunks(self) -> Iterator[bytes]:
        with self._path.open("rb") as handle:
            yield from self._inflate(handle, 0, zlib.decompressobj(wbits=31), keep=True)


class _Scan:
    """Reads the text of a FASTA file once, in pieces of any size, and makes its index."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.contigs: dict[str, Contig] = {}
        self.problems: list[Problem] = []
        self.more = 0
        self._place = self._line = 0
        self._name: str | None = None
        self._header = b""
        self._new_line()
        self._new_contig()

    def _new_line(self) -> None:
        self._raw = self._bases = 0
        self._is_header = False

    def _new_contig(self) -> None:
        self._first: tuple[int, int, int] | None = None
        self._total = 0
        self._short = self._faulty = False

    def report(self, place: str, found: str, expected: str, remedy: str) -> None:
        if len(self.problems) < _SHOWN:
            self.problems.append(Problem(self.file, place, found, expected, remedy))
        else:
            self.more += 1

    def read(self, text: _Text) -> None:
        for chunk in text.chunks():
            *whole, rest = chunk.split(b"\n")
            for piece in whole:
                self._piece(piece)
                self._end_line(1)
            self._piece(rest)
            if self._name is None and not self._is_header and self._raw:
                break
        if self._raw:
            self._end_line(0)
        self._close()
        if not self.contigs and not self.problems:
            self.report("line 1", "no sequence", "a FASTA file: >name, then its bases", "give a FASTA file")

    def _piece(self, piece: bytes) -> None:
        if not piece:
            return
        if not self._raw:
            self._is_header, self._header = piece[:1] == b">", b""
        self._raw += len(piece)
        if self._is_header:
            self._header += piece[: max(0, 4096 - len(self._header))]
            return
        self._bases += len(piece) - piece.count(b"\r")
        foreign = piece.translate(None, _LETTERS + b"\r")
        if foreign and not self._faulty and self._name is not None:
            self._faulty = True
            letter = repr(foreign[:1].decode("latin-1"))
            where = f"line {self._line + 1}, contig {self._name}"
            self.report(where, letter, "IUPAC nucleotide codes", "give a nucleotide FASTA file; gaps are written N")

    def _end_line(self, ending: int) -> None:
        self._line += 1
        width = self._raw + ending
        if self._is_header:
            self._close()
            self._open()
        elif self._name is not None:
            self._sequence_line(width)
        elif self._bases and not self.problems:
            self.report(
                f"line {self._line}", "text before the first >", "a FASTA file: >name, then its bases", "give one"
            )
        self._place += width
        self._new_line()

    def _sequence_line(self, width: int) -> None:
        if not self._bases:
            self._short = self._short or self._first is not None
            return
        if self._first is None:
            self._first = (self._place, self._bases, width)
        elif self._short or self._bases > self._first[1]:
            if not self._faulty:
                remedy = "rewrite the file with lines of one length"
                self.report(
                    f"line {self._line}, contig {self._name}", "lines of different length", "one length", remedy
                )
            self._faulty = True
        elif (self._bases, width) != self._first[1:]:
            self._short = True
        self._total += self._bases

    def _open(self) -> None:
        words = self._header[1:].split()
        self._name = words[0].decode("utf-8", "replace") if words else ""
        if not words:
            self.report(f"line {self._line}", "> without a name", ">name", "name the contig")
        if self._name in self.contigs:
            remedy = "keep one of the two, or rename"
            self.report(f"line {self._line}", f"contig {self._name} a second time", "each name once", remedy)
        self._new_contig()

    def _close(self) -> None:
        if self._name is None:
            return
        if self._first is None:
            self.report(f"contig {self._name}", "no bases", "a sequence", "remove the name or add its sequence")
            return
        offset, bases, width = self._first
        self.contigs.setdefault(self._name, Contig(self._total, offset, bases, max(width, bases)))


class FastaGenome:
    """A FASTA file as a `Genome`; made by `open_fasta`. It can be sent to another process, which opens it anew."""

    whole = True

    def __init__(self, path: Path, build: str, index: Mapping[str, Contig], text: _Text) -> None:
        self.path, self.build = path, build
        self._index, self._text = index, text
        self._pages: OrderedDict[int, bytes] = OrderedDict()
        self._refget: dict[str, str] = {}
        self._lengths = {name: c.length for name, c in index.items()}

    def __reduce__(self) -> tuple[object, ...]:
        return open_fasta, (self.path, self.build)

    @property
    def contigs(self) -> Mapping[str, int]:
        """Each contig's name with its length in bases, in the order of the file."""
        return self._lengths

    def fetch(self, contig: str, start: int, end: int) -> str:
        """Bases in capitals of a 0-based half-open interval; raises ``ProgramError`` outside the contig."""
        entry = self._index.get(contig)
        if entry is None:
            raise ProgramError([unknown_contig(contig, self._index, file=self.path.name)])
        check_interval(self.path.name, contig, start, end, 0, entry.length)
        if start == end:
            return ""
        raw = self._bytes(entry.at(start), entry.at(end - 1) + 1)
        bases = raw.translate(None, b"\r\n").decode("latin-1").upper()
        check_letters(self.path.name, contig, start, bases)
        if len(bases) != end - start:
            remedy = "delete the index or make it again"
            problem = Problem(self.path.name, f"{contig}:{start + 1}-{end}", f"{len(bases)} bases", "all", remedy)
            raise ProgramError([problem])
        return bases

    def _bytes(self, start: int, end: int) -> bytes:
        first, last = start // _PAGE, (end - 1) // _PAGE
        if last - first >= _PAGES // 2:
            return self._text.read(start, end)
        missing = [p for p in range(first, last + 1) if p not in self._pages]
        if missing:
            low = missing[0] * _PAGE
            data = self._text.read(low, (missing[-1] + 1) * _PAGE)
            for page in range(missing[0], missing[-1] + 1):
                self._pages[page] = data[page * _PAGE - low : (page + 1) * _PAGE - low]
        for page in range(first, last + 1):
            self._pages.move_to_end(page)
        joined = b"".join([self._pages[p] for p in range(first, last + 1)])
        while len(self._pages) > _PAGES:
            self._pages.popitem(last=False)
        return joined[start - first * _PAGE : end - first * _PAGE]

    def known(self, contig: str, position: int) -> tuple[int, int] | None:
        """The whole contig, or None for a position outside it."""
        if contig not in self._lengths:
            raise ProgramError([unknown_contig(contig, self._index, file=self.path.name)])
        return (0, self._lengths[contig]) if 0 <= position < self._lengths[contig] else None

    def refget(self, contig: str) -> str:
        """The refget accession of a contig; read once, then remembered."""
        if contig not in self._lengths:
            raise ProgramError([unknown_contig(contig, self._index, file=self.path.name)])
        if contig not in self._refget:
            self._refget[contig] = refget_of(blocks(self, contig))
        return self._refget[contig]

    def digest(self) -> str:
        """SHA-256 of the bytes of the file, 64 hex digits."""
        with self.path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()


def open_fasta(path: str | Path, build: str = "") -> FastaGenome:
    """Open a FASTA or FASTA.gz file; `build` is what its owner says it is, such as GRCh38.

    Raises ``ProgramError`` with every fault at once: not FASTA, truncated gzip, a name that occurs twice, uneven
    lines, foreign letters, an index that does not fit its file.

    >>> import tempfile, os
    >>> name = os.path.join(tempfile.mkdtemp(), "a.fa")
    >>> _ = Path(name).write_text(">c1 first\\nACGT\\nac\\n")
    >>> open_fasta(name).fetch("c1", 2, 6)
    'GTAC'
    """
    path = Path(path)
    try:
        with path.open("rb") as handle:
            magic = handle.read(2)
    except OSError as fault:
        raise ProgramError([Problem(path.name, "", f"{fault.strerror}", "a FASTA file", "check the path")]) from None
    text: _Text = _Gzip(path) if magic == b"\x1f\x8b" else _Plain(path)
    fai = path.with_name(path.name + ".fai")
    if isinstance(text, _Plain) and fai.is_file():
        return FastaGenome(path, build, _read_fai(fai, path), text)
    scan = _Scan(path.name)
    try:
        scan.read(text)
    except EOFError:
        scan.report("end of file", "a gzip stream that stops in the middle", "the whole file", "copy the file again")
    except zlib.error as fault:
        scan.report("gzip stream", str(fault), "a sound gzip file", "copy the file again")
    if scan.more:
        scan.problems.append(Problem(path.name, "", f"{scan.more} more faults", "none", "mend the above first"))
    if scan.problems:
        raise ProgramError(scan.problems)
    return FastaGenome(path, build, scan.contigs, text)


def _read_fai(fai: Path, fasta: Path) -> dict[str, Contig]:
    index: dict[str, Contig] = {}
    problems = []
    remedy = f"delete {fai.name} or make it again with samtools faidx"
    size = fasta.stat().st_size
    with fasta.open("rb") as handle:
        for number, line in enumerate(fai.read_text("utf-8", "replace").splitlines(), start=1):
            name, *figures = line.split("\t")
            if len(figures) != 4 or not all(x.isdigit() and len(x) < 16 for x in figures) or not int(figures[2]):
                problems.append(Problem(fai.name, f"line {number}", line[:80], "a name and four counts", remedy))
                continue
            entry = Contig(*map(int, figures))
            handle.seek(max(0, entry.offset - 4096))
            header = handle.read(min(4096, entry.offset)).rstrip(b"\r\n").rpartition(b"\n")[2]
            fits = header[1:].split()[:1] == [name.encode()] and (not entry.length or entry.at(entry.length - 1) < size)
            if name in index or not fits:
                expected = f"a line of {fasta.name}, each name once"
                problems.append(Problem(fai.name, f"line {number}", f"contig {name}", expected, remedy))
            index[name] = entry
    if problems or not index:
        problems = problems or [Problem(fai.name, "", "no contig", "the index of the FASTA file", remedy)]
        raise ProgramError(problems[:_SHOWN])
    return index
