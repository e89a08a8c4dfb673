"""Sites in other formats: read back by other readers, hostile rows refused, pictures that hold what they should."""

import io
from xml.etree import ElementTree

import polars
import pysam
import pytest

from proband.core.errors import ProgramError
from proband.dossier.karyotype import MOST, karyotype_svg
from proband.dossier.site_alignments import Panel, SiteLine, alignments_svg, alignments_text, cells_of, columns_of
from proband.science.offtarget.site_formats import bed_text, parquet_bytes, vcf_text
from proband.science.offtarget.site_rows import PATIENT, REQUIRED, site_rows

FORWARD = ("c2", 5, 14, "+", 12, "g 1", "ACGTACG", "ACG-TACG", "ACGTTA-G", "AGG", 0, 1, 1, 2)
REVERSE = ("c1", 1, 10, "-", 1, "g 1", "ACGTACG", "ACGTACG", "AtGTACG", "TGG", 1, 0, 0, 1)
GENOME = {"c1": "CCATTTTTTTTT", "c2": "TTTGACGTTAGAGGTTTT"}


def row(values, **more):
    return {**dict(zip(REQUIRED, values, strict=True)), "contig_class": "primary", **more}


ROWS = [row(FORWARD, gene="A;B=1"), row(REVERSE, haplotype="1", variants="c1:5 A>C", change="altered")]
LOST = row((*REVERSE[:7], ".", ".", ".", ".", ".", ".", "."), change="destroyed", reference_alignment="x/y")


def test_rows_as_text_or_as_values_are_the_same():
    assert site_rows(ROWS) == site_rows([{k: str(v) for k, v in r.items()} for r in ROWS])
    one, two = site_rows(ROWS)
    assert (one.start, one.end, one.pam_start, one.pam_first, one.more) == (4, 14, 11, False, {"gene": "A;B=1"})
    assert (two.pam_first, two.patient["change"]) == (False, "altered")
    first = ("c1", 1, 10, "+", 1, "g", "ACGTACG", "ACGTACG", "ACGTACG", "TTA", 0, 0, 0, 0)
    assert site_rows([row(first)])[0].pam_first
    assert site_rows([row((*first[:3], "-", 8, *first[5:]))])[0].pam_first


def test_parquet_holds_the_table():
    table = polars.read_parquet(io.BytesIO(parquet_bytes(site_rows([*ROWS, LOST]))))
    assert table.columns[: len(REQUIRED)] == list(REQUIRED)
    assert table["start"].to_list() == [5, 1, 1]
    assert table["edits"].to_list() == [2, 1, None]
    assert table["aligned_spacer"].to_list() == ["ACG-TACG", "ACGTACG", None]
    assert table["change"].to_list() == [None, "altered", "destroyed"]
    assert table["gene"].to_list() == ["A;B=1", None, None]
    assert table.schema["pam_start"] == polars.Int64
    none = polars.read_parquet(io.BytesIO(parquet_bytes(())))
    assert (len(none), none.schema["edits"]) == (0, polars.Int32)
    assert not set(PATIENT) & set(none.columns)


def test_bed_is_half_open_and_has_no_spaces_in_names():
    head, *lines = bed_text(site_rows([*ROWS, LOST])).splitlines()
    cells = [x.split("\t") for x in lines]
    assert head.startswith("#contig\tstart")
    assert [c[:6] for c in cells] == [
        ["c2", "4", "14", "g_1", "800", "+"],
        ["c1", "0", "10", "g_1", "900", "-"],
        ["c1", "0", "10", "g_1", "0", "-"],
    ]
    assert cells[2][6:12] == ["."] * 6


def test_vcf_is_read_by_another_reader_and_places_sites_on_the_genome(tmp_path):
    contigs = {c: len(s) for c, s in GENOME.items()}
    text = vcf_text(site_rows([*ROWS, LOST]), contigs, lambda c, at: GENOME[c][at])
    path = tmp_path / "s.vcf"
    path.write_text(text)
    with pysam.VariantFile(str(path)) as handle:
        found = list(handle)
        assert list(handle.header.contigs) == ["c1", "c2"]
    assert [(r.contig, r.pos, r.stop, r.ref, r.alts) for r in found] == [
        ("c1", 1, 10, GENOME["c1"][0], ("<OFF_TARGET_SITE>",)),
        ("c1", 1, 10, GENOME["c1"][0], ("<OFF_TARGET_SITE>",)),
        ("c2", 4, 14, "G", ("<OFF_TARGET_SITE>",)),
    ]
    changes = {r.info.get("CHANGE"): r for r in found}
    assert changes[None].info["DNA_BULGES"] == 1
    assert changes["altered"].info["MISMATCHES"] == 1
    assert "MISMATCHES" not in changes["destroyed"].info
    assert "VARIANTS=c1%3A5%20A>C" in text


def test_vcf_refuses_contigs_that_it_can_not_name_or_that_are_not_there():
    with pytest.raises(ProgramError, match="give the genome that was searched"):
        vcf_text(site_rows(ROWS), {"c1": 12})
    with pytest.raises(ProgramError, match="a name that VCF allows"):
        vcf_text((), {"a<b": 12})
    with pytest.raises(ProgramError, match="at most 9"):
        vcf_text(site_rows(ROWS), {"c1": 9, "c2": 18})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": "x"}, "a whole number"),
        ({"start": 0}, "a whole number"),
        ({"end": 15}, "a footprint with the PAM at an end"),
        ({"pam_start": 6}, "a footprint with the PAM at an end"),
        ({"pam_start": 99}, "a PAM within the footprint"),
        ({"strand": "x"}, "[+] or -"),
        ({"mismatches": 1}, "0 mismatches, 1 and 1 bulged bases"),
        ({"edits": 3}, "0 mismatches, 1 and 1 bulged bases"),
        ({"aligned_spacer": "ACG"}, "two lines of one length"),
        ({"aligned_spacer": "ACG-TACC"}, "the letters of"),
        ({"aligned_protospacer": "ACGTTA<G"}, "two lines of one length"),
        ({"contig": "c 1"}, "without spaces"),
        ({"guide": "a\u202eb"}, "hidden characters"),
        ({"gene": "a\tb"}, "one line"),
        ({"mismatches": "."}, "a whole number"),
    ],
)
def test_rows_that_do_not_hold_together_are_refused(change, said):
    with pytest.raises(ProgramError, match=said):
        site_rows([row(FORWARD, **change)])


