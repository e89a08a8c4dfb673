"""A genome searched into files: rows, order, threads, interruption, full disk, and what is said to be covered."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from naive_sites import naive_sites

from proband.core.errors import ProgramError
from proband.science.offtarget import genome_search, search
from proband.science.offtarget.completeness import contig_coverage
from proband.science.offtarget.genome_search import parts_folder, question, search_genome
from proband.science.offtarget.genome_store import GenomeStore, write_store
from proband.science.offtarget.guide import Guide, Limits
from proband.science.offtarget.guide_file import read_guides
from proband.science.offtarget.search import codes_of, planes_of
from proband.testing import synthetic_genome

SPACER = "CTTGACCAATAGCCTTGACA"
GUIDES = [Guide("hbg", SPACER, "NGG", 3), Guide("cas12", "CCTTGTCAAGGCTATTGGTC", "TTTV", 5)]
LIMITS = Limits(4, 1, 1)


def genome(seed: int = 7) -> dict[str, str]:
    """Three contigs with near copies of both guides on both strands, N, and lower case."""
    rng = random.Random(seed)
    made = {}
    for name in ("chr1", "chr6_GL000250v2_alt", "chrUn_X"):
        text = ""
        for _ in range(12):
            guide = rng.choice(GUIDES)
            copy = list(guide.spacer)
            for _ in range(rng.randrange(4)):
                copy[rng.randrange(1, 19)] = rng.choice(["A", "C", "G", "T", "", "AG"])
            site = "".join(copy) + "TGG" if guide.pam_side == 3 else "TTTC" + "".join(copy)
            if rng.random() < 0.5:
                site = site[::-1].translate(str.maketrans("ACGT", "TGCA"))
            text += site + "".join(rng.choices("ACGTN", (9, 9, 9, 9, 1), k=40)).lower()
        made[name] = text
    return made


def stored(folder: Path, contigs: dict[str, str] | None = None) -> GenomeStore:
    pieces = [(n, p) for n, t in (contigs or genome()).items() for p in (b"", t.upper().encode())]
    return write_store(folder / "store", pieces)


def table(path: Path) -> list[list[str]]:
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# ")
    return [line.split("\t") for line in lines[1:]]


def test_rows_are_those_of_the_naive_oracle_in_order(tmp_path: Path) -> None:
    statement = search_genome(stored(tmp_path), GUIDES, LIMITS, tmp_path / "sites.tsv", bed=tmp_path / "sites.bed")
    expected = []
    for g in GUIDES:
        for name, text in genome().items():
            kind = {"chr1": "primary", "chrUn_X": "unplaced"}.get(name, "alternate")
            for s in naive_sites(text, g.spacer, g.pam, g.pam_side, 4, 1, 1):
                numbers = [str(x) for x in s[4:7]] + [str(sum(s[4:7]))]
                place = [name, str(s.start + 1), str(s.end), "+" if s.strand > 0 else "-", str(s.pam_start + 1)]
                expected.append([*place, g.name, g.spacer, s.above, s.below, s.pam, *numbers, kind])
    assert len(expected) > 20
    assert table(tmp_path / "sites.tsv")[1:] == expected
    assert [g["sites"] for g in statement["guides"]] == [sum(r[5] == g.name for r in expected) for g in GUIDES]
    beds = [line.split("\t") for line in (tmp_path / "sites.bed").read_text().splitlines()]
    order = list(genome())
    places = sorted(((r[0], int(r[1]), int(r[2])) for r in expected), key=lambda p: (order.index(p[0]), *p[1:]))
    assert [(b[0], int(b[1]) + 1, int(b[2])) for b in beds] == places
    assert not parts_folder(tmp_path / "sites.tsv", statement["question"]).exists()


def test_windows_are_counted_as_by_hand(tmp_path: Path) -> None:
    text = genome()["chr1"].upper()
    covered = contig_coverage(planes_of(codes_of(text)), GUIDES, LIMITS, [1, 2])
    for guide, size in zip(covered["guides"], (23, 24), strict=True):
        windows = [text[i : i + size] for i in range(len(text) - size + 1)]
        longer = [text[i : i + size + 1] for i in range(len(text) - size)]
        assert guide["windows"] == 2 * len(windows)
        assert guide["windows_set_aside"] == 2 * sum("N" in w for w in windows)
        clean = guide["windows"] - guide["windows_set_aside"]
        assert guide["windows_without_room_for_every_dna_bulge"] == clean - 2 * sum("N" not in w for w in longer)
    assert covered["other_letters"] == text.count("N")


def test_threads_and_size_of_pieces_change_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = stored(tmp_path)
    search_genome(store, GUIDES, LIMITS, tmp_path / "a.tsv")
    for words in (1, 2, 5):
        monkeypatch.setattr(search, "PIECE", words)
        search_genome(store, GUIDES, LIMITS, tmp_path / "b.tsv", threads=3)
        assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "b.tsv").read_bytes()


def test_gathered_and_dense_search_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    planes = planes_of(codes_of(genome(11)["chr1"]))
    for limits in (Limits(7), Limits(9, 0, 0), Limits(4, 2, 1)):
        groups = search.strand_guides(GUIDES, limits)
        width = 20 + limits.dna_bulges
        for group in groups:
            piece = search._piece(planes, 0, groups)
            made = []
            for gathers in (True, False):
                object.__setattr__(group, "gathers", gathers)
                hits, sites = search.search_piece(piece, group, width)
                made.append((sites, sorted(zip(hits.guide, hits.pam_start, hits.start, hits.mismatches, strict=True))))
            assert made[0] == made[1]
            assert made[0][0] > 0


def test_an_interrupted_search_goes_on_after_its_finished_contigs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, out = stored(tmp_path), tmp_path / "sites.tsv"
    search_genome(store, GUIDES, LIMITS, tmp_path / "whole.tsv")
    real, searched = search.search_planes, []

    def cut(planes, *rest):
        if len(searched) == 2:
            raise KeyboardInterrupt
        searched.append(planes.length)
        return real(planes, *rest)

    monkeypatch.setattr(genome_search, "search_planes", cut)
    with pytest.raises(KeyboardInterrupt):
        search_genome(store, GUIDES, LIMITS, out)
    assert not out.exists()
    assert len(list(parts_folder(out, question(store, GUIDES, LIMITS)).glob("*.part"))) == 2
    again, told = [], []
    monkeypatch.setattr(genome_search, "search_planes", lambda p, *rest: again.append(p.length) or real(p, *rest))
    search_genome(store, GUIDES, LIMITS, out, told=lambda contig, before: told.append(before))
    assert again == [store.contigs[2].length]
    assert told == [True, True, False]
    assert out.read_bytes() == (tmp_path / "whole.tsv").read_bytes()


KILLED = """
import os, signal, sys
from pathlib import Path
from proband.science.offtarget import genome_search
from proband.science.offtarget.genome_store import read_entry
from test_genome_search import GUIDES, LIMITS
real, count = genome_search.search_planes, [0]
def cut(*asked):
    count[0] += 1
    if count[0] == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*asked)
