"""``plan/follow_up.toml``: how long, which visits with which items, who holds and pays for it. Read strictly.

Visits are counted in days, months or years from the first or the last dose; items say what they look for, under which
names values stand in ``clinical/``, and how much blood they take. All faults are told at once.

Cannot see: whether the visits will be kept and the money is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml, shown
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.science.follow_up.calendar_dates import FIRST, LAST
from proband.science.follow_up.terms import terms
from proband.science.safety.monitoring_plan import Blood, volume_fault
from proband.science.trial.plan_parts import Id, Line, NotNegative, Positive

FILE = "plan/follow_up.toml"
MOST_YEARS = 100
MOST_VISITS = 2_000
"""Items over all visits of a patient."""
LOOKS_FOR = (
    "off_target_effects", "cancer", "durability", "delayed_events", "height", "weight", "milestones", "other",
)  # fmt: skip
"""What an item may look for."""
CONTROLS = ("validation", "audit_trail", "access_control", "copies_for_inspection", "retention", "training")
"""Controls of a system by topic: 21 CFR 11.10 (a), (e), (d), (b), (c), (i), as recalled."""
METRICS = ("completeness", "linkage", "validity")
NONE = "none"

Offset = Annotated[int, Field(ge=0, le=36_600)]
Offsets = Annotated[list[Offset], Field(max_length=400)]


class Source(Strict):
    """The document behind the plan, and its date: it stands in the calendar instead of a clock."""

    document: Line
    on: date


class Item(Strict):
    """One thing done at visits. `parameter`: its names in ``clinical/``; `how`: for whoever does it."""

    id: Id
    looks_for: Annotated[
        list[
            Literal[
                "off_target_effects",
                "cancer",
                "durability",
                "delayed_events",
                "height",
                "weight",
                "milestones",
                "other",
            ]
        ],
        Field(min_length=1, max_length=8),
    ]
    parameter: Annotated[list[Line], Field(max_length=20)] = []
    how: Line
    who: Line
    blood: Blood | None = None


class Visit(Strict):
    """Visits of one form: an examination or a contact, at offsets in exactly one of days, months and years.

    `window`: days before and after. `items`: what is done at each of them.
    """

    id: Id
    kind: Literal["examination", "contact"]
    days: Offsets = []
    months: Offsets = []
    years: Offsets = []
    window: Annotated[list[int], Field(min_length=2, max_length=2)]
    items: Annotated[list[Id], Field(max_length=100)]


class Custody(Strict):
    """Who holds the data, who pays until when, who takes over if the sponsor leaves; "none" says that nobody does."""

    holder_of_data: Line | None = None
    funding: Line | None = None
    funded_until: date | None = None
    successor: Line | None = None


class Registry(Strict):
    """The register to which durability and late events are linked."""

    name: Line
    identifier: Line
    link: Line


class Reporting(Strict):
    """Dates from which reports are counted."""

    ind_in_effect_on: date


class Share(Strict):
    """A count over a count; `not_measured` where nobody counted."""

    found: Annotated[int, Field(ge=0, le=10**9)] | None = None
    of: Annotated[int, Field(ge=1, le=10**9)] | None = None
    not_measured: Literal[True] | None = None
    how: Line


class DataSource(Strict):
    """A source of follow-up data and what was measured of it."""

    name: Line
    completeness: Share | None = None
    linkage: Share | None = None
    validity: Share | None = None


class System(Strict):
    """A system that holds follow-up data: for each control the document that shows it, or "none"."""

    name: Line
    validation: Line | None = None
    audit_trail: Line | None = None
    access_control: Line | None = None
    copies_for_inspection: Line | None = None
    retention: Line | None = None
    training: Line | None = None


class BloodRule(Strict):
    """Limits on draws: a row of the table of limits, or percentages of one's own with the reason."""

    limits: Line | None = None
    single_percent: Positive | None = None
    window_percent: Positive | None = None
    window_days: Annotated[int, Field(ge=1, le=366)] | None = None
    because: Line | None = None
    ml_per_kg: Positive | None = None


