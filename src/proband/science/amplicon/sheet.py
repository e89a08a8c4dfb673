"""The sample sheet of a treated-and-control panel: which files, arms and replicates, and the sites that were amplified.

Two forms. Pooled files hold all sites of a table of sites; or each row names its own site, with the site's columns in
the sheet. A replicate is one biological sample: within an arm it is named once for each donor, place, tissue and day.
All faults of both tables are raised at once.

Columns: sample, arm (treated or control), replicate, reads; optional reads2, donor, place, tissue, day, dna_ng (DNA put
into the amplification, ng), umi (``collapsed`` where each read already stands for one molecule; ``header`` or
``prefix:N`` where identifiers are in the names, or the first N bases of read 1), failed (why there are no reads;
`reads` may then be empty). Reads are FASTQ, or one BAM or CRAM. Paths are relative to the sheet.

Cannot see: whether labels were exchanged at the bench; `panel` flags what looks like it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.core.errors import Problem, ProgramError
from proband.science.amplicon import sheet_sites
from proband.science.amplicon.patient_variants import with_patient
from proband.science.amplicon.sheet_rows import Row, chosen, named, read_rows
from proband.science.amplicon.sheet_sites import PanelTarget, read_sites
from proband.science.amplicon.umi import umi_rule

ARMS = ("treated", "control")
COLUMNS = (
    "sample", "arm", "replicate", "reads", "reads2", "donor", "place", "tissue", "day", "dna_ng", "umi", "failed"
)  # fmt: skip
NEEDED = ("sample", "arm", "replicate", "reads")


@dataclass(frozen=True, slots=True)
class Sample:
    """One row: its files (none where it failed), and the names of the sites that they hold.

    `collapsed` says that what is counted are molecules, before or by the reading; `umi` is the place of identifiers
    that are still to be read.
    """

    name: str
    arm: str
    replicate: str
    reads: tuple[Path, ...]
    sites: tuple[str, ...]
    donor: str = ""
    place: str = ""
    tissue: str = ""
    day: float | None = None
    dna_ng: float | None = None
    collapsed: bool = False
    failed: str = ""
    umi: str = ""


@dataclass(frozen=True)
class Sheet:
    """A panel as it was set up, and the SHA-256 digests of its tables by name (samples, sites)."""

    samples: tuple[Sample, ...]
    targets: tuple[PanelTarget, ...]
    digests: tuple[tuple[str, str], ...]

    def target(self, name: str) -> PanelTarget:
        """The site of a name; raises ``KeyError``."""
        for t in self.targets:
            if t.name == name:
                return t
        raise KeyError(name)


def read_sheet(
    path: Path, sites: Path | None = None, editor: str = "", vcf: Path | None = None, sample: str = ""
) -> Sheet:
    """The panel of a sample sheet, with a table of sites for pooled files; `editor` for sites that name none.

    With a `vcf` the variants of sites that name none are those of its `sample`; see `patient_variants`.

    Raises one ``ProgramError`` with every problem of both tables.
    """
    problems: list[Problem] = []
    known: tuple[str, ...] = COLUMNS
    needed: tuple[str, ...] = NEEDED
    if sites is None:
        known, needed = (*COLUMNS, *sheet_sites.COLUMNS), (*NEEDED, "site", "amplicon")
    rows, digest = read_rows(path, known, needed, problems, sheet_sites.TWINS if sites is None else None)
    digests = [("samples", digest)]
    site_rows = rows
    if sites is not None:
        site_rows, site_digest = read_rows(
            sites, sheet_sites.COLUMNS, ("site", "amplicon"), problems, sheet_sites.TWINS
        )
        digests.append(("sites", site_digest))
        _once(site_rows, problems)
    if vcf is not None:
        site_rows = with_patient(site_rows, vcf, sample, problems)
        if vcf.is_file():
            digests.append(("vcf", hashlib.sha256(vcf.read_bytes()).hexdigest()))
    targets = read_sites(site_rows, editor, problems)
    every = tuple(t.name for t in targets)
    both = {row["site"]: tuple(t.name for t in targets if row["site"] in (t.name, t.haplotype_of)) for row in rows}
    samples = [
        _sample(row, path.parent, every if sites else both[row["site"]] or (row["site"],), problems) for row in rows
    ]
    _check_samples(rows, samples, problems)
    if problems:
        raise ProgramError(problems)
    return Sheet(tuple(samples), targets, tuple(digests))


def _once(rows: Sequence[Row], problems: list[Problem]) -> None:
    seen: dict[str, int] = {}
    for row in rows:
        if row["site"] in seen:
            problems.append(row.problem("site", f"another name than in row {seen[row['site']]}", "name each site once"))
        seen.setdefault(row["site"], row.line)


def _sample(row: Row, folder: Path, sites: tuple[str, ...], problems: list[Problem]) -> Sample:
    """One row; what is wrong with it is added to `problems`."""
    name, replicate = named(row, "sample", problems), named(row, "replicate", problems)
    arm = chosen(row, "arm", ARMS, problems)
    dna = row.number("dna_ng", 0, problems)
    if dna == 0:
        problems.append(row.problem("dna_ng", "ng above 0", "leave the cell empty where it is not known"))
    day = row.number("day", -1e6, problems)
    place = row["umi"] if row["umi"] not in ("", "no", "collapsed") else ""
    if place:
        try:
            umi_rule(place)
        except ValueError as e:
            remedy = "say where the UMI stands, or collapsed where each read is a molecule"
            problems.append(row.problem("umi", f"nothing, no, collapsed, {e}", remedy))
            place = ""
    files = []
    for column in ("reads", "reads2"):
        if row[column]:
            files.append(folder / row[column])
            if not files[-1].is_file():
                remedy = "give its path relative to the sheet"
                problems.append(row.problem(column, "a file that is there", remedy))
    if row["reads2"] and not row["reads"]:
        problems.append(row.problem("reads", "the file of read 1 too", "give both", "nothing"))
    if not row["reads"] and not row["failed"]:
        remedy = "give the file, or say in column failed why there is none"
        problems.append(row.problem("reads", "a file of reads", remedy, "nothing"))
    told = (row["donor"], row["place"], row["tissue"])
    return Sample(
        name, arm, replicate, tuple(files) if not row["failed"] else (), sites, *told, day, dna or None,
        bool(place) or row["umi"] == "collapsed", row["failed"], place,
    )  # fmt: skip


def _check_samples(rows: Sequence[Row], samples: Sequence[Sample], problems: list[Problem]) -> None:
    """No sample, replicate or file twice; both arms are there."""
    names: dict[tuple[str, ...], int] = {}
    replicates: dict[tuple[str, ...], int] = {}
    files: dict[Path, int] = {}
    for row, s in zip(rows, samples, strict=True):
        key = (s.name, row["site"])
        if s.name and key in names:
            problems.append(row.problem("sample", f"another name than in row {names[key]}", "name each sample once"))
        names.setdefault(key, row.line)
        label = (s.arm, s.replicate, s.donor, s.place, s.tissue, str(s.day), row["site"])
        if s.replicate and label in replicates:
            expected = f"another replicate of its arm than in row {replicates[label]}"
            problems.append(row.problem("replicate", expected, "number the replicates of an arm, or name the donor"))
        replicates.setdefault(label, row.line)
        for column, file in zip(("reads", "reads2"), s.reads, strict=False):
            real = file.resolve()
            if real in files:
                problems.append(row.problem(column, f"another file than in row {files[real]}", "give each file once"))
            files.setdefault(real, row.line)
    if any(s.umi for s in samples):
        problems.extend(
            row.problem("umi", "molecules, as in the other samples", "give UMIs of all samples, or of none", "reads")
            for row, s in zip(rows, samples, strict=True)
            if not s.collapsed and s.reads
        )
    lacking = [arm for arm in ARMS if samples and not any(s.arm == arm for s in samples)]
    problems.extend(
        Problem(rows[0].file, "column arm", f"no {arm} sample", "both arms", "add it: without it no site has an answer")
        for arm in lacking
    )
