"""``nonclinical/plan.toml``: the human dose, the declared margin, what is argued away, prognosis, bridges, delivery.

Everything is optional. What is left out is not known; a margin that needs it is not computed.

Cannot see: whether what is written is true, and whether grounds are good ones: a person judges those.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from proband.border import Strict, parse, read_toml, shown
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.units import convert, is_unit, nearest_unit, relation
from proband.science.nonclinical.amounts import per_of
from proband.science.nonclinical.exposure_table import parameter_fault
from proband.science.nonclinical.files import READS
from proband.science.nonclinical.terms import BASES, ITEMS, PARAMETERS, ROUTES, exposure_basis
from proband.science.told_words import told

FILE = READS["plan"]
GIVEN = ("margin", "scaling_basis", "justification")
POINTS = ("editor_class", "delivery_method", "mechanism", "specificity", "capacity", "tissue_reach", "persistence")
Name = Annotated[str, Field(min_length=1, max_length=80)]
Long = Annotated[str, Field(max_length=4000), AfterValidator(told)]
"""Words; those that only say that something is not known read as nothing."""
Positive = Annotated[float, Field(gt=0, le=1e18, allow_inf_nan=False)]
Status = Literal["done", "planned", "not_done", "argued_away"]


class Measure(Strict):
    """A number above 0 with its UCUM unit, and where it comes from."""

    value: Positive
    unit: Name
    source: Long = ""


class Human(Strict):
    """The person dosed: what is not written is None or empty.

    `doses` in order, the first is the starting dose; `all_doses`: they are all that are planned, none left out.
    """

    route: Name | Literal[""] = ""
    doses: Annotated[list[Positive], Field(max_length=200)] = []
    all_doses: bool | None = None
    dose_unit: str = ""
    dose_of: Long = ""
    lipid_per_rna: Positive | None = None
    weight: Measure | None = None
    height: Measure | None = None
    age: Measure | None = None
    csf_volume: Measure | None = None
    molar_mass: Measure | None = None
    first_dose_on: date | None = None
    source: Long = ""


class ReferenceDose(Strict):
    """A dose of another product to which animals' doses are also held."""

    name: Name
    value: Positive
    unit: Name
    source: Long = ""


class MarginPlan(Strict):
    """What the sponsor declares: scaling basis, the study leaned on, a factor of its own, why the dose is justified."""

    basis: Name | Literal[""] = ""
    study: Name | Literal[""] = ""
    factor: Positive | None = None
    factor_because: Long = ""
    justification: Long = ""
    document: Long = ""
    not_given: Annotated[list[Literal["margin", "scaling_basis", "justification"]], Field(max_length=3)] = []


class HumanExposure(Strict):
    """Exposure of people at the starting dose, measured or predicted."""

    matrix: Name
    parameter: Name
    value: Positive
    unit: Name
    below_limit: bool = False
    how: Literal["measured", "predicted"]
    source: Long = ""


class Prognosis(Strict):
    """Whether death or irreversible harm is expected within about a year; None where nobody states it."""

    death_or_irreversible_harm_within_a_year: bool | None = None
    statement: Long = ""
    document: Long = ""


class Bridge(Strict):
    """Why studies of another product speak for this one."""

    product: Name
    rationale: Long = ""
    document: Long = ""

    @property
    def argued(self) -> bool:
        """Whether it is an argument: it has a rationale and a document."""
        return bool(self.rationale.strip()) and bool(self.document.strip())


class Item(Strict):
    """What became of one thing that may be owed; an argument needs grounds and a document."""

    item: Name
    status: Status
    study: Name | Literal[""] = ""
    grounds: Long = ""
    document: Long = ""

    @property
    def argued(self) -> bool:
        """Whether it is argued away: status, grounds and a document."""
        return self.status == "argued_away" and bool(self.grounds.strip()) and bool(self.document.strip())


class Delivery(Strict):
    """Written justification of editor class and delivery, point by point; `not_justified`: known to be missing."""

    target_tissue: Name | Literal[""] = ""
    editor_class: Long = ""
    delivery_method: Long = ""
    mechanism: Long = ""
    specificity: Long = ""
    capacity: Long = ""
    tissue_reach: Long = ""
    persistence: Long = ""
    document: Long = ""
    not_justified: list[Name] = []


class Plan(Strict):
    """The whole file."""

    format: Literal[1] = 1
    human: Human = Human()
    reference_dose: Annotated[list[ReferenceDose], Field(max_length=20)] = []
    margin: MarginPlan = MarginPlan()
    human_exposure: Annotated[list[HumanExposure], Field(max_length=50)] = []
    prognosis: Prognosis = Prognosis()
    bridge: Annotated[list[Bridge], Field(max_length=50)] = []
    item: Annotated[list[Item], Field(max_length=100)] = []
    delivery: Delivery | None = None
    reproductive_plan: Long = ""


class _File(Plan):
    format: Literal[1]


def read_plan(path: Path, problems: list[Problem], file: str = FILE) -> Plan | None:
    """The plan of a file, or None where its form is wrong; every fault is added to `problems`. Loads no numerics."""
    raw = read_toml(path, file, problems)
    made = None if raw is None else parse(_File, raw, file, "", problems)
    if made is not None:
        problems += [Problem(file, place, *rest) for place, *rest in _faults(made)]
    return made


Fault = tuple[str, str, str, str]


