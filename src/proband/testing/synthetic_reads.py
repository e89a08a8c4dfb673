"""Reads of the synthetic example: an invented panel of six sites, treated and control, three replicates each.

The cells are an invented line that carries c.412G>A of SYNG1 on every chromosome, so that any G at the target is an
edit. One off-target site is edited in 3 % of molecules, three are not, and one gave no reads in the treated arm.
Cannot see: anything real. The truth stands in `SITES`.
"""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

from proband.testing.alleles import Allele, base_edits, indels, mixture, molecules_in
from proband.testing.read_errors import QualityModel
from proband.testing.read_files import fastq_bytes, zipped
from proband.testing.reads import ReadDesign, SimulatedSample, simulate_run
from proband.testing.synthetic_gene import START, bases
from proband.writing import write_all

SEED = 412
SPACER = "GCTTCAGGAGCTTCTGGTCT"
AMPLICON = (10_540, 10_720)
"""Reference interval of the on-target amplicon, 0-based half-open."""
TARGET = 10_610
SITES = {
    "SYNG1": (0.62, ()),
    "OT1": (0.03, (3, 17)),
    "OT2": (0.0, (1, 11, 16)),
    "OT3": (0.0, (2, 5, 19)),
    "OT4": (0.0, (4, 12, 18)),
    "OT5": (0.0, (9, 13, 15)),
}
"""Site to the share of molecules whose target adenine is edited, and the spacer positions that differ."""
FAILED = "OT5"
READS, NANOGRAMS = 1_500, 50.0
HOPPING = 2e-4
COLUMNS = ("site", "amplicon", "spacer", "editor", "expected", "on_target", "contig", "start", "coding", "phase",
           "wild_type", "first_residue")  # fmt: skip


def amplicons() -> dict[str, tuple[str, str]]:
    """Site to its amplicon and its protospacer; the on-target one carries the variant."""
    here = bases()[AMPLICON[0] - START : AMPLICON[1] - START]
    at = TARGET - AMPLICON[0]
    made = {"SYNG1": (here[:at] + "A" + here[at + 1 :], SPACER)}
    draw = random.Random(SEED)
    for name, (_, differ) in list(SITES.items())[1:]:
        letters = list(SPACER)
        for position in differ:
            letters[position - 1] = draw.choice([b for b in "CGT" if b != letters[position - 1]])
        spacer = "".join(letters)
        left, right = ("".join(draw.choice("ACGT") for _ in range(70)) for _ in range(2))
        made[name] = (f"{left}{spacer}TGG{right}", spacer)
    return made


def _alleles(amplicon: str, spacer: str, share: float) -> tuple[Allele, ...]:
    if not share:
        return mixture(amplicon)
    cut = amplicon.index(spacer) + 17
    edited = base_edits(amplicon, spacer, "G", {6: 1.0, 9: 0.12}, target=6, reached=share)
    return mixture(amplicon, (*edited, *indels(amplicon, cut, share / 60)))


def simulated() -> tuple[SimulatedSample, ...]:
    """All sites of all samples of the run, in order of arm, replicate and site."""
    designs = []
    for arm in ("treated", "control"):
        for replicate in (1, 2, 3):
            for name, (amplicon, spacer) in amplicons().items():
                share = SITES[name][0] if arm == "treated" else 0.0
                reads = 0 if arm == "treated" and name == FAILED else READS
                designs.append(
                    ReadDesign(
                        _alleles(amplicon, spacer, share),
                        reads,
                        sample=f"{arm}-{replicate}",
                        site=name,
                        molecules=molecules_in(NANOGRAMS),
                        quality=QualityModel(first=36, last=36, spread=0, read_spread=0),
                    )
                )
    return simulate_run(designs, HOPPING, SEED)


def write_sequencing(folder: Path) -> None:
    """Write ``samples.csv``, ``sites.csv`` and the reads of the example into its folder ``sequencing/``."""
    files: dict[Path, bytes] = {}
    sheet = [["sample", "arm", "replicate", "reads", "donor", "place", "tissue", "day", "dna_ng"]]
    made = simulated()
    for sample in dict.fromkeys(s.design.sample for s in made):
        arm, _, replicate = sample.partition("-")
        files[folder / f"{sample}.fastq.gz"] = zipped(fastq_bytes([s for s in made if s.design.sample == sample]))
        cells = ["line-1", "engineered_cells", "invented hepatocyte line", "3", f"{NANOGRAMS:g}"]
        sheet.append([sample, arm, replicate, f"{sample}.fastq.gz", *cells])
    files[folder / "samples.csv"] = _csv(sheet)
    files[folder / "sites.csv"] = _csv(_site_rows())
    folder.mkdir(parents=True, exist_ok=True)
    write_all(files)


def _site_rows() -> list[list[str]]:
    rows = [list(COLUMNS)]
    for name, (amplicon, spacer) in amplicons().items():
        if name == "SYNG1":
            here = bases()[AMPLICON[0] - START : AMPLICON[1] - START]
            place = ["yes", "synchr1", str(AMPLICON[0] + 1), f"1-{10_700 - AMPLICON[0]}", _phase(), here, ""]
            rows.append([name, amplicon, spacer, "ABE8e/SpCas9", "A6", *place])
        else:
            rows.append([name, amplicon, spacer, "ABE8e/SpCas9", "A6", "no", *[""] * 6])
    return rows


def _phase() -> str:
    """Bases before the first whole codon of the amplicon: c.342 is its first base (exon 2 begins with c.181)."""
    first = 181 + AMPLICON[0] - 10_379
    return str(-(first - 1) % 3)


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")
