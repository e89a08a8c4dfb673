"""Lines of evidence made by hand, and the hand-written cases of a rule run against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from proband.assess.assess import Context, assess
from proband.core.criterion import Criterion, Framework
from proband.core.evidence import Evidence, Fact, Members, Origin, Scope, Subject
from proband.core.finding import MachineResult
from proband.core.kinds import kinds
from proband.core.number_spec import parse_number
from proband.core.provenance import InputFile, Provenance, digest, seed_of
from proband.core.quantity import Quantity

SAMPLE = Subject("sample", "s1")
SCOPE = Scope("a test", "by hand", denominator="1", detection_limit="0.001 fraction")


def evidence(
    kind: str,
    quantities: Mapping[str, Quantity | Mapping[str, Any]] | None = None,
    facts: Mapping[str, Fact] | None = None,
    *,
    statement: str = "A line made for a test.",
    subject: Subject = SAMPLE,
    origin: Origin = Origin.COMPUTED,
    observed_on: date | None = None,
    salt: str = "",
) -> Evidence:
    """A line of evidence; quantities may be given as written numbers. `salt` makes another id.

    >>> evidence("editing.on_target", {"corrected_alleles": {"successes": 4, "trials": 10}}).kind
    'editing.on_target'
    """
    from proband.science.stats.posterior import from_spec

    made: dict[str, Quantity] = {}
    for name, q in (quantities or {}).items():
        unit = kinds()[kind].quantities[name].unit
        made[name] = q if isinstance(q, Quantity) else from_spec(parse_number(q), unit)
    key = digest([kind, salt])
    file = InputFile(f"test/{kind}{salt}.csv", digest(key))
    return Evidence(
        kind=kind,
        statement=statement,
        subject=subject,
        origin=origin,
        scope=SCOPE,
        provenance=Provenance("by_hand", 1, key, {}, (file,), {}, (), seed_of(key), {}),
        quantities=made,
        facts=dict(facts or {}),
        observed_on=observed_on,
    )


def lines_of_case(criterion: Criterion, given: Sequence[Mapping[str, Any]]) -> list[Evidence]:
    """The lines that a case describes: each of the needed kind that declares all names used in it.

    In a test of each member every line is about a member of its own, but for lines with the same ``about``.

    Raises ``ValueError`` when no needed kind declares them.
    """
    return [_line(criterion, one, i) for i, one in enumerate(given)]


def _line(criterion: Criterion, case: Mapping[str, Any], number: int) -> Evidence:
    about = str(case.get("about", f"case-{number + 1}"))
    given = {k: v for k, v in case.items() if k != "about"}
    for name in criterion.needs:
        kind = kinds()[name]
        if not set(given) <= set(kind.quantities) | set(kind.facts):
            continue
        values = all(_declared(kind.facts[f].values, v) for f, v in given.items() if f in kind.facts)
        if values:
            numbers = {k: v for k, v in given.items() if k in kind.quantities}
            facts = {k: _fact(v) for k, v in given.items() if k in kind.facts}
            each = criterion.test.for_each if criterion.test else ""
            subject = Subject(each or "sample", about)
            return evidence(name, numbers, facts, subject=subject, salt=str(number))
    raise ValueError(f"{criterion.id}: no needed kind declares {', '.join(given)}")


def _declared(values: Sequence[str], given: object) -> bool:
    if not values:
        return True
    words = [w for group in given.values() for w in group] if isinstance(given, Mapping) else [given]
    return set(words) <= set(values)


def _fact(value: Any) -> Fact:
    if isinstance(value, Mapping):
        return Members(*(tuple(value.get(k, ())) for k in ("present", "absent", "unknown")))
    return value if isinstance(value, date) else str(value)


def run_rule(
    framework: Framework, criterion: str, lines: Sequence[Evidence], facets: Mapping[str, tuple[str, ...]]
) -> MachineResult:
    """What the rule alone says of some lines, all else unknown."""
    finding = assess(lines, framework, Context(facets=facets))[criterion]
    assert finding.machine is not None
    return finding.machine


def facets_for(criterion: Criterion) -> dict[str, tuple[str, ...]]:
    """Facets under which a criterion applies and its threshold is defined."""
    facets = {facet: (allowed[0],) for facet, allowed in criterion.applies_to.items()}
    for facet, table in (criterion.test.arguments.get("threshold_by") or {}).items() if criterion.test else ():
        facets.setdefault(facet, (next(iter(table)),))
    return facets
