"""How strongly a functional assay counts: OddsPath from its control variants, with exact limits.

OddsPath = [P2 (1 - P1)] / [(1 - P2) P1], where P1 is the share of pathogenic variants among all controls and P2 their
share among the controls with the readout in question (Brnich et al. 2019, Genome Med 12:3,
https://doi.org/10.1186/s13073-019-0690-2; the equation was read in re-codings, bands and the minimum of 11 controls
are recalled). It equals the likelihood ratio of the readout. Where no control of the other kind has the readout, one
is added to P2 ("+1"), as in the paper.

The limits here are ours: the likelihood ratio of two independent proportions, each with its Clopper-Pearson limits
(Biometrika 1934;26:404-413) at the square root of the level, so that both hold together at the level or better.
They use the counts as seen, without the added control.

Cannot see: whether the assay models the disease's mechanism, whether the controls are independent of the assay's
calibration, replicates, a variant whose readout lies between the bands.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from scipy import special

from proband.science.variant.acmg import STRENGTHS, Strength

BANDS: Mapping[Strength, float] = {
    Strength.SUPPORTING: 2.1,
    Strength.MODERATE: 4.3,
    Strength.STRONG: 18.7,
    Strength.VERY_STRONG: 350.0,
}
"""OddsPath above which PS3 counts at a strength (dimensionless; Brnich et al. 2019, after Tavtigian et al. 2018)."""

BENIGN_BANDS: Mapping[Strength, float] = {Strength.SUPPORTING: 0.48, Strength.MODERATE: 0.23, Strength.STRONG: 0.053}
"""OddsPath below which BS3 counts at a strength (same source); there is no very strong BS3."""

MINIMUM_CONTROLS = 11
"""Controls, pathogenic and benign together, below which the paper gives no more than supporting (same source)."""


@dataclass(frozen=True, slots=True)
class Controls:
    """Control variants of one assay by truth and readout (counts).

    >>> Controls(5, 0, 0, 6).total
    11
    """

    pathogenic_abnormal: int
    pathogenic_normal: int
    benign_abnormal: int
    benign_normal: int
    pathogenic_between: int = 0
    benign_between: int = 0

    def __post_init__(self) -> None:
        counts = {name: getattr(self, name) for name in self.__slots__}
        wrong = {k: n for k, n in counts.items() if isinstance(n, bool) or not isinstance(n, int) or n < 0}
        if wrong:
            raise ValueError(f"control counts must be whole numbers, 0 or more; found {wrong}")

    @property
    def pathogenic(self) -> int:
        """Pathogenic controls, whatever their readout."""
        return self.pathogenic_abnormal + self.pathogenic_normal + self.pathogenic_between

    @property
    def benign(self) -> int:
        """Benign controls, whatever their readout."""
        return self.benign_abnormal + self.benign_normal + self.benign_between

    @property
    def total(self) -> int:
        """All controls."""
        return self.pathogenic + self.benign


@dataclass(frozen=True, slots=True)
class OddsPath:
    """OddsPath of one readout.

    `code` is PS3 for an abnormal readout, BS3 for a normal one, empty when the odds do not point that way.
    `strength` follows from the odds alone; `allowed` from the odds and the minimum of controls; `at_limit` is the
    strength that the limit nearer to 1 still supports. None means no strength. `plus_one` says that the odds
    rest on one added control. `low` may be 0 and `high` infinite.
    """

    readout: str
    odds: float
    low: float
    high: float
    level: float
    code: str
    strength: Strength | None
    allowed: Strength | None
    at_limit: Strength | None
    plus_one: bool
    controls: int
    caveats: tuple[str, ...]


def odds_path(controls: Controls, readout: str, level: float = 0.95) -> OddsPath:
    """OddsPath for a variant whose `readout` is "abnormal" or "normal", with limits at `level`.

    Raises ``ValueError`` without controls of both kinds, without a control that has the readout, for another word as
    readout, or a level outside 0 to 1. Source: Brnich et al. 2019, Genome Med 12:3.

    >>> r = odds_path(Controls(5, 0, 0, 6), "abnormal")
    >>> round(r.odds, 6), r.strength.value, r.allowed.value, r.at_limit
    (6.0, 'moderate', 'moderate', None)
    """
    if readout not in ("abnormal", "normal"):
        raise ValueError(f"readout is {readout!r}; expected 'abnormal' or 'normal' (one between has no OddsPath)")
    if not 0 < level < 1:
        raise ValueError(f"level is {level}; expected a number between 0 and 1")
    if not controls.pathogenic or not controls.benign:
        raise ValueError(
            f"{controls.pathogenic} pathogenic and {controls.benign} benign controls; OddsPath needs both kinds"
        )
    abnormal = readout == "abnormal"
    sick = controls.pathogenic_abnormal if abnormal else controls.pathogenic_normal
    well = controls.benign_abnormal if abnormal else controls.benign_normal
    if sick + well == 0:
        raise ValueError(f"no control has the readout {readout!r}; its OddsPath is not defined")
    plus_one = (well if abnormal else sick) == 0
    up = sick + (plus_one and not abnormal)
    down = well + (plus_one and abnormal)
    prior_odds = controls.pathogenic / controls.benign
    odds = math.inf if down == 0 else up / down / prior_odds
    low, high = _limits(sick, controls.pathogenic, well, controls.benign, level)
    strength = strength_of(odds) if (odds > 1) == abnormal else None
    code = ("PS3" if abnormal else "BS3") if strength else ""
    limit = low if abnormal else high
    at_limit = strength_of(limit) if code and (limit > 1) == abnormal else None
    return OddsPath(
        readout=readout,
        odds=odds,
        low=low,
        high=high,
        level=level,
        code=code,
        strength=strength,
        allowed=_allowed(strength, controls.total),
        at_limit=at_limit,
        plus_one=plus_one,
        controls=controls.total,
        caveats=_caveats(controls, readout, odds, plus_one, strength, at_limit),
    )


def strength_of(odds: float) -> Strength | None:
    """The strength at which PS3 (odds above 1) or BS3 (below) counts; None in the band between.

    Source: Brnich et al. 2019. The limits themselves belong to the weaker band.

    >>> strength_of(18.7).value, strength_of(18.71).value, strength_of(1.0)
    ('moderate', 'strong', None)
    """
    if odds > 1:
        met = [s for s, limit in BANDS.items() if odds > limit]
    else:
        met = [s for s, limit in BENIGN_BANDS.items() if odds < limit]
    return met[-1] if met else None


def _limits(sick: int, pathogenic: int, well: int, benign: int, level: float) -> tuple[float, float]:
    """Limits of (sick/pathogenic)/(well/benign) that hold at `level` or better."""
    each = math.sqrt(level)
    low_p, high_p = _clopper_pearson(sick, pathogenic, each)
    low_b, high_b = _clopper_pearson(well, benign, each)
    return low_p / high_b, (high_p / low_b if low_b else math.inf)


def _clopper_pearson(k: int, n: int, level: float) -> tuple[float, float]:
    tail = (1 - level) / 2
    low = float(special.betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(special.betaincinv(k + 1, n - k, 1 - tail)) if k < n else 1.0
    return low, high


def _allowed(strength: Strength | None, total: int) -> Strength | None:
    if strength is None or total >= MINIMUM_CONTROLS:
        return strength
    return min(strength, Strength.SUPPORTING, key=STRENGTHS.index)


def _caveats(
    controls: Controls,
    readout: str,
    odds: float,
    plus_one: bool,
    strength: Strength | None,
    at_limit: Strength | None,
) -> tuple[str, ...]:
    said = []
    if controls.total < MINIMUM_CONTROLS:
        said.append(
            f"{controls.total} controls, fewer than {MINIMUM_CONTROLS}: no more than supporting (Brnich et al. 2019)"
        )
    if plus_one:
        other = "benign" if readout == "abnormal" else "pathogenic"
        said.append(f"no {other} control read {readout}: the odds rest on one that was added")
    if controls.pathogenic_between or controls.benign_between:
        said.append("controls that read between the bands count in the prior share only")
    if strength is not None and at_limit is not strength:
        said.append(f"the limit nearer to 1 supports {at_limit or 'no strength'}, the estimate {strength}")
    if (odds < 1) if readout == "abnormal" else (odds > 1):
        said.append(f"a readout called {readout} speaks the other way: the assay runs against its own labels")
    return tuple(said)
