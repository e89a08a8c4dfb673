"""The long-read study of a program folder: ``sequencing/long_reads.csv``, ``loci.csv``, ``call_rule.toml``, the reads.

Two analyses read it, one for large events at the target and one for junctions with nominated sites.

Cannot see: reads that the sheet does not name, and sites that the table of loci does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proband.core.analysis import Inputs
from proband.core.errors import Problem, ProgramError
from proband.core.kinds import kinds, nearest
from proband.core.program import Program
from proband.science.amplicon.call_rule import RuleFile, read_rule

if TYPE_CHECKING:
    from proband.science.structural.study import Study

FOLDER = {
    "long_samples": "sequencing/long_reads.csv",
    "loci": "sequencing/loci.csv",
    "rule": "sequencing/call_rule.toml",
    "sequences": "sequencing/*.fa",
    "reads": "sequencing/*.fastq.gz",
    "bam": "sequencing/*.bam",
    "bai": "sequencing/*.bai",
    "csi": "sequencing/*.csi",
    "cram": "sequencing/*.cram",
    "crai": "sequencing/*.crai",
}
"""What both analyses of long reads read."""
REFERENCE = {"reference": "loci of sequencing/loci.csv"}


def long_read_problems(program: Program, inputs: Inputs) -> list[Problem]:
    """Every fault of sheet, loci and rule, files that lie elsewhere, and places that the evidence kinds do not know."""
    from proband.science.structural.sheet import read_long_sheet

    problems: list[Problem] = []
    for rule in inputs.files["rule"]:
        read_rule(rule.path, rule.relative, problems)
    if not inputs.files["loci"]:
        expected, remedy = "sequencing/loci.csv", "write the table of loci beside the sheet of samples"
        return [*problems, Problem("sequencing/loci.csv", "", "no such file", expected, remedy)]
    try:
        sheet = read_long_sheet(inputs.files["long_samples"][0].path, inputs.files["loci"][0].path)
    except ProgramError as fault:
        return [*problems, *(_in_folder(p) for p in fault.problems)]
    places = kinds()["editing.on_target"].facts["place"].values
    inside = {f.path.resolve() for kind in ("reads", "bam", "cram") for f in inputs.files[kind]}
    for s in sheet.samples:
        if s.place and s.place not in places:
            place, remedy = f"sample {s.name}, column place", nearest(s.place, places)
            problems.append(Problem("sequencing/long_reads.csv", place, s.place, "a place that is known", remedy))
        if s.reads is not None and s.reads.resolve() not in inside:
            expected = "a .fastq.gz, .bam or .cram in sequencing/"
            problems.append(
                Problem("sequencing/long_reads.csv", f"sample {s.name}", s.reads.name, expected, "put it there")
            )
    return problems


def _in_folder(p: Problem) -> Problem:
    known = p.file.endswith((".csv", ".fa")) and "/" not in p.file
    return Problem(f"sequencing/{p.file}" if known else p.file, p.place, p.found, p.expected, p.remedy)


def rule_of(inputs: Inputs) -> RuleFile | None:
    """The rule of the folder; None where it has none."""
    return next((read_rule(f.path, f.relative, []) for f in inputs.files["rule"]), None)


def study_of(inputs: Inputs) -> Study:
    """The study of a folder, called by its rule, or at risks of 5 % shared over tests where it has none."""
    from proband.science.structural.sheet import read_long_sheet
    from proband.science.structural.study import run_study
    from proband.science.structural.traces import ReadRules

    sheet = read_long_sheet(inputs.files["long_samples"][0].path, inputs.files["loci"][0].path)
    genome = next((f.path for f in inputs.files["sequences"] if f.path.name == "reference.fa"), None)
    rule = (rule_of(inputs) or RuleFile(0.05, 0.05)).rule()
    return run_study(sheet, rule, reads=ReadRules(reference=genome))
