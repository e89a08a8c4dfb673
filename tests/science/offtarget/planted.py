"""Genomes with sites at known places, for tests of merging, annotation and panels."""

from __future__ import annotations

import random

TURN = str.maketrans("ACGT", "TGCA")


def turned(bases: str) -> str:
    """The reverse complement."""
    return bases.translate(TURN)[::-1]


def bases(size: int, seed: int) -> str:
    """Random bases."""
    return "".join(random.Random(seed).choices("ACGT", k=size))


def with_sites(size: int, seed: int, sites: list[tuple[int, str, str]]) -> str:
    """Random bases with footprints (start, strand, bases 5' to 3' on the guide's strand) written in."""
    made = list(bases(size, seed))
    for start, strand, foot in sites:
        made[start : start + len(foot)] = foot if strand == "+" else turned(foot)
    return "".join(made)
