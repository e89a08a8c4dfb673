"""Program folder to `Program`: every problem is collected, and all are raised once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from proband.border import read_toml
from proband.core.errors import Problem
from proband.core.finding import Statement
from proband.core.program import Program, Variant
from proband.core.reported import Inconsistency, ReportedResult
from proband.folder.causality import read_causality
from proband.folder.files import inventory
from proband.folder.layout import entry_of
from proband.folder.phenopacket import FILE as PHENOPACKET
from proband.folder.phenopacket import add_phenopacket
from proband.folder.plan_seal import read_plan_record
from proband.folder.platform_link import platform_input, sibling_problems, with_siblings
from proband.folder.program_file import FILE, read_program_block
from proband.folder.reported import read_reported
from proband.folder.slices import read_slices
from proband.folder.statements import read_statements
from proband.folder.tables import SEVERAL_A_DAY, check_long, read_csv
from proband.folder.vcf import add_genotypes


@dataclass(frozen=True)
class Reading:
    """A folder as read: the program, its judgements, the files that the layout does not know, all problems.

    `program` is None when ``program.toml`` itself can not be read.
    """

    root: Path
    program: Program | None
    statements: tuple[Statement, ...]
    unknown_files: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_folder(root: Path, modalities: Sequence[str]) -> Reading:
    """Read a program folder as far as it can be read, with every problem found; raises nothing of its own."""
    problems: list[Problem] = []
    if not root.is_dir():
        problems.append(
            Problem(
                str(root), "", "no such folder", "a program folder", "check the path, or make one with `proband new`"
            )
        )
        return Reading(root, None, (), (), tuple(problems))
    known, unknown = inventory(root, problems)
    names = [f.path for f in known]
    program: Program | None = None
    if FILE in names:
        raw = read_toml(root / FILE, FILE, problems)
        program = read_program_block(raw, modalities, problems) if raw is not None else None
    elif not any(p.file == FILE for p in problems):
        problems.append(
            Problem(FILE, "", "no such file", "the one file that every program has", "make a folder with `proband new`")
        )
    statements = read_statements(root, [n for n in names if n.startswith("statements/")], problems)
    if program is not None:
        known += platform_input(root, program.platform, names, problems)
        program = replace(program, inputs=tuple(sorted(known)), platform=with_siblings(root, program))
        program = _add_content(program, root, names, problems)
        program = replace(program, plan=read_plan_record(root, names, problems, program.day_zero))
        _check_phase(program.variants, problems)
    return Reading(root, program, tuple(statements), tuple(unknown), tuple(dict.fromkeys(problems)))


def _add_content(program: Program, root: Path, names: list[str], problems: list[Problem]) -> Program:
    if PHENOPACKET in names:
        program = add_phenopacket(program, root / PHENOPACKET, problems)
    reported: list[ReportedResult] = []
    inconsistencies: list[Inconsistency] = []
    units: dict[str, dict[str, tuple[str, str]]] = {}
    for name in names:
        entry = entry_of(name)
        form = entry.form if entry else ""
        if name.startswith("reported/") and form == "toml":
            results, stated = read_reported(root, name, problems)
            reported += results
            inconsistencies += stated
        elif form == "causality":
            program = replace(program, causality=read_causality(root, program, problems))
        elif form == "slices":
            program = replace(program, slices=read_slices(root, name, program, problems))
        elif form == "vcf":
            program = add_genotypes(program, root, name, problems)
        elif form == "long":
            rows = read_csv(root / name, name, problems)
            clinical = name.startswith("clinical/")
            shared = None if name.endswith(SEVERAL_A_DAY) else units.setdefault(name.split("/")[0], {})
            patients = frozenset(p.id for p in program.patients) if clinical else None
            check_long(rows, name, patients, problems, shared)
        elif form == "csv":
            read_csv(root / name, name, problems)
        elif form == "toml" and not name.startswith(("statements/", FILE)):
            read_toml(root / name, name, problems)
    _check_reference(names, problems)
    _check_reported(program, reported, problems)
    sibling_problems(program, reported, problems)
    return replace(program, reported=tuple(reported), inconsistencies=tuple(inconsistencies))


def _check_reported(program: Program, reported: Sequence[ReportedResult], problems: list[Problem]) -> None:
    """Patients of reported results are those of the program, and each id stands once."""
    patients = {p.id for p in program.patients}
    for r in reported:
        if r.subject.type == "patient" and r.subject.id not in patients:
            known = ", ".join(sorted(patients)) or "none there"
            problems.append(
                Problem(
                    r.file,
                    f"result {r.id}, subject",
                    r.subject.id,
                    f"a patient of program.toml ({known})",
                    "use the same pseudonym",
                )
            )
    ids = [r.id for r in reported]
    for r in reported:
        if ids.count(r.id) > 1:
            problems.append(
                Problem(r.file, f"result {r.id}", "an id used twice", "each id once in reported/", "rename one")
            )


def _check_reference(names: Sequence[str], problems: list[Problem]) -> None:
    """One reference: either one file of slices, or one FASTA with at most one annotation."""
    found = [n for n in names if n.startswith("reference/")]
    sequences = [n for n in found if n.endswith((".toml", ".fa", ".fa.gz"))]
    annotations = [n for n in found if n not in sequences]
    for what, several in (("sequence", sequences), ("annotation", annotations)):
        if len(several) > 1:
            remedy = "keep the one that the program is on"
            problems.append(Problem("reference/", what, ", ".join(several), f"one {what}", remedy))
    if annotations and sequences and sequences[0].endswith(".toml"):
        remedy = "write its transcripts into the slices"
        problems.append(Problem("reference/", "annotation", annotations[0], "none beside slices", remedy))


def _check_phase(variants: Sequence[Variant], problems: list[Problem]) -> None:
    """Stated phase against phased genotypes: two variants in trans do not lie on one haplotype."""
    by_id = {v.id: v for v in variants}
    for v in variants:
        for other in (by_id[o] for o in v.in_trans_with if o in by_id):
            if v.id > other.id and v.id in other.in_trans_with:
                continue  # told from the other side
            a, b = v.genotype, other.genotype
            comparable = a and b and (a.file, a.phase_set, v.contig) == (b.file, b.phase_set, other.contig)
            if comparable and a and b and a.side is not None and a.side == b.side:
                problems.append(
                    Problem(
                        a.file,
                        f"variants {v.id} and {other.id}",
                        f"{a.call} and {b.call}: on one haplotype",
                        "on different haplotypes, as program.toml says",
                        "correct in_trans_with or the VCF",
                    )
                )
