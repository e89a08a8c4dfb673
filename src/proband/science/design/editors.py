"""Editors as data: reads and validates ``reference/editors.toml`` or a file of the same form.

Every number carries the paper and how it was read. A file with an unknown key, a missing number or a number
without its citation is refused, with all problems at once.

Cannot see: whether a combination of nuclease and deaminase was ever made, and how well it works.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from proband.core.errors import Problem, ProgramError
from proband.science.sequence.alphabet import IUPAC

CLASSES = ("base", "prime", "nuclease")
READ_AS = ("recalled", "secondary", "read")
_NUCLEASE = {"pam": str, "pam_side": str, "spacer_length": int, "cut": list, "seed_length": int}
_NUCLEASE_CITED = ("pam", "spacer_length", "cut", "seed_length")
_EDITOR: Mapping[str, Mapping[str, type]] = {
    "base": {"conversion": list, "window": list, "wide_window": list, "window_on": list},
    "prime": {"reach": int, "second_nick": bool},
    "nuclease": {},
}
_CITED = {"base": ("conversion", "window", "wide_window"), "prime": ("reach",), "nuclease": ()}


@dataclass(frozen=True, slots=True)
class Citation:
    """Where one number comes from: its key, the paper, and how it was read (recalled, secondary, read)."""

    key: str
    paper: str
    read_as: str


@dataclass(frozen=True, slots=True)
class Editor:
    """One editor on one nuclease.

    Positions in a protospacer count from 1 at the PAM-distal end. `cut` gives the bases between PAM and cut on the
    strand that carries the PAM and on the other one. `window` is where a target is accepted, `wide_window` where
    bystanders are listed; both are (0, 0) for editors without a deaminase. `window_assumed` says that the windows
    were measured on another nuclease than this one.
    """

    name: str
    kind: str
    nuclease: str
    pam: str
    pam_side: str
    spacer_length: int
    cut: tuple[int, int]
    seed_length: int
    conversion: tuple[str, str] | None = None
    window: tuple[int, int] = (0, 0)
    wide_window: tuple[int, int] = (0, 0)
    window_assumed: bool = False
    reach: int = 0
    second_nick: bool = False
    notes: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()

    @property
    def pam_after(self) -> bool:
        """Whether the PAM follows the protospacer (3' side)."""
        return self.pam_side == "3'"


def load_editors(path: Path | None = None) -> dict[str, Editor]:
    """The editors of a file, by name (``ABE8e/SpCas9``); without a path, those shipped.

    Raises ``ProgramError`` with every problem of the file.

    >>> e = load_editors()["ABE8e-V106W/SpCas9-NGC"]
    >>> e.pam, e.window, e.conversion, e.window_assumed
    ('NGC', (4, 8), ('A', 'G'), True)
    """
    if path is None:
        text = resources.files("proband.reference").joinpath("editors.toml").read_text(encoding="utf-8")
        return parse_editors(text, "editors.toml")
    return parse_editors(path.read_text(encoding="utf-8"), path.name)


def parse_editors(text: str, file: str = "editors.toml") -> dict[str, Editor]:
    """The editors of a text in the form of ``reference/editors.toml``; raises ``ProgramError``."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgramError([Problem(file, "", str(error), "a TOML file", "mend the syntax")]) from None
    check = _Checker(file)
    check.known("", data, {"nuclease", "editor"})
    nucleases = check.table("nuclease", data.get("nuclease", {}))
    editors = check.table("editor", data.get("editor", {}))
    for name, entry in nucleases.items():
        check.nuclease(f"nuclease.{name}", entry)
    for name, entry in editors.items():
        check.editor(f"editor.{name}", entry, nucleases)
    if check.problems:
        raise ProgramError(check.problems)
    made = [_editor(name, entry, n, nucleases[n]) for name, entry in editors.items() for n in entry["nucleases"]]
    return {e.name: e for e in made}


def _editor(name: str, entry: Mapping[str, Any], nuclease: str, n: Mapping[str, Any]) -> Editor:
    own = entry.get("on", {}).get(nuclease, {})
    stated = nuclease in entry.get("window_on", ()) or bool(own)
    cited = [(f"nuclease.{k}", v) for k, v in n["cite"].items()]
    cited += [(k, v) for k, v in entry["cite"].items() if not k.startswith("on.") or k == f"on.{nuclease}"]
    is_base = entry["class"] == "base"
    return Editor(
        name=nuclease if entry["class"] == "nuclease" else f"{name}/{nuclease}",
        kind=entry["class"],
        nuclease=nuclease,
        pam=n["pam"],
        pam_side=n["pam_side"],
        spacer_length=n["spacer_length"],
        cut=(n["cut"][0], n["cut"][1]),
        seed_length=n["seed_length"],
        conversion=(entry["conversion"][0], entry["conversion"][1]) if is_base else None,
        window=tuple(own.get("window", entry["window"])) if is_base else (0, 0),
        wide_window=tuple(own.get("wide_window", entry["wide_window"])) if is_base else (0, 0),
        window_assumed=is_base and not stated,
        reach=entry.get("reach", 0),
        second_nick=entry.get("second_nick", False),
        notes=tuple(t for t in (entry.get("notes", ""), n.get("notes", "")) if t),
        citations=tuple(Citation(k, c["paper"], c.get("read_as", "recalled")) for k, c in cited),
    )


class _Checker:
    """Collects the problems of one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def add(self, place: str, found: object, expected: str, remedy: str = "mend the entry") -> None:
        self.problems.append(Problem(self.file, place, str(found), expected, remedy))

    def table(self, place: str, value: object) -> dict[str, Any]:
        if not isinstance(value, dict) or not value:
            self.add(place, value or "nothing", "a table of entries")
            return {}
        good = {k: v for k, v in value.items() if isinstance(v, dict)}
        for key in value.keys() - good.keys():
            self.add(f"{place}.{key}", value[key], "a table")
        return good

    def known(self, place: str, entry: Mapping[str, Any], allowed: set[str]) -> None:
        for key in sorted(entry.keys() - allowed):
            self.add(place, f"key {key}", f"one of {', '.join(sorted(allowed))}", "remove or rename the key")

    def typed(self, place: str, entry: Mapping[str, Any], types: Mapping[str, type]) -> bool:
        before = len(self.problems)
        for key, kind in types.items():
            value = entry.get(key)
            if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
                self.add(
                    f"{place}.{key}", "nothing" if value is None else repr(value), f"a value of type {kind.__name__}"
                )
        return len(self.problems) == before

    def nuclease(self, place: str, entry: dict[str, Any]) -> None:
        self.known(place, entry, {*_NUCLEASE, "notes", "cite"})
        if self.typed(place, entry, _NUCLEASE):
            if not entry["pam"] or not set(entry["pam"]) <= set(IUPAC):
                self.add(f"{place}.pam", entry["pam"], "IUPAC letters in capitals")
            if entry["pam_side"] not in ("3'", "5'"):
                self.add(f"{place}.pam_side", entry["pam_side"], '"3\'" or "5\'"')
            if not 10 <= entry["spacer_length"] <= 40:
                self.add(f"{place}.spacer_length", entry["spacer_length"], "10 to 40 nucleotides")
            if len(entry["cut"]) != 2 or not all(type(x) is int and 0 <= x <= 60 for x in entry["cut"]):
                self.add(f"{place}.cut", entry["cut"], "two counts of bases from the PAM, 0 to 60")
            if not 0 < entry["seed_length"] <= entry["spacer_length"]:
                self.add(f"{place}.seed_length", entry["seed_length"], "1 to the spacer length")
        self.cited(place, entry, _NUCLEASE_CITED)

    def editor(self, place: str, entry: dict[str, Any], nucleases: Mapping[str, Any]) -> None:
        kind = entry.get("class")
        if kind not in CLASSES:
            self.add(f"{place}.class", kind, f"one of {', '.join(CLASSES)}")
            return
        allowed = {"class", "nucleases", "notes", "cite", *_EDITOR[kind]} | ({"on"} if kind == "base" else set())
        self.known(place, entry, allowed)
        on = entry.get("nucleases")
        if not isinstance(on, list) or not on or not all(isinstance(n, str) and n in nucleases for n in on):
            self.add(f"{place}.nucleases", on, f"some of {', '.join(nucleases)}")
            return
        if self.typed(place, entry, _EDITOR[kind]):
            shortest = min((nucleases[n].get("spacer_length", 0) for n in on), default=0)
            if kind == "base":
                self.base(place, entry, shortest)
            elif kind == "prime":
                self.prime(place, entry, nucleases)
        self.cited(place, entry, (*_CITED[kind], *(f"on.{n}" for n in entry.get("on", {}))))

    def prime(self, place: str, entry: dict[str, Any], nucleases: Mapping[str, Any]) -> None:
        if not 5 <= entry["reach"] <= 200:
            self.add(f"{place}.reach", entry["reach"], "5 to 200 nucleotides")
        before = [n for n in entry["nucleases"] if nucleases[n].get("pam_side") != "3'"]
        if before:
            self.add(f"{place}.nucleases", ", ".join(before), "nucleases with a PAM on the 3' side for prime editors")

    def base(self, place: str, entry: dict[str, Any], spacer_length: int) -> None:
        conversion = entry["conversion"]
        if len(conversion) != 2 or not all(b in ("A", "C", "G", "T") for b in conversion) or len(set(conversion)) != 2:
            self.add(f"{place}.conversion", conversion, 'two different bases, such as ["A", "G"]')
        own = entry.get("on", {})
        if not isinstance(own, dict):
            self.add(f"{place}.on", own, "tables by nuclease")
            return
        for n, windows in own.items():
            if n not in entry["nucleases"] or not isinstance(windows, dict):
                self.add(f"{place}.on.{n}", windows, "a table for a nuclease of this editor")
                continue
            self.known(f"{place}.on.{n}", windows, {"window", "wide_window"})
            self.windows(f"{place}.on.{n}", windows, spacer_length)
        self.windows(place, entry, spacer_length)

    def windows(self, place: str, entry: Mapping[str, Any], spacer_length: int) -> None:
        pair: list[list[int]] = []
        for key in ("window", "wide_window"):
            value = entry.get(key)
            pair_of_ints = isinstance(value, list) and len(value) == 2 and all(type(x) is int for x in value)
            if not pair_of_ints or not isinstance(value, list) or not 1 <= value[0] <= value[1] <= spacer_length:
                self.add(f"{place}.{key}", value, f"[first, last] within 1 to {spacer_length}")
                return
            pair.append(value)
        narrow, wide = pair
        if not (wide[0] <= narrow[0] and narrow[1] <= wide[1]):
            self.add(f"{place}.wide_window", wide, f"a window that holds {narrow}")

    def cited(self, place: str, entry: Mapping[str, Any], needed: tuple[str, ...]) -> None:
        cite = entry.get("cite")
        if not isinstance(cite, dict):
            self.add(f"{place}.cite", cite, "a table with the paper of each number")
            return
        self.known(f"{place}.cite", cite, set(needed))
        for key in needed:
            one = cite.get(key)
            if not isinstance(one, dict) or not isinstance(one.get("paper"), str) or not one["paper"].strip():
                self.add(f"{place}.cite.{key}", one, "{ paper = ..., read_as = ... }", "name the paper of this number")
                continue
            self.known(f"{place}.cite.{key}", one, {"paper", "read_as"})
            if one.get("read_as", "recalled") not in READ_AS:
                self.add(f"{place}.cite.{key}.read_as", one.get("read_as"), f"one of {', '.join(READ_AS)}")
