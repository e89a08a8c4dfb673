"""FASTA in every form, slices, and what is refused; alphabet and translation."""

import gzip
import pickle
import random
import tracemalloc

import pytest

from proband.core.errors import ProgramError
from proband.science.sequence import fasta
from proband.science.sequence.alphabet import STANDARD, VERTEBRATE_MITOCHONDRIAL, reverse_complement, translate
from proband.science.sequence.fasta import open_fasta
from proband.science.sequence.genome import SliceGenome, chromosome, genome_of, refget_of


def contigs(seed=1):
    rng = random.Random(seed)
    return {f"c{i}": "".join(rng.choice("ACGTacgtN") for _ in range(n)) for i, n in enumerate((1, 59, 60, 61, 2500))}


def written(parts, width=60, end="\n"):
    lines = []
    for name, bases in parts.items():
        lines += [f">{name} a description"] + [bases[i : i + width] for i in range(0, len(bases), width)]
    return end.join(lines) + end


def fai(parts, width=60):
    at, lines = 0, []
    for name, bases in parts.items():
        at += len(f">{name} a description\n")
        lines.append(f"{name}\t{len(bases)}\t{at}\t{width}\t{width + 1}\n")
        at += len(bases) + -(-len(bases) // width)
    return "".join(lines)


def forms(parts, tmp_path):
    text = written(parts).encode()
    (tmp_path / "plain.fa").write_bytes(text)
    (tmp_path / "crlf.fa").write_bytes(written(parts, end="\r\n").encode())
    (tmp_path / "one_line.fa").write_bytes(written(parts, width=10_000).encode().rstrip(b"\n"))
    (tmp_path / "indexed.fa").write_bytes(text)
    (tmp_path / "indexed.fa.fai").write_text(fai(parts))
    (tmp_path / "whole.fa.gz").write_bytes(gzip.compress(text))
    blocks = [gzip.compress(text[i : i + 700]) for i in range(0, len(text), 700)]
    (tmp_path / "blocks.fa.gz").write_bytes(b"".join(blocks) + gzip.compress(b""))
    return sorted(p for p in tmp_path.iterdir() if p.suffix != ".fai")


def test_every_form_of_file_gives_the_same_bases_in_capitals(tmp_path, monkeypatch):
    monkeypatch.setattr(fasta, "_SPACING", 500)
    monkeypatch.setattr(fasta, "_PAGE", 64)
    monkeypatch.setattr(fasta, "_CHUNK", 97)
    monkeypatch.setattr(fasta, "_PIECE", 130)
    parts = contigs()
    rng = random.Random(2)
    for path in forms(parts, tmp_path):
        genome = open_fasta(path, "synthetic")
        assert genome.contigs == {n: len(b) for n, b in parts.items()}, path
        for _ in range(200):
            name = rng.choice(list(parts))
            a, b = sorted(rng.randrange(len(parts[name]) + 1) for _ in range(2))
            assert genome.fetch(name, a, b) == parts[name][a:b].upper()
        assert genome.refget("c4") == refget_of([parts["c4"].upper()])
        assert pickle.loads(pickle.dumps(genome)).fetch("c4", 70, 90) == parts["c4"][70:90].upper()
        assert len(genome.digest()) == 64


def test_memory_does_not_grow_with_the_file(tmp_path):
    line = "ACGTTGCA" * 7500 + "\n"
    path = tmp_path / "big.fa.gz"
    with gzip.open(path, "wt", compresslevel=1) as handle:
        handle.write(">c1\n")
        for _ in range(500):
            handle.write(line)
    tracemalloc.start()
    genome = open_fasta(path)
    for start in range(0, 29_000_000, 3_000_000):
        assert genome.fetch("c1", start, start + 8) == "ACGTTGCA"
    assert tracemalloc.get_traced_memory()[1] < 25_000_000
    tracemalloc.stop()


BAD = {
    "empty": (b"", "no sequence"),
    "not FASTA": (b"chr1\t5\tA\n", "before the first >"),
    "twice": (b">a\nAC\n>b\nA\n>a\nGT\n", "a second time"),
    "uneven": (b">a\nACGT\nAC\nACGT\n", "different length"),
    "longer": (b">a\nAC\nACGT\n", "different length"),
    "foreign": (b">a\nAC*T\n", "'*'"),
    "protein": (b">a\nMEEPQ\n", "'E'"),
    "no bases": (b">a\n>b\nAC\n", "no bases"),
    "no name": (b"> \nAC\n", "without a name"),
    "binary": (bytes(range(128, 255)) * 50, "before the first >"),
}


@pytest.mark.parametrize("case", BAD)
def test_faults_of_a_file_are_named(case, tmp_path):
    text, said = BAD[case]
    path = tmp_path / "bad.fa"
    path.write_bytes(text)
    with pytest.raises(ProgramError) as caught:
        open_fasta(path)
    assert said in str(caught.value)


def test_all_faults_are_told_at_once_and_a_truncated_gzip_is_one(tmp_path):
    path = tmp_path / "bad.fa"
    path.write_bytes(b">a\nAC!\n>a\nA\n>b\n>c\nACGT\nAC\nACG\n")
    with pytest.raises(ProgramError) as caught:
        open_fasta(path)
    assert len(caught.value.problems) == 4
    whole = gzip.compress(written(contigs()).encode())
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ProgramError, match="stops in the middle"):
        open_fasta(path)
    path.write_bytes(whole[:200] + b"\0" * 50 + whole[250:])
    with pytest.raises(ProgramError, match="gzip"):
        open_fasta(path)
    with pytest.raises(ProgramError, match="check the path"):
        open_fasta(tmp_path / "absent.fa")


