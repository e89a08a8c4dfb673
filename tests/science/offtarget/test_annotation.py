"""Genes, regions and the consequence of an editor at a site, on a small gene whose changes are known by hand."""

from __future__ import annotations

import csv

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from planted import turned

from proband.cli.offtarget_annotate import command
from proband.core.errors import ProgramError
from proband.science.design.editors import load_editors
from proband.science.offtarget.annotation import (
    Intervals,
    gene_context,
    gene_index,
    read_expression,
    read_regions,
    read_roles,
)
from proband.science.offtarget.edit_consequence import site_consequence
from proband.science.offtarget.panel_sites import PanelSite
from proband.science.sequence.annotation import TranscriptRecord
from proband.science.sequence.build import build_transcripts
from proband.science.sequence.genome import genome_of
from proband.science.variant.hgvs import Nomenclature

EDITORS = load_editors()
# 40 bases, then a gene: exon 40-80 (5' UTR of 5, ATG at 45), intron 80-120 (GT...AG), exon 120-160 with the stop
CODING = "ATGGCTAAAGGTCCTGACTGGCTTAACCCAGTTCG" + "AAGACCTGTAAGGCTTAA"
FIRST, SECOND = "CCCCC" + CODING[:35], CODING[35:] + "CCTTGGCCTTGGCCTTGGCCTT"
TEXT = "CCTCTCTTCC" * 4 + FIRST + "GTCCTCTCTT" + "CCTTCTCCTC" * 2 + "CTCCTTCCAG" + SECOND + "CTTCCTCTCC" * 6
RECORD = TranscriptRecord("T1", "c1", "+", ((40, 80), (120, 160)), ((45, 80, 0), (120, 138, 1)), gene="GENE")


def told(site, editor, text=TEXT, record=RECORD):
    genome = genome_of({"c1": text})
    made = build_transcripts([record], genome)
    return site_consequence(site, EDITORS[editor], genome, Nomenclature(genome, made), list(made.values()))


def at(first, strand="+"):
    """A site whose protospacer position 1 is the base `first` on the plus strand, or whose last is on the minus one."""
    return PanelSite("s", "c1", first, first + 23, strand, pam="CCC")


def test_an_adenine_editor_in_a_coding_part():
    """Codon 3 is AAA (K) at 51-53; with its first base at position 6, A6 to G is GAA (E), A7 AGA (R), A8 AAG (K)."""
    made = told(at(51 - 5), "ABE8e/SpCas9")
    effects = {b.position: (b.effect, b.plus_base, b.plus_edited, b.place) for b in made.bases}
    assert effects[6] == ("missense", "A", "G", 51)
    assert effects[7] == ("missense", "A", "G", 52)
    assert effects[8] == ("synonymous", "A", "G", 53)
    assert [b.written for b in made.bases if b.position == 6] == ["T1:c.7A>G p.(Lys3Glu)"]
    assert made.effect == "missense"
    assert made.has_editable is True
    assert made.together == "T1 missense K3G"


def test_a_cytosine_editor_on_the_other_strand_makes_a_stop():
    """TGG (W) of codon 7 at 63-65; on the minus strand CCA: both C to T is TAA, TGA or TAG on the plus strand."""
    start = 65 + 5 - 22  # the base 65 is position 6 of the minus strand's protospacer
    made = told(
        PanelSite("s", "c1", start, start + 23, "-", pam="CCC"),
        "BE4max/SpCas9" if "BE4max/SpCas9" in EDITORS else _cytosine(),
    )
    stops = [b for b in made.bases if b.place in (64, 65)]
    assert [(b.plus_base, b.plus_edited, b.effect) for b in stops] == [("G", "A", "stop_gained")] * 2
    assert made.effect == "stop_gained"


def _cytosine():
    return next(n for n, e in EDITORS.items() if e.conversion == ("C", "T") and e.nuclease == "SpCas9")


def test_the_acceptor_is_told_as_splice():
    """The A of the acceptor AG at 118."""
    made = told(at(118 - 5), "ABE8e/SpCas9")
    assert {b.place: b.effect for b in made.bases}[118] == "splice_acceptor"


def test_no_editable_base_is_no_and_not_unknown():
    made = told(at(0), "ABE8e/SpCas9")
    assert (made.has_editable, made.effect, made.bases) == (False, "", ())


@pytest.mark.parametrize(
    ("site", "editor", "reason"),
    [
        (PanelSite("s", "c1", 50, 73, ""), "ABE8e/SpCas9", "strand"),
        (PanelSite("s", "c1", 50, 53, "+"), "ABE8e/SpCas9", "no protospacer"),
        (PanelSite("s", "c9", 50, 73, "+"), "ABE8e/SpCas9", "genome"),
    ],
)
def test_what_can_not_be_told_has_its_reason(site, editor, reason):
    made = told(site, editor)
    assert (made.effect, made.has_editable) == (None, None)
    assert reason in made.reason


