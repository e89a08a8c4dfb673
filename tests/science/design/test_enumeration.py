"""Enumeration against a naive scan, mirror symmetry, contig ends, unknown bases; combinations against brute force."""

import re
from itertools import chain, combinations

import design_cases as cases
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from proband.science.design.bystanders import bystander_table
from proband.science.design.editors import Editor, load_editors
from proband.science.design.haplotype import Change, Placed, change_at, correction, edited, haplotype_of
from proband.science.design.nuclease import cut_sites, frame_outcomes
from proband.science.design.pegrnas import design_pegrnas
from proband.science.design.spacers import enumerate_guides
from proband.science.design.triage import STATUS, encode, reachable
from proband.science.sequence.alphabet import IUPAC, reverse_complement, translate
from proband.science.sequence.transcripts import Transcript

EDITORS = load_editors()
COMPLEMENT = dict(zip("ACGT", "TGCA", strict=True))
letters = st.text("ACGTACGTACGTNR", min_size=1, max_size=70)
conversions = st.sampled_from([("A", "G"), ("C", "T"), ("A", "C")])


@st.composite
def editors(draw):
    length = draw(st.integers(3, 24))
    low, high = sorted((draw(st.integers(1, length)), draw(st.integers(1, length))))
    wide = (draw(st.integers(1, low)), draw(st.integers(high, length)))
    pam = draw(st.sampled_from(["NGG", "NG", "NRN", "NYN", "TTTV", "NNGRRT", "N"]))
    side = draw(st.sampled_from(["3'", "5'"]))
    return Editor("E", "base", "n", pam, side, length, (3, 3), 3, draw(conversions), (low, high), wide)


def naive_guides(sequence, index, present, wanted, e):
    """(strand, spacer, pam, position, editable positions) by regular expressions over both strands."""
    pam = "".join(f"[{IUPAC[c]}]" for c in e.pam)
    spacer = f"([ACGT]{{{e.spacer_length}}})"
    pattern = f"(?=({spacer}({pam})))" if e.pam_side == "3'" else f"(?=(({pam}){spacer}))"
    made = set()
    for strand in "+-":
        seq = sequence if strand == "+" else reverse_complement(sequence)
        at = index if strand == "+" else len(seq) - 1 - index
        change = (present, wanted) if strand == "+" else (COMPLEMENT[present], COMPLEMENT[wanted])
        if change != e.conversion:
            continue
        for hit in re.finditer(pattern, seq):
            found, motif = (hit[2], hit[3]) if e.pam_side == "3'" else (hit[3], hit[2])
            start = hit.start() if e.pam_side == "3'" else hit.start() + len(e.pam)
            numbered = dict(enumerate(found, 1) if e.pam_side == "3'" else enumerate(found[::-1], 1))
            place = at - start + 1 if e.pam_side == "3'" else e.spacer_length - (at - start)
            if e.window[0] <= place <= e.window[1]:
                wide = range(e.wide_window[0], e.wide_window[1] + 1)
                editable = tuple(p for p in wide if numbered[p] == e.conversion[0])
                made.add((strand, found, motif, place, editable))
    return made


def packaged(found):
    return {(g.strand, g.spacer, g.pam, g.position, tuple(x.position for x in g.editable)) for g in found.guides}


@given(letters, st.data(), editors())
def test_enumeration_equals_a_naive_scan(sequence, data, editor):
    index = data.draw(st.integers(0, len(sequence) - 1))
    assume(sequence[index] in "ACGT")
    wanted = data.draw(st.sampled_from([b for b in "ACGT" if b != sequence[index]]))
    h = haplotype_of("c1", 100, sequence)
    found = enumerate_guides(h, Change(index, sequence[index], wanted), editor)
    assert packaged(found) == naive_guides(sequence, index, sequence[index], wanted, editor)
    assert len(found.guides) == len(packaged(found))
    for g in found.guides:
        here = sequence[g.start - 100 : g.end - 100]
        assert g.spacer == (here if g.strand == "+" else reverse_complement(here))
        assert sum(x.is_target for x in g.editable) == 1


