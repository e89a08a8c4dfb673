"""Everything that could act on one change, with facts for and against, and why the rest can not.

Options are ordered by stated columns, never by a composite score: by kind (base, prime, nuclease), then

- base editing: target alone gives the exact protein; fewest harmful bystanders in the window, then in the wide
  window; fewest bystanders; windows measured on this nuclease; order of the editors given;
- prime editing: PAM or seed changed by the edit; nearest edit; order of the editors given;
- nuclease: nearest cut; order of the editors given.

Cannot see: efficiency, off-targets, delivery, tolerability, the other allele. A person weighs the facts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from proband.science.design.bystanders import MOST_BASES, BystanderTable, Combination, bystander_table
from proband.science.design.consequence import ProteinContext
from proband.science.design.editors import Editor
from proband.science.design.haplotype import Change, Haplotype
from proband.science.design.nuclease import WITHIN, CutSite, FrameOutcome, cut_sites, frame_outcomes
from proband.science.design.pegrnas import PrimeRules, PrimeSite, design_pegrnas
from proband.science.design.spacers import REASONS, Guide, Rejection, enumerate_guides
from proband.science.design.strands import longest_run

KINDS = ("base", "prime", "nuclease")
_Key = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CutDetail:
    """A cut with the frame outcomes of small indels; none where no transcript was given."""

    site: CutSite
    outcomes: tuple[FrameOutcome, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One way to act: what it is, facts for and against, and what is not known.

    `detail` is a ``BystanderTable``, a ``PrimeSite`` or a ``CutDetail``; `start` and `end` bound the protospacer on
    the reference, 0-based half-open.
    """

    kind: str
    editor: str
    strand: str
    spacer: str
    pam: str
    start: int
    end: int
    facts_for: tuple[str, ...]
    facts_against: tuple[str, ...]
    missing: tuple[str, ...]
    detail: BystanderTable | PrimeSite | CutDetail


@dataclass(frozen=True, slots=True)
class WhyNot:
    """An editor without any option for this change, and the reason: code, sentence, and what was tried."""

    editor: str
    kind: str
    code: str
    reason: str
    tried: tuple[Rejection, ...]


@dataclass(frozen=True, slots=True)
class DesignOptions:
    """All options for one change, the placements rejected for editors that have one, and the editors that have none."""

    contig: str
    position: int
    present: str
    wanted: str
    transcript: str
    editors: tuple[str, ...]
    options: tuple[Option, ...]
    rejected: tuple[Rejection, ...]
    why_not: tuple[WhyNot, ...]


def design_options(
    haplotype: Haplotype,
    change: Change,
    editors: Iterable[Editor],
    context: ProteinContext | None = None,
    rules: PrimeRules | None = None,
    within: int = WITHIN,
    most_bases: int = MOST_BASES,
) -> DesignOptions:
    """Every option of every editor for one change, and a reason for each editor that has none.

    Raises ``ValueError`` for a change that the haplotype does not carry, or a transcript on another contig.

    >>> from proband.science.design.editors import load_editors
    >>> from proband.science.design.haplotype import change_at, haplotype_of
    >>> h = haplotype_of("c1", 0, "CCCCCACCCCCCCCCCCCCCAGGC")
    >>> e = load_editors()
    >>> made = design_options(h, change_at(h, 5, "A", "G"), [e["ABE8e/SpCas9"], e["BE4max/SpCas9"]])
    >>> [(o.editor, o.detail.guide.target) for o in made.options], [(w.editor, w.code) for w in made.why_not]
    ([('ABE8e/SpCas9', 'A6')], [('BE4max/SpCas9', 'conversion')])
    """
    rules = rules or PrimeRules()
    chosen = tuple(editors)
    found: list[tuple[_Key, Option]] = []
    rejected: list[Rejection] = []
    why_not: list[WhyNot] = []
    for order, editor in enumerate(chosen):
        if editor.kind == "base":
            made, tried = _base(haplotype, change, editor, context, most_bases, order)
        elif editor.kind == "prime":
            made, tried = _prime(haplotype, change, editor, context, rules, order)
        else:
            made, tried = _nuclease(haplotype, change, editor, context, within, order)
        found += made
        if made:
            rejected += tried
        else:
            why_not.append(_why_not(editor, tried))
    found.sort(key=lambda f: (f[0], f[1].start, f[1].strand, f[1].editor))
    position = haplotype.boundary(change.index)
    name = context.id if context else ""
    return DesignOptions(
        contig=haplotype.contig,
        position=position,
        present=change.present,
        wanted=change.wanted,
        transcript=name,
        editors=tuple(e.name for e in chosen),
        options=tuple(o for _, o in found),
        rejected=tuple(rejected),
        why_not=tuple(why_not),
    )


