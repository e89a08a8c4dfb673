"""What is told of a hit: the oligonucleotide as written, the mechanism rule, expression, order, tests in cells."""

import json
from dataclasses import dataclass

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from proband.cli.offtarget_oligo import command
from proband.core.errors import ProgramError
from proband.science.offtarget.oligo_hits import OligoAlignment, OligoHit
from proband.science.offtarget.oligo_mechanism import Mechanism, MechanismRule, mechanism_of
from proband.science.offtarget.oligo_query import Oligo, OligoLimits, oligo_of
from proband.science.offtarget.oligo_ranking import Setting, rank_hits
from proband.science.offtarget.oligo_report import facts, hits_tsv
from proband.science.offtarget.oligo_search import search_oligo
from proband.science.offtarget.oligo_tables import (
    EXPRESSION_COLUMNS,
    FOLLOWUP_COLUMNS,
    Expression,
    read_expression,
    read_followup,
)
from proband.science.sequence.alphabet import reverse_complement
from proband.science.sequence.annotation import TranscriptRecord
from proband.science.sequence.build import build_transcripts
from proband.science.sequence.genome import genome_of

SITE = "ACGATTACAGGATTCACCAG"
OLIGO = reverse_complement(SITE)


def refused(sequence=OLIGO, chemistry="", layout="", limits=(1, 0, 0, 0)):
    with pytest.raises(ProgramError) as told:
        oligo_of(sequence, chemistry, layout, OligoLimits(*limits))
    return str(told.value)


@pytest.mark.parametrize(
    "written",
    ["mC*TGGTGAATCC", "+C+TGGTGAATCC", "[mC]TGGTGAATCC", "/52MOErC/TGGTGAATCC", "5'-CTGGTGAATCC-3'", "CTGGNGAATCC"],
)
def test_notations_of_chemistry_in_the_sequence_are_refused_with_the_remedy(written):
    assert "--chemistry and --layout" in refused(written)


def test_u_is_read_as_t_and_lengths_and_limits_are_bounded():
    assert oligo_of(OLIGO.replace("T", "U").lower(), "", "", OligoLimits(0)).sequence == OLIGO
    assert "10 to 40" in refused("ACGTACGTA")
    assert "10 to 40" in refused("A" * 41)
    assert "give --sequence" in refused(" ")
    assert "0 to 6" in refused(limits=(7, 0, 0, 0))
    assert "0 to 3" in refused(limits=(0, 4, 0, 0))
    assert "nearly every transcript" in refused("ACGTACGTACGT", limits=(3, 0, 0, 2))


def test_chemistry_names_the_mechanism_and_a_gapmer_needs_its_gap():
    assert oligo_of(OLIGO, "moe_ps_gapmer", "", OligoLimits(0)).layout == (5, 10, 5)
    assert oligo_of(OLIGO, "rnase_h", "4-12-4", OligoLimits(0)).gap == (4, 16)
    assert oligo_of(OLIGO, "moe_ps_steric", "", OligoLimits(0)).gap is None
    assert "moe_ps_gapmer" in refused(chemistry="moe_gapmer")
    assert "wing-gap-wing" in refused(chemistry="rnase_h")
    for layout in ("5-10-4", "5-10", "a-b-c", "10-0-10", "-5-10-5"):
        assert "adds to 20" in refused(chemistry="rnase_h", layout=layout)
    assert "a gapmer" in refused(chemistry="steric_block", layout="5-10-5")


def alignment(columns, trimmed=(0, 0)):
    kinds = [columns.count(k) for k in (1, 2, 3)]
    return OligoAlignment(*kinds, *trimmed, tuple(columns), "A" * (len(columns) - kinds[2]))


