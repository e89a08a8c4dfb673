"""Triage of 100,000 single-nucleotide variants against all shipped editors, as a whole process.

    python benchmarks/triage.py

Makes a random genome of 5 Mb, an annotation of 250 genes with 4 transcripts of 11 exons each (about eight times as
dense as the human one), and variants of which half lie in or near exons. Runs ``proband triage`` without and with the
annotation, here and on two processes, and prints wall seconds, peak memory of the largest process, and the ratio to
reading and writing the same list with polars alone in the same run. The target is 60 s on two cores, with memory that
does not grow with the list: the second length has four times as many variants.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
COPY = (
    "import polars, sys; "
    "polars.read_csv(sys.argv[1], separator='\\t', comment_prefix='#', has_header=False).write_parquet(sys.argv[2])"
)
LENGTH, GENES, TRANSCRIPTS, EXONS = 5_000_000, 250, 4, 11
EXON, INTRON = 150, 1200
MEASURE = (
    "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)


def measured(command: list[str]) -> tuple[float, float]:
    """Wall seconds, and the peak megabytes of the largest process of one command."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], check=True, capture_output=True, text=True)
    return time.perf_counter() - start, int(done.stdout) / 1024


def annotation(genes: list[list[int]]) -> Iterator[str]:
    """GFF3 rows: the transcripts of a gene lack one inner exon each, the first lacks none."""
    yield "##gff-version 3\n"
    for g, starts in enumerate(genes):
        strand = "+-"[g % 2]
        for t in range(TRANSCRIPTS):
            mine = [s for k, s in enumerate(starts) if k != t or t == 0]
            whole, tag = f"{mine[0] + 1}\t{mine[-1] + EXON}", ";tag=MANE_Select" if t == 0 else ""
            if t == 0:
                yield f"c1\tb\tgene\t{whole}\t.\t{strand}\t.\tID=g{g};gene=G{g}\n"
            yield f"c1\tb\tmRNA\t{whole}\t.\t{strand}\t.\tID=t{g}.{t};Parent=g{g}{tag}\n"
            for s in mine:
                yield f"c1\tb\texon\t{s + 1}\t{s + EXON}\t.\t{strand}\t.\tParent=t{g}.{t}\n"
            for s in mine[1:-1]:
                yield f"c1\tb\tCDS\t{s + 1}\t{s + EXON}\t.\t{strand}\t0\tParent=t{g}.{t}\n"


def places(rng: random.Random, genes: list[list[int]], count: int) -> list[int]:
    """Positions of variants: half anywhere, half in an exon or within 50 bases of one."""
    chosen = set(rng.sample(range(LENGTH), count // 2))
    while len(chosen) < count:
        chosen.add(rng.choice(rng.choice(genes)) + rng.randrange(-50, EXON + 50))
    return sorted(chosen)


def main() -> None:
    """Measure two list lengths, without and with the annotation."""
    rng = random.Random(1)
    sequence = "".join(rng.choices("ACGT", k=LENGTH))
    step = LENGTH // GENES
    genes = [[g * step + 500 + k * (EXON + INTRON) for k in range(EXONS)] for g in range(GENES)]
    print(f"{'variants':>9}  {'with':<22}{'seconds':>9}{'peak MB':>9}{'ratio to a copy':>17}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "g.fa").write_text(">c1\n" + sequence + "\n")
        (folder / "g.gff3").write_text("".join(annotation(genes)))
        vcf, gff = str(folder / "v.vcf"), ["--gff", str(folder / "g.gff3")]
        for count in (100_000, 400_000):
            rows = (
                f"c1\t{p + 1}\t.\t{sequence[p]}\t{rng.choice('ACGT'.replace(sequence[p], ''))}\t.\t.\t.\n"
                for p in places(rng, genes, count)
            )
            Path(vcf).write_text(HEAD + "".join(rows))
            copy, _ = measured([sys.executable, "-c", COPY, vcf, str(folder / "c.parquet")])
            command = [sys.executable, "-m", "proband", "triage", vcf, "--fasta", str(folder / "g.fa")]
            command += ["--out", str(folder / "out")]
            two = ["--executor", "processes:2"]
            for said, more in (("no annotation", []), ("annotation", gff), ("annotation, 2 cores", [*gff, *two])):
                seconds, peak = measured([*command, *more])
                print(f"{count:>9}  {said:<22}{seconds:>9.1f}{peak:>9.0f}{seconds / copy:>17.1f}", flush=True)


if __name__ == "__main__":
    main()
