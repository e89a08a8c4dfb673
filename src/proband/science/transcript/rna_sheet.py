"""``rna/assays.toml``: which assays were made, where, in which arms, and which files hold their measurements.

The sheet states what no table can tell: the place, the exposure, whether replicates are biological, which form of the
transcript is wanted, in which direction a protein should move. Nothing of this has a default. Coordinates are 1-based,
both ends included, as people write them. Every fault of the sheet and of its tables is told at once.

Cannot see: whether what is stated is true; samples that were measured and not listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proband.border import parse, read_toml, shown
from proband.core.errors import Problem, ProgramError
from proband.core.kinds import nearest
from proband.science.transcript.bam_header import bam_problems
from proband.science.transcript.junction_tables import read_junctions
from proband.science.transcript.junctions import Junction
from proband.science.transcript.plate_tables import Plate, read_plate
from proband.science.transcript.rna_assays import (
    BLOCKS,
    CELLS,
    Assay,
    Knockdown,
    Splicing,
    block_of,
    files_of,
)
from proband.science.transcript.rna_tables import Row, read_table

FOLDER = "rna/"
FILE = "rna/assays.toml"


@dataclass(frozen=True)
class RnaSheet:
    """The assays, and what their files hold, by file name as the sheet writes it."""

    assays: tuple[Assay, ...]
    paths: Mapping[str, Path]
    rows: Mapping[str, tuple[Row, ...]]
    plates: Mapping[str, Plate]
    junctions: Mapping[str, tuple[Junction, ...]]


def read_rna(files: Mapping[str, Path], patients: frozenset[str] | None, problems: list[Problem]) -> RnaSheet | None:
    """The sheet with its tables from the files of ``rna/`` (path in the folder to path), or None with problems added.

    `patients`: pseudonyms of the program, or None where they were checked before. Loads no numerical library.
    """
    if FILE not in files:
        found = f"{len(files)} files in {FOLDER} and no {FILE}"
        problems.append(Problem(FILE, "", found, "the sheet that says what they are", "write it, or remove the files"))
        return None
    before = len(problems)
    raw = read_toml(files[FILE], FILE, problems)
    blocks = _blocks(raw, problems) if raw is not None else {}
    held = {path.removeprefix(FOLDER): where for path, where in files.items() if path != FILE}
    assays = [a for group in blocks.values() for a in group]
    if len(problems) > before:
        return None
    problems += _sheet_problems(assays, patients)
    named = [(a, file, form) for a in assays for file, form in files_of(a)]
    problems += _file_problems(named, held)
    if len(problems) > before:
        return None
    content = _Content({}, {}, {})
    once = {(file, form, a.event.contig if isinstance(a, Splicing) else ""): a for a, file, form in named}
    for (file, form, _), a in once.items():
        _read(a, file, form, held, content, problems)
    if len(problems) == before:
        problems += _gene_problems([a for a in assays if isinstance(a, Knockdown)], content.rows)
    if len(problems) > before:
        return None
    return RnaSheet(tuple(assays), held, content.rows, content.plates, content.junctions)


def _blocks(raw: Mapping[str, object], problems: list[Problem]) -> dict[str, list[Assay]]:
    if type(raw.get("format")) is not int or raw["format"] != 1:
        problems.append(Problem(FILE, "key format", shown(raw.get("format")), "1", "write format = 1"))
    for key in set(raw) - {"format"} - set(BLOCKS):
        problems.append(Problem(FILE, f"key {key}", "an unknown key", "a block of assays", nearest(key, tuple(BLOCKS))))
    made: dict[str, list[Assay]] = {name: [] for name in BLOCKS}
    for name, model in BLOCKS.items():
        given = raw.get(name, [])
        if not isinstance(given, list):
            problems.append(Problem(FILE, name, shown(given), "a list of tables", f"write [[{name}]]"))
            continue
        for number, block in enumerate(given, start=1):
            stated = block.get("id") if isinstance(block, dict) else None
            one = parse(model, block, FILE, f"{name} {stated if isinstance(stated, str) else number}", problems)
            if one is not None:
                made[name].append(one)
    if not any(raw.get(name) for name in BLOCKS):
        problems.append(Problem(FILE, "", "no assay", "at least one", "describe an assay, or remove the file"))
    return made


def _sheet_problems(assays: list[Assay], patients: frozenset[str] | None) -> Iterator[Problem]:
    ids = [a.id for a in assays]
    for a in assays:
        at = f"{block_of(a)} {a.id}"
        if ids.count(a.id) > 1:
            yield Problem(FILE, at, "an id used more than once", "each id once", "rename one")
        if patients is not None and a.patient is not None and a.patient not in patients:
            yield Problem(FILE, f"{at}, key patient", a.patient, "a patient of program.toml", "use the same pseudonym")
        if a.place in CELLS and a.cells is None:
            yield Problem(FILE, f"{at}, key cells", "nothing", "which cells", "name them, such as fibroblasts")
        if a.place == "engineered_cells" and a.carries_variant is None:
            expected = "whether they carry the patient's variant"
            yield Problem(FILE, f"{at}, key carries_variant", "nothing", expected, "write true or false")
        if isinstance(a, Splicing):
            yield from _splicing_problems(a, at)
        if isinstance(a, Knockdown):
            yield from _knockdown_problems(a, at)


def _splicing_problems(a: Splicing, at: str) -> Iterator[Problem]:
    if not a.event.between:
        e = a.event
        found = f"{e.upstream_end}, {e.exon[0]}-{e.exon[1]}, {e.downstream_start}"
        expected = "an exon that lies between the end of the one before and the start of the one after"
        remedy = "write 1-based positions in the order of the reference, whatever the strand"
        yield Problem(FILE, f"{at}, event", found, expected, remedy)
    if a.read_length < 2 * a.anchor:
        found = f"reads of {a.read_length} with anchors of {a.anchor}"
        yield Problem(FILE, f"{at}, key anchor", found, "reads as long as two anchors", "correct one of them")
    bam = any(s.form == "bam" for s in a.sample)
    if bam and a.library is None:
        expected = "XS (a tag of the aligner), RF or FR"
        yield Problem(FILE, f"{at}, key library", "nothing", expected, "say how a read tells its strand")
    for key in ("file", "replicate"):
        seen = [(s.arm if key == "replicate" else "", getattr(s, key)) for s in a.sample]
        for twice in sorted({x for x in seen if seen.count(x) > 1}):
            found = " ".join(twice).strip()
            yield Problem(FILE, f"{at}, sample", f"{found} more than once", f"each {key} once", "one file a replicate")


def _knockdown_problems(a: Knockdown, at: str) -> Iterator[Problem]:
    genes = [a.target, *a.references]
    if len(set(genes)) < len(genes):
        yield Problem(FILE, f"{at}, key references", ", ".join(genes), "each gene once", "remove one")
    needed = {"rt_qpcr": "one or more", "dpcr": "one", "rna_seq": "none"}[a.method]
    fits = {"rt_qpcr": len(a.references) > 0, "dpcr": len(a.references) == 1, "rna_seq": not a.references}[a.method]
    if not fits:
        found = ", ".join(a.references) or "none"
        yield Problem(FILE, f"{at}, key references", found, f"{needed} for {a.method}", "list the reference genes")
    if a.method == "rt_qpcr":
        for gene in (g for g in genes if g not in a.efficiency):
            expected = "amplification per cycle of every gene, 2 for doubling"
            yield Problem(FILE, f"{at}, key efficiency", f"nothing for {gene}", expected, f"add {gene}")
        if a.cycles is None:
            yield Problem(FILE, f"{at}, key cycles", "nothing", "the last cycle that was run", "add cycles")
    elif a.efficiency or a.efficiency_error or a.cycles is not None or a.paired:
        expected = "efficiency, efficiency_error, cycles and paired with rt_qpcr alone"
        yield Problem(FILE, at, f"one of them with {a.method}", expected, "remove it")
    stray = sorted({*a.efficiency, *a.efficiency_error} - set(genes))
    if stray:
        yield Problem(FILE, f"{at}, key efficiency", ", ".join(stray), "the genes of this assay", "correct the name")


def _file_problems(named: list[tuple[Assay, str, str]], held: Mapping[str, Path]) -> Iterator[Problem]:
    forms: dict[str, set[str]] = {}
    for a, file, form in named:
        forms.setdefault(file, set()).add(form)
        if file not in held:
            at = f"{block_of(a)} {a.id}, file {file}"
            remedy = nearest(file, tuple(held)) if held else "add the file"
            yield Problem(FILE, at, "no such file in rna/", "a file of rna/", remedy)
        elif (form == "bam") != file.endswith(".bam"):
            yield Problem(
                FILE, f"{block_of(a)} {a.id}, file {file}", f"form {form}", "the form of its file", "correct it"
            )
    for file, several in sorted(forms.items()):
        if len(several) > 1:
            yield Problem(FILE, f"file {file}", f"read as {' and '.join(sorted(several))}", "one form", "correct one")
    index = {f"{f}.bai" for f in forms} | {f"{f.removesuffix('.bam')}.bai" for f in forms if f.endswith(".bam")}
    for file in sorted(set(held) - set(forms) - index):
        remedy = f"name it in {FILE}, or let its name begin with an underscore"
        yield Problem(FOLDER + file, "", "a file that no assay names", "files that assays name", remedy)


@dataclass(frozen=True)
class _Content:
    rows: dict[str, tuple[Row, ...]]
    plates: dict[str, Plate]
    junctions: dict[str, tuple[Junction, ...]]


def _read(a: Assay, file: str, form: str, held: Mapping[str, Path], content: _Content, problems: list[Problem]) -> None:
    """Read one file of an assay once; its faults are told under its path in the folder."""
    path, shown_as = held[file], FOLDER + file
    try:
        if form == "bam":
            assert isinstance(a, Splicing)
            problems += bam_problems(path, shown_as, a.event.contig, frozenset(FOLDER + f for f in held))
        elif form in ("bed12", "star", "csv"):
            content.junctions[file] = read_junctions(path, form)
            if not content.junctions[file]:
                problems.append(_empty(shown_as, "junctions"))
        elif form == "plate":
            plate = content.plates[file] = read_plate(path)
            if not plate.samples or not plate.standards:
                problems.append(_empty(shown_as, "standards and samples"))
        else:
            content.rows[file] = read_table(path, shown_as, form, problems)
    except ProgramError as e:
        problems += [Problem(shown_as, p.place, p.found, p.expected, p.remedy) for p in e.problems]


def _empty(file: str, what: str) -> Problem:
    remedy = f"add them, or remove the table and what names it in {FILE}"
    return Problem(file, "", f"a table without {what}", what, remedy)


def _gene_problems(assays: Sequence[Knockdown], rows: Mapping[str, tuple[Row, ...]]) -> Iterator[Problem]:
    """Genes of the tables against those that the assays on them name, and the donors of pairs."""
    for file in dict.fromkeys(a.file for a in assays):
        named = {g for a in assays if a.file == file for g in (a.target, *a.references)}
        for row in (r for r in rows[file] if r["gene"] not in named):
            expected = f"a gene of an assay on this table ({', '.join(sorted(named))})"
            at = f"row {row.line}, column gene"
            yield Problem(FOLDER + file, at, row["gene"], expected, f"correct it, or name the gene in {FILE}")
        for gene in sorted(named - {r["gene"] for r in rows[file]}):
            yield Problem(FOLDER + file, "column gene", f"no row of {gene}", "its measurements", "add them")
    for a in (a for a in assays if a.paired):
        donors = [{r["replicate"] for r in rows[a.file] if r["arm"] == arm} for arm in ("treated", "control")]
        if donors[0] != donors[1]:
            found = f"donors in one arm only: {', '.join(sorted(donors[0] ^ donors[1]))}"
            remedy = "correct it, or write paired = false"
            yield Problem(FOLDER + a.file, "column replicate", found, "the same donors in both arms", remedy)
