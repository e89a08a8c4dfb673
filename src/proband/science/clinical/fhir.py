"""FHIR R4 and R5 bundles as long tables: Observation, MedicationAdministration, AdverseEvent; Patient for birth dates.

Each result of an Observation, components included, is one record. A quantity with the comparator ``<`` is a value below
a limit. A status other than final, amended or corrected is refused, and so is a time that is a period or lacks its day.

Cannot see: contained resources and references into other files; whether two observations are one (a correction that
was sent as new).
Source: HL7 FHIR R4 (4.0.1) and R5 (5.0.0), resources as named (recalled).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from proband.core.units import is_unit
from proband.science.clinical.imported import Asked, Cell, Collected, day_of, unit_of, whole_date, why_no_unit
from proband.science.clinical.long_table import TEXT

UCUM = "http://unitsofmeasure.org"
DONE = ("final", "amended", "corrected")
VALUES = ("valueQuantity", "valueInteger", "valueString", "valueCodeableConcept", "valueBoolean")

Resource = Mapping[str, Any]


def is_fhir(value: Any) -> bool:
    """Whether a JSON value is a FHIR resource."""
    return isinstance(value, dict) and isinstance(value.get("resourceType"), str)


def map_resources(values: Sequence[Any], file: str, asked: Asked, into: Collected) -> None:
    """Put every resource of a file into tables, or into the list of what was refused."""
    found = list(_resources(values))
    births = {
        f"Patient/{r.get('id')}": whole_date(_string(r.get("birthDate")))
        for r in found
        if r["resourceType"] == "Patient"
    }
    readers = {"Observation": _observation, "MedicationAdministration": _dose, "AdverseEvent": _event}
    for k, r in enumerate(found, start=1):
        kind = r["resourceType"]
        record = f"{kind} {r['id']}" if isinstance(r.get("id"), str) else f"resource {k}, {kind}"
        if kind == "Patient":
            into.notes["Patient resources were read for their birth date alone"] += 1
            continue
        if kind not in readers:
            into.records += 1
            into.refuse(file, record, "a resource that proband does not map")
            continue
        readers[kind](r, file, record, births, asked, into)


def _resources(values: Sequence[Any]) -> Iterator[Resource]:
    for value in values:
        if value.get("resourceType") != "Bundle":
            yield value
            continue
        entries = value.get("entry", [])
        for entry in entries if isinstance(entries, list) else []:
            inner = entry.get("resource") if isinstance(entry, dict) else None
            yield inner if is_fhir(inner) else {"resourceType": "entry without a resource"}


def _string(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _named(concept: Any) -> tuple[str, str]:
    """Name and code of a CodeableConcept: its text, or its first display, or its first code."""
    coding = _dict(concept).get("coding")
    first = _dict(coding[0]) if isinstance(coding, list) and coding else {}
    code = _string(first.get("code"))
    return _string(_dict(concept).get("text")) or _string(first.get("display")) or code, code


def _subject(r: Resource, key: str = "subject") -> str:
    return _string(_dict(r.get(key)).get("reference"))


def _day(r: Resource, keys: Sequence[str], births: Mapping[str, date | None], asked: Asked) -> float | str:
    when = next((_string(r.get(k)) for k in keys if _string(r.get(k))), "")
    if not when and any(k.endswith("Period") for k in r):
        return "a period, not a day"
    origin = asked.origin
    if origin == "birth":
        born = births.get(_subject(r))
        return day_of(when, born) if born else "no complete birth date of this patient"
    return day_of(when, origin) if isinstance(origin, date) else "FHIR has no reference start: give a date, or birth"


def _pseudonym(reference: str) -> str:
    return reference.removeprefix("Patient/")


def _observation(
    r: Resource, file: str, record: str, births: Mapping[str, date | None], asked: Asked, into: Collected
) -> None:
    components = r.get("component")
    parts = [c for c in components if isinstance(c, dict)] if isinstance(components, list) else []
    own = any(k.startswith("value") or k == "dataAbsentReason" for k in r) or not parts
    items = [(r, record)] if own else []
    items += [(c, f"{record} component {k}") for k, c in enumerate(parts, start=1)]
    into.records += len(items)
    day = _day(r, ("effectiveDateTime", "effectiveInstant"), births, asked)
    status = _string(r.get("status"))
    reason = f"status {status or 'not given'}" if status not in DONE else day if isinstance(day, str) else ""
    for item, name in items:
        if reason or isinstance(day, str):
            into.refuse(file, name, reason)
            continue
        parameter, code = _named(item.get("code"))
        made = _value(item, parameter, asked, into)
        if isinstance(made, str):
            into.refuse(file, name, made)
            continue
        value, unit, below, above, more = made
        more["code"] = code
        into.cells.append(
            Cell("labs", file, name, _pseudonym(_subject(r)), day, parameter, value, unit, below, above, more)
        )


_Value = tuple[str, str, bool, bool, dict[str, str]]


def _value(item: Resource, parameter: str, asked: Asked, into: Collected) -> _Value | str:
    found = [k for k in item if k.startswith("value")]
    if not found:
        absent = _named(item.get("dataAbsentReason"))[0]
        return ("", TEXT, False, False, {"missing_reason": absent}) if absent else "no value, and no reason for that"
    if len(found) > 1 or found[0] not in VALUES:
        return f"a value of a type that proband does not map: {', '.join(found)[:60]}"
    value = item[found[0]]
    if found[0] == "valueQuantity":
        return _quantity(_dict(value), parameter, asked, into)
    if found[0] == "valueInteger":
        unit = asked.units.get(parameter)
        return (str(value), unit, False, False, {}) if unit else why_no_unit(parameter, "")
    words = _named(value)[0] if found[0] == "valueCodeableConcept" else {True: "yes", False: "no"}.get(value, value)
    words = _string(words)
    return (words, TEXT, False, False, {}) if words else "an empty value"


def _quantity(quantity: Mapping[str, Any], parameter: str, asked: Asked, into: Collected) -> _Value | str:
    """A quantity by its UCUM code; by its unit as printed only where that is itself a valid code."""
    comparator, value = _string(quantity.get("comparator")), quantity.get("value")
    if value is None or isinstance(value, (bool, str)):
        return "a quantity without a number"
    if comparator not in ("", "<", "<=", ">", ">="):
        return f"the comparator {comparator[:10]!r}, which gives no limit"
    ours = quantity.get("system") == UCUM
    stated = _string(quantity.get("code")) if ours else _string(quantity.get("unit")) or _string(quantity.get("code"))
    unit = unit_of(parameter, stated, asked, into)
    if unit is None:
        return why_no_unit(parameter, stated)
    if not ours and parameter not in asked.units and is_unit(stated):
        into.notes[f"the unit {stated} was read from text: its system is not UCUM"] += 1
    return str(value), unit, comparator.startswith("<"), comparator.startswith(">"), {}


def _dose(
    r: Resource, file: str, record: str, births: Mapping[str, date | None], asked: Asked, into: Collected
) -> None:
    into.records += 1
    medication = _dict(r.get("medication"))
    product = _named(r.get("medicationCodeableConcept") or medication.get("concept"))[0]
    keys = ("effectiveDateTime", "occurenceDateTime", "occurrenceDateTime")  # R5 spells it with one r
    day = _day(r, keys, births, asked)
    status = _string(r.get("status"))
    dose = _dict(_dict(r.get("dosage")).get("dose"))
    made: _Value | str = ("given", TEXT, False, False, {})
    if dose:
        made = _quantity(dose, product, asked, into)
    reason = f"status {status or 'not given'}" if status != "completed" else day if isinstance(day, str) else ""
    reason = reason or ("no name of the product" if not product else made if isinstance(made, str) else "")
    if reason or isinstance(day, str) or isinstance(made, str):
        into.refuse(file, record, reason)
        return
    if made[2] or made[3]:
        into.refuse(file, record, "a dose that is only bounded")
        return
    into.cells.append(Cell("dosing", file, record, _pseudonym(_subject(r)), day, product, made[0], made[1]))


def _event(
    r: Resource, file: str, record: str, births: Mapping[str, date | None], asked: Asked, into: Collected
) -> None:
    into.records += 1
    name = _named(r.get("event") or r.get("code"))[0]
    day = _day(r, ("date", "occurrenceDateTime"), births, asked)
    actual = _string(r.get("actuality"))
    status = _string(r.get("status"))
    reason = (
        f"actuality {actual}"
        if actual not in ("", "actual")
        else f"status {status}"
        if status == "entered-in-error"
        else ""
    )
    reason = reason or (day if isinstance(day, str) else "" if name else "no name of the event")
    if reason or isinstance(day, str):
        into.refuse(file, record, reason)
        return
    serious = {"serious": "yes", "non-serious": "no"}.get(_named(r.get("seriousness"))[1].casefold(), "")
    outcome = r.get("outcome")
    said = _named(outcome[0] if isinstance(outcome, list) and outcome else outcome)[0]
    more = {"serious": serious, "outcome": said}
    into.cells.append(Cell("events", file, record, _pseudonym(_subject(r)), day, name, name, TEXT, more=more))
