"""Prime editing: every spacer in reach of a change, and the grid of primer binding sites and templates for it.

The 3' extension is template then primer binding site, 5' to 3': the reverse complement of the edited strand from
before the nick to after the edit. Rules applied, each reported and none of them weighed against another (Anzalone
et al., Nature 2019;576:149-157, recalled): primer binding site 8 to 17 nt and its GC share; the extension should not
begin with C, which would pair with G81 of the scaffold; no run of four T, which ends transcription from U6; the edit
should change PAM or seed, or the site is nicked again; enough bases after the edit for the flap to anneal.

Cannot see: efficiency, structure of the extension, mismatch repair, off-targets, chromatin, other alleles.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from proband.science.design.consequence import ProteinContext
from proband.science.design.editors import Editor
from proband.science.design.haplotype import Change, Haplotype, edited
from proband.science.design.melting import melting_temperature
from proband.science.design.nicking import NickingGuide, nicking_guides
from proband.science.design.pam_edits import PamEdit, synonymous_pam_edits
from proband.science.design.spacers import Rejection, reference_interval
from proband.science.design.strands import (
    STRANDS,
    Placement,
    cut_index,
    gc_fraction,
    longest_run,
    oriented,
    pam_fits,
    place,
)
from proband.science.sequence.alphabet import reverse_complement

T_RUN = 4  # a run of four T ends transcription from a U6 promoter; Nielsen et al., Science 2013;340:1577 (recalled)


@dataclass(frozen=True, slots=True)
class PrimeRules:
    """Bounds of the grid, in nucleotides and fractions; see the module for their source."""

    pbs: tuple[int, int] = (8, 17)
    shortest_template: int = 10
    homology: int = 5  # fewest template bases after the edit; project's choice
    pbs_gc: tuple[float, float] = (0.4, 0.6)
    nick_distance: tuple[int, int] = (40, 100)  # second nick, either side; Anzalone et al. 2019 (recalled)


@dataclass(frozen=True, slots=True)
class Extension:
    """One 3' extension: template and primer binding site (DNA letters, 5' to 3') and what the rules say of it."""

    template: str
    pbs: str
    pbs_gc: float
    pbs_melting: float
    homology: int
    first_base: str
    longest_t_run: int
    against: tuple[str, ...]

    @property
    def sequence(self) -> str:
        """Template followed by primer binding site, 5' to 3'."""
        return self.template + self.pbs


@dataclass(frozen=True, slots=True)
class PrimeSite:
    """One spacer that reaches the change, with its extensions, silent PAM edits and second nicks.

    `start` and `end` bound the protospacer on the reference, 0-based half-open; `nick` is the reference position of
    the boundary that is nicked; `edit_at` is the first edited base after the nick, counted from +1.
    """

    editor: str
    strand: str
    spacer: str
    pam: str
    start: int
    end: int
    nick: int
    edit_at: int
    pam_disrupted: bool
    seed_disrupted: bool
    extensions: tuple[Extension, ...]
    pam_edits: tuple[PamEdit, ...]
    pam_edits_missing: str
    nicking: tuple[NickingGuide, ...]

    @property
    def recut(self) -> bool:
        """Whether the edited site still carries PAM and seed, and can be nicked again."""
        return not (self.pam_disrupted or self.seed_disrupted)


@dataclass(frozen=True, slots=True)
class PrimeSearch:
    """What a prime editor can do for one change: sites by distance to the edit, and why others do not work."""

    editor: str
    sites: tuple[PrimeSite, ...]
    rejected: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """An edit in an oriented sequence: its first base and the numbers of bases taken out and put in.

    An edit in a repeat is written as far to the 3' side as it goes, so that the template must reach beyond it.
    """

    first: int
    out: int
    put: int


def edit_span(before: str, after: str) -> Span:
    """Where two sequences differ: the longest common start, then the longest common end of the rest.

    >>> edit_span("ACGTT", "ACGGTT"), edit_span("ACGTT", "ACATT")
    (Span(first=3, out=0, put=1), Span(first=2, out=1, put=1))
    """
    shorter = min(len(before), len(after))
    first = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    rest = shorter - first
    same = next((i for i in range(rest) if before[-1 - i] != after[-1 - i]), rest)
    return Span(first, len(before) - first - same, len(after) - first - same)


