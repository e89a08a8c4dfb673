"""Genomes that a program names by digest: searched where this machine has them, told where it does not."""

import random

import platform_files as files
import pytest

from proband import api
from proband.core.evidence import ConcernWord
from proband.core.kinds import evidence_problems
from proband.local_references.register import add, remove

SPACER = "GCTTCAGGAGCTTCTGGTCT"
CANDIDATE = f'[candidate]\nid = "c"\nspacer = "{SPACER}"\npam = "NGG"\n'
PROGRAM = files.PROGRAM.replace('stage = "treated"', 'stage = "treated"\nmodality = "base_editor"')
WHOLE = "[parameters.off_target_search]\nwhole_genome = true\n"
NAMED = '[[reference]]\nname = "g"\nbuild = "b1"\ndigest = "{}"\n'
MADE = "".join(random.Random(3).choices("ACT", k=400))
SEQUENCE = MADE[:200] + SPACER + "AGC" + MADE[223:]
HEAD = '##fileformat=VCFv4.2\n##FORMAT=<ID=GT,Number=1,Type=String,Description="G">\n'
HEAD += "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\tP1\n"
CALLS = f"c1\t51\t.\t{SEQUENCE[50]}\t{SEQUENCE[50]}AT\t.\tPASS\t.\tGT\t0|1\nc1\t223\t.\tC\tG\t.\tPASS\t.\tGT\t0|1\n"
SLICE = f">c1\n{SEQUENCE[:300]}\n"


