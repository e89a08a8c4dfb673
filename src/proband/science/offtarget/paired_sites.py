"""Sites of two assays of the same guides, as one table: which sites of the first were also found by the second.

Reads the published tables of CHANGE-seq and GUIDE-seq in T cells (Lazzarotto et al., Nature Biotechnology
2020;38:1317-1327): columns chrom, chromStart, strand, offtarget_sequence, target, and the reads of the assay. Their
`distance` counts the PAM too and is not used; mismatches are counted here, in the 20 bases of the protospacer.

Cannot see: sites that neither assay reports, and sites with bulges: the tables have none.
"""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from proband.science.offtarget.cfd import LENGTH, cfd
from proband.science.offtarget.empirical_score import features


@dataclass(frozen=True, slots=True)
class AssaySite:
    """One row of an assay: place, its 23 bases on the guide's strand, the guide's spacer, reads."""

    contig: str
    start: int
    strand: str
    protospacer: str
    pam: str
    spacer: str
    reads: int

    @property
    def mismatches(self) -> int:
        """Mismatches in the protospacer, PAM excluded."""
        return sum(a != b for a, b in zip(self.spacer, self.protospacer, strict=True))

    @property
    def key(self) -> tuple[str, int, str, str]:
        """What makes two rows the same site of the same guide."""
        return (self.contig, self.start, self.strand, self.spacer)


def read_assay(path: Path, reads: str) -> tuple[AssaySite, ...]:
    """The rows of a published table (.csv or .csv.gz); `reads` names its column of reads."""
    zipped = path.suffix == ".gz"
    with gzip.open(path, "rt", encoding="utf-8") if zipped else path.open(encoding="utf-8") as text:
        rows = [
            AssaySite(
                r["chrom"], int(r["chromStart"]), r["strand"], r["offtarget_sequence"][:LENGTH],
                r["offtarget_sequence"][LENGTH:], r["target"][:LENGTH], int(r[reads]),
            )
            for r in csv.DictReader(text)
        ]  # fmt: skip
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class PairedSites:
    """Off-target sites (one mismatch or more) of one assay (n), and which the other found."""

    guides: npt.NDArray[np.str_]
    mismatches: npt.NDArray[np.float64]
    cfd: npt.NDArray[np.float64]
    features: npt.NDArray[np.float64]
    """(n, features) in the order of `empirical_score.FEATURES`."""
    found: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.found)


def paired(first: tuple[AssaySite, ...], second: tuple[AssaySite, ...]) -> PairedSites:
    """Sites of `first` whose guide `second` assayed at all, each once, and whether `second` found them.

    A guide of which `second` has no row is left out: it was not looked at there.
    """
    assayed, found = {s.spacer for s in second}, {s.key for s in second}
    sites = {s.key: s for s in first if s.spacer in assayed and s.mismatches}
    rows = list(sites.values())
    scores = [cfd(s.spacer, s.protospacer, s.pam).score or 0.0 for s in rows]
    return PairedSites(
        np.array([s.spacer for s in rows]),
        np.array([s.mismatches for s in rows], float),
        np.array(scores),
        np.array([features(s.spacer, s.protospacer, s.pam) for s in rows]),
        np.array([s.key in found for s in rows], bool),
    )
