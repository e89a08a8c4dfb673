"""Published and PrimeDesign pegRNAs found again as exact strings; the rules; silent PAM edits; second nicks.

D12 and D13: strings that PrimeDesign made for these targets. D14: the inputs of PrimeDesign's README, against a
naive twin. D15: a notice of PEGG that silent changes beside an indel could be non-synonymous.
"""

import re

import design_cases as cases
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.science.design.editors import load_editors
from proband.science.design.haplotype import Placed, change_at, correction, edited, haplotype_of
from proband.science.design.melting import melting_temperature
from proband.science.design.pegrnas import PrimeRules, design_pegrnas, edit_span, with_pam_edit
from proband.science.sequence.alphabet import reverse_complement, translate

EDITORS = load_editors()


def site_with(spacer, h, change, editor="PE2/SpCas9", context=None, rules=None):
    found = design_pegrnas(h, change, EDITORS[editor], context, rules)
    return next(s for s in found.sites if s.spacer == spacer)


def extension(site, template, pbs=13):
    return next(e for e in site.extensions if (len(e.template), len(e.pbs)) == (template, pbs))


class TestHEK3:
    """D12: +1 CTT insertion."""

    def site(self, editor="PE2/SpCas9"):
        nick = cases.HEK3.index("GGCCCAGACTGAGCACGTGATGG") + 17
        h = haplotype_of("HEK3", 0, cases.HEK3)
        return site_with("GGCCCAGACTGAGCACGTGA", h, change_at(h, nick, "", "CTT"), editor)

    def test_strings(self):
        site = self.site()
        assert (site.pam, site.edit_at, site.strand) == ("TGG", 1, "+")
        ten, thirteen, fourteen = (extension(site, n) for n in (10, 13, 14))
        assert (ten.template, ten.pbs) == ("GCCATCAAAG", "CGTGCTCAGTCTG")
        assert thirteen.template == "TCTGCCATCAAAG"
        assert fourteen.template == "CTCTGCCATCAAAG"
        assert ten.sequence == "GCCATCAAAG" + "CGTGCTCAGTCTG"

    def test_an_extension_that_begins_with_c_is_flagged(self):
        site = self.site()
        assert "the extension begins with C" in extension(site, 14).against
        assert "the extension begins with C" not in extension(site, 13).against

    def test_an_insertion_at_the_nick_moves_the_pam_away(self):
        assert self.site().pam_disrupted


class TestSickle:
    """D13: HBB sickle correction from either strand, and the PE3b nick in the seed."""

    def test_minus_strand(self):
        h, change, _ = cases.sickle()
        site = site_with("GTAACGGCAGACTTCTCCAC", h, change)
        assert (site.pam, site.strand, site.edit_at) == ("AGG", "-", 2)
        assert extension(site, 10).sequence == "GACTCCTGAGGAGAAGTCTGCCG"
        assert not site.pam_disrupted
        assert site.seed_disrupted

    def test_plus_strand_with_the_second_nick(self):
        h, change, _ = cases.sickle()
        site = site_with("CATGGTGCATCTGACTCCTG", h, change, "PE3/SpCas9")
        assert (site.pam, site.edit_at) == ("TGG", 4)
        nick = next(g for g in site.nicking if g.spacer == "GTAACGGCAGACTTCTCCTC")
        assert (nick.kind, nick.strand, nick.pam) == ("PE3b_seed", "-", "AGG")
        assert all(40 <= abs(g.distance) <= 100 for g in site.nicking if g.kind == "PE3")

    def test_the_minus_strand_pam_has_no_silent_edit(self):
        """Its two G lie on the first bases of Pro6 (CCT): none can change silently, and none is offered."""
        h, change, t = cases.sickle()
        site = site_with("GTAACGGCAGACTTCTCCAC", h, change, context=t)
        assert not site.pam_edits
        assert "without changing the protein" in site.pam_edits_missing


