"""Reads that join the target with a nominated site: junctions by pair of places and orientation, as molecules.

A read is turned to the target's forward strand. Where one segment ends at the target's cut and the next begins at the
cut of a nominated site, each side keeps the bases left or right of its cut: that is the junction's orientation. With
the arm of both chromosomes known, two kept centromeres make a dicentric, none an acentric, one a monocentric
chromosome; on one chromosome it is a deletion, duplication or inversion instead, and is told as that place.

Filters, fixed: both breakpoints within `reach` bases (200) of their cuts, `least_matched` matched bases (30) on both
sides, at most `most_gap` bases (50) of the read between them, mapping quality as asked for (aligned reads), no
secondary records, no duplicates as marked. In an anchored library the read must begin in the target, within `BEGIN`
bases. What is left of chimeras made in amplification is not told apart read by read: it is measured as the background
of the control, by pair.

Molecules: reads that share an identifier and a class are one; or reads that share both outer ends (the far end alone in
an anchored library) and class; or, where neither is asked for, every read counts and the result says so.

Every read ends in one class: filtered, no_umi, unaligned, other_start, short_of_cut, unresolved, other_place, intact,
local_event (both sides at the target), junction.

Cannot see: junctions to places that nobody nominated (`other_place` counts them together); junctions that lost more
than `reach` bases beside a cut; pairs of short reads without a split read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from proband.kernels.jit import Array
from proband.science.structural.locus import REACH, Locus
from proband.science.structural.traces import END, MATCHED, READ_END, READ_START, REVERSE, SITE, START, Traces

WITH_CUT = ("other_place", "intact", "local_event", "junction")
CLASSES = ("filtered", "no_umi", "unaligned", "other_start", "short_of_cut", "unresolved", *WITH_CUT)
BEGIN = 60
MOLECULES = ("reads", "ends", "umi")


@dataclass(frozen=True, slots=True)
class JunctionRules:
    """Filters of a junction in bases, as the module says; raises ``ValueError`` for values out of range."""

    reach: int = REACH
    least_matched: int = 30
    most_gap: int = 50
    anchored: bool = False
    molecules: str = "reads"

    def __post_init__(self) -> None:
        if self.molecules not in MOLECULES:
            raise ValueError(f"molecules are told by {', '.join(MOLECULES)}")
        if not (0 <= self.reach <= 10_000 and 20 <= self.least_matched <= 1000 and 0 <= self.most_gap <= 1000):
            raise ValueError("reach 0 to 10,000, matched 20 to 1,000, gap 0 to 1,000 bases")


@dataclass(frozen=True, slots=True, order=True)
class Junction:
    """Which site is joined with the target (index in the loci), and the side that each keeps: left or right."""

    site: int
    target_side: str
    site_side: str


@dataclass(frozen=True)
class Joined:
    """Reads by class, and molecules: with a cut (the depth), and with each junction; reads of each junction.

    `shared_umis` counts junction molecules whose identifier also marks a molecule of another class, as chimeras do.
    """

    classes: dict[str, int]
    depth: int
    molecules: dict[Junction, int]
    reads: dict[Junction, int]
    shared_umis: dict[Junction, int]
    reads_in: int

    def of_site(self, site: int) -> int:
        """Molecules that join the target with a site, in any orientation."""
        return sum(n for j, n in self.molecules.items() if j.site == site)


Label = tuple[str, Junction | None]


def junctions(traces: Traces, loci: Sequence[Locus], rules: JunctionRules) -> Joined:
    """Junctions of the target `loci[0]` with the other loci; see the module.

    >>> from proband.science.structural.traces import of_rows
    >>> loci = [Locus("t", 1000, (500,)), Locus("s", 1000, (400,))]
    >>> made = of_rows([(900, [[0, 0, 0, 498, 0, 498, 400], [1, 0, 498, 900, 401, 803, 390]])])
    >>> junctions(made, loci, JunctionRules()).molecules
    {Junction(site=1, target_side='left', site_side='right'): 1}
    """
    classes = dict.fromkeys(CLASSES, 0)
    classes["filtered"] = sum(traces.filtered.values())
    held: Counter[tuple[object, Label]] = Counter()
    reads: Counter[Junction] = Counter()
    for r in range(len(traces.sizes)):
        word, junction = _read(traces, r, loci, rules)
        key: object = r
        if word in WITH_CUT and rules.molecules == "umi":
            key = traces.umis[r]
            word, junction = (word, junction) if key else ("no_umi", None)
        elif rules.molecules == "ends":
            key = _ends(traces, r, rules.anchored)
        classes[word] += 1
        if word in WITH_CUT:
            held[key, (word, junction)] += 1
        if junction is not None:
            reads[junction] += 1
    if sum(classes.values()) != traces.reads_in:
        raise AssertionError(f"{traces.reads_in} reads came in, {sum(classes.values())} were classified")
    molecules = Counter(label[1] for _, label in held if label[1] is not None)
    labels = Counter(key for key, _ in held) if rules.molecules == "umi" else Counter()
    shared = Counter(label[1] for key, label in held if label[1] is not None and labels[key] > 1)
    return Joined(
        classes, len(held), dict(sorted(molecules.items())), dict(sorted(reads.items())), dict(sorted(shared.items())),
        traces.reads_in,
    )  # fmt: skip


def _ends(traces: Traces, r: int, anchored: bool) -> tuple[int, ...]:
    """The outer ends of a read on its first and last place; in an anchored library the end that was sequenced last."""
    rows = traces.of(r)
    if not len(rows):
        return ()
    first, last = rows[0], rows[-1]
    near = (int(first[SITE]), int(first[END] if first[REVERSE] else first[START]))
    far = (int(last[SITE]), int(last[START] if last[REVERSE] else last[END]))
    if anchored:
        return near if traces.turned[r] else far
    return *near, *far


def _read(traces: Traces, r: int, loci: Sequence[Locus], rules: JunctionRules) -> Label:
    """The class of one read, and its junction where it has one."""
    if traces.unresolved[r]:
        return "unresolved", None
    rows = traces.of(r)
    here = rows[:, SITE] == 0 if len(rows) else []
    if not len(rows) or not any(here) or int(rows[here, MATCHED].sum()) < rules.least_matched:
        return "unaligned", None
    if rules.anchored and not _begins_in_target(traces, r):
        return "other_start", None
    target, least = loci[0], rules.least_matched
    if any(s[START] <= cut - least and s[END] >= cut + least for s in rows[here] for cut in target.cuts):
        return "intact", None
    found = {label for i in range(len(rows) - 1) for label in _between(rows[i], rows[i + 1], loci, rules)}
    if len(found) > 1:
        return "unresolved", None
    return found.pop() if found else ("short_of_cut", None)


def _begins_in_target(traces: Traces, r: int) -> bool:
    """Whether the first bases that were sequenced lie on the target."""
    rows = traces.of(r)
    if traces.turned[r]:
        return bool(rows[-1, SITE] == 0 and traces.sizes[r] - rows[-1, READ_END] <= BEGIN)
    return bool(rows[0, SITE] == 0 and rows[0, READ_START] <= BEGIN)


def _between(left: Array, right: Array, loci: Sequence[Locus], rules: JunctionRules) -> list[Label]:
    """What two neighbouring segments make, where one of them ends at the target's cut."""
    if left[SITE] != 0 and right[SITE] != 0:
        return []
    sides = (_left_of(left), _entered(right))
    at_cut = [
        s[SITE] == 0 and _near(place, loci[0], rules.reach) for s, (_, place) in zip((left, right), sides, strict=True)
    ]
    if not any(at_cut):
        return []
    if left[SITE] == 0 and right[SITE] == 0:
        return [("local_event", None)]
    other = 1 if left[SITE] == 0 else 0
    row, (side, place) = (left, right)[other], sides[other]
    site = int(row[SITE])
    sound = min(int(left[MATCHED]), int(right[MATCHED])) >= rules.least_matched
    if not sound or int(right[READ_START] - left[READ_END]) > rules.most_gap:
        return [("unresolved", None)]
    if site < 0 or not _near(place, loci[site], rules.reach):
        return [("other_place", None)]
    return [("junction", Junction(site, sides[1 - other][0], side))]


