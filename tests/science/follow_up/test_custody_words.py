"""What a plan writes of custody and controls: a document, "none", or words that only fill the place."""

from datetime import date

import pytest

from proband.science.follow_up.custody import controls, custody
from proband.science.follow_up.plan_file import FollowUp
from proband.science.follow_up.schedule import shorter


def plan(**blocks):
    source = {"document": "plan", "on": date(2025, 1, 1)}
    held = {"format": 1, "product_class": "genome_editing", "counts_from": "last_dose", "years": 10, "source": source}
    return FollowUp.model_validate({**held, **blocks})


@pytest.mark.parametrize(
    ("words", "group"),
    [("a foundation", "present"), ("None", "absent"), ("nobody", "absent"), ("TBD", "unknown"), ("unknown", "unknown"),
     ("to be determined", "unknown"), ("n/a", "unknown"), ("-", "unknown")],
)  # fmt: skip
def test_funding_in_words(words, group):
    assert "funding" in getattr(custody(plan(custody={"funding": words})), group)
    assert "training" in getattr(controls(plan(system=[{"name": "s", "training": words}])), group)


def test_a_reason_for_a_shorter_term_has_words():
    assert shorter(plan(shorter_because="no vector stays"), 10.0) == "with_reason"
    assert shorter(plan(shorter_because="TBD"), 10.0) == "without_reason"
