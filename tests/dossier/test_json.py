"""The JSON document: described by its schema, the same bytes each time, hostile text kept as text."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema
import pytest

from proband.core.finding import Reason, Verdict
from proband.core.serial import evidence_from_json
from proband.dossier.formats import json as format_json

SCHEMA = json.loads((files("proband.dossier") / "dossier.schema.json").read_text(encoding="utf-8"))
FINDING = {
    "id", "element", "verdict", "reason", "probability", "evidence_for", "evidence_against", "judgement",
    "gap",
    "title", "detail", "evidence_neutral", "machine", "threshold", "flags", "source", "stamp",
}  # fmt: skip


@pytest.fixture(params=["synthetic", "hostile"])
def body(request):
    return json.loads(format_json.render(request.getfixturevalue(request.param)))


def test_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["$defs"]["verdict"]["enum"]) == {str(v) for v in Verdict}
    assert set(SCHEMA["$defs"]["reason"]["enum"]) == {str(r) for r in Reason}


def test_every_object_of_the_schema_is_closed_and_described():
    objects = [SCHEMA, *SCHEMA["$defs"].values()]
    while objects:
        node = objects.pop()
        if node.get("type") == "object":
            assert "additionalProperties" in node
        for name, child in node.get("properties", {}).items():
            assert "$ref" in child or child["description"], name
            objects.append(child)
        objects += [node[k] for k in ("items", "additionalProperties") if isinstance(node.get(k), dict)]
        objects += [*node.get("oneOf", ()), *node.get("anyOf", ())]


def test_follows_its_schema(body):
    errors = list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(body))
    assert not [f"{list(e.path)}: {e.message[:200]}" for e in errors]


def test_findings_have_their_keys(body):
    assert body["format"] == 1
    assert body["findings"]
    assert all(set(f) == FINDING for f in body["findings"])


def test_evidence_reads_back_to_the_same_id(body):
    for e in body["evidence"]:
        assert evidence_from_json({k: v for k, v in e.items() if k != "label"}).id == e["id"]


def test_same_bytes_twice(synthetic):
    made = format_json.render(synthetic)
    assert made == format_json.render(synthetic)
    assert made.endswith(b"}\n")


def test_notice_is_there(body):
    assert body["notice"].startswith("Based on draft guidance, which is non-binding.")
