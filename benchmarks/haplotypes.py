"""What a patient's two copies, and a panel of haplotypes, cost beside a search of the reference; ratios of CPU seconds.

    python benchmarks/haplotypes.py --patient V.vcf.gz --contig chr10 [--bases 133797422] [--guides 20]
    python benchmarks/haplotypes.py --panel V.vcf.gz --genome G.fa.gz --region 20:1000001-2000000

The patient's reference is a random sequence by fixed seed, patched so that every REF agrees: the density of variants is
real, the sequence is not. Reading the VCF is told apart. The least of three runs is shown.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from proband.engine.executor import executor
from proband.science.offtarget.gain_and_loss import account_for
from proband.science.offtarget.guide import Guide, Limits, guide_of
from proband.science.offtarget.haplotypes import Batch, batches, reach_of, search_copies
from proband.science.offtarget.patient_variants import read_patient
from proband.science.offtarget.population_panel import Groups, Panel
from proband.science.offtarget.populations import search_population
from proband.science.offtarget.search import codes_of, planes_of, search_planes
from proband.science.offtarget.variant_file import VariantFile
from proband.science.offtarget.variant_windows import pieces_of

SPACERS = """GAGTCCGAGCAGAAGAAGAA GGGTGGGGGGAGTTTGCTCC GACCCCCTCCACCCCGCCTC GGTGAGTGAGTGTGTGCGTG GGAATCCCTTCTGCAGCACC
GTCATCTTAGTCATTACCTG GGGAAAGACCCAGCATCCGT GAACACAAAGCATAGACTGC GGCCCAGACTGAGCACGTGA GGCACTGCGGCTGGAGGTGG
CTAACAGTTGCTTTTATCAC CCCGCACCTTGGCGCAGCGG AAAGGCTGCTGATGACACCT CTTGACCAATAGCCTTGACA ATCGACAAGAAAGGGACTGA
TTCTCCACAGGAGTCAGATG GGATTGCGTATGGGACACAA TCACAGTTCGGGGGTATACA TGATTCTAAGCAGTAATGAA GTAACGGCAGACTTCTCCAC""".split()
SETTINGS = (("NGG", Limits(4)), ("NRG", Limits(6)), ("NGG", Limits(4, 1, 1)))


class Codes:
    """A genome of one contig in memory."""

    def __init__(self, contig: str, codes: np.ndarray) -> None:
        self.names, self._codes = [contig], codes

    def length(self, contig: str) -> int:
        return len(self._codes)

    def codes(self, contig: str, start: int, end: int) -> np.ndarray:
        return self._codes[start:end]


def least(run: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    spent, made = [], None
    for _ in range(times):
        before = time.process_time()
        made = run()
        spent.append(time.process_time() - before)
    return min(spent), made


def patched(vcf: Path, contig: str, bases: int) -> Codes:
    codes = np.random.default_rng(7).integers(0, 4, bases, dtype=np.uint8)
    for record in VariantFile(vcf):
        if record.contig == contig:
            codes[record.start : record.start + len(record.ref)] = codes_of(record.ref)
    return Codes(contig, codes)


def patient(vcf: Path, contig: str, bases: int, number: int) -> None:
    genome = patched(vcf, contig, bases)
    spent, calls = least(lambda: read_patient(vcf, "", genome), 1)
    edits = calls.edits[contig]
    print(f"{contig}: {bases:,} bases, {calls.records:,} records, {len(edits):,} edits; VCF read in {spent:.2f} CPU-s")
    planes = planes_of(genome.codes(contig, 0, bases))
    for pam, limits in SETTINGS:
        guides = [guide_of(s, pam) for s in SPACERS[:number]]
        windows, pieces = least(lambda g=guides, m=limits: pieces_of(edits, bases, reach_of(g, m)))
        made = [Batch.written(part, pieces, edits, genome) for part in batches(pieces, edits)]
        added = sum(int(b.sizes.sum()) for b in made)
        packed = [planes_of(b.buffer) for b in made]

        def kernel(g: list[Guide] = guides, m: Limits = limits, p: list = packed) -> None:
            for part in p:
                search_planes(part, g, m)

        for part in (planes, *packed):
            search_planes(part, guides, limits)
        plain, reference = least(lambda g=guides, m=limits: search_planes(planes, g, m).hits)
        copies, _ = least(kernel)
        whole, found = least(lambda g=guides, m=limits: search_copies(edits, genome, g, m), 1)
        account, rows = least(
            lambda f=found, r=reference, g=guides, m=limits: account_for(edits, f, r, genome, g, m), 1
        )
        print(
            f"{number} guides {pam} {limits.mismatches}+{limits.dna_bulges}+{limits.rna_bulges}: bases added "
            f"{added / bases:.1%}, kernel time added {copies / plain:.1%} ({copies:.3f} of {plain:.3f} CPU-s); "
            f"{len(pieces):,} pieces in {windows:.2f}, search of copies {whole:.2f}, account {account:.2f} CPU-s; "
            f"{len(reference):,} sites of the reference; {rows.counts()}"
        )


def panel(vcf: Path, fasta: Path, region: str, number: int) -> None:
    import gzip

    contig, _, span = region.partition(":")
    low, high = (int(x) for x in span.split("-"))
    with gzip.open(fasta) as lines:
        text = b"".join(line.strip() for line in lines if not line.startswith(b">"))
    genome = Codes(contig, codes_of(text))
    for pam, limits in SETTINGS:
        guides = [guide_of(s, pam) for s in SPACERS[:number]]

        def run(g: list[Guide] = guides, m: Limits = limits) -> Any:
            opened = Panel(vcf, genome)
            n = len(opened.file.samples)
            groups = Groups(("all",), np.zeros(2 * n, np.int64), {"all": n}, 0)
            with executor("serial") as here:
                return search_population(opened, groups, genome, g, m, here, (contig, low - 1, high))

        started = time.perf_counter()
        spent, found = least(run, 2)
        wall = (time.perf_counter() - started) / 2
        print(f"{number} guides {pam} {limits}: {spent:.2f} CPU-s, {wall:.1f} s wall a run; {found.facts()}")


if __name__ == "__main__":
    ask = argparse.ArgumentParser()
    ask.add_argument("--patient", type=Path)
    ask.add_argument("--contig", default="chr10")
    ask.add_argument("--bases", type=int, default=133_797_422)
    ask.add_argument("--panel", type=Path)
    ask.add_argument("--genome", type=Path)
    ask.add_argument("--region", default="20:1000001-2000000")
    ask.add_argument("--guides", type=int, default=20)
    given = ask.parse_args()
    if given.patient:
        patient(given.patient, given.contig, given.bases, given.guides)
    if given.panel:
        panel(given.panel, given.genome, given.region, given.guides)
