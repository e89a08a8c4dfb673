"""Cohorts of the natural-history tests: the published placebo arm, and cohorts simulated from a known model."""

import csv
from pathlib import Path

import numpy as np
import pytest

from proband.science.stats.longitudinal import longitudinal

SHARED = Path(__file__).resolve().parents[4] / "shared" / "reference" / "statistics"


def pbc_placebo():
    """Log bilirubin of the placebo arm, years since entry (154 patients, 967 rows)."""
    path = SHARED / "pbcseq.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not beside the repository")
    with path.open(encoding="utf-8", newline="") as handle:
        held = [r for r in csv.DictReader(handle) if r["trt"] == "0"]
    years, values = [float(r["day"]) / 365.25 for r in held], [np.log(float(r["bili"])) for r in held]
    return longitudinal([r["id"].zfill(4) for r in held], years, values)


def simulated(seed=1, patients=40, visits=6, sd=(1.0, 0.2), sigma=0.5, slope=0.3):
    """A balanced cohort of a random intercept and slope."""
    rng = np.random.default_rng(seed)
    t = np.tile(np.arange(float(visits)), patients)
    who = np.repeat([f"p{i:03d}" for i in range(patients)], visits)
    u = rng.normal(size=(patients, 2)) * np.array(sd)
    y = 5 + slope * t + np.repeat(u[:, 0], visits) + np.repeat(u[:, 1], visits) * t + sigma * rng.normal(size=t.size)
    return longitudinal(who, t, y)
