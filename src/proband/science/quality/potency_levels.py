"""Potency traced to the mechanism: which level an assay measures, and on which version of the product it was run.

A level is covered where an assay that measures it was run on this version. What was run on a sibling says something of
the sibling: it is told apart and never counts. A level that the program says nobody measured is absent.

Cannot see: whether the readout is the effect that matters in the patient: a person must judge that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proband.core.evidence import Members
from proband.science.quality.method_file import LEVELS, MethodsFile, PotencyRun


@dataclass(frozen=True, slots=True)
class PotencyRecord:
    """What is recorded of one version: levels covered, the version's own record, its runs.

    `levels`: covered (present), said not to be measured (absent), or not known. `versions`: the version itself, present
    where every potency assay was run on it, absent where none was although others' runs are given, else unknown.
    """

    version: str
    levels: Members
    versions: Members
    runs: tuple[PotencyRun, ...]


def own_record(f: MethodsFile) -> PotencyRecord:
    """The record of this version; runs of siblings count for nothing here.

    >>> from proband.science.quality.method_file import Method, Potency
    >>> edit = Method(id="e", attribute="editing", technique="NGS", potency=Potency(level="sequence_change",
    ...     readout="edited reads"))
    >>> run = PotencyRun(method="e", version="v1", source="report 1")
    >>> made = own_record(MethodsFile(format=1, product="v1", method=[edit], potency_run=[run]))
    >>> made.levels.present, made.levels.unknown, made.versions.present
    (('sequence_change',), ('downstream_effect',), ('v1',))
    """
    mine = tuple(r for r in f.potency_run if r.version == f.product)
    measures = {m.id: m.potency.level for m in f.method if m.potency is not None}
    ran = {r.method for r in mine}
    covered = {measures[m] for m in ran if m in measures}
    absent = tuple(x for x in LEVELS if x in f.potency_not_measured and x not in covered)
    present = tuple(x for x in LEVELS if x in covered)
    levels = Members(present, absent, tuple(x for x in LEVELS if x not in (*present, *absent)))
    name = (f.product,)
    if measures and set(measures) <= ran:
        versions = Members(name)
    elif not mine and f.potency_run:
        versions = Members((), name)
    else:
        versions = Members((), (), name)
    return PotencyRecord(f.product, levels, versions, mine)


def sibling_records(f: MethodsFile) -> tuple[PotencyRecord, ...]:
    """The same for every other version that has runs: shown beside, never in place of, this one's."""
    measures = {m.id: m.potency.level for m in f.method if m.potency is not None}
    made = []
    for version in sorted({r.version for r in f.potency_run if r.version != f.product}):
        runs = tuple(r for r in f.potency_run if r.version == version)
        covered = tuple(x for x in LEVELS if any(measures.get(r.method) == x for r in runs))
        levels = Members(covered, (), tuple(x for x in LEVELS if x not in covered))
        made.append(PotencyRecord(version, levels, Members((version,)), runs))
    return tuple(made)


def without_level(f: MethodsFile) -> Sequence[str]:
    """Levels that no potency assay of the file measures, whoever ran it."""
    return [x for x in LEVELS if all(m.potency is None or m.potency.level != x for m in f.method)]
