"""Margins: published multiples, bases against hand calculation, bounds, what is not stated, units that never meet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.nonclinical.amounts import amount, per_of
from proband.science.nonclinical.exposure_table import Exposure
from proband.science.nonclinical.margins import (
    STARTING,
    TOTAL,
    Comparator,
    bases,
    comparators,
    margin,
    multiple,
    no_effect_point,
)
from proband.science.nonclinical.plan_file import Plan
from proband.science.nonclinical.scaling import haycock, mosteller, scaling
from proband.science.nonclinical.study_table import Study


def plan(**blocks):
    return Plan.model_validate(blocks)


def human(**keys):
    return plan(human={"dose_unit": "mg/kg", "doses": [0.1], **keys})


START = Comparator(STARTING, 0.1, "mg/kg")


def test_the_rat_multiples_of_milasen_by_the_stated_factor():
    """Kim et al., NEJM 2019;381:1644-1652: 0.06, 0.25 and 1.0 mg are about 2.5, 10 and 42 times usual nusinersen."""
    study = Study("rat", "rat", "intrathecal", (0.06, 0.25, 1.0), "mg")
    stated = plan(margin={"factor": 500, "factor_because": "as published"})
    usual = Comparator("usual nusinersen dose", 12, "mg", own=False)
    made = [multiple(study, d, usual, "stated_factor", stated).ratio for d in study.doses]
    assert [round(m, 4) for m in made] == [2.5, 10.4167, 41.6667]


@pytest.mark.parametrize(
    ("species", "km"),
    [("mouse", 3), ("hamster", 5), ("rat", 6), ("ferret", 7), ("guinea_pig", 8), ("rabbit", 12), ("dog", 20),
     ("monkey", 12), ("marmoset", 6), ("squirrel_monkey", 7), ("baboon", 20), ("micro_pig", 27), ("mini_pig", 35)],
)  # fmt: skip
def test_factors_of_the_guidance_of_2005(species, km):
    """FDA 2005, table 1: human 37, child 25, and each species; the human equivalent is the dose times Km over 37."""
    table = scaling()
    assert (table.species[species].km, table.adult_km, table.child_km) == (km, 37, 25)
    study = Study("s", species, "intravenous", (10.0,), "mg/kg")
    made = multiple(study, 10.0, Comparator("x", 1, "mg/kg"), "body_surface_adult", plan())
    assert made.ratio == pytest.approx(10 * km / 37)


def test_a_rat_at_50_mg_per_kg_is_8_in_an_adult():
    """FDA 2005, appendix: 50 mg/kg in rats is divided by 6.2, which is 8.1 mg/kg; the factors give 8.108."""
    study = Study("s", "rat", "intravenous", (50.0,), "mg/kg")
    made = multiple(study, 50.0, Comparator("x", 1, "mg/kg"), "body_surface_adult", plan())
    assert made.ratio == pytest.approx(8.108, abs=0.001)


def test_body_surface_by_mosteller_and_haycock():
    """Mosteller: 100 cm and 36 kg give 1 m2. Haycock: its formula for 7.14 kg and 66 cm by hand."""
    assert mosteller(36, 100) == 1
    assert haycock(7.14, 66) == pytest.approx(0.024265 * 7.14**0.5378 * 66**0.3964)
    study = Study("s", "monkey", "intravenous", (0.3,), "mg/kg")
    weight = {"weight": {"value": 7.14, "unit": "kg"}, "height": {"value": 66, "unit": "cm"}}
    for basis, surface in (("body_surface_mosteller", mosteller), ("body_surface_haycock", haycock)):
        made = multiple(study, 0.3, START, basis, human(**weight)).ratio
        assert made == pytest.approx(0.3 * 12 / (0.1 * 7.14 / surface(7.14, 66)))
    with pytest.raises(ValueError, match="above 0"):
        mosteller(0, 100)


def test_volumes_of_cerebrospinal_fluid_of_two_sources_stand_beside_each_other():
    """Int J Toxicol 2018;37:4-27, table 4: rat 0.25, human 130 mL. Fluids Barriers CNS 2013;10:12: 0.30 and 140 mL."""
    study = Study("s", "rat", "intrathecal", (0.06,), "mg")
    usual = Comparator("usual", 12, "mg", own=False)
    first, other = (multiple(study, 0.06, usual, b, plan()).ratio for b in ("csf_volume", "csf_volume_other"))
    assert first == pytest.approx((0.06 / 0.25) / (12 / 130))
    assert other == pytest.approx((0.06 / 0.30) / (12 / 140))
    infant = plan(human={"age": {"value": 200, "unit": "d"}})
    by_age = multiple(study, 0.06, usual, "csf_volume_by_age", infant)
    assert by_age.ratio == pytest.approx((0.06 / 0.25) / (12 / 135))
    assert "recalled, not read again" in by_age.notes[0]
    own = plan(human={"csf_volume": {"value": 0.1, "unit": "L"}})
    assert multiple(study, 0.06, usual, "csf_volume_own", own).ratio == pytest.approx((0.06 / 0.25) / (12 / 100))


def test_a_volume_is_for_doses_into_the_central_nervous_system_alone():
    study = Study("s", "rat", "intravenous", (1.0,), "mg")
    made = multiple(study, 1.0, Comparator("x", 12, "mg", own=False), "csf_volume", plan())
    assert made.ratio is None
    assert "central nervous system" in made.why


def test_surface_of_an_intrathecal_dose_says_that_the_guidance_scales_by_volume():
    study = Study("s", "rat", "intrathecal", (1.0,), "mg/kg")
    assert "by volume" in multiple(study, 1.0, START, "body_surface_adult", human()).notes[0]


def test_a_missing_weight_gives_no_margin_and_says_whose():
    study = Study("s", "rat", "intravenous", (0.5,), "mg", no_effect=0.5)
    made = margin(study, START, "body_weight", human())
    assert (made.value, made.bound, made.why) == (None, "", "the body weight of the rat is not stated")
    weighed = Study("s", "rat", "intravenous", (0.5,), "mg", no_effect=0.5, weight_kg=0.25)
    assert margin(weighed, START, "body_weight", human()).value == pytest.approx(20)
    of_all = Comparator(STARTING, 12, "mg")
    told = margin(weighed, of_all, "body_weight", plan())
    assert told.why == "the body weight of the person is not stated"


def test_three_bounds_of_a_margin():
    doses = (0.0, 1.0, 5.0)
    effect = Study("s", "rat", "oral", doses, "mg/kg", effect=1.0, all_had_effect=True)
    none = Study("s", "rat", "oral", doses, "mg/kg", no_effect=5.0)
    between = Study("s", "rat", "oral", doses, "mg/kg", no_effect=1.0, effect=5.0)
    assert no_effect_point(Study("s", "rat", "oral", doses, "mg/kg")) is None
    made = [margin(s, START, "body_weight", human()) for s in (effect, none, between)]
    assert [(m.bound, m.value) for m in made] == [
        ("less_than", pytest.approx(10)),
        ("at_least", pytest.approx(50)),
        ("equal", pytest.approx(10)),
    ]
    assert made[2].at_effect == pytest.approx(50)
    silent = margin(Study("s", "rat", "oral", doses, "mg/kg"), START, "body_weight", human())
    assert silent.why == "no dose without effect is stated"


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [("{vg}/kg", "mg/kg", "{vg} and mass (g) count different things"),
     ("{vg}/kg", "{cells}/kg", "{vg} and {cells} count different things"),
     ("umol/kg", "mg/kg", "moles and mass compare only with a stated molar mass")],
)  # fmt: skip
def test_units_that_count_different_things_never_meet(one, other, why):
    study = Study("s", "monkey", "intravenous", (1e13,), one, no_effect=1e13)
    made = multiple(study, 1e13, Comparator(STARTING, 1, other), "body_weight", plan())
    assert (made.ratio, made.why) == (None, why)


def test_moles_and_mass_meet_with_a_molar_mass():
    study = Study("s", "rat", "intrathecal", (1.0,), "umol")
    stated = plan(human={"molar_mass": {"value": 7.0, "unit": "kg/mol"}, "weight": {"value": 10, "unit": "kg"}})
    weighed = Study("s", "rat", "intrathecal", (1.0,), "umol", weight_kg=0.25)
    assert multiple(weighed, 1.0, Comparator(STARTING, 7, "mg"), "body_weight", stated).ratio == pytest.approx(40)
    assert multiple(study, 1.0, Comparator(STARTING, 7, "mg"), "body_weight", stated).ratio is None


def test_prefixes_convert():
    study = Study("s", "rat", "intravenous", (500.0,), "ug/kg")
    assert multiple(study, 500.0, START, "body_weight", human()).ratio == pytest.approx(5)


def test_what_a_dose_counts_must_be_the_same():
    rna = Study("s", "monkey", "intravenous", (1.0,), "mg/kg", dose_of="total RNA")
    assert multiple(rna, 1.0, START, "body_weight", human(dose_of="Total  RNA")).ratio == pytest.approx(10)
    assert (
        "counts total RNA, the human dose lipid" in multiple(rna, 1.0, START, "body_weight", human(dose_of="lipid")).why
    )
    assert "is not stated" in multiple(rna, 1.0, START, "body_weight", human()).why


def test_lipids_of_a_nanoparticle_have_a_margin_of_their_own():
    lot = Study("s", "monkey", "intravenous", (1.0,), "mg/kg", dose_of="total RNA", lipid_per_rna=20)
    stated = human(dose_of="total RNA", lipid_per_rna=25)
    assert multiple(lot, 1.0, START, "lipid_body_weight", stated).ratio == pytest.approx(8)
    bare = Study("s", "monkey", "intravenous", (1.0,), "mg/kg", dose_of="total RNA")
    assert "lipid per RNA" in multiple(bare, 1.0, START, "lipid_body_weight", stated).why
    assert "lipid_body_weight" not in bases(human())


def test_repeated_doses_are_summed_on_both_sides():
    stated = human(doses=[0.1, 0.3], all_doses=True)
    total = next(c for c in comparators(stated) if c.name == TOTAL)
    study = Study("s", "monkey", "intravenous", (1.0,), "mg/kg", number_of_doses=2)
    assert multiple(study, 1.0, total, "body_weight", stated).ratio == pytest.approx(2 / 0.4)
    once = Study("s", "monkey", "intravenous", (1.0,), "mg/kg")
    assert "number of doses" in multiple(once, 1.0, total, "body_weight", stated).why
    assert TOTAL not in [c.name for c in comparators(human(doses=[0.1, 0.3]))]


def exposed(*rows, unit="ng.h/mL", below=False, **keys):
    study = Study("s", "monkey", "intravenous", (1.0,), "mg/kg", no_effect=1.0)
    block = {
        "matrix": "plasma",
        "parameter": "AUC",
        "value": 1000,
        "unit": unit,
        "below_limit": below,
        "how": "measured",
    }
    stated = plan(human={"doses": [0.1], "dose_unit": "mg/kg", **keys}, human_exposure=[block])
    return margin(study, START, "AUC in plasma", stated, rows)


def test_exposure_over_exposure_with_limits_of_the_assay():
    row = Exposure("s", 1.0, "plasma", "AUC", 5.0, "ug.h/mL", False)
    made = exposed(row, unit="ng.h/mL")
    assert (made.bound, made.value) == ("at_least", pytest.approx(5))
    lower = Exposure("s", 1.0, "plasma", "AUC", 2.0, "ug.h/mL", False, day=28)
    assert exposed(row, lower).value == pytest.approx(2)
    blank = Exposure("s", 1.0, "plasma", "AUC", 0.01, "ug.h/mL", True)
    assert "no bound" in exposed(blank).why
    assert "no bound" in exposed(row, Exposure("s", 1.0, "plasma", "AUC", 9.0, "ug.h/mL", True)).why  # may be lowest
    assert exposed(blank, below=True).why == "both exposures lie below the limit of their assay"
    assert exposed(row, below=True).bound == "at_least"
    assert "no AUC in plasma" in exposed().why
    assert "molar mass" in exposed(Exposure("s", 1.0, "plasma", "AUC", 5.0, "umol.h/L", False)).why
    heavy = exposed(
        Exposure("s", 1.0, "plasma", "AUC", 1.0, "umol.h/L", False), molar_mass={"value": 7000, "unit": "g/mol"}
    )
    assert heavy.value == pytest.approx(7.0)


def test_a_species_without_a_factor_has_no_surface():
    study = Study("s", "sheep", "intravenous", (1.0,), "mg/kg")
    assert "no factor of body surface" in multiple(study, 1.0, START, "body_surface_adult", human()).why
    assert multiple(study, 1.0, START, "body_weight", human()).ratio == pytest.approx(10)


def test_a_weight_outside_the_range_of_the_factor_is_noted():
    heavy = Study("s", "rat", "intravenous", (1.0,), "mg/kg", weight_kg=0.45)
    assert "outside the weights" in multiple(heavy, 1.0, START, "body_surface_adult", human()).notes[0]


@given(
    dose=st.floats(1e-3, 1e3), other=st.floats(1e-3, 1e3), factor=st.floats(1.1, 100.0),
    basis=st.sampled_from(["body_weight", "body_surface_adult", "body_surface_child"]),
)  # fmt: skip
def test_multiples_are_linear_in_the_animal_and_inverse_in_the_person(dose, other, factor, basis):
    def ratio(a, h):
        study = Study("s", "dog", "intravenous", (a,), "mg/kg")
        return multiple(study, a, Comparator("x", h, "mg/kg", own=False), basis, plan()).ratio

    assert ratio(dose * factor, other) == pytest.approx(factor * ratio(dose, other))
    assert ratio(dose, other * factor) == pytest.approx(ratio(dose, other) / factor)


@given(value=st.floats(1e-6, 1e6), code=st.sampled_from(["mg", "ug", "g", "mg/kg", "ug/kg", "mg/m2", "{vg}/kg"]))
def test_amounts_keep_their_value(value, code):
    made = amount(value, code)
    scale = {"mg": 1e-3, "ug": 1e-6, "g": 1, "mg/kg": 1e-3, "ug/kg": 1e-6, "mg/m2": 1e-3, "{vg}/kg": 1}[code]
    assert made.value == pytest.approx(value * scale)
    assert made.per == per_of(code)
