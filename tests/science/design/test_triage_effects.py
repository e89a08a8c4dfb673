"""Triage with transcripts: every effect equals that of the one-variant functions, every clean guide that of the
bystander table; the transcript chosen follows the stated rule; nothing without a transcript is called silent.

The genes are synthetic.
"""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.design.bystanders import bystander_table
from proband.science.design.coding_tracks import CodingTracks
from proband.science.design.editors import Editor, load_editors
from proband.science.design.haplotype import Placed, correction, haplotype_of
from proband.science.design.spacers import enumerate_guides
from proband.science.design.triage import reachable
from proband.science.design.triage_consequence import TranscriptIndex, effect_of, rank, read_index
from proband.science.design.triage_list import Listed, answer
from proband.science.sequence.alphabet import CODON_TABLES, reverse_complement
from proband.science.sequence.annotation import TranscriptRecord
from proband.science.sequence.build import TranscriptSet, build_transcripts
from proband.science.sequence.genome import genome_of
from proband.science.sequence.transcripts import Transcript
from proband.science.variant.change import Change
from proband.science.variant.consequence import consequence
from proband.science.variant.hgvs import Nomenclature

EDITORS = load_editors()
SENSE = [a + b + c for a, b, c in product("ACGT", repeat=3) if a + b + c not in ("TAA", "TAG", "TGA")]
PAD = 40


@st.composite
def genes(draw):
    """A gene of one to three exons on either strand: genome, transcripts with T1, and the contig's bases."""
    coding = "ATG" + "".join(draw(st.lists(st.sampled_from(SENSE), min_size=4, max_size=14)))
    spliced = (
        draw(st.text("ACGT", min_size=3, max_size=9))
        + coding
        + draw(st.sampled_from(["TAA", "TAG", "TGA"]))
        + draw(st.text("ACGT", min_size=3, max_size=9))
    )
    first = spliced.index(coding)
    last = first + len(coding) + 3
    cuts = sorted(draw(st.sets(st.integers(2, len(spliced) - 2), max_size=2)))
    bases, exons, place = "", [], []
    for start, end in zip([0, *cuts], [*cuts, len(spliced)], strict=True):
        if bases:
            bases += "GT" + draw(st.text("ACGT", min_size=6, max_size=26)) + "AG"
        exons.append((len(bases), len(bases) + end - start))
        place += range(len(bases), len(bases) + end - start)
        bases += spliced[start:end]
    left, right = (draw(st.text("ACGT", min_size=PAD, max_size=PAD)) for _ in range(2))
    contig, strand = left + bases + right, draw(st.sampled_from("+-"))
    exons = [(s + PAD, e + PAD) for s, e in exons]
    low, high = place[first] + PAD, place[last - 1] + PAD + 1
    if strand == "-":
        n = len(contig)
        contig, exons = reverse_complement(contig), sorted((n - e, n - s) for s, e in exons)
        low, high = n - high, n - low
    cds = [(max(s, low), min(e, high), None) for s, e in exons if s < high and e > low]
    genome = genome_of({"c1": contig})
    record = TranscriptRecord("T1", "c1", strand, tuple(exons), tuple(cds), gene="G1")
    return genome, build_transcripts([record], genome), contig


def ask(genome, transcripts, listed, editors=()):
    index = TranscriptIndex(transcripts)
    return answer(listed, genome, list(editors), index.choose([(v.contig, v.position) for v in listed]))


@settings(max_examples=60, deadline=None)
@given(genes(), st.data())
def test_effects_equal_those_of_one_variant_at_a_time(gene, data):
    genome, transcripts, contig = gene
    t = transcripts["T1"]
    at = data.draw(st.lists(st.integers(t.start, t.end - 1), min_size=1, max_size=6))
    listed = [Listed("v", "c1", p, contig[p], data.draw(st.sampled_from("ACGT".replace(contig[p], "")))) for p in at]
    for row, v in zip(ask(genome, transcripts, listed), listed, strict=True):
        single = consequence(Nomenclature(genome, transcripts), Change("c1", v.position, v.ref, v.alt), "T1")
        found = row.effect
        assert found.term in single.terms, single
        assert (found.hgvs, found.protein) == (single.hgvs, single.hgvs_p)
        assert (found.splice_distance, found.transcript, found.gene) == (t.splice_distance(v.position), "T1", "G1")
        if found.term != "start_lost":
            assert found.term == single.terms[0]


