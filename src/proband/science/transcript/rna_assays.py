"""What an assay of ``rna/assays.toml`` states: the blocks, as strict models without a default that answers anything.

Place, exposure, direction and whether replicates are biological are not in any table of measurements, so that they
have to be stated. Coordinates are 1-based, both ends included, as people write them.

Cannot see: whether what is stated is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from proband.border import Strict

CELLS = ("patient_cells", "engineered_cells")
"""Places where a proof of concept in cells is made."""


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("some words")
    return text.strip()


Line = Annotated[str, Field(max_length=400), AfterValidator(_said)]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
File = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,119}$")]
Gene = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._ -]{0,79}$")]
Position = Annotated[int, Field(ge=1, le=10_000_000_000)]
Efficiency = Annotated[float, Field(gt=1.0, le=2.2)]
Error = Annotated[float, Field(ge=0.0, le=0.5)]
Place = Literal["patient_target_tissue", "patient_other_tissue", "patient_cells", "engineered_cells", "animal"]
PlaceOrFluid = Literal[
    "patient_target_tissue", "patient_fluid", "patient_other_tissue", "patient_cells", "engineered_cells", "animal"
]


class Assay(Strict):
    """What every assay states. `day`: days after the first dose; `dose`: as given, in words."""

    id: Id
    place: PlaceOrFluid
    source: Line
    biological_replicates: bool
    patient: Id | None = None
    cells: Line | None = None
    carries_variant: bool | None = None
    day: Annotated[float, Field(allow_inf_nan=False)] | None = None
    dose: Line | None = None


class Event(Strict):
    """An exon between two others (1-based): last base of the one before it on the reference, first of the one after."""

    contig: Annotated[str, Field(pattern=r"^[!-~]{1,80}$")]
    strand: Literal["+", "-"]
    upstream_end: Position
    exon: Annotated[list[Position], Field(min_length=2, max_length=2)]
    downstream_start: Position

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        """0-based half-open: end of the exon before, start and end of the exon, start of the exon after.

        >>> Event(contig="1", strand="+", upstream_end=100, exon=[201, 250], downstream_start=401).bounds
        (100, 200, 250, 400)
        """
        return self.upstream_end, self.exon[0] - 1, self.exon[1], self.downstream_start - 1

    @property
    def between(self) -> bool:
        """Whether the exon lies between the two others."""
        before, start, end, after = self.bounds
        return before < start < end < after


class SplicingSample(Strict):
    """One biological replicate of one arm: its alignments, or junctions that another program counted."""

    arm: Literal["treated", "control"]
    replicate: Id
    file: File
    form: Literal["bam", "bed12", "star", "csv"]


class Splicing(Assay):
    """Splicing of one exon. `anchor`: bases on each side of a junction; `library`: how a BAM tells the strand."""

    place: Place
    event: Event
    expected_form: Literal["inclusion", "skipping"]
    read_length: Annotated[int, Field(ge=2, le=1_000_000)]
    anchor: Annotated[int, Field(ge=1, le=1000)]
    library: Literal["XS", "RF", "FR"] | None = None
    sample: Annotated[list[SplicingSample], Field(min_length=1, max_length=200)]


class Knockdown(Assay):
    """Abundance of one transcript. `cycles`: the last cycle of RT-qPCR; `paired`: the arms are the same donors."""

    place: Place
    method: Literal["rt_qpcr", "dpcr", "rna_seq"]
    file: File
    target: Gene
    references: list[Gene] = []
    efficiency: dict[str, Efficiency] = {}
    efficiency_error: dict[str, Error] = {}
    cycles: Annotated[int, Field(ge=10, le=60)] | None = None
    paired: bool = False


class Allele(Assay):
    """Reads of either allele at a heterozygous site. `exposure`: against that in the patient."""

    place: Place
    file: File
    site: Line
    exposure: Literal["clinical", "below_clinical", "above_clinical", "not_known"]


class Protein(Assay):
    """A plate of protein, activity or metabolite. `functional`: it reads the function that the disease lacks."""

    readout: Line
    functional: bool
    expected: Literal["rise", "fall"]
    file: File
    unit: Annotated[str, Field(pattern=r"^[!-~]{1,30}$")]
    curve: Literal["4pl", "linear"]
    spread: Literal["proportional", "constant"]


class DoseResponse(Assay):
    """Effects (fractions) at doses in cells: every row is a culture of its own."""

    place: Literal["patient_cells", "engineered_cells"]
    file: File
    dose_unit: Annotated[str, Field(pattern=r"^[!-~]{1,30}$")]
    effect: Literal["knockdown", "corrected_transcripts", "function"]
    curve: Literal["emax", "hill"]


BLOCKS: Mapping[str, type[Assay]] = {
    "splicing": Splicing,
    "knockdown": Knockdown,
    "allele": Allele,
    "protein": Protein,
    "dose_response": DoseResponse,
}


def files_of(assay: Assay) -> list[tuple[str, str]]:
    """The files that an assay names, each with its form."""
    match assay:
        case Splicing():
            return [(s.file, s.form) for s in assay.sample]
        case Knockdown():
            return [(assay.file, assay.method)]
        case Allele():
            return [(assay.file, "allele")]
        case Protein():
            return [(assay.file, "plate")]
        case DoseResponse():
            return [(assay.file, "dose_response")]
    raise ValueError(f"no files are known of {type(assay).__name__}")


def block_of(assay: Assay) -> str:
    """The name of the block that an assay stands in."""
    return next(name for name, model in BLOCKS.items() if isinstance(assay, model))
