"""``variants/causality.toml``: tests, criteria, assays, families, searches and contrary findings, as people enter them.

What is left out is not evaluated. A date in the future, a variant or patient that the program does not have, and a
finding named twice are faults; whether a code is applied rightly is the expert's matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from proband.border import Strict, parse, read_toml
from proband.core.causality import (
    AppliedCode,
    Assay,
    CausalityRecord,
    ContraryFinding,
    ExpectedTerm,
    FamilyCounts,
    LabTest,
    NullFacts,
    Search,
)
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.program import Program

FILE = "variants/causality.toml"


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("some words")
    return text


Line = Annotated[str, Field(max_length=4000), AfterValidator(_said)]
Free = Annotated[str, Field(max_length=4000), AfterValidator(str.strip)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Count = Annotated[int, Field(ge=0, le=1_000_000)]
ReadAs = Literal["text", "table", "transcription", "secondary", "recalled"]
Basis = Literal["rna", "de_novo", "population", "computational", "functional", "segregation", "phenotype", "trans"]


class _Test(Strict):
    id: Id
    patient: Id
    type: Literal["sequencing", "enzyme_activity", "biochemical", "imaging", "rna", "other"]
    method: Line
    result: Literal["confirms", "speaks_against", "inconclusive", "pending"]
    on: date | None = None
    laboratory: str = ""
    source: Line
    note: str = ""


class _Code(Strict):
    variant: Id
    code: Annotated[str, Field(pattern=r"^(PVS1|PS[1-4]|PM[1-6]|PP[1-5]|BA1|BS[1-4]|BP[1-7])$")]
    status: Literal["met", "not_met", "not_evaluated"]
    strength: Literal["", "supporting", "moderate", "strong", "very_strong"] = ""
    because: Line
    basis: list[Basis] = []
    source: Line
    read_as: ReadAs


class _Controls(Strict):
    pathogenic_abnormal: Count
    pathogenic_normal: Count
    benign_abnormal: Count
    benign_normal: Count
    pathogenic_between: Count = 0
    benign_between: Count = 0


class _Assay(Strict):
    variant: Id
    name: Line
    readout: Literal["abnormal", "normal", "between"]
    material: Literal["patient_cells", "engineered_cells", "recombinant", "animal"]
    controls: _Controls | None = None
    source: Line
    read_as: ReadAs


class _Family(Strict):
    variant: Id
    name: Id
    meioses: Count = 0
    affected_sibs: Count = 0
    unaffected_sibs: Count = 0
    affected_without: Count = 0
    unaffected_carriers: Count = 0
    full_penetrance: bool
    source: Line


class _Null(Strict):
    variant: Id
    kind: Literal[
        "nonsense",
        "frameshift",
        "splice_site",
        "exon_deletion",
        "gene_deletion",
        "duplication_proven_in_tandem",
        "duplication_presumed_in_tandem",
        "start_loss",
    ]
    loss_is_mechanism: bool | None = None
    nmd_predicted: bool | None = None
    frame_disrupted: bool | None = None
    in_relevant_transcript: bool | None = None
    region_critical: bool | None = None
    loss_frequent_in_population: bool | None = None
    fraction_removed: Annotated[float, Field(ge=0, le=1)] | None = None
    other_start_in_use: bool | None = None
    pathogenic_before_next_start: bool | None = None
    rna_observed: bool | None = None
    rna_incomplete: bool | None = None
    source: Line


class _Search(Strict):
    place: Literal["clinical_database", "population_database", "literature", "own_records"]
    where: Line
    on: date | None = None
    found: Line


class _Contrary(Strict):
    id: Id
    variant: Id
    finding: Line
    source: Line
    answer: Free = ""
    answered_by: Free = ""


class _Term(Strict):
    id: Annotated[str, Field(pattern=r"^HP:\d{7}$")]
    label: Line


class _Expected(Strict):
    source: Line
    term: list[_Term]


class _Record(Strict):
    format: Literal[1]
    test: list[_Test] = []
    code: list[_Code] = []
    assay: list[_Assay] = []
    family: list[_Family] = []
    null_variant: list[_Null] = []
    search: list[_Search] = []
    contrary: list[_Contrary] = []
    expected_phenotype: _Expected | None = None


def read_causality(root: Path, program: Program, problems: list[Problem]) -> CausalityRecord | None:
    """The record of a folder, or None with problems added; variants and patients must be those of the program."""
    raw = read_toml(root / FILE, FILE, problems)
    block = parse(_Record, raw, FILE, "", problems) if raw is not None else None
    if block is None:
        return None
    _check_names(block, program, problems)
    _check_once(block, problems)
    _check_dates([(f"test {t.id}", t.on) for t in block.test] + [(s.where, s.on) for s in block.search], problems)
    _check_families(block, program.inheritance, problems)
    for c in block.contrary:
        if bool(c.answer) != bool(c.answered_by):
            found = "an answer without a name" if c.answer else "a name without an answer"
            problems.append(Problem(FILE, f"contrary {c.id}", found, "both, or neither", "add what is missing"))
    return _record(block)


def _check_names(b: _Record, program: Program, problems: list[Problem]) -> None:
    variants, patients = {v.id: v for v in program.variants}, {p.id: p for p in program.patients}
    named: list[tuple[str, str]] = [(f"code {c.code}", c.variant) for c in b.code]
    named += [(f"assay {a.name}", a.variant) for a in b.assay]
    named += [(f"family {f.name}", f.variant) for f in b.family]
    named += [("null_variant", n.variant) for n in b.null_variant]
    named += [(f"contrary {c.id}", c.variant) for c in b.contrary]
    for place, variant in named:
        if variant not in variants:
            remedy = nearest(variant, variants)
            problems.append(Problem(FILE, place, variant, "the id of a variant of program.toml", remedy))
    for t in b.test:
        if t.patient not in patients:
            remedy = nearest(t.patient, patients)
            problems.append(Problem(FILE, f"test {t.id}", t.patient, "a patient of program.toml", remedy))


def _check_once(b: _Record, problems: list[Problem]) -> None:
    for what, ids in (
        ("test", [t.id for t in b.test]),
        ("code", [f"{c.code} of {c.variant}" for c in b.code]),
        ("null_variant", [n.variant for n in b.null_variant]),
        ("family", [f"{f.name} of {f.variant}" for f in b.family]),
        ("contrary", [c.id for c in b.contrary]),
        ("assay", [f"{a.name} of {a.variant}" for a in b.assay]),
        ("expected_phenotype, term", [t.id for t in b.expected_phenotype.term] if b.expected_phenotype else []),
    ):
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            problems.append(Problem(FILE, what, f"{twice} given twice", "each once", "keep one, with all its evidence"))
    both = {n.variant for n in b.null_variant} & {c.variant for c in b.code if c.code == "PVS1"}
    for variant in sorted(both):
        found = "PVS1 as a code, and null_variant from which it is computed"
        problems.append(Problem(FILE, f"variant {variant}", found, "one of the two", "leave the code out"))
    computed = {a.variant for a in b.assay if a.controls} & {c.variant for c in b.code if c.code in ("PS3", "BS3")}
    counted = {f.variant for f in b.family} & {c.variant for c in b.code if c.code == "PP1"}
    for variant in sorted(counted):
        found = "PP1 as a code, and families from which it is computed"
        problems.append(Problem(FILE, f"variant {variant}", found, "one of the two", "leave the code out"))
    for variant in sorted(computed):
        found = "PS3 or BS3 as a code, and an assay with controls from which it is computed"
        problems.append(Problem(FILE, f"variant {variant}", found, "one of the two", "leave the code out"))


def _check_families(b: _Record, inheritance: str, problems: list[Problem]) -> None:
    """Families are counted by the stated inheritance: sibs for recessive disease, meioses for any other."""
    for f in b.family:
        at, sibs = f"family {f.name}", f.affected_sibs + f.unaffected_sibs
        if inheritance in ("", "mitochondrial"):
            found = f"inheritance {inheritance or 'not stated'}"
            expected = "an inheritance by which meioses or sibs can be counted"
            problems.append(Problem(FILE, at, found, expected, "state it in program.toml, or leave the family out"))
        elif inheritance == "autosomal_recessive" and f.meioses:
            remedy = "count affected_sibs and unaffected_sibs, or correct inheritance in program.toml"
            problems.append(Problem(FILE, at, f"{f.meioses} meioses", "sibs, for recessive disease", remedy))
        elif inheritance != "autosomal_recessive" and sibs:
            shown = inheritance.replace("_", " ")
            remedy = "count meioses, or correct inheritance in program.toml"
            problems.append(Problem(FILE, at, f"{sibs} sibs", f"meioses, for {shown} disease", remedy))


def _check_dates(dated: Iterable[tuple[str, date | None]], problems: list[Problem]) -> None:
    for place, day in dated:
        if day and day > date.today():
            problems.append(Problem(FILE, place, day.isoformat(), "today or an earlier day", "correct the date"))


def _stated(block: Strict, *left_out: str) -> dict[str, Any]:
    """What a block states; keys that were left out stay out."""
    return {k: v for k, v in block.model_dump(exclude=set(left_out)).items() if v is not None}


def _record(b: _Record) -> CausalityRecord:
    return CausalityRecord(
        file=FILE,
        tests=tuple(LabTest(**t.model_dump()) for t in b.test),
        codes=tuple(AppliedCode(**{**c.model_dump(), "basis": tuple(c.basis)}) for c in b.code),
        assays=tuple(
            Assay(
                a.variant,
                a.name,
                a.readout,
                a.controls.model_dump() if a.controls else {},
                a.material,
                a.source,
                a.read_as,
            )
            for a in b.assay
        ),
        families=tuple(
            FamilyCounts(
                f.variant,
                f.name,
                _stated(f, "variant", "name", "full_penetrance", "source"),
                f.full_penetrance,
                f.source,
            )
            for f in b.family
        ),
        nulls=tuple(
            NullFacts(n.variant, n.kind, _stated(n, "variant", "kind", "source"), n.source) for n in b.null_variant
        ),
        searches=tuple(Search(**s.model_dump()) for s in b.search),
        contrary=tuple(ContraryFinding(**c.model_dump()) for c in b.contrary),
        expected=tuple(ExpectedTerm(t.id, t.label) for t in b.expected_phenotype.term) if b.expected_phenotype else (),
        expected_source=b.expected_phenotype.source if b.expected_phenotype else "",
    )
