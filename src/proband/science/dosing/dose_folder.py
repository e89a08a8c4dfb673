"""What a program folder holds of doses: gates, escalation, review, clinical and safety tables, read together.

Cannot see: what its parts can not see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from proband.core.errors import Problem
from proband.science.dosing.escalation import TABLE, Escalation, read_escalation, read_patients
from proband.science.dosing.gate_checks import Sources
from proband.science.dosing.gate_file import FILE, MOST_DOSES, GateRules, read_gates
from proband.science.dosing.redose_review import FILE as REVIEW
from proband.science.dosing.redose_review import ITEMS, read_review
from proband.science.follow_up.observed import read_observed
from proband.science.safety.safety_tables import read_safety
from proband.science.transcript.rna_tables import Row


@dataclass(frozen=True, slots=True)
class DoseFolder:
    """Rules (None: the protocol holds none), tables, and whether there is a review at all."""

    rules: GateRules | None
    sources: Sources
    escalation: Escalation | None
    patients: tuple[Row, ...]
    review_written: bool


def read_dose_folder(files: Mapping[str, Path], problems: list[Problem]) -> DoseFolder | None:
    """The folder's files (path in the folder to path), or None with every fault added. Loads no numerical library."""
    before = len(problems)
    rules = read_gates(files[FILE], FILE, problems) if FILE in files else None
    escalation = read_escalation(files[FILE], FILE, problems) if FILE in files else None
    seen = read_observed(files, problems)
    safety = read_safety(files, problems)
    gates = [c.id for c in rules.conditions] if rules is not None else []
    for taken in sorted(set(gates) & set(ITEMS)):
        remedy = "rename the gate: this is an item of the review before a redose"
        problems.append(Problem(FILE, f"gate {taken}", taken, "another id", remedy))
    review = read_review(files[REVIEW], problems, gates) if REVIEW in files else ()
    patients: tuple[Row, ...] | None = ()
    if TABLE in files and escalation is not None:
        patients = read_patients(files[TABLE], escalation, problems)
    elif TABLE in files and len(problems) == before:
        remedy = "state the rules under [escalation] of the protocol, or remove the table"
        problems.append(Problem(TABLE, "", "patients without rules", f"[escalation] in {FILE}", remedy))
    for subject, rows in sorted(seen.doses.items()) if seen is not None else ():
        if len(rows) > MOST_DOSES:
            found = f"{len(rows):,} doses of {subject}"
            problems.append(Problem("clinical/dosing.csv", "", found, f"at most {MOST_DOSES:,}", "keep doses as given"))
    if len(problems) > before or seen is None or review is None or patients is None:
        return None
    return DoseFolder(rules, Sources(seen, safety, review), escalation, patients, REVIEW in files)
