"""Search of short sequences against the naive oracle, and against cases worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive_sites import NaiveSite, naive_sites

from proband.core.errors import ProgramError
from proband.science.offtarget.guide import Guide, Limits, guide_of
from proband.science.offtarget.search import codes_of, search_codes
from proband.science.offtarget.sites import Hits, footprint_codes, written

PAMS = (("NGG", 3), ("NRG", 3), ("NNN", 3), ("TTTV", 5), ("TTN", 5), ("NNGRRT", 3), ("N", 3), ("VN", 5))
EDITS = ("", "", "", "sub", "sub", "del", "ins")


def told(text: str, guides: list[Guide], hits: Hits, number: int) -> list[NaiveSite]:
    """The sites of one guide in the words of the oracle."""
    codes, rows = codes_of(text), []
    for k in range(len(hits)):
        if hits.guide[k] != number:
            continue
        foot = footprint_codes(codes, hits.start[k], hits.end[k], hits.strand[k])
        words = written(guides[number], foot, hits.columns[k])
        rows.append(
            NaiveSite(
                *(int(getattr(hits, f)[k]) for f in NaiveSite._fields[:7]), words.spacer, words.protospacer, words.pam
            )
        )
    return rows


@st.composite
def cases(draw: st.DrawFn) -> tuple[str, list[Guide], Limits]:
    """A genome made of near copies of the guides on both strands, foreign letters, lower case, contig ends."""
    guides = []
    for number in range(draw(st.integers(1, 2))):
        size = draw(st.integers(17, 25))
        spacer = draw(st.text("ACGT" if draw(st.booleans()) else "AC", min_size=size, max_size=size))
        guides.append(Guide(f"g{number}", spacer, *draw(st.sampled_from(PAMS))))
    pieces = []
    for _ in range(draw(st.integers(0, 4))):
        guide = draw(st.sampled_from(guides))
        copy = list(guide.spacer)
        for _ in range(draw(st.integers(0, 4))):
            at, how = draw(st.integers(0, len(copy) - 1)), draw(st.sampled_from(EDITS))
            if how == "sub":
                copy[at] = draw(st.sampled_from("ACGT"))
            elif how == "del":
                copy[at] = ""
            elif how == "ins":
                copy[at] += draw(st.sampled_from("ACGT"))
        pam = "".join(draw(st.sampled_from("ACGT" if x in "NV" else "AG" if x == "R" else x)) for x in guide.pam)
        site = "".join(copy) + pam if guide.pam_side == 3 else pam + "".join(copy)
        if draw(st.booleans()):
            site = site[::-1].translate(str.maketrans("ACGT", "TGCA"))
        pieces += [site, draw(st.text("ACGTacgtNnR", max_size=6))]
    cut = draw(st.integers(0, 3))
    text = draw(st.text("ACGTN", max_size=4)) + "".join(pieces)
    limits = Limits(draw(st.integers(0, 5)), draw(st.integers(0, 2)), draw(st.integers(0, 2)))
    return text[cut:], guides, limits


@settings(max_examples=90, deadline=None)
@given(cases())
def test_sites_are_those_of_the_naive_oracle(case: tuple[str, list[Guide], Limits]) -> None:
    text, guides, limits = case
    hits = search_codes(codes_of(text), guides, limits)
    for number, g in enumerate(guides):
        limit = limits.mismatches, limits.dna_bulges, limits.rna_bulges
        assert told(text, guides, hits, number) == naive_sites(text, g.spacer, g.pam, g.pam_side, *limit)


def one(text: str, spacer: str, limits: Limits, pam: str = "NGG", side: int = 3) -> list[NaiveSite]:
    guides = [guide_of(spacer, pam, side)]
    return told(text, guides, search_codes(codes_of(text), guides, limits), 0)


SPACER = "CTTGACCAATAGCCTTGACA"


def test_two_perfect_sites_are_two_rows() -> None:
    found = one(SPACER + "AGG" + "TTTTT" + SPACER + "AGG", SPACER, Limits(4, 1, 1))
    assert [(s.start, s.mismatches, s.dna_bulges) for s in found if not s.mismatches] == [(0, 0, 0), (28, 0, 0)]


def test_a_bulge_moves_the_distal_end_and_never_the_pam() -> None:
    text = "AAAA" + SPACER[:8] + "G" + SPACER[8:] + "TGG" + "AAAA"
    (found,) = one(text, SPACER, Limits(1, 1, 0))
    assert (found.pam_start, found.start, found.end, found.dna_bulges) == (25, 4, 28, 1)
    assert found.above == SPACER[:8] + "-" + SPACER[8:]
    turned = text[::-1].translate(str.maketrans("ACGT", "TGCA"))
    (other,) = one(turned, SPACER, Limits(1, 1, 0))
    assert other[7:] == found[7:]
    assert (other.strand, other.pam_start, other.start, other.end) == (
        -1,
        len(text) - 28,
        len(text) - 28,
        len(text) - 4,
    )


def test_a_base_missing_at_the_edge_is_not_a_bulge() -> None:
    assert one("AAAA" + SPACER[1:] + "TGG", SPACER, Limits(0, 0, 1)) == []
    assert one("AAAA" + SPACER[:-1] + "TGG", SPACER, Limits(0, 0, 1)) == []
    (found,) = one("GGAA" + SPACER[:1] + SPACER[2:] + "TGG", SPACER, Limits(0, 0, 1))
    assert (found.below[:3], found.rna_bulges) == ("C-T", 1)


def test_a_letter_outside_the_alphabet_is_never_part_of_a_site() -> None:
    whole = SPACER + "AGG"
    for at in range(len(whole)):
        assert one(whole[:at] + "N" + whole[at + 1 :], SPACER, Limits(20)) == []


@pytest.mark.parametrize(
    ("spacer", "pam", "side"),
    [("ACGTNACGTACGTACGTACG", "NGG", 3), ("ACGT", "NGG", 3), ("A" * 26, "NGG", 3), ("A" * 20, "NGX", 3),
     ("A" * 20, "", 3), ("A" * 20, "NGG", 4), ("A" * 20, "N" * 13, 3)],
)  # fmt: skip
def test_a_guide_that_can_not_be_searched_is_refused(spacer: str, pam: str, side: int) -> None:
    with pytest.raises(ProgramError, match="expected"):
        guide_of(spacer, pam, side)
    with pytest.raises(ProgramError, match="expected"):
        search_codes(codes_of("ACGT"), [Guide("g", spacer, pam, side)], Limits(0))


def test_no_guide_and_negative_limits_are_refused() -> None:
    with pytest.raises(ProgramError, match="no guide"):
        search_codes(codes_of("ACGT"), [], Limits(0))
    with pytest.raises(ProgramError, match="mismatches"):
        Limits(-1)
