"""The Python interface: the same steps as the commands, as functions from values to values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from proband.assess.assess import Context, assess
from proband.assess.framework import load_framework
from proband.assess.rule_checks import criterion_problems
from proband.core.analysis import LocalReference
from proband.core.criterion import Framework
from proband.core.dossier import Dossier, FailureNote
from proband.core.errors import FrameworkError, Problem, ProgramError, ReferenceMissing
from proband.core.finding import Findings, Statement
from proband.core.kinds import nearest
from proband.core.program import Program
from proband.engine import registry
from proband.engine.run import Run, border_problems
from proband.engine.run import analyse as _analyse
from proband.folder.read import Reading, read_folder

DEFAULT_FRAMEWORK = "fda-pmf-draft-2026-02"


@dataclass(frozen=True)
class ProgramFolder:
    """A program with the folder it was read from and the judgements in it."""

    root: Path
    program: Program
    statements: tuple[Statement, ...]
    unknown_files: tuple[str, ...]


def check(path: str | Path) -> Reading:
    """Read a program folder and report every problem; computes nothing and raises nothing of its own.

    Thresholds, overrides and judgements are held against the framework that the program names.

    >>> check("no/such/folder").problems[0].found
    'no such folder'
    """
    reading = read_folder(Path(path), tuple(registry.modalities()))
    if reading.program is None:
        return reading
    found = _rule_problems(reading.program, reading.statements)
    if not reading.problems:
        found += border_problems(reading.program, reading.root)
    return replace(reading, problems=(*reading.problems, *found))


def _rule_problems(program: Program, statements: Iterable[Statement]) -> list[Problem]:
    """What a program folder and its framework disagree on."""
    try:
        rules = _apply_overrides(program, framework(program.framework or DEFAULT_FRAMEWORK))
    except ProgramError as e:
        return list(e.problems)
    except (FrameworkError, ReferenceMissing) as e:
        return [Problem("program.toml", "key framework", program.framework, "a framework", str(e).splitlines()[0])]
    known = tuple(c.id for c in rules.criteria)
    return [
        Problem(s.file, "key criterion", s.criterion, f"a criterion of {rules.id}", nearest(s.criterion, known))
        for s in statements
        if s.framework == rules.id and s.criterion not in rules
    ]


def read_program(path: str | Path) -> ProgramFolder:
    """Read a program folder; raises `ProgramError` once, listing every problem."""
    reading = check(path)
    if reading.problems or reading.program is None:
        raise ProgramError(reading.problems)
    return ProgramFolder(reading.root, reading.program, reading.statements, reading.unknown_files)


def analyse(
    folder: ProgramFolder,
    only: Iterable[str] = (),
    *,
    where: str = "serial",
    fresh: bool = False,
    on_step: Callable[[str, bool], None] = lambda name, cached: None,
) -> Run:
    """The evidence of a program, from the cache where nothing changed; see `proband.engine.run.analyse`.

    Genomes that the program names by digest are looked up in the register of this machine.
    """
    held = references_here(folder.program)
    return _analyse(folder.program, folder.root, only=only, where=where, fresh=fresh, on_step=on_step, references=held)


def references_here(program: Program) -> tuple[LocalReference, ...]:
    """The genomes that a program names by digest, as this machine has them; one that is not here says why.

    >>> from types import SimpleNamespace
    >>> references_here(SimpleNamespace(references=()))
    ()
    """
    if not program.references:
        return ()
    from proband.local_references.register import find, home

    made = []
    for r in program.references:
        try:
            held = find(r.name, r.build, r.digest, folder=home())
        except (ReferenceMissing, ProgramError) as e:
            first = e.problems[0]
            missing = f"{first.found}; {first.remedy}"
            made.append(LocalReference(r.name, r.build, r.digest, missing=missing))
            continue
        gff, digest = (Path(held.gff.path), held.gff.sha256) if held.gff else (None, "")
        made.append(LocalReference(r.name, r.build, r.digest, Path(held.fasta.path), gff, digest))
    return tuple(made)


def framework(name: str = DEFAULT_FRAMEWORK) -> Framework:
    """A rule set by its id, or by the path of a TOML file or folder of one.

    Raises `FrameworkError` for a rule set with faults and `ReferenceMissing` for an unknown id.

    >>> framework("fda-pmf-draft-2026-02").jurisdiction
    'US'
    """
    path = Path(name)
    if path.suffix == ".toml" or "/" in name:
        places = (path / "sources.toml", path.parent / "sources.toml", registry.sources_path())
        return load_framework(path, next(p for p in places if p.is_file()))
    return _installed(registry.framework_path(name), registry.sources_path())


@lru_cache(maxsize=8)
def _installed(path: Path, sources: Path) -> Framework:
    """An installed rule set, read once in a process: it is frozen, and so are its files."""
    return load_framework(path, sources)


def framework_of(folder: ProgramFolder, name: str = "") -> Framework:
    """The framework to use for a program, with the overrides that the program makes; see `overridden`."""
    return overridden(folder, framework(name or folder.program.framework or DEFAULT_FRAMEWORK))


def overridden(folder: ProgramFolder, rules: Framework) -> Framework:
    """A framework with the overrides that the program makes.

    Raises `ProgramError` when an override or a threshold names what the framework does not have, or could not be a
    rule.
    """
    return _apply_overrides(folder.program, rules)


OVERRIDABLE = ("threshold", "confidence", "margin", "low", "high", "value")


def _apply_overrides(program: Program, rules: Framework) -> Framework:
    problems: list[Problem] = []
    known = tuple(c.id for c in rules.criteria)
    own = rules.id in (program.framework or DEFAULT_FRAMEWORK, Path(program.framework).stem.replace("_", "-"))
    for o in (o for o in program.overrides if own or o.criterion in rules):
        place = f"override {o.criterion}"
        if o.criterion not in rules:
            problems.append(Problem("program.toml", place, o.criterion, "a criterion", nearest(o.criterion, known)))
            continue
        if o.argument not in OVERRIDABLE:
            remedy = nearest(o.argument, OVERRIDABLE)
            problems.append(Problem("program.toml", place, o.argument, "an argument that can be disputed", remedy))
            continue
        if o.argument == "threshold" and any(t.criterion == o.criterion for t in program.thresholds):
            said = "the program's own threshold, which is in force there"
            problems.append(
                Problem("program.toml", place, "an override beside [[threshold]]", said, "remove one of the two")
            )
            continue
        try:
            changed = rules.override(o.criterion, because=o.because, **{o.argument: o.value})
        except ValueError as e:
            problems.append(Problem("program.toml", place, o.argument, str(e), "name an argument of its test"))
            continue
        faults = criterion_problems(changed[o.criterion], "program.toml")
        problems += [Problem(p.file, f"{place}, {p.place}", p.found, p.expected, p.remedy) for p in faults]
        rules = rules if faults else changed
    problems += _threshold_problems(program, rules, known)
    if problems:
        raise ProgramError(problems)
    return rules


def _threshold_problems(program: Program, rules: Framework, known: tuple[str, ...]) -> list[Problem]:
    """Thresholds that the rule would never look at."""
    found = []
    for t in program.thresholds:
        place = f"threshold {t.criterion}"
        if t.criterion not in rules:
            if rules.id == (program.framework or DEFAULT_FRAMEWORK):
                remedy = nearest(t.criterion, known)
                found.append(Problem("program.toml", place, t.criterion, "a criterion", remedy))
            continue
        test = rules[t.criterion].test
        asked = test.arguments.get("quantity", []) if test else []
        names = (asked,) if isinstance(asked, str) else tuple(asked)
        if test is None or not test.arguments.get("sponsor_sets"):
            said = "a criterion that leaves its number to the sponsor"
            found.append(Problem("program.toml", place, t.criterion, said, "use [[override]] to dispute its number"))
        elif t.quantity not in names:
            found.append(
                Problem(
                    "program.toml", f"{place}, key quantity", t.quantity, "what it tests", nearest(t.quantity, names)
                )
            )
    return found


def context_of(folder: ProgramFolder, run: Run) -> Context:
    """What the rules may know beside the evidence: facets, thresholds, judgements, failures, file digests."""
    program = folder.program
    modality = registry.modalities().get(program.modality)
    failed = {kind: f"{f.analysis}: {f.message}" for f in run.failures for kind in f.kinds}
    return Context(
        facets=program.facets(modality.traits if modality else frozenset()),
        lacks=modality.lacks if modality else {},
        stage_program=program,
        thresholds=program.thresholds,
        statements=folder.statements,
        failed=failed,
        files=program.inputs,
    )


def assess_evidence(folder: ProgramFolder, run: Run, rules: Framework) -> Findings:
    """One finding per criterion."""
    return assess(run.evidence, rules, context_of(folder, run))


def make_dossier(folder: ProgramFolder, run: Run, findings: Findings, rules: Framework) -> Dossier:
    """Everything that the formats show, as one frozen value."""
    from proband import __version__
    from proband.dossier.build import build_dossier

    declared = registry.analyses()
    modality = registry.modalities().get(folder.program.modality)
    used = sorted({e.provenance.analysis for e in run.evidence})
    return build_dossier(
        folder.program,
        run.evidence,
        findings,
        rules,
        failures=[FailureNote(f.analysis, f.unit, f.kinds, f.message) for f in run.failures],
        methods={name: declared[name].method for name in used},
        modality_title=modality.title if modality else "",
        unknown_files=folder.unknown_files,
        version=__version__,
    )


def write_dossier(made: Dossier, out: str | Path, formats: Iterable[str] = ("html", "json", "docx")) -> list[Path]:
    """Write a dossier in the formats named; raises `ProgramError` for an unknown format."""
    from proband.dossier.build import write_dossier as _write

    known: Mapping[str, Any] = registry.formats()
    wrong = [f for f in formats if f not in known]
    if wrong:
        raise ProgramError(f"no format {', '.join(wrong)}: use {', '.join(sorted(known))}")
    return _write(made, Path(out), {f: known[f] for f in formats})


__all__ = [
    "analyse",
    "assess_evidence",
    "check",
    "framework",
    "framework_of",
    "make_dossier",
    "read_program",
    "references_here",
    "write_dossier",
]
