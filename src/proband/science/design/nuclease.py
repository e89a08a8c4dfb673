"""Nuclease guides near a change: where they cut, and what small indels at the cut do to the reading frame.

Outcomes count placements, not frequencies: a deletion of d bases that touches the cut can lie in d + 1 ways.

Cannot see: how often each indel occurs, large deletions, translocations, templated repair, and whether the guide
spares the other allele (that a base of the change lies in seed or PAM is a hint, not a measurement).
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.science.design.consequence import ProteinContext, splice_flag
from proband.science.design.editors import Editor
from proband.science.design.haplotype import Change, Haplotype
from proband.science.design.spacers import Rejection, reference_interval
from proband.science.design.strands import (
    STRANDS,
    Placement,
    cut_index,
    oriented,
    other_cut_index,
    place,
)

WITHIN = 10  # bases between cut and change for a cut to count as near; project's choice
SIZES = (*range(-10, 0), 1, 2, 3)  # deletions and insertions that are tabulated; project's choice


@dataclass(frozen=True, slots=True)
class CutSite:
    """A guide that cuts near the change.

    `cut` and `other_cut` are the boundaries cut on the strand with the PAM and on the other one, as reference
    positions of the base after them; equal for a blunt cut. `distance` is the number of bases between cut and
    change. `on_change` says where the change lies in the target: ``pam``, ``seed``, ``spacer`` or "" (outside).
    """

    editor: str
    strand: str
    spacer: str
    pam: str
    start: int
    end: int
    cut: int
    other_cut: int
    distance: int
    on_change: str
    cut_index: int


@dataclass(frozen=True, slots=True)
class FrameOutcome:
    """Placements of an indel of `size` bases (negative: deletion) at a cut, by what they do to the reading frame."""

    size: int
    in_frame: int
    frameshift: int
    splice: int
    outside_coding: int


@dataclass(frozen=True, slots=True)
class CutSearch:
    """The cuts of one nuclease near a change, by distance, or why there is none."""

    editor: str
    sites: tuple[CutSite, ...]
    rejected: tuple[Rejection, ...]


def cut_sites(haplotype: Haplotype, change: Change, editor: Editor, within: int = WITHIN) -> CutSearch:
    """Every target whose cut lies at most `within` bases from the change, on both strands.

    >>> from proband.science.design.editors import load_editors
    >>> from proband.science.design.haplotype import change_at, haplotype_of
    >>> h = haplotype_of("c1", 0, "ACGATTACATACGATTCCATACAGGATCA")
    >>> found = cut_sites(h, change_at(h, 19, "T", "C"), load_editors()["SpCas9"])
    >>> [(s.strand, s.cut, s.distance) for s in found.sites]
    [('+', 19, 0)]
    """
    made, unknown = [], 0
    n = len(haplotype.sequence)
    for strand in STRANDS:
        sequence = oriented(haplotype.sequence, strand)
        first = change.index if strand == "+" else n - change.index - len(change.present)
        last = first + len(change.present)
        shift = cut_index(0, editor)
        for start in range(first - within - shift, last + within - shift + 1):
            placed = place(sequence, start, editor)
            away = _distance(start + shift, first, last)
            if away > within:
                continue
            unknown += placed.problem in ("ambiguous_base", "past_sequence_end")
            if not placed.problem:
                made.append(_site(haplotype, editor, strand, placed, (first, last), away))
    made.sort(key=lambda s: (s.distance, s.strand, s.start))
    if made:
        return CutSearch(editor.name, tuple(made), ())
    detail = f"no {editor.pam} with a cut within {within} bases of the change"
    if unknown:
        detail += f"; {unknown} placements hold unknown bases or lie past the sequence given"
    return CutSearch(editor.name, (), (Rejection(editor.name, "ambiguous_base" if unknown else "no_pam", detail),))


def _distance(cut: int, first: int, last: int) -> int:
    """Bases between the boundary before `cut` and the bases first to last (last excluded)."""
    if cut < first:
        return first - cut
    return max(cut - last, 0)


def _site(
    haplotype: Haplotype, editor: Editor, strand: str, placed: Placement, changed: tuple[int, int], away: int
) -> CutSite:
    n, start = len(haplotype.sequence), placed.start
    cut, other = cut_index(start, editor), other_cut_index(start, editor)
    low, high = reference_interval(haplotype, strand, start, start + editor.spacer_length)
    here = cut if strand == "+" else n - cut
    there = min(max(other if strand == "+" else n - other, 0), n)
    return CutSite(
        editor=editor.name,
        strand=strand,
        spacer=placed.spacer,
        pam=placed.pam,
        start=low,
        end=high,
        cut=haplotype.boundary(here),
        other_cut=haplotype.boundary(there),
        distance=away,
        on_change=_on_change(start, editor, changed),
        cut_index=here,
    )


def _on_change(start: int, editor: Editor, changed: tuple[int, int]) -> str:
    end, n, seed = start + editor.spacer_length, len(editor.pam), editor.seed_length
    parts = (
        (("pam", end, end + n), ("seed", end - seed, end), ("spacer", start, end))
        if editor.pam_after
        else (("pam", start - n, start), ("seed", start, start + seed), ("spacer", start, end))
    )
    first, last = changed
    for name, low, high in parts:
        if (first < high and last > low) if last > first else low < first < high:
            return name
    return ""


def frame_outcomes(
    haplotype: Haplotype, site: CutSite, context: ProteinContext, sizes: tuple[int, ...] = SIZES
) -> tuple[FrameOutcome, ...]:
    """What indels of the given sizes at a cut do to the reading frame; () on a haplotype with a length change.

    A deletion that takes an essential splice base, or a coding base together with one outside of the coding part,
    counts as `splice`. Raises ``ValueError`` for a size of 0 or a transcript on another contig.

    >>> from proband.science.design.editors import load_editors
    >>> from proband.science.design.haplotype import change_at, haplotype_of
    >>> from proband.science.sequence.transcripts import Transcript
    >>> bases = "ATGATTACATACGATTCCATACAGGATCTAA"
    >>> h, t = haplotype_of("c1", 0, bases), Transcript("T1", "G", "c1", "+", ((0, 31),), 0, 31, bases)
    >>> site = cut_sites(h, change_at(h, 19, "T", "C"), load_editors()["SpCas9"]).sites[0]
    >>> [(o.size, o.in_frame, o.frameshift) for o in frame_outcomes(h, site, t, (-3, -1, 1))]
    [(-3, 4, 0), (-1, 0, 2), (1, 0, 1)]
    """
    if context.contig != haplotype.contig:
        raise ValueError(f"transcript {context.id} lies on {context.contig}, the haplotype on {haplotype.contig}")
    if 0 in sizes:
        raise ValueError("an indel has a size other than 0")
    if haplotype.substitutions() is None:
        return ()
    return tuple(_outcome(site.cut, size, context) for size in sizes)


def _outcome(cut: int, size: int, context: ProteinContext) -> FrameOutcome:
    count = {"in_frame": 0, "frameshift": 0, "splice": 0, "outside": 0}
    placements = [(cut - 1, cut + 1)] if size > 0 else [(cut - k, cut - k - size) for k in range(-size + 1)]
    for low, high in placements:
        count[_placement(low, high, size, context)] += 1
    return FrameOutcome(size, count["in_frame"], count["frameshift"], count["splice"], count["outside"])


def _placement(low: int, high: int, size: int, context: ProteinContext) -> str:
    """One placement: the deleted bases, or the two beside an insertion."""
    coding = [context.coding_index(p) is not None for p in range(low, high)]
    flags = [splice_flag(context, p) for p in range(low, high)]
    essential = [f for f in flags if f is not None and f.essential]
    if size > 0:
        if not all(coding):
            return "splice" if essential and not any(coding) else "outside"
    elif essential or (any(coding) and not all(coding)):
        return "splice"
    elif not any(coding):
        return "outside"
    return "in_frame" if size % 3 == 0 else "frameshift"
