"""All of ``nonclinical/``: its tables and its plan, read together, with what they say of each other.

Cannot see: the program record; what it says of route and product is held against these files by the analyses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from proband.border import shown
from proband.core.errors import Problem, ProgramError
from proband.core.kinds import nearest
from proband.science.nonclinical import distribution_table, exposure_table, plan_file, study_table
from proband.science.nonclinical.distribution_table import Finding
from proband.science.nonclinical.exposure_table import Exposure
from proband.science.nonclinical.open_columns import names_in
from proband.science.nonclinical.plan_file import Plan
from proband.science.nonclinical.study_table import Study


@dataclass(frozen=True, slots=True)
class NonclinicalFolder:
    """What the files hold; `has` names those that are there."""

    studies: tuple[Study, ...]
    exposure: tuple[Exposure, ...]
    findings: tuple[Finding, ...]
    plan: Plan
    has: frozenset[str]

    def study(self, name: str) -> Study | None:
        """A study by name."""
        return next((s for s in self.studies if s.id == name), None)

    def bridged(self, product: str) -> bool:
        """Whether the plan argues, with a rationale and a document, that a product's studies speak for this one."""
        return any(b.product == product and b.argued for b in self.plan.bridge)

    def standing(self, study: Study, own: Iterable[str]) -> str:
        """Whose a study is: own, bridged, sibling, or not_stated.

        `own` are the names under which this program's product goes.
        """
        if not study.product or not any(own):
            return "not_stated"
        if study.product in own:
            return "own"
        return "bridged" if self.bridged(study.product) else "sibling"


def read_folder(files: Mapping[str, Path], problems: list[Problem]) -> NonclinicalFolder:
    """The folder from files by relative path; every fault of all of them is added to `problems`."""
    studies: tuple[Study, ...] = ()
    known: dict[str, Study | None] = {}
    if study_table.FILE in files:
        studies = study_table.read_studies(files[study_table.FILE], problems)
        known = dict.fromkeys(names_in(files[study_table.FILE], "study")) | {s.id: s for s in studies}
    exposure: tuple[Exposure, ...] = ()
    findings: tuple[Finding, ...] = ()
    plan: Plan | None = None
    if exposure_table.FILE in files:
        exposure = exposure_table.read_exposure(files[exposure_table.FILE], known, problems)
    if distribution_table.FILE in files:
        findings = distribution_table.read_distribution(files[distribution_table.FILE], known, problems)
    if plan_file.FILE in files:
        plan = plan_file.read_plan(files[plan_file.FILE], problems)
    if study_table.FILE not in files:
        for name in (exposure_table.FILE, distribution_table.FILE):
            if name in files:
                remedy = f"enter the studies in {study_table.FILE}"
                problems.append(Problem(name, "", "no table of studies", study_table.FILE, remedy))
    if plan is not None:
        problems += _plan_faults(plan, known)
    return NonclinicalFolder(studies, exposure, findings, plan or Plan(), frozenset(files))


def folder_or_problems(files: Mapping[str, Path]) -> NonclinicalFolder:
    """The folder; raises ``ProgramError`` with every problem of it."""
    problems: list[Problem] = []
    made = read_folder(files, problems)
    if problems:
        raise ProgramError(problems)
    return made


def _plan_faults(plan: Plan, known: Mapping[str, Study | None]) -> Iterator[Problem]:
    names = tuple(known)
    cited = [("margin, key study", plan.margin.study)]
    cited += [(f"item {i.item}, key study", i.study) for i in plan.item]
    for place, name in cited:
        if name and name not in names:
            remedy = nearest(name, names) if names else f"enter it in {study_table.FILE}"
            yield Problem(plan_file.FILE, place, shown(name, 60), f"a study of {study_table.FILE}", remedy)
    for i in plan.item:
        study = known.get(i.study)
        if study is not None and study.looked_at(i.item) is False:
            found = f"done in {study.id}, whose endpoints do not name it"
            expected = "an endpoint of that study"
            yield Problem(plan_file.FILE, f"item {i.item}, key study", found, expected, "correct one of the two files")
