"""Mixtures of alleles: shares, sequences, joining of what no read can tell apart."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.testing.alleles import (
    Allele,
    base_edits,
    indels,
    mixture,
    molecules_in,
    prime_edits,
    reverse_complement,
    templated_edit,
)

AMPLICON = "GATTACAGGCATCGTTACCAGGTCAGTCCATGGACTTAGCCATGACCATT"


@given(st.text("ACGT", min_size=70, max_size=90), st.floats(0, 1), st.floats(0, 1), st.floats(1, 8))
def test_indels_add_to_what_was_asked_and_are_all_different(amplicon, fraction, deletions, mean):
    made = indels(amplicon, 35, fraction, deletions, mean)
    whole = mixture(amplicon, made)
    assert math.isclose(sum(a.fraction for a in made), fraction, abs_tol=1e-9)
    assert math.isclose(sum(a.fraction for a in whole), 1, abs_tol=1e-9)
    assert len({a.sequence for a in whole}) == len(whole)
    lost = sum(a.fraction for a in made if a.kind == "deletion")
    assert math.isclose(lost, fraction * deletions, abs_tol=1e-9)
    assert all(len(a.sequence) < len(amplicon) for a in made if a.kind == "deletion")


def test_deletions_of_one_size_that_no_read_can_tell_apart_are_one():
    inside_a_run = "ACGTACGTAC" + "G" * 10 + "TACGTACGTA"
    one = [a for a in indels(inside_a_run, 15, 0.4, longest=3) if a.name.startswith("del")]
    assert [a.name for a in one] == ["del1@15", "del2@14", "del3@13"]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_every_combination_of_base_edits_on_either_strand(strand):
    spacer = AMPLICON[10:30] if strand == "+" else reverse_complement(AMPLICON[10:30])
    places = [i + 1 for i, b in enumerate(spacer) if b == "A"][:3]
    rates = dict(zip(places, (0.5, 0.2, 0.1), strict=True))
    made = base_edits(AMPLICON, spacer, "G", rates, target=places[0], reached=0.8)
    assert len(made) == 7
    assert math.isclose(sum(a.fraction for a in made), 0.8 * (1 - 0.5 * 0.8 * 0.9))
    for place, rate in rates.items():
        at = 10 + place - 1 if strand == "+" else 30 - place
        new = "G" if strand == "+" else "C"
        share = sum(a.fraction for a in made if a.sequence[at] == new)
        assert math.isclose(share, 0.8 * rate)
    assert [a.name for a in made if a.kind == "intended"] == [f"A{places[0]}G"]


def test_a_spacer_that_is_not_there_once_is_refused():
    with pytest.raises(ValueError, match="exactly once"):
        base_edits("ACGTACGT", "ACG", "G", {1: 0.5}, target=1)


def test_prime_edits_run_on_into_the_scaffold():
    made = prime_edits(AMPLICON, 20, 4, "TTTT", "GGGGCCCCAAAA", 0.2, 0.03, lengths=(3, 4, 5))
    assert [a.sequence[24:-26] for a in made] == ["", "TTT", "TTTT", "TTTTG"]
    assert [round(a.fraction, 3) for a in made] == [0.2, 0.01, 0.01, 0.01]


def test_templated_edit_changes_the_listed_bases_alone():
    made = templated_edit(AMPLICON, {3: "C", 9: "T"}, 0.1)
    assert [i for i, (a, b) in enumerate(zip(AMPLICON, made.sequence, strict=True)) if a != b] == [3, 9]


def test_genomes_in_an_amount_of_dna_as_tabulated():
    # 10 ng hold 3,030 haploid genomes at 3.3 pg.
    assert [molecules_in(x) for x in (10, 33, 100)] == [3030, 10000, 30303]


@pytest.mark.parametrize(
    "wrong", [("x", "odd", "ACGT", 0.1), ("x", "intended", "ACGN", 0.1), ("x", "intended", "ACGT", 1.1)]
)
def test_wrong_alleles_are_refused(wrong):
    with pytest.raises(ValueError, match="allele x"):
        Allele(*wrong)


def test_shares_above_one_are_refused():
    with pytest.raises(ValueError, match="more than 1"):
        mixture("ACGT", [Allele("a", "intended", "ACGA", 0.7), Allele("b", "intended", "ACGC", 0.7)])
