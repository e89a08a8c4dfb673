"""Chemistries of antisense oligonucleotides as data: ``reference/oligonucleotide_chemistry.toml`` or one of that form.

A class is a set of sugar, gap, backbone and mechanism with the members that are known to this file. A chemistry that
differs from every class is not classified, and the nearest class is named with what differs. Every class and every
precedent says where it was read and how. A file with an unknown key or a missing unit is refused, with all problems.

Cannot see: whether a class counts as well characterised for a regulator, whether its data may be referred to, and
anything about one sequence: a precedent is a member of the class, not evidence for another member.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from proband.border import Strict, hidden_characters, parse, read_text
from proband.core.errors import Problem, ProgramError

SHIPPED = "oligonucleotide_chemistry.toml"
MECHANISMS = ("rnase_h", "steric_block")
STATUSES = ("approved", "refused", "individualized", "withdrawn")
NOT_CLASSIFIED = "not classified"
_SHORTEST, _LONGEST = 8, 40  # nt, bounds of what is taken for an antisense oligonucleotide; project's choice

ReadAs = Literal["recalled", "secondary", "read"]


class _Cite(Strict):
    paper: str
    read_as: ReadAs = "recalled"


class _Precedent(Strict):
    name: str
    status: Literal["approved", "refused", "individualized", "withdrawn"]
    where: str
    paper: str
    read_as: ReadAs = "recalled"


class _Class(Strict):
    title: str
    mechanism: Literal["rnase_h", "steric_block"]
    sugar: str
    gap_sugar: str
    backbone: list[str]
    base_modifications: list[str]
    layouts_nt: list[list[int]]
    lengths_nt: list[int]
    precedent: list[_Precedent]
    cite: _Cite


class _Words(Strict):
    sugar: dict[str, list[str]] = {}
    linkage: dict[str, list[str]] = {}
    base: dict[str, list[str]] = {}


@dataclass(frozen=True, slots=True)
class Precedent:
    """A member of a class: its name, status (approved, refused, individualized, withdrawn), where, and the source."""

    name: str
    status: str
    where: str
    paper: str
    read_as: str


@dataclass(frozen=True, slots=True)
class ChemistryClass:
    """One class of oligonucleotide chemistry.

    `layouts` are (wing, gap, wing) in nucleotides, 5' to 3', empty without a gap; `lengths` is (shortest, longest) in
    nucleotides; `sugar` is that of the wings where there is a gap.
    """

    name: str
    title: str
    mechanism: str
    sugar: str
    gap_sugar: str
    backbone: tuple[str, ...]
    base_modifications: tuple[str, ...]
    layouts: tuple[tuple[int, int, int], ...]
    lengths: tuple[int, int]
    precedents: tuple[Precedent, ...]
    paper: str
    read_as: str

    @property
    def approved(self) -> tuple[Precedent, ...]:
        """The members that a regulator approved, as far as this table knows."""
        return tuple(p for p in self.precedents if p.status == "approved")


@dataclass(frozen=True, slots=True)
class ChemistryDescription:
    """A chemistry as its owner states it; "" or () is not stated.

    `sugar` is that of every position, or of the wings; `layout` is (wing, gap, wing) in nucleotides.
    """

    sugar: str
    backbone: tuple[str, ...]
    gap_sugar: str = ""
    base_modifications: tuple[str, ...] = ()
    layout: tuple[int, ...] = ()
    length: int = 0
    conjugate: str = ""


@dataclass(frozen=True, slots=True)
class ChemistryFinding:
    """The class of a chemistry, or ``not classified``; why; what differs; members known; what a person must answer."""

    name: str
    reason: str
    differences: tuple[str, ...]
    precedents: tuple[Precedent, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class ChemistryTable:
    """All classes of a file by name, and the other ways to write their words."""

    classes: Mapping[str, ChemistryClass]
    words: Mapping[str, Mapping[str, tuple[str, ...]]]

    def word(self, group: str, text: str) -> str:
        """The word that this table uses for a sugar, linkage or base; the text itself where it knows none.

        >>> load_chemistry().word("sugar", "moe")
        "2'-MOE"
        """
        plain = text.strip().casefold()
        for word, others in self.words.get(group, {}).items():
            if plain in (word.casefold(), *(o.casefold() for o in others)):
                return word
        return text.strip()


def load_chemistry(path: Path | None = None) -> ChemistryTable:
    """The chemistry classes of a file; without a path, those shipped.

    Raises ``ProgramError`` with every problem of the file.

    >>> c = load_chemistry().classes["moe_ps_gapmer"]
    >>> c.layouts, [p.name for p in c.approved]
    (((5, 10, 5), (4, 8, 4)), ['mipomersen', 'inotersen', 'volanesorsen'])
    """
    return parse_chemistry(*reference_text(path))


def reference_text(path: Path | None) -> tuple[str, str]:
    """The text of the reference file, or of one of that form, with its name; raises ``ProgramError``."""
    if path is None:
        return resources.files("proband.reference").joinpath(SHIPPED).read_text(encoding="utf-8"), SHIPPED
    problems: list[Problem] = []
    text = read_text(path, path.name, problems)
    if text is None:
        raise ProgramError(problems)
    return text, path.name


def reference_data(text: str, file: str) -> dict[str, Any]:
    """The tables of a reference text; raises ``ProgramError`` for broken TOML, hidden characters, unknown tables."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProgramError([Problem(file, "", str(error)[:200], "a TOML file", "mend the syntax")]) from None
    problems = hidden_characters(text, file)
    for name in data:
        if name not in ("class", "word", "motif") or not isinstance(data[name], dict):
            problems.append(Problem(file, name, "this key", "tables class, word and motif", "remove or rename it"))
    if problems:
        raise ProgramError(problems)
    return data


