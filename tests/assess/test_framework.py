"""Loading a rule set refuses everything that would otherwise read as "no data" for ever, all at once."""

import shutil
from pathlib import Path

import pytest

from proband import api
from proband.assess.framework import load_framework
from proband.core.errors import FrameworkError
from proband.engine import registry

DRAFT = registry.framework_path("fda-pmf-draft-2026-02")


@pytest.fixture
def draft(tmp_path):
    copy = tmp_path / "rules"
    shutil.copytree(DRAFT, copy)
    shutil.copy(registry.sources_path(), tmp_path / "sources.toml")
    return copy


def edit(draft, old, new, name="target_engagement.toml"):
    path = draft / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(FrameworkError) as raised:
        load_framework(draft, registry.sources_path())
    return str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"corrected_alleles"', '"coreccted_alleles"', "did you mean corrected_alleles"),
        ('unit = "fraction"', 'unit = "percent"', "use the kind's unit"),
        ('needs = ["editing.on_target"]', 'needs = ["editing.ontarget"]', "a declared evidence kind"),
        ("executability", "executabillity", "an unknown key"),
        ('shape = "at_least"', 'shape = "atleast"', "did you mean at_least"),
        ("confidence = 0.95", "confidence = 0.9512345", "a grid point"),
        ('"patient_target_tissue"', '"patient_target_tisue"', "a declared value"),
        ('document = "ge-guidance-2024-01"', 'document = "ge-guidance-2042"', "a key of sources.toml"),
        ('expect = "insufficient: indirect"', 'expect = "insufficient: maybe"', "verdict: reason"),
    ],
)
def test_faults_are_named(draft, old, new, told):
    text = (draft / "target_engagement.toml").read_text(encoding="utf-8")
    if old.startswith("document"):
        old = next(line for line in text.splitlines() if line.startswith("document = "))
    assert told in edit(draft, old, new)


def test_ids_are_used_once(draft):
    text = (draft / "targeting.toml").read_text(encoding="utf-8")
    (draft / "twice.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FrameworkError, match="an id used twice"):
        load_framework(draft, registry.sources_path())


def test_all_problems_come_at_once(draft):
    path = draft / "targeting.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("force = ", "forse = "), encoding="utf-8")
    with pytest.raises(FrameworkError) as raised:
        load_framework(draft, registry.sources_path())
    assert len(raised.value.problems) >= 18


def test_a_framework_can_be_one_file(tmp_path):
    text = """
[framework]
id = "one-file"
title = "One"
issuer = "i"
jurisdiction = "XX"
status = "draft"
summary = "s"
disclaimer = "d"
not_formalised = []
element = [ { id = "only", title = "Only", question = "q", core = true } ]
[document.a]
title = "A"
issuer = "i"
date = "2026"
status = "draft"
[[criterion]]
element = "only"
id = "XX-01"
title = "t"
asks = "a"
answered_by = "b"
who = "person"
force = "should"
executability = "person"
source = { document = "a", locator = "l", read_as = "text", reading_confidence = "high", status = "draft" }
"""
    path = tmp_path / "one-file.toml"
    path.write_text(text, encoding="utf-8")
    rules = api.framework(str(path))
    assert [c.id for c in rules.criteria] == ["XX-01"]


def test_stamps_lapse_with_the_text():
    c = api.framework()["TE-05"]
    assert c.review_state == "none"
    from dataclasses import replace

    signed = replace(c, reviewed={"by": "x", "on": "2026-01-01", "stamp": c.stamp})
    assert signed.review_state == "current"
    assert replace(signed, title="Another").review_state == "lapsed"


def test_missing_folder(tmp_path):
    with pytest.raises(FrameworkError, match=r"no \[framework\] table"):
        load_framework(Path(tmp_path), registry.sources_path())
