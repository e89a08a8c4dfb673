"""The partial likelihood of `cox`: value, score, information, residuals, penalty, and Newton's way to its maximum.

Each event is one row of weights over the rows at risk. With d tied events Efron's l-th row (l = 0 .. d - 1) counts
the tied rows by 1 - l / d, Breslow's by 1. Every sum is a product with that matrix of weights. Source: see `cox`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.core.errors import Problem, ProgramError
from proband.science.stats.event_times import EventTimes
from proband.science.stats.model_input import Floats

MOST_WEIGHTS = 100_000_000


@dataclass(frozen=True, slots=True)
class CoxRows:
    """Centred columns, and for each event its row, its set of ties and its weights over the rows at risk."""

    x: Floats
    event: NDArray[np.int64]
    tied: NDArray[np.int64]
    weights: Floats

    def flat(self, names: Sequence[str]) -> str:
        """Which columns no event compares, for all at risk then were alike in them; an empty text where none is."""
        spans = np.maximum(np.ptp(self.x, axis=0), 1e-300)
        values, vectors = np.linalg.eigh(self.information(np.zeros(spans.size)) / np.outer(spans, spans))
        null = np.abs(vectors[:, values < 1e-10]).max(axis=1, initial=0.0) > 1e-6
        bad = [name for name, n in zip(names, null, strict=True) if n]
        return f"at no event were patients at risk who differ in {', '.join(bad)}" if bad else ""

    def _shares(self, at: Floats) -> tuple[Floats, Floats, float]:
        """Share of each row in each event's risk set, log of their sums, and the sum of predictors of events."""
        eta = self.x @ at
        top = eta.max()
        part = self.weights * np.exp(eta - top)
        total = part.sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return part / total[:, None], np.log(total) + top, float(eta[self.event].sum())

    def value(self, at: Floats, firth: bool = False) -> float:
        """The log partial likelihood, with Firth's penalty where asked for."""
        _, logs, events = self._shares(at)
        made = events - float(logs.sum())
        if firth:
            sign, size = np.linalg.slogdet(self.information(at))
            made += 0.5 * float(size) if sign > 0 else -np.inf
        return made if np.isfinite(made) else -np.inf

    def score(self, at: Floats, firth: bool = False) -> Floats:
        """Its derivative."""
        shares, _, _ = self._shares(at)
        means = shares @ self.x
        made: Floats = self.x[self.event].sum(axis=0) - means.sum(axis=0)
        return made + self._penalty(shares, means, at) if firth else made

    def _penalty(self, shares: Floats, means: Floats, at: Floats) -> Floats:
        """Derivative of half the log determinant of the information: third central moments."""
        inverse = np.linalg.inv(self.information(at))
        made = np.zeros(at.size)
        for share, mean in zip(shares, means, strict=True):
            inside = share > 0
            c = self.x[inside] - mean
            size = np.einsum("ia,ab,ib->i", c, inverse, c)
            made += 0.5 * (share[inside] * size) @ c
        return made

    def information(self, at: Floats) -> Floats:
        """Minus its second derivative."""
        shares, _, _ = self._shares(at)
        means = shares @ self.x
        made: Floats = (self.x * shares.sum(axis=0)[:, None]).T @ self.x - means.T @ means
        return made

    def score_residuals(self, at: Floats) -> Floats:
        """Each row's part of the score (rows x columns): own event against its mean, less its share in all events."""
        shares, _, _ = self._shares(at)
        means = shares @ self.x
        made = -(self.x * shares.sum(axis=0)[:, None] - shares.T @ means)
        sums, counts = np.zeros((int(self.tied.max()) + 1, self.x.shape[1])), np.bincount(self.tied)
        np.add.at(sums, self.tied, means)
        made[self.event] += self.x[self.event] - (sums / counts[:, None])[self.tied]
        return made

    def without(self, kept: NDArray[np.bool_]) -> CoxRows:
        """The events and weights of the rows kept; tied events that remain are weighed anew where Efron's were."""
        held = np.flatnonzero(kept[self.event])
        place = np.cumsum(kept) - 1
        event, tied = place[self.event[held]], np.unique(self.tied[held], return_inverse=True)[1]
        weights = self.weights[np.ix_(held, np.flatnonzero(kept))].copy()
        counts = np.bincount(tied) if tied.size else np.zeros(0, dtype=np.int64)
        # the first of a set of ties has the bare risk set, the further ones take shares of the tied rows off
        shared = bool((self.weights[np.arange(self.event.size), self.event] < 1).any())
        step = 0
        for i, t in enumerate(tied):
            step = step + 1 if i and tied[i - 1] == t else 0
            if shared:
                weights[i, event[tied == t]] = 1 - step / counts[t]
        return CoxRows(self.x[kept], event, tied, weights)

    def differences(self) -> tuple[Floats, Floats]:
        """Differences of each event to others at risk, which may only grow, and to events tied with it, which stay."""
        gain, fixed = [np.zeros((0, self.x.shape[1]))], [np.zeros((0, self.x.shape[1]))]
        for row, tie, weight in zip(self.event, self.tied, self.weights, strict=True):
            same = self.event[(self.tied == tie) & (self.event != row)]
            fixed.append(self.x[row] - self.x[same])
            others = np.setdiff1d(np.flatnonzero(weight > 0), np.append(same, row))
            gain.append(np.unique(self.x[row] - self.x[others], axis=0))
        return np.vstack(gain), np.vstack(fixed)


