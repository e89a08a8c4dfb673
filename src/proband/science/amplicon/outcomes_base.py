"""Outcomes of base editing: conversion at each position, the intended edit, that edit alone, bystanders, by-products.

Positions are those of the protospacer: 1 is the base farthest from the PAM. The wide window of the editor says where
conversions are listed; the deciding window of the amplicon (protospacer, and ten bases on each side of the nick) says
what "nothing else changed" means. A read that shows N where it matters is undetermined, never unconverted; a read that
lacks a base is not converted there. Wrong conversions are all other substitutions of the wide window, sequencing
errors included; only a control tells those apart.

Source of the readouts: the four editing rates of one sample in Musunuru et al., N Engl J Med 2025;392:2235-2243, of
which one alone is the therapeutic fraction.

Cannot see: conversions outside of the windows, and which errors are of the sequencer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from proband.science.amplicon.alignment import encoded
from proband.science.amplicon.amplicon import Amplicon, Site
from proband.science.amplicon.locus_reads import LETTERS, Array, LocusReads, bases_at
from proband.science.amplicon.outcome_tables import OutcomeRow
from proband.science.amplicon.targets import Target
from proband.science.design.editors import Editor
from proband.science.sequence.alphabet import complement

UNREAD = 4
MOST_COMBINATIONS = 64
"""Combinations listed; the rarer ones are one row."""


@dataclass(frozen=True)
class BaseView:
    """What each unique read shows of the protospacer: codes (reads, spacer), what its amplicon has there, intended.

    `intended` and `wide` hold 1-based positions; `whole` says which reads show every base of the deciding window.
    """

    reads: LocusReads
    spacer: str
    codes: Array
    present: Array
    conversion: tuple[int, int]
    intended: tuple[int, ...]
    wide: tuple[int, ...]
    whole: Array
    on_expected: Array

    @property
    def editable(self) -> tuple[int, ...]:
        """Positions of the wide window with the base that the editor converts."""
        return tuple(p for p in self.wide if self.spacer[p - 1] == LETTERS[self.conversion[0]])

    def read(self, positions: tuple[int, ...]) -> Array:
        """Which reads show no N at any of the positions."""
        return np.asarray(np.all(self.codes[:, _at(positions)] != UNREAD, axis=1))

    def converted(self, positions: tuple[int, ...]) -> Array:
        """Conversions of the editor (reads, positions)."""
        at = _at(positions)
        return np.asarray((self.present[:, at] == self.conversion[0]) & (self.codes[:, at] == self.conversion[1]))


def _all(held: Array) -> Array:
    return np.asarray(np.all(held, axis=1))


def _any(held: Array) -> Array:
    return np.asarray(np.any(held, axis=1))


def _at(positions: tuple[int, ...]) -> Array:
    return np.array(positions, np.int64) - 1


def base_view(reads: LocusReads, target: Target) -> BaseView:
    """The protospacer in all reads of a locus.

    Raises ``ValueError`` where the target has no base editor or no guide, or where its expected allele is not made by
    the editor's conversion of bases of the protospacer.
    """
    editor = target.editor
    if editor is None or editor.conversion is None or not reads.q.amplicons[reads.members[0]].sites:
        raise ValueError(f"{target.name}: a base editor and a guide are needed")
    reference = reads.q.amplicons[reads.members[0]]
    site = reference.sites[0]
    spacer = in_spacer(reference.sequence, site)
    intended = intended_positions(target.sequence.upper(), target.expected.upper(), site, editor)
    low, high = editor.wide_window
    wide = tuple(sorted({*range(low, min(high, len(spacer)) + 1), *intended}))
    size = len(reads.rows)
    codes, present = np.full((size, len(spacer)), UNREAD, np.uint8), np.full((size, len(spacer)), UNREAD, np.uint8)
    whole, on_expected = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    for k in reads.members:
        mine = np.flatnonzero(reads.amplicon == k)
        amplicon = reads.q.amplicons[k]
        expected = target.expected.upper() == amplicon.sequence
        place = amplicon.sites[0] if amplicon.sites else site
        if place.end - place.start != len(spacer):
            continue
        rows = reads.rows[mine]
        codes[mine] = _oriented(bases_at(reads.q, rows, range(place.start, place.end)), place.strand)
        present[mine] = encoded(in_spacer((reference if expected else amplicon).sequence, place))
        whole[mine] = np.all(bases_at(reads.q, rows, amplicon.window) != UNREAD, axis=1)
        on_expected[mine] = expected
    f, t = (LETTERS.index(b) for b in editor.conversion)
    return BaseView(reads, spacer, codes, present, (f, t), intended, wide, whole, on_expected)


def in_spacer(sequence: str, site: Site) -> str:
    """The bases of a site 5' to 3' on the strand of its guide.

    >>> in_spacer("TTACGTAA", Site("s", "-", 2, 5, 4))
    'CGT'
    """
    bases = sequence[site.start : site.end]
    return bases if site.strand == "+" else "".join(complement(b) for b in reversed(bases))


def _oriented(codes: Array, strand: str) -> Array:
    if strand == "+":
        return codes
    turned = codes[:, ::-1]
    return np.where(turned < UNREAD, 3 - turned.astype(np.int16), turned).astype(np.uint8)


def intended_positions(sequence: str, expected: str, site: Site, editor: Editor) -> tuple[int, ...]:
    """Positions in the protospacer that an expected allele has converted; none where no allele is expected.

    Raises ``ValueError`` for an allele that the editor's conversion in the protospacer does not make.
    """
    if not expected:
        return ()
    if len(expected) != len(sequence) or editor.conversion is None:
        raise ValueError("the expected allele of a base edit has the length of its amplicon")
    wanted = []
    for i, (before, after) in enumerate(zip(sequence, expected, strict=True)):
        if before == after:
            continue
        if not site.start <= i < site.end:
            raise ValueError(f"base {i + 1} of the expected allele differs outside of the protospacer")
        if site.strand == "-":
            before, after = complement(before), complement(after)
        if (before, after) != editor.conversion:
            raise ValueError(f"base {i + 1} of the expected allele is not made by {'>'.join(editor.conversion)}")
        wanted.append(i - site.start + 1 if site.strand == "+" else site.end - i)
    return tuple(sorted(wanted))


def named(view: BaseView, positions: tuple[int, ...]) -> str:
    """Positions with their bases, such as A6+A8."""
    return "+".join(f"{view.spacer[p - 1]}{p}" for p in positions)


def intended_alone(view: BaseView) -> Array:
    """Which reads carry the intended edit and nothing else in the deciding window."""
    all_of = _all(view.converted(view.intended))
    substituted = view.reads.q.classified.summary[view.reads.rows, 3]
    beside = np.where(view.on_expected, substituted, substituted - len(view.intended))
    return np.asarray(all_of & (beside == 0) & ~view.reads.indel() & view.whole)


def base_rows(view: BaseView) -> list[OutcomeRow]:
    """All rows of a base-edited locus."""
    every = np.ones(len(view.reads.rows), np.bool_)
    editable, known = view.editable, view.read(view.editable)
    made = []
    if view.intended:
        edit = named(view, view.intended)
        read = view.read(view.intended)
        hit = _all(view.converted(view.intended))
        made.append(
            _row(view, "intended_edit", edit, hit, read, "every intended base converted, whatever else changed")
        )
        alone = "the intended edit and nothing else in the deciding window"
        made.append(_row(view, "only_intended_edit", edit, intended_alone(view), view.whole, alone))
    low, high = view.wide[0], view.wide[-1]
    wide = f"positions {low} to {high}"
    hit = _any(view.converted(editable))
    made.append(_row(view, "any_conversion", "", hit, known, f"at least one conversion of the editor in {wide}"))
    for p in editable:
        hit = _all(view.converted((p,)))
        made.append(_row(view, "conversion", named(view, (p,)), hit, view.read((p,)), "this base converted"))
    made += _combinations(view, known)
    made += _wrong(view, wide)
    made.append(_row(view, "indel", "", view.reads.indel(), every, "insertion or deletion in the deciding window"))
    return made


def _row(view: BaseView, outcome: str, item: str, hit: Array, known: Array, meaning: str) -> OutcomeRow:
    reads = view.reads
    of = reads.reads(known)
    return OutcomeRow(
        "base", outcome, item, reads.reads(hit & known), of, reads.total - of, reads.unknown, meaning
    )  # fmt: skip


def _combinations(view: BaseView, known: Array) -> list[OutcomeRow]:
    """Reads by the set of converted bases, the most frequent first; reads with an indel are not in them."""
    bits = view.converted(view.editable) @ (1 << np.arange(len(view.editable), dtype=np.int64))
    held = known & ~view.reads.indel()
    values, at = np.unique(bits[held], return_inverse=True)
    counts = np.bincount(at, weights=view.reads.weights[held], minlength=len(values))
    order = np.lexsort((values, -counts))
    of = view.reads.reads(known)
    made, meaning = [], "exactly these bases converted, no indel; other substitutions may be there"
    for i in order[:MOST_COMBINATIONS].tolist():
        chosen = tuple(p for b, p in enumerate(view.editable) if values[i] >> b & 1)
        item = named(view, chosen) or "none"
        made.append((item, int(counts[i]), meaning))
    rest = int(counts[order[MOST_COMBINATIONS:]].sum())
    if rest:
        made.append(("other", rest, "rarer combinations together"))
    open_reads = view.reads.total - of
    return [OutcomeRow("base", "combination", i, n, of, open_reads, view.reads.unknown, m) for i, n, m in made]


def _wrong(view: BaseView, wide: str) -> list[OutcomeRow]:
    """Substitutions of the wide window other than the editor's, together and by position."""
    at = _at(view.wide)
    codes, present = view.codes[:, at], view.present[:, at]
    wrong = (codes < UNREAD) & (present < UNREAD) & (codes != present) & ~view.converted(view.wide)
    known = view.read(view.wide)
    told = f"a substitution that is not the editor's in {wide}, errors of sequencing included"
    made = [_row(view, "wrong_conversion", "", _any(wrong), known, told)]
    for i, p in enumerate(view.wide):
        for base in range(4):
            hit = wrong[:, i] & (codes[:, i] == base)
            if hit.any():
                item = f"{view.spacer[p - 1]}{p}>{LETTERS[base]}"
                made.append(_row(view, "wrong_conversion", item, hit, view.read((p,)), "this substitution"))
    return made


