"""What a simulation says, as rows, as a document and in sentences; and its figures as data.

Columns of ``operating_characteristics.tsv``: design, one column for every axis, `effect` empty where it is drawn from
its prior, then metric, value, Monte Carlo standard error, replicates, and method (exact or simulated).

Cannot see: whether a figure is drawn; that is for whoever writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from proband.core.evidence import Figure
from proband.core.provenance import Json
from proband.science.trial.feasibility import assess, paragraph
from proband.science.trial.grid import Scenario, declared
from proband.science.trial.operating import OperatingCharacteristics, Row, no_effect
from proband.science.trial.plan_designs import Plan
from proband.science.trial.plan_file import NOT_ASSUMED, ReadPlan, axes, level

DIGITS = 12
NAMES = {
    "type_i_error": "type I error",
    "type_i_error_worst": "type I error, worst case",
    "false_rare": 'false "rare"',
    "false_rare_worst": 'false "rare", worst case',
    "family_wise_error": "family-wise error",
    "family_wise_error_worst": "family-wise error, worst case",
    "power": "power",
    "assurance": "assurance",
    "bias": "bias",
    "coverage": "coverage of the 95 % interval",
    "analysed": "trials that could be analysed",
    "expected_evaluable": "expected evaluable patients",
}
"""Metrics as people read them."""


def header(plan: Plan) -> list[str]:
    """Column names of the table."""
    return ["design", *axes(plan), "metric", "value", "mc_se", "replicates", "method"]


def cells(plan: Plan, row: Row) -> list[str]:
    """One row of the table, in the order of `header`."""
    m, values = row.measure, dict(row.scenario.values)
    shown = ["" if n == "effect" and row.scenario.prior else f"{values[n]:g}" for n in axes(plan)]
    error = "" if row.exact else f"{m.mc_se:.3g}"
    method = "exact" if row.exact else "simulated"
    return [plan.design.kind, *shown, m.metric, f"{m.value:.6g}", error, str(m.replicates), method]


def table(oc: OperatingCharacteristics) -> str:
    """The whole table as tab-separated text: every scenario, then the worst cases."""
    lines = [header(oc.plan), *(cells(oc.plan, r) for r in (*oc.rows, *oc.worst))]
    return "".join("\t".join(line) + "\n" for line in lines)


def document(read: ReadPlan, oc: OperatingCharacteristics, versions: Mapping[str, str]) -> dict[str, Json]:
    """Everything as plain values: plan, settings, measures by scenario, worst cases, feasibility, sentences."""
    plan = read.plan
    grouped: dict[str, dict[str, Any]] = {}
    for row in oc.rows:
        key = row.scenario.key
        if key not in grouped:
            first = oc.first_blocks.get(key)
            sums = asdict(first) if first is not None else None
            grouped[key] = {**_scenario(plan, row.scenario), "first_block": sums, "measures": []}
        entry = grouped[key]
        entry["measures"].append(_measure(row))
    worst = [{**_scenario(plan, r.scenario), **_measure(r)} for r in oc.worst]
    made: dict[str, Json] = {
        "format": 1,
        "title": plan.title,
        "design": plan.design.kind,
        "plan_digest": read.digest,
        "seed": plan.seed,
        "replicates": oc.replicates,
        "versions": dict(versions),
        "level": level(plan),
        "declared_set": {n: plan.simulation.worst_case.get(n, v[:1]) for n, v in _assumed(plan).items()},
        "planned": planned(oc),
        "scenarios": list(grouped.values()),
        "worst": worst,
        "sentences": sentences(oc),
    }
    if plan.feasibility is not None:
        feasible = assess(plan.feasibility)
        made["feasibility"] = asdict(feasible)
        made["feasibility_paragraph"] = paragraph(plan.feasibility, feasible)
    return made


def _assumed(plan: Plan) -> dict[str, list[float]]:
    return {n: v for n, v in axes(plan).items() if n not in NOT_ASSUMED}


def _scenario(plan: Plan, s: Scenario) -> dict[str, Any]:
    values: dict[str, Any] = dict(s.values)
    if s.prior:
        values["effect"] = None
    return {"values": values, "effect_from_prior": s.prior, "in_declared_set": declared(plan, s)}


def _measure(row: Row) -> dict[str, Any]:
    m = row.measure
    return {"metric": m.metric, "value": m.value, "mc_se": m.mc_se, "replicates": m.replicates, "exact": row.exact}


def planned(oc: OperatingCharacteristics) -> dict[str, Json]:
    """The measures of the planned numbers of patients with all assumptions at base, and their worst cases."""
    plan = oc.plan
    base = {n: v[0] for n, v in _assumed(plan).items()}
    size: dict[str, float] = {"patients": plan.design.patients}
    cohort = getattr(plan.design, "cohort_patients", None)
    if cohort is not None:
        size["cohort_patients"] = cohort

    def here(row: Row, more: Mapping[str, float]) -> bool:
        return all(row.scenario[n] == v for n, v in {**size, **more}.items())

    made: dict[str, Json] = {"patients": plan.design.patients}
    if cohort is not None:
        made["cohort_patients"] = cohort
    null = [r for r in oc.rows if no_effect(r.scenario) and here(r, base)]
    made["type_i_error"] = _first(null, "type_i_error")
    made["false_rare"] = _first(null, "false_rare")
    for worst in oc.worst:
        if here(worst, {}):
            made[worst.measure.metric] = {**_measure(worst), "at": dict(worst.scenario.values)}
    power = [r for r in oc.rows if r.measure.metric == "power" and here(r, base)]
    made["power"] = [{**_measure(r), "effect": r.scenario["effect"], "values": dict(r.scenario.values)} for r in power]
    made["assurance"] = _first([r for r in oc.rows if r.scenario.prior and here(r, base)], "assurance")
    return made


def _first(rows: list[Row], metric: str) -> Json:
    return next((_measure(r) for r in rows if r.measure.metric == metric), None)


def sentences(oc: OperatingCharacteristics) -> list[str]:
    """The planned design in sentences: its errors, and whether the worst of them keeps the level."""
    made, plan = planned(oc), oc.plan
    said = []
    if made["type_i_error"] is not None:
        said.append(f"Type I error with every assumption at its base: {_number(made['type_i_error'])}.")
    which = "family_wise_error_worst" if "family_wise_error_worst" in made else "type_i_error_worst"
    if which in made:
        worst = made[which]
        kept = worst["value"] - 3 * worst["mc_se"] <= level(plan) + 1e-9
        at = ", ".join(f"{n} {worst['at'][n]:g}" for n in (*_assumed(plan), "active") if n in worst["at"])
        held = "within 3 Monte Carlo SE of" if kept and worst["mc_se"] else ("at or below" if kept else "above")
        said.append(
            f"{_capital(NAMES[which])} over the declared set: {_number(worst)} ({at}), {held} the level of "
            f"{level(plan):g}{'' if kept else ': the rule does not keep its level over the declared set'}."
        )
    for p in made["power"]:
        active = f" in {p['values']['active']:g} active" if "active" in p["values"] else ""
        said.append(f"Power at an effect of {p['effect']:g}{active}: {_number(p)}.")
    if made["assurance"] is not None:
        said.append(f"Assurance over the prior of the effect: {_number(made['assurance'])}.")
    return said


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _number(m: Mapping[str, Any]) -> str:
    if m["exact"]:
        return f"{m['value']:.4f} (exact)"
    return f"{m['value']:.4f} (Monte Carlo SE {m['mc_se']:.2g}, {m['replicates']:,} replicates)"


FIRST_AXIS = {
    "external_control": "tau_c",
    "own_control_biomarker": "rho",
    "own_control_counts": "rho",
    "randomised_start": "rho",
    "multiple_baseline": "rho",
    "single_arm_binary": "control_rate",
    "basket": "control_rate",
}
LABELS = {
    "tau_c": "true SD of the shift between cohort and treated, tau_c (SD)",
    "rho": "autocorrelation rho",
    "control_rate": "true response rate without treatment",
}


def figures(oc: OperatingCharacteristics) -> list[Figure]:
    """Type I error along the design's first assumption, and power along the effect, by number of patients."""
    plan = oc.plan
    axis = FIRST_AXIS[plan.design.kind]
    metric = "family_wise_error" if plan.design.kind == "basket" else "type_i_error"
    made = []
    errors = _along(oc, axis, metric, null=True)
    if errors:
        errors = [{**row, "limit": level(plan)} for row in errors]
        made.append(
            _figure("type_i_error", f"{_capital(NAMES[metric])} by patients", axis, LABELS[axis], errors, NAMES[metric])
        )
    power = [*_along(oc, "effect", "type_i_error", null=True), *_along(oc, "effect", "power", null=False)]
    if power:
        made.append(_figure("power", "Probability of success by effect", "effect", "effect", power, "P(success)"))
    return made


