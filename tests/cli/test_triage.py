"""``proband triage``: every variant of a list gets a row; the same answers wherever it runs."""

import json
import random

import polars
import pytest

from proband.science.design.editors import load_editors
from proband.science.design.haplotype import Placed, correction, haplotype_of
from proband.science.design.spacers import enumerate_guides
from proband.science.design.triage_list import cover

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture
def genome(tmp_path):
    rng = random.Random(5)
    sequence = "".join(rng.choices("ACGT", k=3000))
    (tmp_path / "g.fa").write_text(f">c1\n{sequence}\n")
    return tmp_path, sequence


def run(proband, folder, text, *more, name="v.vcf", code=0):
    (folder / name).write_text(text)
    return proband("triage", folder / name, "--fasta", folder / "g.fa", "--out", folder / "out", *more, code=code)


def table(folder):
    return polars.concat([polars.read_parquet(p) for p in sorted((folder / "out").glob("*.parquet"))]).to_dicts()


def snvs(sequence, count):
    rng = random.Random(6)
    chosen = sorted(rng.sample(range(300, len(sequence) - 300), count))
    return [(p, sequence[p], rng.choice([b for b in "ACGT" if b != sequence[p]])) for p in chosen]


def test_counts_are_those_of_the_design_of_each_variant(proband, genome):
    folder, sequence = genome
    listed = snvs(sequence, 25)
    run(proband, folder, HEAD + "".join(f"c1\t{p + 1}\t.\t{r}\t{a}\t.\t.\t.\n" for p, r, a in listed))
    editors = [e for e in load_editors().values() if e.kind == "base"]
    for row, (p, r, a) in zip(table(folder), listed, strict=True):
        variant = Placed(p, r, a)
        haplotype = haplotype_of("c1", 0, sequence, [variant])
        for e in editors:
            expected = len(enumerate_guides(haplotype, correction(haplotype, variant), e).guides)
            assert row[f"guides:{e.name}"] == expected, (p, e.name)


def test_every_variant_keeps_its_row_and_its_reason(proband, genome):
    folder, sequence = genome
    ref = sequence[499]
    other = next(b for b in "ACGT" if b != ref)
    third = next(b for b in "ACGT" if b not in (ref, other))
    rows = [
        f"c1\t500\trs1\t{ref}\t{other},{third}",
        f"c1\t500\t.\t{ref}\t{ref}{other}",
        f"c1\t500\t.\t{ref}\t<DEL>",
        f"c1\t500\t.\t{other}\t{third}",
        f"chr1\t500\t.\t{ref}\t{other}",
        f"c1\t99999\t.\t{ref}\t{other}",
        f"c1\t500\t.\tR\t{other}",
        f"c1\t500\t.\t{ref}\t*",
        f"c1\t1\t.\t{sequence[0]}\t{'ACGT'['CATG'.index(sequence[0])]}",
        f"c1\t3000\t.\t{sequence[-1]}\t{'ACGT'['CATG'.index(sequence[-1])]}",
    ]
    run(proband, folder, HEAD + "\n".join(rows) + "\n")
    status = [r["status"] for r in table(folder)]
    assert status == [
        "ok", "ok", "not a single-base change", "not a single-base change: symbolic allele", "reference_differs",
        "no contig chr1", "beyond the end of the contig", "not one known base: R",
        "not a single-base change: an allele taken away by another deletion", "ok", "ok",
    ]  # fmt: skip
    assert all(r["guides:SpCas9"] is None for r in table(folder)[2:9])
    assert [r["position"] for r in table(folder)[-2:]] == [1, 3000]


def test_a_list_of_names(proband, genome):
    folder, sequence = genome
    ref = sequence[499]
    other = next(b for b in "ACGT" if b != ref)
    run(proband, folder, f"# a comment\nc1:g.500{ref}>{other}\nnonsense\nc1:g.500{other}>{ref}\n", name="v.txt")
    rows = table(folder)
    assert rows[0]["status"] == "ok"
    assert (rows[0]["position"], rows[0]["ref"]) == (500, ref)
    assert all(r["status"].startswith("not read") for r in rows[1:])
    assert rows[1]["position"] is None


def test_the_same_files_wherever_it_runs(proband, genome):
    folder, sequence = genome
    text = HEAD + "".join(f"c1\t{p + 1}\t.\t{r}\t{a}\t.\t.\t.\n" for p, r, a in snvs(sequence, 200))
    out = json.loads(run(proband, folder, text, "--format", "json").stdout)
    assert out["status"] == {"ok": 200}
    first = {p.name: p.read_bytes() for p in (folder / "out").iterdir()}
    assert {"editors.tsv", "editors.svg", "variants-00000.parquet"} == set(first)
    run(proband, folder, text, "--executor", "processes:2")
    assert {p.name: p.read_bytes() for p in (folder / "out").iterdir()} == first


GFF = """##gff-version 3
c1\tt\tmRNA\t101\t1000\t.\t+\t.\tID=T1;Parent=g1;tag=MANE_Select
c1\tt\texon\t101\t1000\t.\t+\t.\tParent=T1
c1\tt\tCDS\t101\t1000\t.\t+\t0\tParent=T1
c1\tt\tmRNA\t901\t2000\t.\t-\t.\tID=T2;Parent=g2
c1\tt\texon\t901\t1300\t.\t-\t.\tParent=T2
c1\tt\texon\t1701\t2000\t.\t-\t.\tParent=T2
c1\tt\tCDS\t1101\t1300\t.\t-\t.\tParent=T2
c1\tt\tCDS\t1701\t2000\t.\t-\t.\tParent=T2
"""


