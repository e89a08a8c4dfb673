"""What every format receives: one frozen value. Formats compute nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proband.core.criterion import Criterion, Framework
from proband.core.evidence import Evidence
from proband.core.finding import Findings
from proband.core.program import Program


@dataclass(frozen=True, slots=True)
class FailureNote:
    """An analysis that broke, as the dossier names it."""

    analysis: str
    unit: str
    kinds: tuple[str, ...]
    message: str


@dataclass(frozen=True)
class Dossier:
    """Program, evidence, findings, rules, and what went wrong; everything that a page may show.

    `methods` holds the docstring of each analysis by name; `modality_title` is its name for people; `labels`
    gives every line of evidence its short label (E1, E2, ...), by id.
    """

    program: Program
    evidence: tuple[Evidence, ...]
    findings: Findings
    framework: Framework
    failures: tuple[FailureNote, ...]
    methods: Mapping[str, str]
    modality_title: str
    labels: Mapping[str, str]
    unused: tuple[str, ...]
    unknown_files: tuple[str, ...]
    version: str

    def line(self, evidence_id: str) -> Evidence:
        """The line of evidence with this id; raises ``KeyError``."""
        for e in self.evidence:
            if e.id == evidence_id:
                return e
        raise KeyError(evidence_id)

    def criterion(self, criterion_id: str) -> Criterion:
        """The rule behind a finding."""
        return self.framework[criterion_id]
