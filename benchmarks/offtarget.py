"""Off-target search on a synthetic genome beside BWA in the same run; and a genome of 3.1 Gb.

    python benchmarks/offtarget.py [megabases, 100] [--no-bwa]
    python benchmarks/offtarget.py --whole [megabases, 3100]

Prints CPU seconds (the least of several runs: the machine may be shared) of our kernels after encoding, the targets,
and the ratio to ``bwa aln -o 0 -n 4 -k 4 -N -l 20`` (user and system seconds; index apart), which finds places of any
PAM within 4 mismatches and no bulges. "search" is all that is done for a question when PAM sites were gathered before;
"from planes" includes finding and gathering them; both end with aligned sites. Memory is the process's peak. Nothing
here fails; it measures.
"""

from __future__ import annotations

import argparse
import gzip
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from proband.science.offtarget import search
from proband.science.offtarget.genome_search import search_genome
from proband.science.offtarget.genome_store import write_store
from proband.science.offtarget.guide import Guide, Limits
from proband.science.offtarget.search import codes_of, planes_of, search_planes
from proband.science.offtarget.strand_guides import strand_guides
from proband.testing import synthetic_genome

DATA = Path(__file__).resolve().parents[2] / "shared" / "reference" / "offtarget"
SPACERS = """GAGTCCGAGCAGAAGAAGAA GGGTGGGGGGAGTTTGCTCC GACCCCCTCCACCCCGCCTC GGTGAGTGAGTGTGTGCGTG GGAATCCCTTCTGCAGCACC
GTCATCTTAGTCATTACCTG GGGAAAGACCCAGCATCCGT GAACACAAAGCATAGACTGC GGCCCAGACTGAGCACGTGA GGCACTGCGGCTGGAGGTGG
CTAACAGTTGCTTTTATCAC CCCGCACCTTGGCGCAGCGG AAAGGCTGCTGATGACACCT CTTGACCAATAGCCTTGACA ATCGACAAGAAAGGGACTGA
TTCTCCACAGGAGTCAGATG GTAACGGCAGACTTCTCCAC TGATTCTAAGCAGTAATGAA GGATTGCGTATGGGACACAA GGGCTGGGAGGTAGCAAAAG""".split()
"""Published spacers (design literature of SpCas9), as arbitrary 20-mers."""
RUNS = 5


def training() -> list[np.ndarray]:
    made = []
    for name in ("chr22_20-21Mb.fa.gz", "chr20_b37_1-2Mb_padded.fa.gz"):
        if (DATA / name).is_file():
            with gzip.open(DATA / name, "rt") as handle:
                made.append(codes_of("".join(x.strip() for x in handle if x[0] != ">")))
    return made


