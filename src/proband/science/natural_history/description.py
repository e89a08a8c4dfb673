"""What a cohort is: size, person-time, ages, genotypes, outcomes, visits, follow-up. Every number with how many it has.

Person-time runs from entry to exit: time before entry is time that the subject had to survive to be seen, and is not at
risk. Events before entry are counted apart. Rates carry the exact Poisson interval (Garwood, Biometrika 1936;28:437,
recalled); shares the exact binomial one (Clopper and Pearson, Biometrika 1934;26:404, recalled).

Cannot see: events that nobody recorded; whether events of one subject are independent (the interval takes them to be).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from proband.science.natural_history.subject_table import YEAR, Group

NOT_KNOWN = "not known"
LEAST = 3
"""People from which a middle and two ends can be told (ours); of fewer the size alone is described."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A median with its range, over `n` of `of` subjects; no interval, so no probability."""

    median: float
    low: float
    high: float
    n: int
    of: int


@dataclass(frozen=True, slots=True)
class Rate:
    """Events over person-years under observation, with the exact Poisson interval; `subjects` had at least one."""

    events: float
    person_years: float
    rate: float
    low: float
    high: float
    level: float
    subjects: int
    before_entry: float


@dataclass(frozen=True, slots=True)
class Deaths:
    """Deaths among those whose end is told, with the exact binomial interval of the share, and the rate."""

    deaths: int
    told: int
    not_told: int
    low: float
    high: float
    level: float
    rate: Rate | None


@dataclass(frozen=True, slots=True)
class Description:
    """The description of a group. What could not be described is None; `not_told` says why. `lacking`: no subjects.

    `described` holds those of size, person_time, ages, genotypes and outcomes that rest on data; ages and genotypes of
    half of the people or more (the half is ours).
    """

    group: str
    size: int
    person_years: float
    age_at_entry: Spread | None
    follow_up_years: Spread | None
    visits: Spread | None
    sexes: tuple[tuple[str, int], ...]
    genotypes: tuple[tuple[str, int], ...]
    deaths: Deaths | None
    events: tuple[tuple[str, Rate], ...]
    described: tuple[str, ...]
    not_told: tuple[str, ...]
    lacking: str = ""


def describe(group: Group, level: float = 0.95) -> Description:
    """The description of a group of subjects; `level` of its intervals, between 0 and 1."""
    subjects = group.subjects
    if not subjects:
        lacking = f"no {group.name} patients"
        return Description(group.name, 0, 0.0, None, None, None, (), (), None, (), (), (), lacking)
    years = sum(s.years for s in subjects)
    ages = spread([s.age(s.entry) for s in subjects])
    visits = [float(len(group.visit_days(s))) for s in subjects]
    events = tuple((n, _events(group, n, years, level)) for n in sorted({e.name for e in group.record.events}))
    events = tuple((n, r) for n, r in events if r is not None)
    deaths = _deaths(group, level)
    genotypes = _counts([s.classes.get("genotype_class", "") for s in subjects])
    classed = sum(k for n, k in genotypes if n != NOT_KNOWN)
    holds = {
        "size": (True, ""),
        "person_time": (years > 0, "every subject was seen on one day only: there is no person-time"),
        "ages": (ages is not None and 2 * ages.n >= ages.of, _few("birth day", ages.n if ages else 0, len(subjects))),
        "genotypes": (2 * classed >= len(subjects), _few("genotype class", classed, len(subjects))),
        "outcomes": (deaths is not None or bool(events), "neither death nor any event is recorded"),
    }
    told = tuple(n for n, (is_told, _) in holds.items() if is_told)
    missing = [why for is_told, why in holds.values() if not is_told]
    if len(subjects) < LEAST:
        told = ("size",)
        missing.append(f"{len(subjects)} people: fewer than {LEAST} describe no course of a disease")
    if not group.record.events:
        missing.append("no event is recorded: that none happened is not told")
    return Description(
        group.name, len(subjects), years, ages, spread([s.years for s in subjects]),
        spread(visits) if any(visits) else None, _counts([s.classes.get("sex", "") for s in subjects]), genotypes,
        deaths, events, told, tuple(missing),
    )  # fmt: skip


def _few(what: str, known: int, of: int) -> str:
    """Why something that fewer than half have does not describe the group."""
    return f"a {what} is given of {known} of {of} people only" if known else f"no {what} is given"


def spread(values: Sequence[float | None]) -> Spread | None:
    """Median and range of the values that are known, or None where none is.

    >>> spread([1.0, None, 3.0])
    Spread(median=2.0, low=1.0, high=3.0, n=2, of=3)
    """
    known = [v for v in values if v is not None]
    return Spread(median(known), min(known), max(known), len(known), len(values)) if known else None


def poisson_rate(events: float, exposure: float, level: float = 0.95) -> tuple[float, float, float]:
    """Events per unit of exposure, with the exact interval at `level`.

    Raises ``ValueError`` for no exposure. Source: Garwood 1936 (recalled).

    >>> rate, low, high = poisson_rate(0, 10.0)
    >>> rate, low, round(high, 4)
    (0.0, 0.0, 0.3689)
    """
    from scipy.special import gammaincinv

    if exposure <= 0 or events < 0:
        raise ValueError(f"{events} events in {exposure}")
    tail = (1 - level) / 2
    low = float(gammaincinv(events, tail)) if events > 0 else 0.0
    return events / exposure, low / exposure, float(gammaincinv(events + 1, 1 - tail)) / exposure


def binomial_interval(k: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share k of n at `level`. Raises ``ValueError`` for n = 0.

    Source: Clopper and Pearson 1934 (recalled).

    >>> low, high = binomial_interval(0, 10)
    >>> low, round(high, 4)
    (0.0, 0.3085)
    """
    from scipy.special import betaincinv

    if not 0 <= k <= n or n == 0:
        raise ValueError(f"{k} of {n}")
    tail = (1 - level) / 2
    low = float(betaincinv(k, n - k + 1, tail)) if k else 0.0
    return low, float(betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0


def _counts(words: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Counts by word, the most frequent first; what is empty is counted as not known, last."""
    counted = Counter(w or NOT_KNOWN for w in words)
    return tuple(sorted(counted.items(), key=lambda x: (x[0] == NOT_KNOWN, -x[1], x[0])))


def _events(group: Group, name: str, years: float, level: float) -> Rate | None:
    spans = {s.id: (s.entry, s.exit) for s in group.subjects}
    inside: Counter[str] = Counter()
    before = 0.0
    for e in group.record.events:
        if e.name != name or e.subject not in spans:
            continue
        number = 1.0 if e.count is None else e.count
        if e.day < spans[e.subject][0]:
            before += number
        elif e.day <= spans[e.subject][1]:
            inside[e.subject] += number  # type: ignore[assignment]
    if years <= 0:
        return None
    total = float(sum(inside.values()))
    who = sum(n > 0 for n in inside.values())
    return Rate(total, years, *poisson_rate(total, years, level), level, who, before)


def _deaths(group: Group, level: float) -> Deaths | None:
    told = [s for s in group.subjects if s.death is not None]
    if not told:
        return None
    dead, years = sum(bool(s.death) for s in told), sum(s.exit - s.entry for s in told) / YEAR
    rate = Rate(dead, years, *poisson_rate(dead, years, level), level, dead, 0.0) if years > 0 else None
    low, high = binomial_interval(dead, len(told), level)
    return Deaths(dead, len(told), len(group.subjects) - len(told), low, high, level, rate)
