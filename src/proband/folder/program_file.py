"""``program.toml``: its keys, and how they become the program record."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.border import Strict, parse
from proband.core.errors import Problem
from proband.core.kinds import kinds, nearest
from proband.core.program import (
    ACTIONS,
    Candidate,
    Chemistry,
    ChemistryData,
    Override,
    Patient,
    Program,
    Reference,
    Stage,
    Threshold,
    Variant,
)
from proband.folder.platform_link import PlatformBlock

PSEUDONYM = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
Id = Annotated[str, Field(pattern=PSEUDONYM)]
Line = Annotated[str, Field(min_length=1, max_length=2000)]
Bases = Annotated[str, Field(pattern=r"^[ACGTN]*$", max_length=10_000)]
Iupac = Annotated[str, Field(pattern=r"^[ACGTURYSWKMBDHVN]*$", max_length=200)]


class _Condition(Strict):
    name: Annotated[str, Field(max_length=2000)] = ""
    id: Annotated[str, Field(pattern=r"^$|^[A-Za-z]+:[A-Za-z0-9_.-]+$")] = ""


class _Gene(Strict):
    symbol: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,40}$")] = ""
    id: Annotated[str, Field(pattern=r"^$|^[A-Za-z]+:[A-Za-z0-9_.-]+$")] = ""


class _Patient(Strict):
    id: Id
    sex: Literal["", "female", "male", "other", "unknown"] = ""


class _Variant(Strict):
    id: Id
    role: Literal["target", "other_allele", "modifier"]
    build: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,40}$")] = ""
    contig: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,60}$")] = ""
    position: Annotated[int, Field(ge=1)] | None = None
    ref: Bases = ""
    alt: Bases = ""
    hgvs_g: str = ""
    hgvs_c: str = ""
    hgvs_p: str = ""
    zygosity: Literal["", "homozygous", "heterozygous", "hemizygous"] = ""
    in_trans_with: list[Id] = []
    phase_source: str = ""


class _ChemistryData(Strict):
    document: Line
    right: Literal["public", "right_of_reference"]
    address: str = ""


class _Chemistry(Strict):
    sugar: str = ""
    gap_sugar: str = ""
    backbone: list[Line] = []
    base_modifications: list[Line] = []
    layout: Annotated[str, Field(pattern=r"^$|^\d{1,2}-\d{1,2}-\d{1,2}$")] = ""
    conjugate: str = ""
    data: list[_ChemistryData] = []


class _Candidate(Strict):
    id: Id
    name: str = ""
    target_variant: str = ""
    delivery: Literal[
        "", "lnp", "aav", "ex_vivo_electroporation", "intrathecal", "intravenous_free", "intravitreal"
    ] = ""
    editing_site: Literal["", "in_vivo", "ex_vivo"] = ""
    dna_template: bool | None = None
    spacer: Iupac = ""
    pam: Iupac = ""
    editor: str = ""
    sequence: str = ""
    extension: Bases = ""
    action: Annotated[str, Field(pattern=f"^$|^({'|'.join(ACTIONS)})$")] = ""
    chemistry: _Chemistry | None = None
    details: dict[str, str | int | float | bool] = {}


class _Reference(Strict):
    name: Line
    build: Line
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Threshold(Strict):
    criterion: Line
    quantity: Line
    value: Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15)]
    unit: Line
    set_on: date
    because: Line
    tissue: str = ""
    source: str = ""


class _Override(Strict):
    criterion: Line
    argument: Line
    value: Any
    because: Line


class _Program(Strict):
    format: Literal[1]
    id: Id
    title: Annotated[str, Field(max_length=2000)] = ""
    condition: _Condition = _Condition()
    gene: _Gene = _Gene()
    modality: str = ""
    stage: Literal["design", "preclinical", "submitted", "treated", "follow_up", "application", "approved"]
    inheritance: Literal[
        "", "autosomal_recessive", "autosomal_dominant", "de_novo_dominant", "x_linked", "mitochondrial"
    ] = ""
    mechanism: Literal["", "loss_of_function", "gain_of_function", "dominant_negative", "splice_defect"] = ""
    design: Literal["", "single_patient", "umbrella"] = ""
    routes: list[
        Literal[
            "individualized_aso",
            "rdep",
            "single_patient_expanded_access",
            "traditional_approval",
            "accelerated_approval",
        ]
    ] = []
    claims: list[Literal["platform_designation", "prior_knowledge", "bayesian_borrowing"]] = []
    children: bool | None = None
    framework: str = ""
    synthetic: bool = False
    notice: str = ""
    data_cut: date | None = None
    day_zero: date | None = None
    patient: list[_Patient] = []
    variant: list[_Variant] = []
    candidate: _Candidate | None = None
    reference: list[_Reference] = []
    threshold: list[_Threshold] = []
    override: list[_Override] = []
    platform: PlatformBlock | None = None
    parameters: dict[str, dict[str, Any]] = {}


FILE = "program.toml"


def read_program_block(raw: dict[str, Any], modalities: Sequence[str], problems: list[Problem]) -> Program | None:
    """The program record of ``program.toml``, or None with problems added.

    `modalities` are the names that the registry knows; the folder reader does not import them.
    """
    block = parse(_Program, raw, FILE, "", problems)
    if block is None:
        return None
    if block.modality and block.modality not in modalities:
        problems.append(
            Problem(
                FILE, "key modality", repr(block.modality), "a modality", nearest(block.modality, tuple(modalities))
            )
        )
    _cross_checks(block, problems)
    return replace(_program(block), platform=block.platform.link(problems) if block.platform else None)


def _cross_checks(b: _Program, problems: list[Problem]) -> None:
    for what, ids in (("patient", [p.id for p in b.patient]), ("variant", [v.id for v in b.variant])):
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            problems.append(Problem(FILE, f"{what} {twice}", "an id used twice", "each id once", "rename one"))
    variants = {v.id for v in b.variant}
    for v in b.variant:
        parts = {"build": v.build, "contig": v.contig, "position": v.position, "ref": v.ref, "alt": v.alt}
        given = [name for name, value in parts.items() if value]
        if (given and len(given) < len(parts)) or not (given or v.hgvs_c or v.hgvs_g):
            problems.append(
                Problem(
                    FILE,
                    f"variant {v.id}",
                    f"{', '.join(given) or 'neither parts nor HGVS'}",
                    "build, contig, position, ref and alt, or an HGVS name alone",
                    "add what is missing, or leave all parts out",
                )
            )
        if v.ref and v.ref == v.alt:
            problems.append(
                Problem(
                    FILE, f"variant {v.id}", f"ref and alt are both {v.ref}", "a change", "give the alternate bases"
                )
            )
        for other in v.in_trans_with:
            if other not in variants or other == v.id:
                problems.append(
                    Problem(
                        FILE,
                        f"variant {v.id}, key in_trans_with",
                        other,
                        "the id of another variant",
                        nearest(other, tuple(variants)),
                    )
                )
    _date_checks(b, problems)
    builds = sorted({v.build for v in b.variant if v.build})
    if len(builds) > 1:
        problems.append(
            Problem(
                FILE, "variant", f"builds {', '.join(builds)}", "one build", "give all variants on one genome build"
            )
        )
    target = b.candidate.target_variant if b.candidate else ""
    if target and target not in variants:
        problems.append(
            Problem(
                FILE, "candidate, key target_variant", target, "the id of a variant", nearest(target, tuple(variants))
            )
        )
    _editor_check(b, problems)
    _threshold_checks(b, problems)


EARLIEST = date(1900, 1, 1)
"""No program knows an earlier date; days of its tables reach 200 years to either side of one."""


def _date_checks(b: _Program, problems: list[Problem]) -> None:
    for what, day in (
        ("data_cut", b.data_cut),
        ("day_zero", b.day_zero),
        *((f"threshold {t.criterion}, key set_on", t.set_on) for t in b.threshold),
    ):
        if day and day > date.today():
            problems.append(Problem(FILE, what, day.isoformat(), "today or an earlier day", "correct the date"))
        elif day and day < EARLIEST:
            problems.append(Problem(FILE, what, day.isoformat(), f"a day from {EARLIEST} on", "correct the date"))
    if b.day_zero and b.data_cut and b.day_zero > b.data_cut:
        found = f"{b.day_zero.isoformat()}, after data_cut"
        problems.append(
            Problem(FILE, "key day_zero", found, "day 0 of the clinical tables", "correct one of the dates")
        )


def _editor_check(b: _Program, problems: list[Problem]) -> None:
    editor = b.parameters.get("candidate_design", {}).get("editor")
    if isinstance(editor, str) and editor and editor not in editor_names():
        place = "[parameters.candidate_design], key editor"
        problems.append(Problem(FILE, place, editor, "an editor of the shipped table", nearest(editor, editor_names())))


@cache
def editor_names() -> tuple[str, ...]:
    """Names of the shipped editors as settings write them: editor and nuclease, or a nuclease alone.

    >>> "ABE8e/SpCas9" in editor_names(), "SaCas9" in editor_names()
    (True, True)
    """
    table = tomllib.loads((files("proband.reference") / "editors.toml").read_text(encoding="utf-8"))["editor"]
    return tuple(
        n if entry["class"] == "nuclease" else f"{name}/{n}"
        for name, entry in table.items()
        for n in entry["nucleases"]
    )


def _threshold_checks(b: _Program, problems: list[Problem]) -> None:
    fixed = [(t.criterion, t.quantity) for t in b.threshold]
    for criterion, quantity in sorted({f for f in fixed if fixed.count(f) > 1}):
        problems.append(
            Problem(FILE, f"threshold {criterion}", f"{quantity} fixed twice", "one number", "keep the one that holds")
        )
    for t in b.threshold:
        declared = {q: d.unit for k in kinds().values() for q, d in k.quantities.items()}
        if t.quantity not in declared:
            problems.append(
                Problem(
                    FILE,
                    f"threshold {t.criterion}, key quantity",
                    t.quantity,
                    "a declared quantity",
                    nearest(t.quantity, declared),
                )
            )
        elif t.unit == "fraction" and not 0 <= t.value <= 1:
            problems.append(
                Problem(
                    FILE,
                    f"threshold {t.criterion}, key value",
                    f"{t.value:g}",
                    "a fraction from 0 to 1",
                    "write 0.10 for 10 %",
                )
            )
        elif t.unit != declared[t.quantity]:
            problems.append(
                Problem(
                    FILE,
                    f"threshold {t.criterion}, key unit",
                    t.unit,
                    declared[t.quantity],
                    "give the number in that unit",
                )
            )


def _program(b: _Program) -> Program:
    return Program(
        id=b.id,
        title=b.title or b.id,
        condition=b.condition.name,
        condition_id=b.condition.id,
        gene=b.gene.symbol,
        modality=b.modality,
        stage=Stage(b.stage),
        variants=tuple(_variant(v) for v in b.variant),
        patients=tuple(Patient(p.id, p.sex) for p in b.patient),
        candidate=_candidate_of(b.candidate) if b.candidate else None,
        inheritance=b.inheritance,
        mechanism=b.mechanism,
        design=b.design,
        routes=tuple(b.routes),
        claims=tuple(b.claims),
        children=b.children,
        framework=b.framework,
        synthetic=b.synthetic,
        notice=b.notice,
        data_cut=b.data_cut,
        day_zero=b.day_zero,
        references=tuple(Reference(**r.model_dump()) for r in b.reference),
        thresholds=tuple(Threshold(**t.model_dump()) for t in b.threshold),
        overrides=tuple(Override(**o.model_dump()) for o in b.override),
        parameters=b.parameters,
    )


def _candidate_of(c: _Candidate) -> Candidate:
    chemistry = None
    if c.chemistry is not None:
        stated = c.chemistry
        chemistry = Chemistry(
            sugar=stated.sugar,
            gap_sugar=stated.gap_sugar,
            backbone=tuple(stated.backbone),
            base_modifications=tuple(stated.base_modifications),
            layout=tuple(int(n) for n in stated.layout.split("-")) if stated.layout else (),
            conjugate=stated.conjugate,
            data=tuple(ChemistryData(**d.model_dump()) for d in stated.data),
        )
    return Candidate(**c.model_dump(exclude={"chemistry"}), chemistry=chemistry)


def _variant(v: _Variant) -> Variant:
    fields = v.model_dump(exclude={"position", "in_trans_with"})
    position = None if v.position is None else v.position - 1
    return Variant(**fields, position=position, in_trans_with=tuple(v.in_trans_with))
