"""The closed list of test shapes: how one line of evidence answers a test.

A shape takes the lines of a criterion and returns an `Outcome` for each; `assess` combines them. A rule
author can not invent a shape, and an analysis does not decide a criterion by emitting a private yes or no.

For "at least t at confidence c": p is the probability, under the stated model, that the quantity is at
least t. p >= c supports, p <= 1 - c contradicts, between is insufficient (imprecise). At grid confidences
this is decided by comparing one stored quantile, so it is exactly the verdict of the full posterior.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from proband.core.criterion import Test
from proband.core.evidence import Evidence, Members
from proband.core.finding import Reason, Verdict
from proband.core.quantity import GRID, Quantity, QuantityKind

YES, NO, OPEN = Verdict.SUPPORTED, Verdict.CONTRADICTED, Verdict.INSUFFICIENT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one line says of a test: verdict (supported, contradicted or insufficient), reason, sentence.

    `answers` is False for a line that bears on the question but does not hold what the test asks for.
    """

    verdict: Verdict
    reason: Reason
    detail: str
    probability: float | None = None
    answers: bool = True


@dataclass(frozen=True, slots=True)
class Signature:
    """Arguments of a shape, whether it needs a confidence, and the outcomes its cases must cover."""

    required: frozenset[str]
    optional: frozenset[str]
    confidence: bool
    gives: tuple[str, ...]


_ALL = ("supported", "contradicted", "insufficient")
_LIMIT = frozenset({"threshold", "threshold_by", "sponsor_sets"})
SIGNATURES: Mapping[str, Signature] = {
    "at_least": Signature(frozenset({"quantity", "unit"}), _LIMIT, True, _ALL),
    "at_most": Signature(frozenset({"quantity", "unit"}), _LIMIT, True, _ALL),
    "within": Signature(frozenset({"quantity", "unit", "low", "high"}), frozenset(), True, _ALL),
    "differs_from": Signature(frozenset({"quantity", "unit", "value", "margin"}), frozenset(), True, _ALL),
    "equivalent_to": Signature(frozenset({"quantity", "unit", "value", "margin"}), frozenset(), True, _ALL),
    "present": Signature(frozenset({"fact"}), frozenset({"values", "absent_values"}), False, ("supported",)),
    "covers": Signature(frozenset({"fact", "required"}), frozenset(), False, _ALL),
    "ordered": Signature(frozenset({"first", "then"}), frozenset(), False, _ALL),
    "matches": Signature(frozenset({"fact", "table"}), frozenset(), False, ("supported",)),
    "consistent_across": Signature(frozenset({"quantity", "unit", "margin"}), frozenset(), True, _ALL),
    "all_of": Signature(frozenset({"criteria"}), frozenset(), False, ()),
    "any_of": Signature(frozenset({"criteria"}), frozenset(), False, ()),
    "person": Signature(frozenset(), frozenset(), False, ()),
}
COMPOSITE = frozenset({"all_of", "any_of"})


def number(x: float) -> str:
    """A number for people: up to four significant digits, never in exponent form when it is of usual size.

    >>> number(0.6078431), number(1488.0), number(0.00004)
    ('0.6078', '1488', '4e-05')
    """
    return f"{x:.0f}" if x == int(x) and abs(x) < 1e9 else f"{x:.4g}"


def measure(x: float, unit: str) -> str:
    """A number with its unit; pure numbers stand alone.

    >>> measure(0.99, "ratio"), measure(73, "nm")
    ('0.99', '73 nm')
    """
    return number(x) if unit in ("ratio", "fraction", "count") else f"{number(x)} {unit}"


def at_least(q: Quantity, t: float, c: float) -> Outcome:
    """Whether the quantity is at least `t` at confidence `c`.

    >>> at_least(Quantity.exact(3, "count"), 2, 0.95).verdict
    <Verdict.SUPPORTED: 'supported'>
    """
    return _one_sided(q, t, c, upper=False)


def at_most(q: Quantity, t: float, c: float) -> Outcome:
    """Whether the quantity is at most `t` at confidence `c`.

    >>> at_most(Quantity.bound(0.0015, "fraction", side="upper", level=0.95), 0.01, 0.95).verdict
    <Verdict.SUPPORTED: 'supported'>
    """
    return _one_sided(q, t, c, upper=True)


