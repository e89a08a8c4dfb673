"""From program to evidence: which analyses, in which order, from which bytes; one failure stays one failure."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache as once
from importlib.metadata import version
from pathlib import Path
from typing import Any

from proband.core.analysis import Declaration, Draft, InputPath, Inputs, LocalReference, ProgramView
from proband.core.errors import AnalysisError, Problem, ProgramError
from proband.core.evidence import Evidence
from proband.core.kinds import evidence_problems, nearest
from proband.core.program import Program
from proband.core.provenance import InputFile, Provenance, digest, plain, recipe_key, seed_of
from proband.core.serial import FORMAT, canonical
from proband.engine import cache
from proband.engine.executor import executor
from proband.engine.registry import analyses

package_version = once(version)
"""The installed version of a distribution, looked up once in a process."""


@dataclass(frozen=True)
class Failure:
    """An analysis that broke: its kinds are then not assessed. The traceback is kept for its developer."""

    analysis: str
    unit: str
    kinds: tuple[str, ...]
    message: str
    traceback: str


@dataclass(frozen=True)
class Run:
    """All evidence of a program, and what broke on the way."""

    evidence: tuple[Evidence, ...]
    failures: tuple[Failure, ...]

    def of(self, kind: str) -> tuple[Evidence, ...]:
        """The lines of one kind."""
        return tuple(e for e in self.evidence if e.kind == kind)

    def __getitem__(self, kind: str) -> tuple[Evidence, ...]:
        return self.of(kind)


@dataclass(frozen=True)
class Task:
    """One call of one analysis: everything that a worker in another process needs."""

    name: str
    root: Path
    program: Program
    unit: str
    files: Mapping[str, tuple[InputPath, ...]]
    evidence: tuple[Evidence, ...]
    provenance: Provenance
    references: tuple[LocalReference, ...] = ()


def analyse(
    program: Program,
    root: Path,
    *,
    only: Iterable[str] = (),
    where: str = "serial",
    fresh: bool = False,
    on_step: Callable[[str, bool], None] = lambda name, cached: None,
    references: Sequence[LocalReference] = (),
) -> Run:
    """Make the evidence of a program, from the cache where the recipe is the same.

    `only` names kinds; `where` is an executor; `fresh` computes all again and compares with the cache;
    `on_step` hears of every finished step; `references`: the genomes that the program names, as they lie on this
    machine. Each step is kept as it ends, so an interrupted run resumes.
    Raises `ProgramError` for settings that no analysis has.
    """
    wanted = set(only)
    _check_settings(program)
    chosen = [d for d in analyses().values() if not wanted or d.reports_any or wanted & set(d.claims)]
    if any(d.consumes_evidence for d in chosen):
        chosen = list(analyses().values())  # it reads all other lines, so all are made
    read = {kind for d in chosen for kind in d.consumes}
    chosen += [d for d in analyses().values() if d not in chosen and read & set(d.claims)]
    evidence: list[Evidence] = []
    failures: list[Failure] = []
    held = _named(program, references)
    for stage in (0, 1, 2):
        tasks = [task for d in chosen if d.stage == stage for task in _tasks(d, program, root, tuple(evidence), held)]
        for result in _perform_all(tasks, where, fresh, on_step):
            if isinstance(result, Failure):
                failures.append(result)
            else:
                evidence.extend(result)
    kept = [e for e in evidence if not wanted or e.kind in wanted]
    return Run(tuple(sorted(kept, key=lambda e: (e.kind, e.subject.type, e.subject.id, e.id))), tuple(failures))


def _named(program: Program, given: Sequence[LocalReference]) -> tuple[LocalReference, ...]:
    """Each reference of the program as it lies here; one that was not looked up counts as not here."""
    held = {(r.name, r.build, r.digest): r for r in given}
    absent = "it was not looked up on this machine"
    return tuple(
        held.get((r.name, r.build, r.digest), LocalReference(r.name, r.build, r.digest, missing=absent))
        for r in program.references
    )


def _check_settings(program: Program) -> None:
    problems = []
    for name, settings in program.parameters.items():
        declared = analyses().get(name)
        place = f"[parameters.{name}]"
        if declared is None:
            problems.append(Problem("program.toml", place, name, "the name of an analysis", nearest(name, analyses())))
            continue
        for key, value in settings.items():
            if key not in declared.parameters:
                remedy = nearest(key, declared.parameters) if declared.parameters else "remove it"
                problems.append(Problem("program.toml", f"{place}, key {key}", key, f"a setting of {name}", remedy))
            elif type(value) is not type(declared.parameters[key]) and declared.parameters[key] is not None:
                expected = type(declared.parameters[key]).__name__
                problems.append(
                    Problem(
                        "program.toml", f"{place}, key {key}", repr(value), f"a value of type {expected}", "correct it"
                    )
                )
    if problems:
        raise ProgramError(problems)


def _tasks(
    d: Declaration, program: Program, root: Path, evidence: tuple[Evidence, ...],
    references: tuple[LocalReference, ...] = (),
) -> list[Task]:  # fmt: skip
    digests = {f.path: f.digest for f in program.inputs}
    matched = matched_files(d, program)
    if any(not matched[name] for name in d.needs_files):
        return []
    units = matched[d.each] if d.each else [""]
    tasks = []
    for unit in units:
        paths = dict(matched, **{d.each: [unit]}) if d.each else matched
        read = {p for group in paths.values() for p in group}
        if d.reports_any:
            read |= {f for r in program.reported if r.file == unit for f in r.files}
        inputs = tuple(InputFile(p, digests[p]) for p in sorted(read))
        uses = ProgramView(program, [u for u in d.uses if u != "reported"]).record()
        seen = evidence if d.consumes_evidence else tuple(e for e in evidence if e.kind in d.consumes)
        if d.stage:
            uses["evidence"] = sorted(e.id for e in seen)
        held = references if d.references else ()
        if held:
            uses["references"] = [[r.name, r.build, r.digest, r.missing] for r in held]
        named = tuple(f for r in held if r.fasta is not None for f in _files(r))
        settings = {**d.parameters, **program.parameters.get(d.name, {})}
        packages = {"evidence-format": str(FORMAT), **{p: package_version(p) for p in d.packages}}
        key = recipe_key(d.name, d.version, settings, inputs, uses, named, packages)
        provenance = Provenance(d.name, d.version, key, settings, inputs, uses, named, seed_of(key), packages)
        files = {n: tuple(InputPath(p, root / p) for p in group) for n, group in paths.items()}
        tasks.append(Task(d.name, root, program, unit, files, seen, provenance, held))
    return tasks


def _files(r: LocalReference) -> list[InputFile]:
    """A genome of this machine and its annotation by name and build, never by path."""
    made = [InputFile(f"{r.name} {r.build}", r.digest)]
    return [*made, InputFile(f"{r.name} {r.build}, annotation", r.gff_digest)] if r.gff is not None else made


def matched_files(d: Declaration, program: Program) -> dict[str, list[str]]:
    """Relative paths of a program's files by the names that an analysis reads them under, sorted."""
    paths = sorted(f.path for f in program.inputs)
    return {
        name: [p for p in paths if fnmatch(p, glob) and p.count("/") == glob.count("/")]
        for name, glob in d.reads.items()
    }


