"""How a program's nomination covers human variation: ``offtarget/variation.toml`` and searches of panels beside it.

Of each of four choices (database, populations, frequency cut-off, relevance to the patients' ancestry) the file says
what was chosen and why. A choice with its reason is present, one without a reason or named in `left_out` is absent, one
of which nothing is written is unknown. A search of a panel (the statement that ``proband offtarget population`` writes,
kept in ``offtarget/population/``) tells its people, groups and sites; it had no frequency cut-off, since every record
of the panel is searched, and says so only for the records that were given to it.

Cannot see: whether a reason is good, and what a panel lacks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from proband.border import Strict, hidden_characters, parse, read_text, read_toml
from proband.core.errors import Problem
from proband.core.evidence import Members
from proband.science.told_words import told

VARIATION, SEARCHES = "offtarget/variation.toml", "offtarget/population/"
PARTS = ("database", "populations", "frequency_cut_off", "ancestry_relevance")
"""The four choices that criterion SF-09 names."""
LARGEST = 16_000_000
_Text = Annotated[str, Field(min_length=1, max_length=300)]
_Reason = Annotated[str, Field(max_length=2000), AfterValidator(told)]
_Part = Literal["database", "populations", "frequency_cut_off", "ancestry_relevance"]


class _Database(Strict):
    name: _Text
    version: _Text
    because: _Reason = ""


class _Populations(Strict):
    names: Annotated[list[_Text], Field(min_length=1, max_length=100)]
    because: _Reason = ""


class _CutOff(Strict):
    value: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    because: _Reason = ""


class _Ancestry(Strict):
    patients: _Text
    because: _Reason = ""


class _File(Strict):
    format: Literal[1]
    source: _Text
    database: _Database | None = None
    populations: _Populations | None = None
    frequency_cut_off: _CutOff | None = None
    ancestry_relevance: _Ancestry | None = None
    left_out: list[_Part] = []


@dataclass(frozen=True, slots=True)
class Variation:
    """Each choice in words and its reason ("" where none is written), and what is said to be left out."""

    source: str
    chosen: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PanelStatement:
    """What a search of a panel says of itself: spacers, people, groups, sites that the reference lacks, and limits."""

    file: str
    spacers: tuple[str, ...]
    people: int
    groups: Mapping[str, int]
    limits: Mapping[str, float]
    created: int
    region: str
    not_searched: int
    settings: Mapping[str, int]


def read_variation(path: Path, problems: list[Problem]) -> Variation | None:
    """The choices as written; every fault is added to `problems`."""
    before = len(problems)
    text = read_text(path, VARIATION, problems)
    if text is not None:
        problems += hidden_characters(text, VARIATION)
    raw = read_toml(path, VARIATION, problems) if len(problems) == before else None
    made = None if raw is None else parse(_File, raw, VARIATION, "", problems)
    if made is None:
        return None
    words = {
        "database": made.database and told(made.database.name) and f"{made.database.name}, {made.database.version}",
        "populations": made.populations and ", ".join(n for n in made.populations.names if told(n)),
        "frequency_cut_off": made.frequency_cut_off and f"{made.frequency_cut_off.value:g} of alleles",
        "ancestry_relevance": made.ancestry_relevance and told(made.ancestry_relevance.patients),
    }
    chosen = {k: (w, getattr(made, k).because.strip()) for k, w in words.items() if w}
    for part in made.left_out:
        if part in chosen or made.left_out.count(part) > 1:
            problems.append(Problem(VARIATION, "key left_out", part, "what is not chosen, once", "remove one of them"))
    return Variation(made.source, chosen, tuple(made.left_out))


def read_statement(path: Path, relative: str, problems: list[Problem]) -> PanelStatement | None:
    """The statement of a search of a panel; one that this tool did not write, or of one patient, is a problem."""
    remedy = "put there what proband offtarget population wrote, as it wrote it"
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("size")
        return _statement(relative, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        problems.append(Problem(relative, "", "no statement of a search of a panel", "one", remedy))
        return None


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ValueError("count")
    return value


def _statement(relative: str, raw: Mapping[str, Any]) -> PanelStatement:
    facts, settings = raw["searched"], raw["settings"]
    groups = {k.removeprefix("samples_"): _count(n) for k, n in facts.items() if k.startswith("samples_")}
    groups.pop("of_the_sheet_not_in_the_panel", None)
    limits = {k.removeprefix("detection_limit_"): float(n) for k, n in facts.items() if k.startswith("detection_")}
    if not all(0 <= x <= 1 for x in limits.values()) or not isinstance(raw["region"], str):
        raise ValueError("values")
    names = ("not_placed", "calls_unphased_not_searched", "alleles_missing", "haplotypes_with_excluding_edits")
    return PanelStatement(
        relative,
        tuple(str(g["spacer"]) for g in settings["guides"]),
        _count(facts["samples"]),
        groups,
        limits,
        sum(_count(facts.get(f"rows_{c}", 0)) for c in ("created", "pam_gained")),
        raw["region"][:200],
        sum(_count(facts[n]) for n in names),
        {k: _count(settings[k]) for k in ("mismatches", "dna_bulges", "rna_bulges")},
    )


def covered(stated: Variation | None, searches: Sequence[PanelStatement]) -> tuple[Members, Mapping[str, str]]:
    """For each choice: present with a reason, absent without, unknown where nothing is written; and why.

    >>> made, why = covered(Variation("r", {"database": ("d", "large"), "populations": ("a", "")}), [])
    >>> made.present, made.absent, made.unknown
    (('database',), ('populations',), ('frequency_cut_off', 'ancestry_relevance'))
    >>> why["populations"]
    'a is chosen without a reason'
    """
    chosen = stated.chosen if stated is not None else {}
    because: dict[str, str] = {}
    absent = []
    for part in PARTS:
        what, why = chosen.get(part, ("", ""))
        if stated is not None and part in stated.left_out:
            because[part] = "left out, as the program says"
            absent.append(part)
        elif what and not why:
            because[part] = f"{what} is chosen without a reason"
            absent.append(part)
        elif not what:
            named = sorted({g for s in searches for g in s.groups}) if part == "populations" else []
            because[part] = f"searched: {', '.join(named)}; no reason is written" if named else "nothing is written"
    made = Members(
        tuple(p for p in PARTS if p not in because),
        tuple(absent),
        tuple(p for p in PARTS if p in because and p not in absent),
    )
    return made, because