def _one_sided(q: Quantity, t: float, c: float, *, upper: bool) -> Outcome:
    words = f"at {'most' if upper else 'least'} {measure(t, q.unit)}"
    if q.kind is QuantityKind.POSTERIOR:
        least, most = q.cdf(t)
        p = (least, most) if upper else (1 - most, 1 - least)
        beyond_low, beyond_high = q.quantile(1 - c) >= t, q.quantile(c) <= t
        yes, no = (beyond_high, beyond_low) if upper else (beyond_low, beyond_high)
        return _by_probability(yes, no, p, c, words)
    if q.kind is QuantityKind.EXACT:
        assert q.value is not None
        yes = q.value <= t if upper else q.value >= t
        said = f"{measure(q.value, q.unit)} is {'' if yes else 'not '}{words}"
        return Outcome(YES if yes else NO, Reason.NONE, said)
    if q.kind is QuantityKind.BOUND:
        return _bound(q, t, c, upper, words)
    return _no_probability(q)


def _bound(q: Quantity, t: float, c: float, upper: bool, words: str) -> Outcome:
    assert q.limit is not None
    assert q.level is not None
    side = "below" if q.side == "upper" else "above"
    said = f"the number lies {side} {measure(q.limit, q.unit)} at level {number(q.level)}"
    right_side = (q.side == "upper") == upper
    within = q.limit <= t if upper else q.limit >= t
    if right_side and within and q.level >= c:
        return Outcome(YES, Reason.NONE, f"{said}, so it is {words}")
    if right_side and not within:
        return Outcome(OPEN, Reason.DETECTION_LIMIT_TOO_HIGH, f"{said}, which does not settle {words}")
    return Outcome(OPEN, Reason.IMPRECISE, f"{said}; a one-sided limit can not settle {words} here")


def _by_probability(yes: bool, no: bool, p: tuple[float, float], c: float, words: str) -> Outcome:
    """The outcome of a probability statement; `p` is its least and greatest value over a pair of distributions."""
    least, most = round(max(0.0, min(p)), 4), round(min(1.0, max(p)), 4)
    if yes and not no:
        return Outcome(YES, Reason.NONE, f"{words} with {chance(least)}, asked for {c:g}", least)
    if no and not yes:
        return Outcome(NO, Reason.NONE, f"{words} with {chance(most)}, asked for {c:g}", most)
    if most - least > 1e-9:
        detail = f"{words} with probability between {least:.4g} and {most:.4g}, asked for {c:g}"
        return Outcome(OPEN, Reason.IMPRECISE, detail)
    return Outcome(OPEN, Reason.IMPRECISE, f"{words} with {chance(least)}, between {1 - c:.4g} and {c:g}", least)


def chance(p: float) -> str:
    """A probability in words; beyond the stored grid it is a bound, never 0 or 1.

    >>> chance(0.57), chance(1.0)
    ('probability 0.57', 'probability above 0.9999')
    """
    if p > GRID[-1]:
        return f"probability above {GRID[-1]:g}"
    return f"probability below {GRID[0]:g}" if p < GRID[0] else f"probability {p:.4g}"


def _no_probability(q: Quantity) -> Outcome:
    shown = measure(q.value, q.unit) if q.value is not None else "a value"
    if q.kind is QuantityKind.CONFIDENCE:
        why = "a confidence interval is not read as a probability without a declared model"
    elif q.low is not None and q.high is not None:
        why = f"its bracket {number(q.low)} to {number(q.high)} defines no probability"
    else:
        why = "it has no defined interval"
    return Outcome(OPEN, Reason.IMPRECISE, f"{shown}: {why}")


def within(q: Quantity, low: float, high: float, c: float) -> Outcome:
    """Whether the quantity lies from `low` to `high` at confidence `c`.

    >>> within(Quantity.exact(73, "nm"), 60, 100, 0.95).verdict
    <Verdict.SUPPORTED: 'supported'>
    """
    words = f"from {number(low)} to {measure(high, q.unit)}"
    if q.kind is QuantityKind.POSTERIOR:
        (high_least, high_most), (low_least, low_most) = q.cdf_bounds(high), q.cdf_bounds(low)
        surely, at_best = high_least - low_most, high_most - low_least
        p = (q.cdf(high)[0] - q.cdf(low)[1], q.cdf(high)[1] - q.cdf(low)[0])
        return _by_probability(round(surely, 9) >= c, round(at_best, 9) <= round(1 - c, 9), p, c, words)
    if q.kind is QuantityKind.EXACT:
        assert q.value is not None
        yes = low <= q.value <= high
        said = f"{measure(q.value, q.unit)} lies {'' if yes else 'not '}{words}"
        return Outcome(YES if yes else NO, Reason.NONE, said)
    if q.kind is QuantityKind.BOUND:
        return Outcome(OPEN, Reason.IMPRECISE, "a one-sided limit can not settle a two-sided range")
    return _no_probability(q)


