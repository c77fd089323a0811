"""The frozen facts: pinned as a whole, and checked against the time zone database, calendars and plain arithmetic."""

import csv
import datetime as dt
import hashlib
import importlib.metadata
import re
from dataclasses import fields
from importlib import resources
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.errors import SpecError
from rowmill.core.units import day_number
from rowmill.domains.payments.reference import DATA_VERSION, DEVICE_TYPES, SCHEMES, load

# A changed digest means changed values: raise DATA_VERSION, renew the golden files and write a changelog entry first.
REFERENCE_DIGEST = ("1", "34e145af2db6b8e1106e974dfe6f3f32d75e2e71b952560704c34a58ccafe6ad")
FROZEN_TZDATA = "2026.6"

REFERENCE = load()
FOLDER = resources.files("rowmill.domains.payments.reference")
KEYS = {
    "cities": ("country", "name"),
    "countries": ("alpha2",),
    "currencies": ("code",),
    "holidays": ("country", "date"),
    "mccs": ("code",),
    "offsets": ("zone", "instant"),
    "user_agents": ("user_agent",),
}
SECONDS_PER_DAY = 86_400


def rows_of(name):
    return list(csv.DictReader(FOLDER.joinpath(f"{name}.csv").read_text(encoding="utf-8").splitlines()))


def country(code):
    return REFERENCE.countries.index(code)


def is_holiday(code, day):
    return bool(REFERENCE.holiday_mask(day_number(day))[country(code)])


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


def test_the_files_are_the_pinned_ones():
    digest = hashlib.sha256()
    for name in sorted(KEYS):
        digest.update(f"{name}\n".encode() + FOLDER.joinpath(f"{name}.csv").read_bytes())

    assert (DATA_VERSION, digest.hexdigest()) == REFERENCE_DIGEST


def test_no_file_goes_unread():
    files = {entry.name.removesuffix(".csv") for entry in FOLDER.iterdir() if entry.name.endswith(".csv")}

    assert files == set(KEYS)


@pytest.mark.parametrize("name", KEYS)
def test_files_are_plain_ascii_sorted_and_without_duplicates(name):
    text = FOLDER.joinpath(f"{name}.csv").read_bytes()
    keys = [tuple(row[column] for column in KEYS[name]) for row in rows_of(name)]

    assert text.isascii()
    assert b"\r" not in text
    assert text.endswith(b"\n")
    assert len(set(keys)) == len(keys)
    if name == "user_agents":
        assert list(REFERENCE.user_agent_device) == sorted(REFERENCE.user_agent_device)
    elif name == "offsets":
        assert [(zone, int(instant)) for zone, instant in keys] == sorted((z, int(i)) for z, i in keys)
    else:
        assert keys == sorted(keys)


def test_columns_of_a_group_are_equally_long_and_read_only():
    groups = {
        "currencies": ("exponents", "per_usd"),
        "countries": (
            "country_names",
            "country_currency",
            "region",
            "home_weight",
            "price_level",
            "contactless",
            "magstripe",
            "scheme_weight",
            "weekend",
        ),
        "cities": ("city_country", "city_latitude", "city_longitude", "population", "city_zone", "city_margin"),
        "mccs": ("mcc_descriptions",),
        "user_agents": ("user_agent_device", "user_agent_weight"),
    }

    for leader, others in groups.items():
        assert {len(getattr(REFERENCE, name)) for name in others} == {len(getattr(REFERENCE, leader))}, leader
    arrays = [getattr(REFERENCE, field.name) for field in fields(REFERENCE)]
    arrays += [REFERENCE.zone_offsets.instants, REFERENCE.zone_offsets.minutes, REFERENCE.holidays.mask]
    assert not any(array.flags.writeable for array in arrays if isinstance(array, np.ndarray))
    assert load() is REFERENCE


def test_exponents_are_those_of_iso_4217():
    other_than_two = {"CLP": 0, "ISK": 0, "JPY": 0, "KRW": 0, "KWD": 3}

    exponents = dict(zip(REFERENCE.currencies, REFERENCE.exponents.tolist(), strict=True))

    assert exponents == {code: other_than_two.get(code, 2) for code in REFERENCE.currencies}
    assert exponents["RSD"] == 2


def test_currencies_are_all_used_and_priced():
    rows = rows_of("currencies")

    assert set(REFERENCE.country_currency.tolist()) == set(range(len(REFERENCE.currencies)))
    assert all(rate > 0 for rate in REFERENCE.per_usd)
    assert REFERENCE.per_usd[REFERENCE.currencies.index("USD")] == 1
    assert all(re.fullmatch(r"\d{3}", row["numeric"]) for row in rows)
    assert len({row["numeric"] for row in rows}) == len(rows)


def test_one_euro_for_the_euro_area():
    euro = REFERENCE.currencies.index("EUR")

    users = {code for code, at in zip(REFERENCE.countries, REFERENCE.country_currency, strict=True) if at == euro}

    assert users == {"AT", "BE", "DE", "ES", "FI", "FR", "GR", "IE", "IT", "NL", "PT"}
    assert sum(REFERENCE.home_weight[country(code)] for code in users) == 250


