"""The master record of a platform, ``platform.toml``: shared parts, steps, assays, studies, agreements, all versions.

Components and steps are written as in ``quality/components.toml``. A version inherits all of them, and states what it
has otherwise as overrides with a reason; it may be made like another version, and then inherits its overrides too. What
is not written stays unknown.

Cannot see: a version that nobody entered, and whether an agreement says what is written of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.units import is_unit, nearest_unit, relation, why_different
from proband.science.platform.knowledge import categories
from proband.science.quality.component_faults import component_faults
from proband.science.quality.component_model import Component, Product, Step, told

FILE = "platform.toml"
FAILED = ("failed", "withdrawn")
"""States of a version that did not hold what was hoped of it."""
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Name = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$")]
Text = Annotated[str, Field(max_length=4000)]
Line = Annotated[str, Field(min_length=1, max_length=500)]
Number = Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e15)]
Right = Literal["own", "right_of_reference", "master_file", "public", "consortium"]


class Range(Strict):
    """Lowest and highest dose with unit, and how often."""

    low: Number
    high: Number
    unit: Line
    doses: Annotated[int, Field(ge=1, le=1000)] | None = None


class Exposure(Strict):
    """What was given, how and how much: carrier, route, cargo, dose. Empty is not stated."""

    carrier: Text = ""
    route: Text = ""
    cargo: Text = ""
    dose: Range | None = None


class Agreement(Strict):
    """By what right something may be used; `covers` are ids of the record, empty: not stated what."""

    id: Id
    kind: Right
    document: Text = ""
    holder: Text = ""
    state: Literal["in_force", "requested", "refused", "expired", "not_stated"] = "not_stated"
    until: date | None = None
    covers: Annotated[list[Id], Field(max_length=1000)] = []


class Study(Strict):
    """A study or an assay of the platform: what it is evidence of, with which version, and where it stands."""

    id: Id
    category: Line
    title: Text = ""
    version: Name = ""
    species: Text = ""
    method_version: Text = ""
    document: Text = ""
    locator: Text = ""
    address: Text = ""
    dated: date | None = None
    exposure: Exposure | None = None


class RecordedOverride(Strict):
    """A field that a version has otherwise, or a part that it lacks, with the reason."""

    field: Annotated[str, Field(pattern=r"^[a-z_]{1,40}(\.[A-Za-z0-9_-]{1,64}){1,8}$")]
    value: Any = None
    remove: bool = False
    because: Annotated[str, Field(min_length=1, max_length=2000)]


class Version(Strict):
    """One version: its gene, its targeting letters, its state; `like` is the version that it was made from."""

    id: Id
    gene: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,40}$")] = ""
    variant: Text = ""
    targeting: Annotated[str, Field(pattern=r"^[ACGTUacgtu]*$", max_length=200)] = ""
    program: Name = ""
    like: Name = ""
    state: Literal["designed", "in_testing", "in_use", "failed", "withdrawn", "not_stated"] = "not_stated"
    because: Text = ""
    source: Text = ""
    override: Annotated[list[RecordedOverride], Field(max_length=500)] = []


class Register(Strict):
    """Who states that all versions are in the record, and as of when; empty: nobody."""

    closed_by: Text = ""
    as_of: date | None = None


class Grouping(Strict):
    """Genes that the application or protocol covers, and the reason why they belong together."""

    genes: Annotated[list[Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")]], Field(max_length=500)] = []
    reason: Text = ""


class _File(Strict):
    format: Literal[1]
    id: Id
    title: Text = ""
    notice: Text = ""
    component: Annotated[list[Component], Field(max_length=500)] = []
    step: Annotated[list[Step], Field(max_length=500)] = []
    assay: Annotated[list[Study], Field(max_length=1000)] = []
    study: Annotated[list[Study], Field(max_length=1000)] = []
    agreement: Annotated[list[Agreement], Field(max_length=1000)] = []
    version: Annotated[list[Version], Field(max_length=5000)] = []
    register_: Annotated[Register, Field(alias="register")] = Register()
    grouping: Grouping = Grouping()


@dataclass(frozen=True)
class Record:
    """A master record as read; `file` is its name in messages."""

    file: str
    id: str
    title: str
    components: tuple[Component, ...]
    steps: tuple[Step, ...]
    assays: tuple[Study, ...]
    studies: tuple[Study, ...]
    agreements: tuple[Agreement, ...]
    versions: tuple[Version, ...]
    register: Register
    grouping: Grouping

    def version(self, name: str) -> Version | None:
        """The version of an id, or None."""
        return next((v for v in self.versions if v.id == name), None)

    def item(self, name: str) -> Study | None:
        """The study or assay of an id, or None."""
        return next((s for s in (*self.studies, *self.assays) if s.id == name), None)

    def agreement(self, name: str) -> Agreement | None:
        """The agreement of an id, or None."""
        return next((a for a in self.agreements if a.id == name), None)

    def chain(self, name: str) -> tuple[Version, ...]:
        """A version after those that it was made like, the first of them first; empty for an unknown one."""
        made: list[Version] = []
        while (v := self.version(name)) is not None and v not in made:
            made.insert(0, v)
            name = v.like
        return tuple(made)

    @property
    def failed(self) -> tuple[Version, ...]:
        """The versions that failed or were withdrawn."""
        return tuple(v for v in self.versions if v.state in FAILED)

    @property
    def names(self) -> tuple[str, ...]:
        """Ids of everything that an agreement may cover."""
        held: list[Sequence[Any]] = [self.components, self.steps, self.assays, self.studies]
        return tuple(x.id for group in held for x in group)


def read_record(path: Path, file: str, problems: list[Problem]) -> Record | None:
    """The record, or None; every fault is added to `problems`, all at once."""
    raw = read_toml(path, file, problems)
    made = None if raw is None else parse(_File, raw, file, "", problems)
    if made is None:
        return None
    record = Record(
        file, made.id, made.title, tuple(made.component), tuple(made.step), tuple(made.assay), tuple(made.study),
        tuple(made.agreement), tuple(made.version), made.register_, made.grouping,
    )  # fmt: skip
    found = [Problem(file, *f) for f in _faults(record)]
    problems += found
    return None if found else record


_Fault = tuple[str, str, str, str]


def _faults(r: Record) -> Iterator[_Fault]:
    yield from component_faults(
        Product(r.id, r.components, r.steps), [c.id for c in r.components], [s.id for s in r.steps]
    )
    groups: dict[str, Sequence[Any]] = {
        "assay or study": (*r.assays, *r.studies),
        "agreement": r.agreements,
        "version": r.versions,
    }
    for what, group in groups.items():
        ids = [x.id for x in group]
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            yield f"{what} {twice}", f"the id {ids.count(twice)} times", "each id once", "rename or remove one"
    for s in (*r.assays, *r.studies):
        yield from _study_faults(r, s)
    for a in r.agreements:
        for name in (c for c in a.covers if c not in r.names):
            expected = "the id of a component, step, assay or study of this record"
            yield f"agreement {a.id}, key covers", name, expected, nearest(name, r.names)
    yield from _version_faults(r)
    if r.register.as_of and r.register.as_of > date.today():
        yield "key register.as_of", r.register.as_of.isoformat(), "today or an earlier day", "correct the date"


def _study_faults(r: Record, s: Study) -> Iterator[_Fault]:
    place = f"assay or study {s.id}"
    if s.category not in categories():
        yield f"{place}, key category", s.category, "a category of evidence", nearest(s.category, tuple(categories()))
    if s.version and r.version(s.version) is None:
        yield f"{place}, key version", s.version, "a version of this record", nearest(s.version, _ids(r))
    if s.dated and s.dated > date.today():
        yield f"{place}, key dated", s.dated.isoformat(), "today or an earlier day", "correct the date"
    if s.exposure and s.exposure.dose:
        yield from dose_faults(s.exposure.dose, f"{place}, key exposure.dose")


def dose_faults(dose: Range, place: str) -> Iterator[_Fault]:
    """What is wrong with a dose range: its unit, or its ends."""
    if not is_unit(dose.unit):
        yield f"{place}.unit", dose.unit, "a UCUM code", nearest_unit(dose.unit)
    elif relation(dose.unit, "mg/kg") not in ("same", "convertible") and "g" not in dose.unit and "{" not in dose.unit:
        yield f"{place}.unit", dose.unit, "a unit of dose", why_different(dose.unit, "mg/kg")
    if dose.low > dose.high:
        yield f"{place}.low", f"{dose.low:g}", f"at most {dose.high:g}", "exchange the two"


def _ids(r: Record) -> tuple[str, ...]:
    return tuple(v.id for v in r.versions)


def _version_faults(r: Record) -> Iterator[_Fault]:
    circles: set[str] = set()
    for v in r.versions:
        place = f"version {v.id}"
        if v.like and r.version(v.like) is None:
            yield f"{place}, key like", v.like, "a sibling that is in this record", nearest(v.like, _ids(r))
        circle = _circle(r, v)
        if circle and v.id not in circles:
            circles |= set(circle)
            said = " like ".join([*circle, v.id])
            yield f"{place}, key like", f"a circle: {said}", "a chain that ends", "break it at one version"
        if v.state in FAILED and not told(v.because):
            yield f"{place}, key because", v.because.strip()[:60] or "nothing", f"why it is {v.state}", "write it"
        names = [o.field for o in v.override]
        for o in v.override:
            at = f"{place}, override {o.field}"
            if not told(o.because):
                yield (
                    f"{at}, key because",
                    o.because.strip()[:60] or "nothing",
                    "a written reason",
                    "write why this version differs",
                )
            if o.remove == (o.value is not None):
                found = "both value and remove" if o.remove else "neither value nor remove"
                yield at, found, "a value, or remove = true", "keep one of the two"
        for twice in sorted({n for n in names if names.count(n) > 1}):
            yield f"{place}, override {twice}", "the field twice", "each once", "remove one"


def _circle(r: Record, v: Version) -> list[str]:
    """The ids of a chain that comes back to its start, or nothing."""
    chain, at = [v.id], v.like
    while at and at not in chain:
        chain.append(at)
        following = r.version(at)
        at = following.like if following else ""
    return chain if at == v.id else []
