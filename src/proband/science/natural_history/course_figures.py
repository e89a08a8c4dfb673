"""Figures of one patient against untreated people: the fan of the untreated prediction, and rarity against tau_c.

Cannot see: whether a reader takes the band for what treated people do; its title says whose it is.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from proband.core.evidence import Column, Figure, Table
from proband.core.provenance import Json, digest
from proband.science.clinical.records import ClinicalRecord
from proband.science.natural_history.course_comparison import Cohort, Compared
from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.rarity import RARE, rarity
from proband.science.natural_history.same_schedule import calendar, on_clock
from proband.science.stats.mixed_predict import predict

Rows = list[Mapping[str, Json]]
_BAND = (0.05, 0.25, 0.5, 0.75, 0.95)
_CURVE = tuple(round(0.1 * k, 1) for k in range(21))


def fan_figure(cohort: Cohort, made: Compared, record: ClinicalRecord) -> Figure:
    """The untreated prediction for this baseline as a band, all values of the patient, doses and care below."""
    own, name = made.own, made.own.subject.id
    rows: Rows = [*_band(cohort, made)]
    before, after = used_days(cohort, made)
    words = {**dict.fromkeys(before, "baseline"), **dict.fromkeys(after, "outcome")}
    for day, value in zip(own.days, own.values, strict=True):
        rows.append({"day": day, "value": _short(value), "kind": words.get(day, "not compared")})
    lanes, said = _lanes(record, name, own.days[-1])
    rows += lanes
    what = f"{cohort.asked.parameter} of {name} over what is predicted without treatment for this baseline"
    return Figure(
        name=f"untreated-fan-{name}",
        title=what,
        alt=f"{what}: band of 50 and 90 % of untreated people with this baseline; values as points; {said}.",
        chart="fan",
        encoding={
            "x": "day", "y": "value", "color": "kind", "low": "p05", "high": "p95", "inner_low": "p25",
            "inner_high": "p75", "middle": "p50", "lane": "lane", "start": "start", "end": "end", "label": "label",
        },
        rows=tuple(rows),
        labels={"x": "day", "y": f"{cohort.asked.parameter} ({cohort.series.unit})"},
    )  # fmt: skip


def _band(cohort: Cohort, made: Compared) -> Rows:
    """Quantiles of single values by day, from the index to the last value or the end of the window."""
    last = max(made.patient.later_times[-1], made.patient.times[-1] + 0.01)
    times = np.linspace(made.patient.times[-1], last, 15)[1:]
    seen = predict(cohort.model.post, made.patient.times, made.patient.values, times)
    rows: Rows = []
    for j, t in enumerate(times):
        q = seen.linear(np.eye(times.size)[j]).quantile(_BAND)
        q = np.exp(q) if cohort.series.logarithm else q
        day = round(calendar(made.own, float(t), cohort.series), 1)
        rows.append({"day": day, **{f"p{round(100 * p):02d}": _short(v) for p, v in zip(_BAND, q, strict=True)}})
    return rows


def _lanes(record: ClinicalRecord, subject: str, last: float) -> tuple[Rows, str]:
    """Doses as marks, care as bars from each change to the next, in the order of the tables."""
    rows: Rows = []
    doses = [d for d in record.doses if d.subject == subject and d.amount != 0]
    for d in doses:
        amount = "given" if d.amount is None else f"{d.amount:g} {d.unit}"
        rows.append({"lane": d.product, "start": d.day, "label": amount})
    names = [name for who, name in sorted(record.care) if who == subject]
    for name in names:
        care = record.care[subject, name]
        stops = [*(r.day for r in care.rows[1:]), min(care.until, last)]
        for r, stop in zip(care.rows, stops, strict=True):
            end = min(stop if r.end is None else r.end, last)
            if r.given is not False and r.day < end:
                level = r.text if r.level is None else f"{r.level:g} {care.unit}"
                rows.append({"lane": name, "start": r.day, "end": end, "label": level or "given"})
    days = ", ".join(f"{d.day:g}" for d in doses) or "none"
    return rows, f"doses on days {days}; care: {', '.join(names) or 'none recorded'}"


def tau_figure(cohort: Cohort, made: Compared) -> Figure:
    """Rarity with its 90 % interval against tau_c, and the rank without a model among near untreated people."""
    name = made.own.subject.id
    found = rarity(cohort.model.post, made.patient, cohort.schedule, unit=cohort.unit, shifts=_CURVE)
    rows: Rows = []
    if not isinstance(found, NoAnswer):
        for a in found.at:
            assert a.posterior is not None
            low, high = a.posterior.interval(0.9) or (a.probability, a.probability)
            row = {"tau_c": a.shift, "rarity": _short(a.probability), "low": _short(low), "high": _short(high)}
            rows.append({**row, "how": "model", "rare": RARE})
    rank = made.answer.near_rank if not isinstance(made.answer.near_rank, NoAnswer) else made.answer.rank
    if not isinstance(rank, NoAnswer):
        rows += [{"tau_c": t, "rarity": _short(rank.p), "how": "rank, no model"} for t in (_CURVE[0], _CURVE[-1])]
    tipping = "beyond 2" if made.answer.tipping is None or made.answer.tipping > 2 else f"{made.answer.tipping:.2g}"
    return Figure(
        name=f"rarity-tau-{name}",
        title=f"How rare the course of {name} is without treatment, against likeness of the cohort",
        alt=f"Rarity rises with tau_c and reaches {RARE:g} at tau_c {tipping}; the line is {RARE:g}.",
        chart="lines",
        encoding={"x": "tau_c", "y": "rarity", "low": "low", "high": "high", "color": "how", "limit": "rare"},
        rows=tuple(rows),
        labels={"x": "tau_c (SD of the prediction)", "y": "P(untreated does as well)"},
    )


def tau_table(made: Compared) -> Table:
    """Rarity at every tau_c, with the upper limit over the parameters."""
    columns = (
        Column("tau_c", "1", "standard deviation of the comparability term, in those of the prediction"),
        Column("rarity", "1", "probability that an untreated person with this baseline does at least as well"),
        Column("upper", "1", "its 95 % upper limit over the parameters of the model"),
    )
    rows = tuple((f"{a.shift:g}", f"{a.probability:.4g}", f"{a.upper or a.probability:.4g}") for a in made.answer.at)
    name = f"rarity-{made.own.subject.id}"
    return Table(name, "Rarity against comparability", columns, len(rows), digest(rows), "", rows)


def used_days(cohort: Cohort, made: Compared) -> tuple[list[float], list[float]]:
    """The patient's days that are compared: of the baseline, and of the endpoint's window."""
    own = made.own
    after = [i for i in own.taken() if own.days[i] > own.index]
    since, _ = on_clock(own, cohort.series, after)
    inside = cohort.schedule.endpoint.visits(since - made.patient.times[-1])
    before = [own.days[i] for i in own.taken() if own.days[i] <= own.index][-cohort.asked.baseline_visits :]
    return before, [own.days[i] for i, here in zip(after, inside, strict=True) if here]


def _short(x: float) -> float:
    """Four digits: what a picture shows."""
    return float(f"{x:.4g}")
