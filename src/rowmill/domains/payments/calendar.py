"""Days and hours: how much each day carries, and when within a UTC day payments of a time zone fall.

Local shapes are laid over UTC days with the offsets of the frozen time-zone table, so a clock change moves the
hours of its own day and of no other.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rowmill.core.units import MICROS_PER_MINUTE, date_of, day_number
from rowmill.domains.payments.clocks import DayShape
from rowmill.domains.payments.kinds import Kind
from rowmill.domains.payments.reference import Reference
from rowmill.domains.payments.settings import CalendarSettings, Season
from rowmill.draw.arrays import Ints
from rowmill.draw.choose import deck, integer_weights

QUARTER = 15 * MICROS_PER_MINUTE
"""One slot of a daily shape: a quarter of an hour, microseconds."""
QUARTERS = 96
FACTOR_ONE = 128
"""A day of ordinary weight."""
SLOT_BITS = 12
DAY_TYPES = 3
"""Weekday, Saturday, Sunday or holiday."""
_WRAP = 2


@dataclass(frozen=True, slots=True)
class Hours:
    """One UTC window as the zones live it."""

    decks: NDArray[np.uint8]
    """uint8[zones × 4096]: quarter of the UTC day by slot."""
    offset: NDArray[np.int16]
    """Minutes from UTC at the start of the window, by zone."""
    change: Ints
    """Microsecond of the window at which the offset changes, by zone; past its end where it does not."""
    offset_after: NDArray[np.int16]
    """Minutes from UTC after the change, by zone."""
    bins: NDArray[np.uint8]
    """uint8[zones × 96]: (day type, local hour) of each quarter of the UTC day, 0 … 71."""


def day_mass(shape: DayShape, floor: float) -> NDArray[np.float64]:
    """Return the mass of the 96 quarters of a local day; they sum to the shape's level."""
    middle = (np.arange(QUARTERS) + 0.5) / 4
    mass = np.zeros(QUARTERS)
    for peak in shape.peaks:
        near = sum(
            np.exp(-0.5 * ((middle - peak.hour + 24 * turn) / peak.spread) ** 2) for turn in range(-_WRAP, _WRAP + 1)
        )
        mass += peak.weight * near / np.sum(near)
    mass /= mass.sum()
    return shape.level * ((1 - floor) * mass + floor / QUARTERS)


