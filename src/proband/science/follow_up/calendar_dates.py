"""Dates months and years after a date, and ages, by the calendar.

A day that the month lacks becomes its last day: a month after 31 January is 28 or 29 February, and the anniversary of
29 February in a common year is 28 February. Dates are whole days without a time zone.

Cannot see: whether a statute counts the anniversary of 29 February as 1 March.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

FIRST, LAST = date(1900, 1, 1), date(2200, 12, 31)
"""Dates of treated people lie between these; what lies outside is a typing error."""


def plus_months(start: date, months: int) -> date:
    """The date so many months later, on the same day of the month or on its last day.

    Raises ``ValueError`` beyond the years that a date can hold.

    >>> plus_months(date(2024, 2, 29), 12), plus_months(date(2024, 1, 31), 1)
    (datetime.date(2025, 2, 28), datetime.date(2024, 2, 29))
    """
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise ValueError(f"{months} months after {start} is no date")
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def years_between(start: date, end: date) -> float:
    """Years from one date to a later one: whole ones by anniversaries, the rest as a share of the year under way.

    Raises ``ValueError`` where the end lies before the start.

    >>> years_between(date(2025, 3, 19), date(2040, 3, 19))
    15.0
    >>> round(years_between(date(2024, 2, 29), date(2025, 2, 27)), 3)
    0.997
    """
    if end < start:
        raise ValueError(f"{end} lies before {start}")
    whole = end.year - start.year
    while plus_months(start, 12 * whole) > end:
        whole -= 1
    here, following = plus_months(start, 12 * whole), plus_months(start, 12 * (whole + 1))
    return whole + (end - here).days / (following - here).days


def age(birth: date, on: date) -> str:
    """Completed years, months and days of age, for people.

    >>> age(date(2024, 8, 1), date(2025, 2, 25)), age(date(2024, 2, 29), date(2027, 2, 28))
    ('6 mo 24 d', '3 a')
    """
    months = age_in_months(birth, on)
    years, rest = divmod(months, 12)
    days = (on - plus_months(birth, months)).days
    parts = [f"{n} {unit}" for n, unit in ((years, "a"), (rest, "mo"), (days, "d")) if n]
    return " ".join(parts) or "0 d"


def age_in_months(birth: date, on: date) -> int:
    """Completed months of age. Raises ``ValueError`` before birth.

    >>> age_in_months(date(2024, 8, 31), date(2025, 2, 28))
    6
    """
    if on < birth:
        raise ValueError(f"{on} lies before birth")
    months = (on.year - birth.year) * 12 + on.month - birth.month
    while plus_months(birth, months) > on:
        months -= 1
    return months


def dated(day_zero: date | None, day: float) -> date | None:
    """The date of a day of the program's tables; None where the date of day 0 is not stated.

    >>> dated(date(2024, 8, 1), 208.0)
    datetime.date(2025, 2, 25)
    """
    return None if day_zero is None else day_zero + timedelta(days=int(day // 1))