def converted_allele(amplicon: Amplicon, editor: Editor, positions: tuple[int, ...]) -> str:
    """The allele of an amplicon with bases of its first site converted, positions from 1 in the protospacer.

    Raises ``ValueError`` for a position without the base that the editor converts.
    """
    if editor.conversion is None or not amplicon.sites:
        raise ValueError("a base editor and a guide are needed")
    site, letters = amplicon.sites[0], list(amplicon.sequence)
    spacer, (before, after) = in_spacer(amplicon.sequence, site), editor.conversion
    for p in positions:
        if not 1 <= p <= len(spacer) or spacer[p - 1] != before:
            raise ValueError(f"position {p} of the protospacer is no {before}")
        i = site.start + p - 1 if site.strand == "+" else site.end - p
        letters[i] = after if site.strand == "+" else complement(after)
    return "".join(letters)


def base_expected(amplicon: Amplicon, editor: Editor, text: str) -> str:
    """The allele that positions such as ``A8`` or ``A6+A8`` name; raises ``ValueError`` for anything else."""
    parts = text.split("+")
    if editor.conversion is None or not all(p[:1] == editor.conversion[0] and p[1:].isdecimal() for p in parts):
        letter = editor.conversion[0] if editor.conversion else "A"
        raise ValueError(f"{text[:30]!r} is neither a whole allele nor positions such as {letter}8")
    return converted_allele(amplicon, editor, tuple(int(p[1:]) for p in parts if len(p) < 5))
