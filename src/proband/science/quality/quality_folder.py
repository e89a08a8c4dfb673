"""Specifications, results and genealogy of a folder together, with the faults that show only when they meet.

Cannot see: whether a lot that has no row exists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.units import UnitError, relation, why_different
from proband.science.clinical.long_table import told as tell
from proband.science.quality.components import read_components
from proband.science.quality.lot_tables import Lot, Result, read_genealogy, read_results
from proband.science.quality.release import resolved
from proband.science.quality.specifications import SPECIFICATIONS, TEXT, Specifications, read_specifications

RESULTS = ("quality/lots.csv", "quality/lots.xlsx")
GENEALOGY = ("quality/genealogy.csv", "quality/genealogy.xlsx")


@dataclass(frozen=True, slots=True)
class Lots:
    """What a folder holds of its lots; None or empty where a file is not there."""

    specifications: Specifications | None
    results: tuple[Result, ...]
    genealogy: tuple[Lot, ...]

    @property
    def by_id(self) -> Mapping[str, Lot]:
        """The lots of the genealogy by id."""
        return {x.id: x for x in self.genealogy}


def read_lots(files: Mapping[str, Path], problems: list[Problem]) -> Lots | None:
    """The lots of a folder (path in the folder to path), or None where there is nothing or a fault; all faults at once.

    Loads no numerics.
    """
    before = len(problems)
    specifications = None
    if SPECIFICATIONS in files:
        specifications = read_specifications(files[SPECIFICATIONS], problems)
    results: tuple[Result, ...] = ()
    genealogy: tuple[Lot, ...] = ()
    if name := _one_of(RESULTS, files, problems):
        results = read_results(files[name], name, problems)
        faults = list(_meeting_faults(results, specifications, name))
        tell(faults, name, problems)
    if name := _one_of(GENEALOGY, files, problems):
        genealogy = read_genealogy(files[name], name, problems)
        if genealogy and results:
            tell(list(_unknown_lots(results, genealogy, name)), name, problems)
    if specifications is not None and "quality/components.toml" in files:
        # Its own faults are told by its own reader; here only whose product it is.
        product = read_components(files["quality/components.toml"], [])
        if product is not None and product.name != specifications.product:
            expected = f"the product of quality/components.toml, {product.name}"
            remedy = "write one name, or move the files of the other product to its own folder"
            problems.append(Problem(SPECIFICATIONS, "key product", specifications.product, expected, remedy))
    if len(problems) > before or not (specifications or results or genealogy):
        return None
    return Lots(specifications, results, genealogy)


def _one_of(names: tuple[str, ...], files: Mapping[str, Path], problems: list[Problem]) -> str:
    there = [n for n in names if n in files]
    if len(there) > 1:
        problems.append(Problem(there[1], "", f"also {there[0]}", "one of the two", "remove one"))
    return there[0] if there else ""


def _meeting_faults(results: tuple[Result, ...], held: Specifications | None, name: str) -> Iterator[Problem]:
    """Units of results that do not convert to those of their specification, or words where numbers are asked for."""
    if held is None:
        return
    names: dict[tuple[str, str], str] = {}
    for r in results:
        s = next((x for x in held.in_force if x.id == resolved(r.attribute, held)), None)
        if s is None:
            continue
        other = names.setdefault((r.lot, s.id), r.attribute)
        if other != r.attribute:
            found = f"{r.attribute}, and {other} above, of lot {r.lot}"
            yield Problem(name, f"row {r.row}, column attribute", found, f"one name of {s.id}", f"write {s.id}")
        known = held.family.attributes.get(held.attribute(s))
        if known is not None and known.unit and r.high is not None and r.high < 0:
            place = f"row {r.row}, column value"
            yield Problem(name, place, r.written, f"{s.id} of at least 0", "correct the value")
        if r.unit == s.unit or r.pending:
            continue
        place = f"row {r.row}, column unit"
        if s.is_text or r.unit == TEXT:
            expected = f"{s.unit}, as {s.id} is specified"
            yield Problem(name, place, r.unit, expected, "write the result in that unit, or mend the specification")
            continue
        try:
            if relation(r.unit, s.unit) not in ("same", "convertible"):
                expected = f"a unit that converts to {s.unit}, as {s.id} is specified"
                yield Problem(name, place, r.unit, expected, why_different(r.unit, s.unit))
        except UnitError as e:
            yield Problem(name, place, r.unit, s.unit, str(e))


def _unknown_lots(results: tuple[Result, ...], genealogy: tuple[Lot, ...], name: str) -> Iterator[Problem]:
    known = tuple(x.id for x in genealogy)
    for lot in dict.fromkeys(r.lot for r in results):
        if lot not in known:
            row = next(r.row for r in results if r.lot == lot)
            found = f"no lot {lot}, which has results (row {row})"
            yield Problem(name, "", found, "a row for each lot with results", nearest(lot, known))