README = {
    "substitution": ((25, "T", "A"), "GCCTGTGACTAACTGCGCCAAAACGACTTCCAATCCCCTTATCCAATTTA"),
    "insertion": ((26, "", "CTT"), "GCCTGTGACTAACTGCGCCAAAACGTCTTCTTCCAATCCCCTTATCCAATTTA"),
    "deletion": ((24, "GTCT", ""), "GCCTGTGACTAACTGCGCCAAAACTCCAATCCCCTTATCCAATTTA"),
    "combination": (
        (16, "GCCAAAACGTCTTCC", "TCCAATCGAAACGTC"),
        "GCCTGTGACTAACTGCTCCAATCGAAACGTCAATCCCCTTATCCAATTTA",
    ),
}


def naive_pegrnas(before, after, reach, homology, shortest, pbs_range):
    """(strand, spacer, pam, template, primer binding site) by search of whole strings; independent of the package."""
    made = set()
    for strand in "+-":
        b, a = (before, after) if strand == "+" else (reverse_complement(before), reverse_complement(after))
        first = next((i for i in range(min(len(a), len(b))) if a[i] != b[i]), min(len(a), len(b)))
        tail = 0
        while tail < min(len(a), len(b)) - first and a[len(a) - 1 - tail] == b[len(b) - 1 - tail]:
            tail += 1
        end = len(a) - tail  # first base after the edit in the edited strand
        for hit in re.finditer("(?=([ACGT]{20}[ACGT]GG))", b):
            nick = hit.start() + 17
            if nick > first:
                continue
            for template in range(shortest, reach + 1):
                for pbs in range(pbs_range[0], pbs_range[1] + 1):
                    if nick + template < end + homology or nick + template > len(a) or nick < pbs:
                        continue
                    whole = reverse_complement(a[nick - pbs : nick + template])
                    made.add((strand, hit[1][:20], hit[1][20:], whole[:template], whole[template:]))
    return made


def packaged(found):
    return {(s.strand, s.spacer, s.pam, e.template, e.pbs) for s in found.sites for e in s.extensions}


@pytest.mark.parametrize("name", README)
def test_the_four_primedesign_inputs(name):
    """D14: README of PrimeDesign; the edited sequences are printed there."""
    (at, ref, alt), printed = README[name]
    h = haplotype_of("c1", 0, cases.PRIMEDESIGN)
    change = change_at(h, at, ref, alt)
    after = edited(h, change).sequence
    assert after == printed
    found = design_pegrnas(h, change, EDITORS["PE2/SpCas9"], rules=PrimeRules())
    assert packaged(found) == naive_pegrnas(h.sequence, after, 34, 5, 10, (8, 17))
    assert len(found.sites) + len(found.rejected) > 0


dna = st.text("ACGT", min_size=60, max_size=110)


@given(dna, st.data())
def test_any_small_change_equals_the_naive_twin(sequence, data):
    h = haplotype_of("c1", 7, sequence)
    at = data.draw(st.integers(20, len(sequence) - 20))
    ref = sequence[at : at + data.draw(st.integers(0, 6))]
    alt = data.draw(st.text("ACGT", max_size=6).filter(lambda a: a != ref))
    change = change_at(h, 7 + at, ref, alt)
    after = edited(h, change).sequence
    found = design_pegrnas(h, change, EDITORS["PE2/SpCas9"])
    assert packaged(found) == naive_pegrnas(sequence, after, 34, 5, 10, (8, 17))
    for s in found.sites:
        for e in s.extensions:
            oriented = after if s.strand == "+" else reverse_complement(after)
            assert reverse_complement(e.sequence) in oriented


@given(st.text("ACGT", max_size=30), st.text("ACGT", max_size=30))
def test_an_edit_span_rebuilds_the_edit(before, after):
    span = edit_span(before, after)
    end = span.first + span.out
    assert before[: span.first] + after[span.first : span.first + span.put] + before[end:] == after