def _left_of(row: Array) -> tuple[str, int]:
    """The side that a segment keeps where the read leaves it, and the place."""
    return ("right", int(row[START])) if row[REVERSE] else ("left", int(row[END]))


def _entered(row: Array) -> tuple[str, int]:
    """The side that a segment keeps where the read enters it, and the place."""
    return ("left", int(row[END])) if row[REVERSE] else ("right", int(row[START]))


def _near(place: int, locus: Locus, reach: int) -> bool:
    return any(abs(place - cut) <= reach for cut in locus.cuts)


def chromosome_of(junction: Junction, loci: Sequence[Locus]) -> str:
    """What a junction makes of the chromosomes: dicentric, acentric, monocentric, same_chromosome, or not_known.

    >>> target = Locus("t", 1000, (500,), contig="1", start=0, arm="p")
    >>> loci = [target, Locus("s", 1000, (400,), contig="2", start=0, arm="q")]
    >>> chromosome_of(Junction(1, "right", "left"), loci), chromosome_of(Junction(1, "left", "left"), loci)
    ('dicentric', 'monocentric')
    """
    target, site = loci[0], loci[junction.site]
    if not target.contig or not site.contig:
        return "not_known"
    if target.contig == site.contig:
        return "same_chromosome"
    if not target.centromere or not site.centromere:
        return "not_known"
    kept = (target.centromere == junction.target_side) + (site.centromere == junction.site_side)
    return ("acentric", "monocentric", "dicentric")[kept]
