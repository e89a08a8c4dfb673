"""Which files a program folder may hold and what each is for. One table: it feeds `check`, `new` and the docs."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatch

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or a pattern of files: its form, the largest size that is read at once, what it is for."""

    pattern: str
    form: str
    limit: int
    purpose: str


LAYOUT: tuple[Entry, ...] = (
    Entry(
        "program.toml",
        "toml",
        4 * MEGABYTE,
        "what is judged: condition, variants, candidate, stage, thresholds fixed beforehand",
    ),
    Entry("platform.toml", "toml", 4 * MEGABYTE, "what several programs share: parts, studies, agreements, versions"),
    Entry("../platform.toml", "toml", 4 * MEGABYTE, "the same, in the folder above, where program.toml names it"),
    Entry("phenotype.json", "json", 4 * MEGABYTE, "GA4GH Phenopacket v2: the patient and phenotype terms"),
    Entry("variants/*.vcf", "vcf", 2_000 * MEGABYTE, "the patient's calls, phased where known"),
    Entry("variants/*.vcf.gz", "vcf", 2_000 * MEGABYTE, "the patient's calls, phased where known"),
    Entry(
        "variants/causality.toml",
        "causality",
        4 * MEGABYTE,
        "what speaks for and against each variant as the cause: tests, ACMG/AMP criteria, assays, families, searches",
    ),
    Entry("reference/*.toml", "slices", 4 * MEGABYTE, "pieces of the reference sequence with partial transcripts"),
    Entry("reference/*.fa", "raw", 0, "reference sequence (FASTA)"),
    Entry("reference/*.fa.gz", "raw", 0, "reference sequence (FASTA)"),
    Entry("reference/*.gff3", "raw", 0, "transcripts on the reference"),
    Entry("reference/*.gff3.gz", "raw", 0, "transcripts on the reference"),
    Entry("reference/*.gtf", "raw", 0, "transcripts on the reference"),
    Entry("reference/*.gtf.gz", "raw", 0, "transcripts on the reference"),
    Entry("reported/*.toml", "toml", 4 * MEGABYTE, "results known only as numbers, with source and how they were read"),
    Entry("reported/*.csv", "csv", 16 * MEGABYTE, "tables that reported results cite"),
    Entry("sequencing/*.toml", "toml", 4 * MEGABYTE, "amplicons and how they were sequenced"),
    Entry("sequencing/*.csv", "csv", 16 * MEGABYTE, "sample sheet"),
    Entry("sequencing/*.fastq.gz", "raw", 0, "reads"),
    Entry("sequencing/*/*.fastq.gz", "raw", 0, "reads"),
    Entry("sequencing/*.bam", "raw", 0, "reads, aligned or not"),
    Entry("sequencing/*.cram", "raw", 0, "reads, aligned or not; their reference is sequencing/reference.fa"),
    Entry("sequencing/*.bai", "raw", 0, "index of a BAM"),
    Entry("sequencing/*.csi", "raw", 0, "index of a BAM"),
    Entry("sequencing/*.crai", "raw", 0, "index of a CRAM"),
    Entry("sequencing/*.fa", "raw", 0, "sequences of loci for long reads (FASTA); reference.fa is that of CRAM files"),
    Entry("rna/*.toml", "toml", 4 * MEGABYTE, "assays of transcript and protein: place, arms, what each file is"),
    Entry("rna/*.csv", "csv", 16 * MEGABYTE, "wells, partitions, counts, plates, doses, junctions"),
    Entry("rna/*.bam", "raw", 0, "spliced alignments, sorted"),
    Entry("rna/*.bai", "raw", 0, "their index"),
    Entry("rna/*.bed", "raw", 0, "junctions as BED12"),
    Entry("rna/*.bed.gz", "raw", 0, "junctions as BED12"),
    Entry("rna/*.tab", "raw", 0, "junctions as STAR writes them"),
    Entry("rna/*.tab.gz", "raw", 0, "junctions as STAR writes them"),
    Entry("engagement/course.csv", "csv", 16 * MEGABYTE, "edited reads by sample and day, with blanks"),
    Entry("engagement/cell_fraction.toml", "toml", 4 * MEGABYTE, "share of target cells in samples of bulk tissue"),
    Entry("engagement/surrogate.csv", "csv", 16 * MEGABYTE, "pairs of a substitute readout and engagement in tissue"),
    Entry("engagement/outcome.csv", "csv", 16 * MEGABYTE, "engagement and clinical change, one row for each patient"),
    Entry("offtarget/nominated/*", "raw", 0, "nominated sites, one file per method"),
    Entry(
        "offtarget/*.toml",
        "toml",
        4 * MEGABYTE,
        "lists of nominated sites, what each assay was, human variation, effects that no guide directs",
    ),
    Entry("offtarget/*.csv", "csv", 16 * MEGABYTE, "dropped sites with reasons, confirmed sites, tests of hits"),
    Entry(
        "offtarget/annotation/*", "raw", 0, "what lies at sites: genes (GFF3, GTF), named regions (BED), cancer genes"
    ),
    Entry(
        "offtarget/population/*", "raw", 0, "searches of panels of people, as proband offtarget population wrote them"
    ),
    Entry("clinical/subjects.csv", "csv", 8 * MEGABYTE, "treated subjects: entry, exit, genotype class, covariates"),
    Entry("clinical/*.csv", "long", 32 * MEGABYTE, "measurements, events, doses, care and visits, in long format"),
    Entry(
        "natural_history/*.toml", "toml", 4 * MEGABYTE, "the untreated cohort: population, index rule, instruments, era"
    ),
    Entry("natural_history/subjects.csv", "csv", 8 * MEGABYTE, "untreated subjects, in the columns of the treated"),
    Entry("natural_history/*.csv", "long", 32 * MEGABYTE, "untreated patients, in the same long format"),
    Entry("nonclinical/studies.csv", "csv", 4 * MEGABYTE, "studies in animals: dose groups, route, length, effects"),
    Entry("nonclinical/exposure.csv", "csv", 16 * MEGABYTE, "what was measured in animals after a dose"),
    Entry("nonclinical/biodistribution.csv", "csv", 16 * MEGABYTE, "what was looked for in which tissue, and found"),
    Entry("nonclinical/plan.toml", "toml", 4 * MEGABYTE, "human dose, declared margin, what is argued away, delivery"),
    Entry(
        "quality/*.toml", "toml", 4 * MEGABYTE, "components, specifications, methods, plans of stability and of changes"
    ),
    Entry("quality/*.xlsx", "raw", 0, "lots and genealogy, as a workbook with values alone"),
    Entry("quality/*.csv", "csv", 16 * MEGABYTE, "lots, genealogy, values over time and around a change, replicates"),
    Entry(
        "plan/*.toml",
        "toml",
        4 * MEGABYTE,
        "analysis plan with its seal, endpoints, protocol with its gates, monitoring, follow-up",
    ),
    Entry(
        "platform/reuse.toml", "toml", 4 * MEGABYTE, "every item of evidence that is leaned on, with its right of use"
    ),
    Entry("platform/*.toml", "toml", 4 * MEGABYTE, "priors of what is pooled, and why versions are exchangeable"),
    Entry("platform/*.csv", "csv", 16 * MEGABYTE, "register of all versions of the platform, effects by patient"),
    Entry(
        "safety/*.csv",
        "csv",
        16 * MEGABYTE,
        "all exposed patients, adverse events, their reports, reviews before redosing",
    ),
    Entry("plan/register.csv", "csv", 4 * MEGABYTE, "every patient screened, in order, and what became of each"),
    Entry("plan/escalation.csv", "csv", 4 * MEGABYTE, "patients by dose level, and their dose-limiting events"),
    Entry("plan/growth_reference.csv", "csv", 4 * MEGABYTE, "L, M and S of height and weight by sex and age"),
    Entry(
        "plan/applicants*.csv", "csv", 16 * MEGABYTE, "applicants of an umbrella trial, for `proband platform screen`"
    ),
    Entry("plan/operating_characteristics.json", "json", 16 * MEGABYTE, "what `proband simulate` wrote of the plan"),
    Entry("plan/*.tsv", "raw", 0, "its table"),
    Entry("plan/*.svg", "raw", 0, "its figures"),
    Entry("plan/*.md", "text", 4 * MEGABYTE, "its paragraph on feasibility"),
    Entry("text/*.md", "text", 4 * MEGABYTE, "prose that people write"),
    Entry("statements/*.toml", "toml", 4 * MEGABYTE, "signed human judgements"),
)

TOP_FOLDERS = frozenset(e.pattern.split("/")[0] for e in LAYOUT if "/" in e.pattern) - {".."}
"""Names of the folders that the layout knows; none of them is ever taken for a program of its own."""

IGNORED_ANYWHERE = (".*", "_*")
"""Hidden files, and templates: a name that begins with an underscore is not read."""
IGNORED = (*IGNORED_ANYWHERE, "dossier", "README.md")
"""Names at the top of a folder that are not input: also the dossier written before, and a read-me."""

LONG_COLUMNS = ("subject", "day", "parameter", "value", "unit", "below_limit", "source")
"""Columns of every clinical and natural-history table; further columns are allowed."""


def entry_of(path: str) -> Entry | None:
    """The layout entry that a relative path belongs to, or None.

    >>> entry_of("clinical/labs.csv").form
    'long'
    >>> entry_of("notes.txt") is None
    True
    """
    depth = path.count("/")
    for entry in LAYOUT:
        if entry.pattern.count("/") == depth and fnmatch(path, entry.pattern):
            return entry
    return None