def test_prime_editors_are_not_judged():
    name = next(n for n, e in EDITORS.items() if e.kind == "prime")
    assert "not judged" in told(at(50), name).reason


@pytest.mark.parametrize(
    ("cut", "effect"),
    [
        (60, "frameshift"), (42, "utr_5"), (81, "splice_donor"), (119, "splice_acceptor"), (100, "intronic"),
        (150, "utr_3"), (84, "splice_region"), (20, "outside_genes"),
    ],
)  # fmt: skip
def test_a_nuclease_is_judged_at_its_cut(cut, effect):
    """SpCas9 cuts 3 bases before the PAM: a plus site from cut - 17, a minus site from cut - 6."""
    plus = told(PanelSite("s", "c1", cut - 17, cut + 6, "+", pam="AGG"), "SpCas9")
    minus = told(PanelSite("s", "c1", cut - 6, cut + 17, "-", pam="AGG"), "SpCas9")
    assert (plus.cut, minus.cut) == (cut, cut)
    assert plus.effect == minus.effect
    if effect in ("splice_donor", "splice_acceptor"):
        assert plus.effect in (effect, "frameshift")
    else:
        assert plus.effect == effect


def test_positions_count_from_the_pam_so_that_a_bulge_moves_none():
    """A site with a DNA bulge has 21 bases before its PAM: position 8 is still 13 bases from it."""
    plain, bulged = told(at(46), "ABE8e/SpCas9"), told(PanelSite("s", "c1", 45, 69, "+", pam="CCC"), "ABE8e/SpCas9")
    assert [(b.position, b.place) for b in plain.bases] == [(b.position, b.place) for b in bulged.bases]


def test_the_minus_strand_is_the_mirror_of_the_plus_strand():
    size = len(TEXT)
    flip = TranscriptRecord(
        "T1", "c1", "-", tuple((size - e, size - s) for s, e in reversed(RECORD.exons)),
        tuple((size - e, size - s, p) for s, e, p in reversed(RECORD.cds)), gene="GENE",
    )  # fmt: skip
    for first in (46, 60, 113):
        one = told(at(first), "ABE8e/SpCas9")
        other = told(
            PanelSite("s", "c1", size - first - 23, size - first, "-", pam="CCC"), "ABE8e/SpCas9", turned(TEXT), flip
        )
        assert [(b.position, b.effect, b.written) for b in one.bases] == [
            (b.position, b.effect, b.written) for b in other.bases
        ]
        assert one.together == other.together


spans = st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.integers(1, 15))


@given(st.lists(spans, max_size=12), spans)
def test_overlap_and_distance_as_one_by_one(held, asked):
    rows = [(c, s, s + n, i) for i, (c, s, n) in enumerate(held)]
    index, (contig, start, size) = Intervals(rows), asked
    end = start + size
    over = {i for c, s, e, i in rows if c == contig and s < end and start < e}
    assert set(index.over(contig, start, end)) == over
    if over:
        return
    gaps = [max(s - end, start - e) + 1 for c, s, e, _ in rows if c == contig]
    found = index.nearest(contig, start, end)
    assert (None if found is None else found[1]) == (min(gaps) if gaps else None)


def test_the_gravest_part_over_all_transcripts_and_the_nearest_gene():
    other = TranscriptRecord("N", "c1", "-", ((50, 60),), gene="NC")
    index = gene_index([RECORD, other])
    assert gene_context(index, "c1", 55, 56).genes == ("GENE", "NC")
    assert gene_context(index, "c1", 55, 56).part == "coding"
    assert gene_context(gene_index([other]), "c1", 55, 56).part == "non_coding_exon"
    far = gene_context(index, "c1", 170, 193)
    assert (far.part, far.genes, far.nearest, far.distance) == ("intergenic", (), "GENE", 11)
    assert gene_context(index, "c9", 1, 2).nearest == ""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "g.fa").write_text(f">c1\n{TEXT}\n")
    gff = [
        "##gff-version 3",
        "c1\tx\tgene\t41\t160\t.\t+\t.\tID=g;gene=GENE",
        "c1\tx\tmRNA\t41\t160\t.\t+\t.\tID=T1;Parent=g",
    ]
    gff += [f"c1\tx\texon\t{a}\t{b}\t.\t+\t.\tParent=T1" for a, b in ((41, 80), (121, 160))]
    gff += [f"c1\tx\tCDS\t{a}\t{b}\t.\t+\t{p}\tParent=T1" for a, b, p in ((46, 80, 0), (121, 138, 1))]
    (tmp_path / "a.gff3").write_text("\n".join(gff) + "\n")
    (tmp_path / "r.bed").write_text("c1\t50\t60\tAluY\nc1\t55\t58\tL1\n")
    (tmp_path / "roles.csv").write_text("gene,role\nGENE,tumour suppressor\n")
    (tmp_path / "e.tsv").write_text("gene\tliver\tbrain\nGENE\t12.5\t0\n")
    (tmp_path / "s.tsv").write_text(
        "site\tcontig\tstart\tend\tstrand\tpam\nin\tc1\t47\t69\t+\tCCC\nout\tc1\t185\t207\t+\tCCC\nblind\tc1\t47\t69\t\t\n"
    )
    return tmp_path


