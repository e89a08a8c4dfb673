"""What a program folder says of its platform: the record, this version, its siblings, and what is leaned on.

Cannot see: what stands in the folders of the siblings; of them it knows what the record says.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.program import Candidate, PlatformLink
from proband.science.platform.difference import BEYOND, NOT_KNOWN, PartDifference, compare
from proband.science.platform.inherit import Inherited, inherit
from proband.science.platform.matrix import Row, matrix
from proband.science.platform.record import Record, read_record
from proband.science.platform.reuse import FILE as REUSE
from proband.science.platform.reuse import Reuse, read_reuse
from proband.science.quality.component_model import COMPONENTS, told
from proband.science.quality.components import read_components

ABOVE, HERE, POOLED = "../platform.toml", "platform.toml", "platform/versions.csv"
FILES = (ABOVE, HERE, COMPONENTS, REUSE, POOLED)
"""Every file that is read."""
NO_SIBLING = "another version"
"""Member of a record that holds no second version to compare with."""


@dataclass(frozen=True)
class FolderState:
    """The record, which version the program is ("" for the platform itself), that version, its siblings, its reuse."""

    record: Record
    version: str
    mine: Inherited
    siblings: Mapping[str, Inherited]
    reuse: Reuse | None
    pooled: tuple[str, ...] | None

    @cached_property
    def differences(self) -> dict[str, tuple[PartDifference, ...]]:
        """This version against each sibling; against the platform itself where the record has no other version."""
        others = dict(self.siblings)
        if not others and self.record.versions:
            others = {"": inherit(self.record, "")}
        return {name: compare(other.product, self.mine.product) for name, other in others.items()}

    def rows(self, on: date | None) -> tuple[Row, ...]:
        """The reuse matrix; `on` is the day against which the end of an agreement is held."""
        return matrix(self.reuse, self.record, self.differences, on) if self.reuse else ()

    def parts(self) -> dict[str, list[str]]:
        """Parts by what all comparisons say: same or targeting letters alone, beyond targeting with any, not known.

        Beside the record that it inherits from, a version shows nothing: without another one, that is not known too.
        """
        found: dict[str, set[str]] = {}
        for parts in self.differences.values():
            for p in parts:
                found.setdefault(p.part, set()).add(p.found)
        made: dict[str, list[str]] = {"present": [], "absent": [], "unknown": []}
        for part, seen in found.items():
            made["absent" if BEYOND in seen else "unknown" if NOT_KNOWN in seen else "present"].append(part)
        if not self.siblings:
            made["unknown"].append(NO_SIBLING)
        return made


def read_state(
    files: Mapping[str, Path], link: PlatformLink | None, gene: str, letters: str, problems: list[Problem]
) -> FolderState | None:
    """The state from files by their names in the folder, or None; every fault is added to `problems`, all at once.

    `gene` and `letters` (spacer or oligonucleotide) are the program's own, "" where not stated.
    """
    before = len(problems)
    name = link.file if link else HERE
    record = read_record(files[name], name, problems) if name in files else None
    version = link.version if link else ""
    if record is not None and version and record.version(version) is None:
        known = tuple(v.id for v in record.versions)
        place = "[platform], key version"
        problems.append(Problem("program.toml", place, version, "a version of the platform", nearest(version, known)))
    elif record is not None and version:
        problems += _disagreements(record, version, gene, letters, name)
    own = read_components(files[COMPONENTS], []) if COMPONENTS in files else None
    if REUSE in files and name not in files and link is None:
        remedy = 'write [platform] file = "../platform.toml" into program.toml'
        problems.append(Problem(REUSE, "", "no master record of a platform", "one that it leans on", remedy))
    if record is None:
        if REUSE in files:
            read_reuse(files[REUSE], None, version, problems)
        return None
    if link is None:
        _children(record, files[name].parent, problems)
        if REUSE in files:
            found, expected = "items in the folder of the platform itself", "items in the program of a version"
            problems.append(Problem(REUSE, "", found, expected, "move the file to the program that leans on them"))
    stated = link.overrides if link else ()
    unnamed = link is not None and not version
    mine = inherit(record, version, stated, own if link else None, problems, unnamed=unnamed)
    record = replace(record, assays=mine.assays, studies=mine.studies)
    reuse = read_reuse(files[REUSE], record, version, problems) if REUSE in files else None
    siblings = {v.id: inherit(record, v.id, problems=problems) for v in record.versions if v.id != version}
    if link is None and siblings:  # the platform's own folder: its first version stands for it
        first = next(iter(siblings))
        mine = siblings.pop(first)
    return FolderState(record, version, mine, siblings, reuse, _pooled(files)) if len(problems) == before else None


def letters_of(candidate: Candidate | None) -> str:
    """The targeting letters of a candidate: its spacer, or the whole oligonucleotide; "" where not stated.

    >>> letters_of(None)
    ''
    """
    return (candidate.spacer or candidate.sequence) if candidate else ""


def _disagreements(record: Record, version: str, gene: str, letters: str, file: str) -> Iterator[Problem]:
    """Gene and letters that the program and its version in the record state otherwise."""
    v = record.version(version)
    if v is None:
        return
    if gene and v.gene and v.gene != gene:
        found = f"{gene}, and {v.gene} of version {version} in {file}"
        yield Problem("program.toml", "key gene", found, "one gene", "correct one of the two")
    mine, theirs = (x.upper().replace("U", "T") for x in (letters, v.targeting))
    if mine and theirs and mine != theirs:
        found = f"{mine}, and {theirs} of version {version} in {file}"
        place = "candidate, key spacer or sequence"
        yield Problem("program.toml", place, found, "the targeting letters of this version", "correct one of the two")


def _children(record: Record, folder: Path, problems: list[Problem]) -> None:
    """Programs that the platform's own record names have to be there, as folders beside it."""
    for v in record.versions:
        if v.program and not (folder / v.program / "program.toml").is_file():
            place = f"version {v.id}, key program"
            remedy = "correct the name, or leave it out until the folder is there"
            problems.append(Problem(record.file, place, v.program, "a program folder beside the record", remedy))


