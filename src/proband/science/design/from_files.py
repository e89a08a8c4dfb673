"""From a variant's name and files to its design: reference, transcript, the patient's own haplotype, options.

The patient's calls are taken where they lie on the haplotype of the variant: homozygous ones, and heterozygous ones
that are phased with it (one phase set, the same side). Heterozygous calls near the variant that are not phased with
it are named and left out. Cannot see: calls of structural variants, and variants that the VCF does not hold.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.core.errors import Problem, ProgramError
from proband.science.design.editors import Editor
from proband.science.design.haplotype import Haplotype, Placed, correction, haplotype_of
from proband.science.design.options import DesignOptions, design_options
from proband.science.sequence.build import TranscriptSet, read_transcripts
from proband.science.sequence.genome import Genome
from proband.science.sequence.transcripts import Transcript
from proband.science.variant.change import Change
from proband.science.variant.hgvs import Nomenclature

FLANK = 250
"""Bases on either side of the variant that are looked at: spacers, extensions and nicking guides lie within."""


@dataclass(frozen=True, slots=True)
class Call:
    """One alternate allele of a sample: its place, its genotype, and its side and phase set where it is phased.

    `haploid`: the genotype names one allele alone, as on the X chromosome of a male; it then counts as homozygous.
    """

    placed: Placed
    homozygous: bool
    side: int | None
    phase_set: str
    haploid: bool = False


@dataclass(frozen=True)
class VariantDesign:
    """What was read and designed for one variant: its options, and all that other designs need of the files.

    `transcript` is the one proteins are judged by, None where none covers the variant. `zygosity` is empty where no
    VCF was given; `phased` says whether there was one.
    """

    options: DesignOptions
    transcript: Transcript | None
    notes: tuple[str, ...]
    change: Change
    names: Nomenclature
    zygosity: str
    vcf: Path | None
    sample: str

    @property
    def genome(self) -> Genome:
        """The genome of the design."""
        return self.names.genome

    @property
    def phased(self) -> bool:
        """Whether calls of the patient were given."""
        return self.vcf is not None

    def spellings(self, variant: str) -> tuple[str, ...]:
        """The names by which the variant is known: as asked for and normalised, g., and contig-position-ref-alt."""
        c = self.change
        place = f"{c.contig}-{c.start + 1}-{c.deleted}-{c.inserted}"
        return variant, self.names.normalise(variant), self.names.genomic(c), place

    def calls(self, start: int, end: int) -> list[Call]:
        """The patient's calls within 0-based `start` to `end` of the variant's contig; none without a VCF."""
        return list(read_calls(self.vcf, self.sample, self.change.contig, start, end)) if self.vcf else []


def design_variant(
    variant: str,
    fasta: Path,
    annotation: Path,
    *,
    editors: Iterable[Editor],
    transcript: str = "",
    build: str = "",
    vcf: Path | None = None,
    sample: str = "",
) -> VariantDesign:
    """Options for putting the reference back where a named variant stands, the transcript used, and notes.

    Raises ``ProgramError`` for faults of the files or of the name, and when the VCF does not fit the genome.
    """
    genome, transcripts = read_transcripts(fasta, annotation, build=build)
    names = Nomenclature(genome, transcripts)
    change = names.read(variant)
    if change.deleted == change.inserted:
        raise ProgramError([Problem(variant, "", "no change", "a change of bases", "name the alternate bases")])
    judged_by = _transcript(transcripts, names.split(variant).transcript, transcript, change)
    calls = list(read_calls(vcf, sample, change.contig, change.start - FLANK, change.end + FLANK)) if vcf else []
    haplotype, target, notes = patient_haplotype(genome, change, calls, phased=vcf is not None)
    made = design_options(haplotype, correction(haplotype, target), editors, judged_by)
    zygosity = _zygosity(calls, target, haplotype, genome) if vcf else ""
    return VariantDesign(made, judged_by, notes, change, names, zygosity, vcf, sample)


def _zygosity(calls: Sequence[Call], target: Placed, haplotype: Haplotype, genome: Genome) -> str:
    """The genotype of the variant itself; ``patient_haplotype`` has seen to it that there is a call."""
    end = haplotype.start + len(haplotype.sequence) - sum(len(v.alt) - len(v.ref) for v in haplotype.variants)
    reference = genome.fetch(haplotype.contig, haplotype.start, end)
    mine = next(c for c in calls if _same(c.placed, target, reference, haplotype.start))
    if mine.haploid:
        return "hemizygous"
    return "homozygous" if mine.homozygous else "heterozygous"


def _transcript(transcripts: TranscriptSet, named: Transcript | None, wanted: str, change: Change) -> Transcript | None:
    """The transcript of the variant's name, the one asked for, or the only coding one that covers the change."""
    if wanted:
        return transcripts.find(wanted)
    if named is not None:
        return named
    covering = [
        t
        for t in transcripts.values()
        if t.contig == change.contig and t.is_coding and t.exons[0][0] <= change.start < t.exons[-1][1]
    ]
    if len(covering) > 1:
        found = ", ".join(sorted(t.id for t in covering)[:5])
        problem = Problem("transcripts", str(change), found, "one transcript", "choose one with --transcript")
        raise ProgramError([problem])
    return covering[0] if covering else None


