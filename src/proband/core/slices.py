"""Pieces of a reference sequence, and partial transcripts on them, that a program folder carries itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slice:
    """A piece of one contig on the plus strand; `start` is the 0-based position of its first base."""

    contig: str
    start: int
    bases: str


@dataclass(frozen=True, slots=True)
class SliceTranscript:
    """A transcript, or the part of it that lies on the slices; intervals are 0-based half-open, in genomic order.

    `coding_before` is the number of coding bases missing at its 5' end, so that c. numbers stay those of the whole.
    """

    id: str
    gene: str
    contig: str
    strand: str
    exons: tuple[tuple[int, int], ...]
    coding: tuple[tuple[int, int], ...]
    coding_before: int
    partial_stop: bool


@dataclass(frozen=True, slots=True)
class ReferenceSlices:
    """``reference/*.toml`` as read: one build, its pieces and transcripts, and where they come from."""

    file: str
    build: str
    source: str
    slices: tuple[Slice, ...]
    transcripts: tuple[SliceTranscript, ...]
