"""The sentences: complete for every closed list, sober, and true of the framework's status."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

import pytest

from proband.core.evidence import ConcernWord, Origin, ReadLevel
from proband.core.finding import Cost, Reason, Verdict
from proband.core.quantity import GRID, Quantity
from proband.dossier import words

PROMISES = (
    r"\b(approvable|approved|passed|passes|compliant|successful|recommend\w*|proven|certif\w*|guarantee\w*|scores?)\b"
)


def test_every_closed_list_has_words():
    assert set(words.VERDICTS) == set(Verdict) <= {Verdict(v) for v in words.SYMBOLS if v != "open"}
    assert set(words.REASONS) == set(Reason)
    assert set(words.ORIGINS) == set(Origin)
    assert set(words.CONCERNS) == set(ConcernWord)
    assert set(words.COSTS) == set(Cost)
    assert all(words.read_level(level) for level in ReadLevel)


def test_every_word_of_the_rules_has_a_sentence(synthetic):
    for c in synthetic.framework.criteria:
        assert c.force in words.FORCES
        assert c.executability in words.EXECUTABILITY
        assert c.source.read_as in words.READINGS
        assert c.source.status in words.STATUSES
        assert c.test is None or c.test.basis in words.BASES
        assert words.asked(c).endswith(".")


@pytest.mark.parametrize("name", ["words.py", "view_words.py"])
def test_nothing_promises(name):
    source = (files("proband.dossier") / name).read_text(encoding="utf-8")
    said = re.sub(r'""".*?"""', "", source, flags=re.S)
    assert not re.findall(PROMISES, said, flags=re.I)


@pytest.mark.parametrize(("status", "draft"), [("draft", True), ("final", False), ("withdrawn", False)])
def test_draft_is_said_only_of_a_draft(synthetic, status, draft):
    said = words.notice(replace(synthetic.framework, status=status))
    assert ("draft" in said) is draft
    assert "No finding of any authority. No treatment advice." in said


@pytest.mark.parametrize(
    ("quantity", "value", "uncertain"),
    [
        (Quantity.exact(3, "count"), "3", "known exactly"),
        (Quantity.point(0.42, "fraction"), "0.42", "no interval given: no probability"),
        (Quantity.point(23, "x", low=14, high=48), "23", "14 to 48, bracket of unknown kind: no probability"),
        (
            Quantity.bound(0.0015, "x", side="upper", level=0.95),
            "below 0.0015 at level 0.95",
            "one-sided limit",
        ),
        (Quantity.bound(2, "x", side="lower", level=0.9), "above 2 at level 0.9", "one-sided limit"),
        (
            Quantity.confidence(5, 3, 7, 0.95, "x"),
            "5",
            "3 to 7, 95 % confidence interval: gives no probability",
        ),
        (
            Quantity.posterior(GRID, "fraction", model="uniform"),
            "0.5",
            "0.025 to 0.975 at level 0.95 under the model",
        ),
    ],
)
def test_numbers_in_words(quantity, value, uncertain):
    assert words.value(quantity) == value
    assert words.uncertainty(quantity) == uncertain
