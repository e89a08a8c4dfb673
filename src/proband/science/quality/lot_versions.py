"""Of which version a lot is, by the genealogy: a run or a value on another version's lot is no run of this one.

Cannot see: lots that the genealogy does not hold, and whether it is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from proband.science.quality.lot_tables import read_genealogy
from proband.science.quality.plan_faults import Fault
from proband.science.quality.quality_folder import GENEALOGY


def lot_versions(files: Mapping[str, Path]) -> dict[str, str]:
    """Version by lot, for lots whose genealogy (by path in the folder) names one; its faults are told by its reader."""
    made: dict[str, str] = {}
    for name in GENEALOGY:
        if name in files:
            made |= {x.id: x.product for x in read_genealogy(files[name], name, []) if x.product}
    return made


def other_lot(place: str, lot: str, version: str, versions: Mapping[str, str]) -> Iterator[Fault]:
    """A fault where the genealogy says that a lot is of another version.

    >>> [f[1:3] for f in other_lot("potency_run 1", "A", "v1", {"A": "v0"})]
    [('lot A of v1', 'v0, as quality/genealogy says of lot A')]
    >>> list(other_lot("potency_run 1", "A", "v1", {}))
    []
    """
    held = versions.get(lot, version)
    if lot and held != version:
        expected = f"{held}, as quality/genealogy says of lot {lot}"
        yield place, f"lot {lot} of {version}", expected, "correct the lot or its version"
