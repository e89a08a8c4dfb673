"""The dossier as one JSON document, for programs that read dossiers.

Sorted keys, one line end, the same bytes for the same dossier. ``dossier.schema.json`` beside this package
describes it. Holds all that the pages show but the pictures, whose data stand with the evidence.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from proband.core.dossier import Dossier
from proband.core.finding import Finding
from proband.core.provenance import plain
from proband.core.serial import evidence_to_json
from proband.dossier import benefit_risk, words

NAME = "json"
FORMAT = 1
"""Version of the form; a reader refuses one that it does not know."""

_PROGRAM_LEFT_OUT = ("overrides", "reported", "causality", "plan", "slices")
"""Overrides stand at the top; reported results, causality record and plan stand as evidence, slices by their digest."""


def render(dossier: Dossier) -> bytes:
    """The dossier as JSON, UTF-8."""
    d = dossier
    body = {
        "format": FORMAT,
        "proband": d.version,
        "framework": {
            "id": d.framework.id,
            "title": d.framework.title,
            "status": d.framework.status,
            "stamp": d.framework.stamp,
        },
        "program": _program(d),
        "notice": words.notice(d.framework),
        "elements": [plain(e) for e in d.findings.elements],
        "findings": [_finding(d, f) for f in d.findings],
        "evidence": [{"label": d.labels[e.id], **evidence_to_json(e)} for e in d.evidence],
        "benefit_risk": benefit_risk.as_json(d),
        "disagreements": [plain(x) for x in d.findings.disagreements],
        "failures": [plain(x) for x in d.failures],
        "overrides": [plain(x) for x in d.program.overrides],
        "unused_evidence": list(d.unused),
        "unknown_files": list(d.unknown_files),
        "sources": [plain(s) for _, s in sorted(d.framework.sources.items())],
    }
    text = json.dumps(body, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", errors="backslashreplace")


def _program(d: Dossier) -> dict[str, Any]:
    kept = [f.name for f in fields(d.program) if f.name not in _PROGRAM_LEFT_OUT]
    body = {name: plain(getattr(d.program, name)) for name in kept}
    return {**body, "modality_title": d.modality_title}


def _finding(d: Dossier, f: Finding) -> dict[str, Any]:
    source = d.criterion(f.id).source
    return {
        **plain(f),
        "source": {
            "document": source.document,
            "locator": source.locator,
            "status": source.status,
            "read_as": source.read_as,
        },
    }