@given(st.lists(st.integers(0, 3), min_size=3, max_size=20), st.integers(0, 3), st.integers(0, 8), st.integers(1, 8))
def test_the_paired_run_is_that_of_a_plain_count(columns, trimmed, low, size):
    made = alignment(columns, (trimmed, 0))
    bases = ["x"] * trimmed
    for kind in columns:  # one letter for each base of the oligonucleotide, and | for a bulge of the target
        bases += ["|"] if kind == 2 else ["="] if kind == 0 else ["x"]
    kept, i = "", 0
    for letter in bases:
        inside = low <= i < low + size
        kept += letter if inside else "x"
        i += letter != "|"
    assert made.paired_run(low, low + size) == max(map(len, kept.replace("|", "x").split("x")))


def hit(columns, blocks=((100, 120),), unspliced=("T1",), spliced=()):
    return OligoHit("c1", "+", blocks, alignment(columns), unspliced, spliced)


def test_a_hit_is_cleavable_where_enough_of_the_gap_pairs():
    gapmer = oligo_of(OLIGO, "rnase_h", "5-10-5", OligoLimits(2))
    rule = MechanismRule(gap_run=6)
    for middle, run in ((9, 5), (10, 5), (11, 6)):
        columns = [0] * 20
        columns[middle] = 1
        assert mechanism_of(hit(columns), gapmer, rule, {}).gap_run == max(run, 14 - middle)
    broken = [0] * 20
    broken[10] = 1
    assert mechanism_of(hit(broken), gapmer, rule, {}).name == "binds"
    assert mechanism_of(hit(broken), gapmer, MechanismRule(gap_run=5), {}).name == "cleavable"
    wings = [1, 1, *[0] * 16, 1, 1]
    assert mechanism_of(hit(wings), gapmer, rule, {}) == Mechanism("cleavable", 10)
    assert mechanism_of(hit([0] * 20), Oligo(OLIGO, "", (), "", OligoLimits(0)), rule, {}).name == "not_told"


GENOME = genome_of({"c1": "ACGTTGCA" * 125})
RECORD = TranscriptRecord(
    "T1", "c1", "+", ((100, 300), (600, 900)), ((210, 300, 0), (600, 630, 0)), gene="G1", gene_id="E1.2"
)
KNOWN = build_transcripts([RECORD], GENOME)


@pytest.mark.parametrize(
    ("blocks", "spliced", "rule", "expected"),
    [
        (((300, 320),), False, (0, 0), Mechanism("splice_element", None, 0, 87)),
        (((310, 330),), False, (9, 0), Mechanism("binds", None, 10, 97)),
        (((310, 330),), False, (10, 0), Mechanism("splice_element", None, 10, 97)),
        (((190, 205),), True, (50, 5), Mechanism("start_codon", None, 95, 5)),
        (((190, 205),), True, (50, 4), Mechanism("binds", None, 95, 5)),
        (((205, 225),), True, (50, 0), Mechanism("start_codon", None, 75, 0)),
        (((290, 300), (600, 610)), True, (50, 77), Mechanism("start_codon", None, None, 77)),
        (((610, 630),), True, (9, 96), Mechanism("binds", None, 10, 97)),
    ],
)
def test_a_steric_block_acts_near_a_splice_site_or_the_start_codon(blocks, spliced, rule, expected):
    steric = oligo_of(OLIGO, "steric_block", "", OligoLimits(0))
    ids = ("T1",)
    held = OligoHit("c1", "+", blocks, alignment([0] * 20), () if len(blocks) > 1 else ids, ids if spliced else ())
    assert mechanism_of(held, steric, MechanismRule(5, *rule), KNOWN) == expected


def test_a_start_codon_that_is_not_known_is_not_told():
    partial = TranscriptRecord("T1", "c1", "+", ((100, 300),), ((100, 300, 1),), partial_start=True)
    known = build_transcripts([partial], GENOME)
    steric = oligo_of(OLIGO, "steric_block", "", OligoLimits(0))
    assert mechanism_of(hit([0] * 20), steric, MechanismRule(), known).name == "not_told"


