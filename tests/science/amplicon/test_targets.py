"""Amplicons from what a person gives: cuts, windows, expected alleles, prime edits, haplotypes, and refusals."""

import random

import pytest

from proband.core.errors import ProgramError
from proband.science.amplicon.prime import PrimeEdit, flap_of
from proband.science.amplicon.targets import Target, Window, amplicons_of, inherited, with_variants
from proband.science.design.editors import load_editors
from proband.science.sequence.alphabet import reverse_complement

RNG = random.Random(4)
LEFT, RIGHT = ("".join(RNG.choices("ACGT", k=60)) for _ in range(2))
GUIDE = "GACATACAGTCCATCGTGCA"
SEQUENCE = LEFT + GUIDE + "TGG" + RIGHT
CUT = 60 + 17


def problems(*targets, **more):
    with pytest.raises(ProgramError) as caught:
        amplicons_of(targets, **more)
    return caught.value.problems


def test_compatible_window_is_one_base_on_each_side_of_the_cut():
    (made,) = amplicons_of([Target("a", SEQUENCE, (GUIDE,))], "compatible")
    assert (made.cuts, made.window) == ((CUT,), (CUT - 1, CUT))


@pytest.mark.parametrize(("editor", "from_end"), [("ABE8e/SpCas9", -10), ("SpCas9", -3), ("Cas12a", 1)])
def test_compatible_cuts_are_the_published_ones_of_each_class(editor, from_end):
    known = load_editors()[editor]
    (made,) = amplicons_of([Target("a", SEQUENCE, (GUIDE,), editor=known)], "compatible")
    assert made.cuts == (60 + 20 + from_end,)
    given = Target("a", SEQUENCE, (GUIDE,), editor=known, window=Window(centre=-5))
    assert amplicons_of([given], "compatible")[0].cuts == (60 + 15,)
    if editor == "ABE8e/SpCas9":
        assert amplicons_of([Target("a", SEQUENCE, (GUIDE,), editor=known)], "proband")[0].cuts == (CUT,)


def test_a_guide_on_the_other_strand_cuts_at_the_same_place():
    (made,) = amplicons_of([Target("a", reverse_complement(SEQUENCE), (GUIDE,))], "compatible")
    assert made.cuts == (len(SEQUENCE) - CUT,)


def test_rna_letters_and_small_letters_are_read():
    (made,) = amplicons_of([Target("a", SEQUENCE.lower(), (GUIDE.replace("T", "U").lower(),))], "compatible")
    assert made.cuts == (CUT,)


def test_window_size_centre_and_coordinates():
    def window(**given):
        return amplicons_of([Target("a", SEQUENCE, (GUIDE,), window=Window(**given))], "compatible")[0].window

    assert window(size=5) == tuple(range(CUT - 5, CUT + 5))
    assert window(size=7, centre=-13) == tuple(range(60, 74))
    assert window(coordinates="20-22_30-30") == (20, 21, 22, 30)
    assert window(size=500)[0] == 15
    assert window(size=500)[-1] == len(SEQUENCE) - 16


def test_without_a_guide_the_window_is_the_amplicon_without_its_ends():
    (made,) = amplicons_of([Target("a", SEQUENCE)], "compatible")
    assert made.window == tuple(range(15, len(SEQUENCE) - 15))
    assert made.cuts == ()


def test_proband_windows_follow_the_editor():
    editors = load_editors()

    def made(editor):
        return amplicons_of([Target("a", SEQUENCE, (GUIDE,), editor=editors[editor])])[0]

    nuclease, base = made("SpCas9"), made("ABE8e/SpCas9")
    assert nuclease.window == tuple(range(CUT - 10, CUT + 10))
    assert set(base.window) == set(nuclease.window) | set(range(60, 80))
    assert nuclease.windows["cut ± 1"] == (CUT - 1, CUT)


def test_an_expected_allele_inherits_through_its_alignment():
    """Bases inserted before the cut move it; a window base that is missing is kept as the profile says."""
    (reference,) = amplicons_of([Target("a", SEQUENCE, (GUIDE,))], "compatible")
    longer = inherited(reference, "h", SEQUENCE[:20] + "TTTTTT" + SEQUENCE[20:], "compatible")
    assert (longer.cuts, longer.window) == ((CUT + 6,), (CUT + 5, CUT + 6))
    shorter = inherited(reference, "h", SEQUENCE[:CUT] + SEQUENCE[CUT + 8 :], "compatible")
    assert shorter.cuts == (CUT,)
    assert set(shorter.window) == {CUT - 1}
    beside = inherited(reference, "h", SEQUENCE[:CUT] + SEQUENCE[CUT + 8 :], "proband")
    assert set(beside.window) == {CUT - 1, CUT}


