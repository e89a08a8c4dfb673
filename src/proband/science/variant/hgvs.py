"""HGVS descriptions read, checked, normalised and converted: one interface, on a user's own genome and transcripts.

Grammar, projection, protein descriptions, VRS identifiers: hgvs-weaver. Each position that it projects is compared with
our own transcript model, and what it reads too kindly is refused here: an offset longer than its intron, an insertion
between bases that are not neighbours, a stated length, a repeat whose unit is not stated. Names are written by
`change.written`: hgvs-weaver 1.0.1 names a duplication in an intron as an insertion on the minus strand.

Sources: HGVS Nomenclature (den Dunnen et al., Human Mutation 2016;37:564-569); SPDI (Holmes et al., Bioinformatics
2020;36:1902-1907); GA4GH VRS 2.0. The 3' rule is applied on the genome along the transcript's strand: a change in a
repeat that runs over the end of an exon is placed in the intron where that is further 3'. Tools that stop at
the end of the exon write it otherwise; `Nomenclature.equal` knows both as one change.

Cannot see: descriptions of RNA (r.), several changes in one description, uncertain ends, bases not stated, and
differences between a published transcript and the genome (descriptions are read on the genome's bases).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

import weaver  # type: ignore[import-untyped, unused-ignore]

from proband.core.errors import AnalysisError, Problem, ProgramError
from proband.science.sequence.build import TranscriptSet
from proband.science.sequence.genome import Genome, unknown_contig
from proband.science.sequence.transcripts import Position, Transcript
from proband.science.variant.change import Change, Span, check_reference, span, written
from proband.science.variant.engine import Engine

_FORM = re.compile(r"(?P<name>[^\s:()]+)(?:\((?P<inner>[^\s:()]+)\))?:(?P<kind>[gmcnrp])\.(?P<rest>\S+)\Z")
_BUILD = re.compile(r"(?:GRCh\d+|hg\d+|T2T-CHM13\S*)\Z")
_BASES = re.compile(r"[ACGT]*\Z")
_EXPECTED = "one change with stated bases and ends, such as NM_000000.0:c.88G>A"
_ALONE = "write one change, with certain ends and stated bases"


@dataclass(frozen=True, slots=True)
class Named:
    """A description split into its parts: kind (g, m, c, n, p), the contig or transcript it counts on, the rest."""

    text: str
    kind: str
    contig: str
    transcript: Transcript | None
    rest: str


@dataclass(frozen=True)
class Nomenclature:
    """Names of variants on one genome and its transcripts. `accessions` maps names such as NC_000002.12 to contigs.

    >>> from proband.science.sequence.genome import genome_of
    >>> from proband.science.sequence.build import TranscriptSet
    >>> n = Nomenclature(genome_of({"c1": "GCAAAAT"}), TranscriptSet({}, {}))
    >>> n.normalise("c1:g.3del"), n.spdi("c1:g.3del"), n.equal("c1:g.3del", "c1:g.6del")
    ('c1:g.6del', 'c1:2:AAAA:AAA', True)
    """

    genome: Genome
    transcripts: TranscriptSet
    accessions: Mapping[str, str] | None = None

    @cached_property
    def _engine(self) -> Engine:
        return Engine(self.genome, self.transcripts)

    # ---- reading

    def read(self, text: str) -> Change:
        """The change of the genome that a g., m., c. or n. description names, checked against the reference.

        Raises ``ProgramError`` for anything malformed, ambiguous, not on this genome, or not fitting its bases.
        """
        named = self.split(text)
        if named.kind == "p":
            remedy = "give the g. or c. description"
            self._refuse(text, "a protein description", "one change of the DNA: several can make one protein", remedy)
        inner = self._inner(named)
        try:
            variant = weaver.parse(inner)
        except weaver.HGVSError as fault:
            self._translate(text, fault)
        edit = self._check_form(named, variant)
        low, high = self._interval(named, variant)
        genomic = self._project(named, variant)
        self._compare(named, edit, genomic, low, high)
        if edit["type"] == "RefAlt" and (edit.get("alt") is None or edit.get("alt") == edit.get("ref_")):
            bases = self.genome.fetch(named.contig, low, high)
            change = Change(named.contig, low, bases, bases)
        else:
            _, start, old, new = self._ask(text, "to_spdi", genomic).split(":")
            change = Change(named.contig, int(start), old, new)
        check_reference(self.genome, change)
        return change

    def split(self, text: str) -> Named:
        """The parts of a description, with the names it uses found on this genome; raises ``ProgramError``."""
        found = _FORM.match(text.strip()) if len(text) < 10_000 else None
        if not found:
            remedy = "write accession, colon, kind and change, without spaces"
            self._refuse(text or "(empty)", "not an HGVS description", _EXPECTED, remedy)
        name, inner, kind, rest = found.group("name", "inner", "kind", "rest")
        if kind == "r":
            self._refuse(text, "a description of RNA", "g., c., n. or p.", "give the DNA change")
        if kind in "gm":
            return Named(text, kind, self._contig(text, name, inner), None, rest)
        transcript = self._transcript(text, name, inner, kind)
        if kind == "c" and not transcript.is_coding:
            self._refuse(text, f"c. on {transcript.id}, which has no coding part", "n.", "use n. numbering")
        return Named(text, kind, transcript.contig, transcript, rest)

    def _contig(self, text: str, name: str, inner: str | None) -> str:
        if inner and _BUILD.match(name):
            if name != self.genome.build:
                own = self.genome.build or "a genome of no stated build"
                self._refuse(text, f"build {name}", own, "give the description on this build; they are never mixed")
            name = inner
        elif inner:
            self._refuse(text, f"{name}({inner}) with g.", "one contig", "name the contig alone")
        aliases = self.accessions or {}
        contig = aliases.get(name, name)
        if contig in self.genome.contigs:
            return contig
        stem = name.partition(".")[0]
        versions = [a for a in aliases if a.partition(".")[0] == stem]
        if versions:
            remedy = "another version is another build: give the description on this one"
            self._refuse(text, name, f"{versions[0]} ({self.genome.build or 'this genome'})", remedy)
        if name in self.transcripts:
            self._refuse(text, f"transcript {name} with g.", "c. or n.", "use the numbering of a transcript")
        raise ProgramError([unknown_contig(name, self.genome.contigs, file=text[:120])])

    def _transcript(self, text: str, name: str, inner: str | None, kind: str) -> Transcript:
        if kind == "p":
            by_protein = [t for t in self.transcripts.values() if name in (t.protein_id, t.id)]
            if len(by_protein) != 1:
                self._refuse(text, name, "the protein of one transcript here", "give the annotation that has it")
            return by_protein[0]
        on_contig = (self.accessions or {}).get(name, name) if inner else ""
        if on_contig in self.genome.contigs:
            transcript = self.transcripts.find(inner or "")
            if transcript.contig != on_contig:
                self._refuse(text, f"{inner} on {name}", f"{inner} on {transcript.contig}", "correct one of the two")
        else:
            transcript = self.transcripts.find(name)
            if inner and inner not in (transcript.gene, transcript.gene_id):
                self._refuse(text, f"gene {inner}", f"{transcript.gene}, the gene of {name}", "correct one of the two")
        if transcript.build != self.genome.build:
            found = f"{name} on {transcript.build or 'a genome of no stated build'}"
            self._refuse(text, found, self.genome.build or "no stated build", "read annotation and genome together")
        return transcript

    def _inner(self, named: Named) -> str:
        if named.transcript is None:
            return f"{self._engine.provider.inner('contig', named.contig)}:g.{named.rest}"
        return f"{self._engine.provider.inner('transcript', named.transcript.id)}:{named.kind}.{named.rest}"

    # ---- checks that hgvs-weaver does not make

    def _check_form(self, named: Named, variant: Any) -> dict[str, Any]:
        if variant.members is not None:
            self._refuse(named.text, "several changes in one description", _EXPECTED, "give each change alone")
        posedit = variant.to_dict().get("posedit")
        if not isinstance(posedit, dict) or "pos" not in posedit:
            self._refuse(named.text, "no position", _EXPECTED, _ALONE)
        if _uncertain(posedit):
            self._refuse(named.text, "an uncertain position or change", _EXPECTED, _ALONE)
        edit: dict[str, Any] = posedit["edit"]
        if edit["type"] not in ("RefAlt", "Del", "Dup", "Ins", "Inv", "Repeat"):
            self._refuse(named.text, f"a change of the kind {edit['type']}", _EXPECTED, _ALONE)
        for key in ("ref_", "alt"):
            stated = edit.get(key) or ""
            if not _BASES.match(stated):
                remedy = "state the bases in capitals; a length alone does not say which"
                self._refuse(named.text, repr(stated), "bases A, C, G, T", remedy)
        return edit

    def _interval(self, named: Named, variant: Any) -> tuple[int, int]:
        """Our own reading of the description's ends, as a 0-based half-open interval of the genome."""
        pos = variant.to_dict()["posedit"]["pos"]
        try:
            ends = [self._place(named, pos[k]) for k in ("start", "end") if pos.get(k) is not None]
        except ProgramError as fault:
            raise ProgramError([Problem(named.text[:120], *_rest(p)) for p in fault.problems]) from None
        low, high = min(ends), max(ends) + 1
        inserts = variant.to_dict()["posedit"]["edit"]["type"] == "Ins"
        if inserts and high - low != 2:
            expected = "two neighbouring bases of the genome, such as 5_6"
            self._refuse(named.text, "an insertion between other bases", expected, "name the two bases it lies between")
        return low, high

    def _place(self, named: Named, end: dict[str, Any]) -> int:
        base, offset, t = int(end["base"]), int(end.get("offset") or 0), named.transcript
        if t is None:
            at = base - 1
            if self.genome.known(named.contig, at) is None:
                limits = f"within the known bases of {named.contig}"
                self._refuse(named.text, f"g.{base}", limits, "check position and build")
            return at
        mark = "*" if end.get("anchor") == "CdsEnd" else "-" if base < 0 else ""
        return t.position_g(Position(mark, abs(base), offset), coding=named.kind == "c")

    def _compare(self, named: Named, edit: dict[str, Any], genomic: Any, low: int, high: int) -> None:
        """The projection must agree with our own; a repeat may be widened to the whole of it, at its 3' side."""
        pos = genomic.to_dict()["posedit"]["pos"]
        first = int(pos["start"]["base"]) - 1
        last = int((pos["end"] or pos["start"])["base"])
        if edit["type"] == "Repeat":
            same = first == low if named.transcript is None or named.transcript.strand == "+" else last == high
            unit = edit.get("ref_") or ""
            if not unit or not same or high - low not in (len(unit), last - first):
                remedy = "give the first unit or the whole repeat, and the bases of the unit; or write del, dup or ins"
                self._refuse(named.text, "a repeat whose unit or extent is not clear", "such as c.19_21CAT[5]", remedy)
        elif (first, last) != (low, high):
            found = f"{named.contig}:{first + 1}-{last} from hgvs-weaver, {low + 1}-{high} from the transcript model"
            raise AnalysisError([Problem(named.text[:120], "projection", found, "one place", "report this as a fault")])

    # ---- writing

    def genomic(self, change: Change) -> str:
        """The normalised g. description of a change."""
        return f"{change.contig}:g.{self._written_g(self.span(change).right)}"

    def span(self, change: Change) -> Span:
        """All placements of a change, after checking its bases; see `change.span`."""
        check_reference(self.genome, change)
        return span(self.genome, change)

    def _written_g(self, change: Change) -> str:
        return written(self.genome, change, "+", lambda p: str(p + 1))

    def on_transcript(self, change: Change, transcript: str) -> str:
        """The normalised c. description of a change (n. for a non-coding transcript).

        Raises ``ProgramError`` where it lies outside the transcript or in a part that has no number.
        """
        t = self.transcripts.find(transcript)
        if t.contig != change.contig:
            self._refuse(
                str(change), f"a change on {change.contig}", f"{t.contig}, where {t.id} lies", "check the names"
            )
        placed = self.span(change).towards(t.strand)
        number = t.position_c if t.is_coding else t.position_n
        edges = (placed.start, placed.end - 1) if placed.deleted else (placed.start - 1, placed.start)
        for edge in edges:
            number(edge)
        return self._written_on(t, placed, coding=t.is_coding)

    def _written_on(self, t: Transcript, placed: Change, *, coding: bool) -> str:
        number = t.position_c if coding else t.position_n
        return f"{t.id}:{'c' if coding else 'n'}.{written(self.genome, placed, t.strand, lambda p: str(number(p)))}"

    def _weaver_c(self, t: Transcript, placed: Change) -> Any:
        provider = self._engine.provider
        text = f"{provider.inner('contig', placed.contig)}:g.{self._written_g(placed)}"
        coding = self._ask(str(placed), "g_to_c", weaver.parse(text), provider.inner("transcript", t.id))
        return self._ask(str(placed), "normalize_variant", coding)

    def protein(self, change: Change, transcript: str) -> str:
        """The predicted protein description, such as ``p.(Gln335Ter)``, from hgvs-weaver.

        It judges the coding part alone; `consequence` says when that is not enough. Raises ``ProgramError``.
        """
        t = self.transcripts.find(transcript)
        coding = self._weaver_c(t, self.span(change).towards(t.strand))
        described: str = self._ask(str(change), "c_to_p", coding).format()
        return described.partition(":")[2]

    def normalise(self, text: str) -> str:
        """The description in its normal form: 3'-most place, duplication before insertion, bases not repeated."""
        named = self.split(text)
        change = self.read(text)
        if named.transcript is None:
            return self.genomic(change)
        if named.kind == "n":
            t = named.transcript
            placed = self.span(change).towards(t.strand)
            return self._written_on(t, placed, coding=False)
        return self.on_transcript(change, named.transcript.id)

    def to_genomic(self, text: str) -> str:
        """The normalised g. description of any g., c. or n. description."""
        return self.genomic(self.read(text))

    def to_coding(self, text: str, transcript: str) -> str:
        """The normalised c. description, on a named transcript, of any g., c. or n. description."""
        return self.on_transcript(self.read(text), transcript)

    # ---- identity

    def spdi(self, text: str) -> str:
        """The SPDI of a description over all its placements: equal for equal changes."""
        return str(self.span(self.read(text)).covering(self.genome))

    def vrs_id(self, text: str) -> str:
        """The GA4GH VRS 2.0 allele identifier; raises ``ProgramError`` where the contig is not whole."""
        change = self.read(text)
        self.genome.refget(change.contig)
        variant = weaver.parse(f"{self._engine.provider.inner('contig', change.contig)}:g.{self._written_g(change)}")
        return str(self._ask(text, "vrs_id", variant))

    def equal(self, one: str, other: str) -> bool:
        """Whether two descriptions name the same change, of the DNA or both of one protein.

        Raises ``ProgramError`` when one is of the DNA and the other of the protein: that is a consequence.
        """
        kinds = [self.split(x).kind == "p" for x in (one, other)]
        if kinds == [False, False]:
            return self.spdi(one) == self.spdi(other)
        if not all(kinds):
            remedy = "compare the predicted consequence instead"
            self._refuse(f"{one} and {other}", "DNA and protein", "two of one kind", remedy)
        return self.read_protein(one) == self.read_protein(other)

    def read_protein(self, text: str) -> str:
        """A p. description in three letters, predicted brackets left out, its residues checked on the protein."""
        named = self.split(text)
        if named.kind != "p" or named.transcript is None:
            self._refuse(text, f"{named.kind}.", "a p. description", "give the protein change")
        inner = self._engine.provider.inner("protein", named.transcript.id)
        try:
            variant = weaver.parse(f"{inner}:p.{named.rest}")
            fits = variant.validate(self._engine.provider)
        except weaver.HGVSError as fault:
            self._translate(text, fault)
        if not fits:
            self._refuse(text, "residues that the protein does not have there", "its residues", "check the numbering")
        return f"{named.transcript.id}:p.{variant.format().partition(':p.')[2].strip('()')}"

    # ---- asking hgvs-weaver

    def _project(self, named: Named, variant: Any) -> Any:
        if named.transcript is None:
            return variant
        return self._ask(named.text, "c_to_g" if named.kind == "c" else "n_to_g", variant)

    def _ask(self, text: str, verb: str, *arguments: Any) -> Any:
        try:
            return getattr(self._engine.mapper, verb)(*arguments)
        except weaver.HGVSError as fault:
            self._translate(text, fault)

    def _translate(self, text: str, fault: Exception) -> NoReturn:
        said = self._engine.provider.outward(" ".join(str(fault).split("\n")[-1].strip(" =").split()))
        expected, remedy = _FAULTS.get(type(fault).__name__, (_EXPECTED, "correct the description"))
        said = said.partition(" at indices ")[0]
        raise ProgramError([Problem(text[:120], "HGVS", said, expected, remedy)]) from None

    def _refuse(self, text: str, found: str, expected: str, remedy: str) -> NoReturn:
        raise ProgramError([Problem(text[:120], "HGVS", found, expected, remedy)])


_FAULTS = {
    "ParseError": (_EXPECTED, "correct the description"),
    "AmbiguousDescriptionError": ("a description with one meaning", _ALONE),
    "ReferenceMismatchError": ("the bases of the reference", "check build, transcript version and strand"),
    "PositionOutsideSequenceError": ("a position of the sequence", "check number and transcript version"),
    "UnsupportedOperationError": (_EXPECTED, _ALONE),
}


def _rest(problem: Problem) -> tuple[str, str, str, str]:
    return problem.file, problem.found, problem.expected, problem.remedy


def _uncertain(value: object) -> bool:
    if isinstance(value, dict):
        return bool(value.get("uncertain")) or any(v == "?" or _uncertain(v) for v in value.values())
    return False
