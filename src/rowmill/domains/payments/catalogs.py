"""The catalogs: customers, cards and merchants as tables, whole whatever the slice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from rowmill.core.units import MICRODEGREES, date_of
from rowmill.domains.payments.cardnumbers import CARDS_EACH
from rowmill.domains.payments.fields import FIELDS, SCHEMA_VERSION, SCHEMES
from rowmill.domains.payments.local import FIRST_YEAR
from rowmill.domains.payments.merchants import SPREAD
from rowmill.domains.payments.own.entities import places
from rowmill.domains.payments.people import People, month_number
from rowmill.domains.payments.world import World
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.words import below, words
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, ForeignKey, Schema
from rowmill.model.userfile import MISSING

MERCHANTS_PER_BLOCK = 65_536
_SCHEMES = Dictionary(SCHEMES)
_COUNTRY = FIELDS["merchant_country"]
_LATITUDE, _LONGITUDE = FIELDS["latitude"], FIELDS["longitude"]

Rows = Callable[[World, Callable[[int], People], int], dict[str, Cells]]


@dataclass(frozen=True, slots=True)
class CatalogRule:
    """How one catalog is made."""

    schema: Schema
    entity: str
    """Id column, 1-based, that tells the block of a row."""
    block_of: Callable[[World, Ints], Ints]
    """Block of each number (id − 1); −1 of numbers that a user's file does not have."""
    rows: Rows
    weight: Callable[[World, int], int]


