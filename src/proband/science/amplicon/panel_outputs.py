"""A panel as files: ``panel_sites.tsv`` and ``.parquet``, ``panel.json``, ``outcomes.tsv``, ``alleles.tsv``, VCF.

Fractions are shares, not percent. Replicates stand in one cell, parted by semicolons, in the order of the sheet; what
is not known is empty. ``panel.json`` names its inputs by SHA-256 digest and holds neither paths nor times; equal inputs
give equal bytes on any number of threads.

Cannot see: when the rule was fixed; it is written down as it was given, with its date where it has one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import polars

from proband.core.errors import ProgramError
from proband.science.amplicon.outcome_tables import FAMILIES, READS, table
from proband.science.amplicon.outputs import PACKAGES, as_parquet
from proband.science.amplicon.panel import PanelResult
from proband.science.amplicon.sheet import Sample
from proband.science.amplicon.sheet_sites import PanelTarget
from proband.science.amplicon.vcf_out import vcf
from proband.science.stats.carry_over import CarryOver
from proband.science.stats.detection_limit import genomes_in
from proband.science.stats.treated_control import SiteResult

CANNOT_SEE = (
    "An amplicon does not show alleles that lost a primer, large deletions and insertions, translocations, or loss of "
    "heterozygosity; and sites that nobody nominated are not here."
)
_TEXT, _REAL, _WHOLE = polars.String, polars.Float64, polars.Int64
SITE_COLUMNS: Mapping[str, Any] = {
    "site": _TEXT, "event": _TEXT, "on_target": _TEXT, "homopolymer": _TEXT,
    "treated_edited": polars.List(_WHOLE), "treated_depth": polars.List(_WHOLE), "treated_genomes": polars.List(_REAL),
    "control_edited": polars.List(_WHOLE), "control_depth": polars.List(_WHOLE), "control_genomes": polars.List(_REAL),
    "treated_fraction": _REAL, "background": _REAL, "background_low": _REAL, "background_high": _REAL,
    "estimate": _REAL, "low": _REAL, "high": _REAL, "corrected": _REAL, "corrected_low": _REAL, "corrected_high": _REAL,
    "p": _REAL, "family_wise_p": _REAL, "false_discovery": _REAL, "critical": _WHOLE, "lob": _REAL, "lod": _REAL,
    "dispersion": _REAL, "without_any_replicate": _TEXT, "call": _TEXT, "reason": _TEXT, "concerns": _TEXT,
}  # fmt: skip
"""Columns of ``panel_sites``; `estimate` with `low` and `high` is treated less control, `lob` and `lod` are shares."""


def site_table(made: PanelResult) -> polars.DataFrame:
    """One row per site and event, in the order of the table of sites."""
    return call_table(made.panel.results)


def call_table(results: Iterable[SiteResult]) -> polars.DataFrame:
    """One row per result, in their order, with the columns `SITE_COLUMNS`."""
    return polars.DataFrame([_cells(r) for r in results], schema=SITE_COLUMNS, orient="row")


def _cells(r: SiteResult) -> tuple[Any, ...]:
    def pair(x: tuple[float, float] | None) -> tuple[float | None, float | None]:
        return x if x is not None else (None, None)

    arms = [[list(column) for column in zip(*arm, strict=True)] or [[], [], []] for arm in (r.treated, r.control)]
    return (
        r.site, r.event, _yes(r.expected), _yes(r.homopolymer), *arms[0], *arms[1], r.treated_fraction, r.background,
        *pair(r.background_interval), r.difference, *pair(r.interval), r.corrected, *pair(r.corrected_interval), r.p,
        r.family_wise_p, r.false_discovery, r.critical, r.lob, r.lod, r.rho, _yes(r.without_any_replicate), r.call,
        r.reason, "; ".join(r.concerns),
    )  # fmt: skip


def _yes(value: bool | None) -> str | None:
    return None if value is None else ("yes" if value else "no")


def as_text(frame: polars.DataFrame) -> bytes:
    """A table as tab-separated text: six significant figures, lists parted by semicolons, nothing where not known.

    >>> as_text(polars.DataFrame({"p": [1.5e-12, None], "n": [[1, 2], [3, None]]})).decode()
    'p\\tn\\n1.5e-12\\t1;2\\n\\t3;\\n'
    """
    lines = ["\t".join(frame.columns)]
    lines += ["\t".join(map(_shown, row)) for row in frame.iter_rows()]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ";".join(map(_shown, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def outcome_table(made: PanelResult) -> polars.DataFrame:
    """Outcomes of every site in every sample that has reads of it."""
    return table((_head(made, s), site.outcomes) for s, site in _with_reads(made))


def allele_table(made: PanelResult) -> polars.DataFrame:
    """The most frequent alleles of every site in every sample that has reads of it."""
    rows = [
        (*_head(made, s).values(), site.site, a.shown, a.reads, a.reads / a.of, a.protein)
        for s, site in _with_reads(made)
        for a in site.outcomes.alleles
    ]
    names = ("sample", "arm", "replicate", "counted", "locus", "allele", "reads", "fraction", "protein")
    schema = dict.fromkeys(names, _TEXT) | {"reads": _WHOLE, "fraction": _REAL}
    return polars.DataFrame(rows, schema=schema, orient="row")


def _head(made: PanelResult, s: Sample) -> dict[str, str]:
    return {"sample": s.name, "arm": s.arm, "replicate": s.replicate, "counted": made.counted((s,))}


def _with_reads(made: PanelResult) -> Iterable[tuple[Sample, Any]]:
    for sample, counts in zip(made.sheet.samples, made.samples, strict=True):
        for site in counts.sites:
            if site.reads:
                yield sample, site


def summary(made: PanelResult, rule: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The content of ``panel.json``; `rule` as it was given, `parameters` what the caller was asked for."""
    panel = made.panel
    calls: dict[str, int] = {}
    for r in panel.results:
        calls[r.call] = calls.get(r.call, 0) + 1
    return {
        "format": "proband quantify-panel 1",
        "versions": {name: version(name) for name in (*PACKAGES, "scipy")},
        "inputs": {f"{name}_sha256": digest for name, digest in made.sheet.digests},
        "parameters": dict(parameters),
        "rule": dict(rule),
        "calls": dict(sorted(calls.items())),
        "tested": panel.tested,
        "dispersion": {
            "rho": panel.rho, "interval": list(panel.rho_interval), "edit_spread": panel.edit_spread,
            "edit_spread_is_relative": panel.edit_spread_is_relative, "informed_by_replicates": panel.spread_informed,
        },
        "concerns": list(panel.concerns),
        "samples": [_sample(made, n) for n in range(len(made.samples))],
        "sites": [_site(made, t.name) for t in made.sheet.targets],
        "carry_over": [
            {"site": c.site, "sample": c.sample, "says": c.sentence} | _carried(c.made)
            for c in made.carried
        ],
        "allele_balance": [asdict(b) for b in made.balances],
        "flags": [asdict(f) for f in made.flags],
        "statements": [*_of_intervals(made), CANNOT_SEE],
    }  # fmt: skip


