"""Reading FASTQ files: damaged, empty, mixed and large ones; pairs that do not belong together; filters."""

import gzip
import random

import numpy as np
import pytest

from proband.core.errors import ProgramError
from proband.science.amplicon import fastq
from proband.science.amplicon.fastq import Filters, read_unique
from proband.science.amplicon.merge import MergeRule, read_unique_pairs
from proband.science.amplicon.sources import unique_in
from proband.science.sequence.alphabet import reverse_complement


def write(path, sequences, scores=None, names=None):
    scores = scores or ["I" * len(s) for s in sequences]
    names = names or [f"r{n}" for n in range(len(sequences))]
    text = "".join(f"@{n}\n{s}\n+\n{q}\n" for n, s, q in zip(names, sequences, scores, strict=True)).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    return path


def as_counts(made):
    text = np.frombuffer(b"ACGTN", np.uint8)[made.arena].tobytes().decode()
    return {text[s : s + n]: int(c) for s, n, c in zip(made.starts, made.sizes, made.counts, strict=True)}


def refusal(call, *arguments):
    with pytest.raises(ProgramError) as caught:
        call(*arguments)
    (problem,) = caught.value.problems
    assert problem.remedy
    return problem


@pytest.mark.parametrize("threads", [1, 2])
def test_plain_gzip_and_many_blocks_give_the_same_counts(tmp_path, threads, monkeypatch):
    monkeypatch.setattr(fastq, "BLOCK", 1000)
    rng = random.Random(1)
    sequences = ["".join(rng.choices("ACGT", k=rng.randint(1, 6))) for _ in range(2000)]
    wanted = {s: sequences.count(s) for s in dict.fromkeys(sequences)}
    for name in ("a.fastq", "a.fastq.gz"):
        made = read_unique(write(tmp_path / name, sequences), threads=threads)
        assert as_counts(made) == wanted
        assert list(as_counts(made)) == list(wanted)
        assert made.reads_in == 2000
        assert len(made.digests[0]) == 64


def test_two_gzip_members_are_one_file(tmp_path):
    a, b = write(tmp_path / "a.gz", ["ACGT"]), write(tmp_path / "b.gz", ["ACGT", "GG"])
    (tmp_path / "c.gz").write_bytes(a.read_bytes() + b.read_bytes())
    assert as_counts(read_unique(tmp_path / "c.gz")) == {"ACGT": 2, "GG": 1}


@pytest.mark.parametrize("threads", [1, 2])
def test_a_truncated_gzip_is_refused(tmp_path, threads):
    rng = random.Random(2)
    path = write(tmp_path / "a.fastq.gz", ["".join(rng.choices("ACGT", k=80)) for _ in range(500)])
    path.write_bytes(path.read_bytes()[:-40])
    assert "too early" in refusal(read_unique, path, None, threads).found


def test_broken_compression_is_refused(tmp_path):
    path = write(tmp_path / "a.fastq.gz", ["ACGT" * 50] * 20)
    data = bytearray(path.read_bytes())
    data[30:40] = b"\xff" * 10
    path.write_bytes(bytes(data))
    assert refusal(read_unique, path).expected == "a whole gzip file"
    assert refusal(unique_in, [path], (), Filters(), MergeRule()).expected == "a whole gzip file"


@pytest.mark.parametrize("at", [*range(10, 60), 200, 500, 900])
def test_one_changed_byte_of_a_gzip_never_ends_in_another_error(tmp_path, at):
    rng = random.Random(7)
    path = write(tmp_path / "a.fastq.gz", ["".join(rng.choices("ACGT", k=80)) for _ in range(100)])
    data = bytearray(path.read_bytes())
    data[at] ^= 255
    path.write_bytes(bytes(data))
    with pytest.raises(ProgramError):
        unique_in([path], (), Filters(), MergeRule())


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        (b"", "no record", ""),
        (b"\n\n", "no record", ""),
        (b">fasta\nACGT\n", "@", "record 1"),
        (b"@a\nAC\n+\nII\n@b\nAC\n-\nII\n", "+", "record 2"),
        (b"@a\nAC\n+\nIIII\n", "different length", "record 1"),
        (b"@a\nAC\n+\nII\n@b\nACGT\n+\n", "cut off", "record 2"),
        (b"@a\nAC\n+\nII\n@b\nA*\n+\nII\n", "'*'", "record 2"),
    ],
)
def test_files_that_are_no_reads_are_refused_with_the_place(tmp_path, text, said, place):
    path = tmp_path / "a.fastq"
    path.write_bytes(text)
    problem = refusal(read_unique, path)
    assert said in problem.found
    assert problem.place == place


