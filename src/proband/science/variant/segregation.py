"""How likely the observed cosegregation is by chance: N, from counted meioses, and its strength by three ladders.

N is the probability that a variant without effect would be inherited with the disease as observed. A dominant or
X-linked variant halves N with each informative meiosis between affected carriers, the proband not counted
(Jarvik and Browning 2016, Am J Hum Genet 98:1077-1081). For a recessive disease an affected sib with both variants
gives 1/4, an unaffected sib without both 3/4 (simplified LOD of Oza et al. 2018, Hum Mutat 39:1593-1613, table 4b).
Families multiply. 1/N is a likelihood ratio, log10(1/N) a LOD score.

Strength is read by three published ladders, which do not agree everywhere; all are returned:

- `jarvik_browning`: N at most 1/8, 1/16, 1/32 in one family, 1/4, 1/8, 1/16 in more (supporting, moderate, strong);
  recalled, not read again;
- `expert_panels`: 3, 5, 7 informative meioses, strong only from at least two families; read in re-codings of
  expert-panel rules, which differ between panels;
- `odds`: 1/N above 2.08, 4.33, 18.7 (Tavtigian et al. 2018, Genet Med 20:1054-1060), recalled.

Cannot see: phenocopies, reduced or age-dependent penetrance, a causal variant nearby that is inherited along
(one family can never tell them apart), consanguinity, how the family was ascertained, relationships that are not what
they are said to be. Affected relatives without the variant are not weighed: they stop the computation for BS4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proband.science.variant.acmg import Strength

CANNOT_SEE = (
    "phenocopies: an affected relative is taken to have the disease by the same cause",
    "penetrance: an unaffected carrier is left out of N, and unaffected sibs count only if penetrance is declared full",
    "linkage: a causal variant nearby gives the same N",
    "ascertainment: a family chosen because it segregates gives too small an N",
)
"""What this likelihood leaves out; printed with every result."""

JARVIK_BROWNING: Mapping[bool, Mapping[Strength, float]] = {
    False: {Strength.SUPPORTING: 1 / 8, Strength.MODERATE: 1 / 16, Strength.STRONG: 1 / 32},
    True: {Strength.SUPPORTING: 1 / 4, Strength.MODERATE: 1 / 8, Strength.STRONG: 1 / 16},
}
"""Largest N (a probability) for each strength, in one family (False) or in more (True). Recalled."""

EXPERT_PANELS: Mapping[Strength, int] = {Strength.SUPPORTING: 3, Strength.MODERATE: 5, Strength.STRONG: 7}
"""Least informative meioses for each strength, over all families. Secondary."""

ODDS: Mapping[Strength, float] = {Strength.SUPPORTING: 2.08, Strength.MODERATE: 4.33, Strength.STRONG: 18.7}
"""Odds of pathogenicity above which a strength is reached (dimensionless). Recalled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Counts of one family, the proband not among them.

    `meioses`: informative meioses between affected carriers (dominant, X-linked). `affected_sibs`: affected sibs
    with both variants, `unaffected_sibs`: unaffected sibs without both (recessive). `affected_without`: affected
    relatives who lack the variant, or lack one of two. `unaffected_carriers`: unaffected with the causal genotype.
    """

    name: str
    meioses: int = 0
    affected_sibs: int = 0
    unaffected_sibs: int = 0
    affected_without: int = 0
    unaffected_carriers: int = 0

    def __post_init__(self) -> None:
        counts = {k: getattr(self, k) for k in self.__slots__ if k != "name"}
        wrong = {k: n for k, n in counts.items() if isinstance(n, bool) or not isinstance(n, int) or n < 0}
        if wrong:
            raise ValueError(f"family {self.name}: counts must be whole numbers, 0 or more; found {wrong}")


@dataclass(frozen=True, slots=True)
class Segregation:
    """N and what each ladder makes of it; None is no strength. `lod` is log10(1/N), `families` the informative ones.

    With an affected relative who lacks the variant, `n` is None, no strength is given, and `against` says why.
    """

    n: float | None
    lod: float | None
    families: int
    strengths: Mapping[str, Strength | None]
    ladders_agree: bool
    against: tuple[str, ...]
    notes: tuple[str, ...]
    cannot_see: tuple[str, ...] = CANNOT_SEE


def cosegregation(families: Sequence[Family], *, recessive: bool, full_penetrance: bool) -> Segregation:
    """N over all families, and the strength of PP1 by each ladder.

    `full_penetrance` must be declared: only then do unaffected sibs count. Raises ``ValueError`` for no family, a
    family named twice, or counts of the other mode of inheritance.
    Source: Jarvik and Browning 2016, Am J Hum Genet 98:1077-1081; Oza et al. 2018, Hum Mutat 39:1593-1613.

    >>> s = cosegregation([Family(name="A", meioses=4)], recessive=False, full_penetrance=False)
    >>> s.n, s.strengths["jarvik_browning"].value, s.strengths["odds"].value
    (0.0625, 'moderate', 'moderate')
    """
    _check(families, recessive)
    against = tuple(
        f"family {f.name}: {f.affected_without} affected without the variant; weigh BS4, phenocopy first"
        for f in families
        if f.affected_without
    )
    notes = _notes(families, full_penetrance)
    logs = [_log2(f, recessive, full_penetrance) for f in families]
    informative = sum(x > 0 for x in logs)
    if against:
        nothing: dict[str, Strength | None] = dict.fromkeys(("jarvik_browning", "expert_panels", "odds"))
        return Segregation(None, None, informative, nothing, True, against, notes)
    total = sum(logs)
    n = 2.0**-total
    strengths = {
        "jarvik_browning": _highest({s: n <= limit for s, limit in JARVIK_BROWNING[informative > 1].items()}),
        "expert_panels": None if recessive else _panel(families, informative),
        "odds": _highest({s: total > math.log2(limit) for s, limit in ODDS.items()}),
    }
    compared = {v for k, v in strengths.items() if not (recessive and k == "expert_panels")}
    return Segregation(n, total * math.log10(2), informative, strengths, len(compared) == 1, (), notes)


def _check(families: Sequence[Family], recessive: bool) -> None:
    if not families:
        raise ValueError("no family given; cosegregation without a family is not evaluated, not 1")
    names = [f.name for f in families]
    if len(set(names)) < len(names):
        raise ValueError("a family is named twice; give each family once")
    for f in families:
        if recessive and f.meioses:
            raise ValueError(f"family {f.name}: meioses are counted for dominant disease; give sibs for recessive")
        if not recessive and (f.affected_sibs or f.unaffected_sibs):
            raise ValueError(f"family {f.name}: sibs are counted for recessive disease; give meioses for dominant")


def _log2(f: Family, recessive: bool, full_penetrance: bool) -> float:
    """log2 of 1/N of one family."""
    if not recessive:
        return float(f.meioses)
    return 2.0 * f.affected_sibs + (math.log2(4 / 3) * f.unaffected_sibs if full_penetrance else 0.0)


def _highest(met: Mapping[Strength, bool]) -> Strength | None:
    reached = [s for s, yes in met.items() if yes]
    return reached[-1] if reached else None


def _panel(families: Sequence[Family], informative: int) -> Strength | None:
    meioses = sum(f.meioses for f in families)
    return _highest(
        {s: meioses >= least and (s is not Strength.STRONG or informative > 1) for s, least in EXPERT_PANELS.items()}
    )


def _notes(families: Sequence[Family], full_penetrance: bool) -> tuple[str, ...]:
    carriers = sum(f.unaffected_carriers for f in families)
    sibs = sum(f.unaffected_sibs for f in families)
    said = []
    if carriers:
        said.append(
            f"{carriers} unaffected with the causal genotype, not in N: "
            + ("against the variant under full penetrance" if full_penetrance else "penetrance may be reduced")
        )
    if sibs and not full_penetrance:
        said.append(f"{sibs} unaffected sibs not counted: full penetrance was not declared")
    if len(families) == 1:
        said.append("one family: N speaks for the haplotype, not for this variant alone")
    return tuple(said)