@pytest.mark.parametrize("wrong", ["c0\t1\n", "c9\t5\t9\t60\t61\n", "c0\tx\t9\t60\t61\n", ""])
def test_an_index_that_does_not_fit_is_refused(wrong, tmp_path):
    path = tmp_path / "a.fa"
    path.write_text(written(contigs()))
    (tmp_path / "a.fa.fai").write_text(wrong)
    with pytest.raises(ProgramError, match=r"delete a\.fa\.fai"):
        open_fasta(path)


def test_contig_names_are_never_mixed(tmp_path):
    for genome in (genome_of({"1": "ACGT", "MT": "AC"}), SliceGenome({"1": (5, "ACGT"), "MT": (0, "AC")})):
        for asked, own in (("chr1", "1"), ("NC_000001.11", "1"), ("chrM", "MT")):
            with pytest.raises(ProgramError) as caught:
                genome.fetch(asked, 0, 1)
            assert f"{asked} and {own} are different names" in str(caught.value)
    assert chromosome("chr1_KI270706v1_random") != chromosome("chr1")


def test_a_slice_keeps_genomic_coordinates_and_knows_its_ends():
    genome = SliceGenome({"chr2": (1000, "acgtn")})
    assert genome.fetch("chr2", 1001, 1005) == "CGTN"
    assert genome.known("chr2", 1004) == (1000, 1005)
    assert genome.known("chr2", 1005) is None
    for start, end in ((999, 1001), (1003, 1006), (1003, 1001)):
        with pytest.raises(ProgramError, match="within chr2:1001-1005"):
            genome.fetch("chr2", start, end)


def test_translation_and_the_two_codes():
    assert translate("ATGNNNTGATAAAG") == "MX**"
    assert translate("CTNATYTAR") == "LI*"
    assert translate("ATAAGATGA", VERTEBRATE_MITOCHONDRIAL) == "M*W"
    differing = {c for c in STANDARD.residues if STANDARD.residue(c) != VERTEBRATE_MITOCHONDRIAL.residue(c)}
    assert differing == {"TGA", "ATA", "AGA", "AGG"}
    assert reverse_complement(reverse_complement("ACGTRYKMBVDHNacgt")) == "ACGTRYKMBVDHNacgt"
