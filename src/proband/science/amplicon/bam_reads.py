"""Reads of a BAM or CRAM file, unaligned or aligned, as the FASTQ text from which it could have been made.

Primary records are read, mapped or not; records on the reverse strand are turned back to what the sequencer read;
secondary and supplementary ones repeat bases of a primary one, are left out, and are counted. Mates are brought
together by name, in any order of the file; a mate whose other one is not there is counted as ``no_mate``. Records
marked as duplicates are kept: in an amplicon all copies begin and end alike. A tag RX stays with its read.

Source of the format: SAM/BAM specification v1 and its optional fields, and CRAM 3 (samtools/hts-specs).

Cannot see: bases that a record lost by hard clipping; reads that were left out when the file was made. A CRAM reference
is taken from a file that is named, or from where ``REF_PATH`` or ``REF_CACHE`` point, and never from the network.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from isal import igzip

from proband.core.errors import Problem, ProgramError
from proband.kernels.pairs import complement
from proband.science.amplicon.fastq import BLOCK, BROKEN

if TYPE_CHECKING:
    import pysam

SUFFIXES = (".bam", ".cram")
_SKIPPED = ((0x100, "secondary"), (0x800, "supplementary"))
_TURNED = bytes(complement.py_func(i) for i in range(256))  # type: ignore[attr-defined]
_RAISED = bytes(min(i + 33, 126) for i in range(256))


def is_bam(path: Path) -> bool:
    """Whether a file is BAM or CRAM, by its first bytes, or by its name where they can not be read."""
    try:
        with path.open("rb") as raw:
            head = raw.read(4)
            if head == b"CRAM":
                return True
            if head[:2] == b"\x1f\x8b":
                raw.seek(0)
                with igzip.IGzipFile(fileobj=raw, mode="rb") as text:  # type: ignore[no-untyped-call]
                    return bool(text.read(4) == b"BAM\x01")
    except (OSError, ValueError, *BROKEN):
        pass
    return path.suffix.lower() in SUFFIXES


class BamText:
    """The text of one mate of a BAM or CRAM file in pieces; ask `open_bam` for it."""

    def __init__(self, shared: _Shared, mate: int) -> None:
        self.path, self.shared, self.mate = shared.path, shared, mate

    @property
    def digest(self) -> str:
        """SHA-256 of the file."""
        return self.shared.digest

    def __iter__(self) -> Iterator[bytes]:
        waiting = self.shared.waiting[self.mate]
        while waiting or self.shared.advance():
            yield waiting.popleft()

    def fault(self, place: str, found: str, expected: str, remedy: str) -> ProgramError:
        """A problem of this file."""
        return self.shared.fault(place, found, expected, remedy)


class _Shared:
    """One pass over a file that serves both mates."""

    def __init__(self, path: Path, reference: Path | None) -> None:
        self.path, self.reference = path, reference
        self.waiting: tuple[deque[bytes], deque[bytes]] = (deque(), deque())
        self.skipped = dict.fromkeys((name for _, name in _SKIPPED), 0)
        self.orphans = 0
        self.paired: bool | None = None
        self.digest = ""
        self.pieces = self._pieces()

    def fault(self, place: str, found: str, expected: str, remedy: str) -> ProgramError:
        return ProgramError([Problem(self.path.name, place, found, expected, remedy)])

    def advance(self) -> bool:
        """Read the next piece of both mates; False at the end."""
        piece = next(self.pieces, None)
        if piece is None:
            return False
        for waiting, text in zip(self.waiting, piece, strict=True):
            waiting.append(text)
        return True

    def _pieces(self) -> Iterator[tuple[bytes, bytes]]:
        texts: tuple[list[bytes], list[bytes]] = ([], [])
        pending: dict[str, tuple[int, bytes]] = {}
        size = 0
        for number, record in enumerate(self._primary(), start=1):
            text = self._text(record, number)
            if not record.is_paired:
                texts[0].append(text)
                size += len(text)
            else:
                mate, name = int(record.is_read2), str(record.query_name)
                if name not in pending:
                    pending[name] = mate, text
                    continue
                other, held = pending.pop(name)
                if other == mate:
                    told = f"read {mate + 1} of {name[:60]} twice"
                    raise self.fault("", told, "each read once", "give the reads of one run, with names as sequenced")
                texts[mate].append(text)
                texts[other].append(held)
                size += len(text) + len(held)
            if size >= BLOCK:
                yield b"".join(texts[0]), b"".join(texts[1])
                texts[0].clear()
                texts[1].clear()
                size = 0
        self.orphans = len(pending)
        if size:
            yield b"".join(texts[0]), b"".join(texts[1])

    def _text(self, record: pysam.AlignedSegment, number: int) -> bytes:
        """A record as FASTQ, as the sequencer read it; mixed files and records without qualities are refused."""
        place = f"primary record {number}"
        if self.paired is None:
            self.paired = bool(record.is_paired)
        elif self.paired != record.is_paired:
            raise self.fault(
                place, "single and paired reads in one file", "one of them", "write them to two files, quantify each"
            )
        bases = (record.query_sequence or "").encode("ascii")
        scores = record.query_qualities
        if bases and scores is None:
            raise self.fault(place, "bases without qualities", "qualities", "make the file again with them")
        quality = bytes(scores if scores is not None else b"").translate(_RAISED)
        if record.is_reverse:
            bases, quality = bases.translate(_TURNED)[::-1], quality[::-1]
        name = str(record.query_name).encode("ascii", "replace")
        if record.has_tag("RX"):
            name += b"\tRX:Z:" + str(record.get_tag("RX")).encode("ascii", "replace")
        return b"@%b\n%b\n+\n%b\n" % (name, bases, quality)

    def _primary(self) -> Iterator[Any]:
        """Primary records; every way in which reading fails becomes a problem with the file."""
        import pysam

        quiet, before = pysam.set_verbosity(0), os.environ.get("REF_PATH")
        # Without a path of the user's, htslib would ask a server for the reference of a CRAM.
        if before is None:
            os.environ["REF_PATH"] = os.devnull
        try:
            with self.path.open("rb") as raw:
                self.digest = hashlib.file_digest(raw, "sha256").hexdigest()
            named = str(self.reference) if self.reference is not None else None
            with pysam.AlignmentFile(str(self.path), "r", check_sq=False, reference_filename=named) as handle:
                for record in handle.fetch(until_eof=True):
                    kind = next((name for bit, name in _SKIPPED if record.flag & bit), "")
                    if kind:
                        self.skipped[kind] += 1
                    else:
                        yield record
        except (OSError, ValueError) as e:
            raise self._broken(e) from None
        finally:
            pysam.set_verbosity(quiet)
            if before is None:
                os.environ.pop("REF_PATH", None)

    def _broken(self, e: Exception) -> ProgramError:
        try:
            with self.path.open("rb") as raw:
                cram = raw.read(4) == b"CRAM"
        except OSError as fault:
            return self.fault("", (fault.strerror or "").lower(), "a readable file", "check its name")
        found = " ".join(str(e).split()).replace(str(self.path), self.path.name)[:120]
        if isinstance(e, FileNotFoundError):  # What htslib says of a block that it can not decode, too.
            found = "records that can not be decoded"
        if cram:
            remedy = "name its reference with --reference, or copy the file again where it is cut off"
            return self.fault("", found, "a whole CRAM file and the reference that it was made with", remedy)
        return self.fault("", found, "a whole BAM file", "copy the file again and compare its checksum")


def open_bam(path: Path, reference: Path | None = None) -> tuple[tuple[BamText, ...], _Shared]:
    """The text of single reads (one), or of read 1 and read 2 (two), and what was left out.

    Counts of what was left out are whole when all text was read. Raises ``ProgramError`` for a file that can not be
    read, is cut off, lacks its reference, mixes single and paired reads, or has bases without qualities.
    """
    shared = _Shared(path, reference)
    shared.advance()
    return tuple(BamText(shared, mate) for mate in range(2 if shared.paired else 1)), shared
