"""Regions in which a patient's genotype could be told, from a BED file that the caller of the VCF wrote.

A VCF of variants says nothing of sequence that was not called: there the search of both copies is a search of the
reference. With this file the sites in such sequence are marked.

Source of the format: UCSC BED, first three columns, 0-based half-open.
Cannot see: whether calls in these regions are right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from proband.border import shown
from proband.core.errors import Problem, ProgramError
from proband.science.offtarget.edits import Bases

MOST = 20
"""Faults that are told one by one."""


@dataclass(frozen=True, slots=True)
class CallableRegions:
    """Merged regions by contig: starts and ends in order."""

    starts: Mapping[str, npt.NDArray[np.int64]]
    ends: Mapping[str, npt.NDArray[np.int64]]

    @property
    def bases(self) -> int:
        """Bases in all regions."""
        return sum(int((self.ends[c] - self.starts[c]).sum()) for c in self.starts)

    def holds(self, contig: str, start: int, end: int) -> bool:
        """Whether [start, end) lies in one region."""
        if contig not in self.starts:
            return False
        at = int(np.searchsorted(self.starts[contig], start, "right")) - 1
        return at >= 0 and bool(self.ends[contig][at] >= end)


def read_callable(path: Path, genome: Bases, names: Mapping[str, str]) -> CallableRegions:
    """The regions of a BED file. `names`: contig of the file to contig of the genome, where they differ.

    Raises ``ProgramError`` with every fault: contigs that the genome lacks, positions beyond them, an empty file.
    """
    problems: list[Problem] = []
    found: dict[str, list[tuple[int, int]]] = {}
    with path.open(encoding="utf-8", errors="replace") as handle:
        for number, line in enumerate(handle, start=1):
            if line.startswith(("#", "track", "browser")) or not line.strip():
                continue
            cells = line.rstrip("\r\n").split("\t")
            contig = names.get(cells[0], cells[0])
            whole = len(cells) >= 3 and cells[1].isdecimal() and cells[2].isdecimal()
            if not whole or contig not in genome.names or not int(cells[1]) < int(cells[2]) <= genome.length(contig):
                expected = "contig, start, end within a contig of the genome, 0-based half-open, tab-separated"
                remedy = "give the BED of this build, or add --contig-name"
                problems.append(Problem(path.name, f"line {number}", shown(line[:60]), expected, remedy))
                if len(problems) == MOST:
                    break
                continue
            found.setdefault(contig, []).append((int(cells[1]), int(cells[2])))
    if not found and not problems:
        problems.append(Problem(path.name, "", "no region", "callable regions", "give the BED of the caller"))
    if problems:
        raise ProgramError(problems)
    merged = {contig: _merged(spans) for contig, spans in found.items()}
    return CallableRegions({c: m[0] for c, m in merged.items()}, {c: m[1] for c, m in merged.items()})


def _merged(spans: list[tuple[int, int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    made: list[list[int]] = []
    for start, end in sorted(spans):
        if made and start <= made[-1][1]:
            made[-1][1] = max(made[-1][1], end)
        else:
            made.append([start, end])
    both = np.array(made, np.int64)
    return both[:, 0].copy(), both[:, 1].copy()
