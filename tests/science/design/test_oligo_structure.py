"""Structure by ViennaRNA where it is installed, a stated gap where it is not."""

import math

import oligo_cases as cases
import pytest

from proband.science.design.gapmers import design_gapmers
from proband.science.design.haplotype import haplotype_of
from proband.science.design.oligo_chemistry import load_chemistry
from proband.science.design.oligo_structure import (
    CAVEAT,
    NOT_INSTALLED,
    oligo_structure,
    rna_engine,
    site_accessibility,
    with_structure,
)
from proband.science.design.oligonucleotides import NO_STRUCTURE, Template, mature_rna, pre_mrna
from proband.science.design.splice_switching import SpliceTarget, design_splice_switching
from proband.science.sequence.alphabet import reverse_complement

ENGINE = rna_engine()
installed = pytest.mark.skipif(ENGINE is None, reason="ViennaRNA, an optional extra, is not installed")
TARGET = SpliceTarget("gained_acceptor", 91)


def whole(bases, strand="+"):
    indices = tuple(range(len(bases))) if strand == "+" else tuple(reversed(range(len(bases))))
    return Template(haplotype_of("c1", 0, bases), strand, indices, ("", ""))


def design(gene=cases.plus, target=TARGET):
    h, t = gene()
    return design_splice_switching(h, t, target, lengths=(20,), motifs=()), h, t


# ---- without ViennaRNA


def test_without_the_engine_nothing_is_a_number():
    made, h, t = design()
    told = with_structure(made, h, t, engine=None)
    assert told.notes[-1] == f"structure {NOT_INSTALLED}"
    for c in told.candidates:
        assert c.detail.structure is None
        assert f"{NO_STRUCTURE} ({NOT_INSTALLED})" in c.missing
        assert NO_STRUCTURE not in c.missing
    found = oligo_structure("ACGTACGT", None)
    assert (found.self_fold, found.self_dimer, found.accessibility) == (None, None, None)
    assert site_accessibility(whole("ACGTACGT"), 0, 4, None) == (None, 0, NOT_INSTALLED)


def test_the_engine_is_looked_for_where_it_is_used(monkeypatch):
    def absent(name):
        raise ImportError(name)

    monkeypatch.setattr("proband.science.design.oligo_structure.import_module", absent)
    assert rna_engine() is None


def test_faults_of_the_caller():
    for bad in ("", "ACGU", "ACGN"):
        with pytest.raises(ValueError, match="A, C, G, T"):
            oligo_structure(bad, None)
    for low, high in ((-1, 3), (2, 2), (0, 9)):
        with pytest.raises(ValueError, match="outside of the RNA"):
            site_accessibility(whole("ACGTACGT"), low, high, None)


class Still:
    """An engine that finds a hair less than nothing."""

    md = staticmethod(dict)
    fold_compound = staticmethod(lambda sequence, model: Still)
    mfe = mfe_dimer = staticmethod(lambda: ("", -0.001))


def test_no_minus_zero():
    assert math.copysign(1, oligo_structure("ACGT", Still).self_fold) == 1


# ---- with ViennaRNA


@installed
def test_energies_of_a_hairpin():
    """GGGGAAAACCCC: -5.40 kcal/mol, as shown in the public documentation of the wrapper package ``vienna``."""
    found = oligo_structure("GGGGAAAACCCC", ENGINE)
    assert found.self_fold == -5.4
    assert found.self_dimer < found.self_fold
    assert oligo_structure("AAAAAAAAAA", ENGINE).self_fold == 0.0
    assert math.copysign(1, oligo_structure("AAAAAAAAAA", ENGINE).self_fold) == 1
    assert found.accessibility is None
    assert found.missing == ("accessibility of the site: no RNA was given",)


@installed
def test_a_palindrome_pairs_with_itself():
    assert oligo_structure("ATGTACATTTTCTTTGTTGC", ENGINE).self_dimer < -3
    assert oligo_structure("AAAAAAAAAA", ENGINE).self_dimer == 0.0


