"""Rows of an off-target site table, checked once, for the writers of other formats and for pictures.

A row has the columns of ``sites.tsv`` (docs/explanation/off-target-semantics.md): positions 1-based and inclusive.
Aligned letters are 5' to 3' on the guide's strand; ``-`` in the spacer is a DNA bulge, in the protospacer an RNA bulge,
a lower-case letter of the protospacer a mismatch. Columns of a patient and the class of the contig may be absent; ``.``
in them is nothing. A site that the patient's variants destroyed, or may have, has no alignment and no counts. Other
columns are kept as text under `more`.

Positions of a site that holds the patient's variants are those of the reference, and are not held against its letters.

Cannot see: whether a site is in the genome that is named.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from proband.border import hidden, shown
from proband.core.errors import Problem, ProgramError

REQUIRED = (
    "contig", "start", "end", "strand", "pam_start", "guide", "spacer", "aligned_spacer", "aligned_protospacer", "pam",
    "mismatches", "dna_bulges", "rna_bulges", "edits",
)  # fmt: skip
COUNTS = ("mismatches", "dna_bulges", "rna_bulges", "edits")
PATIENT = ("haplotype", "variants", "change", "reference_alignment")
PLACES = ("start", "end", "pam_start")
LOST = ("destroyed", "pam_lost", "undetermined")
"""Changes by which a site of the reference is not, or may not be, on the patient's copy."""
_MOST = 1 << 40
_SHOWN = 20
_LETTERS = frozenset("ACGTacgt-")


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site; `start`, `end` and `pam_start` are 0-based half-open on the forward strand here.

    The letters are empty and the counts None where the site is lost in the patient.
    """

    contig: str
    start: int
    end: int
    strand: str
    pam_start: int
    guide: str
    spacer: str
    aligned_spacer: str
    aligned_protospacer: str
    pam: str
    mismatches: int | None
    dna_bulges: int | None
    rna_bulges: int | None
    edits: int | None
    contig_class: str
    patient: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def pam_first(self) -> bool:
        """Whether the PAM lies on the 5' side of the protospacer."""
        return (self.pam_start - self.start < (self.end - self.start) / 2) == (self.strand == "+")


def site_rows(rows: Iterable[Mapping[str, object]], file: str = "sites.tsv") -> tuple[SiteRow, ...]:
    """Checked rows in the order given; raises ``ProgramError`` with every fault, twenty at most.

    >>> row = dict(zip(REQUIRED, ("c1", 5, 10, "+", 8, "g", "ACG", "ACG", "AtG", "AGG", 1, 0, 0, 1)))
    >>> site_rows([row])[0].start, site_rows([row])[0].pam_first
    (4, False)
    """
    problems: list[Problem] = []
    made = []
    for number, row in enumerate(rows, start=1):
        found = list(_faults(row))
        problems += [Problem(file, f"row {number}{place}", *rest) for place, *rest in found]
        if len(problems) >= _SHOWN:
            break
        if not found:
            made.append(_made(row))
    if problems:
        raise ProgramError(problems[:_SHOWN])
    return tuple(made)


def _made(row: Mapping[str, object]) -> SiteRow:
    start, end, pam = (_whole(row[k]) for k in PLACES)
    lost = _lost(row)
    above, below, letters = ("" if lost else str(row[k]) for k in ("aligned_spacer", "aligned_protospacer", "pam"))
    counts = [None if lost else _whole(row[k]) for k in COUNTS]
    patient = {k: str(row[k]) for k in PATIENT if _told(row, k)}
    known = {*REQUIRED, *PATIENT, "contig_class"}
    more = {str(k): str(v) for k, v in row.items() if k not in known and v is not None}
    names = (str(row[k]) for k in ("contig", "strand", "guide", "spacer"))
    contig, strand, guide, spacer = names
    kind = str(row["contig_class"]) if _told(row, "contig_class") else ""
    return SiteRow(
        contig, start - 1, end, strand, pam - 1, guide, spacer, above, below, letters, *counts, kind, patient, more
    )


def _told(row: Mapping[str, object], column: str) -> bool:
    return row.get(column) not in (None, "", ".")


def _lost(row: Mapping[str, object]) -> bool:
    return row.get("change") in LOST and not any(_told(row, k) for k in COUNTS)


def _whole(value: object) -> int:
    """A whole number of 0 or more, or -1 for anything else."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 14 else -1


_Fault = tuple[str, str, str, str]
"""Place within the row, found, expected, remedy."""


def _faults(row: Mapping[str, object]) -> Iterator[_Fault]:
    missing = [k for k in REQUIRED if k not in row]
    if missing:
        yield "", f"no column {', '.join(missing)}", "the columns of a site table", "give sites.tsv as it was written"
        return
    for k in PLACES if _lost(row) else (*PLACES, *COUNTS):
        if not (k in PLACES) <= _whole(row[k]) < _MOST:
            yield f", column {k}", shown(row[k]), "a whole number", "mend the row"
            return
    for k, v in row.items():
        text = str(v)
        if not (text.isascii() and text.isprintable()) and (hidden(text) or any(c in text for c in "\t\r\n")):
            yield f", column {str(k)[:40]}", shown(v), "text on one line without hidden characters", "remove them"
    if not str(row["contig"]) or any(c.isspace() for c in str(row["contig"])):
        yield ", column contig", shown(row["contig"]), "a name without spaces", "mend the row"
    if row["strand"] not in ("+", "-"):
        yield ", column strand", shown(row["strand"]), "+ or -", "mend the row"
    start, end, pam = (_whole(row[k]) for k in PLACES)
    if not start <= pam <= end:
        yield ", columns start, end and pam_start", f"{start}, {end}, {pam}", "a PAM within the footprint", "mend it"
    elif not _lost(row):
        yield from _letter_faults(row, start, end, pam)


def _letter_faults(row: Mapping[str, object], start: int, end: int, pam: int) -> Iterator[_Fault]:
    above, below, letters = (str(row[k]) for k in ("aligned_spacer", "aligned_protospacer", "pam"))
    if not above or len(above) != len(below) or not set(above + below + letters) <= _LETTERS or not letters:
        found = f"{shown(above)} over {shown(below)} and {shown(letters)}"
        yield ", columns aligned_spacer, aligned_protospacer and pam", found, "two lines of one length", "mend the row"
        return
    if above.replace("-", "").upper() != str(row["spacer"]).upper():
        yield ", column aligned_spacer", shown(above), f"the letters of {shown(row['spacer'])}", "mend the row"
    size = len(below.replace("-", "")) + len(letters)
    own = _told(row, "variants") or row.get("change") not in (None, "", ".", "unchanged")
    if not own and (end - start + 1 != size or pam not in (start, end - len(letters) + 1)):
        found = f"{start} to {end}, PAM at {pam}, for {size} letters"
        yield ", columns start, end and pam_start", found, "a footprint with the PAM at an end", "mend the row"
    counted = sum(b.islower() for b in below), above.count("-"), below.count("-")
    told = tuple(_whole(row[k]) for k in COUNTS[:3])
    if counted != told or sum(told) != _whole(row["edits"]):
        expected = "those of the alignment: {} mismatches, {} and {} bulged bases".format(*counted)
        yield ", columns of counts", shown(told), expected, "mend the row"
