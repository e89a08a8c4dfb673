"""Which class toxicities a monitoring plan schedules, and its tests, values and crossings as tables and a figure.

A toxicity is scheduled where a test of it has a day on or after a dose. It is not where the plan has none, or tests of
it before the dose alone: the plan was read in full. It stays open where its class depends on a route or modality that
the program does not state, and where a test has no day at all.

Cannot see: whether the tests are the right ones for the toxicity.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from proband.core.evidence import TABLE_PREVIEW_ROWS, Column, Figure, Members, Table
from proband.core.provenance import digest
from proband.science.answers import members
from proband.science.safety.class_toxicities import NOT_IN_TABLE, NOT_STATED, known_of
from proband.science.safety.monitoring_due import Due, Made
from proband.science.safety.monitoring_limits import TestState, told
from proband.science.safety.monitoring_plan import Monitoring, Test

SEEN = {Made.DONE: True, Made.MISSING: False, Made.NOT_TOLD: None}


def scheduled(
    plan: Monitoring, modality: str, delivery: str, first_dose: date | None = None
) -> tuple[Members, dict[str, str]]:
    """Class toxicities by member, and for each the tests or the reason.

    `first_dose`: its date, None where there is none yet or day 0 has no date; a test on dates alone stays open then.

    >>> test = Test(
    ...     id="alt", parameter="alt", toxicity=["liver"], days_from_each_dose=[-1, 7], window=[0, 2], who="ward"
    ... )
    >>> made, why = scheduled(Monitoring(format=1, source="x", test=[test]), "base_editor", "lnp")
    >>> made.present, made.absent, why["liver"]
    (('liver',), ('infusion_reaction',), 'alt')
    """
    wanted = [t.id for t in known_of(modality, delivery)] + [t.id for t in plan.toxicity]
    answers: dict[str, bool | None] = {}
    why: dict[str, str] = {}
    for one in dict.fromkeys(wanted):
        tests = [t for t in plan.test if one in t.toxicity]
        after = [t.id for t in tests if _after(t, first_dose)]
        undated = not after and any(not _days(t) or (t.on and first_dose is None) for t in tests)
        answers[one] = None if undated else bool(after)
        open_ = "a test without a day" if any(not _days(t) for t in tests) else "dates alone, and no date of a dose"
        without = open_ if undated else "before the dose alone" if tests else "no test"
        why[one] = ", ".join(after) or without
    if not delivery or not modality:
        answers[NOT_STATED] = None
        lacking = " and ".join(n for n, x in (("modality", modality), ("route", delivery)) if not x)
        why[NOT_STATED] = f"program.toml states no {lacking}"
    elif not known_of(modality, delivery):
        answers[NOT_IN_TABLE] = None
        why[NOT_IN_TABLE] = f"the table of classes knows none of {modality} by {delivery}"
    return members(answers), why


def _after(test: Test, first_dose: date | None) -> bool:
    dated = first_dose is not None and any(on >= first_dose for on in test.on)
    return any(d >= 0 for d in test.days_from_each_dose) or test.every is not None or dated


def _days(test: Test) -> bool:
    return bool(test.days_from_each_dose) or test.every is not None or bool(test.on)


def kept(tests: Sequence[Due]) -> Members:
    """Tests whose window has closed or that have a value: made, missing (absent), or not told."""
    return members({d.name: SEEN[d.made] for d in tests if d.made in SEEN})


def within(found: Sequence[TestState]) -> Members:
    """Tests with limits: within them, beyond (absent), or not known."""
    return members({f"{s.subject}: {s.test}": s.within for s in found})


def days_told(test: Test) -> str:
    """The days of a test in words.

    >>> days_told(Test(id="a", parameter="a", toxicity=["liver"], days_from_each_dose=[1, 7], window=[0, 0], who="x"))
    'days 1, 7 from each dose'
    """
    said = []
    if test.days_from_each_dose:
        said.append(f"days {', '.join(map(str, test.days_from_each_dose))} from each dose")
    if test.every is not None:
        e = test.every
        said.append(f"every {e.days} days from day {e.from_day} to {e.until_day} after the last dose")
    if test.on:
        said.append(f"on {', '.join(d.isoformat() for d in test.on)}")
    return "; ".join(said) or "no day stated"


def _table(name: str, title: str, columns: Sequence[tuple[str, str, str]], rows: Sequence[tuple[str, ...]]) -> Table:
    held = tuple(rows)
    return Table(
        name, title, tuple(Column(*c) for c in columns), len(held), digest(held), "", held[:TABLE_PREVIEW_ROWS]
    )


def plan_table(plan: Monitoring) -> Table:
    """The tests of the plan: what they look for, when, within which limits, what is done, by whom."""
    columns = (
        ("test", "", "Name in the plan"), ("looks for", "", "Toxicities"), ("days", "", "When"),
        ("window", "d", "Days before and after in which a value counts"),
        ("limits and action", "", "As the plan states them"), ("who", "", "Who does it"),
    )  # fmt: skip
    rows = [
        (
            t.id, ", ".join(t.toxicity).replace("_", " "), days_told(t), f"{t.window[0]} to {t.window[1]}",
            "; ".join(f"{told(x)}: {x.action}" for x in t.limit) or f"none: {t.no_limit_because}", t.who,
        )
        for t in plan.test
    ]  # fmt: skip
    return _table("monitoring plan", "Tests for class toxicities, as planned", columns, rows)


def due_table(tests: Sequence[Due]) -> Table:
    """Tests that were due, and which were made."""
    columns = (
        ("subject", "", "Pseudonym"), ("test", "", "Name in the plan"), ("after", "", "What the day is counted from"),
        ("due on day", "d", "Day of the program's tables"), ("window", "d", "First and last day that count"),
        ("made", "", "done, missing, window open, to come, or not told"), ("rows", "", "Where the values stand"),
    )  # fmt: skip
    rows = [
        (
            d.subject, d.test, d.after, f"{d.day:g}", f"{d.low:g} to {d.high:g}", d.made.replace("_", " "),
            "; ".join(r.row for r in d.rows),
        )
        for d in tests
    ]  # fmt: skip
    return _table("tests due", "Tests that were due, and what became of them", columns, rows)


def crossings_table(found: Sequence[TestState]) -> Table:
    """Values beyond a limit, and those that may be."""
    columns = (
        ("subject", "", "Pseudonym"), ("test", "", "Name in the plan"), ("day", "d", "Day of the program's tables"),
        ("since", "", "Days since which dose"), ("value", "", "As measured"), ("limit", "", "As the plan states it"),
        ("beyond", "", "yes, or cannot tell and why"),
        ("action stated", "", "By the plan; whether it was done is not known"), ("row", "", "Where the value stands"),
    )  # fmt: skip
    rows = [
        (
            c.subject, c.test, f"{c.day:g}", c.after_dose, c.value, c.limit,
            "yes" if c.certain else f"cannot tell: {c.because}", c.action, c.row,
        )
        for s in found for c in s.crossings
    ]  # fmt: skip
    return _table("limits crossed", "Values beyond a limit of the plan", columns, rows)


def figure(tests: Sequence[Due], doses: dict[str, tuple[float, ...]]) -> Figure | None:
    """Tests by day, a lane for each, and doses; None where nothing is due."""
    if not tests:
        return None
    several = len({d.subject for d in tests}) > 1
    rows: list[dict[str, str | float]] = [
        {"lane": f"{s}: doses" if several else "doses", "start": day, "row": "dose"}
        for s, held in doses.items()
        for day in held
    ]
    rows += [
        {"lane": f"{d.subject}: {d.test}" if several else d.test, "start": d.day, "row": d.made.replace("_", " ")}
        for d in tests
    ]
    counts = {m: sum(d.made is m for d in tests) for m in Made}
    said = ", ".join(f"{n} {m.replace('_', ' ')}" for m, n in counts.items() if n)
    return Figure(
        name="monitoring", title="Tests for class toxicities by day", chart="timeline",
        alt=f"{len(tests)} tests that are due by day: {said}.",
        encoding={"lane": "lane", "start": "start", "color": "row"}, rows=tuple(rows),
        labels={"start": "day of the program's tables"},
    )  # fmt: skip
