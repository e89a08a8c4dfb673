"""Comparison, reuse matrix and screening as tables and plain values, the same bytes for the same input.

A cell holds no tab, line feed or hidden character, and none that a spreadsheet would run as a formula.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from proband.core.provenance import plain
from proband.science.design.oligo_tables import cell
from proband.science.platform.difference import UNSETTLED, PartDifference, counts, summary
from proband.science.platform.knowledge import categories
from proband.science.platform.matrix import Row
from proband.science.platform.screening import Screened
from proband.writing import write_all

DIFFERENCE = ("part", "found", "field", "field_found", "first", "second")
REUSE = (
    "item category made_with nature difference justified source right right_kind bridging exposure verdict lacks"
).split()
SCREENING = ("applicant", "verdict", "rule", "kind", "answer", "lets_in", "because", "says")


def tsv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table with its header; ends with a line feed.

    >>> tsv(("a", "b"), [("1", "=2")])
    "a\\tb\\n1\\t'=2\\n"
    """
    return "".join("\t".join(cell(str(x)) for x in row) + "\n" for row in (header, *rows))


def write_results(out: Path, name: str, header: Sequence[str], rows: Iterable[Sequence[str]], told: Any) -> str:
    """Write a table and the same as JSON to a folder, whole or not at all; says what was written."""
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(plain(told), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_all({out / f"{name}.tsv": tsv(header, rows).encode("utf-8"), out / f"{name}.json": text.encode("utf-8")})
    return f"wrote {name}.tsv and {name}.json to {out}"


def difference_rows(parts: Sequence[PartDifference]) -> list[tuple[str, ...]]:
    """One row for each field that is not the same; one for each part that is."""
    made: list[tuple[str, ...]] = []
    for p in parts:
        made += [(p.part, p.found, c.field, c.found, c.first, c.second) for c in p.changes]
        if not p.changes:
            made.append((p.part, p.found, "", "", "", ""))
    return made


def difference_json(first: str, second: str, parts: Sequence[PartDifference]) -> dict[str, Any]:
    """The comparison as plain values."""
    return {
        "first": first,
        "second": second,
        "summary": summary(parts),
        "counts": counts(parts),
        "parts": list(parts),
        "class_of_change": {"state": "unsettled", "said": UNSETTLED},
    }


def reuse_rows(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """One row for each item that is leaned on."""
    return [
        (
            r.item.id, r.item.category, r.item.from_version or "not stated", r.nature, r.difference, r.justified.answer,
            r.source.answer, r.right.answer, r.right_kind or "not stated", _of(r.bridging), _of(r.exposure), r.verdict,
            "; ".join(r.lacks),
        )
        for r in rows
    ]  # fmt: skip


def _of(answers: Any) -> str:
    return "; ".join(f"{k}: {a.answer} ({a.because})" for k, a in answers.items())


def reuse_json(rows: Sequence[Row], register: Sequence[str]) -> dict[str, Any]:
    """The matrix as plain values, with what is never reusable and why, and what the register says."""
    return {
        "items": [
            {
                "item": r.item.id,
                "category": r.item.category,
                "made_with": r.item.from_version,
                "use": r.item.use,
                "argument": r.item.argument,
                "nature": r.nature,
                "difference": r.difference,
                "justified": r.justified,
                "source": r.source,
                "right": r.right,
                "right_kind": r.right_kind,
                "bridging": dict(r.bridging),
                "exposure": dict(r.exposure),
                "verdict": r.verdict,
                "lacks": list(r.lacks),
            }
            for r in rows
        ],
        "never_reusable": [c for c in categories().values() if c.nature == "product_specific"],
        "register": list(register),
    }


def screening_rows(made: Sequence[Screened]) -> list[tuple[str, ...]]:
    """One row for each applicant and rule."""
    return [
        (s.applicant, s.verdict, a.rule.id, a.rule.kind, a.answer, a.lets_in, a.because, a.rule.says)
        for s in made
        for a in s.answers
    ]


def screening_json(made: Sequence[Screened]) -> list[dict[str, Any]]:
    """The screening as plain values."""
    return [
        {
            "applicant": s.applicant,
            "verdict": s.verdict,
            "because": s.because,
            "rules": [
                {"rule": a.rule.id, "kind": a.rule.kind, "answer": a.answer, "lets_in": a.lets_in, "because": a.because}
                for a in s.answers
            ],
        }
        for s in made
    ]
