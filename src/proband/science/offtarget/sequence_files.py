"""Sequences of a genome file, piece by piece in capitals: FASTA, FASTA.gz (gzip or BGZF) and .2bit.

A reader goes through the file once and says every fault at the end, as one error. SHA-256 of the file's bytes is
computed on the way.

Sources: BGZF and its end-of-file block, SAM specification section 4.1.2; .2bit, UCSC Genome Browser FAQ "twoBit format"
(recalled): header of signature, version, count; per sequence size, N blocks, mask blocks, then four bases a byte with
T 0, C 1, A 2, G 3, the first base in the high bits.

Cannot see: whether an uncompressed file that ends in the middle of a contig was meant to be longer.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from isal import igzip, igzip_lib

from proband.core.errors import Problem, ProgramError
from proband.kernels.bit_planes import two_bit_codes

CHUNK = 1 << 22
"""Bytes of text, or bases, at a time."""
LONGEST_HEADER = 1 << 16
_ALPHABET = b"ACGTRYSWKMBDHVN"
_CAPITALS = bytes(range(256)).upper()
_EOF_BLOCK = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_TWO_BIT = 0x1A412743
_SHOWN = 20
_BROKEN: tuple[type[Exception], ...] = (
    EOFError,
    zlib.error,
    igzip.BadGzipFile,
    cast(type[Exception], igzip_lib.IsalError),
)


class _Hashed(io.RawIOBase):
    """A file whose bytes are hashed as they are read from front to back."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self.sha = hashlib.sha256()
        self.last = b""

    def readinto(self, buffer: bytearray | memoryview) -> int:
        data = self._handle.read(memoryview(buffer).nbytes)
        memoryview(buffer)[: len(data)] = data
        self.sha.update(data)
        self.last = (self.last + data)[-len(_EOF_BLOCK) :]
        return len(data)

    def readable(self) -> bool:
        return True


