"""How people write a number with its uncertainty in TOML, in reported results and in the cases of rules.

One of these forms, told apart by their keys:

===============================================  =====================================================
``{ exact = 3 }``                                a count or setting that is known
``{ value = 23, low = 14, high = 48,             a printed value whose bracket is of unknown kind (or an
interval = "unknown" }``                         interquartile range, or a range): gives no probability
``{ value = 5, low = 3, high = 7, level = 0.95,  a confidence interval; with ``posterior_under = "normal"``
interval = "confidence" }``                      (or "lognormal") the writer declares a model
``{ successes = 62, trials = 100 }``             counts; ``model = "binomial"`` is the default
``{ events = 0, expected = 0.32 }``              events against the number expected: a rate ratio
``{ events = 9, exposure = 3.5 }``               events over time at risk: a rate
``{ replicates = [63.6, 58.6, 61.4] }``          independent replicates of one measurement
``{ upper = 0.001, level = 0.95 }``              a one-sided limit (or ``lower``)
===============================================  =====================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

FORMS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "exact": (frozenset({"exact"}), frozenset()),
    "counts": (frozenset({"successes", "trials"}), frozenset({"model"})),
    "ratio": (frozenset({"events", "expected"}), frozenset({"model"})),
    "rate": (frozenset({"events", "exposure"}), frozenset({"model"})),
    "replicates": (frozenset({"replicates"}), frozenset({"model"})),
    "upper": (frozenset({"upper", "level"}), frozenset()),
    "lower": (frozenset({"lower", "level"}), frozenset()),
    "confidence": (
        frozenset({"value", "low", "high", "level", "interval"}),
        frozenset({"posterior_under", "n"}),
    ),
    "bracket": (frozenset({"value", "low", "high", "interval"}), frozenset({"n"})),
    "value": (frozenset({"value"}), frozenset({"n"})),
}
LARGEST_COUNT = 1e12
COMMON = frozenset({"unit", "as_printed"})
INTERVALS = ("confidence", "iqr", "range", "sd", "unknown")
MODELS = {"counts": ("binomial",), "ratio": ("poisson",), "rate": ("poisson",), "replicates": ("t",)}
POSTERIORS = ("normal", "lognormal")


@dataclass(frozen=True, slots=True)
class NumberSpec:
    """A number as written: its form, its figures, its unit and how it was printed."""

    form: str
    figures: Mapping[str, float]
    replicates: tuple[float, ...]
    interval: str
    posterior_under: str
    unit: str
    as_printed: str


def parse_number(written: Mapping[str, object]) -> NumberSpec:
    """Read one number as written; raises ``ValueError`` with a sentence that says what is wrong.

    >>> parse_number({"successes": 62, "trials": 100, "unit": "fraction"}).form
    'counts'
    """
    form = _form(written)
    figures = {
        k: _figure(k, written[k])
        for k in written
        if k not in COMMON and k not in ("model", "interval", "posterior_under", "replicates")
    }
    replicates = _replicates(written.get("replicates"), form)
    interval = str(written.get("interval", ""))
    under = str(written.get("posterior_under", ""))
    if interval and interval not in INTERVALS:
        raise ValueError(f"interval {interval!r} is not one of {', '.join(INTERVALS)}")
    if form == "confidence" and interval != "confidence":
        raise ValueError('a level goes with interval = "confidence" alone')
    if form == "bracket" and interval == "confidence":
        raise ValueError("a confidence interval needs its level")
    if under and under not in POSTERIORS:
        raise ValueError(f"posterior_under {under!r} is not one of {', '.join(POSTERIORS)}")
    model = written.get("model")
    if model is not None and model not in MODELS.get(form, ()):
        raise ValueError(f"model {model!r} is not one of {', '.join(MODELS.get(form, ()))}")
    _check_figures(form, figures, under)
    return NumberSpec(
        form,
        figures,
        replicates,
        interval,
        under,
        str(written.get("unit", "")),
        str(written.get("as_printed", "")),
    )


def _form(written: Mapping[str, object]) -> str:
    keys = set(written) - COMMON
    for form, (needed, optional) in FORMS.items():
        if needed <= keys <= needed | optional:
            return form
    forms = "; ".join(" + ".join(sorted(needed)) for needed, _ in FORMS.values())
    raise ValueError(f"keys {', '.join(sorted(keys)) or 'none'} are not one of the forms: {forms}")


def _figure(key: str, value: object) -> float:
    try:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueError(f"{key} = {value!r} is not a finite number")
        return float(value)
    except OverflowError:
        raise ValueError(f"{key} is too large a number") from None


def _replicates(given: object, form: str) -> tuple[float, ...]:
    if form != "replicates":
        return ()
    if not isinstance(given, (list, tuple)) or len(given) < 2:
        raise ValueError("replicates must be a list of at least two numbers")
    figures = tuple(_figure("replicates", x) for x in given)
    if max(figures) - min(figures) <= 1e-9 * max(abs(x) for x in figures):
        raise ValueError("all replicates are equal, so their spread is not known: give more digits, or a value")
    return figures


def _check_figures(form: str, f: Mapping[str, float], under: str) -> None:
    if form == "counts" and not (0 <= f["successes"] <= f["trials"] and f["trials"] > 0):
        raise ValueError("successes must lie between 0 and trials, and trials above 0")
    for counted in ("successes", "trials", "events"):
        if f.get(counted, 0.0) % 1:
            raise ValueError(f"{counted} must be a whole number")
    if form in ("ratio", "rate"):
        denominator = f.get("expected", f.get("exposure", 0.0))
        if f["events"] < 0 or denominator <= 0:
            raise ValueError("events must not be negative, and what they are held against must be above 0")
    if form in ("confidence", "bracket") and not f["low"] <= f["value"] <= f["high"]:
        raise ValueError("value must lie between low and high")
    if "level" in f and not 0.5 <= f["level"] <= 0.9999:
        raise ValueError("level must lie between 0.5 and 0.9999")
    if under and f["low"] == f["high"]:
        raise ValueError("an interval without width is no distribution: give more digits, or a bare value")
    if "n" in f and f["n"] < 1:
        raise ValueError("n must be at least 1")
    if any(f.get(counted, 0.0) > LARGEST_COUNT for counted in ("successes", "trials", "events")):
        raise ValueError(f"counts above {LARGEST_COUNT:g} are not counts")
    if under == "lognormal" and f["low"] <= 0:
        raise ValueError("a lognormal interval must lie above 0")


UNIT_OF_FORM = {"counts": "a fraction", "ratio": "a ratio", "rate": "a rate per time, such as /a"}


def unit_fault(spec: NumberSpec, unit: str, *, exact: bool, signed: bool) -> str:
    """Why a number can not be one of this unit, or an empty text.

    Counts make fractions, events over expected make ratios, events over time make rates. Only numbers that can be
    known without error may be exact. A fraction lies between 0 and 1; nothing but a difference or a correlation
    (`signed`) lies below 0.

    >>> unit_fault(parse_number({"exact": 61}), "fraction", exact=True, signed=False)
    '61 does not lie between 0 and 1'
    """
    fits = {"counts": unit == "fraction", "ratio": unit == "ratio", "rate": unit.startswith("/")}
    if not fits.get(spec.form, True):
        return f"this form gives {UNIT_OF_FORM[spec.form]}, not a number in {unit or 'no unit'}"
    if spec.form == "exact" and not exact:
        return "this number can not be known without error: give counts, replicates, an interval, or a bare value"
    if spec.form in fits:
        return ""
    held = [v for k, v in spec.figures.items() if k not in ("level", "n")] + list(spec.replicates)
    low, high = (-1.0 if signed else 0.0), 1.0
    for x in held:
        if unit == "fraction" and not low <= x <= high:
            return f"{x:g} does not lie between {low:g} and 1"
        if x < 0 and not signed:
            return f"{x:g} lies below 0"
    return ""
