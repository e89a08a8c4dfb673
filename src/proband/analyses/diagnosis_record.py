"""How the diagnosis stands apart from the variant's class, from ``variants/causality.toml`` and ``phenotype.json``.

Asks: was the diagnosis confirmed by tests, which findings speak against the causal claim and are they answered, and
does the patient's phenotype show what the disease is expected to show?
Cannot see: tests and findings that were not entered; terms are compared by id, without the tree of the ontology.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.causality import CausalityRecord, LabTest
from proband.core.evidence import Members, Scope, Subject
from proband.core.program import Patient
from proband.core.quantity import Quantity

PLACES = ("clinical_database", "population_database", "literature")
CORROBORATING = ("enzyme_activity", "biochemical", "imaging", "rna")


@analysis(
    claims=("variant.contrary", "diagnosis.confirmation", "phenotype.fit"),
    reads={"record": "variants/causality.toml", "phenotype": "phenotype.json"},
    needs_files=("record",),
    uses=("id", "patients", "causality"),
    version=1,
)
def diagnosis_record(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line on contrary findings; per patient one on tests (as soon as any patient has one) and one on terms."""
    record: CausalityRecord | None = program.causality
    if record is None:
        return
    if record.searches or record.contrary:
        yield _contrary(program.id, record)
    for patient in program.patients:
        tests = [t for t in record.tests if t.patient == patient.id]
        if record.tests:
            yield _diagnosis(record, patient.id, tests)
        if record.expected:
            yield _phenotype(record, patient)


def _contrary(program_id: str, record: CausalityRecord) -> Draft:
    dated = {s.place for s in record.searches if s.on is not None}
    searched = Members(tuple(p for p in PLACES if p in dated), (), tuple(p for p in PLACES if p not in dated))
    answered = tuple(c.id for c in record.contrary if c.answer and c.answered_by)
    open_ones = tuple(c.id for c in record.contrary if c.id not in answered)
    items = Members(
        (*(f"search: {p}" for p in searched.present), *answered),
        (),
        (*(f"search: {p}" for p in searched.unknown), *open_ones),
    )
    listed = "; ".join(f"{c.id}: {c.finding} ({c.source}). Answer: {c.answer or 'none yet'}" for c in record.contrary)
    searches = "; ".join(f"{s.where}, {s.on or 'no date'}: {s.found}" for s in record.searches)
    count = len(record.contrary)
    return Draft(
        kind="variant.contrary",
        statement=f"Findings against the causal claim: {count}, of which answered: {len(answered)}. {listed}".rstrip(),
        subject=Subject("program", program_id),
        scope=Scope(
            where=searches or "no search is recorded",
            how="findings as entered by people",
            denominator=f"{len(record.searches)} searches",
            detection_limit="not known: what a search of free text and databases would miss",
        ),
        facts={"searched": searched, "items": items},
        readout_definition="A search counts with its date; a finding counts as answered with an answer and a name.",
    )


def _diagnosis(record: CausalityRecord, patient: str, tests: Sequence[LabTest]) -> Draft:
    def state(some: Sequence[LabTest]) -> str:
        if any(t.result == "speaks_against" for t in some):
            return "absent"
        return "present" if any(t.result == "confirms" and t.on and t.method for t in some) else "unknown"

    types = {t.type: [x for x in tests if x.type == t.type] for t in tests}
    types.setdefault("sequencing", [])
    found = {name: state(some) for name, some in types.items()}
    corroborating = [found[t] for t in CORROBORATING if t in found]
    found["corroborating_test"] = "present" if "present" in corroborating else "unknown"
    members = Members(*(tuple(k for k, v in found.items() if v == s) for s in ("present", "absent", "unknown")))
    said = "; ".join(
        f"{t.type.replace('_', ' ')} ({t.method}), {t.on or 'no date'}: {t.result.replace('_', ' ')}" for t in tests
    )
    return Draft(
        kind="diagnosis.confirmation",
        statement=f"Laboratory tests of {patient}: {said or 'none is entered'}.",
        subject=Subject("patient", patient),
        scope=Scope(
            where=record.file,
            how="test reports as entered; a test counts with method, date and a result that confirms",
            denominator=f"{len(tests)} tests",
            not_covered="tests that were done and not entered",
        ),
        facts={"confirmed_by": members},
        readout_definition="Sequencing and at least one corroborating test (enzyme, biochemical, imaging, RNA).",
    )


def _phenotype(record: CausalityRecord, patient: Patient) -> Draft:
    seen = {p.id for p in patient.phenotypes if not p.excluded}
    excluded = {p.id for p in patient.phenotypes if p.excluded}
    names = {t.id: f"{t.label} ({t.id})" for t in record.expected}
    members = Members(
        tuple(n for i, n in names.items() if i in seen),
        tuple(n for i, n in names.items() if i in excluded),
        tuple(n for i, n in names.items() if i not in seen | excluded),
    )
    return Draft(
        kind="phenotype.fit",
        statement=f"{len(members.present)} of {len(names)} expected phenotype terms are recorded in {patient.id}, "
        f"{len(members.absent)} are recorded as absent, {len(members.unknown)} are not recorded.",
        subject=Subject("patient", patient.id),
        scope=Scope(
            where=f"phenotype.json; expected: {record.expected_source}",
            how="terms compared by HPO id alone; a broader or narrower term does not count",
            denominator=f"{len(names)} expected terms",
        ),
        quantities={"expected_terms": Quantity.exact(len(names), "count")},
        facts={"terms": members},
        readout_definition="Expected terms that are recorded, recorded as absent, or not recorded at all.",
    )
