"""A long-read study as files: events and junctions per sample, calls, limits by size, ``long_reads.json``, figures.

Positions in tables are 1-based and on the locus: `start` is the first base lost or turned, `end` the last one; an
insertion stands between `start` (the base before it) and the next. Fractions are shares with exact intervals. Equal
inputs give equal bytes on any number of threads; neither paths nor times are written.

Cannot see: when the rule was fixed; it is written down as it was given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from itertools import pairwise
from typing import Any

import polars

from proband.core.evidence import Figure
from proband.core.provenance import Json
from proband.science.amplicon.outputs import PACKAGES
from proband.science.amplicon.panel_outputs import as_text, call_table
from proband.science.stats.detection_limit import genomes_in
from proband.science.stats.proportions import clopper_pearson
from proband.science.structural.events import Event
from proband.science.structural.junctions import chromosome_of
from proband.science.structural.sizes import LENGTH_BIAS, largest_deletion
from proband.science.structural.study import SampleAtTarget, Study, pair_name

CANNOT_SEE = (
    "Alleles that lost a primer site or leave less than about 50 bases at an end of the locus are not seen, nor are "
    "joins to places that nobody nominated.",
    LENGTH_BIAS,
)
BINS = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
_TEXT, _REAL, _WHOLE = polars.String, polars.Float64, polars.Int64


def event_table(made: Study) -> polars.DataFrame:
    """Events of each sample at each target, the most frequent first, with exact intervals of their share."""
    schema = {
        "sample": _TEXT, "arm": _TEXT, "replicate": _TEXT, "locus": _TEXT, "class": _TEXT, "start": _WHOLE,
        "end": _WHOLE, "size": _WHOLE, "inserted": _WHOLE, "place": _TEXT, "reads": _WHOLE, "of": _WHOLE,
        "fraction": _REAL, "low": _REAL, "high": _REAL,
    }  # fmt: skip
    rows = []
    for h in made.held:
        if h.classified is None or not h.classified.depth:
            continue
        for row in h.rows:
            e, n = row.event, h.classified.depth
            low, high = clopper_pearson(row.reads, n)
            first, last = shown(e)
            place = f"{h.target.contig}:{(h.target.start or 0) + first}" if h.target.contig else ""
            rows.append(
                (*_head(h), e.kind, first, last, e.size, e.inserted, place, row.reads, n, row.reads / n, low, high)
            )
    return polars.DataFrame(rows, schema=schema, orient="row")


def shown(event: Event) -> tuple[int, int]:
    """First and last base of an event for people, from 1; an insertion by the base before it and the next.

    >>> shown(Event("deletion", 10, 70, 60)), shown(Event("insertion", 10, 10, 60, 60))
    ((11, 70), (10, 11))
    """
    if event.kind == "insertion":
        return event.start, event.start + 1
    return event.start + 1, event.end


def _head(h: SampleAtTarget) -> tuple[str, str, str, str]:
    return h.sample.name, h.sample.arm, h.sample.replicate, h.target.name


def junction_table(made: Study) -> polars.DataFrame:
    """Junctions of each sample: pair, sides that are kept, what it makes of the chromosomes, molecules and reads."""
    schema = {
        "sample": _TEXT, "arm": _TEXT, "replicate": _TEXT, "locus": _TEXT, "site": _TEXT, "target_side": _TEXT,
        "site_side": _TEXT, "chromosome": _TEXT, "molecules": _WHOLE, "of": _WHOLE, "fraction": _REAL, "low": _REAL,
        "high": _REAL, "reads": _WHOLE, "umi_also_elsewhere": _WHOLE,
    }  # fmt: skip
    rows = []
    for h in made.held:
        if h.joined is None or not h.joined.depth:
            continue
        loci = [h.target, *made.sheet.sites]
        for j, n in h.joined.molecules.items():
            low, high = clopper_pearson(n, h.joined.depth)
            rows.append(
                (*_head(h), loci[j.site].name, j.target_side, j.site_side, chromosome_of(j, loci), n, h.joined.depth,
                 n / h.joined.depth, low, high, h.joined.reads[j], h.joined.shared_umis.get(j, 0))
            )  # fmt: skip
    return polars.DataFrame(rows, schema=schema, orient="row")


def size_table(made: Study) -> polars.DataFrame:
    """Limits by size at each target."""
    schema = {"locus": _TEXT, "class": _TEXT, "size": _WHOLE, "visible": _REAL, "lod": _REAL}
    rows = [(name, s.kind, s.size, s.visible, s.lod) for name, limits in made.sizes.items() for s in limits]
    return polars.DataFrame(rows, schema=schema, orient="row")


def summary(made: Study, rule: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The content of ``long_reads.json``."""
    panels = {"events": made.event_panel, "junctions": made.junction_panel}
    return {
        "format": "proband quantify-long 1",
        "versions": {name: version(name) for name in (*PACKAGES, "scipy", "pysam")},
        "inputs": {f"{name}_sha256": digest for name, digest in made.sheet.digests},
        "parameters": dict(parameters),
        "rule": dict(rule),
        "event_rule": asdict(made.events),
        "concerns": {name: list(p.concerns) for name, p in panels.items()},
        "spread_between_replicates": {name: p.rho for name, p in panels.items()},
        "loci": [
            {
                "locus": x.name, "length": x.length, "cuts_after_base": list(x.cuts), "on_target": x.on_target,
                "contig": x.contig or None, "start": None if x.start is None else x.start + 1, "arm": x.arm or None,
                **({"largest_deletion": largest_deletion(x)[0], "largest_to_one_side": largest_deletion(x)[1]}
                   if x.on_target else {}),
            }
            for x in made.sheet.loci
        ],
        "pairs": [pair_name(t.name, s.name) for t in made.sheet.targets for s in made.sheet.sites],
        "samples": [_sample(h) for h in made.held],
        "flags": [asdict(f) for f in made.flags],
        "statements": list(CANNOT_SEE),
    }  # fmt: skip


