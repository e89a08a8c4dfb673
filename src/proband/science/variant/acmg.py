"""ACMG/AMP criteria as data, combined by the table of 2015 and by the points of 2020, side by side.

A criterion is met, not met, or not evaluated: three different things. One that nobody evaluated changes nothing
and is listed. Its strength may be overridden; the override needs a reason.

- the 2015 table: Richards et al. 2015, Genet Med 17:405-424;
- the points: Tavtigian et al. 2020, Hum Mutat 41:1734-1737 (supporting 1, moderate 2, strong 4, very strong 8,
  benign ones negative; at least 10 pathogenic, 6 to 9 likely pathogenic, 0 to 5 uncertain, -1 to -6 likely benign);
- two readings of "contradictory" in the 2015 text are both computed: `by_table` calls evidence contradictory when
  a pathogenic row and a benign row are both met, `by_table_strict` when any two met criteria oppose each other
  (BA1, which stands alone, only when a pathogenic row is met);
- where the table is silent (benign moderate or very strong, a second very strong criterion) the criterion fills the
  next weaker slot, and a note says so. BA1 stands alone and has no points.

Rows, codes and exclusions are in ``reference/acmg_2015.toml``.

Cannot see: whether a criterion was applied rightly, gene-specific rules of an expert panel, dependence between
criteria other than the pairs in the data file. It proposes; an expert assigns the class. It is no diagnosis.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any


class Status(StrEnum):
    """Whether a criterion holds. `NOT_EVALUATED` is neither yes nor no."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_EVALUATED = "not_evaluated"


class Strength(StrEnum):
    """The strength at which a criterion counts, weakest first."""

    SUPPORTING = "supporting"
    MODERATE = "moderate"
    STRONG = "strong"
    VERY_STRONG = "very_strong"
    STAND_ALONE = "stand_alone"


class Direction(StrEnum):
    """Which way a criterion speaks."""

    PATHOGENIC = "pathogenic"
    BENIGN = "benign"


class AcmgClass(StrEnum):
    """The five classes, from benign to pathogenic; `rank` orders them."""

    BENIGN = "benign"
    LIKELY_BENIGN = "likely_benign"
    UNCERTAIN = "uncertain"
    LIKELY_PATHOGENIC = "likely_pathogenic"
    PATHOGENIC = "pathogenic"

    @property
    def rank(self) -> int:
        """0 for benign to 4 for pathogenic."""
        return list(AcmgClass).index(self)


STRENGTHS: tuple[Strength, ...] = tuple(Strength)
"""Weakest first."""


