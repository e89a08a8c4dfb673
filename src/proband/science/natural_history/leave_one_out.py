"""Whether a model of natural history predicts patients that it has not seen: leave-one-patient-out calibration.

Each untreated patient in turn is taken out of the posterior (exactly, see ``mixed_grid.leave_out``), its baseline
visits are given back, and its endpoint is placed in the prediction. Patients are used once, at their first window of
the schedule. A model is reported as failing when any of these holds:

- coverage of the 90 % interval is below 0.90 by more than 3 standard errors;
- false-rare rate at 0.05 in the direction of improvement is above 0.05 by more than 3 standard errors;
- the Kolmogorov-Smirnov P of the PIT values is below 0.01.

The other tail is reported; a model may be too narrow there and still be safe to claim improvement with.

Cannot see: patients that have no window (counted), or later visits missing because of the disease.

Sources: PIT: Dawid, J R Stat Soc A 1984;147:278-292; Gneiting, Balabdaoui & Raftery, J R Stat Soc B 2007;69:243-268;
the exact Kolmogorov-Smirnov distribution from scipy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from proband.science.natural_history.no_answer import NoAnswer
from proband.science.natural_history.schedule import Endpoint, Schedule, Window, first_windows
from proband.science.stats.longitudinal import Form
from proband.science.stats.mixed_grid import GridPosterior, leave_out
from proband.science.stats.mixed_predict import predict

Floats = NDArray[np.float64]

LEAST_PATIENTS = 10
"""With fewer patients calibration is not judged."""
RULE = (
    "fails if 90 % coverage is below 0.90 by more than 3 SE, if improvement is called rare at 0.05 in more than"
    " 0.05 + 3 SE of untreated patients, or if the Kolmogorov-Smirnov P is below 0.01"
)


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of patients with the standard error that it would have at its nominal value."""

    nominal: float
    observed: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class LeaveOneOut:
    """Calibration over left-out patients.

    `pit`: P(an untreated patient does at least as well as this one did), one per patient of `patients`; small values
    are improvements. `histogram` counts them in tenths. `coverage` at 50, 90 and 95 %; `false_rare` and `false_worse`
    are the shares at 0.05 in the direction of improvement and in the other. `verdict` "passes" or "fails" by `rule`.
    `of` is the form, the df of t-tailed patients and the endpoint that it is about.
    """

    patients: tuple[str, ...]
    pit: tuple[float, ...]
    histogram: tuple[int, ...]
    ks: float
    ks_p: float
    coverage: tuple[Rate, Rate, Rate]
    false_rare: Rate
    false_worse: Rate
    verdict: str
    reasons: tuple[str, ...]
    without_window: int
    rule: str = RULE
    of: tuple[Form, float | None, Endpoint] | None = None


def leave_one_out(post: GridPosterior, schedule: Schedule) -> LeaveOneOut | NoAnswer:
    """Calibration of a posterior for a schedule.

    `post` from `fit_grid`. Returns `NoAnswer` with fewer than ten patients that have a window, and for the endpoint
    "best", whose distribution has no closed form. Source: module docstring.
    """
    if schedule.endpoint.kind == "best":
        return NoAnswer("calibration is not made for the best of several visits: use value, mean or slope")
    held = first_windows(post.data, schedule)
    if len(held) < LEAST_PATIENTS:
        return NoAnswer(
            f"{len(held)} untreated patients have baseline and endpoint visits of this schedule: at least"
            f" {LEAST_PATIENTS} are needed to judge calibration"
        )
    pit = np.array([_placed(post, schedule, window) for window in held])
    patients = tuple(post.data.patients[w.patient] for w in held)
    made = calibration(patients, pit, len(post.data.patients) - len(held))
    return replace(made, of=(post.form, post.patient_df, schedule.endpoint))


def _placed(post: GridPosterior, schedule: Schedule, window: Window) -> float:
    """P(at least as good) of one left-out patient."""
    t, y, c = post.data.of(window.patient)
    first, later = slice(window.begin, window.index + 1), slice(window.index + 1, window.end)
    weights = schedule.endpoint.weights(t[later] - t[window.index])
    assert weights is not None
    covariates = c[window.begin : window.end] if c.shape[1] else None
    made = predict(leave_out(post, window.patient), t[first], y[first], t[later], covariates).linear(weights)
    return at_least_as_good(made.at_least(float(weights @ y[later])), schedule.endpoint.sign)


def at_least_as_good(above: float, sign: float) -> float:
    """P(at least as good) from P(at least as high).

    >>> at_least_as_good(0.25, -1.0)
    0.75
    """
    return above if sign > 0 else 1.0 - above


def calibration(patients: tuple[str, ...], pit: Floats, without_window: int = 0) -> LeaveOneOut:
    """Calibration from PIT values of patients: small values are improvements.

    >>> made = calibration(("a",) * 200, (np.arange(200) + 0.5) / 200)
    >>> made.verdict, made.coverage[1].observed, made.histogram[0]
    ('passes', 0.9, 20)
    """
    n = pit.size
    ranked = np.sort(pit)
    ks = float(max((np.arange(1, n + 1) / n - ranked).max(), (ranked - np.arange(n) / n).max()))
    coverage = tuple(_rate(level, np.abs(pit - 0.5) <= level / 2 + 1e-12) for level in (0.5, 0.9, 0.95))
    rare, worse = _rate(0.05, pit <= 0.05), _rate(0.05, pit >= 0.95)
    ks_p = kolmogorov_p(ks, n)
    reasons = []
    if coverage[1].observed < 0.9 - 3 * coverage[1].standard_error:
        reasons.append(f"the 90 % interval holds {coverage[1].observed:.3f} of untreated patients")
    if rare.observed > 0.05 + 3 * rare.standard_error:
        reasons.append(f"{rare.observed:.3f} of untreated patients look like rare improvements at 0.05")
    if ks_p < 0.01:
        reasons.append(f"PIT values are not uniform: Kolmogorov-Smirnov P = {ks_p:.2g}")
    histogram = np.histogram(pit, bins=10, range=(0.0, 1.0))[0]
    return LeaveOneOut(
        patients, tuple(pit.tolist()), tuple(int(c) for c in histogram), ks, ks_p, (coverage[0], coverage[1],
        coverage[2]), rare, worse, "fails" if reasons else "passes", tuple(reasons), without_window,
    )  # fmt: skip


def _rate(nominal: float, hits: NDArray[np.bool_]) -> Rate:
    return Rate(nominal, float(hits.mean()), math.sqrt(nominal * (1 - nominal) / hits.size))


def kolmogorov_p(distance: float, n: int) -> float:
    """P of a Kolmogorov-Smirnov distance of n values from a distribution known beforehand.

    >>> round(kolmogorov_p(0.975, 1), 3)
    0.05
    """
    from scipy.stats import kstwo

    return float(kstwo.sf(distance, n))


def calibrated_rank(loo: LeaveOneOut, probability: float) -> float:
    """Rank P of a new patient's P(at least as good) among those of left-out patients: (1 + as small) / (n + 1).

    It holds whether or not the model does, if the patient is exchangeable with the cohort's, and is never below
    1 / (n + 1). Source: split-free conformal ranks (Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World,
    2005; recalled); with left-out fits the guarantee is approximate.

    >>> calibrated_rank(calibration(("a",) * 19, (np.arange(19) + 0.5) / 19), 0.001)
    0.05
    """
    return (1 + sum(p <= probability for p in loo.pit)) / (len(loo.pit) + 1)
