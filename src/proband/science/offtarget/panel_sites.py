"""The sites of a confirmation panel, from the table of a merge or of a search, or from a BED file.

Tables count from 1 with ends included, as proband writes them; BED counts from 0. Sites that a merge marks as dropped
are left out and counted.

Cannot see: whether the table belongs to the genome; the bases of each site are compared with it where the table has
them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.core.errors import Problem, ProgramError
from proband.science.amplicon.sheet_rows import NAME
from proband.science.offtarget.nomination_formats import table_rows
from proband.science.offtarget.nominations import CONTIG
from proband.science.sequence.alphabet import reverse_complement
from proband.science.sequence.genome import Genome

MOST = 20_000
"""Sites of a panel at most, as of the sheet that is made for it."""
LONGEST = 500
_SHOWN = 30


@dataclass(frozen=True, slots=True)
class PanelSite:
    """A site: 0-based half-open footprint; `protospacer` as the genome has it, 5' to 3' on its strand, or ""."""

    name: str
    contig: str
    start: int
    end: int
    strand: str
    protospacer: str = ""
    pam: str = ""


@dataclass(frozen=True, slots=True)
class PanelSites:
    """The sites in the order of the table, and how many were left out as dropped."""

    sites: tuple[PanelSite, ...]
    dropped: int


def read_panel_sites(path: Path, sheet: str = "", most: int = MOST) -> PanelSites:
    """The sites of a table. Raises ``ProgramError`` with every fault.

    A table needs the columns contig, start, end; it may have site, strand, pam_start, aligned_protospacer, pam and
    kept. More than `most` sites are refused.
    """
    problems: list[Problem] = []
    bed = path.name.lower().removesuffix(".gz").endswith(".bed")
    header = ["contig", "start", "end", "site", "score", "strand"] if bed else None
    made: dict[str, PanelSite] = {}
    dropped = 0
    for line, cells in table_rows(path, sheet):
        if header is None:
            header = cells
            lacking = [c for c in ("contig", "start", "end") if c not in header]
            if lacking:
                remedy = "give merged.tsv, the table of a search, or a BED file"
                raise ProgramError(
                    [Problem(path.name, f"row {line}", f"no {', '.join(lacking)}", "these columns", remedy)]
                )
            continue
        if cells[0].startswith("#"):
            continue
        row = dict(zip(header, cells, strict=False))
        if row.get("kept", "") == "no":
            dropped += 1
            continue
        site = _site(row, 0 if bed else 1, path.name, line, problems)
        if site is not None and site.name in made:
            remedy = "keep one row of a site; a table of several guides needs a column site"
            problems.append(Problem(path.name, f"row {line}", site.name, "each site once", remedy))
        if site is not None:
            made[site.name] = site
        if len(problems) > _SHOWN or len(made) > most:
            break
    if len(made) > most:
        problems.append(Problem(path.name, "", f"more than {most:,} sites", f"at most {most:,}", "split the table"))
    if not made and not problems:
        remedy = "give a table with at least one site that is kept"
        problems.append(Problem(path.name, "", "no site", "a table of sites", remedy))
    if problems:
        raise ProgramError(problems[:_SHOWN])
    return PanelSites(tuple(made.values()), dropped)


def _site(row: dict[str, str], first: int, file: str, line: int, problems: list[Problem]) -> PanelSite | None:
    place = f"row {line}"
    contig, strand = row["contig"], row.get("strand", "") or "."
    numbers = [row.get(k, "") for k in ("start", "end")]
    if not CONTIG.match(contig) or strand not in "+-." or not all(re.fullmatch(r"[0-9]{1,12}", n) for n in numbers):
        found = f"{contig[:40]}, {numbers[0][:20]}, {numbers[1][:20]}, {strand[:5]}"
        problems.append(Problem(file, place, found, "contig, whole start and end, strand + or - or .", "correct it"))
        return None
    start, end = int(numbers[0]) - first, int(numbers[1])
    if not 0 <= start < end or end - start > LONGEST:
        found = f"{numbers[0]} to {numbers[1]}"
        problems.append(Problem(file, place, found, f"1 to {LONGEST} bases, start before end", "correct it"))
        return None
    pam = row.get("pam_start", "")
    name = row.get("site", "") or f"{contig}:{pam or start + 1}:{strand if strand != '.' else 'x'}"
    if not NAME.match(name):
        name = f"site-{line}"
    protospacer = re.sub(r"[-\s]", "", row.get("aligned_protospacer", "")).upper()
    if set(protospacer) - set("ACGT"):
        protospacer = ""
    pam = row.get("pam", "").upper()
    pam = "" if set(pam) - set("ACGT") else pam
    return PanelSite(name, contig, start, end, strand.replace(".", ""), protospacer, pam)


def differs(site: PanelSite, genome: Genome) -> str:
    """The genome's bases where they are not those of the table, "" where they agree or can not be compared."""
    if not site.protospacer or site.contig not in genome.contigs or site.end > genome.contigs[site.contig]:
        return ""
    try:
        bases = genome.fetch(site.contig, site.start, site.end)
    except ProgramError:
        return ""
    read = reverse_complement(bases) if site.strand == "-" else bases
    return "" if site.protospacer in read else read


def check_genome(sites: Sequence[PanelSite], genome: Genome, file: str) -> None:
    """Raise ``ProgramError`` where most sites have other bases in the genome: another build, or other coordinates."""
    other = [(s, read) for s in sites if (read := differs(s, genome))]
    if 2 * len(other) <= len(sites):
        return
    remedy = "give the genome, of the same build, in which the sites were found"
    raise ProgramError(
        [Problem(file, f"site {s.name}", r[:60], f"bases that hold {s.protospacer}", remedy) for s, r in other[:_SHOWN]]
    )