def parse_chemistry(text: str, file: str = SHIPPED) -> ChemistryTable:
    """The chemistry classes of a text in the form of the reference file; raises ``ProgramError``."""
    data = reference_data(text, file)
    problems: list[Problem] = []
    words = parse(_Words, data.get("word", {}), file, "word", problems)
    made: dict[str, ChemistryClass] = {}
    for name, block in data.get("class", {}).items():
        read = parse(_Class, block, file, f"class.{name}", problems)
        if read is None:
            continue
        found = _faults(read, f"class.{name}", file)
        problems += found
        if not found:
            made[name] = _class(name, read)
    if not made and not problems:
        problems.append(Problem(file, "class", "no class", "at least one chemistry class", "add [class.NAME]"))
    if problems or words is None:
        raise ProgramError(problems)
    groups = {"sugar": words.sugar, "linkage": words.linkage, "base": words.base}
    return ChemistryTable(made, {g: {w: tuple(o) for w, o in table.items()} for g, table in groups.items()})


def _class(name: str, c: _Class) -> ChemistryClass:
    return ChemistryClass(
        name=name,
        title=c.title,
        mechanism=c.mechanism,
        sugar=c.sugar,
        gap_sugar=c.gap_sugar,
        backbone=tuple(c.backbone),
        base_modifications=tuple(c.base_modifications),
        layouts=tuple((x[0], x[1], x[2]) for x in c.layouts_nt),
        lengths=(c.lengths_nt[0], c.lengths_nt[1]),
        precedents=tuple(Precedent(p.name, p.status, p.where, p.paper, p.read_as) for p in c.precedent),
        paper=c.cite.paper,
        read_as=c.cite.read_as,
    )


def _faults(c: _Class, place: str, file: str) -> list[Problem]:
    """What is wrong with a class whose types are right."""
    found: list[Problem] = []

    def add(key: str, value: object, expected: str) -> None:
        found.append(Problem(file, f"{place}.{key}", str(value), expected, "mend the entry"))

    low, high = c.lengths_nt if len(c.lengths_nt) == 2 else (0, 0)
    if not _SHORTEST <= low <= high <= _LONGEST:
        add("lengths_nt", c.lengths_nt, f"[shortest, longest] within {_SHORTEST} to {_LONGEST} nucleotides")
    for layout in c.layouts_nt:
        if len(layout) != 3 or min(layout, default=-1) < 0 or layout[1] < 1 or not low <= sum(layout) <= high:
            add("layouts_nt", layout, "[wing, gap, wing] in nucleotides, whose sum lies within lengths_nt")
    if (c.mechanism == "rnase_h") != bool(c.gap_sugar) or bool(c.gap_sugar) != bool(c.layouts_nt):
        add("gap_sugar", c.gap_sugar or "nothing", "a gap with its layouts for rnase_h, and neither for steric_block")
    if not c.backbone or len(set(c.backbone)) != len(c.backbone):
        add("backbone", c.backbone, "every kind of linkage that occurs, once")
    for key, text in (("title", c.title), ("sugar", c.sugar), ("cite.paper", c.cite.paper)):
        if not text.strip():
            add(key, "nothing", "a text")
    for p in c.precedent:
        if not (p.name.strip() and p.where.strip() and p.paper.strip()):
            add("precedent", p.name or "nothing", "name, where and paper of each member")
    return found


