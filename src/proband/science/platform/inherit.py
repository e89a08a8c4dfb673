"""What one version consists of: the parts of its platform, what it states otherwise and why, and parts of its own.

The order: parts of the master record; overrides of the versions that it was made like, then its own in the record, then
those of ``program.toml``; its targeting letters; then ``quality/components.toml`` of the program, which may add parts,
fill what the platform leaves open, and repeat what holds. A field that it states otherwise than inherited needs an
override with a written reason; without one it is a fault. Not asked for are: the name, role and citation of a part,
letters within the targeting positions and the mass that follows from them, and amounts and ratios that name their
method, for they are measured.

Cannot see: whether a written reason is a good one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.program import FieldOverride
from proband.science.platform.parts import differing_fields
from proband.science.platform.record import Record, RecordedOverride, Study
from proband.science.quality.component_faults import component_faults
from proband.science.quality.component_model import COMPONENTS, Component, Product, Step

SECTIONS: Mapping[str, type[BaseModel]] = {"component": Component, "step": Step, "assay": Study, "study": Study}
NAMED = {"properties": "name", "parameter": "name"}
"""Lists whose entries are found by name."""


Overriding = FieldOverride | RecordedOverride
"""An override of ``program.toml`` or of the record; both have field, value, remove and because."""


@dataclass(frozen=True)
class Stated:
    """A field that a version has otherwise than its platform: which, why, and where that is written."""

    field: str
    because: str
    where: str


@dataclass
class Inherited:
    """A version as it stands: its product, what it has otherwise and why, parts of its own, ids of what it inherits."""

    product: Product
    stated: tuple[Stated, ...] = ()
    own: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()
    assays: tuple[Study, ...] = ()
    studies: tuple[Study, ...] = ()


@dataclass
class _Tree:
    """Parts as plain tables while overrides are applied, by section and id, in their order."""

    parts: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def find(self, path: list[str]) -> tuple[str, str, list[str]] | None:
        """Section, id and remaining keys of a dotted field; ids may hold dots, the longest one that is there counts."""
        held = self.parts.get(path[0], {})
        for cut in range(len(path), 1, -1):
            name = ".".join(path[1:cut])
            if name in held:
                return path[0], name, path[cut:]
        return None


def inherit(
    record: Record,
    version: str,
    overrides: Iterable[Overriding] = (),
    own: Product | None = None,
    problems: list[Problem] | None = None,
    *,
    unnamed: bool = False,
) -> Inherited:
    """The version as it stands. Faults are added to `problems`; what is faulty is left as inherited.

    `overrides` are those of ``program.toml``; `version` "" is the platform itself, or, `unnamed`, a version that does
    not say which one it is: its letters are then not known.
    """
    faults: list[Problem] = [] if problems is None else problems
    shared = {"component": record.components, "step": record.steps, "assay": record.assays, "study": record.studies}
    tree = _Tree({section: _plain(models) for section, models in shared.items()})
    stated: list[Stated] = []
    for v in record.chain(version):
        _apply(tree, v.override, record.file, f"version {v.id}", stated, faults)
    _apply(tree, overrides, "program.toml", "platform", stated, faults)
    known = record.version(version)
    if known is not None or unnamed:
        _retarget(tree, known.targeting if known else "", record.file, version, faults)
    inherited = tuple(f"{s}.{i}" for s in ("component", "step") for i in tree.parts[s])
    items = (tuple(Study.model_validate(x) for x in tree.parts[s].values()) for s in ("assay", "study"))
    added = _overlay(tree, own, stated, faults) if own is not None else ()
    product = _product(own.name if own else version or record.id, tree, record, faults)
    if own is not None:
        product = Product(product.name, product.components, product.steps, own.doses)
    return Inherited(product, tuple(stated), added, inherited, *items)


def _plain(models: Iterable[BaseModel]) -> dict[str, dict[str, Any]]:
    return {m.id: m.model_dump(exclude_defaults=True) for m in models}  # type: ignore[attr-defined]


def _apply(
    tree: _Tree, overrides: Iterable[Overriding], file: str, place: str, stated: list[Stated], faults: list[Problem]
) -> None:
    for o in overrides:
        fault = _one(tree, o)
        if fault is None:
            stated.append(Stated(o.field, o.because, file))
        else:
            faults.append(Problem(file, f"{place}, override {o.field}", *fault))


def _one(tree: _Tree, o: Overriding) -> tuple[str, str, str] | None:
    """Apply one override; found, expected and remedy where it can not be applied."""
    path = o.field.split(".")
    if path[0] not in SECTIONS:
        return path[0], " or ".join(SECTIONS), nearest(path[0], tuple(SECTIONS))
    at = tree.find(path)
    if at is None:
        known = tuple(tree.parts[path[0]])
        return (
            path[1],
            f"the id of an inherited {path[0]}",
            nearest(path[1], known) if known else "the platform has none",
        )
    section, name, keys = at
    if not keys:
        if not o.remove:
            return (
                "a whole part",
                "a field of it, or remove = true",
                "name the field; parts of your own go to " + COMPONENTS,
            )
        del tree.parts[section][name]
        return None
    model = SECTIONS[section]
    if keys[0] not in model.model_fields or keys[0] == "id":
        known = tuple(k for k in model.model_fields if k != "id")
        return keys[0], f"a field of a {section}", nearest(keys[0], known)
    before = dict(tree.parts[section][name])
    changed = _set(before, keys, o.value, o.remove)
    if changed is None:
        return ".".join(keys), "a field that is there", "name a field that is inherited, or give its whole table"
    try:
        model.model_validate(changed)
    except ValidationError as e:
        first = e.errors(include_url=False)[0]
        said = ".".join(str(x) for x in first["loc"])
        return (
            f"{said}: {str(first['msg'])[:100]}",
            f"a value of the form of a {section}",
            "correct the value",
        )
    tree.parts[section][name] = changed
    return None


def _set(table: dict[str, Any], keys: list[str], value: Any, remove: bool) -> dict[str, Any] | None:
    """A copy of a table with one field set or removed; None where the way to it is not there."""
    made = dict(table)
    key, rest = keys[0], keys[1:]
    if not rest:
        if remove:
            return None if made.pop(key, None) is None else made
        made[key] = value
        return made
    inner = made.get(key)
    if isinstance(inner, list) and key in NAMED:
        return _set_named(made, key, rest, value, remove)
    inside = _set(inner if isinstance(inner, dict) else {}, rest, value, remove)
    if inside is None:
        return None
    made[key] = inside
    return made


def _set_named(made: dict[str, Any], key: str, rest: list[str], value: Any, remove: bool) -> dict[str, Any] | None:
    """Set an entry of a list whose entries have names; a number keeps the unit that is there."""
    entries, wanted = list(made[key]), rest[0].replace("_", " ").casefold()
    for i, entry in enumerate(entries):
        if str(entry[NAMED[key]]).replace("_", " ").casefold() != wanted:
            continue
        if remove:
            made[key] = entries[:i] + entries[i + 1 :]
            return made
        if len(rest) > 1:
            inside = _set(entry, rest[1:], value, False)
            if inside is None:
                return None
        elif isinstance(value, dict):
            inside = {NAMED[key]: entry[NAMED[key]], **value}
        elif isinstance(value, str):
            inside = {NAMED[key]: entry[NAMED[key]], "text": value}
        else:
            inside = {**{k: v for k, v in entry.items() if k != "text"}, "value": value}
        made[key] = [*entries[:i], inside, *entries[i + 1 :]]
        return made
    return None


def _retarget(tree: _Tree, letters: str, file: str, version: str, faults: list[Problem]) -> None:
    """Put the targeting letters of a version into the one part that has targeting positions.

    Those of the record are another version's: where a version states none, its letters are not known.
    """
    place = f"version {version}, key targeting"
    parts = [c for c in tree.parts["component"].values() if c.get("targeting")]
    if not letters:
        for part in parts:
            if old := "".join(str(part.pop("sequence", "")).split()):
                part["length"] = len(old)
            part.pop("stated_mass", None)
        return
    if len(parts) != 1:
        found = f"{len(parts)} components with targeting positions"
        faults.append(
            Problem(file, place, found, "one", "give targeting = [1, 20] to the part that carries the letters")
        )
        return
    part = parts[0]
    first, last = part["targeting"]
    old = "".join(str(part.get("sequence", "")).split()).upper()
    new = letters.upper()
    if old:
        new = new.replace("T", "U") if "U" in old else new.replace("U", "T") if "T" in old else new
        part["sequence"] = old[: first - 1] + new + old[last:]
        if len(new) != last - first + 1:
            part["targeting"] = [first, first + len(new) - 1]
            part.pop("length", None)
        part.pop("stated_mass", None)
    elif len(new) != last - first + 1:
        part["targeting"] = [first, first + len(new) - 1]
        part.pop("length", None)


def _overlay(tree: _Tree, own: Product, stated: list[Stated], faults: list[Problem]) -> tuple[str, ...]:
    """Lay the program's own file over what it inherits; fields that differ without a reason are faults."""
    added = []
    for section, models in (("component", own.components), ("step", own.steps)):
        for model in models:
            held = tree.parts[section]
            plain = model.model_dump(exclude_defaults=True)
            if model.id not in held:
                held[model.id] = plain
                added.append(f"{section}.{model.id}")
                continue
            for name, mine, theirs in differing_fields(section, plain, held[model.id]):
                faults.append(_unlike(f"{section}.{model.id}", name, mine, theirs, stated))
            held[model.id] = _merged(held[model.id], plain)
    return tuple(added)


