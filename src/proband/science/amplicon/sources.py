"""One file of reads, or two of pairs, to unique reads, whatever the format: FASTQ, BAM or CRAM, with or without UMIs.

Cannot see: which format was meant; it is told by the first bytes of a file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from proband.core.errors import Problem, ProgramError
from proband.science.amplicon.amplicon import Amplicon
from proband.science.amplicon.bam_reads import is_bam, open_bam
from proband.science.amplicon.fastq import FastqText, Filters, UniqueReads, unique_of
from proband.science.amplicon.merge import MergeRule, unique_of_pairs
from proband.science.amplicon.umi import Families, UmiRule


def unique_in(
    reads: Sequence[Path],
    amplicons: Sequence[Amplicon],
    filters: Filters,
    merge: MergeRule,
    umi: UmiRule | None = None,
    reference: Path | None = None,
    threads: int = 1,
) -> UniqueReads:
    """The unique reads of one or two files; with `umi` the consensus reads of families, by locus of the amplicons.

    Raises ``ProgramError`` for files that can not be used, or a BAM with another file beside it.
    """
    families = Families.of(umi, amplicons) if umi else None
    bams = [path for path in reads if is_bam(path)]
    if len(reads) == 2:
        if bams:
            told = "a BAM or CRAM as one of two files"
            remedy = "give it alone: it holds both reads of a pair"
            raise ProgramError([Problem(p.name, "", told, "one BAM or CRAM, or two FASTQ", remedy) for p in bams])
        sources = (FastqText(reads[0], ahead=threads > 1), FastqText(reads[1]))
        return unique_of_pairs(sources, filters, merge, families)
    if not bams:
        return unique_of(FastqText(reads[0], ahead=threads > 1), filters, families)
    texts, shared = open_bam(reads[0], reference)
    if len(texts) == 1:
        made = unique_of(texts[0], filters, families)
    else:
        made = unique_of_pairs((texts[0], texts[1]), filters, merge, families)
    return with_left_out(made, shared.orphans, shared.skipped)


def with_left_out(made: UniqueReads, orphans: int, skipped: dict[str, int]) -> UniqueReads:
    """Reads of a BAM with what was left out: mates without the other are filtered reads, other records are none."""
    skipped = {k: n for k, n in skipped.items() if n}
    if not orphans:
        return replace(made, skipped=skipped)
    if made.umi:
        umi = replace(made.umi, reads_in=made.umi.reads_in + orphans, filtered=made.umi.filtered | {"no_mate": orphans})
        return replace(made, umi=umi, skipped=skipped)
    filtered = made.filtered | {"no_mate": orphans}
    return replace(made, reads_in=made.reads_in + orphans, filtered=filtered, skipped=skipped)
