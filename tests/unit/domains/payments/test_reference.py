"""The frozen facts: pinned as a whole, and checked against standards, published bands and plain arithmetic."""

import csv
import datetime as dt
import hashlib
import re
from dataclasses import fields
from importlib import resources

import numpy as np
import pytest

from rowmill.core.units import day_number
from rowmill.domains.payments.reference import DATA_VERSION, DEVICE_TYPES, SCHEMES, load

# A changed digest means changed values: raise DATA_VERSION, renew the golden files and write a changelog entry first.
REFERENCE_DIGEST = ("1", "34e145af2db6b8e1106e974dfe6f3f32d75e2e71b952560704c34a58ccafe6ad")

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


def rows_of(name):
    return list(csv.DictReader(FOLDER.joinpath(f"{name}.csv").read_text(encoding="utf-8").splitlines()))


def country(code):
    return REFERENCE.countries.index(code)


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