@settings(max_examples=60, deadline=None)
@given(genes(), st.data())
def test_clean_guides_equal_the_bystander_tables(gene, data):
    genome, transcripts, contig = gene
    t = transcripts["T1"]
    flipped = Editor("C", "base", "n", "TTN", "5'", 20, (18, 23), 6, ("A", "G"), (8, 14), (6, 15))
    chosen = [*(EDITORS[n] for n in ("ABE8e/SpRY-NRN", "BE4max/SpRY-NRN", "ABE7.10/SpCas9-NG")), flipped]
    at = data.draw(st.lists(st.integers(t.start, t.end - 1), min_size=1, max_size=4))
    pairs = {"A": "G", "G": "A", "C": "T", "T": "C"}
    listed = [Listed("v", "c1", p, contig[p], pairs[contig[p]]) for p in at]
    for row, v in zip(ask(genome, transcripts, listed, chosen), listed, strict=True):
        placed = Placed(v.position, v.ref, v.alt)
        h = haplotype_of("c1", 0, contig, [placed])
        for e in chosen:
            tables = [bystander_table(h, correction(h, placed), g, t, 9) for g in
                      enumerate_guides(h, correction(h, placed), e).guides]  # fmt: skip
            assume(all(x.complete for x in tables))
            clean = sum(all(c.restores for c in x.combinations if c.has_target) for x in tables)
            assert (row.guides.get(e.name, 0), row.clean.get(e.name, 0)) == (len(tables), clean), e.name


@pytest.mark.parametrize("strand", "+-")
@pytest.mark.parametrize(
    ("codon", "wide", "clean"),
    [("TAA", (6, 12), 0), ("TAA", (6, 11), 1), ("CAA", (6, 12), 0), ("TTA", (6, 12), 1), ("GCA", (6, 12), 1)],
)
def test_two_bases_of_a_stop_codon_are_silent_alone_and_not_together(strand, codon, wide, clean):
    """The target lies in the codon before; TAA becomes TGA or TAG by one edit, TGG by both (positions 11 and 12)."""
    rest = "CCTCCTCC" if codon == "TAA" else "TCCTAACC"
    gene = "ATGCTCGCC" + codon + rest + "TGGCC"
    end = 12 if codon == "TAA" else 18
    contig = gene if strand == "+" else reverse_complement(gene)
    cds = (0, end) if strand == "+" else (len(gene) - end, len(gene))
    genome = genome_of({"c1": contig})
    record = TranscriptRecord("T1", "c1", strand, ((0, len(gene)),), ((*cds, 0),))
    position = 6 if strand == "+" else len(gene) - 7
    ref, alt = ("G", "A") if strand == "+" else ("C", "T")
    e = Editor("E", "base", "n", "NGG", "3'", 20, (-3, -3), 6, ("A", "G"), (7, 7), wide)
    row = ask(genome, build_transcripts([record], genome), [Listed("v", "c1", position, ref, alt)], [e])[0]
    assert (row.effect.term, row.effect.hgvs) == ("missense", "T1:c.7G>A")
    assert dict(row.guides) == {"E": 1}
    assert row.clean.get("E", 0) == clean


def test_only_the_stop_codon_has_bases_that_are_harmful_together_alone():
    """The tracks look at the second and third base of a codon; this goes through all codons and all base changes."""
    found = set()
    for table, codon, source, made in product(CODON_TABLES.values(), [*SENSE, "TAA", "TAG", "TGA"], "ACGT", "ACGT"):
        residue = table.residues

        def with_edits(places, codon=codon, made=made, residue=residue):
            return residue["".join(made if i in places else b for i, b in enumerate(codon))]

        silent = [i for i in range(3) if codon[i] == source and with_edits([i]) == residue[codon]]
        for size in (2, 3):
            found |= {(codon, source, made, c) for c in combinations(silent, size) if with_edits(c) != residue[codon]}
    assert found == {("TAA", "A", "G", (1, 2))}


