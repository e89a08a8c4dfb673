"""A digest of the sequence in a FASTA file that does not depend on line width, case, line ends or compression.

It is the SHA-256 of the canonical JSON of [[name, length, refget accession], ...] in the order of the file. The refget
accession (GA4GH refget 2.0) of each contig is that of `genome.refget_of`. Names and order count: other results depend
on both.

Cannot see: which build the file is.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proband.core.errors import Problem, ProgramError
from proband.core.provenance import digest

_PIECE = 1 << 20
_LETTERS = b"ACGTRYSWKMBDHVN"


@dataclass(frozen=True, slots=True)
class SequenceDigest:
    """The digest of all contigs, and of each its name, length in bases and refget accession."""

    digest: str
    contigs: tuple[tuple[str, int, str], ...]


def sequence_digest(path: Path) -> SequenceDigest:
    """The digest of a FASTA or FASTA.gz file, read once in pieces.

    Raises ``ProgramError`` for a file that can not be read to its end, or that holds other letters than IUPAC codes.
    Whether it is a sound FASTA file in other ways is asked by `fasta.open_fasta`.

    >>> import tempfile
    >>> one, two = Path(tempfile.mkdtemp(), "a.fa"), Path(tempfile.mkdtemp(), "b.fa")
    >>> _ = one.write_text(">c1 x\\nACGT\\n"), two.write_text(">c1\\r\\nac\\r\\ngt\\r\\n")
    >>> sequence_digest(one) == sequence_digest(two), sequence_digest(one).contigs[0][2]
    (True, 'SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2')
    """
    made: list[tuple[str, int, str]] = []
    name, length, sha = None, 0, hashlib.sha512()
    try:
        for header, bases in _pieces(path):
            if header is None:
                foreign = bases.translate(None, _LETTERS)
                if foreign:
                    found = f"{foreign[:1].decode('latin-1')!r} in contig {name}"
                    expected, remedy = "IUPAC nucleotide codes", "give a nucleotide FASTA file; gaps are written N"
                    raise ProgramError([Problem(path.name, "", found, expected, remedy)])
                sha.update(bases)
                length += len(bases)
                continue
            if name is not None:
                made.append((name, length, _refget(sha)))
            words = header.split()
            name, length, sha = words[0].decode("utf-8", "replace") if words else "", 0, hashlib.sha512()
    except (OSError, EOFError, zlib.error) as fault:
        found = getattr(fault, "strerror", None) or str(fault) or "the file ends in the middle"
        raise ProgramError([Problem(path.name, "", found, "a whole FASTA file", "copy the file again")]) from None
    if name is not None:
        made.append((name, length, _refget(sha)))
    return SequenceDigest(digest([list(c) for c in made]), tuple(made))


def _refget(sha: Any) -> str:
    return "SQ." + base64.urlsafe_b64encode(sha.digest()[:24]).decode("ascii")


def _pieces(path: Path) -> Iterator[tuple[bytes | None, bytes]]:
    """Headers (without >), and bases in capitals without line ends, in pieces of bounded size."""
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rb") if zipped else path.open("rb") as text:
        at_line, in_header, header = True, False, b""
        while chunk := text.read(_PIECE):
            if not in_header and b">" not in chunk:
                yield None, chunk.translate(None, b"\r\n \t").upper()
                at_line = chunk[-1:] == b"\n"
                continue
            parts = chunk.split(b"\n")
            for k, part in enumerate(parts):
                if k or at_line:
                    in_header, header = part[:1] == b">", b""
                if not in_header:
                    yield None, part.translate(None, b"\r \t").upper()
                    continue
                header += part[: max(0, 4096 - len(header))]
                if k < len(parts) - 1:
                    yield header[1:], b""
            at_line = len(parts) > 1 and not parts[-1]
            in_header = in_header and not at_line
        if in_header:
            yield header[1:], b""
