"""``plan/operating_characteristics.json``, read strictly: what ``proband simulate`` wrote of a plan.

What a rerun needs (digest of the plan, seed, versions) may be missing: that is then told, not refused. Everything else
has to be as it was written. Numbers are taken from the scenarios; the sentences of the file are not trusted.

Cannot see: who wrote the file. For that one block is repeated, see `rerun.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.border import Strict, parse, read_text, shown
from proband.core.errors import Problem

FILE = "plan/operating_characteristics.json"
MOST_BYTES = 16_000_000
Finite = Annotated[float, Field(allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=0, le=10_000_000)]
Word = Annotated[str, Field(max_length=200)]
PROPORTIONS = ("type_i_error", "false_rare", "family_wise_error", "power", "assurance", "coverage", "analysed")


class StoredMeasure(Strict):
    """One measure: its value, its Monte Carlo standard error, and from how many trials; 0 and exact if computed."""

    metric: Word
    value: Finite
    mc_se: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    replicates: Whole
    exact: bool


class StoredSums(Strict):
    """The sums of one block, in the names of `measures.Tally`."""

    trials: Whole
    analysed: Whole
    success: Finite
    success_squared: Finite
    rare: Whole
    covered: Annotated[int, Field(ge=-1, le=10_000_000)]
    error: Finite
    error_squared: Finite
    evaluable: Finite
    evaluable_squared: Finite
    family: Whole


class StoredScenario(Strict):
    """One scenario: the value of every axis (null for an effect drawn from its prior) and its measures."""

    values: dict[Word, Finite | None]
    effect_from_prior: bool
    in_declared_set: bool
    first_block: StoredSums | None = None
    measures: Annotated[list[StoredMeasure], Field(max_length=40)]

    def get(self, metric: str) -> StoredMeasure | None:
        """The measure of a name, where the scenario has it."""
        return next((m for m in self.measures if m.metric == metric), None)


class StoredOperation(Strict):
    """The whole file."""

    format: Literal[1]
    title: Annotated[str, Field(max_length=4000)]
    design: Word
    plan_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    replicates: Annotated[int, Field(ge=1, le=10_000_000)]
    versions: dict[Word, Word] | None = None
    level: Annotated[float, Field(gt=0, lt=1)]
    declared_set: dict[Word, list[Finite]]
    planned: dict[Word, Any]
    scenarios: Annotated[list[StoredScenario], Field(min_length=1, max_length=30_000)]
    worst: list[dict[Word, Any]]
    sentences: list[Annotated[str, Field(max_length=4000)]]
    feasibility: dict[Word, Any] | None = None
    feasibility_paragraph: Annotated[str, Field(max_length=4000)] | None = None


def read_operation(path: Path, name: str, problems: list[Problem]) -> StoredOperation | None:
    """The stored operating characteristics, or None with every problem added. Loads no numerical library."""
    text = read_text(path, name, problems, MOST_BYTES)
    if text is None:
        return None
    try:
        raw = json.loads(text, object_pairs_hook=_once, parse_constant=_refused)
    except (ValueError, RecursionError) as e:
        found = str(e)[:200] or "not JSON"
        problems.append(Problem(name, "", found, "JSON as `proband simulate` writes it", "simulate the plan again"))
        return None
    before = len(problems)
    made = parse(StoredOperation, raw, name, "", problems)
    if made is not None:
        problems.extend(Problem(name, *fault, "simulate the plan again") for fault in _faults(made))
    return made if len(problems) == before else None


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return made


def _refused(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _faults(made: StoredOperation) -> Iterator[tuple[str, str, str]]:
    for n, s in enumerate(made.scenarios, start=1):
        names = [m.metric for m in s.measures]
        for twice in sorted({m for m in names if names.count(m) > 1}):
            yield (f"scenario {n}, {twice}", "a measure twice", "each once")
        for m in s.measures:
            at = f"scenario {n}, {m.metric}"
            if m.metric in PROPORTIONS and not 0 <= m.value <= 1:
                yield (at, shown(m.value), "a probability from 0 to 1")
            if m.exact is not (m.replicates == 0):
                yield (at, f"exact is {str(m.exact).lower()} with {m.replicates} replicates", "one or the other")
            if m.replicates > made.replicates:
                yield (at, f"{m.replicates:,} replicates", f"at most the {made.replicates:,} of the run")