def classify_chemistry(description: ChemistryDescription, table: ChemistryTable | None = None) -> ChemistryFinding:
    """The class that a chemistry belongs to, or ``not classified`` with the reason; never a bare yes or no.

    Sugar, gap, backbone and the lack of a conjugate decide; length, layout and bases that no member of the class has
    are told as differences. Whether the class is well characterised, and whether its data may be referred to, is left
    to a person.

    >>> found = classify_chemistry(ChemistryDescription("MOE", ("PS", "PO"), "DNA", layout=(5, 10, 5), length=20))
    >>> found.name, [p.name for p in found.precedents]
    ('moe_mixed_gapmer', ['tofersen', 'nL-KIF1-001'])
    >>> classify_chemistry(ChemistryDescription("2'-fluoro", ("PS",))).name
    'not classified'
    """
    table = table or load_chemistry()
    if description.conjugate.strip():
        reason = f"a conjugate ({description.conjugate.strip()[:60]}): the classes of this table have none"
        return ChemistryFinding(NOT_CLASSIFIED, reason, (), (), _MISSING)
    unstated = [n for n, v in (("sugar", description.sugar.strip()), ("backbone", description.backbone)) if not v]
    if unstated:
        return ChemistryFinding(NOT_CLASSIFIED, f"{' and '.join(unstated)} not stated", (), (), _MISSING)
    wrong = {c.name: _mismatches(description, c, table) for c in table.classes.values()}
    name = min(wrong, key=lambda n: (len(wrong[n]), n))
    nearest = table.classes[name]
    if wrong[name]:
        reason = f"no class fits; the nearest is {name} ({nearest.title}), where {'; '.join(wrong[name])}"
        return ChemistryFinding(NOT_CLASSIFIED, reason, tuple(wrong[name]), (), _MISSING)
    members = ", ".join(f"{p.name} ({p.status})" for p in nearest.precedents) or "no member known to this table"
    reason = f"{nearest.title}: {members}; read as {nearest.read_as}: {nearest.paper}"
    differences = _differences(description, nearest, table)
    return ChemistryFinding(name, reason, differences, nearest.precedents, _MISSING)


_MISSING = (
    "whether the class counts as well characterised",
    "right of reference to the data of its members",
)


def _mismatches(d: ChemistryDescription, c: ChemistryClass, table: ChemistryTable) -> list[str]:
    """What keeps a description out of a class."""
    found = []
    if table.word("sugar", d.sugar) != c.sugar:
        found.append(f"the sugar is {c.sugar}, not {d.sugar.strip()[:40]}")
    gap = d.gap_sugar.strip() or (d.sugar if table.word("sugar", d.sugar) == "DNA" else "")
    if table.word("sugar", gap) != c.gap_sugar:
        found.append(f"the gap is {c.gap_sugar or 'none'}, not {gap[:40] or 'none'}")
    backbone = {table.word("linkage", b) for b in d.backbone}
    if backbone != set(c.backbone):
        stated = " and ".join(sorted(x[:40] for x in backbone))
        found.append(f"the backbone is {' and '.join(c.backbone)}, not {stated}")
    return found


def _differences(d: ChemistryDescription, c: ChemistryClass, table: ChemistryTable) -> tuple[str, ...]:
    found = []
    if d.layout and d.layout not in c.layouts:
        known = ", ".join("-".join(map(str, x)) for x in c.layouts) or "none"
        found.append(f"layout {'-'.join(map(str, d.layout))} is not among those of the class ({known})")
    if d.length and not c.lengths[0] <= d.length <= c.lengths[1]:
        found.append(f"{d.length} nt lies outside of {c.lengths[0]} to {c.lengths[1]} nt")
    for base in d.base_modifications:
        if table.word("base", base) not in c.base_modifications:
            found.append(f"base modification {base.strip()[:40]} is not one of the class")
    return tuple(found)


def chosen_class(table: ChemistryTable, name: str, mechanism: str) -> ChemistryClass:
    """The class of a name, for one mechanism; raises ``ProgramError`` for an unknown one or the other mechanism.

    >>> chosen_class(load_chemistry(), "pmo_steric", "steric_block").sugar
    'morpholino'
    """
    fitting: Sequence[str] = [c.name for c in table.classes.values() if c.mechanism == mechanism]
    if name not in fitting:
        expected = f"a class that works by {mechanism}: {', '.join(fitting) or 'none in this table'}"
        raise ProgramError([Problem("chemistry", "", name[:80], expected, "choose one of these")])
    return table.classes[name]
