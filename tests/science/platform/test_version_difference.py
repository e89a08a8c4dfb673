"""Two versions part by part: letters alone, planted changes beyond them, and what is not told."""

import pytest

from proband.core.program import FieldOverride
from proband.science.platform.difference import compare, compare_candidates, counts, summary
from proband.science.platform.inherit import inherit
from proband.science.quality.component_model import Component, Parameter, Product, Step, Structure
from proband.testing.platform_record import RECORD, SCAFFOLD, SPACERS, record_of


def parts(tmp_path, change="", first="one", second="two", text=RECORD):
    """Parts by name of two versions of a record to whose second version overrides are added."""
    at = text.index('[[version]]\nid = "three"')
    record = record_of(tmp_path, text[:at] + change + text[at:])
    problems = []
    one, two = (inherit(record, v, problems=problems) for v in (first, second))
    assert not problems, [str(p) for p in problems]
    return {p.part: p for p in compare(one.product, two.product)}


def override(field, value):
    return f'[[version.override]]\nfield = "{field}"\n{value}\nbecause = "planted"\n'


def test_versions_that_share_all_but_their_letters_differ_in_these_alone(tmp_path):
    made = parts(tmp_path)
    assert made["component.guide"].found == "targeting_only"
    assert {p.found for n, p in made.items() if n != "component.guide"} == {"same"}
    assert "within the targeting positions 1-20, at 1-4, 19-20" in made["component.guide"].said
    assert "nothing was seen beyond the targeting sequence" in summary(list(made.values()))


PLANTED = {
    "lipid": ("component.ionizable", "component.ionizable.name", 'value = "lipid B"', "lipid A / lipid B"),
    "lipid share": ("component.ionizable", "component.ionizable.lipid.molar_percent", "value = 46", "50 / 46"),
    "nucleoside of the messenger": (
        "component.mrna",
        "component.mrna.mrna.uridine",
        'value = "5-methoxyuridine"',
        "5-methoxyuridine",
    ),
    "one position of the guide": (
        "component.guide",
        "component.guide.structure",
        'value = { sugar = "ribose", linkage = "phosphodiester", modification = [ '
        '{ sugar = "2\'-O-methyl", positions = "1-4, 48-50" }, { linkage = "phosphorothioate", positions = "1-3" } ] }',
        "2'-o-methyl at 4",
    ),
    "parameter of a step": (
        "step.mixing",
        "step.mixing.parameter.flow_rate",
        "value = 12.5",
        "12 mL/min / 12.5 mL/min",
    ),
    "unit operation": (
        "step.filtration",
        "step.filtration.unit_operation",
        'value = "centrifugation"',
        "centrifugation",
    ),
    "grade": ("component.mrna", "component.mrna.grade", 'value = "research"', "GMP / research"),
    "supplier": ("component.lnp", "component.lnp.source", 'value = "maker nine"', "maker three / maker nine"),
    "component left out": ("component.ionizable", "component.ionizable", "remove = true", "there / missing"),
    "step left out": ("step.filtration", "step.filtration", "remove = true", "there / missing"),
    "N to P": ("component.lnp", "component.lnp.particle.n_to_p", "value = 6.5", "6 / 6.5"),
    "tail": ("component.mrna", "component.mrna.mrna.poly_a", "value = 100", "120 / 100"),
}


@pytest.mark.parametrize(("part", "field", "value", "told"), PLANTED.values(), ids=PLANTED)
def test_a_planted_change_is_beyond_the_targeting_sequence(tmp_path, part, field, value, told):
    made = parts(tmp_path, override(field, value))
    assert made[part].found == "beyond_targeting", made[part]
    assert told in made[part].said
    assert [n for n, p in made.items() if p.found == "beyond_targeting"] == [part]


def test_a_measured_content_of_a_lot_is_no_difference(tmp_path):
    made = parts(tmp_path, override("component.lnp.particle.encapsulation_percent", "value = 91.0"))
    assert made["component.lnp"].found == "same"


@pytest.mark.parametrize("unit", ['{ value = 0.012, unit = "L/min" }', '{ value = 720.0, unit = "mL/h" }'])
def test_a_parameter_in_another_unit_is_the_same(tmp_path, unit):
    made = parts(tmp_path, override("step.mixing.parameter.flow_rate", f"value = {unit}"))
    assert made["step.mixing"].found == "same"


def test_what_is_not_told_on_either_side_is_never_the_same(tmp_path):
    one_side = parts(tmp_path, override("component.mrna.grade", 'value = "not public"'))
    assert one_side["component.mrna"].found == "not_known"
    assert "grade" in one_side["component.mrna"].said
    both = parts(tmp_path, text=RECORD.replace('source = "maker two"\ngrade = "GMP"\n', ""))
    assert both["component.mrna"].found == "not_known"
    assert {c.field for c in both["component.mrna"].changes} == {"source", "grade"}


def test_a_version_without_letters_does_not_take_those_of_the_record(tmp_path):
    text = RECORD.replace(f'targeting = "{SPACERS["two"]}"\n', "")
    assert parts(tmp_path, text=text)["component.guide"].found == "not_known"


def test_a_longer_spacer_and_a_moved_window_are_beyond(tmp_path):
    longer = RECORD.replace(f'targeting = "{SPACERS["two"]}"', f'targeting = "{SPACERS["two"]}A"')
    made = parts(tmp_path, text=longer)["component.guide"]
    assert made.found == "beyond_targeting"
    assert "50 letters / 51 letters" in made.said
    moved = parts(tmp_path, override("component.guide.targeting", "value = [2, 21]"))
    assert moved["component.guide"].found == "beyond_targeting"


