"""What was counted, as files: ``summary.json`` and tables; equal inputs give equal bytes on any number of threads.

Positions in tables are for people: 1-based, ends included. ``summary.json`` names its inputs by SHA-256 digest, with
the parameters and the versions of what computed it, and holds neither paths nor times.

Cannot see: whether a flag matters for the question at hand; flags say what was seen, with numbers.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
import polars

from proband.kernels import assign, lines
from proband.kernels import events as kernel
from proband.kernels.jit import Array
from proband.science.amplicon.alignment import encoded
from proband.science.amplicon.amplicon import Amplicon
from proband.science.amplicon.events import KINDS
from proband.science.amplicon.quantify import IGNORABLE, Quantified
from proband.science.sequence.alphabet import reverse_complement
from proband.writing import Data

PACKAGES = ("proband", "isal", "numba", "numpy", "polars")
FEW, MANY = 0.1, 0.5
"""Shares of reads from which a flag is raised."""
SHORT = 0.5
"""Reads below this share of the shortest amplicon are taken for primer dimers or truncated reads."""
ALLELE_COLUMNS = {
    "aligned_read": polars.String,
    "aligned_amplicon": polars.String,
    "amplicon": polars.String,
    "status": polars.String,
    "unmodified": polars.Boolean,
    "n_deleted": polars.Int32,
    "n_inserted": polars.Int32,
    "n_mutated": polars.Int32,
    "reads": polars.Int64,
    "fraction": polars.Float64,
}
ROWS = 1 << 14
"""Rows of the table of alleles that are made at a time, and that make a group in Parquet."""
UNREAD = 0.01
"""Share of bases that are N from which a flag is raised."""


def summary(q: Quantified, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The content of ``summary.json``; `parameters` is what the caller was asked for."""
    made: dict[str, Any] = {
        "format": "proband quantify 1",
        "versions": {name: version(name) for name in PACKAGES},
        "inputs": [{"sha256": digest} for digest in q.reads.digests],
        "parameters": dict(parameters or {}),
        "counted": "umi families" if q.reads.umi else "reads",
        "reads": {
            "in": q.reads_in,
            "filtered": q.filtered,
            "filtered_by_reason": dict(sorted(q.reads.filtered.items())),
            "unaligned": q.unaligned,
            "unaligned_by_reason": q.unaligned_by_reason,
            "ambiguous": q.ambiguous,
            "assigned": q.assigned,
            "unique": len(q.reads.starts),
        },
        "umi": q.reads.umi.told() if q.reads.umi else None,
        "skipped_records": dict(sorted(q.reads.skipped.items())),
        "amplicons": [_amplicon(q, k) for k in range(len(q.amplicons))],
        "loci": [asdict(b) for b in q.bounds],
        "flags": flags(q),
    }
    return made


def _amplicon(q: Quantified, k: int) -> dict[str, Any]:
    amplicon, counts = q.amplicons[k], asdict(q.counts[k])
    counts["name"] = counts.pop("amplicon")
    windows = [
        {"name": name, "positions": runs(positions), "modified": q.modified_in(name)[amplicon.name]}
        for name, positions in amplicon.windows.items()
    ]
    more = {"locus": amplicon.locus, "sequence": amplicon.sequence, "cuts_after_base": list(amplicon.cuts)}
    return {"name": counts.pop("name")} | counts | more | {"windows": windows}


def runs(positions: Iterable[int]) -> list[list[int]]:
    """Positions as ranges for people: 1-based, both ends included.

    >>> runs((4, 5, 6, 9))
    [[5, 7], [10, 10]]
    """
    made: list[list[int]] = []
    for p in positions:
        if made and made[-1][1] == p:
            made[-1][1] = p + 1
        else:
            made.append([p + 1, p + 1])
    return made


