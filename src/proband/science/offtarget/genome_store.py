"""A genome packed once to bit planes on disk, mapped into memory when it is searched: 0.375 bytes a base.

An entry of a store is a folder ``planes-<digest>`` with the planes of all contigs and ``table.json``: names, lengths,
the refget accession of each contig, and the digest of the sequence content, which depends neither on line width nor on
case nor on compression. Soft masking is ignored: lower case counts as capitals and is not kept. A file ``source-...``
says which entry a genome file gave. A file is taken for the same when path, size and time of change are; else it is
read and its SHA-256 compared. Entries are written under a temporary name and renamed: a full disk or a kill leaves the
old state.

Cannot see: a file that was changed with its size and time of change kept (ask for `check`), and letters other than A,
C, G, T apart from each other once they are packed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import numpy as np

from proband.core.errors import Problem, ProgramError
from proband.kernels.bit_planes import pack
from proband.science.offtarget.search import Planes, codes_of
from proband.science.offtarget.sequence_files import CHUNK, SequenceFile
from proband.writing import PREFIX, sweep, write_text

FORMAT = 1
_WORD = np.dtype("<u8")


@dataclass(frozen=True, slots=True)
class StoredContig:
    """One contig: its length in bases, place of its planes in the file (words), and refget accession."""

    name: str
    length: int
    offset: int
    refget: str

    @property
    def words(self) -> int:
        """Words of one plane."""
        return (self.length + 63) // 64


@dataclass(frozen=True)
class GenomeStore:
    """One packed genome; `planes` maps the planes of a contig."""

    folder: Path
    contigs: tuple[StoredContig, ...]
    digest: str
    """Digest of the sequence content."""
    planes_digest: str
    """SHA-256 of the planes file."""

    @property
    def bases(self) -> int:
        """Bases of all contigs."""
        return sum(c.length for c in self.contigs)

    def planes(self, contig: StoredContig) -> Planes:
        """The planes of a contig, mapped read-only."""
        shape = (3, contig.words)
        mapped = np.memmap(self.folder / "planes.bin", _WORD, "r", offset=contig.offset * 8, shape=shape)
        high, low, other = (np.asarray(x) for x in mapped)
        return Planes(high, low, other, contig.length)

    def verify(self) -> None:
        """Raise ``ProgramError`` if the planes are not those that were written."""
        with (self.folder / "planes.bin").open("rb") as handle:
            found = hashlib.file_digest(handle, "sha256").hexdigest()
        if found != self.planes_digest:
            remedy = "remove the folder; it is made again from the genome file"
            raise ProgramError([Problem(self.folder.name, "planes.bin", found, self.planes_digest, remedy)])


def open_genome(path: Path, store: Path, check: bool = False) -> GenomeStore:
    """The packed genome of a file, made now if the store does not have it.

    Raises ``ProgramError`` with every fault of the file, ``OSError`` where the store can not be written.
    """
    store.mkdir(parents=True, exist_ok=True)
    sweep(store)
    _sweep_folders(store)
    known = None if check else _known(path, store)
    if known is None and path.is_file() and any(store.glob("source-*.json")):
        with path.open("rb") as handle:
            record = store / f"source-{hashlib.file_digest(handle, 'sha256').hexdigest()}.json"
        known = _entry(record, store)
        if known is not None:
            _remember(path, store, record.stem.removeprefix("source-"), known)
    if known is not None:
        return known
    source = SequenceFile(path)
    made = write_store(store, source.pieces())
    _remember(path, store, source.digest, made)
    return made


def default_store() -> Path:
    """``proband/genomes`` in the user's cache folder (``XDG_CACHE_HOME``, ``LOCALAPPDATA``, else ``~/.cache``)."""
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "proband" / "genomes"


def write_store(store: Path, pieces: Iterable[tuple[str, bytes]]) -> GenomeStore:
    """Pack (contig, bases in capitals) pieces, each contig together, into a new entry of the store.

    Nothing is left behind when reading or writing fails.
    """
    store.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=store))
    try:
        with (folder / "planes.bin").open("wb") as out:
            contigs, planes_digest = _write_planes(out, pieces)
            out.flush()
            os.fsync(out.fileno())
        named = [[c.name, c.length, c.refget] for c in contigs]
        digest = hashlib.sha256(json.dumps(named, ensure_ascii=False).encode()).hexdigest()
        table = {
            "format": FORMAT, "digest": digest, "planes_sha256": planes_digest, "soft_mask": "ignored",
            "contigs": [asdict(c) for c in contigs],
        }  # fmt: skip
        write_text(folder / "table.json", json.dumps(table, indent=1, ensure_ascii=False) + "\n")
        folder.chmod(0o755)
        final = store / f"planes-{digest[:16]}"
        found = read_entry(final)
        if found is not None and found.digest == digest:
            return found
        shutil.rmtree(final, ignore_errors=True)
        os.rename(folder, final)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return GenomeStore(final, tuple(contigs), digest, planes_digest)