@given(letters, st.data(), editors())
def test_both_strands_mirror_each_other(sequence, data, editor):
    index = data.draw(st.integers(0, len(sequence) - 1))
    assume(sequence[index] in "ACGT")
    wanted = data.draw(st.sampled_from([b for b in "ACGT" if b != sequence[index]]))
    one = enumerate_guides(haplotype_of("c1", 0, sequence), Change(index, sequence[index], wanted), editor)
    turned = Change(len(sequence) - 1 - index, COMPLEMENT[sequence[index]], COMPLEMENT[wanted])
    other = enumerate_guides(haplotype_of("c1", 0, reverse_complement(sequence)), turned, editor)
    swap = {"+": "-", "-": "+"}
    assert packaged(one) == {(swap[s], *rest) for s, *rest in packaged(other)}
    assert sorted(r.code for r in one.rejected) == sorted(r.code for r in other.rejected)


def test_contig_ends_and_unknown_bases_are_named():
    e = EDITORS["ABE8e/SpCas9"]
    h = haplotype_of("c1", 0, "AAAAAAAAAAGG")
    assert {r.code for r in enumerate_guides(h, change_at(h, 5, "A", "G"), e).rejected} == {"past_sequence_end"}
    h = haplotype_of("c1", 0, "TTTTTATTTTTTTTTTTTTTTNGTTTTTTTTTTTTT")
    found = enumerate_guides(h, change_at(h, 5, "A", "G"), e)
    assert not found.guides
    assert "ambiguous_base" in {r.code for r in found.rejected}


def test_a_base_at_the_very_end_can_be_a_guide():
    h = haplotype_of("c1", 0, "TTTTTATTTTTTTTTTTTTTTGG")
    found = enumerate_guides(h, change_at(h, 5, "A", "G"), EDITORS["ABE8e/SpCas9"])
    assert [(g.start, g.end, g.target) for g in found.guides] == [(0, 20, "A6")]


# ---- combinations


@settings(max_examples=60)
@given(st.text("ACGT", min_size=60, max_size=60), st.sampled_from("+-"), st.data())
def test_combinations_equal_brute_force(body, strand, data):
    sense = "ATG" + body + "TAA"
    plus = sense if strand == "+" else reverse_complement(sense)
    pad = "G" * 30
    reference = pad + plus + pad
    at = data.draw(st.integers(33, 87))
    assume(reference[at] in "GC")
    variant = Placed(at, reference[at], {"G": "A", "C": "T"}[reference[at]])
    h = haplotype_of("c1", 0, reference, [variant])
    t = cases.single_exon(plus, start=30, strand=strand)

    def protein(sequence):
        coding = sequence[30:96]
        return translate(coding if strand == "+" else reverse_complement(coding), to_stop=True)

    wanted = protein(reference)
    change = correction(h, variant)
    for g in enumerate_guides(h, change, EDITORS["ABE8e/SpRY-NRN"]).guides:
        table = bystander_table(h, change, g, t, most_bases=10)
        assert table.complete
        every = set(chain.from_iterable(combinations(g.editable, k) for k in range(1, len(g.editable) + 1)))
        assert len(table.combinations) == 2 ** len(g.editable) - 1 == len(every)
        exact = set()
        for chosen in every:
            new = list(h.sequence)
            for x in chosen:
                new[x.index] = x.plus_edited
            made = protein("".join(new))
            start_kept = "".join(new)[30:33] == reference[30:33] if strand == "+" else new[93:96] == list(plus[63:66])
            coding = any(x.is_target for x in chosen) or 30 <= change.index < 96
            if made == wanted and start_kept and coding:
                exact.add(tuple(x.position for x in chosen))
        assert set(table.exact) == exact