@pytest.fixture
def genome(tmp_path, monkeypatch):
    """A registered genome; the register and the packed genomes lie under the test's own folder."""
    monkeypatch.setenv("PROBAND_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fasta = tmp_path / "genome.fa"
    fasta.write_text(f">c1\n{SEQUENCE}\n")
    return add("g", fasta, None, "b1", folder=tmp_path / "home")


@pytest.fixture
def lines(tmp_path):
    def of(digest, kind="off_target.personal", more="", **tables):
        made = {
            "program.toml": PROGRAM + more + NAMED.format(digest) + CANDIDATE + WHOLE,
            "variants/p.vcf": HEAD + CALLS,
        }
        run = api.analyse(api.read_program(files.write(tmp_path / "p", {**made, **tables})))
        assert run.failures == ()
        for e in run.of(kind):
            assert evidence_problems(e, "x", "y") == []
        return run.of(kind)

    return of


def test_a_registered_genome_is_searched_and_stands_in_the_record(genome, lines):
    (line,) = lines(genome.digest)
    assert line.quantities["created_sites"].value == 1
    assert line.facts["searched"].unknown == ()
    assert [(f.path, f.digest) for f in line.provenance.references] == [("g b1", genome.digest)]
    assert "genome g (b1)" in line.scope.where
    assert line.concerns == ()


def test_it_is_searched_rather_than_a_slice_in_the_folder(genome, lines):
    (line,) = lines(genome.digest, **{"reference/a.fa": SLICE})
    assert "400 bases" in line.scope.where


def test_one_that_is_not_here_gives_no_number_and_says_so(genome, lines, tmp_path):
    before = lines(genome.digest)
    remove("g", "b1", folder=tmp_path / "home")
    (line,) = lines(genome.digest)
    assert line.quantities == {}
    assert len(line.facts["searched"].unknown) == 5
    assert "proband reference add" in line.statement + line.concerns[0].because
    assert line.provenance.references == ()
    assert line.id != before[0].id


def test_another_sequence_under_the_name_is_not_searched(genome, lines):
    (line,) = lines("0" * 64)
    assert line.quantities == {}
    assert "sequence digest" in line.statement


def test_a_slice_in_its_stead_is_searched_with_a_concern_and_is_no_whole_genome(genome, lines, tmp_path):
    remove("g", "b1", folder=tmp_path / "home")
    (line,) = lines(genome.digest, **{"reference/a.fa": SLICE})
    assert line.quantities["created_sites"].value == 1
    assert "whole_genome" in line.facts["searched"].unknown
    assert [c.word for c in line.concerns] == [ConcernWord.INDIRECT]
    assert "reference/a.fa" in line.concerns[0].because


def test_a_file_that_changed_since_it_was_registered_is_not_searched(genome, lines, tmp_path):
    (tmp_path / "genome.fa").write_text(f">c1\n{SEQUENCE}A\n")
    (line,) = lines(genome.digest)
    assert line.quantities == {}
    assert "changed" in line.statement
    assert str(tmp_path) not in line.statement + line.concerns[0].because


def test_of_two_genomes_the_one_to_search_must_be_named(genome, lines):
    two = NAMED.replace('"g"', '"h"').format("1" * 64)
    (line,) = lines(genome.digest, more=two)
    assert line.quantities == {}
    assert "one genome" in line.statement
    (line,) = lines(genome.digest, more=two, **{
        "program.toml": PROGRAM + two + NAMED.format(genome.digest) + CANDIDATE + WHOLE + 'reference = "g"\n'
    })  # fmt: skip
    assert line.quantities["created_sites"].value == 1


def test_the_same_digest_gives_the_same_line_whatever_the_file_looks_like(genome, lines, tmp_path):
    (before,) = lines(genome.digest)
    other = tmp_path / "other.fa"
    other.write_text(">c1 again\n" + "\n".join(SEQUENCE[i : i + 60].lower() for i in range(0, 400, 60)) + "\n")
    add("g", other, None, "b1", folder=tmp_path / "home", replace=True)
    (after,) = lines(genome.digest)
    assert after.id == before.id


OLIGO = PROGRAM.replace("base_editor", "gapmer") + '{}[candidate]\nid = "c"\nsequence = "ACGTTGCAACGTTGCAT"\n'
GFF = "##gff-version 3\n" + "".join(
    f"c1\tx\t{kind}\t1\t400\t.\t+\t.\t{more}\n"
    for kind, more in (("gene", "ID=G1;Name=G1"), ("mRNA", "ID=t1;Parent=G1"), ("exon", "Parent=t1"))
)


@pytest.mark.parametrize("annotated", [True, False])
def test_an_oligonucleotide_is_searched_in_a_registered_genome_with_annotation(genome, lines, tmp_path, annotated):
    (tmp_path / "a.gff3").write_text(GFF)
    gff = tmp_path / "a.gff3" if annotated else None
    add("g", tmp_path / "genome.fa", gff, "b1", folder=tmp_path / "home", replace=True)
    program = {"program.toml": OLIGO.format(NAMED.format(genome.digest))}
    (line,) = lines("", "oligonucleotide.off_target", **program)
    if not annotated:
        assert "without annotation" in line.statement
        assert (line.quantities, len(line.facts["searched"].unknown)) == ({}, 4)
        return
    assert line.quantities["hits"].value == 0
    assert [f.path for f in line.provenance.references] == ["g b1", "g b1, annotation"]


def test_check_says_which_genome_is_not_here_and_what_no_file_holds(genome, proband, tmp_path, monkeypatch):
    import json

    program = {"program.toml": PROGRAM + NAMED.format(genome.digest) + CANDIDATE, "reference/a.fa": SLICE}
    root = files.write(tmp_path / "p", program)
    told = json.loads(proband("check", root, "--format", "json", code=0).stdout)
    assert told["references_missing"] == []
    missing = {x["kind"] for x in told["missing"]}
    assert {"off_target.confirmed", "off_target.variation", "off_target.guide_independent"} <= missing
    assert not {"targeting.match", "variant.resolution"} & missing
    remove("g", "b1", folder=tmp_path / "home")
    out = proband("check", root, code=0).stdout
    assert "genome g (b1)" in out
    assert "not on this machine" in out or "no such name in the register" in out
