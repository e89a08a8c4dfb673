"""From a causality record to the criteria of one variant: those that people applied, and those computed from data.

Computed are PS3 and BS3 from assays with control variants (OddsPath), PVS1 from the facts of its decision tree, and
PP1 from counted families; where several assays or ladders give different strengths, the weakest is taken for PP1 and
the strongest allowed one for PS3, and the others are named.

Cannot see: whether a code was applied rightly, and gene-specific rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proband.core.causality import AppliedCode, Assay, CausalityRecord, FamilyCounts, NullFacts
from proband.science.variant.acmg import STRENGTHS, Classification, Criterion, Status, Strength, combine
from proband.science.variant.acmg_pvs1 import NullKind, NullVariant, pvs1
from proband.science.variant.functional import Controls, OddsPath, odds_path
from proband.science.variant.segregation import Family, Segregation, cosegregation


@dataclass(frozen=True, slots=True)
class WeighedAssay:
    """An assay with its OddsPath, or the reason why it has none; `role` is shown, spoken_against or uninformative."""

    assay: Assay
    odds: OddsPath | None
    role: str
    because: str


@dataclass(frozen=True, slots=True)
class WeighedFamilies:
    """Families of one variant with their cosegregation; `role` as of an assay, `strength` that of PP1 or None."""

    families: tuple[FamilyCounts, ...]
    segregation: Segregation
    role: str
    because: str
    strength: Strength | None


@dataclass(frozen=True, slots=True)
class WeighedVariant:
    """All that a record says of one variant: criteria, their combination, assays, families.

    `classification` is None where no criterion was evaluated.
    """

    variant: str
    criteria: tuple[Criterion, ...]
    computed: tuple[str, ...]
    classification: Classification | None
    assays: tuple[WeighedAssay, ...]
    families: WeighedFamilies | None


def weigh_assay(assay: Assay) -> WeighedAssay:
    """The OddsPath of one assay's readout, and what it says of the variant's role.

    >>> controls = {"pathogenic_abnormal": 10, "pathogenic_normal": 0, "benign_abnormal": 0, "benign_normal": 10}
    >>> weigh_assay(Assay("v", "a", "abnormal", controls, "engineered_cells", "s", "text")).role
    'shown'
    """
    if assay.readout == "between":
        return WeighedAssay(assay, None, "uninformative", "the readout lies between the bands of the controls")
    if not assay.controls:
        return WeighedAssay(
            assay, None, "uninformative", "no control variants are stated: a readout alone has no weight"
        )
    try:
        odds = odds_path(Controls(**assay.controls), assay.readout)
    except ValueError as fault:
        return WeighedAssay(assay, None, "uninformative", str(fault))
    if odds.allowed is None:
        return WeighedAssay(assay, odds, "uninformative", f"OddsPath {odds.odds:.3g} reaches no strength")
    role = "shown" if odds.code == "PS3" else "spoken_against"
    because = f"OddsPath {odds.odds:.3g} ({odds.low:.2g} to {odds.high:.3g}): {odds.code} at {odds.allowed}"
    return WeighedAssay(assay, odds, role, "; ".join([because, *odds.caveats]))


def weigh_families(families: Sequence[FamilyCounts], recessive: bool) -> WeighedFamilies:
    """Cosegregation over the families of one variant; raises ``ValueError`` for counts of the other inheritance."""
    full = all(f.full_penetrance for f in families)
    found = cosegregation(
        [Family(name=f.name, **f.counts) for f in families], recessive=recessive, full_penetrance=full
    )
    if found.against:
        return WeighedFamilies(tuple(families), found, "spoken_against", "; ".join(found.against), None)
    strength = _weakest(found, recessive)
    said = f"chance of the cosegregation {found.n:.3g}: " if found.n is not None else ""
    if strength is None:
        because = f"{said}not all ladders give a strength"
        return WeighedFamilies(tuple(families), found, "uninformative", because, None)
    because = f"{said}PP1 at {strength}, the weakest of the ladders"
    return WeighedFamilies(tuple(families), found, "shown", because, strength)


def _weakest(found: Segregation, recessive: bool) -> Strength | None:
    """The weakest strength over the ladders that apply; one that gives none counts as none.

    The ladder of the expert panels counts meioses and does not apply to recessive disease.
    """
    given = [s for k, s in found.strengths.items() if k != "expert_panels" or not recessive]
    if not given or any(s is None for s in given):
        return None
    return min((s for s in given if s is not None), key=STRENGTHS.index)


def weigh(record: CausalityRecord, variant: str, recessive: bool) -> WeighedVariant:
    """Everything that a record says of one variant.

    Raises ``ValueError`` for families counted for the other mode of inheritance.
    """
    assays = tuple(weigh_assay(a) for a in record.assays if a.variant == variant)
    counted = [f for f in record.families if f.variant == variant]
    families = weigh_families(counted, recessive) if counted else None
    criteria = [_applied(c) for c in record.codes if c.variant == variant]
    computed = [*_from_assays(assays), *(_from_null(n) for n in record.nulls if n.variant == variant)]
    if families is not None and families.role == "shown":
        basis = frozenset({"segregation"})
        computed.append(Criterion("PP1", Status.MET, families.strength, families.because, basis))
    criteria += computed
    evaluated = any(c.status is not Status.NOT_EVALUATED for c in criteria)
    return WeighedVariant(
        variant,
        tuple(criteria),
        tuple(c.label for c in computed),
        combine(criteria) if evaluated else None,
        assays,
        families,
    )


def _applied(c: AppliedCode) -> Criterion:
    strength = Strength(c.strength) if c.strength else None
    return Criterion(c.code, Status(c.status), strength, c.because, frozenset(c.basis), (c.source,))


def _from_assays(assays: Sequence[WeighedAssay]) -> list[Criterion]:
    made = []
    for code in ("PS3", "BS3"):
        found = [a for a in assays if a.odds is not None and a.odds.allowed is not None and a.odds.code == code]
        if not found:
            continue
        best = max(found, key=lambda a: STRENGTHS.index(a.odds.allowed))  # type: ignore[union-attr]
        assert best.odds is not None
        basis = frozenset({"functional"})
        sources = tuple(a.assay.source for a in found)
        made.append(
            Criterion(code, Status.MET, best.odds.allowed, f"{best.assay.name}: {best.because}", basis, sources)
        )
    return made


def _from_null(n: NullFacts) -> Criterion:
    facts = {"loss_is_mechanism": None, **n.facts}
    return pvs1(NullVariant(kind=NullKind(n.kind), **facts)).criterion  # type: ignore[arg-type]
