"""Stubs for what is missing.

A stub's name begins with an underscore: it is not read until a person fills and renames it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from proband.core.criterion import Criterion
from proband.core.kinds import Kind
from proband.writing import write_text

EVIDENCE = """\
# {id}: {title}
# Asks: {asks}
# Would answer it: {answered_by}
# Fill in, remove what does not apply, and rename the file to {name}. See docs/how-to/enter-reported-results.md

[source]
document = ""
address = ""
read_level = ""        # P primary full text | A abstract | T transcription | S secondary | D derived | R recalled
confidence = ""        # high | medium | low

[[result]]
id = ""
kind = "{kind}"
statement = ""
subject = {{ type = "{subject}", id = "{member}" }}
locator = ""
readout_definition = ""
scope = {{ where = "", how = "", denominator = "", detection_limit = "" }}
{fields}"""

STATEMENT = """\
# {id}: {title}
# Asks: {asks}
# To be filled in and signed by a person: verdict, reasoning, name, role, date. Then rename the file to {name}.
# `proband judge` writes the same file. It lapses when what is listed as seen changes.

criterion = "{id}"
criterion_stamp = "{stamp}"
framework = "{framework}"
verdict = ""           # supported | contradicted | insufficient | not_applicable
reasoning = ""
name = ""
role = ""
date = ""              # a TOML date without quotes, such as 2026-05-04
seen_evidence = [
{seen}]
{files}"""


EXAMPLES = {
    "fraction": "successes = 0, trials = 0",
    "ratio": "events = 0, expected = 0",
    "count": "exact = -1",
    "d": "exact = -1",
}
"""Forms that can decide, with figures that are refused until they are filled in."""

UNSEEN = """\
# No evidence is in the folder. Name a file that you read, or use `proband judge --saw`:
# [[seen_file]]
# path = "text/..."
# digest = ""
"""


def evidence_stub(criterion: Criterion, kind: Kind, name: str, member: str = "") -> str:
    """A stub of ``reported/*.toml`` for the kind that can answer a criterion."""
    lines = []
    for quantity, q in kind.quantities.items():
        example = EXAMPLES.get(q.unit, "events = -1, exposure = 0" if q.unit.startswith("/") else "value = -1")
        lines.append(f'# quantity.{quantity} = {{ {example}, unit = "{q.unit}" }}   # {q.meaning}')
    for fact, f in kind.facts.items():
        if f.type == "members":
            listed = ", ".join(f.values) or "your own names"
            lines.append(f"# members.{fact} = {{ present = [], absent = [], unknown = [] }}   # {f.meaning}: {listed}")
        else:
            values = f" ({' | '.join(f.values)})" if f.values else ""
            example = "2026-01-31" if f.type == "date" else '""'
            lines.append(f"# fact.{fact} = {example}   # {f.meaning}{values}")
    direct = criterion.test.direct_when if criterion.test else {}
    for fact, values in direct.items():
        lines.append(f"# To decide, {fact} must be: {' or '.join(values)}")
    return EVIDENCE.format(
        id=criterion.id,
        title=criterion.title,
        asks=_line(criterion.asks),
        answered_by=_line(criterion.answered_by),
        name=name,
        kind=kind.name,
        member=_quoted(member),
        subject=(criterion.test.for_each if criterion.test else "") or "program",
        fields="\n".join(lines) + "\n",
    )


def statement_stub(criterion: Criterion, framework: str, evidence: Sequence[str], name: str) -> str:
    """A stub of ``statements/*.toml``, bound to the evidence of the criterion as it is now."""
    return STATEMENT.format(
        id=criterion.id,
        title=criterion.title,
        asks=_line(criterion.person_asks or criterion.asks),
        name=name,
        stamp=criterion.stamp,
        framework=framework,
        seen="".join(f'  "{e}",\n' for e in evidence),
        files="" if evidence else UNSEEN,
    )


def write_stub(root: Path, file: str, text: str) -> Path | None:
    """Write a stub beside the file that it stands for; None where the stub or the file is there already."""
    path = root / file
    stub = path.with_name(f"_{path.name}")
    if stub.exists() or path.exists():
        return None
    stub.parent.mkdir(parents=True, exist_ok=True)
    write_text(stub, text)
    return stub


def _quoted(text: str) -> str:
    """Text as it may stand between TOML quotes."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _line(text: str) -> str:
    return " ".join(text.split())
