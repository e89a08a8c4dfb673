"""Leaving one exon out: frame, stop, decay, first and last coding exon, on both strands."""

import oligo_cases as cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.core.errors import ProgramError
from proband.science.design.oligo_skipping import exon_interval, skip_consequence
from proband.science.sequence.alphabet import translate
from proband.science.sequence.transcripts import Transcript


def gene(exons, strand="+", cds=None, **more):
    """A transcript of exons given as bases in transcription order, with introns of 10."""
    places, at = [], 0
    for bases in exons if strand == "+" else exons[::-1]:
        places.append((at, at + len(bases)))
        at += len(bases) + 10
    low, high = cds or (0, at - 10)
    return Transcript("T1", "G", "c1", strand, tuple(places), low, high, "".join(exons), **more)


FIRST, LAST = "ATGGCTGCA", "GGATGGTAA"


def test_an_exon_in_frame():
    for strand in "+-":
        found = skip_consequence(gene([FIRST, "CAGGAT", LAST], strand), 2)
        assert (found.frame_kept, found.stop, found.decay.answer) == (True, None, "no_early_stop")
        assert (found.length, found.coding_length, found.coding_share) == (6, 6, 0.25)
        assert not found.facts_against
        assert "no stop before the usual one" in found.facts_for


def test_a_frame_shift():
    """Without exon 2: ATG GCT GCA ATG ACC TGG CAT TAA, which ends where the transcript's own stop does."""
    for strand in "+-":
        found = skip_consequence(gene([FIRST, "CAGGA", "ATGACC", "TGGCATTAA"], strand), 2)
        assert (found.frame_kept, found.stop) == (False, None)
        assert "2 more than a multiple of 3" in found.facts_against[0]


def test_a_stop_at_the_junction():
    """Exons of phase 1: ATG GCT T|AG: in frame, but a stop where exon 1 meets exon 3."""
    for strand in "+-":
        found = skip_consequence(gene(["ATGGCTT", "CACAGG", "AGCTGGTAATAA"], strand), 2)
        assert found.frame_kept
        assert found.stop == 3
        assert found.decay.answer == "escapes"  # no junction follows
        assert any("a stop at codon 3" in x for x in found.facts_against)


def test_decay_by_the_distance_to_the_last_junction():
    for middle, answer in ((60, "expected"), (54, "not_known"), (48, "escapes")):
        filler = "GCA" * 20
        t = gene(["ATGGCTT", "CACAGG", "AG" + filler[:middle], "GCATAA"])
        found = skip_consequence(t, 2)
        # the stop T|AG ends 2 bases into exon 3, which is followed by the last junction
        assert found.stop == 3
        assert (found.decay.answer, found.decay.distance) == (answer, middle)


def test_first_and_last_coding_exon():
    t = gene([FIRST, "CAGGAT", LAST])
    first, last = skip_consequence(t, 1), skip_consequence(t, 3)
    assert (first.first_coding, first.frame_kept, last.last_coding, last.frame_kept) == (True, False, True, False)
    assert "exon 1 holds the start codon" in first.facts_against
    assert "exon 3 holds the stop codon" in last.facts_against
    assert not first.facts_for
    assert first.decay.answer == "not_known"


def test_exons_without_coding_bases():
    t = gene(["CCCC", FIRST, LAST, "TTTT"], cds=(14, 42))
    found = skip_consequence(t, 1)
    assert (found.coding_length, found.frame_kept, found.facts_for) == (0, True, ())
    assert "the frame does not answer it" in found.missing[0]
    noncoding = Transcript("N", "G", "c1", "+", ((0, 4), (8, 12)), None, None, "ACGTACGT")
    assert skip_consequence(noncoding, 1).frame_kept is None


def test_incomplete_transcripts():
    t = gene([FIRST, "CAGGAT", "GGATGG"], stop_complete=False)
    found = skip_consequence(t, 2)
    assert found.decay.answer == "not_known"
    assert any("where the protein ends" in m for m in found.missing)
    assert any("incomplete" in x for x in found.facts_against)


def test_the_patients_substitutions_are_read():
    t = gene([FIRST, "CAGGAT", LAST])
    assert skip_consequence(t, 2, {35: "C", 37: "A"}).stop is None
    made = skip_consequence(t, 2, {38: "T", 39: "A", 40: "A"})  # exon 3 is 35-44; its second codon becomes TAA
    assert made.stop == 5
    minus = gene([FIRST, "CAGGAT", LAST], "-")
    assert skip_consequence(minus, 2, {5: "A", 4: "T", 3: "T"}).stop == 5
    assert skip_consequence(t, 2, {20: "T"}) == skip_consequence(t, 2)  # in the exon that goes


def test_exon_numbers():
    for strand, place in (("+", (0, 9)), ("-", (32, 41))):
        assert exon_interval(gene([FIRST, "CAG", LAST], strand), 1) == place
    for bad in (0, 4):
        with pytest.raises(ProgramError, match="1 to 3"):
            skip_consequence(gene([FIRST, "CAG", LAST]), bad)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text("ACGT", min_size=3, max_size=40), min_size=3, max_size=5), st.data())
def test_naive_twin(bases, data):
    """The stop against plain translation of the joined exons, both strands alike."""
    exons = ["ATG" + bases[0], *bases[1:], "GCATAA"]
    number = data.draw(st.integers(2, len(exons) - 1))
    plus, minus = skip_consequence(gene(exons), number), skip_consequence(gene(exons, "-"), number)
    assert (plus.stop, plus.decay, plus.facts_against) == (minus.stop, minus.decay, minus.facts_against)
    joined = "".join(x for i, x in enumerate(exons, 1) if i != number)
    residues = translate(joined)
    at = residues.find("*")
    early = at >= 0 and 3 * at + 3 < len(joined)
    assert plus.stop == (at + 1 if early else None)
    assert plus.frame_kept == (len(exons[number - 1]) % 3 == 0)
    assert plus.coding_length == len(exons[number - 1])


def test_the_gene_of_the_tiling_tests():
    """Exon 2: 30 bases; AG|C joins exons 1 and 3 as serine."""
    for strand in (cases.plus, cases.minus):
        found = skip_consequence(strand()[1], 2)
        assert (found.frame_kept, found.stop, found.coding_share) == (True, None, 0.3125)