def test_nusinersen_lies_at_bases_10_to_27_of_the_intron_and_covers_a_splice_element():
    # ASO 10-27 (Hua et al., Am J Hum Genet 2008;82:834-848, recalled) is named after its place in intron 7 of SMN2;
    # exon 7 and the first bases of the intron as in NG_008728 (recalled).
    exon = "GGTTTTAGACAAAATCAAAAAGAAGGAAGGTGCTCACATTCCTTAAATTAAGGA"
    intron = "GTAAGTCTGCCAGCATTATGAAAGTGAATCTTACTTTTGTAAAACTTTATGGTTTGTGGAAAACAAATGTTTTTGAACAG"
    genome = genome_of({"c5": exon + intron + "AAATGCTGGCATAGAGCAGCACTAAATGACACCAC"})
    last = (len(exon + intron), len(exon + intron) + 35)
    known = build_transcripts([TranscriptRecord("SMN2", "c5", "+", ((0, 54), last))], genome)
    oligo = oligo_of("UCACUUUCAUAAUGCUGG", "moe_ps_steric", "", OligoLimits(2))
    (only,) = search_oligo(oligo, genome, known)[0]
    assert (only.blocks, only.found_in, only.alignment.edits) == (((54 + 9, 54 + 27),), "unspliced", 0)
    assert mechanism_of(only, oligo, MechanismRule(), known) == Mechanism("splice_element", None, 9, None)


@dataclass
class Duplex:
    energy: float


class Engine:
    def __init__(self, energies):
        self.energies, self.asked = energies, []

    def duplexfold(self, one, two):
        self.asked.append((one, two))
        return Duplex(self.energies[two])


def test_hits_are_ordered_and_none_is_hidden():
    hits = [
        hit([0] * 10 + [1] + [0] * 9, ((100, 120),)),
        hit([0] * 20, ((700, 720),)),
        hit([0] * 19 + [1], ((650, 670),)),
        hit([0] * 10 + [1] + [0] * 9, ((620, 640),)),
    ]
    oligo = oligo_of(OLIGO, "", "", OligoLimits(1))
    ranked, why = rank_hits(hits, oligo, KNOWN, Setting())
    assert [r.hit.blocks[0][0] for r in ranked] == [700, 650, 100, 620]
    assert [r.rank for r in ranked] == [1, 2, 3, 4]
    assert why == "not computed: install proband[rna]"
    assert {r.energy for r in ranked} == {None}
    assert {(r.expression, r.intended, r.rank_in_tissue) for r in ranked} == {("", "", None)}
    other = OligoHit(
        "c1", "+", ((620, 640),), OligoAlignment(1, 0, 0, 0, 0, (0,) * 10 + (1,) + (0,) * 9, "C" * 20), ("T1",), ()
    )
    engine = Engine({"A" * 20: -10.004, "C" * 20: -20.0})
    ranked, why = rank_hits([*hits[:3], other], oligo, KNOWN, Setting(engine=engine))
    assert [(r.hit.blocks[0][0], r.energy) for r in ranked] == [(700, -10.0), (650, -10.0), (620, -20.0), (100, -10.0)]
    assert why == ""
    assert "T" not in engine.asked[0][0]


def test_expression_is_a_rank_and_a_flag_and_unknown_is_not_low():
    records = [
        TranscriptRecord(f"T{g}", "c1", "+", ((100 * g, 100 * g + 90),), gene=f"G{g}", gene_id=f"E{g}.1")
        for g in range(4)
    ]
    known = build_transcripts(records, GENOME)
    hits = [hit([0] * 20, ((100 * g, 100 * g + 20),), (f"T{g}",)) for g in range(4)]
    expression = Expression("brain", 1.0, {"G0": 0.1, "E1": 5.0, "G2": None})
    ranked, _ = rank_hits(
        hits, oligo_of(OLIGO, "rnase_h", "5-10-5", OligoLimits(0)), known, Setting(expression=expression, target="E3.1")
    )
    assert [(r.genes[0], r.expression, r.tpm, r.rank_in_tissue) for r in ranked] == [
        ("G0", "low", 0.1, 4),
        ("G1", "expressed", 5.0, 1),
        ("G2", "unknown", None, 2),
        ("G3", "unknown", None, 3),
    ]
    assert [r.intended for r in ranked] == ["no", "no", "no", "yes"]
    told = facts(ranked, Setting(expression=expression), None)
    assert told["to_test"] == 2  # expressed, and unknown; the intended gene and the low one are not asked for
    assert told["tested_in_cells"] is None