def equivalent_to(q: Quantity, value: float, margin: float, c: float) -> Outcome:
    """Whether the quantity lies within `margin` of `value` at confidence `c`.

    >>> equivalent_to(Quantity.exact(1.1, "ratio"), 1.0, 0.05, 0.9).verdict
    <Verdict.CONTRADICTED: 'contradicted'>
    """
    return within(q, value - margin, value + margin, c)


def differs_from(q: Quantity, value: float, margin: float, c: float) -> Outcome:
    """Whether the quantity lies farther than `margin` from `value` at confidence `c`.

    >>> differs_from(Quantity.exact(1.1, "ratio"), 1.0, 0.05, 0.9).verdict
    <Verdict.SUPPORTED: 'supported'>
    """
    low, high = value - margin, value + margin
    words = f"farther than {number(margin)} from {measure(value, q.unit)}"
    if q.kind is QuantityKind.POSTERIOR:
        (high_least, high_most), (low_least, low_most) = q.cdf_bounds(high), q.cdf_bounds(low)
        surely, at_best = 1 - (high_most - low_least), 1 - (high_least - low_most)
        p = (1 - (q.cdf(high)[1] - q.cdf(low)[0]), 1 - (q.cdf(high)[0] - q.cdf(low)[1]))
        return _by_probability(round(surely, 9) >= c, round(at_best, 9) <= round(1 - c, 9), p, c, words)
    same = within(q, low, high, c)
    if same.verdict is OPEN:
        return same
    yes = same.verdict is NO
    return Outcome(YES if yes else NO, Reason.NONE, f"{words}: {'yes' if yes else 'no'}")


def present(fact: object, values: Sequence[str] | None, absent: Sequence[str] | None) -> Outcome:
    """Whether a fact is there, optionally with one of `values`; `absent` names the values that mean no.

    >>> present("none", None, ["none"]).verdict
    <Verdict.CONTRADICTED: 'contradicted'>
    """
    if isinstance(fact, Members):
        return covers(fact, "all")
    text = fact.isoformat() if isinstance(fact, date) else str(fact)
    if absent and text in absent:
        return Outcome(NO, Reason.NONE, f"stated as {text}")
    if values and text not in values:
        return Outcome(OPEN, Reason.INCOMPLETE, f"stated as {text}, asked for {' or '.join(values)}")
    return Outcome(YES, Reason.NONE, f"stated: {text}")


def covers(found: Members, required: Sequence[str] | str) -> Outcome:
    """Whether a required set lies in the set found; what was not looked at stays not known.

    >>> covers(Members(("a",), unknown=("b",)), ["a", "b"]).reason
    <Reason.INCOMPLETE: 'incomplete'>
    """
    wanted = (*found.present, *found.absent, *found.unknown) if required == "all" else tuple(required)
    if not wanted:
        return Outcome(OPEN, Reason.INCOMPLETE, "an empty set covers nothing")
    missing = [m for m in wanted if m in found.absent]
    unknown = [m for m in wanted if m not in found.absent and m not in found.present]
    count = f"{len(wanted) - len(missing) - len(unknown)} of {len(wanted)}"
    if missing:
        also = f"; not known: {_names(unknown)}" if unknown else ""
        return Outcome(NO, Reason.NONE, f"{count}; looked for and not there: {_names(missing)}{also}")
    if unknown:
        return Outcome(OPEN, Reason.INCOMPLETE, f"{count}; not known: {_names(unknown)}")
    return Outcome(YES, Reason.NONE, f"all {len(wanted)}: {_names(wanted)}")


def _names(names: Sequence[str], most: int = 8) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(n.replace("_", " ") for n in names[:most]) + rest


def ordered(first: date | None, then: date | None) -> Outcome:
    """Whether one date lies before another (the same day counts as before).

    >>> ordered(date(2025, 1, 1), date(2025, 2, 1)).verdict
    <Verdict.SUPPORTED: 'supported'>
    """
    if first is None or then is None:
        return Outcome(OPEN, Reason.INCOMPLETE, "one of the two dates is not known")
    yes = first <= then
    return Outcome(YES if yes else NO, Reason.NONE, f"{first} is {'' if yes else 'not '}on or before {then}")


