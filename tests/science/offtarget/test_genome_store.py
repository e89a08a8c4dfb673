"""Genome files to packed planes: every format to the same content, and every broken file to a clear error."""

from __future__ import annotations

import gzip
import os
import random
import resource
import struct
from pathlib import Path

import numpy as np
import pytest

from proband.core.errors import ProgramError
from proband.kernels.bit_planes import unpack
from proband.science.offtarget import genome_store
from proband.science.offtarget.genome_store import GenomeStore, open_genome, read_entry, write_store
from proband.science.sequence.genome import refget_of

CONTIGS = {
    "chr1": "ACGTNNNNRYACGTacgtnnTTGACA" * 9, "chr2": "G" * 64, "c3": "T" * 63 + "A", "c4": "A", "c5": "N" * 130,
}  # fmt: skip


def fasta(contigs: dict[str, str], width: int = 60, end: str = "\n") -> str:
    lines = []
    for name, bases in contigs.items():
        lines += [f">{name} words", *(bases[i : i + width] for i in range(0, len(bases), width))]
    return end.join(lines) + end


def two_bit(contigs: dict[str, str], order: str = "<") -> bytes:
    """A .2bit file, written by hand."""
    records, index, at = [], [], 16 + sum(5 + len(n) for n in contigs)
    for name, bases in contigs.items():
        plain = "".join(b if b in "ACGT" else "N" for b in bases.upper())
        gaps, start = [], None
        for i, b in enumerate([*plain, "."]):
            if b == "N" and start is None:
                start = i
            if b != "N" and start is not None:
                gaps.append((start, i - start))
                start = None
        numbers = [len(plain), len(gaps), *(g[0] for g in gaps), *(g[1] for g in gaps), 0, 0]
        packed = bytearray()
        for i in range(0, len(plain), 4):
            four = plain[i : i + 4].ljust(4, "T")
            packed.append(sum("TCAG".index(b if b != "N" else "T") << (6 - 2 * k) for k, b in enumerate(four)))
        records.append(struct.pack(f"{order}{len(numbers)}I", *numbers) + bytes(packed))
        index.append(struct.pack(f"{order}B", len(name)) + name.encode() + struct.pack(f"{order}I", at))
        at += len(records[-1])
    return struct.pack(f"{order}4I", 0x1A412743, 0, len(contigs), 0) + b"".join(index) + b"".join(records)


def text_of(store: GenomeStore) -> dict[str, str]:
    made = {}
    for contig in store.contigs:
        planes = store.planes(contig)
        codes = np.empty(contig.length, np.uint8)
        unpack(planes.high, planes.low, planes.other, 0, codes)
        made[contig.name] = "".join("ACGTN"[c] for c in codes)
    return made


def bgzf(data: bytes, size: int = 100) -> bytes:
    made = b""
    for start in range(0, len(data), size):
        body = gzip.compress(data[start : start + size])[10:]
        block = 18 + len(body)
        made += bytes.fromhex("1f8b08040000000000ff060042430200") + struct.pack("<H", block - 1) + body
    return made + bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


def expected(contigs: dict[str, str]) -> dict[str, str]:
    return {n: "".join(b if b in "ACGT" else "N" for b in t.upper()) for n, t in contigs.items()}


def test_every_way_to_write_a_genome_gives_the_same_content(tmp_path: Path) -> None:
    text = fasta(CONTIGS).encode()
    files = {
        "a.fa": text, "lower.fa": text.lower().replace(b">chr", b">chr"), "narrow.fa": fasta(CONTIGS, 7).encode(),
        "dos.fa": fasta(CONTIGS, 50, "\r\n").encode(), "a.fa.gz": gzip.compress(text), "b.fa.gz": bgzf(text),
    }  # fmt: skip
    digests = set()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        store = open_genome(tmp_path / name, tmp_path / f"store-{name}")
        digests.add(store.digest)
        assert text_of(store) == expected(CONTIGS), name
        assert [c.refget for c in store.contigs] == [refget_of([t.upper()]) for t in CONTIGS.values()]
        store.verify()
    assert len(digests) == 1


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_2bit_file_is_the_same_genome_as_its_fasta(tmp_path: Path, order: str) -> None:
    plain = expected(CONTIGS)
    (tmp_path / "a.2bit").write_bytes(two_bit(CONTIGS, order))
    (tmp_path / "a.fa").write_text(fasta(plain))
    first, second = (open_genome(tmp_path / n, tmp_path / n[2:]) for n in ("a.2bit", "a.fa"))
    assert text_of(first) == plain
    assert first.digest == second.digest


