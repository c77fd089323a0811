"""The reference tables as NumPy arrays, read once from the CSV files of this package."""

from __future__ import annotations

import csv
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.payments.reference.calendars import Holidays, ZoneDay, ZoneOffsets

DATA_VERSION = "1"
"""Version of the facts: it changes whenever a CSV file does."""

SCHEMES = ("VISA", "MASTERCARD", "AMEX", "DISCOVER")
"""Card schemes in the order of ``Reference.scheme_weight``."""

DEVICE_TYPES = ("IOS", "ANDROID", "WEB")
"""Device types in the order of the codes of ``Reference.user_agent_device``."""

_HOLIDAY_DATE = np.dtype("datetime64[D]")

Scalar = TypeVar("Scalar", bound=np.generic)
Integer = TypeVar("Integer", np.int8, np.int16, np.int32, np.int64)


@dataclass(frozen=True, slots=True)
class Reference:
    """Frozen facts, one group of equally long columns a file; all arrays are read-only."""

    currencies: tuple[str, ...]
    """ISO 4217 codes, sorted."""
    exponents: NDArray[np.int8]
    """Decimal digits of the minor unit by ISO 4217 (0, 2 or 3), int8[currencies]."""
    per_usd: tuple[Fraction, ...]
    """Units of each currency for one US dollar: one fixed, round level."""

    countries: tuple[str, ...]
    """ISO 3166-1 alpha-2 codes, sorted."""
    country_names: tuple[str, ...]
    """English short names in ASCII."""
    country_currency: NDArray[np.int16]
    """Index into ``currencies``, int16[countries]."""
    region: tuple[str, ...]
    """Three-letter group: EEA, EUR (rest of Europe), NAM, LAC, OCE, ASI or MEA."""
    home_weight: NDArray[np.int64]
    """Share of cardholders in thousandths, int64[countries]; sums to 1000."""
    price_level: NDArray[np.float64]
    """Price of the same basket at the fixed rates, United States = 1, float64[countries]."""
    contactless: NDArray[np.float64]
    """Share of card-present payments made without contact, 0 … 1, float64[countries]."""
    magstripe: NDArray[np.float64]
    """Share of card-present payments read from the stripe, 0 … 1, float64[countries]; chip takes the rest."""
    scheme_weight: NDArray[np.float64]
    """Share of cards of each scheme in per cent, float64[countries, 4]; rows sum to 100."""
    weekend: tuple[frozenset[int], ...]
    """Days of rest of the week, 0 = Monday … 6 = Sunday."""

    cities: tuple[str, ...]
    """Names in ASCII, sorted within their country; a name may occur in more than one country."""
    city_country: NDArray[np.int16]
    """Index into ``countries``, ascending, int16[cities]."""
    city_latitude: NDArray[np.int32]
    """Micro-degrees north, int32[cities]."""
    city_longitude: NDArray[np.int32]
    """Micro-degrees east, int32[cities]."""
    population: NDArray[np.int64]
    """Inhabitants, int64[cities]."""
    city_zone: NDArray[np.int16]
    """Index into ``zones``, int16[cities]."""
    city_margin: NDArray[np.int32]
    """How far a point may move in latitude and in longitude and stay in the country: 100000 … 500000 micro-degrees,
    int32[cities]."""

    zones: tuple[str, ...]
    """IANA time zone names, sorted."""
    mccs: tuple[str, ...]
    """Merchant category codes, four digits, sorted."""
    mcc_descriptions: tuple[str, ...]
    """What each code stands for, in a few words."""
    user_agents: tuple[str, ...]
    """User agent strings, by device type."""
    user_agent_device: NDArray[np.int8]
    """Index into ``DEVICE_TYPES``, ascending, int8[user agents]."""
    user_agent_weight: NDArray[np.int64]
    """Share within the device type in thousandths, int64[user agents]."""

    zone_offsets: ZoneOffsets
    """Offsets of ``zones`` from 2000 to 2050."""
    holidays: Holidays
    """Public holidays of ``countries`` from 2015 to 2040."""

    def offsets(self, day_number: int) -> ZoneDay:
        """Return the offset of every zone on a UTC day, counted from 1970-01-01.

        Raises:
            SpecError: if the day lies outside 2000 … 2050.
        """
        return self.zone_offsets.on(day_number)

    def holiday_mask(self, day_number: int) -> NDArray[np.bool_]:
        """Return whether the local date with a day number is a public holiday in each country, bool[countries].

        Raises:
            SpecError: if the date lies outside 2015 … 2040.
        """
        return self.holidays.on(day_number)


