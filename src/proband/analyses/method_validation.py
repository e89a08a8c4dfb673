"""Assays of the product: validated range, limits recomputed, potency at both levels, identity against siblings.

Asks: is each assay's record complete, do its replicates give the limits that it states, does every reported value lie
in the validated range; does potency measure the change and its effect, on this version; which siblings can the
identity methods tell apart?
Cannot see: whether what is written is true, results that stand in no table, whether a readout is the effect that
matters. A run on a sibling says nothing of this version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Fact, Members, Scope, Subject
from proband.core.program import Program

if TYPE_CHECKING:
    from proband.science.quality.detection_study import Study
    from proband.science.quality.method_file import Method, Sibling
    from proband.science.quality.method_folder import MethodFolder
    from proband.science.quality.method_range import Ranged
    from proband.science.quality.potency_levels import PotencyRecord

FILE = "quality/methods.toml"


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the record and of the replicate tables that it names, without numerics."""
    from proband.science.quality.method_folder import read_method_folder

    problems: list[Problem] = []
    own = program.candidate.id if program.candidate is not None else ""
    read_method_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems, own)
    return problems


@analysis(
    claims=("quality.methods", "quality.identity", "quality.potency"),
    reads={
        "methods": FILE,
        "components": "quality/components.toml",
        "tables": "quality/*.csv",
        "sheets": "quality/*.xlsx",
        "above": "../platform.toml",
        "here": "platform.toml",
    },
    needs_files=("methods",),
    uses=("id", "candidate", "platform"),
    version=1,
    packages=("numpy", "scipy"),
    border=border,
)
def method_validation(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line for each method, one on identity where it is tested, one on potency of this and of each other version."""
    from proband.science.quality.detection_study import study
    from proband.science.quality.method_folder import read_method_folder
    from proband.science.quality.method_range import in_range
    from proband.science.quality.potency_levels import own_record, sibling_records

    problems: list[Problem] = []
    own = program.candidate.id if program.candidate is not None else ""
    held = read_method_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems, own)
    if held is None:
        raise ProgramError(problems)
    methods = held.methods
    ranged = [in_range(r, methods) for r in held.reported]
    for m in held.record.method:
        made = study(m, held.replicates.get(m.id, ()), held.hits.get(m.id, ()))
        yield _method(program.id, m, made, [r for r in ranged if r.reported.method == m.id])
    lost = [r for r in ranged if r.reported.method not in methods]
    if lost:
        yield _without_record(program.id, lost)
    siblings = [*held.record.sibling, *_registered(program, inputs, held)]
    if siblings or any(m.identity is not None for m in held.record.method):
        yield _identity(program, held, siblings)
    yield _potency(program.id, own_record(held.record), "own", own)
    for record in sibling_records(held.record):
        yield _potency(program.id, record, "sibling", own)


def _method(program: str, m: Method, made: Study, ranged: list[Ranged]) -> Draft:
    from proband.science.quality.detection_study import disagreements
    from proband.science.quality.method_file import stated
    from proband.science.quality.method_range import members
    from proband.science.quality.method_words import limits_agree, ranged_words, record_words, study_words

    told = stated(m)
    facts: dict[str, Fact] = {"characteristics": Members(told.present, told.absent, told.unknown), "stage": m.stage}
    if ranged:
        facts["in_range"] = members(ranged)
    agree = limits_agree(m, made)
    if agree is not None:
        facts["limits_agree"] = agree
    outside = [r for r in ranged if r.state == "outside"]
    concerns = [Concern(ConcernWord.LOW_QUALITY, f"{r.reported.name}: {r.because}") for r in outside]
    concerns += [Concern(ConcernWord.INCONSISTENT, d) for d in disagreements(m, made)]
    return Draft(
        kind="quality.methods",
        statement=" ".join([record_words(m), *study_words(made), *([ranged_words(ranged)] if ranged else [])]),
        subject=Subject("program", program),
        name=m.id,
        scope=Scope(
            where=FILE,
            how="as the record states; limits recomputed from its replicate tables by CLSI EP17-A2",
            denominator=f"{len(ranged)} reported values name this method",
            not_covered="values that name no method, and results that stand in no table",
        ),
        facts=facts,
        readout_definition="Within range: not below the low end or the limit of quantitation, not above the high end.",
        concerns=tuple(concerns),
    )


def _without_record(program: str, lost: list[Ranged]) -> Draft:
    from proband.science.quality.method_range import members

    names = sorted({r.reported.method or "(none)" for r in lost})
    return Draft(
        kind="quality.methods",
        statement=f"{len(lost)} reported values name a method that has no record, or none ({', '.join(names)}): it is "
        "not known whether they lie in a validated range.",
        subject=Subject("program", program),
        name="values without a record",
        scope=Scope(FILE, "methods of reported values looked up in the record", f"{len(lost)} reported values"),
        facts={"in_range": members(lost)},
        readout_definition="Not known: no record says what the method was validated for.",
    )


def _registered(program: ProgramView, inputs: Inputs, held: MethodFolder) -> list[Sibling]:
    """Versions of the platform that the record does not list; a record with faults is told by its own reader."""
    from proband.science.platform.record import read_record
    from proband.science.quality.register_siblings import register_siblings

    if program.platform is None:
        return []
    file = next((f for k in ("above", "here") for f in inputs.files[k] if f.relative == program.platform.file), None)
    record = read_record(file.path, file.relative, []) if file is not None else None
    versions = [(v.id, v.targeting) for v in record.versions] if record is not None else []
    mine = (held.record.product, program.platform.version)
    return register_siblings(versions, held.own, held.targeting, held.record.sibling, mine)


def _identity(program: ProgramView, held: MethodFolder, siblings: list[Sibling]) -> Draft:
    from proband.science.quality.identity import letters, members, nearest, told_apart
    from proband.science.quality.method_words import identity_words

    tests = [m for m in held.record.method if m.identity is not None]
    compared = told_apart(tests, held.own, siblings)
    found = members(compared, siblings) if siblings else Members((), (), ("nearest sibling",))
    concerns = []
    spacer = program.candidate.spacer if program.candidate is not None else ""
    mine = letters(held.own.sequence, "ACGT") if held.own is not None else ""
    if spacer and mine and letters(spacer, "ACGT") not in mine.replace("U", "T"):
        concerns.append(Concern(ConcernWord.INCONSISTENT, "the program's spacer does not stand in the letters given"))
    return Draft(
        kind="quality.identity",
        statement=identity_words(compared, nearest(held.own, siblings), len(tests), len(siblings)),
        subject=Subject("program", program.id),
        name="identity",
        scope=Scope(
            where=FILE,
            how="letters and masses compared; a mass difference against accuracy and acceptance window together",
            denominator=f"{len(siblings)} siblings by {len(tests)} methods",
            not_covered="siblings that neither the record nor the platform's register lists",
        ),
        facts={"told_apart": found},
        readout_definition="Told apart: at least one method gives another answer for the sibling, by its own limits.",
        concerns=tuple(concerns),
    )


def _potency(program: str, record: PotencyRecord, whose: str, own: str) -> Draft:
    runs = ", ".join(dict.fromkeys(f"{r.method}{f' (lot {r.lot})' if r.lot else ''}" for r in record.runs)) or "none"
    told = {"covered": record.levels.present, "not measured": record.levels.absent, "not known": record.levels.unknown}
    levels = "; ".join(f"{k}: {', '.join(v).replace('_', ' ')}" for k, v in told.items() if v)
    said = f"Potency runs on {record.version}: {runs}. Levels {levels}."
    concerns = ()
    if whose == "sibling":
        said += f" What was run on {record.version} says nothing of the potency of {own or 'this version'}."
    elif not own:
        concerns = (Concern(ConcernWord.INDIRECT, "the program names no candidate: its version is the record's own"),)
    days = [r.on for r in record.runs if r.on is not None]
    return Draft(
        kind="quality.potency",
        statement=said,
        subject=Subject("program", program),
        name=f"potency of {record.version}",
        scope=Scope(FILE, "runs as the record lists them, by version", f"{len(record.runs)} runs"),
        facts={"levels": record.levels, "versions": record.versions, "product": whose},
        readout_definition="A level is covered by an assay that measures it and was run on this very version.",
        observed_on=max(days) if days else None,
        concerns=concerns,
    )
