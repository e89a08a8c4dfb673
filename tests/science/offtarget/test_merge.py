"""Merging: the union kept, every row accounted for, builds lifted, drops with reasons, ranks, equal bytes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from planted import with_sites

from proband.cli.offtarget_merge import command
from proband.core.errors import ProgramError
from proband.science.offtarget.merge_manifest import plain_build, read_manifest
from proband.science.offtarget.merge_nominations import merge, nomination_facts
from proband.science.offtarget.merge_outputs import files, tsv
from proband.science.sequence.fasta import open_fasta

SPACER = "GTCACCAATCCTGTCCCTAG"
NEAR, FAR = "GTCACCTATCCTGTCACTAG", "GTCTCCTATCCTGTCACTAG"
GENOME = with_sites(2000, 11, [(200, "+", SPACER + "TGG"), (600, "-", NEAR + "CAG"), (1200, "+", FAR + "AGG")])
HEAD = f"""
build = "GRCh38"
genome = "g.fa"
[guide]
name = "G1"
spacer = "{SPACER}"
pam = "NRG"
"""
CHANGE = """
[[list]]
label = "change"
file = "change.csv"
format = "change_seq"
build = "hg38"
"""


@pytest.fixture
def folder(tmp_path):
    """Three methods that state the same sites each in its own way; one list is of another build."""
    (tmp_path / "g.fa").write_text(f">chr1\n{GENOME}\n>chr2\n{'ACGTTGCA' * 30}\n")
    (tmp_path / "change.csv").write_text(
        "chrom,chromStart,chromEnd,strand,CHANGEseq_reads\n"
        "chr1,200,223,+,900\nchr1,600,623,-,50\nchr1,600,623,-,25\nchr2,100,123,+,3\n"
    )
    (tmp_path / "cuts.tsv").write_text("chr\tat\tscore\nchr1\t217\t5\nchr1\t1217\t9\nchr1\tx\t1\n")
    # in the old build chr1 lacks its first 100 bases, and 1150-1250 of the new one
    (tmp_path / "old.chain").write_text("chain 9 chr1 1800 + 0 1800 chr1 2000 + 100 2000 1\n1050\t0\t100\n750\n\n")
    (tmp_path / "guide.bed").write_text("1\t100\t123\tn\t7\t+\n1\t1040\t1063\tn\t2\t+\n9\t5\t28\tn\t1\t+\n")
    (tmp_path / "m.toml").write_text(
        HEAD
        + CHANGE
        + """
