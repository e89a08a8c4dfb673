"""``[platform]`` of ``program.toml``: which master record a program inherits from, and where it differs and why.

The record lies in the program folder or in the folder above it: those two places and no other can be named, so that
one line of text never makes proband read elsewhere. See docs/decisions/0019-platform-record.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.border import Strict, read_toml
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.core.program import FieldOverride, PlatformLink, Program
from proband.core.provenance import InputFile, plain
from proband.core.reported import ReportedResult
from proband.folder.files import digest_file, size_fault
from proband.folder.layout import entry_of

ABOVE, HERE = "../platform.toml", "platform.toml"
"""The two places of a master record, from the program folder."""
_FILE = "program.toml"


class _Override(Strict):
    field: Annotated[str, Field(pattern=r"^[a-z_]{1,40}(\.[A-Za-z0-9_-]{1,64}){1,8}$")]
    value: Any = None
    remove: bool = False
    because: Annotated[str, Field(min_length=1, max_length=2000)]


class PlatformBlock(Strict):
    """The block as written."""

    file: Literal["../platform.toml", "platform.toml"]
    version: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$")] = ""
    override: Annotated[list[_Override], Field(max_length=500)] = []

    def link(self, problems: list[Problem]) -> PlatformLink:
        """The block as a record; a reason that says nothing, and an override that states nothing, are problems."""
        names = [o.field for o in self.override]
        for o in self.override:
            place = f"platform.override {o.field}"
            if not o.because.strip():
                remedy = "write why this version differs from its platform"
                problems.append(Problem(_FILE, f"{place}, key because", "nothing", "a written reason", remedy))
            try:
                plain(o.value)
            except (ValueError, TypeError) as e:
                problems.append(Problem(_FILE, f"{place}, key value", str(e)[:80], "a plain value", "correct it"))
            if o.remove == (o.value is not None):
                found = "both value and remove" if o.remove else "neither value nor remove"
                problems.append(Problem(_FILE, place, found, "a value, or remove = true", "keep one of the two"))
        for twice in sorted({n for n in names if names.count(n) > 1}):
            problems.append(Problem(_FILE, f"platform.override {twice}", "the field twice", "each once", "remove one"))
        return PlatformLink(
            self.file, self.version, tuple(FieldOverride(o.field, o.value, o.remove, o.because) for o in self.override)
        )


def platform_input(root: Path, link: PlatformLink | None, names: list[str], problems: list[Problem]) -> list[InputFile]:
    """The master record of the folder above as an input with its digest, where the program names it.

    It must be a file of its own: a link is not followed. A record that is named and not there is a problem, and so
    are two records.
    """
    if link is None:
        return []
    place = "[platform], key file"
    if link.file == HERE:
        if HERE not in names:
            remedy = f'add it, or write file = "{ABOVE}" for a record in the folder above'
            problems.append(Problem(_FILE, place, HERE, "a file of the program folder", remedy))
        return []
    if HERE in names:
        found = f"{ABOVE}, and {HERE} in the folder"
        problems.append(Problem(_FILE, place, found, "one master record", "remove one, or name the other"))
    path = root / ".." / HERE
    try:
        if path.is_symlink() or not path.is_file():
            found = "a link" if path.is_symlink() else "no such file"
            remedy = "put the record into the folder above the program"
            problems.append(Problem(_FILE, place, f"{ABOVE}: {found}", "a file", remedy))
            return []
        entry = entry_of(HERE)
        fault = size_fault(path, entry) if entry else None
        if fault:
            problems.append(Problem(ABOVE, "", *fault))
            return []
        return [InputFile(ABOVE, digest_file(path))]
    except OSError as e:
        said = (e.strerror or "unreadable").lower()
        problems.append(Problem(ABOVE, "", said, "a readable file", "check its rights"))
    return []


def with_siblings(root: Path, program: Program) -> PlatformLink | None:
    """The link with the other versions of its record, as far as it can be read; its faults are told elsewhere."""
    link = program.platform
    raw = read_toml(root / link.file, link.file, []) if link else None
    held = raw.get("version") if raw else None
    if link is None or not isinstance(held, list):
        return link
    others = [v for v in held if isinstance(v, dict) and v.get("id") != link.version]
    names = {n for v in others for n in (v.get("id"), v.get("program")) if isinstance(n, str) and n}
    return replace(link, siblings=tuple(sorted(names - {link.version, program.id})))


def sibling_problems(program: Program, reported: Sequence[ReportedResult], problems: list[Problem]) -> None:
    """A result that was made with a version which the named record does not hold is a fault."""
    link = program.platform
    if link is None:
        return
    known = (*link.siblings, *((link.version,) if link.version else ()))
    for r in reported:
        stated = r.scope.settings.get("version") or (r.subject.id if r.subject.type == "version" else "")
        if stated and stated not in known:
            expected = f"a sibling that is in {link.file}"
            remedy = nearest(str(stated), known) if known else "add it to the record"
            problems.append(Problem(r.file, f"result {r.id}, version", str(stated), expected, remedy))