def _faults(p: Plan) -> Iterator[Fault]:
    yield from _human_faults(p.human)
    yield from _comparison_faults(p)
    for i in p.item:
        if i.item not in ITEMS:
            yield f"item {i.item[:40]}", shown(i.item, 60), "an item that may be owed", nearest(i.item, ITEMS)
        if i.status != "argued_away" and i.grounds.strip():
            yield (
                f"item {i.item[:40]}, key grounds",
                f"grounds of status {i.status}",
                "grounds of an argument",
                ("write status argued_away, or put the words into the document"),
            )
        if i.status != "done" and i.study:
            yield f"item {i.item[:40]}, key study", i.study, "a study of status done alone", "remove it"
    for what, names in (
        ("item", [i.item for i in p.item]),
        ("bridge", [b.product for b in p.bridge]),
        ("reference_dose", [r.name for r in p.reference_dose]),
        ("human_exposure", [f"{e.parameter} in {e.matrix}" for e in p.human_exposure]),
        ("margin, key not_given", list(p.margin.not_given)),
    ):
        for name in sorted({n for n in names if names.count(n) > 1}):
            yield f"{what} {name[:60]}", "twice", "each once", "remove one"
    for point in p.delivery.not_justified if p.delivery else ():
        if point not in POINTS:
            yield "delivery, key not_justified", shown(point, 60), "a point of delivery", nearest(point, POINTS)
        elif getattr(p.delivery, point).strip():
            yield "delivery, key not_justified", point, "a point without a text", "remove it here, or its text"
    given = {"scaling_basis": p.margin.basis, "justification": p.margin.justification.strip()}
    for name in p.margin.not_given:
        if given.get(name):
            yield "margin, key not_given", name, "what is not written beside it", "remove it here or there"


def _human_faults(h: Human) -> Iterator[Fault]:
    if h.route and h.route not in ROUTES:
        yield "human, key route", shown(h.route, 60), "a route of the list", nearest(h.route, ROUTES)
    if bool(h.doses) != bool(h.dose_unit):
        yield "human, key dose_unit", "doses without unit, or a unit alone", "both or none", "add what is missing"
    elif h.dose_unit:
        yield from _dose_fault("human, key dose_unit", h.dose_unit)
    limits = {
        "weight": ("kg", 0.2, 500.0), "height": ("cm", 15.0, 260.0), "age": ("d", 0.01, 45_000.0),
        "csf_volume": ("mL", 1.0, 1000.0), "molar_mass": ("g/mol", 100.0, 1e9),
    }  # fmt: skip
    for key, (code, least, most) in limits.items():
        measure: Measure | None = getattr(h, key)
        if measure is not None:
            yield from _measure_fault(f"human, key {key}", measure, code, least, most)
    if h.first_dose_on and h.first_dose_on > date.today():
        yield "human, key first_dose_on", str(h.first_dose_on), "today or an earlier day", "leave it out until then"


def _measure_fault(at: str, m: Measure, code: str, least: float, most: float) -> Iterator[Fault]:
    if not is_unit(m.unit):
        yield at, shown(m.unit, 60), "a UCUM code", nearest_unit(m.unit)
    elif relation(m.unit, code) not in ("same", "convertible"):
        yield at, shown(m.unit, 60), f"a unit such as {code}", "correct the unit"
    elif not least <= convert(m.value, m.unit, code) <= most:
        yield at, f"{m.value:g} {m.unit}", f"{least:g} to {most:g} {code}", "correct number or unit"


def _dose_fault(at: str, code: str) -> Iterator[Fault]:
    if not is_unit(code):
        yield at, shown(code, 60), "a UCUM code such as mg/kg, mg or {vg}/kg", nearest_unit(code)
    elif per_of(code) is None:
        yield at, shown(code, 60), "the unit of one dose", "write mg, mg/kg, mg/m2, {vg}/kg or {cells}/kg"


def _comparison_faults(p: Plan) -> Iterator[Fault]:
    for r in p.reference_dose:
        yield from _dose_fault(f"reference_dose {r.name[:40]}, key unit", r.unit)
    bases = (*BASES, *(exposure_basis(e.parameter, e.matrix) for e in p.human_exposure))
    if p.margin.basis and p.margin.basis not in bases:
        remedy = f"{nearest(p.margin.basis, bases)}; an exposure needs its [[human_exposure]]"
        yield "margin, key basis", shown(p.margin.basis, 60), "a basis of scaling", remedy
    if p.margin.factor is not None and not p.margin.factor_because.strip():
        yield "margin, key factor_because", "nothing", "where the factor comes from", "write it"
    if p.margin.basis == "stated_factor" and p.margin.factor is None:
        yield "margin, key factor", "nothing", "the factor of basis stated_factor", "write it, or another basis"
    for e in p.human_exposure:
        at = f"human_exposure {e.parameter[:20]} in {e.matrix[:40]}"
        if e.parameter not in PARAMETERS:
            yield at, shown(e.parameter, 60), "a parameter of the list", nearest(e.parameter, PARAMETERS)
        elif not is_unit(e.unit):
            yield f"{at}, key unit", shown(e.unit, 60), "a UCUM code", nearest_unit(e.unit)
        elif fault := parameter_fault(e.parameter, e.unit):
            yield f"{at}, key unit", shown(e.unit, 60), fault, "correct unit or parameter"
