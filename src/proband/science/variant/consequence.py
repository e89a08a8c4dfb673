"""What one change does to one transcript: protein, splice sites, untranslated parts, decay of the messenger.

The p. description is hgvs-weaver's; the class is read from a protein that is translated here from the edited
transcript, and the two must agree. Where the effect can not be told from the coding part alone (a splice site
touched, several placements of which one lies in an intron, another genetic code) the description is ``p.?`` and
`reasons` says why.

Sources: terms, Sequence Ontology (splice donor and acceptor: the intron's outer two bases; splice region: 1 to 3
bases of the exon, 3 to 8 of the intron). Deep intronic, more than 100 bases from an exon: Vaz-Drago et al., Human
Genetics 2017;136:1093-1111. Decay: a stop codon more than 50 to 55 bases before the last exon junction,
Nagy and Maquat, Trends in Biochemical Sciences 1998;23:198-199.

Cannot see: what splicing really does, new splice sites, use of another start codon, readthrough, escape from decay
near the start codon or in long exons, and the effect of two changes together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from proband.core.errors import ProgramError
from proband.science.sequence.alphabet import STANDARD, reverse_complement, translate
from proband.science.sequence.transcripts import Transcript
from proband.science.variant.change import Change, Span
from proband.science.variant.hgvs import Nomenclature

DEEP_INTRONIC = 100
"""Bases from the nearest exon beyond which a change is called deep intronic. Vaz-Drago et al. 2017."""
DECAY_NEAR, DECAY_FAR = 50, 55
"""Bases between stop codon and last junction: up to 50 escapes, above 55 decays. Nagy and Maquat 1998."""


_STOP_REMOVED = re.compile(r"Ter\d+(?!\d|ins|fs|=)\w")


@dataclass(frozen=True, slots=True)
class Decay:
    """Nonsense-mediated decay by the 50-nt rule: ``expected``, ``escapes``, ``not_known`` or ``no_early_stop``.

    `distance` is the number of bases from the end of the new stop codon to the last exon junction.
    """

    answer: str
    reason: str
    distance: int | None = None


@dataclass(frozen=True, slots=True)
class Consequence:
    """The effect of a change on a transcript, as predicted from the annotation.

    `terms` are in order of weight, the first is the main one. `splice_distance` is that of the nearest base touched
    (see ``Transcript.splice_distance``). `new_stop` is the codon at which the changed protein ends, if it does.
    `protein` is the changed protein, None where it can not be said.
    """

    transcript: str
    change: Change
    hgvs: str
    hgvs_p: str
    terms: tuple[str, ...]
    splice_distance: int | None
    protein: str | None
    new_stop: int | None
    decay: Decay
    reasons: tuple[str, ...] = ()

    @property
    def is_certain(self) -> bool:
        """Whether the protein is predicted from the coding part with nothing that speaks against it."""
        return not self.reasons


def consequence(nomenclature: Nomenclature, change: Change, transcript: str) -> Consequence:
    """The consequence of a change for a transcript.

    Raises ``ProgramError`` for a reference that does not fit or a change outside of the transcript.

    >>> from proband.science.sequence.annotation import TranscriptRecord
    >>> from proband.science.sequence.build import build_transcripts
    >>> from proband.science.sequence.genome import genome_of
    >>> genome = genome_of({"c1": "CCATGCAGTAGCC"})
    >>> record = TranscriptRecord("T1", "c1", "+", ((0, 13),), ((2, 11, 0),))
    >>> found = consequence(Nomenclature(genome, build_transcripts([record], genome)), Change("c1", 5, "C", "T"), "T1")
    >>> found.hgvs, found.hgvs_p, found.terms
    ('T1:c.4C>T', 'p.(Gln2Ter)', ('stop_gained',))
    """
    t = nomenclature.transcripts.find(transcript)
    name = nomenclature.on_transcript(change, transcript)
    placements = nomenclature.span(change)
    splice, nearest, reasons = _splice(t, placements)
    if not t.is_coding:
        terms = (*splice, "non_coding")
        none = Decay("no_early_stop", "the transcript is not coding")
        return Consequence(t.id, change, name, "", terms, nearest, None, None, none, tuple(reasons))
    inside = _within_exon(t, placements)
    if inside is None:
        reasons.append("the change touches, or can be placed on, bases outside of the exons: splicing may differ")
        return _unsaid(t, change, name, splice or ("intronic",), nearest, reasons)
    if t.coding_before == 0 and not t.start_complete:
        return _unsaid(t, change, name, splice, nearest, [*reasons, "the coding part's start is not known"])
    return _coding(nomenclature, t, change, name, inside, splice, nearest, reasons)


def _unsaid(
    t: Transcript, change: Change, name: str, terms: tuple[str, ...], nearest: int | None, reasons: list[str]
) -> Consequence:
    decay = Decay("not_known", "the new reading frame and its stop are not known")
    return Consequence(t.id, change, name, "p.?", terms, nearest, None, None, decay, tuple(reasons))


# ---- splice sites


def _splice(t: Transcript, placements: Span) -> tuple[tuple[str, ...], int | None, list[str]]:
    """Splice and intron terms of the 3'-most placement, the nearest signed distance, and reasons for doubt."""
    placed = placements.towards(t.strand)
    sites = [x for x in (_site(t, p) for p in _touched(t, placed)) if x is not None]
    if not sites:
        return (), None, []
    nearest = min(sites, key=lambda x: (abs(x[1]), -x[1]))[1]
    terms = []
    for side in ("donor", "acceptor"):
        outer = {d for s, d in sites if s == side and d in (-1, -2)}
        if len(outer) == 2 or (outer and placed.deleted):
            terms.append(f"splice_{side}")
    if not terms and any(-8 <= d <= 3 for _, d in sites):
        terms.append("splice_region")
    if all(d < 0 for _, d in sites) and not terms:
        terms.append("deep_intronic" if nearest < -DEEP_INTRONIC else "intronic")
    reasons = [f"{' and '.join(terms)}: splicing may differ"] if terms and not terms[0].endswith("intronic") else []
    return tuple(terms), nearest, reasons


