"""Every possible coding SNV of synthetic two-strand genes against a naive reading: no error is allowed."""

import pytest
from synthetic_genes import random_gene

from proband.science.sequence.alphabet import THREE_LETTER
from proband.science.variant.change import Change
from proband.science.variant.consequence import consequence


def substitutions(gene):
    for index, p in enumerate(gene.coding_at):
        for base in "ACGT":
            if base != gene.text[p]:
                yield index, p, base


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize("seed", range(3))
def test_every_coding_substitution(seed, strand):
    gene = random_gene(seed, strand, exons=3 + seed, codons=80)
    names = gene.nomenclature()
    t = names.transcripts["T1"]
    assert not t.concerns
    assert [THREE_LETTER[r] for r in t.protein()] == gene.protein()[0][:-1]
    wrong = []
    for index, p, base in substitutions(gene):
        at = gene.genomic(p)
        change = Change("c1", at, gene.base_on_genome(gene.text[p]), gene.base_on_genome(base))
        text = f"T1:c.{index + 1}{gene.text[p]}>{base}"
        found = consequence(names, change, "T1")
        protein, ended = gene.protein(gene.text[:p] + base + gene.text[p + 1 :])
        changed = [] if index < 3 else protein[:-1] if ended else protein
        checks = {
            "coordinate": (t.coding_index(at), t.position_g(f"c.{index + 1}")) == (index, at),
            "read": names.read(text) == change,
            "written": found.hgvs == text,
            "genomic": names.read(names.genomic(change)) == change,
            "p": found.hgvs_p == gene.p_of_substitution(index, base),
            "protein_with": [THREE_LETTER[r] for r in t.protein_with({at: gene.base_on_genome(base)})] == changed,
        }
        wrong += [(text, what) for what, right in checks.items() if not right]
    assert wrong == []


@pytest.mark.parametrize("strand", ["+", "-"])
def test_every_base_has_the_naive_number_and_comes_back(strand):
    gene = random_gene(11, strand, exons=4, codons=40)
    t = gene.nomenclature().transcripts["T1"]
    for p in range(gene.exons[0][0], gene.exons[-1][1]):
        at = gene.genomic(p)
        assert str(t.position_c(at)) == gene.number(p)
        assert t.position_g(gene.number(p)) == at
        assert t.position_g(t.position_n(at), coding=False) == at


@pytest.mark.parametrize("strand", ["+", "-"])
def test_several_edits_at_once_make_the_protein_of_the_edited_text(strand):
    gene = random_gene(5, strand, codons=60)
    t = gene.nomenclature().transcripts["T1"]
    for k in range(3, len(gene.coding_at) - 40, 7):
        places = gene.coding_at[k], gene.coding_at[k + 1], gene.coding_at[k + 33]
        text = "".join("A" if p in places else b for p, b in enumerate(gene.text))
        protein, ended = gene.protein(text)
        edits = {gene.genomic(p): gene.base_on_genome("A") for p in places}
        assert [THREE_LETTER[r] for r in t.protein_with(edits)] == (protein[:-1] if ended else protein)
