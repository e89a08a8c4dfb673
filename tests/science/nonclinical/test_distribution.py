"""Tissues: found, not found down to a limit, not looked at; what leaves when; what gonads of few animals bound."""

import pytest

from proband.core.evidence import Members
from proband.science.nonclinical.distribution import covered, germline_bounds, reached, tissue_states
from proband.science.nonclinical.distribution_report import delivery, limits, words
from proband.science.nonclinical.distribution_table import Finding
from proband.science.nonclinical.plan_file import POINTS, Delivery


def row(tissue, day, analyte, value=None, limit=0.001, unit="fraction", animals=3, detected=None, dose=1.0, study="s"):
    seen = (0 if value is None else 1) if detected is None else detected
    return Finding(study, tissue, day, analyte, value, unit, limit, dose, animals, seen)


PARTS = [
    row("liver", 1, "editor_mrna", 900.0, 5.0, "ng/g"),
    row("liver", 28, "editor_mrna", None, 5.0, "ng/g"),
    row("liver", 1, "guide", 700.0, 5.0, "ng/g"),
    row("liver", 28, "guide", None, 5.0, "ng/g"),
    row("liver", 28, "edit_fraction", 0.4),
]
GONADS = [row("testis", 28, "edit_fraction"), row("ovary", 28, "edit_fraction")]


def test_three_states_are_three_things():
    made = tissue_states([
        row("liver", 1, "guide", 9.0, 1.0, "ng/g"), row("heart", 1, "guide", None, 1.0, "ng/g"),
        row("lung", 1, "guide", None, None, "ng/g"),
    ])  # fmt: skip
    assert {s.tissue: s.state for s in made} == {
        "heart": "not_detected",
        "liver": "detected",
        "lung": "limit_not_known",
    }
    assert [reached(made, t) for t in ("liver", "heart", "lung", "brain")] == [
        "detected",
        "not_detected",
        "not_looked_at",
        "not_looked_at",
    ]


def test_only_days_on_which_all_lie_below_a_known_limit_are_an_end():
    first = row("liver", 1, "guide", 9.0, 1.0, "ng/g")
    for later in (
        [row("liver", 7, "guide", None, None, "ng/g")],
        [row("liver", 7, "guide", None, 1.0, "ng/g"), row("liver", 7, "guide", 2.0, 1.0, "ng/g")],
    ):
        (made,) = tissue_states([first, *later])
        assert (made.gone_by, made.settled) == (None, False)


def test_units_of_one_analyte_convert_and_others_stand_apart():
    made = tissue_states([row("liver", 1, "guide", 9.0, 1.0, "ng/g"), row("liver", 3, "guide", 0.004, 0.001, "ug/g")])
    assert len(made) == 1
    assert made[0].highest == 9.0
    assert made[0].limit == 1.0
    apart = tissue_states([row("liver", 1, "guide", 9.0, 1.0, "ng/g"), row("liver", 3, "guide", 4, 1, "{copies}/ug")])
    assert len(apart) == 2


def test_what_is_still_there_on_the_last_day_has_no_end():
    left, stays = tissue_states([row("liver", d, "guide", 9.0, 1.0, "ng/g") for d in (1, 28)] + [
        row("heart", 1, "guide", 9.0, 1.0, "ng/g"), row("heart", 7, "guide", None, 1.0, "ng/g"),
    ])  # fmt: skip
    assert (left.tissue, left.gone_by, left.settled) == ("heart", 7, True)
    assert (stays.last_day, stays.gone_by, stays.settled) == (28, None, False)
    said = " ".join(words((left, stays), ()))
    assert "Still found on day 28, the last day looked at: guide in liver" in said
    assert "Gonads were not looked at." in said


@pytest.mark.parametrize(("animals", "share"), [(3, 0.6316), (6, 0.3930), (10, 0.2589), (29, 0.0981)])
def test_no_edited_gonad_among_n_animals_bounds_the_share(animals, share):
    """1 - 0.05^(1/n): Clopper and Pearson, Biometrika 1934;26:404-413, at no event."""
    made = germline_bounds([row("testis", 28, "edit_fraction", limit=0.0005, animals=animals)])[0]
    assert made.above_at_most == pytest.approx(1 - 0.05 ** (1 / animals), abs=1e-12)
    assert made.above_at_most == pytest.approx(share, abs=1e-4)
    assert made.mean_at_most == pytest.approx(share + (1 - share) * 0.0005, abs=1e-4)


