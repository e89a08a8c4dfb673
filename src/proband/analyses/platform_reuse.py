"""What this version shares with its siblings, and every item of evidence that is leaned on, with its right of use.

Asks: which parts differ from those of the siblings beyond the targeting sequence; which genes are grouped and why; is
every item that is leaned on justified, checkable, bridged where a difference matters, and alike in exposure?
Cannot see: whether an argument is a good one, and siblings that nobody entered. A letter is taken as written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem, ProgramError
from proband.core.evidence import Column, Concern, ConcernWord, Fact, Members, Scope, Subject, Table
from proband.core.program import Program

if TYPE_CHECKING:
    from proband.science.platform.folder_state import FolderState
    from proband.science.platform.matrix import Answer, Row


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the record, of what is inherited and overridden, and of the items, without numerics."""
    from proband.science.platform.folder_state import letters_of, read_state

    problems: list[Problem] = []
    files = {f.relative: f.path for g in inputs.files.values() for f in g}
    read_state(files, program.platform, program.gene, letters_of(program.candidate), problems)
    return problems


@analysis(
    claims=("platform.difference", "platform.grouping", "platform.reuse"),
    reads={
        "above": "../platform.toml",
        "here": "platform.toml",
        "components": "quality/components.toml",
        "reuse": "platform/reuse.toml",
        "pooled": "platform/versions.csv",
    },
    uses=("id", "gene", "candidate", "platform", "data_cut"),
    version=1,
    border=border,
)
def platform_reuse(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line on the parts, one on the genes, and one on the items that are leaned on."""
    from proband.science.platform.folder_state import letters_of, read_state

    problems: list[Problem] = []
    files = {f.relative: f.path for g in inputs.files.values() for f in g}
    state = read_state(files, program.platform, program.gene, letters_of(program.candidate), problems)
    if problems:
        raise ProgramError(problems)
    if state is None:
        return
    yield _difference(program.id, state)
    yield _grouping(program.id, state)
    rows = state.rows(program.data_cut)
    if rows:
        yield _reuse(program.id, state, rows)


def _difference(program_id: str, state: FolderState) -> Draft:
    from proband.science.platform.difference import UNSETTLED
    from proband.science.platform.folder_state import NO_SIBLING, register_concerns, register_said

    found = {k: tuple(v) for k, v in state.parts().items()}
    count = sum(p != NO_SIBLING for names in found.values() for p in names)
    rows = [
        (p.part, name or "the platform", p.found, p.said)
        for name, parts in state.differences.items()
        for p in parts
        if p.found != "same"
    ]
    others = [n or "the platform" for n in state.differences]
    against = ", ".join(others) if len(others) <= 8 else f"{len(others)} versions"
    beyond = f"beyond the targeting sequence: {', '.join(found['absent'])}" if found["absent"] else "none beyond it"
    register = " ".join(register_said(state.record, state.pooled))
    reasons = [f"{s.field}: {s.because.strip().rstrip('.')}" for s in state.mine.stated]
    why = f" Stated otherwise than inherited: {'; '.join(reasons)}." if reasons else ""
    return Draft(
        kind="platform.difference",
        statement=f"{count} parts against {against or 'nothing'}: "
        f"{len(found['present'])} are the same or "
        f"differ in targeting letters alone, {len(found['unknown'])} are not known in full, {beyond}.{why} "
        f"{register} {UNSETTLED}",
        subject=Subject("program", program_id),
        scope=Scope(
            where=f"{state.record.file}, quality/components.toml, program.toml",
            how="component by component and step by step, field by field; letters and modifications by position",
            denominator=f"{count} parts, {len(state.siblings)} siblings",
            not_covered="differences that neither side writes down; folders of the siblings",
        ),
        facts={"parts": Members(found["present"], found["absent"], found["unknown"])},
        readout_definition="Present: the same in all versions of the record, or different in targeting letters alone. "
        "Absent: another field differs. Unknown: a field is not told on one side, which is never the same.",
        tables=(_table("differences", "Parts that are not the same", ("part", "against", "found", "fields"), rows),),
        concerns=tuple(Concern(ConcernWord.SELECTIVE, s) for s in register_concerns(state.record, state.pooled)),
    )


def _grouping(program_id: str, state: FolderState) -> Draft:
    from proband.science.platform.folder_state import grouping

    word, genes = grouping(state.record)
    reason = state.record.grouping.reason.strip().rstrip(".")
    told = f"Versions address {', '.join(genes)}" if genes else "The genes of the versions are not stated"
    why = f"; as the reason is written: {reason}." if reason else "; no reason for a grouping is written."
    return Draft(
        kind="platform.grouping",
        statement=told + why,
        subject=Subject("program", program_id),
        scope=Scope(state.record.file, "genes of all versions, and the reason written", f"{len(genes)} genes"),
        facts={"grouping": word, "genes": ", ".join(genes) or "not stated"},
        readout_definition="Genes as stated of versions and of the application; the reason is taken as written.",
    )


def _reuse(program_id: str, state: FolderState, rows: tuple[Row, ...]) -> Draft:
    facts: dict[str, Fact] = {
        "justified": _members((r.item.id, r.justified) for r in rows),
        "checkable": _members(
            p for r in rows for p in ((f"{r.item.id}, source", r.source), (f"{r.item.id}, right", r.right))
        ),
    }
    bridging = [(f"{r.item.id}, {k}", a) for r in rows for k, a in r.bridging.items()]
    exposure = [(f"{r.item.id}, {k}", a) for r in rows for k, a in r.exposure.items()]
    facts |= {k: _members(v) for k, v in (("bridged", bridging), ("exposure", exposure)) if v}
    counted = {v: [r.item.id for r in rows if r.verdict == v] for v in ("complete", "open", "never")}
    told = "; ".join(f"{len(ids)} {v} ({', '.join(ids)})" for v, ids in counted.items() if ids)
    cells = [
        (r.item.id, r.item.category, r.item.from_version or "not stated", r.nature, r.difference,
         r.right_kind or "not stated", r.verdict, "; ".join(r.lacks))
        for r in rows
    ]  # fmt: skip
    names = ("item", "category", "made_with", "nature", "difference", "right", "verdict", "lacks")
    return Draft(
        kind="platform.reuse",
        statement=f"Items that are leaned on, {len(rows)} in all: {told}. What is product-specific by its "
        "nature never supports this version, whatever is argued.",
        subject=Subject("program", program_id),
        scope=Scope(
            where="platform/reuse.toml, " + state.record.file,
            how="each item held against the comparison with its source version, agreements and exposures as written",
            denominator=f"{len(rows)} items",
            not_covered="evidence that is leaned on and not listed",
        ),
        facts=facts,
        readout_definition="Complete: argument, use, source, right, bridging and exposure are written. Open: one is "
        "not. Never: product-specific by its nature, and made with another version.",
        tables=(_table("reuse", "Items that are leaned on", names, cells),),
    )


def _members(answers: Iterable[tuple[str, Answer]]) -> Members:
    held = dict(answers)
    by = {w: tuple(n for n, a in held.items() if a.answer == w) for w in ("there", "not_there", "not_known")}
    return Members(by["there"], by["not_there"], by["not_known"])


def _table(name: str, title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> Table:
    from proband.core.provenance import digest

    shown = tuple(rows[:50])
    return Table(
        name, title, tuple(Column(c, "", c.replace("_", " ")) for c in columns), len(rows), digest(rows), "", shown
    )
