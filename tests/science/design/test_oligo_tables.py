"""The TSV and the JSON value of a design: form, people's coordinates, hostile text, same bytes."""

import csv
import io
import json
from dataclasses import replace

import oligo_cases as cases

from proband.science.design.gapmers import design_gapmers
from proband.science.design.haplotype import Placed
from proband.science.design.oligo_alleles import AlleleSite
from proband.science.design.oligo_chemistry import load_chemistry
from proband.science.design.oligo_structure import OligoStructure
from proband.science.design.oligo_tables import COLUMNS, cell, oligos_dict, oligos_tsv
from proband.science.design.splice_switching import SpliceTarget, design_splice_switching

CLASSES = load_chemistry().classes
SITE = AlleleSite(Placed(80, "T", "A"), "other")


def gapmers(gene=cases.plus):
    h, t = gene()
    sites = cases.mirrored_sites([SITE]) if gene is cases.minus else [SITE]
    return design_gapmers(h, t, [CLASSES["moe_ps_gapmer"]], selective=True, sites=sites)


def switching():
    h, t = cases.plus()
    return design_splice_switching(h, t, SpliceTarget("skip", exon=2), chemistry=CLASSES["pmo_steric"])


def rows(design):
    return list(csv.DictReader(io.StringIO(oligos_tsv(design)), delimiter="\t"))


def test_rows_of_gapmers():
    design = gapmers()
    table = rows(design)
    assert len(table) == len(design.candidates)
    assert oligos_tsv(design).endswith("\n")
    assert all(len(line.split("\t")) == len(COLUMNS) for line in oligos_tsv(design).splitlines())
    for row, c in zip(table, design.candidates, strict=True):
        assert cases.GENE[int(row["start"]) - 1 : int(row["end"])] == cases.GENE[c.start : c.end]
        assert (row["sequence"], row["length"]) == (c.sequence, str(len(c.sequence)))
        assert row["layout"] in ("5-10-5", "4-8-4")
        assert row["gap_positions"].endswith(" of 10" if row["layout"] == "5-10-5" else " of 8")
        assert (row["allele_specific"], row["variants"], row["self_fold"]) == ("yes", "81 T>A", "")
    assert {row["strand"] for row in rows(gapmers(cases.minus))} == {"-"}


def test_rows_of_splice_switching():
    table = rows(switching())
    assert {row["kind"] for row in table} == {"splice_switching"}
    assert {row["allele_specific"] for row in table} == {"no"}
    assert "acceptor" in table[0]["covers"]
    assert "the frame is kept" in table[0]["for"]
    assert "potency | tolerability | off-targets | delivery" in table[0]["missing"]


def test_structure_in_rows():
    design = gapmers()
    first = design.candidates[0]
    told = replace(first, detail=replace(first.detail, structure=OligoStructure(-1.5, -0.0, None, 220, ("why",))))
    row = rows(replace(design, candidates=(told,)))[0]
    assert (row["self_fold"], row["accessibility"]) == ("-1.50", "")
    found = oligos_dict(replace(design, candidates=(told,)))["candidates"][0]["detail"]["structure"]
    assert (found["accessibility"], found["missing"]) == (None, ["why"])


def test_json():
    for design in (gapmers(), switching()):
        value = oligos_dict(design)
        text = json.dumps(value, allow_nan=False)
        assert json.loads(text) == value
        assert text == json.dumps(oligos_dict(design), allow_nan=False)
        assert value["candidates"][0]["start"] == design.candidates[0].start + 1
        assert len(value["rejected"]) == len(design.rejected)
    gap = oligos_dict(gapmers())["candidates"][0]["detail"]
    assert gap["mismatches"][0]["site"] == "81 T>A"
    assert gap["mismatches"][0]["gap_position"] in (4, 5, 6)
    assert gap["intervals"][0][1] - gap["intervals"][0][0] + 1 == sum(gap["layout"])
    assert gap["structure"] is None
    skip = oligos_dict(switching())["candidates"][0]["detail"]["skip"]
    assert (skip["exon"], skip["frame_kept"], skip["decay"]["answer"]) == (2, True, "no_early_stop")


def test_rejections_for_people():
    h, t = cases.plus()
    unphased = AlleleSite(SITE.placed, "unphased")
    value = oligos_dict(design_gapmers(h, t, [CLASSES["lna_ps_gapmer"]], selective=True, sites=[unphased]))
    assert value["rejected"] == [
        {
            "code": "unphased_site",
            "detail": "81 T>A: it is not phased with the target allele: which allele it would hit is not known",
            "start": 81,
            "end": 81,
            "sequence": "",
        }
    ]
    assert value["candidates"] == []
    assert value["why_not"]


def test_hostile_text():
    assert cell("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert [cell(x) for x in ("+1.5", "-", "+", "-x", "@a", "  =1")] == ["+1.5", "-", "+", "'-x", "'@a", "'=1"]
    assert cell("a\r\n\tb\u202ec\x00d") == "a b?c?d"
    design = replace(gapmers(), contig="=cmd|x\tchr1", transcript="T\n1")
    for line in oligos_tsv(design).splitlines()[1:]:
        cells = line.split("\t")
        assert len(cells) == len(COLUMNS)
        assert cells[COLUMNS.index("contig")] == "'=cmd|x chr1"
        assert cells[COLUMNS.index("transcript")] == "T 1"
