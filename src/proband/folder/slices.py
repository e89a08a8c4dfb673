"""``reference/*.toml``: pieces of a reference sequence at their true coordinates, with partial transcripts on them.

For programs that can not ship a genome. Positions are 1-based and intervals inclusive, as people write them.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.core.program import Program
from proband.core.slices import ReferenceSlices, Slice, SliceTranscript

Line = Annotated[str, Field(min_length=1, max_length=4000)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,60}$")]
Position = Annotated[int, Field(ge=1)]
Interval = Annotated[list[Position], Field(min_length=2, max_length=2)]


class _Slice(Strict):
    contig: Name
    start: Position
    bases: Annotated[str, Field(pattern=r"^[ACGTRYSWKMBDHVN]+$", min_length=1, max_length=200_000)]


class _Transcript(Strict):
    id: Name
    gene: str = ""
    contig: Name
    strand: Literal["+", "-"]
    exons: Annotated[list[Interval], Field(min_length=1)]
    coding: list[Interval] = []
    coding_before: Annotated[int, Field(ge=0)] = 0
    partial_stop: bool = False


class _Slices(Strict):
    format: Literal[1]
    build: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")]
    source: Line
    slice: Annotated[list[_Slice], Field(min_length=1)]
    transcript: list[_Transcript] = []


def read_slices(root: Path, name: str, program: Program, problems: list[Problem]) -> ReferenceSlices | None:
    """The slices of one file, or None with problems added; their build must be that of the variants."""
    raw = read_toml(root / name, name, problems)
    block = parse(_Slices, raw, name, "", problems) if raw is not None else None
    if block is None:
        return None
    before = len(problems)
    contigs = [s.contig for s in block.slice]
    for twice in sorted({c for c in contigs if contigs.count(c) > 1}):
        problems.append(Problem(name, f"slice {twice}", "two slices of one contig", "one", "join them, with N between"))
    ids = [t.id for t in block.transcript]
    for twice in sorted({i for i in ids if ids.count(i) > 1}):
        problems.append(Problem(name, f"transcript {twice}", "an id used twice", "each id once", "rename one"))
    builds = sorted({v.build for v in program.variants if v.build})
    if builds and block.build not in builds:
        problems.append(
            Problem(
                name, "key build", block.build, f"the build of the variants, {builds[0]}", "give slices of that build"
            )
        )
    for t in block.transcript:
        _check_transcript(t, block.slice, name, problems)
    return _slices(block, name) if len(problems) == before else None


def _check_transcript(t: _Transcript, slices: list[_Slice], name: str, problems: list[Problem]) -> None:
    at = f"transcript {t.id}"
    own = next((s for s in slices if s.contig == t.contig), None)
    if own is None:
        problems.append(Problem(name, at, f"contig {t.contig}", "a contig of the slices", "name one of them"))
        return
    low, high = own.start, own.start + len(own.bases) - 1
    for key, intervals in (("exons", t.exons), ("coding", t.coding)):
        for start, end in intervals:
            if not low <= start <= end <= high:
                expected = f"start to end within {low} to {high}"
                problems.append(
                    Problem(name, f"{at}, {key}", f"{start} to {end}", expected, "give the part on the slice")
                )
        ordered = sorted(intervals)
        if intervals != ordered or any(a[1] >= b[0] for a, b in pairwise(ordered)):
            problems.append(Problem(name, f"{at}, {key}", "out of order or overlapping", "genomic order", "sort them"))
    if t.coding:
        first, last = t.coding[0][0], t.coding[-1][1]
        inside = [[max(s, first), min(e, last)] for s, e in t.exons if s <= last and e >= first]
        if inside != t.coding:
            found = ", ".join(f"{s} to {e}" for s, e in t.coding[:6])
            expected = "the exons from the first to the last coding base"
            problems.append(Problem(name, f"{at}, coding", found, expected, "correct exons or coding"))


def _slices(b: _Slices, name: str) -> ReferenceSlices:
    def zero_based(intervals: list[Interval]) -> tuple[tuple[int, int], ...]:
        return tuple((start - 1, end) for start, end in intervals)

    transcripts = tuple(
        SliceTranscript(
            t.id, t.gene, t.contig, t.strand, zero_based(t.exons), zero_based(t.coding), t.coding_before, t.partial_stop
        )
        for t in b.transcript
    )
    slices = tuple(Slice(s.contig, s.start - 1, s.bases) for s in b.slice)
    return ReferenceSlices(name, b.build, b.source, slices, transcripts)