def test_pieces_of_any_size_pack_to_the_same_planes(tmp_path: Path) -> None:
    bases = "".join(random.Random(3).choices("ACGTN", k=1000)).encode()
    whole = write_store(tmp_path / "w", [("c", b""), ("c", bases)])
    cut = write_store(tmp_path / "c", [("c", b"")] + [("c", bases[i : i + 37]) for i in range(0, 1000, 37)])
    assert (whole.digest, whole.planes_digest) == (cut.digest, cut.planes_digest)


BROKEN = {
    "empty": (b"", "no sequence"),
    "no name": (b"ACGT\n", "text before the first >"),
    "twice": (b">a\nACGT\n>a\nACGT\n", "a second time"),
    "no bases": (b">a\n>b\nACGT\n", "no bases"),
    "protein": (b">a\nACGTL\n", "IUPAC"),
    "a > inside": (b">a\nAC>GT\n", "IUPAC"),
    "cut gzip": (gzip.compress(fasta(CONTIGS).encode())[:-20], "stops in the middle"),
    "damaged gzip": (gzip.compress(fasta(CONTIGS).encode())[:40] + b"\xff" * 40, "gzip stream"),
    "cut bgzf": (bgzf(fasta(CONTIGS).encode())[:-28], "cut between two blocks"),
    "cut 2bit": (two_bit(CONTIGS)[:-3], "stops in the middle"),
    "2bit of version 7": (struct.pack("<4I", 0x1A412743, 7, 1, 0), "version 7"),
    "2bit that lies": (struct.pack("<4I", 0x1A412743, 0, 2**31, 0), "stops in the middle"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_an_error_and_leaves_nothing(tmp_path: Path, case: str) -> None:
    data, words = BROKEN[case]
    (tmp_path / "a.fa").write_bytes(data)
    with pytest.raises(ProgramError, match=words):
        open_genome(tmp_path / "a.fa", tmp_path / "store")
    assert list((tmp_path / "store").iterdir()) == []


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text(">a\nACGT\n>a\nAC!GT\n>b\n")
    with pytest.raises(ProgramError) as caught:
        open_genome(tmp_path / "a.fa", tmp_path / "store")
    assert len(caught.value.problems) == 3


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    with pytest.raises(ProgramError, match="no such file"):
        open_genome(tmp_path / "none.fa", tmp_path / "store")
    with pytest.raises(ProgramError, match="a folder"):
        open_genome(tmp_path, tmp_path / "store")


def test_a_genome_is_packed_once_and_again_when_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, store, packed = tmp_path / "a.fa", tmp_path / "store", []
    real = genome_store.write_store
    monkeypatch.setattr(genome_store, "write_store", lambda *a: packed.append(1) or real(*a))
    path.write_text(">a\nACGTAA\n")
    first = open_genome(path, store)
    assert open_genome(path, store).digest == first.digest
    os.utime(path, ns=(1, 1))
    assert open_genome(path, store).digest == first.digest
    assert len(packed) == 1
    path.write_text(">a\nACGTAC\n")
    os.utime(path, ns=(1, 1))
    assert open_genome(path, store, check=True).digest != first.digest
    assert len(packed) == 2


def test_a_damaged_entry_is_made_again(tmp_path: Path) -> None:
    path, store = tmp_path / "a.fa", tmp_path / "store"
    path.write_text(fasta(CONTIGS))
    first = open_genome(path, store)
    planes = first.folder / "planes.bin"
    planes.write_bytes(planes.read_bytes()[:-8])
    assert read_entry(first.folder) is None
    assert text_of(open_genome(path, store)) == expected(CONTIGS)
    planes.write_bytes(b"\1" * planes.stat().st_size)
    with pytest.raises(ProgramError, match=r"planes\.bin"):
        read_entry(first.folder).verify()


def test_a_full_disk_leaves_the_old_state(tmp_path: Path) -> None:
    path, store = tmp_path / "a.fa", tmp_path / "store"
    path.write_text(">a\nACGT\n")
    open_genome(path, store)
    before = sorted(p.name for p in store.iterdir())
    path.write_text(fasta({"a": "ACGT" * 20000}))
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, old[1]))
    try:
        with pytest.raises(OSError, match="large"):
            open_genome(path, store)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert sorted(p.name for p in store.iterdir()) == before