def peak() -> float:
    """Peak memory of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def least(action, runs: int = RUNS) -> tuple[float, object]:
    """Least CPU seconds of several runs, and the last result."""
    best, made = float("inf"), None
    for _ in range(runs):
        start = time.process_time()
        made = action()
        best = min(best, time.process_time() - start)
    return best, made


def guides(pam: str, count: int = 20) -> list[Guide]:
    return [Guide(s, s, pam, 3) for s in SPACERS[:count]]


def gathered(contigs: list, groups: list) -> list:
    """PAM sites of all pieces of all contigs, kept in memory: (group, table, sites, starts, mask, piece)."""
    made = []
    for planes in contigs:
        for start in range(0, len(planes.high), search.PIECE):
            piece = search._piece(planes, start, groups)
            for group in groups:
                mask = np.empty(piece.words, np.uint64)
                sites = search.pam_mask(
                    piece.high, piece.low, piece.other, piece.pad, group.pam, group.first, group.step, group.clean, mask
                )
                made.append((group, *search.site_table(piece, group, mask, sites), mask, piece))
    return made


def from_tables(tables: list, width: int) -> int:
    """Sites, compared and aligned, of gathered PAM sites."""
    found = 0
    for group, table, sites, starts, mask, piece in tables:
        near = search.near_table(table, sites, starts, mask, group)
        found += len(search._aligned(piece, group, *near, width))
    return found


def kernels(contigs: list, bases: int) -> dict[str, float]:
    """CPU seconds of each case."""
    small = planes_of(codes_of("ACGTTGCAAC" * 2000))
    cases = [
        ("20 guides, NGG, 4 mismatches", "NGG", Limits(4), 0.1),
        ("20 guides, NNN, 4 mismatches", "NNN", Limits(4), 0.5),
        ("20 guides, NGG, 4 mismatches, 1 + 1 bulges", "NGG", Limits(4, 1, 1), 3.0),
        ("20 guides, NRG, 6 mismatches", "NRG", Limits(6), 1.0),
        ("1 guide, NGG, 4 mismatches", "NGG", Limits(4), None),
        ("1 guide, NNN, 4 mismatches", "NNN", Limits(4), None),
    ]
    told = {}
    print(f"{'case':<44}{'search':>9}{'from planes':>13}{'target':>8}{'sites':>10}   Gbases x guides / s")
    for name, pam, limits, target in cases:
        asked = guides(pam, int(name.split()[0]))
        search_planes(small, asked, limits)
        groups = strand_guides(asked, limits)
        cpu, found = least(lambda a=asked, m=limits: sum(len(search_planes(p, a, m).hits) for p in contigs), 3)
        only = cpu
        if groups[0].gathers:
            tables = gathered(contigs, groups)
            only, _ = least(lambda t=tables, w=20 + limits.dna_bulges: from_tables(t, w))
            if "4 mismatches" in name and len(asked) == 20 and not limits.dna_bulges:
                held = sum(t[1].nbytes + t[3].nbytes + t[4].nbytes for t in tables)
                held += sum(3 * p.high.nbytes for p in contigs)
                print(f"  memory of planes, masks and site tables: {held / bases:.2f} bytes per base (target 1.7)")
            del tables
        told[name] = only
        rate = bases * len(asked) / only / 1e9
        wanted = f"{target:>8}" if target else " " * 8
        print(f"{name:<44}{only:>9.3f}{cpu:>13.3f}{wanted}{found:>10,}   {rate:.1f}", flush=True)
    return told


def bwa(codes: list[np.ndarray], folder: Path) -> float:
    """CPU seconds of BWA for the 20 guides, any PAM, 4 mismatches."""
    with (folder / "g.fa").open("wb") as out:
        for k, contig in enumerate(codes):
            out.write(f">c{k}\n".encode() + b"".join(x for _, x in synthetic_genome.pieces("c", contig)) + b"\n")
    (folder / "q.fa").write_text("".join(f">{s}\n{s}\n" for s in SPACERS))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(["bwa", "index", "g.fa"], cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"bwa index: {after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.1f} CPU-s")
    best = float("inf")
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        asked = ["bwa", "aln", "-o", "0", "-n", "4", "-k", "4", "-N", "-l", "20", "-f", "q.sai", "g.fa", "q.fa"]
        subprocess.run(asked, cwd=folder, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return best


def whole(megabases: int) -> None:
    """A packed genome, then searches of it in a process of their own.

    Every contig is made anew: contigs of 100 Mb, the last of which is cut into 500 small ones.
    """
    bounds = synthetic_genome.model(training())
    with tempfile.TemporaryDirectory() as folder:

        def made():
            for k in range(0, megabases, 100):
                codes = synthetic_genome.contig(min(100, megabases - k) * 1_000_000, 100 + k, bounds)
                last = k + 100 >= megabases
                for n, part in enumerate(np.array_split(codes, 500 if last else 1)):
                    yield from synthetic_genome.pieces(f"chrUn_{n + 1}" if last else f"chr{k // 100 + 1}", part)

        start = time.perf_counter()
        store = write_store(Path(folder), made())
        size = (store.folder / "planes.bin").stat().st_size
        print(f"made and packed {store.bases:,} bases in {time.perf_counter() - start:.0f} s, {size / 1e9:.2f} GB")
        sys.stdout.flush()
        for threads in (1, 2):
            command = [sys.executable, __file__, "--search", str(store.folder), "--threads", str(threads)]
            subprocess.run(command, check=True)


def search_whole(folder: Path, threads: int) -> None:
    from proband.science.offtarget.genome_store import read_entry

    start, used = time.perf_counter(), time.process_time()
    store = read_entry(folder)
    made = search_genome(store, guides("NGG"), Limits(4), folder.parent / "sites.tsv", threads=threads)
    found = sum(g["sites"] for g in made["guides"])
    print(
        f"20 guides, NGG, 4 mismatches, {store.bases:,} bases, {threads} threads, from the packed store to the table: "
        f"{time.perf_counter() - start:.1f} s wall (target 60), {time.process_time() - used:.1f} CPU-s, {found:,} "
        f"sites, peak {peak() / 1e9:.2f} GB (target 6; mapped pages of the store count)"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("megabases", type=int, nargs="?")
    parser.add_argument("--no-bwa", action="store_true")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--search", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    if asked.search:
        search_whole(asked.search, asked.threads)
        return
    if asked.whole:
        whole(asked.megabases or 3100)
        return
    size = (asked.megabases or 100) * 1_000_000
    bounds = synthetic_genome.model(training())
    codes = [synthetic_genome.contig(size // 2, k, bounds) for k in (1, 2)]
    planes_of(codes[0][:1000])
    cpu, contigs = least(lambda: [planes_of(c) for c in codes], 2)
    print(f"{size:,} bases; codes to planes: {cpu:.2f} CPU-s")
    times = kernels(contigs, size)
    if not asked.no_bwa:
        with tempfile.TemporaryDirectory() as folder:
            taken = bwa(codes, Path(folder))
        print(f"bwa aln, 20 guides: {taken:.2f} CPU-s;", end=" ")
        print("; ".join(f"{n}: {taken / t:.0f}x" for n, t in times.items() if n.startswith("20")))


if __name__ == "__main__":
    main()
