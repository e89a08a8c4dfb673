"""Each read of a locus to one class: what large event it carries at the cut, or why it tells nothing.

An event is a jump of at least `least_size` bases (50) between two segments of a read, at the cut: it spans a cut, or a
breakpoint lies within `near` bases of one. Errors of sequencing move a diagonal by single bases and never make one;
what chimeras and repeats make is measured in the control and never subtracted by eye.

A read is counted when it spans: its outermost segments begin at least `flank` bases before the first cut and the first
event, and end as far behind the last ones, or reach the ends of the locus. So a read that begins at random shows a
deletion with the same chance as the unchanged allele. Classes:

- ``no_event``, ``deletion``, ``insertion`` (a duplication is an insertion), ``inversion``, ``complex`` (several at the
  cut, or bases lost and gained of 50 or more): these span and have an answer; ``elsewhere``: spans, and has an event
  away from every cut, such as a variant of the patient; it counts as without an event at the cut;
- ``partial``: does not span; ``unresolved``: turns back (fold-back reads), two molecules in one read, more jumps than
  are followed, or an insertion that may be a copy of the cut where the locus has no sequence; ``unaligned``: fits
  nowhere; ``filtered``.

Cannot see: alleles that lost a primer site; an event that leaves fewer than about 30 bases on a side; whether an
inserted stretch comes from another place. Deletions are told at their leftmost place where a repeat allows several.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from proband.kernels.jit import Array
from proband.science.structural.locus import Locus
from proband.science.structural.traces import END, MATCHED, READ_END, READ_START, REVERSE, SITE, START, Traces

KINDS = ("deletion", "insertion", "inversion", "complex")
WITH_ANSWER = ("no_event", "elsewhere", *KINDS)
CLASSES = ("filtered", "unaligned", "partial", "unresolved", *WITH_ANSWER)
LEAST_MATCHED, LEAST_SHARE = 100, 0.2
"""Matched bases, and their share of the stretch of the read between its outermost ones, below which it is unaligned."""
EDGE = 100
"""Bases from the ends of a locus within which a jump back joins two molecules."""
BEGIN = 20
"""Bases from an end of the locus within which a read reaches it."""
TOLERANCE = 10
"""Bases by which breakpoints and sizes of one event may differ between reads."""


@dataclass(frozen=True, slots=True)
class EventRules:
    """What is an event and which reads count (bases). Raises ``ValueError`` for values out of range."""

    least_size: int = 50
    near: int = 50
    flank: int = 100

    def __post_init__(self) -> None:
        if not 30 <= self.least_size <= 10_000 or not 0 <= self.near <= 10_000 or not 30 <= self.flank <= 10_000:
            raise ValueError("least size 30 to 10,000, near 0 to 10,000, flank 30 to 10,000 bases")


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One event: kind, 0-based half-open place on the locus, size (lost, gained or turned bases), inserted bases."""

    kind: str
    start: int
    end: int
    size: int
    inserted: int = 0


@dataclass(frozen=True, slots=True)
class EventRow:
    """Reads of one sample with one event; reads whose breakpoints differ by few bases are one event."""

    event: Event
    reads: int


@dataclass(frozen=True)
class Classified:
    """Reads by class (all of `CLASSES`), events of reads with one at the cut, and read lengths of those with an answer.

    `spans` holds the length of each read that has an answer, `events` its events at the cut by read, in that order.
    """

    classes: dict[str, int]
    events: tuple[tuple[Event, ...], ...]
    lengths: Array
    reads_in: int

    @property
    def depth(self) -> int:
        """Reads with an answer."""
        return sum(self.classes[c] for c in WITH_ANSWER)

    def count(self, kind: str, least: int = 0, most: int = 1 << 40) -> int:
        """Reads of an event class, of a size of `least` to `most` bases (the sum of its events where complex)."""
        return sum(class_of(held) == kind and least <= size_of(held) <= most for held in self.events)


def class_of(held: Sequence[Event]) -> str:
    """The class of a read from its events at the cut.

    >>> class_of([]), class_of([Event("deletion", 1, 90, 89)]), class_of([Event("deletion", 1, 90, 89)] * 2)
    ('no_event', 'deletion', 'complex')
    """
    if not held:
        return "no_event"
    return held[0].kind if len(held) == 1 else "complex"


def size_of(held: Sequence[Event]) -> int:
    """Size of the largest of the events of a read."""
    return max((e.size for e in held), default=0)


def classify(traces: Traces, locus: Locus, rules: EventRules) -> Classified:
    """The class of every read of `traces`, which were made on this locus alone or with it as the first one."""
    classes = dict.fromkeys(CLASSES, 0)
    classes["filtered"] = sum(traces.filtered.values())
    found: list[tuple[Event, ...]] = []
    lengths: list[int] = []
    for r in range(len(traces.sizes)):
        word, held = _read(traces, r, locus, rules)
        classes[word] += 1
        if word in WITH_ANSWER:
            lengths.append(int(traces.sizes[r]))
            found.append(held)
    if sum(classes.values()) != traces.reads_in:
        raise AssertionError(f"{traces.reads_in} reads came in, {sum(classes.values())} were classified")
    return Classified(classes, tuple(found), np.array(lengths, np.int64), traces.reads_in)