def flags(q: Quantified) -> list[dict[str, str]]:
    """What a reader must know before using the counts: reasons with numbers."""
    found = q.reads.umi.flags() if q.reads.umi else []
    what, one = ("UMI families", "UMI family") if q.reads.umi else ("reads", "read")
    usable = q.reads_in - q.filtered
    weights, sizes = q.reads.counts, q.reads.sizes
    lost = q.aligned.field("status") == assign.UNALIGNED
    shortest = min(len(a.sequence) for a in q.amplicons)
    short = int(weights[lost & (sizes < SHORT * shortest)].sum())
    unread = int(np.count_nonzero(q.reads.arena == 4)) / max(q.reads.arena.size, 1)
    why = ", ".join(f"{n} {reason.replace('_', ' ')}" for reason, n in sorted(q.reads.filtered.items()))
    lacking = f"no {one} fits an amplicon: is it the right one, and the right file?"
    none = lacking if usable else f"no {one} was left to align: all were filtered"
    tests = (
        ("no_read_assigned", q.assigned == 0, none),
        ("mostly_filtered", q.filtered > MANY * q.reads_in, f"{q.filtered} of {q.reads_in} {what} were filtered: "
         f"{why}"),
        ("mostly_unaligned", q.unaligned > MANY * usable, f"{q.unaligned} of {usable} {what} fit no amplicon"),
        ("short_reads", short > FEW * usable, f"{short} of {usable} {what} are unaligned and shorter than half of an "
         "amplicon: primer dimers or truncated reads"),
        ("ambiguous_reads", q.ambiguous > FEW * usable, f"{q.ambiguous} of {usable} {what} fit two alleles equally"),
        ("unread_bases", unread > UNREAD, f"{100 * unread:.1f} % of the bases of unique reads are N"),
    )  # fmt: skip
    found += [{"flag": name, "reason": reason} for name, raised, reason in tests if raised]
    found += [{"flag": "guide_may_hold_pam", "reason": reason} for reason in _guides_with_pam(q.amplicons)]
    for a, c in zip(q.amplicons, q.counts, strict=True):
        if c.reads == 0 and not a.parent and q.assigned:
            found.append({"flag": "amplicon_without_reads", "reason": f"no {one} was assigned to {a.name}"})
    return found


def _guides_with_pam(amplicons: Iterable[Amplicon]) -> list[str]:
    """Guides that end with the PAM NGG where none follows them: the cut is then placed three bases too far."""
    found = {}
    for a in amplicons:
        for site in a.sites:
            bases = a.sequence if site.strand == "+" else reverse_complement(a.sequence)
            end = site.end if site.strand == "+" else len(bases) - site.start
            long = site.end - site.start > 21
            if long and bases[end - 2 : end] == "GG" and bases[end + 1 : end + 3] != "GG":
                told = f"guide {site.name} has {site.end - site.start} bases, ends with {bases[end - 3 : end]}"
                found[site.name] = f"{told}, and no NGG follows: is it a spacer with its PAM? Give it without PAM"
    return list(found.values())


def files(q: Quantified, told: Mapping[str, Any]) -> Iterator[tuple[str, Data]]:
    """All files with their names: ``summary.json`` with what `summary` told, and the tables; a large one in pieces.

    They are to be used in their order, each before the next one is asked for.
    """
    yield "summary.json", (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
    yield "events.tsv", as_tsv(event_table(q))
    yield "nucleotides.tsv", as_tsv(nucleotides(q))
    yield "modifications.tsv", as_tsv(modifications(q))
    yield "indel_sizes.tsv", as_tsv(indel_sizes(q))
    frames: list[polars.DataFrame] = []
    yield "alleles.tsv", _kept(alleles(q), frames)
    yield "alleles.parquet", as_parquet(polars.concat(frames, rechunk=False))


def _kept(pieces: Iterable[bytes], frames: list[polars.DataFrame]) -> Iterator[bytes]:
    """The pieces of the table of alleles, each of them also as a frame."""
    for n, piece in enumerate(pieces):
        frames.append(allele_frame(piece, header=n == 0))
        yield piece


def as_tsv(table: polars.DataFrame) -> bytes:
    """A table as tab-separated text with a header."""
    buffer = io.BytesIO()
    table.write_csv(buffer, separator="\t", quote_style="never", float_precision=9)
    return buffer.getvalue()


def as_parquet(table: polars.DataFrame) -> bytes:
    """A table as Parquet."""
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="zstd", compression_level=1, row_group_size=ROWS, statistics=False)
    return buffer.getvalue()


