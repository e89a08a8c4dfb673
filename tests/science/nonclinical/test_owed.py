"""What is owed by route, what became of it, and how long a toxicity study must be."""

from datetime import date

import pytest

from proband.core.evidence import Members
from proband.science.nonclinical.folder import NonclinicalFolder
from proband.science.nonclinical.owed import members, served, toxicity_length
from proband.science.nonclinical.plan_file import Plan
from proband.science.nonclinical.route_table import route_table
from proband.science.nonclinical.study_table import Study

OWN = ("mine",)


def folder(*studies, **blocks):
    return NonclinicalFolder(studies, (), (), Plan.model_validate(blocks), frozenset())


def study(name="s", product="mine", route="intrathecal", **keys):
    return Study(name, "rat", route, product=product, **keys)


def state(item, held, route="intrathecal"):
    return served([item], held, OWN, route)[0].state


@pytest.mark.parametrize(
    ("route", "items"),
    [("intravenous", ("heart", "nerve", "breathing")), ("subcutaneous", ("heart", "nerve", "breathing")),
     ("intrathecal", ("nerve",)), ("intracerebroventricular", ("nerve",)), ("intravitreal", ())],
)  # fmt: skip
def test_the_table_of_routes(route, items):
    assert route_table().row("oligonucleotide", route).items == items


def test_a_route_in_no_class_has_no_list():
    assert route_table().row("oligonucleotide", "inhaled") is None
    assert route_table().row("oligonucleotide", "") is None


def test_done_argued_planned_and_silence():
    looked = folder(study(endpoints=("nerve",)))
    assert state("nerve", looked) == "done"
    assert state("heart", looked) == "not_known"
    full = {"item": "heart", "status": "argued_away", "grounds": "no exposure of blood", "document": "report 3"}
    assert state("heart", folder(item=[full])) == "argued_away"
    for lacking in ("grounds", "document"):
        made = served(["heart"], folder(item=[{**full, lacking: " "}]), OWN)[0]
        assert made.state == "not_known"
        assert "which is no argument" in made.told
    for status in ("planned", "not_done"):
        assert state("heart", folder(item=[{"item": "heart", "status": status}])) == "not_done"
    assert state("heart", folder(item=[{"item": "heart", "status": "done"}])) == "not_known"
    assert state("heart", folder(item=[{"item": "heart", "status": "done", "document": "report 3"}])) == "done"
    assert state("heart", folder()) == "not_known"


def test_only_this_product_or_a_bridged_one_by_that_class_of_route_counts():
    sibling = study(product="other", endpoints=("nerve",))
    assert state("nerve", folder(sibling)) == "not_known"
    bridge = {"product": "other", "rationale": "one guide differs", "document": "report 4"}
    assert state("nerve", folder(sibling, bridge=[bridge])) == "done"
    assert state("nerve", folder(sibling, bridge=[{**bridge, "document": ""}])) == "not_known"
    assert state("nerve", folder(study(product="", endpoints=("nerve",)))) == "not_known"
    assert state("nerve", folder(study(route="intravenous", endpoints=("nerve",)))) == "not_known"
    assert state("nerve", folder(study(route="intracerebroventricular", endpoints=("nerve",)))) == "done"
    assert state("tumour_risk", folder(study(route="oral", endpoints=("tumour_risk",)))) == "done"


def test_an_argument_leaves_a_test_no_longer_owed_and_counts_where_a_person_signs():
    held = folder(item=[{"item": "heart", "status": "argued_away", "grounds": "g", "document": "d"}])
    made = served(["heart", "nerve"], held, OWN, "intravenous")
    assert members(made, argued_counts=False) == Members((), (), ("nerve",))
    assert members(made, argued_counts=True) == Members(("heart",), (), ("nerve",))


def tox(name="t", days=91.0, **keys):
    return study(name, purpose=("toxicity",), in_life_days=days, **keys)


