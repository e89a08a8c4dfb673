"""Confirmed sites, human variation and effects without a guide: what files of a folder say, and what they leave out."""

import json
import re
from pathlib import Path

import platform_files as files
import pytest

from proband import api
from proband.core.errors import ProgramError
from proband.core.evidence import Members
from proband.core.kinds import evidence_problems
from proband.testing import synthetic_off_target as truth
from proband.testing.synthetic_reads import SPACER

PROGRAM = files.PROGRAM.replace('stage = "treated"', 'stage = "treated"\nmodality = "base_editor"')
PROGRAM += f'[candidate]\nid = "c"\nspacer = "{SPACER}"\npam = "NGG"\n'
HEAD = "site,contig,start,end,strand,edited,total,gene_context,risk,who,date\n"
FULL = "OT1,c1,101,123,+,12,1000,intron of G,low,A. B,2026-01-02\n"
GFF = "##gff-version 3\n" + "".join(
    f"c1\tx\t{kind}\t90\t400\t.\t+\t.\t{more}\n"
    for kind, more in (("gene", "ID=G1;Name=G1"), ("lnc_RNA", "ID=t1;Parent=G1"), ("exon", "Parent=t1"))
)
ALL = ("coordinates", "frequency", "gene_context", "risk_assessment")


@pytest.fixture
def line(tmp_path):
    """The line of a kind in a folder with these files."""

    def of(kind, **tables):
        run = api.analyse(api.read_program(files.write(tmp_path / "p", {"program.toml": PROGRAM, **tables})))
        assert run.failures == ()
        made = run.of(kind)
        for e in made:
            assert evidence_problems(e, "x", "y") == []
        return made[0] if made else None

    return of


def problems(tmp_path, **tables):
    with pytest.raises(ProgramError) as e:
        api.read_program(files.write(tmp_path / "p", {"program.toml": PROGRAM, **tables}))
    return [f"{p.file} {p.place} {p.found}" for p in e.value.problems]


def confirmed(line, table, **more):
    return line("off_target.confirmed", **{"offtarget/confirmed.csv": HEAD + table, **more})


def test_no_file_no_line(line):
    assert line("off_target.confirmed") is None
    assert line("off_target.variation") is None
    assert line("off_target.guide_independent") is None


def test_every_field_of_every_site(line):
    made = confirmed(line, FULL)
    assert made.facts["reported_fields"] == Members(ALL)
    assert made.quantities["confirmed_count"].value == 1


@pytest.mark.parametrize(
    ("row", "absent"),
    [
        (FULL.replace("12,1000", ","), ("frequency",)),
        (FULL.replace("c1,101,123", ",,"), ("coordinates",)),
        (FULL.replace("intron of G", ""), ("gene_context",)),
        (FULL.replace("low,A. B,2026-01-02", ",,"), ("risk_assessment",)),
        (FULL.replace("intron of G", "unknown"), ("gene_context",)),
        (FULL.replace("low,A. B,2026-01-02", "TBD,,"), ("risk_assessment",)),
        ("OT1,,,,,,,,,,\n", ALL),
    ],
)
def test_a_cell_that_one_row_leaves_empty_is_not_reported(line, row, absent):
    made = confirmed(line, row.replace("OT1", "OT2") + FULL)
    assert made.facts["reported_fields"].absent == absent
    assert "OT2" in made.statement


def test_an_annotation_tells_what_the_table_leaves_empty(line):
    row = FULL.replace("intron of G", "")
    made = confirmed(
        line, row, **{"offtarget/annotation/genes.gff3": GFF, "offtarget/annotation/repeats.bed": "c1\t90\t110\tAlu\n"}
    )
    assert made.facts["reported_fields"] == Members(ALL)
    (table,) = made.tables
    told = dict(zip([c.name for c in table.columns], table.rows[0], strict=True))
    assert (told["part"], told["genes"], told["repeats"]) == ("non_coding_exon", "G1", "Alu")


def test_what_an_annotation_was_asked_and_could_not_tell_is_unknown(line):
    row = FULL.replace("intron of G", "").replace("c1,", "c2,")
    made = confirmed(line, row, **{"offtarget/annotation/genes.gff3": GFF})
    assert made.facts["reported_fields"].unknown == ("gene_context",)


def test_contigs_spelt_otherwise_are_told_and_no_context_is_made_up(line):
    row = FULL.replace("intron of G", "").replace("c1,", "chrc1,")
    made = confirmed(line, row, **{"offtarget/annotation/genes.gff3": GFF})
    assert made.facts["reported_fields"].unknown == ("gene_context",)
    assert "spelling" in made.concerns[0].because


