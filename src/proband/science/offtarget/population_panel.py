"""A panel of phased samples as edits and who carries them, group of edits after group, in bounded memory.

Records must be sorted by position, as an indexed VCF is. Of each edit the state of every haplotype is kept: carries it
(1), does not (0), or is not known (2: a missing allele, an unphased heterozygous call, and the second haplotype of a
call with one allele). Nothing is guessed for haplotypes that are not known near a site: they leave its denominator.

Source of the format: VCF 4.1 to 4.5 (samtools/hts-specs).
Cannot see: variants that the panel does not hold, and whether its phase is right.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from proband.border import read_text, shown
from proband.core.errors import Problem, ProgramError
from proband.science.offtarget.edits import Bases, Unplaced, trimmed
from proband.science.offtarget.patient_variants import PASSED, not_bases, read_genotype
from proband.science.offtarget.reference_agreement import Agreement
from proband.science.offtarget.variant_file import Record, VariantFile

ABSENT, CARRIED, UNKNOWN = 0, 1, 2
MISSING = 255
NO_GROUP = "no group stated"
States = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class PanelEdits:
    """Whole groups of edits of one contig, ordered by start and end, with the states of all haplotypes.

    Haplotypes 2 s and 2 s + 1 are those of sample s.
    """

    contig: str
    start: tuple[int, ...]
    end: tuple[int, ...]
    new: tuple[str, ...]
    label: tuple[str, ...]
    states: States
    """(edits, haplotypes) 0, 1 or 2."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Which group each haplotype belongs to, and what the sheet covers."""

    names: tuple[str, ...]
    of_haplotype: npt.NDArray[np.int64]
    samples: Mapping[str, int]
    """Samples of the panel in each group."""
    not_in_panel: int
    """Samples of the sheet that the panel lacks."""


@dataclass(slots=True)
class PanelCounts:
    """What a panel held."""

    records: int = 0
    edits: int = 0
    unphased: int = 0
    missing: int = 0
    haploid: int = 0
    duplicates: int = 0
    filtered: int = 0
    not_placed: list[Unplaced] = field(default_factory=list)


def read_groups(path: Path, samples: Sequence[str]) -> Groups:
    """The groups of a sheet with columns sample and group. Raises ``ProgramError`` with every fault of the sheet."""
    problems: list[Problem] = []
    text = read_text(path, path.name, problems)
    if text is None:
        raise ProgramError(problems)
    rows = list(csv.reader(text.splitlines()))
    if not rows or [c.strip() for c in rows[0]] != ["sample", "group"]:
        found = shown(",".join(rows[0])) if rows else "an empty file"
        raise ProgramError([Problem(path.name, "line 1", found, "sample,group", "give these two columns")])
    of: dict[str, str] = {}
    for n, row in enumerate(rows[1:], start=2):
        cells = [c.strip() for c in row]
        if len(cells) != 2 or not cells[0] or not cells[1] or not cells[1].isprintable() or len(cells[1]) > 80:
            problems.append(Problem(path.name, f"line {n}", shown(",".join(row)), "a sample and its group", "mend it"))
        elif cells[0] in of:
            problems.append(
                Problem(path.name, f"line {n}", f"{shown(cells[0])} again", "each sample once", "remove it")
            )
        else:
            of[cells[0]] = cells[1]
    there = [s for s in samples if s in of]
    if not problems and not there:
        found = f"no sample of the panel ({shown(', '.join(samples[:3]))})"
        problems.append(Problem(path.name, "", found, "samples of the panel", "give the sheet of this panel"))
    if problems:
        raise ProgramError(problems)
    names = sorted({of[s] for s in there}) + ([NO_GROUP] if len(there) < len(samples) else [])
    index = np.array([names.index(of.get(s, NO_GROUP)) for s in samples], np.int64)
    counted = {name: int((index == n).sum()) for n, name in enumerate(names)}
    return Groups(tuple(names), np.repeat(index, 2), counted, len(set(of) - set(samples)))