genome_search.search_planes = cut
genome_search.search_genome(read_entry(Path(sys.argv[1])), GUIDES, LIMITS, Path(sys.argv[2]))
"""


def test_a_killed_search_goes_on(tmp_path: Path) -> None:
    store, out = stored(tmp_path), tmp_path / "sites.tsv"
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    made = subprocess.run(
        [sys.executable, "-c", KILLED, str(store.folder), str(out)], env=os.environ | {"PYTHONPATH": path}, check=False
    )
    assert made.returncode == -signal.SIGKILL
    assert not out.exists()
    search_genome(store, GUIDES, LIMITS, out)
    search_genome(store, GUIDES, LIMITS, tmp_path / "whole.tsv")
    assert out.read_bytes() == (tmp_path / "whole.tsv").read_bytes()


def test_parts_of_another_question_or_a_cut_part_are_not_taken_up(tmp_path: Path) -> None:
    store, out = stored(tmp_path), tmp_path / "sites.tsv"
    search_genome(store, GUIDES, LIMITS, tmp_path / "whole.tsv")
    folder = parts_folder(out, question(store, GUIDES, LIMITS))
    other = parts_folder(out, question(store, GUIDES, Limits(3, 1, 1)))
    assert folder != other
    folder.mkdir()
    for number in range(3):
        (folder / f"{number:06d}.part").write_text('{"sizes": [9, 0], "refget": "x", "sha256": "y"}\nabc')
    search_genome(store, GUIDES, LIMITS, out)
    assert out.read_bytes() == (tmp_path / "whole.tsv").read_bytes()


def test_a_full_disk_keeps_the_old_result(tmp_path: Path) -> None:
    store, out = stored(tmp_path), tmp_path / "sites.tsv"
    out.write_text("old")
    search_genome(store, GUIDES, LIMITS, tmp_path / "whole.tsv")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300, old[1]))
    try:
        with pytest.raises(OSError, match="large"):
            search_genome(store, GUIDES, LIMITS, out)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert out.read_text() == "old"
    search_genome(store, GUIDES, LIMITS, out)
    assert out.read_bytes() == (tmp_path / "whole.tsv").read_bytes()


def run(*words: str | Path):
    from proband.cli import cli

    return CliRunner().invoke(cli, ["offtarget", "search", *map(str, words)], standalone_mode=False)


def test_the_command_writes_sites_and_says_what_was_covered(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text("".join(f">{n}\n{t}\n" for n, t in genome().items()))
    asked = ("--genome", tmp_path / "a.fa", "--spacer", SPACER, "--store", tmp_path / "s", "--out")
    made = run(*asked, tmp_path / "o.tsv", "--pam", "NGG", "--mismatches", "4", "--bed")
    assert made.exception is None
    assert "63.1% of sites (91.4% of reads)" in made.output
    assert "windows set aside for other" in made.output
    statement = json.loads((tmp_path / "o.tsv.completeness.json").read_text())
    assert statement["guides"][0]["sites"] == len(table(tmp_path / "o.tsv")) - 1 > 0
    assert (tmp_path / "o.bed").is_file()
    wide = run(*asked, tmp_path / "w.tsv", "--format", "json")
    assert wide.exception is None
    broad = json.loads((tmp_path / "w.tsv.completeness.json").read_text())
    assert broad["limits"] == {"mismatches": 6, "dna_bulges": 0, "rna_bulges": 0}
    assert broad["recall_ceiling"]["NRG"]["GUIDE-seq"] == [0.941, 0.996]
    odd = run(*asked, tmp_path / "x.tsv", "--mismatches", "9", "--pam", "NGN")
    assert "not measured for these settings" in odd.output


def test_the_command_tells_every_fault_of_its_options(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text(">a\nACGT\n")
    asked = ("--genome", tmp_path / "a.fa", "--store", tmp_path / "s", "--out", tmp_path / "o.tsv")
    both = run(*asked, "--spacer", "ACGTN", "--spacer", "A" * 30, "--pam", "NGX")
    assert isinstance(both.exception, ProgramError)
    assert len(both.exception.problems) == 5
    assert isinstance(run(*asked).exception, ProgramError)
    assert isinstance(run(*asked, "--spacer", SPACER, "--spacer", SPACER).exception, ProgramError)
    assert isinstance(run(*asked[:-1], tmp_path / "no" / "o.tsv", "--spacer", SPACER).exception, ProgramError)


def test_a_genome_shorter_than_a_site_gives_no_rows_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.fa").write_text(">a\nACGT\n>b\n" + "N" * 100 + "\n")
    out = tmp_path / "o.tsv"
    made = run("--genome", tmp_path / "a.fa", "--store", tmp_path / "s", "--out", out, "--spacer", SPACER)
    assert made.exception is None
    assert len(table(out)) == 1
    (guide,) = json.loads((tmp_path / "o.tsv.completeness.json").read_text())["guides"]
    assert (guide["windows"], guide["windows_set_aside"], guide["pam_sites_compared"]) == (156, 156, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "empty"), ("name\tseq\n", "spacer"), ("name,spacer\na,ACGTN\n", "A, C, G, T"), ("name,spacer\na\n", "cells"),
     ("name,spacer,pam_side\na," + "A" * 20 + ",7\n", "PAM side"), ("name,spacer\n\x07," + "A" * 20 + "\n", "control")],
)  # fmt: skip
def test_a_table_of_guides_that_can_not_be_read(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "g.csv").write_text(text)
    with pytest.raises(ProgramError, match=words):
        read_guides(tmp_path / "g.csv", "NGG", 3)


def test_a_table_of_guides_may_name_pam_and_side(tmp_path: Path) -> None:
    (tmp_path / "g.tsv").write_text(f"name\tspacer\tpam\tpam_side\na\t{'A' * 20}\t\t\nb\t{'C' * 21}\tTTTV\t5\n")
    assert read_guides(tmp_path / "g.tsv", "NGG", 3) == [
        Guide("a", "A" * 20, "NGG", 3), Guide("b", "C" * 21, "TTTV", 5)
    ]  # fmt: skip


def test_a_seeded_genome_with_planted_sites_equals_the_naive_oracle(tmp_path: Path) -> None:
    """Ten thousand bases from a Markov model with repeats, N and planted near copies; seed 20261127."""
    codes = synthetic_genome.contig(10_000, 20261127, synthetic_genome.model([]))
    rng = random.Random(20261127)
    text = list("".join("ACGTN"[c] for c in codes))
    for _ in range(40):
        copy = list(SPACER)
        for _ in range(rng.randrange(6)):
            copy[rng.randrange(1, 19)] = rng.choice(["A", "C", "G", "T", "", "AG", "CCT"])
        site = "".join(copy) + rng.choice(["AGG", "TAG"])
        if rng.random() < 0.5:
            site = site[::-1].translate(str.maketrans("ACGT", "TGCA"))
        at = rng.randrange(len(text) - 40)
        text[at : at + len(site)] = site
    whole = "".join(text)
    store = stored(tmp_path, {"chr1": whole})
    search_genome(store, [Guide("g", SPACER, "NRG", 3)], Limits(4, 2, 1), tmp_path / "o.tsv")
    expected = naive_sites(whole, SPACER, "NRG", 3, 4, 2, 1)
    assert len(expected) > 25
    got = [(r[3], int(r[4]) - 1, int(r[1]) - 1, int(r[2]), r[7], r[8]) for r in table(tmp_path / "o.tsv")[1:]]
    assert got == [("+" if s.strand > 0 else "-", s.pam_start, s.start, s.end, s.above, s.below) for s in expected]
