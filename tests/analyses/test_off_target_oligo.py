"""Transcripts that pair with an oligonucleotide, from a folder: hits beside the target, what is unknown, bad tables."""

import random

import platform_files as files
import pytest

from proband import api
from proband.core.errors import ProgramError
from proband.core.evidence import Members
from proband.core.kinds import evidence_problems

OLIGO = "GCTAGGTTCACCATGATCGT"
SITE = OLIGO[::-1].translate(str.maketrans("ACGT", "TGCA"))
PROGRAM = files.PROGRAM.replace(
    'stage = "treated"', 'stage = "treated"\nmodality = "gapmer"\ngene = { symbol = "MEANT" }'
)
PROGRAM += f'[candidate]\nid = "c"\nsequence = "{OLIGO}"\n'
STATED = '[parameters.oligo_off_target]\nwhole_annotation = true\nbuild = "T1"\n'
RANDOM = "".join(random.Random(5).choices("ACGT", k=900))
NEAR = SITE[:9] + ("A" if SITE[9] != "A" else "C") + SITE[10:]
SEQUENCE = RANDOM[:100] + SITE + RANDOM[120:400] + NEAR + RANDOM[420:]
FASTA = f">c1\n{SEQUENCE}\n"


def gene(name, start, end):
    rows = (
        (f"gene\t{start}\t{end}", f"ID={name};Name={name}"),
        (f"mRNA\t{start}\t{end}", f"ID={name}-t;Parent={name}"),
    )
    rows += ((f"exon\t{start}\t{end}", f"Parent={name}-t"),)
    return "".join(f"c1\tx\t{what}\t.\t+\t.\t{more}\n" for what, more in rows)


GFF = "##gff-version 3\n" + gene("MEANT", 51, 300) + gene("BESIDE", 351, 700)
TESTS = "hit,gene,tested_in,readout,on_target_ic50_nm,off_target_ic50_nm,highest_nm,exposure_nm,source\n"
HIT = "c1:401-420(+)"


@pytest.fixture
def lines(tmp_path):
    """Lines of a folder; an empty text takes a file out."""

    def of(program=PROGRAM + STATED, **tables):
        made = {"program.toml": program, "reference/a.fa": FASTA, "reference/a.gff3": GFF, **tables}
        run = api.analyse(api.read_program(files.write(tmp_path / "p", {k: v for k, v in made.items() if v})))
        assert run.failures == ()
        for e in run.of("oligonucleotide.off_target"):
            assert evidence_problems(e, "x", "y") == []
        return run.of("oligonucleotide.off_target")

    return of


def test_a_site_beside_the_target_is_counted_and_the_target_is_not(lines):
    (line,) = lines()
    assert {k: q.value for k, q in line.quantities.items()} == {"perfect_hits": 0, "hits": 1, "genes": 1}
    assert line.tables[0].rows[0][:4] == (HIT, "BESIDE", "both", "1")
    assert len(line.facts["searched"].present) == 4
    assert len(line.facts["ranked"].unknown) == 3


def test_a_piece_of_annotation_does_not_answer_for_all_transcripts(lines):
    (line,) = lines(PROGRAM)
    assert line.facts["searched"].unknown == ("spliced_transcripts", "unspliced_transcripts", "database")


def test_a_tested_hit_with_a_margin(lines):
    row = f"{HIT},BESIDE,HepG2,qPCR,1,30,,,x\n"
    (line,) = lines(**{"offtarget/oligo_followup.csv": TESTS + row})
    assert line.facts["ranked"] == Members(("tested_in_cells", "margin"), (), ("expression_in_exposed_tissue",))


def test_a_hit_that_was_listed_and_not_tested(lines):
    (line,) = lines(**{"offtarget/oligo_followup.csv": TESTS + f"{HIT},BESIDE,,,,,,,x\n"})
    assert line.facts["ranked"].absent == ("tested_in_cells", "margin")


def test_expression_in_the_exposed_tissue(lines):
    table = "gene,tissue,tpm,source\nBESIDE,liver,0.1,x\n"
    program = PROGRAM + STATED + 'tissue = "liver"\n'
    (line,) = lines(program, **{"offtarget/oligo_expression.csv": table})
    assert line.facts["ranked"].present == ("expression_in_exposed_tissue",)


@pytest.mark.parametrize("without", ["reference/a.fa", "reference/a.gff3"])
def test_no_file_no_line(lines, without):
    assert lines(**{without: ""}) == ()


def test_an_editor_without_an_oligonucleotide_has_no_line(lines):
    assert lines(PROGRAM.replace(f'sequence = "{OLIGO}"', "")) == ()


def test_a_table_of_tests_with_faults_is_refused_before_anything_is_computed(lines):
    with pytest.raises(ProgramError, match="extrapolated"):
        lines(**{"offtarget/oligo_followup.csv": TESTS + f"{HIT},BESIDE,HepG2,qPCR,1,30,10,,x\n"})
