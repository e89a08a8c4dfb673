"""Data of the mixed-model tests: published series beside the repository, and simulated cohorts."""

import csv
from pathlib import Path

import numpy as np
import pytest

from proband.science.stats.longitudinal import longitudinal

SHARED = Path(__file__).resolve().parents[4] / "shared" / "reference" / "statistics"


def rows(name):
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the repository")
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def sleepstudy():
    held = rows("sleepstudy.csv")
    numbers = [[float(r["Days"]) for r in held], [float(r["Reaction"]) for r in held]]
    return longitudinal([r["Subject"] for r in held], *numbers)


def pbc_placebo():
    """Log bilirubin of the placebo arm, years since entry (154 patients, 967 rows)."""
    held = [r for r in rows("pbcseq.csv") if r["trt"] == "0"]
    years, values = [float(r["day"]) / 365.25 for r in held], [np.log(float(r["bili"])) for r in held]
    return longitudinal([r["id"].zfill(4) for r in held], years, values)


def cohort(seed=1, patients=30, visits=6, sd=(1.0, 0.3), sigma=0.5, slope=0.4, missing=0.2):
    """A cohort of the model itself, with visits missing at random."""
    rng = np.random.default_rng(seed)
    t = np.tile(np.arange(float(visits)), patients)
    who = np.repeat([f"p{i:03d}" for i in range(patients)], visits)
    u = rng.normal(size=(patients, 2)) * np.array(sd)
    y = 5 + slope * t + np.repeat(u[:, 0], visits) + np.repeat(u[:, 1], visits) * t + sigma * rng.normal(size=t.size)
    kept = (rng.random(t.size) > missing) | (t == 0)
    return longitudinal(who[kept], t[kept], y[kept])
