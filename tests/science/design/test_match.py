"""Placing a targeting sequence on a haplotype: strands, PAM sides, letters that are not known, and 3' extensions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.design.haplotype import Change, Placed, change_at, correction, haplotype_of
from proband.science.design.match import MOST, bare_sequence, best_match, pam_state, read_extension
from proband.science.sequence.alphabet import reverse_complement

# An invented stretch: the guide's 20 bases at 30 to 50, AGG behind them; the target, A for G, is at its sixth base.
LEFT, RIGHT = "CTTGCGCCCTCGCATACCCGAGCACGTCGT", "TATCAGTCAATCTGGAGTTGCGTTTGTTTTATCCACATTAG"
SPACER, PAM = "GCTTCAGGAGCTTCTGGTCT", "AGG"
SEQUENCE = LEFT + SPACER + PAM + RIGHT
AT = 35


def placed(sequence=SEQUENCE, strand="+", variants=(), pattern="NGG", targeting=SPACER, **more):
    """The haplotype or its mirror image, the change A to G at the target, and the best match."""
    h = haplotype_of("c1", 100, sequence, variants)
    change = change_at(h, 100 + AT, "A", "G") if h.sequence[AT : AT + 1] == "A" else Change(AT, h.sequence[AT], "G")
    if strand == "-":
        h = haplotype_of("c1", 100, reverse_complement(sequence))
        change = Change(len(sequence) - 1 - AT, "T", "C")
    return h, change, best_match(h, change, targeting, pattern, **more)


def swapped(at, letter, sequence=SEQUENCE):
    """The sequence with another letter at one place."""
    return sequence[:at] + letter + sequence[at + 1 :]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_an_exact_site_on_either_strand(strand):
    _, _, m = placed(strand=strand)
    assert (m.strand, m.mismatches, m.not_known, m.pam, m.pam_fits, m.on_change) == (strand, (), (), PAM, True, True)
    start = 130 if strand == "+" else 100 + len(SEQUENCE) - 50
    assert (m.start, m.end, m.length) == (start, start + 20, 20)


def test_mismatches_count_from_the_five_prime_end():
    assert placed(swapped(30, "T"))[2].mismatches == (1,)
    assert placed(swapped(49, "A"))[2].mismatches == (20,)


def test_a_pam_that_is_gone_is_seen():
    m = placed(swapped(51, "A"))[2]
    assert (m.mismatches, m.pam, m.pam_fits) == ((), "AAG", False)


def test_more_mismatches_than_the_limit_are_no_site():
    letters = list(SEQUENCE)
    for i in range(MOST):
        letters[31 + 3 * i + (31 + 3 * i == AT)] = "N"
    assert len(placed("".join(letters))[2].not_known) == MOST
    letters[30] = "T"
    assert placed("".join(letters))[2] is None


@pytest.mark.parametrize(("letter", "wrong", "open_"), [("N", (), (8,)), ("R", (), (8,)), ("Y", (8,), ())])
def test_a_letter_that_may_be_the_base_is_neither_match_nor_mismatch(letter, wrong, open_):
    m = placed(swapped(37, letter))[2]
    assert (m.mismatches, m.not_known) == (wrong, open_)


def test_a_stretch_of_unknown_bases_is_not_taken_for_the_site():
    assert placed("N" * 60 + SEQUENCE[60:], targeting=SPACER)[2] is None


@pytest.mark.parametrize(
    ("pattern", "found", "fits"),
    [
        ("NGG", "AGG", True),
        ("NGG", "NGG", True),
        ("NGG", "ANG", None),
        ("NGG", "ARG", None),
        ("NGG", "AYG", False),
        ("NRN", "ARA", True),
        ("TTTV", "TTTA", True),
        ("TTTV", "TTTT", False),
        ("TTTV", "TTTN", None),
        ("NGG", "AG", False),
        ("", "", True),
    ],
)
def test_pam_patterns(pattern, found, fits):
    assert pam_state(pattern, found) is fits


def test_a_pam_before_the_spacer():
    sequence = LEFT[:26] + "TTTA" + SPACER + "CCC" + RIGHT
    m = placed(sequence, pattern="TTTV", pam_after=False)[2]
    assert (m.pam, m.pam_fits, m.start) == ("TTTA", True, 130)
    assert placed(sequence, "-", pattern="TTTV", pam_after=False)[2].pam == "TTTA"


def test_a_site_at_the_very_ends_is_found_and_one_base_further_is_not():
    h = haplotype_of("c1", 0, SPACER + PAM)
    change = change_at(h, 5, "A", "G")
    assert best_match(h, change, SPACER, "NGG").start == 0
    short = haplotype_of("c1", 0, SPACER + PAM[:2])
    assert best_match(short, change, SPACER, "NGG") is None
    assert best_match(short, change, SPACER, "").pam_fits is None


def test_of_two_equal_sites_that_with_a_pam_and_then_the_nearer_is_taken():
    with_pam = SPACER + "AGG" + "CATG" * 6 + SPACER + "ACC"
    h = haplotype_of("c1", 0, with_pam)
    change = change_at(h, 47 + 5, "A", "G")
    assert best_match(h, change, SPACER, "NGG").start == 0
    twice = haplotype_of("c1", 0, with_pam[:-3] + "AGG")
    assert best_match(twice, change, SPACER, "NGG").start == 47
    assert best_match(twice, change_at(twice, 5, "A", "G"), SPACER, "NGG").start == 0


def test_an_oligonucleotide_pairs_with_the_transcript_and_so_reads_as_the_other_strand():
    oligo = reverse_complement(SPACER)
    assert placed(targeting=oligo, pattern="", antisense_of="+")[2].strand == "-"
    assert placed(targeting=oligo, pattern="", antisense_of="-")[2] is None
    assert placed(targeting=SPACER, pattern="", antisense_of="-")[2].strand == "+"
    assert placed(targeting=SPACER, pattern="", antisense_of="+")[2] is None


@given(st.text("ACGT", min_size=60, max_size=60), st.integers(0, 37), st.integers(0, 59), st.booleans())
def test_the_mirror_image_of_a_haplotype_gives_the_mirror_image_of_the_match(sequence, start, at, after):
    h = haplotype_of("c1", 0, sequence)
    targeting = sequence[start : start + 20]
    change = Change(at, sequence[at], "ACGT"[("ACGT".index(sequence[at]) + 1) % 4])
    m = best_match(h, change, targeting, "NRN", pam_after=after)
    mirror = haplotype_of("c1", 0, reverse_complement(sequence))
    back = Change(59 - at, reverse_complement(change.present), reverse_complement(change.wanted))
    n = best_match(mirror, back, targeting, "NRN", pam_after=after)
    assert (m is None) == (n is None)
    if m and n:
        assert (m.mismatches, m.pam_fits) == (n.mismatches, n.pam_fits)
        assert len(m.under) == len(n.under)


# ---- variants of the haplotype under the site


def under(*variants):
    h = haplotype_of("c1", 100, swapped(AT, "G"), [Placed(135, "G", "A"), *variants])
    return h, best_match(h, correction(h, Placed(135, "G", "A")), SPACER, "NGG")


def test_other_variants_under_site_and_pam_are_named_and_the_target_is_not():
    assert under()[1].under == ()
    assert under(Placed(132, "T", "C"))[1].under == ("c1:133 T>C",)
    assert under(Placed(151, "G", "C"))[1].under == ("c1:152 G>C",)
    assert under(Placed(152, "G", "GA"))[1].under == ("c1:153 G>GA",)
    assert under(Placed(153, "T", "C"))[1].under == ()
    assert under(Placed(129, "T", "C"))[1].under == ()


def test_an_indel_upstream_moves_the_site_in_the_haplotype_and_not_in_the_reference():
    for indel in (Placed(110, "C", "CTT"), Placed(110, "CG", "C")):
        m = under(indel)[1]
        assert (m.start, m.end, m.mismatches, m.pam_fits, m.under) == (130, 150, (), True, ())
        assert m.index == 30 + len(indel.alt) - len(indel.ref)


# ---- 3' extensions of prime editing guides

PRIMER = SPACER[17 - 13 : 17]
TARGET = 53  # behind the nick at 47, in RIGHT[0]


def prime(template_length=12, primer=PRIMER, strand="+", wanted="C", sequence=SEQUENCE, at=TARGET, **more):
    """An extension that writes `wanted` over the base at `at`, read against the haplotype."""
    h = haplotype_of("c1", 100, sequence)
    change = Change(at, sequence[at : at + more.get("removed", 1)], wanted)
    edited = sequence[:at] + wanted + sequence[at + more.get("removed", 1) :]
    template = more.get("template", edited[47 : 47 + template_length])
    extension = reverse_complement(primer + template)
    if strand == "-":
        h = haplotype_of("c1", 100, reverse_complement(sequence))
        present = reverse_complement(change.present)
        change = Change(len(sequence) - at - len(present), present, reverse_complement(wanted))
    m = best_match(h, change, SPACER, "NGG")
    assert (m.strand, m.mismatches) == (strand, ())
    return read_extension(h, change, m, extension, 3)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_right_extension_is_split_and_writes_the_wanted_sequence(strand):
    e = prime(strand=strand)
    assert (e.primer, e.binds, e.makes_wanted) == (13, True, True)
    assert e.template == reverse_complement(SEQUENCE[47:53] + "C" + SEQUENCE[54:59])


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_template_that_writes_something_else_does_not_make_it(strand):
    wrong = prime(strand=strand, template=SEQUENCE[47:53] + "A" + SEQUENCE[54:59])
    also = prime(strand=strand, template=SEQUENCE[47:53] + "C" + SEQUENCE[54:58] + "T")
    assert (wrong.binds, wrong.makes_wanted, also.makes_wanted) == (True, False, False)


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_template_too_short_to_reach_the_variant_does_not_write_it(strand):
    assert prime(6, strand=strand).makes_wanted is False
    assert prime(7, strand=strand).makes_wanted is True


def test_a_template_that_writes_half_of_the_change_does_not_make_it():
    assert prime(7, wanted="CG", removed=2).makes_wanted is False
    assert prime(8, wanted="CG", removed=2).makes_wanted is True


@pytest.mark.parametrize("strand", ["+", "-"])
def test_deletions_and_insertions_are_written_whole(strand):
    assert prime(8, strand=strand, wanted="T", removed=3).makes_wanted is True  # TAT to T
    assert prime(7, strand=strand, wanted="T", removed=3).makes_wanted is False  # ends where the deletion begins
    assert prime(8, strand=strand, wanted="TGC").makes_wanted is False
    assert prime(9, strand=strand, wanted="TGC").makes_wanted is True


def test_a_primer_too_short_or_foreign_does_not_bind():
    assert prime(primer=PRIMER[-8:]).binds is True
    short = prime(primer=PRIMER[-7:])
    assert (short.binds, short.makes_wanted, short.primer) == (False, None, 7)
    assert prime(primer="CCCCCTTTTTCCC").binds is False


def test_a_change_before_the_nick_is_not_written():
    assert prime(template=SEQUENCE[47:59], at=AT, wanted="G").makes_wanted is False


def test_bases_not_known_before_the_nick_or_in_the_template_leave_it_open():
    assert prime(sequence=swapped(45, "N")).binds is None
    e = prime(sequence=swapped(56, "N"), template=SEQUENCE[47:53] + "C" + SEQUENCE[54:59])
    assert (e.binds, e.makes_wanted) == (True, None)


def test_in_a_repeat_the_split_that_writes_the_change_is_taken():
    """Behind a run of A the primer could be longer than it is; the template must still write the change."""
    spacer = "GCTACGTGCA" + "A" * 10
    sequence = "CTTGCGCCCTCGC" + spacer + "AGG" + "CATTCAGTCAATCTGGAGTTGC"
    h = haplotype_of("c1", 0, sequence)
    nick, at = 13 + 17, 13 + 23
    change = Change(at, "C", "G")
    m = best_match(h, change, spacer, "NGG")
    edited = sequence[:at] + "G" + sequence[at + 1 :]
    for primer in range(8, 15):
        e = read_extension(h, change, m, reverse_complement(edited[nick - primer : nick + 12]), 3)
        assert e.makes_wanted is True, primer


def test_an_insertion_under_the_protospacer_moves_the_nick_with_the_haplotype():
    """The haplotype has a base more than the reference under the site: the site is still 20 bases of the haplotype."""
    extra = Placed(133, "TC", "TCA")  # the patient's sequence is the guide's
    reference = SEQUENCE[:35] + SEQUENCE[36:]
    h = haplotype_of("c1", 100, reference, [extra])
    assert h.sequence == SEQUENCE
    change = Change(TARGET, "T", "C")
    m = best_match(h, change, SPACER, "NGG")
    assert (m.end - m.start, m.length, m.mismatches) == (19, 20, ())
    extension = reverse_complement(PRIMER + SEQUENCE[47:53] + "C" + SEQUENCE[54:59])
    e = read_extension(h, change, m, extension, 3)
    assert (e.primer, e.makes_wanted) == (13, True)


# ---- notation of oligonucleotides


@pytest.mark.parametrize(
    ("written", "bases"),
    [
        ("5'-AUoGoUoACATTTTCTTTGoUoUGC-3'", "ATGTACATTTTCTTTGTTGC"),
        ("5\u2032-GCT-3\u2032", "GCT"),
        ("GCTtacgtaGCT", "GCTTACGTAGCT"),
        ("mG*mC*mU", "GCT"),
        ("+G*+C*T*A*+C", "GCTAC"),
        ("[mG][mC]A", "GCA"),
        ("GCT 5mC A", "GCTCA"),
        ("GCT5MeCA", "GCTCA"),
        ("GC U", "GCT"),
        ("", ""),
        ("GCTNA", ""),
        ("GalNAc-GCTA", ""),
        ("5'-FAM-GCTA", ""),
        ("GCTA-3'-chol", ""),
        ("see the paper", ""),
        ("/52MOErG/*/i2MOErC/", ""),
    ],
)
def test_notations_of_oligonucleotides_are_read_or_refused_whole(written, bases):
    assert bare_sequence(written) == bases
