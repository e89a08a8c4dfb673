"""Triage of 100,000 single-nucleotide variants against all shipped editors, as a whole process.

    python benchmarks/triage.py

Makes a random genome of 1 Mb and its variants, runs ``proband triage``, and prints wall seconds, peak memory, and the
ratio to reading and writing the same list with polars alone in the same run. The target is 60 s on two cores, with
memory that does not grow with the list: the second row has four times as many variants.
"""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
COPY = (
    "import polars, sys; "
    "polars.read_csv(sys.argv[1], separator='\\t', comment_prefix='#', has_header=False).write_parquet(sys.argv[2])"
)


def measured(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak megabytes of one process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    """Measure two list lengths."""
    rng = random.Random(1)
    sequence = "".join(rng.choices("ACGT", k=1_000_000))
    print(f"{'variants':>9}{'seconds':>9}{'peak MB':>9}{'ratio to a copy':>17}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "g.fa").write_text(">c1\n" + sequence + "\n")
        for count in (100_000, 400_000):
            places = sorted(rng.sample(range(1_000_000), count))
            rows = (
                f"c1\t{p + 1}\t.\t{sequence[p]}\t{rng.choice('ACGT'.replace(sequence[p], ''))}\t.\t.\t.\n"
                for p in places
            )
            (folder / "v.vcf").write_text(HEAD + "".join(rows))
            copy, _ = measured([sys.executable, "-c", COPY, str(folder / "v.vcf"), str(folder / "c.parquet")])
            command = ["triage", str(folder / "v.vcf"), "--fasta", str(folder / "g.fa"), "--out", str(folder / "out")]
            seconds, peak = measured([sys.executable, "-m", "proband", *command])
            print(f"{count:>9}{seconds:>9.1f}{peak:>9.0f}{seconds / copy:>17.1f}")


if __name__ == "__main__":
    main()
