"""What is merged: a TOML file that names the lists of nominated sites, their forms and builds, guide, genome, chains.

The build of every list is stated by the user and never guessed; hg19 and GRCh37, hg38 and GRCh38 are one build each.
A list of another build than the target's needs a chain file; one problem is told for each list that lacks it.

Cannot see: whether a stated build is true.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml, shown
from proband.core.errors import Problem, ProgramError
from proband.core.kinds import nearest
from proband.science.amplicon.sheet_rows import NAME, read_rows
from proband.science.offtarget.guide import Guide, Limits, read_guide
from proband.science.offtarget.nomination_formats import THINGS, NominationFormat, formats
from proband.science.offtarget.nominations import NominationList
from proband.science.told_words import told

OWN = "table"
"""The format of a list whose columns the manifest names."""
_TWINS = {"hg38": "grch38", "hg19": "grch37", "hg18": "ncbi36", "mm10": "grcm38", "mm39": "grcm39"}
_Text = Annotated[str, Field(min_length=1, max_length=200)]
_MethodClass = Literal["computational", "biochemical", "cell_based"]


class _Guide(Strict):
    name: str = "guide"
    spacer: _Text
    pam: _Text = "NGG"
    pam_side: Literal[3, 5] = 3


class _Limits(Strict):
    mismatches: Annotated[int, Field(ge=0, le=10)] = 7
    dna_bulges: Annotated[int, Field(ge=0, le=2)] = 1
    rna_bulges: Annotated[int, Field(ge=0, le=2)] = 1


class _List(Strict):
    label: _Text
    file: _Text
    format: _Text
    build: _Text
    replicate: str = "1"
    sheet: str = ""
    method: str = ""
    method_class: _MethodClass | None = None
    first_base: Literal[0, 1] | None = None
    header: bool | None = None
    guide_names: list[str] = []
    columns: dict[str, str | int] = {}


class _Chain(Strict):
    build: Annotated[str, Field(alias="from", min_length=1)]
    file: _Text


class _Manifest(Strict):
    build: _Text
    guide: _Guide
    limits: _Limits = _Limits()
    genome: str = ""
    dropped: str = ""
    list_: Annotated[list[_List], Field(alias="list", min_length=1, max_length=500)]
    chain: list[_Chain] = []


@dataclass(frozen=True, slots=True)
class MergeInput:
    """A manifest as read: lists with their forms, the target build, and files beside it; `chains` by build, plain."""

    build: str
    guide: Guide
    limits: Limits
    lists: tuple[NominationList, ...]
    chains: Mapping[str, Path]
    genome: Path | None
    dropped: Path | None

    @property
    def methods(self) -> dict[str, str]:
        """Class by method, of the lists, in their order."""
        return {x.form.method: x.form.method_class for x in self.lists}


def plain_build(name: str) -> str:
    """A build's name for comparing: lower case, without patch number, UCSC's names as the consortium's.

    >>> plain_build("hg38") == plain_build("GRCh38.p14")
    True
    """
    short = re.sub(r"\.p[0-9]+\Z", "", name.strip().lower())
    return _TWINS.get(short, short)


def read_manifest(path: Path) -> MergeInput:
    """The manifest; paths in it are relative to its folder. Raises ``ProgramError`` with every fault."""
    problems: list[Problem] = []
    raw = read_toml(path, path.name, problems)
    made = None if raw is None else parse(_Manifest, raw, path.name, "", problems)
    if made is None:
        raise ProgramError(problems)
    guide, faults = read_guide(made.guide.spacer, made.guide.pam, made.guide.pam_side, made.guide.name, path.name)
    problems += faults
    lists = [_list(path, entry, problems) for entry in made.list_]
    labels = [x.label for x in lists]
    problems += [
        Problem(path.name, "key label", shown(x), "each label once", "rename one list")
        for x in sorted({x for x in labels if labels.count(x) > 1})
    ]
    chains = {plain_build(c.build): path.parent / c.file for c in made.chain}
    target = plain_build(made.build)
    for x in lists:
        if plain_build(x.build) not in (target, *chains):
            remedy = f'add [[chain]] with from = "{x.build[:40]}" and the file of a chain to {made.build[:40]}'
            problems.append(Problem(path.name, f"list {x.label}", x.build[:60], f"{made.build} or a chain", remedy))
    genome = path.parent / made.genome if made.genome else None
    dropped = path.parent / made.dropped if made.dropped else None
    for p in (*(x.path for x in lists), *chains.values(), genome, dropped):
        if p is not None and not p.is_file():
            problems.append(
                Problem(path.name, str(p.name)[:80], "no such file", "a file beside the manifest", "check it")
            )
    if problems:
        raise ProgramError(problems)
    limits = Limits(made.limits.mismatches, made.limits.dna_bulges, made.limits.rna_bulges)
    return MergeInput(made.build, guide, limits, tuple(lists), chains, genome, dropped)


def _list(path: Path, entry: _List, problems: list[Problem]) -> NominationList:
    place = f"list {entry.label[:40]}"
    if not NAME.match(entry.label):
        expected = "a name of letters, digits, dot, hyphen, underscore, plus and colon"
        problems.append(Problem(path.name, place, shown(entry.label), expected, "rename the list"))
    form = _form(path, place, entry, problems)
    names = tuple(entry.guide_names)
    return NominationList(entry.label, path.parent / entry.file, form, entry.build, entry.replicate, entry.sheet, names)


def _form(path: Path, place: str, entry: _List, problems: list[Problem]) -> NominationFormat:
    known = formats().get(entry.format)
    if known is None and entry.format != OWN:
        expected = ", ".join([*formats(), OWN])
        remedy = nearest(entry.format, (*formats(), OWN))
        problems.append(Problem(path.name, f"{place}, key format", shown(entry.format), expected, remedy))
    strange = sorted(set(entry.columns) - set(THINGS))
    if strange:
        expected = ", ".join(THINGS)
        problems.append(Problem(path.name, f"{place}, columns", ", ".join(strange)[:80], expected, "correct the map"))
    if entry.format == OWN:
        lacking = [
            key for key, value in (
                ("method", entry.method), ("method_class", entry.method_class), ("columns", entry.columns),
                ("first_base", entry.first_base is not None),
            ) if not value
        ]  # fmt: skip
        if lacking:
            remedy = "say them: whether a list counts from 0 or from 1 is never guessed"
            problems.append(Problem(path.name, place, f"no {', '.join(lacking)}", 'these keys for "table"', remedy))
    base = known or NominationFormat(OWN, entry.method or "?", "computational", entry.first_base or 0, True, {})
    columns = {**base.columns, **{k: v if isinstance(v, int) else (v,) for k, v in entry.columns.items()}}
    for thing in {"place", "position"} & set(entry.columns):
        for other in ("contig", "start", "end") if thing == "place" else ("start", "end"):
            if other not in entry.columns:
                columns.pop(other, None)
    header = base.header if entry.header is None else entry.header
    numbered = [k for k, v in columns.items() if isinstance(v, int)]
    if numbered and len(numbered) < len(columns) and entry.columns:
        found = "columns by name and by number"
        problems.append(Problem(path.name, f"{place}, columns", found, "one way for all", "use names or numbers"))
    if (bool(numbered) == header and entry.columns) or any(isinstance(v, int) and v < 1 for v in columns.values()):
        expected = "names where there is a header, numbers from 1 where there is none"
        problems.append(
            Problem(path.name, f"{place}, columns", f"header = {header}", expected, "correct header or map")
        )
    first = base.first_base if entry.first_base is None else entry.first_base
    return NominationFormat(
        entry.format, entry.method or base.method, entry.method_class or base.method_class, first, header, columns
    )


@dataclass(frozen=True, slots=True)
class Dropped:
    """A site that is left out of what follows: why, who said so, and when."""

    site: str
    reason: str
    who: str
    day: date


def read_dropped(path: Path | None) -> dict[str, Dropped]:
    """The table of dropped sites (CSV: site, reason, who, date). Raises ``ProgramError`` for one without a reason."""
    if path is None:
        return {}
    problems: list[Problem] = []
    columns = ("site", "reason", "who", "date")
    rows, _ = read_rows(path, columns, columns, problems)
    made: dict[str, Dropped] = {}
    for row in rows:
        for column in ("site", "reason", "who"):
            if not (row[column] if column == "site" else told(row[column])):
                expected = "a dropped site with a written reason and a name"
                problems.append(row.problem(column, expected, "fill it in, or keep the site", "nothing"))
        if row["site"] in made:
            problems.append(row.problem("site", "each site once", "remove one of the rows"))
        try:
            day = date.fromisoformat(row["date"])
        except ValueError:
            problems.append(row.problem("date", "a date such as 2026-02-28", "correct it"))
            continue
        made[row["site"]] = Dropped(row["site"], row["reason"], row["who"], day)
    if problems:
        raise ProgramError(problems)
    return made
