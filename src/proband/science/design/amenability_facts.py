"""The facts that the antisense amenability rules ask for, and their closed vocabulary.

Every fact may be None: not known. It is never filled in, but for two that follow by definition: an intronic or
synonymous variant changes no amino acid, and an intronic variant's distance from its site is its offset.

Cannot see: whether a fact is true. Whoever fills it in keeps the source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

VOCABULARY: Mapping[str, tuple[str, ...]] = {
    "variant_type": (
        "snv",
        "small_indel",
        "exon_deletion",
        "exon_duplication",
        "gene_deletion",
        "gene_duplication",
        "coding_insertion",
        "intronic_insertion",
        "repeat_expansion",
        "noncoding_gene",
        "multi_gene_cnv",
        "imprinting_or_disomy",
        "translocation",
        "inversion",
        "aneuploidy",
        "mitochondrial",
    ),
    "consequence": ("nonsense", "frameshift", "missense", "inframe_indel", "synonymous", "noncoding", "splice_site"),
    "mechanism": ("loss", "gain", "dominant_negative", "complex"),
    "region": ("exon", "intron", "junction"),
    "canonical_site": ("intact", "weakened", "destroyed"),
    "amino_acid_effect": ("none", "tolerated", "pathogenic"),
    "splice_evidence": ("patient_rna", "other_patient_rna", "minigene", "in_silico", "none"),
    "exon_place": ("first", "inner", "last", "only"),
    "domain": ("none", "one", "several", "tandem_repeat", "only"),
    "natural_skip": ("none", "benign", "pathogenic"),
}
"""The words that each fact may take; None is always allowed and means not known."""


@dataclass(frozen=True, slots=True)
class Precedent:
    """An oligonucleotide or siRNA that was tried: by which strategy, how near, and what it showed.

    `scope`: variant, exon, gene_in_phase, other. `shows`: protein (level restored), cellular_rescue, clinical_use,
    rna_only, failed. `studies` counts independent protein or functional studies.
    """

    strategy: str
    scope: str
    shows: str
    source: str
    studies: int = 1

    def __post_init__(self) -> None:
        allowed = {
            "strategy": ("splice_correction", "exon_skipping", "knock_down"),
            "scope": ("variant", "exon", "gene_in_phase", "other"),
            "shows": ("protein", "cellular_rescue", "clinical_use", "rna_only", "failed"),
        }
        for key, words in allowed.items():
            if getattr(self, key) not in words:
                raise ValueError(f"precedent, {key}: {getattr(self, key)!r}; expected one of {', '.join(words)}")
        if self.studies < 1 or not self.source.strip():
            raise ValueError("precedent: needs a source and at least one study")


@dataclass(frozen=True, slots=True, kw_only=True)
class AmenabilityFacts:
    """What is known of one variant; None is not known.

    `intronic_offset`: as in HGVS, -21 or +5 (nt). `site_distance`: nt from the variant to the nearest canonical site,
    1 for the first or last exon base. `gained_site_distance`: nt from the gained site to the canonical site.
    `amino_acid_effect`: pathogenic only if the same change by another nucleotide is pathogenic without a splice
    effect. `skip_length`, `coding_length`: nt, of all that would be skipped, and of the coding sequence.
    `haploinsufficient`: loss of one copy causes disease.

    >>> AmenabilityFacts(name="x", region="intron", intronic_offset=-21).value("site_distance")
    21
    """

    name: str
    variant_type: str | None = None
    pathogenic: bool | None = None
    consequence: str | None = None
    mechanism: str | None = None
    mechanism_proven: bool | None = None
    copies_left: int | None = None
    region: str | None = None
    intronic_offset: int | None = None
    site_distance: int | None = None
    gained_site_distance: int | None = None
    canonical_site: str | None = None
    normal_transcript_seen: bool | None = None
    amino_acid_effect: str | None = None
    splice_evidence: str | None = None
    exon_place: str | None = None
    skip_length: int | None = None
    coding_length: int | None = None
    skip_makes_stop: bool | None = None
    domain: str | None = None
    critical_residues: bool | None = None
    missense_hotspot: bool | None = None
    natural_skip: str | None = None
    more_missense_than_truncating: bool | None = None
    haploinsufficient: bool | None = None
    triplosensitive: bool | None = None
    dosage_tightly_regulated: bool | None = None
    one_copy_loss_tolerated: bool | None = None
    complete_loss_tolerated: bool | None = None
    hemizygous: bool | None = None
    allele_selective: bool | None = None
    precedents: tuple[Precedent, ...] = ()

    def __post_init__(self) -> None:
        wrong = [
            f"{key} is {getattr(self, key)!r}; expected one of {', '.join(words)}, or None when not known"
            for key, words in VOCABULARY.items()
            if getattr(self, key) is not None and getattr(self, key) not in words
        ]
        for key in ("site_distance", "gained_site_distance", "copies_left"):
            n = getattr(self, key)
            if n is not None and n < 0:
                wrong.append(f"{key} is {n}; expected 0 or more")
        for key in ("skip_length", "coding_length"):
            n = getattr(self, key)
            if n is not None and n <= 0:
                wrong.append(f"{key} is {n}; expected 1 or more (nt)")
        if self.intronic_offset == 0:
            wrong.append("intronic_offset is 0; HGVS has no offset 0")
        if self.intronic_offset is not None and self.region not in (None, "intron"):
            wrong.append(f"intronic_offset is given, but region is {self.region!r}")
        if wrong:
            raise ValueError(f"{self.name}: " + "; ".join(wrong))

    def value(self, fact: str) -> Any:
        """A fact by name, given or following by definition; None when not known.

        Raises ``ValueError`` for a name that is no fact.
        """
        if fact == "skip_in_frame":
            return None if self.skip_length is None else self.skip_length % 3 == 0
        if fact == "exon_share":
            if self.skip_length is None or self.coding_length is None:
                return None
            return self.skip_length / self.coding_length
        if fact not in FACTS:
            raise ValueError(f"{fact!r} is not a fact; expected one of {', '.join(sorted(FACTS))}")
        given = getattr(self, fact)
        if given is not None:
            return given
        if fact == "site_distance" and self.intronic_offset is not None:
            return abs(self.intronic_offset)
        if fact == "region" and self.intronic_offset is not None:
            return "intron"
        silent = self.value("region") == "intron" if fact == "amino_acid_effect" else False
        if fact == "amino_acid_effect" and (silent or self.consequence in ("synonymous", "noncoding")):
            return "none"
        return None


FACTS = frozenset({f.name for f in fields(AmenabilityFacts)} | {"skip_in_frame", "exon_share"}) - {"name", "precedents"}
"""Every fact that a rule may ask for."""


def haploinsufficient_by(
    clingen: int | None = None, pli: float | None = None, loeuf: float | None = None
) -> bool | None:
    """Whether loss of one copy causes disease, by ClinGen's score, else by constraint; None is not known.

    ClinGen 3 is yes, 30 and 40 no; below 3 constraint is asked: pLI at least 0.9 with LOEUF below 0.6 is yes.
    Constraint alone never gives no. Source: N1C VARIANT v1.0, steps 1 and 2 (read in a re-coding).

    >>> haploinsufficient_by(clingen=3), haploinsufficient_by(pli=0.2, loeuf=1.1)
    (True, None)
    """
    if clingen == 3:
        return True
    if clingen in (30, 40):
        return False
    if pli is not None and loeuf is not None and pli >= 0.9 and loeuf < 0.6:
        return True
    return None
