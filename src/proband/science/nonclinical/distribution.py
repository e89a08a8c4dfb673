"""What a table of distribution says: tissues, how long a component stays, how far edits of gonads are bounded.

A tissue is detected, not detected down to a limit, or not looked at; a row below a limit that nobody knows says
nothing. A component has left a tissue on the first day on which all rows lie below a known limit, after the last on
which one did not. Over n animals of which none had an edited fraction of a gonad above the limit, at most 1 -
0.05^(1/n) of such animals do, at 95 % (Clopper and Pearson, Biometrika 1934;26:404-413). The mean edited fraction over
such animals is then at most that share plus the limit times the rest, whatever the animals above the limit hold.

Cannot see: germ cells within a gonad, unnamed animals whose gonads were taken on two days (each day is taken as animals
of its own), and tissues nobody looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from proband.core.evidence import Members
from proband.core.units import convert, relation
from proband.science.nonclinical.distribution_table import Finding
from proband.science.nonclinical.half_life import HalfLife, half_life
from proband.science.nonclinical.terms import AGAIN, COMPONENTS, EDIT, GONADS, OVARY, TESTIS
from proband.science.stats.proportions import upper_bound

COVERED = ("tissues", "gonads", "components", "persistence", "germline")
DETECTED, NOT_DETECTED, NOT_TOLD = "detected", "not_detected", "limit_not_known"
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class TissueState:
    """One analyte in one tissue of one dose group: state, highest value, limits, days, and when it had left.

    `gone_by`: the first day below a known limit after the last day above one; None where not seen. `limit` is the
    highest of the known limits. `animals` is None where a row does not tell.
    """

    study: str
    dose: float | None
    tissue: str
    analyte: str
    unit: str
    state: str
    highest: float | None
    limit: float | None
    days: tuple[float, ...]
    animals: int | None
    last_day: float | None
    gone_by: float | None
    half_life: HalfLife | None

    @property
    def settled(self) -> bool:
        """Whether its end was seen, or it was never found down to a known limit."""
        return self.gone_by is not None or self.state == NOT_DETECTED


@dataclass(frozen=True, slots=True)
class GermlineBound:
    """Edits in gonads of one dose group: animals looked at, animals above the limit, and what that bounds.

    `above_at_most`: share of such animals above the limit; `mean_at_most`: mean edited fraction over them; both
    one-sided at 95 %. None where the limit or the number of animals is not known.
    """

    study: str
    dose: float | None
    tissues: tuple[str, ...]
    animals: int | None
    above: int | None
    limit: float | None
    above_at_most: float | None
    mean_at_most: float | None
    highest: float | None


def tissue_states(rows: Iterable[Finding]) -> tuple[TissueState, ...]:
    """The state of every analyte in every tissue, by study and dose group, in order.

    >>> rows = [Finding("s", "liver", d, "guide", v, "ng/g", 1.0, 1.0, 3) for d, v in ((1, 90.0), (7, 8.0), (28, None))]
    >>> made = tissue_states(rows)[0]
    >>> made.state, made.last_day, made.gone_by
    ('detected', 7, 28)
    """
    groups: dict[tuple[str, float, str, str, str], list[Finding]] = {}
    for r in rows:
        dose = -1.0 if r.dose is None else r.dose
        held = [k for k in groups if k[:4] == (r.study, dose, r.tissue, r.analyte)]
        same = next((k for k in held if relation(k[4], r.unit) in ("same", "convertible")), None)
        groups.setdefault(same or (r.study, dose, r.tissue, r.analyte, r.unit), []).append(r)
    return tuple(_state(key, groups[key]) for key in sorted(groups))


def _state(key: tuple[str, float, str, str, str], rows: Sequence[Finding]) -> TissueState:
    study, dose, tissue, analyte, unit = key
    value = {id(r): None if r.value is None else convert(r.value, r.unit, unit) for r in rows}
    limit = {id(r): None if r.limit is None else convert(r.limit, r.unit, unit) for r in rows}
    found = [r for r in rows if value[id(r)] is not None]
    days = tuple(sorted({r.day for r in rows}))
    last = max((r.day for r in found), default=None)
    below = {d for d in days if all(r.value is None and r.limit is not None for r in rows if r.day == d)}
    gone = min((d for d in below if last is not None and d > last), default=None)
    limits = [x for x in limit.values() if x is not None]
    down_to = NOT_DETECTED if all(r.limit is not None for r in rows) else NOT_TOLD
    state = DETECTED if found else down_to
    usable = [r for r in rows if r.value is not None or r.limit is not None]
    fitted = None
    if analyte in COMPONENTS and found:
        numbers = [value[id(r)] if r.value is not None else limit[id(r)] for r in usable]
        fitted = half_life([r.day for r in usable], [n for n in numbers if n], [r.value is None for r in usable])
    animals = None if any(r.animals is None for r in rows) else sum(r.animals or 0 for r in rows)
    highest = max((v for v in value.values() if v is not None), default=None)
    return TissueState(
        study, None if dose < 0 else dose, tissue, analyte, unit, state, highest, max(limits, default=None), days,
        animals, last, gone, fitted,
    )  # fmt: skip


def germline_bounds(rows: Iterable[Finding]) -> tuple[GermlineBound, ...]:
    """What the edited fractions of gonads bound, by study and dose group; a control group (dose 0) is left out.

    >>> rows = [Finding("s", t, 28, "edit_fraction", None, "fraction", 0.001, 1.0, 3, 0) for t in ("testis", "ovary")]
    >>> made = germline_bounds(rows)[0]
    >>> made.animals, round(made.above_at_most, 3), round(made.mean_at_most, 3)
    (6, 0.393, 0.394)
    """
    groups: dict[tuple[str, float], list[Finding]] = {}
    for r in rows:
        if r.analyte == EDIT and r.tissue in GONADS and r.dose != 0:
            groups.setdefault((r.study, -1.0 if r.dose is None else r.dose), []).append(r)
    made = []
    for (study, dose), held in sorted(groups.items()):
        animals, above = _animals(held)
        known = all(r.limit is not None for r in held)
        limit = max((r.limit for r in held if r.limit is not None), default=None) if known else None
        share = mean = None
        if animals is not None and above is not None and limit is not None:
            share = upper_bound(above, animals, LEVEL)
            mean = share + (1 - share) * limit
        tissues = tuple(sorted({r.tissue for r in held}))
        highest = max((r.value for r in held if r.value is not None), default=None)
        made.append(
            GermlineBound(study, None if dose < 0 else dose, tissues, animals, above, limit, share, mean, highest)
        )
    return tuple(made)


def _animals(rows: Sequence[Finding]) -> tuple[int | None, int | None]:
    """Animals whose gonads were looked at, and how many of them had edits; None where a row does not tell.

    Named animals count once. Others count once on a day, however many of their tissues were taken, and once at all
    where germ cells can be taken again.
    """
    if all(r.animal for r in rows):
        return len({r.animal for r in rows}), len({r.animal for r in rows if r.detected})
    if any(r.animals is None for r in rows):
        return None, None
    groups: dict[tuple[str, float], int] = {}
    for r in rows:
        kind = "male" if r.tissue in TESTIS else "female" if r.tissue in OVARY else "both"
        at = (kind, -1.0 if r.tissue in AGAIN else r.day)
        groups[at] = max(groups.get(at, 0), r.animals or 0)
    total = 0
    for kind in ("male", "female", "both"):
        days = [n for (k, day), n in groups.items() if k == kind and day >= 0]
        total += max(sum(days), groups.get((kind, -1.0), 0))
    if any(r.detected is None for r in rows):
        return total, None
    return total, min(total, sum(r.detected or 0 for r in rows))


def gonads_wanted(sexes: Iterable[str]) -> Mapping[str, frozenset[str]]:
    """The gonads that must be looked at, with the names they go under: of the patients' sexes, both where not stated.

    >>> sorted(gonads_wanted(["female"])), sorted(gonads_wanted(["unknown"]))
    (['ovary'], ['ovary', 'testis'])
    """
    told = set(sexes)
    both = {"testis": TESTIS | {"gonad", "gonads"}, "ovary": OVARY | {"gonad", "gonads"}}
    if told == {"female"}:
        return {"ovary": both["ovary"]}
    return {"testis": both["testis"]} if told == {"male"} else both


def covered(rows: Sequence[Finding], states: Sequence[TissueState], sexes: Iterable[str]) -> Members:
    """What of the question is covered: present, absent where edits were found in a gonad, else not known."""
    told = [s for s in states if s.dose != 0]
    bounds = germline_bounds(rows)
    wanted = gonads_wanted(sexes)
    known = [s for s in told if s.state != NOT_TOLD]
    looked = {s.tissue for s in known}
    edits = {s.tissue for s in known if s.analyte == EDIT}
    parts = {s.analyte for s in known}
    components = [s for s in told if s.analyte in COMPONENTS]
    has_parts = bool({"editor_mrna", "editor_protein"} & parts and "guide" in parts) or "vector_genomes" in parts
    bounded = all(names & edits for names in wanted.values()) and all(b.above_at_most is not None for b in bounds)
    edited = any(b.above or b.highest is not None for b in bounds)
    present = {
        "tissues": bool(looked - GONADS),
        "gonads": all(names & looked for names in wanted.values()),
        "components": has_parts,
        "persistence": bool(components) and all(s.settled for s in components),
        "germline": bounded and bool(bounds) and not edited,
    }
    absent = ("germline",) if edited else ()
    return Members(
        tuple(n for n in COVERED if present[n]), absent,
        tuple(n for n in COVERED if not present[n] and n not in absent),
    )  # fmt: skip


def reached(states: Iterable[TissueState], tissue: str) -> str:
    """Whether anything was found in a tissue: detected, not_detected, or not_looked_at."""
    held = [s for s in states if s.tissue == tissue and s.dose != 0]
    if any(s.state == DETECTED for s in held):
        return DETECTED
    return NOT_DETECTED if held and all(s.state == NOT_DETECTED for s in held) else "not_looked_at"


def stated_half_life(h: HalfLife | None) -> str:
    """A half-life in words.

    >>> stated_half_life(HalfLife(3.0, 2.5, 3.6, 4, 4, 1.0))
    '3 d (2.5 to 3.6 d, 95 %)'
    >>> stated_half_life(HalfLife(30.0, 9.0, None, 4, 4, 1.0))
    '30 d (9 d or more, 95 %; no upper limit)'
    """
    if h is None or h.why:
        return f"none: {h.why}" if h else ""
    if h.days is None or not math.isfinite(h.days):
        return "no decline seen" + (f"; {h.low:.3g} d or more (95 %)" if h.low else "")
    if h.high is None:
        return f"{h.days:.3g} d ({h.low or 0:.3g} d or more, 95 %; no upper limit)"
    return f"{h.days:.3g} d ({h.low or 0:.3g} to {h.high:.3g} d, 95 %)"
