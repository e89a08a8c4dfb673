"""What a proof of concept in cells holds: the patient's variant, an effect on the transcript, function, replicates.

An element is shown when a one-sided 95 % limit lies beyond no effect, and lacks (absent) when the other limit lies
below the least effect that counts; between the two it is not known, and so is what nobody measured.

Cannot see: whether the cells stand for the tissue, or the readout for the function that the patient lacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proband.core.evidence import Figure, Members
from proband.core.quantity import Quantity
from proband.science.transcript.rna_assays import CELLS, Assay, DoseResponse, Knockdown, Protein, Splicing
from proband.science.transcript.rna_effects import Effect

Measured = tuple[Assay, Effect]


@dataclass(frozen=True, slots=True)
class Proof:
    """The elements of one kind of cells, each with its reason, and the numbers behind them."""

    place: str
    cells: str
    elements: Members
    because: Mapping[str, str]
    function: Quantity | None
    greatest: Quantity | None
    curves: tuple[Measured, ...]
    replicates: int
    measured: tuple[Measured, ...]


def proofs(measured: Sequence[Measured], least_effect: float, least_change: float) -> list[Proof]:
    """A proof for each kind of cells that an effect or a functional assay was made in.

    `least_effect`: fraction of knock-down or correction, `least_change`: ratio of function, below which an effect does
    not count.
    """
    groups: dict[tuple[str, str], list[Measured]] = {}
    for a, e in measured:
        if a.place in CELLS and (_acts(a) or _works(a)):
            groups.setdefault((a.place, a.cells or ""), []).append((a, e))
    return [_proof(place, cells, group, least_effect, least_change) for (place, cells), group in groups.items()]


def _acts(a: Assay) -> bool:
    return isinstance(a, (Splicing, Knockdown)) or (isinstance(a, DoseResponse) and a.effect != "function")


def _works(a: Assay) -> bool:
    return (isinstance(a, Protein) and a.functional) or (isinstance(a, DoseResponse) and a.effect == "function")


def _proof(place: str, cells: str, group: list[Measured], least_effect: float, least_change: float) -> Proof:
    def side(m: Measured) -> str:
        return m[1].sides(1.0, least_change) if isinstance(m[0], Protein) else m[1].sides(0.0, least_effect)

    states = {
        "patient_variant": _carried(place, group),
        "edit_or_knockdown": _together([(m[0].id, side(m)) for m in group if _acts(m[0])]),
        "functional_readout": _together([(m[0].id, side(m)) for m in group if _works(m[0])]),
        "biological_replicates": _replicated(group),
    }
    functions = [e.quantity for a, e in group if isinstance(a, Protein) and a.functional and e.quantity is not None]
    curves = tuple(m for m in group if m[1].curve is not None)
    return Proof(
        place,
        cells,
        Members(*(tuple(k for k, (state, _) in states.items() if state is s) for s in (True, False, None))),
        {k: because for k, (_, because) in states.items()},
        functions[0] if len(functions) == 1 else None,
        curves[0][1].quantity if len(curves) == 1 else None,
        curves,
        min(min(e.replicates) for _, e in group),
        tuple(group),
    )


State = tuple[bool | None, str]


def _carried(place: str, group: list[Measured]) -> State:
    if place == "patient_cells" and not any(a.carries_variant is False for a, _ in group):
        return True, "cells of the patient"
    carried = {a.carries_variant for a, _ in group}
    if carried == {True}:
        return True, "stated to carry it"
    return (False, "stated not to carry it") if carried == {False} else (None, "stated differently by assays")


def _together(sides: list[tuple[str, str]]) -> State:
    """Assays that ask the same: all that tell anything have to agree."""
    if not sides:
        return None, "not measured"
    told = "; ".join(f"{name} {said}" for name, said in sides)
    seen = {said for _, said in sides} - {"open"}
    return {frozenset({"shown"}): True, frozenset({"not there"}): False}.get(frozenset(seen)), told


def _replicated(group: list[Measured]) -> State:
    lacking = [a.id for a, e in group if not a.biological_replicates or min(e.replicates) < 2]
    if lacking:
        return False, f"fewer than two biological replicates of each arm in {', '.join(lacking)}"
    return True, f"at least {min(min(e.replicates) for _, e in group)} in each arm"


def curve_sentence(m: Measured) -> str:
    """Half of the greatest effect of a dose-response assay at which dose, and what the doses leave open."""
    a, e = m
    if not isinstance(a, DoseResponse) or e.curve is None:
        return f"{a.id}: no curve"
    c = e.curve
    known = f"not identified with doses from {min(c.doses):g} to {max(c.doses):g} {a.dose_unit}"
    if c.ed50.low is not None and c.ed50.high is not None:
        known = f"{c.ed50.value:.3g} {a.dose_unit} ({c.ed50.low:.3g} to {c.ed50.high:.3g} at 95 %)"
    return f"{a.id}: half of the greatest effect at {known}; {'; '.join(c.open) or 'all parameters are identified'}"


def curve_figure(m: Measured) -> Figure:
    """Effects by dose, one point a culture. Raises ``ValueError`` for an assay without a curve."""
    a, e = m
    if not isinstance(a, DoseResponse) or e.curve is None:
        raise ValueError(f"{a.id} has no curve")
    doses, what = e.curve.doses, a.effect.replace("_", " ")
    return Figure(
        name=f"dose-{a.id}",
        title=f"{what.capitalize()} by dose in {a.cells}",
        alt=f"{len(doses)} cultures: effect by dose from {min(doses):g} to {max(doses):g} {a.dose_unit}.",
        chart="points",
        encoding={"x": "dose", "y": "effect", "color": "row"},
        rows=tuple({"dose": d, "effect": y, "row": "culture"} for d, y in zip(doses, e.curve.effects, strict=True)),
        labels={"x": f"dose ({a.dose_unit})", "y": f"{what} (fraction)"},
    )
