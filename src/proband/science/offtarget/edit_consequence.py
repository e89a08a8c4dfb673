"""What THIS editor could do at an off-target site: editable bases in its window, and what each conversion would make.

Positions count as the editor's own window does, from 1 at the PAM-distal end of a protospacer of the editor's length,
by the distance of a base from the PAM: a bulge moves no position. A nuclease is judged at its cut: in a coding part,
insertions and deletions that are not a multiple of three shift the frame. A prime editor needs its extension to pair
at the site too, which is not judged here.

Each base is told alone, by ``variant/consequence.py`` where a transcript holds it, and all bases of the narrow window
together, by the protein that they make.

Cannot see: how often a base is converted (a base in the window is not an edit), conversions outside of the wide window,
guide-independent deamination, new splice sites, effects through regulatory sequence, and other transcripts than the
one chosen for each gene (`annotation.main_transcripts`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from proband.core.errors import ProgramError
from proband.science.design.consequence import protein_effect, splice_flag
from proband.science.design.editors import Editor
from proband.science.offtarget.panel_sites import PanelSite
from proband.science.sequence.alphabet import complement
from proband.science.sequence.genome import Genome
from proband.science.sequence.transcripts import Transcript
from proband.science.variant.change import Change
from proband.science.variant.consequence import consequence
from proband.science.variant.hgvs import Nomenclature

GRAVITY = (
    "not_told",
    "splice_donor", "splice_acceptor", "stop_gained", "start_lost", "stop_lost", "frameshift", "missense",
    "inframe_change", "splice_region", "coding", "synonymous", "stop_retained", "utr_5", "utr_3", "non_coding",
    "intronic", "deep_intronic", "outside_genes",
)  # fmt: skip
"""Effects, the gravest first, and before all what could not be told; project's order (recalled)."""


@dataclass(frozen=True, slots=True)
class BaseEffect:
    """One editable base: its position in the protospacer, 0-based place, forward-strand bases, and what it makes.

    `effect` is one of `GRAVITY`; `written` is the gravest description, HGVS where a transcript holds the base.
    """

    position: int
    place: int
    plus_base: str
    plus_edited: str
    in_window: bool
    effect: str
    written: str


@dataclass(frozen=True, slots=True)
class SiteConsequence:
    """What an editor could do at a site: `effect` is the gravest of all, None where it was not told, with `reason`.

    `together` is the protein effect of all bases of the narrow window at once, by transcript, "" where there is none;
    `looked` says whether the bases of the site were looked at, also where their effect could not be told.
    """

    effect: str | None
    bases: tuple[BaseEffect, ...] = ()
    together: str = ""
    cut: int | None = None
    reason: str = ""
    looked: bool = True

    @property
    def has_editable(self) -> bool | None:
        """Whether the narrow window holds an editable base; None where it was not looked at or no base is edited."""
        return None if not self.looked or self.cut is not None else any(b.in_window for b in self.bases)


def site_consequence(
    site: PanelSite, editor: Editor, genome: Genome, nomenclature: Nomenclature, transcripts: Sequence[Transcript]
) -> SiteConsequence:
    """The consequence of an editor at a site; `transcripts` are those to judge, one for each gene.

    Without a strand, or with a footprint that is too short, nothing is told and `reason` says why.
    """
    if not site.strand:
        return _unseen("the strand of the site is not known")
    if editor.kind == "prime":
        return _unseen("a prime edit needs its extension to pair here too: not judged")
    size = len(site.pam) or len(editor.pam)
    inner = site.end - site.start - size
    if inner < 10:
        return _unseen(f"a footprint of {site.end - site.start} bases holds no protospacer")
    if editor.kind == "nuclease":
        return _nuclease(site, editor, size, nomenclature, transcripts)
    try:
        bases = genome.fetch(site.contig, site.start, site.end)
    except ProgramError as e:
        return _unseen(f"the genome does not hold the site: {e.problems[0].found}"[:160])
    return _base_editor(site, editor, size, bases, nomenclature, transcripts)


def _unseen(reason: str) -> SiteConsequence:
    return SiteConsequence(None, reason=reason, looked=False)


def without_effects(made: SiteConsequence, reason: str) -> SiteConsequence:
    """The same bases, where their effects are not told: no annotation, or a transcript that does not fit."""
    bases = tuple(
        replace(b, effect="not_told", written=f"{b.place + 1}{b.plus_base}>{b.plus_edited}") for b in made.bases
    )
    reasons = "; ".join(r for r in (made.reason, reason) if r)
    return replace(made, effect=None, bases=bases, together="", reason=reasons)


