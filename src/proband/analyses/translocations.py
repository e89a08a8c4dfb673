"""Were joins of the target with nominated sites measured, and what was seen?

Reads of ``sequencing/long_reads.csv`` that hold a junction, treated against control.

Asks: for which pairs of target and site were junctions counted in treated and control, which exceed the control, and
down to which share could nothing be seen? Which sites were confirmed is read from the lines on verification of
off-target sites: a site that is or may be confirmed and that ``loci.csv`` does not name is a pair that is not known.
Cannot see: joins with places that nobody nominated. The reads are read here and again for large events.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proband.analyses.large_events import call_table, concerns
from proband.core.analysis import Draft, Inputs, ProgramView, analysis
from proband.core.errors import Problem
from proband.core.evidence import TABLE_PREVIEW_ROWS, Column, Fact, Members, Scope, Subject, Table
from proband.core.program import Program
from proband.core.provenance import digest
from proband.core.quantity import Quantity
from proband.science.structural.from_folder import FOLDER, REFERENCE, long_read_problems

if TYPE_CHECKING:
    from proband.science.stats.treated_control import SiteResult
    from proband.science.structural.confirmed_sites import OpenSite
    from proband.science.structural.locus import Locus
    from proband.science.structural.study import Study


def border(program: Program, inputs: Inputs) -> list[Problem]:
    """Every fault of the long-read study, and loci that lie elsewhere than the site of their name in ``sites.csv``."""
    from proband.science.structural.confirmed_sites import disagreements, site_places
    from proband.science.structural.sheet import read_loci

    problems = long_read_problems(program, inputs)
    if problems:
        return problems
    table = next((f.path for f in inputs.files["sites"]), None)
    return disagreements(site_places(table), read_loci(inputs.files["loci"][0].path))


@analysis(
    claims=("structural.translocations",),
    reads={**FOLDER, "sites": "sequencing/sites.csv"},
    needs_files=("long_samples",),
    consumes=("off_target.verification",),
    version=2,
    packages=("numpy", "numba", "isal", "polars", "pysam", "scipy"),
    border=border,
)
def translocations(program: ProgramView, inputs: Inputs) -> Iterator[Draft]:
    """One line for each target with nominated sites, and one for each pair that is called."""
    from proband.science.structural.confirmed_sites import open_sites, site_places
    from proband.science.structural.from_folder import rule_of, study_of

    made = study_of(inputs)
    table = next((f.path for f in inputs.files["sites"]), None)
    still_open, confirmed = open_sites(inputs.evidence, site_places(table), made.sheet.loci)
    rule = rule_of(inputs)
    for target in made.sheet.targets:
        begins = f"{target.name} with "
        results = [r for r in made.junction_panel.results if r.site.startswith(begins)]
        if results:
            fixed_on = rule.day.isoformat() if rule and rule.day else ""
            yield _line(made, target, results, fixed_on, still_open, confirmed)
            yield from (_pair(made, r) for r in results if r.call == "detected")


def _limited(r: SiteResult) -> bool:
    return r.call != "unknown" and r.lod is not None and r.lod < 1


def _line(
    made: Study,
    target: Locus,
    results: list[SiteResult],
    fixed_on: str,
    still_open: tuple[OpenSite, ...],
    confirmed: int,
) -> Draft:
    from proband.science.stats.treated_control import percent_up
    from proband.science.structural.study import pair_name

    measured = tuple(r.site for r in results if _limited(r))
    limits = [r.lod for r in results if _limited(r) and r.lod is not None]
    unknown = tuple(r.site for r in results if r.site not in measured)
    unknown += tuple(pair_name(target.name, x.name) for x in still_open)
    facts: dict[str, Fact] = {"pairs": Members(measured, (), unknown)}
    open_told = "".join(f"; {pair_name(target.name, x.name)}: unknown: {x.because}" for x in still_open)
    depth = {arm: sum(n for _, n, _ in getattr(results[0], arm)) for arm in ("treated", "control")}
    span = f"{percent_up(min(limits))} to {percent_up(max(limits))} % of alleles" if limits else "not known"
    return Draft(
        kind="structural.translocations",
        statement="; ".join(f"{r.site}: {r.reason}" for r in results) + open_told + ".",
        subject=Subject("site", target.name),
        name=target.name,
        scope=Scope(
            where=f"{target.name} and {len(results)} nominated sites",
            how="reads with both breakpoints within 200 bases of the cuts and 30 matched bases on each side; treated "
            "against control by replicate, so that chimeras of amplification are the control's background",
            denominator=f"{depth['treated']} treated and {depth['control']} control {_unit(made)} at the target's cut",
            detection_limit=f"per pair: {span}",
            not_covered="; ".join(
                (
                    *(x.name for x in still_open),
                    "places that loci.csv does not name",
                    "joins that lost more than 200 bases beside a cut",
                )
            ),
            settings={"fixed_on": fixed_on or "not stated", **REFERENCE},
        ),
        facts=facts,
        readout_definition="Molecules that join the target with the site, of those that reach the target's cut.",
        tables=(call_table("pairs", "Junctions, treated against control", results), _junctions(made, target)),
        assumptions=(
            f"Verification confirmed {confirmed} off-target sites by name; the reads themselves tell none.",
            "A site that verification leaves open, its limit being too high, is taken as not confirmed.",
        ),
        concerns=tuple(concerns(made, target.name, fixed_on)),
    )


def _unit(made: Study) -> str:
    words = {h.sample.molecules for h in made.held if h.joined is not None}
    return "molecules" if words and "reads" not in words else "reads"


def _pair(made: Study, r: SiteResult) -> Draft:
    from proband.science.stats.treated_control import percent_up

    assert r.interval is not None
    assert r.difference is not None
    assert r.lod is not None
    low, high = r.interval
    value = max(r.difference, 0.0)
    level = made.junction_panel.rule.level
    return Draft(
        kind="structural.translocations",
        statement=f"{r.site}: {r.reason}.",
        subject=Subject("site", r.site),
        name=r.site,
        scope=Scope(
            where=r.site,
            how="treated against control by replicate",
            denominator=" and ".join(
                f"{sum(n for _, n, _ in rows)} {arm} {_unit(made)}"
                for arm, rows in (("treated", r.treated), ("control", r.control))
            ),
            detection_limit=f"{percent_up(r.lod)} % of alleles" if r.lod < 1 else "not known",
            settings=REFERENCE,
        ),
        quantities={
            "translocations": Quantity.confidence(value, min(max(low, 0.0), value), max(high, value), level, "fraction")
        },
        readout_definition="Share of molecules with the junction in treated less that in control.",
    )


def _junctions(made: Study, target: Locus) -> Table:
    """Junctions by sample and orientation."""
    from proband.science.structural.junctions import chromosome_of

    loci = [target, *made.sheet.sites]
    rows = tuple(
        (
            h.sample.name,
            h.sample.arm,
            loci[j.site].name,
            f"{j.target_side} of target, {j.site_side} of site",
            chromosome_of(j, loci).replace("_", " "),
            str(n),
            str(h.joined.depth),
        )
        for h in made.held
        if h.target.name == target.name and h.joined is not None
        for j, n in h.joined.molecules.items()
    )
    columns = (
        Column("sample", "", "Sample"),
        Column("arm", "", "Arm"),
        Column("site", "", "Site"),
        Column("kept", "", "Sides of the cuts that the junction keeps"),
        Column("chromosome", "", "What it makes of the chromosomes"),
        Column("count", "count", "Molecules or reads with it"),
        Column("of", "count", "Those that reach the target's cut"),
    )
    return Table("junctions", "Junctions by sample", columns, len(rows), digest(rows), "", rows[:TABLE_PREVIEW_ROWS])