class ExpectedWeight(Strict):
    """A weight expected at an age, for one patient, with where it comes from."""

    patient: Id
    age_months: NotNegative
    kg: Positive
    source: Line


class Growth(Strict):
    """Names of growth in ``clinical/``: measured ones, those already standardised for age, and of milestones."""

    height: Line | None = None
    weight: Line | None = None
    height_for_age: Line | None = None
    weight_for_age: Line | None = None
    milestones: Annotated[list[Line], Field(max_length=50)] = []


class FollowUp(Strict):
    """The whole plan. Exactly one of `years` and `end_on`; `shorter_because`: why the term is shorter than usual."""

    format: Literal[1]
    product_class: Literal["integrating_vector", "genome_editing", "aav", "oligonucleotide", "other"]
    counts_from: Literal["first_dose", "last_dose"]
    years: Annotated[int, Field(ge=1, le=MOST_YEARS)] | None = None
    end_on: date | None = None
    shorter_because: Line | None = None
    source: Source
    item: Annotated[list[Item], Field(max_length=200)] = []
    visit: Annotated[list[Visit], Field(max_length=200)] = []
    custody: Custody | None = None
    registry: Registry | None = None
    reporting: Reporting | None = None
    data_source: Annotated[list[DataSource], Field(max_length=50)] = []
    system: Annotated[list[System], Field(max_length=50)] = []
    blood: BloodRule | None = None
    expected_weight: Annotated[list[ExpectedWeight], Field(max_length=1_000)] = []
    growth: Growth | None = None


def read_follow_up(path: Path, name: str, problems: list[Problem]) -> FollowUp | None:
    """The plan, or None with every fault added. Loads no numerical library."""
    before = len(problems)
    raw = read_toml(path, name, problems)
    if raw is None:
        return None
    plan = parse(FollowUp, raw, name, "", problems)
    if plan is not None:
        problems.extend(Problem(name, *fault) for fault in (*_whole(plan), *_visits(plan), *_numbers(plan)))
    return plan if plan is not None and len(problems) == before else None


Fault = tuple[str, str, str, str]


def _whole(plan: FollowUp) -> Iterator[Fault]:
    if (plan.years is None) == (plan.end_on is None):
        found = "both" if plan.years is not None else "neither"
        yield "keys years, end_on", found, "exactly one of them", "state the term, or the date on which it ends"
    asked = terms()[plan.product_class].years
    if plan.years is not None and asked is not None and plan.years >= asked and plan.shorter_because is not None:
        yield "key shorter_because", "a reason", f"none: {plan.years} years are not shorter than {asked}", "remove it"
    dates = [("end_on", plan.end_on), ("source.on", plan.source.on)]
    dates += [("custody.funded_until", plan.custody.funded_until)] if plan.custody is not None else []
    dates += [("reporting.ind_in_effect_on", plan.reporting.ind_in_effect_on)] if plan.reporting is not None else []
    for key, on in dates:
        if on is not None and not FIRST <= on <= LAST:
            yield f"key {key}", on.isoformat(), f"a date from {FIRST} to {LAST}", "correct the date"
    for what, ids in (
        ("item", [i.id for i in plan.item]), ("visit", [v.id for v in plan.visit]),
        ("data_source", [s.name for s in plan.data_source]), ("system", [s.name for s in plan.system]),
    ):  # fmt: skip
        for twice in sorted({i for i in ids if ids.count(i) > 1}):
            yield f"{what} {twice}", "a name used twice", "each name once", "rename one"
    for item in plan.item:
        if item.blood is not None:
            yield from ((f"item {item.id}, key blood", *rest) for rest in volume_fault(item.blood))