def _sample(h: SampleAtTarget) -> dict[str, Any]:
    s = h.sample
    told: dict[str, Any] = {
        "sample": s.name, "arm": s.arm, "replicate": s.replicate, "locus": h.target.name, "library": s.library,
        "molecules": s.molecules, "dna_ng": s.dna_ng,
        "genomes": None if s.dna_ng is None else round(genomes_in(s.dna_ng)),
        "failed": s.failed or None, "input_sha256": h.digest or None, "placed_by": h.source or None,
        "filtered": h.filtered, "left_out": h.left_out,
    }  # fmt: skip
    if h.classified is not None:
        c = h.classified
        told["reads"] = {"in": c.reads_in, **c.classes}
        told["with_answer"] = c.depth
        told["lengths"] = _lengths(h)
    if h.joined is not None:
        told["junction_reads"] = {"in": h.joined.reads_in, **h.joined.classes}
        told["molecules_at_cut"] = h.joined.depth
    return told


def _lengths(h: SampleAtTarget) -> dict[str, int] | None:
    """Quantiles of the lengths of reads with an answer: the shortest, quarters, and the longest."""
    if h.classified is None or not len(h.classified.lengths):
        return None
    ordered = sorted(h.classified.lengths.tolist())
    names = ("shortest", "lower_quarter", "median", "upper_quarter", "longest")
    return {name: ordered[round(k * (len(ordered) - 1) / 4)] for k, name in enumerate(names)}


def figures(made: Study) -> list[Figure]:
    """Sizes of the events at each target, as reads per 10,000 with an answer, by arm and class."""
    drawn = []
    for number, target in enumerate(made.sheet.targets, start=1):
        rows: list[dict[str, Json]] = []
        for arm in ("treated", "control"):
            held = [h for h in made.of(target.name, arm) if h.classified is not None and h.classified.depth]
            depth = sum(h.classified.depth for h in held if h.classified)
            sizes: dict[tuple[str, str], int] = {}
            for h in held:
                for row in h.rows:
                    key = (size_bin(row.event.size), f"{arm}, {row.event.kind}")
                    sizes[key] = sizes.get(key, 0) + row.reads
            order = [size_bin(b) for b in (1, *BINS)]
            for (name, kind), n in sorted(sizes.items(), key=lambda x: (order.index(x[0][0]), x[0][1])):
                rows.append({"size": name, "reads": round(10_000 * n / depth, 4), "class": kind})
        if rows:
            drawn.append(
                Figure(
                    f"event-sizes-{number}",
                    f"Sizes of large events at {target.name}",
                    "Bars of reads with an event of each size, per 10,000 with an answer, by arm and class.",
                    "bars",
                    {"x": "size", "y": "reads", "color": "class"},
                    tuple(rows),
                    {"x": "size (bases)", "y": "reads of 10,000"},
                )
            )
    return drawn


def size_bin(size: int) -> str:
    """The bin of a size for the figure.

    >>> size_bin(60), size_bin(20000)
    ('50 to 99', '10000 or more')
    """
    if size < BINS[0]:
        return f"below {BINS[0]}"
    for low, high in pairwise(BINS):
        if low <= size < high:
            return f"{low} to {high - 1}"
    return f"{BINS[-1]} or more"


def files(made: Study, rule: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, bytes]:
    """All files of a study by name, without figures."""
    data = json.dumps(summary(made, rule, parameters), indent=1, ensure_ascii=False) + "\n"
    results = (*made.event_panel.results, *made.junction_panel.results)
    return {
        "large_events.tsv": as_text(event_table(made)),
        "junctions.tsv": as_text(junction_table(made)),
        "calls.tsv": as_text(call_table(results)),
        "size_limits.tsv": as_text(size_table(made)),
        "long_reads.json": data.encode("utf-8"),
    }
