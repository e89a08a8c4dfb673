"""What is recomputed of a product beside what was typed; what can not be checked is said, and nothing is filled in."""

from __future__ import annotations

from pathlib import Path

import pytest

from proband.science.quality.component_model import Component, Product
from proband.science.quality.components import read_components
from proband.science.quality.recompute import against_candidate, agreement, described, recompute
from proband.science.quality.recomputed import Recomputed, Status

EXAMPLES = Path(__file__).parents[3] / "examples"


def product(text: str, tmp_path: Path) -> Product:
    path = tmp_path / "components.toml"
    path.write_text('format = 1\nproduct = "p"\n' + text, encoding="utf-8")
    problems: list = []
    made = read_components(path, problems)
    assert made is not None, problems
    return made


def rows(made: Product) -> dict[str, Recomputed]:
    return {f"{r.component}: {r.what}": r for r in recompute(made)}


def example(name: str) -> dict[str, Recomputed]:
    problems: list = []
    made = read_components(EXAMPLES / name / "quality" / "components.toml", problems)
    assert made is not None, problems
    return rows(made)


def test_published_product_agrees_where_it_can_be_checked() -> None:
    """Facts 1.2 and 1.5: residue sum 33,040 Da, 4818 nt = 1605 residues and a stop, 0.714 = 0.374 + 0.340 mg."""
    held = example("cps1_kabe")
    for what in (
        "guide: length", "guide: mass (residue sum)", "messenger: protein length", "messenger: reading frame",
        "dose 1: RNA in all", "dose 1: guide RNA", "dose 1: messenger RNA",
    ):  # fmt: skip
        assert held[what].status is Status.AGREES, what
    for what in ("messenger: length", "messenger: translation", "messenger: poly(A) tail", "messenger: uridines"):
        assert held[what].status is Status.NOT_CHECKABLE, what
    assert held["dose 1: guide RNA"].value == pytest.approx(0.374)
    assert held["dose 1: messenger RNA"].value == pytest.approx(0.340)


def test_printed_gapmer_disagrees_and_says_by_how_much() -> None:
    mass = example("kif1a_gapmer")["oligonucleotide: mass (average)"]
    assert mass.status is Status.DISAGREES
    assert (mass.typed, mass.computed) == ("7070", "7086.715")
    assert mass.difference == pytest.approx(16.715)
    assert mass.explained_by[0].startswith("1 phosphodiester (PO) in place of 1 phosphorothioate (PS): 7070.654 Da")
    assert "-16.06 Da" in mass.explained_by[0]


MRNA = '[[component]]\nid = "m"\nkind = "mrna"\nsequence = "{}"\n[component.mrna]\n{}\n'


def test_messenger_with_its_letters(tmp_path: Path) -> None:
    letters = "GGGAAA" + "AUGGCUUGUUAA" + "CC" + "A" * 30
    typed = (
        'cds = [7, 18]\ncds_length = 12\nprotein_length = 3\nprotein = "MAC"\n'
        'poly_a = 30\nmodified_uridines = 5\nplain_uridines = 0\nuridine = "m1Psi"'
    )
    held = rows(product(MRNA.format(letters, typed), tmp_path))
    for what in (
        "start codon",
        "stop codon",
        "stop codons inside",
        "protein",
        "poly(A) tail",
        "uridines",
        "coding length",
    ):
        assert held[f"m: {what}"].status is Status.AGREES, held[f"m: {what}"]


@pytest.mark.parametrize(
    ("cds", "letters", "what"),
    [
        ("AUGGCUUGUUAC", "", "stop codon"),
        ("AAGGCUUGUUAA", "", "start codon"),
        ("AUGUAAUGUUAA", "", "stop codons inside"),
        ("AUGGCUUGUUAAC", "", "reading frame"),
        ("AUGGCUUGGUAA", 'protein = "MAC"', "protein"),
        ("AUGGCUUGUUAA", "poly_a = 31", "poly(A) tail"),
        ("AUGGCUUGUUAA", "modified_uridines = 6\nplain_uridines = 0", "uridines"),
        ("AUGGCUUGUUAA", "cds_length = 15", "coding length"),
        ("AUGGCUUGUUAA", "protein_length = 4", "protein length"),
    ],
)
def test_messenger_that_is_not_as_typed(cds: str, letters: str, what: str, tmp_path: Path) -> None:
    text = MRNA.format("GG" + cds + "CC" + "A" * 30, f"cds = [3, {2 + len(cds)}]\n{letters}")
    assert rows(product(text, tmp_path))[f"m: {what}"].status is Status.DISAGREES


LNP = """
[[component]]
id = "lnp"
kind = "lipid_nanoparticle"
[component.particle]
total_rna = { value = 2.0, unit = "mg/mL" }
free_rna = { value = 80, unit = "ug/mL" }
encapsulation_percent = 96
n_to_p = 6.0
lipid_to_rna = 20
[[component]]
id = "ion"
kind = "lipid"
part_of = "lnp"
lipid = { lipid_class = "ionizable", molar_percent = 50, molar_mass = 710, ionizable_amines = 1 }
[[component]]
id = "rest"
kind = "lipid"
part_of = "lnp"
lipid = { lipid_class = "sterol", molar_percent = 50, molar_mass = 400 }
"""


