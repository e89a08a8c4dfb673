"""A depth plan as plain data, as a paragraph for a document, and as rows of a figure.

Cannot see: anything beyond `depth_planning`; it only words its numbers.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from proband.science.stats.depth_planning import (
    Assay,
    Plan,
    Search,
    depth_for,
    nanograms_needed,
    plan_assay,
    power_of,
    replicates_for,
)

_STEPS = (0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0)


def plan_dict(assay: Assay, wanted: float | None, depth_given: bool) -> dict[str, Any]:
    """Everything that a plan says, as plain data: what was asked, the answer, floors, and a curve.

    With `wanted` alone the depth is searched, with `depth_given` alone the limit; with both, power at `wanted` and
    replicates. Source: `depth_planning`.

    >>> made = plan_dict(Assay(10_000, 1e-4, 0.05, 0.05), None, True)
    >>> made["answer"], round(100 * made["plan"]["lod"], 3)
    ('limit', 0.047)
    """
    made: dict[str, Any] = {"answer": "limit", "wanted": wanted, "reachable": None, "reason": "", "power": None}
    made["replicates_needed"] = None
    if wanted is not None and not depth_given:
        search = depth_for(wanted, assay)
        made.update(answer="depth", reachable=search.plan is not None, reason=search.reason)
        plan = search.plan
    else:
        plan = plan_assay(assay)
    if wanted is not None and depth_given:
        more: Search = replicates_for(wanted, assay)
        reached = plan is not None and plan.lod <= wanted
        made.update(answer="power", reachable=reached, power=power_of(assay, wanted), reason=more.reason)
        made["replicates_needed"] = more.plan.assay.replicates if more.plan else None
    made["assay"] = _assay(assay if plan is None else plan.assay, plan is not None)
    made["plan"] = _plan(plan)
    if wanted is not None:
        made["nanograms_needed"] = nanograms_needed(wanted, assay.replicates, assay.beta)
    made["curve"] = _curve(plan, assay)
    return made


def _assay(assay: Assay, depth_known: bool) -> dict[str, Any]:
    made = asdict(assay)
    made["depth"] = assay.depth if depth_known else None
    made["genomes"] = assay.genomes
    return made


def _plan(plan: Plan | None) -> dict[str, Any] | None:
    if plan is None:
        return None
    return {k: v for k, v in asdict(plan).items() if k != "assay"}


def _curve(plan: Plan | None, assay: Assay) -> list[dict[str, float]]:
    """Limits at depths around the plan's, or up to 200,000 reads where there is none."""
    centre = 100_000 if plan is None else plan.assay.depth
    made = []
    for depth in sorted({min(1_000_000, max(50, round(centre * s))) for s in _STEPS}):
        at = plan_assay(replace(assay, depth=depth))
        made.append({"depth": depth, "lod": at.lod, "lod_background_known": at.lod_background_known})
    return made


def curve_rows(made: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the figure: reads per replicate, limit in percent, and which line it belongs to.

    >>> rows = curve_rows(plan_dict(Assay(10_000, 1e-4, 0.05, 0.05), None, True))
    >>> len(rows), rows[0]["what"]
    (16, 'background from the control')
    """
    names = {"lod": "background from the control", "lod_background_known": "background known"}
    rows = [
        {"reads": c["depth"], "limit": 100 * c[key], "what": name}
        for key, name in names.items()
        for c in made["curve"]
        if c[key] < 1
    ]
    if made["wanted"] is not None:
        rows += [{"reads": c["depth"], "limit": 100 * made["wanted"], "what": "wanted"} for c in made["curve"]]
    return rows


def paragraph(made: dict[str, Any]) -> str:
    """The plan in words, for a document.

    >>> paragraph(plan_dict(Assay(10_000, 1e-4, 0.05, 0.05), None, True)).split(". ")[0]
    'With 3 replicates of 10,000 reads per arm, the limit of detection is 0.047 % above background'
    """
    a, plan = made["assay"], made["plan"]
    parts = [_headline(made)]
    control = "as deep as treated" if a["control_depth"] is None else f"of {a['control_depth']:,} reads per replicate"
    over = f" shared by {a['sites']:,} sites" if a["sites"] > 1 else ""
    parts.append(
        f"This holds for a background of {_percent(a['background'])} %, a control {control}, an intraclass correlation "
        f"between replicates of {a['rho']:g}, a risk of a false call of {_percent(a['alpha'])} %{over}, and a power of "
        f"{100 * (1 - a['beta']):g} %."
    )
    if plan is not None:
        parts.append(_floors(plan))
    if a["nanograms"] is not None:
        parts.append(f"Each replicate's {a['nanograms']:g} ng hold {a['genomes'] / a['replicates']:,.0f} genomes.")
    else:
        parts.append("DNA input is not stated: genomes are taken not to be the limit.")
    if "nanograms_needed" in made:
        parts.append(f"At least {made['nanograms_needed']:.2g} ng per replicate must go in for the wanted limit.")
    parts.append("Background and spread are assumptions until the assay's own blanks have shown them.")
    return " ".join(parts)


def _headline(made: dict[str, Any]) -> str:
    a, plan, wanted = made["assay"], made["plan"], made["wanted"]
    if made["answer"] == "depth":
        if plan is None:
            return f"A limit of detection of {_percent(wanted)} % is {made['reason']}."
        return (
            f"For a limit of detection of {_percent(wanted)} % above background, {a['replicates']} replicates of "
            f"{a['depth']:,} reads per arm are needed."
        )
    text = (
        f"With {a['replicates']} replicates of {a['depth']:,} reads per arm, the limit of detection is "
        f"{_percent(plan['lod'])} % above background."
    )
    if made["answer"] == "power":
        count = made["replicates_needed"]
        needed = f"{count} replicates would reach it" if count else f"it is {made['reason']}"
        text += f" An edit of {_percent(wanted)} % is called with a power of {100 * made['power']:.3g} %; {needed}."
    return text


def _floors(plan: dict[str, Any]) -> str:
    parts = [f"Were the background known without a control, it would be {_percent(plan['lod_background_known'])} %"]
    if plan["overdispersion_floor"] > 0:
        parts.append(
            f"spread between replicates sets a floor of {_percent(plan['overdispersion_floor'])} % at any depth"
        )
    if plan["molecule_floor"] is not None:
        parts.append(f"the genomes put in set one of {_percent(plan['molecule_floor'])} %")
    return "; ".join(parts) + "."


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.2g}"
