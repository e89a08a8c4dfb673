"""From annotation and genome to checked transcripts: start, stop, frame, splice sites, reference.

A check that fails gives a concern on the transcript. A transcript is unusable only where positions could not be
told apart or bases not be read: overlapping exons, coding parts that do not follow the exons, bases not known.

Sources: splice dinucleotides GT-AG, GC-AG and AT-AC, Burset et al., Nucleic Acids Research 2000;28:4364-4375. The
shortest human introns are near 30 bases (Piovesan et al., Genomics 2015;105:51-58, read as recalled); shorter ones
in an annotation are mostly mends of the frame.

Cannot see: whether the annotation belongs to the same build as the genome, except through checks that then fail
together; transcripts that the annotation lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from proband.core.errors import Problem, ProgramError
from proband.science.sequence.alphabet import CODON_TABLES, CodonTable, reverse_complement
from proband.science.sequence.annotation import TranscriptRecord, read_annotation
from proband.science.sequence.fasta import open_fasta
from proband.science.sequence.genome import Genome, chromosome, unknown_contig
from proband.science.sequence.transcripts import Transcript, TranscriptConcern

SPLICE_PAIRS = (("GT", "AG"), ("GC", "AG"), ("AT", "AC"))
"""Donor and acceptor dinucleotides that raise no concern."""
SHORTEST_INTRON = 30
"""Bases; shorter raises a concern. Piovesan et al. 2015."""


def build_transcript(record: TranscriptRecord, genome: Genome, expected: str | None = None) -> Transcript:
    """One transcript with its sequence and its concerns.

    `expected` is the transcript's own published sequence, if there is one, to compare with the genome's.
    Raises ``ProgramError`` with every reason for which the transcript is unusable.

    >>> from proband.science.sequence.genome import genome_of
    >>> g = genome_of({"c1": "ATGAAGT" + "CC" * 14 + "AGTAA"})
    >>> t = build_transcript(TranscriptRecord("T1", "c1", "+", ((0, 5), (37, 40)), ((0, 5, 0), (37, 40, 1))), g)
    >>> t.coding_sequence(), [c.code for c in t.concerns]
    ('ATGAATAA', ['frame', 'stop_codon'])
    """
    problems = _unusable(record, genome)
    if problems:
        raise ProgramError(problems)
    bases = "".join(genome.fetch(record.contig, s, e) for s, e in record.exons)
    sequence = bases if record.strand == "+" else reverse_complement(bases)
    table, concerns = _table(record)
    transcript = Transcript(
        id=record.id,
        gene=record.gene,
        gene_id=record.gene_id,
        contig=record.contig,
        strand=record.strand,
        exons=record.exons,
        cds_start=record.cds[0][0] if record.cds else None,
        cds_end=record.cds[-1][1] if record.cds else None,
        sequence=sequence,
        build=genome.build,
        protein_id=record.protein_id,
        tags=record.tags,
        codon_table=table,
        coding_before=record.coding_before,
    )
    concerns += [TranscriptConcern("annotation_note", note) for note in record.notes]
    concerns += _ambiguous(transcript)
    concerns += _introns(transcript, genome)
    if record.cds:
        transcript, found = _with_ends(transcript, record)
        concerns += found + _coding_concerns(transcript) + _phases(transcript, record)
    if expected is not None:
        concerns += _mismatch(transcript, expected)
    return replace(transcript, concerns=tuple(concerns))


def _unusable(record: TranscriptRecord, genome: Genome) -> list[Problem]:
    where = f"transcript {record.id}"
    if record.contig not in genome.contigs:
        return [unknown_contig(record.contig, genome.contigs, file=where)]
    problems = []
    for (a, b), (c, d) in zip(record.exons, record.exons[1:], strict=False):
        if c < b:
            found = f"exons {a + 1}-{b} and {c + 1}-{d} overlap"
            problems.append(Problem(where, "exons", found, "exons apart", "mend the annotation"))
    for start, end in record.exons:
        known = genome.known(record.contig, start)
        if known is None or end > known[1]:
            found = f"exon {record.contig}:{start + 1}-{end} is not all within the genome"
            problems.append(Problem(where, "exons", found, "known bases", "check that build and annotation fit"))
    if record.cds and not problems:
        low, high = record.cds[0][0], record.cds[-1][1]
        inside = [(max(s, low), min(e, high)) for s, e in record.exons if s < high and e > low]
        if inside != [(s, e) for s, e, _ in record.cds]:
            found = f"coding parts {_shown(record.cds)} for exons {_shown(record.exons)}"
            expected = "the exons between first and last coding base"
            remedy = "a programmed frameshift or a gap is not handled: choose another transcript"
            problems.append(Problem(where, "CDS", found, expected, remedy))
    return problems


def _shown(intervals: Iterable[tuple[int, ...]] | Iterable[tuple[int, int, int | None]]) -> str:
    texts = [f"{x[0] + 1}-{x[1]}" for x in intervals]
    return ", ".join(texts[:6]) + (f" and {len(texts) - 6} more" if len(texts) > 6 else "")


def _table(record: TranscriptRecord) -> tuple[CodonTable, list[TranscriptConcern]]:
    number = record.codon_table or (2 if chromosome(record.contig) == "MT" else 1)
    if number not in CODON_TABLES:
        remedy = "choose another transcript"
        problem = Problem(f"transcript {record.id}", "transl_table", str(number), "1 or 2", remedy)
        raise ProgramError([problem])
    if number == 1:
        return CODON_TABLES[1], []
    return CODON_TABLES[number], [TranscriptConcern("codon_table", f"read by the {CODON_TABLES[number].name} code")]


def _ambiguous(transcript: Transcript) -> list[TranscriptConcern]:
    odd = [i for i, base in enumerate(transcript.sequence) if base not in "ACGT"]
    if not odd:
        return []
    text = f"{len(odd)} bases of the reference are not known, the first is n.{odd[0] + 1}"
    return [TranscriptConcern("ambiguous_base", text)]


def _introns(transcript: Transcript, genome: Genome) -> list[TranscriptConcern]:
    concerns = []
    for i, ((_, start), (end, _)) in enumerate(zip(transcript.exons, transcript.exons[1:], strict=False)):
        number = i + 1 if transcript.strand == "+" else len(transcript.exons) - 1 - i
        name = f"intron {number} ({transcript.contig}:{start + 1}-{end})"
        if end - start < SHORTEST_INTRON:
            concerns.append(TranscriptConcern("short_intron", f"{name} has {end - start} bases"))
        if end - start < 4:
            continue
        known = genome.known(transcript.contig, start)
        if known is None or end > known[1]:
            concerns.append(TranscriptConcern("splice_site", f"{name}: its bases are not all known"))
            continue
        left, right = (genome.fetch(transcript.contig, p, p + 2) for p in (start, end - 2))
        if transcript.strand == "-":
            left, right = reverse_complement(right), reverse_complement(left)
        if (left, right) not in SPLICE_PAIRS:
            concerns.append(TranscriptConcern("splice_site", f"{name} reads {left}-{right}, not GT-AG, GC-AG or AT-AC"))
    return concerns


def _with_ends(transcript: Transcript, record: TranscriptRecord) -> tuple[Transcript, list[TranscriptConcern]]:
    """The transcript with phase and completeness; a stop that the format leaves out is taken in."""
    concerns = []
    phase = (record.cds[0] if record.strand == "+" else record.cds[-1])[2]
    stated = phase if phase is not None else -record.coding_before % 3
    if record.coding_before and stated != -record.coding_before % 3:
        found = f"phase {stated} with {record.coding_before} coding bases before"
        expected = f"phase {-record.coding_before % 3}"
        remedy = "correct the phase or the number of bases before"
        raise ProgramError([Problem(f"transcript {record.id}", "CDS", found, expected, remedy)])
    start_complete = not (record.partial_start or record.coding_before or stated)
    if not start_complete:
        text = "the coding part begins before the transcript: its start is not known"
        concerns.append(TranscriptConcern("incomplete_start", text))
    transcript = replace(transcript, phase=stated, start_complete=start_complete)
    first, last = transcript.coding_span
    table = transcript.codon_table
    ends_in_frame = (last - first - stated) % 3 == 0
    own = transcript.sequence[last - 3 : last] if ends_in_frame else ""
    follows = transcript.sequence[last : last + 3]
    lacks_stop = record.stop_excluded and not record.partial_stop and ends_in_frame and table.residue(own) != "*"
    if lacks_stop and len(follows) == 3 and table.residue(follows) == "*":
        edge = transcript.genomic_position(last + 2)
        low, high = transcript.cds_start, transcript.cds_end
        low, high = (low, edge + 1) if transcript.strand == "+" else (edge, high)
        transcript, own = replace(transcript, cds_start=low, cds_end=high), follows
    stop_complete = not record.partial_stop and bool(own) and table.residue(own) == "*"
    if not stop_complete and record.partial_stop:
        text = "the coding part goes on after the transcript: its stop is not known"
        concerns.append(TranscriptConcern("incomplete_stop", text))
    return replace(transcript, stop_complete=stop_complete), concerns


def _coding_concerns(transcript: Transcript) -> list[TranscriptConcern]:
    concerns = []
    coding = transcript.coding_sequence()
    length = len(coding) - transcript.phase
    stated_open = not transcript.start_complete
    if transcript.start_complete and coding[:3] != "ATG":
        concerns.append(TranscriptConcern("start_codon", f"the first codon is {coding[:3]}, not ATG"))
    if length % 3 and (transcript.stop_complete or not stated_open):
        concerns.append(TranscriptConcern("frame", f"{length} coding bases are no whole number of codons"))
    residues = transcript.codon_table.residue
    codons = [coding[i : i + 3] for i in range(transcript.phase, len(coding) - 2, 3)]
    if not transcript.stop_complete:
        text = f"the coding part ends with {codons[-1] if codons else 'nothing'}, not with a stop codon"
        concerns.append(TranscriptConcern("stop_codon", text))
    inner = [i + 1 for i, c in enumerate(codons[: -1 if transcript.stop_complete else None]) if residues(c) == "*"]
    if inner:
        text = f"stop codons within the coding part: {len(inner)}, the first is codon {inner[0]}"
        concerns.append(TranscriptConcern("internal_stop", text))
    return concerns


def _phases(transcript: Transcript, record: TranscriptRecord) -> list[TranscriptConcern]:
    parts = record.cds if record.strand == "+" else record.cds[::-1]
    expected, wrong = transcript.phase, []
    for start, end, phase in parts:
        if phase is not None and phase != expected:
            wrong.append(f"{start + 1}-{end} has {phase}, expected {expected}")
        expected = (expected - (end - start)) % 3
    return [TranscriptConcern("phase", f"phase of a coding part: {wrong[0]}; {len(wrong)} in all")] if wrong else []


def _mismatch(transcript: Transcript, expected: str) -> list[TranscriptConcern]:
    published, own = expected.upper().replace("U", "T"), transcript.sequence
    if published == own or (published.startswith(own) and not published[len(own) :].strip("A")):
        return []
    if len(published) == len(own):
        at = [i + 1 for i, (a, b) in enumerate(zip(own, published, strict=True)) if a != b]
        text = f"the published sequence differs from the genome at n.{', n.'.join(map(str, at[:5]))} ({len(at)} bases)"
    else:
        text = f"the published sequence has {len(published)} bases, the genome's exons {len(own)}"
    return [TranscriptConcern("reference_mismatch", text + "; descriptions are read on the genome's bases")]


@dataclass(frozen=True)
class TranscriptSet(Mapping[str, Transcript]):
    """Usable transcripts by id, and for each unusable one the reasons.

    >>> s = TranscriptSet({}, {}, "a.gff3")
    >>> s.find("NM_1.1")
    Traceback (most recent call last):
    ...
    proband.core.errors.ProgramError: a.gff3: transcript
      found:    NM_1.1
      expected: one of 0 transcripts
      remedy:   give the annotation that has it
    """

    usable: Mapping[str, Transcript]
    unusable: Mapping[str, tuple[Problem, ...]]
    source: str = "annotation"

    def __getitem__(self, key: str) -> Transcript:
        return self.usable[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.usable)

    def __len__(self) -> int:
        return len(self.usable)

    def find(self, name: str) -> Transcript:
        """The transcript of this id; raises ``ProgramError`` with the reason it is unusable or with its versions."""
        if name in self.usable:
            return self.usable[name]
        if name in self.unusable:
            raise ProgramError(self.unusable[name])
        stem = name.partition(".")[0]
        versions = [x for x in self.usable if x.partition(".")[0] == stem]
        expected = " or ".join(versions) if versions else f"one of {len(self.usable)} transcripts"
        remedy = "name the version that is here, if it is meant" if versions else "give the annotation that has it"
        raise ProgramError([Problem(self.source, "transcript", name, expected, remedy)])


def build_transcripts(
    records: Iterable[TranscriptRecord],
    genome: Genome,
    *,
    sequences: Mapping[str, str] | None = None,
    source: str = "annotation",
) -> TranscriptSet:
    """All transcripts of an annotation; `sequences` are published ones by id, to compare.

    Raises ``ProgramError`` when no transcript lies on a contig of the genome, as when names are spelt differently.

    >>> from proband.science.sequence.genome import genome_of
    >>> r = TranscriptRecord("T1", "c1", "+", ((0, 4),))
    >>> build_transcripts([r], genome_of({"c1": "ACGTA"})).find("T1").sequence
    'ACGT'
    """
    records = list(records)
    contigs = dict.fromkeys(r.contig for r in records)
    if records and not any(c in genome.contigs for c in contigs):
        raise ProgramError([unknown_contig(c, genome.contigs, file=source) for c in list(contigs)[:20]])
    usable: dict[str, Transcript] = {}
    unusable: dict[str, tuple[Problem, ...]] = {}
    for record in records:
        if record.id in usable or record.id in unusable:
            usable.pop(record.id, None)
            remedy = "keep one place of it in the annotation"
            text = f"{record.contig}:{record.exons[0][0] + 1} and another place"
            unusable[record.id] = (Problem(source, f"transcript {record.id}", text, "one place", remedy),)
            continue
        try:
            usable[record.id] = build_transcript(record, genome, (sequences or {}).get(record.id))
        except ProgramError as fault:
            unusable[record.id] = fault.problems
    return TranscriptSet(usable, unusable, source)


def read_transcripts(
    fasta: str | Path,
    annotation: str | Path,
    *,
    build: str = "",
    genes: Iterable[str] | None = None,
    transcripts: Iterable[str] | None = None,
) -> tuple[Genome, TranscriptSet]:
    """Genome and transcripts from a user's FASTA and GFF3 or GTF; see `open_fasta` and `read_annotation`.

    Raises ``ProgramError`` for faults of either file, and when their contig names do not fit.
    """
    genome = open_fasta(fasta, build)
    chosen = None if genes is None else tuple(genes)
    named = None if transcripts is None else tuple(transcripts)
    records = read_annotation(annotation, genes=chosen, transcripts=named)
    return genome, build_transcripts(records, genome, source=Path(annotation).name)
