"""Everything that a folder says of its assays: the record, its replicate tables, own letters, and values to be ranged.

Loads no numerics. The letters of this version may stand in the record or be those of a component; where both are given
they must be one sequence.

Cannot see: values that stand in no table of the folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.science.quality.components import COMPONENTS, read_components
from proband.science.quality.identity import letters
from proband.science.quality.lot_tables import Result, read_results
from proband.science.quality.lot_versions import lot_versions, other_lot
from proband.science.quality.method_file import METHODS, Method, MethodsFile, Own, read_methods
from proband.science.quality.method_range import Reported
from proband.science.quality.quality_tables import COMPARABILITY, HITS, REPLICATES, STABILITY, read_quality
from proband.science.transcript.rna_tables import Columns, Row

LOTS = ("quality/lots.csv", "quality/lots.xlsx")
RESULTS: Mapping[str, Columns] = {"quality/stability.csv": STABILITY, "quality/comparability.csv": COMPARABILITY}
"""Tables of results with a column for the method, beside the results of lots."""


@dataclass(frozen=True, slots=True)
class MethodFolder:
    """The record, own letters resolved, rows of replicates and hits by method, and every value with its method.

    `targeting`: first and last position (1-based, inclusive) of the targeting part in the own letters, where known.
    """

    record: MethodsFile
    own: Own | None
    replicates: Mapping[str, tuple[Row, ...]]
    hits: Mapping[str, tuple[Row, ...]]
    reported: tuple[Reported, ...]
    targeting: tuple[int, int] | None = None

    @property
    def methods(self) -> dict[str, Method]:
        """Methods by id."""
        return {m.id: m for m in self.record.method}


def read_method_folder(files: Mapping[str, Path], problems: list[Problem], product: str = "") -> MethodFolder | None:
    """What the files of a folder (by relative path) say of its assays, or None; every fault goes to `problems`.

    None without a problem where there is no ``quality/methods.toml``. Faults of tables that others own are not told
    here again.
    """
    before = len(problems)
    if METHODS not in files:
        return None
    record = read_methods(files[METHODS], problems, product=product)
    if record is None:
        return None
    made: dict[str, dict[str, tuple[Row, ...]]] = {"replicates": {}, "hits": {}}
    for m in record.method:
        for key, columns in (("replicates", REPLICATES), ("hits", HITS)):
            table = getattr(m, key)
            if table and table not in files:
                place, remedy = f"method {m.id}, key {key}", "add the table, or leave its name out"
                problems.append(Problem(METHODS, place, f"no file {table}", "the table it names", remedy))
            elif table:
                made[key][m.id] = read_quality(files[table], table, columns, problems)
    versions = lot_versions(files)
    for i, run in enumerate(record.potency_run, start=1):
        faults = other_lot(f"potency_run {i}, key lot", run.lot, run.version, versions)
        problems.extend(Problem(METHODS, *f) for f in faults)
    own = _own(record, files, problems)
    if len(problems) > before:
        return None
    reported = tuple(_reported(record, files))
    return MethodFolder(record, own, made["replicates"], made["hits"], reported, _targeting(own, files))


def _own(record: MethodsFile, files: Mapping[str, Path], problems: list[Problem]) -> Own | None:
    """The letters of this version, also where they are those of a component."""
    own = record.own
    if own is None or not own.component:
        return own
    place = "key own.component"
    if COMPONENTS not in files:
        remedy = "add it, or write own.sequence instead"
        problems.append(Problem(METHODS, place, own.component, f"a component of {COMPONENTS}", remedy))
        return None
    unheard: list[Problem] = []
    product = read_components(files[COMPONENTS], unheard)
    if product is None:
        return Own(sequence=own.sequence, mass=own.mass)
    found = product.component(own.component)
    if found is None:
        remedy = nearest(own.component, tuple(c.id for c in product.components))
        problems.append(Problem(METHODS, place, own.component, f"a component of {COMPONENTS}", remedy))
        return None
    held = found.letters if not set(found.letters) - set("ACGTU") else ""
    if held and own.sequence and letters(own.sequence, held) != held:
        expected = f"the letters of component {own.component}"
        problems.append(
            Problem(METHODS, "key own.sequence", "other letters", expected, "remove it, or mend one of them")
        )
    return Own(component=own.component, sequence=held or own.sequence, mass=own.mass)


def _targeting(own: Own | None, files: Mapping[str, Path]) -> tuple[int, int] | None:
    """The targeting part of the component that the own letters are of."""
    if own is None or not own.component or COMPONENTS not in files:
        return None
    product = read_components(files[COMPONENTS], [])
    found = product.component(own.component) if product is not None else None
    return (found.targeting[0], found.targeting[1]) if found is not None and found.targeting else None


def _reported(record: MethodsFile, files: Mapping[str, Path]) -> Iterator[Reported]:
    """Values of lots and of the other tables, and of potency runs; a table with faults is told by its own reader."""
    for name in LOTS:
        if name in files:
            yield from (x for r in read_results(files[name], name, []) if (x := _of_lot(r)) is not None)
    for name, columns in RESULTS.items():
        if name not in files:
            continue
        unheard: list[Problem] = []
        for r in read_quality(files[name], name, columns, unheard):
            timed = "time" in columns
            more = f"{r['condition']} {r['time']:g} {r['time_unit']}" if timed else r["change"]
            at = f"{r['lot']} {r['attribute']} {more}"
            yield Reported(at, r["attribute"], r["method"], r["value"], r["unit"], r["censored"])
    attributes = {m.id: m.attribute for m in record.method}
    for i, run in enumerate(record.potency_run, start=1):
        if run.value is not None:
            at = f"potency run {i} of {run.version}"
            yield Reported(at, attributes.get(run.method, ""), run.method, run.value, run.unit)


def _of_lot(r: Result) -> Reported | None:
    """A result of a lot as a value: a number or a bound; words, and rows that do not count, are no values."""
    if r.pending or r.text or r.left_out.strip() or (r.low is None and r.high is None):
        return None
    at = f"{r.lot} {r.attribute}" + (f" replicate {r.replicate}" if r.replicate else "")
    if r.low is not None and r.high is not None:
        return Reported(at, r.attribute, r.method, float(r.high), r.unit) if r.measured else None
    mark, end = ("below", r.high) if r.high is not None else ("above", r.low)
    assert end is not None
    return Reported(at, r.attribute, r.method, float(end), r.unit, mark)
