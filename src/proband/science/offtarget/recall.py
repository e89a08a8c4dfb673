"""Recall ceilings: which share of the sites that assays found lies within the settings of a search at all.

Whatever a search does, it can not report a site outside of its PAM pattern and mismatch limit. The shares are measured
on GUIDE-seq and CHANGE-seq in T cells and stand in ``reference/offtarget_recall.toml`` with their source.

Cannot see: sites that the assays missed; sites with bulges, which the tables leave out; more than 6 mismatches, as the
assays' own analysis stops there. The true share is at most the one given.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from proband.science.offtarget.paired_sites import AssaySite
from proband.science.sequence.alphabet import matches

TABLE = "offtarget_recall.toml"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The share of off-target sites, and of their reads, within a PAM pattern and at most so many mismatches.

    `data` is ``all`` (the figure on all published rows, as read) or ``half`` (measured by our tests on the half of the
    guides that is at hand).
    """

    assay: str
    data: str
    pam: str
    mismatches: int
    sites: float
    reads: float


@cache
def ceilings() -> tuple[Ceiling, ...]:
    """Every ceiling that is shipped, in the order of the file.

    >>> [c.sites for c in ceilings() if (c.assay, c.data, c.pam, c.mismatches) == ("GUIDE-seq", "all", "NRG", 6)]
    [0.941]
    """
    data = tomllib.loads(resources.files("proband.reference").joinpath(TABLE).read_text("utf-8"))
    return tuple(
        Ceiling(assay, c["data"], c["pam"], c["mismatches"], *c[assay])
        for c in data["ceiling"]
        for assay in ("GUIDE-seq", "CHANGE-seq")
    )


def ceilings_for(pam: str, mismatches: int) -> tuple[Ceiling, ...]:
    """The ceilings of exactly these settings, figures on all rows first; empty where they were not measured.

    >>> [(c.assay, c.data, c.sites) for c in ceilings_for("NGG", 4)][:2]
    [('GUIDE-seq', 'all', 0.631), ('CHANGE-seq', 'all', 0.138)]
    """
    exact = [c for c in ceilings() if c.pam == pam and c.mismatches == mismatches]
    best = {"all"} if any(c.data == "all" for c in exact) else {"half"}
    return tuple(c for c in exact if c.data in best)


def measured(sites: Iterable[AssaySite], pam: str, mismatches: int) -> tuple[float, float]:
    """Shares of off-target rows, and of reads, within the settings; sites with one mismatch or more count.

    >>> measured([AssaySite("c", 0, "+", "A" * 20, "TGG", "A" * 19 + "C", 3)], "NGG", 1)
    (1.0, 1.0)
    """
    rows = [(n, s.pam, s.reads) for s in sites if (n := s.mismatches)]
    admitted = {p for p in {p for _, p, _ in rows} if all(matches(c, b) for c, b in zip(pam, p, strict=True))}
    inside = [reads for n, p, reads in rows if n <= mismatches and p in admitted]
    return len(inside) / len(rows), sum(inside) / sum(reads for _, _, reads in rows)
