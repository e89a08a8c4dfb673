"""Sample sheet and table of loci of a long-read study: large events at the target, junctions with nominated sites.

Samples: sample, arm (treated or control), replicate, reads (FASTQ, or one BAM or CRAM, path relative to the sheet);
optional library (``amplicon``: both ends primed, the default; ``anchored``: one end primed in the target; ``whole``:
neither), molecules (how molecules are told in junctions: ``reads``, ``ends`` or ``umi``; ``collapsed`` where each read
already stands for one), dna_ng, donor, place, tissue, day, failed.

Loci: locus, cut (1-based on the locus, the first base right of the cut; several parted by semicolons); fasta (path
relative to the table; its only sequence, or the one of the locus's name), or end; contig and start (1-based first base)
for aligned reads; arm (p or q); on_target (yes). One locus at least is a target; the others are nominated sites.

Cannot see: whether a library is what the sheet says. All faults of both tables are raised at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.core.errors import Problem, ProgramError
from proband.science.amplicon.sheet import ARMS
from proband.science.amplicon.sheet_rows import Row, chosen, named, read_rows
from proband.science.structural.locus import LEAST_SIDE, LONGEST, SHORTEST, Locus, read_fasta

SAMPLE_COLUMNS = (
    "sample", "arm", "replicate", "reads", "library", "molecules", "donor", "place", "tissue", "day", "dna_ng", "failed"
)  # fmt: skip
LOCUS_COLUMNS = ("locus", "cut", "fasta", "contig", "start", "end", "arm", "on_target")
LIBRARIES = ("amplicon", "anchored", "whole")
MOLECULES = ("", "reads", "ends", "umi", "collapsed")


@dataclass(frozen=True, slots=True)
class LongSample:
    """One row of the sheet; `reads` is None where the sample failed."""

    name: str
    arm: str
    replicate: str
    reads: Path | None
    library: str = "amplicon"
    molecules: str = "reads"
    donor: str = ""
    place: str = ""
    tissue: str = ""
    day: float | None = None
    dna_ng: float | None = None
    failed: str = ""


@dataclass(frozen=True)
class LongSheet:
    """Samples and loci as they were set up, and SHA-256 digests of the tables by name."""

    samples: tuple[LongSample, ...]
    loci: tuple[Locus, ...]
    digests: tuple[tuple[str, str], ...] = ()

    @property
    def targets(self) -> tuple[Locus, ...]:
        """The loci at which large events are looked for."""
        return tuple(x for x in self.loci if x.on_target)

    @property
    def sites(self) -> tuple[Locus, ...]:
        """The nominated sites with which the targets may be joined."""
        return tuple(x for x in self.loci if not x.on_target)


def read_long_sheet(path: Path, loci: Path) -> LongSheet:
    """The study of a sample sheet and a table of loci; raises one ``ProgramError`` with every problem of both."""
    problems: list[Problem] = []
    rows, digest = read_rows(path, SAMPLE_COLUMNS, ("sample", "arm", "replicate", "reads"), problems)
    samples = [_sample(row, path.parent, problems) for row in rows]
    _check_samples(rows, samples, problems)
    made, locus_digest = _loci(loci, problems)
    if problems:
        raise ProgramError(problems)
    return LongSheet(tuple(samples), made, (("samples", digest), ("loci", locus_digest)))


def read_loci(path: Path) -> tuple[Locus, ...]:
    """The loci of a table; raises one ``ProgramError`` with every problem."""
    problems: list[Problem] = []
    made, _ = _loci(path, problems)
    if problems:
        raise ProgramError(problems)
    return made


def _loci(loci: Path, problems: list[Problem]) -> tuple[tuple[Locus, ...], str]:
    """The loci of a table and its digest; faults are added to `problems`."""
    locus_rows, digest = read_rows(loci, LOCUS_COLUMNS, ("locus", "cut"), problems)
    made = [x for row in locus_rows if (x := _locus(row, loci.parent, problems)) is not None]
    seen: dict[str, int] = {}
    for row in locus_rows:
        if row["locus"] in seen:
            expected = f"another name than in row {seen[row['locus']]}"
            problems.append(row.problem("locus", expected, "name each locus once"))
        seen.setdefault(row["locus"], row.line)
    if locus_rows and not any(row["on_target"] == "yes" for row in locus_rows):
        file = locus_rows[0].file
        problems.append(Problem(file, "column on_target", "no yes", "one target at least", "mark the target"))
    return tuple(made), digest


def _sample(row: Row, folder: Path, problems: list[Problem]) -> LongSample:
    name, replicate = named(row, "sample", problems), named(row, "replicate", problems)
    arm = chosen(row, "arm", ARMS, problems)
    library = chosen(row, "library", ("", *LIBRARIES), problems) or "amplicon"
    molecules = chosen(row, "molecules", MOLECULES, problems) or "reads"
    dna = row.number("dna_ng", 0, problems)
    if dna == 0:
        problems.append(row.problem("dna_ng", "ng above 0", "leave the cell empty where it is not known"))
    day = row.number("day", -1e6, problems)
    file = folder / row["reads"] if row["reads"] else None
    if file is not None and not file.is_file():
        problems.append(row.problem("reads", "a file that is there", "give its path relative to the sheet"))
    if file is None and not row["failed"]:
        remedy = "give the file, or say in column failed why there is none"
        problems.append(row.problem("reads", "a file of reads", remedy, "nothing"))
    return LongSample(
        name, arm, replicate, None if row["failed"] else file, library, molecules, row["donor"], row["place"],
        row["tissue"], day, dna or None, row["failed"],
    )  # fmt: skip


def _check_samples(rows: Sequence[Row], samples: Sequence[LongSample], problems: list[Problem]) -> None:
    """No sample, replicate or file twice; the same library and the same count of molecules in both arms."""
    names: dict[str, int] = {}
    replicates: dict[tuple[str, ...], int] = {}
    files: dict[Path, int] = {}
    for row, s in zip(rows, samples, strict=True):
        if s.name and s.name in names:
            problems.append(row.problem("sample", f"another name than in row {names[s.name]}", "name each once"))
        names.setdefault(s.name, row.line)
        label = (s.arm, s.replicate, s.library, s.donor, s.place, s.tissue, str(s.day))
        if s.replicate and label in replicates:
            expected = f"another replicate of its arm than in row {replicates[label]}"
            problems.append(row.problem("replicate", expected, "number the replicates of an arm, or name the donor"))
        replicates.setdefault(label, row.line)
        if s.reads is not None:
            real = s.reads.resolve()
            if real in files:
                problems.append(row.problem("reads", f"another file than in row {files[real]}", "give each file once"))
            files.setdefault(real, row.line)
    for library in LIBRARIES:
        held = [(row, s) for row, s in zip(rows, samples, strict=True) if s.library == library]
        if len({s.molecules for _, s in held}) > 1:
            first = held[0][1].molecules
            problems.extend(
                row.problem("molecules", f"{first}, as in the other samples", "count all samples of a library alike")
                for row, s in held
                if s.molecules != first
            )


def _locus(row: Row, folder: Path, problems: list[Problem]) -> Locus | None:
    """One locus, or None with problems added."""
    before = len(problems)
    name = named(row, "locus", problems)
    start, end = row.number("start", 1, problems, whole=True), row.number("end", 1, problems, whole=True)
    arm = chosen(row, "arm", ("", "p", "q"), problems)
    on_target = chosen(row, "on_target", ("", "no", "yes"), problems) == "yes"
    contig = named(row, "contig", problems) if row["contig"] else ""
    if (row["contig"] != "") != (row["start"] != ""):
        problems.append(row.problem("contig", "contig and start together", "give both or none"))
    sequence = _sequence(row, folder, name, problems) if row["fasta"] else ""
    size = len(sequence)
    if not row["fasta"]:
        if start is None or end is None or end <= start:
            remedy = "give fasta, or contig, start and end"
            problems.append(row.problem("fasta", "a FASTA, or a place with start and end", remedy, "neither"))
        else:
            size = int(end - start) + 1
    elif end is not None and start is not None and int(end - start) + 1 != size:
        problems.append(row.problem("end", f"start and {size} bases of the FASTA", "leave end out, or correct it"))
    if len(problems) > before:
        return None
    if not SHORTEST <= size <= LONGEST:
        expected = f"{SHORTEST} to {LONGEST:,} bases"
        problems.append(row.problem("fasta", expected, "choose the locus so", f"{size} bases"))
        return None
    cuts = _cuts(row, size, problems)
    if not cuts:
        return None
    return Locus(name, size, cuts, sequence, contig, None if start is None else int(start) - 1, arm, on_target)


def _sequence(row: Row, folder: Path, name: str, problems: list[Problem]) -> str:
    held = read_fasta(folder / row["fasta"], row["fasta"], problems)
    if name in held:
        return held[name]
    if len(held) > 1:
        expected = f"one sequence, or one of the name {name}"
        problems.append(row.problem("fasta", expected, "name the sequence as the locus", f"{len(held)} others"))
    return next(iter(held.values()), "") if len(held) == 1 else ""


def _cuts(row: Row, size: int, problems: list[Problem]) -> tuple[int, ...]:
    """0-based boundaries of the cuts, with `LEAST_SIDE` bases on each side."""
    made = []
    for part in row["cut"].split(";"):
        text = part.strip()
        if not text.isdecimal() or len(text) > 7 or not LEAST_SIDE <= int(text) - 1 <= size - LEAST_SIDE:
            expected = f"bases of the locus, from {LEAST_SIDE + 1} to {size - LEAST_SIDE + 1}"
            problems.append(row.problem("cut", expected, "count from 1 on the locus, not on the contig"))
            return ()
        made.append(int(text) - 1)
    return tuple(sorted(set(made)))


def one_target(
    treated: Sequence[Path], control: Sequence[Path], fasta: Path | None, cut: str, region: str, library: str
) -> LongSheet:
    """The study of one target from files alone, a replicate each; raises one ``ProgramError`` with every problem."""
    problems: list[Problem] = []
    if not treated:
        problems.append(Problem("--reads", "", "nothing", "a file of reads, or a sheet", "give --reads"))
    for file in (*treated, *control):
        if not file.is_file():
            problems.append(Problem(file.name, "", "no such file", "a file of reads", "check its name"))
    twice = [f for f in (*treated, *control) if (*treated, *control).count(f) > 1]
    problems.extend(Problem(f.name, "", "given twice", "each file once", "remove one") for f in dict.fromkeys(twice))
    cells = {"locus": "target", "cut": cut, "on_target": "yes"}
    if region:
        contig, _, span = region.rpartition(":")
        start, _, end = span.replace(",", "").partition("-")
        cells |= {"contig": contig, "start": start, "end": end}
        if not contig or not start.isdecimal() or not end.isdecimal():
            problems.append(Problem("--region", "", region[:60], "a place such as chr5:1000-7000", "correct it"))
    if fasta is not None:
        cells["fasta"] = fasta.name
    if fasta is None and not region:
        problems.append(Problem("--locus", "", "nothing", "the FASTA of the target, or --region", "give one"))
    locus = None if problems else _locus(Row("options", 1, cells), fasta.parent if fasta else Path(), problems)
    if problems or locus is None:
        raise ProgramError(problems)
    samples = [
        LongSample(f"{arm}-{n}", arm, str(n), file, library)
        for arm, files in (("treated", treated), ("control", control))
        for n, file in enumerate(files, start=1)
    ]
    return LongSheet(tuple(samples), (locus,))
