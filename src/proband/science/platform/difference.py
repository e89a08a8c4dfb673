"""Two versions, part by part: what is the same, what differs in the targeting letters alone, what differs beyond them.

Classes of a part, the worst of its fields:

- `beyond_targeting`: a field that says what the part is made of, or how, differs; a part is missing or added;
- `not_known`: nothing of that kind was seen, and a field is not told on one side or on both. What is not told is never
  the same;
- `targeting_only`: letters differ, all of them within the targeting positions, which are the same on both sides;
- `same`.

Whether a difference makes a new version, a manufacturing change or a new product is not asked here: that is unsettled,
and a person signs for it (criterion PR-10).

Cannot see: a difference that neither side writes down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proband.science.platform.parts import CHAINS, Leaf, expected, leaves, outside_places, same_value, within_targeting
from proband.science.quality.component_model import Product, told
from proband.science.quality.positions import spelled

BEYOND, NOT_KNOWN, TARGETING, SAME = "beyond_targeting", "not_known", "targeting_only", "same"
ORDER = (BEYOND, NOT_KNOWN, TARGETING, SAME)
SINGLE = (*CHAINS, "mrna", "lipid_nanoparticle", "viral_vector")
"""Kinds of which a product has mostly one: two of them are held against each other under whatever id."""
CANDIDATE_GUIDE = ("editor", "pam", "spacer", "delivery")
CANDIDATE_OLIGO = ("sequence", "sugar", "backbone", "delivery")
"""What has to be told of two candidates before they can be called the same."""
LISTED = ("parameter", "properties", "mrna", "lipid", "particle", "vector", "cells")
"""Tables of which only what somebody wrote is a field: one that both sides write as not known is not the same."""
UNSETTLED = (
    "Whether a difference makes a new version, a manufacturing change or a new product is not settled; "
    "a person signs for it (PR-10)."
)


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a part: its class, and what either side says."""

    field: str
    found: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class PartDifference:
    """One part of two versions, such as ``component.lnp``, ``step.mixing``, ``candidate``; its fields that differ."""

    part: str
    found: str
    changes: tuple[Change, ...]

    @property
    def said(self) -> str:
        """The part in one sentence."""
        made = [f"{c.field.replace('_', ' ')}: {c.first} / {c.second}" for c in self.changes if c.found == BEYOND]
        made += [f"{c.field.replace('_', ' ')} {c.second}" for c in self.changes if c.found == TARGETING]
        open_ = [c.field.replace("_", " ") for c in self.changes if c.found == NOT_KNOWN]
        return "; ".join([*made, *([f"not known: {', '.join(open_)}"] if open_ else [])])


def compare(first: Product, second: Product) -> tuple[PartDifference, ...]:
    """Every component and every step of two products, in the order of the first, then what the second alone has."""
    made = []
    sides: dict[str, tuple[Sequence[Any], Sequence[Any]]] = {
        "component": (first.components, second.components),
        "step": (first.steps, second.steps),
    }
    for section, (one, two) in sides.items():
        a, b = ({m.id: m.model_dump(exclude_defaults=True) for m in side} for side in (one, two))
        names = _paired(a, b) if section == "component" else {}
        b = {names.get(i, i): _renamed(m, names) for i, m in b.items()}
        shared = [i for i in a if i in b]
        for name in [*a, *(i for i in b if i not in a)]:
            part = f"{section}.{name}"
            if name not in b or name not in a:
                side = ("there", "missing") if name in a else ("missing", "there")
                made.append(PartDifference(part, BEYOND, (Change("part", BEYOND, *side),)))
                continue
            changes = list(_changes(section, a[name], b[name]))
            if section == "step":
                changes += _order(name, shared, [i for i in b if i in a])
            made.append(PartDifference(part, _worst(changes), tuple(changes)))
    for section, (one, two) in sides.items():
        if not one and not two:
            changes = (Change("all", NOT_KNOWN, "not stated", "not stated"),)
            made.append(PartDifference(f"{section}s", NOT_KNOWN, changes))
    return tuple(made)