def test_every_fault_of_the_table_and_its_layers_at_once(tmp_path):
    rows = FULL + FULL + "OT 3,c1,5,4,x,9,3,,risky,,\nOT4,c1,1,9,,1,,,,,31.12.2026\n"
    found = problems(tmp_path, **{
        "offtarget/confirmed.csv": HEAD + rows,
        "offtarget/annotation/part.bed": "c1\t1\t5\n",
        "offtarget/annotation/a.bed": "c1\t5\t1\n",
    })  # fmt: skip
    text = "\n".join(found)
    for place in (
        "column site",
        "column strand",
        "column start",
        "column edited",
        "column total",
        "column risk",
        "column date",
    ):
        assert place in text, place
    assert "part.bed" in text
    assert "a.bed" in text
    assert len(found) == 10


def test_a_site_that_reads_called_is_confirmed_whether_it_is_reported_or_not(fresh_example):
    root = fresh_example("synthetic_abe")
    table = root / "offtarget" / "confirmed.csv"

    def fields():
        (made,) = api.analyse(api.read_program(root), only=["off_target.confirmed"]).of("off_target.confirmed")
        return made.facts["reported_fields"]

    assert fields() == Members(ALL)
    table.write_text("".join(x for x in table.read_text().splitlines(True) if not x.startswith("OT1")))
    assert fields() == Members(("frequency",), ("coordinates", "gene_context", "risk_assessment"))
    table.unlink()
    assert fields() == Members(("frequency",), (), ("coordinates", "gene_context", "risk_assessment"))


CHOICES = """format = 1
source = "report 9"
[database]
name = "panel"
version = "3"
because = "large"
[populations]
names = ["a", "b"]
[frequency_cut_off]
value = 0.01
because = "one in a hundred"
"""


def test_a_choice_without_a_reason_is_not_made_and_one_not_written_is_unknown(line):
    made = line("off_target.variation", **{"offtarget/variation.toml": CHOICES})
    assert made.facts["covered"] == Members(
        ("database", "frequency_cut_off"), ("populations",), ("ancestry_relevance",)
    )
    assert made.quantities == {}
    assert "No search" in made.concerns[0].because


def test_a_reason_that_says_nothing_is_none(line):
    text = CHOICES.replace('"one in a hundred"', '"to be determined"')
    made = line("off_target.variation", **{"offtarget/variation.toml": text})
    assert "frequency_cut_off" in made.facts["covered"].absent


def test_an_ancestry_that_is_not_known_is_not_chosen(line):
    stated = '[ancestry_relevance]\npatients = "unknown"\nbecause = "the panel is wide"\n'
    made = line("off_target.variation", **{"offtarget/variation.toml": CHOICES + stated})
    assert made.facts["covered"].unknown == ("ancestry_relevance",)
    told = stated.replace("unknown", "north of Europe")
    made = line("off_target.variation", **{"offtarget/variation.toml": CHOICES + told})
    assert "ancestry_relevance" in made.facts["covered"].present


def test_what_is_left_out_can_not_be_chosen(tmp_path):
    text = CHOICES.replace('source = "report 9"', 'source = "report 9"\nleft_out = ["database"]')
    assert len(problems(tmp_path, **{"offtarget/variation.toml": text})) == 1
    assert (
        len(problems(tmp_path, **{"offtarget/variation.toml": text.replace("0.01", "nan").replace("3", "\\u202e")}))
        >= 1
    )


def statement(spacer=SPACER, **facts):
    counts = {"samples": 10, "samples_north": 6, "samples_south": 4, "detection_limit_north": 0.22, "not_placed": 2,
              "samples_of_the_sheet_not_in_the_panel": 1, "calls_unphased_not_searched": 1, "alleles_missing": 0,
              "haplotypes_with_excluding_edits": 0, "rows_created": 3, "rows_pam_gained": 2}  # fmt: skip
    settings = {"guides": [{"spacer": spacer}], "mismatches": 4, "dna_bulges": 0, "rna_bulges": 0}
    return json.dumps({"searched": {**counts, **facts}, "settings": settings, "region": "every record of the panel"})


def test_a_search_of_a_panel_says_whom_it_covers_and_what_it_found(line):
    made = line("off_target.variation", **{"offtarget/population/p.statement.json": statement()})
    assert made.facts["covered"].unknown == ("database", "populations", "frequency_cut_off", "ancestry_relevance")
    assert (made.quantities["people"].value, made.quantities["variant_sites"].value) == (10, 5)
    assert "22.00%" in made.scope.detection_limit
    assert "3 alleles not searched" in made.scope.not_covered
    assert [r[1:] for r in made.tables[0].rows] == [("north", "6", "22.000%"), ("south", "4", "no sample")]


def test_a_search_with_another_spacer_counts_for_nothing(line):
    made = line("off_target.variation", **{"offtarget/population/p.statement.json": statement("ACGT" * 5)})
    assert made.quantities == {}
    assert "other spacers" in made.concerns[0].because