def test_a_table_without_columns_and_many_faults():
    with pytest.raises(ProgramError, match="no column start, end"):
        site_rows([{"contig": "c1"}])
    with pytest.raises(ProgramError) as told:
        site_rows([row(FORWARD, strand="?")] * 50)
    assert len(told.value.problems) == 20


def test_karyotype_counts_all_and_draws_what_fits():
    contigs = {f"c{i}": 1000 - i for i in range(50)}
    places = [("c49", 5, "+", 0), ("c49", 5, "-", 7), ("c0", 999, "+", 3), ("no", 1, "+", 0), ("c0", 1000, "+", 0)]
    text = karyotype_svg(places, contigs, "a <b> title")
    root = ElementTree.fromstring(text)
    said = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "a <b> title" in said
    assert {"c49", "c0"} <= set(said)
    assert f"Not drawn: {50 - MOST} more contigs with 0 sites." in said
    assert any(s.startswith("Not drawn: 2 sites on contigs") for s in said)
    assert text == karyotype_svg(places[::-1], contigs, "a <b> title")
    assert ElementTree.fromstring(karyotype_svg([], {}, "none")) is not None


def test_one_tick_for_a_place_coloured_by_the_fewest_edits_and_taller_for_more():
    def ticks(places):
        root = ElementTree.fromstring(karyotype_svg(places, {"c1": 1000}, "t"))
        made = [e.attrib for e in root.iter("{http://www.w3.org/2000/svg}rect") if e.attrib.get("width") == "2"]
        return [(float(a["height"]), a["fill"]) for a in made]

    ((one, five),) = ticks([("c1", 500, "+", 5)])
    ((many, two),) = ticks([("c1", 500, "+", e) for e in (5, 2, 6) for _ in range(4)])
    assert many > one
    assert five != two
    assert ticks([("c1", 500, "+", 2)])[0][1] == two


def test_an_alignment_shows_mismatches_and_both_bulges_in_their_columns():
    a, b = SiteLine("ACG-TACG", "ACGTTA-G", "AGG", "one"), SiteLine("A--CGTACG", "ATTCGTAcG", "TGG", "two")
    panel = Panel("g", "ACGTACG", "NGG", False, (a, b))
    columns = columns_of(panel, panel.sites)
    assert "".join(k[0] for k, _ in columns) == "bbbbbbbbbbppp"
    assert cells_of(a, columns) == list(".  ..T..-.AGG")
    assert cells_of(b, columns) == list(".TT.. ..c.TGG")
    first = Panel("g", "ACGTACG", "TTTV", True, ())
    assert columns_of(first, ())[:5] == [*(("pam", i) for i in range(4)), ("base", 0)]


def test_pictures_say_what_they_leave_out_and_hold_no_markup_of_strangers():
    sites = tuple(SiteLine("ACG", "AtG", "AGG", f"<script>{i}</script> & c") for i in range(5))
    panels = [Panel("<g>", "ACG", "NGG", False, sites), Panel("none", "ACG", "NGG", False, ())]
    svg, text = alignments_svg(panels, "t", 2), alignments_text(panels, 2)
    for made in (svg, text):
        assert "<script" not in made
        assert "3 more sites are not" in made
        assert "o site within the limits" in made
    assert ElementTree.fromstring(svg) is not None
    assert "<" not in text
    assert "  .t. AGG  &lt;script&gt;0&lt;/script&gt; &amp; c\n" in text


def test_the_command_writes_every_format_and_reads_comments(tmp_path):
    from click.testing import CliRunner

    from proband.cli.offtarget_formats import NAMES, command

    columns = [*REQUIRED, "contig_class", "change", "reference_alignment"]
    lines = ["# proband off-target sites: positions from 1", "\t".join(columns)]
    lines += [
        "\t".join(str({"change": "unchanged", "reference_alignment": ".", **r}[c]) for c in columns)
        for r in (ROWS[0], LOST)
    ]
    (tmp_path / "sites.tsv").write_text("\n".join(lines) + "\n")
    (tmp_path / "g.fa").write_text("".join(f">{c}\n{s}\n" for c, s in GENOME.items()))
    asked = [str(tmp_path / "sites.tsv"), "--genome", str(tmp_path / "g.fa"), "--out", str(tmp_path / "o")]
    done = CliRunner().invoke(command, asked, catch_exceptions=False)
    assert done.output.startswith("2 sites")
    assert sorted(p.name for p in (tmp_path / "o").iterdir()) == sorted(NAMES)
    first = {p.name: p.read_bytes() for p in (tmp_path / "o").iterdir()}
    CliRunner().invoke(command, asked, catch_exceptions=False)
    assert first == {p.name: p.read_bytes() for p in (tmp_path / "o").iterdir()}
    assert b"1 that the patient lost or may have lost" in first["alignments.svg"]
    (tmp_path / "sites.tsv").write_text("\n".join(lines)[:-3] + "\tx\n")
    with pytest.raises(ProgramError, match="copy the table again"):
        CliRunner().invoke(command, asked, catch_exceptions=False)