def one_group(samples: Sequence[str]) -> Groups:
    """All samples in one group, where no sheet says more."""
    return Groups((NO_GROUP,), np.zeros(2 * len(samples), np.int64), {NO_GROUP: len(samples)}, 0)


class Panel:
    """A panel VCF; `pieces` streams it once."""

    def __init__(self, path: Path, genome: Bases, names: Mapping[str, str] | None = None) -> None:
        self.file = VariantFile(path)
        if not self.file.samples:
            raise self.file.fault("header", "no sample column", "phased genotypes", "give a panel with genotypes")
        self.genome, self.counts = genome, PanelCounts()
        self.agreement = Agreement(self.file.name, genome, dict(names or {}))
        self._contig, self._last = "", -1
        self._done: set[str] = set()

    def pieces(self, reach: int, size: int, region: tuple[str, int, int] | None = None) -> Iterator[PanelEdits]:
        """Edits in whole groups (no footprint of `reach` + 1 bases touches two), about `size` edits at a time.

        `region`: contig of the genome and 0-based half-open bases; records elsewhere are left out, unchecked.
        Raises ``ProgramError`` for a panel that does not fit the genome, is not sorted, or has no record.
        """
        waiting = _Waiting("")
        for record in self.file:
            if region is not None and not self._inside(record, region):
                continue
            self.counts.records += 1
            contig = self.agreement.add(record)
            if contig is None:
                continue
            self._in_order(record, contig)
            if contig != waiting.contig or (len(waiting.start) >= size and record.start - waiting.reach >= reach):
                if waiting.start:
                    yield self._piece(waiting)
                waiting = _Waiting(contig)
            self._take(record, contig, waiting)
        self.agreement.close()
        if waiting.start:
            yield self._piece(waiting)
        if not self.counts.records:
            raise self.file.fault("", "no record", "records of the panel", "check the file, and --region")

    def _inside(self, record: Record, region: tuple[str, int, int]) -> bool:
        contig = self.agreement.names.get(record.contig, record.contig)
        return contig == region[0] and region[1] <= record.start and record.start + len(record.ref) <= region[2]

    def _in_order(self, record: Record, contig: str) -> None:
        if contig != self._contig:
            if contig in self._done:
                raise self.file.fault(record.place, f"{contig} again", "one block for a contig", "sort the panel")
            self._done.add(contig)
            self._contig, self._last = contig, -1
        if record.start < self._last:
            raise self.file.fault(record.place, "a position before the last one", "sorted records", "sort the panel")
        self._last = record.start

    def _take(self, record: Record, contig: str, waiting: _Waiting) -> None:
        if record.filter not in PASSED:
            self.counts.filtered += 1
            self.counts.not_placed.append(
                Unplaced(contig, record.start + 1, _bases(record), "a filter marks the record")
            )
            return
        alleles, unknown = self._alleles(record)
        for n, alt in enumerate(record.alts, start=1):
            carried = alleles == n
            count = int(carried.sum())
            if not count or alt == "*":
                continue
            reason = not_bases(alt) or not_bases(record.ref)
            if reason:
                written = f"{_bases(record)} on {count} haplotypes"
                self.counts.not_placed.append(Unplaced(contig, record.start + 1, written, reason))
                continue
            start, end, new = trimmed(record.start, record.ref, alt)
            if (start, new) != (end, ""):
                states = np.where(unknown, UNKNOWN, carried).astype(np.uint8)
                waiting.add(start, end, new, f"{contig}:{record.start + 1}:{record.ref}>{alt}", states)

    def _alleles(self, record: Record) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Allele of each haplotype (-1: not known)."""
        n = len(self.file.samples)
        made = plain_alleles(record.calls, n) if record.keys == "GT" else None
        if made is None:
            made = self._slow_alleles(record)
        missing = made < 0
        if (made > len(record.alts)).any():
            found = f"allele {int(made.max())}"
            raise self.file.fault(record.place, found, f"alleles 0 to {len(record.alts)}", "write the panel again")
        return made, missing

    def _slow_alleles(self, record: Record) -> npt.NDArray[np.int64]:
        made = np.full((len(self.file.samples), 2), -1, np.int64)
        keys = record.keys.split(":")
        at = keys.index("GT") if "GT" in keys else -1
        for s, cell in enumerate(record.calls.decode("latin-1").split("\t")):
            values = cell.split(":")
            alleles, phased = read_genotype(values[at] if 0 <= at < len(values) else ".")
            if alleles is None or len(alleles) > 2:
                expected = "phased genotypes of one or two alleles"
                raise self.file.fault(record.place, shown(cell[:40]), expected, "write the panel again")
            if len(alleles) == 1:
                self.counts.haploid += alleles[0] is not None
                self.counts.missing += alleles[0] is None
                made[s, 0] = -1 if alleles[0] is None else alleles[0]
            elif phased or alleles[0] == alleles[1]:
                made[s] = [-1 if a is None else a for a in alleles]
                self.counts.missing += sum(a is None for a in alleles)
            else:
                self.counts.unphased += 1
        return made.ravel()

    def _piece(self, waiting: _Waiting) -> PanelEdits:
        self.agreement.close()
        made, double = waiting.edits()
        self.counts.duplicates += double
        self.counts.edits += len(made.start)
        return made


def plain_alleles(calls: bytes, samples: int) -> npt.NDArray[np.int64] | None:
    """Alleles of calls that are all of the form ``0|1``; None where any is not.

    >>> plain_alleles(b"0|1\\t2|0", 2).tolist()
    [0, 1, 2, 0]
    """
    if len(calls) != 4 * samples - 1:
        return None
    cells = np.frombuffer(calls + b"\t", np.uint8).reshape(samples, 4)
    alleles = cells[:, (0, 2)].astype(np.int64) - ord("0")
    if (cells[:, 1] != ord("|")).any() or (cells[:, 3] != 9).any() or (alleles < 0).any() or (alleles > 9).any():
        return None
    return alleles.ravel()


def _bases(record: Record) -> str:
    return f"{record.ref[:40]}>{','.join(record.alts)[:80]}"


@dataclass(slots=True)
class _Waiting:
    contig: str
    start: list[int] = field(default_factory=list)
    end: list[int] = field(default_factory=list)
    new: list[str] = field(default_factory=list)
    label: list[str] = field(default_factory=list)
    states: list[States] = field(default_factory=list)
    reach: int = -1

    def add(self, start: int, end: int, new: str, label: str, states: States) -> None:
        self.start.append(start)
        self.end.append(end)
        self.new.append(new)
        self.label.append(label)
        self.states.append(states)
        self.reach = max(self.reach, end)

    def edits(self) -> tuple[PanelEdits, int]:
        """In order; an edit that two records hold is one, not known where they differ."""
        order = sorted(range(len(self.start)), key=lambda i: (self.start[i], self.end[i], self.new[i], i))
        kept: list[int] = []
        for i in order:
            j = kept[-1] if kept else -1
            if j >= 0 and (self.start[i], self.end[i], self.new[i]) == (self.start[j], self.end[j], self.new[j]):
                self.states[j] = np.where(self.states[i] == self.states[j], self.states[j], UNKNOWN).astype(np.uint8)
            else:
                kept.append(i)
        chosen = [tuple(values[i] for i in kept) for values in (self.start, self.end, self.new, self.label)]
        return PanelEdits(self.contig, *chosen, np.stack([self.states[i] for i in kept])), len(order) - len(kept)


def reasons(counts: PanelCounts) -> dict[str, int]:
    """How many alleles of a panel were not placed, by reason."""
    return dict(sorted(Counter(u.reason for u in counts.not_placed).items()))