def alleles(q: Quantified) -> Iterator[bytes]:
    """The table of alleles as text, in pieces of `ROWS`: a row per unique aligned read, the most frequent first.

    Ambiguous reads are shown on the first allele that they fit, and are neither modified nor unmodified.
    """
    status, amplicon = q.aligned.field("status"), q.aligned.field("amplicon").astype(np.int64)
    rows = np.flatnonzero(status != assign.UNALIGNED)
    rows = rows[np.argsort(-q.reads.counts[rows], kind="stable")]
    texts = [b"assigned", b"ambiguous", b"true", b"false", *(a.name.encode("utf-8") for a in q.amplicons)]
    longest = max(len(t) for t in texts)
    head = ("\t".join(ALLELE_COLUMNS) + "\n").encode("ascii")
    bases, gaps = _bases(q.amplicons), np.ascontiguousarray(q.aligned.field("gaps"))
    words, word_at = np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)])
    for first in range(0, max(len(rows), 1), ROWS):
        here = rows[first : first + ROWS]
        columns = int(q.aligned.field("columns")[here].astype(np.int64).sum())
        into = np.empty(2 * columns + len(here) * (2 * longest + 100), np.uint8)
        written = lines.allele_lines(
            here, q.reads.arena, q.reads.starts, q.reads.sizes, q.reads.counts, amplicon, *bases,
            q.aligned.gap_at, gaps, q.aligned.gap_list, kernel.letter_names(),
            status == assign.ASSIGNED, q.modified, q.classified.summary, words, word_at,
            max(q.assigned + q.ambiguous, 1), into,
        )  # fmt: skip
        yield (head if first == 0 else b"") + into[:written].tobytes()


def allele_frame(text: bytes, header: bool = True) -> polars.DataFrame:
    """The text of `alleles`, or a piece of it, as a table."""
    return polars.read_csv(text, separator="\t", schema=ALLELE_COLUMNS, quote_char=None, has_header=header).rechunk()


def _bases(amplicons: Iterable[Amplicon]) -> tuple[Array, Array]:
    """The codes of all amplicons, one after the other, and where each begins."""
    codes = [encoded(a.sequence) for a in amplicons]
    return np.concatenate(codes), np.cumsum([0, *map(len, codes)]).astype(np.int64)


def event_table(q: Quantified) -> polars.DataFrame:
    """Distinct events with their reads: as aligned, leftmost, and nearest to the cut."""
    owner = np.repeat(np.arange(len(q.reads.starts)), np.diff(q.classified.at))
    rows = q.classified.rows
    begin = q.reads.starts[owner] + rows[:, kernel.READ_START]
    length = np.where(rows[:, kernel.KIND] == kernel.DELETION, 0, rows[:, kernel.LENGTH])
    packed = np.empty(len(rows), np.int64)
    lines.packed_bases(q.reads.arena, begin, length, packed)
    known: dict[bytes, int] = {}
    for n in np.flatnonzero(packed < 0).tolist():
        piece = q.reads.arena[begin[n] : begin[n] + length[n]].tobytes()
        packed[n] = -known.setdefault(piece, len(known) + 1)
    names = ("kind", "start", "end", "left", "anchored", "counted")
    values = (kernel.KIND, kernel.START, kernel.END, kernel.LEFT, kernel.ANCHORED, kernel.COUNTED)
    columns: dict[str, Any] = {"a": q.target[owner]} | {n: rows[:, v] for n, v in zip(names, values, strict=True)}
    columns |= {"packed": packed, "reads": q.reads.counts[owner], "row": np.arange(len(rows))}
    keys = ["a", "kind", "start", "end", "left", "anchored", "counted", "packed"]
    grouped = polars.DataFrame(columns).group_by(keys).agg(polars.col("reads").sum(), polars.col("row").min())
    at = grouped["row"].to_list()
    letters = kernel.letter_names()
    bases = [letters[q.reads.arena[begin[n] : begin[n] + length[n]]].tobytes().decode("ascii") for n in at]
    grouped = grouped.with_columns(polars.Series("bases", bases, dtype=polars.String)).drop("packed", "row")
    order = ["a", "kind", "start", "end", "bases", "left", "anchored", "counted"]
    grouped = grouped.select(*order, "reads").sort(["reads", *order], descending=[True, *([False] * len(order))])
    return _for_people(q, grouped)