def _touched(t: Transcript, change: Change) -> list[int]:
    """Bases removed, or the two between which bases are put in; of many, the ends and those near exon ends."""
    low, high = (change.start, change.end) if change.deleted else (change.start - 1, change.start + 1)
    if high - low <= 18:
        return list(range(low, high))
    near = {p for exon in t.exons for end in exon for p in range(max(low, end - 9), min(high, end + 9))}
    return sorted(near | {low, high - 1})


def _site(t: Transcript, position: int) -> tuple[str, int] | None:
    """Side and signed distance of the nearest junction."""
    distance = t.splice_distance(position)
    if distance is None:
        return None
    depth = abs(distance)
    for (_, left), (right, _) in zip(t.exons, t.exons[1:], strict=False):
        at_left = position == (left - depth if distance > 0 else left + depth - 1)
        at_right = position == (right + depth - 1 if distance > 0 else right - depth)
        if at_left or at_right:
            return ("donor" if at_left == (t.strand == "+") else "acceptor"), distance
    return None


def _within_exon(t: Transcript, placements: Span) -> tuple[int, int, int, int] | None:
    """n. intervals of the 5'-most and the 3'-most placement when every one lies within one exon, else None."""
    low, high = placements.left.start, placements.right.end
    edge = 0 if placements.left.deleted else 1
    for i, (start, end) in enumerate(t.exons):
        if start + edge <= low and high <= end - edge:
            left, right = (_spliced(t, x, start, i) for x in (placements.left, placements.right))
            return (*left, *right) if t.strand == "+" else (*right, *left)
    return None


def _spliced(t: Transcript, change: Change, exon_start: int, exon: int) -> tuple[int, int]:
    before = sum(e - s for s, e in t.exons[:exon])
    low, high = (before + p - exon_start for p in (change.start, change.end))
    return (low, high) if t.strand == "+" else (len(t.sequence) - high, len(t.sequence) - low)


# ---- coding part


@dataclass(frozen=True, slots=True)
class _Edit:
    """The edited transcript: where it changes (n., 3'-most), what is put in, and both proteins with their ends."""

    start: int
    end: int
    inserted: str
    old: str
    new: str
    new_ends: bool
    stop_at: int


