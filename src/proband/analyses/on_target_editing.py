"""Was the target changed, and to what? Reads of ``sequencing/`` counted at each on-target site.

Asks: which share of alleles restores the exact protein, which carries the intended change, and which by-products?
Cannot see: large deletions and insertions, loss of a primer site, translocations, and sites that no amplicon covers.
Counts are of reads: where the DNA put in is known, no more reads count than there were genomes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.evidence import TABLE_PREVIEW_ROWS, Column, Concern, ConcernWord, Fact, Members, Scope, Subject, Table
from proband.core.kinds import kinds
from proband.core.provenance import digest
from proband.core.quantity import Quantity
from proband.science.amplicon.from_folder import FOLDER, REFERENCE, sequencing_problems

if TYPE_CHECKING:
    from proband.science.amplicon.outcome_tables import OutcomeRow
    from proband.science.amplicon.panel import PanelResult
    from proband.science.amplicon.panel_counts import SiteSample
    from proband.science.amplicon.sheet import Sample

READOUTS = {
    "corrected_alleles": "exact_protein",
    "target_base_edited": "intended_edit",
    "open_reading_frame": "open_reading_frame",
    "any_conversion": "any_conversion",
    "uncorrected_alleles": "still_mutant",
    "indel_alleles": "indel",
}
"""Quantity to the outcome that it is read from; an outcome that was not told gives no quantity."""


@analysis(
    claims=("editing.on_target",),
    reads=FOLDER,
    needs_files=("samples", "sites"),
    version=2,
    packages=("numpy", "numba", "isal", "polars", "scipy"),
    border=sequencing_problems,
)
def on_target_editing(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """A line per treated sample and on-target site."""
    from proband.science.amplicon.from_folder import panel_of

    made = panel_of(inputs)
    for target in made.sheet.targets:
        if not target.on_target:
            continue
        for sample, held in made.rows_of(target.name, "treated"):
            if held is not None and held.reads:
                of = _haplotype(target.name, target.haplotype_of, target.haplotypes is not None and not target.blurred)
                yield _line(target.name, sample, held, _flagged(made, target.name, sample.name), of)


def _haplotype(site: str, haplotype_of: str, is_first: bool) -> str:
    """Which alleles a line is about, where the patient's haplotypes are told apart; "" for all of them."""
    if haplotype_of:
        return f"alleles of the other haplotype of {haplotype_of}"
    return f"alleles of the haplotype that the amplicon of {site} shows" if is_first else ""


def _flagged(made: PanelResult, site: str, sample: str) -> list[Concern]:
    """What the panel flags of a sample or a site; few reads of other sites do not concern this one."""
    here = (f"sample {sample}", f"site {site}", f"sample {sample}, site {site}")
    held = [f for f in made.flags if f.where in here and f.flag != "few_reads"]
    return [Concern(ConcernWord.LOW_QUALITY, f"{f.flag.replace('_', ' ')}, {f.where}: {f.reason}") for f in held]


def _line(site: str, sample: Sample, held: SiteSample, flagged: list[Concern], of: str) -> Draft:
    from proband.science.stats.detection_limit import genomes_in

    genomes = None if sample.dna_ng is None or sample.collapsed else genomes_in(sample.dna_ng)
    rows = {(r.outcome, r.item): r for r in held.outcomes.rows}
    main: dict[str, OutcomeRow] = {}
    for quantity, outcome in READOUTS.items():
        found = next(
            (
                r
                for (name, item), r in rows.items()
                if name == outcome and (not item or quantity == "target_base_edited")
            ),
            None,
        )
        if found is not None and found.of:
            main[quantity] = found
    told = [f"{q.replace('_', ' ')} {r.reads} of {r.of}" for q, r in main.items()]
    editor = held.outcomes.editor_class
    reported = ["intended_edit"] if "target_base_edited" in main else []
    reported += ["bystanders"] if editor == "base" else []
    reported += ["indels"] if "indel_alleles" in main else []
    everything = kinds()["editing.on_target"].facts["reported_outcomes"].values
    facts: dict[str, Fact] = {
        "reported_outcomes": Members(tuple(reported), (), tuple(x for x in everything if x not in reported))
    }
    if sample.place:
        facts["place"] = sample.place
    if sample.day is not None:
        facts["sample_day"] = f"{sample.day:g}"
    concerns = flagged
    if genomes is None and not sample.collapsed:
        because = "The DNA put in is not recorded: reads may be copies of few molecules, and the interval too narrow."
        concerns.append(Concern(ConcernWord.IMPRECISE, because))
    return Draft(
        kind="editing.on_target",
        statement=f"{site} in {sample.name} ({held.reads} reads{f', {of}' if of else ''}): {'; '.join(told)}.",
        subject=Subject("sample", sample.name),
        name=f"{site} in {sample.name}",
        scope=Scope(
            where=f"{site}, {sample.tissue or sample.place or 'tissue not stated'}, {sample.name}",
            how="reads aligned to the amplicon and its expected alleles; outcomes by editor class in its window"
            + (f"; {of} alone, by markers that editing does not make" if of else ""),
            denominator=f"{held.reads} assigned reads, {held.ambiguous} ambiguous"
            + (f", {genomes:.0f} genomes put in" if genomes is not None else ""),
            not_covered="; ".join(
                ["alleles that lost a primer, large deletions and insertions, translocations", *held.outcomes.missing]
            ),
            settings=REFERENCE,
        ),
        quantities={q: _share(r, genomes) for q, r in main.items()},
        facts=facts,
        readout_definition="; ".join(f"{q.replace('_', ' ')}: {r.meaning}" for q, r in main.items()),
        tables=(_table(held),),
        assumptions=(
            "Reads, or genomes where fewer went in, are treated as independent draws of one sample.",
            f"{held.ambiguous} reads fit two alleles equally well and are in no count.",
        ),
        concerns=tuple(concerns),
    )


def _share(row: OutcomeRow, genomes: float | None) -> Quantity:
    """A share whose exact limits rest on no more draws than there were genomes."""
    from proband.science.stats.posterior import proportion

    scale = 1.0 if genomes is None else min(1.0, genomes / row.of)
    return proportion(row.reads * scale, row.of * scale)


def _table(held: SiteSample) -> Table:
    def cell(x: float | None) -> str:
        return "" if x is None else f"{x:.4g}"

    rows = tuple(
        (
            r.outcome.replace("_", " "),
            r.item,
            str(r.reads),
            str(r.of),
            cell(r.fraction),
            *(map(cell, r.bounds) if r.bounds else ("", "")),
            r.meaning,
        )
        for r in held.outcomes.rows
        if r.reads or r.outcome in READOUTS.values()
    )
    columns = (
        Column("outcome", "", "Outcome"),
        Column("item", "", "Position, combination, size or protein"),
        Column("reads", "count", "Reads with the outcome"),
        Column("of", "count", "Reads whose state is known"),
        Column("share", "fraction", "Reads with it over reads known"),
        Column("least", "fraction", "If no ambiguous read had it"),
        Column("most", "fraction", "If every ambiguous read had it"),
        Column("meaning", "", "What is counted"),
    )
    return Table("outcomes", "Outcomes at the site", columns, len(rows), digest(rows), "", rows[:TABLE_PREVIEW_ROWS])
