"""A stated candidate on the invented gene: the patient's calls, both strands, and what stays not known."""

from dataclasses import replace

import pytest

from proband.core.program import Candidate, Variant
from proband.science.design.candidate import fit, product, reached, site_of
from proband.science.design.editors import load_editors
from proband.science.sequence.alphabet import reverse_complement
from proband.science.sequence.slices import from_slices
from proband.testing import synthetic_gene as gene

EDITORS = load_editors()
ABE = EDITORS["ABE8e/SpCas9"]
SPACER = "GCTTCAGGAGCTTCTGGTCT"  # bases 10606 to 10625; the target, 10611, is A6; PAM AGG 10626 to 10628
GUIDE = Candidate("c", target_variant="v", spacer=SPACER, pam="NGG")
TARGET = ("10611", "G", "A", "0|1:1")


def variant(strand="+", **changes):
    place = (10_610, "G", "A") if strand == "+" else (gene.mirrored(10_610), "C", "T")
    stated = Variant(
        "v", "target", "SYNTHETIC1", gene.CONTIG, *place, "", "SYNG1_fictional:c.412G>A", "", "heterozygous"
    )
    return replace(stated, **changes)


@pytest.fixture
def site(tmp_path):
    """Makes the site round the target, from calls of position, reference, alternate and genotype with phase set."""

    def make(*calls, strand="+", samples=("P1",), target=True, held=None, **changes):
        genome, transcripts = from_slices(held or gene.reference(strand))
        records = sorted([*([TARGET] if target else []), *calls], key=lambda c: int(c[0]))
        path = None
        if calls or not target:
            path = tmp_path / "calls.vcf"
            head = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tP1"
            rows = [f"{gene.CONTIG}\t{p}\t.\t{r}\t{a}\t60\tPASS\t.\tGT:PS\t{gt}" for p, r, a, gt in records]
            path.write_text("\n".join(["##fileformat=VCFv4.2", head, *rows, ""]))
        return site_of(genome, transcripts, variant(strand, **changes), path, samples)

    return make


def base(position):
    """The reference base at a 1-based position."""
    return gene.bases()[position - 1 - gene.START]


def other(position):
    return "ACGT"[("ACGT".index(base(position)) + 1) % 4]


def snv(position, genotype, alt=""):
    return str(position), base(position), alt or other(position), genotype


# ---- the site


@pytest.mark.parametrize("strand", ["+", "-"])
def test_the_guide_of_the_example_fits_on_either_strand(site, strand):
    f = fit(GUIDE, site(strand=strand), ABE)
    assert f == fit(replace(GUIDE, spacer=SPACER.replace("T", "U")), site(strand=strand), ABE)
    assert f.elements == {"spacer": True, "pam": True, "patient_calls": None}
    assert (f.match.strand, f.match.pam, f.reference_mismatches) == (strand, "AGG", 1)
    assert f.because["patient_calls"] == "no calls of the patient are in the folder"


@pytest.mark.parametrize("strand", ["+", "-"])
def test_the_product_of_the_example_on_either_strand(site, strand):
    table, why = product(GUIDE, site(strand=strand), ABE)
    assert why == ""
    assert table.guide.target == "A6"
    assert {c.positions: (c.changes, c.restores) for c in table.combinations} == {
        (6,): ((), True),
        (9,): (("G138R", "S139G"), False),
        (6, 9): (("S139G",), False),
    }


def test_no_site_where_place_or_bases_are_not_known(site):
    assert site(position=None) is None
    assert site(contig="chr9") is None
    assert site(position=13_000) is None
    assert site(ref="T") is None
    assert site(alt="N") is None
    assert site(ref="N") is None


def test_calls_read_and_none_beside_the_target(site):
    s = site(snv(11_800, "1/1:."))
    assert s.called
    assert fit(GUIDE, s, ABE).elements["patient_calls"] is True
    assert s.unphased == ()


