"""Off-target sites that verification confirmed, beside the loci whose junctions were looked for.

Junctions are told only for sites of ``loci.csv``. Which sites need it is said elsewhere: by the lines on verification
of off-target sites, measured in this folder or reported. A site is *confirmed* where such a line names it, unless its
interval reaches 0; it *may be* confirmed where verification listed it and has no answer. Sites and loci are the same
place by name, or where both have a place on the genome (``sites.csv``, or ``chr5:1200`` in a reported line) and a cut
of the locus lies in it.

Cannot see: confirmed sites of which no line gives a name, but that their number is counted; two names for one place
where coordinates are missing (they count as two places).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.core.errors import Problem
from proband.core.evidence import Evidence, Members, Origin
from proband.science.amplicon.haplotypes import SUFFIX
from proband.science.amplicon.sheet_rows import read_rows
from proband.science.amplicon.sheet_sites import COLUMNS, TWINS
from proband.science.structural.locus import REACH, Locus

KIND = "off_target.verification"
Place = tuple[str, int, int]
"""Contig without chr, and 0-based half-open bases."""
_PLACE = re.compile(r"([A-Za-z0-9_.]{1,40}):([0-9][0-9,]{0,14})\b")


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site whose junctions ought to be known, and why."""

    name: str
    because: str


def _contig(name: str) -> str:
    return name.removeprefix("chr").removeprefix("Chr")


def site_places(table: Path | None) -> dict[str, Place]:
    """Where the sites of ``sites.csv`` lie; sites without contig and start are left out, and so is a faulty table."""
    if table is None:
        return {}
    rows, _ = read_rows(table, COLUMNS, ("site", "amplicon"), [], TWINS)
    made = {}
    for row in rows:
        if row["contig"] and row["start"].isdecimal():
            start = int(row["start"]) - 1
            made[row["site"]] = (_contig(row["contig"]), start, start + len(row["amplicon"]))
    return made


def place_told(text: str) -> Place | None:
    """The first place such as chr5:1,200 (1-based) in a text, None where there is none; reads `REACH` to both sides.

    >>> place_told("chr5:1,200 in liver"), place_told("row 7")
    (('5', 999, 1400), None)
    """
    found = _PLACE.search(text)
    if found is None:
        return None
    at = int(found[2].replace(",", "")) - 1
    return _contig(found[1]), at - REACH, at + REACH + 1


def covered(name: str, place: Place | None, loci: Sequence[Locus]) -> bool:
    """Whether a site is one of the loci, by its name or by its place.

    >>> loci = [Locus("OT1", 400, (200,), contig="chr2", start=1000)]
    >>> covered("OT1", None, loci), covered("x", ("2", 1150, 1300), loci), covered("x", ("2", 1000, 1200), loci)
    (True, True, False)
    """
    return any(x.name == name or _holds(place, x) for x in loci)


def _holds(place: Place | None, locus: Locus) -> bool:
    if place is None or locus.start is None or place[0] != _contig(locus.contig):
        return False
    return any(place[1] <= locus.start + cut < place[2] for cut in locus.cuts)


def disagreements(places: Mapping[str, Place], loci: Sequence[Locus]) -> list[Problem]:
    """A problem for each locus that lies elsewhere than the site of its name in ``sites.csv``."""
    found = []
    for x in loci:
        place = places.get(x.name)
        if place is None or x.start is None or _holds(place, x):
            continue
        told = f"a cut at {x.shown(x.cuts[0])}"
        expected = f"inside of {place[0]}:{place[1] + 1}-{place[2]}, where sites.csv has the amplicon of this name"
        remedy = "correct the place, or name the locus otherwise"
        found.append(Problem("sequencing/loci.csv", f"locus {x.name}", told, expected, remedy))
    return found


def open_sites(
    lines: Sequence[Evidence], places: Mapping[str, Place], loci: Sequence[Locus]
) -> tuple[tuple[OpenSite, ...], int]:
    """Sites that are or may be confirmed and that no locus covers, and how many confirmed sites were named at all.

    `lines` are those on verification; without any of them which sites were confirmed is itself not known.
    """
    if not any(e.kind == KIND for e in lines):
        return (OpenSite("confirmed sites", "no line tells which off-target sites were confirmed"),), 0
    confirmed: dict[str, Place | None] = {}
    unanswered: dict[str, Place | None] = {}
    unnamed = 0
    for e in (e for e in lines if e.kind == KIND):
        if e.subject.type == "site":
            if _confirms(e):
                name = e.subject.id.removesuffix(SUFFIX)
                confirmed[name] = places.get(name) or place_told(f"{e.subject.id} {e.scope.where}")
            continue
        tested = e.facts.get("tested_sites")
        if isinstance(tested, Members):
            unanswered |= {n: places.get(n) or place_told(n) for n in (*tested.absent, *tested.unknown)}
        called = e.quantities.get("called_count")
        unnamed = max(unnamed, round(called.value) if called is not None and called.value is not None else 0)
    sites = [x for x in loci if not x.on_target]
    targets = {x.name for x in loci if x.on_target}
    made = [
        OpenSite(name, because)
        for held, because in (
            (confirmed, "confirmed by verification, and loci.csv does not name it"),
            ({n: p for n, p in unanswered.items() if n not in confirmed}, "verification has no answer for it, and "
             "loci.csv does not name it"),
        )
        for name, place in held.items()
        if name not in targets and not covered(name, place, sites)
    ]  # fmt: skip
    if unnamed > len(confirmed):
        made.append(OpenSite("unnamed sites", f"{unnamed - len(confirmed)} confirmed sites have no name"))
    return tuple(made), len(confirmed)


def _confirms(e: Evidence) -> bool:
    """A line of this folder's panel stands for a call; a reported one counts unless its interval reaches 0."""
    net = e.quantities.get("net_conversion")
    if e.origin is Origin.COMPUTED or net is None:
        return True
    held = net.interval(0.95)
    if held is not None:
        return held[0] > 0
    return net.side != "upper" and (net.value is None or net.value > 0)
