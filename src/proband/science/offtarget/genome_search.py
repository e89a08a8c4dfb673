"""A whole genome searched contig by contig into files, so that an interrupted search goes on where it stopped.

Each contig's sites are written to a part file as soon as it is searched, in a folder beside the result that is named
by the digest of genome, guides and limits; parts of another question are never taken up. When all are there they are
joined by guide, in the contigs' order, the result appears under its name, and the parts are removed. Memory follows the
largest contig's sites.

Cannot see: whether somebody edits a part between two runs, beyond its size.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from proband.science.offtarget import site_table
from proband.science.offtarget.completeness import added, contig_coverage, recall_ceilings
from proband.science.offtarget.genome_store import GenomeStore, StoredContig
from proband.science.offtarget.guide import Guide, Limits, check_guides
from proband.science.offtarget.search import Found, Planes, search_planes
from proband.science.offtarget.search_parts import Part, parts_folder, read_part, write_part
from proband.science.offtarget.sites import Hits
from proband.writing import write_all

SEMANTICS = "off-target semantics 1"
"""Version of what a site is; part of the digest of a question."""
Told = Callable[[StoredContig, bool], None]
"""Called after each contig; True where its part was there already."""


def question(store: GenomeStore, guides: Sequence[Guide], limits: Limits) -> str:
    """Digest of genome content, guides and limits: what the answer depends on."""
    text = [SEMANTICS, store.digest, [c.name for c in store.contigs], [asdict(g) for g in guides], asdict(limits)]
    return hashlib.sha256(json.dumps(text, ensure_ascii=False).encode()).hexdigest()


def search_genome(
    store: GenomeStore, guides: Sequence[Guide], limits: Limits, out: Path, *, bed: Path | None = None,
    threads: int = 1, told: Told | None = None, extra: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Search all contigs and write `out` (TSV), its completeness statement ``<out>.completeness.json``, and BED.

    Returns the statement; `extra` is added to it. Raises ``ProgramError`` for wrong guides, ``OSError`` where files
    can not be written; parts that were finished are kept then, and the next call goes on after them.
    """
    check_guides(guides)
    key = question(store, guides, limits)
    folder = parts_folder(out, key)
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, contig in enumerate(store.contigs):
        path = folder / f"{number:06d}.part"
        part = read_part(path, contig.refget, len(guides))
        if told is not None and part is not None:
            told(contig, True)
        if part is None:
            planes = store.planes(contig)
            _write_part(path, contig, planes, search_planes(planes, guides, limits, threads), guides, limits)
            part = read_part(path, contig.refget, len(guides))
            if told is not None:
                told(contig, False)
        if part is None:
            raise OSError(f"{path.name} could not be read back")
        parts.append(part)
    statement = _statement(store, guides, limits, parts, key) | (extra or {})
    write_all(_outputs(out, bed, statement, parts, len(guides)))
    shutil.rmtree(folder, ignore_errors=True)
    return statement


def _write_part(
    path: Path, contig: StoredContig, planes: Planes, found: Found, guides: Sequence[Guide], limits: Limits
) -> None:
    texts = []
    for number in range(len(guides)):
        lines = site_table.rows(contig.name, planes, found.hits, guides, number)
        texts.append("".join(f"{line}\n" for line in lines).encode())
    head = {
        "contig": contig.name, "refget": contig.refget,
        "coverage": contig_coverage(planes, guides, limits, found.pam_sites.tolist()),
        "found": [_counted(found.hits, number) for number in range(len(guides))],
    }  # fmt: skip
    write_part(path, head, texts)


def _counted(hits: Hits, number: int) -> dict[str, int]:
    """Sites of one guide by mismatches, DNA bulge bases and RNA bulge bases, as ``m,d,r``."""
    low, high = np.searchsorted(hits.guide, [number, number + 1])
    counts = np.stack([x[low:high] for x in (hits.mismatches, hits.dna_bulges, hits.rna_bulges)], 1)
    kinds, number_of = np.unique(counts, axis=0, return_counts=True)
    return {",".join(map(str, kind)): n for kind, n in zip(kinds.tolist(), number_of.tolist(), strict=True)}


def _statement(
    store: GenomeStore, guides: Sequence[Guide], limits: Limits, parts: Sequence[Part], key: str
) -> dict[str, Any]:
    coverage = added([p.head["coverage"] for p in parts])
    per_guide = []
    for number, (guide, covered) in enumerate(zip(guides, coverage.pop("guides"), strict=True)):
        found: dict[str, int] = {}
        for part in parts:
            for kind, n in part.head["found"][number].items():
                found[kind] = found.get(kind, 0) + n
        ordered = dict(sorted(found.items(), key=lambda x: tuple(map(int, x[0].split(",")))))
        per_guide.append(asdict(guide) | covered | {"sites": sum(found.values()), "sites_by_edits": ordered})
    classes: dict[str, int] = {}
    for contig in store.contigs:
        kind = site_table.contig_class(contig.name)
        classes[kind] = classes.get(kind, 0) + 1
    return {
        "semantics": SEMANTICS, "question": key, "genome_digest": store.digest, "soft_mask": "ignored",
        "contigs": len(store.contigs), "contigs_by_class": dict(sorted(classes.items())), **coverage,
        "limits": asdict(limits), "sites_by_edits_key": "mismatches,dna_bulges,rna_bulges", "guides": per_guide,
        "recall_ceiling": recall_ceilings(guides, limits),
        "not_searched": [
            "sequence that the genome file does not hold",
            "windows with letters other than A, C, G, T (windows_set_aside)",
            "bulges at the first or last base of the protospacer, mismatches in the PAM",
            "the patient's own variants, unless this statement names a VCF",
        ],
    }  # fmt: skip


def _outputs(
    out: Path, bed: Path | None, statement: dict[str, Any], parts: Sequence[Part], guides: int
) -> Iterator[tuple[Path, Iterator[bytes]]]:
    sha = hashlib.sha256()

    def body() -> Iterator[bytes]:
        for number in range(guides):
            for part in parts:
                yield from part.rows(number)

    def table() -> Iterator[bytes]:
        head = site_table.HEADER.encode()
        sha.update(head)
        yield head
        for data in body():
            sha.update(data)
            yield data

    yield out, table()
    if bed is not None:
        yield bed, _bed(parts, guides)
    statement["sites_sha256"] = sha.hexdigest()
    text = json.dumps(statement, indent=1, ensure_ascii=False) + "\n"
    yield out.with_name(f"{out.name}.completeness.json"), iter([text.encode()])


def _bed(parts: Sequence[Part], guides: int) -> Iterator[bytes]:
    """All sites by contig and place, whatever the guide, as an index of a BED file asks for."""
    for part in parts:
        lines = (line for number in range(guides) for line in part.lines(number))
        made = sorted(site_table.bed_key(line) for line in lines)
        yield "".join(f"{line}\n" for _, _, line in made).encode()