def patient_haplotype(
    genome: Genome, change: Change, calls: Sequence[Call], *, phased: bool
) -> tuple[Haplotype, Placed, tuple[str, ...]]:
    """The patient's sequence round a variant, the variant in place, and what was left out and why.

    Raises ``ProgramError`` when calls were read and none of them is the variant.
    """
    length = genome.contigs[change.contig]
    start, end = max(0, change.start - FLANK), min(length, change.end + FLANK)
    known = genome.known(change.contig, change.start)
    if known is not None:
        start, end = max(start, known[0]), min(end, known[1])
    reference = genome.fetch(change.contig, start, end)
    target = Placed(change.start, change.deleted, change.inserted)
    notes: list[str] = []
    beside: list[Placed] = []
    if phased:
        mine = [c for c in calls if _same(c.placed, target, reference, start)]
        if not mine:
            place = f"{change.contig}:{change.start + 1} {change.deleted}>{change.inserted}"
            problem = Problem("VCF", place, "no call of the variant in this sample", "one", "check sample and build")
            raise ProgramError([problem])
        beside, notes = _beside([c for c in calls if c not in mine], mine[0], change.contig)
    try:
        haplotype = haplotype_of(change.contig, start, reference, [target, *beside])
    except ValueError as e:
        problem = Problem("VCF", change.contig, str(e), "calls that fit the genome", "check the build of the VCF")
        raise ProgramError([problem]) from None
    return haplotype, target, tuple(notes)


def _same(a: Placed, b: Placed, reference: str, start: int) -> bool:
    """Whether two placed variants make the same sequence."""

    def applied(v: Placed) -> str:
        at = v.position - start
        return reference[:at] + v.alt + reference[at + len(v.ref) :]

    return applied(a) == applied(b)


def _beside(others: Sequence[Call], mine: Call, contig: str) -> tuple[list[Placed], list[str]]:
    """Calls on the haplotype of the variant, and a note for each that is not known to be."""
    chosen, notes = [], []
    for c in others:
        where = f"{contig}:{c.placed.position + 1} {c.placed.ref}>{c.placed.alt}"
        if c.homozygous:
            chosen.append(c.placed)
            notes.append(f"{where} is homozygous: it is in the sequence that was designed for")
        elif c.side is None or mine.side is None or c.phase_set != mine.phase_set:
            notes.append(f"{where} is not phased with the variant: it was left out")
        elif c.side == mine.side:
            chosen.append(c.placed)
            notes.append(f"{where} lies on the same haplotype: it is in the sequence that was designed for")
    return chosen, notes