class Times:
    """Day factors and hours of a spec."""

    def __init__(self, calendar: CalendarSettings, kinds: dict[str, Kind], reference: Reference) -> None:
        self.calendar, self.reference = calendar, reference
        clocks = {
            name: np.stack([day_mass(day, calendar.floor) for day in (shape.weekday, shape.saturday, shape.sunday)])
            for name, shape in calendar.clocks.items()
        }
        shares = np.array([kind.share for kind in kinds.values()])
        by_kind = np.stack([clocks[kind.clock] for kind in kinds.values()])
        self.mass = np.tensordot(shares / shares.sum(), by_kind, axes=1)
        """float64[3, 96]: the portfolio's mass by day type and local quarter."""
        hourly = by_kind.reshape(len(kinds), DAY_TYPES, 24, 4).sum(axis=3) * shares[:, None, None]
        # An hour in which nobody pays of habit may still be drawn, where a whole day has no such hour.
        hourly = np.where(hourly.any(axis=0), hourly, shares[:, None, None])
        slots = [deck(integer_weights(hourly[:, d, h])) for d in range(DAY_TYPES) for h in range(24)]
        self.kind_decks = np.concatenate(slots).astype(np.uint8)
        """uint8[72 × 4096]: kind of spending by (day type, local hour) and slot."""
        self.zone_country = zone_countries(reference)
        self._deck = lru_cache(maxsize=4096)(self._make_deck)
        self.hours = lru_cache(maxsize=64)(self._make_hours)
        self.factors = lru_cache(maxsize=512)(self._make_factors)

    def _make_factors(self, day: int) -> Ints:
        """Return how much a day carries in each country, in units of 1/128, int64[countries]."""
        date = date_of(day)
        factor = self.calendar.weekdays[date.weekday()] * self._season(date)
        if any((day - day_number(pay)) in (0, 1, 2) for pay in _pay_days(date, self.calendar.pay_days)):
            factor *= self.calendar.pay_day
        black = black_friday(date.year)
        if date == black:
            factor *= self.calendar.black_friday
        elif date == black + dt.timedelta(days=3):
            factor *= 1 + (self.calendar.black_friday - 1) / 2
        holidays = self.reference.holiday_mask(day)
        by_country = np.where(holidays, factor * self.calendar.holiday, factor)
        factors: Ints = np.maximum(np.rint(by_country * FACTOR_ONE), 1).astype(np.int64)
        return factors

    def _season(self, date: dt.date) -> float:
        factor = 1.0
        for season in self.calendar.seasons:
            factor *= season.factor if inside(season, date) else 1.0
        return factor

    def _make_hours(self, day: int) -> Hours:
        zones = self.reference.offsets(day)
        types = [self._day_types(day + step) for step in (-1, 0, 1)]
        decks, bins = [], []
        for zone, country in enumerate(self.zone_country):
            three = tuple(int(t[country]) for t in types)
            change = min(-(-int(zones.change[zone]) // 900), QUARTERS)
            slots, hours = self._deck(three, int(zones.offset[zone]), change, int(zones.offset_after[zone]))
            decks.append(slots)
            bins.append(hours)
        return Hours(
            np.concatenate(decks),
            zones.offset,
            zones.change.astype(np.int64) * 1_000_000,
            zones.offset_after,
            np.concatenate(bins),
        )

    def _day_types(self, day: int) -> Ints:
        """Return the type of a local day in each country: 0 weekday, 1 Saturday, 2 Sunday or holiday."""
        weekday = date_of(day).weekday()
        rest = np.array([sorted(days)[:2] or [5, 6] for days in self.reference.weekend])
        types = np.where(rest[:, 0] == weekday, 1, np.where(rest[:, 1] == weekday, 2, 0))
        return np.where(self.reference.holiday_mask(day), 2, types)

    def _make_deck(
        self, day_types: tuple[int, ...], before: int, change: int, after: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return the quarters of a UTC day by slot, and the bin (day type, local hour) of each quarter.

        Args:
            day_types: types of the local day before, of that day and of the one after.
            before: offset in minutes until the change.
            change: quarter of the UTC day in which the offset changes; 96 where it does not.
            after: offset in minutes from then on.
        """
        quarter = np.arange(QUARTERS)
        local = quarter + np.where(quarter < change, before, after) // 15 + QUARTERS
        kind_of_day = np.array(day_types)[local // QUARTERS]
        weights = self.mass[kind_of_day, local % QUARTERS]
        weights = weights if weights.any() else np.ones(QUARTERS)
        slots = deck(integer_weights(weights), 1 << SLOT_BITS).astype(np.uint8)
        return slots, (kind_of_day * 24 + local % QUARTERS // 4).astype(np.uint8)


def zone_countries(reference: Reference) -> Ints:
    """Return the country that each zone's cities lie in, int64[zones]."""
    country = np.zeros(len(reference.zones), np.int64)
    country[reference.city_zone] = reference.city_country
    return country


def _pay_days(date: dt.date, days: tuple[int, ...]) -> list[dt.date]:
    """Return the pay days near a date: of its month and of the month before."""
    month_before = date.replace(day=1) - dt.timedelta(days=1)
    return [
        first.replace(day=d) for first in (date.replace(day=1), month_before.replace(day=1)) for d in days if d <= 28
    ]


def inside(season: Season, date: dt.date) -> bool:
    """Return whether a local day belongs to a season, which may go over the end of a year."""
    today = date.strftime("%m-%d")
    if season.first > season.last:
        return today >= season.first or today <= season.last
    return season.first <= today <= season.last


def black_friday(year: int) -> dt.date:
    """Return the Friday after the fourth Thursday of November."""
    first = dt.date(year, 11, 1)
    return first + dt.timedelta(days=(3 - first.weekday()) % 7 + 22)
