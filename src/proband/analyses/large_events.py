"""Were large deletions, insertions and inversions at the target looked for, and what was seen?

Long reads of ``sequencing/long_reads.csv``, treated against control.

Asks: which sizes could the reads have shown, which share of alleles carries an event of 50 bases or more at the cut,
and down to which share could nothing be seen? Cannot see: alleles that lost a primer site, events larger than the
locus, and the length bias of amplification.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.evidence import (
    TABLE_PREVIEW_ROWS,
    Column,
    Concern,
    ConcernWord,
    Fact,
    Members,
    Scope,
    Subject,
    Table,
)  # fmt: skip
from proband.core.provenance import digest
from proband.core.quantity import Quantity
from proband.science.structural.from_folder import FOLDER, REFERENCE, long_read_problems

if TYPE_CHECKING:
    from proband.science.stats.treated_control import SiteResult
    from proband.science.structural.locus import Locus
    from proband.science.structural.study import Study

SIZES = {"50_to_1000": ("deletion_up_to_1000", 1_000), "above_1000": ("deletion_above_1000", 2_000)}
"""Member of the fact to the event whose limit it needs, and the deletion that must be visible in half of its places."""


@analysis(
    claims=("structural.large_events",),
    reads=FOLDER,
    needs_files=("long_samples",),
    version=1,
    packages=("numpy", "numba", "isal", "polars", "pysam", "scipy"),
    border=long_read_problems,
)
def large_events(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line for each target whose libraries tell large events."""
    from proband.science.structural.from_folder import rule_of, study_of

    made = study_of(inputs)
    rule = rule_of(inputs)
    for target in made.sheet.targets:
        results = {r.event: r for r in made.event_panel.results if r.site == target.name}
        if results:
            yield _line(made, target, results, rule.day.isoformat() if rule and rule.day else "")


def _line(made: Study, target: Locus, results: dict[str, SiteResult], fixed_on: str) -> Draft:
    from proband.science.structural.outputs import figures
    from proband.science.structural.sizes import LENGTH_BIAS, largest_deletion

    every = results["any_large_event"]
    depth = {arm: sum(n for _, n, _ in getattr(every, arm)) for arm in ("treated", "control")}
    quantities = {}
    if every.interval is not None and every.difference is not None:
        value, (low, high) = max(every.difference, 0.0), every.interval
        level = made.event_panel.rule.level
        quantities["large_events"] = Quantity.confidence(
            value, min(max(low, 0.0), value), max(high, value), level, "fraction"
        )
    largest, to_one_side = largest_deletion(target)
    members = {name: _seen(made, target, results, name) for name in SIZES}
    facts: dict[str, Fact] = {
        "sizes_seen": Members(
            *(tuple(n for n, w in members.items() if w == x) for x in ("present", "absent", "unknown"))
        )
    }
    return Draft(
        kind="structural.large_events",
        statement=f"{target.name}: {_said(results)}",
        subject=Subject("site", target.name),
        name=target.name,
        scope=Scope(
            where=f"{target.name}, {target.length} bases around the cut",
            how=f"long reads; an event is a jump of {made.events.least_size} bases or more that spans a cut or ends "
            f"within {made.events.near} bases of one; treated against control by replicate",
            denominator=f"{depth['treated']} treated and {depth['control']} control reads that span the cut",
            detection_limit=_limit(results),
            not_covered=f"deletions above {largest} bases, or {to_one_side} to one side; alleles that lost a primer "
            "site; joins with other places",
            settings={"fixed_on": fixed_on or "not stated", **REFERENCE},
        ),
        quantities=quantities,
        facts=facts,
        readout_definition="Share of reads with an event at the cut in treated less that in control, of reads that "
        "span the cut; a share below 0 is told as 0.",
        tables=(_calls(results), _sizes(made, target)),
        figures=tuple(f for f in figures(made) if f.title.endswith(f" at {target.name}")),
        assumptions=(
            LENGTH_BIAS,
            "A deletion of a given size is taken to lie at each place that touches the cut alike.",
        ),
        concerns=tuple(concerns(made, target.name, fixed_on)),
    )


def _seen(made: Study, target: Locus, results: dict[str, SiteResult], name: str) -> str:
    """Whether sizes are seen (present), can not be seen (absent), or that is not known."""
    from proband.science.structural.sizes import deletion_placements, largest_deletion

    event, size = SIZES[name]
    if largest_deletion(target)[0] <= (made.events.least_size if size <= 1_000 else 1_000):
        return "absent"
    limit = results[event].lod
    answered = results[event].call != "unknown" and limit is not None and limit < 1
    return "present" if answered and deletion_placements(target, size) >= 0.5 else "unknown"


def _limit(results: dict[str, SiteResult]) -> str:
    from proband.science.stats.treated_control import percent_up

    told = [
        f"{e.replace('_', ' ')} {percent_up(r.lod)} %" for e, r in results.items() if r.lod is not None and r.lod < 1
    ]
    return "shares of alleles: " + ", ".join(told) if told else "not known: no background was measured"


def _said(results: dict[str, SiteResult]) -> str:
    return "; ".join(f"{e.replace('_', ' ')} {r.reason}" for e, r in results.items()) + "."


def concerns(made: Study, target: str, fixed_on: str) -> list[Concern]:
    """What a reader of a line on a target should know: flags of its samples, and a rule that was not fixed."""
    held = [
        Concern(ConcernWord.LOW_QUALITY, f"{f.flag.replace('_', ' ')}, {f.where}: {f.reason}")
        for f in made.flags
        if f.where.endswith(f", {target}")
    ]
    if not fixed_on:
        because = "The folder holds no dated rule: nothing shows that it was fixed before the data."
        held.append(Concern(ConcernWord.SELECTIVE, because))
    return held


def _calls(results: dict[str, SiteResult]) -> Table:
    return call_table("events", "Large events, treated against control", list(results.values()))


def call_table(name: str, title: str, results: list[SiteResult]) -> Table:
    """Calls as a table of a line."""

    def percent(x: float | None) -> str:
        return "" if x is None else f"{100 * x:.3g}"

    rows = tuple(
        (
            r.site,
            r.event.replace("_", " "),
            "; ".join(f"{k}/{n}" for k, n, _ in r.treated),
            "; ".join(f"{k}/{n}" for k, n, _ in r.control),
            percent(r.difference),
            " to ".join(percent(x) for x in r.interval) if r.interval else "",
            percent(r.lod),
            r.call.replace("_", " "),
            r.reason,
        )
        for r in results
    )
    names = ("place", "event", "treated", "control", "net %", "interval %", "LoD %", "call", "reason")
    columns = tuple(Column(n, "", n) for n in names)
    return Table(name, title, columns, len(rows), digest(rows), "", rows[:TABLE_PREVIEW_ROWS])


def _sizes(made: Study, target: Locus) -> Table:
    rows = tuple(
        (
            s.kind,
            str(s.size),
            "" if s.visible is None else f"{s.visible:.3g}",
            "" if s.lod is None else f"{100 * s.lod:.3g}",
        )
        for s in made.sizes.get(target.name, ())
    )
    columns = (
        Column("class", "", "Kind of event"),
        Column("size", "", "Bases"),
        Column("visible", "", "Share of its places, or of reads, in which it would be seen"),
        Column("LoD %", "", "Limit of detection, % of alleles"),
    )
    return Table("sizes", "Limits by size", columns, len(rows), digest(rows), "", rows[:TABLE_PREVIEW_ROWS])
