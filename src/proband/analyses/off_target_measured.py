"""What was seen at the nominated sites? Treated against control reads of ``sequencing/``, site by site.

Asks: which sites exceed their control by the rule that was fixed, and down to which share could nothing be seen?
Cannot see: sites that nobody nominated, alleles that lose a primer, and a background that only treated samples have.
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
    Figure,
    Members,
    Scope,
    Subject,
    Table,
)
from proband.core.provenance import digest
from proband.core.quantity import Quantity
from proband.science.amplicon.from_folder import FOLDER, REFERENCE, sequencing_problems

if TYPE_CHECKING:
    from proband.science.amplicon.call_rule import RuleFile
    from proband.science.amplicon.panel import PanelResult
    from proband.science.stats.treated_control import SiteResult


@analysis(
    claims=("off_target.verification",),
    reads=FOLDER,
    needs_files=("samples", "sites"),
    uses=("id",),
    version=2,
    packages=("numpy", "numba", "isal", "polars", "scipy"),
    border=sequencing_problems,
)
def off_target_measured(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line on the panel, and one for each site that is called."""
    from proband.science.amplicon.from_folder import panel_of, rule_of

    made = panel_of(inputs)
    off = [r for r in made.panel.results if not r.expected]
    if not off:
        return
    yield _panel(program.id, made, off, rule_of(inputs))
    for r in off:
        if r.call == "detected" and r.interval is not None and r.difference is not None:
            yield _site(r, made)


def _panel(program_id: str, made: PanelResult, off: list[SiteResult], rule: RuleFile | None) -> Draft:
    # A site whose haplotypes are told apart has a row for each; it is one site all the same.
    whole = {t.name: t.haplotype_of or t.name for t in made.sheet.targets}
    sites = list(dict.fromkeys(whole[r.site] for r in off))
    by_site = {s: [r for r in off if whole[r.site] == s] for s in sites}

    def where(good: dict[str, bool]) -> Members:
        return Members(tuple(s for s in sites if good[s]), (), tuple(s for s in sites if not good[s]))

    tested = {s: all(r.call != "unknown" for r in rows) for s, rows in by_site.items()}
    limits = [r.lod for r in off if _limited(r) and r.lod is not None]
    called = [r for r in off if r.call == "detected"]
    with_reads = [s for s, c in zip(made.sheet.samples, made.samples, strict=True) if any(x.reads for x in c.sites)]
    arms = {a: {(s.donor, s.replicate) for s in with_reads if s.arm == a} for a in ("treated", "control")}
    quantities = {
        "listed_count": Quantity.exact(len(sites), "count"),
        "tested_count": Quantity.exact(sum(tested.values()), "count"),
        "called_count": Quantity.exact(len({whole[r.site] for r in called}), "count"),
        "replicates_per_arm": Quantity.exact(min(map(len, arms.values())), "count"),
    }
    donors = {s.donor for s in with_reads if s.donor}
    if donors:
        quantities["donors"] = Quantity.exact(len(donors), "count")
    facts: dict[str, Fact] = {
        "tested_sites": where(tested),
        "compared_sites": where({s: all(r.p is not None for r in rows) for s, rows in by_site.items()}),
        "sites_with_detection_limit": where({s: all(map(_limited, rows)) for s, rows in by_site.items()}),
    }
    concerns = [
        Concern(ConcernWord.LOW_QUALITY, f"{f.flag.replace('_', ' ')}, {f.where}: {f.reason}") for f in made.flags
    ]
    if rule is None or rule.day is None:
        because = "The folder holds no dated rule: nothing shows that it was fixed before the data."
        concerns.append(Concern(ConcernWord.SELECTIVE, because))
    r = made.panel.rule
    span = f"{_up(min(limits))} to {_up(max(limits))} % of alleles" if limits else "not known: no site was compared"
    return Draft(
        kind="off_target.verification",
        statement=f"{sum(tested.values())} of {len(sites)} sites were compared. {_said(off)}",
        subject=Subject("program", program_id),
        name="panel",
        scope=Scope(
            where=f"{len(sites)} listed sites in {len(made.sheet.samples)} samples",
            how=f"treated against control by replicate; alpha {r.alpha:g} over each {r.over}, beta {r.beta:g}; spread "
            f"between replicates shared over sites ({made.panel.rho:.2g})",
            denominator=f"{len(sites)} sites, {len(off)} tests",
            detection_limit=f"per site: {span}",
            not_covered="sites that nobody nominated; alleles that lost a primer; large changes; translocations",
            settings={"fixed_on": rule.day.isoformat() if rule and rule.day else "not stated", **REFERENCE},
        ),
        quantities=quantities,
        facts=facts,
        readout_definition="A site is called where treated exceeds its control by the rule; else it is not detected "
        "below its limit, or unknown where an arm has no reads.",
        tables=(_table(off),),
        figures=(_figure(off),),
        assumptions=tuple(f"{c.sample}, {c.site}: {c.sentence}" for c in made.carried),
        concerns=(*concerns, *(Concern(ConcernWord.IMPRECISE, c) for c in made.panel.concerns)),
    )