def _why_not(editor: Editor, tried: list[Rejection]) -> WhyNot:
    """One reason for an editor: the most telling of its rejections, with how many there were of each kind."""
    order = ("no_exact_combination", *REASONS, "past_reach")
    codes = sorted({r.code for r in tried}, key=order.index)
    if len(tried) == 1:
        return WhyNot(editor.name, editor.kind, codes[0], tried[0].detail, tuple(tried))
    parts = []
    for code in codes:
        these = [r for r in tried if r.code == code]
        parts.append(f"{len(these)} tried: {REASONS.get(code, code)} ({these[0].detail})")
    return WhyNot(editor.name, editor.kind, codes[0] if codes else "no_pam", "; ".join(parts), tuple(tried))


# ---- base editing


def _base(
    haplotype: Haplotype, change: Change, editor: Editor, context: ProteinContext | None, most_bases: int, order: int
) -> tuple[list[tuple[_Key, Option]], list[Rejection]]:
    search = enumerate_guides(haplotype, change, editor)
    made: list[tuple[_Key, Option]] = []
    tried = list(search.rejected)
    for guide in search.guides:
        table = bystander_table(haplotype, change, guide, context, most_bases)
        if table.complete and not table.exact:
            tried.append(_no_exact(guide, table))
            continue
        harmful = _harmful(table)
        inside = {e.position for e in guide.bystanders if e.in_window}
        key = (
            KINDS.index("base"),
            0 if table.target_alone_suffices else 1,
            len(harmful & inside),
            len(harmful),
            len(guide.bystanders),
            int(editor.window_assumed),
            order,
        )
        made.append((key, _base_option(editor, table, harmful)))
    return made, tried


def _no_exact(guide: Guide, table: BystanderTable) -> Rejection:
    alone = table.target_alone
    what = f"the target alone gives {', '.join(alone.changes) or alone.effect}" if alone else "no combination"
    detail = f"no combination of edited bases gives the protein that is wanted: {what}"
    code = "no_exact_combination"
    return Rejection(guide.editor, code, detail, guide.strand, guide.position, guide.spacer, guide.pam)


def _harmful(table: BystanderTable) -> set[int]:
    """Bystanders that, edited along with the target alone, no longer give the exact protein."""
    if not table.combinations:
        return set()
    return {e.position for e in table.guide.bystanders} - set(table.harmless)


def _base_option(editor: Editor, table: BystanderTable, harmful: set[int]) -> Option:
    guide = table.guide
    good = [f"target {guide.target} within the window {editor.window[0]} to {editor.window[1]}"]
    bad, missing = [], []
    if not guide.bystanders:
        good.append("no other editable base in the wide window")
    if table.target_alone_suffices:
        good.append("the target alone gives the exact protein")
    elif table.target_alone is not None:
        bad.append(f"the target alone does not give the exact protein: {_words(table.target_alone)}")
    for e in guide.bystanders:
        row = _with_target(table, e.position)
        where = "" if e.in_window else ", at the edge of the window"
        if row is None:
            missing.append(f"what bystander {guide.base}{e.position} does{where}")
        elif e.position in harmful:
            bad.append(f"bystander {guide.base}{e.position}{where}: {_words(row)}")
        else:
            near = "".join(f"; {f}" for f in row.splice)
            good.append(f"bystander {guide.base}{e.position}{where}: silent{near}")
    if guide.longest_t_run >= 4:
        bad.append(f"a run of {guide.longest_t_run} T in the spacer")
    if editor.window_assumed:
        missing.append(f"the window on {editor.nuclease}: it was stated for another nuclease")
    if table.missing:
        missing.append(table.missing)
    missing += ["efficiency", "off-targets"]
    return Option(
        "base", editor.name, guide.strand, guide.spacer, guide.pam, guide.start, guide.end,
        tuple(good), tuple(bad), tuple(missing), table,
    )  # fmt: skip


