"""Base editing guides: every protospacer on both strands that puts a base in the editing window, PAM fitting.

A position in a protospacer counts from 1 at the PAM-distal end, whatever the side of the PAM.

Cannot see: efficiency, sequence preferences of the deaminase, off-targets, and sequence beyond what was given.
"""

from __future__ import annotations

from dataclasses import dataclass

from proband.science.design.editors import Editor
from proband.science.design.haplotype import Change, Haplotype
from proband.science.design.strands import Placement, flip, gc_fraction, longest_run, on_strand, oriented, place

REASONS = {
    "not_a_substitution": "a base editor replaces one base by one other",
    "conversion": "the change is not one that this editor makes on either strand",
    "no_pam": "the target is in the window, but there is no fitting PAM",
    "outside_window": "there is a fitting PAM, but the target lies outside of the window",
    "ambiguous_base": "a base of the protospacer or PAM is not known (not A, C, G or T)",
    "past_sequence_end": "the protospacer or PAM would lie past the end of the sequence given",
}


@dataclass(frozen=True, slots=True)
class EditableBase:
    """A base that the editor could convert: protospacer position, haplotype index, reference position, plus strand."""

    position: int
    index: int
    reference_position: int | None
    plus_base: str
    plus_edited: str
    in_window: bool
    is_target: bool


@dataclass(frozen=True, slots=True)
class Guide:
    """A guide of a base editor.

    `start` and `end` bound the protospacer on the reference plus strand, 0-based half-open; `position` is that of
    the target in the protospacer; `editable` lists all bases that may be converted in the wide window, target included.
    """

    editor: str
    strand: str
    spacer: str
    pam: str
    start: int
    end: int
    position: int
    base: str
    editable: tuple[EditableBase, ...]

    @property
    def target(self) -> str:
        """The target as written: base and position, such as A8."""
        return f"{self.base}{self.position}"

    @property
    def bystanders(self) -> tuple[EditableBase, ...]:
        """All editable bases but the target."""
        return tuple(e for e in self.editable if not e.is_target)

    @property
    def gc(self) -> float:
        """Share of G and C in the spacer."""
        return gc_fraction(self.spacer)

    @property
    def longest_t_run(self) -> int:
        """Longest run of T in the spacer; four or more can end transcription from a U6 promoter."""
        return longest_run(self.spacer, "T")


@dataclass(frozen=True, slots=True)
class Rejection:
    """Something that was tried and why it does not work; `code` is a key of the module's ``REASONS``."""

    editor: str
    code: str
    detail: str
    strand: str = ""
    position: int = 0
    spacer: str = ""
    pam: str = ""


@dataclass(frozen=True, slots=True)
class GuideSearch:
    """What an editor can do for one change: guides, and every placement that was rejected."""

    editor: str
    guides: tuple[Guide, ...]
    rejected: tuple[Rejection, ...]


def enumerate_guides(haplotype: Haplotype, change: Change, editor: Editor) -> GuideSearch:
    """Every guide of a base editor that puts the base to change into its window, with a fitting PAM.

    Raises ``ValueError`` for an editor that is no base editor, or a change that the haplotype does not carry.

    >>> from proband.science.design.editors import load_editors
    >>> from proband.science.design.haplotype import change_at, haplotype_of
    >>> h = haplotype_of("c1", 0, "CCCCCACCCCCCCCCCCCCCAGGC")
    >>> found = enumerate_guides(h, change_at(h, 5, "A", "G"), load_editors()["ABE8e/SpCas9"])
    >>> [(g.strand, g.spacer, g.pam, g.target) for g in found.guides]
    [('+', 'CCCCCACCCCCCCCCCCCCC', 'AGG', 'A6')]
    """
    if editor.conversion is None:
        raise ValueError(f"{editor.name} is not a base editor")
    if haplotype.sequence[change.index : change.index + len(change.present)] != change.present:
        raise ValueError("the haplotype does not have the bases that the change expects")
    strand = _strand_of(change, editor)
    if strand not in ("+", "-"):
        return GuideSearch(editor.name, (), (Rejection(editor.name, *_unreachable(change, editor, strand)),))
    sequence = oriented(haplotype.sequence, strand)
    target = flip(change.index, len(sequence), strand)
    guides, rejected = [], []
    for position in range(1, editor.spacer_length + 1):
        placed = place(sequence, target - offset_of(position, editor), editor)
        inside = editor.window[0] <= position <= editor.window[1]
        if inside and not placed.problem:
            guides.append(_guide(haplotype, editor, strand, placed, position, target))
        elif inside or not placed.problem:
            rejected.append(_rejection(editor, strand, placed, position))
    return GuideSearch(editor.name, tuple(guides), tuple(rejected))