def _limited(r: SiteResult) -> bool:
    """Whether a test has a limit of detection: a share, below the whole, that it would have found."""
    return r.lod is not None and r.lod < 1


def _up(limit: float) -> str:
    from proband.science.stats.treated_control import percent_up

    return percent_up(limit)


def _said(off: list[SiteResult]) -> str:
    """What was called, what was not seen and down to which limit, what stays open, and what is unknown."""

    def listed(call: str) -> str:
        return ", ".join(f"{r.site} ({r.event.replace('_', ' ')})" for r in off if r.call == call)

    quiet = [r.lod for r in off if r.call == "not_detected" and r.lod is not None]
    parts = [f"Called: {listed('detected')}."] if listed("detected") else []
    if quiet:
        parts.append(
            f"In {len(quiet)} tests nothing was called; the limits of detection are {_up(min(quiet))} to "
            f"{_up(max(quiet))} % of alleles."
        )
    if listed("indeterminate"):
        parts.append(f"Open, the limit being too high: {listed('indeterminate')}.")
    unknown = dict.fromkeys(r.site for r in off if r.call == "unknown")
    return " ".join([*parts, *([f"Still unknown: {', '.join(unknown)}."] if unknown else [])])


def _site(r: SiteResult, made: PanelResult) -> Draft:
    assert r.interval is not None
    assert r.difference is not None
    low, high = r.interval
    level = made.panel.rule.level
    quantity = Quantity.confidence(r.difference, min(low, r.difference), max(high, r.difference), level, "fraction")
    return Draft(
        kind="off_target.verification",
        statement=f"{r.site}, {r.event.replace('_', ' ')}: {r.reason}.",
        subject=Subject("site", r.site),
        name=f"{r.site}: {r.event}",
        scope=Scope(
            where=r.site,
            how="treated against control by replicate",
            denominator=" and ".join(
                f"{sum(n for _, n, _ in rows)} {arm} reads"
                for arm, rows in (("treated", r.treated), ("control", r.control))
            ),
            detection_limit=f"{_up(r.lod)} % of alleles" if _limited(r) and r.lod is not None else "not known",
            settings=REFERENCE,
        ),
        quantities={"net_conversion": quantity},
        readout_definition=f"Share of alleles with {r.event.replace('_', ' ')} in treated less that in control.",
    )


def _table(off: list[SiteResult]) -> Table:
    from proband.science.stats.treated_control import told_p

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
            "" if r.family_wise_p is None else told_p(r.family_wise_p).removeprefix("P = ").removeprefix("P "),
            percent(r.lod),
            r.call.replace("_", " "),
            r.reason,
        )
        for r in off
    )
    names = ("site", "event", "treated", "control", "net %", "interval %", "family-wise P", "LoD %", "call", "reason")
    columns = tuple(Column(n, "", n) for n in names)
    return Table(
        "sites", "Sites, treated against control", columns, len(rows), digest(rows), "", rows[:TABLE_PREVIEW_ROWS]
    )


def _figure(off: list[SiteResult]) -> Figure:
    rows = tuple(
        {
            "site": r.site,
            "net": round(100 * r.difference, 6),
            "low": round(100 * r.interval[0], 6),
            "high": round(100 * r.interval[1], 6),
            "call": r.call.replace("_", " "),
        }
        for r in off
        if r.difference is not None and r.interval is not None and r.event == off[0].event
    )
    event = off[0].event.replace("_", " ")
    return Figure(
        name="net-by-site",
        title=f"{event[:1].upper()}{event[1:]}, treated less control, with its interval",
        alt="; ".join(f"{x['site']}: {x['net']:.2g} % ({x['low']:.2g} to {x['high']:.2g}), {x['call']}" for x in rows),
        chart="intervals",
        encoding={"x": "net", "y": "site", "low": "low", "high": "high", "color": "call"},
        rows=rows,
        labels={"x": "treated less control (% of alleles)", "y": "site"},
    )
