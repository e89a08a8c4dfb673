"""``platform/reuse.toml``: every item of evidence that a program leans on and that was made with something else.

An item names what it is, which version it was made with, what it is used for, why that holds here, what differs and
what was done about it, and by which right it may be used. What is left out is not known. `not_there` names what was
looked for and is not there, so that a gap that somebody knows of is told apart from one that nobody looked into.

Cannot see: whether an argument is a good one; a person signs for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.units import relation, why_different
from proband.science.platform.knowledge import categories
from proband.science.platform.record import Exposure, Id, Line, Name, Range, Record, Text, dose_faults

FILE = "platform/reuse.toml"
ASPECTS = ("carrier", "route", "dose", "cargo")
"""What has to be the same or bounded where biodistribution or toxicity data are reused."""
PLATFORM = "platform"
"""What an item was made with where it was made with no version: carrier alone, a method, a process."""
Part = Literal["argument", "bridging", "document", "right"]


class Difference(Strict):
    """A difference between the source and this version: whether it matters to the item, why, what bridges it.

    `bridging_state` says of the data whether they are there, planned, or not made at all.
    """

    field: Line
    matters: bool | None = None
    because: Text = ""
    bridging: Text = ""
    bridging_state: Literal["there", "planned", "none", "not_stated"] = "not_stated"


class Bound(Strict):
    """Why a difference in carrier, route, dose or cargo is bounded."""

    aspect: Literal["carrier", "route", "dose", "cargo"]
    because: Annotated[str, Field(min_length=1, max_length=4000, pattern=r"\S")]


class Item(Strict):
    """One item that is leaned on. `of` is a study or assay of the record; what it says there need not be repeated."""

    id: Id
    of: Name = ""
    category: Text = ""
    from_version: Name = ""
    use: Text = ""
    argument: Text = ""
    right: Name = ""
    document: Text = ""
    locator: Text = ""
    dated: date | None = None
    exposure: Exposure | None = None
    difference: Annotated[list[Difference], Field(max_length=500)] = []
    bounded: Annotated[list[Bound], Field(max_length=4)] = []
    not_there: Annotated[list[Part], Field(max_length=4)] = []


class _File(Strict):
    format: Literal[1]
    exposure: Exposure = Exposure()
    item: Annotated[list[Item], Field(min_length=1, max_length=2000)]


class Reuse(Strict):
    """The file as read: what this product gives, and the items; each with what the record says filled in."""

    exposure: Exposure
    items: tuple[Item, ...]


def read_reuse(path: Path, record: Record | None, version: str, problems: list[Problem]) -> Reuse | None:
    """The items, or None; every fault is added to `problems`. `version` is this program's, "" where not stated.

    Without a record (its own faults are told elsewhere) names of the record are not checked.
    """
    raw = read_toml(path, FILE, problems)
    made = None if raw is None else parse(_File, raw, FILE, "", problems)
    if made is None:
        return None
    items = tuple(_filled(i, record) for i in made.item)
    found = [Problem(FILE, *f) for f in _faults(made, items, record, version)]
    problems += found
    return None if found else Reuse(exposure=made.exposure, items=items)


def _filled(item: Item, record: Record | None) -> Item:
    """An item with what its study or assay says of category, version, document and exposure."""
    study = record.item(item.of) if record and item.of else None
    if study is None:
        return item
    return item.model_copy(
        update={
            "category": item.category or study.category,
            "from_version": item.from_version or study.version,
            "document": item.document or study.document,
            "locator": item.locator or study.locator,
            "dated": item.dated or study.dated,
            "exposure": item.exposure or study.exposure,
        }
    )


_Fault = tuple[str, str, str, str]


def _faults(made: _File, items: tuple[Item, ...], record: Record | None, version: str) -> Iterator[_Fault]:
    ids = [i.id for i in items]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        yield f"item {twice}", f"the id {ids.count(twice)} times", "each id once", "rename or remove one"
    if made.exposure.dose:
        yield from dose_faults(made.exposure.dose, "key exposure.dose")
    for item, written in zip(items, made.item, strict=True):
        place = f"item {item.id}"
        if record is not None or not item.of:  # else what the record says of it is not known
            yield from _own_faults(item, place, made.exposure.dose)
        if record is not None:
            yield from _name_faults(item, written, place, record, version)


def _own_faults(item: Item, place: str, own: Range | None) -> Iterator[_Fault]:
    if item.category not in categories():
        found = item.category or "nothing"
        yield f"{place}, key category", found, "a category of evidence", nearest(found, tuple(categories()))
    if item.dated and item.dated > date.today():
        yield f"{place}, key dated", item.dated.isoformat(), "today or an earlier day", "correct the date"
    dose = item.exposure.dose if item.exposure else None
    if dose:
        faults = list(dose_faults(dose, f"{place}, key exposure.dose"))
        yield from faults
        if own and not faults and not list(dose_faults(own, "")) and relation(dose.unit, own.unit) == "different":
            yield (
                f"{place}, key exposure.dose.unit",
                dose.unit,
                f"a unit of {own.unit}",
                why_different(dose.unit, own.unit),
            )
    fields = [d.field for d in item.difference]
    for twice in sorted({f for f in fields if fields.count(f) > 1}):
        yield f"{place}, difference {twice}", "the field twice", "each once", "join the two"
    aspects = [b.aspect for b in item.bounded]
    for aspect in sorted({a for a in aspects if aspects.count(a) > 1}):
        yield f"{place}, bounded {aspect}", "the aspect twice", "each once", "join the two"
    there = {"argument": item.argument, "document": item.document, "right": item.right}
    for name in (n for n in item.not_there if there.get(n, "").strip()):
        yield f"{place}, key not_there", f"{name}, which is stated too", "one of the two", "remove one"


def _name_faults(item: Item, written: Item, place: str, record: Record, version: str) -> Iterator[_Fault]:
    study = record.item(item.of) if item.of else None
    if item.of and study is None:
        known = tuple(s.id for s in (*record.studies, *record.assays))
        yield f"{place}, key of", item.of, "a study or assay of the platform", nearest(item.of, known)
    if study is not None:
        for key in ("category", "from_version"):
            mine, theirs = getattr(written, key), study.category if key == "category" else study.version
            if mine and theirs and mine != theirs:
                yield f"{place}, key {key}", mine, f"{theirs}, as {study.id} of the platform says", "remove it"
    versions = tuple(v.id for v in record.versions)
    if item.from_version and item.from_version not in (*versions, PLATFORM):
        expected = f"a sibling that is in the platform's record, or {PLATFORM}"
        yield f"{place}, key from_version", item.from_version, expected, nearest(item.from_version, versions)
    if version and item.from_version == version:
        yield f"{place}, key from_version", version, "another version than this one", "own data are evidence, not reuse"
    if item.right and record.agreement(item.right) is None:
        known = tuple(a.id for a in record.agreements)
        yield f"{place}, key right", item.right, "an agreement of the platform", nearest(item.right, known)