def _write_planes(out: BinaryIO, pieces: Iterable[tuple[str, bytes]]) -> tuple[list[StoredContig], str]:
    contigs: list[StoredContig] = []
    sha, offset, number = hashlib.sha256(), 0, 0

    def numbered() -> Iterator[tuple[int, str, bytes]]:
        nonlocal number
        for name, piece in pieces:
            number += not piece
            yield number, name, piece

    for (_, name), group in groupby(numbered(), key=lambda x: x[:2]):
        length, accession, planes = _packed(x[2] for x in group)
        for plane in planes:
            data = np.ascontiguousarray(plane, _WORD)
            out.write(data)
            sha.update(data)
        contigs.append(StoredContig(name, length, offset, accession))
        offset += 3 * contigs[-1].words
    return contigs, sha.hexdigest()


def _packed(pieces: Iterable[bytes]) -> tuple[int, str, list[np.ndarray]]:
    """Length, refget accession and the three planes of one contig."""
    sha, length, rest = hashlib.sha512(), 0, b""
    parts: list[list[np.ndarray]] = [[], [], []]

    def add(data: bytes) -> None:
        made = [np.empty((len(data) + 63) // 64, np.uint64) for _ in range(3)]
        pack(codes_of(data), *made)
        for part, plane in zip(parts, made, strict=True):
            part.append(plane)

    for piece in pieces:
        sha.update(piece)
        length += len(piece)
        data = rest + piece
        whole = len(data) // 64 * 64
        if whole:
            add(data[:whole])
        rest = data[whole:]
    if rest:
        add(rest)
    accession = "SQ." + base64.urlsafe_b64encode(sha.digest()[:24]).decode("ascii")
    return length, accession, [np.concatenate(p) if p else np.zeros(0, np.uint64) for p in parts]


def read_entry(folder: Path) -> GenomeStore | None:
    """The entry in a folder, or None where there is none or it is not whole."""
    try:
        table = json.loads((folder / "table.json").read_text("utf-8"))
        if table["format"] != FORMAT or sys.byteorder != "little":
            return None
        contigs = tuple(StoredContig(c["name"], c["length"], c["offset"], c["refget"]) for c in table["contigs"])
        size = sum(3 * 8 * c.words for c in contigs)
        if (folder / "planes.bin").stat().st_size != size:
            return None
        return GenomeStore(folder, contigs, table["digest"], table["planes_sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _stat(path: Path) -> dict[str, int | str]:
    found = path.stat()
    place = hashlib.sha256(os.fsencode(path.resolve())).hexdigest()
    return {"place": place, "bytes": found.st_size, "mtime_ns": found.st_mtime_ns}


def _known(path: Path, store: Path) -> GenomeStore | None:
    """The entry of a file that was read before and has not changed since."""
    if not path.is_file():
        return None
    now = _stat(path)
    for record in sorted(store.glob("source-*.json")):
        with suppress(OSError, ValueError, AttributeError):
            written = json.loads(record.read_text("utf-8"))
            if all(written.get(key) == value for key, value in now.items()):
                return _entry(record, store)
    return None


def _entry(record: Path, store: Path) -> GenomeStore | None:
    try:
        name = str(json.loads(record.read_text("utf-8"))["entry"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return read_entry(store / name) if name.startswith("planes-") and "/" not in name and "\\" not in name else None


def _remember(path: Path, store: Path, digest: str, made: GenomeStore) -> None:
    record = {"entry": made.folder.name, **_stat(path)}
    write_text(store / f"source-{digest}.json", json.dumps(record, indent=1) + "\n")


def _sweep_folders(store: Path) -> None:
    """Remove folders that an interrupted run left behind a day ago or more."""
    import time

    for left in store.glob(f"{PREFIX}*/"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > 86400:
                shutil.rmtree(left, ignore_errors=True)


__all__ = ["CHUNK", "GenomeStore", "StoredContig", "default_store", "open_genome", "read_entry", "write_store"]