[[list]]
label = "cuts"
file = "cuts.tsv"
format = "table"
build = "GRCh38.p14"
method = "Digenome-seq"
method_class = "biochemical"
first_base = 1
[list.columns]
contig = "chr"
position = "at"
score = "score"
[[list]]
label = "guide"
file = "guide.bed"
format = "bed"
method = "GUIDE-seq"
method_class = "cell_based"
build = "hg19"
[[chain]]
from = "GRCh37"
file = "old.chain"
"""
    )
    return tmp_path


def made(folder):
    given = read_manifest(folder / "m.toml")
    return given, merge(given, open_fasta(given.genome) if given.genome else None)


def table(data):
    lines = [x for x in data.decode().splitlines() if not x.startswith("# ")]
    return {r["site"]: r for r in csv.DictReader(io.StringIO("\n".join(lines)), delimiter="\t")}


def test_one_row_for_each_site_with_all_that_is_said_of_it(folder):
    given, m = made(folder)
    assert [s.name for s in m.sites] == ["chr1:221:+", "chr1:601:-", "chr1:1221:+", "chr2:101-123:+"]
    rows = table(files(m, given, [])["merged.tsv"])
    on = rows["chr1:221:+"]
    assert (on["start"], on["end"], on["pam_start"], on["mismatches"]) == ("201", "223", "221", "0")
    assert on["methods"] == "CHANGE-seq;Digenome-seq;GUIDE-seq"
    assert on["method_classes"] == "biochemical;cell_based"
    assert (on["CHANGE-seq rank"], on["CHANGE-seq reads"], on["Digenome-seq rank"]) == ("1", "900", "2")
    near = rows["chr1:601:-"]
    assert (near["CHANGE-seq reads"], near["CHANGE-seq rows"], near["aligned_protospacer"]) == (
        "75", "2", "GTCACCtATCCTGTCaCTAG",
    )  # fmt: skip
    assert float(near["cfd"]) < 1
    assert 0 < float(near["empirical_probability"]) < 1
    assert on["score_reason"] == "the model was learnt from sites with one mismatch or more"
    assert rows["chr1:1221:+"]["methods"] == "Digenome-seq"


def test_a_place_without_a_site_is_kept_and_says_why(folder):
    given, m = made(folder)
    rows = table(files(m, given, [])["merged.tsv"])
    kept = rows["chr2:101-123:+"]
    assert (kept["placed_by"], kept["kept"], kept["pam_start"], kept["cfd"]) == ("as_stated", "yes", "", "")
    assert "no alignment" in kept["placed_reason"]


def test_every_row_is_merged_or_listed(folder):
    given, m = made(folder)
    assert m.rows == (4, 3, 3)
    assert sum(m.rows) == len(m.merged) + len(m.refused)
    told = json.loads(files(m, given, [])["merge.json"])
    for x in told["lists"]:
        assert x["rows"] == x["merged"] + sum(x["refused"].values())
    refused = [(m.lists[r.source].label, r.line, r.step) for r in m.refused]
    assert refused == [("cuts", 4, "read"), ("guide", 2, "lift"), ("guide", 3, "lift")]


def test_lifting_turns_places_into_the_target_build_and_lists_what_fails(folder):
    (folder / "guide.bed").write_text("chr1\t100\t123\tn\t7\t+\nchr1\t1040\t1063\tn\t2\t+\nchr9\t5\t28\tn\t1\t+\n")
    _, m = made(folder)
    guide = [r for r in m.merged if r.nomination.source == 2]
    assert [(r.lifted.start, r.name) for r in guide] == [(200, "chr1:221:+")]
    reasons = {r.line: r.reason for r in m.refused if r.source == 2}
    assert set(reasons) == {2, 3}
    assert "gap" in reasons[2]
    assert "no chain for contig chr9" in reasons[3]


def test_a_list_of_another_build_without_a_chain_is_refused_before_anything(folder):
    text = (folder / "m.toml").read_text()
    (folder / "m.toml").write_text(text.partition("[[chain]]")[0])
    with pytest.raises(ProgramError, match="GRCh38 or a chain"):
        read_manifest(folder / "m.toml")


def test_contigs_in_two_spellings_are_one_site_and_a_note(folder):
    (folder / "m.toml").write_text(HEAD + CHANGE)
    (folder / "change.csv").write_text("chrom,chromStart,chromEnd,strand\nchr1,200,223,+\n1,200,223,+\n")
    _, m = made(folder)
    assert [s.name for s in m.sites] == ["chr1:221:+"]
    assert m.notes == ("1 rows write 1 for chr1: taken as the same contig",)


def drop(folder, *rows):
    (folder / "dropped.csv").write_text("site,reason,who,date\n" + "".join(r + "\n" for r in rows))
    text = (folder / "m.toml").read_text()
    (folder / "m.toml").write_text(f'dropped = "dropped.csv"\n{text}')


def test_a_dropped_site_stays_in_the_table_with_its_reason(folder):
    drop(folder, "chr1:601:-,in a centromere,A. Author,2026-02-01")
    given, m = made(folder)
    row = table(files(m, given, [])["merged.tsv"])["chr1:601:-"]
    assert (row["kept"], row["drop_reason"], row["drop_by"]) == ("no", "in a centromere", "A. Author")
    assert len(m.sites) == len(made(folder)[1].sites)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("chr1:601:-,,A. Author,2026-02-01", "a dropped site with a written reason"),
        ("chr1:601:-,why,,2026-02-01", "a dropped site with a written reason"),
        ("chr1:601:-,why,A,02/01/2026", "a date such as"),
        ("chr7:1:+,why,A,2026-02-01", "a site of the union"),
    ],
)
def test_a_drop_without_reason_name_date_or_site_is_refused(folder, row, found):
    drop(folder, row)
    with pytest.raises(ProgramError, match=found):
        made(folder)


def test_facts_for_the_criteria(folder):
    _, m = made(folder)
    count, classes, kept = nomination_facts(m)
    assert count == len(m.sites)
    assert (classes.present, classes.absent) == (("biochemical", "cell_based"), ("computational",))
    assert set(kept.present) == {s.name for s in m.sites}
    assert kept.absent == ()
    assert "cuts line 4" in kept.unknown


def test_equal_inputs_equal_bytes_and_parquet_as_the_table(folder):
    first, second = (files(m, given, []) for given, m in (made(folder), made(folder)))
    assert first == second
    frame = pl.read_parquet(io.BytesIO(first["merged.parquet"]))
    rows = table(first["merged.tsv"])
    assert frame["site"].to_list() == list(rows)
    assert [str(x) for x in frame["start"]] == [r["start"] for r in rows.values()]


def test_the_order_of_lists_changes_no_site(folder):
    text = (folder / "m.toml").read_text()
    before = {(s.name, s.site) for s in made(folder)[1].sites}
    head, *lists = text.partition("[[chain]]")[0].split("[[list]]")
    chain = "[[chain]]" + text.partition("[[chain]]")[2]
    (folder / "m.toml").write_text(head + "".join(f"[[list]]{x}" for x in reversed(lists)) + chain)
    assert {(s.name, s.site) for s in made(folder)[1].sites} == before


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ('format = "change_seq"', 'format = "changeseq"', "change_seq"),
        ("first_base = 1\n", "", "first_base"),
        ('label = "cuts"', 'label = "change"', "each label once"),
        ('label = "cuts"', 'label = "=cuts"', "a name of letters"),
        ('file = "cuts.tsv"', 'file = "none.tsv"', "no such file"),
        (f'spacer = "{SPACER}"', 'spacer = "NNN"', "A, C, G, T"),
        ('position = "at"', 'place_ = "at"', "place_"),
        ('position = "at"', "position = 2", "by name and by number"),
        ('build = "hg19"', 'biuld = "hg19"', "an unknown key"),
    ],
)
def test_faults_of_a_manifest_are_told_at_their_place(folder, old, new, found):
    text = (folder / "m.toml").read_text()
    assert old in text
    (folder / "m.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(ProgramError) as told:
        read_manifest(folder / "m.toml")
    assert found in str(told.value)


def test_builds_are_compared_by_what_they_are():
    assert plain_build("hg19") == plain_build("GRCh37.p13")
    assert plain_build("hg38") != plain_build("hg19")


def test_cells_that_a_spreadsheet_would_run_are_made_text():
    assert tsv(["a"], [["=1+1"], ["+"], ["-"], ["-x\ty"], [-1.5]]).decode().splitlines()[1:] == [
        "'=1+1", "+", "-", "'-x y", "-1.5",
    ]  # fmt: skip


def test_the_command_writes_all_files_and_tells_the_account(folder):
    done = CliRunner().invoke(command, [str(folder / "m.toml"), "--out", str(folder / "o")])
    assert done.exit_code == 0, done.output
    assert "change (CHANGE-seq, hg38): 4 rows, 4 merged" in done.output
    names = {p.name for p in (folder / "o").iterdir()}
    assert names == {"merged.tsv", "merged.parquet", "nominations.tsv", "refused.tsv", "merge.json"}
    told = json.loads((folder / "o" / "merge.json").read_text())
    assert told["rows"] == told["rows_merged"] + told["rows_refused"] == 10
    assert set(told["files"]) == {"m.toml", "change.csv", "cuts.tsv", "guide.bed", "old.chain", "g.fa"}
    assert str(folder) not in (folder / "o" / "merge.json").read_text()


DATA = Path(__file__).resolve().parents[4] / "shared" / "reference" / "offtarget"


@pytest.mark.skipif(not DATA.is_dir(), reason="the reference data of off-target assays are not here")
def test_the_published_tables_merge_with_every_row_accounted_for(tmp_path):
    """Of guide GGAGAAGGTGGGGGGGTTCC: 1,766 CHANGE-seq and 61 GUIDE-seq rows, 54 sites in both."""
    for name in ("changeseq", "guideseq"):
        (tmp_path / f"{name}.csv.gz").symlink_to(DATA / f"{name}_tcell_half.csv.gz")
    text = 'build = "hg38"\n[guide]\nspacer = "GGAGAAGGTGGGGGGGTTCC"\npam = "NRG"\n'
    for name, form in (("changeseq", "change_seq"), ("guideseq", "guide_seq")):
        text += f'[[list]]\nlabel = "{name}"\nfile = "{name}.csv.gz"\nformat = "{form}"\nbuild = "hg38"\n'
    (tmp_path / "m.toml").write_text(text)
    m = merge(read_manifest(tmp_path / "m.toml"), None)
    assert m.rows == (55_799, 343)
    assert len(m.merged) == 1766 + 61
    assert len(m.sites) == 1766 + 61 - 54
    assert {r.step for r in m.refused} == {"guide"}
    assert all(s.site.placed_by == "sequence" for s in m.sites)
    assert sum(len(s.support) == 2 for s in m.sites) == 54