def matches(fact: object, table: Mapping[str, str]) -> Outcome:
    """What a category means by the table that the rule names: values are outcomes.

    >>> matches("animals", {"animals": "insufficient: indirect"}).reason
    <Reason.INDIRECT: 'indirect'>
    """
    says = table.get(str(fact))
    if says is None:
        return Outcome(OPEN, Reason.INCOMPLETE, f"the rule's table says nothing of {fact}")
    verdict, reason = parse_outcome(says)
    return Outcome(verdict, reason, f"stated as {str(fact).replace('_', ' ')}")


def parse_outcome(text: str) -> tuple[Verdict, Reason]:
    """Read ``verdict`` or ``verdict: reason``; raises ``ValueError`` on any other word.

    >>> parse_outcome("insufficient: indirect")
    (<Verdict.INSUFFICIENT: 'insufficient'>, <Reason.INDIRECT: 'indirect'>)
    """
    verdict, _, reason = text.partition(":")
    return Verdict(verdict.strip()), Reason(reason.strip())


def consistent_across(members: Mapping[str, Quantity], margin: float, c: float) -> Outcome:
    """Whether all members lie within `margin` of each other; union bound, so no independence is assumed.

    >>> consistent_across({"a": Quantity.exact(1, "d")}, 1, 0.95).reason
    <Reason.IMPRECISE: 'imprecise'>
    """
    if len(members) < 2:
        return Outcome(OPEN, Reason.IMPRECISE, "one member alone shows no consistency")
    level = 1 - (1 - c) / len(members)
    intervals = {name: q.interval(_grid_level(level)) for name, q in members.items()}
    undefined = [name for name, interval in intervals.items() if interval is None]
    if undefined:
        return Outcome(OPEN, Reason.IMPRECISE, f"no defined interval for {_names(undefined)}")
    known = {name: i for name, i in intervals.items() if i is not None}
    lowest, highest = min(i[0] for i in known.values()), max(i[1] for i in known.values())
    if highest - lowest <= margin:
        return Outcome(YES, Reason.NONE, f"all {len(known)} lie within {number(margin)}")
    gap, above, below = max((a[0] - b[1], x, y) for x, a in known.items() for y, b in known.items() if x != y)
    if gap > margin:
        return Outcome(NO, Reason.NONE, f"{above} lies more than {number(margin)} above {below}")
    return Outcome(OPEN, Reason.IMPRECISE, f"the intervals allow differences beyond {number(margin)}")


def _grid_level(level: float) -> float:
    """The smallest central level at or above `level` that the stored grid can give."""
    return next((x / 1000 for x in range(900, 1000) if x / 1000 >= level - 1e-12), 0.9998)


NUMERIC: Mapping[str, Callable[[Quantity, Mapping[str, Any], float], Outcome]] = {
    "at_least": lambda q, a, c: at_least(q, a["threshold"], c),
    "at_most": lambda q, a, c: at_most(q, a["threshold"], c),
    "within": lambda q, a, c: within(q, a["low"], a["high"], c),
    "differs_from": lambda q, a, c: differs_from(q, a["value"], a["margin"], c),
    "equivalent_to": lambda q, a, c: equivalent_to(q, a["value"], a["margin"], c),
}


def _numeric(test: Test, arguments: Mapping[str, Any], line: Evidence, names: Sequence[str]) -> Outcome | None:
    """One line against a numeric test, over every quantity of it that the test names."""
    said = []
    for name in names:
        outcome = NUMERIC[test.shape](line.quantities[name], arguments, test.confidence or 0.0)
        said.append(replace(outcome, detail=f"{name.replace('_', ' ')} {outcome.detail}"))
    verdicts = {o.verdict for o in said}
    if {YES, NO} <= verdicts:
        return Outcome(OPEN, Reason.CONFLICTING, "; but ".join(o.detail for o in said if o.verdict is not OPEN))
    deciding = [o for o in said if o.verdict is not OPEN] or said
    return deciding[0] if deciding else None


def line_outcome(test: Test, arguments: Mapping[str, Any], line: Evidence) -> Outcome | None:
    """What one line says of a test, or None when it does not hold what the test asks for.

    `arguments` are those of the test with the threshold in force filled in. Shapes over several lines
    (``ordered``, ``consistent_across``) are not answered here.
    """
    if test.shape in NUMERIC:
        wanted = arguments["quantity"]
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        return _numeric(test, arguments, line, [n for n in names if n in line.quantities])
    fact = line.facts.get(str(arguments.get("fact")))
    if fact is None:
        return None
    if test.shape == "present":
        return present(fact, arguments.get("values"), arguments.get("absent_values"))
    if test.shape == "covers" and isinstance(fact, Members):
        return covers(fact, arguments["required"])
    if test.shape == "matches":
        return matches(fact, arguments["table"])
    return None
