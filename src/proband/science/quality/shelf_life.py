"""Shelf life of one attribute by regression over lots, with a test whether the lots may share a line (ICH Q1E).

Values are regressed on time. The shelf life is the first time at which the confidence limit of the mean line meets the
acceptance limit: one-sided 95 % where the attribute is known to fall or to rise, both limits at 97.5 % where it may do
either. Lots share what a test at 0.25 does not tell apart: first slopes, then intercepts; F of both over the mean
square of separate lines. Where lots do not share all, each lot has its own shelf life, with the mean square of all of
them, and the shortest counts. A fit needs three different times and a residual degree of freedom: two points lie on a
line whatever happened between them.

Censored values (below a limit of quantitation) are not filled in. An upper confidence limit is convex, a lower one
concave in each value, so over all values that a censored result may have had, the worst limit stands at a corner of
the box that it spans. All corners are fitted, and the shortest shelf life holds whatever the values were; such lots do
not share a line.

Sources: ICH Q1E (2003), section 2 and appendix B (recalled; it asks for the pooled mean square in B.2); Draper and
Smith, Applied Regression Analysis, 1998, ch. 1 for the confidence limit of a line.
Cannot see: a change that starts after the last time, and whether the lots are those of the process that will be used.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]
POOLING_LEVEL = 0.25
"""Level of the tests of slopes and intercepts (ICH Q1E, B.2.2)."""
CURVATURE_LEVEL = 0.05
LEAST_TIMES = 3
FAR = 1000.0
"""Times of the last one beyond which a limit counts as never met: there it is met by rounding alone."""
MOST_CENSORED = 10
"""Censored values of one lot whose corners are all fitted: 1,024 fits."""


@dataclass(frozen=True, slots=True)
class LotSeries:
    """Values of one lot over time, in one unit; `censored` holds "", "below" or "above" for each value."""

    lot: str
    times: tuple[float, ...]
    values: tuple[float, ...]
    censored: tuple[str, ...] = ()

    def marks(self) -> tuple[str, ...]:
        """One mark for each value, also where none was given."""
        return self.censored or ("",) * len(self.values)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Acceptance limits in the unit of the values, and which way the attribute moves: falls, rises or either."""

    lower: float | None
    upper: float | None
    moves: str

    def sides(self) -> tuple[tuple[str, float, float], ...]:
        """Side, limit and one-sided level for each limit that counts."""
        level = 0.975 if self.moves == "either" else 0.95
        wanted = {"falls": ("lower",), "rises": ("upper",), "either": ("lower", "upper")}[self.moves]
        held = {"lower": self.lower, "upper": self.upper}
        return tuple((s, x, level) for s in wanted if (x := held[s]) is not None)


@dataclass(frozen=True, slots=True)
class Line:
    """The fitted mean of one lot: a + b t, and the variance of that mean, c0 + c1 t + c2 t^2, with its degrees."""

    lot: str
    intercept: float
    slope: float
    variance: tuple[float, float, float]
    df: int
    sd: float

    def mean(self, t: float) -> float:
        """The mean at a time."""
        return self.intercept + self.slope * t

    def limit(self, t: float, side: str, level: float) -> float:
        """The one-sided confidence limit of the mean at a time."""
        c0, c1, c2 = self.variance
        spread = float(special.stdtrit(self.df, level)) * math.sqrt(max(0.0, c0 + c1 * t + c2 * t * t))
        return self.mean(t) - spread if side == "lower" else self.mean(t) + spread


@dataclass(frozen=True, slots=True)
class ShelfLife:
    """A shelf life, or the reason why there is none.

    `time` is infinite where the limit is never met; None with a `refusal`. `model` is one_lot, one_line, common_slope,
    separate or worst_of_censored; `last` the last time that every lot reached; `left_out` lots without a slope.
    """

    time: float | None
    model: str = ""
    lot: str = ""
    side: str = ""
    lines: tuple[Line, ...] = ()
    p_slopes: float | None = None
    p_intercepts: float | None = None
    p_curvature: float | None = None
    last: float = 0.0
    points: int = 0
    left_out: tuple[str, ...] = ()
    refusal: str = ""
    notes: tuple[str, ...] = ()

    @property
    def within_data(self) -> float | None:
        """The part of the shelf life that the data cover: none of it is extrapolated."""
        return None if self.time is None else min(self.time, self.last)


