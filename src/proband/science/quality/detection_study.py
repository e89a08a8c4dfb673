"""Limits of one assay recomputed from its replicate tables, and held against what its record states.

Tables: replicates (blanks and low samples by reagent lot) give limits of blank, detection and quantitation; hits by
dose give the limit of detection by probit. Nothing is typed back: a stated limit that the data do not give is told.

Cannot see: results that were left out of the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proband.core.units import UnitError, convert
from proband.science.quality.assay_limits import AssayLimit, limit_of_blank, limit_of_detection_over
from proband.science.quality.method_file import Found, Method
from proband.science.quality.precision_profile import Level, Quantitation, by_precision, level_of
from proband.science.quality.probit_detection import ProbitLimit, probit_detection
from proband.science.quality.quality_tables import in_unit
from proband.science.transcript.rna_tables import Row

AGREES = 0.05
"""A stated limit agrees with a recomputed one within this share: limits are printed with few digits."""


@dataclass(frozen=True, slots=True)
class Study:
    """Limits recomputed for one method, in `unit`; None where its tables do not give one."""

    method: str
    unit: str = ""
    blank: AssayLimit | None = None
    detection: AssayLimit | None = None
    probit: tuple[tuple[str, ProbitLimit], ...] = ()
    quantitation: Quantitation | None = None
    profile: tuple[Level, ...] = ()

    @property
    def probit_value(self) -> float | None:
        """The greatest probit limit over reagent lots; None where a lot has none."""
        values = [p.value for _, p in self.probit]
        return max(v for v in values if v is not None) if values and all(v is not None for v in values) else None


def study(m: Method, replicates: Sequence[Row], hits: Sequence[Row]) -> Study:
    """The limits of one method from its rows."""
    if not replicates and not hits:
        return Study(m.id)
    unit = m.range.unit if m.range is not None else (replicates or hits)[0]["unit"]
    try:
        convert(1.0, (replicates or hits)[0]["unit"], unit)
    except UnitError:
        unit = (replicates or hits)[0]["unit"]
    blank = detection = quantitation = None
    profile: tuple[Level, ...] = ()
    if replicates:
        blank = limit_of_blank(_by_lot([r for r in replicates if r["kind"] == "blank"], unit), m.blank_rule)
        low = [r for r in replicates if r["kind"] == "low"]
        detection = limit_of_detection_over(blank, _by_lot(low, unit))
        profile = _levels(low, unit)
        if m.goal_cv_percent is not None:
            quantitation = by_precision(profile, m.goal_cv_percent / 100, detection.value)
    probit = tuple(
        (lot, probit_detection(in_unit(rows, unit, "dose"), [r["hits"] for r in rows], [r["runs"] for r in rows]))
        for lot in sorted({r["reagent_lot"] for r in hits})
        if (rows := [r for r in hits if r["reagent_lot"] == lot])
    )
    return Study(m.id, unit, blank, detection, probit, quantitation, profile)


def disagreements(m: Method, made: Study) -> list[str]:
    """Stated limits that the tables do not give, in words."""
    found = []
    detection = {
        "classical": made.detection.value if made.detection is not None else None,
        "probit": made.probit_value,
    }
    if m.detection_limit is not None and m.detection_limit.how in detection:
        found.append(_against("detection", m.detection_limit, detection[m.detection_limit.how], made))
    if m.quantitation_limit is not None and m.quantitation_limit.how == "precision_profile":
        value = made.quantitation.value if made.quantitation is not None else None
        found.append(_against("quantitation", m.quantitation_limit, value, made))
    return [f for f in found if f]


def _against(what: str, limit: Found, value: float | None, made: Study) -> str:
    if value is None or not made.unit:
        return ""
    try:
        said = convert(limit.value, limit.unit, made.unit)
    except UnitError:
        return f"the stated limit of {what} is in {limit.unit}, the data are in {made.unit}"
    if abs(said - value) <= AGREES * value:
        return ""
    return f"the limit of {what} is stated as {said:.4g} {made.unit}; its data give {value:.4g} {made.unit}"


def _by_lot(rows: Sequence[Row], unit: str) -> dict[str, dict[str, list[float]]]:
    held: dict[str, dict[str, list[float]]] = {}
    for row, value in zip(rows, in_unit(rows, unit), strict=True):
        held.setdefault(row["reagent_lot"], {}).setdefault(row["sample"], []).append(value)
    return held


def _levels(rows: Sequence[Row], unit: str) -> tuple[Level, ...]:
    """Levels with at least two results, over all runs and reagent lots: within-laboratory precision."""
    made = []
    for sample in sorted({r["sample"] for r in rows}):
        mine = [r for r in rows if r["sample"] == sample]
        if len(mine) > 1:
            assigned = mine[0]["assigned"]
            known = None if assigned is None else convert(assigned, mine[0]["unit"], unit)
            made.append(level_of(sample, in_unit(mine, unit), known))
    return tuple(sorted(made, key=lambda v: (v.mean, v.name)))