def _pooled(files: Mapping[str, Path]) -> tuple[str, ...] | None:
    """Versions of the register of what is pooled, where there is one; its faults are told by who reads it whole."""
    if POOLED not in files:
        return None
    try:
        with files[POOLED].open(encoding="utf-8-sig", newline="") as handle:
            return tuple(str(r.get("version") or "") for r in csv.DictReader(handle))
    except (OSError, UnicodeDecodeError, csv.Error):
        return None


def register_said(record: Record, pooled: tuple[str, ...] | None = None) -> list[str]:
    """What the register of versions holds, its failed ones or their absence, and what does not agree; sentences."""
    states = [v.state for v in record.versions]
    words = {s: "without a stated state" if s == "not_stated" else s.replace("_", " ") for s in dict.fromkeys(states)}
    counted = [f"{states.count(s)} {word}" for s, word in words.items()]
    several = "" if len(states) == 1 else "s"
    said = [f"The record holds {len(states)} version{several}" + (f": {', '.join(counted)}." if counted else ".")]
    closed = record.register.closed_by.strip() if told(record.register.closed_by) else ""
    whole = f"{closed} states that it is whole" if closed else "nobody states that it is whole"
    as_of = f" as of {record.register.as_of}" if closed and record.register.as_of else ""
    if record.failed:
        listed = "; ".join(f"{v.id} ({v.state}: {v.because})" for v in record.failed)
        said.append(f"Failed or withdrawn: {listed}; {whole}{as_of}.")
    else:
        said.append(f"No failed or withdrawn version is in it; {whole}{as_of}.")
    if pooled is not None:
        known = {v.id for v in record.versions}
        missing = sorted(set(pooled) - known - {""})
        extra = sorted(known - set(pooled))
        if missing:
            said.append(f"In {POOLED} and not in the record: {', '.join(missing)}.")
        if extra:
            said.append(f"In the record and not in {POOLED}: {', '.join(extra)}.")
    return said


def register_concerns(record: Record, pooled: tuple[str, ...] | None = None) -> list[str]:
    """Why the register of versions may be selective: nobody closed it, or another register holds others; sentences."""
    said = register_said(record, pooled)[2:]
    return said if told(record.register.closed_by) else ["Nobody states that the register of versions is whole.", *said]


def grouping(record: Record) -> tuple[str, tuple[str, ...]]:
    """How versions are grouped by gene, in the words of the kind, and the genes.

    A version without a gene leaves it open whether there is one gene. No reason counts only where "none" is written.
    """
    genes = tuple(sorted({v.gene for v in record.versions if v.gene} | set(record.grouping.genes)))
    reason = record.grouping.reason.strip()
    if len(genes) > 1:
        if not told(reason):
            return "not_stated", genes
        none = reason.casefold().strip(".") == "none"
        return ("several_genes_without_reason" if none else "several_genes_with_reason"), genes
    open_ = not genes or any(not v.gene for v in record.versions)
    return ("not_stated" if open_ else "one_gene"), genes
