"""The patient's own copies searched in a folder: a site that an allele makes, what is unknown, bad references."""

import random

import platform_files as files
import pytest

from proband import api
from proband.core.evidence import Members
from proband.core.kinds import evidence_problems

SPACER = "GCTTCAGGAGCTTCTGGTCT"
PROGRAM = files.PROGRAM.replace('stage = "treated"', 'stage = "treated"\nmodality = "base_editor"')
PROGRAM += f'[candidate]\nid = "c"\nspacer = "{SPACER}"\npam = "NGG"\n'
WHOLE = "[parameters.off_target_search]\nwhole_genome = true\n"
HEAD = '##fileformat=VCFv4.2\n##FORMAT=<ID=GT,Number=1,Type=String,Description="G">\n'
HEAD += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tP1\n"
AT = 200
MADE = "".join(random.Random(3).choices("ACT", k=400))
SEQUENCE = MADE[:AT] + SPACER + "AGC" + MADE[AT + 23 :]
"""No G, so no PAM, but in the footprint: the PAM AGC becomes AGG by the patient's allele."""
PAM = f"c1\t{AT + 23}\t.\tC\tG\t.\tPASS\t.\tGT\t0|1\n"
INDEL = f"c1\t51\t.\t{SEQUENCE[50]}\t{SEQUENCE[50]}AT\t.\tPASS\t.\tGT\t0|1\n"
FASTA = f">c1\n{SEQUENCE}\n"


@pytest.fixture
def lines(tmp_path):
    """Lines of a folder with these calls."""

    def of(calls=PAM + INDEL, program=PROGRAM, fasta=FASTA, **tables):
        made = {"program.toml": program, "reference/a.fa": fasta, "variants/p.vcf": HEAD + calls, **tables}
        run = api.analyse(api.read_program(files.write(tmp_path / "p", {k: v for k, v in made.items() if v})))
        assert run.failures == ()
        for e in run.of("off_target.personal"):
            assert evidence_problems(e, "x", "y") == []
        return run.of("off_target.personal")

    return of


def test_an_allele_that_makes_a_pam_makes_a_site(lines):
    (line,) = lines()
    assert line.quantities["created_sites"].value == 1
    assert line.quantities["lost_sites"].value == 0
    assert line.subject.id == "P1"
    (row,) = line.tables[0].rows
    assert row[:5] == (f"c1:{AT + 21}", "+", SPACER, "AGG", "0")
    assert "94.1" not in line.scope.detection_limit


def test_a_slice_is_no_whole_genome_unless_stated(lines):
    (line,) = lines()
    assert line.facts["searched"].unknown == ("whole_genome",)
    assert "whole genome" in line.statement


def test_a_whole_genome_as_stated_with_every_kind_of_variant(lines):
    (line,) = lines(program=PROGRAM + WHOLE)
    assert len(line.facts["searched"].present) == 5


def test_a_contig_without_calls_leaves_the_whole_genome_unknown(lines):
    (line,) = lines(program=PROGRAM + WHOLE, fasta=f"{FASTA}>c2\n{MADE}\n")
    assert line.facts["searched"].unknown == ("whole_genome",)


def test_a_homozygous_allele_that_breaks_the_pam_loses_the_site_on_both_copies(lines):
    fasta = f">c1\n{SEQUENCE.replace(SPACER + 'AGC', SPACER + 'AGG')}\n"
    lost = PAM.replace("C\tG", "G\tC")
    assert lines(lost + INDEL, fasta=fasta)[0].quantities["lost_sites"].value == 0
    assert lines(lost.replace("0|1", "1|1") + INDEL, fasta=fasta)[0].quantities["lost_sites"].value == 1


def test_calls_without_an_indel_do_not_say_that_indels_were_searched(lines):
    (line,) = lines(PAM)
    assert "insertions_and_deletions" in line.facts["searched"].unknown


def test_a_missing_call_leaves_both_haplotypes_unknown(lines):
    (line,) = lines(PAM + INDEL + f"c1\t300\t.\t{SEQUENCE[299]}\tG\t.\tPASS\t.\tGT\t./.\n")
    assert "both_haplotypes" in line.facts["searched"].unknown


@pytest.mark.parametrize(
    ("tables", "word"),
    [
        ({"fasta": FASTA.replace("AGC", "AGT")}, "REF"),
        ({"fasta": FASTA.replace("c1", "other")}, "c1"),
        ({"fasta": "no fasta\n"}, "a.fa"),
        ({"program": PROGRAM.replace('pam = "NGG"', "")}, "a PAM of 1 to 12"),
    ],
)
def test_a_reference_that_does_not_fit_gives_a_reason_and_no_number(lines, tables, word):
    (line,) = lines(**tables)
    assert line.quantities == {}
    assert line.facts["searched"] == Members((), (), line.facts["searched"].unknown)
    assert word in line.statement


@pytest.mark.parametrize("without", ["reference/a.fa", "variants/p.vcf"])
def test_no_file_no_line(lines, without):
    assert lines(**{without: ""}) == ()