@functools.cache
def load() -> Reference:
    """Return the reference tables, read from the package on the first call."""
    currency, country, city = _read("currencies"), _read("countries"), _read("cities")
    offset, holiday, mcc, agent = _read("offsets"), _read("holidays"), _read("mccs"), _read("user_agents")
    zones = tuple(sorted(set(offset["zone"])))
    weights = [country[scheme.lower()] for scheme in SCHEMES]
    return Reference(
        currencies=currency["code"],
        exponents=_integers(currency["exponent"], np.int8),
        per_usd=tuple(Fraction(text) for text in currency["per_usd"]),
        countries=country["alpha2"],
        country_names=country["name"],
        country_currency=_positions(country["currency"], currency["code"], np.int16),
        region=country["region"],
        home_weight=_integers(country["home_weight"], np.int64),
        price_level=_decimals(country["price_level"]),
        contactless=_decimals(country["contactless"]),
        magstripe=_decimals(country["magstripe"]),
        scheme_weight=_sealed(np.array(weights).astype(np.float64).T),
        weekend=tuple(frozenset(int(day) - 1 for day in days.split()) for days in country["weekend"]),
        cities=city["name"],
        city_country=_positions(city["country"], country["alpha2"], np.int16),
        city_latitude=_integers(city["latitude"], np.int32),
        city_longitude=_integers(city["longitude"], np.int32),
        population=_integers(city["population"], np.int64),
        city_zone=_positions(city["zone"], zones, np.int16),
        city_margin=_integers(city["margin"], np.int32),
        zones=zones,
        mccs=mcc["code"],
        mcc_descriptions=mcc["description"],
        user_agents=agent["user_agent"],
        user_agent_device=_positions(agent["device_type"], DEVICE_TYPES, np.int8),
        user_agent_weight=_integers(agent["weight"], np.int64),
        zone_offsets=ZoneOffsets.of(
            _positions(offset["zone"], zones, np.int64),
            _integers(offset["instant"], np.int64),
            _integers(offset["offset"], np.int64),
        ),
        holidays=Holidays.of(
            _positions(holiday["country"], country["alpha2"], np.int64),
            np.array(holiday["date"], _HOLIDAY_DATE).astype(np.int64),
            len(country["alpha2"]),
        ),
    )


def _read(name: str) -> dict[str, tuple[str, ...]]:
    """Return the columns of a file by name."""
    text = resources.files(__package__).joinpath(f"{name}.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines())
    return dict(zip(header, zip(*rows, strict=True), strict=True))


def _sealed(array: NDArray[Scalar]) -> NDArray[Scalar]:
    array.flags.writeable = False
    return array


def _integers(texts: Sequence[str], dtype: type[Integer]) -> NDArray[Integer]:
    return _sealed(np.array([int(text) for text in texts], dtype))


def _decimals(texts: Sequence[str]) -> NDArray[np.float64]:
    return _sealed(np.array([float(text) for text in texts]))


def _positions(values: Sequence[str], among: Sequence[str], dtype: type[Integer]) -> NDArray[Integer]:
    position = {value: index for index, value in enumerate(among)}
    return _sealed(np.array([position[value] for value in values], dtype))