def read_calls(path: Path, sample: str, contig: str, start: int, end: int) -> Iterator[Call]:
    """The sample's alternate alleles within 0-based `start` to `end` of a contig; symbolic ones are refused.

    Raises ``ProgramError`` for a file that is not a VCF, a sample that is not in it, or a call without a genotype.
    """
    return (call for _, call in calls_within(path, sample, {contig: [(start, end)]}, set()))


def calls_within(
    path: Path, sample: str, regions: Mapping[str, Sequence[tuple[int, int]]], contigs: set[str]
) -> Iterator[tuple[str, Call]]:
    """The sample's alternate alleles by contig in some regions (0-based, half-open), in one pass; see `read_calls`.

    `contigs` gets the names of all contigs that the file knows.
    """
    opener = gzip.open if path.name.endswith(".gz") else open
    column = -1
    try:
        with opener(path, "rt", encoding="utf-8") as handle:  # type: ignore[operator, unused-ignore]
            for number, line in enumerate(handle, start=1):
                if number == 1 and not line.startswith("##fileformat=VCFv4"):
                    raise ProgramError(
                        [Problem(path.name, "line 1", line[:40], "##fileformat=VCFv4.x", "give a VCF 4")]
                    )
                if line.startswith("##contig=<ID="):
                    contigs.add(line[13:].split(",")[0].split(">")[0].strip())
                elif line.startswith("#CHROM"):
                    column = _column(path, line.rstrip("\r\n").split("\t")[9:], sample)
                elif not line.startswith("#") and line.strip():
                    cells = line.rstrip("\r\n").split("\t")
                    contigs.add(cells[0])
                    yield from ((cells[0], c) for c in _calls(path, number, cells, column, regions.get(cells[0], ())))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as e:
        found, remedy = (
            ("no such file", "check the path") if isinstance(e, FileNotFoundError) else (str(e)[:200], "copy it again")
        )
        raise ProgramError([Problem(path.name, "", found, "a whole, readable VCF", remedy)]) from None
    if column < 0:
        raise ProgramError([Problem(path.name, "", "no line #CHROM", "a whole, readable VCF", "copy it again")])


def _column(path: Path, samples: Sequence[str], wanted: str) -> int:
    if wanted in samples:
        return samples.index(wanted) + 9
    if not wanted and len(samples) == 1:
        return 9
    found = ", ".join(samples[:5]) or "no sample"
    raise ProgramError([Problem(path.name, "samples", found, wanted or "one sample", "name the sample with --sample")])


def _calls(
    path: Path, number: int, cells: Sequence[str], column: int, regions: Sequence[tuple[int, int]]
) -> Iterator[Call]:
    place = f"line {number}"
    if column < 0 or len(cells) <= column or not (cells[1].isascii() and cells[1].isdigit()):
        raise ProgramError([Problem(path.name, place, "a broken record", "a header and all columns", "write it again")])
    position = int(cells[1]) - 1
    if not any(start <= position < end for start, end in regions):
        return
    sample = dict(zip(cells[8].split(":"), cells[column].split(":"), strict=False))
    genotype = sample.get("GT", "")
    alleles = genotype.replace("|", "/").split("/")
    if not genotype or "." in alleles:
        raise ProgramError(
            [Problem(path.name, place, f"genotype {genotype or 'missing'}", "a call", "call the position")]
        )
    alternates = cells[4].upper().split(",")
    for index, alternate in enumerate(alternates, start=1):
        carried = [i for i, a in enumerate(alleles) if a == str(index)]
        if not carried:
            continue
        if not set(alternate) <= set("ACGT"):
            problem = Problem(path.name, place, alternate[:40], "bases", "structural variants can not be designed for")
            raise ProgramError([problem])
        side = carried[0] if "|" in genotype and len(carried) == 1 else None
        placed = Placed(position, cells[3].upper(), alternate)
        yield Call(placed, len(carried) == len(alleles), side, sample.get("PS", ""), len(alleles) == 1)