def test_a_missing_file_is_told(tmp_path):
    assert "no such file" in refusal(read_unique, tmp_path / "none.fastq").found


def test_line_ends_lengths_and_unknown_bases(tmp_path):
    (tmp_path / "a.fastq").write_bytes(b"@a\r\nACGT\r\n+\r\nIIII\r\n@b\r\nNNNN\r\n+\r\nIIII\r\n@c\r\n\r\n+\r\n\r\n")
    made = read_unique(tmp_path / "a.fastq")
    assert as_counts(made) == {"ACGT": 1, "NNNN": 1}
    assert made.filtered == {"no_bases": 1}


def test_every_read_is_kept_or_filtered_with_a_reason(tmp_path):
    scores = ["I" * 4, "#" * 4, "I" * 2 + "#" * 2, "I" * 5000]
    sequences = ["ACGT", "ACGT", "ACGA", "A" * 5000]
    made = read_unique(write(tmp_path / "a.fastq", sequences, scores), Filters(21))
    assert made.filtered == {"too_long": 1, "low_mean_quality": 1}
    assert as_counts(made) == {"ACGT": 1, "ACGA": 1}
    assert made.reads_in == sum(made.filtered.values()) + made.counts.sum()


def test_adapters_are_cut_off(tmp_path):
    path = write(tmp_path / "a.fastq", ["ACGTTTGGAGATCGGAAGAGC", "ACGTTTGG", "AGATCGGAAGAGC"])
    made = read_unique(path, Filters(adapters=("AGATCGGAAGAGC",)))
    assert as_counts(made) == {"ACGTTTGG": 2}
    assert made.filtered == {"no_bases": 1}


def pair(tmp_path, fragments, size=30, names2=None, drop=0):
    one = write(
        tmp_path / "r1.fastq.gz", [f[:size] for f in fragments], names=[f"f{n}/1" for n in range(len(fragments))]
    )
    names2 = names2 or [f"f{n}/2" for n in range(len(fragments))]
    reverse = [reverse_complement(f)[:size] for f in fragments]
    end = len(fragments) - drop
    return one, write(tmp_path / "r2.fastq", reverse[:end], names=names2[:end])


def fragments_of(count, size, seed=3):
    rng = random.Random(seed)
    return ["".join(rng.choices("ACGT", k=size)) for _ in range(count)]


@pytest.mark.parametrize("threads", [1, 2])
def test_pairs_are_merged_block_by_block(tmp_path, threads, monkeypatch):
    monkeypatch.setattr(fastq, "BLOCK", 700)
    fragments = fragments_of(300, 45)
    made = read_unique_pairs(*pair(tmp_path, fragments), threads=threads)
    assert as_counts(made) == dict.fromkeys(fragments, 1)
    assert made.reads_in == 300


def test_swapped_pairs_are_the_same_fragments_turned(tmp_path):
    fragments = fragments_of(20, 45)
    one, two = pair(tmp_path, fragments)
    made = read_unique_pairs(two, one)
    assert as_counts(made) == {reverse_complement(f): 1 for f in fragments}


def test_pairs_without_overlap_are_counted_as_such(tmp_path):
    made = read_unique_pairs(*pair(tmp_path, fragments_of(5, 45) + fragments_of(4, 200)))
    assert made.filtered == {"no_overlap": 4}
    assert made.counts.sum() == 5


def test_pairs_that_do_not_belong_together_are_refused(tmp_path):
    fragments = fragments_of(10, 45)
    names = [f"f{n}/2" for n in range(10)]
    names[6] = "other/2"
    problem = refusal(read_unique_pairs, *pair(tmp_path, fragments, names2=names))
    assert (problem.file, problem.place) == ("r2.fastq", "record 7")
    assert "more than the 8 records" in refusal(read_unique_pairs, *pair(tmp_path, fragments, drop=2)).found
