"""What is being judged: the program, its patients, variants, candidate and what it fixed beforehand.

Coordinates are 0-based half-open in code and 1-based in text for people. A variant is held by its parts
(build, contig, position, reference, alternate) and shown as HGVS where that was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from proband.core.causality import CausalityRecord
from proband.core.plan_seal import PlanRecord
from proband.core.provenance import InputFile, Json
from proband.core.reported import Inconsistency, ReportedResult
from proband.core.slices import ReferenceSlices


class Stage(StrEnum):
    """How far a program is, in order."""

    DESIGN = "design"
    PRECLINICAL = "preclinical"
    SUBMITTED = "submitted"
    TREATED = "treated"
    FOLLOW_UP = "follow_up"
    APPLICATION = "application"
    APPROVED = "approved"

    def reached(self, other: Stage) -> bool:
        """Whether this stage is `other` or later.

        >>> Stage.TREATED.reached(Stage.PRECLINICAL)
        True
        """
        order = list(Stage)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class Genotype:
    """What a VCF says of one variant in one sample: the call, whether it is phased, its phase set, the file.

    `allele` is the variant's number among the alternates of its record: with 2 in ``0|2`` it is on the second side.
    """

    call: str
    phased: bool
    phase_set: str
    file: str
    allele: int = 1

    @property
    def side(self) -> int | None:
        """The side of a phased call on which the variant lies; None where it is on none, on both, or not phased.

        >>> Genotype("1|2", True, "", "a.vcf", 2).side, Genotype("1|1", True, "", "a.vcf").side
        (1, None)
        """
        carried = [i for i, a in enumerate(self.call.split("|")) if a == str(self.allele)]
        return carried[0] if self.phased and len(carried) == 1 else None


@dataclass(frozen=True, slots=True)
class Variant:
    """A variant by its parts; `position` is 0-based. `role` is target, other_allele or modifier.

    A variant that is known by its HGVS name alone has no position and empty parts.
    """

    id: str
    role: str
    build: str = ""
    contig: str = ""
    position: int | None = None
    ref: str = ""
    alt: str = ""
    hgvs_g: str = ""
    hgvs_c: str = ""
    hgvs_p: str = ""
    zygosity: str = ""
    in_trans_with: tuple[str, ...] = ()
    phase_source: str = ""
    genotype: Genotype | None = None

    @property
    def shown(self) -> str:
        """The name for people: HGVS where given, else contig:position reference>alternate, 1-based.

        >>> Variant("v", "target", "GRCh38", "chr2", 210591885, "C", "T").shown
        'chr2:210591886 C>T'
        """
        named = ", ".join(x for x in (self.hgvs_c, self.hgvs_p) if x)
        return named or self.place

    @property
    def place(self) -> str:
        """contig:position reference>alternate, 1-based; empty where the position is not known.

        >>> Variant("v", "target").place
        ''
        """
        if self.position is None:
            return ""
        return f"{self.contig}:{self.position + 1} {self.ref}>{self.alt}"


@dataclass(frozen=True, slots=True)
class Phenotype:
    """One phenotype term of a patient; `excluded` means that it was looked for and is absent."""

    id: str
    label: str
    excluded: bool


@dataclass(frozen=True, slots=True)
class Patient:
    """A patient by pseudonym."""

    id: str
    sex: str = ""
    phenotypes: tuple[Phenotype, ...] = ()


ACTIONS = (
    "restores_sequence",
    "corrects_splicing",
    "skips_exon",
    "lowers_target_allele",
    "lowers_both_alleles",
    "disrupts_gene",
    "raises_expression",
)
"""What a candidate may be stated to do to the target."""


@dataclass(frozen=True, slots=True)
class ChemistryData:
    """Data on a chemistry class that a program points to; `right` is public or right_of_reference."""

    document: str
    right: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Chemistry:
    """An oligonucleotide's chemistry as stated: sugar of every position, or of the wings and of the gap.

    `layout` is wing, gap, wing in nucleotides; empty without a gap.
    """

    sugar: str = ""
    gap_sugar: str = ""
    backbone: tuple[str, ...] = ()
    base_modifications: tuple[str, ...] = ()
    layout: tuple[int, ...] = ()
    conjugate: str = ""
    data: tuple[ChemistryData, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """The therapy under judgement. Unknown parts stay empty; nothing is assumed.

    `extension` is the 3' extension of a prime editing guide, template then primer binding site, 5' to 3'; `action` is
    what it is stated to do to the target (see `ACTIONS`); `chemistry` describes an oligonucleotide.
    """

    id: str
    name: str = ""
    target_variant: str = ""
    delivery: str = ""
    editing_site: str = ""
    dna_template: bool | None = None
    spacer: str = ""
    pam: str = ""
    editor: str = ""
    sequence: str = ""
    extension: str = ""
    action: str = ""
    chemistry: Chemistry | None = None
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference by name, build and digest. Its file is found through the user's own registry."""

    name: str
    build: str
    digest: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number the program fixed for a criterion, with its date and reason."""

    criterion: str
    quantity: str
    value: float
    unit: str
    set_on: date
    because: str
    tissue: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """A rule disputed locally: which argument of which criterion becomes what, and why. Shown on the first page."""

    criterion: str
    argument: str
    value: Json
    because: str


@dataclass(frozen=True, slots=True)
class FieldOverride:
    """A field inherited from the platform that this program states otherwise, or removes, with its written reason.

    `field` is dotted: ``component.lnp.grade``, ``step.mixing.parameters.flow``, or a whole part: ``component.buffer``.
    """

    field: str
    value: Json
    remove: bool
    because: str


@dataclass(frozen=True, slots=True)
class PlatformLink:
    """The master record that a program inherits from, and which of its versions the program is ("" not stated).

    `siblings` are the other versions of the record, by id and by the names of their program folders.
    """

    file: str
    version: str = ""
    overrides: tuple[FieldOverride, ...] = ()
    siblings: tuple[str, ...] = ()


FACET_VALUES: Mapping[str, tuple[str, ...]] = {
    "delivery": ("lnp", "aav", "ex_vivo_electroporation", "intrathecal", "intravenous_free", "intravitreal"),
    "editing_site": ("in_vivo", "ex_vivo"),
    "inheritance": ("autosomal_recessive", "autosomal_dominant", "de_novo_dominant", "x_linked", "mitochondrial"),
    "mechanism": ("loss_of_function", "gain_of_function", "dominant_negative", "splice_defect"),
    "design": ("single_patient", "umbrella"),
    "dna_template": ("yes", "no"),
    "patients": ("children", "adults"),
    "route": (
        "individualized_aso",
        "rdep",
        "single_patient_expanded_access",
        "traditional_approval",
        "accelerated_approval",
    ),
    "claim": ("platform_designation", "prior_knowledge", "bayesian_borrowing"),
}
"""What a program may state of each facet; the facet `modality` takes names and traits of modalities."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program folder as read. `facets` are the stated properties that decide which criteria apply.

    `day_zero` is the date of day 0 of the tables under ``clinical/``, where it is one for all subjects and stated.
    """

    id: str
    title: str
    condition: str
    condition_id: str
    gene: str
    modality: str
    stage: Stage
    variants: tuple[Variant, ...]
    patients: tuple[Patient, ...]
    candidate: Candidate | None
    inheritance: str = ""
    mechanism: str = ""
    design: str = ""
    routes: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    children: bool | None = None
    framework: str = ""
    synthetic: bool = False
    notice: str = ""
    data_cut: date | None = None
    day_zero: date | None = None
    references: tuple[Reference, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
    overrides: tuple[Override, ...] = ()
    platform: PlatformLink | None = None
    parameters: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    reported: tuple[ReportedResult, ...] = ()
    inconsistencies: tuple[Inconsistency, ...] = ()
    causality: CausalityRecord | None = None
    plan: PlanRecord | None = None
    slices: ReferenceSlices | None = None
    inputs: tuple[InputFile, ...] = ()

    def facets(self, modality_traits: frozenset[str] = frozenset()) -> dict[str, tuple[str, ...]]:
        """Stated properties by facet name; a facet that is not stated is left out, never guessed.

        `modality_traits` are the traits of the modality's own declaration, handed in by the engine.
        """
        stated: dict[str, tuple[str, ...]] = {}
        if self.modality:
            stated["modality"] = (self.modality, *sorted(modality_traits))
        candidate = self.candidate
        single = {
            "delivery": candidate.delivery if candidate else "",
            "editing_site": candidate.editing_site if candidate else "",
            "inheritance": self.inheritance,
            "mechanism": self.mechanism,
            "design": self.design,
        }
        stated.update({name: (value,) for name, value in single.items() if value})
        if candidate and candidate.dna_template is not None:
            stated["dna_template"] = ("yes" if candidate.dna_template else "no",)
        if self.children is not None:
            stated["patients"] = ("children" if self.children else "adults",)
        if self.routes:
            stated["route"] = self.routes
        if self.claims:
            stated["claim"] = self.claims
        return stated
