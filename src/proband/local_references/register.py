"""The register of references: which local files stand behind a name and a build, and by which digests they are known.

One small file for each name and build under ``references/`` of the data folder: the one given, else that which
``PROBAND_HOME`` names, else the platform's own for user data. A record holds the digest of the sequence, which does not
depend on line width, case or compression (`science.sequence.sequence_digest`), and for each file its path, size, time
of change and SHA-256. The files stay where they are; nothing is copied.

A program names a reference by name, build and sequence digest. `find` gives its files, or raises ``ReferenceMissing``
with what to do. A file whose size and time of change are those of the record is taken as unchanged; `verify` reads
every byte.

Cannot see: a file that was changed with its size and time of change kept, unless `verify` is asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from proband.border import shown
from proband.core.errors import Problem, ProgramError, ReferenceMissing
from proband.core.kinds import nearest
from proband.core.program import Reference
from proband.science.sequence.annotation import read_annotation
from proband.science.sequence.fasta import open_fasta
from proband.science.sequence.genome import unknown_contig
from proband.science.sequence.sequence_digest import sequence_digest
from proband.writing import write_new, write_text

FORMAT = 1
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_SHA = re.compile(r"[0-9a-f]{64}\Z")
_REMEDY_NAME = "use letters, digits, dot, hyphen and underscore, at most 64, the first a letter or digit"


@dataclass(frozen=True, slots=True)
class Stored:
    """A file as it was when it was registered: absolute path, bytes, time of change in nanoseconds, SHA-256."""

    path: str
    size: int
    changed: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Record:
    """A reference: its name, build ("" where not stated), sequence digest, contigs, and files."""

    name: str
    build: str
    digest: str
    contigs: tuple[tuple[str, int, str], ...]
    fasta: Stored
    gff: Stored | None

    @property
    def title(self) -> str:
        """Name and build for people."""
        return f"{self.name} {self.build}" if self.build else self.name


def home(given: Path | None = None) -> Path:
    """The data folder: the one given, else ``PROBAND_HOME``, else the platform's own.

    >>> home(Path("/x"))
    PosixPath('/x')
    """
    named = os.environ.get("PROBAND_HOME")
    if given is not None or named:
        return given or Path(str(named)).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "proband"
    base = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "proband"


def check_name(name: str, build: str) -> None:
    """Raise ``ProgramError`` where a name or build could not be the name of a file.

    >>> check_name("GRCh38", "")
    """
    wrong = [("name", name)] if not NAME.match(name) else []
    wrong += [("build", build)] if build and not NAME.match(build) else []
    if wrong:
        expected = "a name such as GRCh38"
        raise ProgramError([Problem("reference", key, shown(v), expected, _REMEDY_NAME) for key, v in wrong])


def add(name: str, fasta: Path, gff: Path | None, build: str, *, folder: Path, replace: bool = False) -> Record:
    """Read the files, and write their record. Registering the same again changes no digest and is no error.

    Raises ``ProgramError`` for faults of the files, and where the name and build are taken by another sequence or
    annotation and `replace` is not set.
    """
    check_name(name, build)
    record = _read(name, fasta, gff, build)
    place = _file(folder, name, build)
    place.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"format": FORMAT, **asdict(record)}, indent=1, sort_keys=True) + "\n"
    if write_new(place, text):
        return record
    if not replace:
        old = _load(place)
        _not_taken(old, record)
    write_text(place, text)
    return record


def _not_taken(old: Record, new: Record) -> None:
    """Raise where a record would change what a name stands for."""
    mine = old.gff.sha256 if old.gff else None
    if (old.name, old.build) != (new.name, new.build):
        found = f"{old.title} is registered, and file names here do not tell {new.title} from it"
    elif old.digest != new.digest:
        found = f"the sequence digest of {new.title} was {old.digest[:12]}, now {new.digest[:12]}"
    elif mine is not None and mine != (new.gff.sha256 if new.gff else None):
        found = f"another annotation, or none, for {new.title}"
    else:
        return
    remedy = "choose another name or build, or say --replace: results that named the old one can then not be repeated"
    raise ProgramError([Problem("reference", new.title, found, "a name and build that is free", remedy)])


def _read(name: str, fasta: Path, gff: Path | None, build: str) -> Record:
    genome = open_fasta(fasta, build)
    stored = _stored(fasta)
    made = sequence_digest(fasta)
    problems = []
    if [(c, n) for c, n, _ in made.contigs] != list(genome.contigs.items()):
        remedy = f"delete {fasta.name}.fai or make it again"
        problems.append(Problem(fasta.name, "index", "contigs or lengths that differ", "those of the file", remedy))
    annotation = None
    if gff is not None:
        annotation = _stored(gff)
        contigs = list(dict.fromkeys(r.contig for r in read_annotation(gff)))
        if not any(c in genome.contigs for c in contigs):
            problems += [unknown_contig(c, genome.contigs, file=gff.name) for c in contigs[:5]]
    if _stat(fasta) != (stored.size, stored.changed):
        problems.append(Problem(fasta.name, "", "a file that changed while it was read", "a file at rest", "try again"))
    if problems:
        raise ProgramError(problems)
    return Record(name, build, made.digest, made.contigs, stored, annotation)


def _stored(path: Path) -> Stored:
    size, changed = _stat(path)
    return Stored(str(path.resolve()), size, changed, file_sha256(path))


def _stat(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as fault:
        raise ProgramError([Problem(path.name, "", f"{fault.strerror}", "a readable file", "check the path")]) from None
    return found.st_size, found.st_mtime_ns


def file_sha256(path: Path) -> str:
    """SHA-256 of the bytes of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _file(folder: Path, name: str, build: str) -> Path:
    return folder / "references" / (f"{name}@{build}.json" if build else f"{name}.json")


