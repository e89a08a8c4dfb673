"""One sample of a VCF as edits of the genome: phased, unphased, multi-allelic; everything not placed is listed.

- A phased heterozygous call belongs to its phase set (PS, or the whole contig where the file names none). An unphased
  one is a unit of its own, also in a phased file. A call with one allele only is hemizygous.
- Not placed, listed and counted: symbolic alleles, breakends, alleles ``*`` without their deletion, letters that are no
  bases, records that a filter marks (unless asked for), and calls or half calls that are missing (the reference is
  searched there, which is an assumption).
- Records that contradict each other on one copy (overlapping edits, or one edit called twice in different ways) are
  listed as conflicts and made free: each may be there or not, so that every reading of them is searched.

Raises at once for what may mean another genome: a REF that the genome does not hold, a position beyond a contig, names
of contigs that the genome does not have.

Source of the format: VCF 4.1 to 4.5 (samtools/hts-specs), sections 1.6.1 (ALT) and 1.6.2 (GT, PS).
Cannot see: sequence that was not called, and variants that the file does not hold.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from proband.border import shown
from proband.core.errors import Problem, ProgramError
from proband.science.offtarget.edit_conflicts import settled
from proband.science.offtarget.edits import (
    ALWAYS,
    HEMIZYGOUS,
    HETEROZYGOUS,
    HOMOZYGOUS,
    Bases,
    EditList,
    Edits,
    Unplaced,
    trimmed,
)
from proband.science.offtarget.reference_agreement import Agreement
from proband.science.offtarget.variant_file import Record, VariantFile

PASSED = ("PASS", ".", "")
BASES = re.compile("[ACGTN]+")
NOT_BASES = {"<": "a symbolic allele (structural variant or reference block)", "[": "a breakend", "]": "a breakend"}


@dataclass(frozen=True, slots=True)
class PatientVariants:
    """What one sample's VCF says: edits by contig, what was not placed, and counts for the statement of the search."""

    sample: str
    edits: Mapping[str, Edits]
    unplaced: tuple[Unplaced, ...]
    conflicts: tuple[Unplaced, ...]
    records: int
    placed: Mapping[str, int]
    """Edits that were placed, by kind."""
    duplicates: int
    phased: int
    """Heterozygous calls whose phase the file tells."""
    unphased: int
    """Heterozygous calls whose phase it does not tell."""
    contigs_without_records: tuple[str, ...]

    @property
    def reasons(self) -> dict[str, int]:
        """How many alleles and calls were not placed, by reason."""
        return dict(sorted(Counter(u.reason for u in self.unplaced).items()))


@dataclass(slots=True)
class _Reading:
    genome: Bases
    column: int
    several: bool
    use_filtered: bool
    agreement: Agreement
    lists: dict[str, EditList] = field(default_factory=dict)
    unplaced: list[Unplaced] = field(default_factory=list)
    spanning: list[tuple[str, int, int, int, str]] = field(default_factory=list)
    records: int = 0
    phased: int = 0
    unphased: int = 0


def read_patient(
    path: Path,
    sample: str,
    genome: Bases,
    names: Mapping[str, str] | None = None,
    use_filtered: bool = False,
) -> PatientVariants:
    """The variants of one sample. `names`: contig of the VCF to contig of the genome, where they differ.

    Raises ``ProgramError`` for a file that is cut off or no VCF, a sample that it lacks, and a genome it does not fit.
    """
    file = VariantFile(path)
    if not sample and len(file.samples) == 1:
        sample = file.samples[0]
    elif not sample and file.samples:
        found = f"{len(file.samples)} samples: {shown(', '.join(file.samples[:5]))}"
        raise file.fault("header", found, "the sample to search", "name it with --sample")
    column = file.column(sample)
    agreement = Agreement(file.name, genome, dict(names or {}))
    reading = _Reading(genome, column, len(file.samples) > 1, use_filtered, agreement)
    for record in file:
        _take(record, reading)
    if not reading.records:
        raise ProgramError([Problem(file.name, "", "no record", "calls of the patient", "give the patient's own VCF")])
    agreement.close()
    return _closed(sample, reading)


def _closed(sample: str, reading: _Reading) -> PatientVariants:
    edits, conflicts, duplicates = {}, [], 0
    placed: Counter[str] = Counter()
    for contig in reading.genome.names:
        if contig not in reading.lists:
            continue
        made, against, double = settled(reading.lists[contig])
        edits[contig] = made
        conflicts += against
        duplicates += double
        placed.update(made.kind(i) for i in range(len(made)))
    _check_spanning(reading, edits)
    seen = reading.agreement.seen
    missing = tuple(n for n in reading.genome.names if n not in seen)
    unplaced = tuple(sorted(reading.unplaced, key=lambda u: (u.contig, u.position, u.written, u.reason)))
    counts = (duplicates, reading.phased, reading.unphased)
    order = dict(sorted(placed.items()))
    return PatientVariants(sample, edits, unplaced, tuple(conflicts), reading.records, order, *counts, missing)


