"""Engagement over time from edited reads: absent before dosing, present after it, still present at planned later times.

A sample is above its limit of blank when its edited reads exceed the critical count at its depth, with the background
of the blanks at its upper limit (`stats.detection_limit`; Currie 1968, with exact tails); alpha is shared among the
samples of one course. A sample that is not above it says "not there" only where its detection limit, net of background,
reaches down to `trace`: a shallow sample could not have seen it, and says nothing. Reads are counted as independent
draws up to the number of molecules that went in, where that is known.

Ratio of two times: limits of both combined (`transcript.mover`). Half-life: `time_course`, from samples above their
limit alone; one that is not bends the line and so withholds it.

Cannot see: whether samples are of one piece of tissue, engagement between the times, a spread between blanks beyond
the highest of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proband.core.errors import ProgramError
from proband.core.evidence import Figure, Members
from proband.core.quantity import Quantity
from proband.science.engagement.time_course import persistence
from proband.science.stated_number import LEVEL, undecided
from proband.science.stats.detection_limit import count_limit, effective_depth
from proband.science.stats.posterior import proportion
from proband.science.stats.proportions import upper_bound
from proband.science.transcript.mover import ratio
from proband.science.transcript.replicates import shares_of

TIMES: Mapping[str, str] = {
    "absent_at_baseline": "baseline",
    "present_after_dosing": "after",
    "present_later": "later",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """Edited reads of one sample on a day; `molecules` that went in, or None where that is not known."""

    name: str
    phase: str
    day: float
    edited: int
    depth: int
    molecules: int | None = None

    @property
    def draws(self) -> int:
        """Independent draws at most."""
        return effective_depth(self.depth, self.molecules)

    @property
    def hits(self) -> int:
        """Edited draws: edited reads in proportion, rounded down (a part of a molecule is none).

        >>> Sample("s", "after", 30, 900, 9000, 50).hits, Sample("s", "baseline", 0, 1, 9000, 50).hits
        (5, 0)
        """
        return self.edited * self.draws // self.depth

    @property
    def share(self) -> float:
        """Edited share (fraction)."""
        return self.edited / self.depth


@dataclass(frozen=True, slots=True)
class Blanks:
    """Background of one readout: its upper limit or the highest blank (fraction), and what it rests on."""

    background: float
    samples: int
    reads: int

    @property
    def told(self) -> str:
        """The background in words."""
        plural = "s" if self.samples != 1 else ""
        return f"background at most {self.background:.3g}, from {self.samples} blank{plural} of {self.reads:,} reads"


def blanks_of(counts: Sequence[tuple[int, int]]) -> Blanks | None:
    """Background from (edited, depth) of blanks: the upper limit of all together, or the highest one; None without any.

    >>> round(blanks_of([(2, 10_000), (1, 10_000)]).background, 6)
    0.000388
    """
    if not counts:
        return None
    edited, depth = (sum(column) for column in zip(*counts, strict=True))
    highest = max(k / n for k, n in counts)
    return Blanks(max(upper_bound(edited, depth, LEVEL), highest), len(counts), depth)


@dataclass(frozen=True, slots=True)
class Seen:
    """A sample against its limits (fractions): `above` its limit of blank or not, `detection` net of background."""

    sample: Sample
    above: bool
    blank: float
    detection: float
    quantity: Quantity

    @property
    def told(self) -> str:
        """The sample in words, with its limit where it was not above it."""
        if self.above:
            return f"day {self.sample.day:g}: {self.quantity.value:.3g}"
        return f"day {self.sample.day:g}: not above {self.blank:.3g}, detection limit {self.detection:.3g}"


def seen(samples: Sequence[Sample], blanks: Blanks, alpha: float = 0.05, beta: float = 0.05) -> list[Seen]:
    """Every sample of a course against its own limits, ordered by day and name.

    >>> made = seen([Sample("b", "baseline", 0, 1, 9000), Sample("a", "after", 30, 900, 9000)], Blanks(4e-4, 2, 20_000))
    >>> [(s.above, round(s.detection, 5)) for s in made]
    [(False, 0.0012), (True, 0.0012)]
    """
    found = []
    for s in sorted(samples, key=lambda s: (s.day, s.name)):
        limit = count_limit(s.draws, min(blanks.background, 0.999), alpha, beta, sites=len(samples))
        quantity = proportion(s.hits, s.draws)
        found.append(Seen(s, s.hits > limit.critical, limit.lob, limit.lod, quantity))
    return found


@dataclass(frozen=True, slots=True)
class Course:
    """What the times say, each with its reason; ratio and half-life, or why there is none."""

    times: Members
    because: Mapping[str, str]
    later_over_first: Quantity | None
    half_life: Quantity | None
    withheld: tuple[str, ...]

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the numbers rest on."""
        made = tuple(q.model for q in (self.later_over_first, self.half_life) if q is not None and q.model)
        decline = ("exponential course with normal errors of ln value",) if self.half_life is not None else ()
        return tuple(dict.fromkeys((*made, *decline, "background is not subtracted")))

    def word(self, name: str) -> str:
        """Yes, no or not known, for one of `TIMES`."""
        return "yes" if name in self.times.present else "no" if name in self.times.absent else "not known"