def records(folder: Path) -> tuple[Record, ...]:
    """All records by name and build. Raises ``ProgramError`` for a record that can not be read."""
    found = sorted((folder / "references").glob("*.json")) if (folder / "references").is_dir() else []
    return tuple(sorted((_load(p) for p in found), key=lambda r: (r.name, r.build)))


def _load(path: Path) -> Record:
    """A record as written; anything else is an error that names the file."""
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if raw.pop("format") != FORMAT:
            raise ValueError("format")
        files: Mapping[str, Stored | None] = {k: Stored(**raw[k]) if raw[k] else None for k in ("fasta", "gff")}
        contigs = tuple((str(n), int(length), str(sq)) for n, length, sq in raw["contigs"])
        record = Record(**{**raw, **files, "contigs": contigs})
        sound = NAME.match(record.name) and _SHA.match(record.digest) and record.fasta is not None
        if not sound or any(f and not (_SHA.match(f.sha256) and Path(f.path).is_absolute()) for f in files.values()):
            raise ValueError("values")
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        remedy = "delete this file and register the reference again"
        raise ProgramError([Problem(str(path), "", "no record of a reference", "one", remedy)]) from None
    return record


def remove(name: str, build: str | None, *, folder: Path) -> Record:
    """Forget a reference; its files stay where they are. Raises ``ReferenceMissing`` where there is none."""
    record = one(name, build, folder=folder)
    with suppress(FileNotFoundError):
        _file(folder, record.name, record.build).unlink()
    return record


def one(name: str, build: str | None, *, folder: Path) -> Record:
    """The record of a name, and of a build where several are known. Raises ``ReferenceMissing``."""
    known = records(folder)
    mine = [r for r in known if r.name == name and (build is None or r.build == build)]
    if len(mine) == 1:
        return mine[0]
    asked = f"{name} {build}" if build else name
    if mine:
        builds = ", ".join(r.build or "none stated" for r in mine)
        raise ReferenceMissing([Problem("reference", asked, f"builds {builds}", "one of them", "name it with --build")])
    same = [r.build or "none stated" for r in known if r.name == name]
    names = tuple(dict.fromkeys(r.name for r in known))
    found = f"builds {', '.join(same)}" if same else "no such name in the register of this machine"
    remedy = f"proband reference add {name} --fasta FILE" + (f" --build {build}" if build else "")
    if not same and names:
        remedy += f"; or {nearest(name, names)}"
    raise ReferenceMissing([Problem("reference", shown(asked), found, "a registered reference", remedy)])


def find(name: str, build: str | None, digest: str = "", *, folder: Path) -> Record:
    """The record that a program names, its files unchanged as far as size and time of change tell.

    Raises ``ReferenceMissing`` where it is not registered, has another sequence, or a file is missing or changed.
    """
    record = one(name, build, folder=folder)
    if digest and digest != record.digest:
        found = f"sequence digest {record.digest}"
        remedy = "register the file that the program used, or correct the program's digest: `proband reference list`"
        if digest == record.fasta.sha256:
            found, remedy = "the digest of the file", f"a program names the sequence digest: {record.digest}"
        raise ReferenceMissing([Problem("reference", record.title, found, f"sequence digest {digest}", remedy)])
    problems = changed(record, thorough=False)
    if problems:
        raise ReferenceMissing(problems)
    return record


def of_program(references: Iterable[Reference], *, folder: Path) -> dict[tuple[str, str], Record]:
    """The record of each reference that a program names, by name and build, as `find` gives it.

    Raises ``ReferenceMissing`` with the problems of all of them.

    >>> of_program((), folder=Path("nowhere"))
    {}
    """
    made: dict[tuple[str, str], Record] = {}
    problems: list[Problem] = []
    for r in references:
        try:
            made[r.name, r.build] = find(r.name, r.build, r.digest, folder=folder)
        except ReferenceMissing as fault:
            problems += fault.problems
    if problems:
        raise ReferenceMissing(problems)
    return made


def verify(record: Record) -> list[Problem]:
    """What is wrong with the files of a record, every byte read; none where they are as registered."""
    return changed(record, thorough=True)


def changed(record: Record, *, thorough: bool) -> list[Problem]:
    """Files of a record that are missing or differ. Where `thorough`, or the time of change differs, bytes are read."""
    problems = []
    remedy = f"put the file back, or register again: {_command(record)}"
    for held in (record.fasta, record.gff):
        if held is None:
            continue
        path = Path(held.path)
        try:
            found = path.stat()
            same = found.st_size == held.size and found.st_mtime_ns == held.changed
            if found.st_size == held.size and (thorough or not same):
                same = file_sha256(path) == held.sha256
        except OSError as fault:
            problems.append(Problem(held.path, record.title, f"{fault.strerror}".lower(), "the file", remedy))
            continue
        if not same:
            expected = f"{held.size} bytes with SHA-256 {held.sha256}"
            problems.append(Problem(held.path, record.title, "a file that changed", expected, remedy))
    return problems


def _command(record: Record) -> str:
    files = "--fasta FILE --gff FILE" if record.gff else "--fasta FILE"
    build = f" --build {record.build}" if record.build else ""
    return f"proband reference add {record.name} {files}{build} --replace"