def test_an_alignment_beside_a_better_one_is_marked():
    hits = [hit([0] * 20, ((100, 120),)), hit([0, 2, *[0] * 18, 1], ((100, 121),)), hit([0] * 19 + [1], ((100, 130),))]
    ranked, _ = rank_hits(hits, oligo_of(OLIGO, "", "", OligoLimits(1, 1, 0)), KNOWN, Setting())
    assert {r.hit.blocks[0][1]: r.other_alignment_of for r in ranked} == {120: "", 121: "c1:101-120(+)", 130: ""}
    plain, _ = rank_hits(hits, oligo_of(OLIGO, "", "", OligoLimits(1)), KNOWN, Setting())
    assert {r.other_alignment_of for r in plain} == {""}


def write(path, columns, *rows):
    path.write_text("\n".join([",".join(columns), *rows]) + "\n")
    return path


def test_the_expression_table(tmp_path):
    path, problems = tmp_path / "e.csv", []
    rows = ("G1,brain,2.5,atlas", "G2,brain,,atlas", "G1,liver,0,atlas")
    made = read_expression(write(path, EXPRESSION_COLUMNS, *rows), "brain", 1.0, problems)
    assert (made.tpm, problems) == ({"G1": 2.5, "G2": None}, [])
    for rows, said in (
        (("G1,brain,2,5,atlas",), "5 cells"),
        (("G1,brain,-1,atlas",), "0 or more"),
        (("G1,brain,nan,atlas",), "0 or more"),
        (("G1,brain,1,a", "G1,brain,2,a"), "each gene once in brain"),
        (("G1,liver,1,a",), "liver"),
        ((",brain,1,a",), "a name"),
        (("G\u202e1,brain,1,a",), "hidden"),
        ((), "no rows"),
        (('"G1,brain,1,a',), "a CSV file"),
    ):
        problems = []
        assert read_expression(write(path, EXPRESSION_COLUMNS, *rows), "brain", 1.0, problems) is None
        assert said in str(problems[0]), problems
    problems = []
    assert read_expression(write(path, ("gene", "tpm"), "G1,1"), "brain", 1.0, problems) is None
    assert "write these columns" in str(problems[0])


def test_margins_of_the_follow_up(tmp_path):
    path, problems = tmp_path / "f.csv", []
    rows = (
        "c1:1-20(+),G1,HepG2,RT-qPCR,10,250,1000,50,lab 3",
        "c1:1-20(+),G1,neurons,RT-qPCR,10,,1000,,lab 3",
        "c1:5-24(+),G2,,,,,,,not tested",
    )
    one, two, three = read_followup(
        write(path, FOLLOWUP_COLUMNS, *rows), problems, frozenset({"c1:1-20(+)", "c1:5-24(+)"})
    )
    assert problems == []
    assert (one.margin, one.exposure_margin) == ((25.0, False), (5.0, False))
    assert (two.margin, two.exposure_margin) == ((100.0, True), None)
    assert (three.margin, three.tested_in) == (None, "")
    for row, said in (
        ("c1:1-21(+),G1,HepG2,x,10,20,30,,a", "a hit of the hit table"),
        ("c1:1-20(+),G1,,x,10,20,30,,a", "name the cells"),
        ("c1:1-20(+),G1,HepG2,x,10,,,,a", "neither of both"),
        ("c1:1-20(+),G1,HepG2,x,10,40,30,,a", "extrapolated"),
        ("c1:1-20(+),G1,HepG2,x,0,20,30,,a", "above 0"),
        ("c1:1-20(+),G1,HepG2,x,10,20,30,,", "a name"),
    ):
        problems = []
        read_followup(write(path, FOLLOWUP_COLUMNS, row), problems, frozenset({"c1:1-20(+)"}))
        assert len(problems) == 1
        assert said in str(problems[0])
    problems = []
    read_followup(write(path, FOLLOWUP_COLUMNS, rows[0], rows[0]), problems)
    assert "each hit once for a cell system" in str(problems[0])


