"""Gates of the protocol before each dose, and what was reviewed before each further one.

Asks: before every dose that was given, was each gate of ``plan/protocol.toml`` met by values seen before it; were
immune status, cumulative editing and added off-target exposure reviewed, with values, before each further dose; what
does the protocol's table of escalation say?
Cannot see: gates that the file does not state, values that nobody entered, doses that are not in the table, and whether
somebody decided otherwise with good reason. A gate that can not be told is not open. Nothing here recommends a dose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Concern, ConcernWord, Fact, Members, Scope, Subject
from proband.core.program import Program
from proband.core.quantity import Quantity
from proband.science.dosing import READS

if TYPE_CHECKING:
    from proband.science.dosing.dose_folder import DoseFolder
    from proband.science.dosing.dose_gates import DoseGates


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of protocol, review and tables, without numerics."""
    problems: list[Problem] = []
    _read(inputs, problems)
    return problems


def _read(inputs: Inputs, problems: list[Problem]) -> DoseFolder | None:
    from proband.science.dosing.dose_folder import read_dose_folder
    from proband.science.dosing.redose_review import FILE

    review = any(f.relative == FILE for f in inputs.files["safety"])
    if not (inputs.files["protocol"] or inputs.files["escalation"] or review):
        return None
    return read_dose_folder({f.relative: f.path for g in inputs.files.values() for f in g}, problems)


@analysis(
    claims=("dosing.gates", "dosing.rationale", "safety.redose"),
    reads=READS,
    uses=("id", "patients"),
    version=1,
    packages=("numpy", "scipy"),
    border=border,
)
def dose_gates(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line on the gates of each dosed patient, one on the rule, one on the review before redosing of each patient."""
    from proband.science.dosing.dose_gates import evaluate, next_dose

    problems: list[Problem] = []
    held = _read(inputs, problems)
    if problems:
        raise ProgramError(problems)
    if held is None:
        return
    own = sorted({p.id for p in program.patients} & set(held.sources.seen.doses))
    if held.rules is not None and held.rules.any:
        yield _rule(program.id, held)
        for subject in own:
            found = evaluate(held.rules, held.sources, subject, None)
            if any(d.gates for d in found):
                yield _gates(subject, found, next_dose(held.rules, held.sources, subject))
    if held.escalation is not None and held.patients:
        yield _escalation(program.id, held)
    if held.review_written:
        for subject in own:
            yield from _review(subject, held)


def _gates(subject: str, found: tuple[DoseGates, ...], further: tuple[tuple[int, float, str], ...]) -> Draft:
    from proband.science.dosing.gate_tables import gate_members, gate_table, sentences

    members = gate_members(found)
    typed = [t for t in (*(d.typed for d in found), *(t for _, _, t in further)) if t]
    said = [f"Dose {n} would be day {day:g} at the earliest{f'; {t}' if t else ''}." for n, day, t in further]
    return Draft(
        kind="dosing.gates",
        statement=" ".join([*sentences(found), *said]),
        subject=Subject("patient", subject),
        name="gates before doses",
        scope=Scope(
            where="plan/protocol.toml; clinical/*.csv, safety/*.csv",
            how="each gate before each dose that was given, by values from before the day of that dose",
            denominator=f"{len(found)} doses, {sum(len(d.gates) for d in found)} gates",
            not_covered="what the protocol asks and the file does not state; doses that are not in clinical/dosing.csv",
        ),
        quantities={
            "doses": Quantity.exact(len(found), "count"),
            **({"earliest_next_dose": Quantity.exact(further[0][1], "d")} if len(further) == 1 else {}),
        },
        facts={"gates": members},
        readout_definition="Met: what the gate asks was seen before the dose. Not known: no value, an older one, one "
        "that leaves it open, or nothing recorded.",
        concerns=tuple(Concern(ConcernWord.INCONSISTENT, t) for t in typed if "do not agree" in t),
        tables=(gate_table(found),),
    )


def _rule(program: str, held: DoseFolder) -> Draft:
    """The rule for redosing or escalation is written; on what the doses rest this file does not say."""
    assert held.rules is not None
    d = held.rules.dosing
    parts = [f"at most {d.maximum_doses} doses"] if d.maximum_doses is not None else []
    if d.minimum_days_between_doses is not None:
        parts.append(f"at least {d.minimum_days_between_doses:g} days between doses")
    parts += [
        f"dose {n}: {', '.join(f'{o:g}' for o in held.rules.options[n])} mg/kg" for n in sorted(held.rules.options)
    ]
    parts += [f"{c.id}: {c.condition}" for c in held.rules.conditions]
    bases = ("exposure_basis", "engagement_basis", "safety_basis")
    return Draft(
        kind="dosing.rationale",
        statement=f"The protocol holds a rule for further doses, as data: {'; '.join(parts)}.",
        subject=Subject("program", program),
        name="rule for further doses",
        scope=Scope(
            where="plan/protocol.toml",
            how="tables [dosing], [[redosing_condition]] and [[gate]] as read",
            not_covered="on which exposure, engagement and safety data the doses rest: the file does not say",
        ),
        facts={"elements": Members(("escalation_or_redosing_rule",), (), bases)},
        readout_definition="A rule is written where the protocol states a gate that can be evaluated or recorded.",
    )


def _escalation(program: str, held: DoseFolder) -> Draft:
    from proband.science.dosing.escalation import decide
    from proband.science.dosing.gate_tables import escalation_table, words

    assert held.escalation is not None
    levels = decide(held.escalation, held.patients)
    said = [f"Level {x.level}: {x.because}; by the protocol's table: {words(x.decision)}." for x in levels]
    facts: dict[str, Fact] = {"escalation": levels[-1].decision}
    return Draft(
        kind="dosing.gates",
        statement=" ".join(said),
        subject=Subject("program", program),
        name="escalation between patients",
        scope=Scope(
            where="plan/protocol.toml, [escalation]; plan/escalation.csv",
            how=f"events within {held.escalation.window_days} days; what is open is counted both ways",
            denominator=f"{len(held.patients)} patients at {len(levels)} levels",
            not_covered="patients whom nobody entered",
        ),
        facts=facts,
        readout_definition="What the protocol's own table says of the highest level with a patient; a person decides.",
        tables=(escalation_table(levels),),
    )


def _review(subject: str, held: DoseFolder) -> Iterator[Draft]:
    from proband.science.dosing.gate_tables import review_table
    from proband.science.dosing.redose_review import over_doses, reviewed

    days = [r.day for r in held.sources.seen.doses[subject]]
    if len(days) < 2:
        return
    found = reviewed(held.sources.review, subject, days)
    further = f"{len(days) - 1} further dose{'s' if len(days) > 2 else ''}"
    said = "; ".join(f"before dose {r.dose}, {r.item.replace('_', ' ')}: {r.because}" for r in found)
    yield Draft(
        kind="safety.redose",
        statement=f"{subject} had {further}; {said}.",
        subject=Subject("patient", subject),
        name="review before redosing",
        scope=Scope(
            where="safety/redose_review.csv, with doses of clinical/dosing.csv",
            how="a value and a day after the dose before and before the dose; a review after the dose does not count",
            denominator=f"{further}, three items each",
            not_covered="reviews that nobody wrote down",
        ),
        facts={"reviewed": over_doses(found)},
        readout_definition="Reviewed: before every further dose. Not (absent): entered as not reviewed or after the "
        "dose, of one dose at least.",
        tables=(review_table(subject, found),),
    )
