"""Dossiers for the tests: one of the shipped synthetic example, one in which every free text is hostile."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from proband import api
from proband.assess.assess import Context, assess
from proband.core.criterion import Criterion, Element, Framework, Source, SourceDocument, Test
from proband.core.dossier import Dossier, FailureNote
from proband.core.evidence import (
    Citation,
    Column,
    Concern,
    ConcernWord,
    Evidence,
    Figure,
    Members,
    Origin,
    ReadLevel,
    Scope,
    Subject,
    Table,
)
from proband.core.finding import Statement, Verdict
from proband.core.program import Candidate, Override, Patient, Phenotype, Program, Stage, Threshold, Variant
from proband.core.provenance import InputFile, Provenance
from proband.core.quantity import GRID, Quantity
from proband.core.reported import Inconsistency
from proband.dossier.build import build_dossier

MARKUP = "<script>alert(1)</script></style></svg><img src=x onerror=alert(1)>{{ 7*7 }}\"'><iframe src=//e.x>"
ILLEGAL = "\x00\x0b\x1b\u202e"
BAD = MARKUP + ILLEGAL


@pytest.fixture(scope="session")
def synthetic(session_examples: Path) -> Dossier:
    """The shipped synthetic example, run through."""
    folder = api.read_program(session_examples / "synthetic_abe")
    run, rules = api.analyse(folder), api.framework_of(folder)
    return api.make_dossier(folder, run, api.assess_evidence(folder, run, rules), rules)


@pytest.fixture(scope="session")
def hostile() -> Dossier:
    """A small dossier in which every free text tries to become markup."""
    rules, lines, program = _rules(), _lines(), _program()
    seen = tuple(e.id for e in lines if e.kind == "editing.on_target")
    statement = Statement(
        "statements/a.toml", "X-01", rules["X-01"].stamp, rules.id, Verdict.SUPPORTED, BAD, BAD, BAD,
        date(2025, 1, 2), sequence=1, seen_evidence=seen, seen_files=(),
    )  # fmt: skip
    context = Context({}, stage_program=program, statements=(statement,), files=program.inputs)
    findings = assess(lines, rules, context)
    return build_dossier(
        program,
        lines,
        findings,
        rules,
        failures=[FailureNote(BAD, BAD, (BAD,), BAD)],
        methods={BAD: BAD},
        modality_title=BAD,
        unknown_files=[BAD],
        version="0",
    )


def _program() -> Program:
    return Program(
        id=BAD,
        title=BAD,
        condition=BAD,
        condition_id=BAD,
        gene=BAD,
        modality=BAD,
        stage=Stage.TREATED,
        variants=(Variant("v", "target", BAD, BAD, 9, "A", "G", hgvs_c=BAD),),
        patients=(Patient(BAD, BAD, (Phenotype("HP:1", BAD, True),)),),
        candidate=Candidate(BAD, BAD, "v", BAD, details={BAD: BAD}),
        synthetic=True,
        notice=BAD,
        thresholds=(Threshold("X-01", "corrected_alleles", 0.1, "fraction", date(2025, 1, 1), BAD, BAD, BAD),),
        overrides=(Override("X-01", BAD, BAD, BAD),),
        inconsistencies=(Inconsistency(BAD, BAD, ((BAD, BAD), (BAD, BAD))),),
        inputs=(InputFile(BAD, "0" * 64),),
    )


def _rules() -> Framework:
    source = Source("doc", BAD, "secondary", "low", "draft", (), ("javascript:alert(1)", "https://e.org/a b"))
    arguments = {"quantity": "corrected_alleles", "unit": "fraction", "threshold": 0.5}
    test = Test("at_least", arguments, 0.95, "project", BAD, {})
    made = [
        Criterion("X-01", "benefit", BAD, BAD, BAD, "software", "unknown", "full", source,
                  ("editing.on_target",), test, person_asks=BAD, open_question=BAD),
        Criterion("X-02", "benefit", BAD, BAD, BAD, "software", "unknown", "none", source, (), beyond=BAD),
        Criterion("X-03", "safety", BAD, BAD, BAD, "software", "unknown", "full", source,
                  ("editing.on_target",), test),
    ]  # fmt: skip
    document = SourceDocument("doc", BAD, BAD, BAD, "draft", "javascript:alert(1)", BAD, BAD, BAD, BAD)
    elements = (Element("benefit", BAD, BAD, True), Element("safety", BAD, BAD, False))
    return Framework("x", BAD, BAD, "US", "draft", None, BAD, "", elements, tuple(made), {"doc": document}, (BAD,), BAD)


def _lines() -> tuple[Evidence, ...]:
    uniform = Quantity.posterior(GRID, "fraction", model=BAD, as_printed=BAD)
    rows = ({BAD: "a", "n": 1.0, "c": BAD}, {BAD: BAD, "n": 2.0, "c": "k"})
    bars = Figure(BAD, BAD, BAD, "bars", {"x": BAD, "y": "n", "color": "c"}, rows, {"x": BAD, "y": BAD, "color": BAD})
    undrawable = Figure("pie", BAD, BAD, "pie", {"x": BAD}, rows)
    table = Table(BAD, BAD, (Column(BAD, BAD, BAD),), 2, "0" * 64, BAD, ((BAD,), ("1",)))
    made = []
    for i, origin in enumerate((Origin.REPORTED, Origin.COMPUTED)):
        provenance = Provenance(
            BAD, 1, f"{i}" * 64, {BAD: BAD}, (InputFile(BAD, "0" * 64),), {BAD: BAD}, (), i, {BAD: BAD}
        )
        made.append(
            Evidence(
                kind="editing.on_target",
                statement=BAD + " 62.5 % of 2448 reads",
                subject=Subject("sample", BAD),
                origin=origin,
                scope=Scope(BAD, BAD, BAD, BAD, BAD, {BAD: BAD}),
                provenance=provenance,
                quantities={
                    "corrected_alleles": uniform,
                    "indel_alleles": Quantity.point(0.1, "fraction", low=0, high=1),
                },
                facts={"place": BAD, "outcomes": Members((BAD,), unknown=("x",)), "on": date(2025, 1, 1)},
                readout_definition=BAD,
                citation=Citation(BAD, BAD, "javascript:alert(1)", ReadLevel.SECONDARY, BAD, BAD, BAD),
                tables=(table,),
                figures=(bars, undrawable),
                assumptions=(BAD,),
                concerns=(Concern(ConcernWord.INDIRECT, BAD),),
            )
        )
    return tuple(made)
