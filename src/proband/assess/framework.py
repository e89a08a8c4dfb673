"""Load a rule set and validate all of it: keys, ids, sources, kinds, quantities, units, shapes, cases.

Loading is the guard that keeps a misspelt name from reading as "no data" for ever. All problems are
collected and raised once, as `FrameworkError`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from proband.assess.rule_checks import criterion_problems
from proband.assess.shapes import COMPOSITE
from proband.border import Strict, parse, read_toml
from proband.core.criterion import Case, Criterion, Element, Framework, Source, SourceDocument, Test
from proband.core.errors import FrameworkError, Problem
from proband.core.program import Stage

T = TypeVar("T", str, dict[str, Any], list[Any])
Text = Annotated[str, Field(min_length=1)]


class _Source(Strict):
    document: Text
    locator: Text
    read_as: Literal["text", "quotation", "secondary", "inferred", "phrase"]
    reading_confidence: Literal["high", "medium", "low"]
    status: Literal["final", "draft", "statement", "precedent", "process", "practice", "comment"]
    also: list[str] = []
    read_at: list[str] = []


class _Test(Strict):
    shape: Text
    confidence: float | None = None
    basis: Literal["stated", "derived", "convention", "project"]
    because: Text
    direct_when: dict[str, list[str]] = {}
    for_each: Literal["", "variant", "site", "lot", "subject", "patient", "factor", "endpoint", "attribute"] = ""
    quantity: str | list[str] | None = None
    unit: str | None = None
    threshold: float | int | dict[str, Any] | None = None
    threshold_by: dict[str, dict[str, float | int]] | None = None
    sponsor_sets: bool | None = None
    low: float | int | None = None
    high: float | int | None = None
    value: float | int | None = None
    margin: float | int | None = None
    fact: str | None = None
    values: list[str] | None = None
    absent_values: list[str] | None = None
    required: list[str] | Literal["all"] | None = None
    first: str | None = None
    then: str | None = None
    table: dict[str, str] | None = None
    criteria: list[str] | None = None


class _Case(Strict):
    name: Text
    given: dict[str, Any] | list[dict[str, Any]]
    expect: Text


class _Reviewed(Strict):
    by: Text
    on: date
    stamp: Text


class _Criterion(Strict):
    id: Annotated[str, Field(pattern=r"^[A-Z]{2,4}-\d{2,3}$")]
    title: Text
    asks: Text
    answered_by: Text
    who: Literal["software", "both", "person"]
    force: Literal["law", "should", "may", "unknown"]
    executability: Literal["full", "partial-over", "partial-under", "person", "none"]
    source: _Source
    needs: list[str] = []
    test: _Test | None = None
    beyond: str = ""
    applies_to: list[str] | dict[str, list[str]] = {}
    due: Stage | None = Field(default=None, strict=False)
    person_asks: str = ""
    open_question: str = ""
    case: list[_Case] = []
    reviewed: _Reviewed | None = None


class _Element(Strict):
    id: Annotated[str, Field(pattern=r"^[a-z][a-z_]*$")]
    title: Text
    question: Text
    core: bool


class _Framework(Strict):
    id: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    title: Text
    issuer: Text
    jurisdiction: Text
    status: Literal["draft", "final", "withdrawn"]
    issued: date | None = None
    summary: Text
    supersedes: str = ""
    disclaimer: Text
    not_formalised: list[str]
    element: list[_Element]


class _Document(Strict):
    title: Text
    issuer: Text
    date: str
    status: Literal["final", "draft", "statement", "precedent", "process", "practice", "comment"]
    address: str = ""
    docket: str = ""
    retrieved: str = ""
    digest: str = ""
    note: str = ""


def load_framework(path: Path, sources: Path) -> Framework:
    """Read a framework from one TOML file or a folder of them, with the documents it may cite.

    `sources` is the ``sources.toml`` beside it. Raises `FrameworkError` with every problem found.
    """
    problems: list[Problem] = []
    documents = _documents(sources, problems)
    if not path.exists():
        raise FrameworkError(
            [
                Problem(
                    str(path),
                    "",
                    "no such file or folder",
                    "a rule set",
                    "check the path, or name a framework by its id",
                )
            ]
        )
    files = [path] if path.is_file() else sorted(p for p in path.glob("*.toml") if p.name != "sources.toml")
    head: _Framework | None = None
    blocks: list[tuple[str, str, _Criterion]] = []
    for file in files:
        raw = read_toml(file, file.name, problems) or {}
        header = raw.pop("framework", None)
        if header is not None:
            head = parse(_Framework, header, file.name, "framework", problems)
        element = _typed(raw.pop("element_id", ""), str, file.name, "element_id", problems)
        for key, value in _typed(raw.pop("document", {}), dict, file.name, "document", problems).items():
            document = parse(_Document, value, file.name, f"document.{key}", problems)
            if document:
                documents[key] = _document(key, document)
        for i, block in enumerate(_typed(raw.pop("criterion", []), list, file.name, "criterion", problems)):
            name = block.get("id", f"number {i + 1}") if isinstance(block, dict) else f"number {i + 1}"
            at = element or str(block.pop("element", "") if isinstance(block, dict) else "")
            parsed = parse(_Criterion, block, file.name, f"criterion {name}", problems)
            if parsed:
                blocks.append((file.name, at, parsed))
        problems += [
            Problem(file.name, key, "an unknown key", "framework, element_id, document or criterion", "remove it")
            for key in raw
        ]
    if head is None:
        problems.append(
            Problem(path.name, "", "no [framework] table", "one", "add framework.toml with a [framework] table")
        )
        raise FrameworkError(problems)
    framework = _assemble(head, blocks, documents, problems)
    if problems:
        raise FrameworkError(sorted(problems))
    return framework


def _typed(value: Any, kind: type[T], file: str, place: str, problems: list[Problem]) -> T:
    """A value of the type that the key needs, or an empty one with a problem added."""
    if isinstance(value, kind):
        return value
    problems.append(
        Problem(file, place, type(value).__name__, kind.__name__, "write [[criterion]], [document.key] or text")
    )
    return kind()


def _assemble(
    head: _Framework,
    blocks: Sequence[tuple[str, str, _Criterion]],
    documents: Mapping[str, SourceDocument],
    problems: list[Problem],
) -> Framework:
    elements = tuple(Element(e.id, e.title, e.question, e.core) for e in head.element)
    known = {e.id for e in elements}
    criteria: list[Criterion] = []
    for file, element, block in blocks:
        criterion = _criterion(element, block)
        at = f"criterion {block.id}"
        if element not in known:
            problems.append(
                Problem(
                    file,
                    at,
                    f"element {element!r}",
                    f"one of {', '.join(sorted(known))}",
                    "name it in the framework table or correct it",
                )
            )
        if any(c.id == block.id for c in criteria):
            problems.append(Problem(file, at, "an id used twice", "each id once", "ids are never reused"))
        problems += [
            Problem(
                file,
                f"{at}, source",
                f"document {key!r}",
                "a key of sources.toml",
                "add the document or correct the key",
            )
            for key in (block.source.document, *block.source.also)
            if key not in documents
        ]
        problems.extend(criterion_problems(criterion, file))
        criteria.append(criterion)
    _check_parts(head.id, criteria, problems)
    order = {e.id: i for i, e in enumerate(elements)}
    criteria.sort(key=lambda c: (order.get(c.element, 99), c.id))
    return Framework(
        head.id,
        head.title,
        head.issuer,
        head.jurisdiction,
        head.status,
        head.issued,
        head.summary,
        head.supersedes,
        elements,
        tuple(criteria),
        documents,
        tuple(head.not_formalised),
        head.disclaimer,
    )


def _check_parts(framework: str, criteria: Sequence[Criterion], problems: list[Problem]) -> None:
    """all_of and any_of name other criteria of the same framework."""
    ids = {c.id for c in criteria}
    for c in criteria:
        composite = {o.id for o in criteria if o.test and o.test.shape in COMPOSITE}
        for other in (c.test.arguments.get("criteria") or []) if c.test else []:
            if other not in ids or other in composite:
                problems.append(
                    Problem(
                        framework,
                        f"criterion {c.id}, test",
                        f"criteria {other!r}",
                        "ids of other criteria",
                        "correct the id",
                    )
                )


def _criterion(element: str, b: _Criterion) -> Criterion:
    applies = b.applies_to if isinstance(b.applies_to, dict) else {"modality": b.applies_to}
    s = b.source
    return Criterion(
        id=b.id,
        element=element,
        title=b.title,
        asks=b.asks,
        answered_by=b.answered_by,
        who=b.who,
        force=b.force,
        executability=b.executability,
        source=Source(
            s.document, s.locator, s.read_as, s.reading_confidence, s.status, tuple(s.also), tuple(s.read_at)
        ),
        needs=tuple(b.needs),
        test=_test(b.test) if b.test else None,
        beyond=b.beyond,
        signed=b.who == "both",
        applies_to={k: tuple(v) for k, v in applies.items() if v},
        due=b.due,
        person_asks=b.person_asks,
        open_question=b.open_question,
        cases=tuple(
            Case(c.name, tuple(c.given) if isinstance(c.given, list) else (c.given,), c.expect) for c in b.case
        ),
        reviewed={} if b.reviewed is None else b.reviewed.model_dump(),
    )


def _test(t: _Test) -> Test:
    fixed = {"shape", "confidence", "basis", "because", "direct_when", "for_each"}
    arguments = {k: v for k, v in t.model_dump(exclude=fixed).items() if v is not None}
    direct = {k: tuple(v) for k, v in t.direct_when.items()}
    return Test(t.shape, arguments, t.confidence, t.basis, t.because, direct, t.for_each)


def _documents(path: Path, problems: list[Problem]) -> dict[str, SourceDocument]:
    documents = {}
    for key, block in (read_toml(path, path.name, problems) or {}).items():
        parsed = parse(_Document, block, path.name, key, problems)
        if parsed:
            documents[key] = _document(key, parsed)
    return documents


def _document(key: str, d: _Document) -> SourceDocument:
    return SourceDocument(key, d.title, d.issuer, d.date, d.status, d.address, d.docket, d.retrieved, d.digest, d.note)
