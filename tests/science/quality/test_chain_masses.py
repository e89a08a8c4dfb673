"""Chains and their masses: monomers from atoms, published molecules, notations, and what would explain a mass."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.quality.chain import Chain, read_chain
from proband.science.quality.chain_mass import masses
from proband.science.quality.component_model import Component, Modification, Structure
from proband.science.quality.components import read_components
from proband.science.quality.mass_explanations import explain
from proband.science.quality.monomers import monomers
from proband.science.quality.notation import notation_fault, read_notation

EXAMPLES = Path(__file__).parents[3] / "examples"
MONOMERS = {
    ("A", "2'-MOE"): "325.325", ("G", "2'-MOE"): "341.324", ("5-methyluracil", "2'-MOE"): "316.310",
    ("5-methylcytosine", "2'-MOE"): "315.326", ("A", "DNA"): "251.246", ("5-methylcytosine", "DNA"): "241.247",
    ("T", "DNA"): "242.231",
}  # fmt: skip
"""Facts 3.3, in Da."""


def component(example: str, name: str) -> Component:
    problems: list = []
    product = read_components(EXAMPLES / example / "quality" / "components.toml", problems)
    assert product is not None, problems
    found = product.component(name)
    assert found is not None
    return found


def chain_of(c: Component) -> Chain:
    made = read_chain(c)
    assert made is not None
    return made


@pytest.mark.parametrize(("parts", "mass"), MONOMERS.items())
def test_monomers_of_the_facts(parts: tuple[str, str], mass: str) -> None:
    table = monomers()
    assert table.average(table.nucleoside(*parts)) == Decimal(mass)


def test_linkages_of_the_facts() -> None:
    table = monomers()
    assert table.average(table.linkage["PO"]) == Decimal("61.964")
    assert table.average(table.linkage["PS"]) == Decimal("78.025")


def test_published_guide() -> None:
    """Facts 1.2: 33,040 Da as a sum of residues; the molecule is 32,977.9."""
    made = masses(chain_of(component("cps1_kabe", "guide")))
    assert round(made.residue_sum) == 33040
    assert abs(made.molecule - Decimal("32977.9")) < Decimal("0.1")
    assert chain_of(component("cps1_kabe", "guide")).count("sugar", "2'-OMe") == 47
    assert chain_of(component("cps1_kabe", "guide")).count("linkage", "PS") == 6


def test_published_gapmer_as_printed_and_with_one_linkage_changed() -> None:
    c = component("kif1a_gapmer", "oligonucleotide")
    chain = chain_of(c)
    assert (chain.linkages.count("PO"), chain.linkages.count("PS")) == (5, 14)
    assert abs(masses(chain).molecule - Decimal("7086.71")) < Decimal("0.01")
    six = chain_of(c.model_copy(update={"notation": "5'-AUoGoUoAoCATTTTCTTTGoUoUGC-3'"}))
    assert abs(masses(six).molecule - Decimal("7070.65")) < Decimal("0.01")


def test_what_explains_the_printed_gapmer() -> None:
    chain = chain_of(component("kif1a_gapmer", "oligonucleotide"))
    found = explain(chain, Decimal("7070.0"), "average", Decimal(2))
    assert found[0].what == "1 phosphodiester (PO) in place of 1 phosphorothioate (PS)"
    assert found[0].shift == Decimal("-16.061")
    assert all(abs(e.left) <= 2 for e in found)
    # One base for another has almost the mass of one oxygen: told, because mass alone does not choose.
    assert "one A in place of one G" in [e.what for e in found]


def test_known_molecules() -> None:
    """Thymidylyl-(3'-5')-thymidine C20H27N4O12P; nusinersen, an 18-mer of MOE, PS and 5-methyl pyrimidines,
    C234H340N61O128P17S17 as the free acid (label of Spinraza, read_level R)."""
    tpt = Chain(("T", "T"), ("DNA", "DNA"), ("PO",), "hydroxyl", "hydroxyl")
    assert masses(tpt).formula == "C20H27N4O12P"
    structure = Structure(sugar="MOE", linkage="PS", base="5-methyl pyrimidines")
    c = Component(id="n", kind="oligonucleotide", sequence="UCACUUUCAUAAUGCUGG", structure=structure)
    assert masses(chain_of(c)).formula == "C234H340N61O128P17S17"


def test_unknown_sugars_give_no_mass() -> None:
    chain = chain_of(Component(id="n", kind="oligonucleotide", sequence="ACGT", structure=Structure(linkage="PS")))
    assert chain.missing == ("sugar of positions 1-4",)
    with pytest.raises(ValueError, match="sugar of positions 1-4"):
        masses(chain)


def test_notation_signs() -> None:
    c = Component(id="g", kind="guide_rna", notation="mA*mC*mG*UUUUmU*mU*mU")
    chain = chain_of(c)
    assert chain.linkages == ("PS", "PS", "PS", "PO", "PO", "PO", "PO", "PS", "PS")
    assert chain.sugars.count("2'-OMe") == 6
    short = chain_of(c.model_copy(update={"notation": "mN*{3}N{4}mN*{2}mN", "sequence": "ACGUUUUUUU"}))
    assert (short.linkages, short.sugars, short.bases) == (chain.linkages, chain.sugars, chain.bases)
    listed = Structure(
        modification=[
            Modification(sugar="2'-OMe", positions="1-3, 8-10"),
            Modification(linkage="PS", positions="1-3, 8, 9"),
        ]
    )
    written = chain_of(Component(id="g", kind="guide_rna", sequence="ACGUUUUUUU", structure=listed))
    assert masses(written) == masses(chain)
    assert (written.sugars, written.linkages) == (chain.sugars, chain.linkages)


def test_codes_of_a_supplier() -> None:
    read = read_notation("/5Phos//52MOErA/*/i2MOErC/*G/iMe-dC/T")
    assert read.five_phosphate
    assert [(u.letter, u.sugar, u.linkage, u.base) for u in read.units] == [
        ("A", "2'-MOE", "PS", ""), ("C", "2'-MOE", "PS", ""), ("G", "", "", ""), ("C", "DNA", "", "5-methylcytosine"),
        ("T", "", "", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", "5'--3'", "mAg", "mm", "A**C", "A{0}", "A{99999}", "A*", "/5Bio/A", "A\u0000C", "N{20001}"]
)
def test_notations_that_are_refused(text: str) -> None:
    assert notation_fault(text)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    fault = notation_fault(text)
    assert fault or read_notation(text).units


@given(st.text("ACGT", min_size=2, max_size=30), st.data())
def test_a_linkage_exchanged_is_found_again(letters: str, data: st.DataObject) -> None:
    n = len(letters)
    links = tuple(data.draw(st.sampled_from(("PO", "PS"))) for _ in range(n - 1))
    chain = Chain(tuple(letters), ("DNA",) * n, links, "hydroxyl", "hydroxyl")
    at = data.draw(st.integers(0, n - 2))
    other = "PS" if links[at] == "PO" else "PO"
    changed = Chain(chain.bases, chain.sugars, (*links[:at], other, *links[at + 1 :]), "hydroxyl", "hydroxyl")
    found = explain(chain, masses(changed).molecule, "molecule", Decimal("0.01"))
    assert any(e.what.startswith("1 phospho") and abs(e.left) < Decimal("0.001") for e in found)


@pytest.mark.parametrize(
    ("shift", "words"),
    [
        ("21.982", "1 Na in place of 1 H"),
        ("-117.107", None),
        ("61.964", "sum of residues"),
        ("79.979", "phosphate more"),
    ],
)
def test_usual_shifts(shift: str, words: str | None) -> None:
    chain = chain_of(component("kif1a_gapmer", "oligonucleotide"))
    found = explain(chain, masses(chain).molecule + Decimal(shift), "molecule", Decimal("0.05"))
    wanted = words or "depurination"
    assert any(wanted in e.what for e in found), found


@pytest.mark.parametrize(
    "structure",
    [
        Structure(sugar="MOE", linkage="PS", modification=[Modification(sugar="MOE", count=2)]),
        Structure(sugar="DNA", linkage="PS", modification=[Modification(linkage="PS", count=1)]),
        Structure(
            sugar="DNA", linkage="PS",
            modification=[Modification(sugar="MOE", count=3), Modification(sugar="LNA", count=3)],
        ),
        Structure(sugar="DNA", linkage="PS", base="5mC", modification=[Modification(base="5mC", count=1)]),
    ],
)  # fmt: skip
def test_modifications_for_which_there_is_no_room_give_no_mass(structure: Structure) -> None:
    chain = chain_of(Component(id="n", kind="oligonucleotide", sequence="ACGT", structure=structure))
    assert any(x.startswith("where ") for x in chain.missing)
    with pytest.raises(ValueError, match="where"):
        masses(chain)


def test_two_modifications_at_one_position_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text(
        'format = 1\nproduct = "p"\n[[component]]\nid = "g"\nkind = "guide_rna"\nsequence = "ACGU"\n'
        "[component.structure]\n"
        'modification = [{ sugar = "OMe", positions = "1-2" }, { sugar = "MOE", positions = [2] }, '
        '{ base = "5-methyl pyrimidines", count = 1 }]\n',
        encoding="utf-8",
    )
    problems: list = []
    assert read_components(path, problems) is None
    assert [p.found for p in problems] == ["position 2: OMe and MOE", "a count of 5-methyl pyrimidines"]