def test_a_letter_of_the_scaffold_is_beyond(tmp_path):
    letters = SPACERS["two"] + SCAFFOLD[:-1] + "G"
    made = parts(tmp_path, override("component.guide.sequence", f'value = "{letters}"'))["component.guide"]
    assert made.found == "beyond_targeting"
    assert "U50 / G50" in made.said


def test_rna_letters_are_read_alike_and_those_of_an_oligonucleotide_are_not(tmp_path):
    made = parts(tmp_path, text=RECORD.replace(SPACERS["two"], SPACERS["one"].replace("U", "T")))
    assert made["component.guide"].found == "same"


def test_order_of_steps_is_compared(tmp_path):
    record = record_of(tmp_path)
    one = inherit(record, "one").product
    made = compare(one, Product("x", one.components, one.steps[::-1]))
    assert {p.part: p.found for p in made}["step.mixing"] == "beyond_targeting"


def test_a_part_of_another_id_is_held_against_the_only_one_of_its_kind(tmp_path):
    record = record_of(tmp_path)
    one = inherit(record, "one").product
    renamed = [c.model_copy(update={"id": "particle"}) if c.id == "lnp" else c for c in one.components]
    renamed = [c.model_copy(update={"part_of": "particle"}) if c.part_of == "lnp" else c for c in renamed]
    made = compare(one, Product("x", tuple(renamed), one.steps))
    assert {p.found for p in made} == {"same"}


def test_nothing_described_is_not_known():
    made = compare(Product("a", (), ()), Product("b", (), ()))
    assert counts(made) == {"beyond_targeting": 0, "not_known": 2, "targeting_only": 0, "same": 0}


def test_candidates_differ_in_editor_and_pam_beyond_targeting():
    base = {"spacer": "ACGTACGTACGTACGTACGT", "pam": "NGG", "editor": "ABE8e", "delivery": "lnp"}
    assert compare_candidates(base, {**base, "spacer": "TCGTACGTACGTACGTACGT"}).found == "targeting_only"
    assert compare_candidates(base, {**base, "spacer": "ACGTACGTACGTACGTACG"}).found == "beyond_targeting"
    assert compare_candidates(base, {**base, "pam": "NGC"}).found == "beyond_targeting"
    assert compare_candidates(base, {**base, "editor": "ABE7"}).found == "beyond_targeting"
    assert compare_candidates(base, {**base, "editor": ""}).found == "not_known"
    assert compare_candidates(base, base).found == "same"
    assert compare_candidates({}, {}).found == "not_known"
    assert compare_candidates({**base, "delivery": ""}, {**base, "delivery": ""}).found == "not_known"


def test_every_field_of_a_component_and_a_step_is_compared_or_said_not_to_be():
    from proband.science.platform.parts import leaves
    from proband.science.quality.component_model import Component, Step

    known = {n.split(".")[0] for n in leaves("component", {"id": "a", "kind": "guide_rna"})}
    tables = {"stated_mass", "amount", "ratio", "properties", "mrna", "lipid", "particle", "vector", "cells"}
    assert set(Component.model_fields) == known | tables | {"id", "cite"}
    assert set(Step.model_fields) == {n.split(".")[0] for n in leaves("step", {"id": "a"})} | {"id", "parameter"}


def test_an_override_needs_a_field_that_is_inherited(tmp_path):
    record = record_of(tmp_path)
    wrong = {
        "component.lipd.grade": "the id of an inherited component",
        "component.lnp.gade": "a field of a component",
        "steps.mixing.site": "component or step or assay or study",
        "component.lnp.particle.n_to_p": "a value of the form of a component",
        "step.mixing.parameter.pressure": "a field that is there",
        "component.guide": "a field of it, or remove = true",
    }
    given = [FieldOverride(f, "text" if "n_to_p" in f else 1.0, False, "why") for f in wrong]
    problems = []
    inherit(record, "one", given, problems=problems)
    assert [(p.place.rpartition(" ")[2], p.expected) for p in problems] == list(wrong.items())
    assert all(p.file == "program.toml" for p in problems)


def test_a_parameter_that_neither_side_tells_is_not_the_same():
    step = Step(id="mix", unit_operation="mixing", parameter=[Parameter(name="flow", text="not public")])
    (made,) = (p for p in compare(Product("a", (), (step,)), Product("b", (), (step,))) if p.part == "step.mix")
    assert made.found == "not_known"
    assert "flow" in made.said


@pytest.mark.parametrize(
    ("kind", "structure", "found"),
    [
        ("oligonucleotide", Structure(), "not_known"),
        ("oligonucleotide", Structure(sugar="DNA"), "not_known"),
        ("oligonucleotide", Structure(sugar="DNA", linkage="phosphorothioate"), "same"),
        ("guide_rna", Structure(), "not_known"),
        ("guide_rna", Structure(five_prime="hydroxyl"), "same"),
    ],
)
def test_a_chemistry_that_nobody_tells_is_not_the_same(kind, structure, found):
    letters = "ACGT" if kind == "oligonucleotide" else "ACGU"
    part = Component(
        id="x", kind=kind, source="s", grade="g", sequence=letters, targeting=[1, 4], structure=structure
    )  # fmt: skip
    made = {p.part: p for p in compare(Product("a", (part,), ()), Product("b", (part,), ()))}
    assert made["component.x"].found == found


def test_two_candidates_of_unknown_delivery_are_not_known_to_be_alike():
    one = {"editor": "ABE8e", "pam": "NGG", "spacer": "ACGT", "delivery": "unknown"}
    assert compare_candidates(one, one).found == "not_known"
