"""Chemistry classes as data: what is shipped, what is refused, and how a description is classified."""

import re

import pytest

from proband.core.errors import ProgramError
from proband.science.design.oligo_chemistry import (
    NOT_CLASSIFIED,
    ChemistryDescription,
    chosen_class,
    classify_chemistry,
    load_chemistry,
    parse_chemistry,
    reference_text,
)

TABLE = load_chemistry()
TEXT, NAME = reference_text(None)
OWN = """
[class.own]
title = "own"
mechanism = "rnase_h"
sugar = "LNA"
gap_sugar = "DNA"
backbone = ["phosphorothioate"]
base_modifications = []
layouts_nt = [[3, 8, 3]]
lengths_nt = [14, 16]
precedent = []
cite = { paper = "p" }
"""


def test_what_is_shipped():
    names = set("moe_ps_steric pmo_steric ome_ps_steric ps_dna moe_ps_gapmer moe_mixed_gapmer lna_ps_gapmer".split())
    assert names <= set(TABLE.classes)
    for c in TABLE.classes.values():
        assert c.paper
        assert c.read_as in ("recalled", "secondary", "read")
        assert all(p.paper and p.where for p in c.precedents)
        assert all(c.lengths[0] <= sum(x) <= c.lengths[1] for x in c.layouts)
    known = {p.name: (c.name, p.status) for c in TABLE.classes.values() for p in c.precedents}
    assert known["nusinersen"] == ("moe_ps_steric", "approved")
    assert known["milasen"] == ("moe_ps_steric", "individualized")
    assert {n for n, (c, s) in known.items() if c == "pmo_steric" and s == "approved"} == {
        "eteplirsen", "golodirsen", "viltolarsen", "casimersen",
    }  # fmt: skip
    assert known["mipomersen"] == ("moe_ps_gapmer", "approved")
    assert known["tofersen"] == ("moe_mixed_gapmer", "approved")
    assert not TABLE.classes["lna_ps_gapmer"].approved
    assert not TABLE.classes["ps_dna"].approved  # fomivirsen was withdrawn
    assert not TABLE.classes["ome_ps_steric"].approved


def test_tofersens_backbone_by_its_formula():
    """C230H317N72O123P19S15: 19 linkages in a 20-mer, one sulfur in each phosphorothioate."""
    where = next(p for p in TABLE.classes["moe_mixed_gapmer"].precedents if p.name == "tofersen").where
    counts = dict(re.findall(r"([A-Z])(\d+)", "C230H317N72O123P19S15"))
    assert f"{counts['P']} linkages {counts['S']} hold sulfur" in where


def test_kif1a_gapmer_is_a_mixed_backbone_moe_gapmer():
    """5-10-5, MOE wings, five or six phosphodiesters, 5-methyl pyrimidines: Ziegler et al., Nat Med 2024."""
    described = ChemistryDescription("MOE", ("PS", "PO"), "DNA", ("5-methylcytosine",), (5, 10, 5), 20)
    found = classify_chemistry(described)
    assert (found.name, found.differences) == ("moe_mixed_gapmer", ())
    assert {p.name: p.status for p in found.precedents} == {"tofersen": "approved", "nL-KIF1-001": "individualized"}
    assert "right of reference to the data of its members" in found.missing


@pytest.mark.parametrize(
    ("described", "name"),
    [
        (ChemistryDescription("2'-O-methoxyethyl", ("phosphorothioate",)), "moe_ps_steric"),
        (ChemistryDescription("PMO", ("phosphorodiamidate",), length=25), "pmo_steric"),
        (ChemistryDescription("MOE", ("PS",), "DNA", layout=(5, 10, 5)), "moe_ps_gapmer"),
        (ChemistryDescription("LNA", ("PS",), "DNA"), "lna_ps_gapmer"),
        (ChemistryDescription("DNA", ("PS",)), "ps_dna"),
        (ChemistryDescription("LNA", ("PS",)), NOT_CLASSIFIED),
        (ChemistryDescription("MOE", ("PO",)), NOT_CLASSIFIED),
        (ChemistryDescription("PMO", ("PS",)), NOT_CLASSIFIED),
        (ChemistryDescription("2'-fluoro", ("PS",)), NOT_CLASSIFIED),
        (ChemistryDescription("MOE", ("PS",), "DNA", conjugate="GalNAc"), NOT_CLASSIFIED),
        (ChemistryDescription("MOE", ()), NOT_CLASSIFIED),
        (ChemistryDescription(" ", ("PS",)), NOT_CLASSIFIED),
    ],
)
def test_classes_of_descriptions(described, name):
    found = classify_chemistry(described)
    assert found.name == name
    assert found.reason
    assert found.missing
    assert bool(found.precedents) == (name not in (NOT_CLASSIFIED, "lna_ps_gapmer"))


