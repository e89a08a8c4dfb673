"""The files of ``nonclinical/`` by name, and their faults, for the analyses that read them. Loads nothing but core.

Cannot see: files of other names; the folder's check tells those.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from proband.core.analysis import Inputs
from proband.core.errors import Problem
from proband.core.program import Program

READS = {
    "studies": "nonclinical/studies.csv",
    "exposure": "nonclinical/exposure.csv",
    "distribution": "nonclinical/biodistribution.csv",
    "plan": "nonclinical/plan.toml",
}
"""Name to path of every file that is read here."""


def files_of(inputs: Inputs) -> dict[str, Path]:
    """The files of an analysis by their relative paths."""
    return {f.relative: f.path for group in inputs.files.values() for f in group}


def border(program: Program, inputs: Inputs) -> Iterable[Problem]:
    """Every fault of the files, without numerics: for the analyses that read them."""
    from proband.science.nonclinical.folder import read_folder

    problems: list[Problem] = []
    read_folder(files_of(inputs), problems)
    return problems