def test_country_shares_are_whole_and_inside_the_published_bands():
    us = country("US")
    abroad = np.arange(len(REFERENCE.countries)) != us
    eea = np.array([group == "EEA" for group in REFERENCE.region])

    assert REFERENCE.home_weight.sum() == 1000
    assert REFERENCE.home_weight.min() >= 1
    assert (REFERENCE.scheme_weight.sum(axis=1) == 100).all()
    assert REFERENCE.scheme_weight.shape == (len(REFERENCE.countries), len(SCHEMES))
    assert ((REFERENCE.contactless >= 0.6) & (REFERENCE.contactless <= 0.9))[abroad].all()
    assert (REFERENCE.magstripe[eea] < 0.01).all()
    assert 0.08 <= REFERENCE.magstripe[us] <= 0.13
    assert (REFERENCE.contactless + REFERENCE.magstripe < 1).all()
    assert REFERENCE.price_level[us] == 1
    assert {"EEA", "EUR", "NAM", "LAC", "OCE", "ASI", "MEA"} == set(REFERENCE.region)


def test_weekends():
    weekend = dict(zip(REFERENCE.countries, REFERENCE.weekend, strict=True))

    assert weekend.pop("SA") == weekend.pop("KW") == frozenset({4, 5})
    assert set(weekend.values()) == {frozenset({5, 6})}


def test_every_city_has_a_country_of_two_cities_and_a_zone_of_one_country():
    per_country = np.bincount(REFERENCE.city_country, minlength=len(REFERENCE.countries))
    zones = set(zip(REFERENCE.city_zone.tolist(), REFERENCE.city_country.tolist(), strict=True))

    assert per_country.min() >= 2
    assert sorted(zone for zone, _ in zones) == list(range(len(REFERENCE.zones)))
    assert (REFERENCE.population > 5_000).all()
    assert ((REFERENCE.city_margin >= 100_000) & (REFERENCE.city_margin <= 500_000)).all()


def test_the_sun_agrees_with_the_clock_in_every_city():
    """A swapped or negated coordinate, or the zone of another city, puts the sun hours away from the clock."""
    january = REFERENCE.offsets(day_number(dt.date(2025, 1, 15)))

    solar = REFERENCE.city_longitude / 1e6 * 4

    assert np.abs(january.offset[REFERENCE.city_zone] - solar).max() < 120
    assert (np.abs(REFERENCE.city_latitude) < 70_000_000).all()
    south = {"AR", "AU", "CL", "NZ", "ZA"}
    for code, latitude in zip(REFERENCE.city_country, REFERENCE.city_latitude, strict=True):
        if REFERENCE.countries[code] in south:
            assert latitude < 0
        elif REFERENCE.countries[code] not in {"BR", "CO", "ID"}:
            assert latitude > 0


def unit_vectors(latitude, longitude):
    north, east = np.radians(latitude / 1e6), np.radians(longitude / 1e6)
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=-1)


def test_a_point_moved_by_the_margin_is_nearest_to_a_city_of_its_own_country():
    cities = unit_vectors(REFERENCE.city_latitude, REFERENCE.city_longitude)
    for north, east in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        moved = unit_vectors(
            REFERENCE.city_latitude + north * REFERENCE.city_margin,
            REFERENCE.city_longitude + east * REFERENCE.city_margin,
        )

        nearest = (moved @ cities.T).argmax(axis=1)

        assert (REFERENCE.city_country[nearest] == REFERENCE.city_country).all()


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
    """Sampled every hour in zones that never change it, that change it often and that have given it up."""
    for name in ("America/New_York", "America/Phoenix", "America/Sao_Paulo", "Asia/Kolkata", "Australia/Brisbane"):
        zone = REFERENCE.zones.index(name)
        hours = np.arange(946_684_800, PAST, 21_600)
        row = REFERENCE.zone_offsets.instants[zone]

        ours = REFERENCE.zone_offsets.minutes[zone][np.searchsorted(row, hours, "right") - 1]

        assert [oracle_minutes(zone, int(hour)) for hour in hours] == ours.tolist()


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
    assert counts.sum() == len(rows_of("holidays"))


def test_merchant_codes_are_the_public_ones():
    digital_and_others = {"5815", "5816", "5817", "5818", "5977", "6540"}

    assert all(re.fullmatch(r"\d{4}", code) for code in REFERENCE.mccs)
    assert not [code for code in REFERENCE.mccs if 3000 <= int(code) <= 3999]
    assert digital_and_others <= set(REFERENCE.mccs)
    assert len(set(REFERENCE.mcc_descriptions)) == len(REFERENCE.mccs)


def device_of(agent):
    if "iPhone" in agent or "iPad" in agent:
        return "IOS"
    if "Android" in agent:
        return "ANDROID"
    assert re.search(r"Windows NT|Macintosh|X11; (Ubuntu; )?Linux", agent)
    return "WEB"


def test_user_agents_agree_with_their_device():
    devices = [DEVICE_TYPES[code] for code in REFERENCE.user_agent_device]

    assert [device_of(agent) for agent in REFERENCE.user_agents] == devices


def test_user_agent_weights_are_thousandths_of_each_device():
    totals = np.bincount(REFERENCE.user_agent_device, REFERENCE.user_agent_weight)

    assert totals.tolist() == [1000] * len(DEVICE_TYPES)
    assert REFERENCE.user_agent_weight.min() >= 1
