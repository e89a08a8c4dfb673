"""Round trips of any change, and both strands alike: insertions and deletions in repeats, duplications, delins."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from synthetic_genes import CODON, Gene, applied, random_gene

from proband.core.errors import ProgramError
from proband.science.sequence.alphabet import THREE_LETTER, reverse_complement
from proband.science.variant.change import Change
from proband.science.variant.consequence import consequence

GENES = [tuple(random_gene(seed, strand, codons=40) for strand in "+-") for seed in range(4)]
REPEATS = "GCACC" + "ATGGCTAAAAAACAGCATCATCATCATTTTTTTGCG" + "GAGAGAGAGACTGATTGCTAATAATTTGACC"
GENES.append(
    tuple(
        Gene(
            [
                REPEATS[:20],
                "GTAAGTTTTT" + "TCCA" * 9 + "AG",
                REPEATS[20:45],
                "GTGTGTGT" + "CT" * 20 + "CAG",
                REPEATS[45:],
            ],
            (5, 10),
            strand=s,
        )
        for s in "+-"
    )
)
NAMES = [tuple(g.nomenclature() for g in pair) for pair in GENES]


@st.composite
def changes(draw):
    """A gene pair and the same change on both, near or in an exon."""
    k = draw(st.integers(0, len(GENES) - 1))
    gene = GENES[k][0]
    at = draw(st.sampled_from(gene.spliced_at[3:-14])) + draw(st.integers(-8, 8))
    start = min(max(at, gene.exons[0][0] + 3), gene.exons[-1][1] - 14)
    old = gene.text[start : start + draw(st.sampled_from([0, 1, 1, 2, 3, 3, 4, 6, 9]))]
    kinds = st.sampled_from(["delete", "repeat", "replace"])
    match draw(kinds):
        case "delete":
            new = ""
        case "repeat":
            new = old * 2 or gene.text[start : start + 3]
        case _:
            new = draw(st.text("ACGT", min_size=1, max_size=6))
    assume(old != new)
    size = gene.size
    turned = Change("c1", size - start - len(old), reverse_complement(old), reverse_complement(new))
    return k, Change("c1", start, old, new), turned


@settings(max_examples=400, deadline=None)
@given(changes())
def test_descriptions_come_back_to_the_same_change(case):
    k, *both = case
    for names, change in zip(NAMES[k], both, strict=True):
        whole = names.span(change).covering(names.genome)
        for text in (names.genomic(change), names.on_transcript(change, "T1")):
            assert names.span(names.read(text)).covering(names.genome) == whole
            assert names.normalise(text) == text
            assert names.spdi(text) == str(whole)
        assert names.to_coding(names.genomic(change), "T1") == names.on_transcript(change, "T1")


@settings(max_examples=300, deadline=None)
@given(changes())
def test_both_strands_give_the_same_names_and_consequence(case):
    k, *both = case
    plus, minus = (consequence(n, c, "T1") for n, c in zip(NAMES[k], both, strict=True))
    for name in ("hgvs", "hgvs_p", "terms", "splice_distance", "protein", "new_stop", "decay", "reasons"):
        assert getattr(plus, name) == getattr(minus, name)


def naive_protein(gene, change):
    """Residue names of the edited, spliced text, read from the start codon on."""
    k = change.trimmed()
    bases = "".join(
        (k.inserted if p == k.start else "") + ("" if k.start <= p < k.end else gene.text[p]) for p in gene.spliced_at
    )
    first = gene.spliced_at.index(gene.coding_at[0])
    names = []
    for i in range(first, len(bases) - 2, 3):
        names.append(CODON[bases[i : i + 3]])
        if names[-1] == "Ter":
            break
    return names


@settings(max_examples=400, deadline=None)
@given(changes())
def test_protein_and_its_description_are_those_of_the_edited_text(case):
    k, change, _ = case
    found = consequence(NAMES[k][0], change, "T1")
    assume(found.protein is not None and found.hgvs_p != "p.(=)")
    expected = naive_protein(GENES[k][0], change)
    assert [THREE_LETTER[r] for r in found.protein] + ["Ter"] * (found.new_stop is not None) == expected
    if found.hgvs_p == "p.?":
        assert found.reasons
        return
    reference, _ = GENES[k][0].protein()
    stated, length = applied(found.hgvs_p, reference)
    if "fsTer" in found.hgvs_p or "ext" in found.hgvs_p:
        assert expected[: len(stated)] == stated
        assert length in (None, len(expected))
        assert (length is None) == (expected[-1] != "Ter")
    else:
        assert stated == expected


@settings(max_examples=200, deadline=None)
@given(changes())
def test_hgvs_weaver_agrees_with_our_names_on_the_plus_strand(case):
    k, change, _ = case
    names = NAMES[k][0]
    t = names.transcripts["T1"]
    weaver_name = names._weaver_c(t, names.span(change).towards("+")).format()
    assert weaver_name.partition(":c.")[2] == names.on_transcript(change, "T1").partition(":c.")[2]


@settings(max_examples=150, deadline=None)
@given(changes())
def test_equal_changes_have_one_vrs_identifier(case):
    k, change, _ = case
    names = NAMES[k][0]
    both = names.genomic(change), names.on_transcript(change, "T1")
    assert len({names.vrs_id(text) for text in both}) == 1
    assert names.equal(*both)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused_with_a_reason(text):
    with pytest.raises(ProgramError):
        NAMES[0][0].read(f"T1:{text}\0")


@settings(max_examples=300, deadline=None)
@given(st.text("0123456789+-*_>=()[];?ACGTNdelinsupv", max_size=14))
def test_any_c_description_is_a_checked_change_or_an_error(body):
    names = NAMES[4][1]
    try:
        change = names.read(f"T1:c.{body}")
    except ProgramError:
        return
    assert names.genome.fetch("c1", change.start, change.end) == change.deleted
