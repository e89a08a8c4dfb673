"""What a search covered: bases, windows compared and set aside, settings, digests, the recall ceiling of the settings.

A window is a strand and a place of the PAM for which the footprint without bulges (protospacer and PAM) lies within
the contig. It is set aside where that footprint holds a letter other than A, C, G, T. With DNA bulges a footprint is
longer: windows whose longest footprint holds such a letter or leaves the contig are counted apart; their shorter
alignments are searched.

The ceiling is the share of the off-target sites of two assays that lies within PAM and mismatches at all
(``reference/offtarget_recall.toml``, with its source); a search can not find what its settings leave out.

Cannot see: sites that the assays missed, sequence that the genome file lacks, and whether cells cut a site found.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from proband.kernels.bit_planes import other_runs
from proband.science.offtarget.guide import Guide, Limits
from proband.science.offtarget.search import Planes

Runs = npt.NDArray[np.int64]
NOT_MEASURED = "not measured for these settings"


def runs_of_other_letters(planes: Planes) -> Runs:
    """(n, 2) half-open runs of letters other than A, C, G, T."""
    room = 1024
    while True:
        made = np.empty((2, room), np.int64)
        found = other_runs(planes.other, planes.length, made[0], made[1])
        if found <= room:
            return made[:, :found].T.copy()
        room = found


def windows_of(length: int, size: int) -> int:
    """Windows of both strands on a contig.

    >>> windows_of(25, 23), windows_of(22, 23)
    (6, 0)
    """
    return 2 * max(0, length - size + 1)


def windows_set_aside(runs: Runs, length: int, size: int) -> int:
    """Windows of both strands that hold a letter of the runs.

    >>> windows_set_aside(np.array([[10, 11]]), 30, 5), windows_set_aside(np.array([[0, 30]]), 30, 5)
    (10, 52)
    """
    count, done = 0, 0
    for start, end in runs.tolist():
        low, high = max(done, start - size + 1), min(end, length - size + 1)
        if high > low:
            count += high - low
            done = high
    return 2 * count


def contig_coverage(planes: Planes, guides: Sequence[Guide], limits: Limits, compared: Sequence[int]) -> dict[str, Any]:
    """Bases and windows of one contig, by guide; `compared` is the number of PAM sites compared."""
    runs = runs_of_other_letters(planes)
    made: dict[str, Any] = {"bases": planes.length, "other_letters": int((runs[:, 1] - runs[:, 0]).sum()), "guides": []}
    for guide, sites in zip(guides, compared, strict=True):
        size = len(guide.spacer) + len(guide.pam)
        one = {
            "windows": windows_of(planes.length, size),
            "windows_set_aside": windows_set_aside(runs, planes.length, size),
            "pam_sites_compared": int(sites),
        }  # fmt: skip
        if limits.dna_bulges:
            long = size + limits.dna_bulges
            whole = windows_of(planes.length, long) - windows_set_aside(runs, planes.length, long)
            one["windows_without_room_for_every_dna_bulge"] = one["windows"] - one["windows_set_aside"] - whole
        made["guides"].append(one)
    return made


def added(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Coverage of several contigs together."""
    if not parts:
        return {"bases": 0, "other_letters": 0, "guides": []}
    guides = [
        {key: sum(p["guides"][g][key] for p in parts) for key in parts[0]["guides"][g]}
        for g in range(len(parts[0]["guides"]))
    ]
    return {key: sum(p[key] for p in parts) for key in ("bases", "other_letters")} | {"guides": guides}


def recall_ceilings(guides: Sequence[Guide], limits: Limits) -> dict[str, Any]:
    """The ceiling of exactly these settings for SpCas9, by PAM, or `NOT_MEASURED`.

    >>> g = Guide("g", "A" * 20, "NRG", 3)
    >>> recall_ceilings([g], Limits(6))["NRG"]["GUIDE-seq"]
    [0.941, 0.996]
    >>> recall_ceilings([g], Limits(5, 1))["NRG"]["data"], recall_ceilings([g], Limits(9))["NRG"]
    ('half', 'not measured for these settings')
    """
    table = tomllib.loads(resources.files("proband.reference").joinpath("offtarget_recall.toml").read_text("utf-8"))
    made: dict[str, Any] = {}
    for guide in guides:
        fits = guide.pam_side == 3 and len(guide.spacer) == 20
        exact = [
            c for c in table["ceiling"]
            if fits and (c["pam"], c["mismatches"]) == (guide.pam, limits.mismatches)
        ]  # fmt: skip
        exact.sort(key=lambda c: c["data"] != "all")
        key = guide.pam if fits else f"{guide.pam} on the {guide.pam_side}' side, spacer of {len(guide.spacer)}"
        made[key] = exact[0] if exact else NOT_MEASURED
    made["source"] = table["source"]
    made["meaning"] = "share of sites, share of reads within PAM and mismatches; both assays leave out bulged sites"
    return made
