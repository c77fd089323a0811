"""Clocks and calendars: what the local time is in each zone on a UTC day, and where a date is a public holiday."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rowmill.core.errors import SpecError
from rowmill.core.units import date_of, day_number

SECONDS_PER_DAY = 86_400

OFFSETS_START = day_number(dt.date(2000, 1, 1))
OFFSETS_STOP = day_number(dt.date(2051, 1, 1))
"""Days [start, stop) since 1970-01-01 whose offsets are known."""

HOLIDAYS_START = day_number(dt.date(2015, 1, 1))
HOLIDAYS_STOP = day_number(dt.date(2041, 1, 1))
"""Days [start, stop) since 1970-01-01 whose holidays are known."""

_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class ZoneDay:
    """The clocks of every zone on one UTC day; no zone changes its offset twice in a day."""

    offset: NDArray[np.int16]
    """Minutes east of UTC at 00:00 UTC, int16[zones]."""
    change: NDArray[np.int32]
    """Second of the UTC day from which ``offset_after`` holds, 1 … 86399, int32[zones]; 86400: it stays."""
    offset_after: NDArray[np.int16]
    """Minutes east of UTC at the end of the day, int16[zones]; equals ``offset`` where the offset stays."""


@dataclass(frozen=True, slots=True)
class ZoneOffsets:
    """Offsets of several zones over time, each row padded to the zone with the most changes."""

    instants: NDArray[np.int64]
    """Seconds since 1970-01-01 UTC from which an offset holds, ascending, int64[zones, changes]."""
    minutes: NDArray[np.int16]
    """The offset from that instant on, minutes east of UTC, int16[zones, changes]."""

    @classmethod
    def of(cls, zone: NDArray[np.int64], instant: NDArray[np.int64], minutes: NDArray[np.int64]) -> ZoneOffsets:
        """Build from rows sorted by (zone, instant); zones 0 … n − 1 have at least one row each."""
        counts = np.bincount(zone)
        column = np.arange(len(zone)) - np.repeat(np.cumsum(counts) - counts, counts)
        instants = np.full((len(counts), int(counts.max())), _NEVER)
        values = np.zeros(instants.shape, np.int16)
        instants[zone, column] = instant
        values[zone, column] = minutes
        instants.flags.writeable = values.flags.writeable = False
        return cls(instants, values)

    def on(self, day: int) -> ZoneDay:
        """Return the offsets on a UTC day, counted from 1970-01-01.

        Raises:
            SpecError: if the day lies outside 2000 … 2050.
        """
        _check("time zone offsets", day, OFFSETS_START, OFFSETS_STOP)
        start = day * SECONDS_PER_DAY
        zones = np.arange(len(self.instants))
        current = (self.instants <= start).sum(axis=1) - 1
        following = np.minimum(current + 1, self.instants.shape[1] - 1)
        second = self.instants[zones, following] - start
        changes = (second > 0) & (second < SECONDS_PER_DAY)
        offset = self.minutes[zones, current]
        return ZoneDay(
            offset=offset,
            change=np.where(changes, second, SECONDS_PER_DAY).astype(np.int32),
            offset_after=np.where(changes, self.minutes[zones, following], offset),
        )


@dataclass(frozen=True, slots=True)
class Holidays:
    """National public holidays by local date."""

    mask: NDArray[np.bool_]
    """Whether a date is a holiday, bool[days from 2015-01-01, countries]."""

    @classmethod
    def of(cls, country: NDArray[np.int64], day: NDArray[np.int64], countries: int) -> Holidays:
        """Build from (country index, days since 1970-01-01) pairs in any order."""
        mask = np.zeros((HOLIDAYS_STOP - HOLIDAYS_START, countries), np.bool_)
        mask[day - HOLIDAYS_START, country] = True
        mask.flags.writeable = False
        return cls(mask)

    def on(self, day: int) -> NDArray[np.bool_]:
        """Return whether the date with a day number is a holiday in each country, bool[countries], read-only.

        Raises:
            SpecError: if the date lies outside 2015 … 2040.
        """
        _check("public holidays", day, HOLIDAYS_START, HOLIDAYS_STOP)
        day_mask: NDArray[np.bool_] = self.mask[day - HOLIDAYS_START]
        return day_mask


def _check(what: str, day: int, start: int, stop: int) -> None:
    if start <= day < stop:
        return
    try:
        received = str(date_of(day))
    except OverflowError:
        received = f"day {day} after 1970-01-01"
    first, last = date_of(start), date_of(stop - 1)
    raise SpecError(f"date {received}: {what} are known from {first} to {last}; choose dates inside that period")
