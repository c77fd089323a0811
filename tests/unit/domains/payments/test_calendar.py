"""Hours and days: local shapes laid over UTC days, by ``zoneinfo``, through changes of the clocks."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.units import day_number
from rowmill.domains.payments.calendar import FACTOR_ONE, QUARTERS, SLOT_BITS, Times, day_mass, zone_countries
from rowmill.domains.payments.clocks import DayShape, Peak
from rowmill.domains.payments.kinds import DEFAULT_KINDS
from rowmill.domains.payments.reference import load
from rowmill.domains.payments.settings import CalendarSettings

REFERENCE = load()
TIMES = Times(CalendarSettings(), DEFAULT_KINDS, REFERENCE)
ZONE_COUNTRY = zone_countries(REFERENCE)
DAYS = [
    ("2025-11-12", "Europe/Berlin"),
    ("2025-11-02", "America/New_York"),
    ("2025-11-02", "America/Los_Angeles"),
    ("2025-03-09", "America/Chicago"),
    ("2025-10-26", "Europe/London"),
    ("2026-03-29", "Europe/Berlin"),
    ("2025-10-04", "Australia/Sydney"),
    ("2025-04-05", "Australia/Sydney"),
    ("2025-11-27", "America/New_York"),
    ("2025-12-31", "Asia/Kolkata"),
    ("2026-01-01", "Asia/Tokyo"),
]


def local_quarters(day, zone):
    """Return (local date, local quarter of the day) of the 96 quarters of a UTC day, by the system's rules."""
    start = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC)
    local = [(start + dt.timedelta(minutes=15 * q)).astimezone(ZoneInfo(zone)) for q in range(QUARTERS)]
    return [(at.date(), at.hour * 4 + at.minute // 15) for at in local]


def day_type(date, country):
    rest = sorted(REFERENCE.weekend[country])[:2]
    if REFERENCE.holiday_mask(day_number(date))[country]:
        return 2
    return {rest[0]: 1, rest[-1]: 2}.get(date.weekday(), 0)


@pytest.mark.parametrize(("day", "zone"), DAYS)
def test_a_utc_day_carries_the_local_shapes_that_its_clocks_show(day, zone):
    number = REFERENCE.zones.index(zone)
    country = int(ZONE_COUNTRY[number])
    hours = TIMES.hours(day_number(dt.date.fromisoformat(day)))
    local = [(day_type(date, country), quarter) for date, quarter in local_quarters(day, zone)]
    mass = np.array([TIMES.mass[kind, quarter] for kind, quarter in local])
    deck = hours.decks[number << SLOT_BITS : (number + 1) << SLOT_BITS]

    assert hours.bins.reshape(-1, QUARTERS)[number].tolist() == [kind * 24 + quarter // 4 for kind, quarter in local]
    expected = mass / mass.sum() * (1 << SLOT_BITS)
    assert np.abs(np.bincount(deck, minlength=QUARTERS) - expected).max() <= 1.01
    assert (np.diff(deck.astype(int)) >= 0).all()


def test_an_hour_that_the_clocks_skip_is_nobody_s_and_one_shown_twice_carries_twice():
    zone = REFERENCE.zones.index("America/New_York")
    for day, hour, times in (("2025-03-09", 2, 0), ("2025-11-02", 1, 2)):
        bins = TIMES.hours(day_number(dt.date.fromisoformat(day))).bins.reshape(-1, QUARTERS)[zone]
        assert (bins == 2 * 24 + hour).sum() == 4 * times


def factor(day, country="US", calendar=None):
    times = TIMES if calendar is None else Times(calendar, DEFAULT_KINDS, REFERENCE)
    return times.factors(day_number(dt.date.fromisoformat(day)))[REFERENCE.countries.index(country)] / FACTOR_ONE


def test_days_differ_by_weekday_holiday_pay_day_season_and_black_friday():
    usual = CalendarSettings()
    friday, thursday = usual.weekdays[4], usual.weekdays[3]

    assert factor("2025-11-07") == pytest.approx(friday, abs=0.004)
    assert factor("2025-11-28", "FR") == pytest.approx(friday * usual.black_friday, abs=0.004)
    assert factor("2025-12-01", "FR") / factor("2025-11-03", "FR") > 1.1
    assert factor("2025-11-20") == pytest.approx(thursday, abs=0.004)
    assert factor("2025-11-27", "US") == pytest.approx(thursday * usual.pay_day * usual.holiday, abs=0.004)
    assert factor("2025-11-27", "FR") == pytest.approx(thursday * usual.pay_day, abs=0.004)
    assert factor("2025-12-12") == pytest.approx(friday * 1.22, abs=0.004)


def test_a_season_may_run_over_the_year_s_end():
    season = {"name": "turn of the year", "first": "12-30", "last": "01-02", "factor": 2.0}
    calendar = CalendarSettings.model_validate({"seasons": [season], "pay_days": []})
    plain = CalendarSettings.model_validate({"seasons": [], "pay_days": []})

    for day, inside in (("2025-12-29", 1), ("2025-12-31", 2), ("2026-01-02", 2), ("2026-01-03", 1)):
        assert factor(day, "JP", calendar) == pytest.approx(inside * factor(day, "JP", plain), abs=0.01)


def test_every_day_carries_something():
    calendar = CalendarSettings.model_validate({"weekdays": [0.001] * 7, "holiday": 0.01})

    assert Times(calendar, DEFAULT_KINDS, REFERENCE).factors(day_number(dt.date(2025, 12, 25))).min() == 1


@given(
    st.lists(st.tuples(st.floats(0, 23.99), st.floats(0.2, 12), st.floats(0.01, 5)), min_size=1, max_size=4),
    st.floats(0, 1),
    st.just(0.0) | st.floats(1e-6, 3),
)
def test_a_day_s_mass_is_its_level_and_no_quarter_is_below_the_floor(peaks, floor, level):
    shape = DayShape(level=level, peaks=tuple(Peak(hour=h, spread=s, weight=w) for h, s, w in peaks))
    mass = day_mass(shape, floor)

    assert mass.sum() == pytest.approx(level)
    assert (mass >= level * floor / QUARTERS * 0.999).all()
