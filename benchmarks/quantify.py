"""Quantification of one million simulated reads, as a whole process: gzip to all tables and figures.

    python benchmarks/quantify.py [folder]

Makes two files of one amplicon of 223 bp (28 % of reads with a deletion, 12 % with an insertion at the cut), with 9 %
and 30 % unique reads, runs ``proband quantify`` on each with one and with two threads, and prints wall and processor
seconds, peak memory and reads per second. Targets, one thread: 4.5 s and 13 s, 400 MB and 1.1 GB; two threads faster,
files equal. The first row is a cold start on 250 reads with compiled kernels at hand: under 3 s.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from isal import igzip

READS = 1_000_000
SIZE, CUT = 223, 92
ERRORS = {"9": 0.0018, "30": 0.0049}
"""Substitutions per base that give about 9 % and 30 % unique reads."""


def amplicon(rng: np.random.Generator) -> str:
    return "".join(rng.choice(list("ACGT"), SIZE))


def quality_pool(rng: np.random.Generator, count: int = 4096) -> np.ndarray:
    """Phred letters that drift like those of a sequencer: steps between few levels, lower at the end."""
    steps = rng.choice([0, 0, 0, 0, 0, 0, -1, 1, -3, 3], (count, 2 * SIZE)).cumsum(axis=1)
    level = 38 + np.minimum(steps - np.maximum.accumulate(steps, axis=1), 0) - np.arange(2 * SIZE) // 40
    return np.asarray(33 + np.clip(level, 2, 40), np.uint8)


def edited(rng: np.random.Generator, bases: np.ndarray) -> np.ndarray:
    kind = rng.random()
    if kind < 0.28:
        size = min(int(rng.geometric(0.25)), 30)
        start = CUT - int(rng.integers(0, size + 1))
        return np.delete(bases, slice(start, start + size))
    if kind < 0.40:
        size = 1 + int(rng.random() < 0.2)
        return np.insert(bases, CUT, rng.choice(list(b"ACGT"), size).astype(np.uint8) if size > 1 else bases[CUT - 1])
    return bases


def write_reads(path: Path, sequence: str, errors: float, reads: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    bases, pool = np.frombuffer(sequence.encode(), np.uint8), quality_pool(rng)
    other = {ord(a): [ord(b) for b in "ACGT" if b != a] for a in "ACGT"}
    with igzip.open(path, "wb", compresslevel=2) as out:  # type: ignore[no-untyped-call]
        for block in range(0, reads, 10_000):
            lines = []
            for i in range(block, min(block + 10_000, reads)):
                read = edited(rng, bases).copy()
                for at in rng.integers(0, read.size, rng.poisson(errors * read.size)):
                    read[at] = other[read[at]][int(rng.integers(0, 3))]
                scores = pool[int(rng.integers(0, len(pool))), : read.size]
                lines.append(b"@SIM:1:%d:%d\n%s\n+\n%s\n" % (i // 5000, i % 5000, read.tobytes(), scores.tobytes()))
            out.write(b"".join(lines))


RUN = "import resource, sys; from proband.cli import cli; cli.main(sys.argv[1:], standalone_mode=False); "
RUN += "u = resource.getrusage(resource.RUSAGE_SELF); print(u.ru_utime + u.ru_stime, u.ru_maxrss / 1024)"


def measured(reads: Path, sequence: str, out: Path, threads: int) -> tuple[float, float, float, str]:
    """Wall and processor seconds and peak megabytes of one process, and a digest of all files it wrote."""
    guide = sequence[CUT - 17 : CUT + 3]
    command = ["quantify", "--reads", reads, "--amplicon", sequence, "--guide", guide, "--out", out]
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", RUN, *map(str, command), "--threads", str(threads)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    seconds = time.perf_counter() - start
    digest = hashlib.sha256()
    for path in sorted(out.iterdir()):
        digest.update(path.name.encode() + path.read_bytes())
    busy, peak = (float(x) for x in done.stdout.split()[-2:])
    return seconds, busy, peak, digest.hexdigest()[:12]


def main() -> None:
    """Make what is missing, measure, and print."""
    sequence = amplicon(np.random.default_rng(1))
    with tempfile.TemporaryDirectory() as made:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else made)
        files = {"cold": (folder / "cold.fastq.gz", 0.002, 250)}
        files |= {share: (folder / f"reads-{share}.fastq.gz", e, READS) for share, e in ERRORS.items()}
        for path, errors, reads in files.values():
            if not path.exists():
                write_reads(path, sequence, errors, reads, seed=7)
        measured(files["cold"][0], sequence, folder / "out", 1)
        print(f"{'unique %':>9}{'reads':>9}{'threads':>9}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'reads/s':>11}  files")
        for share, (path, _, reads) in files.items():
            for threads in (1, 2):
                seconds, busy, peak, digest = measured(path, sequence, folder / "out", threads)
                rate = reads / seconds
                print(
                    f"{share:>9}{reads:>9}{threads:>9}{seconds:>9.2f}{busy:>9.2f}{peak:>9.0f}{rate:>11,.0f}  {digest}"
                )


if __name__ == "__main__":
    main()
