"""Calendars: how a period is cut into windows of days or of years, and which date belongs to which."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, Protocol

from rowmill.core.errors import SpecError
from rowmill.core.units import date_of, day_number

_FIRST, _LAST = day_number(dt.date.min), day_number(dt.date.max)
"""Days that have a year."""


@dataclass(frozen=True, slots=True)
class PartitionLevel:
    """A level of folders by time, such as ``month=11``."""

    name: str
    """Of the folder, and of the setting that asks for it."""
    part: Literal["year", "month", "day"]
    """What the folder says of a window's first day."""
    above: PartitionLevel | None = None
    """Level whose folders lie around it."""
    column: bool = False
    """Whether tables have a column that says the same; files below the folder leave it out."""

    @property
    def path(self) -> tuple[PartitionLevel, ...]:
        """Return the levels down to this one, the outermost first."""
        return (*(self.above.path if self.above else ()), self)

    def folder(self, day: dt.date) -> str:
        """Return the folder of a window, by its first day."""
        return f"{self.name}={day.year}" if self.part == "year" else f"{self.name}={getattr(day, self.part):02d}"


YEAR = PartitionLevel("year", "year")
MONTH = PartitionLevel("month", "month", YEAR)
DAY = PartitionLevel("day", "day", MONTH)


class Calendar(Protocol):
    """Consecutive windows of one length, numbered from 0."""

    @property
    def levels(self) -> tuple[PartitionLevel, ...]:
        """Return the levels by which files can be parted."""

    @property
    def unit(self) -> Literal["day", "year"]:
        """Return the length of a window."""

    @property
    def count(self) -> int | None:
        """Return the number of windows, None where the period is open."""

    @property
    def start(self) -> dt.date:
        """Return the first day of the period."""

    @property
    def end(self) -> dt.date | None:
        """Return the last day of the period, inclusive; None where it is open."""

    def position(self, day: int) -> int:
        """Return the window of a day, counted from 1970-01-01; below 0 or beyond the last one outside the period."""

    def window(self, day: dt.date) -> int:
        """Return the window of a day.

        Raises:
            SpecError: if the day lies outside the period.
        """

    def first(self, window: int) -> dt.date:
        """Return the first day of a window."""

    def last(self, window: int) -> dt.date:
        """Return the last day of a window."""

    def text(self, window: int) -> str:
        """Return a window as it stands in names: 2025-11-30, or 2025."""

    def slice(self, first: dt.date | None, last: dt.date | None) -> range:
        """Return the windows from that of one day to that of another; None stands for the period's own end.

        Raises:
            SpecError: if a day lies outside the period, or an open one has no last day.
        """


@dataclass(frozen=True, slots=True)
class Days:
    """Windows of one day each, UTC."""

    start: dt.date
    count: int | None
    """Days of the period, or None where it is open."""
    unit: Literal["day"] = "day"
    most: int | None = None
    """Days from the start that can be made of an open period; None where there is no such end."""
    levels: tuple[PartitionLevel, ...] = (YEAR, MONTH, DAY)
    """Levels by which files can be parted."""

    @property
    def end(self) -> dt.date | None:
        """Return the last day of the period, inclusive; None where it is open."""
        return None if self.count is None else self.first(self.count - 1)

    def position(self, day: int) -> int:
        """Return the window of a day, counted from 1970-01-01."""
        return day - day_number(self.start)

    def window(self, day: dt.date) -> int:
        """Return the window of a day; SpecError if it lies outside the period."""
        number = self.position(day_number(day))
        if number < 0 or (self.count is not None and number >= self.count):
            if self.count is None:
                raise SpecError(
                    f"date {day}: the period begins on {self.start} and has no end; ask for a later day, or set "
                    "another start (--start, data.start)"
                )
            raise SpecError(f"date {day}: outside the period {self.start} to {self.end}; ask for a day inside it")
        if self.most is not None and number >= self.most:
            last = self.first(self.most - 1)
            raise SpecError(f"date {day}: the calendars end soon after it; the last day of this period is {last}")
        return number

    def first(self, window: int) -> dt.date:
        """Return the day of a window."""
        return date_of(day_number(self.start) + window)

    def last(self, window: int) -> dt.date:
        """Return the day of a window."""
        return self.first(window)

    def text(self, window: int) -> str:
        """Return the day of a window as YYYY-MM-DD."""
        return self.first(window).isoformat()

    def slice(self, first: dt.date | None, last: dt.date | None) -> range:
        """Return the windows from one day to another, both inclusive; None stands for the period's own end."""
        start = 0 if first is None else self.window(first)
        if last is not None:
            return range(start, self.window(last) + 1)
        if self.count is None:
            raise SpecError("an open period has no end: give --date, or --end with the last day to write")
        return range(start, self.count)


@dataclass(frozen=True, slots=True)
class Years:
    """Windows of one calendar year each."""

    first_year: int
    count: int
    """Years of the period."""
    unit: Literal["year"] = "year"
    levels: tuple[PartitionLevel, ...] = (YEAR,)
    """Levels by which files can be parted."""

    @property
    def start(self) -> dt.date:
        """Return January 1 of the first year."""
        return self.first(0)

    @property
    def end(self) -> dt.date:
        """Return December 31 of the last year."""
        return self.last(self.count - 1)

    def position(self, day: int) -> int:
        """Return the window of a day, counted from 1970-01-01."""
        return date_of(min(max(day, _FIRST), _LAST)).year - self.first_year

    def window(self, day: dt.date) -> int:
        """Return the window of a day's year; SpecError if it lies outside the period."""
        number = day.year - self.first_year
        if not 0 <= number < self.count:
            last = self.first_year + self.count - 1
            raise SpecError(f"year {day.year}: outside {self.first_year} to {last}; ask for a year inside the period")
        return number

    def first(self, window: int) -> dt.date:
        """Return January 1 of a window's year."""
        return dt.date(self.first_year + window, 1, 1)

    def last(self, window: int) -> dt.date:
        """Return December 31 of a window's year."""
        return dt.date(self.first_year + window, 12, 31)

    def text(self, window: int) -> str:
        """Return the year of a window."""
        return str(self.first_year + window)

    def slice(self, first: dt.date | None, last: dt.date | None) -> range:
        """Return the windows from one day's year to another's; None stands for the period's own end."""
        start = 0 if first is None else self.window(first)
        return range(start, self.count if last is None else self.window(last) + 1)
