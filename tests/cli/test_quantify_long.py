"""``proband quantify-long``: works alone, same bytes on one and two threads, faults in words."""

import csv
import gzip
import json

import pytest

from proband.cli.quantify_long import command
from proband.core.errors import ProgramError
from proband.testing.long_reads import LongDesign, deletion, junction, random_sequence, simulate_long_reads, with_rest

SEQUENCE, CUT, SITE_SEQUENCE = random_sequence(6000, 3), 3000, random_sequence(2000, 4)


def written(path, made):
    path.write_bytes(gzip.compress(made.fastq, 1, mtime=0))
    return path


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Two treated and two control samples of an amplicon, and of a library without amplification."""
    folder = tmp_path_factory.mktemp("long")
    (folder / "locus.fa").write_text(f">target\n{SEQUENCE}\n")
    (folder / "site.fa").write_text(f">OT1\n{SITE_SEQUENCE}\n")
    lost = deletion(SEQUENCE, CUT - 150, CUT + 250, 0.05)
    joined = junction(SEQUENCE, CUT, SITE_SEQUENCE, 900, ("left", "right"), 0.03)
    rows = []
    for library, alleles in (("amplicon", [lost]), ("whole", [lost, joined])):
        for arm, held in (("treated", alleles), ("control", [])):
            for n in (1, 2):
                made = simulate_long_reads(
                    LongDesign(with_rest(SEQUENCE, held), 400, library=library, mean_length=4000), 10 * n + len(held)
                )
                name = f"{library}-{arm}-{n}"
                written(folder / f"{name}.fastq.gz", made)
                rows.append([name, arm, n, f"{name}.fastq.gz", library])
    with (folder / "samples.csv").open("w", newline="") as out:
        csv.writer(out).writerows([["sample", "arm", "replicate", "reads", "library"], *rows])
    (folder / "loci.csv").write_text(
        f"locus,cut,fasta,on_target,contig,start,arm\nT,{CUT + 1},locus.fa,yes,chr1,10001,p\n"
        "OT1,901,site.fa,no,chr2,50001,q\n"
    )
    return folder


def test_a_sheet_and_the_same_bytes_on_two_threads(proband, study, tmp_path):
    for threads in (1, 2):
        proband(
            "quantify-long", study / "samples.csv", "--loci", study / "loci.csv", "--threads", threads,
            "--out", tmp_path / str(threads),
        )  # fmt: skip
    names = sorted(p.name for p in (tmp_path / "1").iterdir())
    assert names == [
        "calls.tsv", "event-sizes-1.svg", "junctions.tsv", "large_events.tsv", "long_reads.json", "size_limits.tsv",
    ]  # fmt: skip
    for name in names:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()
    calls = list(csv.DictReader((tmp_path / "1" / "calls.tsv").read_text().splitlines(), delimiter="\t"))
    by_event = {(r["site"], r["event"]): r for r in calls}
    assert by_event["T", "deletion_up_to_1000"]["call"] == "detected"
    assert by_event["T", "inversion"]["call"] == "not_detected"
    assert float(by_event["T", "inversion"]["lod"]) < 0.05
    assert by_event["T with OT1", "junction"]["call"] == "detected"
    told = json.loads((tmp_path / "1" / "long_reads.json").read_text())
    for s in told["samples"]:
        for block in ("reads", "junction_reads"):
            if block in s:
                assert s[block].pop("in") == sum(s[block].values())
    assert {s["library"]: "junction_reads" in s for s in told["samples"]} == {"amplicon": False, "whole": True}
    assert any(f["flag"] == "reads_not_molecules" for f in told["flags"])
    events = list(csv.DictReader((tmp_path / "1" / "large_events.tsv").read_text().splitlines(), delimiter="\t"))
    top = next(r for r in events if r["arm"] == "treated")
    assert abs(int(top["start"]) - (CUT - 150 + 1)) <= 10
    assert float(top["low"]) < float(top["fraction"]) < float(top["high"])
    joined = list(csv.DictReader((tmp_path / "1" / "junctions.tsv").read_text().splitlines(), delimiter="\t"))
    assert {(r["target_side"], r["site_side"], r["chromosome"]) for r in joined} == {("left", "right", "acentric")}


def test_one_target_without_control_is_unknown(proband, study, tmp_path):
    done = proband(
        "quantify-long", "--reads", study / "amplicon-treated-1.fastq.gz", "--locus", study / "locus.fa",
        "--cut", CUT + 1, "--out", tmp_path / "out", "--no-figures",
    )  # fmt: skip
    assert "unknown" in done.stdout
    calls = list(csv.DictReader((tmp_path / "out" / "calls.tsv").read_text().splitlines(), delimiter="\t"))
    assert {r["call"] for r in calls} == {"unknown"}
    assert {r["lod"] for r in calls} == {""}


def run(*asked):
    """The command in this process: its text, or the problems that it tells."""
    try:
        command.main([*map(str, asked)], standalone_mode=False)
    except ProgramError as e:
        return str(e)
    return ""


def test_faults_are_told(proband, study, tmp_path):
    def told(*asked):
        found = run(*asked, "--out", tmp_path / "x")
        assert found
        assert not (tmp_path / "x").exists()
        return found

    cut = tmp_path / "cut.fastq.gz"
    cut.write_bytes((study / "amplicon-treated-1.fastq.gz").read_bytes()[:5000])
    options = ("--locus", study / "locus.fa", "--cut", CUT + 1)
    assert "ends too early" in told("--reads", cut, *options)
    done = proband("quantify-long", "--reads", tmp_path / "none.fastq", *options, "--out", tmp_path / "x", code=1)
    assert "no such file" in done.stderr + done.stdout
    good = study / "amplicon-treated-1.fastq.gz"
    assert "count from 1 on the locus" in told("--reads", good, "--locus", study / "locus.fa", "--cut", 99_000)
    assert "given twice" in told("--reads", good, "--control", good, *options)
    assert "--loci" in told(study / "samples.csv")
    bad = tmp_path / "samples.csv"
    bad.write_text(f"sample,arm,replicate,reads,library\na,treated,1,{good},amplcon\na,mock,1,,whole\n")
    text = told(bad, "--loci", study / "loci.csv")
    for part in ("library", "arm", "another name than in row 2", "column failed"):
        assert part in text
    (tmp_path / "loci.csv").write_text("locus,cut,fasta\nT,3001,none.fa\nT,1,none.fa\n")
    text = told(study / "samples.csv", "--loci", tmp_path / "loci.csv")
    assert "none.fa" in text
    assert "mark the target" in text


def test_short_and_empty_and_strange_reads_are_no_answer(study, tmp_path):
    def reason(text, name):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
        assert not run(
            "--reads", path, "--control", study / "amplicon-control-1.fastq.gz", "--locus",
            study / "locus.fa", "--cut", CUT + 1, "--out", tmp_path / f"o{name}", "--no-figures",
        )  # fmt: skip
        told = json.loads((tmp_path / f"o{name}" / "long_reads.json").read_text())
        calls = list(csv.DictReader((tmp_path / f"o{name}" / "calls.tsv").read_text().splitlines(), delimiter="\t"))
        assert {r["call"] for r in calls} == {"unknown"}
        return {f["flag"] for f in told["flags"]}

    assert "no_reads" in reason(b"", "empty.fastq")
    assert "all_filtered" in reason(b"@a\nACGT\n+\n5555\n" * 5, "short.fastq")
    wrong = simulate_long_reads(LongDesign(with_rest(SITE_SEQUENCE), 30), 1)
    assert "wrong_locus" in reason(wrong.fastq, "wrong.fastq.gz")
