"""One stated candidate on the patient's own sequence: where it fits, which alleles it reaches, what its edit makes.

Cannot see: efficiency, off-targets, and whatever the folder's sequence and calls do not hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.core.errors import ProgramError
from proband.core.program import Candidate, Variant
from proband.science.design.bystanders import BystanderTable, bystander_table
from proband.science.design.editors import Editor
from proband.science.design.from_files import FLANK, Call, patient_haplotype, read_calls
from proband.science.design.haplotype import BASES, Change, Haplotype, Placed, correction, haplotype_of
from proband.science.design.match import Extension, Match, bare_sequence, best_match, pam_state, read_extension
from proband.science.design.spacers import enumerate_guides, reference_interval
from proband.science.design.strands import oriented
from proband.science.sequence.build import TranscriptSet
from proband.science.sequence.genome import Genome
from proband.science.sequence.transcripts import Transcript
from proband.science.variant.change import Change as GenomicChange
from proband.science.variant.resolve import TRANSITIONS, reversal, transcript_of

NEEDED = 60
"""Known bases on either side of the variant without which a site that is not found may just lie outside, nt."""


@dataclass(frozen=True)
class Site:
    """The piece of the patient's sequence round the targeted variant.

    `called` says that the patient's calls were read there; `notes` are what was put in and what was left out, and why;
    `unphased` are calls that may lie on this haplotype or on the other.
    """

    haplotype: Haplotype
    change: Change
    called: bool
    notes: tuple[str, ...]
    transcript: Transcript | None
    unphased: tuple[Placed, ...] = ()

    @property
    def ample(self) -> bool:
        """Whether at least `NEEDED` bases on either side of the variant are there and known."""
        low, high = self.change.index - NEEDED, self.change.index + len(self.change.present) + NEEDED
        sequence = self.haplotype.sequence
        return low >= 0 and high <= len(sequence) and BASES.issuperset(sequence[low:high])


@dataclass(frozen=True)
class Fit:
    """How a candidate fits a site: elements by name (True fits, False does not, None not known), sentences, the match.

    `reference_mismatches` are those to the allele without the variant, where it could be placed.
    """

    elements: Mapping[str, bool | None]
    because: Mapping[str, str]
    match: Match | None
    extension: Extension | None = None
    reference_mismatches: int | None = None


def site_of(
    genome: Genome, transcripts: TranscriptSet, variant: Variant, vcf: Path | None, samples: Sequence[str]
) -> Site | None:
    """The patient's sequence round a variant; None where its place or its bases are not known.

    Calls that do not fit the variant are left out, and a note says why. Raises ``ProgramError`` for a broken VCF.
    """
    if variant.position is None or variant.contig not in genome.contigs:
        return None
    if not BASES.issuperset(variant.ref + variant.alt):
        return None
    known = genome.known(variant.contig, variant.position)
    if known is None:
        return None
    here = GenomicChange(variant.contig, variant.position, variant.ref, variant.alt)
    if genome.fetch(here.contig, here.start, min(here.end, known[1])) != variant.ref:
        return None
    calls, notes = _calls(vcf, samples, here)
    try:
        haplotype, target, said = patient_haplotype(genome, here, calls or [], phased=calls is not None)
    except ProgramError as fault:
        notes.append(f"the calls were left out: {fault}".replace("\n", " "))
        calls = None
        haplotype, target, said = patient_haplotype(genome, here, [], phased=False)
    chosen = _transcript(transcripts, variant)
    left = _unphased(calls or [], target, haplotype)
    return Site(haplotype, correction(haplotype, target), calls is not None, (*notes, *said), chosen, left)


def _unphased(calls: Sequence[Call], target: Placed, haplotype: Haplotype) -> tuple[Placed, ...]:
    """Calls that were not put in and are not known to lie on the other haplotype."""
    mine = next((c for c in calls if _bare(c.placed) == _bare(target)), None)

    def across(c: Call) -> bool:
        if mine is None or mine.side is None or c.side is None:
            return False
        return (c.phase_set, c.side) == (mine.phase_set, 1 - mine.side)

    left = (c for c in calls if c is not mine and not across(c))
    return tuple(c.placed for c in left if c.placed not in haplotype.variants)


def _bare(v: Placed) -> tuple[int, str, str]:
    """A placed variant without the bases that its two sides share."""
    core = GenomicChange("", v.position, v.ref, v.alt).trimmed()
    return core.start, core.deleted, core.inserted


def _calls(vcf: Path | None, samples: Sequence[str], here: GenomicChange) -> tuple[list[Call] | None, list[str]]:
    if vcf is None:
        return None, ["no calls of the patient are in the folder"]
    faults = []
    for sample in (*samples, ""):
        try:
            return list(read_calls(vcf, sample, here.contig, here.start - FLANK, here.end + FLANK)), []
        except ProgramError as fault:
            faults.append(str(fault).replace("\n", " "))
    return None, [f"the calls could not be used: {faults[0]}"]


def _transcript(transcripts: TranscriptSet, v: Variant) -> Transcript | None:
    """The transcript that the variant names, or the only coding one that covers it."""
    named = transcript_of(v.hgvs_c, transcripts)
    if named in transcripts:
        return transcripts[named]
    assert v.position is not None
    covering = [
        t for t in transcripts.values() if t.is_coding and t.contig == v.contig and t.start <= v.position < t.end
    ]
    return covering[0] if len(covering) == 1 else None


def fit(candidate: Candidate, site: Site, editor: Editor | None, *, prime: bool = False) -> Fit | None:
    """How a candidate's targeting sequence fits the site; None for a candidate without one.

    `prime` says that a primer binding site is asked for. Every part that the candidate must have and does not state
    is an element that is not known.
    """
    oligo = not candidate.spacer
    if not (candidate.spacer or candidate.sequence):
        return None
    part = "oligonucleotide" if oligo else "spacer"
    targeting = bare_sequence(candidate.sequence if oligo else candidate.spacer)
    elements: dict[str, bool | None] = {}
    said: dict[str, str] = {}
    if not targeting:
        return Fit({part: None}, {part: "not readable as bases A, C, G, T", "patient_calls": "not looked at"}, None)
    after = editor.pam_after if editor else True
    strand = site.transcript.strand if oligo and site.transcript else ""
    pam = "" if oligo else (candidate.pam or (editor.pam if editor else "")).replace("U", "T")
    found = best_match(site.haplotype, site.change, targeting, pam, pam_after=after, antisense_of=strand)
    elements[part], said[part] = _placed(site, found, oligo)
    if found is not None and not oligo:
        elements["pam"], said["pam"] = _pam(site, found, pam, editor)
    extension, nick = None, editor.cut[0] if editor else 3
    if candidate.extension and found is not None:
        extension = read_extension(site.haplotype, site.change, found, candidate.extension, nick)
        elements["primer_binding_site"] = extension.binds
        said["primer_binding_site"] = f"{extension.primer} bases pair before the nick"
    elif prime or (editor is not None and editor.kind == "prime"):
        elements["primer_binding_site"] = None
        said["primer_binding_site"] = "no extension to look at" if found else "no site to look at"
    behind = max(len(pam) if after else 0, len(extension.template) - nick if extension else 0)
    elements["patient_calls"], said["patient_calls"] = _called(site, found, 0 if after else len(pam), behind)
    return Fit(elements, said, found, extension, _to_reference(site, targeting, pam, after, strand))


def _placed(site: Site, found: Match | None, oligo: bool) -> tuple[bool | None, str]:
    """Whether the targeting sequence fits, and where. A near fit elsewhere may mean a site beyond the sequence."""
    if found is None:
        return (False if site.ample and not oligo else None), "no site with few mismatches lies in the sequence at hand"
    where = f"{site.haplotype.contig}:{found.start + 1}-{found.end} ({found.strand})"
    if found.mismatches:
        said = f"mismatches at {', '.join(map(str, found.mismatches))} at {where}"
        return (False if found.on_change or (site.ample and not oligo) else None), said
    if found.not_known:
        return None, f"bases {', '.join(map(str, found.not_known))} are not known at {where}"
    if oligo and site.transcript is None:
        return None, f"no mismatch at {where}; no transcript says which strand is transcribed"
    return True, f"no mismatch at {where}"


def _pam(site: Site, found: Match, pam: str, editor: Editor | None) -> tuple[bool | None, str]:
    """Whether the PAM fits; without an editor its side is not known, and a PAM after the spacer is looked for first."""
    if not pam:
        return None, "no PAM is stated"
    said = f"{found.pam} stands at the PAM, {pam} is asked for"
    if found.pam_fits is False and editor is None:
        sequence = oriented(site.haplotype.sequence, found.strand)
        before = sequence[max(0, found.index - len(pam)) : found.index]
        if pam_state(pam, before) is not False:
            return None, f"{said}; {before} stands before the spacer: name the editor, which side it reads"
    return found.pam_fits, said


def _called(site: Site, found: Match | None, before: int, behind: int) -> tuple[bool | None, str]:
    """Whether the patient's calls settle the site: read, and none of unknown phase under it.

    `before` and `behind` are the bases that PAM and template take on either side of the targeting sequence.
    """
    said = "; ".join(site.notes) or "no other call near the variant"
    if not site.called or found is None:
        return (True if site.called else None), said
    left, right = max(0, found.index - before), found.index + found.length + behind
    right = min(right, len(site.haplotype.sequence))
    start, end = reference_interval(site.haplotype, found.strand, left, right)
    near = [v for v in site.unphased if v.position < end and start < v.position + len(v.ref)]
    if near:
        shown = ", ".join(f"{site.haplotype.contig}:{v.position + 1} {v.ref}>{v.alt}" for v in near)
        return None, f"{shown} under the site may lie on either haplotype; {said}"
    return True, said


def _to_reference(site: Site, targeting: str, pam: str, after: bool, strand: str) -> int | None:
    """Mismatches to the allele without the variant, all else equal; None where no similar site is there."""
    h, change = site.haplotype, site.change
    sequence = h.sequence[: change.index] + change.wanted + h.sequence[change.index + len(change.present) :]
    other = haplotype_of(h.contig, h.start, sequence)
    found = best_match(
        other, Change(change.index, change.wanted, change.present), targeting, pam, pam_after=after, antisense_of=strand
    )
    return None if found is None else len(found.mismatches)


def reached(
    target: Variant, variants: Sequence[Variant], own: Fit | None, editor: Editor | None
) -> dict[str, bool | None]:
    """Which of the program's variants the candidate reaches: True, False, or None for not known.

    The targeted one is reached when every part fits it, and a base editor's guide lies over it. Another is out of
    reach when a base editor can not put its bases back, or when it lies outside of the site; under the site it stays
    not known, for it lies on another haplotype that was not looked at.
    """
    answers: dict[str, bool | None] = {}
    for v in variants:
        answers[v.id] = _reaches(own, editor) if v.id == target.id else _reaches_other(v, target, own, editor)
    return answers


def _reaches(own: Fit | None, editor: Editor | None) -> bool | None:
    states = [s for n, s in own.elements.items() if n != "patient_calls"] if own else [None]
    if own and own.match and not own.match.on_change and editor is not None and editor.conversion:
        return False
    return False if False in states else (None if None in states else True)


def _reaches_other(v: Variant, target: Variant, own: Fit | None, editor: Editor | None) -> bool | None:
    if editor is None:
        return None
    back = reversal(v)
    resized = len(v.ref) != len(v.alt)
    if editor.conversion and (resized or (back is not None and not _converts(editor, back))):
        return False
    if v.position is None or own is None or own.match is None or editor.kind == "prime":
        return None
    apart = v.contig != target.contig or v.position >= own.match.end or v.position + len(v.ref) <= own.match.start
    return False if apart else None


def _converts(editor: Editor, back: tuple[str, str]) -> bool:
    """Whether a base editor can make a conversion on either strand; its conversion is a transition."""
    pairs = {"A": "T", "C": "G", "G": "C", "T": "A"}
    assert editor.conversion is not None
    return back in TRANSITIONS and editor.conversion in (back, (pairs[back[0]], pairs[back[1]]))


def product(candidate: Candidate, site: Site, editor: Editor | None) -> tuple[BystanderTable | None, str]:
    """Every combination of converted bases under the candidate's guide with its protein, or why there is none."""
    if editor is None:
        return None, "the editor is not named: set editor under [parameters.candidate_design] to one of the table"
    if editor.conversion is None:
        return None, f"{editor.name} converts no base"
    search = enumerate_guides(site.haplotype, site.change, editor)
    guide = next((g for g in search.guides if g.spacer == candidate.spacer.replace("U", "T")), None)
    if guide is None:
        return None, f"{editor.name} does not put the target into its window with this spacer and its own PAM"
    return bystander_table(site.haplotype, site.change, guide, site.transcript), ""


__all__ = ["Fit", "Placed", "Site", "fit", "product", "reached", "site_of"]
