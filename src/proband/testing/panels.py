"""Dilution panels with known truth: many sites, treated and control arms, replicates, reads that hop between them.

A panel is one run: every sample has every site. In the treated arm a site is edited in a stated share of molecules,
in the control arm in none; replicates differ by a stated overdispersion (the share of a replicate is drawn from
Beta(m (1 - rho)/rho, (1 - m)(1 - rho)/rho), whose mean is m and whose correlation between molecules is rho).

Cannot see: sites whose error rates differ for reasons other than runs of one base.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from proband.testing.alleles import base_edits, indels, mixture, molecules_in
from proband.testing.read_files import fastq_bytes, json_bytes, truth_of, zipped
from proband.testing.reads import ReadDesign, SimulatedSample, simulate_run
from proband.writing import write_all

LADDER = (*[0.0] * 8, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6)
"""Shares of edited molecules of the 20 sites of the panel: 8 null sites, then 0.05 to 60 %."""

ARMS = ("treated", "control")
RUN_LENGTH = 9
"""Bases of the run put next to the cut of a homopolymer site."""

NAMES = ("sample", "arm", "replicate", "site", "homopolymer", "fraction", "fraction_of_replicate",
         "molecules", "molecules_edited", "reads", "reads_edited", "reads_hopped_in", "reads_in_edited")  # fmt: skip


@dataclass(frozen=True, slots=True)
class PanelSite:
    """A site: amplicon, spacer on its + strand, cut (0-based, of the base right of it), share edited when treated.

    `edit` is ``indel`` (at the cut) or ``base`` (A6 to G, with A8 in a quarter of those).
    """

    name: str
    amplicon: str
    spacer: str
    cut: int
    fraction: float
    homopolymer: bool = False
    edit: str = "indel"


@dataclass(frozen=True, slots=True)
class PanelMember:
    """One site in one sample, with the share that was drawn for this replicate."""

    site: PanelSite
    arm: str
    replicate: int
    fraction: float
    reads: SimulatedSample


@dataclass(frozen=True, slots=True)
class SimulatedPanel:
    """All members of a panel, ordered by arm, replicate and site."""

    members: tuple[PanelMember, ...]

    def truth(self) -> list[dict[str, Any]]:
        """One row per sample and site with the columns of `NAMES`; shares as fractions, the rest counts."""
        return [_row(m) for m in self.members]

    def write(self, folder: Path) -> None:
        """Write reads of each sample, ``samples.csv``, ``sites.csv``, ``truth.csv`` and ``truth.json``."""
        files: dict[Path, bytes] = {}
        sheet = []
        for sample in dict.fromkeys(m.reads.design.sample for m in self.members):
            own = [m for m in self.members if m.reads.design.sample == sample]
            mates = (1, 2) if own[0].reads.design.paired else (1,)
            names = [f"{sample}_R{mate}.fastq.gz" for mate in mates]
            for mate, name in enumerate(names):
                files[folder / name] = zipped(fastq_bytes([m.reads for m in own], mate))
            arm, replicate = own[0].arm, own[0].replicate
            reads = dict(zip(("reads", "reads2"), [*names, ""][:2], strict=True))
            sheet.append({"sample": sample, "arm": arm, "replicate": replicate, **reads})
        files[folder / "samples.csv"] = _csv(sheet)
        sites = dict.fromkeys(m.site for m in self.members)
        files[folder / "sites.csv"] = _csv(
            [{"site": s.name, "amplicon": s.amplicon, "spacer": s.spacer, "cut": s.cut + 1} for s in sites]
        )
        files[folder / "truth.csv"] = _csv(self.truth())
        files[folder / "truth.json"] = json_bytes({"sites": [truth_of(m.reads) for m in self.members]})
        folder.mkdir(parents=True, exist_ok=True)
        write_all(files)


def dilution_sites(
    fractions: Sequence[float] = LADDER, length: int = 223, homopolymers: int = 4, seed: int = 1, edit: str = "indel"
) -> tuple[PanelSite, ...]:
    """Random amplicons with a 20-base spacer before NGG; every `homopolymers`-th has a run of one base at the cut.

    >>> sites = dilution_sites()
    >>> len(sites), sum(s.homopolymer for s in sites), sites[-1].fraction
    (20, 5, 0.6)
    """
    rng = np.random.default_rng([seed, 20])
    made = []
    for i, fraction in enumerate(fractions):
        letters = list("".join(rng.choice(list("ACGT"), length)))
        start = length // 2 - 17
        cut = start + 17
        homopolymer = i % homopolymers == homopolymers - 1
        letters[start + 5], letters[start + 7] = "A", "A"
        if homopolymer:
            letters[cut - 4 : cut - 4 + RUN_LENGTH] = ["T"] * RUN_LENGTH
            letters[cut - 5], letters[cut - 4 + RUN_LENGTH] = "C", "C"
        else:
            letters[start + 21 : start + 23] = ["G", "G"]
        amplicon = "".join(letters)
        spacer = amplicon[start : start + 20]
        made.append(PanelSite(f"site{i + 1:02d}", amplicon, spacer, cut, fraction, homopolymer, edit))
    return tuple(made)


def simulate_panel(
    sites: Sequence[PanelSite],
    template: ReadDesign | None = None,
    *,
    seed: int,
    reads: int = 10_000,
    dna_ng: float | None = None,
    replicates: int = 3,
    dispersion: float = 0.0,
    hopping: float = 0.0,
) -> SimulatedPanel:
    """Treated and control replicates of all sites in one run.

    `template` holds all other settings of the reads (its alleles, names and counts are replaced); `dispersion` is rho
    above, 0 or more and below 1; `dna_ng` limits the molecules of each site, as does `template.molecules`.

    >>> panel = simulate_panel(dilution_sites((0.0, 0.3)), seed=1, reads=200)
    >>> len(panel.members), [r["reads"] for r in panel.truth()][:2]
    (12, [200, 200])
    """
    if not 0 <= dispersion < 1:
        raise ValueError("dispersion must be at least 0 and below 1")
    template = template or ReadDesign(mixture("A"), 0)
    molecules = molecules_in(dna_ng) if dna_ng is not None else template.molecules
    rng = np.random.default_rng([seed, 21])
    rows, designs = [], []
    for arm in ARMS:
        for replicate in range(1, replicates + 1):
            for site in sites:
                mean = site.fraction if arm == "treated" else 0.0
                fraction = _of_replicate(mean, dispersion, rng)
                rows.append((site, arm, replicate, fraction))
                designs.append(
                    replace(
                        template,
                        alleles=mixture(site.amplicon, _edits(site, fraction)),
                        reads=reads,
                        molecules=molecules,
                        sample=f"{arm}{replicate}",
                        site=site.name,
                    )
                )
    made = simulate_run(designs, hopping, seed)
    return SimulatedPanel(tuple(PanelMember(*row, one) for row, one in zip(rows, made, strict=True)))


def _of_replicate(mean: float, rho: float, rng: np.random.Generator) -> float:
    if not rho or mean in (0.0, 1.0):
        return mean
    size = (1 - rho) / rho
    return float(rng.beta(mean * size, (1 - mean) * size))


def _edits(site: PanelSite, fraction: float) -> tuple[Any, ...]:
    if not fraction:
        return ()
    if site.edit == "base":
        return base_edits(site.amplicon, site.spacer, "G", {6: 1.0, 8: 0.25}, target=6, reached=fraction)
    return indels(site.amplicon, site.cut, fraction)


def _row(member: PanelMember) -> dict[str, Any]:
    truth = member.reads.truth
    edited = [t for t in truth if t.kind != "wild_type"]
    values = (
        member.reads.design.sample,
        member.arm,
        member.replicate,
        member.site.name,
        int(member.site.homopolymer),
        member.site.fraction if member.arm == "treated" else 0.0,
        member.fraction,
        sum(t.molecules for t in truth),
        sum(t.molecules for t in edited),
        member.reads.size,
        sum(t.reads for t in edited),
        member.reads.hopped_in,
        sum(t.reads_in for t in edited),
    )
    return dict(zip(NAMES, values, strict=True))


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
