"""The causality record of a program: what speaks for and against each variant as the cause, as people entered it.

Nothing here is computed: codes are combined, assays weighed and families counted by the analysis `causal_variant`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class LabTest:
    """A laboratory test of a patient's diagnosis. `result` is confirms, speaks_against, inconclusive or pending."""

    id: str
    patient: str
    type: str
    method: str
    result: str
    on: date | None
    laboratory: str
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class AppliedCode:
    """An ACMG/AMP criterion as somebody evaluated it for a variant; `strength` only where it is not the default."""

    variant: str
    code: str
    status: str
    strength: str
    because: str
    basis: tuple[str, ...]
    source: str
    read_as: str


@dataclass(frozen=True, slots=True)
class Assay:
    """A functional assay of a variant with its control variants by truth and readout.

    `readout` is abnormal, normal or between; `controls` are counts by the names of `functional.Controls`.
    """

    variant: str
    name: str
    readout: str
    controls: Mapping[str, int]
    material: str
    source: str
    read_as: str


@dataclass(frozen=True, slots=True)
class FamilyCounts:
    """What a family tells of a variant, by the names of `segregation.Family`."""

    variant: str
    name: str
    counts: Mapping[str, int]
    full_penetrance: bool
    source: str


@dataclass(frozen=True, slots=True)
class NullFacts:
    """The facts that the decision tree of PVS1 asks for, by the names of `acmg_pvs1.NullVariant`; left out: unknown."""

    variant: str
    kind: str
    facts: Mapping[str, bool | float]
    source: str


@dataclass(frozen=True, slots=True)
class Search:
    """A search for findings against the causal claim: where, when, and what came of it in one sentence."""

    place: str
    where: str
    on: date | None
    found: str


@dataclass(frozen=True, slots=True)
class ContraryFinding:
    """A finding that speaks against the causal claim, with the answer to it; no answer is an empty text."""

    id: str
    variant: str
    finding: str
    source: str
    answer: str
    answered_by: str


@dataclass(frozen=True, slots=True)
class ExpectedTerm:
    """A phenotype term (HPO) that the disease is expected to show."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class CausalityRecord:
    """``variants/causality.toml`` as read; `file` is its path in the folder."""

    file: str
    tests: tuple[LabTest, ...] = ()
    codes: tuple[AppliedCode, ...] = ()
    assays: tuple[Assay, ...] = ()
    families: tuple[FamilyCounts, ...] = ()
    nulls: tuple[NullFacts, ...] = ()
    searches: tuple[Search, ...] = ()
    contrary: tuple[ContraryFinding, ...] = ()
    expected: tuple[ExpectedTerm, ...] = ()
    expected_source: str = ""