def test_particle_arithmetic(tmp_path: Path) -> None:
    """20 g lipid for 1 g RNA; mean lipid 555 g/mol; amines 0.5: 20 x 0.5 / 555 x 330 = 5.946."""
    held = rows(product(LNP, tmp_path))
    assert held["lnp: encapsulation"].status is Status.AGREES
    assert held["lnp: encapsulation"].value == pytest.approx(96.0)
    assert held["lnp: sum of molar shares"].status is Status.AGREES
    assert held["lnp: N to P"].value == pytest.approx(20 * 0.5 / 555 * 330)
    assert held["lnp: N to P"].status is Status.AGREES
    other = rows(
        product(LNP.replace("molar_percent = 50, molar_mass = 710", "molar_percent = 40, molar_mass = 710"), tmp_path)
    )
    assert other["lnp: sum of molar shares"].status is Status.DISAGREES


def test_particle_with_a_part_not_stated_is_not_computed(tmp_path: Path) -> None:
    held = rows(product(LNP.replace(", ionizable_amines = 1", ""), tmp_path))
    assert held["lnp: N to P"].status is Status.NOT_CHECKABLE
    assert "ionizable_amines of ion" in held["lnp: N to P"].why


def test_cells_and_vector(tmp_path: Path) -> None:
    text = """
[[component]]
id = "cells"
kind = "cells"
[component.cells]
total = { value = 2e8, unit = "{cells}" }
viable = { value = 1.8e8, unit = "{cells}" }
viability_percent = 95
weight = { value = 12, unit = "kg" }
dose = { value = 1.5e7, unit = "{cells}/kg" }
[[component]]
id = "aav"
kind = "viral_vector"
[component.vector]
genome_form = "single_stranded"
genome_length = 5200
full_percent = 80
genome_titre = { value = 8e12, unit = "{vg}/mL" }
particle_titre = { value = 1e13, unit = "{vp}/mL" }
"""
    held = rows(product(text, tmp_path))
    assert held["cells: viability"].status is Status.DISAGREES
    assert held["cells: dose"].status is Status.AGREES
    assert held["aav: what a particle holds"].status is Status.DISAGREES
    assert held["aav: full particles"].status is Status.AGREES


def test_described_counts_no_word_that_says_nothing() -> None:
    whole = Component(id="a", kind="lipid", source="maker", grade="GMP", role="helper")
    made = described(
        [
            whole,
            whole.model_copy(update={"id": "b", "grade": "TBD"}),
            whole.model_copy(update={"id": "c", "grade": "none"}),
        ]
    )
    assert (made.present, made.absent, made.unknown) == (("a",), ("c",), ("b",))


def test_agreement_keeps_the_worst_of_one_name() -> None:
    made = agreement([Recomputed("d", "x", Status.AGREES), Recomputed("d", "x", Status.DISAGREES)])
    assert (made.present, made.absent) == ((), ("d: x",))


def test_candidate_of_the_program_beside_the_product() -> None:
    guide = Component(id="g", kind="pegrna", sequence="ACGUUUUGGA", targeting=[1, 4])
    oligo = Component(id="o", kind="oligonucleotide", notation="AUoGoC")
    made = Product("p", (guide, oligo), ())
    same = against_candidate(made, "ACGT", "GGA", "5'-ATGC-3'")
    assert [r.status for r in same] == [Status.AGREES] * 3
    other = against_candidate(made, "ACCT", "GCA", "AUGCC")
    assert [r.status for r in other] == [Status.DISAGREES] * 3
    assert other[0].why == "they differ at positions 3"
    assert against_candidate(made) == ()


def test_a_messenger_of_plain_uridines_has_the_mass_of_its_letters(tmp_path: Path) -> None:
    def mass(word: str) -> float | None:
        made = product(MRNA.format("AUGUUU" + "A" * 30, f'cap = "cap-1"\nuridine = "{word}"'), tmp_path)
        return rows(made)["m: mass (molecule)"].value

    plain, psi, methyl = mass("uridine"), mass("pseudouridine"), mass("N1-methylpseudouridine")
    assert plain is not None
    assert methyl is not None
    assert plain == psi
    assert methyl - plain == pytest.approx(4 * 14.027)
    no_cap = product(MRNA.format("AUGUUU" + "A" * 30, 'uridine = "uridine"'), tmp_path)
    assert "m: mass (molecule)" not in rows(no_cap)


@pytest.mark.parametrize(("amount", "status"), [(1.4, Status.DISAGREES), (1.04, Status.AGREES)])
def test_a_ratio_of_one_is_not_every_ratio_up_to_one_and_a_half(tmp_path: Path, amount: float, status: Status) -> None:
    made = product(
        f'[[component]]\nid = "guide"\nkind = "guide_rna"\namount = {{ value = {amount}, unit = "mg" }}\n'
        '[[component.ratio]]\nto = "mrna"\nvalue = 1.0\nbasis = "mass"\n'
        '[[component]]\nid = "mrna"\nkind = "mrna"\namount = { value = 1.0, unit = "mg" }\n',
        tmp_path,
    )
    assert rows(made)["guide: mass ratio to mrna"].status is status
