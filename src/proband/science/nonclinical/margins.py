"""Multiples of a human dose that an animal's dose makes, on every basis of scaling, and the margin of a study.

On a basis both doses become one number, and the multiple is the animal's over the human one: dose per kg; dose per m2
(per kg times Km, FDA 2005, or dose over the person's own surface); dose per mL of cerebrospinal fluid; the animal's
dose times a factor that the sponsor states; an exposure over an exposure. The margin is the multiple at the highest
dose without effect. Where the lowest dose had an effect it is less than that dose's multiple; where no dose had one it
is at least that of the highest. A weight, volume or exposure that is not stated gives no margin, and the reason stands
in its place. Bases are never averaged.

Cannot see: which basis fits the product, and whether an effect of animals foretells one of people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proband.core.units import UnitError, convert
from proband.science.nonclinical.amounts import Amount, amount, why_apart
from proband.science.nonclinical.exposure_table import Exposure
from proband.science.nonclinical.plan_file import Measure, Plan
from proband.science.nonclinical.route_table import route_table
from proband.science.nonclinical.scaling import Volume, haycock, mosteller, scaling
from proband.science.nonclinical.study_table import Study
from proband.science.nonclinical.terms import BASES, exposure_basis, plain_tissue

STARTING, HIGHEST, TOTAL = "starting dose", "highest planned dose", "all planned doses"
EQUAL, AT_LEAST, LESS_THAN = "equal", "at_least", "less_than"


@dataclass(frozen=True, slots=True)
class Comparator:
    """A human dose to compare with; `own`: of this product; `summed`: over all doses, on both sides."""

    name: str
    value: float
    unit: str
    own: bool = True
    summed: bool = False


@dataclass(frozen=True, slots=True)
class Multiple:
    """How many times a human dose an animal's dose is; None with the reason. `side`: what a limit of an assay leaves.

    `notes` say what weakens it.
    """

    study: str
    dose: float
    against: str
    basis: str
    ratio: float | None
    why: str = ""
    side: str = EQUAL
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Margin:
    """The multiple at the highest dose without effect: `bound` is equal, at_least or less_than; None with the reason.

    `at_effect`: the multiple at the lowest dose with an effect, where it is known.
    """

    study: str
    against: str
    basis: str
    bound: str
    value: float | None
    why: str = ""
    at_effect: float | None = None
    notes: tuple[str, ...] = ()


class _NoMultiple(Exception):
    """There is no multiple, for the reason that is its text."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """One side: what its dose can be scaled by. `area`: own surface in m2. `km`: weight over surface, kg/m2."""

    who: str
    weight_kg: float | None = None
    km: float | None = None
    area: float | None = None
    csf_ml: float | None = None
    factor: float | None = None
    lipid: float | None = None


def comparators(plan: Plan) -> tuple[Comparator, ...]:
    """The human doses of a plan: the first, the highest and all together, then those of other products."""
    h, made = plan.human, []
    if h.doses:
        made.append(Comparator(STARTING, h.doses[0], h.dose_unit))
        if max(h.doses) > h.doses[0]:
            made.append(Comparator(HIGHEST, max(h.doses), h.dose_unit))
        if h.all_doses:
            made.append(Comparator(TOTAL, sum(h.doses), h.dose_unit, summed=True))
    return (*made, *(Comparator(r.name, r.value, r.unit, own=False) for r in plan.reference_dose))


def bases(plan: Plan) -> tuple[str, ...]:
    """Every basis by name, those of the plan's exposures last; a factor and lipids where the plan states them."""
    left = {"stated_factor"} if plan.margin.factor is None else set()
    left |= {"lipid_body_weight"} if plan.human.lipid_per_rna is None else set()
    left |= {"csf_volume_own"} if plan.human.csf_volume is None else set()
    exposures = tuple(exposure_basis(e.parameter, e.matrix) for e in plan.human_exposure)
    return (*(b for b in BASES if b not in left), *exposures)