def _with_target(table: BystanderTable, position: int) -> Combination | None:
    pair = {position, table.guide.position}
    return next((c for c in table.combinations if set(c.positions) == pair), None)


def _words(row: Combination) -> str:
    splice = [f"splice {f}" for f in row.splice]
    return ", ".join([*row.changes, *splice]) or row.effect


# ---- prime editing


def _prime(
    haplotype: Haplotype, change: Change, editor: Editor, context: ProteinContext | None, rules: PrimeRules, order: int
) -> tuple[list[tuple[_Key, Option]], list[Rejection]]:
    search = design_pegrnas(haplotype, change, editor, context, rules)
    made: list[tuple[_Key, Option]] = []
    for site in search.sites:
        key = (KINDS.index("prime"), int(site.recut), site.edit_at, order)
        made.append((key, _prime_option(editor, site)))
    return made, list(search.rejected)


def _prime_option(editor: Editor, site: PrimeSite) -> Option:
    clear = sum(not e.against for e in site.extensions)
    good, bad, missing = [f"edit at +{site.edit_at} of the nick"], [], []
    if site.pam_disrupted:
        good.append("the edit takes away the PAM")
    elif site.seed_disrupted:
        good.append("the edit changes the seed")
    else:
        bad.append("the edited site keeps PAM and seed and can be nicked again")
    if site.pam_edits:
        good.append(f"{len(site.pam_edits)} silent edits take away the PAM")
    elif not site.pam_disrupted:
        missing.append(site.pam_edits_missing)
    (good if clear else bad).append(f"{clear} of {len(site.extensions)} extensions break no rule")
    if longest_run(site.spacer, "T") >= 4:
        bad.append(f"a run of {longest_run(site.spacer, 'T')} T in the spacer")
    if editor.second_nick:
        count = {k: sum(g.kind == k for g in site.nicking) for k in ("PE3b_seed", "PE3b", "PE3")}
        words = ", ".join(f"{n} {k}" for k, n in count.items() if n)
        (good if words else bad).append(f"second nick: {words or 'no guide in the distance asked for'}")
    missing += ["efficiency", "off-targets", "structure of the extension"]
    return Option(
        "prime", editor.name, site.strand, site.spacer, site.pam, site.start, site.end,
        tuple(good), tuple(bad), tuple(missing), site,
    )  # fmt: skip


# ---- nuclease


def _nuclease(
    haplotype: Haplotype, change: Change, editor: Editor, context: ProteinContext | None, within: int, order: int
) -> tuple[list[tuple[_Key, Option]], list[Rejection]]:
    search = cut_sites(haplotype, change, editor, within)
    made: list[tuple[_Key, Option]] = []
    for site in search.sites:
        outcomes = frame_outcomes(haplotype, site, context) if context else ()
        key = (KINDS.index("nuclease"), site.distance, order)
        made.append((key, _cut_option(editor, CutDetail(site, outcomes), context)))
    return made, list(search.rejected)


def _cut_option(editor: Editor, cut: CutDetail, context: ProteinContext | None) -> Option:
    site = cut.site
    good = [f"cuts {site.distance} bases from the change"]
    bad = ["a double-strand break does not restore the sequence: it makes a spectrum of indels"]
    missing = []
    if site.on_change:
        good.append(f"the changed base lies in the {site.on_change}: the other allele may be spared")
    else:
        bad.append("the changed base lies outside of the target: both alleles are cut")
    if cut.outcomes:
        shifts = sum(o.frameshift for o in cut.outcomes)
        total = sum(o.in_frame + o.frameshift + o.splice + o.outside_coding for o in cut.outcomes)
        good.append(f"{shifts} of {total} placements of small indels shift the reading frame")
    else:
        why = "a variant of this haplotype changes the length" if context else "no transcript was given"
        missing.append(f"frame outcomes: {why}")
    missing += ["which indels occur and how often", "off-targets", "large deletions"]
    return Option(
        "nuclease", editor.name, site.strand, site.spacer, site.pam, site.start, site.end,
        tuple(good), tuple(bad), tuple(missing), cut,
    )  # fmt: skip