@pytest.mark.parametrize("genotype", ["1/1:.", "1|1:1", "0|1:1"])
def test_a_variant_on_the_haplotype_under_the_spacer_is_a_mismatch(site, genotype):
    f = fit(GUIDE, site(snv(10_614, genotype)), ABE)
    assert f.elements == {"spacer": False, "pam": True, "patient_calls": True}
    assert f.match.mismatches == (9,)
    assert f.match.under == (f"synchr1:10614 {base(10_614)}>{other(10_614)}",)


def test_a_guide_written_for_the_patients_own_haplotype_fits_it(site):
    own = GUIDE.spacer[:8] + other(10_614) + GUIDE.spacer[9:]
    f = fit(replace(GUIDE, spacer=own), site(snv(10_614, "1/1:.")), ABE)
    assert f.elements == {"spacer": True, "pam": True, "patient_calls": True}
    assert f.match.under


def test_a_variant_on_the_other_haplotype_changes_nothing(site):
    s = site(snv(10_614, "1|0:1"))
    assert s.unphased == ()
    assert fit(GUIDE, s, ABE).elements == {"spacer": True, "pam": True, "patient_calls": True}


@pytest.mark.parametrize("genotype", ["0/1:.", "0|1:77", "1|0:77"])
@pytest.mark.parametrize("position", [10_606, 10_625, 10_627, 10_628])
def test_a_variant_of_unknown_phase_under_the_site_leaves_it_open(site, genotype, position):
    f = fit(GUIDE, site(snv(position, genotype)), ABE)
    assert f.elements == {"spacer": True, "pam": True, "patient_calls": None}
    assert "may lie on either haplotype" in f.because["patient_calls"]


def test_a_pam_before_the_spacer_is_looked_under_too(site):
    """Cas12a: the guide from 10606, its PAM from 10602 to 10605."""
    guide = replace(GUIDE, pam=gene.bases()[601:605])
    for position, settled in ((10_601, True), (10_602, None), (10_606, None), (10_626, True)):
        assert fit(guide, site(snv(position, "0/1:.")), EDITORS["Cas12a"]).elements["patient_calls"] is settled


@pytest.mark.parametrize("position", [10_605, 10_629])
def test_a_variant_of_unknown_phase_beside_the_site_does_not(site, position):
    s = site(snv(position, "0/1:."))
    assert len(s.unphased) == 1
    assert fit(GUIDE, s, ABE).elements["patient_calls"] is True


def test_a_heterozygous_variant_beside_a_homozygous_target_lies_on_one_of_both(site):
    s = site(("10611", "G", "A", "1|1:1"), snv(10_614, "0|1:1"), target=False)
    assert fit(GUIDE, s, ABE).elements["patient_calls"] is None


@pytest.mark.parametrize("position", [10_627, 10_628])
def test_a_homozygous_variant_takes_the_pam_away(site, position):
    f = fit(GUIDE, site(snv(position, "1/1:.")), ABE)
    assert f.elements == {"spacer": True, "pam": False, "patient_calls": True}


def test_the_free_base_of_the_pam_may_change(site):
    assert fit(GUIDE, site(snv(10_626, "1/1:.")), ABE).elements["pam"] is True


@pytest.mark.parametrize(("ref", "alt"), [(5, ""), (1, "GTGTG")])
def test_an_indel_upstream_on_the_haplotype_moves_nothing(site, ref, alt):
    deleted = "".join(base(p) for p in range(10_500, 10_500 + ref))
    s = site(("10500", deleted, base(10_500) + alt, "0|1:1"))
    f = fit(GUIDE, s, ABE)
    assert f.elements == {"spacer": True, "pam": True, "patient_calls": True}
    assert (f.match.start, f.match.end, f.match.on_change, f.match.under) == (10_605, 10_625, True, ())
    table, _ = product(GUIDE, s, ABE)
    assert not table.combinations
    assert "changes the length" in table.missing


def test_calls_that_do_not_hold_the_target_are_left_out_with_a_note(site):
    s = site(snv(10_614, "1/1:."), target=False)
    assert not s.called
    assert "no call of the variant" in s.notes[0]
    assert fit(GUIDE, s, ABE).elements["patient_calls"] is None