@dataclass(frozen=True, slots=True)
class Code:
    """One criterion of the 2015 list: its default strength, its direction, what it asks."""

    code: str
    strength: Strength
    direction: Direction
    asks: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion as evaluated for one variant.

    `strength` overrides the default and then needs `because`. `basis` names the data that it rests on ("rna",
    "de_novo", ...), so that the same data are not counted twice. `evidence` are ids or citations.

    >>> Criterion("PM2", Status.MET, Strength.SUPPORTING, because="ClinGen 2020: PM2 at supporting").label
    'PM2_supporting'
    """

    code: str
    status: Status
    strength: Strength | None = None
    because: str = ""
    basis: frozenset[str] = frozenset()
    evidence: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = codes()
        if self.code not in known:
            raise ValueError(f"{self.code!r} is not an ACMG/AMP criterion; expected one of {', '.join(known)}")
        if self.strength is None:
            return
        if self.strength is Strength.STAND_ALONE and self.code != "BA1":
            raise ValueError(f"{self.code}: only BA1 stands alone; give supporting, moderate, strong or very_strong")
        if self.strength is not known[self.code].strength and not self.because.strip():
            raise ValueError(f"{self.code}: strength {self.strength} is not the default; say why in `because`")

    @property
    def applied(self) -> Strength:
        """The strength at which it counts when met."""
        return self.strength or codes()[self.code].strength

    @property
    def direction(self) -> Direction:
        """Which way it speaks when met."""
        return codes()[self.code].direction

    @property
    def label(self) -> str:
        """The code, with its strength where that is not the default."""
        return self.code if self.applied is codes()[self.code].strength else f"{self.code}_{self.applied}"


@dataclass(frozen=True, slots=True)
class NotCounted:
    """A met criterion that was left out, in favour of which other, and why."""

    criterion: Criterion
    in_favour_of: str
    because: str
    source: str


@dataclass(frozen=True, slots=True)
class Classification:
    """What the two combiners propose from the same criteria, and all that a reader needs to check it.

    `rows` are the ids of the met rows of the 2015 table. `disagreements` are sentences; empty means that the
    table (both readings) and the points give one class. `conflicting` holds the met pathogenic and the met benign
    labels when there are both, else two empty tuples.
    """

    by_table: AcmgClass
    by_table_strict: AcmgClass
    by_points: AcmgClass
    points: int
    rows: tuple[str, ...]
    counted: tuple[Criterion, ...]
    not_counted: tuple[NotCounted, ...]
    not_met: tuple[str, ...]
    not_evaluated: tuple[str, ...]
    conflicting: tuple[tuple[str, ...], tuple[str, ...]]
    disagreements: tuple[str, ...]
    notes: tuple[str, ...]
    banner: str

    @property
    def agree(self) -> bool:
        """Whether the table, in both readings, and the points propose the same class."""
        return not self.disagreements


@cache
def rules() -> Mapping[str, Any]:
    """The data file ``reference/acmg_2015.toml`` as read."""
    return tomllib.loads(resources.files("proband.reference").joinpath("acmg_2015.toml").read_text("utf-8"))


@cache
def codes() -> Mapping[str, Code]:
    """Every criterion by its code.

    >>> codes()["PVS1"].strength.value, len(codes())
    ('very_strong', 28)
    """
    return {
        r["code"]: Code(r["code"], Strength(r["strength"]), Direction(r["direction"]), r["asks"])
        for r in rules()["code"]
    }


def parse(label: str, because: str = "", basis: Iterable[str] = ()) -> Criterion:
    """A met criterion from its usual label: the code, or code and strength (``PM2_Supporting``, ``PVS1_Strong``).

    Raises ``ValueError`` for an unknown code or strength, or an override without `because`.

    >>> parse("PVS1").applied.value
    'very_strong'
    """
    code, _, rest = label.strip().partition("_")
    word = rest.lower().replace("verystrong", "very_strong")
    if word and word not in set(Strength):
        raise ValueError(f"{label!r}: {rest!r} is not a strength; expected one of {', '.join(STRENGTHS)}")
    return Criterion(code.upper(), Status.MET, Strength(word) if word else None, because, frozenset(basis))


def combine(criteria: Sequence[Criterion]) -> Classification:
    """Both proposals from criteria as evaluated; a code that is absent was not evaluated.

    Raises ``ValueError`` when a code is given twice.
    Source: Richards et al. 2015 (table), Tavtigian et al. 2020 (points).

    >>> c = combine([parse("PVS1"), parse("PM2_Supporting", "ClinGen 2020")])
    >>> c.by_table.value, c.by_points.value, c.points
    ('uncertain', 'likely_pathogenic', 9)
    """
    given = [c.code for c in criteria]
    twice = sorted({c for c in given if given.count(c) > 1})
    if twice:
        raise ValueError(f"given more than once: {', '.join(twice)}; give each criterion once, with all its evidence")
    order = {code: i for i, code in enumerate(codes())}
    met = sorted((c for c in criteria if c.status is Status.MET), key=lambda c: order[c.code])
    counted, dropped = _count_once(met)
    pathogenic = tuple(c for c in counted if c.direction is Direction.PATHOGENIC)
    benign = tuple(c for c in counted if c.direction is Direction.BENIGN)
    table, strict, rows = _by_table(pathogenic, benign)
    points, by_points = _by_points(counted)
    unevaluated = {c.code for c in criteria if c.status is Status.NOT_EVALUATED} | (order.keys() - set(given))
    opposed = bool(pathogenic and benign)
    return Classification(
        by_table=table,
        by_table_strict=strict,
        by_points=by_points,
        points=points,
        rows=rows,
        counted=tuple(counted),
        not_counted=dropped,
        not_met=tuple(sorted((c.code for c in criteria if c.status is Status.NOT_MET), key=order.__getitem__)),
        not_evaluated=tuple(sorted(unevaluated, key=order.__getitem__)),
        conflicting=(tuple(c.label for c in pathogenic), tuple(c.label for c in benign)) if opposed else ((), ()),
        disagreements=_disagreements(table, strict, by_points, points),
        notes=_notes(counted),
        banner=rules()["banner"],
    )


def _count_once(met: Sequence[Criterion]) -> tuple[list[Criterion], tuple[NotCounted, ...]]:
    """The criteria that count, and those that rest on data already counted by a stronger one."""
    kept = {c.code: c for c in met}
    dropped: list[NotCounted] = []
    for row in rules()["double_count"]:
        first, second = row["codes"]
        if first not in kept or second not in kept:
            continue
        a, b = kept[first], kept[second]
        if row["basis"] not in a.basis & b.basis:
            continue
        weaker = b if STRENGTHS.index(b.applied) <= STRENGTHS.index(a.applied) else a
        stronger = a if weaker is b else b
        del kept[weaker.code]
        dropped.append(NotCounted(weaker, stronger.label, row["because"], row["source"]))
    return list(kept.values()), tuple(dropped)


def _by_table(
    pathogenic: Sequence[Criterion], benign: Sequence[Criterion]
) -> tuple[AcmgClass, AcmgClass, tuple[str, ...]]:
    """The class by the 2015 table in both readings of "contradictory", with the ids of the met rows."""
    up = _rows_met(pathogenic, {AcmgClass.PATHOGENIC, AcmgClass.LIKELY_PATHOGENIC})
    down = _rows_met(benign, {AcmgClass.BENIGN, AcmgClass.LIKELY_BENIGN})
    rows = tuple(r["id"] for r in (*up, *down))
    high = max((AcmgClass(r["class"]) for r in up), key=lambda c: c.rank, default=AcmgClass.UNCERTAIN)
    low = min((AcmgClass(r["class"]) for r in down), key=lambda c: c.rank, default=AcmgClass.UNCERTAIN)
    both = bool(up and down)
    narrow = AcmgClass.UNCERTAIN if both else (high if up else low)
    alone = any(c.applied is Strength.STAND_ALONE for c in benign)
    strict = AcmgClass.UNCERTAIN if pathogenic and benign and not alone else narrow
    return narrow, strict, rows


def _rows_met(criteria: Sequence[Criterion], classes: set[AcmgClass]) -> list[Mapping[str, Any]]:
    have = [STRENGTHS.index(c.applied) for c in criteria]
    return [r for r in rules()["rule"] if AcmgClass(r["class"]) in classes and _fills(have, r["needs"])]


def _fills(have: Sequence[int], needs: Mapping[str, int]) -> bool:
    """Whether criteria fill every slot, a stronger one standing in for a weaker: from the strongest slot down."""
    needed = 0
    for strength in reversed(STRENGTHS):
        needed += needs.get(strength, 0)
        if needs.get(strength, 0) and sum(s >= STRENGTHS.index(strength) for s in have) < needed:
            return False
    return True


def _by_points(counted: Sequence[Criterion]) -> tuple[int, AcmgClass]:
    worth = rules()["points"]
    points = sum(
        (1 if c.direction is Direction.PATHOGENIC else -1) * worth[c.applied]
        for c in counted
        if c.applied is not Strength.STAND_ALONE
    )
    if any(c.applied is Strength.STAND_ALONE for c in counted):
        return points, AcmgClass.BENIGN
    return points, class_of_points(points)


def class_of_points(points: int) -> AcmgClass:
    """The class of a sum of points.

    Source: Tavtigian et al. 2020, Hum Mutat 41:1734-1737.

    >>> [class_of_points(p).value for p in (10, 9, 0, -1, -7)]
    ['pathogenic', 'likely_pathogenic', 'uncertain', 'likely_benign', 'benign']
    """
    for band in rules()["band"]:
        if points >= band["at_least"]:
            return AcmgClass(band["class"])
    return AcmgClass.BENIGN


def _disagreements(table: AcmgClass, strict: AcmgClass, by_points: AcmgClass, points: int) -> tuple[str, ...]:
    said = []
    if table is not by_points:
        said.append(f"the 2015 table gives {table}, {points} points give {by_points}")
    if table is not strict:
        said.append(
            f"the 2015 table gives {table} when opposing criteria count as contradictory only if both sides reach a "
            f"class, {strict} when any opposition does"
        )
    return tuple(said)


def _notes(counted: Sequence[Criterion]) -> tuple[str, ...]:
    said = []
    for c in counted:
        if c.direction is Direction.BENIGN and c.applied in (Strength.MODERATE, Strength.VERY_STRONG):
            said.append(f"{c.label}: the 2015 table has no benign {c.applied}; it fills the next weaker slot there")
        if c.applied is Strength.STAND_ALONE:
            said.append("BA1 stands alone: benign by points without a number; a pathogenic row that is met opposes it")
        if c.code in ("PP5", "BP6"):
            said.append(f"{c.code}: ClinGen has advised against its use since 2018")
    labels = {c.code for c in counted}
    said += [
        f"{' with '.join(r['codes'])}: {r['because']}" for r in rules()["caution"] if labels.issuperset(r["codes"])
    ]
    if sum(c.applied is Strength.VERY_STRONG and c.direction is Direction.PATHOGENIC for c in counted) > 1:
        said.append("more than one very strong criterion: the 2015 table has no such row; the second counts as strong")
    return tuple(said)
