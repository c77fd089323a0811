"""Dates as days since 1970-01-01, in integers: parts of dates, ages, and the days of one year."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from rowmill.core.units import day_number
from rowmill.draw.arrays import Ints

Shorts = NDArray[np.int16]

_FIRST_DAY, _LAST_DAY = -40_000, 55_000
"""Days of 1860 to 2120, whose parts are looked up."""


def year_and_md(days: Ints) -> tuple[Shorts, Shorts]:
    """Return the year and month · 100 + day of dates."""
    if len(days) == 0 or _FIRST_DAY <= int(days.min()) <= int(days.max()) <= _LAST_DAY:
        year, md = _parts_of_days()
        place = days - _FIRST_DAY
        return year.take(place), md.take(place)
    return _year_and_md(days)


@cache
def _parts_of_days() -> tuple[Shorts, Shorts]:
    return _year_and_md(np.arange(_FIRST_DAY, _LAST_DAY + 1))


def _year_and_md(days: Ints) -> tuple[Shorts, Shorts]:
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    month = months.astype(np.int64)
    day = (dates - months.astype("datetime64[D]")).astype(np.int64) + 1
    return (1970 + month // 12).astype(np.int16), ((month % 12 + 1) * 100 + day).astype(np.int16)


@dataclass(frozen=True, slots=True)
class YearDays:
    """One year: an index is a day's distance from January 1."""

    year: int
    jan1: int
    days: int
    md: Shorts
    """month · 100 + day by index; index ``days`` stands for the day after the last and reads 1232."""
    month_start: Ints
    """Index of the first day of each month, int64[13], the last one ``days``."""

    def index(self, month: int, day: int) -> int:
        """Return the index of a day of this year; day 29 and later of a shorter month is its last."""
        start, stop = int(self.month_start[month - 1]), int(self.month_start[month])
        return min(start + day, stop) - 1

    def whole_years(self, index: Ints | int, since_year: Shorts, since_md: Shorts) -> Ints:
        """Return the whole years from dates, given by year and md, to days of this year; an age, or a tenure."""
        years: Shorts = self.year - since_year - (self.md.take(index) < since_md)
        return years.astype(np.int64)


@lru_cache(maxsize=256)
def year_days(year: int) -> YearDays:
    """Return the days of a year."""
    jan1 = day_number(dt.date(year, 1, 1))
    days = day_number(dt.date(year + 1, 1, 1)) - jan1
    _, md = year_and_md(np.arange(jan1, jan1 + days))
    starts = [day_number(dt.date(year, month, 1)) - jan1 for month in range(1, 13)]
    return YearDays(year, jan1, days, np.append(md, np.int16(1232)), np.array([*starts, days], np.int64))