def test_least_margin_and_what_was_not_tested(tmp_path):
    hits = [hit([0] * 20, ((100, 120),)), hit([0] * 20, ((700, 720),)), hit([0] * 20, ((800, 820),))]
    setting = Setting(expression=Expression("brain", 1.0, {}))
    ranked, _ = rank_hits(hits, oligo_of(OLIGO, "rnase_h", "5-10-5", OligoLimits(0)), KNOWN, setting)
    rows = ("c1:101-120(+),G1,HepG2,x,10,250,1000,50,a", "c1:701-720(+),G1,HepG2,x,10,,100,,a")
    followup = read_followup(write(tmp_path / "f.csv", FOLLOWUP_COLUMNS, *rows), [])
    told = facts(ranked, setting, followup)
    assert told["least_margin"] == {"hit": "c1:701-720(+)", "value": 10.0, "is": "a lower limit"}
    assert told["least_exposure_margin"] == {"hit": "c1:101-120(+)", "value": 5.0, "is": "a value"}
    assert told["not_tested"] == ["c1:801-820(+)"]
    assert (told["to_test"], told["to_test_and_tested"], told["tested_in_cells"]) == (3, 2, 2)


@pytest.fixture
def files(tmp_path):
    text = "TTGCATGCCT" * 20
    genome = text[:60] + SITE + text[80:150] + SITE[:9] + "C" + SITE[10:] + text[170:]
    (tmp_path / "g.fa").write_text(f">c1\n{genome}\n")
    rows = [("gene", 11, 190, "ID=g1;gene=G%09one"), ("mRNA", 11, 190, "ID=t1;Parent=g1")]
    rows += [("exon", 11, 70, "Parent=t1"), ("exon", 121, 190, "Parent=t1")]
    (tmp_path / "a.gff3").write_text("".join(f"c1\tx\t{k}\t{s}\t{e}\t.\t+\t.\t{a}\n" for k, s, e, a in rows))
    return tmp_path


def asked(files, *more, sequence=OLIGO):
    paths = ["--genome", str(files / "g.fa"), "--gff", str(files / "a.gff3"), "--out", str(files / "o")]
    return CliRunner().invoke(command, ["--sequence", sequence, *paths, *more], catch_exceptions=False)


def test_the_command_writes_the_table_and_what_was_searched(files):
    done = asked(files, "--chemistry", "moe_ps_gapmer", "--target", "nothing")
    assert "2 hits" in done.output
    head, *rows = [x.split("\t") for x in (files / "o" / "hits.tsv").read_text().splitlines()]
    one, two = (dict(zip(head, r, strict=True)) for r in rows)
    assert (one["hit"], one["found_in"], one["genes"]) == ("c1:61-80(+)", "unspliced", "G one")
    assert (two["hit"], two["found_in"], two["mismatches"]) == ("c1:151-170(+)", "both", "1")
    assert two["aligned_target_3_to_5"] == (SITE[:9] + "c" + SITE[10:])[::-1]
    made = json.loads((files / "o" / "summary.json").read_text())
    assert made["searched"] == {
        "transcripts": 1, "spliced_bases": 130, "unspliced_bases": 180, "windows": 111 + 161, "windows_set_aside": 0,
        "not_searched": [],
    }  # fmt: skip
    assert made["hits"]["by_edits"] == {"0": 1, "1": 1}
    assert made["follow_up"]["hits_by_expression"] is None
    first = (files / "o" / "summary.json").read_bytes(), (files / "o" / "hits.tsv").read_bytes()
    asked(files, "--chemistry", "moe_ps_gapmer", "--target", "nothing")
    assert first == ((files / "o" / "summary.json").read_bytes(), (files / "o" / "hits.tsv").read_bytes())