def run(folder, *more):
    done = CliRunner().invoke(command, [str(folder / "s.tsv"), "--out", str(folder / "o.tsv"), *map(str, more)])
    if done.exception is not None:
        raise done.exception
    lines = (folder / "o.tsv").read_text().splitlines()[1:]
    return {r["site"]: r for r in csv.DictReader(lines, delimiter="\t")}


def test_the_command_tells_what_was_given(folder):
    rows = run(
        folder, "--genome", folder / "g.fa", "--gff", folder / "a.gff3", "--regions", f"repeats={folder / 'r.bed'}",
        "--cancer-genes", folder / "roles.csv", "--expression", folder / "e.tsv", "--tissue", "liver", "--editor",
        "ABE8e/SpCas9",
    )  # fmt: skip
    inside, out, blind = rows["in"], rows["out"], rows["blind"]
    assert (inside["part"], inside["genes"], inside["cancer_role"]) == ("coding", "GENE", "GENE: tumour suppressor")
    assert (inside["repeats"], inside["expression in liver"]) == ("AluY;L1", "12.5")
    assert (inside["editable_in_window"], inside["gravest_effect"]) == ("yes", "missense")
    assert "p.(Lys3Glu)" in inside["effects"]
    assert (out["part"], out["nearest_gene"], out["distance"], out["repeats"]) == ("intergenic", "GENE", "25", "none")
    assert (out["editable_in_window"], out["gravest_effect"]) == ("no", "no editable base")
    assert (blind["editable_in_window"], blind["gravest_effect"]) == ("", "")
    assert "strand" in blind["not_told"]


def test_what_was_not_given_has_no_column(folder):
    assert set(run(folder)["in"]) == {"site", "contig", "start", "end", "strand"}
    row = run(folder, "--editor", "ABE8e/SpCas9", "--genome", folder / "g.fa")["in"]
    assert (row["editable_in_window"], row["gravest_effect"]) == ("yes", "")
    assert "no annotation was given" in row["not_told"]
    assert "outside_genes" not in row["effects"]
    assert "not_told" in row["effects"]
    assert run(folder, "--editor", "ABE8e/SpCas9")["in"]["not_told"].startswith("no genome was given")


def test_a_transcript_that_does_not_fit_the_genome_leaves_its_effect_open(folder):
    text = (folder / "a.gff3").read_text().replace("c1\tx\texon\t121\t160", "c1\tx\texon\t121\t900")
    (folder / "a.gff3").write_text(text)
    row = run(folder, "--genome", folder / "g.fa", "--gff", folder / "a.gff3", "--editor", "ABE8e/SpCas9")["in"]
    assert (row["part"], row["editable_in_window"], row["gravest_effect"]) == ("coding", "yes", "")
    assert "T1 does not fit the genome" in row["not_told"]
    assert "outside_genes" not in row["effects"]


def test_a_layer_in_another_spelling_is_an_error_and_never_none(folder):
    (folder / "r.bed").write_text("chrc1\t50\t60\tAluY\n")
    with pytest.raises(ProgramError, match="the spelling of the sites"):
        run(folder, "--regions", f"repeats={folder / 'r.bed'}")


@pytest.mark.parametrize(
    "more",
    [("--editor", "x"), ("--tissue", "liver"), ("--regions", "nofile"), ("--regions", "a=none.bed"), ("--gff", "none")],
)
def test_options_that_can_not_be_followed(folder, more):
    with pytest.raises(ProgramError):
        run(folder, *more)


@pytest.mark.parametrize(
    ("reader", "text", "found"),
    [
        (read_regions, "c1\t9\t5\n", "contig, start, end"),
        (read_regions, "", "no region"),
        (read_roles, "gene,role\nG,\n", "a gene with its role"),
        (read_roles, "gene,role\nG,x\nG,y\n", "each gene once"),
        (lambda p: read_expression(p, "liver"), "gene\tbrain\nG\t1\n", "no liver"),
        (lambda p: read_expression(p, "liver"), "gene\tliver\nG\t-1\n", "a number from 0"),
        (lambda p: read_expression(p, "liver"), "gene\tliver\nG\tnan\n", "a number from 0"),
    ],
)
def test_tables_with_faults(tmp_path, reader, text, found):
    path = tmp_path / ("t.csv" if reader is read_roles else "t.tsv")
    path.write_text(text)
    with pytest.raises(ProgramError) as told_:
        reader(path)
    assert found in str(told_.value)
