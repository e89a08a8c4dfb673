"""UMIs and BAM files at the command line: one amplicon, and a panel in which counts are molecules."""

import csv
import io
import json

import pysam
import pytest

from proband.testing.alleles import Allele, mixture
from proband.testing.panels import dilution_sites
from proband.testing.read_files import fastq_bytes, write_reads
from proband.testing.reads import ReadDesign, simulate_reads

SITES = dilution_sites((0.0, 0.3), edit="indel")
AMPLICON, GUIDE = SITES[1].amplicon, SITES[1].spacer
DELETED = AMPLICON[: SITES[1].cut] + AMPLICON[SITES[1].cut + 5 :]
EDITED = (Allele("wt", "wild_type", AMPLICON, 0.7), Allele("del", "deletion", DELETED, 0.3))


@pytest.fixture
def reads(tmp_path):
    design = ReadDesign(EDITED, 900, molecules=200, umi_length=9, umi_place="prefix")
    path = tmp_path / "reads.fastq.gz"
    write_reads(simulate_reads(design, seed=2), path)
    return path


def run(proband, reads, *more, code=0, out="out"):
    return proband(
        "quantify", "--reads", reads, "--amplicon", AMPLICON, "--guide", GUIDE, "--out", reads.parent / out,
        "--no-figures", *more, code=code,
    )  # fmt: skip


def test_families_are_counted(proband, reads):
    shown = run(proband, reads, "--umi", "prefix:9").stdout
    assert "900 reads: 0 filtered" in shown
    assert "UMI families: " in shown
    told = json.loads((reads.parent / "out" / "summary.json").read_text())
    assert told["counted"] == "umi families"
    assert 170 <= told["reads"]["in"] <= 190
    run(proband, reads, "--umi", "prefix:9", "--umi-min-reads", "3", "--no-umi-join", "--threads", "2", out="three")
    told = json.loads((reads.parent / "three" / "summary.json").read_text())
    assert told["umi"]["families"]["too_few_reads"] == told["reads"]["filtered_by_reason"]["umi_too_few_reads"] > 0
    assert told["umi"]["identifiers_joined"] is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--umi", "prefix:99"), "N from 4 to 31"),
        (("--umi", "tag"), "N from 4 to 31"),
        (("--umi", "header"), "a name without a UMI"),
    ],
)
def test_what_is_wrong_is_told(proband, reads, more, said):
    done = run(proband, reads, *more, code=1)
    assert said in done.stderr
    assert "remedy" in done.stderr


def test_a_bam_gives_the_same_tables(proband, reads):
    path = reads.parent / "reads.bam"
    with pysam.FastxFile(str(reads)) as fastq, pysam.AlignmentFile(str(path), "wb", header={"HD": {}}) as out:
        for record in fastq:
            a = pysam.AlignedSegment(out.header)
            a.query_name, a.flag, a.query_sequence = record.name, 4, record.sequence
            a.query_qualities = pysam.qualitystring_to_array(record.quality)
            out.write(a)
    run(proband, reads, "--umi", "prefix:9")
    run(proband, path, "--umi", "prefix:9", out="bam")
    names = {p.name for p in (reads.parent / "bam").iterdir()} - {"summary.json"}
    assert "alleles.tsv" in names
    for name in names:
        assert (reads.parent / "bam" / name).read_bytes() == (reads.parent / "out" / name).read_bytes()
    path.write_bytes(path.read_bytes()[:-30])
    assert "a whole BAM file" in run(proband, path, code=1, out="new").stderr


def table(path, rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(out.getvalue())
    return path


def panel(folder, umis):
    rows = []
    for n, (umi, arm) in enumerate(zip(umis, ("treated", "treated", "control", "control"), strict=True)):
        drawn = []
        for m, site in enumerate(SITES):
            alleles = EDITED if arm == "treated" and m else mixture(site.amplicon)
            design = ReadDesign(alleles, 2500, site=f"s{m}", molecules=500, umi_length=10)
            drawn.append(simulate_reads(design, seed=10 * n + m))
        (folder / f"{n}.fastq").write_bytes(fastq_bytes(drawn))
        rows.append({"sample": f"a{n}", "arm": arm, "replicate": n, "reads": f"{n}.fastq", "dna_ng": 100, "umi": umi})
    sites = [
        {"site": f"s{m}", "amplicon": s.amplicon, "spacer": s.spacer, "editor": "SpCas9", "on_target": "no"}
        for m, s in enumerate(SITES)
    ]
    return table(folder / "samples.csv", rows), table(folder / "sites.csv", sites)


def test_a_panel_of_molecules(proband, tmp_path):
    samples, sites = panel(tmp_path, ["header"] * 4)
    shown = proband(
        "quantify-panel", samples, "--sites", sites, "--umi-min-reads", "2", "--out", tmp_path / "out", "--no-figures",
        code=0,
    ).stdout  # fmt: skip
    assert "UMI families" in shown
    told = json.loads((tmp_path / "out" / "panel.json").read_text())
    assert told["parameters"]["umi_min_reads"] == 2
    assert {s["counted"] for s in told["samples"]} == {"UMI families"}
    assert "UMI families" in told["statements"][0]
    outcomes = (tmp_path / "out" / "outcomes.tsv").read_text().splitlines()
    assert all(line.split("\t")[3] == "UMI families" for line in outcomes[1:])
    assert not any(" reads" in f["reason"] for f in told["flags"]), told["flags"]
    for sample in told["samples"]:
        assert sample["genomes"] is None
        assert sample["umi"] == "header"
        assert sample["umi_reads"]["reads"]["in"] == 5000
        assert sample["umi_reads"]["families"]["too_few_reads"] > 0
        assert sample["reads"]["in"] == sample["umi_reads"]["families"]["in"]
        assert all(380 <= n <= 500 for n in sample["reads_by_site"].values())
    rows = csv.DictReader((tmp_path / "out" / "panel_sites.tsv").read_text().splitlines(), delimiter="\t")
    assert {r["site"]: r["call"] for r in rows} == {"s0": "not_detected", "s1": "detected"}


def test_identifiers_are_given_for_all_samples_or_for_none(proband, tmp_path):
    samples, sites = panel(tmp_path, ["header", "header", "", "prefix:2"])
    done = proband("quantify-panel", samples, "--sites", sites, "--out", tmp_path / "out", code=1)
    assert "row 4, column umi" in done.stderr
    assert "UMIs of all samples, or of none" in done.stderr
    assert "row 5, column umi" in done.stderr
    assert "N from 4 to 31" in done.stderr
