"""What a program says of its off-target assays, from ``offtarget/assays.toml``: class, cells, sequence, what is kept.

Only what is written is told: an assay without a line on its cells, its sequence or its records leaves these unknown.

Cannot see: whether what is written is true, and whether a written reason for other cells is a good one.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, hidden_characters, parse, read_text, read_toml
from proband.core.errors import Problem
from proband.core.evidence import Members
from proband.science.told_words import told

ASSAYS = "offtarget/assays.toml"
RECORDS = (
    "tools", "versions", "command_lines", "references", "databases", "quality_criteria", "depth_criteria",
    "alignment_criteria",
)  # fmt: skip
"""What has to be kept of a result so that it can be made again."""
_Text = Annotated[str, Field(min_length=1, max_length=300)]
_Count = Annotated[int, Field(ge=1, le=10_000)]
_Record = Literal[
    "tools", "versions", "command_lines", "references", "databases", "quality_criteria", "depth_criteria",
    "alignment_criteria",
]  # fmt: skip
Cells = Literal["same_as_edited_in_patient", "other_justified", "other_not_justified", "no_cells", "not_stated"]


class Assay(Strict):
    """One assay or search as its program describes it; what is not written is "", None or empty."""

    name: _Text
    method_class: Literal["computational", "biochemical", "cell_based"]
    cells: Cells = "not_stated"
    cell_type: Annotated[str, Field(max_length=300)] = ""
    because: Annotated[str, Field(max_length=2000)] = ""
    replicates: _Count | None = None
    donors: _Count | None = None
    spacer: Annotated[str, Field(max_length=60)] = ""
    whole_genome: bool | None = None
    recorded: list[_Record] = []
    not_recorded: list[_Record] = []
    source: _Text


class _File(Strict):
    format: Literal[1]
    assay: Annotated[list[Assay], Field(min_length=1, max_length=200)]


def read_assays(path: Path, problems: list[Problem]) -> tuple[Assay, ...]:
    """The assays of a file; every fault is added to `problems`."""
    before = len(problems)
    text = read_text(path, ASSAYS, problems)
    if text is not None:
        problems += hidden_characters(text, ASSAYS)
    raw = read_toml(path, ASSAYS, problems) if len(problems) == before else None
    made = None if raw is None else parse(_File, raw, ASSAYS, "", problems)
    if made is None:
        return ()
    names = [a.name for a in made.assay]
    for a in made.assay:
        problems.extend(_faults(a, names.count(a.name)))
    return tuple(made.assay)


def _faults(a: Assay, times: int) -> Iterable[Problem]:
    place = f"assay {a.name[:40]}"
    if times > 1:
        yield Problem(ASSAYS, place, "the name twice", "each assay once", "rename or remove one")
    if a.cells == "other_justified" and not told(a.because):
        remedy = "write it, or say other_not_justified"
        yield Problem(ASSAYS, f"{place}, key because", "nothing", "the reason for other cells", remedy)
    if a.method_class == "computational" and a.cells not in ("not_stated", "no_cells"):
        yield Problem(ASSAYS, f"{place}, key cells", a.cells, "no cells for a search", "remove it, or mend the class")
    if set(bases(a.spacer)) - set("ACGT"):
        yield Problem(ASSAYS, f"{place}, key spacer", "letters that are no bases", "A, C, G, T or U", "mend it")
    both = sorted(set(a.recorded) & set(a.not_recorded))
    twice = sorted({x for held in (a.recorded, a.not_recorded) for x in held if held.count(x) > 1})
    if both or twice:
        expected = "each thing once, recorded or not"
        yield Problem(ASSAYS, f"{place}, key recorded", ", ".join(both or twice), expected, "remove one")


def bases(spacer: str) -> str:
    """A spacer as capitals with T.

    >>> bases(" acgu ")
    'ACGT'
    """
    return spacer.strip().upper().replace("U", "T")


def made_with(spacer: str, own: str) -> dict[str, str]:
    """The scope setting that says a line was made with another spacer than the program's, so that it never decides.

    A program that states no spacer does not say which version it is: a line that names one is then another's as well.

    >>> made_with("ACGT", "acgu"), made_with("ACGA", "ACGT"), made_with("", "ACGT")
    ({}, {'version': 'spacer ACGA'}, {})
    >>> made_with("ACGT", "")
    {'version': 'spacer ACGT'}
    """
    other = bool(spacer) and bases(spacer) != bases(own)
    return {"version": f"spacer {bases(spacer)}"} if other else {}


def recorded(assays: Iterable[Assay]) -> Members:
    """For each thing to keep: present where every assay has it, absent where one lacks it, else unknown.

    >>> one = Assay(name="a", method_class="biochemical", source="x", recorded=["tools"], not_recorded=["versions"])
    >>> made = recorded([one])
    >>> made.present, made.absent, len(made.unknown)
    (('tools',), ('versions',), 6)
    """
    held = list(assays)
    absent = tuple(r for r in RECORDS if any(r in a.not_recorded for a in held))
    present = tuple(r for r in RECORDS if held and all(r in a.recorded for a in held))
    return Members(present, absent, tuple(r for r in RECORDS if r not in (*present, *absent)))


def genome_wide(stated: Iterable[bool | None]) -> str:
    """Whether a method saw the whole genome, by what is stated of each: one yes is enough, every no is needed.

    >>> genome_wide([None, True]), genome_wide([False, False]), genome_wide([False, None]), genome_wide([])
    ('yes', 'no', 'not_stated', 'not_stated')
    """
    held = list(stated)
    if any(held):
        return "yes"
    return "no" if held and all(x is False for x in held) else "not_stated"


def own_sequences(spacers: dict[str, str], own: str) -> Members:
    """Results by name: made with this spacer, with another one (absent), or of which either is not stated.

    >>> own_sequences({"a": "ACGT", "b": "ACGA", "c": ""}, "acgu")
    Members(present=('a',), absent=('b',), unknown=('c',))
    """
    mine = bases(own)
    told = {n: bases(s) for n, s in spacers.items()}
    return Members(
        tuple(n for n, s in told.items() if mine and s == mine),
        tuple(n for n, s in told.items() if mine and s and s != mine),
        tuple(n for n, s in told.items() if not mine or not s),
    )
