"""Does a VCF belong to this genome? Names of contigs, positions and REF bases, held against each other.

Every record is checked, carried or not: one REF that differs may mean another build, and then every coordinate is
wrong. Where the genome holds N (masked sequence), nothing can be compared; such records are counted.

Cannot see: another build that agrees at every record.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

import numpy as np

from proband.border import shown
from proband.core.errors import Problem, ProgramError
from proband.science.offtarget.edits import Bases
from proband.science.offtarget.search import codes_of
from proband.science.offtarget.variant_file import Record
from proband.science.sequence.genome import chromosome

SHOWN = 10
"""Problems of one sort that are told one by one; the rest is counted."""
PIECE = 1 << 22
"""Bases of the genome that are compared at a time."""


@dataclass(slots=True)
class _Waiting:
    start: array[int] = field(default_factory=lambda: array("q"))
    number: array[int] = field(default_factory=lambda: array("q"))
    ref: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Agreement:
    """Collects the records of a file; `close` raises where they do not fit the genome."""

    file: str
    genome: Bases
    names: dict[str, str]
    seen: set[str] = field(default_factory=set)
    masked: int = 0
    """Records whose REF lies on N of the genome."""
    _known: dict[str, str | None] = field(default_factory=dict)
    _waiting: dict[str, _Waiting] = field(default_factory=dict)
    _problems: list[Problem] = field(default_factory=list)
    _more: int = 0

    def add(self, record: Record) -> str | None:
        """The record's contig in the genome, or None with a problem kept for `close`."""
        if record.contig not in self._known:
            self._known[record.contig] = self._contig(record.contig)
        contig = self._known[record.contig]
        if contig is None:
            return None
        self.seen.add(contig)
        end = record.start + len(record.ref)
        if record.start < 0 or end > self.genome.length(contig):
            expected = f"a position within the {self.genome.length(contig):,} bases of {contig}"
            self._tell(record.place, f"position {record.start + 1:,}", expected)
            return None
        waiting = self._waiting.setdefault(contig, _Waiting())
        waiting.start.append(record.start)
        waiting.number.append(record.number)
        waiting.ref.append(record.ref)
        return contig

    def check(self) -> None:
        """Compare the REF bases that wait, and forget them."""
        for contig, waiting in self._waiting.items():
            self._compare(contig, waiting)
        self._waiting = {}

    def close(self) -> None:
        """Compare what waits. Raises ``ProgramError`` with the first of every sort of disagreement and their number."""
        self.check()
        self._names()
        if self._more:
            found = f"{self._more} more records like these"
            self._problems.append(Problem(self.file, "", found, "a VCF of this genome", "check the build of both"))
        if self._problems:
            raise ProgramError(self._problems)

    def _contig(self, name: str) -> str | None:
        there = self.genome.names
        if name in self.names:
            return self.names[name] if self.names[name] in there else None
        return name if name in there else None

    def _names(self) -> None:
        unknown = [n for n, c in self._known.items() if c is None]
        by_contig: dict[str, list[str]] = {}
        for name in self._known:
            meant = self._known[name] or _other_name(name, self.genome)
            by_contig.setdefault(meant or name, []).append(name)
        for contig, several in by_contig.items():
            if len(several) > 1:
                found = f"contigs {' and '.join(shown(s) for s in several[:4])} for one contig ({contig})"
                remedy = "rename the contigs of one part of the file"
                self._problems.insert(0, Problem(self.file, "contig names", found, "one name for a contig", remedy))
        guesses = {n: g for n in unknown if (g := _other_name(n, self.genome))}
        if guesses:
            some = [f"{n}={g}" for n, g in list(guesses.items())[:3]]
            remedy = f"add {' '.join(f'--contig-name {s}' for s in some)}{' ...' if len(guesses) > 3 else ''}"
            found = f"contigs {', '.join(shown(n) for n in list(guesses)[:3])}, which the genome names otherwise"
            self._problems.insert(0, Problem(self.file, "contig names", found, "names of the genome", remedy))
        other = [n for n in unknown if n not in guesses]
        if other:
            expected = f"contigs of the genome, such as {', '.join(shown(n) for n in list(self.genome.names)[:3])}"
            found = f"contigs {', '.join(shown(n) for n in other[:3])}{' ...' if len(other) > 3 else ''}"
            remedy = "give the genome that the VCF was called against, or take these records out and say so"
            self._problems.insert(0, Problem(self.file, "contig names", found, expected, remedy))

    def _compare(self, contig: str, waiting: _Waiting) -> None:
        starts = np.frombuffer(waiting.start, np.int64)
        order = np.argsort(starts, kind="stable")
        at = 0
        while at < len(order):
            low = int(starts[order[at]])
            to = int(np.searchsorted(starts[order], low + PIECE))
            part = order[at:to]
            sizes = np.array([len(waiting.ref[i]) for i in part], np.int64)
            high = int((starts[part] + sizes).max())
            genome = self.genome.codes(contig, low, high)
            written = codes_of("".join(waiting.ref[i] for i in part))
            first = np.cumsum(sizes) - sizes
            where = np.repeat(starts[part] - low - first, sizes) + np.arange(int(sizes.sum()))
            held = genome[where]
            differ = (held != written) & (held < 4) & (written < 4)
            masked = held == 4
            self.masked += int(np.count_nonzero(np.add.reduceat(masked, first))) if len(first) else 0
            if differ.any():
                for k in np.flatnonzero(np.add.reduceat(differ, first)):
                    self._disagree(contig, waiting, int(part[k]))
            at = to

    def _disagree(self, contig: str, waiting: _Waiting, i: int) -> None:
        start, ref = waiting.start[i], waiting.ref[i]
        held = "".join("ACGTN"[c] for c in self.genome.codes(contig, start, start + len(ref)))
        place = f"record {waiting.number[i]} ({shown(contig)[1:-1]}:{start + 1})"
        self._tell(place, f"REF {ref[:30]}", f"{held[:30]}, which the genome holds there")

    def _tell(self, place: str, found: str, expected: str) -> None:
        if len(self._problems) >= SHOWN:
            self._more += 1
            return
        remedy = "give the genome of the build that the VCF was called against"
        self._problems.append(Problem(self.file, place, found, expected, remedy))


def _other_name(name: str, genome: Bases) -> str:
    """The name under which the genome holds the same chromosome, or nothing."""
    return next((x for x in genome.names if x != name and chromosome(x) == chromosome(name)), "")