def _coding(
    nomenclature: Nomenclature,
    t: Transcript,
    change: Change,
    name: str,
    inside: tuple[int, int, int, int],
    splice: tuple[str, ...],
    nearest: int | None,
    reasons: list[str],
) -> Consequence:
    first, last = t.coding_span
    left_end, right_start = inside[1], inside[2]
    quiet = Decay("no_early_stop", "the coding part is not changed")
    if left_end <= first and t.start_complete:
        reasons.append("a change of the 5' UTR can make or spoil a start: not judged")
        return Consequence(t.id, change, name, "p.?", (*splice, "utr_5"), nearest, None, None, quiet, tuple(reasons))
    if right_start >= last:
        return Consequence(
            t.id, change, name, "p.(=)", (*splice, "utr_3"), nearest, t.protein(), None, quiet, tuple(reasons)
        )
    if t.codon_table != STANDARD:
        text = f"read by the {t.codon_table.name} code: no p. description is made"
        return _unsaid(t, change, name, (*splice, "coding"), nearest, [*reasons, text])
    whole = first + t.phase, first + t.phase + (last - first - t.phase) // 3 * 3
    if (inside[0] < whole[0] and not t.start_complete) or (inside[3] > whole[1] and not t.stop_complete):
        text = "the change touches a codon that is incomplete here"
        return _unsaid(t, change, name, (*splice, "coding"), nearest, [*reasons, text])
    if right_start < first + 3 and t.start_complete and change.deleted != change.inserted:
        terms, why = (*splice, "start_lost"), "the start codon is changed: what is made is not known"
        decay = Decay("not_known", why)
        return Consequence(t.id, change, name, "p.(Met1?)", terms, nearest, None, None, decay, (*reasons, why))
    edit = _edited(t, nomenclature.span(change).towards(t.strand), inside)
    term = _term(t, edit)
    if "X" in edit.new or any(c.code == "internal_stop" for c in t.concerns):
        reasons.append("the transcript's own reading frame is not sound: unknown bases or early stops")
        return _unsaid(t, change, name, (term, *splice), nearest, reasons)
    described, term = _described(nomenclature, t, change, edit, term, reasons)
    decay = _decay(t, edit, term)
    terms = (term, *splice) if not splice or splice == ("splice_region",) else (*splice, term)
    stop = _stop_codon(t, edit) if edit.new_ends else None
    return Consequence(t.id, change, name, described, terms, nearest, edit.new, stop, decay, tuple(reasons))


def _stop_codon(t: Transcript, edit: _Edit) -> int:
    """Number of the codon, in the numbering of the whole protein, that is the edited transcript's stop."""
    return (t.coding_before + t.phase) // 3 + len(edit.new) + 1


def _edited(t: Transcript, placed: Change, inside: tuple[int, int, int, int]) -> _Edit:
    start, end = inside[2], inside[3]
    inserted = placed.inserted if t.strand == "+" else reverse_complement(placed.inserted)
    first, last = t.coding_span
    sequence = t.sequence[:start] + inserted + t.sequence[end:]
    frame = first + t.phase
    before, after = (start - frame) // 3, (end - 1 - frame) // 3 + 1
    if len(inserted) == end - start and after < len(t.residues):
        codons = translate(sequence[frame + 3 * before : frame + 3 * after], t.codon_table)
        residues = t.residues[:before] + codons + t.residues[after:]
    else:
        cut = None if t.stop_complete else last + len(inserted) - (end - start)
        residues = translate(sequence[frame:cut], t.codon_table)
    if t.start_complete and residues:
        residues = "M" + residues[1:]
    new, stop, _ = residues.partition("*")
    return _Edit(start, end, inserted, t.protein(), new, bool(stop), frame + 3 * len(new))


def _term(t: Transcript, e: _Edit) -> str:
    """The Sequence Ontology term of the coding change, from both proteins."""
    last = t.coding_span[1]
    shift = (len(e.inserted) - (min(e.end, last) - e.start)) % 3
    same_end = e.new_ends or not t.stop_complete
    if e.new == e.old and same_end:
        return "stop_retained" if t.stop_complete and e.end > last - 3 else "synonymous"
    shared = next((i for i, (a, b) in enumerate(zip(e.old, e.new, strict=False)) if a != b), None)
    if shared is None:
        if len(e.new) < len(e.old) and e.new_ends:
            return _short(e)
        if e.new_ends and not shift and 3 * (len(e.new) - len(e.old)) == len(e.inserted) - (e.end - e.start):
            return _inframe(t, e, len(e.old))
        return (
            "stop_lost" if len(e.new) >= len(e.old) and t.stop_complete else "frameshift" if shift else "inframe_change"
        )
    if shift:
        return "frameshift"
    return _inframe(t, e, shared)


