"""Gates before doses as tables and sentences.

Cannot see: what the gates can not see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from proband.core.evidence import TABLE_PREVIEW_ROWS, Column, Members, Table
from proband.core.provenance import digest
from proband.science.answers import members
from proband.science.dosing.dose_gates import DoseGates
from proband.science.dosing.escalation import LevelState
from proband.science.dosing.gate_checks import CANNOT_TELL, MET, NOT_MET
from proband.science.dosing.redose_review import Reviewed

_ANSWER = {MET: True, NOT_MET: False, CANNOT_TELL: None}


def words(state: str) -> str:
    """A state for people.

    >>> words("not_met")
    'not met'
    """
    return state.replace("_", " ")


def gate_members(found: Sequence[DoseGates]) -> Members:
    """Each gate before each dose: met, not met (absent), or not told."""
    several = len({(d.subject, d.product) for d in found}) > 1
    answers = {}
    for d in found:
        who = f"{d.subject}, {d.product}, " if several else ""
        answers |= {f"{who}dose {d.number}: {g.id}": _ANSWER[g.said.state] for g in d.gates}
    return members(answers)


def gate_table(found: Sequence[DoseGates]) -> Table:
    """Every gate with values, days and rows."""
    columns = (
        ("subject", "", "Pseudonym"), ("dose", "", "Number of the dose and the product"),
        ("day", "d", "Day of the dose, or the day asked about"), ("gate", "", "As the protocol names it"),
        ("asks", "", "As the protocol states it"), ("state", "", "met, not met, or cannot tell"),
        ("because", "", "Values and days"), ("rows", "", "Where they stand"),
    )  # fmt: skip
    rows = tuple(
        (
            d.subject, f"{d.number} of {d.product}{'' if d.given else ' (not given)'}", f"{d.day:g}", g.id, g.asks,
            words(g.said.state), g.said.because, "; ".join(g.said.rows),
        )
        for d in found for g in d.gates
    )  # fmt: skip
    return _table("gates", "Gates before each dose", columns, rows)


def review_table(subject: str, found: Sequence[Reviewed]) -> Table:
    """What was reviewed before each further dose."""
    columns = (
        ("subject", "", "Pseudonym"), ("before dose", "", "Number of the dose"), ("item", "", "What was looked at"),
        ("reviewed", "", "yes, no, or not known"), ("because", "", "Value and day, or what is missing"),
        ("by", "", "Who signed it"), ("row", "", "Where it stands"),
    )  # fmt: skip
    said = {True: "yes", False: "no", None: "not known"}
    rows = tuple(
        (
            subject, str(r.dose), r.item.replace("_", " "), said[r.state], r.because, r.row["by"] if r.row else "",
            f"safety/redose_review.csv row {r.row.line}" if r.row else "",
        )
        for r in found
    )  # fmt: skip
    return _table("review before redosing", "Reviewed before each further dose", columns, rows)


def escalation_table(levels: Sequence[LevelState]) -> Table:
    """Each level: patients, events, decision by the protocol's table."""
    columns = (
        ("level", "", "As the protocol names it"), ("treated", "", "Patients"), ("events", "", "Least and most"),
        ("by the table", "", "What the protocol's table says"), ("because", "", "Patients whose answer is open"),
        ("next patient from", "d", "Earliest day, after the first of a level"),
    )  # fmt: skip
    rows = tuple(
        (
            x.level, str(x.treated), f"{x.least} to {x.most}" if x.most > x.least else str(x.least),
            words(x.decision), x.because, "" if x.next_patient_from is None else f"{x.next_patient_from:g}",
        )
        for x in levels
    )  # fmt: skip
    return _table("escalation", "Escalation between patients, by the protocol's table", columns, rows)


def _table(name: str, title: str, columns: Sequence[tuple[str, str, str]], rows: tuple[tuple[str, ...], ...]) -> Table:
    held = tuple(Column(*c) for c in columns)
    return Table(name, title, held, len(rows), digest(rows), "", rows[:TABLE_PREVIEW_ROWS])


def sentences(found: Sequence[DoseGates]) -> Iterator[str]:
    """What the gates say of each dose, for people."""
    for d in found:
        when = f"on day {d.day:g}" + ("" if d.given else ", not given")
        counts = {s: [g.id for g in d.gates if g.said.state == s] for s in (MET, NOT_MET, CANNOT_TELL)}
        parts = [f"{words(s)}: {', '.join(ids)}" for s, ids in counts.items() if ids]
        yield f"{d.subject}, dose {d.number} of {d.product} {when}: {'; '.join(parts) or 'no gate stands before it'}."
        if not d.given and d.earliest is not None:
            yield f"Earliest day of dose {d.number} by the days between doses: {d.earliest:g}."
        if d.typed:
            yield f"Dose {d.number}: {d.typed}."
        if d.mass is not None and d.mass.total is not None:
            parts = [f"{d.mass.total:.3g} mg in all"]
            if d.mass.guide is not None and d.mass.messenger is not None:
                parts.append(f"{d.mass.guide:.3f} mg guide and {d.mass.messenger:.3f} mg messenger RNA")
            yield f"Nominal mass of dose {d.number}: {', '.join(parts)} ({d.mass.because})."
        elif d.mass is not None:
            yield f"Nominal mass of dose {d.number}: not told, {d.mass.because}."
