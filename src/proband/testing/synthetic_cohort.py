"""The untreated people of the synthetic example: an invented cohort of SYNG1 deficiency as raw series.

Forty people, ammonia every four weeks at routine visits (put off during a crisis), every crisis with its day. The truth
stands in the constants: log ammonia is a level of each person plus a slow slope with age plus independent noise, and
crises are Poisson at a rate of each person's own, gamma distributed between people.
Cannot see: anything real; nothing here describes a gene, a disease or a person.
"""

from __future__ import annotations

import csv
import io
import math
import random
from dataclasses import dataclass
from pathlib import Path

from proband.writing import write_all

SEED = 1203
PEOPLE = 40
LEVEL, LEVEL_SD = math.log(60.0), 0.22
"""Mean and standard deviation between people of log ammonia (umol/L) at four years of age."""
SLOPE, SLOPE_SD = 0.01, 0.02
"""Mean and standard deviation between people of the change of log ammonia in a year."""
NOISE = 0.20
CRISES, SHAPE = 18.0, 6.0
"""Crises in a year, mean over people, and the shape of their gamma distribution between people."""
EVERY, JITTER = 28, 3
MISSED = 0.05
YEAR = 365.25
REASONS = ("appointment missed", "sample haemolysed")


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person: whole days from the first visit, covariates as they were drawn, level, slope and rate."""

    id: str
    birth: int
    leave: int
    died: bool
    genotype: str
    era: str
    region: str
    onset: int
    peak: int
    prior: str
    level: float
    slope: float
    rate: float


def people() -> tuple[Person, ...]:
    """The forty, from the seed."""
    draw = random.Random(SEED)
    return tuple(_person(f"SYN-U{i + 1:02d}", draw) for i in range(PEOPLE))


def _person(name: str, draw: random.Random) -> Person:
    level = draw.gauss(LEVEL, LEVEL_SD)
    genotype = "missense_null" if draw.random() < 0.6 else "missense_missense"
    return Person(
        id=name,
        birth=-round(draw.uniform(0.8, 7.5) * YEAR),
        leave=round(draw.uniform(0.9, 2.9) * YEAR),
        died=draw.random() < 0.08,
        genotype=genotype,
        era="2012-2017" if draw.random() < 0.3 else "2018-2024",
        region=draw.choice(("north", "south")),
        onset=round(draw.uniform(2, 200)),
        peak=round(math.exp(math.log(400.0) + (level - LEVEL) + draw.gauss(0, 0.4))),
        prior="yes" if draw.random() < 0.9 else "no",
        level=level,
        slope=draw.gauss(SLOPE, SLOPE_SD),
        rate=draw.gammavariate(SHAPE, CRISES / SHAPE),
    )


def write_cohort(folder: Path) -> None:
    """The tables of the cohort in `folder`: subjects, ammonia, crises."""
    draw = random.Random(SEED + 1)
    subjects = [["subject", "birth_day", "sex", "genotype_class", "era", "region", "entry_day", "exit_day", "death",
                 "age_at_onset", "peak_ammonia", "scavenger_before"]]  # fmt: skip
    long = ["subject", "day", "parameter", "value", "unit", "below_limit", "source"]
    ammonia, events = [[*long, "missing_reason"]], [long]
    for p in people():
        crises = _crises(p, draw)
        death = "yes" if p.died else "no"
        subjects.append([p.id, str(p.birth), "", p.genotype, p.era, p.region, "0", str(p.leave), death,
                         str(p.onset), str(p.peak), p.prior])  # fmt: skip
        events += [[p.id, str(day), "hyperammonemic_crisis", "1", "{count}", "", "invented"] for day in crises]
        ammonia += _visits(p, crises, draw)
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"subjects.csv": subjects, "ammonia.csv": ammonia, "events.csv": events}
    write_all({folder / name: _csv(rows) for name, rows in tables.items()})


def _crises(p: Person, draw: random.Random) -> list[int]:
    """Whole days of crises, at most one on a day."""
    day, found = 0.0, set[int]()
    while True:
        day += draw.expovariate(p.rate / YEAR)
        if day > p.leave:
            return sorted(found)
        found.add(int(day))


def _visits(p: Person, crises: list[int], draw: random.Random) -> list[list[str]]:
    """Rows of ammonia: a routine visit every four weeks, put off while a crisis of three days lasts."""
    rows, ill = [], {d + k for d in crises for k in range(3)}
    for n in range(p.leave // EVERY + 1):
        day = max(0, n * EVERY + (draw.randint(-JITTER, JITTER) if n else 0))
        while day in ill:
            day += 1
        noise, missed = draw.gauss(0, NOISE), draw.random() < MISSED
        if day > p.leave or (rows and day <= int(rows[-1][1])):
            continue
        value = round(math.exp(p.level + p.slope * ((day - p.birth) / YEAR - 4.0) + noise))
        reason = draw.choice(REASONS) if missed else ""
        rows.append([p.id, str(day), "ammonia", "" if missed else str(value), "umol/L", "", "invented", reason])
    return rows


def _csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")