def multiple(
    study: Study, dose: float, against: Comparator, basis: str, plan: Plan, exposure: Sequence[Exposure] = ()
) -> Multiple:
    """The multiple of one dose group on one basis, or the reason why there is none.

    >>> study = Study("s", "rat", "intrathecal", (0.06, 0.25, 1.0), "mg")
    >>> plan = Plan.model_validate({"margin": {"factor": 500, "factor_because": "as published"}})
    >>> usual = Comparator("usual", 12, "mg", own=False)
    >>> made = [multiple(study, d, usual, "stated_factor", plan) for d in study.doses]
    >>> [round(m.ratio, 1) for m in made]
    [2.5, 10.4, 41.7]
    """
    try:
        if basis in BASES:
            ratio, notes = _scaled(study, dose, against, basis, plan)
            return Multiple(study.id, dose, against.name, basis, ratio, notes=notes)
        ratio, side, notes = _exposed(study, dose, against, basis, plan, exposure)
        return Multiple(study.id, dose, against.name, basis, ratio, side=side, notes=notes)
    except _NoMultiple as e:
        return Multiple(study.id, dose, against.name, basis, None, str(e))


def _scaled(study: Study, dose: float, against: Comparator, basis: str, plan: Plan) -> tuple[float, tuple[str, ...]]:
    molar = plan.human.molar_mass
    mass = None if molar is None or not against.own else convert(molar.value, molar.unit, "g/mol")
    given, human = amount(dose, study.dose_unit, mass), amount(against.value, against.unit, mass)
    why = why_apart(given, human) or (_counts(study.dose_of, plan.human.dose_of) if against.own else "")
    if why:
        raise _NoMultiple(why)
    if against.summed:
        if study.number_of_doses is None:
            raise _NoMultiple("the number of doses of the animals is not stated")
        given = Amount(given.what, given.per, given.value * study.number_of_doses)
    animal_side, human_side, notes = _sides(study, basis, plan)
    below = _metric(basis, human, human_side)
    return _metric(basis, given, animal_side) / below, notes


def _counts(animal: str, human: str) -> str:
    """Why two doses do not count the same thing: RNA, lipid, or what is not told of one."""
    one, two = (" ".join(x.split()) for x in (animal, human))
    if one.casefold() == two.casefold():
        return ""
    if not one or not two:
        told, not_told = ("the human dose", "the animals' dose") if not one else ("the animals' dose", "the human dose")
        return f"what {not_told} counts is not stated; {told} counts {two or one}"
    return f"the animals' dose counts {one}, the human dose {two}"


def _sides(study: Study, basis: str, plan: Plan) -> tuple[_Subject, _Subject, tuple[str, ...]]:
    """What each side can be scaled by on a basis, and what weakens that."""
    table, h = scaling(), plan.human
    species = table.species.get(study.species)
    weight, height = _in(h.weight, "kg"), _in(h.height, "cm")
    animal = _Subject(f"the {study.species}", study.weight_kg, species.km if species else None)
    notes: tuple[str, ...] = ()
    if basis.startswith("body_surface"):
        if route_table().class_of(study.route) == "direct_cns":
            notes = ("the guidance on starting doses scales a dose into a compartment by volume, not by surface",)
        if species and study.weight_kg and not species.range_kg[0] <= study.weight_kg <= species.range_kg[1]:
            low, high = species.range_kg
            notes = (*notes, f"{study.weight_kg:g} kg lies outside the weights of the factor, {low:g} to {high:g} kg")
        return animal, _person_surface(basis, weight, height), notes
    if basis.startswith("csf_volume"):
        volume, theirs = _csf(study, basis, plan)
        read = {"A": "an abstract", "R": "memory"}
        told = [f"volume of {volume.source} read from {read[volume.read_level]}"] if volume.read_level in read else []
        told += [f"volume by {theirs.source} recalled, not read again"] if theirs.read_level == "R" else []
        return (
            _Subject(animal.who, study.weight_kg, animal.km, csf_ml=volume.ml),
            _Subject("the person", weight, csf_ml=theirs.ml),
            tuple(told),
        )
    if basis == "stated_factor":
        mine = _Subject(animal.who, study.weight_kg, factor=plan.margin.factor)
        return mine, _Subject("the person", weight, factor=1.0), ()
    if basis == "lipid_body_weight" and "rna" not in h.dose_of.lower():
        raise _NoMultiple("the dose is not said to count RNA")
    return (
        _Subject(animal.who, study.weight_kg, animal.km, lipid=study.lipid_per_rna),
        _Subject("the person", weight, lipid=h.lipid_per_rna),
        (),
    )


