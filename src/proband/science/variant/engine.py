"""The bridge to hgvs-weaver: our genome and transcripts in the form that it asks for.

hgvs-weaver numbers the last base of an exon inclusively (``reference_end``), whatever its documentation has said.
A partial transcript is given with the coding bases that it lacks as unknown bases without a place on the genome, so
that c. and p. numbers stay those of the whole transcript.

Source: hgvs-weaver 1.0, Centre for Population Genomics, MIT licence.

Cannot see: codon tables other than the standard one; `consequence` does not ask it for those.
"""

from __future__ import annotations

from typing import Any

import weaver  # type: ignore[import-untyped, unused-ignore]

from proband.science.sequence.build import TranscriptSet
from proband.science.sequence.genome import Genome
from proband.science.sequence.transcripts import Transcript

_KEPT = 20_000
"""Questions to one mapper before it is made anew: it keeps every block of sequence that it has read."""


class Provider:
    """What hgvs-weaver calls for sequences and transcripts. Names are our own, so that any contig name will do."""

    def __init__(self, genome: Genome, transcripts: TranscriptSet) -> None:
        self.genome, self.transcripts = genome, transcripts
        self._inner: dict[tuple[str, str], str] = {}
        self._outer: dict[str, tuple[str, str]] = {}

    def inner(self, kind: str, name: str) -> str:
        """The name under which hgvs-weaver knows a contig or a transcript."""
        known = self._inner.get((kind, name))
        if known is None:
            known = f"{kind}{len(self._inner)}x"
            self._inner[kind, name] = known
            self._outer[known] = (kind, name)
        return known

    def outward(self, text: str) -> str:
        """A message with our names for its own."""
        for inner, (kind, name) in self._outer.items():
            text = text.replace(inner, f"the protein of {name}" if kind == "protein" else name)
        return text

    def get_transcript(self, transcript_ac: str, _reference_ac: str | None) -> dict[str, Any]:
        """The transcript model; coordinates 0-based, `reference_end` inclusive."""
        t = self.transcripts.find(self._outer[transcript_ac][1])
        sign = 1 if t.strand == "+" else -1
        exons, at = [], 0
        for i, (start, end) in enumerate(t.exons[::sign]):
            lacking = t.coding_before if i == 0 else 0
            size = end - start + lacking
            exons.append(
                {
                    "transcript_start": at,
                    "transcript_end": at + size,
                    "reference_start": start,
                    "reference_end": end - 1,
                    "alt_strand": sign,
                    "cigar": (f"{lacking}I" if lacking else "") + f"{end - start}=",
                }
            )
            at += size
        first, last = t.coding_span if t.is_coding else (None, None)
        return {
            "ac": transcript_ac,
            "gene": t.gene,
            "cds_start_index": first,
            "cds_end_index": None if last is None else last - 1 + t.coding_before,
            "strand": sign,
            "reference_accession": self.inner("contig", t.contig),
            "exons": exons,
            "cds_start_open": not t.start_complete and not t.coding_before,
            "cds_start_initiates": t.start_complete,
            "cds_end_open": not t.stop_complete,
        }

    def get_seq(self, ac: str, start: int, end: int | None, _kind: object) -> str:
        """Bases or residues that exist in a 0-based half-open range; outside a slice, N up to what is known."""
        kind, name = self._outer[ac]
        if kind != "contig":
            t = self.transcripts.find(name)
            return (spliced(t) if kind == "transcript" else _residues(t))[start:end]
        high = self.genome.contigs[name]
        stop = high if end is None else min(end, high)
        known = self.genome.known(name, high - 1)
        low = known[0] if known else high
        return "N" * max(0, min(low, stop) - start) + self.genome.fetch(name, max(start, low), max(stop, start, low))

    def get_symbol_accessions(self, symbol: str, _source: object, _target: object) -> list[tuple[str, str]]:
        """The protein of a transcript; nothing else is asked for."""
        return [("protein_accession", self.inner("protein", self._outer[symbol][1]))]

    def get_identifier_type(self, identifier: str) -> str:
        """What an inner name stands for."""
        kinds = {"contig": "genomic_accession", "protein": "protein_accession", "transcript": "transcript_accession"}
        return kinds.get(self._outer.get(identifier, ("", ""))[0], "unknown")

    def get_refget_accession(self, ac: str) -> str | None:
        """The refget accession of a whole contig."""
        kind, name = self._outer[ac]
        return self.genome.refget(name) if kind == "contig" else None

    def get_accession_for_refget(self, _refget: str) -> str | None:
        """Not known: no description is made from a refget accession here."""
        return None


def spliced(transcript: Transcript) -> str:
    """The transcript's bases, with N for the coding bases that a partial one lacks."""
    return "N" * transcript.coding_before + transcript.sequence


def _residues(transcript: Transcript) -> str:
    """The protein, with X for the residues that a partial transcript lacks."""
    return "X" * ((transcript.coding_before + transcript.phase) // 3) + transcript.protein()


class Engine:
    """hgvs-weaver with a mapper that is renewed, and errors of its own kind left to the caller."""

    def __init__(self, genome: Genome, transcripts: TranscriptSet) -> None:
        self.provider = Provider(genome, transcripts)
        self._mapper: weaver.VariantMapper | None = None
        self._asked = 0

    @property
    def mapper(self) -> weaver.VariantMapper:
        """The mapper to ask now."""
        self._asked += 1
        if self._mapper is None or self._asked > _KEPT:
            self._mapper, self._asked = weaver.VariantMapper(self.provider, self.provider), 0
        return self._mapper
