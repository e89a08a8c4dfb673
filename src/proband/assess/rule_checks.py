"""Checks of one criterion against the kind table and the shape signatures, run when a framework is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any

from proband.assess.shapes import COMPOSITE, SIGNATURES, parse_outcome
from proband.core.criterion import Criterion, Test
from proband.core.errors import Problem
from proband.core.finding import REASONS, Verdict
from proband.core.kinds import FactName, Kind, QuantityName, kinds, nearest
from proband.core.number_spec import parse_number, unit_fault
from proband.core.program import FACET_VALUES
from proband.core.quantity import GRID

FACETS = ("modality", *FACET_VALUES)


def criterion_problems(c: Criterion, file: str) -> list[Problem]:
    """Everything that is wrong with one criterion."""
    return [
        Problem(file, f"criterion {c.id}{', ' + place if place else ''}", found, expected, remedy)
        for place, found, expected, remedy in _findings(c)
    ]


_Row = tuple[str, str, str, str]


def _findings(c: Criterion) -> Iterator[_Row]:
    for name in c.needs:
        if name not in kinds():
            yield "needs", name, "a declared evidence kind", nearest(name, kinds())
    yield from _facet_rows("applies_to", {facet: list(values) for facet, values in c.applies_to.items()})
    if c.test is None:
        if not c.beyond and c.who != "person":
            yield "beyond", "neither a test nor a reason", "one of them", "add [criterion.test] or beyond = '...'"
        if c.cases:
            yield "case", "cases without a test", "none", "remove them or add the test"
        return
    if c.beyond:
        yield "beyond", "a test and a reason why there is none", "one of them", "remove 'beyond'"
    needed = [kinds()[n] for n in c.needs if n in kinds()]
    yield from _test_rows(c, c.test, needed)
    yield from _case_rows(c, c.test, needed)


def _facet_rows(place: str, stated: Mapping[str, Iterable[str]]) -> Iterator[_Row]:
    """Facets and their values; a misspelt one would make a rule apply never, or to all."""
    for facet, values in stated.items():
        if facet not in FACETS:
            yield place, facet, "a facet of a program", nearest(facet, FACETS)
        for value in values if facet in FACET_VALUES else ():
            if value not in FACET_VALUES[facet]:
                yield f"{place} {facet}", str(value), "a value of this facet", nearest(str(value), FACET_VALUES[facet])


def _test_rows(c: Criterion, test: Test, needed: list[Kind]) -> Iterator[_Row]:
    signature = SIGNATURES.get(test.shape)
    if signature is None:
        yield "test, shape", test.shape, "a shape", nearest(test.shape, tuple(SIGNATURES))
        return
    given = set(test.arguments)
    for missing in sorted(signature.required - given):
        yield "test", f"no {missing}", f"{missing}, for the shape {test.shape}", "add it"
    for extra in sorted(given - signature.required - signature.optional):
        yield "test", extra, f"arguments of {test.shape}", "remove it"
    if "threshold" in signature.optional and not given & {"threshold", "threshold_by"}:
        yield "test", "no threshold", "threshold or threshold_by", "add one: it is the fallback where a sponsor sets it"
    if signature.confidence and (test.confidence is None or test.confidence not in GRID or test.confidence <= 0.5):
        yield "test, confidence", repr(test.confidence), "a grid point above 0.5, such as 0.95", "choose one"
    if (c.who == "person") != (test.shape == "person"):
        yield "test, shape", test.shape, "person exactly where a person answers", "change 'who' or the shape"
    if test.shape != "person" and test.shape not in COMPOSITE and not c.needs:
        yield "needs", "none", "at least one kind", "name the kinds that the test reads"
    yield from _type_rows(test)
    if test.shape in COMPOSITE and not test.arguments.get("criteria"):
        yield "test, criteria", "none", "the parts of the composite", "name them"
    yield from _name_rows(test, needed)
    table = test.arguments.get("table") or {}
    for value, outcome in table.items():
        try:
            verdict, reason = parse_outcome(outcome)
            if reason not in REASONS[verdict] or verdict in (Verdict.NOT_ASSESSED, Verdict.NOT_APPLICABLE):
                raise ValueError
        except ValueError:
            yield f"test, table {value}", outcome, "an outcome such as supported", "correct it"


def _type_rows(test: Test) -> Iterator[_Row]:
    for key in ("threshold", "low", "high", "value", "margin"):
        value = test.arguments.get(key)
        if value is None or (key == "threshold" and isinstance(value, dict)):
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
            yield f"test, {key}", repr(value)[:60], "a finite number", "write a number"
        elif key == "threshold" and test.arguments.get("unit") in ("fraction", "count", "ratio") and value < 0:
            yield "test, threshold", f"{value:g}", "a number of 0 or more", "correct it"
        elif key == "threshold" and test.arguments.get("unit") == "fraction" and value > 1:
            yield "test, threshold", f"{value:g}", "a fraction from 0 to 1", "write 0.10 for 10 %"
    low, high = test.arguments.get("low"), test.arguments.get("high")
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
        yield "test", f"low {low} above high {high}", "low at most high", "exchange them"
    if isinstance(test.arguments.get("margin"), (int, float)) and test.arguments["margin"] < 0:
        yield "test, margin", str(test.arguments["margin"]), "a margin of 0 or more", "correct it"
    yield from _facet_rows("test, threshold_by", test.arguments.get("threshold_by") or {})
    if test.for_each and test.shape in ("ordered", "consistent_across", *COMPOSITE):
        yield "test, for_each", test.for_each, f"nothing, for the shape {test.shape}", "remove it"


def _name_rows(test: Test, needed: list[Kind]) -> Iterator[_Row]:
    quantities: dict[str, QuantityName] = {q: d for k in needed for q, d in k.quantities.items()}
    facts = _facts(needed)
    wanted = test.arguments.get("quantity", [])
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    threshold = test.arguments.get("threshold")
    if isinstance(threshold, dict):
        if set(threshold) != {"quantity"}:
            yield "test, threshold", repr(threshold), "a number or { quantity = name }", "correct it"
        names.append(str(threshold.get("quantity")))
    for name in names:
        if name not in quantities:
            yield "test, quantity", name, "a quantity of the needed kinds", nearest(name, quantities)
        elif quantities[name].unit != test.arguments.get("unit"):
            yield "test, unit", str(test.arguments.get("unit")), quantities[name].unit, "use the kind's unit"
    for key in ("fact", "first", "then"):
        fact = test.arguments.get(key)
        if fact is not None and fact not in facts:
            yield f"test, {key}", str(fact), "a fact of the needed kinds", nearest(str(fact), facts)
    yield from _direct_rows(test, facts)
    declared = facts.get(str(test.arguments.get("fact")))
    required = test.arguments.get("required")
    words = [] if required == "all" or required is None else list(required)
    words += [*(test.arguments.get("values") or []), *(test.arguments.get("absent_values") or [])]
    words += list(test.arguments.get("table") or {})
    for word in words:
        if declared and declared.values and word not in declared.values:
            yield "test", word, f"a declared value of {test.arguments['fact']}", nearest(word, declared.values)


def _direct_rows(test: Test, facts: dict[str, FactName]) -> Iterator[_Row]:
    for fact, values in test.direct_when.items():
        if fact not in facts:
            yield "test, direct_when", fact, "a fact of the needed kinds", nearest(fact, facts)
            continue
        for value in values:
            if facts[fact].values and value not in facts[fact].values:
                yield f"test, direct_when {fact}", value, "a declared value", nearest(value, facts[fact].values)


def _facts(needed: list[Kind]) -> dict[str, FactName]:
    """The facts of all needed kinds; where two kinds declare one name, its values are those of both."""
    merged: dict[str, FactName] = {}
    for kind in needed:
        for name, fact in kind.facts.items():
            before = merged.get(name)
            values = fact.values if before is None else (*before.values, *fact.values)
            merged[name] = FactName(fact.type, tuple(dict.fromkeys(values)), fact.meaning)
    return merged


def _case_rows(c: Criterion, test: Test, needed: list[Kind]) -> Iterator[_Row]:
    signature = SIGNATURES.get(test.shape)
    if signature is None:
        return
    expected = {case.expect.partition(":")[0].strip() for case in c.cases}
    for verdict in signature.gives:
        if verdict not in expected:
            yield "case", f"no case that expects {verdict}", "one for each verdict of the shape", "write one by hand"
    quantities = {n: q for k in needed for n, q in k.quantities.items()}
    facts = {n for k in needed for n in k.facts} | ({"about"} if test.for_each else set())
    for case in c.cases:
        try:
            verdict, reason = parse_outcome(case.expect)
            if reason not in REASONS[verdict]:
                raise ValueError
        except ValueError:
            yield f"case {case.name}, expect", case.expect, "verdict or verdict: reason", "correct it"
        for line in case.given:
            for name, value in line.items():
                if name in quantities:
                    fault = _number_fault(value, quantities[name])
                    if fault:
                        yield f"case {case.name}, {name}", repr(value)[:60], fault, "write one of the number forms"
                elif name not in facts:
                    known = (*quantities, *facts)
                    yield f"case {case.name}", name, "a quantity or fact of the needed kinds", nearest(name, known)


def _number_fault(value: Any, declared: QuantityName) -> str:
    """Why a number of a case can not be read, or can not have the unit of its quantity."""
    try:
        return unit_fault(parse_number(value), declared.unit, exact=declared.exact, signed=declared.signed)
    except (ValueError, TypeError, AttributeError) as e:
        return str(e)