def test_another_sample_is_not_taken_when_several_could_be_meant(site):
    assert site(snv(11_800, "1/1:."), samples=("nobody",)).called  # the only column of the file
    assert site(snv(11_800, "1/1:."), samples=()).called


@pytest.mark.parametrize(
    "call",
    [
        ("10620", None, "<DEL>", "0|1:1"),
        ("10620", None, "*", "1/1:."),
        ("10620", None, "A", "./.:."),
        ("10620", "N", "A", "1/1:."),
    ],
)
def test_records_that_can_not_be_placed_leave_the_calls_unread(site, call):
    position, ref, alt, genotype = call
    s = site((position, ref or base(int(position)), alt, genotype))
    assert not s.called
    assert fit(GUIDE, s, ABE).elements["patient_calls"] is None


@pytest.mark.parametrize(
    ("genotype", "spacer", "calls"), [("1|2:1", True, True), ("2|1:1", False, True), ("1/2:.", False, None)]
)
def test_a_multi_allelic_record_under_the_spacer(site, genotype, spacer, calls):
    """The guide is written for allele 2, and the target lies on the second side."""
    first, second = [b for b in "ACGT" if b != base(10_614)][:2]
    own = replace(GUIDE, spacer=SPACER[:8] + second + SPACER[9:])
    f = fit(own, site(("10614", base(10_614), f"{first},{second}", genotype)), ABE)
    assert f.elements["spacer"] is spacer
    assert f.elements["patient_calls"] is calls


def test_a_target_that_is_the_second_allele_of_its_record_is_found(site):
    s = site(("10611", "G", "C,A", "0|2:1"), snv(10_614, "0|1:1"), target=False)
    assert s.called
    assert fit(GUIDE, s, ABE).match.mismatches == (9,)


# ---- what the reference does not tell


def with_letter(position, letter):
    held, at = gene.reference(), position - 1 - gene.START
    bases = held.slices[0].bases
    return replace(held, slices=(replace(held.slices[0], bases=bases[:at] + letter + bases[at + 1 :]),))


@pytest.mark.parametrize(("position", "part"), [(10_614, "spacer"), (10_627, "pam")])
def test_a_base_that_is_not_known_leaves_its_part_open(site, position, part):
    f = fit(GUIDE, site(held=with_letter(position, "N")), ABE)
    assert f.elements[part] is None
    assert False not in f.elements.values()
    assert fit(GUIDE, site(held=with_letter(position, "Y" if part == "pam" else "C")), ABE).elements[part] is False


def test_no_site_is_a_finding_only_where_enough_is_known(site):
    foreign = replace(GUIDE, spacer="AAAACCCCTTTTGGGGACGT")
    assert fit(foreign, site(), ABE).elements["spacer"] is False
    assert fit(foreign, site(held=with_letter(10_640, "N")), ABE).elements["spacer"] is None
    whole = gene.reference()
    piece = replace(whole.slices[0], start=10_560, bases=gene.bases()[560:720])
    short = replace(whole, slices=(piece,), transcripts=())
    assert fit(foreign, site(held=short), ABE).elements["spacer"] is None
    assert fit(GUIDE, site(held=short), ABE).elements["spacer"] is True


# ---- the candidate as stated


def test_a_candidate_without_a_sequence_has_no_fit(site):
    assert fit(Candidate("c"), site(), None) is None


@pytest.mark.parametrize("stated", [{"spacer": "GCTTCAGGAGCTTCTGGTCN"}, {"spacer": "", "sequence": "GalNAc-GCTA"}])
def test_a_sequence_that_can_not_be_read_stays_not_known(site, stated):
    f = fit(replace(GUIDE, **stated), site(), ABE)
    assert set(f.elements.values()) == {None}


def test_without_a_pam_that_of_the_editor_is_asked_for_and_without_both_it_is_not_known(site):
    bare = replace(GUIDE, pam="")
    assert fit(bare, site(), ABE).elements["pam"] is True
    assert fit(bare, site(), EDITORS["ABE8e-V106W/SpCas9-NGC"]).elements["pam"] is False
    assert fit(bare, site(), None).elements["pam"] is None