def test_gonads_without_limit_or_number_are_not_bounded_and_controls_are_left_out():
    for one in (row("testis", 28, "edit_fraction", limit=None), row("testis", 28, "edit_fraction", animals=None)):
        made = germline_bounds([one])[0]
        assert made.above_at_most is made.mean_at_most is None
    assert germline_bounds([row("testis", 28, "edit_fraction", dose=0.0)]) == ()


def test_all_is_covered():
    rows = PARTS + GONADS
    assert covered(rows, tissue_states(rows), ["unknown"]).present == (
        "tissues",
        "gonads",
        "components",
        "persistence",
        "germline",
    )


@pytest.mark.parametrize(
    ("rows", "sexes", "unknown"),
    [(PARTS, ["unknown"], ("gonads", "germline")),
     ([*PARTS, GONADS[0]], ["unknown"], ("gonads", "germline")),
     ([*PARTS, GONADS[0]], ["male"], ()),
     ([*PARTS, GONADS[0]], ["male", "female"], ("gonads", "germline")),
     ([*PARTS, row("gonads", 28, "edit_fraction")], [], ()),
     ([*PARTS[2:], *GONADS], [], ("components",)),
     ([*PARTS[:1], *PARTS[2:], *GONADS], [], ("persistence",)),
     ([*PARTS, row("testis", 28, "edit_fraction", limit=None), GONADS[1]], [], ("gonads", "germline")),
     ([*PARTS, row("testis", 28, "edit_fraction", animals=None, detected=None), GONADS[1]], [], ("germline",)),
     (GONADS, [], ("tissues", "components", "persistence"))],
)  # fmt: skip
def test_what_is_not_known_stays_so(rows, sexes, unknown):
    made = covered(rows, tissue_states(rows), sexes)
    assert made.unknown == unknown
    assert made.absent == ()


def test_edits_in_a_gonad_are_absent_and_not_unknown():
    rows = [*PARTS, row("testis", 28, "edit_fraction", 0.002), GONADS[1]]
    assert covered(rows, tissue_states(rows), []).absent == ("germline",)
    assert "Edits were found in 1 of 6 animals in ovary, testis of s, dose 1: up to 0.002 of alleles." in " ".join(
        words(tissue_states(rows), germline_bounds(rows))
    )


def test_limits_are_told_by_analyte():
    assert limits(tissue_states(PARTS)) == "edit fraction 0.001 fraction; editor mrna 5 ng/g; guide 5 ng/g"
    assert limits(tissue_states([row("liver", 1, "guide", None, None, "ng/g")])).startswith("not known")


def test_delivery_is_held_against_the_tissues():
    full = Delivery(target_tissue="Liver", **dict.fromkeys(POINTS, "because"))
    made, reach, _ = delivery(full, PARTS)
    assert (made, reach) == (Members(POINTS), "detected")
    nowhere = [row("liver", 28, "guide", None, 1.0, "ng/g")]
    made, reach, told = delivery(full, nowhere)
    assert made.absent == ("tissue_reach",)
    assert "looked for and not found in Liver" in told
    made, _, _ = delivery(full, ())
    assert made.unknown == ("tissue_reach", "persistence")
    some = Delivery(target_tissue="liver", mechanism="x", not_justified=["capacity"])
    assert delivery(some, PARTS)[0] == Members(
        ("mechanism",), ("capacity",), ("editor_class", "delivery_method", "specificity", "tissue_reach", "persistence")
    )


def named(animal, tissue, day, value=None):
    return Finding("s", tissue, day, "edit_fraction", value, "fraction", 0.001, 1.0, 1, int(value is not None), animal)


def test_an_animal_counts_once():
    """Testis and semen of one animal, or semen on two days, are one animal; testes of two days are animals apart."""
    one = [named("M1", "testis", 28), named("M1", "semen", 7), named("M1", "semen", 28), named("M2", "testis", 28)]
    assert germline_bounds(one)[0].animals == 2
    seen = germline_bounds([*one, named("M2", "semen", 28, 0.01)])[0]
    assert (seen.above, seen.highest) == (1, 0.01)
    same_day = [row("testis", 28, "edit_fraction", animals=3), row("semen", 28, "edit_fraction", animals=3)]
    assert germline_bounds(same_day)[0].animals == 3
    again = [row("semen", d, "edit_fraction", animals=4) for d in (7, 28, 90)]
    assert germline_bounds(again)[0].animals == 4
    apart = [row("testis", d, "edit_fraction", animals=3) for d in (7, 28)]
    assert germline_bounds(apart)[0].animals == 6
