"""What lots and limits say, as the members and categories that rules ask for.

Nothing is present that is not told: a limit without a written reason, a result to come, another method, an attribute
without a specification are not known.

Cannot see: whether a reason is a good one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from proband.core.evidence import Members
from proband.core.quantity import Quantity
from proband.core.units import UnitError, conversion, convert
from proband.science.quality.attributes import families
from proband.science.quality.component_model import told
from proband.science.quality.quality_folder import Lots
from proband.science.quality.recompute import NONE
from proband.science.quality.release import Decision, LotReport, Within, justified
from proband.science.quality.specifications import Specification, Specifications

PANEL = ("on_target_efficiency", "off_target_frequency", "rearrangements", "residual_components")
"""What release testing of cells edited outside the body should cover."""
LIMITS = ("stage", "justification", "set_on", "plan_to_tighten")
_NUMBERS = (
    ("size", "particle_size", "nm", "nm"),
    ("polydispersity", "polydispersity", "1", "ratio"),
    ("encapsulation", "encapsulation", "1", "fraction"),
)
FINAL = ("application", "commercial")


def within_limits(r: LotReport, held: Specifications) -> Members:
    """For each attribute of the family: within justified limits, outside one (absent), or not known.

    An attribute with several specifications is within where all of them are.
    """
    present, absent, unknown = [], [], []
    for name in held.family.attributes:
        mine = [j for j in r.judged if j.attribute == name]
        if any(j.within is Within.OUTSIDE for j in mine):
            absent.append(name)
        elif mine and all(j.within is Within.WITHIN and justified(j.specification) for j in mine):
            present.append(name)
        else:
            unknown.append(name)
    return Members(tuple(present), tuple(absent), tuple(unknown))


def stated_against(r: LotReport) -> str:
    """The stated decision beside the recomputed one: agrees, disagrees, not_known (rejected, and no result says why),
    or not_stated."""
    if r.disagreement:
        return "disagrees"
    if r.stated == "rejected" and r.decision is Decision.OPEN:
        return "not_known"
    return "agrees" if r.stated in ("released", "rejected") else "not_stated"


def lot_numbers(r: LotReport) -> dict[str, Quantity]:
    """The numbers of a lot that the table of kinds names, in its units."""
    made = {}
    for attribute, name, unit, shown in _NUMBERS:
        for j in r.judged:
            if j.attribute == attribute and j.value is not None and name not in made:
                try:
                    made[name] = Quantity.point(convert(float(j.value), j.specification.unit, unit), shown, n=j.n)
                except UnitError:
                    continue
    return made


def judged_lots(reports: Iterable[LotReport], held: Lots) -> Iterator[LotReport]:
    """The lots of this product that serve or may serve people: none of other products, none made for development alone,
    and no rejected one that served nothing. The others stand in trends and genealogy."""
    assert held.specifications is not None
    aside = {*unused(held)}
    for r in reports:
        lot = held.by_id.get(r.lot)
        if lot is not None and lot.product not in ("", held.specifications.product):
            continue
        if lot is not None and lot.served and set(lot.served) <= {"development", "reference", "other"}:
            continue
        if r.lot not in aside:
            yield r


def unused(held: Lots) -> tuple[str, ...]:
    """Lots that are stated as rejected and served nothing."""
    return tuple(x.id for x in held.genealogy if x.decision == "rejected" and not x.served)


def limit_facts(held: Specifications) -> Members:
    """What is told of every limit in force; said to be none for one of them (absent); or not told for one."""
    rows = [s for s in held.in_force if s.has_limit]
    states = {name: [_state(name, s, held) for s in rows] for name in LIMITS}
    absent = tuple(n for n, x in states.items() if "none" in x)
    present = tuple(n for n, x in states.items() if x and all(y == "told" for y in x))
    return Members(present, absent, tuple(n for n in LIMITS if n not in (*absent, *present)))


def _state(name: str, s: Specification, held: Specifications) -> str:
    if name == "stage":
        return "told" if s.stage is not None else "unknown"
    if name == "set_on":
        return "told" if s.set_on is not None else "unknown"
    if name == "plan_to_tighten" and (s.stage in FINAL or any(tighter(x, s) for x in held.later(s))):
        return "told"
    text = s.justification if name == "justification" else s.tighten
    if text.strip().strip(".").casefold() in NONE:
        return "none"
    return "told" if told(text) else "unknown"


def tighter(later: Specification, s: Specification) -> bool:
    """Whether a limit of a later stage lies within one of now, and is not the same; exact, in one unit.

    >>> now = Specification(id="a", method="m", unit="um", upper=1)
    >>> then = Specification(id="a", method="m", unit="nm", upper=900)
    >>> tighter(then, now), tighter(now, then), tighter(now, now)
    (True, False, False)
    """
    try:
        slope, offset = conversion(later.unit, s.unit)
    except UnitError:
        return False
    sides = []
    for mine, other, sign in ((s.lower, later.lower, 1), (s.upper, later.upper, -1)):
        if mine is None and other is None:
            continue
        if other is None:
            return False
        sides.append(1 if mine is None else sign * (Fraction(other) * slope + offset - Fraction(mine)))
    return all(x >= 0 for x in sides) and any(x > 0 for x in sides)


def limit_sentence(held: Specifications) -> str:
    """How many limits have a stage, a reason, a date and a plan, and which attributes have no specification."""
    rows = [s for s in held.in_force if s.has_limit]
    parts = []
    for name in LIMITS:
        lacking = [s.id for s in rows if _state(name, s, held) != "told"]
        word = name.replace("_", " ")
        parts.append(f"{word}: {len(rows) - len(lacking)}" + (f" (not {', '.join(lacking)})" if lacking else ""))
    known = {held.attribute(s) for s in held.in_force}
    missing = [a for a in held.family.attributes if a not in known and a not in held.not_tested]
    stage = f"at the stage {held.stage.replace('_', ' ')}" if held.stage else "the stage is not stated"
    text = f"{len(rows)} limits in force, {stage}; told of them: {'; '.join(parts)}."
    if missing:
        text += f" Attributes of the family without a specification: {', '.join(missing)}."
    if held.not_tested:
        text += f" Stated as not tested: {', '.join(held.not_tested)}."
    return text


def panel(held: Specifications) -> Members:
    """What release testing of edited cells covers with a justified limit, is said not to (absent), or is not known."""
    present, absent = [], []
    for name in PANEL:
        mine = [s for s in held.in_force if held.attribute(s) == name]
        if name in held.not_tested and not mine:
            absent.append(name)
        elif mine and all(justified(s) for s in mine):
            present.append(name)
    return Members(tuple(present), tuple(absent), tuple(n for n in PANEL if n not in (*present, *absent)))


def without_specification(held: Lots) -> dict[str, tuple[str, ...]]:
    """Lots with results and no specification at all: the attributes of their results that any family knows."""
    made: dict[str, tuple[str, ...]] = {}
    for lot in dict.fromkeys(r.lot for r in held.results):
        named = (f.known(r.attribute) for r in held.results if r.lot == lot for f in families().values())
        made[lot] = tuple(dict.fromkeys(n for n in named if n))
    return made