class SequenceFile:
    """Reads one file; after `pieces` is used up, `digest` is the SHA-256 of its bytes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digest = ""
        self.problems: list[Problem] = []
        self.more = 0

    def report(self, place: str, found: str, expected: str, remedy: str) -> None:
        """Remember a fault; all are raised together."""
        if len(self.problems) < _SHOWN:
            self.problems.append(Problem(self.path.name, place, found, expected, remedy))
        else:
            self.more += 1

    def pieces(self) -> Iterator[tuple[str, bytes]]:
        """(contig, bases in capitals) in the order of the file; each contig begins with an empty piece.

        Raises ``ProgramError`` with every fault when the file has been read: what was yielded before is then void.
        """
        try:
            with self.path.open("rb") as handle:
                magic = handle.read(4)
                handle.seek(0)
                number = int.from_bytes(magic, "little"), int.from_bytes(magic, "big")
                read = self._two_bit if _TWO_BIT in number else self._fasta
                yield from self._checked(read(handle))
        except IsADirectoryError:
            self.report("", "a folder", "a FASTA, FASTA.gz or .2bit file", "give the file")
        except FileNotFoundError:
            self.report("", "no such file", "a FASTA, FASTA.gz or .2bit file", "check the path")
        except PermissionError as fault:
            self.report("", str(fault.strerror), "a readable file", "check the permissions")
        if self.more:
            self.problems.append(
                Problem(self.path.name, "", f"{self.more} more faults", "none", "mend the above first")
            )
        if self.problems:
            raise ProgramError(self.problems)

    def _checked(self, pieces: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """The same pieces; names twice, contigs without bases and foreign letters are reported."""
        seen: set[str] = set()
        name, bases, faulty = None, 0, False
        for contig, piece in pieces:
            if not piece:
                if name is not None and not bases:
                    self.report(f"contig {name[:60]}", "no bases", "a sequence", "remove the name or add its sequence")
                if contig in seen:
                    remedy = "keep one of the two, or rename"
                    self.report(f"contig {contig[:60]}", "the name a second time", "each name once", remedy)
                name, bases, faulty = contig, 0, False
                seen.add(contig)
            elif not faulty and (foreign := piece.translate(None, _ALPHABET)):
                faulty = True
                place = f"contig {contig[:60]}, base {bases + piece.index(foreign[:1]) + 1}"
                letter = repr(foreign[:1].decode("latin-1"))
                self.report(place, letter, "IUPAC nucleotide codes", "give a nucleotide file; gaps are written N")
            bases += len(piece)
            yield contig, piece
        if name is not None and not bases:
            self.report(f"contig {name[:60]}", "no bases", "a sequence", "remove the name or add its sequence")
        if name is None and not self.problems:
            self.report("", "no sequence", "a FASTA file (>name, then its bases) or a .2bit file", "give one")

    def _fasta(self, handle: BinaryIO) -> Iterator[tuple[str, bytes]]:
        raw = _Hashed(handle)
        packed = handle.read(2) == b"\x1f\x8b"
        handle.seek(0)
        try:
            yield from self._lines(igzip.IGzipFile(fileobj=raw, mode="rb") if packed else raw)
        except _BROKEN as fault:
            cut = isinstance(fault, EOFError)
            found = "a gzip stream that stops in the middle" if cut else f"a damaged gzip stream: {fault}"[:120]
            self.report("end of file" if cut else "", found, "the whole file", "copy the file again")
        while raw.read(CHUNK):
            pass
        if packed and not self.problems and self._is_bgzf(handle) and raw.last != _EOF_BLOCK:
            found = "no end-of-file block: the BGZF file was cut between two blocks"
            self.report("end of file", found, "the whole file", "copy the file again")
        self.digest = raw.sha.hexdigest()

    @staticmethod
    def _is_bgzf(handle: BinaryIO) -> bool:
        handle.seek(0)
        head = handle.read(18)
        return len(head) == 18 and bool(head[3] & 4) and head[12:14] == b"BC"

    def _lines(self, text: io.BufferedIOBase | io.RawIOBase) -> Iterator[tuple[str, bytes]]:
        name, rest, ended = None, b"", False
        fresh = True
        while rest or not ended:
            chunk = b"" if ended else text.read(CHUNK)
            ended = not chunk
            rest += chunk
            while rest:
                if fresh and rest[:1] == b">":
                    end = rest.find(b"\n")
                    if end < 0 and not ended and len(rest) < LONGEST_HEADER:
                        break
                    end = len(rest) if end < 0 else end
                    words = rest[1:end].split()
                    name, rest = (words[0].decode("utf-8", "replace") if words else ""), rest[end + 1 :]
                    if not name:
                        self.report("", "> without a name", ">name", "name the contig")
                    yield name, b""
                    continue
                at = rest.find(b">", 1)
                while at > 0 and rest[at - 1] != 10:
                    at = rest.find(b">", at + 1)
                part, rest = (rest, b"") if at < 0 else (rest[:at], rest[at:])
                fresh = part[-1:] == b"\n"
                bases = part.translate(_CAPITALS, b"\r\n \t")
                if bases and name is None:
                    self.report("line 1", "text before the first >", "a FASTA or .2bit file", "give one")
                    return
                if bases and name is not None:
                    yield name, bases

    def _two_bit(self, handle: BinaryIO) -> Iterator[tuple[str, bytes]]:
        try:
            yield from _two_bit_sequences(handle)
        except (EOFError, struct.error):
            self.report("end of file", "a .2bit file that stops in the middle", "the whole file", "copy the file again")
        except ValueError as fault:
            self.report("header", str(fault), "a .2bit file of version 0 or 1", "make the file again")
        handle.seek(0)
        self.digest = hashlib.file_digest(handle, "sha256").hexdigest()


def _two_bit_sequences(handle: BinaryIO) -> Iterator[tuple[str, bytes]]:
    order = "<" if int.from_bytes(handle.read(4), "little") == _TWO_BIT else ">"
    size = handle.seek(0, 2)
    handle.seek(4)

    def take(form: str) -> tuple[int, ...]:
        return struct.unpack(order + form, _exact(handle, struct.calcsize(order + form)))

    version, count, _ = take("3I")
    if version not in (0, 1):
        raise ValueError(f"version {version}")
    index = []
    for _ in range(count):
        (length,) = take("B")
        name = _exact(handle, length).decode("utf-8", "replace")
        index.append((name, take("Q" if version else "I")[0]))
    for name, offset in index:
        handle.seek(offset)
        (bases,) = take("I")
        if bases > 4 * size:
            raise EOFError
        gaps = _blocks(handle, order, size)
        _blocks(handle, order, size)
        take("I")
        yield name, b""
        for start in range(0, bases, CHUNK):
            codes = np.empty(min(CHUNK, bases - start), np.uint8)
            two_bit_codes(np.frombuffer(_exact(handle, (len(codes) + 3) // 4), np.uint8), codes)
            letters = np.frombuffer(b"ACGT", np.uint8)[codes]
            for low, length in gaps:
                letters[max(0, low - start) : max(0, low + length - start)] = ord("N")
            yield name, letters.tobytes()


def _exact(handle: BinaryIO, size: int) -> bytes:
    data = handle.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _blocks(handle: BinaryIO, order: str, size: int) -> list[tuple[int, int]]:
    (count,) = struct.unpack(order + "I", _exact(handle, 4))
    if 8 * count > size:
        raise EOFError
    numbers = struct.unpack(f"{order}{2 * count}I", _exact(handle, 8 * count))
    return list(zip(numbers[:count], numbers[count:], strict=True))
