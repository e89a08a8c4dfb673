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
    ]
    run(proband, folder, HEAD + "\n".join(rows) + "\n")
    status = [r["status"] for r in table(folder)]
    assert status == [
        "ok", "ok", "not a single-base change", "not a single-base change", "reference_differs", "no contig chr1",
        "beyond the end of the contig",
    ]  # fmt: skip
    assert all(r["guides:SpCas9"] is None for r in table(folder)[2:])


def test_a_list_of_names(proband, genome):
    folder, sequence = genome
    ref = sequence[499]
    other = next(b for b in "ACGT" if b != ref)
    run(proband, folder, f"# a comment\nc1:g.500{ref}>{other}\nnonsense\nc1:g.500{other}>{ref}\n", name="v.txt")
    rows = table(folder)
    assert rows[0]["status"] == "ok"
    assert (rows[0]["position"], rows[0]["ref"]) == (500, ref)
    assert all(r["status"].startswith("not read") for r in rows[1:])


def test_the_same_files_wherever_it_runs(proband, genome):
    folder, sequence = genome
    text = HEAD + "".join(f"c1\t{p + 1}\t.\t{r}\t{a}\t.\t.\t.\n" for p, r, a in snvs(sequence, 200))
    out = json.loads(run(proband, folder, text, "--format", "json").stdout)
    assert out["status"] == {"ok": 200}
    first = {p.name: p.read_bytes() for p in (folder / "out").iterdir()}
    assert {"editors.tsv", "editors.svg", "variants-00000.parquet"} == set(first)
    run(proband, folder, text, "--executor", "processes:2")
    assert {p.name: p.read_bytes() for p in (folder / "out").iterdir()} == first


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