@pytest.fixture
def annotated(genome):
    """A reading frame without a stop in the first 1,000 bases is put in; T2's own frame is left to chance."""
    folder, sequence = genome
    frame = ("ATG" + "GCAGAAACT" * 99 + "GCA" * 2)[:897] + "TAA"
    sequence = sequence[:100] + frame + sequence[1000:]
    (folder / "g.fa").write_text(f">c1\n{sequence}\n")
    (folder / "g.gff3").write_text(GFF)
    return folder, sequence


def test_with_transcripts_each_row_has_its_effect(proband, annotated):
    folder, sequence = annotated
    places = [103, 106, 950, 1300, 1301, 2500]  # 0-based
    rows = [f"c1\t{p + 1}\t.\t{sequence[p]}\t{'T' if sequence[p] != 'T' else 'A'}\n" for p in places]
    done = run(proband, folder, HEAD + "".join(rows), "--gff", folder / "g.gff3", "--format", "json")
    found = table(folder)
    assert [r["transcript"] for r in found] == ["T1", "T1", "T1", "T2", "T2", ""]
    assert [r["others"] for r in found] == [0, 0, 1, 0, 0, 0]
    assert (found[0]["hgvs"], found[0]["protein"], found[0]["term"]) == ("T1:c.4G>T", "p.(Ala2Ser)", "missense")
    assert (found[1]["hgvs"], found[1]["term"], found[1]["protein"]) == ("T1:c.7G>T", "stop_gained", "p.(Glu3Ter)")
    assert [r["splice_distance"] for r in found[3:5]] == [-1, -2]
    assert [r["term"] for r in found[3:]] == ["splice_acceptor", "splice_acceptor", "outside_of_every_transcript"]
    assert found[5]["clean:ABE8e/SpCas9"] is None
    assert found[5]["guides:ABE8e/SpCas9"] is not None
    out = json.loads(done.stdout)
    assert out["effects"]["outside_of_every_transcript"] == 1
    assert out["covered_by_clean"] <= out["covered_by_any"]


def test_the_cover_by_clean_guides_counts_clean_guides(proband, annotated):
    folder, sequence = annotated
    listed = [(p, r, a) for p, r, a in snvs(sequence, 300) if p < 960]
    text = HEAD + "".join(f"c1\t{p + 1}\t.\t{r}\t{a}\n" for p, r, a in listed)
    asked = ["--gff", folder / "g.gff3", "--format", "json"]
    by_any = json.loads(run(proband, folder, text, *asked).stdout)
    by_clean = json.loads(run(proband, folder, text, *asked, "--cover", "clean", "--executor", "processes:2").stdout)
    names = {e.name for e in load_editors().values() if e.kind != "nuclease"}
    rows = table(folder)
    for word, prefix in (("any", "guides:"), ("clean", "clean:")):
        assert by_any[f"covered_by_{word}"] == sum(any(r[prefix + n] for n in names) for r in rows)
    assert (by_any["cover_by"], by_clean["cover_by"]) == ("any", "clean")
    assert by_clean["cover"][-1][2] == by_clean["covered_by_clean"]
    for e in names:
        assert by_clean["clean"].get(e, 0) == sum(bool(r[f"clean:{e}"]) for r in rows)
    header, *lines = (folder / "out" / "editors.tsv").read_text().splitlines()
    assert header.split("\t")[4:] == [
        "any_cover_step", "any_adds", "any_covered", "clean_cover_step", "clean_adds", "clean_covered",
    ]  # fmt: skip
    assert len(lines) == len(load_editors())
    assert "a clean guide" in (folder / "out" / "editors.svg").read_text()


def test_one_transcript_can_be_asked_for(proband, annotated):
    folder, sequence = annotated
    text = HEAD + f"c1\t951\t.\t{sequence[950]}\tT\nc1\t201\t.\t{sequence[200]}\tT\n".replace("T\tT", "T\tA")
    run(proband, folder, text, "--gff", folder / "g.gff3", "--transcript", "T2")
    assert [(r["transcript"], r["others"]) for r in table(folder)] == [("T2", 1), ("", 1)]
    assert table(folder)[1]["term"] == "outside_of_the_transcript_asked_for"
    assert "T9" in run(proband, folder, text, "--gff", folder / "g.gff3", "--transcript", "T9", code=1).stderr
    assert "--gff" in run(proband, folder, text, "--cover", "clean", code=1).stderr


def test_bad_files_are_told_in_words(proband, genome):
    folder, _ = genome
    assert "tab-separated" in run(proband, folder, HEAD + "c1 5 . A G\n", code=1).stderr
    assert (
        "remedy" in proband("triage", folder / "none", "--fasta", folder / "g.fa", "--out", folder / "o", code=1).stderr
    )


def test_the_cover_counts_every_reached_variant_once():
    rng = random.Random(8)
    patterns = {frozenset(rng.sample("abcdef", rng.randint(0, 3))): rng.randint(1, 9) for _ in range(20)}
    chosen = cover(patterns)
    reached = sum(n for editors, n in patterns.items() if editors)
    assert chosen[-1][2] == sum(added for _, added, _ in chosen) == reached
