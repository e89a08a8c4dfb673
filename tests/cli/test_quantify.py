"""``proband quantify``: alone, from reads to files; what is wrong is told in words; the same files on two threads."""

import gzip
import json
import random

import pytest

RNG = random.Random(11)
GUIDE = "GACATACAGTCCATCGTGCA"
AMPLICON = "".join(RNG.choices("ACGT", k=70)) + GUIDE + "TGG" + "".join(RNG.choices("ACGT", k=70))
CUT = 87


@pytest.fixture
def reads(tmp_path):
    made = (
        [AMPLICON] * 6
        + [AMPLICON[:CUT] + AMPLICON[CUT + 4 :]] * 3
        + [AMPLICON[:CUT] + "T" + AMPLICON[CUT:], "ACGT" * 30]
    )
    path = tmp_path / "reads.fastq.gz"
    text = "".join(f"@r{n}\n{r}\n+\n{'I' * len(r)}\n" for n, r in enumerate(made))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path


def run(proband, reads, *more, code=0, amplicon=AMPLICON, guide=GUIDE, out="out"):
    return proband(
        "quantify", "--reads", reads, "--amplicon", amplicon, "--guide", guide, "--out", reads.parent / out, *more,
        code=code,
    )  # fmt: skip


def test_counts_tables_and_figures(proband, reads):
    shown = run(proband, reads, "--profile", "compatible").stdout
    assert "11 reads: 0 filtered, 1 unaligned, 0 ambiguous, 10 assigned" in shown
    folder = reads.parent / "out"
    assert {p.name for p in folder.iterdir()} == {
        "summary.json", "alleles.tsv", "alleles.parquet", "events.tsv", "nucleotides.tsv", "modifications.tsv",
        "indel_sizes.tsv", "reads.svg", "positions-1.svg", "sizes-1.svg",
    }  # fmt: skip
    told = json.loads((folder / "summary.json").read_text())
    assert told["reads"]["in"] == 11
    (a,) = told["amplicons"]
    assert [a[k] for k in ("reads", "unmodified", "modified", "insertions", "deletions", "substitutions")] == [
        10, 6, 4, 1, 3, 0,
    ]  # fmt: skip
    assert str(reads.parent) not in (folder / "summary.json").read_text()


def test_the_same_bytes_on_two_threads_and_in_another_place(proband, reads):
    run(proband, reads)
    moved = reads.parent / "elsewhere"
    moved.mkdir()
    (moved / "other.fastq.gz").write_bytes(reads.read_bytes())
    run(proband, moved / "other.fastq.gz", "--threads", "2")
    first = {p.name: p.read_bytes() for p in (reads.parent / "out").iterdir()}
    assert {p.name: p.read_bytes() for p in (moved / "out").iterdir()} == first


def test_json_on_the_standard_output(proband, reads):
    told = json.loads(run(proband, reads, "--format", "json", "--no-figures").stdout)
    assert told["reads"]["assigned"] == 10
    assert not list((reads.parent / "out").glob("*.svg"))


def test_a_wrong_amplicon_is_a_flagged_result(proband, reads):
    other = "".join(random.Random(5).choices("ACGT", k=160))
    shown = run(proband, reads, amplicon=other, guide=other[60:80]).stdout
    assert "no read fits an amplicon" in shown
    told = json.loads((reads.parent / "out" / "summary.json").read_text())
    assert {f["flag"] for f in told["flags"]} >= {"no_read_assigned", "mostly_unaligned"}


def test_a_reverse_complemented_amplicon_gives_the_same_counts(proband, reads):
    turned = AMPLICON.translate(str.maketrans("ACGT", "TGCA"))[::-1]
    assert "10 assigned" in run(proband, reads, amplicon=turned).stdout
    (a,) = json.loads((reads.parent / "out" / "summary.json").read_text())["amplicons"]
    assert (a["insertions"], a["deletions"]) == (1, 3)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--editor", "none"), "an editor that proband knows"),
        (("--prime-nick", GUIDE), "spacer and extension"),
        (("--variant", "12A"), "12A"),
        (("--window-coordinates", "7"), "range"),
        (("--adapter", "xx"), "at least 5 bases"),
        (("--name", "a\tb"), "visible letters"),
        (("--reads2", "none.fastq"), "none.fastq"),
    ],
)
def test_wrong_options_are_told_in_words(proband, reads, more, said):
    done = run(proband, reads, *more, code=1)
    assert said in done.stderr
    assert "remedy" in done.stderr


def test_a_guide_that_is_not_there_and_a_damaged_file(proband, reads):
    assert "neither strand" in run(proband, reads, guide=GUIDE[::-1], code=1).stderr
    reads.write_bytes(reads.read_bytes()[:-20])
    assert "too early" in run(proband, reads, code=1, out="new").stderr
    assert not (reads.parent / "new").exists()
