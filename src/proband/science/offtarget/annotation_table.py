"""The annotation of all sites as one table: columns for what was given, and none for what was not.

Cannot see: what `annotation` and `edit_consequence` cannot see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proband.core.errors import Problem, ProgramError
from proband.science.design.editors import Editor
from proband.science.offtarget.annotation import Intervals, gene_context, gene_index, main_transcripts
from proband.science.offtarget.edit_consequence import SiteConsequence, site_consequence, without_effects
from proband.science.offtarget.panel_sites import PanelSite
from proband.science.sequence.annotation import TranscriptRecord
from proband.science.sequence.build import TranscriptSet, build_transcripts
from proband.science.sequence.genome import Genome, chromosome
from proband.science.variant.hgvs import Nomenclature


@dataclass(frozen=True, slots=True)
class Sources:
    """What the user gave: transcripts, named layers of regions, cancer roles, expression; None was not given."""

    records: Sequence[TranscriptRecord] | None = None
    regions: Mapping[str, Intervals[str]] = field(default_factory=dict)
    roles: Mapping[str, str] | None = None
    expression: Mapping[str, float] | None = None
    tissue: str = ""
    editor: Editor | None = None


def annotated(
    sites: Sequence[PanelSite], genome: Genome | None, given: Sources
) -> tuple[list[str], list[list[Any]], tuple[str, ...]]:
    """Column names, one row for each site, and notes. Raises ``ProgramError`` where contigs are spelt differently."""
    _check_spelling(sites, given)
    header = ["site", "contig", "start", "end", "strand"]
    header += ["part", "genes", "nearest_gene", "distance"] if given.records is not None else []
    header += ["cancer_role"] if given.roles is not None else []
    header += [f"expression in {given.tissue}"] if given.expression is not None else []
    header += list(given.regions)
    header += ["editable_in_window", "editable_bases", "gravest_effect", "effects", "together", "not_told"] * (
        given.editor is not None
    )
    index = gene_index(given.records or ())
    chosen = {s.name: main_transcripts(gene_context(index, s.contig, s.start, s.end).transcripts) for s in sites}
    judge = _Judge(chosen, genome, given)
    rows = []
    for s in sites:
        context = gene_context(index, s.contig, s.start, s.end)
        row: list[Any] = [s.name, s.contig, s.start + 1, s.end, s.strand or None]
        if given.records is not None:
            row += [context.part, ";".join(context.genes) or None, context.nearest or None, context.distance]
        if given.roles is not None:
            held = [f"{g}: {given.roles[g]}" for g in context.genes if g in given.roles]
            row.append("; ".join(held) or "not in the table")
        if given.expression is not None:
            values = [given.expression[g] for g in context.genes if g in given.expression]
            row.append(max(values) if values else None)
        for layer in given.regions.values():
            row.append(";".join(sorted(set(layer.over(s.contig, s.start, s.end)))) or "none")
        if given.editor is not None:
            row += _told(judge.consequence(s))
        rows.append(row)
    return header, rows, judge.notes


def contexts(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, str]:
    """Gene context by site in words, from columns and rows of `annotated`.

    A site has none where no annotation was given, or where it holds nothing of the contig.

    >>> contexts(["site", "part", "genes", "nearest_gene", "distance"], [["s", "intergenic", None, "G", 12]])
    {'s': 'intergenic, 12 bases from G'}
    """
    made = {}
    for row in (dict(zip(header, r, strict=True)) for r in rows):
        part, genes, near = row.get("part"), row.get("genes"), row.get("nearest_gene")
        if part and (genes or near):
            where = f" of {genes}" if genes else f", {row['distance']:,} bases from {near}"
            made[row["site"]] = f"{part.replace('_', ' ')}{where}"
    return made


def _check_spelling(sites: Sequence[PanelSite], given: Sources) -> None:
    """A layer that spells all contigs otherwise would say "none" everywhere: that is an error, not an answer."""
    mine = {s.contig for s in sites}
    layers: dict[str, set[str]] = {name: set(x.contigs) for name, x in given.regions.items()}
    if given.records is not None:
        layers["annotation"] = {r.contig for r in given.records}
    problems = []
    for name, theirs in layers.items():
        same = {chromosome(c) for c in mine} & {chromosome(c) for c in theirs}
        if not mine & theirs and same:
            found, expected = ", ".join(sorted(theirs)[:5]), ", ".join(sorted(mine)[:5])
            problems.append(
                Problem(name, "contigs", found[:80], f"the spelling of the sites: {expected}"[:200], "rename")
            )
    if problems:
        raise ProgramError(problems)


class _Judge:
    """Transcripts built once, those at the sites alone, and the consequence of each site."""

    def __init__(
        self, chosen: Mapping[str, tuple[TranscriptRecord, ...]], genome: Genome | None, given: Sources
    ) -> None:
        self._chosen, self._genome, self._editor = chosen, genome, given.editor
        self._given = given.records is not None
        self.notes: tuple[str, ...] = ()
        records = list({r.id: r for held in chosen.values() for r in held}.values())
        self._set = TranscriptSet({}, {})
        if given.editor is not None and genome is not None and records:
            self._set = build_transcripts(records, genome)
            broken = sorted(self._set.unusable)
            if broken:
                self.notes = (
                    f"{len(broken)} transcripts do not fit the genome and were not judged: {broken[0]} first",
                )
        self._names = Nomenclature(genome, self._set) if genome is not None else None

    def consequence(self, site: PanelSite) -> SiteConsequence:
        """What the editor could do at a site, or why that is not told."""
        if self._genome is None or self._names is None:
            return SiteConsequence(None, reason="no genome was given", looked=False)
        assert self._editor is not None
        lost = [r.id for r in self._chosen[site.name] if r.id in self._set.unusable]
        transcripts = [self._set[r.id] for r in self._chosen[site.name] if r.id in self._set]
        made = site_consequence(site, self._editor, self._genome, self._names, transcripts)
        if not self._given:
            return without_effects(made, "no annotation was given: effects on genes are not told")
        if lost:
            return without_effects(made, f"{', '.join(lost)} does not fit the genome: effects are not told")
        return made


def _told(c: SiteConsequence) -> list[Any]:
    editable = None if c.has_editable is None else "yes" if c.has_editable else "no"
    bases = [
        f"{b.plus_base}{b.place + 1}{b.plus_edited} at {b.position}{'' if b.in_window else ' (wide window)'}"
        for b in c.bases
    ]
    effects = [f"{b.position}: {b.effect} {b.written}" for b in c.bases]
    gravest = c.effect or (None if c.effect is None else "no editable base")
    return [
        editable, "; ".join(bases) or None, gravest, "; ".join(effects) or None,
        c.together or None, c.reason or None,
    ]  # fmt: skip