def test_without_an_editor_the_side_of_the_pam_is_not_known(site):
    before = gene.bases()[602:605]  # the three bases before the spacer
    assert fit(GUIDE, site(), None).elements["pam"] is True
    assert fit(replace(GUIDE, pam=before), site(), None).elements["pam"] is None
    assert fit(replace(GUIDE, pam="TTTT"), site(), None).elements["pam"] is False
    assert fit(replace(GUIDE, pam=before), site(), ABE).elements["pam"] is False


def test_an_editor_that_reads_before_the_spacer(site):
    """Cas12a takes its PAM 5' of the protospacer; here one is made of what stands there."""
    at = 10_590 - gene.START
    spacer, pam = gene.bases()[at : at + 20], gene.bases()[at - 4 : at]
    guide = replace(GUIDE, spacer=spacer, pam=pam)
    assert fit(guide, site(), EDITORS["Cas12a"]).elements["pam"] is True


def test_the_product_needs_an_editor_that_converts_and_its_own_pam(site):
    assert "set editor under" in product(GUIDE, site(), None)[1]
    assert "converts no base" in product(GUIDE, site(), EDITORS["PE2/SpCas9"])[1]
    assert "window" in product(GUIDE, site(), EDITORS["BE4max/SpCas9"])[1]
    assert "window" in product(replace(GUIDE, spacer=gene.bases()[600:620]), site(), ABE)[1]


# ---- prime editing

AFTER = gene.bases()[622:642]  # behind the nick between 10622 and 10623


LATE = "A"  # the patient's base behind the nick, where the reference has T


def late(site):
    """The site of a variant behind the nick: T to A at 10623, put back by the template."""
    return site(position=10_622, ref=AFTER[0], alt=LATE, hgvs_c="")


def pegrna(primer="GGGAGCTTCTGG", template=AFTER[:12]):
    """The guide for that haplotype, which has the reference's G at its sixth base."""
    return replace(GUIDE, spacer="GCTTCGGGAGCTTCTGGACT", extension=reverse_complement(primer + template))


def test_an_extension_that_puts_the_reference_back(site):
    f = fit(pegrna(), late(site), EDITORS["PE2/SpCas9"])
    assert f.elements == {"spacer": True, "pam": True, "primer_binding_site": True, "patient_calls": None}
    assert f.extension.makes_wanted is True


def test_a_wrong_template_and_a_short_primer(site):
    wrong = fit(pegrna(template="G" + AFTER[1:12]), late(site), None)
    assert (wrong.elements["primer_binding_site"], wrong.extension.makes_wanted) == (True, False)
    short = fit(pegrna(primer="CTTCTGG"), late(site), None)
    assert (short.elements["primer_binding_site"], short.extension.makes_wanted) == (False, None)


@pytest.mark.parametrize(("position", "settled"), [(10_634, None), (10_635, True), (10_605, True), (10_606, None)])
def test_a_variant_of_unknown_phase_under_the_template_leaves_it_open(site, position, settled):
    """The template of 12 bases reaches from 10623 to 10634, past the PAM."""
    own = ("10623", "T", LATE, "0|1:1")
    s = site(own, snv(position, "0/1:."), target=False, position=10_622, ref="T", alt=LATE, hgvs_c="")
    f = fit(pegrna(), s, EDITORS["PE2/SpCas9"])
    assert f.extension.makes_wanted is True
    assert f.elements["patient_calls"] is settled


def test_a_prime_editing_guide_without_its_extension_is_not_whole(site):
    assert fit(GUIDE, site(), EDITORS["PE2/SpCas9"]).elements["primer_binding_site"] is None
    assert fit(GUIDE, site(), None, prime=True).elements["primer_binding_site"] is None
    assert "primer_binding_site" not in fit(GUIDE, site(), ABE).elements


# ---- antisense oligonucleotides