def _customers(world: World, people_of: Callable[[int], People], block: int) -> dict[str, Cells]:
    people, ref = people_of(block), world.reference
    word = words(people.key.child("address place"), people.customer)
    spread = np.minimum(SPREAD, ref.city_margin[people.city].astype(np.int64) // 2)
    latitude = ref.city_latitude[people.city] + below(word, 2 * spread + 1) - spread
    longitude = ref.city_longitude[people.city] + below(word << np.uint64(32), 2 * spread + 1) - spread
    if (own := world.own.customers) is not None:
        mine = slice(world.volume.customers_before(block), world.volume.customers_before(block + 1))
        latitude = np.where(own.latitude[mine] == MISSING, latitude, own.latitude[mine])
        longitude = np.where(own.longitude[mine] == MISSING, longitude, own.longitude[mine])
    return {
        "customer_id": Cells(people.customer + 1),
        "country": Cells(people.country.astype(np.int8), None, Dictionary(ref.countries)),
        "city": Cells(people.city.astype(np.int16), None, Dictionary(ref.cities)),
        "latitude": Cells(latitude / MICRODEGREES),
        "longitude": Cells(longitude / MICRODEGREES),
        "time_zone": Cells(ref.city_zone[people.city], None, Dictionary(ref.zones)),
    }


def _cards(world: World, people_of: Callable[[int], People], block: int) -> dict[str, Cells]:
    people = people_of(block)
    everyone = np.arange(len(people.card))
    first = date_of(world.first_day)
    expiry = people.expiry_month(month_number(first.year, first.month), everyone)
    hashes, numbers = people.pan_hashes(everyone), people.pans(everyone)
    # Nobody knows the digits behind a hash that the user gives.
    given = None if people.own_cards is None else people.own_cards.pan_hash
    hidden = None if given is None else given != b""
    return {
        "card_id": Cells(people.card + 1),
        "customer_id": Cells(people.customer[people.owner] + 1),
        "card_pan_hash": Cells(everyone.astype(np.int32), None, hashes),
        "bin8": _padded(numbers // 10**8, 8, hidden),
        "last4": _padded(numbers % 10**4, 4, hidden),
        "card_scheme": Cells(people.scheme, None, _SCHEMES),
        "card_exp_year": Cells((expiry // 12).astype(np.int16)),
        "card_exp_month": Cells((expiry % 12 + 1).astype(np.int8)),
        "validity_months": Cells(people.validity_months().astype(np.int8)),
    }


def _padded(numbers: Ints, width: int, nulls: Flags | None) -> Cells:
    """Return numbers as text of a fixed width."""
    encoded = pa.array(numbers).dictionary_encode()
    texts = [f"{number:0{width}d}" for number in encoded.dictionary.to_pylist()]
    return Cells(encoded.indices.to_numpy(), nulls, Dictionary(texts))


def _merchants(world: World, people_of: Callable[[int], People], block: int) -> dict[str, Cells]:  # noqa: ARG001
    all_of_them, ref = world.merchants, world.reference
    rows = slice(block * MERCHANTS_PER_BLOCK, min((block + 1) * MERCHANTS_PER_BLOCK, len(all_of_them)))
    country = all_of_them.country[rows].astype(np.int64)
    return {
        "merchant_id": Cells(all_of_them.ids(np.arange(rows.start, rows.stop, dtype=np.int64))),
        "merchant_country": Cells(country.astype(np.int8), None, Dictionary(ref.countries)),
        "city": Cells(all_of_them.city[rows].astype(np.int16), None, Dictionary(ref.cities)),
        "mcc_code": Cells(all_of_them.code[rows].astype(np.int16), None, Dictionary(ref.mccs)),
        "currency_code": Cells(ref.country_currency[country].astype(np.int8), None, Dictionary(ref.currencies)),
        "is_online": Cells(all_of_them.online[rows]),
        "latitude": Cells(all_of_them.latitude[rows] / MICRODEGREES),
        "longitude": Cells(all_of_them.longitude[rows] / MICRODEGREES),
        "terminals": Cells(np.diff(all_of_them.first_terminal)[rows].astype(np.int16)),
    }


def _like(name: str, like: Field, meaning: str) -> Field:
    return Field(
        name, like.type, meaning, unit=like.unit, values=like.values, minimum=like.minimum, maximum=like.maximum,
        pattern=like.pattern, source=like.source, layout=like.layout,
    )  # fmt: skip


_CITY = Field("city", "string", "City, by its GeoNames name.", source="GeoNames", layout="dictionary")
_CUSTOMERS = Schema(
    "customers",
    SCHEMA_VERSION,
    "People who hold the cards, and where they live.",
    (
        Field("customer_id", "int64", "Identifier, counted from 1.", minimum=1),
        _like("country", _COUNTRY, "ISO 3166-1 alpha-2 code of the country of residence."),
        _CITY,
        Field("latitude", "float64", "Latitude of the home.", unit=_LATITUDE.unit, minimum=-90, maximum=90),
        Field("longitude", "float64", "Longitude of the home.", unit=_LONGITUDE.unit, minimum=-180, maximum=180),
        Field("time_zone", "string", "IANA time zone of the home.", source="GeoNames", layout="dictionary"),
    ),
    ("customer_id",),
)
_CARDS = Schema(
    "cards",
    SCHEMA_VERSION,
    "Cards, each owned by a customer. Numbers are valid in form and can be routed nowhere; only their hash is kept.",
    (
        Field(
            "card_id",
            "int64",
            "Identifier; of a card that is made 4 × (customer − 1) + place among the customer's cards, counted from 1.",
            minimum=1,
        ),
        Field("customer_id", "int64", "Owner.", minimum=1),
        replace(
            _like("card_pan_hash", FIELDS["card_pan_hash"], "SHA-256 of the card number, 64 hexadecimal digits."),
            layout="plain",
        ),
        Field(
            "bin8",
            "string",
            "First eight digits: country of issue, scheme and issuer.",
            pattern="9[0-9]{7}",
            layout="dictionary",
        ),
        Field("last4", "string", "Last four digits.", pattern="[0-9]{4}", layout="dictionary"),
        _like("card_scheme", FIELDS["card_scheme"], "Scheme."),
        Field(
            "card_exp_year", "int16", "Year of expiry on the first day of the period.", minimum=FIRST_YEAR, maximum=2046
        ),
        Field("card_exp_month", "int8", "Month of expiry on that day.", minimum=1, maximum=12),
        Field("validity_months", "int8", "Months from one renewal to the next.", unit="months", minimum=36, maximum=60),
    ),
    ("card_id",),
    foreign_keys=(ForeignKey(("customer_id",), "customers", ("customer_id",)),),
    unique=(("card_pan_hash",),),
)
_MERCHANTS = Schema(
    "merchants",
    SCHEMA_VERSION,
    "Merchants, each with a fixed place, category and currency.",
    (
        Field("merchant_id", "int64", "Identifier, counted from 1.", minimum=1),
        _like("merchant_country", _COUNTRY, "ISO 3166-1 alpha-2 code of the country."),
        _CITY,
        _like("mcc_code", FIELDS["mcc_code"], "ISO 18245 merchant category code, four digits."),
        _like("currency_code", FIELDS["currency_code"], "ISO 4217 code of the currency it charges."),
        Field("is_online", "bool", "Whether it sells online rather than at a till."),
        Field("latitude", "float64", "Latitude of the shop or office.", unit=_LATITUDE.unit, minimum=-90, maximum=90),
        Field(
            "longitude", "float64", "Longitude of the shop or office.", unit=_LONGITUDE.unit, minimum=-180, maximum=180
        ),
        Field("terminals", "int16", "Number of its terminals.", minimum=1),
    ),
    ("merchant_id",),
)


def _customer_count(world: World, block: int) -> int:
    return world.volume.customers_before(block + 1) - world.volume.customers_before(block)


def _card_count(world: World, block: int) -> int:
    if world.own.cards is None:
        return 3 * _customer_count(world, block) // 2
    return world.volume.own_cards_before(block + 1) - world.volume.own_cards_before(block)


def _block_of_card(world: World, number: Ints) -> Ints:
    own = world.own.cards
    if own is None:
        return world.volume.block_of(number // CARDS_EACH)
    place = own.places(number)
    return np.where(place < 0, -1, world.volume.block_of(own.customer[place]))


def _block_of_merchant(world: World, number: Ints) -> Ints:
    own = world.own.merchants
    return (number if own is None else places(own.number, number)) // MERCHANTS_PER_BLOCK


def catalog_schema(world: World, name: str) -> Schema:
    """Return the fields of a catalog; where a user gives hashes of card numbers, their digits may be missing."""
    schema = CATALOGS[name].schema
    if name != "cards" or world.own.cards is None or world.own.cards.pan_hash is None:
        return schema
    fields = (replace(f, nullable=True) if f.name in {"bin8", "last4"} else f for f in schema.fields)
    return replace(schema, fields=tuple(fields))


CATALOGS: dict[str, CatalogRule] = {
    "customers": CatalogRule(
        _CUSTOMERS,
        "customer_id",
        lambda world, number: world.volume.block_of(number),
        _customers,
        _customer_count,
    ),
    "cards": CatalogRule(_CARDS, "card_id", _block_of_card, _cards, _card_count),
    "merchants": CatalogRule(
        _MERCHANTS,
        "merchant_id",
        _block_of_merchant,
        _merchants,
        lambda world, block: min(MERCHANTS_PER_BLOCK, world.volume.merchants - block * MERCHANTS_PER_BLOCK),
    ),
}
CATALOG_BLOCKS: dict[str, Callable[[World], int]] = {
    "customers": lambda world: world.volume.blocks,
    "cards": lambda world: world.volume.blocks,
    "merchants": lambda world: -(-world.volume.merchants // MERCHANTS_PER_BLOCK),
}