@pytest.mark.parametrize(
    "text", ["{}", "[1]", "x", statement(samples="9"), statement(detection_limit_north=7), "[" * 90_000]
)
def test_a_statement_that_this_tool_did_not_write_is_a_problem(tmp_path, text):
    assert len(problems(tmp_path, **{"offtarget/population/p.statement.json": text})) == 1


TESTED = """format = 1
[[effect]]
effect = "guide_independent_dna"
considered = "tested"
method = "m"
result = "r"
source = "s"
"""


def test_a_result_of_none_is_a_result(line):
    made = line("off_target.guide_independent", **{"offtarget/guide_independent.toml": TESTED.replace('"r"', '"none"')})
    assert made.facts["considered"].present == ("guide_independent_dna",)


def test_effects_are_tested_reasoned_or_not_considered(line):
    more = '[[effect]]\neffect = "guide_independent_rna"\nconsidered = "not_considered"\n'
    made = line("off_target.guide_independent", **{"offtarget/guide_independent.toml": TESTED + more})
    expect = Members(("guide_independent_dna",), ("guide_independent_rna",), ("by_product_edits",))
    assert made.facts["considered"] == expect


def test_a_test_without_result_and_a_reason_without_words_are_told(tmp_path):
    text = TESTED.replace('result = "r"\n', "") + '[[effect]]\neffect = "by_product_edits"\nconsidered = "reasoned"\n'
    text += '[[effect]]\neffect = "guide_independent_dna"\nconsidered = "not_considered"\n'
    assert len(problems(tmp_path, **{"offtarget/guide_independent.toml": text})) == 4


@pytest.mark.parametrize("words", ["pending", "Unknown", "not done", "-"])
def test_a_result_that_says_nothing_is_none(tmp_path, words):
    text = TESTED.replace('result = "r"', f'result = "{words}"')
    assert len(problems(tmp_path, **{"offtarget/guide_independent.toml": text})) == 1


def test_the_files_of_the_example_are_those_of_the_generator(session_examples):
    import gzip

    root = session_examples / "synthetic_abe"
    assert gzip.decompress((root / "reference" / "genome.fa.gz").read_bytes()) == truth.fasta()
    assert (root / "reference" / "genes.gff3").read_text() == truth.gff3()
    lists = root / "offtarget" / "nominated"
    assert (lists / "change_seq.tsv").read_text() == truth.nominated(truth.CHANGE_SEQ, "CHANGEseq_reads", truth.AWAY)
    assert (lists / "guide_seq.tsv").read_text() == truth.nominated(truth.GUIDE_SEQ, "GUIDEseq_reads")


def test_the_search_of_the_example_finds_the_planted_sites(analysed_examples):
    run = api.analyse(api.read_program(analysed_examples("synthetic_abe")))
    (made,) = (e for e in run.of("off_target.nomination") if e.origin == "computed")
    planted = {f"{'+' if s == '+' else '-'}" + str(at + (21 if s == "+" else 1)) for at, s in truth.PLACES.values()}
    named = {x.rpartition(":")[2] + x.split(":")[1] for x in made.facts["kept_sites"].present}
    assert planted - named == {"+140021"}  # the patient's own, which no list of the reference can hold
    (personal,) = run.of("off_target.personal")
    assert [r[:2] for r in personal.tables[0].rows] == [("synchr1:140021", "+")]
    assert personal.quantities["lost_sites"].value == 1


def test_the_files_of_the_how_to_page_are_sound(tmp_path):
    page = Path(__file__).parents[2] / "docs" / "how-to" / "nominate-off-targets-in-a-program.md"
    blocks = re.findall(r"^```(?:toml|csv)\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    genome, manifest, assays, variation, confirmed, editor, effects = blocks
    rows = "chrom\tchromStart\tchromEnd\nchr1\t9\t32\n"
    sites = "contig\tstart\tend\nchr1\t10\t32\n"
    tables = {
        "program.toml": PROGRAM + genome + editor,
        "reference/genome.fa": f">chr1\nACGTACGTA{SPACER}AGGCC\n",
        "offtarget/manifest.toml": manifest.replace("genome.fa.gz", "genome.fa"),
        "offtarget/nominated/search.tsv": sites,
        "offtarget/nominated/change_seq.tsv": rows,
        "offtarget/assays.toml": assays,
        "offtarget/variation.toml": variation,
        "offtarget/confirmed.csv": confirmed,
        "offtarget/guide_independent.toml": effects,
    }
    run = api.analyse(api.read_program(files.write(tmp_path / "p", tables)))
    assert run.failures == ()
    (made,) = run.of("off_target.nomination")
    assert made.facts["kept_sites"].present == ("chr1:30:+",)
    assert run.of("off_target.confirmed")[0].facts["reported_fields"].absent == ("frequency", "gene_context")
    assert run.of("off_target.variation")[0].facts["covered"].absent == ("ancestry_relevance",)
