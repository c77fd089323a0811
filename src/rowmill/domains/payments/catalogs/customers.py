"""Customers: who holds the cards, and where they live."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rowmill.core.units import MICRODEGREES
from rowmill.domains.payments.catalogs.fields import CITY, COUNTRY, LATITUDE, LONGITUDE, identifier
from rowmill.domains.payments.fields import SCHEMA_VERSION
from rowmill.domains.payments.merchants import SPREAD
from rowmill.domains.payments.people import BlockPeople
from rowmill.draw.arrays import Ints
from rowmill.draw.words import Words, below, words
from rowmill.model.columns import Declaration
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, Schema
from rowmill.model.userfile import MISSING

_DECLARED = Declaration("customers", inputs=("people",))
_column, _step = _DECLARED.column, _DECLARED.step


@_step()
def word(people: BlockPeople) -> Words:
    """Words that say where in its city each customer lives."""
    return words(people.key.child("address place"), people.customer)


@_step()
def spread(people: BlockPeople) -> Ints:
    """Farthest that a home stands from its city's centre, micro-degrees."""
    return np.minimum(SPREAD, people.world.reference.city_margin[people.city].astype(np.int64) // 2)


@_column("int64", like=identifier("customer_id"))
def customer_id(people: BlockPeople) -> Ints:
    """Identifier, counted from 1."""
    return people.customer + 1


@_column("enum", like=COUNTRY)
def country(people: BlockPeople) -> Cells:
    """ISO 3166-1 alpha-2 code of the country of residence."""
    return Cells(people.country.astype(np.int8), None, Dictionary(people.world.reference.countries))


@_column("string", like=CITY)
def city(people: BlockPeople) -> Cells:
    """City, by its GeoNames name."""
    return Cells(people.city.astype(np.int16), None, Dictionary(people.world.reference.cities))


@_column("float64", like=LATITUDE)
def latitude(people: BlockPeople, word: Words, spread: Ints) -> NDArray[np.float64]:
    """Latitude of the home."""
    own, drawn = people.own_customers, below(word, 2 * spread + 1) - spread
    return _degrees(people.world.reference.city_latitude[people.city] + drawn, None if own is None else own.latitude)


@_column("float64", like=LONGITUDE)
def longitude(people: BlockPeople, word: Words, spread: Ints) -> NDArray[np.float64]:
    """Longitude of the home."""
    own, drawn = people.own_customers, below(word << np.uint64(32), 2 * spread + 1) - spread
    return _degrees(people.world.reference.city_longitude[people.city] + drawn, None if own is None else own.longitude)


def _degrees(made: Ints, given: Ints | None) -> NDArray[np.float64]:
    """Return degrees: as the user's file gives them, else as they are made."""
    place: Ints = made if given is None else np.where(given == MISSING, made, given)
    return place / MICRODEGREES


@_column("string", like=Field("time_zone", "string", "", source="GeoNames", layout="dictionary"))
def time_zone(people: BlockPeople) -> Cells:
    """IANA time zone of the home."""
    reference = people.world.reference
    return Cells(reference.city_zone[people.city], None, Dictionary(reference.zones))


CUSTOMERS: Final = _DECLARED.columns()
CUSTOMERS_SCHEMA = Schema(
    "customers",
    SCHEMA_VERSION,
    "People who hold the cards, and where they live.",
    CUSTOMERS.fields,
    ("customer_id",),
)
