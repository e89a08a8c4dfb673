"""CDISC SDTM domains as long tables: LB, VS and QS measurements, EX doses, CM care, AE and CE events, DM subjects.

Results are taken in standard units where the source has them (--STRESN, --STRESC, --STRESU), otherwise as collected
(--ORRES, --ORRESU). A result such as ``<5`` is a value below the limit 5. A test that was not done is a row without a
value, with its reason. Where one test has several specimens, positions, places or time points, these become part of
its name.

Cannot see: supplemental qualifiers (SUPP--), related records; whether a daily dose was taken as prescribed.
Source: CDISC SDTM Implementation Guide 3.3 (recalled), names of variables as there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from proband.core.units import is_unit, relation
from proband.science.clinical.imported import (
    Asked,
    Cell,
    Collected,
    day_of,
    number,
    unit_of,
    whole_date,
    why_no_unit,
)
from proband.science.clinical.long_table import TEXT, finite
from proband.science.clinical.xpt import Dataset

FINDINGS = {"LB": "labs", "VS": "vitals", "QS": "questionnaires"}
QUALIFIERS = ("SPEC", "POS", "LOC", "LAT", "TPT")
DAILY = {"QD": 1, "BID": 2, "TID": 3, "QID": 4, "Q24H": 1, "Q12H": 2, "Q8H": 3, "Q6H": 4, "DAILY": 1}
"""Doses a day by frequency code."""
EVENTS = {"AE": ("DECOD", "TERM"), "CE": ("DECOD", "TERM")}
CENSORED = re.compile(r"\s*([<>])=?\s*(\d+(?:\.\d*)?)\s*")

Row = Mapping[str, str | float | None]


@dataclass(frozen=True, slots=True)
class Reference:
    """Dates of a subject from DM: reference start, birth, and day 0 under the origin asked for (None: not told)."""

    start: date | None
    origin: date | None


def text(row: Row, name: str) -> str:
    """A cell as text, empty for a missing one."""
    value = row.get(name)
    return "" if value is None else number(value) if isinstance(value, float) else value.strip()


def map_domains(found: Sequence[Dataset], asked: Asked, into: Collected) -> None:
    """Put every row of every dataset into tables, or into the list of what was refused."""
    references = _references([d for d in found if d.name.upper() == "DM"], asked)
    for d in found:
        domain = d.name.upper()
        into.records += len(d.rows)
        if domain in FINDINGS:
            _findings(d, domain, references, asked, into)
        elif domain == "EX":
            _doses(d, references, asked, into)
        elif domain == "CM":
            _care(d, references, asked, into)
        elif domain in EVENTS:
            _events(d, domain, references, asked, into)
        elif domain == "DM":
            _subjects(d, references, asked, into)
        else:
            for k in range(1, len(d.rows) + 1):
                into.refuse(d.file, f"{d.name} record {k}", "a domain that proband does not map")


def _references(found: Sequence[Dataset], asked: Asked) -> dict[str, Reference]:
    made = {}
    for row in (r for d in found for r in d.rows):
        start = whole_date(text(row, "RFSTDTC"))
        birth = whole_date(text(row, "BRTHDTC"))
        chosen = {"reference-start": start, "birth": birth}.get(str(asked.origin))
        made[text(row, "USUBJID")] = Reference(start, chosen)
    return made


def _origin(subject: str, references: Mapping[str, Reference], asked: Asked) -> date | str:
    if isinstance(asked.origin, date):
        return asked.origin
    one = references.get(subject)
    what = "RFSTDTC" if asked.origin == "reference-start" else "BRTHDTC"
    return one.origin if one and one.origin else f"no complete {what} of this subject in DM"


def _day(row: Row, stem: str, references: Mapping[str, Reference], asked: Asked) -> float | str:
    """The day of a record by its date; by its study day where there is no date and day 0 is the reference start."""
    when = text(row, f"{stem}DTC")
    origin = _origin(text(row, "USUBJID"), references, asked)
    study = finite(text(row, stem.removesuffix("ST") + ("STDY" if stem.endswith("ST") else "DY")))
    if not when and study is not None and asked.origin == "reference-start":
        return "study day 0, which SDTM does not have" if study == 0 else study - 1 if study > 0 else study
    return origin if isinstance(origin, str) else day_of(when, origin)


def _findings(d: Dataset, domain: str, references: Mapping[str, Reference], asked: Asked, into: Collected) -> None:
    several = _several(d, domain)
    for k, row in enumerate(d.rows, start=1):
        record, code = f"{domain} record {k}", text(row, f"{domain}TESTCD")
        parts = [text(row, domain + q) for q in several.get(code, ())]
        parameter = "_".join([code, *(p.replace(" ", "_") for p in parts if p)])
        day = _day(row, domain, references, asked)
        if isinstance(day, str):
            into.refuse(d.file, record, day)
            continue
        made = _result(row, domain, parameter, asked, into)
        if isinstance(made, str):
            into.refuse(d.file, record, made)
            continue
        value, unit, below, above, more = made
        more |= {c: text(row, domain + n) for c, n in (("category", "CAT"), ("method", "METHOD"))}
        more["visit"] = text(row, "VISIT")
        subject = text(row, "USUBJID")
        into.cells.append(
            Cell(FINDINGS[domain], d.file, record, subject, day, parameter, value, unit, below, above, more)
        )


def _several(d: Dataset, domain: str) -> dict[str, list[str]]:
    """Qualifiers of which a test has more than one value, by test: they tell its results apart."""
    seen: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in d.rows:
        for q in QUALIFIERS:
            seen[text(row, f"{domain}TESTCD"), q].add(text(row, domain + q))
    made: dict[str, list[str]] = defaultdict(list)
    for (code, q), values in seen.items():
        if len(values) > 1:
            made[code].append(q)
    return made


_Result = tuple[str, str, bool, bool, dict[str, str]]


def _result(row: Row, domain: str, parameter: str, asked: Asked, into: Collected) -> _Result | str:
    """Value, unit, below, above and more columns of a finding; or why it has none."""
    if text(row, f"{domain}STAT").upper() == "NOT DONE":
        return "", TEXT, False, False, {"missing_reason": text(row, f"{domain}REASND") or "not done"}
    standard = any(text(row, domain + n) for n in ("STRESN", "STRESC"))
    plain, stated = ("STRESC", "STRESU") if standard else ("ORRES", "ORRESU")
    words, exact, unit = (
        text(row, domain + plain),
        text(row, f"{domain}STRESN") if standard else "",
        text(row, domain + stated),
    )
    if not words and not exact:
        return "neither a result nor a statement that it was not done"
    beyond = CENSORED.fullmatch(words)
    value = beyond[2] if beyond else exact or words
    if finite(value) is None:
        return words, TEXT, False, False, {}
    code = unit_of(parameter, unit or ("{score}" if domain == "QS" else ""), asked, into)
    if code is None:
        return why_no_unit(parameter, unit)
    return value, code, bool(beyond) and beyond[1] == "<", bool(beyond) and beyond[1] == ">", {}


def _doses(d: Dataset, references: Mapping[str, Reference], asked: Asked, into: Collected) -> None:
    for k, row in enumerate(d.rows, start=1):
        record, product, day = f"EX record {k}", text(row, "EXTRT"), _day(row, "EXST", references, asked)
        amount, unit = text(row, "EXDOSE"), text(row, "EXDOSU")
        code: str | None = TEXT
        if amount:
            code = unit_of(product, unit, asked, into)
        end = _end(row, "EX", references, asked)
        if isinstance(day, str) or isinstance(end, str) or code is None:
            reason = day if isinstance(day, str) else end if isinstance(end, str) else why_no_unit(product, unit)
            into.refuse(d.file, record, reason)
            continue
        value = amount or text(row, "EXDOSTXT") or "given"
        more = {"route": text(row, "EXROUTE"), "day_end": "" if end is None else number(end)}
        more["frequency"] = text(row, "EXDOSFRQ")
        into.cells.append(Cell("dosing", d.file, record, text(row, "USUBJID"), day, product, value, code, more=more))


def _end(row: Row, domain: str, references: Mapping[str, Reference], asked: Asked) -> float | str | None:
    """The day of the end of a record, None where it has none, or why its date can not be used."""
    if not text(row, f"{domain}ENDTC"):
        return None
    origin = _origin(text(row, "USUBJID"), references, asked)
    day = origin if isinstance(origin, str) else day_of(text(row, f"{domain}ENDTC"), origin)
    return f"end: {day}" if isinstance(day, str) else day


def _care(d: Dataset, references: Mapping[str, Reference], asked: Asked, into: Collected) -> None:
    """Care as a daily level where dose, unit and frequency of all records of a drug tell it, otherwise as given."""
    spans: list[tuple[float | str, float | str | None]] = []
    for row in d.rows:
        end = _end(row, "CM", references, asked)
        whole = isinstance(end, float) and "T" not in text(row, "CMENDTC")
        spans.append((_day(row, "CMST", references, asked), end + 1 if whole and isinstance(end, float) else end))
    levels = [_level(row, asked, into) for row in d.rows]
    mixed = _not_comparable([(_drug(r), lv) for r, lv in zip(d.rows, levels, strict=True)]) | _overlapping(d, spans)
    for k, (row, level, (day, end)) in enumerate(zip(d.rows, levels, spans, strict=True), start=1):
        record, drug = f"CM record {k}", _drug(row)
        if isinstance(day, str) or isinstance(end, str):
            into.refuse(d.file, record, day if isinstance(day, str) else str(end))
            continue
        if text(row, "CMSTAT").upper() == "NOT DONE" or (end is not None and end <= day):
            reason = f"ends on day {end:g}, not after day {day:g}" if end is not None else "not done: nothing was given"
            into.refuse(d.file, record, reason)
            continue
        more = {n: text(row, f"CM{v}") for n, v in (("dose", "DOSE"), ("dose_unit", "DOSU"), ("frequency", "DOSFRQ"))}
        more["indication"] = text(row, "CMINDC")
        more["day_end"] = "" if end is None else number(end)  # given through the last day
        value, unit = level if level and drug not in mixed else ("started", TEXT)
        into.cells.append(Cell("care", d.file, record, text(row, "USUBJID"), day, drug, value, unit, more=more))


def _overlapping(d: Dataset, spans: Sequence[tuple[float | str, float | str | None]]) -> set[str]:
    """Drugs that a subject had twice at one time: their levels would have to be added, which is not told."""
    groups: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for row, (day, end) in zip(d.rows, spans, strict=True):
        if isinstance(day, float) and not isinstance(end, str):
            groups[text(row, "USUBJID"), _drug(row)].append((day, day if end is None else end))
    return {drug for (_, drug), found in groups.items() if any(a[1] > b[0] for a, b in pairwise(sorted(found)))}


def _drug(row: Row) -> str:
    return text(row, "CMDECOD") or text(row, "CMTRT")


def _level(row: Row, asked: Asked, into: Collected) -> tuple[str, str] | None:
    dose, times = finite(text(row, "CMDOSE")), DAILY.get(text(row, "CMDOSFRQ").upper())
    unit = unit_of(_drug(row), text(row, "CMDOSU"), asked, into) if dose is not None and times else None
    daily = f"{unit}/d"
    return (number(dose * times), daily) if dose is not None and times and unit and is_unit(daily) else None


def _not_comparable(levels: Sequence[tuple[str, tuple[str, str] | None]]) -> set[str]:
    """Drugs whose records are not all levels in units that convert: these are then told as given or not."""
    units: dict[str, str] = {}
    found = set()
    for drug, level in levels:
        if level is None or relation(units.setdefault(drug, level[1]), level[1]) in ("different", "molar_mass"):
            found.add(drug)
    return found


def _events(d: Dataset, domain: str, references: Mapping[str, Reference], asked: Asked, into: Collected) -> None:
    for k, row in enumerate(d.rows, start=1):
        record, day = f"{domain} record {k}", _day(row, f"{domain}ST", references, asked)
        name = next((text(row, domain + n) for n in EVENTS[domain] if text(row, domain + n)), "")
        end = _end(row, domain, references, asked)
        if isinstance(day, str) or isinstance(end, str):
            into.refuse(d.file, record, day if isinstance(day, str) else str(end))
            continue
        value, unit = text(row, f"{domain}TERM") or name, TEXT
        if text(row, f"{domain}OCCUR").upper() == "N":
            value, unit = "0", "{count}"
        more = {
            "day_end": "" if end is None else number(end),
            "grade": text(row, f"{domain}TOXGR"),
            "serious": {"Y": "yes", "N": "no"}.get(text(row, f"{domain}SER").upper(), ""),
            "severity": text(row, f"{domain}SEV"),
            "outcome": text(row, f"{domain}OUT"),
        }
        if more["grade"] not in ("", "1", "2", "3", "4", "5"):
            into.refuse(d.file, record, f"grade {more['grade'][:20]!r} is not 1 to 5")
            continue
        if end is not None and end < day:
            into.refuse(d.file, record, f"ends on day {end:g}, before it begins on day {day:g}")
            continue
        into.cells.append(Cell("events", d.file, record, text(row, "USUBJID"), day, name, value, unit, more=more))


def _subjects(d: Dataset, references: Mapping[str, Reference], asked: Asked, into: Collected) -> None:
    seen: set[str] = set()
    for k, row in enumerate(d.rows, start=1):
        record, name = f"DM record {k}", text(row, "USUBJID")
        origin = _origin(name, references, asked)
        entry, leave = text(row, "RFICDTC") or text(row, "RFSTDTC"), text(row, "DTHDTC") or text(row, "RFPENDTC")
        if isinstance(origin, str) or not name or name in seen:
            reason = (
                "a subject that stands twice" if name in seen else origin if isinstance(origin, str) else "no subject"
            )
            into.refuse(d.file, record, reason)
            continue
        seen.add(name)
        days = {"entry_day": day_of(entry, origin), "exit_day": day_of(leave, origin)}
        for column, variable in (("birth_day", "BRTHDTC"), ("treatment_day", "RFXSTDTC")):
            days[column] = day_of(text(row, variable), origin) if text(row, variable) else ""
        faults = [f"{c.replace('_', ' ')}: {v}" for c, v in days.items() if isinstance(v, str) and v]
        if faults:
            into.refuse(d.file, record, "; ".join(faults))
            continue
        made = {c: v if isinstance(v, str) else number(v) for c, v in days.items()}
        dead = "yes" if text(row, "DTHFL").upper() == "Y" else ""  # SDTM: Y or empty, and empty is not told
        named = {"subject": asked.subjects.get(name, name), "sex": text(row, "SEX"), "region": text(row, "COUNTRY")}
        into.subjects.append((d.file, record, {**named, **made, "death": dead}))