def offset_of(position: int, editor: Editor) -> int:
    """0-based place in the spacer, 5' to 3', of a protospacer position."""
    return position - 1 if editor.pam_after else editor.spacer_length - position


def _strand_of(change: Change, editor: Editor) -> str:
    """The strand on which the editor makes the change, or the code of the reason why it can not."""
    if not change.is_substitution:
        return "not_a_substitution"
    for strand in ("+", "-"):
        if (on_strand(change.present, strand), on_strand(change.wanted, strand)) == editor.conversion:
            return strand
    return "conversion"


def _unreachable(change: Change, editor: Editor, code: str) -> tuple[str, str]:
    made = f"{change.present or '-'}>{change.wanted or '-'}"
    if code == "not_a_substitution":
        return code, f"{made} is not a substitution of one base: {REASONS[code]}"
    assert editor.conversion is not None
    a, b = editor.conversion
    kind = "transition" if {change.present, change.wanted} in ({"A", "G"}, {"C", "T"}) else "transversion"
    other = f"{on_strand(a, '-')}>{on_strand(b, '-')}"
    return code, f"{made} is a {kind}; this editor makes {a}>{b}, which is {other} on the other strand"


def _guide(haplotype: Haplotype, editor: Editor, strand: str, placed: Placement, position: int, target: int) -> Guide:
    assert editor.conversion is not None
    length, made = len(haplotype.sequence), on_strand(editor.conversion[1], strand)
    editable = []
    for p in range(editor.wide_window[0], editor.wide_window[1] + 1):
        at = placed.start + offset_of(p, editor)
        if placed.spacer[at - placed.start] != editor.conversion[0]:
            continue
        index = flip(at, length, strand)
        inside = editor.window[0] <= p <= editor.window[1]
        reference = haplotype.reference_position(index)
        editable.append(EditableBase(p, index, reference, haplotype.sequence[index], made, inside, at == target))
    start, end = reference_interval(haplotype, strand, placed.start, placed.start + editor.spacer_length)
    base = editor.conversion[0]
    return Guide(editor.name, strand, placed.spacer, placed.pam, start, end, position, base, tuple(editable))


def reference_interval(haplotype: Haplotype, strand: str, start: int, end: int) -> tuple[int, int]:
    """Reference interval, 0-based half-open, of an oriented one."""
    n = len(haplotype.sequence)
    low, high = (start, end) if strand == "+" else (n - end, n - start)
    return haplotype.boundary(low), haplotype.boundary(high)


def _rejection(editor: Editor, strand: str, placed: Placement, position: int) -> Rejection:
    code = placed.problem or "outside_window"
    detail = {
        "no_pam": f"target at {position}: {placed.pam} is not {editor.pam}",
        "outside_window": f"PAM {placed.pam} fits; target at {position}, window {editor.window[0]}-{editor.window[1]}",
        "ambiguous_base": f"target at {position}: protospacer or PAM holds a letter other than A, C, G, T",
        "past_sequence_end": f"target at {position}: the sequence given ends before protospacer and PAM do",
    }[code]
    return Rejection(editor.name, code, detail, strand, position, placed.spacer, placed.pam)
