"""``platform/``: the register of all versions, effects by patient, and the priors of what is pooled.

- ``versions.csv``: every version of the platform, with its flag (``pooled``, ``left_out``, ``no_outcome``), a reason
  unless it is pooled, and its effect with standard error and number of patients where it has an outcome;
- ``patients.csv``: effect and standard error of every treated patient of the platform, with the version;
- ``pooling.toml``: priors, and why versions are held to be exchangeable.

Effects are in standard deviations of untreated people's change, above 0 better, so that versions and endpoints can
stand together. Cannot see: a version that nobody entered; how effects were estimated (their source says so).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from proband.border import Strict, parse, read_toml
from proband.core.errors import Problem
from proband.core.kinds import nearest
from proband.science.transcript.rna_tables import Columns, Row, above_zero, count, name, number, one_of, optional
from proband.science.transcript.rna_tables import read_rows as rows_of

VERSIONS, PATIENTS, POOLING = "platform/versions.csv", "platform/patients.csv", "platform/pooling.toml"
FLAGS = ("pooled", "left_out", "no_outcome")


def _line(text: str) -> str:
    if len(text) > 1000:
        raise ValueError(text)
    return text


def _positive(text: str) -> int:
    value = count(text)
    if not value:
        raise ValueError(text)
    return value


_NAME = (name, "a name of at most 80 characters")
_EFFECT: Columns = {
    "effect": (optional(number), "a number of standard deviations, above 0 better; nothing where it is not known"),
    "standard_error": (optional(above_zero), "a number above 0, or nothing where there is no effect"),
}
_VERSIONS: Columns = {
    "version": _NAME,
    "flag": (one_of(*FLAGS), ", ".join(FLAGS)),
    "reason": (_line, "at most 1000 characters"),
    **_EFFECT,
    "patients": (optional(_positive), "a whole number above 0, or nothing where nobody was treated"),
    "source": _NAME,
}
_PATIENTS: Columns = {"patient": _NAME, "version": _NAME, **_EFFECT, "source": _NAME}

Number = Annotated[float, Field(ge=-1e3, le=1e3, allow_inf_nan=False)]
Spread = Annotated[float, Field(gt=0, le=1e3, allow_inf_nan=False)]


class Pooling(Strict):
    """Priors of the hierarchy, in standard deviations; `exchangeable`: prior probability that a unit belongs to it.

    `argument` says why versions are held to be exchangeable (empty: not argued), `version` which one is this
    program's, `closed_by` who states that the register is whole.
    """

    format: Literal[1]
    mu_mean: Number
    mu_sd: Spread
    tau_scale: Spread
    exchangeable: Annotated[float, Field(gt=0, le=1)] = 1.0
    nex_mean: Number = 0.0
    nex_sd: Spread | None = None
    argument: Annotated[str, Field(max_length=10_000)]
    version: Annotated[str, Field(min_length=1, max_length=80)]
    closed_by: Annotated[str, Field(max_length=200)]
    source: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"\S")]


@dataclass(frozen=True, slots=True)
class Platform:
    """What ``platform/`` holds."""

    versions: tuple[Row, ...]
    patients: tuple[Row, ...]
    pooling: Pooling


def read_platform(files: Mapping[str, Path], problems: list[Problem]) -> Platform | None:
    """The tables (path in the folder to path), or None with problems added. Loads no numerical library."""
    before = len(problems)
    versions = rows_of(files[VERSIONS], VERSIONS, _VERSIONS, ("version",), problems) if VERSIONS in files else ()
    patients = rows_of(files[PATIENTS], PATIENTS, _PATIENTS, ("patient",), problems) if PATIENTS in files else ()
    raw = read_toml(files[POOLING], POOLING, problems) if POOLING in files else None
    pooling = parse(Pooling, raw, POOLING, "", problems) if raw is not None else None
    for file, why in ((VERSIONS, "the register of all versions"), (POOLING, "the priors")):
        if file not in files:
            remedy = "add it: nothing is pooled without the whole register and stated priors"
            problems.append(Problem(file, "", f"no such file beside other files of platform/: {why}", "it", remedy))
    if len(problems) > before or pooling is None:
        return None
    problems += _faults(versions, patients, pooling)
    return Platform(versions, patients, pooling) if len(problems) == before else None


def _faults(versions: Sequence[Row], patients: Sequence[Row], pooling: Pooling) -> Iterator[Problem]:
    yield from _version_faults(versions)
    known = tuple(r["version"] for r in versions)
    for file, rows in ((VERSIONS, versions), (PATIENTS, patients)):
        for r in rows:
            if (r["effect"] is None) != (r["standard_error"] is None):
                found = "an effect without its error, or the other way round"
                yield Problem(file, f"row {r.line}", found, "both, or neither", "complete the row")
    for r in patients:
        if r["version"] not in known:
            remedy = nearest(r["version"], known)
            yield Problem(PATIENTS, f"row {r.line}, column version", r["version"], f"a version of {VERSIONS}", remedy)
    if pooling.version not in known:
        remedy = nearest(pooling.version, known)
        yield Problem(POOLING, "key version", pooling.version, f"a version of {VERSIONS}", remedy)
    if (pooling.exchangeable < 1) != (pooling.nex_sd is not None):
        expected = "nex_sd with exchangeable below 1, and only then"
        yield Problem(POOLING, "key nex_sd", "one without the other", expected, "state what a unit apart may be")


def _version_faults(versions: Sequence[Row]) -> Iterator[Problem]:
    for r in versions:
        at, has = f"row {r.line}", r["effect"] is not None
        if r["flag"] != "pooled" and not r["reason"].strip():
            yield Problem(VERSIONS, f"{at}, column reason", "nothing", f"a reason for {r['flag']}", "say why")
        if r["flag"] == "pooled" and not has:
            remedy = "give it, or flag the version no_outcome or left_out with the reason"
            yield Problem(VERSIONS, f"{at}, column effect", "nothing", "an effect of a pooled version", remedy)
        if r["flag"] == "no_outcome" and has:
            remedy = "pool it, or leave it out with the reason"
            yield Problem(VERSIONS, f"{at}, column flag", "no_outcome with an effect", "no effect", remedy)
        if has and r["patients"] is None:
            yield Problem(VERSIONS, f"{at}, column patients", "nothing", "patients behind the effect", "count them")
