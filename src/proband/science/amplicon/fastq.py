"""FASTQ files, plain or gzip, to unique reads with their counts, in one pass; memory follows the unique reads.

Every record ends in one class: kept, or filtered with a reason. Qualities are Phred with offset 33, and the mean
quality of a read is the plain mean of its scores. Letters other than A, C, G, T, N become N (U becomes T).
Source of the format: Cock et al., Nucleic Acids Research 2010;38:1767-1771; four lines a record.

Cannot see: whether a file is whole when it is not compressed and ends between two records.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from isal import igzip, igzip_lib

from proband.core.errors import Problem, ProgramError
from proband.kernels import families, pairs, unique_reads
from proband.kernels.jit import Array
from proband.science.amplicon.amplicon import LONGEST

if TYPE_CHECKING:
    from proband.science.amplicon.umi import Families, UmiCounts

BLOCK = 1 << 18
"""Bytes of text that are parsed at a time; few enough to stay in a processor's cache."""
FAULTS = {
    unique_reads.NO_AT: ("a line that does not begin with @", "the name line of a record"),
    unique_reads.NO_PLUS: ("a third line that does not begin with +", "a + line"),
    unique_reads.UNEQUAL: ("bases and qualities of different length", "one quality for each base, on one line"),
}
_ONE = np.ones(1, np.int64)
BROKEN: tuple[type[Exception], ...] = (EOFError, zlib.error, igzip.BadGzipFile, igzip_lib.IsalError)  # type: ignore[assignment]
"""What is raised while compressed text that is damaged or cut off is read."""
ADAPTER_LEAST, ADAPTER_MOST = 5, 10
"""Bases of an adapter that must be seen, and differences allowed per 100 of them."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked of a read before it is counted: mean quality (Phred), and 3' adapters that are cut off."""

    min_mean_quality: float = 0.0
    adapters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UniqueReads:
    """Unique sequences in the order of their first read: codes in `arena`, read r at starts[r], counts[r] times.

    `reads_in` is the number of records (pairs count once), `filtered` how many were set aside, by reason; the rest
    is the sum of `counts`. `digests` are the SHA-256 digests of the files, in their order.

    With `umi`, the records are families of reads, and it says where the reads went. `skipped` are records of a BAM that
    are no reads of their own.
    """

    arena: Array
    starts: Array
    sizes: Array
    counts: Array
    reads_in: int
    filtered: dict[str, int] = field(default_factory=dict)
    digests: tuple[str, ...] = ()
    umi: UmiCounts | None = None
    skipped: dict[str, int] = field(default_factory=dict)


class Text(Protocol):
    """FASTQ text in pieces, from a file of any format; `digest` is whole when all was read."""

    path: Path

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        ...

    def __iter__(self) -> Iterator[bytes]: ...

    def fault(self, place: str, found: str, expected: str, remedy: str) -> ProgramError:
        """A problem of this file."""
        ...


class _Hashed(io.RawIOBase):
    """A raw file that digests what is read from it."""

    def __init__(self, path: Path) -> None:
        self.raw = path.open("rb", buffering=0)
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        n = self.raw.readinto(buffer)
        self.digest.update(memoryview(buffer)[:n])
        return n or 0

    def close(self) -> None:
        self.raw.close()
        super().close()


class FastqText:
    """The text of a file in pieces; decoding runs ahead in another thread where `ahead` is set.

    Raises ``ProgramError`` for a file that can not be read, or whose compression is broken or cut off.
    """

    def __init__(self, path: Path, ahead: bool = False) -> None:
        self.path, self.ahead = path, ahead
        self.digest = ""

    def __iter__(self) -> Iterator[bytes]:
        try:
            pieces = self._pieces()
            yield from _run_ahead(pieces) if self.ahead else pieces
        except BROKEN as e:
            told = "the compressed text ends too early" if isinstance(e, EOFError) else f"broken compression ({e})"
            raise self.fault("", told, "a whole gzip file", "copy the file again and compare its checksum") from None
        except OSError as e:
            raise self.fault("", (e.strerror or str(e)).lower(), "a readable file", "check its name") from None

    def _pieces(self) -> Iterator[bytes]:
        with _Hashed(self.path) as raw, io.BufferedReader(raw, 1 << 18) as stream:
            if stream.peek(2)[:2] == b"\x1f\x8b":
                with igzip.IGzipFile(fileobj=stream, mode="rb") as text:  # type: ignore[no-untyped-call]
                    while piece := text.read(BLOCK):
                        yield piece
            else:
                while piece := stream.read(BLOCK):
                    yield piece
            self.digest = raw.digest.hexdigest()

    def fault(self, place: str, found: str, expected: str, remedy: str) -> ProgramError:
        """A problem of this file."""
        return ProgramError([Problem(self.path.name, place, found, expected, remedy)])


