"""The nominated sites of a program folder: its manifest, lists and dropped sites, and what it says of its assays.

A manifest here may name files of the folder only: another file would be no input of the result.

Cannot see: lists that the manifest leaves out are told as a problem, not merged.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from proband.border import hidden_characters, read_text, shown
from proband.core.analysis import LocalReference
from proband.core.errors import Problem, ProgramError
from proband.science.offtarget.assays import ASSAYS, Assay, read_assays
from proband.science.offtarget.merge_manifest import MergeInput, plain_build, read_dropped, read_manifest
from proband.science.offtarget.nominations import read_list

MANIFEST, DROPPED, LISTS = "offtarget/manifest.toml", "offtarget/dropped.csv", "offtarget/nominated/"


@dataclass(frozen=True, slots=True)
class NominationFolder:
    """What the folder holds: lists to merge, or None without a manifest; assays as described."""

    merge: MergeInput | None
    assays: tuple[Assay, ...]


def read_nomination_folder(files: Mapping[str, Path], problems: list[Problem]) -> NominationFolder:
    """Manifest and assays from files by relative path; every fault is added to `problems`. No list is read."""
    merge = None
    if MANIFEST in files:
        merge = _manifest(files, problems)
    else:
        remedy = f"name the lists in {MANIFEST}"
        problems += [Problem(f, "", "no manifest", MANIFEST, remedy) for f in files if f.startswith((LISTS, DROPPED))]
    assays = read_assays(files[ASSAYS], problems) if ASSAYS in files else ()
    if merge is not None:
        classes = {x.form.method: x.form.method_class for x in merge.lists}
        for a in assays:
            if a.method_class != classes.get(a.name, a.method_class):
                found, expected = a.method_class, f"{classes[a.name]}, as its lists say"
                problems.append(Problem(ASSAYS, f"assay {a.name[:40]}", found, expected, "mend one of them"))
    return NominationFolder(merge, assays)


def genome_to_align(given: MergeInput, references: Sequence[LocalReference]) -> tuple[Path | None, str, str]:
    """The genome that sites are aligned to, its name, and a concern: that of the manifest, else the program's own.

    A genome that the program names by digest is taken where its build is that of the manifest. One that is not on this
    machine is a concern: sites are then kept as they are stated.
    """
    if given.genome is not None:
        return given.genome, f"reference/{given.genome.name}", ""
    for r in references:
        if plain_build(given.build) in (plain_build(r.build), plain_build(r.name)):
            if r.fasta is not None:
                return r.fasta, f"genome {r.title}", ""
            return (
                None,
                "no genome",
                f"The genome {r.title}, is not on this machine: sites are kept as stated, unaligned",
            )
    return None, "no genome", ""


def list_problems(given: MergeInput) -> list[Problem]:
    """What is wrong with the lists and the dropped sites, beside single rows."""
    problems: list[Problem] = []
    try:
        read_dropped(given.dropped)
    except ProgramError as e:
        problems += e.problems
    for number, described in enumerate(given.lists):
        try:
            read_list(number, described, given.guide)
        except ProgramError as e:
            problems += e.problems
    return problems


def _manifest(files: Mapping[str, Path], problems: list[Problem]) -> MergeInput | None:
    text = read_text(files[MANIFEST], MANIFEST, problems)
    odd = [] if text is None else hidden_characters(text, MANIFEST)
    if text is None or odd:
        problems += odd
        return None
    try:
        made = read_manifest(files[MANIFEST])
    except ProgramError as e:
        problems += e.problems
        return None
    if made.dropped is None and DROPPED in files:
        made = replace(made, dropped=files[DROPPED])
    known = {_plain(p): name for name, p in files.items()}
    named = [*(x.path for x in made.lists), *made.chains.values()]
    named += [p for p in (made.genome, made.dropped) if p is not None]
    foreign = [p for p in named if _plain(p) not in known]
    for p in foreign:
        expected = f"a file of {LISTS}, reference/ (FASTA), or {DROPPED}"
        problems.append(Problem(MANIFEST, "", shown(p.name), expected, "put the file there and name it so"))
    used = {known.get(_plain(p)) for p in named}
    for name in sorted(f for f in files if f.startswith(LISTS) and f not in used):
        problems.append(Problem(name, "", "not in the manifest", f"a list of {MANIFEST}", "name it, or take it out"))
    return None if foreign else made


def _plain(path: Path) -> str:
    return os.path.normpath(path)