def _person_surface(basis: str, weight: float | None, height: float | None) -> _Subject:
    table = scaling()
    if basis == "body_surface_adult":
        return _Subject("the person", weight, table.adult_km)
    if basis == "body_surface_child":
        return _Subject("the person", weight, table.child_km)
    if weight is None or height is None:
        raise _NoMultiple("weight and height of the person are not both stated")
    formula = mosteller if basis == "body_surface_mosteller" else haycock
    return _Subject("the person", weight, area=formula(weight, height))


def _csf(study: Study, basis: str, plan: Plan) -> tuple[Volume, Volume]:
    """Volumes of cerebrospinal fluid of the species and of the person on a basis."""
    if route_table().class_of(study.route) != "direct_cns":
        raise _NoMultiple("the dose was not given into the central nervous system")
    table = scaling()
    animals = table.csf["csf_volume_other" if basis == "csf_volume_other" else "csf_volume"]
    mine = animals.get(study.species)
    if mine is None:
        raise _NoMultiple(f"no volume of cerebrospinal fluid of the {study.species} in this set of sources")
    if basis == "csf_volume_own":
        own = plan.human.csf_volume
        if own is None:
            raise _NoMultiple("no volume of cerebrospinal fluid of the person is stated")
        return mine, Volume(convert(own.value, own.unit, "mL"), own.source or "the plan", "")
    if basis == "csf_volume_by_age":
        age = _in(plan.human.age, "d")
        theirs = None if age is None else table.csf_at(age)
        if theirs is None:
            raise _NoMultiple("the age of the person is not stated")
        return mine, theirs
    return mine, animals["human"]


def _metric(basis: str, dose: Amount, s: _Subject) -> float:
    """A dose as the one number of a basis; raises where something for it is not stated."""
    if basis == "body_weight":
        return _per_weight(dose, s)
    if basis == "lipid_body_weight":
        if s.lipid is None:
            raise _NoMultiple(f"lipid per RNA of {s.who}'s lot is not stated")
        return _per_weight(dose, s) * s.lipid
    if basis.startswith("body_surface"):
        return _per_area(dose, s)
    if basis == "stated_factor":
        assert s.factor is not None
        return _absolute(dose, s) * s.factor
    assert s.csf_ml is not None
    return _absolute(dose, s) / s.csf_ml


def _per_weight(dose: Amount, s: _Subject) -> float:
    if dose.per == "kg":
        return dose.value
    if dose.per == "m2" and s.km is not None:
        return dose.value / s.km
    if s.weight_kg is None:
        raise _NoMultiple(f"the body weight of {s.who} is not stated")
    return _absolute(dose, s) / s.weight_kg


def _per_area(dose: Amount, s: _Subject) -> float:
    if dose.per == "m2":
        return dose.value
    if s.area is not None:
        return _absolute(dose, s) / s.area
    if s.km is None:
        raise _NoMultiple(f"no factor of body surface for {s.who} in the shipped table")
    return _per_weight(dose, s) * s.km


def _absolute(dose: Amount, s: _Subject) -> float:
    if dose.per == "subject":
        return dose.value
    if s.weight_kg is None:
        raise _NoMultiple(f"the body weight of {s.who} is not stated")
    if dose.per == "kg":
        return dose.value * s.weight_kg
    if s.area is None and s.km is None:
        raise _NoMultiple(f"the body surface of {s.who} is not known here")
    return dose.value * (s.area if s.area is not None else s.weight_kg / (s.km or 1.0))


