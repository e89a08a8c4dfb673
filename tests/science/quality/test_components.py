"""Reading of quality/components.toml: every fault at once, and nothing that is not written."""

from __future__ import annotations

from pathlib import Path

import pytest

from proband.core.errors import Problem
from proband.science.quality.components import Product, read_components, told
from proband.science.quality.positions import position_fault, positions, spelled

HEAD = 'format = 1\nproduct = "p-1"\n'
GUIDE = '[[component]]\nid = "guide"\nkind = "guide_rna"\n'


def read(tmp_path: Path, text: str) -> tuple[Product | None, list[Problem]]:
    path = tmp_path / "components.toml"
    path.write_text(text, encoding="utf-8")
    problems: list[Problem] = []
    return read_components(path, problems), problems


def only(tmp_path: Path, text: str) -> Problem:
    made, problems = read(tmp_path, text)
    assert made is None
    assert len(problems) == 1, problems
    return problems[0]


def test_what_is_not_written_is_not_known(tmp_path: Path) -> None:
    made, problems = read(tmp_path, HEAD + GUIDE)
    assert made is not None
    assert not problems
    (c,) = made.components
    assert (c.role, c.source, c.grade, c.step, c.in_final_product, c.structure, c.cite) == (
        "",
        "",
        "",
        "",
        None,
        None,
        None,
    )


def test_tree_and_steps_in_order(tmp_path: Path) -> None:
    text = HEAD + (
        '[[component]]\nid = "a"\nkind = "mrna"\npart_of = "lnp"\nstep = "mix"\n'
        '[[component]]\nid = "lnp"\nkind = "lipid_nanoparticle"\n'
        '[[step]]\nid = "mix"\nparameter = [{ name = "flow", value = 12.0, unit = "mL/min" }]\n[[step]]\nid = "fill"\n'
    )
    made, problems = read(tmp_path, text)
    assert made is not None
    assert not problems
    assert [(d, c.id) for d, c in made.tree()] == [(0, "lnp"), (1, "a")]
    assert [s.id for s in made.steps] == ["mix", "fill"]


def test_circle_of_parts_is_named_once(tmp_path: Path) -> None:
    parts = {"a": "b", "b": "c", "c": "a", "d": "a"}
    text = HEAD + "".join(f'[[component]]\nid = "{i}"\nkind = "lipid"\npart_of = "{p}"\n' for i, p in parts.items())
    assert only(tmp_path, text).found == "a circle: a in b in c in a"


def test_component_that_is_part_of_itself(tmp_path: Path) -> None:
    assert only(tmp_path, HEAD + GUIDE + 'part_of = "guide"\n').found == "a circle: guide in guide"


def test_every_fault_at_once(tmp_path: Path) -> None:
    text = HEAD + (
        GUIDE + 'step = "mixx"\npart_of = "lnpp"\nsequence = "ACGTU"\ntargeting = [1, 9]\n'
        'amount = { value = 1.0, unit = "EU/mL" }\n'
        'ratio = [{ value = 1.0, to = "guide", basis = "mass" }]\n'
        '[component.structure]\nmodification = [{ sugar = "moe", base = "5mC", positions = "1" }, '
        '{ linkage = "PS", positions = "5" }, { linkage = "PS", positions = "2-1" }, { linkage = "PS" }]\n'
        '[[component]]\nid = "lnp"\nkind = "lipid_nanoparticle"\nsequence = "ACGU"\n[component.mrna]\ncap = "cap-1"\n'
        '[[step]]\nid = "mix"\n'
    )
    made, problems = read(tmp_path, text)
    assert made is None
    places = {p.place for p in problems}
    assert places == {
        "component guide, key step",
        "component guide, key part_of",
        "component guide, key sequence",
        "component guide, key targeting",
        "component guide, key amount.unit",
        "component guide, key ratio.to",
        "component guide, structure.modification 1",
        "component guide, structure.modification 2, key positions",
        "component guide, structure.modification 3, key positions",
        "component guide, structure.modification 4",
        "component lnp, key sequence",
        "component lnp, table mrna",
    }


@pytest.mark.parametrize(
    ("extra", "place"),
    [
        ('amount = { value = nan, unit = "mg" }\n', "component guide, key amount.value"),
        ('amount = { value = -1.0, unit = "mg" }\n', "component guide, key amount.value"),
        (
            'stated_mass = { value = 1.0, unit = "g", definition = "molecule" }\n',
            "component guide, key stated_mass.unit",
        ),
        ('stated_mass = { value = 1.0, unit = "Da" }\n', "component guide, key stated_mass.definition"),
        ('sequnce = "ACGU"\n', "component guide, key sequnce"),
        ('in_final_product = "yes"\n', "component guide, key in_final_product"),
        ('sequence = "AC\\u200bGU"\n', "line 6"),
        ('sequence = "ACGN"\n', "component guide, key sequence"),
        ('properties = [{ name = "x", value = 1.0 }]\n', "component guide, key properties x"),
    ],
)
def test_one_fault(tmp_path: Path, extra: str, place: str) -> None:
    assert only(tmp_path, HEAD + GUIDE + extra).place == place


@pytest.mark.parametrize(
    "text", ["", "format = 1\n", 'format = 2\nproduct = "p"\ncomponent = []\n', "format = ", "\x00"]
)
def test_no_file_of_this_form(tmp_path: Path, text: str) -> None:
    made, problems = read(tmp_path, text)
    assert made is None
    assert problems


def test_positions_as_written() -> None:
    assert positions("98-100, 1-3") == (1, 2, 3, 98, 99, 100)
    assert positions([3, 1]) == (1, 3)
    assert spelled(positions("1,2,3,7")) == "1-3, 7"
    assert [position_fault(x) for x in ("0", "1-", "1;2", "1-999999", "2,2")] == [
        "0: outside of 1 to 100000",
        "'1-'",
        "'1;2'",
        "1-999999: outside of 1 to 100000",
        "position 2 twice",
    ]


def test_words_that_say_nothing() -> None:
    assert [told(x) for x in ("", "TBD", "Not public.", "unknown", "GMP grade")] == [False] * 4 + [True]
