"""Evidence to JSON and back, so that evidence files can be kept, compared and read years later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from proband.core.evidence import (
    Citation,
    Column,
    Concern,
    ConcernWord,
    Evidence,
    Fact,
    Figure,
    Members,
    Origin,
    ReadLevel,
    Scope,
    Subject,
    Table,
)
from proband.core.provenance import InputFile, Json, Provenance, canonical_json, plain
from proband.core.quantity import Quantity, QuantityKind

FORMAT = 1
"""Version of the evidence form; part of every recipe key."""


def evidence_to_json(evidence: Evidence) -> dict[str, Json]:
    """A line as plain JSON, with its id and each fact's type.

    Dates and texts look alike in JSON, so facts are written as ``{"date": ...}``, ``{"text": ...}`` or
    ``{"members": ...}``.
    """
    body: dict[str, Json] = plain(evidence)
    body["facts"] = {name: _fact_to_json(f) for name, f in evidence.facts.items()}
    return {"id": evidence.id, **body}


def _fact_to_json(fact: Fact) -> Json:
    if isinstance(fact, Members):
        return {"members": plain(fact)}
    if isinstance(fact, date):
        return {"date": fact.isoformat()}
    return {"text": fact}


def evidence_from_json(body: Mapping[str, Any]) -> Evidence:
    """The line that `evidence_to_json` wrote; raises ``ValueError`` when its id is not that of its content."""
    try:
        evidence, stated = _evidence(body), str(body["id"])
    except (KeyError, TypeError, AttributeError) as e:
        raise ValueError(f"not a line of evidence: {e}") from None
    if evidence.id != stated:
        raise ValueError(f"evidence {stated[:12]} was changed after it was written")
    return evidence


def canonical(evidence: Evidence) -> Evidence:
    """The line as it reads back from a file: floats rounded, mappings in one order.

    What is assessed right after it was computed is then what is assessed from the cache, to the last digit.
    """
    return evidence_from_json(json.loads(canonical_json(evidence_to_json(evidence))))


def _evidence(b: Mapping[str, Any]) -> Evidence:
    c = b["citation"]
    return Evidence(
        kind=b["kind"],
        statement=b["statement"],
        subject=Subject(**b["subject"]),
        origin=Origin(b["origin"]),
        scope=Scope(**b["scope"]),
        name=b["name"],
        provenance=_provenance(b["provenance"]),
        quantities={name: _quantity(q) for name, q in b["quantities"].items()},
        facts={name: _fact(f) for name, f in b["facts"].items()},
        readout_definition=b["readout_definition"],
        citation=Citation(**{**c, "read_level": ReadLevel(c["read_level"])}) if c else None,
        observed_on=date.fromisoformat(b["observed_on"]) if b["observed_on"] else None,
        tables=tuple(_table(t) for t in b["tables"]),
        figures=tuple(Figure(**{**f, "rows": tuple(f["rows"])}) for f in b["figures"]),
        assumptions=tuple(b["assumptions"]),
        concerns=tuple(Concern(ConcernWord(x["word"]), x["because"]) for x in b["concerns"]),
    )


def _quantity(q: Mapping[str, Any]) -> Quantity:
    return Quantity(
        **{
            **q,
            "kind": QuantityKind(q["kind"]),
            "quantiles": tuple(q["quantiles"]),
            "upper_quantiles": tuple(q["upper_quantiles"]),
        }
    )


def _fact(f: Mapping[str, Any]) -> Fact:
    if "members" in f:
        m = f["members"]
        return Members(tuple(m["present"]), tuple(m["absent"]), tuple(m["unknown"]))
    return date.fromisoformat(f["date"]) if "date" in f else str(f["text"])


def _table(t: Mapping[str, Any]) -> Table:
    columns = tuple(Column(**c) for c in t["columns"])
    return Table(**{**t, "columns": columns, "rows": tuple(tuple(r) for r in t["rows"])})


def _provenance(p: Mapping[str, Any]) -> Provenance:
    files = {k: tuple(InputFile(**f) for f in p[k]) for k in ("inputs", "references")}
    return Provenance(**{**p, **files})