@pytest.mark.parametrize(
    ("days", "expected", "owed"),
    [(91.0, None, 90), (90.0, None, 90), (89.0, None, None), (14.0, None, None), (13.0, None, 14), (30.0, True, 14),
     (30.0, False, 90), (None, None, None)],
)  # fmt: skip
def test_days_owed_by_prognosis(days, expected, owed):
    told = {} if expected is None else {
        "prognosis": {"death_or_irreversible_harm_within_a_year": expected, "statement": "as stated"}
    }  # fmt: skip
    made = toxicity_length(folder(tox(days=days), **told), OWN, "intrathecal")
    assert made.owed == owed
    assert made.in_life == days


def test_an_expectation_without_a_statement_is_none():
    bare = {"prognosis": {"death_or_irreversible_harm_within_a_year": True}}
    assert toxicity_length(folder(tox(days=30.0), **bare), OWN, "").owed is None


def test_days_in_life_are_counted_up_to_the_first_dose():
    held = folder(tox(days=91.0, started_on=date(2025, 1, 1)), human={"first_dose_on": date(2025, 1, 31)})
    assert toxicity_length(held, OWN, "").in_life == 30
    late = folder(tox(days=91.0, started_on=date(2025, 1, 1)), human={"first_dose_on": date(2024, 12, 1)})
    assert toxicity_length(late, OWN, "").in_life == 0


def test_the_longest_own_study_by_that_route_decides():
    held = folder(
        tox("short", 56.0), tox("long", 91.0), tox("sibling", 180.0, product="other"), tox("vein", 120.0, route="oral"),
        study("other", purpose=("biodistribution",), in_life_days=400.0),
    )  # fmt: skip
    made = toxicity_length(held, OWN, "intrathecal")
    assert (made.study.id, made.standing) == ("long", "own")
    away = toxicity_length(folder(tox("vein", 120.0, route="oral"), tox("x", 9.0, product="o")), OWN, "intrathecal")
    assert (away.study.id, away.standing) == ("vein", "own_other_route")
    assert toxicity_length(folder(tox("x", 9.0, product="o")), OWN, "").standing == "sibling"
    assert toxicity_length(folder(), OWN, "") is None


def test_a_study_whose_days_are_not_stated_keeps_the_length_open():
    held = folder(tox("short", 30.0), tox("silent", None), study("bare", in_life_days=400.0))
    made = toxicity_length(held, OWN, "intrathecal")
    assert (made.study.id, made.not_told, made.no_purpose, made.settled) == ("short", ("silent",), ("bare",), False)
    assert toxicity_length(folder(tox("long", 91.0), tox("silent", None)), OWN, "").settled
    assert toxicity_length(folder(tox("short", 30.0), tox("other", None, product="o")), OWN, "").settled


@pytest.mark.parametrize("words", ["TBD", "unknown", "-", "n/a", "Not stated."])
def test_words_that_say_nothing_are_no_grounds(words):
    full = {"item": "heart", "status": "argued_away", "grounds": "no exposure of blood", "document": "report 3"}
    for lacking in ("grounds", "document"):
        assert state("heart", folder(item=[{**full, lacking: words}])) == "not_known"
    assert state("heart", folder(item=[{"item": "heart", "status": "done", "document": words}])) == "not_known"
    assert not folder(bridge=[{"product": "b", "rationale": words, "document": "d"}]).bridged("b")
    assert Plan.model_validate({"margin": {"justification": words}}).margin.justification == ""


def test_days_before_a_dose_that_no_date_places_do_not_decide():
    undated = study(purpose=("toxicity",), in_life_days=91.0)
    held = folder(undated, human={"first_dose_on": date(2025, 3, 1)})
    made = toxicity_length(held, OWN, "intrathecal")
    assert (made.in_life, made.settled) == (91.0, False)
    dated = study(purpose=("toxicity",), in_life_days=91.0, started_on=date(2024, 10, 1))
    assert toxicity_length(folder(dated, human={"first_dose_on": date(2025, 3, 1)}), OWN, "intrathecal").settled
    assert toxicity_length(folder(undated), OWN, "intrathecal").settled
    short = study(purpose=("toxicity",), in_life_days=10.0)  # too short whenever it began
    assert toxicity_length(folder(short, human={"first_dose_on": date(2025, 3, 1)}), OWN, "intrathecal").settled