def design_pegrnas(
    haplotype: Haplotype,
    change: Change,
    editor: Editor,
    context: ProteinContext | None = None,
    rules: PrimeRules | None = None,
) -> PrimeSearch:
    """Every spacer whose nick lies before the change and within the editor's reach, with all extensions.

    Raises ``ValueError`` for an editor that is no prime editor, or a change that the haplotype does not carry.

    >>> from proband.science.design.editors import load_editors
    >>> from proband.science.design.haplotype import change_at, haplotype_of
    >>> h = haplotype_of("c1", 0, "ACGATTACATACGATTCCATACAGGATCATTCATTACATACA")
    >>> found = design_pegrnas(h, change_at(h, 22, "A", "T"), load_editors()["PE2/SpCas9"])
    >>> [(s.strand, s.pam, s.edit_at, s.pam_disrupted) for s in found.sites]
    [('+', 'AGG', 4, False)]
    """
    if editor.kind != "prime":
        raise ValueError(f"{editor.name} is not a prime editor")
    rules = rules or PrimeRules()
    after = edited(haplotype, change)
    sites: list[PrimeSite] = []
    rejected: list[Rejection] = []
    for strand in STRANDS:
        before_seq, after_seq = oriented(haplotype.sequence, strand), oriented(after.sequence, strand)
        span = edit_span(before_seq, after_seq)
        need = span.put + rules.homology
        first, last = _first_start(span, need, editor), span.first - editor.spacer_length + editor.cut[0]
        placed = [place(before_seq, start, editor) for start in range(first, last + 1)]
        for one in placed:
            if not one.problem:
                site = _site(haplotype, editor, strand, one, before_seq, after_seq, span, rules)
                if isinstance(site, PrimeSite):
                    sites.append(site)
                else:
                    rejected.append(site)
        unknown = sum(one.problem == "ambiguous_base" for one in placed)
        if unknown:
            detail = f"{unknown} placements of protospacer and PAM hold letters other than A, C, G, T"
            rejected.append(Rejection(editor.name, "ambiguous_base", detail, strand))
        elif all(one.problem for one in placed):
            rejected.append(_none(editor, strand, need, placed))
    sites.sort(key=lambda s: (s.edit_at, s.strand))
    full = [_completed(s, haplotype, after, editor, context, rules) for s in sites]
    return PrimeSearch(editor.name, tuple(full), tuple(rejected))


def _first_start(span: Span, need: int, editor: Editor) -> int:
    return span.first + need - editor.reach - editor.spacer_length + editor.cut[0]


def _none(editor: Editor, strand: str, need: int, placed: list[Placement]) -> Rejection:
    if need > editor.reach:
        detail = f"the edit and the bases after it need a template of {need}, the longest tried is {editor.reach}"
        return Rejection(editor.name, "past_reach", detail, strand)
    detail = f"no {editor.pam} whose nick lies up to {editor.reach - need} bases before the edit"
    past = sum(p.problem == "past_sequence_end" for p in placed)
    if past:
        detail += f"; {past} placements lie past the sequence given"
    return Rejection(editor.name, "past_sequence_end" if past else "no_pam", detail, strand)


