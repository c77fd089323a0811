"""Clocks and calendars of the frozen facts, checked against the time zone database and the rules of the feasts."""

import csv
import datetime as dt
import importlib.metadata
from importlib import resources
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.errors import SpecError
from rowmill.core.units import day_number
from rowmill.domains.payments.reference import load

REFERENCE = load()
FROZEN_TZDATA = "2026.6"
SECONDS_PER_DAY = 86_400


def is_holiday(code, day):
    return bool(REFERENCE.holiday_mask(day_number(day))[REFERENCE.countries.index(code)])


def zone_of(name):
    """Return a zone of the tzdata package, whatever the machine has."""
    with resources.files("tzdata.zoneinfo").joinpath(name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


ZONES = tuple(zone_of(name) for name in REFERENCE.zones)


def oracle_minutes(zone, instant):
    return dt.datetime.fromtimestamp(instant, ZONES[zone]).utcoffset().total_seconds() / 60


def our_minutes(zone, instant):
    day, second = divmod(instant, SECONDS_PER_DAY)
    clocks = REFERENCE.offsets(day)
    return (clocks.offset if second < clocks.change[zone] else clocks.offset_after)[zone]


instants = st.integers(min_value=946_684_800, max_value=2_556_143_999)
PAST = int(dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp())
CHANGES = [(zone, int(i)) for zone, row in enumerate(REFERENCE.zone_offsets.instants) for i in row[1:] if i < 1 << 62]


@given(zone=st.integers(0, len(ZONES) - 1), instant=instants.filter(lambda instant: instant < PAST))
def test_past_offsets_agree_with_the_time_zone_database(zone, instant):
    assert our_minutes(zone, instant) == oracle_minutes(zone, instant)


@pytest.mark.skipif(
    importlib.metadata.version("tzdata") != FROZEN_TZDATA, reason=f"future offsets are those of tzdata {FROZEN_TZDATA}"
)
@given(zone=st.integers(0, len(ZONES) - 1), instant=instants)
def test_all_offsets_agree_with_the_time_zone_database_they_were_frozen_from(zone, instant):
    assert our_minutes(zone, instant) == oracle_minutes(zone, instant)


def test_offsets_change_at_the_very_second():
    for zone, instant in CHANGES:
        if instant >= PAST:
            continue
        assert our_minutes(zone, instant - 1) == oracle_minutes(zone, instant - 1), (ZONES[zone], instant)
        assert our_minutes(zone, instant) == oracle_minutes(zone, instant), (ZONES[zone], instant)
        assert our_minutes(zone, instant - 1) != our_minutes(zone, instant)


def test_no_past_change_of_offset_is_missing():
    midnights = np.arange(946_684_800, PAST, SECONDS_PER_DAY)
    for zone, row in enumerate(REFERENCE.zone_offsets.instants):
        ours = REFERENCE.zone_offsets.minutes[zone][np.searchsorted(row, midnights, "right") - 1]

        assert [oracle_minutes(zone, midnight) for midnight in midnights.tolist()] == ours.tolist(), ZONES[zone]


def test_days_join_up_and_a_day_has_at_most_one_change():
    days = range(day_number(dt.date(2000, 1, 1)), day_number(dt.date(2051, 1, 1)))
    clocks = [REFERENCE.offsets(day) for day in days]
    offset = np.array([c.offset for c in clocks])
    after = np.array([c.offset_after for c in clocks])
    change = np.array([c.change for c in clocks])

    assert (offset[1:] == after[:-1]).all()
    assert ((change == SECONDS_PER_DAY) == (offset == after)).all()
    assert change.min() >= 1
    at_midnight = sum(instant % SECONDS_PER_DAY == 0 for _, instant in CHANGES)
    assert (change < SECONDS_PER_DAY).sum() + at_midnight == len(CHANGES)
    assert np.abs(offset).max() <= 14 * 60


def test_clocks_of_the_default_period():
    fall_back = REFERENCE.offsets(day_number(dt.date(2025, 11, 2)))
    clock = {
        name: (int(fall_back.offset[i]), int(fall_back.change[i]), int(fall_back.offset_after[i]))
        for i, name in enumerate(REFERENCE.zones)
    }

    assert clock["America/New_York"] == (-240, 6 * 3600, -300)
    assert clock["America/Phoenix"] == (-420, SECONDS_PER_DAY, -420)
    assert clock["Asia/Kolkata"] == (330, SECONDS_PER_DAY, 330)
    assert clock["Australia/Brisbane"] == (600, SECONDS_PER_DAY, 600)
    assert clock["Australia/Sydney"] == (660, SECONDS_PER_DAY, 660)


@pytest.mark.parametrize("day", [dt.date(1999, 12, 31), dt.date(2051, 1, 1)])
def test_offsets_outside_the_known_years_are_refused(day):
    with pytest.raises(SpecError, match=f"{day}.*2000-01-01 to 2050-12-31; choose"):
        REFERENCE.offsets(day_number(day))


@pytest.mark.parametrize("day", [dt.date(2014, 12, 31), dt.date(2041, 1, 1)])
def test_holidays_outside_the_known_years_are_refused(day):
    with pytest.raises(SpecError, match=f"{day}.*2015-01-01 to 2040-12-31; choose"):
        REFERENCE.holiday_mask(day_number(day))


def test_a_day_that_is_no_date_is_refused_like_any_other():
    with pytest.raises(SpecError, match="day 99999999 after 1970-01-01"):
        REFERENCE.offsets(99_999_999)


def easter(year):
    """Return Easter Sunday by the anonymous Gregorian algorithm."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return dt.date(year, month, day + 1)


def test_easter_as_the_church_reckons_it():
    for year in range(2015, 2041):
        sunday = easter(year)
        for code in ("AU", "CA", "DE", "DK", "ES", "FI", "GB", "NO", "NZ", "SE", "ZA"):
            assert is_holiday(code, sunday - dt.timedelta(2)), (code, year)
        for code in ("AT", "AU", "BE", "CZ", "DE", "DK", "FI", "FR", "GB", "HU", "IE", "IT", "NL", "NO", "PL"):
            assert is_holiday(code, sunday + dt.timedelta(1)), (code, year)
        assert not is_holiday("US", sunday - dt.timedelta(2))


def test_holidays_of_a_fixed_day_or_weekday():
    christian = ["AU", "BR", "CA", "DE", "ES", "FR", "GB", "IE", "IT", "MX", "NL", "PL", "PT", "SE", "US", "ZA"]
    for year in range(2015, 2041):
        november = dt.date(year, 11, 1)
        thanksgiving = november + dt.timedelta((3 - november.weekday()) % 7 + 21)

        assert is_holiday("US", thanksgiving)
        assert is_holiday("US", dt.date(year, 7, 4))
        assert is_holiday("FR", dt.date(year, 7, 14))
        assert is_holiday("DE", dt.date(year, 10, 3))
        assert is_holiday("IN", dt.date(year, 8, 15))
        assert is_holiday("SA", dt.date(year, 9, 23))
        for day in (dt.date(year, 1, 1), dt.date(year, 12, 25)):
            # Spain's list leaves out what falls on a Sunday.
            assert all(is_holiday(code, day) or (code, day.weekday()) == ("ES", 6) for code in christian)


def test_ordinary_days_are_no_holidays():
    assert not is_holiday("US", dt.date(2025, 11, 28))
    assert not is_holiday("GB", dt.date(2025, 11, 27))
    assert not is_holiday("JP", dt.date(2025, 12, 25))


def test_every_year_of_every_country_has_holidays():
    days = np.arange("2015-01-01", "2041-01-01", dtype="datetime64[D]")
    years = days.astype("datetime64[Y]").astype(int) + 1970

    counts = np.array([REFERENCE.holidays.mask[years == year].sum(axis=0) for year in range(2015, 2041)])

    assert len(days) == len(REFERENCE.holidays.mask)
    assert counts.min() >= 4
    assert counts.max() <= 30
    file = resources.files("rowmill.domains.payments.reference").joinpath("holidays.csv").read_text(encoding="utf-8")
    assert counts.sum() == len(list(csv.DictReader(file.splitlines())))