def _exposed(
    study: Study, dose: float, against: Comparator, basis: str, plan: Plan, exposure: Sequence[Exposure]
) -> tuple[float, str, tuple[str, ...]]:
    """Exposure over exposure: the lowest of the animals' rows over the person's, at the starting dose alone."""
    if against.name != STARTING:
        raise _NoMultiple("the person's exposure is that of the starting dose")
    human = next(e for e in plan.human_exposure if exposure_basis(e.parameter, e.matrix) == basis)
    rows = [
        e for e in exposure
        if (e.study, e.dose, e.parameter, e.matrix) == (study.id, dose, human.parameter, plain_tissue(human.matrix))
    ]  # fmt: skip
    if not rows:
        raise _NoMultiple(f"no {basis} of this dose in exposure.csv")
    molar = plan.human.molar_mass
    mass = None if molar is None else _fraction(convert(molar.value, molar.unit, "g/mol"))
    try:
        ratios = [(convert(e.value, e.unit, human.unit, mass) / human.value, e.below) for e in rows]
    except UnitError as e:
        raise _NoMultiple(str(e)) from None
    ratio, below = min(r for r, _ in ratios), any(b for _, b in ratios)  # one below its limit may be the lowest
    if below and human.below_limit:
        raise _NoMultiple("both exposures lie below the limit of their assay")
    side = LESS_THAN if below else AT_LEAST if human.below_limit else EQUAL
    notes = [f"the lowest of {len(rows)} rows of the animals"] if len(rows) > 1 else []
    notes += ["the person's exposure is predicted"] if human.how == "predicted" else []
    return ratio, side, tuple(notes)


def _fraction(x: float):  # type: ignore[no-untyped-def]
    from fractions import Fraction

    return Fraction(repr(x))


def _in(measure: Measure | None, unit: str) -> float | None:
    return None if measure is None else convert(measure.value, measure.unit, unit)


def no_effect_point(study: Study) -> tuple[float, str] | None:
    """The dose on which a study's margin rests and its bound; None where no dose without effect is stated.

    >>> no_effect_point(Study("s", "rat", "oral", (0, 1, 5), "mg/kg", effect=1, all_had_effect=True))
    (1, 'less_than')
    """
    if study.all_had_effect:
        return study.given[0], LESS_THAN
    if study.no_effect is None:
        return None
    return study.no_effect, AT_LEAST if study.no_effect == study.doses[-1] else EQUAL


def margin(study: Study, against: Comparator, basis: str, plan: Plan, exposure: Sequence[Exposure] = ()) -> Margin:
    """The margin of a study on one basis, or the reason why there is none.

    >>> study = Study("s", "rat", "oral", (0, 1, 5), "mg/kg", no_effect=5)
    >>> made = margin(study, Comparator("starting dose", 0.5, "mg/kg"), "body_surface_adult", Plan())
    >>> made.bound, round(made.value, 2)
    ('at_least', 1.62)
    """
    point = no_effect_point(study)
    if point is None:
        why = "the doses are not stated" if not study.doses else "no dose without effect is stated"
        return Margin(study.id, against.name, basis, "", None, why)
    dose, bound = point
    made = multiple(study, dose, against, basis, plan, exposure)
    if made.ratio is None:
        return Margin(study.id, against.name, basis, "", None, made.why)
    both = {bound, made.side} - {EQUAL}
    if len(both) > 1:
        return Margin(study.id, against.name, basis, "", None, "limits of assay and study point apart: no bound")
    at_effect = None
    if study.effect is not None and study.effect != dose:
        at_effect = multiple(study, study.effect, against, basis, plan, exposure).ratio
    return Margin(study.id, against.name, basis, next(iter(both), EQUAL), made.ratio, "", at_effect, made.notes)
