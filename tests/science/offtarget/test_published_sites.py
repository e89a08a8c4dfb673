"""The brute-force list of a Cas12a guide on chr22, row by row, and regressions of published defects.

Source of the list: pinellolab/CRISPRme, test/benchmark, guide TTTV + CCTTGTCAAGGCTATTGGTC, 4 mismatches, 1 + 1 bulges,
hg38 chr22 with alternate alleles as IUPAC letters. The supplied megabase is b37 22:20000001-21000000, of which the part
that the list's coordinates reach lies 19,645,713 lower in hg38 (and another 20,012,477); places are compared by
sequence.
"""

from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path

import pytest
from naive_sites import SETS

from proband.science.offtarget.guide import Limits, guide_of
from proband.science.offtarget.search import codes_of, search_codes
from proband.science.offtarget.sites import footprint_codes, written

DATA = Path(__file__).resolve().parents[4] / "shared" / "reference" / "offtarget"
SPACER = "CCTTGTCAAGGCTATTGGTC"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the reference data are not beside the repository")


def rows() -> list[tuple[str, str, int]]:
    """(guide line, DNA line, start in hg38) of each alignment."""
    with gzip.open(DATA / "CRISPRme_cas12a_HBG_chr22_bruteforce.tsv.gz", "rt") as handle:
        return [(x[1], x[2], int(x[4])) for x in (line.rstrip("\n").split("\t") for line in list(handle)[1:])]


def why_not(above: str, below: str, sequence: str) -> str:
    """Why an alignment of the list is none by our semantics on a sequence without IUPAC letters; empty if it is one."""
    kinds = ["D" if a == "-" else "R" if b == "-" else "M" for a, b in zip(above, below, strict=True)]
    letters, i = [], 0
    for k in kinds:
        letters.append("-" if k == "R" else sequence[i])
        i += k != "R"
    pam = [c for c, a in enumerate(above) if a != "-"][:4]
    if pam != [0, 1, 2, 3]:
        return "a bulge in the PAM"
    if kinds[4] != "M" or kinds[-1] != "M":
        return "a bulge at the first or last base of the protospacer"
    if any({a, b} == {"D", "R"} for a, b in pairwise(kinds)):
        return "a DNA bulge beside an RNA bulge"
    if any(x not in SETS[p] for x, p in zip(letters[:4], "TTTV", strict=True)):
        return "the PAM needs an alternate allele"
    wrong = sum(k == "M" and a != x for k, a, x in zip(kinds[4:], above[4:], letters[4:], strict=True))
    return "more mismatches without an alternate allele" if wrong > 4 else ""


@needs_data
def test_each_row_is_found_or_the_semantics_say_why_not() -> None:
    guide, reasons = guide_of(SPACER, "TTTV", 5), []
    for above, below, _ in rows():
        text = "".join(allele(a, b) for a, b in zip(above, below, strict=True) if b != "-")
        hits = search_codes(codes_of("N" + text + "N"), [guide], Limits(4, 1, 1))
        reasons.append(why_not(above, below, text))
        at = [k for k in range(len(hits)) if hits.strand[k] == 1 and hits.pam_start[k] == 1]
        if not reasons[-1]:
            assert len(at) == 1, (above, below)
            assert hits.edits[at[0]] <= sum(a == "-" or b == "-" or x != a for a, b, x in paired(above, below, text))
    found = reasons.count("")
    assert len(reasons) == 953
    assert set(reasons) <= {
        "", "a bulge in the PAM", "a bulge at the first or last base of the protospacer",
        "a DNA bulge beside an RNA bulge",
    }  # fmt: skip
    assert found > 400


def allele(asked: str, admitted: str) -> str:
    """The base of an IUPAC letter that the guide or its PAM asks for, else its first."""
    common = [x for x in SETS[admitted] if x in SETS.get(asked, "ACGT")]
    return (common or SETS[admitted])[0]


def paired(above: str, below: str, text: str) -> list[tuple[str, str, str]]:
    """Columns of the protospacer with the base chosen."""
    made, i = [], 0
    for a, b in zip(above, below, strict=True):
        made.append((a, b, "-" if b == "-" else text[i]))
        i += b != "-"
    return made[4:]