def shelf_life(lots: Sequence[LotSeries], accepted: Acceptance, *, floor: float = 0.0) -> ShelfLife:
    """The shelf life of one attribute over its lots, or why there is none.

    Times share one unit, values another. `floor`: the least value that one below its limit may have had. Raises
    ``ValueError`` for lists of unequal length, numbers that are not finite, or where no limit counts.
    Source: module docstring.

    >>> one = LotSeries("A", (0.0, 3.0, 6.0, 9.0, 12.0), (100.2, 99.1, 98.3, 97.0, 96.2))
    >>> made = shelf_life([one], Acceptance(90.0, None, "falls"))
    >>> made.model, round(made.time, 2), made.last
    ('one_lot', 28.08, 12.0)
    >>> shelf_life([LotSeries("A", (0.0, 6.0), (100.0, 99.0))], Acceptance(90.0, None, "falls")).refusal
    '2 different times: a shelf life needs at least 3'
    """
    _check(lots, accepted)
    held = [s for s in lots if len(set(s.times)) >= 2]
    left_out = tuple(s.lot for s in lots if len(set(s.times)) < 2)
    times = {t for s in held for t in s.times}
    if len(times) < LEAST_TIMES:
        seen = {t for s in lots for t in s.times}
        count = f"{len(seen)} different time{'s' if len(seen) != 1 else ''}"
        return ShelfLife(None, refusal=f"{count}: a shelf life needs at least {LEAST_TIMES}", left_out=left_out)
    if any(m for s in held for m in s.marks()):
        made = _with_censored(held, accepted, floor)
    else:
        made = _of_known(held, accepted)
    last = min(max(s.times) for s in held)
    return replace(made, last=last, points=sum(len(s.times) for s in held), left_out=left_out)


def fit_lines(lots: Sequence[LotSeries], model: str) -> tuple[tuple[Line, ...], float, int]:
    """Lines of the lots under a model (one_line, common_slope or separate), residual sum of squares and degrees.

    >>> lines, rss, df = fit_lines([LotSeries("A", (0.0, 1.0, 2.0), (1.0, 2.0, 3.3))], "one_line")
    >>> round(lines[0].slope, 3), round(rss, 4), df
    (1.15, 0.015, 1)
    """
    t = np.concatenate([np.asarray(s.times, float) for s in lots])
    y = np.concatenate([np.asarray(s.values, float) for s in lots])
    index = np.repeat(np.arange(len(lots)), [len(s.times) for s in lots])
    middle = float(t.mean())
    span = float(np.ptp(t)) or 1.0
    x = _columns((t - middle) / span, index, len(lots), model)
    q, r = np.linalg.qr(x)
    beta = np.linalg.solve(r, q.T @ y)
    rss = float(((y - x @ beta) ** 2).sum())
    df = len(y) - x.shape[1]
    inverse = np.linalg.inv(r)
    cover = (inverse @ inverse.T) * (rss / df if df > 0 else 0.0)
    ends = np.array([(0.0 - middle) / span, 1.0 / span])
    lines = []
    for j, series in enumerate(lots):
        at = _columns(np.zeros(1), np.array([j]), len(lots), model)[0]
        rise = _columns(np.ones(1), np.array([j]), len(lots), model)[0] - at
        start, slope = at + rise * ends[0], rise * ends[1]
        variance = (float(start @ cover @ start), 2 * float(start @ cover @ slope), float(slope @ cover @ slope))
        sd = math.sqrt(rss / df) if df > 0 else math.nan
        lines.append(Line(series.lot, float(start @ beta), float(slope @ beta), variance, df, sd))
    return tuple(lines), rss, df


def crossing(line: Line, side: str, limit: float, level: float) -> float:
    """The first time from 0 on at which the confidence limit of a line meets the acceptance limit; 0 where it is
    outside at once, infinite where it never is.

    >>> flat = Line("A", 100.0, 0.0, (0.01, 0.0, 0.0), 10, 0.1)
    >>> crossing(flat, "lower", 90.0, 0.95)
    inf
    """
    sign = 1.0 if side == "lower" else -1.0
    p, b = sign * (line.intercept - limit), sign * line.slope
    k = float(special.stdtrit(line.df, level)) ** 2
    c0, c1, c2 = (k * c for c in line.variance)
    if p - math.sqrt(max(0.0, c0)) < 0:
        return 0.0
    # p + b t = sqrt(c0 + c1 t + c2 t^2), squared; roots count where p + b t >= 0
    a2, a1, a0 = b * b - c2, 2 * p * b - c1, p * p - c0
    scale = max(abs(p), abs(limit), 1e-300)
    roots = [t for t in _roots(a2, a1, a0) if t > 0 and p + b * t >= -1e-9 * scale]
    return min(roots, default=math.inf)


def _roots(a: float, b: float, c: float) -> list[float]:
    """Real roots of a t^2 + b t + c, without loss of digits where a is near 0."""
    if a == 0:
        return [-c / b] if b != 0 else []
    inside = b * b - 4 * a * c
    if inside < 0:
        return []
    q = -0.5 * (b + math.copysign(math.sqrt(inside), b))
    return [q / a] + ([c / q] if q != 0 else [])