def _short(e: _Edit) -> str:
    """The old protein begins with the new one: an early stop, or a clean loss of its last residues."""
    lost = len(e.old) - len(e.new)
    return "inframe_deletion" if (e.end - e.start) - len(e.inserted) == 3 * lost else "stop_gained"


def _inframe(t: Transcript, e: _Edit, shared: int) -> str:
    if t.stop_complete and not e.new_ends:
        return "stop_lost"
    old, new = e.old[shared:] + "*", e.new[shared:] + "*"
    size = len(e.inserted) - (e.end - e.start)
    if 3 * (len(e.new) - len(e.old)) != size:
        return "stop_lost" if e.end > t.coding_span[1] - 3 and t.stop_complete else "stop_gained"
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    if not old:
        before = e.old[:shared]
        return "inframe_duplication" if before.endswith(new) else "inframe_insertion"
    if not new:
        return "inframe_deletion"
    return "missense" if len(old) == len(new) == 1 else "inframe_delins"


def _described(
    nomenclature: Nomenclature, t: Transcript, change: Change, edit: _Edit, term: str, reasons: list[str]
) -> tuple[str, str]:
    """The p. description and the term that it agrees with; ``p.?`` with a reason where there is none."""
    if change.deleted == change.inserted:
        return "p.(=)", term
    try:
        described = nomenclature.protein(change, t.id)
    except ProgramError as fault:
        reasons.append(f"no p. description: {fault.problems[0].found}")
        return "p.?", term
    settled = _settled(described, term, (t.coding_before + t.phase) // 3 + len(edit.old) + 1)
    if settled is None:
        reasons.append(f"no p. description: {described} from hgvs-weaver is not the {term} that the protein shows")
        return "p.?", term
    return described, settled


def _settled(described: str, term: str, stop: int) -> str | None:
    """The term on which hgvs-weaver's description and our own translation agree; None where they contradict."""
    unchanged = term in ("synonymous", "stop_retained")
    if described.endswith("=)") or unchanged:
        return term if described.endswith("=)") and unchanged else None
    if "fsTer" in described:
        return term if term == "frameshift" else None
    if "ext" in described:
        return term if term in ("stop_lost", "inframe_insertion", "inframe_duplication") else None
    named = max((int(n) for n in re.findall(r"[a-z](\d+)", described)), default=0)
    if _STOP_REMOVED.search(described) or term == "stop_lost" or named > stop:
        return None
    if described.endswith("Ter)"):
        return "stop_gained"
    return term if term != "frameshift" else None


# ---- decay


def _decay(t: Transcript, e: _Edit, term: str) -> Decay:
    """The 50-nt rule for a stop codon that is new; see the module's source."""
    if term not in ("stop_gained", "frameshift", "inframe_delins", "inframe_insertion") or (
        e.new_ends and len(e.new) >= len(e.old) and term != "frameshift"
    ):
        return Decay("no_early_stop", "the change makes no early stop")
    if not e.new_ends:
        return Decay("not_known", "no stop codon before the end of the transcript")
    if not t.stop_complete:
        return Decay("not_known", "the transcript is incomplete at its 3' end: its last junction is not known")
    if len(t.exons) == 1:
        return Decay("escapes", "the transcript has one exon: no junction follows the stop")
    start, end = t.exons[-1] if t.strand == "+" else t.exons[0]
    junction = len(t.sequence) - (end - start)
    if e.start < junction:
        junction += len(e.inserted) - (e.end - e.start)
    if term == "frameshift" and e.stop_at >= t.coding_span[1] - 3 + len(e.inserted) - (e.end - e.start):
        return Decay("no_early_stop", "the new stop is not before the usual one", junction - e.stop_at - 3)
    distance = junction - (e.stop_at + 3)
    if distance > DECAY_FAR:
        return Decay("expected", f"the new stop lies {distance} bases before the last junction, above 55", distance)
    if distance > DECAY_NEAR:
        return Decay("not_known", f"the new stop lies {distance} bases before the last junction, in 50 to 55", distance)
    where = f"{distance} bases before" if distance > 0 else "after"
    return Decay("escapes", f"the new stop lies {where} the last junction, not above 50", distance)