def _along(oc: OperatingCharacteristics, axis: str, metric: str, *, null: bool) -> list[dict[str, Json]]:
    """Rows along one axis with the other assumptions at base, the cohort as planned, the most active baskets."""
    plan = oc.plan
    fixed = {n: v[0] for n, v in _assumed(plan).items() if n != axis}
    for name in ("cohort_patients",):
        if name in axes(plan):
            fixed[name] = getattr(plan.design, name)
    if "active" in axes(plan):
        fixed["active"] = min(axes(plan)["active"]) if metric == "family_wise_error" else max(axes(plan)["active"])
    rows: list[dict[str, Json]] = []
    for r in oc.rows:
        if r.measure.metric != metric or r.scenario.prior or no_effect(r.scenario) != null:
            continue
        if null and r.scenario["effect"]:
            continue
        if any(r.scenario[n] != v for n, v in fixed.items()):
            continue
        m = r.measure
        rows.append(
            {
                "at": r.scenario[axis], "value": m.value, "low": max(0.0, m.value - 2 * m.mc_se),
                "high": min(1.0, m.value + 2 * m.mc_se), "patients": f"N = {r.scenario['patients']:g}",
            }
        )  # fmt: skip
    return rows


def _figure(name: str, title: str, axis: str, label: str, rows: list[dict[str, Json]], what: str) -> Figure:
    return Figure(
        name, title,
        f"{what} along {axis}, a line for each number of patients, with two Monte Carlo standard errors to each side"
        f"{'; dashed: the level' if rows[0].get('limit') else ''}.",
        "lines", {"x": "at", "y": "value", "low": "low", "high": "high", "color": "patients", "limit": "limit"},
        tuple(rows),
        {"x": label, "y": what, "color": "patients"},
    )  # fmt: skip