def course(samples: Sequence[Seen], trace: float) -> Course:
    """What samples say of the three times; `trace`: fraction down to which a sample must see to say "not there"."""
    states: dict[str, tuple[bool | None, str]] = {}
    for name, phase in TIMES.items():
        held = [s for s in samples if s.sample.phase == phase]
        present, why = _present(held, trace)
        wanted_absent = name == "absent_at_baseline"
        states[name] = (None if present is None else present != wanted_absent, why)
    withheld: list[str] = []
    dosed = [s for s in samples if s.sample.phase in ("after", "later")]
    return Course(
        Members(*(tuple(k for k, (state, _) in states.items() if state is s) for s in (True, False, None))),
        {k: why for k, (_, why) in states.items()},
        _later_over_first(dosed, withheld),
        _half_life(dosed, withheld),
        tuple(withheld),
    )


def _present(held: Sequence[Seen], trace: float) -> tuple[bool | None, str]:
    """Whether engagement is there on every day of a phase; any sample of a day that is above decides for that day."""
    if not held:
        return None, "no sample"
    told = "; ".join(s.told for s in held)
    found: list[bool | None] = []
    for day in sorted({s.sample.day for s in held}):
        of_day = [s for s in held if s.sample.day == day]
        if any(s.above for s in of_day):
            found.append(True)
        else:
            found.append(False if min(s.detection for s in of_day) <= trace else None)
    if held[0].sample.phase == "later":
        return (False if False in found else None if None in found else True), told
    return (True if True in found else False if False in found else None), told


def _day(samples: Sequence[Seen], day: float) -> tuple[Quantity, int, bool]:
    """The share of a day over its samples, how many they are, and whether any is above its limit of blank."""
    held = [s for s in samples if s.sample.day == day]
    counts = [[s.sample.hits, s.sample.draws - s.sample.hits] for s in held]
    return shares_of(counts).quantity(0), len(held), any(s.above for s in held)


def _later_over_first(samples: Sequence[Seen], withheld: list[str]) -> Quantity | None:
    days = sorted({s.sample.day for s in samples})
    if len(days) < 2:
        withheld.append("ratio of times: fewer than two times after dosing")
        return None
    (first, n_first, early), (last, n_last, late) = _day(samples, days[0]), _day(samples, days[-1])
    if not early:
        withheld.append("ratio of times: the first time after dosing is not above its limit of blank")
        return None
    try:
        made = ratio(last, first)
    except ValueError:
        withheld.append("ratio of times: the first time may be 0 by its limits")
        return None
    if not late:
        limit = made.quantile(LEVEL)
        return Quantity.bound(limit, "ratio", side="upper", level=LEVEL, model=f"last time censored; {made.model}")
    return undecided(made) if min(n_first, n_last) == 1 else made


def _half_life(samples: Sequence[Seen], withheld: list[str]) -> Quantity | None:
    below = [s for s in samples if not s.above]
    if below:
        names = ", ".join(s.sample.name for s in below)
        withheld.append(f"half-life: {names} not above the limit of blank, and would bend the line")
        return None
    try:
        days = [s.sample.day for s in samples]
        return persistence(days, [s.sample.share for s in samples], "d").half_life()
    except ProgramError as e:
        withheld.append(f"half-life: {e.problems[0].found}, asked for: {e.problems[0].expected}")
        return None


def course_figure(key: tuple[str, str, str], found: Sequence[Seen]) -> Figure:
    """Shares by day of one subject, place and readout, told apart by their limit of blank."""
    subject, place, readout = key
    return Figure(
        name=f"course-{subject}-{place}-{readout}",
        title=f"{readout} of {subject} in {place.replace('_', ' ')}",
        alt=f"{len(found)} samples by day; {sum(s.above for s in found)} above their limit of blank.",
        chart="points",
        encoding={"x": "day", "y": "share", "color": "row"},
        rows=tuple(
            {"day": s.sample.day, "share": s.sample.share, "row": "above limit" if s.above else "not above"}
            for s in found
        ),
        labels={"x": "day", "y": f"{readout} (fraction)"},
    )