def _merged(inherited: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """An inherited table with what the program's own file says; entries that have names are joined by name."""
    made = dict(inherited)
    for key, value in own.items():
        before = made.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            made[key] = _merged(before, value)
        elif key in NAMED and isinstance(before, list):
            named = {str(e[NAMED[key]]).casefold(): e for e in (*before, *value)}
            made[key] = list(named.values())
        else:
            made[key] = value
    return made


def _unlike(part: str, name: str, mine: str, theirs: str, stated: Iterable[Stated]) -> Problem:
    """What to do about a field of the program's own file that is not what it inherits or states with a reason."""
    place, where = f"{part.replace('.', ' ', 1)}, key {name}", _where(f"{part}.{name}", stated)
    if name == "sequence":
        expected, remedy = "the letters of this version in the platform's record", "correct one of the two"
    elif where:
        expected, remedy = f"the value that {where} states with a reason", "correct one of the two"
    else:
        expected = "the inherited value, or a written reason"
        remedy = f'write [[platform.override]] field = "{part}.{name}" with value and because'
    return Problem(COMPONENTS, place, f"{_short(mine)}, inherited is {_short(theirs)}", expected, remedy)


def _where(name: str, stated: Iterable[Stated]) -> str:
    """The file that states a field, a table that it lies in, or a part of it, otherwise; "" where none does."""
    for s in stated:
        short, long = sorted((s.field, name), key=len)
        if long == short or long.startswith(short + "."):
            return s.where
    return ""


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _product(name: str, tree: _Tree, record: Record, faults: list[Problem]) -> Product:
    """The parts as models again; what overrides made contradictory is a fault of the record."""
    product = Product(
        name,
        tuple(Component.model_validate(c) for c in tree.parts["component"].values()),
        tuple(Step.model_validate(s) for s in tree.parts["step"].values()),
    )
    for place, *rest in component_faults(product, [c.id for c in product.components], [s.id for s in product.steps]):
        faults.append(Problem(record.file, f"{name}, as inherited: {place}", *rest))
    return product