def _of_intervals(made: PanelResult) -> list[str]:
    counted = {made.counted((s,)) for s in made.sheet.samples}
    return [told for what, told in (("reads", READS), ("UMI families", FAMILIES)) if what in counted]


def _carried(one: CarryOver | None) -> dict[str, Any]:
    if one is None:
        return {"fraction": None}
    return {
        "fraction": one.fraction, "interval": list(one.interval), "flagged": one.flagged,
        "control_reads_of_marked_alleles": one.mock_edited, "control_depth": one.mock_depth,
    }  # fmt: skip


def _sample(made: PanelResult, n: int) -> dict[str, Any]:
    sample, counts = made.sheet.samples[n], made.samples[n]
    reads = counts.reads
    if reads and reads["in"] != sum(v for k, v in reads.items() if k != "in"):
        raise AssertionError(f"sample {sample.name}: the classes do not sum to the reads that came in")
    told = {k: v for k, v in asdict(sample).items() if k in _TOLD and v not in ("", None)}
    return {
        **told,
        "genomes": None if sample.dna_ng is None or sample.collapsed else round(genomes_in(sample.dna_ng)),
        "inputs": [{"sha256": d} for d in counts.digests],
        "reads": reads or None,
        "counted": made.counted((sample,)),
        **({"umi_reads": counts.umi} if counts.umi else {}),
        "reads_by_site": {s.site: s.reads for s in counts.sites},
    }


_TOLD = ("name", "arm", "replicate", "donor", "place", "tissue", "day", "dna_ng", "collapsed", "failed", "umi")


def _site(made: PanelResult, name: str) -> dict[str, Any]:
    target = made.sheet.target(name)
    editor = target.target.editor
    return {
        "site": name,
        "on_target": target.on_target,
        "editor": editor.name if editor else None,
        "amplicon": target.target.sequence,
        **_haplotype(target),
        "cuts_after_base": list(target.amplicons[0].cuts),
        "contig": target.contig or None,
        "start": None if target.start is None else target.start + 1,
        "strand": target.strand if target.contig else None,
        "missing": _missing(made, name),
    }


def _haplotype(target: PanelTarget) -> dict[str, Any]:
    """What is said of haplotypes, where the site names any."""
    if target.haplotype_of:
        return {"haplotype_of": target.haplotype_of}
    if target.haplotypes is None:
        return {}
    return {
        "other_haplotype": [f"{p + 1}{before}>{after}" for p, before, after in target.haplotypes.variants],
        "markers": [f"{p + 1}{before}>{after}" for p, before, after in target.haplotypes.markers],
    }


def _missing(made: PanelResult, name: str) -> list[str]:
    found: Sequence[str] = next((s.outcomes.missing for c in made.samples for s in c.sites if s.site == name), ())
    return list(found)


def files(made: PanelResult, rule: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, bytes]:
    """All files of a panel by name, without figures; the VCF is left out where no site has a place on a genome."""
    sites = site_table(made)
    if not sites.height:
        raise ProgramError("the panel has no site")
    data = json.dumps(summary(made, rule, parameters), indent=1, ensure_ascii=False) + "\n"
    written = {
        "panel_sites.tsv": as_text(sites),
        "panel_sites.parquet": as_parquet(sites),
        "panel.json": data.encode("utf-8"),
        "outcomes.tsv": as_text(outcome_table(made)),
        "alleles.tsv": as_text(allele_table(made)),
    }
    records = vcf(made)
    if records:
        written["panel.vcf"] = records.encode("utf-8")
    return written