def from_pam(site: PanelSite, editor: Editor, pam: int, bases: int) -> int:
    """The place of the base that lies `bases` (from 1) before the PAM in the protospacer, whose PAM has `pam` letters.

    >>> from proband.science.design.editors import load_editors
    >>> e = load_editors()["SpCas9"]
    >>> [from_pam(PanelSite("s", "c", 100, 123, x), e, 3, 1) for x in "+-"]
    [119, 103]
    """
    if (site.strand == "+") == editor.pam_after:
        return site.end - pam - bases
    return site.start + pam + bases - 1


def _base_editor(
    site: PanelSite, editor: Editor, pam: int, bases: str, nomenclature: Nomenclature, transcripts: Sequence[Transcript]
) -> SiteConsequence:
    assert editor.conversion is not None
    old, new = editor.conversion
    made, edits = [], {}
    for position in range(editor.wide_window[0], editor.wide_window[1] + 1):
        away = editor.spacer_length - position + 1 if editor.pam_after else position
        at = from_pam(site, editor, pam, away)
        if not site.start <= at < site.end:
            continue
        plus = bases[at - site.start]
        if (plus if site.strand == "+" else complement(plus)) != old:
            continue
        edited = new if site.strand == "+" else complement(new)
        inside = editor.window[0] <= position <= editor.window[1]
        effect, written = _effect(Change(site.contig, at, plus, edited), nomenclature, transcripts)
        made.append(BaseEffect(position, at, plus, edited, inside, effect, written))
        if inside:
            edits[at] = edited
    worst = min((b.effect for b in made), key=GRAVITY.index, default="")
    return SiteConsequence(worst, tuple(made), _together(edits, transcripts) if len(edits) > 1 else "")


def _effect(change: Change, nomenclature: Nomenclature, transcripts: Sequence[Transcript]) -> tuple[str, str]:
    """The gravest effect of one change on any of the transcripts, and its description."""
    found = []
    for t in transcripts:
        if t.contig != change.contig or not t.start <= change.start < t.end:
            continue
        try:
            c = consequence(nomenclature, change, t.id)
        except ProgramError as e:
            return "not_told", f"{t.id}: {e.problems[0].found}"[:120]
        term = next((g for g in GRAVITY if g in c.terms), "coding")
        described = f"{c.hgvs} {c.hgvs_p}".strip()
        found.append((GRAVITY.index(term), t.id, term, described))
    if not found:
        return "outside_genes", f"{change.contig}:g.{change.start + 1}{change.deleted}>{change.inserted}"
    return min(found)[2:]


def _together(edits: dict[int, str], transcripts: Sequence[Transcript]) -> str:
    """All bases of the window at once: the protein of each transcript that they change."""
    told = []
    for t in transcripts:
        if not t.is_coding or not any(t.coding_index(p) is not None for p in edits):
            continue
        wanted = t.protein()
        effect = protein_effect(wanted, t.protein_with(edits)) if wanted else None
        if effect is not None:
            changes = "+".join(effect.changes[:6]) + ("+..." if len(effect.changes) > 6 else "")
            told.append(f"{t.id} {'same protein' if effect.kind == 'exact' else f'{effect.kind} {changes}'}".strip())
    return "; ".join(told)


def _nuclease(
    site: PanelSite, editor: Editor, pam: int, nomenclature: Nomenclature, transcripts: Sequence[Transcript]
) -> SiteConsequence:
    """The cut, as the base on its right (forward strand), and what indels there would touch in each transcript."""
    near, other = editor.cut
    ends = [from_pam(site, editor, pam, max(1, n)) for n in (near, other)]
    right = min(ends) if (site.strand == "+") == editor.pam_after else max(ends) + 1
    found = [(GRAVITY.index("outside_genes"), "outside_genes", "")]
    for t in transcripts:
        if t.contig != site.contig or not t.start < right < t.end:
            continue
        flags = [f for p in (right - 1, right) if (f := splice_flag(t, p)) is not None]
        essential = [f for f in flags if f.essential]
        if any(t.coding_index(p) is not None for p in (right - 1, right)):
            term, how = "frameshift", "indels that are not a multiple of three shift the frame"
        elif essential:
            term, how = f"splice_{essential[0].site}", "indels touch the splice site"
        elif flags:
            term, how = "splice_region", "indels touch the splice region"
        elif t.transcript_index(right) is not None or t.transcript_index(right - 1) is not None:
            term, how = _untranslated(t, right), "indels in an exon that is not translated"
        else:
            term, how = "intronic", "indels in an intron"
        if essential and term == "frameshift":
            how += ", and touch the splice site"
        found.append((GRAVITY.index(term), term, f"{t.id}: {how}"))
    _, term, written = min(found)
    return SiteConsequence(term, (), written, right)


def _untranslated(t: Transcript, position: int) -> str:
    if t.cds_start is None or t.cds_end is None:
        return "non_coding"
    return "utr_5" if (position <= t.cds_start) == (t.strand == "+") else "utr_3"
