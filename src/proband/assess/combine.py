"""Several lines, one test: what they say together.

Any line for and any line against is a conflict, shown with both sides. Otherwise a line that decides wins
over lines that do not. Lines read where the rule does not let them decide (`direct_when`) stay indirect,
whatever they say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from proband.assess.shapes import Outcome, consistent_across, covers, line_outcome, ordered
from proband.core.criterion import Test
from proband.core.evidence import Evidence, Members
from proband.core.finding import Reason, Verdict
from proband.core.quantity import Quantity, QuantityKind

PRECEDENCE = (
    Reason.CONFLICTING,
    Reason.QUALITY,
    Reason.DETECTION_LIMIT_TOO_HIGH,
    Reason.INCOMPLETE,
    Reason.IMPRECISE,
    Reason.INDIRECT,
)
"""Which reason is named when several lines leave a question open for different reasons: what the direct
lines say comes first, so `indirect` means that no line was direct."""

_WORST = {Verdict.CONTRADICTED: 0, Verdict.INSUFFICIENT: 1, Verdict.SUPPORTED: 2}


@dataclass(frozen=True, slots=True)
class Combined:
    """The outcome of all lines (None when none holds what the test asks for), sorted by what they say."""

    outcome: Outcome | None = None
    supporting: tuple[str, ...] = ()
    disputing: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()
    member: str = ""


def combine(
    test: Test, arguments: Mapping[str, object], lines: Sequence[Evidence], declared: Sequence[str] = ()
) -> Combined:
    """What the lines of the needed kinds say together of a test; `declared` are the members that must have a line."""
    if test.shape == "ordered":
        return _ordered(test, arguments, lines)
    if test.shape == "consistent_across":
        return _consistent(test, arguments, lines)
    if test.for_each:
        return _for_each(test, arguments, lines, declared)
    return _pool(test, arguments, lines)


def _pool(test: Test, arguments: Mapping[str, object], lines: Sequence[Evidence]) -> Combined:
    said: list[tuple[Evidence, Outcome]] = []
    silent: list[Evidence] = []
    joined = _joined(test, arguments, lines)
    for line in lines:
        outcome = joined.get(line.id) or _directed(test, line, _outcome(test, arguments, line))
        if outcome is None:
            silent.append(line)
        else:
            said.append((line, outcome))
    by = {v: [(e, o) for e, o in said if o.verdict is v] for v in _WORST}
    for_, against, open_ = by[Verdict.SUPPORTED], by[Verdict.CONTRADICTED], by[Verdict.INSUFFICIENT]
    sides = (
        tuple(e.id for e, _ in for_),
        tuple(e.id for e, _ in against),
        tuple(e.id for e, _ in open_) + tuple(e.id for e in silent),
    )
    if not said:
        return Combined(None, (), (), sides[2])
    if for_ and against:
        detail = f"{len(for_)} for and {len(against)} against: {for_[0][1].detail}; but {against[0][1].detail}"
        return Combined(Outcome(Verdict.INSUFFICIENT, Reason.CONFLICTING, detail), *sides)
    return Combined(_strongest(for_ or against or open_), *sides)


def _joined(test: Test, arguments: Mapping[str, object], lines: Sequence[Evidence]) -> dict[str, Outcome]:
    """The outcome of "covers" over what the direct lines say together, by line id.

    A line that names few members must not answer for those that another line calls unknown. Lines are joined by
    subject; where all members are asked for, over all subjects, for any line may know of more.
    """
    if test.shape != "covers":
        return {}
    name, required = str(arguments["fact"]), arguments["required"]
    groups: dict[tuple[str, str], list[Evidence]] = {}
    for e in lines:
        if isinstance(e.facts.get(name), Members) and _is_direct(test, e):
            key = ("", "") if required == "all" else (e.subject.type, e.subject.id)
            groups.setdefault(key, []).append(e)
    return {e.id: _covers_together(name, required, group) for group in groups.values() for e in group}


def _covers_together(name: str, required: object, group: Sequence[Evidence]) -> Outcome:
    sets = [m for e in group if isinstance(m := e.facts[name], Members)]
    present, absent = {x for m in sets for x in m.present}, {x for m in sets for x in m.absent}
    clash = sorted(present & absent)
    if clash:
        detail = f"lines differ on {', '.join(clash)}"
        return Outcome(Verdict.INSUFFICIENT, Reason.CONFLICTING, detail)
    named = list(dict.fromkeys(x for m in sets for x in (*m.present, *m.absent, *m.unknown)))
    together = Members(
        tuple(x for x in named if x in present),
        tuple(x for x in named if x in absent),
        tuple(x for x in named if x not in present | absent),
    )
    return covers(together, "all" if required == "all" else [str(x) for x in required])  # type: ignore[attr-defined]


def _strongest(said: Sequence[tuple[Evidence, Outcome]]) -> Outcome:
    """The outcome to print of lines that say the same: by reason, then the most certain one."""

    def rank(outcome: Outcome) -> tuple[int, bool, float]:
        reason = PRECEDENCE.index(outcome.reason) if outcome.reason in PRECEDENCE else 0
        certainty = -1.0 if outcome.probability is None else abs(outcome.probability - 0.5)
        return reason, not outcome.answers, -certainty

    strongest = min((o for _, o in said), key=rank)
    if strongest.reason is Reason.INDIRECT and len(said) > 1:
        return replace(strongest, detail=f"{strongest.detail} ({len(said)} lines, none of them direct)")
    return strongest


def _outcome(test: Test, arguments: Mapping[str, object], line: Evidence) -> Outcome | None:
    """One line against the test; a threshold that is another quantity of the same line is filled in."""
    threshold = arguments.get("threshold")
    if isinstance(threshold, Mapping):
        other = line.quantities.get(str(threshold["quantity"]))
        if other is None:
            return None
        value = _as_threshold(other)
        if value is None:
            between = f": {other.low:g} to {other.high:g}" if other.low is not None and other.high is not None else ""
            name = str(threshold["quantity"]).replace("_", " ")
            detail = f"what it is held against ({name}) is not known exactly{between}"
            return Outcome(Verdict.INSUFFICIENT, Reason.IMPRECISE, detail)
        arguments = {**arguments, "threshold": value}
    return line_outcome(test, arguments, line)


def _as_threshold(q: Quantity) -> float | None:
    return q.value if q.kind is QuantityKind.EXACT else None


def _directed(test: Test, line: Evidence, outcome: Outcome | None) -> Outcome | None:
    """The outcome as far as the line may decide: it must have been read where the rule asks for.

    A line that holds no tested number but was read elsewhere (a marker in a fluid, say) is indirect too:
    somebody looked, and could not tell.
    """
    for fact, allowed in test.direct_when.items():
        stated = line.facts.get(fact)
        if isinstance(stated, str) and stated in allowed:
            continue
        if outcome is None and stated is None:
            return None
        shown = str(stated).replace("_", " ") if stated is not None else "not stated"
        wanted = " or ".join(a.replace("_", " ") for a in allowed)
        said = f"{outcome.detail}; but " if outcome else ""
        detail = f"{said}{fact.replace('_', ' ')} is {shown}, and only {wanted} can decide"
        return Outcome(Verdict.INSUFFICIENT, Reason.INDIRECT, detail, answers=outcome is not None)
    return outcome


def _for_each(
    test: Test, arguments: Mapping[str, object], lines: Sequence[Evidence], declared: Sequence[str]
) -> Combined:
    """The test for every member; the worst is reported with its name. A declared member without a line keeps it open.

    Lines about something else than a member are held to the test like a member of their own: none is left out.
    """
    groups: dict[tuple[bool, str, str], list[Evidence]] = {}
    for e in lines:
        groups.setdefault((e.subject.type != test.for_each, e.subject.type, e.subject.id), []).append(e)
    each = {key: _pool(test, arguments, groups[key]) for key in sorted(groups)}
    answered = {key: c for key, c in each.items() if c.outcome is not None}
    for_, against, open_ = (
        tuple(i for c in each.values() for i in getattr(c, side)) for side in ("supporting", "disputing", "neutral")
    )
    if not answered:
        return Combined(None, (), (), open_)
    members = {*(key for key in each if not key[0]), *((False, test.for_each, name) for name in declared)}
    silent = sorted(members - set(answered))
    worst = min(answered, key=lambda key: (_rank(answered[key]), key))
    outcome = answered[worst].outcome
    assert outcome is not None
    if silent and outcome.verdict is Verdict.SUPPORTED:
        detail = f"no result for {test.for_each} {', '.join(key[2] for key in silent)}"
        return Combined(Outcome(Verdict.INSUFFICIENT, Reason.INCOMPLETE, detail), for_, against, open_, silent[0][2])
    prefix = f"{worst[1]} {worst[2]}" + (f", the worst of {len(each)}" if len(each) > 1 else "")
    return Combined(replace(outcome, detail=f"{prefix}: {outcome.detail}"), for_, against, open_, worst[2])


def _rank(c: Combined) -> int:
    return _WORST[c.outcome.verdict] if c.outcome else 1


def _ordered(test: Test, arguments: Mapping[str, object], lines: Sequence[Evidence]) -> Combined:
    """For each subject, the latest 'first' date against the earliest 'then' date of the lines that may decide.

    Dates of one subject are never held against those of another; the worst subject is reported.
    """
    first_name, then_name = str(arguments["first"]), str(arguments["then"])
    groups: dict[tuple[str, str], list[Evidence]] = {}
    for e in lines:
        if {first_name, then_name} & set(e.facts) and _is_direct(test, e):
            groups.setdefault((e.subject.type, e.subject.id), []).append(e)
    ids = tuple(e.id for group in groups.values() for e in group)
    rest = tuple(e.id for e in lines if e.id not in ids)
    if not groups:
        return Combined(None, (), (), rest)
    outcomes = [ordered(*_dates(group, first_name, then_name)) for _, group in sorted(groups.items())]
    return _sided(min(outcomes, key=lambda o: _WORST[o.verdict]), ids, rest)


def _dates(group: Sequence[Evidence], first_name: str, then_name: str) -> tuple[date | None, date | None]:
    first = [d for e in group if isinstance(d := e.facts.get(first_name), date)]
    then = [d for e in group if isinstance(d := e.facts.get(then_name), date)]
    return max(first, default=None), min(then, default=None)


def _consistent(test: Test, arguments: Mapping[str, object], lines: Sequence[Evidence]) -> Combined:
    name = arguments["quantity"]
    held = [e for e in lines if isinstance(name, str) and name in e.quantities and _is_direct(test, e)]
    rest = tuple(e.id for e in lines if e not in held)
    if not held:
        return Combined(None, (), (), rest)
    members = {f"{e.subject.id} ({e.id[:8]})": e.quantities[str(name)] for e in held}
    margin = arguments["margin"]
    assert isinstance(margin, (int, float))
    return _sided(consistent_across(members, margin, test.confidence or 0.95), tuple(e.id for e in held), rest)


def _is_direct(test: Test, line: Evidence) -> bool:
    """Whether a line was read where the rule lets it decide."""
    return all(line.facts.get(fact) in allowed for fact, allowed in test.direct_when.items())


def _sided(outcome: Outcome, ids: tuple[str, ...], rest: tuple[str, ...]) -> Combined:
    if outcome.verdict is Verdict.SUPPORTED:
        return Combined(outcome, supporting=ids, neutral=rest)
    if outcome.verdict is Verdict.CONTRADICTED:
        return Combined(outcome, disputing=ids, neutral=rest)
    return Combined(outcome, neutral=ids + rest)
