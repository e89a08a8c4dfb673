"""The table of a patient's sites, for people: positions from 1, both ends included, in coordinates of the reference.

A position in bases that the reference lacks is the last reference base before it; how many bases after that one it lies
stands in ``inserted`` as start/end/PAM start. ``copy_start`` is the footprint's start (from 1) on
the patient's own copy of the contig, where the file tells one order of alleles over the whole contig.

Cannot see: more than the search; see `patient_search`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from proband.science.offtarget.edits import ALWAYS, Bases, Edits
from proband.science.offtarget.gain_and_loss import PatientSite, ReferenceSite, haplotype_words
from proband.science.offtarget.guide import Guide
from proband.science.offtarget.patient_search import ContigSearch, PatientSearch, sites_of_guide
from proband.science.offtarget.patient_variants import PatientVariants
from proband.science.offtarget.site_table import contig_class
from proband.science.offtarget.variant_windows import Unsearched

NOTHING = "."
COLUMNS = (
    "contig", "start", "end", "strand", "pam_start", "guide", "spacer", "aligned_spacer", "aligned_protospacer", "pam",
    "mismatches", "dna_bulges", "rna_bulges", "edits", "contig_class", "haplotype", "zygosity", "variants", "change",
    "reference_alignment", "inserted", "copy_start",
)  # fmt: skip
UNSEARCHED_COLUMNS = ("contig", "position", "written", "reason")


def rows_of(search: PatientSearch, genome: Bases) -> Iterator[dict[str, str]]:
    """Every site as text by column, in the order of the table."""
    for number in range(len(search.guides)):
        for contig in search.contigs:
            yield from contig_rows(contig, search.guides, number, genome)


def contig_rows(contig: ContigSearch, guides: Sequence[Guide], number: int, genome: Bases) -> Iterator[dict[str, str]]:
    """Every site of one guide on a contig as text by column, in the order of the table."""
    copies = Copies(contig.edits) if contig.edits is not None else None
    for site in sites_of_guide(contig, number, genome, guides):
        yield _row(guides[number], contig, site, copies)


def _row(guide: Guide, contig: ContigSearch, site: PatientSite, copies: Copies | None) -> dict[str, str]:
    lost = site.change in ("destroyed", "pam_lost", "undetermined")
    row = dict.fromkeys(COLUMNS, NOTHING)
    shown = site.reference if site.copy is None or (site.change == "unchanged" and site.reference) else site.copy
    assert shown is not None
    row |= {"contig": contig.contig, "strand": "+" if shown.strand > 0 else "-", "guide": guide.name,
            "spacer": guide.spacer, "change": site.change, "contig_class": contig_class(contig.contig)}  # fmt: skip
    if isinstance(shown, ReferenceSite):
        row |= {"start": str(shown.start + 1), "end": str(shown.end), "pam_start": str(shown.pam_start + 1)}
    else:
        places = shown.start, shown.last, shown.pam_start
        row |= {n: str(p.reference + 1) for n, p in zip(("start", "end", "pam_start"), places, strict=True)}
        if any(p.inserted for p in places):
            row["inserted"] = "/".join(str(p.inserted) for p in places)
        if copies is not None:
            row["copy_start"] = copies.start(shown.start.reference, shown.start.inserted, site.readings)
    if not lost:
        row |= {"aligned_spacer": shown.spacer, "aligned_protospacer": shown.protospacer, "pam": shown.pam}
        counts = shown.mismatches, shown.dna_bulges, shown.rna_bulges
        names = ("mismatches", "dna_bulges", "rna_bulges", "edits")
        row |= {n: str(x) for n, x in zip(names, (*counts, sum(counts)), strict=True)}
    if site.reference is not None:
        row["reference_alignment"] = alignment_text(site.reference)
    if contig.edits is None:
        return row | {"haplotype": "1|2", "zygosity": "homozygous"}
    haplotype, zygosity = haplotype_words(site.readings, contig.edits, site.edits)
    named = ",".join(contig.edits.label[i] for i in site.edits) or NOTHING
    return row | {"haplotype": haplotype, "zygosity": zygosity, "variants": named}


def alignment_text(site: ReferenceSite) -> str:
    """An alignment in one cell: spacer/protospacer/PAM/mismatches,DNA bulges,RNA bulges."""
    counts = f"{site.mismatches},{site.dna_bulges},{site.rna_bulges}"
    return f"{site.spacer}/{site.protospacer}/{site.pam}/{counts}"


class Copies:
    """Where bases of the reference lie on a copy whose alleles are told over the whole contig."""

    def __init__(self, edits: Edits) -> None:
        self.edits = edits
        self.told = len({int(u) for u in edits.unit if u != ALWAYS}) <= 1
        self._shifts: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def start(self, reference: int, inserted: int, readings: object) -> str:
        """The place on the copy, from 1; nothing where the file does not tell it, or copies differ."""
        if not self.told or not isinstance(readings, frozenset) or len(readings) != 1:
            return NOTHING
        (reading,) = readings
        if len(reading) > 1 or (not reading and np.any(self.edits.unit != ALWAYS)):
            return NOTHING
        option = reading[0][1] if reading else 0
        if option not in self._shifts:
            e = self.edits
            there = (e.unit == ALWAYS) | ((e.mask >> option) & 1 == 1)
            grown = np.diff(e.alt_from)[there] - (e.end - e.start)[there]
            self._shifts[option] = e.end[there], np.concatenate(([0], np.cumsum(grown)))
        ends, shift = self._shifts[option]
        # Edits that end at or before this base move it; what is inserted here is counted from its anchor.
        before = int(np.searchsorted(ends, reference, "right"))
        return str(reference + 1 + int(shift[before]) + inserted)


def unsearched_rows(variants: PatientVariants, contigs: Iterable[Unsearched]) -> Iterator[dict[str, str]]:
    """Everything that was not searched, or not in every reading, as text by column; `contigs`: what contigs left."""
    for u in (*variants.unplaced, *variants.conflicts):
        yield {"contig": u.contig, "position": str(u.position), "written": u.written, "reason": u.reason}
    for left in contigs:
        yield _capped(left)
    for contig in variants.contigs_without_records:
        row = {"contig": contig, "position": NOTHING, "written": NOTHING}
        yield row | {"reason": "no record on this contig: searched as the reference"}


def _capped(u: Unsearched) -> dict[str, str]:
    reason = f"more than {u.searched} readings around this edit: not completely searched"
    _, position, written = u.label.rsplit(":", 2)
    return {"contig": u.contig, "position": position, "written": written, "reason": reason}


def table_text(rows: Iterator[Mapping[str, str]], columns: tuple[str, ...], note: str) -> Iterator[bytes]:
    """A table as lines of tab-separated text, after a line that says what its positions count."""
    yield f"# {note}\n".encode()
    yield ("\t".join(columns) + "\n").encode()
    for row in rows:
        yield ("\t".join(cell(row[c]) for c in columns) + "\n").encode()


def cell(text: str) -> str:
    """A text as one cell: nothing that does not print, and no formula of a spreadsheet.

    >>> cell("=1+1"), cell("a\\tb")
    ("'=1+1", 'a?b')
    """
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return "'" + clean if clean[:1] in "=@" else clean
