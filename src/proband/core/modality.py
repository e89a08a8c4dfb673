"""What a modality is: its traits, and the sentence for each trait that it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Modality:
    """A kind of therapy.

    Criteria apply by trait, so a new modality is one file: the traits that it has, and for those that it
    lacks the sentence that the dossier prints where a criterion does not apply.
    """

    name: str
    title: str
    acts_by: str
    traits: frozenset[str]
    lacks: Mapping[str, str]


TRAITS: Mapping[str, str] = {
    "genome_editing": "changes the sequence of the genome",
    "oligonucleotide": "is an oligonucleotide that acts on RNA",
    "sequence_directed": "finds its target by base pairing",
    "double_strand_break": "cuts both strands of DNA",
    "base_editing": "converts bases without a double-strand break",
    "prime_editing": "writes a sequence from its guide",
}
"""Every trait with its meaning."""