def test_no_hit_still_says_what_was_searched(files):
    done = asked(files, sequence="ACACACACGTGTGTGAGAGA")
    assert "0 hits" in done.output
    assert json.loads((files / "o" / "summary.json").read_text())["searched"]["windows"] == 272
    assert (files / "o" / "hits.tsv").read_text().count("\n") == 1


def test_faults_of_options_are_told_at_once_and_of_files_in_words(files):
    with pytest.raises(ProgramError) as told:
        asked(files, "--chemistry", "x", "--tissue", "brain", "--gap-run", "0", "--mismatches", "9", sequence="mA*C")
    assert len(told.value.problems) == 5
    (files / "a.gff3").write_text("c1\tx\tgene\t11\t190\t.\t+\t.\tID=g1\n")
    with pytest.raises(ProgramError, match="a transcript with exons"):
        asked(files)
    (files / "a.gff3").write_text("c1\tx\tmRNA\t11\t9900\t.\t+\t.\tID=t1\nc1\tx\texon\t11\t9900\t.\t+\t.\tParent=t1\n")
    with pytest.raises(ProgramError, match="no usable transcript"):
        asked(files)
    assert not (files / "o").exists()


def test_a_registered_reference_stands_for_both_files(files, monkeypatch):
    from proband.local_references.register import add

    monkeypatch.setenv("PROBAND_HOME", str(files / "home"))
    add("made", files / "g.fa", files / "a.gff3", "b1", folder=files / "home")
    add("bare", files / "g.fa", None, "", folder=files / "home")

    def by(*more):
        return CliRunner().invoke(
            command, ["--sequence", OLIGO, "--out", str(files / "o"), *more], catch_exceptions=False
        )

    assert "2 hits" in by("--reference", "made").output
    assert json.loads((files / "o" / "summary.json").read_text())["databases"]["build"] == "b1"
    for more, said in (
        (("--reference", "bare"), "no annotation"),
        ((), "found:    neither"),
        (("--genome", "g.fa"), "found:    one file"),
        (("--reference", "made", "--gff", "a.gff3"), "found:    both"),
    ):
        with pytest.raises(ProgramError, match=said):
            by(*more)


def test_duplex_energy_by_the_real_engine_where_it_is_installed():
    engine = pytest.importorskip("RNA", reason="ViennaRNA (proband[rna]) is not installed")
    genome = genome_of({"c1": "GG" + SITE + "ACGTTGCA" * 4 + SITE[:9] + "C" + SITE[10:]})
    known = build_transcripts([TranscriptRecord("T1", "c1", "+", ((0, 74),))], genome)
    oligo = oligo_of(OLIGO, "", "", OligoLimits(1))
    ranked, why = rank_hits(search_oligo(oligo, genome, known)[0], oligo, known, Setting(engine=engine))
    assert why == ""
    assert ranked[0].energy < ranked[1].energy < -15


def test_a_table_cell_runs_no_formula():
    records = [TranscriptRecord("=T1", "c1", "+", ((0, 40),), gene="=cmd()")]
    genome = genome_of({"c1": "GG" + SITE + "ACGTTGCA" * 4})
    known = build_transcripts(records, genome)
    oligo = oligo_of(OLIGO, "", "", OligoLimits(0))
    hits, _ = search_oligo(oligo, genome, known)
    ranked, _ = rank_hits(hits, oligo, known, Setting())
    assert "\t'=cmd()\t'=T1\t'=T1\t" in hits_tsv(ranked, oligo)
