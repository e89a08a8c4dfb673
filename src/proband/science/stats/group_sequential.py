"""Group-sequential boundaries, one-sided: O'Brien-Fleming, Pocock, error spending; power and expected information.

The score process at information times t_k has independent normal increments; its density among trials that go on is
carried from look to look by Gauss-Legendre quadrature (Armitage, McPherson and Rowe, J R Stat Soc A 1969;132:235-244;
Jennison and Turnbull, Group Sequential Methods, 2000, ch. 19, recalled). Boundaries: O'Brien and Fleming (Biometrics
1979;35:549-556), Pocock (Biometrika 1977;64:191-199), spending (Lan and DeMets, Biometrika 1983;70:659-663).

Cannot see: statistics that are not normal. With few patients the exact designs of `exact_designs` are the ones to
use.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import special

from proband.science.stats.model_input import Floats

KINDS = ("obrien-fleming", "pocock", "spending obrien-fleming", "spending pocock")
_NODES = 200
_FAR = 9.0
_MOST_LOOKS = 50


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Critical z at each look, information fractions, alpha spent by each look, and the total one-sided alpha."""

    kind: str
    fractions: tuple[float, ...]
    critical: tuple[float, ...]
    spent: tuple[float, ...]
    alpha: float

    def power(self, drift: float) -> tuple[float, float]:
        """Power and expected information fraction where the final z has mean `drift` without stopping.

        >>> made = boundaries("obrien-fleming", [1 / 3, 2 / 3, 1])
        >>> power, fraction = made.power(3.2415)
        >>> round(power, 3), fraction < 1
        (0.895, True)
        """
        crossing = crossings(self.fractions, self.critical, drift)
        power = float(sum(crossing))
        used = sum(t * p for t, p in zip(self.fractions, crossing, strict=True)) + (1 - power) * self.fractions[-1]
        return power, float(used)


def boundaries(kind: str, fractions: Sequence[float], alpha: float = 0.025) -> Boundaries:
    """Critical values of a one-sided test of level `alpha` at the given information fractions, the last being 1.

    Raises ``ValueError`` for an unknown kind, fractions that do not rise to 1, and an alpha outside 0 to 0.5.

    >>> [round(c, 4) for c in boundaries("pocock", [1 / 3, 2 / 3, 1]).critical]
    [2.2895, 2.2895, 2.2895]
    """
    times = [float(t) for t in fractions]
    rising = all(a < b for a, b in pairwise([0.0, *times]))
    if kind not in KINDS or not (0 < alpha < 0.5):
        raise ValueError(f"kind is one of {', '.join(KINDS)}, and alpha lies between 0 and 0.5")
    if not times or len(times) > _MOST_LOOKS or not rising or abs(times[-1] - 1) > 1e-12:
        raise ValueError(f"information fractions must rise to 1, over at most {_MOST_LOOKS} looks")
    critical = _spend(kind, times, alpha) if kind.startswith("spending") else _constant(kind, times, alpha)
    crossing = crossings(times, critical, 0.0)
    return Boundaries(kind, tuple(times), tuple(critical), tuple(np.cumsum(crossing).tolist()), alpha)


def crossings(fractions: Sequence[float], critical: Sequence[float], drift: float) -> list[float]:
    """Probability of first crossing at each look, the score at fraction t being N(drift t, t).

    >>> round(sum(crossings([1.0], [1.959964], 0.0)), 6)
    0.025
    """
    made, state = [], _State(np.zeros(1), np.ones(1), 0.0)
    for t, c in zip(fractions, critical, strict=True):
        made.append(state.beyond(c, t, drift))
        state = state.carried(c, t, drift)
    return made


@dataclass(frozen=True, slots=True)
class _State:
    """Scores of trials that go on, their quadrature masses, and the fraction reached."""

    score: Floats
    mass: Floats
    reached: float

    def beyond(self, critical: float, t: float, drift: float) -> float:
        step = t - self.reached
        above = (critical * math.sqrt(t) - self.score - drift * step) / math.sqrt(step)
        return float(self.mass @ special.ndtr(-above))

    def carried(self, critical: float, t: float, drift: float) -> _State:
        step = t - self.reached
        edge = critical * math.sqrt(t)
        low = min(drift * t, 0.0) - _FAR * math.sqrt(t)
        pieces = max(1, math.ceil((edge - low) / (8 * math.sqrt(step))))
        x, w = np.polynomial.legendre.leggauss(_NODES if pieces == 1 else 60)
        cuts = np.linspace(low, edge, pieces + 1)
        half = np.diff(cuts) / 2
        nodes = ((cuts[:-1] + half)[:, None] + half[:, None] * x).ravel()
        weights = (half[:, None] * w).ravel()
        z = (nodes[:, None] - self.score - drift * step) / math.sqrt(step)
        density = np.exp(-z * z / 2) @ self.mass / math.sqrt(2 * math.pi * step)
        return _State(nodes, weights * density, t)


def _constant(kind: str, times: list[float], alpha: float) -> list[float]:
    power = -0.5 if kind == "obrien-fleming" else 0.0
    shape = [t**power for t in times]
    c = _root(lambda c: sum(crossings(times, [c * s for s in shape], 0.0)) - alpha, 0.1, 10.0)
    return [c * s for s in shape]


def _spend(kind: str, times: list[float], alpha: float) -> list[float]:
    made: list[float] = []
    state, spent = _State(np.zeros(1), np.ones(1), 0.0), 0.0
    for t in times:
        wanted = _spent(kind, t, alpha) - spent
        c = _root(lambda c, w=wanted, s=state, u=t: s.beyond(c, u, 0.0) - w, -5.0, 40.0)  # type: ignore[misc]
        made.append(c)
        state, spent = state.carried(c, t, 0.0), spent + wanted
    return made


def _spent(kind: str, t: float, alpha: float) -> float:
    """Error that may be spent by fraction t: Lan and DeMets' functions of either shape."""
    if kind == "spending pocock":
        return alpha * math.log(1 + (math.e - 1) * t)
    return float(2 * special.ndtr(special.ndtri(alpha / 2) / math.sqrt(t)))


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    """Bisection of a falling function, to the last digit of a double."""
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if f(middle) > 0 else (low, middle)
    return (low + high) / 2
