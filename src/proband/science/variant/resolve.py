"""Whether a stated variant is what it says: its place, its reference base, its names, its genotype.

Each check holds, does not hold, or could not be made; the three are never mixed.

Cannot see: a variant that is not there. It compares what a program states with the sequence that it carries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from proband.core.errors import Problem, ProgramError
from proband.core.program import Variant
from proband.science.sequence.alphabet import IUPAC, THREE_LETTER
from proband.science.sequence.build import TranscriptSet
from proband.science.sequence.genome import Genome, chromosome
from proband.science.sequence.slices import known_bases
from proband.science.variant.change import Change, span
from proband.science.variant.consequence import consequence
from proband.science.variant.hgvs import Nomenclature

BASES = frozenset("ACGT")
_ONE_LETTER = re.compile(r"p\.([A-Z])(\d+)([A-Z]|Ter|=)\Z")
_SIMPLE = re.compile(r"c\.[*-]?\d+(?:[+-]\d+)?([ACGT])>([ACGT])$")
TRANSITIONS = {("A", "G"), ("G", "A"), ("C", "T"), ("T", "C")}


@dataclass(frozen=True, slots=True)
class Resolution:
    """Checks of one variant by name: True holds, False does not, None could not be made; with a sentence for each.

    `change` is the change of the genome where it is known.
    """

    change: Change | None
    checks: Mapping[str, bool | None]
    because: Mapping[str, str]
    spdi: str = ""
    vrs_id: str = ""
    consequence: str = ""


def resolve(variant: Variant, names: Nomenclature | None) -> Resolution:
    """Check one stated variant against the sequence at hand; `names` is None where there is none.

    >>> found = resolve(Variant("v", "target", "b", "c1", 5, "C", "T", zygosity="homozygous"), None)
    >>> found.checks["build"], found.checks["reference_base"], found.checks["zygosity"]
    (True, None, True)
    """
    said: dict[str, str] = {}
    checks: dict[str, bool | None] = {"build": bool(variant.build) or None}
    said["build"] = variant.build or "no build is stated"
    change = _placed(variant)
    checks["reference_base"], said["reference_base"] = _reference(change, names)
    named = _named(variant, names)
    checks["transcript_name"], said["transcript_name"] = _name(variant, change, named, names)
    checks["zygosity"], said["zygosity"] = _zygosity(variant)
    change = change or (named if isinstance(named, Change) else None)
    extra = {"spdi": "", "vrs_id": "", "consequence": ""}
    if names is not None and change is not None and checks["reference_base"] is not False:
        extra["spdi"] = _quietly(lambda: names.spdi(names.genomic(change)))
        extra["vrs_id"] = _quietly(lambda: names.vrs_id(names.genomic(change)))
        extra["consequence"], protein = _consequence(variant, change, names)
        if variant.hgvs_p:
            checks["protein_name"], said["protein_name"] = _protein(variant.hgvs_p, protein)
    return Resolution(change, checks, said, **extra)


def _placed(v: Variant) -> Change | None:
    return None if v.position is None else Change(v.contig, v.position, v.ref, v.alt)


def _reference(change: Change | None, names: Nomenclature | None) -> tuple[bool | None, str]:
    if change is None:
        return None, "no position is stated"
    if names is None:
        return None, "no reference sequence is in the folder"
    found = known_bases(names.genome, change.contig, change.start, change.end)
    if found is None:
        return None, f"{change.contig}:{change.start + 1} lies outside of the sequence in the folder"
    said = f"{found} stands at {change.contig}:{change.start + 1}, {change.deleted} is stated"
    if any(not set(IUPAC[a]) & set(IUPAC[b]) for a, b in zip(found, change.deleted, strict=True)):
        return False, said
    return (True if BASES.issuperset(found + change.deleted) else None), said


def transcript_of(hgvs_c: str, transcripts: TranscriptSet) -> str:
    """The transcript that a c. name counts on, without the gene or contig written beside it.

    >>> transcript_of("NM_1.1(GENE1):c.4C>T", TranscriptSet({}, {}))
    'NM_1.1'
    """
    name, _, inner = hgvs_c.partition(":")[0].strip().removesuffix(")").partition("(")
    return inner if inner in transcripts or inner in transcripts.unusable else name


def _named(v: Variant, names: Nomenclature | None) -> Change | ProgramError | None:
    """The change that the c. name gives, the fault of reading it, or None where there is nothing to read it by."""
    if not v.hgvs_c or names is None or transcript_of(v.hgvs_c, names.transcripts) not in names.transcripts:
        return None
    try:
        return names.read(v.hgvs_c)
    except ProgramError as fault:
        return fault


def _name(
    v: Variant, change: Change | None, named: Change | ProgramError | None, names: Nomenclature | None
) -> tuple[bool | None, str]:
    if not v.hgvs_c:
        return None, "no name on a transcript is stated"
    if named is None or names is None:
        stem = transcript_of(v.hgvs_c, names.transcripts) if names else ""
        why = names.transcripts.unusable.get(stem, ()) if names else ()
        told = f"can not be used: {why[0].found}" if why else "is not in the folder"
        return None, f"the transcript of {v.hgvs_c} {told}"
    if isinstance(named, ProgramError):
        fault = named.problems[0]
        transcript = names.transcripts[transcript_of(v.hgvs_c, names.transcripts)]
        partial = not (transcript.start_complete and transcript.stop_complete)
        said = f"{v.hgvs_c}: {fault.found}; expected {fault.expected}"
        return (None if _beyond(fault, partial) else False), said
    if change is None:
        return None, f"{v.hgvs_c} reads as {named}; no position is stated to hold it against"
    said = f"{v.hgvs_c} reads as {named}, {change} is stated"
    if named.contig != change.contig and chromosome(named.contig) == chromosome(change.contig):
        return None, f"{said}: one contig, spelt in two ways"
    return _equal(names.genome, named, change), said


def _beyond(fault: Problem, partial: bool) -> bool:
    """Whether a name could not be read for want of sequence: its place or its bases lie beyond what is known."""
    if " in the reference" in fault.found or re.match(r"expected [ACGT]+, found [ACGT]*[^ACGT ]", fault.found):
        return True
    if fault.expected.startswith("a base beside an intron"):
        return partial
    ends = (" to c.", "a position of the transcript", "a known end to count from", "an interval within")
    return any(e in fault.expected for e in ends) or fault.expected == "its end"


def _equal(genome: Genome, one: Change, other: Change) -> bool:
    try:
        return span(genome, one.trimmed()) == span(genome, other.trimmed())
    except ProgramError:
        return one.trimmed() == other.trimmed()


def _zygosity(v: Variant) -> tuple[bool | None, str]:
    if not v.zygosity:
        return None, "no zygosity is stated"
    if v.genotype is None:
        return True, f"{v.zygosity}, as stated; not in the calls of the folder"
    alleles = v.genotype.call.replace("|", "/").split("/")
    if "." in alleles:
        return None, f"{v.zygosity} is stated; the call is {v.genotype.call}"
    carried = alleles.count(str(v.genotype.allele))
    whole = carried == len(alleles)
    fits = whole if v.zygosity in ("homozygous", "hemizygous") else bool(carried) and not whole
    return fits, f"{v.zygosity} is stated; the call is {v.genotype.call}"


def _consequence(v: Variant, change: Change, names: Nomenclature) -> tuple[str, str]:
    """A sentence on the consequence by the named transcript, or the only one, and the p. description."""
    stem = transcript_of(v.hgvs_c, names.transcripts)
    covering = [
        t.id for t in names.transcripts.values() if t.contig == change.contig and t.start <= change.start < t.end
    ]
    chosen = stem if stem in names.transcripts else (covering[0] if len(covering) == 1 else "")
    if not chosen:
        return "", ""
    try:
        found = consequence(names, change, chosen)
    except ProgramError:
        return "", ""
    doubt = f"; {'; '.join(found.reasons)}" if found.reasons else ""
    return f"{found.hgvs} {found.hgvs_p} ({', '.join(found.terms)}){doubt}".replace("  ", " "), found.hgvs_p


def _protein(stated: str, computed: str) -> tuple[bool | None, str]:
    if not computed or computed == "p.?":
        return None, "the protein can not be told from the sequence in the folder"

    said = f"{stated} is stated, {computed} follows from the sequence"
    one, other = _plain(stated), _plain(computed)
    if not re.match(r"p\.(?:[A-Z][a-z]{2}\d|=|0)", one):
        return None, f"{said}; the form of the stated one is not compared"
    if one.endswith("fs"):  # the short form, without the new stop
        return bool(re.match(re.escape(one[:-2]) + r"(?:[A-Z][a-z]{2})?fs", other)), said
    return one == other, said


def _plain(text: str) -> str:
    """A p. description without transcript and brackets, in three letters; a single X is a stop, as once written."""
    bare = text.rpartition(":")[2].translate(str.maketrans("", "", "()")).replace("*", "Ter")
    bare = re.sub(r"(?<=\d)X\Z", "Ter", bare)
    found = _ONE_LETTER.match(bare)
    if found and found[1] in THREE_LETTER:
        return f"p.{THREE_LETTER[found[1]]}{found[2]}{THREE_LETTER.get(found[3], found[3])}"
    return bare


def _quietly(name: object) -> str:
    """A name that needs more sequence than there may be; empty where it can not be made."""
    try:
        return str(name())  # type: ignore[operator]
    except ProgramError:
        return ""


def reversal(variant: Variant) -> tuple[str, str] | None:
    """The conversion on the coding strand that would put the reference base back: present and wanted base.

    None for anything but a single-base change that is known by its c. name or by its bases.

    >>> reversal(Variant("v", "other_allele", hgvs_c="NM_1.1:c.2140G>T"))
    ('T', 'G')
    """
    found = _SIMPLE.search(variant.hgvs_c)
    if found:
        return found[2], found[1]
    if len(variant.ref) == len(variant.alt) == 1:
        return variant.alt, variant.ref
    return None