def border_problems(program: Program, root: Path) -> list[Problem]:
    """What the analyses themselves find wrong with their files, before anything is computed.

    Files that were found without fault are not read again: some checks need numerics, and a second command should not.
    """
    found: list[Problem] = []
    digests = {f.path: f.digest for f in program.inputs}
    for d in analyses().values():
        matched = matched_files(d, program)
        if d.border is None or any(not matched[name] for name in d.needs_files):
            continue
        read = {p: digests[p] for group in matched.values() for p in group}
        record = [[p.id for p in program.patients], *map(plain, (program.variants, program.platform))]
        record += [program.gene, plain(program.candidate)] if program.platform else []
        key = digest([package_version("proband"), d.name, d.version, read, *record])
        if cache.sound(root, key):
            continue
        files = {n: tuple(InputPath(p, root / p) for p in group) for n, group in matched.items()}
        faults = list(d.border(program, Inputs(files, (), 0)))
        found += faults
        if not faults:
            cache.keep_sound(root, key)
    return list(dict.fromkeys(found))


def _perform_all(
    tasks: Sequence[Task], where: str, fresh: bool, on_step: Callable[[str, bool], None]
) -> list[tuple[Evidence, ...] | Failure]:
    """Results in the order of the tasks; only what the cache does not hold is computed."""
    results: dict[int, tuple[Evidence, ...] | Failure] = {}
    missing = []
    for i, task in enumerate(tasks):
        kept = None if fresh else cache.load(task.root, task.provenance)
        if kept is None:
            missing.append(i)
        else:
            results[i] = kept
            on_step(task.name, True)
    if missing:
        with executor(where) as run:
            for i, result in zip(missing, run.map(perform, [tasks[i] for i in missing]), strict=True):
                results[i] = result
                if not isinstance(result, Failure):
                    cache.store(tasks[i].root, tasks[i].provenance, result)
                on_step(tasks[i].name, False)
    return [results[i] for i in range(len(tasks))]


def perform(task: Task) -> tuple[Evidence, ...] | Failure:
    """Run one analysis once. Whatever it raises becomes a `Failure`, never a verdict of its own."""
    d = analyses()[task.name]
    try:
        view = ProgramView(task.program, d.uses)
        inputs = Inputs(task.files, task.evidence, task.provenance.seed, task.unit, task.references)
        drafts = list(d.function(view, inputs, **task.provenance.parameters))
        lines = tuple(_evidence(draft, task.provenance) for draft in drafts)
        _check(d, lines, task.unit)
        return lines
    except Exception as e:
        affected = d.claims
        if d.reports_any:
            affected = tuple(sorted({r.kind for r in task.program.reported if r.file == task.unit}))
        message = f"{type(e).__name__}: {e}"
        return Failure(d.name, task.unit, affected, message[:2000], _trace(e))


def _trace(error: BaseException) -> str:
    """The frames of an error by module and line, without paths of this machine."""
    frames = traceback.extract_tb(error.__traceback__)
    return "\n".join(f"{Path(f.filename).name}:{f.lineno} in {f.name}" for f in frames)


def _evidence(draft: Draft, provenance: Provenance) -> Evidence:
    parts: dict[str, Any] = {name: getattr(draft, name) for name in Draft.__dataclass_fields__}
    return canonical(Evidence(provenance=provenance, **parts))


def _check(d: Declaration, lines: Sequence[Evidence], unit: str) -> None:
    problems = [p for i, e in enumerate(lines) for p in evidence_problems(e, unit or d.name, f"line {i + 1}")]
    if problems:
        raise AnalysisError(problems)
    stray = sorted({e.kind for e in lines} - set(d.claims))
    if stray and not d.reports_any:
        raise AnalysisError(f"{d.name} emits {', '.join(stray)}, which it does not claim")