def _for_people(q: Quantified, grouped: polars.DataFrame) -> polars.DataFrame:
    """Event rows with names and 1-based positions; an insertion lies after the base that is named first."""
    made: dict[str, list[Any]] = {name: [] for name in _EVENT_COLUMNS}
    assigned = [max(c.reads, 1) for c in q.counts]
    for a, kind, start, end, bases, left, anchored, counted, reads in grouped.iter_rows():
        sequence, shift = q.amplicons[a].sequence, kind != kernel.INSERTION
        removed = sequence[start:end]
        written = left_bases(bases, start - left) if kind == kernel.INSERTION else bases
        values = (
            q.amplicons[a].name, KINDS[kind], start + shift, end if shift else end + 1, removed, bases,
            left + shift, written, anchored + shift, "yes" if counted else "no", reads, reads / assigned[a],
        )  # fmt: skip
        for name, value in zip(_EVENT_COLUMNS, values, strict=True):
            made[name].append(value)
    types = {"first": polars.Int64, "last": polars.Int64, "reads": polars.Int64, "fraction": polars.Float64}
    types |= {"leftmost": polars.Int64, "nearest_to_cut": polars.Int64}
    return polars.DataFrame(made, schema={n: types.get(n, polars.String) for n in _EVENT_COLUMNS})


_EVENT_COLUMNS = (
    "amplicon kind first last amplicon_bases read_bases leftmost leftmost_bases nearest_to_cut counted reads fraction"
).split()


def left_bases(bases: str, by: int) -> str:
    """The bases of an insertion that is written `by` places further left.

    >>> left_bases("GT", 1), left_bases("GT", 4)
    ('TG', 'GT')
    """
    by %= len(bases)
    return bases[len(bases) - by :] + bases[: len(bases) - by]


def _per_base(q: Quantified) -> dict[str, Any]:
    """Amplicon, position and letter of every amplicon base."""
    return {
        "amplicon": [a.name for a in q.amplicons for _ in a.sequence],
        "position": [p + 1 for a in q.amplicons for p in range(len(a.sequence))],
        "base": [b for a in q.amplicons for b in a.sequence],
    }


def nucleotides(q: Quantified) -> polars.DataFrame:
    """Reads of each amplicon base as A, C, G, T, N or missing."""
    columns = dict(zip(("A", "C", "G", "T", "N", "missing"), q.classified.nucleotides, strict=True))
    return polars.DataFrame(_per_base(q) | columns)


def modifications(q: Quantified) -> polars.DataFrame:
    """Reads with each kind of event at each amplicon base: all events, and those that count and are not ignored."""
    whole, window = q.classified.whole, q.classified.window
    columns = dict(zip(kernel.VECTORS, whole, strict=True))
    for name, row in (("insertions", 0), ("deletions", 2), ("substitutions", 3)):
        columns[f"window_{name}"] = window[row] * (name not in q.settings.ignore)
    inside = ["yes" if p in set(a.window) else "no" for a in q.amplicons for p in range(len(a.sequence))]
    reads = [c.reads for a, c in zip(q.amplicons, q.counts, strict=True) for _ in a.sequence]
    return polars.DataFrame(_per_base(q) | {"in_window": inside} | columns | {"reads": reads})


def indel_sizes(q: Quantified) -> polars.DataFrame:
    """Reads of each amplicon by inserted minus deleted bases that count."""
    ignored = [kind in q.settings.ignore for kind in IGNORABLE]
    summed, target = q.classified.summary, q.target
    sizes = summed[:, 2] * (not ignored[0]) - summed[:, 1] * (not ignored[1])
    made: dict[str, list[Any]] = {"amplicon": [], "size": [], "reads": []}
    for k, a in enumerate(q.amplicons):
        mine = target == k
        values, at = np.unique(sizes[mine], return_inverse=True)
        reads = np.bincount(at, weights=q.reads.counts[mine], minlength=len(values)).astype(np.int64)
        made["amplicon"] += [a.name] * len(values)
        made["size"] += values.tolist()
        made["reads"] += reads.tolist()
    return polars.DataFrame(made, schema={"amplicon": polars.String, "size": polars.Int64, "reads": polars.Int64})
