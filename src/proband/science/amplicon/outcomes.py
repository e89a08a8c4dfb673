"""What editing did at a locus, by class of editor: nuclease, base, prime, or a donor; and the protein of each allele.

- nuclease: insertions and deletions, their sizes, the direct repeat at deletions;
- base: see `outcomes_base`;
- prime and donor: the exact expected allele in the deciding window; that allele with an indel or a substitution more;
  part of its changes; runs into the scaffold; indels alone (of end joining), and where they lie for each nick. These
  classes exclude each other; a read that shows N in the window is in none of them.

Reads that are ambiguous, unaligned or unread are bounds of every fraction (`outcome_tables`).

Cannot see: large deletions and insertions that lose a primer, rearrangements, molecules. An incomplete edit whose
indel is aligned in another place than the edit's counts as an edit with an indel.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from proband.kernels import events as kernel
from proband.science.amplicon.amplicon import Amplicon, around
from proband.science.amplicon.events import window_flags
from proband.science.amplicon.locus_events import LocusEvents, changes_between, locus_events, repeat_length
from proband.science.amplicon.locus_reads import Array, LocusReads, any_of, bases_at, locus_reads
from proband.science.amplicon.outcome_tables import AlleleRow, OutcomeRow, Outcomes
from proband.science.amplicon.outcomes_base import UNREAD, base_rows, base_view
from proband.science.amplicon.proteins import CodingFrame, Proteins, protein_rows, proteins_of
from proband.science.amplicon.quantify import Quantified
from proband.science.amplicon.targets import NEAR, Target, amplicons_of

CLASSES = ("nuclease", "base", "prime", "donor")
LARGE = 20
"""Bases from which a deletion is counted as a larger one."""
FREQUENT = 20
"""Alleles that are listed."""


def editor_class(target: Target) -> str:
    """The class by which a target's outcomes are told; a target without an editor is read as cut by a nuclease.

    >>> editor_class(Target("t", "ACGT"))
    'nuclease'
    """
    if target.prime or (target.editor is not None and target.editor.kind == "prime"):
        return "prime"
    if target.editor is not None and target.editor.kind == "base":
        return "base"
    return "donor" if target.expected else "nuclease"


def amplicons_for(target: Target) -> tuple[Amplicon, ...]:
    """The amplicons with which a target is counted; the names of all but the first begin with the target's.

    The expected allele of a base edit is none of them: its bases are read on the one amplicon, so that conversions
    of a read do not depend on which allele it is nearer to. Raises ``ProgramError`` as `targets.amplicons_of`.
    """
    asked = replace(target, expected="") if editor_class(target) == "base" else target
    first, *others = amplicons_of([asked])
    names = {a.name: f"{first.name} {a.name}" for a in others}
    return first, *(replace(a, name=names[a.name], parent=names.get(a.parent, a.parent)) for a in others)


def outcomes(q: Quantified, target: Target, frame: CodingFrame | None = None) -> Outcomes:
    """What editing did at the locus of a target, with the protein of each allele where a frame is given.

    `q` holds the amplicons of `target` (made by `amplicons_for`, or by `targets.amplicons_of`). Raises ``ValueError``
    for a target that is not in `q`, or an expected allele that its base editor does not make.
    """
    reads = locus_reads(q, target.name)
    kind = editor_class(target)
    events = locus_events(reads)
    missing: list[str] = []
    reference = q.amplicons[reads.members[0]]
    if len(reference.sites) > 1 and kind == "base":
        missing.append(f"the guides lie at {len(reference.sites)} places: outcomes are told for the first")
    if kind == "base":
        rows = base_rows(base_view(reads, target))
    elif kind == "nuclease" or len(reads.members) == 1:
        rows = _nuclease(reads, events, kind)
    else:
        rows = _templated(reads, events, kind, target)
    made = None
    if frame is not None:
        made = proteins_of(reads, frame)
        rows += protein_rows(reads, made, kind)
    else:
        missing.append("no coding frame was given: what the alleles make of the protein is not told")
    return Outcomes(target.name, kind, tuple(rows), _frequent(reads, events, made), tuple(missing))


def _row(reads: LocusReads, kind: str, outcome: str, item: str, hit: Array, meaning: str) -> OutcomeRow:
    return OutcomeRow(kind, outcome, item, reads.reads(hit), reads.total, 0, reads.unknown, meaning)


def _nuclease(reads: LocusReads, events: LocusEvents, kind: str) -> list[OutcomeRow]:
    """Rows of a locus that was cut."""
    flags, indel = reads.flags, reads.indel()
    inserted, deleted = (flags & kernel.HAS_INSERTION) != 0, (flags & kernel.HAS_DELETION) != 0
    substituted = (flags & kernel.HAS_SUBSTITUTION) != 0
    longest = _longest_deletion(reads, events)
    tests = (
        ("unmodified", flags == 0, "as the amplicon in the deciding window"),
        ("indel", indel, "insertion or deletion in the deciding window"),
        ("insertion", inserted & ~deleted, "insertion and no deletion"),
        ("deletion", deleted & ~inserted, "deletion and no insertion"),
        ("insertion_and_deletion", inserted & deleted, "both"),
        ("larger_deletion", longest >= LARGE, f"a deletion of {LARGE} bases or more"),
        ("substitution_only", substituted & ~indel, "substitution and no indel, errors of sequencing included"),
    )
    made = [_row(reads, kind, name, "", hit, meaning) for name, hit, meaning in tests]
    return made + _sizes(reads, kind) + _repeats(reads, events, kind)


def _longest_deletion(reads: LocusReads, events: LocusEvents) -> Array:
    size = np.array([s.length if s.kind == "deletion" else 0 for s in events.signatures], np.int64)
    longest = np.zeros(len(reads.rows), np.int64)
    if len(events.number):
        np.maximum.at(longest, events.owner, size[events.number])
    return longest


def _sizes(reads: LocusReads, kind: str) -> list[OutcomeRow]:
    """Reads with an indel by inserted less deleted bases."""
    summed, indel = reads.q.classified.summary[reads.rows], reads.indel()
    sizes = summed[:, 2].astype(np.int64) - summed[:, 1]
    meaning = "inserted less deleted bases of reads with an indel"
    return [
        _row(reads, kind, "indel_size", f"{size:+d}", indel & (sizes == size), meaning)
        for size in np.unique(sizes[indel]).tolist()
    ]


def _repeats(reads: LocusReads, events: LocusEvents, kind: str) -> list[OutcomeRow]:
    """Reads with one deletion and no other indel, by the direct repeat at its ends."""
    sequences = {k: reads.q.amplicons[k].sequence for k in reads.members}
    repeat = np.array(
        [
            repeat_length(sequences[s.amplicon], s.start, s.length) if s.kind == "deletion" else -1
            for s in events.signatures
        ],
        np.int64,
    )
    indel = np.array([s.kind != "substitution" for s in events.signatures], np.bool_)
    if not len(events.number):
        return []
    count = np.bincount(events.owner[indel[events.number]], minlength=len(reads.rows))
    held = np.full(len(reads.rows), -1, np.int64)
    of_deletion = repeat[events.number] >= 0
    held[events.owner[of_deletion]] = repeat[events.number[of_deletion]]
    held[count != 1] = -1
    meaning = "one deletion, with this many bases of direct repeat at its ends"
    found = np.unique(held[held >= 0]).tolist()
    return [_row(reads, kind, "microhomology", str(n), held == n, meaning) for n in found]


def _templated(reads: LocusReads, events: LocusEvents, kind: str, target: Target) -> list[OutcomeRow]:
    """Classes of reads where an allele was to be written; they exclude each other."""
    names = ("prime_edit" if kind == "prime" else "perfect_repair", "indel" if kind == "prime" else "end_joining")
    q, flags, indel = reads.q, reads.flags, reads.indel()
    first, edited = reads.members[0], reads.members[1]
    scaffold = np.isin(reads.amplicon, [k for k in reads.members if q.amplicons[k].parent])
    on_edited = (reads.amplicon == edited) & ~scaffold
    on_first = ~on_edited & ~scaffold
    partial = _partial(reads, events, first, edited) & ~scaffold
    read = np.ones(len(reads.rows), np.bool_)
    for k in reads.members:
        mine = np.flatnonzero(reads.amplicon == k)
        read[mine] = np.all(bases_at(q, reads.rows[mine], q.amplicons[k].window) != UNREAD, axis=1)
    tests = [
        ("intended_edit", on_edited & (flags == 0), f"exactly the expected allele in the window ({names[0]})"),
        ("partial_edit", partial, "some of the expected changes and not all"),
        ("intended_with_indel", on_edited & indel & ~partial, "the expected allele with an indel beside it"),
        ("intended_with_substitution", on_edited & ~indel & (flags != 0) & ~partial, "with a substitution beside it"),
        ("scaffold", scaffold, "goes on into the scaffold behind the flap"),
        (names[1], on_first & indel & ~partial, "insertion or deletion alone"),
        ("substitution_only", on_first & ~indel & (flags != 0) & ~partial, "substitution alone"),
        ("unmodified", on_first & (flags == 0), "as the amplicon in the deciding window"),
    ]
    if not any(q.amplicons[k].parent for k in reads.members):
        tests = [t for t in tests if t[0] != "scaffold"]
    of = reads.reads(read)
    made = [
        OutcomeRow(kind, name, "", reads.reads(hit & read), of, reads.total - of, reads.unknown, meaning)
        for name, hit, meaning in tests
    ]
    return made + _near_nicks(reads, kind)


def _partial(reads: LocusReads, events: LocusEvents, first: int, edited: int) -> Array:
    """Reads of the reference with some of the edit's changes, or of the edited allele with some of them undone."""
    a, b = reads.q.amplicons[first], reads.q.amplicons[edited]
    known = {*changes_between(first, a, b.sequence, a.cuts), *changes_between(edited, b, a.sequence, b.cuts)}
    hit = np.array([s in known for s in events.signatures], np.bool_)
    return any_of(events.owner, hit[events.number], len(reads.rows))


