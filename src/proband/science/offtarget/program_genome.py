"""Which genome a program's sites are searched in: the one that it names by digest, else the FASTA of its folder.

A genome that the program names and this machine does not have is told with every result of another one, which can then
not count as a whole genome. A registered genome is packed once into the user's store of genomes, and its sequence is
held against the digest that the program names.

Cannot see: whether a stated build is true; a registered file that changed with its size and time of change kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from proband.core.analysis import InputPath, LocalReference
from proband.core.errors import Problem, ProgramError
from proband.core.provenance import digest
from proband.science.offtarget.genome_store import default_store, open_genome
from proband.science.offtarget.search import Planes, codes_of, planes_of
from proband.science.offtarget.stored_bases import StoredBases
from proband.science.sequence.fasta import open_fasta


@dataclass(frozen=True, slots=True)
class ProgramGenome:
    """Bases to search, what they are called, and what speaks against taking them for the genome of the program."""

    bases: StoredBases
    where: str
    concern: str = ""


def genome_of_program(
    files: Sequence[InputPath], references: Sequence[LocalReference], wanted: str = ""
) -> ProgramGenome | None:
    """The genome to search, or None where the program has none.

    `files`: FASTA files of the folder; `references`: what the program names; `wanted`: the name of one of them, where
    there are several. Raises ``ProgramError`` where none can be searched or the choice is not stated.
    """
    named = the_reference(references, wanted)
    if named is not None and named.fasta is not None:
        return _registered(named)
    missing = not_here(named)
    if not files:
        if not missing:
            return None
        remedy = "register it: docs/how-to/register-a-reference.md"
        raise ProgramError([Problem("program.toml", "[[reference]]", missing, "a registered genome", remedy)])
    made = _of_folder(files)
    if not missing:
        return made
    concern = f"The genome that the program names, {missing}. Only {made.where} was searched"
    return ProgramGenome(made.bases, made.where, concern)


@dataclass(frozen=True, slots=True)
class ProgramTranscripts:
    """Sequence and annotation to search, as paths; `build` as the program states it for a registered genome."""

    fasta: Path
    annotation: Path
    where: str
    build: str = ""
    concern: str = ""


def transcripts_of_program(
    files: Sequence[InputPath], annotations: Sequence[InputPath], references: Sequence[LocalReference], wanted: str = ""
) -> ProgramTranscripts | None:
    """Sequence with annotation: of the genome that the program names, else of its folder; None where there is neither.

    Raises ``ProgramError`` where the program names one that can not be searched here and its folder has none.
    """
    named = the_reference(references, wanted)
    missing = not_here(named)
    if named is not None and named.fasta is not None:
        if named.gff is not None:
            return ProgramTranscripts(named.fasta, named.gff, f"genome {named.title}", named.build)
        missing = f"{named.title}, is registered without annotation"
    if files and annotations:
        where = f"{files[0].relative}, {annotations[0].relative}"
        concern = f"The genome that the program names, {missing}. Only {where} was searched" if missing else ""
        return ProgramTranscripts(files[0].path, annotations[0].path, where, concern=concern)
    if not missing:
        return None
    remedy = "register it with --gff: docs/how-to/register-a-reference.md"
    raise ProgramError([Problem("program.toml", "[[reference]]", missing, "a registered genome", remedy)])


def the_reference(references: Sequence[LocalReference], wanted: str = "") -> LocalReference | None:
    """The one genome that is meant, or None where the program names none. Raises ``ProgramError`` where it is open.

    >>> the_reference([LocalReference("GRCh38", "p14", "0" * 64)]).name
    'GRCh38'
    """
    named = [r for r in references if not wanted or r.name == wanted]
    if wanted and not named:
        known = ", ".join(r.name for r in references) or "none is named"
        remedy = "correct the setting `reference`, or add [[reference]]"
        raise ProgramError([Problem("program.toml", "setting reference", wanted[:80], known, remedy)])
    if len(named) > 1:
        told = ", ".join(r.title for r in named)
        remedy = "name one with the setting `reference`"
        raise ProgramError([Problem("program.toml", "[[reference]]", told, "one genome to search", remedy)])
    return named[0] if named else None


def not_here(r: LocalReference | None) -> str:
    """Why a genome that the program names can not be searched here, or "".

    >>> not_here(LocalReference("G", "b1", "0" * 64, missing="not registered"))
    'G (b1), digest 000000000000, is not on this machine as named: not registered'
    """
    return f"{r.title}, is not on this machine as named: {r.missing}" if r is not None and r.fasta is None else ""


def _registered(r: LocalReference) -> ProgramGenome:
    assert r.fasta is not None
    try:
        store = open_genome(r.fasta, default_store())
    except OSError as e:
        found = f"{e.strerror or e}".lower()[:200]
        remedy = "make room in the user's cache folder, or name another one with XDG_CACHE_HOME"
        raise ProgramError(
            [Problem("store of genomes", r.name, found, "a store that can be written", remedy)]
        ) from None
    packed = digest([[c.name, c.length, c.refget] for c in store.contigs])
    if packed != r.digest:
        remedy = "register the genome again: proband reference add"
        raise ProgramError(
            [Problem("program.toml", f"[[reference]] {r.name}", f"sequence digest {packed}", r.digest, remedy)]
        )
    return ProgramGenome(StoredBases.of_store(store), f"genome {r.title}")


def _of_folder(files: Sequence[InputPath]) -> ProgramGenome:
    if len(files) != 1:
        raise ProgramError([Problem("reference/", "", f"{len(files)} sequences", "one FASTA file", "keep one")])
    fasta = open_fasta(files[0].path)
    lengths = dict(fasta.contigs)

    @lru_cache(maxsize=2)
    def planes(name: str) -> Planes:
        return planes_of(codes_of(fasta.fetch(name, 0, lengths[name])))

    return ProgramGenome(StoredBases(lengths, planes), files[0].relative)