def gene(strand, deleted=None):
    """Synthetic gene (D15) of 40 codons on either strand with GG at many places, and a frameshift to correct."""
    sense = "ATG" + "GGAGCACTGGCACTGAAAGGCACCGATCGTGGTCAC" * 3 + "TAA"
    plus = sense if strand == "+" else reverse_complement(sense)
    pad = "ACTTACTTACTTACTTACTTACTTACTTACTTACTTACTT"
    return pad + plus + pad, len(pad), len(plus)


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("size", [1, 2, 4])
def test_silent_pam_edits_beside_a_corrected_indel_are_synonymous(strand, size):
    """D15: each offered PAM edit is translated again here from the corrected sequence; both gene strands."""
    sequence, start, length = gene(strand)
    t = cases.single_exon(sequence[start : start + length], contig="c1", start=start, strand=strand)
    offered = set()
    for at in range(start + 20, start + length - 20, 7):
        variant = Placed(at, sequence[at : at + size], "")
        h = haplotype_of("c1", 0, sequence, [variant])
        for site in design_pegrnas(h, correction(h, variant), EDITORS["PE2/SpCas9"], t).sites:
            for e in site.pam_edits:
                assert sequence[e.position] == e.ref
                new = sequence[: e.position] + e.alt + sequence[e.position + 1 :]
                coding = new[start : start + length]
                coding = coding if strand == "+" else reverse_complement(coding)
                assert translate(coding, to_stop=True) == t.protein()
                offered.add((site.strand, e.position))
                longest = site.extensions[-1]
                written = reverse_complement(with_pam_edit(h, correction(h, variant), site, e, longest))
                assert written in (new if site.strand == "+" else reverse_complement(new))
    assert {s for s, _ in offered} == {"+", "-"}  # guides on the gene's own and on the other strand


def test_pam_edits_beside_an_indel_that_stays_are_refused():
    """D15: making an indel leaves a frame that is not the reference's: refused with a reason."""
    sequence, start, length = gene("+")
    t = cases.single_exon(sequence[start : start + length], contig="c1", start=start)
    h = haplotype_of("c1", 0, sequence)
    sites = design_pegrnas(h, change_at(h, start + 30, sequence[start + 30], ""), EDITORS["PE2/SpCas9"], t).sites
    kept = [s for s in sites if not s.pam_disrupted]
    assert kept
    assert all(not s.pam_edits and "insertion or deletion" in s.pam_edits_missing for s in kept)


def test_without_a_transcript_no_pam_edit_is_offered():
    h, change, _ = cases.sickle()
    site = site_with("GTAACGGCAGACTTCTCCAC", h, change)
    assert not site.pam_edits
    assert "no transcript" in site.pam_edits_missing


def test_a_change_beyond_reach_has_its_reason():
    h = haplotype_of("c1", 0, "ACGT" * 30)
    found = design_pegrnas(h, change_at(h, 60, "", "ACTG" * 10), EDITORS["PE2/SpCas9"])
    assert {r.code for r in found.rejected} == {"past_reach"}


def test_unknown_bases_are_no_target():
    sequence = cases.HEK3.replace("GAGCACGTGATGGCAG", "GAGCACGTGATNGCAG")
    h = haplotype_of("HEK3", 0, sequence)
    found = design_pegrnas(h, change_at(h, sequence.index("TGATNG"), "", "CTT"), EDITORS["PE2/SpCas9"])
    assert all("N" not in s.spacer + s.pam for s in found.sites)
    assert any(r.code == "ambiguous_base" for r in found.rejected)


def test_melting_temperature():
    """Biopython's documentation of Bio.SeqUtils.MeltingTemp: 60.32 with the same table, salt and concentrations."""
    assert round(melting_temperature("CGTTCCAAAGATGTGGGCATGAGCTTAC"), 2) == 60.32
    with pytest.raises(ValueError, match="letters"):
        melting_temperature("ACGN")
