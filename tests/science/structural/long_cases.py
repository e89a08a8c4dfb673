"""Loci and files that the tests of long reads share."""

import gzip

from proband.science.structural.locus import Locus
from proband.science.structural.traces import ReadRules, read_traces
from proband.testing.long_reads import LongDesign, random_sequence, simulate_long_reads, with_rest

SEQUENCE = random_sequence(6000, 3)
CUT = 3000
TARGET = Locus("target", len(SEQUENCE), (CUT,), SEQUENCE, "chr1", 10_000, "p", True)
SITE_SEQUENCE = random_sequence(2000, 4)
SITE = Locus("OT1", 2000, (900,), SITE_SEQUENCE, "chr2", 50_000, "q")


def written(path, made):
    """A simulated file, gzipped where the name says so."""
    path.write_bytes(gzip.compress(made.fastq, 1, mtime=0) if path.suffix == ".gz" else made.fastq)
    return path


def placed(tmp_path, alleles=(), reads=200, seed=1, loci=(TARGET,), rules=None, **design):
    """Simulated reads and their traces."""
    made = simulate_long_reads(LongDesign(with_rest(loci[0].sequence, alleles), reads, **design), seed)
    return made, read_traces(written(tmp_path / f"r{seed}.fastq.gz", made), loci, rules or ReadRules())
