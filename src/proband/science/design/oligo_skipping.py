"""What skipping one exon does to the reading frame, the protein and the decay of the messenger.

The transcript's own sequence is read with the patient's substitutions in the exons that stay. Decay follows the rule
of 50 to 55 bases before the last junction: Nagy and Maquat, Trends in Biochemical Sciences 1998;23:198-199.

Cannot see: whether the exon is skipped and how often, partial skipping, what the lost residues do, use of another
start codon, readthrough, and escape from decay near the start codon.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proband.core.errors import Problem, ProgramError
from proband.science.sequence.alphabet import complement, translate
from proband.science.sequence.transcripts import Transcript
from proband.science.variant.consequence import DECAY_FAR, DECAY_NEAR, Decay


@dataclass(frozen=True, slots=True)
class SkipConsequence:
    """Skipping of one exon (number counted in transcription).

    `length` is that of the exon, `coding_length` of its coding part, in bases; `coding_share` is the latter over the
    whole coding part. `stop` is the codon (counted from 1) of a stop that stands before the usual one, None without;
    `codons` is the number of residues then made. `facts_for`, `facts_against` and `missing` say it in words.
    """

    exon: int
    start: int
    end: int
    length: int
    coding_length: int
    coding_share: float
    frame_kept: bool | None
    first_coding: bool
    last_coding: bool
    stop: int | None
    decay: Decay
    facts_for: tuple[str, ...]
    facts_against: tuple[str, ...]
    missing: tuple[str, ...]


def exon_interval(transcript: Transcript, number: int) -> tuple[int, int]:
    """Reference interval of an exon by its number, 1 for the first transcribed; raises ``ProgramError``.

    >>> t = Transcript("T1", "G", "c1", "-", ((0, 6), (9, 15)), 1, 15, "ATGCAGTAGAAA")
    >>> exon_interval(t, 1)
    (9, 15)
    """
    count = len(transcript.exons)
    if not 1 <= number <= count:
        problem = Problem(f"transcript {transcript.id}", "exon", str(number), f"1 to {count}", "count in transcription")
        raise ProgramError([problem])
    return transcript.exons[number - 1 if transcript.strand == "+" else count - number]


def skip_consequence(
    transcript: Transcript, number: int, substitutions: Mapping[int, str] | None = None
) -> SkipConsequence:
    """The consequence of leaving one exon out.

    `substitutions` are the patient's (reference position to base on the plus strand). Raises ``ProgramError`` for a
    number that the transcript does not have.

    >>> t = Transcript("T1", "G", "c1", "+", ((0, 6), (10, 13), (20, 29)), 0, 29, "ATGGCTCAGGGTTGGTAA")
    >>> found = skip_consequence(t, 2)
    >>> found.frame_kept, found.stop, found.facts_for[0]
    (True, None, 'exon 2 has 3 bases, a multiple of 3: the frame is kept')
    """
    start, end = exon_interval(transcript, number)
    coding = [i for i in (transcript.coding_index(p) for p in range(start, end)) if i is not None]
    whole = len(transcript.coding_sequence())
    if not coding:
        return _uncoded(transcript, number, start, end)
    first, last = min(coding) == 0, max(coding) == whole - 1
    kept = len(coding) % 3 == 0 and not first and not last
    stop, decay, lacking = (
        (None, Decay("not_known", "start or stop codon lies in the exon"), ())
        if first or last
        else _reread(transcript, start, end, substitutions or {})
    )
    good, bad = _words(transcript, number, len(coding), end - start, first, last, stop, decay)
    return SkipConsequence(
        exon=number,
        start=start,
        end=end,
        length=end - start,
        coding_length=len(coding),
        coding_share=round(len(coding) / whole, 4),
        frame_kept=kept,
        first_coding=first,
        last_coding=last,
        stop=stop,
        decay=decay,
        facts_for=tuple(good),
        facts_against=tuple(bad),
        missing=(
            *lacking,
            f"what the protein loses with the {_share(len(coding), whole)} of its coding part in the exon",
        ),
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %"


def _uncoded(t: Transcript, number: int, start: int, end: int) -> SkipConsequence:
    why = "the exon has no coding base" if t.is_coding else "the transcript has no coding part"
    missing = (f"what skipping does: {why}, the frame does not answer it",)
    decay = Decay("no_early_stop", why)
    frame = True if t.is_coding else None
    return SkipConsequence(number, start, end, end - start, 0, 0.0, frame, False, False, None, decay, (), (), missing)


def _reread(
    t: Transcript, start: int, end: int, substitutions: Mapping[int, str]
) -> tuple[int | None, Decay, tuple[str, ...]]:
    """Codon of an early stop without the exon, its decay, and what could not be said."""
    bases = list(t.sequence)
    for position, base in substitutions.items():
        index = t.transcript_index(position)
        if index is not None:
            bases[index] = base if t.strand == "+" else complement(base)
    out = sorted(i for i in (t.transcript_index(start), t.transcript_index(end - 1)) if i is not None)
    low, high = out[0], out[1] + 1
    sequence = "".join(bases[:low] + bases[high:])
    frame = t.coding_span[0] + t.phase
    residues, stop, _ = translate(sequence[frame:], t.codon_table).partition("*")
    usual = t.coding_span[1] - (high - low)
    at = frame + 3 * len(residues)
    if not stop:
        lacking = "no stop codon before the end of the transcript given"
        return None, Decay("not_known", lacking), (f"where the protein ends: {lacking}",)
    if at + 3 >= usual:
        return None, Decay("no_early_stop", "the stop is not before the usual one"), ()
    number = len(residues) + 1
    if not t.stop_complete:
        return number, Decay("not_known", "the transcript is incomplete at its 3' end"), ()
    return number, _decay(t, at, high - low, (start, end)), ()


def _decay(t: Transcript, at: int, removed: int, skipped: tuple[int, int]) -> Decay:
    last = t.exons[-1] if t.strand == "+" else t.exons[0]
    if skipped == last or len(t.exons) < 3:
        return Decay("escapes", "no junction follows the stop")
    distance = len(t.sequence) - removed - (last[1] - last[0]) - (at + 3)
    if distance > DECAY_FAR:
        return Decay("expected", f"the new stop lies {distance} bases before the last junction, above 55", distance)
    if distance > DECAY_NEAR:
        return Decay("not_known", f"the new stop lies {distance} bases before the last junction, in 50 to 55", distance)
    where = f"{distance} bases before" if distance > 0 else "after"
    return Decay("escapes", f"the new stop lies {where} the last junction, not above 50", distance)


def _words(
    t: Transcript, number: int, coding: int, length: int, first: bool, last: bool, stop: int | None, decay: Decay
) -> tuple[list[str], list[str]]:
    good, bad = [], []
    size = f"exon {number} has {length} bases" + (f", {coding} of them coding" if coding != length else "")
    if first:
        bad.append(f"exon {number} holds the start codon")
    if last:
        bad.append(f"exon {number} holds the stop codon")
    if coding % 3:
        bad.append(f"{size}, {coding % 3} more than a multiple of 3: the frame is shifted")
    elif not first and not last:
        good.append(f"{size}, a multiple of 3: the frame is kept")
    if stop is not None:
        words = {"expected": "decay expected", "escapes": "decay not expected"}.get(decay.answer, "decay not known")
        bad.append(f"a stop at codon {stop} of the skipped transcript, {words}: {decay.reason}")
    elif not first and not last and decay.answer == "no_early_stop":
        good.append("no stop before the usual one")
    if not t.start_complete or not t.stop_complete:
        bad.append(f"{t.id} is incomplete: first and last coding exon are those of what is annotated")
    return good, bad