@installed
def test_accessibility_of_stem_and_loop():
    bases = "AAAAAAAAAA" + "GGGCGGGC" + "AAAAAAAA" + "GCCCGCCC" + "AAAAAAAAAA"
    template = whole(bases)
    stem, loop = (site_accessibility(template, low, low + 8, ENGINE) for low in (10, 18))
    assert stem[0] < 0.05 < 0.9 < loop[0]
    assert site_accessibility(template, 26, 34, ENGINE)[0] < 0.05  # the other side of the stem
    assert (stem[1], stem[2]) == (len(bases), "")
    assert site_accessibility(template, 0, 4, ENGINE)[0] > 0.9
    # the same RNA from the other strand
    mirror = whole(reverse_complement(bases), "-")
    assert site_accessibility(mirror, 10, 18, ENGINE) == stem


@installed
def test_accessibility_against_single_bases():
    """The mean over a site is the mean over its bases, and a window of no flank folds the site alone."""
    template = whole(cases.GENE)
    singles = [site_accessibility(template, i, i + 1, ENGINE, flank=0)[0] for i in range(3)]
    assert singles == [1.0, 1.0, 1.0]
    alone = site_accessibility(template, 100, 120, ENGINE, flank=0)
    assert alone[1] == 20
    assert site_accessibility(template, 100, 120, ENGINE)[1] == 220
    assert site_accessibility(template, 10, 30, ENGINE)[1] == 130  # cut at the end


@installed
def test_unknown_bases_are_not_folded():
    template = whole("ACGT" * 10 + "N" + "ACGT" * 10)
    value, window, why = site_accessibility(template, 10, 20, ENGINE)
    assert value is None
    assert (window, why) == (81, "accessibility of the site: the RNA round it holds letters other than A, C, G, T")


@installed
def test_a_design_with_structure():
    made, h, t = design()
    told = with_structure(made, h, t, engine=ENGINE, most=5)
    assert told.notes[-1] == CAVEAT
    assert [c.sequence for c in told.candidates] == [c.sequence for c in made.candidates]
    for c in told.candidates[:5]:
        s = c.detail.structure
        assert 0 <= s.accessibility <= 1
        assert s.window == min(c.end + 100, 240) - max(c.start - 100, 20)
        assert s.self_fold <= 0
        assert NO_STRUCTURE not in c.missing
        assert c.facts_for == next(x for x in made.candidates if x.sequence == c.sequence).facts_for
        low = pre_mrna(h, t).at(c.start)
        assert s.accessibility == site_accessibility(pre_mrna(h, t), low, low + 20, ENGINE)[0]
    assert told.candidates[5].detail.structure is None
    assert NO_STRUCTURE in told.candidates[5].missing
    assert with_structure(made, h, t, engine=ENGINE, most=5) == told


@installed
def test_both_strands_have_one_structure():
    made, h, t = design()
    there, h2, t2 = design(cases.minus, SpliceTarget("gained_acceptor", 259 - 91))
    one = with_structure(made, h, t, engine=ENGINE, most=3)
    two = with_structure(there, h2, t2, engine=ENGINE, most=3)
    assert [c.detail.structure for c in one.candidates[:3]] == [c.detail.structure for c in two.candidates[:3]]


@installed
def test_spliced_rna_and_the_wrong_haplotype():
    h, t = cases.plus()
    lna = load_chemistry().classes["lna_ps_gapmer"]
    made = design_gapmers(h, t, [lna], selective=False, molecule="mature", motifs=())
    told = with_structure(made, h, t, engine=ENGINE, most=2)
    low = mature_rna(h, t)[0].site_of(told.candidates[1].sequence)[0]
    expected = site_accessibility(mature_rna(h, t)[0], low, low + 16, ENGINE)[0]
    assert told.candidates[1].detail.structure.accessibility == expected
    other = haplotype_of("c1", 0, "ACGTTGCA" * 32 + "ACGT")
    with pytest.raises(ValueError, match="not an oligonucleotide of this RNA"):
        with_structure(made, other, t, engine=ENGINE)
