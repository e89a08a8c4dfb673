"""Who was exposed, for how long, and for how long in a way that could have shown the event.

Denominators of safety: patients, doses, person-time, and for an event that comes late the person-time after its lag
alone. Followed for a year, a patient says nothing of an event that comes after five. The register lists every treated
patient with product and class; one without usable follow-up is in it with the reason and in every result.

Days count from the first dose of each patient. Cannot see: events that shorten the lag, or contact without a visit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from proband.core.errors import Problem, ProgramError

DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Exposed:
    """One treated patient: product, platform class, days of doses and of last contact (days from the first dose).

    `left_out` is the reason why the patient gives no person-time; empty for a patient who is followed.
    """

    subject: str
    product: str
    platform_class: str
    dose_days: tuple[float, ...]
    last_day: float | None
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A patient without person-time in a result, and why."""

    subject: str
    product: str
    reason: str


@dataclass(frozen=True, slots=True)
class ExposureRegister:
    """All treated patients. Raises ``ProgramError`` with every entry that can not be.

    >>> register = ExposureRegister((Exposed("P1", "x1", "AAV", (0.0,), 400.0),
    ...     Exposed("P2", "x1", "AAV", (0.0,), None, "lost after the first dose")))
    >>> register.left_out[0].reason
    'lost after the first dose'
    """

    patients: tuple[Exposed, ...]

    def __post_init__(self) -> None:
        problems = []
        seen: set[str] = set()
        if not self.patients:
            problems.append(_problem("patients", "none", "every treated patient", "list them"))
        for p in self.patients:
            if p.subject in seen or not p.subject.strip():
                problems.append(
                    _problem(p.subject or "a patient", "twice, or no name", "one row each", "list each once")
                )
            seen.add(p.subject)
            problems += _patient_problems(p)
        if problems:
            raise ProgramError(problems)

    @property
    def followed(self) -> tuple[Exposed, ...]:
        """Patients that give person-time."""
        return tuple(p for p in self.patients if not p.left_out)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Patients that give none, and why."""
        return tuple(LeftOut(p.subject, p.product, p.left_out) for p in self.patients if p.left_out)


@dataclass(frozen=True, slots=True)
class Denominators:
    """Denominators of one group; person-time in days.

    `past_lag` and `days_past_lag` count what could have shown an event that comes `lag` days after the first dose or
    later. `left_out` are patients without person-time.
    """

    group: str
    patients: int
    doses: int
    days: float
    lag: float
    past_lag: int
    days_past_lag: float
    left_out: tuple[LeftOut, ...]

    @property
    def years(self) -> float:
        """Person-time in years."""
        return self.days / DAYS_PER_YEAR

    @property
    def years_past_lag(self) -> float:
        """Person-time after the lag, in years."""
        return self.days_past_lag / DAYS_PER_YEAR


def denominators(register: ExposureRegister, by: str = "platform_class", lag: float = 0.0) -> tuple[Denominators, ...]:
    """Denominators by ``platform_class``, ``product`` or ``all``, groups in order of first appearance.

    Raises ``ValueError`` for another grouping or a lag that is negative or not finite.

    >>> seen = (Exposed("P1", "x1", "AAV", (0.0,), 400.0), Exposed("P2", "x2", "AAV", (0.0,), 90.0))
    >>> register = ExposureRegister(seen)
    >>> got = denominators(register, lag=180.0)[0]
    >>> got.patients, got.days, got.past_lag, got.days_past_lag
    (2, 490.0, 1, 220.0)
    """
    if not (lag >= 0 and math.isfinite(lag)):
        raise ValueError("a lag is not negative")
    made = []
    for group, members in groups(register, by).items():
        followed = [p for p in members if not p.left_out]
        after = [max(0.0, last_day(p) - lag) for p in followed]
        made.append(
            Denominators(
                group, len(followed), sum(_doses(p) for p in followed), math.fsum(last_day(p) for p in followed), lag,
                sum(a > 0 for a in after), math.fsum(after),
                tuple(LeftOut(p.subject, p.product, p.left_out) for p in members if p.left_out),
            )
        )  # fmt: skip
    return tuple(made)


def groups(register: ExposureRegister, by: str) -> dict[str, list[Exposed]]:
    """Patients by ``platform_class``, ``product`` or ``all``. Raises ``ValueError`` for another grouping."""
    if by not in ("platform_class", "product", "all"):
        raise ValueError("groups are by platform_class, product or all")
    made: dict[str, list[Exposed]] = {}
    for p in register.patients:
        made.setdefault("all" if by == "all" else getattr(p, by), []).append(p)
    return made


def last_day(p: Exposed) -> float:
    """The last day of a followed patient; 0 for one who is left out."""
    return 0.0 if p.last_day is None else p.last_day


def days_within(p: Exposed, start: float, end: float) -> float:
    """Days of follow-up of a patient between two days, start included and end not.

    >>> days_within(Exposed("P", "x", "AAV", (0.0,), 40.0), 30.0, 90.0)
    10.0
    """
    return max(0.0, min(last_day(p), end) - start)


def _doses(p: Exposed) -> int:
    return sum(d <= last_day(p) for d in p.dose_days)


def _patient_problems(p: Exposed) -> list[Problem]:
    made = []
    for name, text in (("product", p.product), ("platform class", p.platform_class)):
        if not text.strip():
            made.append(_problem(p.subject, f"no {name}", f"its {name}", "every patient has one"))
    if p.left_out.strip() == "" and p.last_day is None:
        remedy = "give it, or say why the patient is left out"
        made.append(_problem(p.subject, "no day of last contact", "a day", remedy))
    if p.last_day is not None and not (p.last_day >= 0 and math.isfinite(p.last_day)):
        made.append(
            _problem(p.subject, f"last contact on day {p.last_day}", "a day not before the first dose", "correct it")
        )
    if not p.dose_days or p.dose_days[0] != 0 or not _rising(p.dose_days):
        made.append(_problem(p.subject, f"doses on days {list(p.dose_days)}", "days that rise from 0", "correct them"))
    elif p.last_day is not None and p.dose_days[-1] > p.last_day:
        made.append(_problem(p.subject, "a dose after the last contact", "doses up to it", "correct either day"))
    return made


def _rising(days: Sequence[float]) -> bool:
    return all(math.isfinite(d) for d in days) and all(a < b for a, b in pairwise(days))


def _problem(place: str, found: str, expected: str, remedy: str) -> Problem:
    return Problem("exposure", place, found, expected, remedy)
