"""Genome and transcripts from the pieces of sequence that a program folder carries, or from its FASTA and annotation.

Cannot see: anything beyond the pieces. A question about a base outside of them is answered with "not known".
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from proband.core.slices import ReferenceSlices
from proband.science.sequence.annotation import TranscriptRecord, read_annotation
from proband.science.sequence.build import TranscriptSet, build_transcripts
from proband.science.sequence.fasta import open_fasta
from proband.science.sequence.genome import Genome, SliceGenome


def from_slices(s: ReferenceSlices) -> tuple[Genome, TranscriptSet]:
    """Genome and transcripts of a file of slices; a transcript that its bases do not bear out is unusable.

    >>> from proband.core.slices import Slice, SliceTranscript
    >>> t = SliceTranscript("T1", "G", "c1", "+", ((100, 109),), ((100, 109),), 0, False)
    >>> genome, transcripts = from_slices(ReferenceSlices("f", "b", "s", (Slice("c1", 100, "ATGCAGTAG"),), (t,)))
    >>> genome.fetch("c1", 100, 103), transcripts["T1"].protein()
    ('ATG', 'MQ')
    """
    genome = cast(Genome, SliceGenome({x.contig: (x.start, x.bases) for x in s.slices}, build=s.build))
    records = []
    for t in s.transcripts:
        phase = -t.coding_before % 3
        first = 0 if t.strand == "+" else len(t.coding) - 1
        cds = tuple((a, b, phase if i == first else None) for i, (a, b) in enumerate(t.coding))
        records.append(
            TranscriptRecord(
                t.id,
                t.contig,
                t.strand,
                t.exons,
                cds,
                gene=t.gene,
                coding_before=t.coding_before,
                partial_stop=t.partial_stop,
            )
        )
    return genome, build_transcripts(records, genome, source=s.file)


def from_folder(
    slices: ReferenceSlices | None, fasta: Path | None, annotation: Path | None, build: str
) -> tuple[Genome, TranscriptSet] | None:
    """The reference that a program folder holds: slices, else FASTA with or without annotation, else None.

    Raises ``ProgramError`` for faults of the files.
    """
    if slices is not None:
        return from_slices(slices)
    if fasta is None:
        return None
    genome = open_fasta(fasta, build)
    records = read_annotation(annotation) if annotation else []
    return genome, build_transcripts(records, genome, source=annotation.name if annotation else "no annotation")


def known_bases(genome: Genome, contig: str, start: int, end: int) -> str | None:
    """Bases of a 0-based half-open interval, or None where they are not all known.

    >>> known_bases(SliceGenome({"c1": (10, "ACGT")}), "c1", 9, 11) is None
    True
    """
    if contig not in genome.contigs:
        return None
    known = genome.known(contig, start)
    if known is None or not known[0] <= start <= end <= known[1]:
        return None
    return genome.fetch(contig, start, end)