@needs_data
def test_in_the_megabase_the_rows_without_alternate_allele_are_the_sites() -> None:
    with gzip.open(DATA / "chr22_20-21Mb.fa.gz", "rt") as handle:
        text = "".join(line.strip() for line in handle if line[0] != ">").upper()
    guide = guide_of(SPACER, "TTTV", 5)
    codes = codes_of(text)
    hits = search_codes(codes, [guide], Limits(4, 1, 1))
    assert [(int(hits.start[k]), int(hits.strand[k])) for k in range(len(hits))] == [(872_877, 1)]
    told = written(guide, footprint_codes(codes, hits.start[0], hits.end[0], 1), hits.columns[0])
    assert (told.spacer, told.protospacer) == ("CCTTGTCAAG-GCTATTGGTC", "CCTTGcCAAcAGC-ATTGGaa")
    reasons = {}
    for above, below, start in rows():
        place = located(text, start, below.replace("-", ""))
        if place >= 0:
            sequence = text[place : place + len(below.replace("-", ""))]
            reasons.setdefault(place, set()).add(why_not(above, below, sequence))
    assert reasons == {
        872_877: {""}, 193_704: {"the PAM needs an alternate allele"},
        81_644: {"the PAM needs an alternate allele", "a bulge at the first or last base of the protospacer"},
    }  # fmt: skip


@needs_data
def test_the_row_at_20007196_lies_before_the_megabase_and_has_its_bulge_in_or_beside_the_pam() -> None:
    mine = [(above, below) for above, below, start in rows() if start == 20_007_196]
    assert len(mine) == 4
    assert 20_007_196 - 20_012_477 == -5_281  # its 0-based place in the piece, by the difference of its neighbours
    for above, below in mine:
        text = "".join(allele(a, b) for a, b in zip(above, below, strict=True) if b != "-")
        assert why_not(above, below, text) in (
            "a bulge in the PAM",
            "a bulge at the first or last base of the protospacer",
        )
        hits = search_codes(codes_of("N" + text + "N"), [guide_of(SPACER, "TTTV", 5)], Limits(4, 1, 1))
        assert len(hits) == 0


def located(text: str, start: int, pattern: str) -> int:
    """The place of a row in the megabase by either difference of coordinates, -1 where its letters do not fit there."""
    for low in (start - 19_645_713, start - 20_012_477):
        part = text[low : low + len(pattern)] if low >= 0 else ""
        if len(part) == len(pattern) and all(x in SETS[p] for x, p in zip(part, pattern, strict=True)):
            return low
    return -1


def test_the_pam_stays_where_it_is_when_bulges_are_enabled() -> None:
    """Cas-OFFinder issue 46: a position off by one when bulges are enabled; and query columns rotated on reverse."""
    spacer = "GAGTCCGAGCAGAAGAAGAA"
    site = "GAGTCCTAGCAGGAGAAGAAGAG"
    for text, strand in (("TTTT" + site + "TTTT", 1), ("TTTT" + turned(site) + "TTTT", -1)):
        guide, codes = guide_of(spacer, "NRG"), codes_of(text)
        plain = search_codes(codes, [guide], Limits(4))
        bulged = search_codes(codes, [guide], Limits(4, 2, 2))
        assert len(plain) == 1
        k = [int(x) for x in bulged.pam_start].index(int(plain.pam_start[0]))
        assert int(bulged.strand[k]) == strand
        assert (int(bulged.start[k]), int(bulged.end[k])) == (4, 27) == (int(plain.start[0]), int(plain.end[0]))
        for j in range(len(bulged)):
            foot = footprint_codes(codes, bulged.start[j], bulged.end[j], bulged.strand[j])
            told = written(guide, foot, bulged.columns[j])
            assert told.spacer.replace("-", "") == spacer
            assert told.pam[1] in "AG"
            assert told.pam[2] == "G"


def turned(text: str) -> str:
    return text[::-1].translate(str.maketrans("ACGT", "TGCA"))
