"""The antisense amenability taxonomy of Kim et al. 2023 (Nature 619:828-836), as code.

Canonical splice-site damage (severe, moderate, little), coding damage (severe, little), mis-splice type (gain,
skipping or retention, neither), and from these probably, possibly or unlikely amenable. Limits and grid are in
``reference/kim_2023_amenability.toml``: the limits read in the Methods, the grid from extracted text of figure 2.

A missing score is not known, never 0. Every value that a missing score could still give is kept, so that the class
is named only when all of them lead to one; else it is None, and `possible` holds the classes that remain. Solid
experimental evidence overrides predictions (same source): the `observed_*` facts.

Cannot see: how solid an experiment is, score versions, several affected sites at once (give the worst one),
in-frame changes and stop losses beyond what the Methods name (in-frame: little; stop loss: not known).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any


class KimClass(StrEnum):
    """The three classes."""

    PROBABLY = "probably"
    POSSIBLY = "possibly"
    UNLIKELY = "unlikely"


SEVERITY = ("little", "moderate", "severe")
"""Damage, least first."""

TYPES = ("gain", "skipping_or_retention", "neither")
"""Mis-splice types."""

CONSEQUENCES = (
    "frameshift",
    "nonsense",
    "start_loss",
    "stop_loss",
    "missense",
    "inframe_indel",
    "synonymous",
    "noncoding",
)
"""Coding consequences that the taxonomy is asked about."""


@dataclass(frozen=True, slots=True)
class GainedSite:
    """A non-canonical site: SpliceAI gain (0 to 1) and MaxEntScan of the altered sequence (bits); None not known."""

    splice_ai_gain: float | None
    maxent_alt: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KimFacts:
    """Scores of one variant; None is not known.

    `splice_ai_loss`: the larger of donor and acceptor loss at a canonical site (0 to 1). `maxent_ref`, `maxent_alt`:
    of that site (bits). `motif_changed`: False when the variant lies outside the canonical sites' scored motifs, so
    that their scores can not differ. `branchpoint_distance`: nt from variant to the predicted branchpoint;
    `branchpoint_shift`: change of its distance to the site (nt). `gained`: non-canonical sites; None is not searched.
    `site_deleted`: the canonical dinucleotide is gone. `observed_*`: from solid experiments, with `observed_source`.
    """

    name: str
    splice_ai_loss: float | None = None
    maxent_ref: float | None = None
    maxent_alt: float | None = None
    motif_changed: bool | None = None
    site_deleted: bool | None = None
    branchpoint_distance: int | None = None
    branchpoint_shift: int | None = None
    gained: tuple[GainedSite, ...] | None = None
    consequence: str | None = None
    revel: float | None = None
    observed_canonical: str | None = None
    observed_coding: str | None = None
    observed_type: str | None = None
    observed_source: str = ""

    def __post_init__(self) -> None:
        allowed = {
            "consequence": CONSEQUENCES,
            "observed_canonical": SEVERITY,
            "observed_coding": ("little", "severe"),
            "observed_type": TYPES,
        }
        wrong = [
            f"{key} is {getattr(self, key)!r}; expected one of {', '.join(words)}, or None"
            for key, words in allowed.items()
            if getattr(self, key) is not None and getattr(self, key) not in words
        ]
        shares = {"splice_ai_loss": self.splice_ai_loss, "revel": self.revel}
        shares |= {f"gained[{i}]": site.splice_ai_gain for i, site in enumerate(self.gained or ())}
        wrong += [f"{k} is {x}; expected 0 to 1" for k, x in shares.items() if x is not None and not 0 <= x <= 1]
        differ = None not in (self.maxent_ref, self.maxent_alt) and self.maxent_ref != self.maxent_alt
        if self.motif_changed is False and differ:
            wrong.append("motif_changed is False, but maxent_ref and maxent_alt differ; expected one of the two")
        observed = (self.observed_canonical, self.observed_coding, self.observed_type)
        if any(observed) and not self.observed_source.strip():
            wrong.append("an observed fact needs observed_source")
        if wrong:
            raise ValueError(f"{self.name}: " + "; ".join(wrong))


@dataclass(frozen=True, slots=True)
class KimResult:
    """The class, or None with the classes still possible; damage and type as the sets still possible."""

    variant: str
    amenability: KimClass | None
    possible: tuple[KimClass, ...]
    canonical: tuple[str, ...]
    coding: tuple[str, ...]
    mis_splicing: tuple[str, ...]
    because: tuple[str, ...]
    missing: tuple[str, ...]


@cache
def data() -> Mapping[str, Any]:
    """The data file ``reference/kim_2023_amenability.toml`` as read."""
    return tomllib.loads(resources.files("proband.reference").joinpath("kim_2023_amenability.toml").read_text("utf-8"))


def kim(facts: KimFacts) -> KimResult:
    """The amenability class of one variant.

    Source: Kim et al. 2023, Nature 619:828-836, Methods and figure 2.

    >>> kim(KimFacts(name="x", splice_ai_loss=0.0, gained=(GainedSite(0.9, 8.0),), consequence="noncoding")).amenability
    <KimClass.PROBABLY: 'probably'>
    >>> kim(KimFacts(name="x", gained=(GainedSite(0.9, 8.0),), consequence="noncoding")).amenability is None
    True
    """
    canonical = _canonical(facts)
    coding = _coding(facts)
    types = _types(facts)
    damages = {max(a, b, key=SEVERITY.index) for a in canonical for b in coding}
    possible = {_cell(damage, kind) for damage in damages for kind in types}
    ordered = tuple(c for c in KimClass if c in possible)
    because = (
        f"canonical damage {' or '.join(canonical)}",
        f"coding damage {' or '.join(coding)}",
        f"mis-splicing {' or '.join(types)}",
        *((f"observed: {facts.observed_source}",) if facts.observed_source else ()),
    )
    only = ordered[0] if len(ordered) == 1 else None
    lacking = () if only else _missing(facts, canonical, coding, types)
    return KimResult(facts.name, only, ordered, canonical, coding, types, because, lacking)


def _cell(damage: str, kind: str) -> KimClass:
    for cell in data()["grid"]:
        if cell["damage"] in ("any", damage) and cell["type"] in ("any", kind):
            return KimClass(cell["class"])
    raise ValueError(f"no cell for damage {damage}, type {kind}")


def _canonical(f: KimFacts) -> tuple[str, ...]:
    """Every level of canonical damage that the known scores leave open."""
    if f.observed_canonical:
        return (f.observed_canonical,)
    if f.site_deleted:
        return ("severe",)
    limits = data()["limits"]
    loss = _at_least(f.splice_ai_loss, limits["splice_ai"])
    weaker = _weaker(f)
    gone = _or(_less(f.maxent_alt, limits["maxent_least"]), _fraction_lost(f, limits["maxent_fraction"]))
    if f.motif_changed is False:
        gone = False
    severe = _and(loss, weaker, gone)
    branch = _or(
        _at_most(f.branchpoint_distance, limits["branchpoint_distance"]),
        None if f.branchpoint_shift is None else abs(f.branchpoint_shift) > limits["branchpoint_shift"],
    )
    moderate = _and(loss, _or(_and(weaker, _not(gone)), branch))
    levels = set()
    if severe is not False:
        levels.add("severe")
    if severe is not True:
        levels |= {"moderate"} if moderate else {"little"} if moderate is False else {"moderate", "little"}
    return tuple(level for level in SEVERITY if level in levels)


def _weaker(f: KimFacts) -> bool | None:
    """Whether the canonical site scores lower than its reference."""
    if f.motif_changed is False:
        return False
    if f.maxent_alt is None or f.maxent_ref is None:
        return None
    return f.maxent_alt < f.maxent_ref


def _fraction_lost(f: KimFacts, fraction: float) -> bool | None:
    if f.maxent_alt is None or f.maxent_ref is None:
        return None
    return f.maxent_alt < fraction * f.maxent_ref


def _coding(f: KimFacts) -> tuple[str, ...]:
    if f.observed_coding:
        return (f.observed_coding,)
    if f.consequence in ("frameshift", "nonsense", "start_loss"):
        return ("severe",)
    if f.consequence == "missense" and f.revel is not None:
        return ("severe",) if f.revel > data()["limits"]["revel"] else ("little",)
    if f.consequence in ("synonymous", "noncoding", "inframe_indel"):
        return ("little",)
    return ("little", "severe")


def _types(f: KimFacts) -> tuple[str, ...]:
    if f.observed_type:
        return (f.observed_type,)
    limits = data()["limits"]
    gain = None if f.gained is None else False
    for site in f.gained or ():
        gain = _or(
            gain,
            _and(
                _at_least(site.splice_ai_gain, limits["splice_ai"]), _at_least(site.maxent_alt, limits["maxent_least"])
            ),
        )
    if gain:
        return ("gain",)
    loss = _at_least(f.splice_ai_loss, limits["splice_ai"])
    rest = {"skipping_or_retention"} if loss else {"neither"} if loss is False else {"skipping_or_retention", "neither"}
    open_types = rest | ({"gain"} if gain is None else set())
    return tuple(t for t in TYPES if t in open_types)


def _missing(
    f: KimFacts, canonical: tuple[str, ...], coding: tuple[str, ...], types: tuple[str, ...]
) -> tuple[str, ...]:
    """Scores that are not known and bear on a part that is still open."""
    names: list[str] = []
    if len(types) > 1:
        names += ["gained"] if f.gained is None or "gain" in types else []
        names += ["splice_ai_loss"] if f.splice_ai_loss is None else []
    if len(canonical) > 1:
        asked = ["splice_ai_loss", "branchpoint_distance", "branchpoint_shift"]
        asked += ["maxent_ref", "maxent_alt"] if f.motif_changed is not False else []
        names += [n for n in asked if getattr(f, n) is None]
    if len(coding) > 1:
        names.append("revel" if f.consequence == "missense" else "consequence")
    return tuple(dict.fromkeys(names))


def _at_least(x: float | None, limit: float) -> bool | None:
    return None if x is None else x >= limit


def _at_most(x: float | None, limit: float) -> bool | None:
    return None if x is None else x <= limit


def _less(x: float | None, limit: float) -> bool | None:
    return None if x is None else x < limit


def _and(*terms: bool | None) -> bool | None:
    return False if False in terms else None if None in terms else True


def _or(*terms: bool | None) -> bool | None:
    return True if True in terms else None if None in terms else False


def _not(term: bool | None) -> bool | None:
    return None if term is None else not term