def test_the_flap_of_a_prime_edit_is_put_in_place():
    nick = CUT
    flap = SEQUENCE[nick : nick + 5] + "CTT" + SEQUENCE[nick + 5 : nick + 13]
    extension = reverse_complement(SEQUENCE[nick - 13 : nick] + flap)
    made = flap_of(SEQUENCE, "+", nick, extension)
    assert made.edited == SEQUENCE[:nick] + flap + SEQUENCE[nick + 13 :]
    assert (made.end, made.reference_end) == (nick + 16, nick + 13)
    turned = flap_of(reverse_complement(SEQUENCE), "-", len(SEQUENCE) - nick, extension)
    assert turned.edited == reverse_complement(made.edited)
    assert turned.end == len(made.edited) - made.end


@pytest.mark.parametrize("turn", [False, True])
def test_prime_amplicons_on_both_strands_mirror_each_other(turn):
    nick, scaffold = CUT, "GTTTTAGAGCTAGAAATAGC"
    flap = SEQUENCE[nick : nick + 5] + "CTT" + SEQUENCE[nick + 5 : nick + 13]
    extension = reverse_complement(SEQUENCE[nick - 13 : nick] + flap)
    second = reverse_complement(SEQUENCE[110:130])
    edit = PrimeEdit(GUIDE, extension, scaffold, second)
    plain = amplicons_of([Target("a", SEQUENCE, prime=edit)], "compatible")
    assert [a.name for a in plain] == ["a", "Prime-edited", "Scaffold-incorporated"]
    assert plain[2].parent == "Prime-edited"
    mirrored = amplicons_of([Target("a", reverse_complement(SEQUENCE), prime=edit)], "compatible")
    for a, b in zip(plain, mirrored, strict=True):
        size = len(a.sequence)
        assert b.sequence == reverse_complement(a.sequence)
        assert b.cuts == tuple(sorted(size - c for c in a.cuts))
        assert b.window == tuple(sorted(size - 1 - p for p in a.window))
    assert mirrored[2].tail == reverse_complement(plain[2].tail)
    assert mirrored[2].ahead == len(plain[2].sequence) - plain[2].behind


def test_haplotypes_of_a_patient():
    base = SEQUENCE[40]
    other = next(b for b in "ACGT" if b != base)
    made = amplicons_of([Target("a", SEQUENCE, (GUIDE,))], variants=[f"41{base}>{other}"])
    assert [a.name for a in made] == ["a", "a haplotype 2"]
    assert made[1].sequence == SEQUENCE[:40] + other + SEQUENCE[41:]
    assert made[1].cuts == made[0].cuts
    (reference, _) = made
    with pytest.raises(ValueError, match="is"):
        with_variants(reference, "h", [(40, other, base)])
    with pytest.raises(ValueError, match="overlaps"):
        with_variants(reference, "h", [(40, SEQUENCE[40:43], "A"), (42, SEQUENCE[42], "")])


def test_all_problems_of_all_targets_are_told_at_once():
    found = problems(
        Target("a", SEQUENCE, (GUIDE[::-1],)), Target("b", "ACGT"), Target("c", SEQUENCE[:50] + "!" + LEFT),
        Target("c\t", RIGHT),
    )  # fmt: skip
    told = {(p.file, p.place) for p in found}
    assert {f for f, _ in told} >= {"amplicon 'a'", "amplicon 'b'", "amplicon 'c'"}
    assert any("neither strand" in p.found for p in found)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (Target("a", SEQUENCE, expected=SEQUENCE), "the amplicon itself"),
        (Target("a", SEQUENCE, (GUIDE,), window=Window(coordinates="5-9999")), "does not lie"),
        (Target("a", SEQUENCE, (GUIDE,), window=Window(coordinates="nine")), "not a range"),
        (Target("a", SEQUENCE, prime=PrimeEdit(GUIDE, "ACGTACGTACGTACG")), "primer binding site"),
        (Target("a", SEQUENCE, prime=PrimeEdit(GUIDE[::-1], "ACGTACGTACGTACG")), "0 places"),
        (Target("a", SEQUENCE, (SEQUENCE[-20:],), window=Window(centre=30)), "does not lie inside"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(target, said):
    assert any(said in p.found for p in problems(target))


def test_equal_amplicons_are_refused():
    assert any(p.place == "sequence" for p in problems(Target("a", SEQUENCE), Target("b", SEQUENCE)))