def _paired(a: Mapping[str, Mapping[str, Any]], b: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Ids of the second by those of the first, for parts that each side has once and calls differently."""
    made = {}
    for kind in SINGLE:
        one, two = ([i for i, m in side.items() if m["kind"] == kind] for side in (a, b))
        if len(one) == len(two) == 1 and one[0] not in b and two[0] not in a:
            made[two[0]] = one[0]
    return made


def _renamed(part: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, Any]:
    """A part whose references to others use the ids of the first side."""
    made = dict(part)
    if part.get("part_of") in names:
        made["part_of"] = names[part["part_of"]]
    if part.get("ratio"):
        made["ratio"] = [{**r, "to": names.get(r["to"], r["to"])} for r in part["ratio"]]
    return made


def _order(name: str, one: list[str], two: list[str]) -> Iterator[Change]:
    at, other = one.index(name), two.index(name)
    if at != other:
        yield Change("order", BEYOND, f"place {at + 1}", f"place {other + 1}")


def _worst(changes: Sequence[Change]) -> str:
    return min((c.found for c in changes), key=ORDER.index, default=SAME)


def _changes(section: str, first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Change]:
    a, b = leaves(section, first), leaves(section, second)
    needed = {*expected(section, first), *expected(section, second)}
    nothing = Leaf(None)
    names = list(dict.fromkeys([*a, *b]))
    for name in names:
        x, y = a.get(name, nothing), b.get(name, nothing)
        if "design" not in {leaf.role for leaf in (x, y) if leaf is not nothing}:
            continue
        if name == "sequence":
            yield from _letters(section, first, a, b, name in needed)
        elif name.startswith("structure.modification_"):
            yield from _places(name, x, y)
        elif x.value is None or y.value is None:
            listed = name in a and name in b and name.partition(".")[0] in LISTED
            if name in needed or listed or (x.value is None) != (y.value is None):
                yield Change(name, NOT_KNOWN, x.shown, y.shown)
        elif name == "length" and a["sequence"].value and b["sequence"].value:
            continue  # told by the letters
        elif not same_value(x, y):
            yield Change(name, BEYOND, x.shown, y.shown)
    if section == "step" and not any(n.startswith("parameter.") for n in names):
        yield Change("parameter", NOT_KNOWN, "not stated", "not stated")
    for name in sorted(needed - set(names) - {"parameter"}):
        yield Change(name, NOT_KNOWN, "not known", "not known")


def _letters(
    section: str, plain: Mapping[str, Any], a: Mapping[str, Leaf], b: Mapping[str, Leaf], needed: bool
) -> Iterator[Change]:
    x, y = a["sequence"].value, b["sequence"].value
    if x is None or y is None:
        if needed or x or y:
            yield Change("sequence", NOT_KNOWN, *(f"{len(s)} letters" if s else "not known" for s in (x, y)))
        return
    if x == y:
        return
    if len(x) != len(y):
        yield Change("sequence", BEYOND, f"{len(x)} letters", f"{len(y)} letters")
        return
    inside = within_targeting(a, b)
    window = a["targeting"].value or b["targeting"].value
    if inside:
        places = outside_places(x, y, (1, 0))
        where = f"differs within the targeting positions {window[0]}-{window[1]}, at {spelled(places)}"
        yield Change("sequence", TARGETING, "", where)
    elif (window is None and plain.get("kind") in CHAINS) or inside is None:
        places = spelled(outside_places(x, y, (1, 0)))
        yield Change("sequence", NOT_KNOWN, f"differs at {places}", "targeting positions are not stated on both sides")
    else:
        places = outside_places(x, y, window or (1, 0))
        if not places:
            return  # the targeting positions differ, which is told as such
        yield Change("sequence", BEYOND, *(_at(s, places) for s in (x, y)))


def _at(letters: str, places: tuple[int, ...]) -> str:
    shown = ", ".join(f"{letters[p - 1]}{p}" for p in places[:8])
    return shown + (f" and {len(places) - 8} more" if len(places) > 8 else "")


def _places(name: str, x: Leaf, y: Leaf) -> Iterator[Change]:
    """Modifications position by position; a side without structure is told elsewhere."""
    if x.value is None or y.value is None:
        return
    differ = sorted(p for p in {*x.value, *y.value} if x.value.get(p) != y.value.get(p))
    if differ:
        sides = (", ".join(f"{v.get(p, 'as the rest')} at {p}" for p in differ[:6]) for v in (x.value, y.value))
        more = f" and {len(differ) - 6} more positions" if len(differ) > 6 else ""
        yield Change(name, BEYOND, *(f"{s}{more}" for s in sides))


def compare_candidates(first: Mapping[str, Any], second: Mapping[str, Any]) -> PartDifference:
    """What ``[candidate]`` says of two programs: editor, PAM, delivery and chemistry are beyond targeting.

    Letters of spacer and sequence are the targeting part; their length is not. Values are texts, "" where not stated.

    >>> compare_candidates({"spacer": "ACGT", "pam": "NGG"}, {"spacer": "ACGA", "pam": "NGN"}).found
    'beyond_targeting'
    """
    changes = []
    needed = CANDIDATE_OLIGO if first.get("sequence") or second.get("sequence") else CANDIDATE_GUIDE
    for name in dict.fromkeys([*needed, *first, *second]):
        x, y = (v if told(v) else "" for v in (first.get(name) or "", second.get(name) or ""))
        if name in ("spacer", "sequence"):
            x, y = (s.upper().replace("U", "T") for s in (x, y))
        if not x or not y:
            if x or y or name in needed:
                changes.append(Change(name, NOT_KNOWN, x or "not known", y or "not known"))
        elif name in ("spacer", "sequence") and x != y:
            same_length = len(x) == len(y)
            found = TARGETING if same_length else BEYOND
            sides = (x, y) if same_length else (f"{len(x)} letters", f"{len(y)} letters")
            changes.append(Change(name, found, *sides))
        elif x.casefold() != y.casefold():
            changes.append(Change(name, BEYOND, x, y))
    return PartDifference("candidate", _worst(changes), tuple(changes))


def counts(parts: Sequence[PartDifference]) -> dict[str, int]:
    """Parts by class, all four classes named.

    >>> counts([])["same"]
    0
    """
    return {found: sum(p.found == found for p in parts) for found in ORDER}


def summary(parts: Sequence[PartDifference]) -> str:
    """What the comparison says in one sentence."""
    made = counts(parts)
    beyond = [p.part for p in parts if p.found == BEYOND]
    open_ = [p.part for p in parts if p.found == NOT_KNOWN]
    said = [f"{len(parts)} parts"]
    said.append(
        f"beyond the targeting sequence: {', '.join(beyond)}"
        if beyond
        else "nothing was seen beyond the targeting sequence"
    )
    if open_:
        said.append(f"not known in full: {', '.join(open_)}")
    said.append(f"{made[TARGETING]} differ in targeting letters alone, {made[SAME]} are the same")
    return "; ".join(said) + "."
