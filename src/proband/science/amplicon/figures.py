"""Figures of a quantification as data: what was seen at each position, and the sizes of insertions and deletions.

Cannot see: whether a figure is drawn; that is for whoever writes it.
"""

from __future__ import annotations

import numpy as np

from proband.core.evidence import Figure
from proband.core.provenance import Json
from proband.science.amplicon.outputs import indel_sizes
from proband.science.amplicon.quantify import Quantified

MOST = 6
"""Amplicons that get figures of their own; tables have all of them."""
LARGEST = 30
"""Indel sizes shown to each side; larger ones are added to the last."""
_KINDS = (("deletions", 2), ("insertions", 0), ("substitutions", 3))


def figures(q: Quantified) -> list[Figure]:
    """Figures of the amplicons with reads: events by position and indel sizes, and the classes of all reads."""
    made = [_classes(q)]
    sizes = indel_sizes(q)
    for k, (a, c) in enumerate(zip(q.amplicons, q.counts, strict=True)):
        if c.reads and len(made) <= 2 * (MOST - 1) + 1:
            made.append(_positions(q, k))
            rows = [(s, n) for name, s, n in sizes.iter_rows() if name == a.name and s]
            if rows:
                made.append(_sizes(a.name, k, rows, c.reads, _counted(q)[0]))
    return made


def _classes(q: Quantified) -> Figure:
    rows: list[dict[str, Json]] = [
        {"class": "filtered", "reads": q.filtered},
        {"class": "unaligned", "reads": q.unaligned},
        {"class": "ambiguous", "reads": q.ambiguous},
    ]
    for c in q.counts:
        rows.append({"class": f"{c.amplicon}: unmodified", "reads": c.unmodified})
        rows.append({"class": f"{c.amplicon}: modified", "reads": c.modified})
    what, one = _counted(q)
    return Figure(
        "reads", f"Where every {one} went", f"Bars of {what} in each class; they sum to the {what} that came in.",
        "bars", {"x": "class", "y": "reads"}, tuple(rows), {"x": "class", "y": what},
    )  # fmt: skip


def _counted(q: Quantified) -> tuple[str, str]:
    """What is counted: many, and one."""
    return ("UMI families", "UMI family") if q.reads.umi else ("reads", "read")


def _positions(q: Quantified, k: int) -> Figure:
    low, high = q.classified.offsets[k], q.classified.offsets[k + 1]
    reads, what = q.counts[k].reads, _counted(q)[0]
    rows: list[dict[str, Json]] = []
    for name, row in _KINDS:
        counts = q.classified.whole[row, low:high]
        for p in np.flatnonzero(counts).tolist():
            rows.append({"position": p + 1, "percent": round(100 * int(counts[p]) / reads, 4), "kind": name})
    return Figure(
        f"positions-{k + 1}", f"Events at each base of {q.amplicons[k].name}",
        f"Points of the percentage of {what} with a deletion, insertion or substitution at each base.", "points",
        {"x": "position", "y": "percent", "color": "kind"}, tuple(rows),
        {"x": "base of the amplicon", "y": f"% of {what}", "color": "kind"},
    )  # fmt: skip


def _sizes(name: str, k: int, found: list[tuple[int, int]], reads: int, what: str) -> Figure:
    by_size: dict[int, int] = {}
    for size, n in found:
        shown = max(-LARGEST, min(LARGEST, size))
        by_size[shown] = by_size.get(shown, 0) + n
    rows: tuple[dict[str, Json], ...] = tuple(
        {"size": f"{size:+d}", "percent": round(100 * n / reads, 4)} for size, n in sorted(by_size.items())
    )
    return Figure(
        f"sizes-{k + 1}", f"Insertions and deletions of {name} by size",
        f"Bars of the percentage of {what} with each net size of insertions and deletions in the window.", "bars",
        {"x": "size", "y": "percent"}, rows, {"x": "bases gained or lost", "y": f"% of {what}"},
    )  # fmt: skip
