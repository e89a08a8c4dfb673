"""A facts sheet for single-patient expanded access: the data elements of Form FDA 3926, blanks shown.

It is not the form. Elements are filled only from what the program folder states, each with its trace; an element
that the folder does not hold is printed as blank, never guessed. Source: ``reference/form_fda_3926.toml``.
Cannot see: anything about the physician, and what a physician plans.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

from proband.core.evidence import Evidence, Members
from proband.core.program import Program

BLANK = "(blank)"


def sheet(program: Program, evidence: Sequence[Evidence]) -> str:
    """The sheet as Markdown; text of strangers is escaped.

    >>> from proband.core.program import Stage
    >>> made = sheet(Program("p", "P", "", "", "", "", Stage.DESIGN, (), (), None), ())
    >>> "Indication: (blank)" in made
    True
    """
    form = tomllib.loads((files("proband.reference") / "form_fda_3926.toml").read_text(encoding="utf-8"))
    lines = [
        f"# Facts for Form FDA 3926: {_safe(program.title)}",
        "",
        "This is a list of the form's data elements, not the form. It was filled from the program folder; what the",
        "folder does not hold is blank, for the physician to complete. It recommends no treatment and no dose.",
        f"Source: {form['source']}.",
    ]
    if program.synthetic:
        lines += ["", "**Synthetic program: every value is invented.**"]
    blank = 0
    for field in form["field"]:
        lines += ["", f"## {field['number']}. {field['title']}", ""]
        for element in field["element"]:
            value = _fill(element.get("from", ""), program, evidence)
            blank += not value
            note = f" ({element['note']})" if element.get("note") else ""
            lines.append(f"- {element['name']}: {value or BLANK}{note}")
    lines += ["", f"{blank} elements are blank."]
    return "\n".join(lines) + "\n"


def _fill(rule: str, program: Program, evidence: Sequence[Evidence]) -> str:
    return FILL[rule](program, evidence) if rule else ""


def _product(program: Program, evidence: Sequence[Evidence]) -> str:
    candidate = program.candidate
    return f"{_safe(candidate.name or candidate.id)} [program.toml]" if candidate else ""


def _condition(program: Program, evidence: Sequence[Evidence]) -> str:
    return f"{_safe(program.condition)} [program.toml]" if program.condition else ""


def _sex(program: Program, evidence: Sequence[Evidence]) -> str:
    known = [p for p in program.patients if p.sex and p.sex != "unknown"]
    return f"{known[0].sex} [{known[0].id}]" if len(program.patients) == 1 and known else ""


def _diagnosis(program: Program, evidence: Sequence[Evidence]) -> str:
    named = "; ".join(_safe(v.shown) for v in program.variants)
    terms = "; ".join(
        f"{_safe(x.label)} ({_safe(x.id)})" for p in program.patients for x in p.phenotypes if not x.excluded
    )
    parts = [x for x in (_safe(program.condition), named, terms) if x]
    return f"{'. '.join(parts)} [program.toml, phenotype.json]" if named or terms else ""


def _fact(evidence: Sequence[Evidence], kind: str, fact: str) -> str:
    found = [e for e in evidence if e.kind == kind and fact in e.facts]
    return "; ".join(f"{_shown(e.facts[fact])} [{_where(e)}]" for e in found)


def _alternatives(program: Program, evidence: Sequence[Evidence]) -> str:
    return _fact(evidence, "route.facts", "alternatives")


def _letter(program: Program, evidence: Sequence[Evidence]) -> str:
    return _fact(evidence, "route.facts", "letter_of_authorization")


def _oversight(program: Program, evidence: Sequence[Evidence]) -> str:
    return _fact(evidence, "oversight.documents", "documents")


def _doses(program: Program, evidence: Sequence[Evidence]) -> str:
    found = [e for e in evidence if e.kind == "dosing.record"]
    return "; ".join(f"{_safe(e.statement)} [{_where(e)}]" for e in found)


FILL: dict[str, Callable[[Program, Sequence[Evidence]], str]] = {
    "product": _product,
    "condition": _condition,
    "sex": _sex,
    "diagnosis": _diagnosis,
    "alternatives": _alternatives,
    "letter": _letter,
    "oversight": _oversight,
    "doses_given": _doses,
}


def _where(e: Evidence) -> str:
    inputs = ", ".join(i.path for i in e.provenance.inputs) or "program.toml"
    return f"{e.origin}, {inputs}, {e.id[:12]}"


def _shown(fact: Any) -> str:
    if isinstance(fact, Members):
        groups = (("on file", fact.present), ("not on file", fact.absent), ("not known", fact.unknown))
        return "; ".join(f"{name}: {', '.join(m).replace('_', ' ')}" for name, m in groups if m)
    return _safe(str(fact).replace("_", " "))


def _safe(text: str) -> str:
    """Text on one line, with what Markdown or HTML would act on escaped."""
    flat = " ".join(text.split())
    kept = "".join(c if c.isprintable() else "\ufffd" for c in flat)
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in kept)
