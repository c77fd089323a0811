"""Units and calendar constants: money in minor units, time in microseconds UTC, coordinates in micro-degrees."""

from __future__ import annotations

import datetime as dt
import re

MICROS_PER_SECOND = 1_000_000
MICROS_PER_MINUTE = 60 * MICROS_PER_SECOND
MICROS_PER_DAY = 86_400 * MICROS_PER_SECOND
MICRODEGREES = 1_000_000

_EPOCH = dt.date(1970, 1, 1)


def day_number(day: dt.date) -> int:
    """Return the days from 1970-01-01 to a date."""
    return (day - _EPOCH).days


def date_of(number: int) -> dt.date:
    """Return the date that lies a number of days after 1970-01-01."""
    return _EPOCH + dt.timedelta(days=number)


def parse_day(text: str) -> dt.date:
    """Return the day that a text such as 2025-11-30 names.

    Raises:
        ValueError: saying what is wrong with it.
    """
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
        raise ValueError("a date is written YYYY-MM-DD")
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError("there is no such day; look at month and day, YYYY-MM-DD") from None


def month_day(text: str) -> str:
    """Return a day of every year, MM-DD, as it is given; February 29 is one.

    Raises:
        ValueError: saying what is wrong with it.
    """
    if not re.fullmatch(r"\d{2}-\d{2}", text, re.ASCII):
        raise ValueError("a day of the year is written MM-DD")
    try:
        dt.date.fromisoformat(f"2024-{text}")
    except ValueError:
        raise ValueError("there is no such day; look at month and day, MM-DD") from None
    return text


def short_count(count: int) -> str:
    """Return a count as people write it in file names: 950, 12K, 1M, 2500K, 3B; never rounded."""
    for size, letter in ((10**9, "B"), (10**6, "M"), (10**3, "K")):
        if count >= size and count % size == 0:
            return f"{count // size}{letter}"
    return str(count)