def test_not_classified_names_what_differs():
    found = classify_chemistry(ChemistryDescription("MOE", ("PO",)))
    assert found.differences == ("the backbone is phosphorothioate, not phosphodiester",)
    assert "moe_ps_steric" in found.reason
    assert classify_chemistry(ChemistryDescription("", ())).reason == "sugar and backbone not stated"
    assert "GalNAc" in classify_chemistry(ChemistryDescription("MOE", ("PS",), conjugate="GalNAc")).reason


def test_differences_within_a_class():
    described = ChemistryDescription("MOE", ("PS",), "DNA", ("pseudouracil",), (6, 8, 6), 30)
    found = classify_chemistry(described)
    assert found.name == "moe_ps_gapmer"
    assert len(found.differences) == 3
    assert "6-8-6" in found.differences[0]
    assert "30 nt" in found.differences[1]
    assert "pseudouracil" in found.differences[2]


def test_a_file_of_ones_own(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    c = load_chemistry(path).classes["own"]
    assert (c.layouts, c.lengths, c.read_as, c.precedents) == (((3, 8, 3),), (14, 16), "recalled", ())
    with pytest.raises(ProgramError, match="readable file"):
        load_chemistry(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('title = "own"', 'title = ""', "class.own.title"),
        ('title = "own"', 'title = "own"\nspeed = 3', "an unknown key"),
        ("layouts_nt", "layouts", "layouts_nt"),  # the unit is missing
        ("lengths_nt", "lengths", "lengths_nt"),
        ("[14, 16]", "[14]", "class.own.lengths_nt"),
        ("[14, 16]", "[16, 14]", "class.own.lengths_nt"),
        ("[14, 16]", "[14, 90]", "class.own.lengths_nt"),
        ("[[3, 8, 3]]", "[[3, 8]]", "class.own.layouts_nt"),
        ("[[3, 8, 3]]", "[[3, -8, 3]]", "class.own.layouts_nt"),
        ("[[3, 8, 3]]", "[[3, 20, 3]]", "class.own.layouts_nt"),
        ("[[3, 8, 3]]", "[]", "class.own.gap_sugar"),
        ('gap_sugar = "DNA"', 'gap_sugar = ""', "class.own.gap_sugar"),
        ('"rnase_h"', '"steric_block"', "class.own.gap_sugar"),
        ('"rnase_h"', '"magic"', "class.own"),
        ('["phosphorothioate"]', "[]", "class.own.backbone"),
        ('["phosphorothioate"]', '["phosphorothioate", "phosphorothioate"]', "class.own.backbone"),
        ('paper = "p"', 'paper = " "', "class.own.cite.paper"),
        ('paper = "p"', 'paper = "p", read_as = "guessed"', "class.own"),
        ("precedent = []", 'precedent = [{ name = "x", status = "approved", where = "", paper = "p" }]', "precedent"),
        ("[class.own]", "[chemistry.own]", "chemistry"),
        ("[class.own]", "[class.own", "own.toml"),
        ('"own"', '"o\u202ewn"', "hidden characters"),
    ],
)
def test_faults_of_a_file(old, new, place):
    assert old in OWN
    with pytest.raises(ProgramError) as caught:
        parse_chemistry(OWN.replace(old, new), "own.toml")
    assert place in str(caught.value)
    assert all(p.file == "own.toml" and p.remedy for p in caught.value.problems)


def test_all_problems_at_once():
    bad = OWN.replace("[14, 16]", "[14]").replace('title = "own"', 'title = ""') + OWN.replace("class.own", "class.b")
    bad = bad.replace('cite = { paper = "p" }\n\n[class.b]', 'cite = { paper = "" }\n\n[class.b]')
    with pytest.raises(ProgramError) as caught:
        parse_chemistry(bad)
    assert len(caught.value.problems) >= 3
    with pytest.raises(ProgramError, match="at least one chemistry class"):
        parse_chemistry("")


def test_a_class_for_a_mechanism():
    assert chosen_class(TABLE, "moe_ps_steric", "steric_block").title
    for name in ("lna_ps_gapmer", "nothing"):
        with pytest.raises(ProgramError, match="steric_block"):
            chosen_class(TABLE, name, "steric_block")
