"""The panel of a program folder: ``sequencing/samples.csv``, ``sites.csv``, ``call_rule.toml`` and the reads.

Two analyses read it, one for the sites edited on purpose and one for the others.

Cannot see: reads that the sheet does not name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proband.core.analysis import Inputs
from proband.core.errors import Problem, ProgramError
from proband.core.kinds import kinds, nearest
from proband.core.program import Program
from proband.science.amplicon.call_rule import RuleFile, read_rule

if TYPE_CHECKING:
    from proband.science.amplicon.panel import PanelResult

FOLDER = {
    "samples": "sequencing/samples.csv",
    "sites": "sequencing/sites.csv",
    "rule": "sequencing/call_rule.toml",
    "reads": "sequencing/*.fastq.gz",
    "bam": "sequencing/*.bam",
    "cram": "sequencing/*.cram",
    "genome": "sequencing/reference.fa",
}
"""What both analyses of sequenced amplicons read."""
REFERENCE = {"reference": "amplicons of sequencing/sites.csv"}
"""What reads are compared with, as the record of a run states it."""


def sequencing_problems(program: Program, inputs: Inputs) -> list[Problem]:
    """Every fault of sheet, sites and rule, and places that the evidence kinds do not know."""
    from proband.science.amplicon.sheet import read_sheet

    problems: list[Problem] = []
    for rule in inputs.files["rule"]:
        read_rule(rule.path, rule.relative, problems)
    places = kinds()["editing.on_target"].facts["place"].values
    try:
        sheet = read_sheet(inputs.files["samples"][0].path, inputs.files["sites"][0].path)
    except ProgramError as fault:
        return [*problems, *(_in_folder(p) for p in fault.problems)]
    for sample in sheet.samples:
        if sample.place and sample.place not in places:
            remedy = nearest(sample.place, places)
            place = f"sample {sample.name}, column place"
            problems.append(Problem("sequencing/samples.csv", place, sample.place, "a place that is known", remedy))
        inside = {f.path.resolve() for kind in ("reads", "bam", "cram") for f in inputs.files[kind]}
        problems += [
            Problem(
                "sequencing/samples.csv",
                f"sample {sample.name}",
                file.name,
                "a .fastq.gz, .bam or .cram in sequencing/",
                "put it there",
            )
            for file in sample.reads
            if file.resolve() not in inside
        ]
    return problems


def _in_folder(p: Problem) -> Problem:
    return Problem(
        f"sequencing/{p.file}" if p.file.endswith(".csv") else p.file, p.place, p.found, p.expected, p.remedy
    )


def rule_of(inputs: Inputs) -> RuleFile | None:
    """The rule of the folder; None where it has none."""

    return next((read_rule(f.path, f.relative, []) for f in inputs.files["rule"]), None)


def panel_of(inputs: Inputs) -> PanelResult:
    """The panel of a folder, counted and called by its rule, or at risks of 5 % shared over sites where it has none."""
    from proband.science.amplicon.panel import run_panel
    from proband.science.amplicon.quantify import Settings
    from proband.science.amplicon.sheet import read_sheet

    sheet = read_sheet(inputs.files["samples"][0].path, inputs.files["sites"][0].path)
    genome = next((f.path for f in inputs.files["genome"]), None)
    return run_panel(sheet, (rule_of(inputs) or RuleFile(0.05, 0.05)).rule(), Settings(reference=genome))