@pytest.mark.parametrize("strand", ["+", "-"])
def test_an_oligonucleotide_pairs_with_the_transcript(site, strand):
    s = site(strand=strand)
    complement = Candidate("c", sequence="5'-" + "*".join(reverse_complement(SPACER)) + "-3'")
    f = fit(complement, s, None)
    assert (f.elements["oligonucleotide"], f.reference_mismatches) == (True, 1)
    assert f.match.strand == ("-" if strand == "+" else "+")
    assert fit(Candidate("c", sequence=SPACER), s, None).elements["oligonucleotide"] is None


def test_without_a_transcript_the_transcribed_strand_is_not_known(site):
    s = site(held=replace(gene.reference(), transcripts=()), hgvs_c="")
    assert fit(Candidate("c", sequence=SPACER), s, None).elements["oligonucleotide"] is None


def test_a_near_fit_of_an_oligonucleotide_away_from_the_variant_decides_nothing(site):
    away = gene.bases()[500:516]
    near = reverse_complement(away[:8] + ("A" if away[8] != "A" else "C") + away[9:])
    assert fit(Candidate("c", sequence=near), site(), None).elements["oligonucleotide"] is None
    over = reverse_complement(SPACER[:2] + ("A" if SPACER[2] != "A" else "C") + SPACER[3:])
    assert fit(Candidate("c", sequence=over), site(), None).elements["oligonucleotide"] is False


# ---- which alleles are reached


def test_the_target_is_reached_when_every_part_fits(site):
    v = variant()
    own = fit(GUIDE, site(), ABE)
    assert reached(v, [v], own, ABE) == {"v": True}
    assert reached(v, [v], None, ABE) == {"v": None}
    gone = fit(GUIDE, site(snv(10_627, "1/1:.")), ABE)
    assert reached(v, [v], gone, ABE) == {"v": False}


def test_a_guide_that_lies_elsewhere_does_not_reach_the_target(site):
    v, away = variant(), replace(GUIDE, spacer=gene.bases()[500:520], pam="NNN")
    own = fit(away, site(), ABE)
    assert own.elements["spacer"] is True
    assert reached(v, [v], own, ABE) == {"v": False}


@pytest.mark.parametrize(
    ("stated", "editor", "answer"),
    [
        ({"hgvs_c": "NM_1.1:c.2140G>T"}, "ABE8e/SpCas9", False),  # a transversion, known by its name alone
        ({"hgvs_c": "NM_1.1:c.2140G>A"}, "ABE8e/SpCas9", None),
        ({"hgvs_c": "NM_1.1:c.2140C>T"}, "ABE8e/SpCas9", None),  # on the other strand
        ({"hgvs_c": "NM_1.1:c.2140T>C"}, "ABE8e/SpCas9", False),
        ({"hgvs_c": "NM_1.1:c.2140A>G"}, "BE4max/SpCas9", None),
        ({"hgvs_c": "NM_1.1:c.2140G>A"}, "BE4max/SpCas9", False),
        ({"contig": "synchr1", "position": 11_054, "ref": "G", "alt": "A"}, "ABE8e/SpCas9", False),
        ({"contig": "synchr1", "position": 10_618, "ref": "G", "alt": "A"}, "ABE8e/SpCas9", None),
        ({"contig": "chr9", "position": 10_618, "ref": "G", "alt": "A"}, "ABE8e/SpCas9", False),
        ({"contig": "synchr1", "position": 10_618, "ref": "GA", "alt": "G"}, "ABE8e/SpCas9", False),
        ({"contig": "synchr1", "position": 10_640, "ref": "G", "alt": "T"}, "PE2/SpCas9", None),
        ({"hgvs_c": "NM_1.1:c.2140G>T"}, "", None),
    ],
)
def test_the_other_allele_is_out_of_reach_or_not_known(site, stated, editor, answer):
    v, second = variant(), Variant("o", "other_allele", **stated)
    own = fit(GUIDE, site(), EDITORS.get(editor))
    assert reached(v, [v, second], own, EDITORS.get(editor))["o"] is answer