def _run_ahead(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same pieces, the next one being made while the last one is used."""
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, pieces, b"")
        while piece := coming.result():
            coming = pool.submit(next, pieces, b"")
            yield piece


class Records:
    """The records of one file, block by block: `text` and, for `n` of them, where bases and qualities begin."""

    def __init__(self, source: Text) -> None:
        self.source, self.pieces = source, iter(source)
        self.text = np.empty(0, np.uint8)
        self.filled, self.done, self.final = 0, 0, False
        self.n, self.first = 0, 0
        room = BLOCK // 16
        self.at, self.length, self.quality = (np.empty(room, np.int64) for _ in range(3))

    def load(self) -> bool:
        """Scan the next block; False when there is no further record."""
        rest = self.text[self.done : self.filled]
        self.first += self.n
        while True:
            piece = b"" if self.final else next(self.pieces, b"")
            self.final = not piece
            self.filled = rest.size + len(piece)
            text = np.empty(-(-self.filled // 8) * 8, np.uint8)
            text[: rest.size], text[rest.size : self.filled] = rest, np.frombuffer(piece, np.uint8)
            self.text = text
            self.n, self.done, fault = unique_reads.scan(
                text, text.view(np.uint64), self.filled, self.final, self.at, self.length, self.quality
            )
            if self.n == 0 and fault:
                raise self._broken(fault)
            if self.n or self.final:
                break
            rest = self.text[self.done : self.filled]
        if not self.n and self.done < self.filled:
            raise self.source.fault(
                f"record {self.first + 1}", "a record that is cut off", "four lines", "copy the file again"
            )
        return self.n > 0

    def _broken(self, fault: int) -> ProgramError:
        found, expected = FAULTS[fault]
        remedy = "give FASTQ with four lines a record; the file may be damaged or of another format"
        return self.source.fault(f"record {self.first + 1}", found, expected, remedy)

    def bad_letter(self, record: int, letter: str) -> ProgramError:
        """The problem of a record with a character that stands for no base."""
        found = f"the character {letter!r} among the bases"
        return self.source.fault(f"record {record + 1}", found, "A, C, G, T, N", "give FASTQ reads")

    def drop(self, n: int) -> None:
        """Forget all but the first n records of the block, so that the next load scans the others again."""
        if n < self.n:
            self.done = int(self._head(n))
            self.n = n

    def _head(self, r: int) -> int:
        """Where the name line of record r begins."""
        i = int(self.at[r]) - 2
        while i >= 0 and self.text[i] != 10:
            i -= 1
        return i + 1

    def heads(self) -> Array:
        """Where each name line begins."""
        into = np.empty(self.n, np.int64)
        families.name_starts(self.text, self.at, self.n, into)
        return into


class Counter:
    """The growing table of unique reads. Memory that is set aside and not used costs nothing."""

    def __init__(self) -> None:
        self.slots = np.full(1 << 18, -1, np.int32)
        room = 1 << 17
        self.hashes, self.sizes = np.empty(room, np.uint64), np.empty(room, np.int32)
        self.starts, self.counts, self.origin = (np.empty(room, np.int64) for _ in range(3))
        self.arena = np.empty(1 << 25, np.uint8)
        self.multiplier = unique_reads.multipliers(LONGEST)
        self.state = np.zeros(3, np.int64)

    def add(self, text: Array, at: Array, length: Array, keep: Array, n: int, weights: Array = _ONE) -> None:
        """Count n sequences of letters, one or `weights` times each."""
        done = 0
        while done < n:
            done = unique_reads.count(
                text, at, length, keep, done, n, self.multiplier, weights, self.slots, self.hashes, self.starts,
                self.sizes, self.counts, self.origin, self.arena, self.state,
            )  # fmt: skip
            if done < n:
                self._grow(int(length[done]))
        self.state[2] += n

    def _grow(self, size: int) -> None:
        unique, used = int(self.state[0]), int(self.state[1])
        if used + size > self.arena.size:
            self.arena = np.concatenate([self.arena, np.empty(max(self.arena.size, size), np.uint8)])
        if unique == self.starts.size:
            for name in ("hashes", "starts", "sizes", "counts", "origin"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.empty_like(old)]))
        if 2 * unique >= self.slots.size:
            self.slots = np.full(2 * self.slots.size, -1, np.int32)
            unique_reads.refill(self.slots, self.hashes, unique)

    def table(self, records: Records, reads_in: int, filtered: dict[str, int], digests: tuple[str, ...]) -> UniqueReads:
        """What was counted; raises ``ProgramError`` for a character that stands for no base."""
        unique, used = int(self.state[0]), int(self.state[1])
        starts, sizes, counts = self.starts[:unique], self.sizes[:unique], self.counts[:unique]
        codes = self.arena[:used]
        bad, letter, rewritten = unique_reads.encode(codes, starts, sizes, unique_reads.letter_codes())
        if bad >= 0:
            raise records.bad_letter(int(self.origin[bad]), chr(letter))
        if rewritten:
            again = Counter()
            text = np.frombuffer(b"ACGTN", np.uint8)[codes]
            again.add(text, starts, sizes.astype(np.int64), np.ones(unique, np.bool_), unique, counts)
            return again.table(records, reads_in, filtered, digests)
        told = {k: v for k, v in filtered.items() if v}
        return UniqueReads(codes, starts.copy(), sizes.copy(), counts.copy(), reads_in, told, digests)


def kept(text: Array, quality: Array, length: Array, n: int, filters: Filters, filtered: dict[str, int]) -> Array:
    """Which of n records are counted; the others are added to `filtered` by reason."""
    sizes = length[:n]
    keep = (sizes > 0) & (sizes <= LONGEST)
    filtered["no_bases"] += int(np.count_nonzero(sizes == 0))
    filtered["too_long"] += int(np.count_nonzero(sizes > LONGEST))
    if filters.min_mean_quality > 0:
        good = np.empty(n, np.bool_)
        unique_reads.mean_quality_filter(text, quality, length, n, filters.min_mean_quality, good)
        filtered["low_mean_quality"] += int(np.count_nonzero(keep & ~good))
        keep &= good
    return keep


def read_unique(path: Path, filters: Filters | None = None, threads: int = 1) -> UniqueReads:
    """The unique reads of one FASTQ file.

    Raises ``ProgramError`` for a file that can not be read, is damaged, is no FASTQ, or holds no read.
    """
    return unique_of(FastqText(path, ahead=threads > 1), filters or Filters())


def unique_of(source: Text, filters: Filters, umi: Families | None = None) -> UniqueReads:
    """The unique reads of a text, or with `umi` the consensus reads of its families; see `read_unique`."""
    records, counter = Records(source), Counter()
    filtered = dict.fromkeys(("no_bases", "too_long", "low_mean_quality"), 0)
    reads_in = 0
    while records.load():
        reads_in += records.n
        keys = umi.take(records) if umi else _ONE
        for adapter in filters.adapters:
            letters = np.frombuffer(adapter.encode("ascii"), np.uint8)
            pairs.trim(records.text, records.at, records.length, records.n, letters, ADAPTER_LEAST, ADAPTER_MOST)
        keep = kept(records.text, records.quality, records.length, records.n, filters, filtered)
        if umi:
            read = records.text, records.at, records.length, records.text, records.quality
            umi.add(records, keys, *read, keep)
        else:
            counter.add(records.text, records.at, records.length, keep, records.n)
    if not reads_in:
        raise source.fault("", "no record", "at least one read", "check that the right file was given")
    if umi:
        return umi.table(records, reads_in, filtered, (source.digest,))
    return counter.table(records, reads_in, filtered, (source.digest,))