def test_too_many_bases_are_said():
    h = haplotype_of("c1", 0, "ATGAAAAAAAAAAAAAAAAAGGGTAA" + "C" * 10)
    t = cases.single_exon(h.sequence[:26])
    g = enumerate_guides(h, change_at(h, 6, "A", "G"), EDITORS["ABE8e/SpCas9"]).guides[0]
    table = bystander_table(h, change_at(h, 6, "A", "G"), g, t, most_bases=3)
    assert not table.complete
    assert "of 2^" in table.missing
    assert max(len(c.positions) for c in table.combinations) == 2


def test_without_a_transcript_nothing_is_said_of_proteins():
    h, change, _ = cases.cps1()
    g = enumerate_guides(h, change, EDITORS["ABE8e/SpCas9-NGC"]).guides[0]
    table = bystander_table(h, change, g, None)
    assert (table.combinations, table.target_alone_suffices) == ((), None)
    assert "no transcript" in table.missing


def test_a_transcript_elsewhere_is_refused():
    h, change, _ = cases.cps1()
    g = enumerate_guides(h, change, EDITORS["ABE8e/SpCas9-NGC"]).guides[0]
    with pytest.raises(ValueError, match="lies on"):
        bystander_table(h, change, g, cases.single_exon(cases.CPS1, contig="chr9"))


# ---- haplotypes


@given(st.text("ACGT", min_size=5, max_size=40), st.data())
def test_positions_and_indices_agree_and_a_correction_restores(reference, data):
    variants, at = [], 0
    while at < len(reference) - 4 and len(variants) < 3:
        at += data.draw(st.integers(0, 6))
        ref = reference[at : at + data.draw(st.integers(0, 3))]
        alt = data.draw(st.text("ACGT", max_size=3).filter(lambda a, r=ref: a != r))
        if at + len(ref) > len(reference):
            break
        variants.append(Placed(50 + at, ref, alt))
        at += len(ref) + 1
    h = haplotype_of("c1", 50, reference, variants)
    for i in range(len(h.sequence)):
        position = h.reference_position(i)
        assert position is None or h.index_of(position) == i
    for v in h.variants:
        rest = tuple(o for o in h.variants if o != v)
        assert edited(h, correction(h, v)) == haplotype_of("c1", 50, reference, rest)


@pytest.mark.parametrize(
    ("variant", "message"),
    [
        (Placed(101, "A", "T"), "wrong build"),
        (Placed(99, "A", "T"), "outside"),
        (Placed(101, "C", "<DEL>"), "symbolic"),
        (Placed(101, "C", "C"), "not a change"),
    ],
)
def test_wrong_variants_are_refused(variant, message):
    with pytest.raises(ValueError, match=message):
        haplotype_of("c1", 100, "ACGT", [variant])


def test_overlapping_variants_are_refused():
    with pytest.raises(ValueError, match="overlaps"):
        haplotype_of("c1", 0, "ACGTACGT", [Placed(1, "CG", "T"), Placed(2, "G", "C")])


# ---- nuclease


def test_cuts_of_spcas9_and_cas12a():
    """SpCas9 cuts 3 bases from the PAM on both strands (Jinek 2012), Cas12a 18 and 23 from it (Zetsche 2015)."""
    target = "ACGATTACATACGATTCCATACA"
    h = haplotype_of("c1", 0, "CCCCC" + "TTTA" + target + "CCCCCCCCCC")
    cas12a = cut_sites(h, change_at(h, 5 + 4 + 18, target[18], "G"), EDITORS["Cas12a"]).sites
    assert [(s.strand, s.spacer, s.cut, s.other_cut) for s in cas12a] == [("+", target, 27, 32)]
    h = haplotype_of("c1", 0, "CC" + target[:20] + "AGG" + "CCCCC")
    site = cut_sites(h, change_at(h, 19, h.sequence[19], "A"), EDITORS["SpCas9"]).sites[0]
    assert (site.cut, site.other_cut, site.distance, site.on_change) == (19, 19, 0, "seed")