def _near_nicks(reads: LocusReads, kind: str) -> list[OutcomeRow]:
    """Reads with an indel within ten bases of each nick or cut."""
    made = []
    count = max(len(reads.q.amplicons[k].sites) for k in reads.members)
    for n in range(count):
        hit = np.zeros(len(reads.rows), np.bool_)
        name = ""
        for k in reads.members:
            amplicon = reads.q.amplicons[k]
            mine = np.flatnonzero(reads.amplicon == k)
            if n >= len(amplicon.sites) or amplicon.parent:
                continue
            name = amplicon.sites[n].name
            window = around([amplicon.sites[n].cut], NEAR, len(amplicon.sequence))
            found = window_flags(
                reads.q.classified, reads.rows[mine], window, len(amplicon.sequence), reads.q.settings.anchored
            )
            hit[mine] = (found & (kernel.HAS_INSERTION | kernel.HAS_DELETION)) != 0
        meaning = f"insertion or deletion within {NEAR} bases of it, on either allele"
        made.append(_row(reads, kind, "indel_near", name, hit, meaning))
    return made


def _frequent(reads: LocusReads, events: LocusEvents, proteins: Proteins | None) -> tuple[AlleleRow, ...]:
    """The most frequent alleles: what the deciding window shows, and the protein where one state holds for all."""
    counts: Counter[tuple[int, tuple[int, ...]]] = Counter()
    states: dict[tuple[int, tuple[int, ...]], set[str]] = {}
    for r, numbers in enumerate(events.alleles(len(reads.rows))):
        key = (int(reads.amplicon[r]), numbers)
        counts[key] += int(reads.weights[r])
        if proteins is not None:
            states.setdefault(key, set()).add(proteins.shown(r))
    made = []
    for (k, numbers), n in sorted(counts.items(), key=lambda x: (-x[1], x[0]))[:FREQUENT]:
        amplicon = reads.q.amplicons[k]
        changes = "; ".join(events.signatures[i].shown(amplicon.sequence) for i in numbers) or "no change"
        shown = changes if k == reads.members[0] else f"{amplicon.name}: {changes}"
        told = states.get((k, numbers), set())
        made.append(AlleleRow(shown, n, reads.total, told.pop() if len(told) == 1 else ("several" if told else "")))
    return tuple(made)