def cox_rows(times: EventTimes, x: Floats, stratum: NDArray[np.int64], ties: str) -> CoxRows:
    """Lay out the events and their weights. Raises ``ProgramError`` where that would not fit in memory."""
    found = np.flatnonzero(times.event)
    if found.size * times.size > MOST_WEIGHTS:
        size = f"{found.size} events and {times.size} rows"
        raise ProgramError(
            [Problem("model", "rows", size, f"events x rows up to {MOST_WEIGHTS:g}", "stratify or pool")]
        )
    order = found[np.lexsort((found, times.stop[found], stratum[found]))]
    weights, tied, rank = np.zeros((order.size, times.size)), np.zeros(order.size, dtype=np.int64), 0
    i = 0
    while i < order.size:
        t, s = times.stop[order[i]], stratum[order[i]]
        j = i
        while j < order.size and times.stop[order[j]] == t and stratum[order[j]] == s:
            j += 1
        risk = ((times.start < t) & (times.stop >= t) & (stratum == s)).astype(np.float64)
        for step, k in enumerate(range(i, j)):
            weights[k] = risk
            if ties == "efron":
                weights[k, order[i:j]] -= step / (j - i)
        tied[i:j], rank, i = rank, rank + 1, j
    return CoxRows(x - x.mean(axis=0), order, tied, weights)


@dataclass(frozen=True, slots=True)
class Top:
    """Where Newton's steps ended, the value there, and whether it is a maximum."""

    at: Floats
    value: float
    converged: bool


def newton(rows: CoxRows, start: Floats, free: NDArray[np.bool_], firth: bool) -> Top:
    """Maximise over the `free` coefficients, the others fixed at `start`, halving steps that do not climb."""
    at, here = start.copy(), rows.value(start, firth)
    for _ in range(60):
        score = rows.score(at, firth)[free]
        information = rows.information(at)[np.ix_(free, free)]
        try:
            step = np.linalg.solve(information, score)
        except np.linalg.LinAlgError:
            return Top(at, here, False)
        if np.all(np.abs(step) <= 1e-10 * (1 + np.abs(at[free]))):
            at[free] += step
            return Top(at, rows.value(at, firth), True)
        factor, moved = 1.0, at
        while factor > 1e-8:
            moved = at.copy()
            moved[free] = at[free] + factor * step
            there = rows.value(moved, firth)
            if there > here - 1e-12 * (1 + abs(here)):
                break
            factor /= 2
        at, here = moved, rows.value(moved, firth)
    return Top(at, here, False)
