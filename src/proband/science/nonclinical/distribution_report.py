"""The distribution to tissues in words and rows, and the justification of delivery beside it.

Cannot see: what `distribution` can not see; whether a written reason is a good one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from proband.core.evidence import Members
from proband.science.nonclinical.distribution import (
    DETECTED,
    NOT_DETECTED,
    NOT_TOLD,
    GermlineBound,
    TissueState,
    reached,
    stated_half_life,
    tissue_states,
)
from proband.science.nonclinical.distribution_table import Finding
from proband.science.nonclinical.plan_file import POINTS, Delivery
from proband.science.nonclinical.terms import COMPONENTS, EDIT, GONADS, plain_tissue

COLUMNS = {
    "study": "Study",
    "dose": "Dose group; empty where the table does not tell",
    "tissue": "Tissue",
    "analyte": "What was looked for",
    "state": "detected, not_detected (down to the limit), or limit_not_known",
    "highest": "Highest value",
    "limit": "Highest known limit of detection",
    "unit": "Unit of value and limit",
    "days": "Days looked at",
    "animals": "Animals; empty where a row does not tell",
    "last_day": "Last day on which it was found",
    "gone_by": "First day after it on which all rows lie below a known limit",
    "half_life": "Half-life with its 95 % interval, or why there is none",
}
"""Columns of the table of tissues and what they mean."""


def state_rows(states: Sequence[TissueState]) -> tuple[tuple[str, ...], ...]:
    """One row for each analyte, tissue, dose group and study."""
    return tuple(
        (
            s.study, _n(s.dose), s.tissue, s.analyte, s.state, _n(s.highest), _n(s.limit), s.unit,
            " ".join(_n(d) for d in s.days), _n(s.animals), _n(s.last_day), _n(s.gone_by),
            stated_half_life(s.half_life),
        )
        for s in states
    )  # fmt: skip


def _n(x: float | None) -> str:
    return "" if x is None else f"{x:.6g}"


def denominator(rows: Sequence[Finding], states: Sequence[TissueState]) -> str:
    """Out of how much: rows, tissues, days and animals."""
    days = len({(r.study, r.day) for r in rows})
    known = [r.animals for r in rows if r.animals is not None]
    all_told = len(known) == len(rows)
    told = f"animals in a row: {min(known)} to {max(known)}" if all_told else "animals not stated for every row"
    return f"rows: {len(rows):,}; tissues: {len({s.tissue for s in states})}; days of studies: {days}; {told}"


def limits(states: Sequence[TissueState]) -> str:
    """The limits of detection by analyte, from lowest to highest."""
    made = []
    for analyte in sorted({s.analyte for s in states}):
        for unit in sorted({s.unit for s in states if s.analyte == analyte}):
            held = sorted(s.limit for s in states if (s.analyte, s.unit) == (analyte, unit) and s.limit is not None)
            if held:
                span = _n(held[0]) if held[0] == held[-1] else f"{_n(held[0])} to {_n(held[-1])}"
                made.append(f"{analyte.replace('_', ' ')} {span} {unit}")
    return "; ".join(made) or "not known: no row states one"


def words(states: Sequence[TissueState], bounds: Sequence[GermlineBound]) -> Iterator[str]:
    """The sentences of a line: what was found where, what left when, what gonads say."""
    dosed = [s for s in states if s.dose != 0]
    found = sorted({s.tissue for s in dosed if s.state == DETECTED})
    not_told = sorted({s.tissue for s in dosed if s.state == NOT_TOLD} - set(found))
    none = sorted({s.tissue for s in dosed if s.state == NOT_DETECTED} - {*found, *not_told})
    yield f"Product or edits were found in {_list(found)}; not found down to the stated limits in {_list(none)}."
    if not_told:
        yield f"Below a limit that is not known, which says nothing: {_list(not_told)}."
    control = [s for s in states if s.dose == 0 and s.state == DETECTED]
    if control:
        yield f"Found in controls too: {_list(sorted({s.tissue for s in control}))}."
    yield from _persistence([s for s in dosed if s.analyte in COMPONENTS])
    yield from _gonads(dosed, bounds)


def _persistence(parts: Sequence[TissueState]) -> Iterator[str]:
    if not parts:
        yield "No part of the product was looked for, so how long it stays is not known."
        return
    stays = [s for s in parts if s.state == DETECTED and s.gone_by is None]
    left = [s for s in parts if s.gone_by is not None]
    if left:
        day = max(s.gone_by or 0.0 for s in left)
        slow = [s for s in left if s.half_life and not s.half_life.why and s.half_life.days]
        slowest = max(slow, key=lambda s: s.half_life.days if s.half_life and s.half_life.days else 0.0, default=None)
        more = ""
        if slowest is not None:
            more = f"; longest half-life {stated_half_life(slowest.half_life)} ({_part(slowest)})"
        yield f"Parts of the product had left by day {_n(day)} where their end was seen{more}."
    for s in stays[:6]:
        last = "the last day looked at" if s.last_day == s.days[-1] else "after which no known limit is stated"
        yield f"Still found on day {_n(s.last_day)}, {last}: {_part(s)}."
    if len(stays) > 6:
        yield f"{len(stays) - 6} more parts whose end was not seen stand in the table."


def _part(s: TissueState) -> str:
    return f"{s.analyte.replace('_', ' ')} in {s.tissue.replace('_', ' ')}, {s.study}"


def _gonads(dosed: Sequence[TissueState], bounds: Sequence[GermlineBound]) -> Iterator[str]:
    if not any(s.tissue in GONADS for s in dosed):
        yield "Gonads were not looked at."
        return
    if not bounds:
        yield f"In gonads no {EDIT.replace('_', ' ')} was looked for."
    for b in bounds:
        group = b.study if b.dose is None else f"{b.study}, dose {_n(b.dose)}"
        where = _list(list(b.tissues))
        if b.highest is not None:
            counted = f" in {b.above} of {b.animals} animals" if b.above is not None else ""
            yield f"Edits were found{counted} in {where} of {group}: up to {_n(b.highest)} of alleles."
        elif b.above_at_most is None or b.limit is None:
            missing = "the limit" if b.limit is None else "the number of animals"
            yield f"Edits of {where} of {group} are not bounded: {missing} is not stated."
        else:
            yield (
                f"No edits above {_n(b.limit)} of alleles in {where} of {b.animals} animals of {group}: at most "
                f"{b.above_at_most:.0%} of such animals lie above it, and their mean edited fraction is at most "
                f"{b.mean_at_most or 1:.2g} (95 %)."
            ).replace("%", " %", 1)


def _list(names: Sequence[str]) -> str:
    return ", ".join(n.replace("_", " ") for n in names) or "none"


def delivery(plan: Delivery, counted: Sequence[Finding]) -> tuple[Members, str, str]:
    """Points justified, whether the target tissue was reached, and the sentence that tells both.

    >>> made = delivery(Delivery(editor_class="no break", tissue_reach="liver", target_tissue="liver"), ())
    >>> made[0].present, made[1]
    (('editor_class',), 'not_looked_at')
    """
    states = [s for s in tissue_states(counted) if s.dose != 0]
    target = plain_tissue(plan.target_tissue)
    reach = reached(states, target) if target else "not_looked_at"
    parts = [s for s in states if s.analyte in COMPONENTS]
    ended = bool(parts) and all(s.settled for s in parts)
    written = {p for p in POINTS if getattr(plan, p).strip()}
    absent = {p for p in POINTS if p in plan.not_justified} | ({"tissue_reach"} if reach == NOT_DETECTED else set())
    present = {p for p in written if p not in absent}
    if reach != DETECTED:
        present -= {"tissue_reach"}
    if not ended:
        present -= {"persistence"}
    made = Members(
        tuple(p for p in POINTS if p in present), tuple(p for p in POINTS if p in absent),
        tuple(p for p in POINTS if p not in present and p not in absent),
    )  # fmt: skip
    seen = {
        DETECTED: "found in",
        NOT_DETECTED: "looked for and not found in",
        "not_looked_at": "not looked for, or not to a known limit, in",
    }[reach]
    tissue = plan.target_tissue or "a target tissue, which is not stated"
    end = "the end of its parts was seen" if ended else "the end of its parts was not seen everywhere"
    told = f"{len(made.present)} of {len(POINTS)} points are justified; the product was {seen} {tissue}, and {end}."
    return made, reach, told