def _of_known(lots: Sequence[LotSeries], accepted: Acceptance) -> ShelfLife:
    """The shelf life where every value is known: poolability first, then the shortest over the lines."""
    model, p_slopes, p_intercepts = "one_line", None, None
    tiny = _rounding(lots)
    if len(lots) > 1:
        _, full, df = fit_lines(lots, "separate")
        if df < 1:
            said = "too few values to test whether the lots may share a line"
            return ShelfLife(None, refusal=said)
        more = len(lots) - 1
        p_slopes = _f_test(fit_lines(lots, "common_slope")[1] - full, more, full, df, tiny)
        model = "separate"
        if p_slopes >= POOLING_LEVEL:
            between = fit_lines(lots, "one_line")[1] - fit_lines(lots, "common_slope")[1]
            p_intercepts = _f_test(between, more, full, df, tiny)
            model = "one_line" if p_intercepts >= POOLING_LEVEL else "common_slope"
    lines, rss, df = fit_lines(lots, model)
    if df < 1:
        return ShelfLife(None, refusal="no degree of freedom is left for the spread around the line")
    notes = []
    if rss <= tiny:
        notes.append("the values lie on the line exactly: rounding may hide their spread")
    time, lot, side = _shortest(lines, accepted)
    time = math.inf if time > FAR * max(t for s in lots for t in s.times) else time
    named = "one_lot" if len(lots) == 1 else model
    return ShelfLife(
        time, named, "" if named == "one_line" else lot, side, lines, p_slopes, p_intercepts, _curvature(lots),
        notes=tuple(notes),
    )  # fmt: skip


def _with_censored(lots: Sequence[LotSeries], accepted: Acceptance, floor: float) -> ShelfLife:
    """The shortest shelf life over every value that the censored results may have had; each lot by itself."""
    worst: ShelfLife | None = None
    for series in lots:
        if any(m == "above" for m in series.marks()):
            return ShelfLife(None, refusal=f"lot {series.lot} has a value above a limit: no bound on how far above")
        if len(set(series.times)) < LEAST_TIMES:
            return ShelfLife(None, refusal=f"lot {series.lot} with censored values has fewer than {LEAST_TIMES} times")
        places = [i for i, m in enumerate(series.marks()) if m]
        if len(places) > MOST_CENSORED:
            return ShelfLife(None, refusal=f"lot {series.lot} has {len(places)} censored values: too many to bound")
        for corner in itertools.product((False, True), repeat=len(places)):
            values = list(series.values)
            for i, low in zip(places, corner, strict=True):
                values[i] = min(floor, values[i]) if low else values[i]
            made = _of_known([LotSeries(series.lot, series.times, tuple(values))], accepted)
            if made.time is None:
                return made
            if worst is None or made.time < (worst.time or 0.0):
                worst = made
    assert worst is not None
    return replace(worst, model="worst_of_censored", lot=worst.lines[0].lot)


def _columns(t: Floats, index: NDArray[np.int64], size: int, model: str) -> Floats:
    lots = (index[:, None] == np.arange(size)[None, :]).astype(float)
    one = np.ones((len(t), 1))
    if model == "one_line":
        return np.hstack([one, t[:, None]])
    return np.hstack([lots, t[:, None]]) if model == "common_slope" else np.hstack([lots, lots * t[:, None]])


def _f_test(extra: float, more: int, full: float, df: int, tiny: float) -> float:
    """P of the F test of an extra sum of squares over the full model's mean square; below `tiny` both are rounding."""
    if full <= tiny:
        return 1.0 if extra <= tiny else 0.0
    return float(special.fdtrc(more, df, max(0.0, extra) / more / (full / df)))


def _rounding(lots: Sequence[LotSeries]) -> float:
    """A sum of squares that rounding of the arithmetic alone may leave."""
    return sum(len(s.values) for s in lots) * (1e-9 * max(abs(v) for s in lots for v in s.values)) ** 2


def _curvature(lots: Sequence[LotSeries]) -> float | None:
    """P of one common quadratic term beside separate lines; None where there are too few values for it."""
    t = np.concatenate([np.asarray(s.times, float) for s in lots])
    y = np.concatenate([np.asarray(s.values, float) for s in lots])
    index = np.repeat(np.arange(len(lots)), [len(s.times) for s in lots])
    u = (t - t.mean()) / (float(np.ptp(t)) or 1.0)
    x = np.hstack([_columns(u, index, len(lots), "separate"), (u * u)[:, None]])
    df = len(y) - x.shape[1]
    if df < 1 or np.linalg.matrix_rank(x) < x.shape[1]:
        return None
    rss = float(((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2).sum())
    return _f_test(fit_lines(lots, "separate")[1] - rss, 1, rss, df, _rounding(lots))


def _shortest(lines: Sequence[Line], accepted: Acceptance) -> tuple[float, str, str]:
    found = [
        (crossing(line, side, limit, level), line.lot, side)
        for line in lines
        for side, limit, level in accepted.sides()
    ]
    return min(found, key=lambda f: (f[0], f[1], f[2]))


def _check(lots: Sequence[LotSeries], accepted: Acceptance) -> None:
    if not lots:
        raise ValueError("at least one lot is needed")
    if not accepted.sides():
        raise ValueError("no acceptance limit on the side to which the attribute moves")
    for s in lots:
        if not len(s.times) == len(s.values) == len(s.marks()):
            raise ValueError(f"lot {s.lot}: times, values and marks of unequal length")
        if not all(math.isfinite(v) for v in (*s.times, *s.values)) or any(t < 0 for t in s.times):
            raise ValueError(f"lot {s.lot}: a time or value that is not a finite number, or a time below 0")