def test_frame_outcomes_in_a_synthetic_gene_of_two_exons():
    h = haplotype_of("c1", 0, "ATGAAATTTCATACGATTCCATACAGGCAT" + "GTAAGTTTTTTTTTTTTTTAG" + "CCCTAA")
    t = Transcript("T", "G", "c1", "+", ((0, 30), (51, 57)), 0, 57, h.sequence[:30] + h.sequence[51:])
    site = cut_sites(h, change_at(h, 20, "A", "G"), EDITORS["SpCas9"]).sites[0]
    assert site.cut == 21
    by = {o.size: o for o in frame_outcomes(h, site, t)}
    assert (by[-1].frameshift, by[-1].in_frame) == (2, 0)
    assert (by[-3].frameshift, by[-3].in_frame) == (0, 4)
    assert (by[1].frameshift, by[3].in_frame) == (1, 1)
    assert by[-10].splice == 1  # the one deletion that reaches the donor's first base, 30
    for o in by.values():
        assert o.in_frame + o.frameshift + o.splice + o.outside_coding == (1 if o.size > 0 else 1 - o.size)


# ---- triage


@settings(max_examples=40, deadline=None)
@given(st.text("ACGTACGTACGTACGTN", min_size=1, max_size=160), st.data())
def test_triage_equals_the_single_functions(sequence, data):
    indices = [i for i, b in enumerate(sequence) if b in "ACGT"]
    assume(indices)
    where = data.draw(st.lists(st.sampled_from(indices), min_size=1, max_size=4))
    refs = "".join(sequence[i] for i in where)
    alts = "".join(data.draw(st.sampled_from([b for b in "ACGT" if b != r])) for r in refs)
    names = [
        "ABE8e/SpRY-NRN",
        "BE4max/SaCas9",
        "ABE7.10/SpCas9-NG",
        "PE2/SpRY-NRN",
        "PEmax/SpCas9",
        "SpCas9-NG",
        "Cas12a",
    ]
    flipped = Editor("C", "base", "n", "TTN", "5'", 20, (18, 23), 6, ("A", "G"), (8, 14), (6, 15))
    chosen = [*(EDITORS[n] for n in names), flipped]
    found = reachable(sequence, 1000, [1000 + i for i in where], refs, alts, chosen)
    for row, (i, r, a) in enumerate(zip(where, refs, alts, strict=True)):
        variant = Placed(1000 + i, r, a)
        h = haplotype_of("c1", 1000, sequence, [variant])
        change = correction(h, variant)
        for column, e in enumerate(chosen):
            clean = 0
            if e.kind == "base":
                guides = enumerate_guides(h, change, e).guides
                clean = sum(not g.bystanders for g in guides)
                count = len(guides)
            elif e.kind == "prime":
                count = len(design_pegrnas(h, change, e).sites)
            else:
                count = len(cut_sites(h, change, e).sites)
            assert (found.guides[row, column], found.clean[row, column]) == (count, clean), e.name


def test_triage_states_what_it_can_not_read():
    found = reachable("ACGTN", 10, [10, 11, 12, 9, 14, 15], "AAGAAA", "GTNGTG", EDITORS.values())
    expected = [
        "ok",
        "reference_differs",
        "not_a_snv",
        "outside_the_sequence",
        "reference_differs",
        "outside_the_sequence",
    ]
    assert [STATUS[s] for s in found.status] == expected
    assert not found.guides[1:].any()


def test_triage_does_not_depend_on_the_cut(monkeypatch):
    rng = np.random.default_rng(5)
    g = "".join(rng.choice(list("ACGT"), 3000))
    where = rng.integers(0, 3000, 200)
    refs = "".join(g[i] for i in where)
    alts = "".join("ACGT"[("ACGT".index(b) + 1 + i % 3) % 4] for i, b in enumerate(refs))
    whole = reachable(g, 0, where, refs, alts, EDITORS.values())
    monkeypatch.setattr("proband.science.design.triage.PIECE", 7)
    pieces = reachable(encode(g), 0, where, refs, alts, EDITORS.values())
    assert (whole.guides == pieces.guides).all()
    assert (whole.clean == pieces.clean).all()