def _take(record: Record, reading: _Reading) -> None:
    reading.records += 1
    contig = reading.agreement.add(record)
    if contig is None:
        return
    call = record.calls.split(b"\t")[reading.column] if reading.several else record.calls
    cells = dict(zip(record.keys.split(":"), call.decode("latin-1").split(":"), strict=False))
    genotype = cells.get("GT", "")
    alleles, phased = read_genotype(genotype)
    if alleles is None or any(a is not None and a > len(record.alts) for a in alleles):
        raise ProgramError([Problem(reading.agreement.file, record.place, f"genotype {shown(genotype)}",
                                    "allele numbers of the record, such as 0|1", "write the VCF again")])  # fmt: skip
    if all(a == 0 for a in alleles):
        return
    written = f"{record.ref[:40]}>{','.join(record.alts)[:80]} {genotype}"
    if None in alleles:
        half = any(a is not None for a in alleles)
        reason = "one allele of the call is missing" if half else "the call is missing"
        reading.unplaced.append(Unplaced(contig, record.start + 1, written, reason))
        if not half:
            return
    if record.filter not in PASSED and not reading.use_filtered and any(alleles):
        reading.unplaced.append(Unplaced(contig, record.start + 1, written, "a filter marks the record"))
        return
    _place(record, contig, alleles, cells.get("PS", "") if phased else None, reading)


def read_genotype(text: str) -> tuple[list[int | None] | None, bool]:
    """Alleles of a GT (None for a missing one) and whether they are phased; None for text that is no GT.

    >>> read_genotype("0|1"), read_genotype("./1"), read_genotype("1"), read_genotype("x")
    (([0, 1], True), ([None, 1], False), ([1], False), (None, False))
    """
    if text in ("", "."):
        return [None], False
    parts = text.lstrip("|/").replace("/", "|").split("|")
    if not all(p == "." or (p.isascii() and p.isdigit() and len(p) < 5) for p in parts):
        return None, False
    return [None if p == "." else int(p) for p in parts], "|" in text and "/" not in text


def _place(record: Record, contig: str, alleles: list[int | None], phase: str | None, reading: _Reading) -> None:
    into = reading.lists.setdefault(contig, EditList(contig))
    carried = [a for a in alleles if a is not None]
    one = len(set(alleles)) == 1
    unit, options = ALWAYS, [carried[0]]
    if not one and phase is not None and len(alleles) == 2:
        unit, options = into.new_unit(2, "" if phase == "." else phase), [-1 if a is None else a for a in alleles]
        reading.phased += 1
    elif not one:
        # What a missing allele is, is not known: the reference stands for it, as the list says.
        options = sorted({a or 0 for a in alleles})
        unit = into.new_unit(len(options), None) if len(options) > 1 else ALWAYS
        reading.unphased += unit != ALWAYS
    zygosity = HETEROZYGOUS if not one else HEMIZYGOUS if len(alleles) == 1 else HOMOZYGOUS
    for allele in sorted(set(carried) - {0}):
        alt = record.alts[allele - 1]
        mask = sum(1 << i for i, a in enumerate(options) if a == allele)
        reason = not_bases(alt)
        if alt in ("*", "<*:DEL>"):
            reading.spanning.append((contig, record.start, unit, mask, f"{record.ref[:40]}>*"))
        elif reason or set(record.ref) - set("ACGTN"):
            written = f"{record.ref[:40]}>{alt[:80]}"
            reason = reason or "letters that are no bases"
            reading.unplaced.append(Unplaced(contig, record.start + 1, written, reason))
        else:
            start, end, new = trimmed(record.start, record.ref, alt)
            if (start, new) != (end, ""):
                label = f"{contig}:{record.start + 1}:{record.ref}>{alt}"
                into.add(start, end, new, unit, mask, zygosity, label)


def not_bases(alt: str) -> str:
    """Why an allele can not be placed; nothing where it is bases.

    >>> not_bases("ACN"), not_bases("<DEL>")
    ('', 'a symbolic allele (structural variant or reference block)')
    """
    if BASES.fullmatch(alt):
        return ""
    return next((why for sign, why in NOT_BASES.items() if sign in alt), "letters that are no bases")


def _check_spanning(reading: _Reading, edits: Mapping[str, Edits]) -> None:
    """An allele ``*`` says that a deletion of another record took the base: list those without such a deletion."""
    for contig, start, unit, mask, written in reading.spanning:
        there = edits.get(contig)
        if there is not None:
            over = (there.start <= start) & (there.end > start)
            same = (there.unit == ALWAYS) | (unit == ALWAYS) | (there.unit != unit) | ((there.mask & mask) != 0)
            if np.any(over & same):
                continue
        reading.unplaced.append(Unplaced(contig, start + 1, written, "an allele * without its deletion"))