def _visits(plan: FollowUp) -> Iterator[Fault]:
    known = [i.id for i in plan.item]
    total = 0
    for v in plan.visit:
        at = f"visit {v.id}"
        given = [k for k in ("days", "months", "years") if getattr(v, k)]
        if len(given) != 1:
            yield at, ", ".join(given) or "no offset", "exactly one of days, months, years", "keep one of them"
            continue
        offsets = getattr(v, given[0])
        total += len(offsets) * max(1, len(v.items))
        most = {"days": 36_600, "months": 1_200, "years": MOST_YEARS}[given[0]]
        if any(a >= b for a, b in pairwise(offsets)):
            yield f"{at}, key {given[0]}", shown(offsets), "numbers that rise, each once", "put them in order"
        if any(o > most for o in offsets):
            yield f"{at}, key {given[0]}", shown(offsets), f"at most {most}", "correct it"
        low, high = v.window
        if not -400 <= low <= 0 <= high <= 400:
            yield f"{at}, key window", shown(v.window), "days before (-400 to 0) and after (0 to 400)", "[-30, 30]"
        for one in v.items:
            if one not in known:
                yield (
                    f"{at}, key items",
                    one,
                    "an id of [[item]]",
                    nearest(one, tuple(known)) if known else "describe it",
                )
        for twice in sorted({i for i in v.items if v.items.count(i) > 1}):
            yield f"{at}, key items", f"{twice} twice", "each once", "remove one"
    if total > MOST_VISITS:
        yield "visits", f"{total:,} items of visits", f"at most {MOST_VISITS:,}", "plan fewer visits or items"


def _numbers(plan: FollowUp) -> Iterator[Fault]:
    for s in plan.data_source:
        for metric in METRICS:
            share: Share | None = getattr(s, metric)
            if share is not None:
                yield from ((f"data_source {s.name[:60]}, key {metric}", *rest) for rest in _share(share))
    if plan.blood is not None:
        yield from _blood(plan.blood)
    weights = [(w.patient, w.age_months) for w in plan.expected_weight]
    for who, months in sorted({w for w in weights if weights.count(w) > 1}):
        yield f"expected_weight of {who}", f"two at {months:g} months", "one at each age", "remove one"
    for w in plan.expected_weight:
        if w.kg > 300 or w.age_months > 1_200:
            yield f"expected_weight of {w.patient}", f"{w.kg:g} kg at {w.age_months:g} months", "a weight", "correct it"


def _share(share: Share) -> Iterator[tuple[str, str, str]]:
    counted = share.found is not None and share.of is not None
    if (share.found is None) != (share.of is None) or counted == (share.not_measured is True):
        found = "counts and not_measured" if counted else "no two counts"
        yield found, "found and of, or not_measured", "give both counts, or say that nobody counted"
    elif counted and (share.found or 0) > (share.of or 0):
        yield f"{share.found} of {share.of}", "not more found than there are", "correct the counts"


OWN_LIMITS = ("single_percent", "window_percent", "window_days", "because")


def _blood(b: BloodRule) -> Iterator[Fault]:
    from proband.science.follow_up.blood import limits

    missing = [k for k in OWN_LIMITS if getattr(b, k) is None]
    if b.limits is not None and len(missing) < len(OWN_LIMITS):
        yield "key blood", "a row of the table and own limits", "one of both", "keep one"
    elif b.limits is None and missing:
        remedy = "add them, or name a row of the table by limits"
        yield "key blood", f"no {', '.join(missing)}", "all four for limits of one's own", remedy
    if b.limits is not None and b.limits not in limits():
        yield "key blood.limits", b.limits, "a row of the table of limits", nearest(b.limits, tuple(limits()))
    for key in ("single_percent", "window_percent"):
        if (getattr(b, key) or 0) > 100:
            yield f"key blood.{key}", f"{getattr(b, key):g}", "a percentage of blood volume", "correct it"
    if b.ml_per_kg is not None and not 40 <= b.ml_per_kg <= 120:
        yield "key blood.ml_per_kg", f"{b.ml_per_kg:g}", "40 to 120 mL/kg", "correct it"
