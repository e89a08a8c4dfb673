"""``offtarget/confirmed.csv``: what a program reports of each confirmed off-target site, and what it leaves out.

A row of a site with an empty cell leaves that field out. A confirmed site without a row in a table that is there is
left out of the report; without any table nothing is known of it beyond what was measured. A frequency that this
folder's reads gave counts as reported. Gene context is told by an annotation where there is one (`annotation`), else by
the table.

Cannot see: confirmed sites that neither the reads of this folder nor the table name, and whether a risk is right.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from proband.core.errors import Problem
from proband.core.evidence import Members
from proband.science.amplicon.sheet_rows import NAME, Row, read_rows
from proband.science.told_words import told

TABLE = "offtarget/confirmed.csv"
NEEDED = ("site", "contig", "start", "end")
COLUMNS = (*NEEDED, "strand", "edited", "total", "gene_context", "risk", "who", "date")
FIELDS = ("coordinates", "frequency", "gene_context", "risk_assessment")
"""What is to be reported of each confirmed site (criterion SF-14)."""
TAKEN = (
    *COLUMNS, "part", "genes", "nearest_gene", "distance", "cancer_role", "editable_in_window", "editable_bases",
    "gravest_effect", "effects", "together", "not_told",
)  # fmt: skip
"""Columns that a layer of regions can not be named by: `annotation_table` and this table have them."""
LONGEST = 5_000
_CONTIG = re.compile(r"[A-Za-z0-9_.*:-]{1,60}\Z")


@dataclass(frozen=True, slots=True)
class ConfirmedSite:
    """A confirmed site as reported: 0-based half-open place, or None; edited and all reads or molecules, or None."""

    name: str
    place: tuple[str, int, int] | None = None
    strand: str = ""
    counts: tuple[int, int] | None = None
    gene_context: str = ""
    risk: str = ""
    who: str = ""
    day: date | None = None


def read_confirmed(path: Path, problems: list[Problem]) -> tuple[ConfirmedSite, ...]:
    """The rows of the table; every fault is added to `problems`."""
    rows, _ = read_rows(path, COLUMNS, NEEDED, problems)
    made: dict[str, ConfirmedSite] = {}
    for row in rows:
        site = _site(row, problems)
        if site.name in made:
            problems.append(row.problem("site", "each site once", "remove one of the rows"))
        made[site.name] = site
    return tuple(made.values())


def _site(row: Row, problems: list[Problem]) -> ConfirmedSite:
    name = row["site"]
    if not NAME.match(name):
        expected = "a name of letters, digits, dot, hyphen, underscore, plus and colon, at most 80"
        problems.append(row.problem("site", expected, "rename the site"))
    if row["strand"] not in ("", "+", "-"):
        problems.append(row.problem("strand", "+ or -", "correct it, or leave the cell empty"))
    edited, total = (row.number(c, 0, problems, whole=True) for c in ("edited", "total"))
    counts = None if edited is None or total is None else (int(edited), int(total))
    if bool(row["edited"]) != bool(row["total"]):
        problems.append(row.problem("total", "edited and total together", "fill in both, or none"))
    elif counts is not None and not 0 < counts[1] >= counts[0]:
        problems.append(row.problem("edited", "at most the total, which is above 0", "correct them"))
    return ConfirmedSite(
        name, _place(row, problems), row["strand"], counts, told(row["gene_context"]), *_risk(row, problems)
    )


def _place(row: Row, problems: list[Problem]) -> tuple[str, int, int] | None:
    cells = [row[c] for c in ("contig", "start", "end")]
    if not any(cells):
        return None
    whole = all(re.fullmatch(r"[0-9]{1,12}", c) for c in cells[1:])
    start, end = (int(c) for c in cells[1:]) if whole else (0, 0)
    if not (_CONTIG.match(cells[0]) and 1 <= start <= end < start + LONGEST):
        expected = f"a contig, and start and end from 1, ends included, over at most {LONGEST:,} bases"
        found = ", ".join(c or "nothing" for c in cells)[:80]
        problems.append(row.problem("start", expected, "correct the place, or leave all three empty", found))
        return None
    return cells[0], start - 1, end


def _risk(row: Row, problems: list[Problem]) -> tuple[str, str, date | None]:
    """The risk with who said so and when: the three together, or none."""
    risk, who, day = told(row["risk"]), told(row["who"]), None
    if row["date"]:
        try:
            day = date.fromisoformat(row["date"])
        except ValueError:
            problems.append(row.problem("date", "a date such as 2026-02-28", "correct it"))
            return risk, who, None
    if risk and not (who and day):
        problems.append(
            row.problem("risk", "a risk with who assessed it and the date", "fill in who and date", "alone")
        )
    return risk, who, day


def layer_problems(files: Sequence[str]) -> list[Problem]:
    """Files of named regions give their columns the name: a plain word, each once, none that a column has.

    >>> [p.found for p in layer_problems(["a/repeats.bed", "a/part.bed", "a/x.bed", "a/x.bed.gz"])]
    ['part', 'x', 'x']
    """
    names = [f.rpartition("/")[2].split(".")[0] for f in files]
    expected, remedy = "a file named by a word of its own, such as repeats.bed", "rename the file"
    return [
        Problem(f, "", name[:60], expected, remedy)
        for f, name in zip(files, names, strict=True)
        if not name.isidentifier() or names.count(name) > 1 or name in TAKEN
    ]


def reported_fields(
    sites: Sequence[ConfirmedSite], measured: Collection[str], context: Mapping[str, str], table: bool,
    undecided: Collection[str] = (),
) -> tuple[Members, Mapping[str, str]]:  # fmt: skip
    """For each field: present where every confirmed site has it, absent where one lacks it, and why it is not present.

    `measured`: sites that this folder's reads called. `context`: gene context by site, as an annotation tells it;
    `undecided`: sites of which an annotation was asked and could not tell. `table`: whether there is a table at all.

    >>> sites = [ConfirmedSite("OT1", ("c1", 5, 28), gene_context="intron of G")]
    >>> made, why = reported_fields(sites, ["OT1"], {}, True)
    >>> made.present, made.absent, why["risk_assessment"]
    (('coordinates', 'frequency', 'gene_context'), ('risk_assessment',), 'OT1')
    >>> reported_fields([], ["OT1"], {}, False)[0].unknown
    ('coordinates', 'gene_context', 'risk_assessment')
    """
    held = {s.name: s for s in sites}
    names = [*held, *(m for m in measured if m not in held)]
    left_out: dict[str, list[str]] = {f: [] for f in FIELDS}
    not_told: dict[str, list[str]] = {f: [] for f in FIELDS}
    for name in names:
        s = held.get(name, ConfirmedSite(name))
        there = {
            "coordinates": s.place is not None,
            "frequency": s.counts is not None or name in measured,
            "gene_context": bool(s.gene_context or context.get(name)),
            "risk_assessment": bool(s.risk),
        }
        for field in (f for f in FIELDS if not there[f]):
            open_ = not table or (field == "gene_context" and name in undecided)
            (not_told if open_ else left_out)[field].append(name)
    lacking = {f: [*left_out[f], *not_told[f]] for f in FIELDS if left_out[f] or not_told[f]}
    made = Members(
        tuple(f for f in FIELDS if names and f not in lacking),
        tuple(f for f in FIELDS if left_out[f]),
        tuple(f for f in FIELDS if not_told[f] and not left_out[f]),
    )
    return made, {f: ", ".join(x[:5]) + (", ..." if len(x) > 5 else "") for f, x in lacking.items()}