def _read(traces: Traces, r: int, locus: Locus, rules: EventRules) -> tuple[str, tuple[Event, ...]]:
    """The class of one read, and its events at the cut."""
    if traces.unresolved[r]:
        return "unresolved", ()
    rows = traces.of(r)
    rows = rows[rows[:, SITE] == 0]
    matched = int(rows[:, MATCHED].sum())
    if matched < LEAST_MATCHED or matched < LEAST_SHARE * int(rows[-1, READ_END] - rows[0, READ_START]):
        return "unaligned", ()
    if rows[0, REVERSE] or rows[-1, REVERSE]:
        return "unresolved", ()
    events = _events(rows, locus, rules)
    if events is None:
        return "unresolved", ()
    here = tuple(e for e in events if _at_cut(e, locus, rules.near))
    if not locus.sequence and any(_may_copy_the_cut(e, locus, rules.near) for e in events if e not in here):
        return "unresolved", ()
    low = min(*locus.cuts, *(e.start for e in here), locus.length) - rules.flank
    high = max(*locus.cuts, *(e.end for e in here), 0) + rules.flank
    if rows[0, START] > max(low, BEGIN) or rows[-1, END] < min(high, locus.length - BEGIN):
        return "partial", ()
    if not here and events:
        return "elsewhere", ()
    return class_of(here), here


def _events(rows: Array, locus: Locus, rules: EventRules) -> list[Event] | None:
    """All events along a read; None where it turns back or joins two molecules."""
    made: list[Event] = []
    i, size = 0, len(rows)
    while i + 1 < size:
        left = rows[i]
        j = i + 1
        while rows[j, REVERSE]:
            j += 1
        right = rows[j]
        if j == i + 1:
            if left[END] > locus.length - EDGE and right[START] < EDGE:
                return None
            event = _jump(left, right, locus, rules.least_size)
        else:
            event = _turned(left, rows[i + 1 : j], right, rules.least_size)
        if event is not None:
            made.append(event)
        i = j
    return made


def _jump(left: Array, right: Array, locus: Locus, least: int) -> Event | None:
    """The event of a jump along the forward strand, None where it is smaller."""
    lost = int(right[START] - left[END])
    gained = int(right[READ_START] - left[READ_END]) + max(-lost, 0)
    start, end = int(min(left[END], right[START])), int(max(left[END], right[START]))
    lost = max(lost, 0)
    if lost >= least and gained >= least:
        return Event("complex", start, end, max(lost, gained), gained)
    if lost >= least:
        if not gained:
            start, end = leftmost(locus.sequence, start, end)
        return Event("deletion", start, end, lost, gained)
    return Event("insertion", start, end, gained, gained) if gained >= least else None


def _turned(left: Array, inner: Array, right: Array, least: int) -> Event | None:
    """The event of a stretch on the other strand: a clean inversion, or a complex event."""
    start, end = int(inner[:, START].min()), int(inner[:, END].max())
    lost = int(start - left[END]), int(right[START] - end)
    gained = int(inner[0, READ_START] - left[READ_END]), int(right[READ_START] - inner[-1, READ_END])
    if len(inner) == 1 and max(abs(lost[0]), abs(lost[1]), *gained) < least:
        return Event("inversion", start, end, end - start, sum(gained)) if end - start >= least else None
    low, high = min(start, int(left[END])), max(end, int(right[START]))
    return Event("complex", low, high, high - low, sum(gained))


def leftmost(sequence: str, start: int, end: int) -> tuple[int, int]:
    """The leftmost of the equal places of a deletion.

    >>> leftmost("ACGTACGTAA", 4, 8)
    (0, 4)
    """
    while start > 0 and end <= len(sequence) and sequence[start - 1] == sequence[end - 1]:
        start, end = start - 1, end - 1
    return start, end


def _at_cut(event: Event, locus: Locus, near: int) -> bool:
    """Whether an event spans a cut, or ends within `near` bases of one; a repeat beside it is counted in."""
    high = event.end
    if event.kind == "deletion" and locus.sequence and not event.inserted:
        start, sequence = event.start, locus.sequence
        while high < len(sequence) and sequence[start] == sequence[high]:
            start, high = start + 1, high + 1
    return any(event.start - near <= cut <= high + near for cut in locus.cuts)


def _may_copy_the_cut(event: Event, locus: Locus, near: int) -> bool:
    """Whether inserted bases would reach a cut if they copied what stands beside: without a sequence none can say."""
    room = near + event.size
    return event.kind == "insertion" and any(event.start - room <= cut <= event.end + room for cut in locus.cuts)


def event_rows(made: Classified) -> tuple[EventRow, ...]:
    """Events of reads, grouped: the most frequent exact one takes those that differ by `TOLERANCE` bases or less.

    Sizes of inserted bases may also differ by 5 %. A complex read with several events has one row, from the first
    start to the last end.
    """
    counted = Counter(_whole(held) for held in made.events if held)
    waiting = sorted(counted.items(), key=lambda x: (-x[1], x[0]))
    rows = []
    while waiting:
        seed, reads, rest = waiting[0][0], 0, []
        for event, n in waiting:
            if _alike(seed, event):
                reads += n
            else:
                rest.append((event, n))
        rows.append(EventRow(seed, reads))
        waiting = rest
    return tuple(sorted(rows, key=lambda x: (-x.reads, x.event)))


def _whole(held: Sequence[Event]) -> Event:
    if len(held) == 1:
        return held[0]
    start, end = min(e.start for e in held), max(e.end for e in held)
    return Event("complex", start, end, size_of(held), sum(e.inserted for e in held))


def _alike(a: Event, b: Event) -> bool:
    apart = TOLERANCE + 0.05 * min(a.inserted, b.inserted)
    return (
        a.kind == b.kind
        and abs(a.start - b.start) <= TOLERANCE
        and abs(a.end - b.end) <= TOLERANCE
        and abs(a.size - b.size) <= apart + TOLERANCE
        and abs(a.inserted - b.inserted) <= apart
    )