def one(name, exons, cds=None, tags=(), length=600, strand="+"):
    sequence = "ATG" + "GCC" * ((sum(e - s for s, e in exons) - 3) // 3)
    sequence += "C" * (sum(e - s for s, e in exons) - len(sequence))
    low, high = cds or (None, None)
    return Transcript(name, f"G{name}", "c1", strand, exons, low, high, sequence, tags=tags)


def test_the_transcript_is_chosen_by_the_stated_rule():
    mane = one("D", ((100, 200),), (100, 160), ("MANE_Select",))
    plus = one("E", ((90, 300),), (90, 300), ("MANE Plus Clinical",))
    long, short = one("C", ((100, 400),), (100, 400)), one("B", ((100, 400),), (100, 190))
    other, silent = one("A", ((100, 400),), (100, 190)), one("0", ((0, 500),))
    everything = [silent, other, short, long, plus, mane]
    assert [t.id for t in sorted(everything, key=rank)] == ["D", "E", "C", "A", "B", "0"]
    index = TranscriptIndex(TranscriptSet({t.id: t for t in everything}, {}), [("c1", 480, 560)])
    places = [("c1", p) for p in (450, 150, 199, 200, 95, 399, 499, 500, 600)] + [("c2", 5)]
    chosen = index.choose(places)
    names = [chosen.transcripts[i].id if i >= 0 else "" for i in chosen.which]
    assert names == ["0", "D", "D", "E", "E", "C", "0", "", "", ""]
    assert chosen.others.tolist() == [0, 5, 5, 4, 1, 3, 0, 0, 0, 0]
    assert chosen.reasons == {7: "not_judged", 8: "outside_of_every_transcript", 9: "outside_of_every_transcript"}
    only = TranscriptIndex(TranscriptSet({t.id: t for t in everything}, {}), only="C").choose(places)
    assert [only.transcripts[i].id if i >= 0 else "" for i in only.which] == [
        "",
        "C",
        "C",
        "C",
        "",
        "C",
        "",
        "",
        "",
        "",
    ]
    assert only.others.tolist() == [1, 5, 5, 4, 2, 3, 1, 0, 0, 0]
    assert only.reasons[0] == "outside_of_the_transcript_asked_for"
    with pytest.raises(ProgramError, match="Z9"):
        TranscriptIndex(TranscriptSet({}, {}), only="Z9")


def test_nothing_is_clean_without_a_protein():
    contig = "CCCCCGCCCCCCCCCCCCCCAGGC" + "C" * 30
    genome, e = genome_of({"c1": contig}), [EDITORS["ABE8e/SpCas9"], EDITORS["PE2/SpCas9"]]
    listed = [Listed("v", "c1", 5, "G", "A")]
    bare = TranscriptSet({}, {})
    rows = ask(genome, bare, listed, e)
    assert (rows[0].effect.term, rows[0].effect.protein) == ("outside_of_every_transcript", "")
    assert rows[0].guides["ABE8e/SpCas9"] == 1
    assert rows[0].clean is None
    silent = build_transcripts([TranscriptRecord("N1", "c1", "+", ((0, 30),))], genome)
    rows = ask(genome, silent, listed, e)
    assert (rows[0].effect.term, rows[0].clean) == ("non_coding", None)
    assert answer(listed, genome, e)[0].effect is None


def test_prime_editors_have_no_bystanders():
    contig = "ATGGCC" + "GCTGAAGCT" * 8 + "TAA"
    genome = genome_of({"c1": contig})
    record = TranscriptRecord("T1", "c1", "+", ((0, len(contig)),), ((0, len(contig), 0),))
    transcripts = build_transcripts([record], genome)
    rows = ask(genome, transcripts, [Listed("v", "c1", 40, contig[40], "T" if contig[40] != "T" else "C")],
               [EDITORS["PE2/SpRY-NRN"], EDITORS["SpCas9"]])  # fmt: skip
    assert rows[0].guides["PE2/SpRY-NRN"] > 0
    assert rows[0].clean["PE2/SpRY-NRN"] == rows[0].guides["PE2/SpRY-NRN"]
    assert "SpCas9" not in rows[0].clean


def test_codons_that_are_not_whole_or_not_known_are_never_silent():
    t = one("T", ((0, 30),), (0, 30))
    partial = Transcript("P", "", "c1", "+", ((0, 9),), 0, 9, "AGCAGCAAA", phase=2, start_complete=False)
    unknown = Transcript("U", "", "c1", "+", ((0, 9),), 0, 9, "ATGGANTAA")
    tracks = CodingTracks([t, partial, unknown], np.array([1, 1, 2, -1]), np.array([0, 8, 4, 3]))
    harmful, together = tracks.harmful(np.arange(4), 1, "A", "G")
    assert harmful.astype(int).tolist() == [[0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert not together.any()
    assert tracks.judged.tolist() == [True, True, True, False]


def test_a_start_codon_is_never_silent():
    """CTG to TTG keeps the residue of a codon; as a start codon it is not known what is made."""
    t = Transcript("T", "", "c1", "+", ((0, 12),), 0, 12, "CTGCTGGCCTAA")
    harmful, _ = CodingTracks([t], np.array([0]), np.array([3])).harmful(np.array([0]), 3, "C", "T")
    assert harmful.astype(int).tolist() == [[1, 0, 0, 0, 0, 0, 0]]


def test_counts_that_can_not_be_told_are_not_given():
    tracks = CodingTracks([], np.array([-1]), np.array([5]))
    found = reachable("CCCCCGCCCCCCCCCCCCCCAGGC", 0, [5], "G", "A", [EDITORS["ABE8e/SpCas9"]], tracks=tracks)
    assert (found.guides.tolist(), found.silent.tolist(), found.judged.tolist()) == ([[1]], [[0]], [False])


def test_windows_of_far_variants_do_not_touch():
    """Two far variants answered together are as each alone: what lies between them is not glued away."""
    rng = np.random.default_rng(3)
    contig = "".join(rng.choice(list("ACGT"), 4000))
    genome = genome_of({"c1": contig, "c2": contig[::-1]})
    listed = [Listed(str(i), "c1" if i % 3 else "c2", p, "", "") for i, p in enumerate(rng.integers(0, 4000, 60))]
    listed = [
        Listed(
            v.name,
            v.contig,
            int(v.position),
            b := genome.fetch(v.contig, v.position, v.position + 1),
            "CATG"["ACGT".index(b)],
        )
        for v in listed
    ]
    together = answer(listed, genome, list(EDITORS.values()))
    assert {r.status for r in together} == {"ok"}
    assert sum(sum(r.guides.values()) for r in together) > 60
    for row, v in zip(together, listed, strict=True):
        assert row == answer([v], genome, list(EDITORS.values()))[0]


def test_unusable_transcripts_are_told_apart_from_nothing(tmp_path):
    (tmp_path / "g.fa").write_text(">c1\n" + "ATGGCCTAAC" * 10 + "\n")
    rows = ["mRNA\t1\t90\t.\t+\t.\tID=A", "exon\t1\t50\t.\t+\t.\tParent=A", "exon\t40\t90\t.\t+\t.\tParent=A"]
    (tmp_path / "g.gff3").write_text("##gff-version 3\n" + "".join(f"c1\tt\t{r}\n" for r in rows))
    genome, transcripts, index = read_index(tmp_path / "g.fa", tmp_path / "g.gff3")
    assert list(transcripts.unusable) == ["A"]
    assert index.choose([("c1", 45), ("c1", 95)]).reasons == {0: "not_judged", 1: "outside_of_every_transcript"}
    assert genome.contigs == {"c1": 100}


def test_a_place_outside_of_the_transcript_is_refused_in_words():
    with pytest.raises(ProgramError, match="choose the transcript"):
        effect_of(one("T", ((0, 30),), (0, 30)), 30, "A", "C")