def _site(
    haplotype: Haplotype,
    editor: Editor,
    strand: str,
    placed: Placement,
    before: str,
    after: str,
    span: Span,
    rules: PrimeRules,
) -> PrimeSite | Rejection:
    nick = cut_index(placed.start, editor)
    extensions = _extensions(after, nick, span, editor, rules)
    if not extensions:
        detail = "the sequence given ends within the template, or holds letters other than A, C, G, T there"
        return Rejection(editor.name, "past_sequence_end", detail, strand, 0, placed.spacer, placed.pam)
    pam_at = placed.start + editor.spacer_length
    new_pam = after[pam_at : pam_at + len(editor.pam)]
    seed = slice(pam_at - editor.seed_length, pam_at)
    start, end = reference_interval(haplotype, strand, placed.start, pam_at)
    cut = reference_interval(haplotype, strand, nick, nick)[0]
    return PrimeSite(
        editor=editor.name,
        strand=strand,
        spacer=placed.spacer,
        pam=placed.pam,
        start=start,
        end=end,
        nick=cut,
        edit_at=span.first - nick + 1,
        pam_disrupted=not pam_fits(editor.pam, new_pam),
        seed_disrupted=before[seed] != after[seed],
        extensions=extensions,
        pam_edits=(),
        pam_edits_missing="",
        nicking=(),
    )


def _extensions(after: str, nick: int, span: Span, editor: Editor, rules: PrimeRules) -> tuple[Extension, ...]:
    made = []
    shortest = max(rules.shortest_template, span.first - nick + span.put + rules.homology)
    for template in range(shortest, editor.reach + 1):
        for pbs in range(rules.pbs[0], rules.pbs[1] + 1):
            strand = after[nick - pbs : nick + template]
            if nick < pbs or nick + template > len(after) or not set(strand) <= set("ACGT"):
                continue
            written = reverse_complement(strand)
            homology = template - (span.first - nick) - span.put
            made.append(_extension(written[:template], written[template:], homology, rules))
    return tuple(made)


def _extension(template: str, pbs: str, homology: int, rules: PrimeRules) -> Extension:
    gc, run = gc_fraction(pbs), longest_run(template + pbs, "T")
    against = []
    if template[0] == "C":
        against.append("the extension begins with C")
    if run >= T_RUN:
        against.append(f"a run of {run} T in the extension")
    if not rules.pbs_gc[0] <= gc <= rules.pbs_gc[1]:
        against.append(f"GC share {gc:.2f} of the primer binding site")
    melting = round(melting_temperature(pbs), 1)
    return Extension(template, pbs, round(gc, 3), melting, homology, template[0], run, tuple(against))


def _completed(
    site: PrimeSite,
    haplotype: Haplotype,
    after: Haplotype,
    editor: Editor,
    context: ProteinContext | None,
    rules: PrimeRules,
) -> PrimeSite:
    """The site with silent PAM edits (where the PAM stays) and, for editors that nick twice, the second nicks."""
    before_seq, after_seq = (oriented(h.sequence, site.strand) for h in (haplotype, after))
    span = edit_span(before_seq, after_seq)
    nick = span.first - site.edit_at + 1
    edits: tuple[PamEdit, ...] = ()
    missing = "the edit itself changes the PAM"
    if not site.pam_disrupted:
        edits, missing = synonymous_pam_edits(after, site.strand, nick, editor, context, _edit_cells(span))
    second: tuple[NickingGuide, ...] = ()
    if editor.second_nick:
        interval = (span.first, span.first + span.put)
        second = nicking_guides(after, site.strand, nick, editor, interval, rules.nick_distance)
    return replace(site, pam_edits=edits, pam_edits_missing=missing, nicking=second)


def _edit_cells(span: Span) -> frozenset[int]:
    return frozenset(range(span.first, span.first + span.put))


def with_pam_edit(haplotype: Haplotype, change: Change, site: PrimeSite, edit: PamEdit, extension: Extension) -> str:
    """The 3' extension of a site with a silent PAM edit written into its template as well, 5' to 3'.

    Raises ``ValueError`` when the template does not reach the PAM edit.
    """
    sequence = oriented(edited(haplotype, change).sequence, site.strand)
    span = edit_span(oriented(haplotype.sequence, site.strand), sequence)
    nick = span.first - site.edit_at + 1
    at = nick + edit.after_nick - 1
    end = nick + len(extension.template)
    if not nick <= at < end:
        raise ValueError("the template does not reach the PAM edit")
    strand = sequence[nick - len(extension.pbs) : at] + edit.strand_base + sequence[at + 1 : end]
    return reverse_complement(strand)
