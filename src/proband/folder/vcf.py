"""The patient's calls: the program's variants looked up in a VCF, with genotype and phase.

Source: VCF 4.2 to 4.4 specification, sections 1.2 to 1.6 (GT and PS). Streams the file once. Records are
compared by contig, position and bases as written: an indel written in another, equivalent form is reported
as not found, with the records at its position. Cannot see: symbolic alleles, breakends.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from proband.border import shown
from proband.core.errors import Problem
from proband.core.program import Genotype, Program, Variant

LONGEST_LINE = 10_000_000


@dataclass(slots=True)
class _Seen:
    """What the stream held at the positions of the program's variants."""

    samples: list[str] = field(default_factory=list)
    contigs: set[str] = field(default_factory=set)
    records: dict[tuple[str, int], list[list[str]]] = field(default_factory=dict)


def add_genotypes(program: Program, root: Path, name: str, problems: list[Problem]) -> Program:
    """The program with the genotypes of one VCF; a variant that is not there, or differs, is a problem."""
    wanted = {(v.contig, v.position + 1) for v in program.variants if v.position is not None}
    seen = _Seen()
    try:
        for fault in _scan(root / name, wanted, seen):
            problems.append(Problem(name, *fault))
            return program
    except UnicodeDecodeError:
        problems.append(Problem(name, "", "bytes that are not UTF-8", "VCF text", "write the VCF again"))
        return program
    except (OSError, EOFError, zlib.error) as e:
        problems.append(Problem(name, "", str(e)[:200], "a whole, readable VCF", "copy it again from its source"))
        return program
    column = _sample_column(program, seen.samples, name, problems)
    if column is None:
        return program
    changed = [_with_genotype(v, seen, column, name, problems) for v in program.variants]
    return replace(program, variants=tuple(changed))


def _scan(path: Path, wanted: set[tuple[str, int]], seen: _Seen) -> Iterator[tuple[str, str, str, str]]:
    opener = gzip.open if path.name.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as handle:  # type: ignore[operator]
        for number, line in enumerate(iter(lambda: handle.readline(LONGEST_LINE), ""), start=1):
            if number == 1 and not line.startswith("##fileformat=VCFv4"):
                yield "line 1", shown(line[:40]), "##fileformat=VCFv4.x", "give a VCF 4 file"
                return
            if line.startswith("#CHROM"):
                seen.samples = line.rstrip("\r\n").split("\t")[9:]
            elif not line.startswith("#") and line.strip():
                cells = line.rstrip("\r\n").split("\t")
                if len(cells) < 8 or not (cells[1].isascii() and cells[1].isdigit() and len(cells[1]) < 12):
                    yield f"line {number}", shown(line[:40]), "at least 8 tab-separated columns", "write the VCF again"
                    return
                seen.contigs.add(cells[0])
                if (cells[0], int(cells[1])) in wanted:
                    seen.records.setdefault((cells[0], int(cells[1])), []).append(cells)


def _sample_column(program: Program, samples: list[str], name: str, problems: list[Problem]) -> int | None:
    ids = [p.id for p in program.patients]
    matching = [i for i, s in enumerate(samples) if s in ids]
    if len(matching) == 1:
        return matching[0]
    if not samples:
        found, remedy = "no sample column", "give a VCF with genotypes"
    else:
        found, remedy = f"samples {shown(', '.join(samples[:5]))}", "name the sample with the patient's pseudonym"
    problems.append(Problem(name, "header", found, f"one sample named {' or '.join(ids) or 'as a patient'}", remedy))
    return None


def _with_genotype(v: Variant, seen: _Seen, column: int, name: str, problems: list[Problem]) -> Variant:
    if v.position is None:
        return v
    place = f"variant {v.id} ({v.place})"
    records = seen.records.get((v.contig, v.position + 1), [])
    if not records:
        hint = (
            "" if v.contig in seen.contigs else f"; the file has contigs such as {', '.join(sorted(seen.contigs)[:3])}"
        )
        problems.append(
            Problem(
                name,
                place,
                f"no record at this position{hint}",
                "a record of the variant",
                "check build and contig names, or remove the variant",
            )
        )
        return v
    for cells in records:
        alternates = cells[4].split(",")
        if cells[3].upper() == v.ref and v.alt in (a.upper() for a in alternates):
            index = [a.upper() for a in alternates].index(v.alt) + 1
            return _call(v, cells, index, column, name, place, problems)
    found = "; ".join(f"{c[3]}>{c[4]}" for c in records)
    problems.append(
        Problem(name, place, shown(found), f"{v.ref}>{v.alt}", "correct the bases in program.toml, or the build")
    )
    return v


def _call(
    v: Variant, cells: list[str], index: int, column: int, name: str, place: str, problems: list[Problem]
) -> Variant:
    keys = cells[8].split(":") if len(cells) > 8 else []
    values = cells[9 + column].split(":") if len(cells) > 9 + column else []
    sample = dict(zip(keys, values, strict=False))
    call = sample.get("GT", "")
    alleles = call.replace("|", "/").split("/")
    if cells[6] not in ("PASS", ".", ""):
        problems.append(
            Problem(
                name,
                place,
                f"a record that a filter marks {shown(cells[6])}",
                "PASS",
                "confirm the call, or leave the variant without a VCF",
            )
        )
        return v
    if not call or "." in alleles:
        problems.append(
            Problem(
                name,
                place,
                f"genotype {call or 'missing'}",
                "a called genotype",
                "call the position, or leave the variant without a VCF",
            )
        )
        return v
    carried = alleles.count(str(index))
    zygosity = _zygosity(carried, len(alleles))
    if not carried or (v.zygosity and v.zygosity != zygosity):
        problems.append(
            Problem(
                name,
                place,
                f"genotype {call} ({zygosity})",
                v.zygosity or "a genotype that carries the variant",
                "correct program.toml or the VCF",
            )
        )
        return v
    genotype = Genotype(call, "|" in call, sample.get("PS", ""), name, index)
    return replace(v, zygosity=zygosity, genotype=genotype)


def _zygosity(carried: int, ploidy: int) -> str:
    if not carried:
        return "not carried"
    if ploidy == 1:
        return "hemizygous"
    return "homozygous" if carried == ploidy else "heterozygous"
