"""Merchants as a catalog: where they stand, what they sell and in which currency."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rowmill.core.units import MICRODEGREES
from rowmill.domains.payments.catalogs.fields import CITY, COUNTRY, LATITUDE, LONGITUDE, identifier
from rowmill.domains.payments.fields import FIELDS, SCHEMA_VERSION
from rowmill.domains.payments.merchants import Merchants
from rowmill.domains.payments.reference import Reference
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.columns import Declaration
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, Schema

MERCHANTS_PER_BLOCK = 65_536
_DECLARED = Declaration("merchants", inputs=("merchants", "rows", "reference"))
_column, _step = _DECLARED.column, _DECLARED.step


@_step()
def country(merchants: Merchants, rows: slice) -> NDArray[np.int32]:
    """Country by its place in the reference table."""
    return merchants.country[rows]


@_column("int64", like=identifier("merchant_id"))
def merchant_id(merchants: Merchants, rows: slice) -> Ints:
    """Identifier, counted from 1."""
    return merchants.ids(np.arange(rows.start, rows.stop, dtype=np.int64))


@_column("enum", like=COUNTRY)
def merchant_country(country: NDArray[np.int32], reference: Reference) -> Cells:
    """ISO 3166-1 alpha-2 code of the country."""
    return Cells(country.astype(np.int8), None, Dictionary(reference.countries))


@_column("string", like=CITY)
def city(merchants: Merchants, rows: slice, reference: Reference) -> Cells:
    """City, by its GeoNames name."""
    return Cells(merchants.city[rows].astype(np.int16), None, Dictionary(reference.cities))


@_column("enum", like=FIELDS["mcc_code"])
def mcc_code(merchants: Merchants, rows: slice, reference: Reference) -> Cells:
    """ISO 18245 merchant category code, four digits."""
    return Cells(merchants.code[rows].astype(np.int16), None, Dictionary(reference.mccs))


@_column("enum", like=FIELDS["currency_code"])
def currency_code(country: NDArray[np.int32], reference: Reference) -> Cells:
    """ISO 4217 code of the currency it charges."""
    return Cells(reference.country_currency[country].astype(np.int8), None, Dictionary(reference.currencies))


@_column("bool", like=Field("is_online", "bool", ""))
def is_online(merchants: Merchants, rows: slice) -> Flags:
    """Whether it sells online rather than at a till."""
    return merchants.online[rows]


@_column("float64", like=LATITUDE)
def latitude(merchants: Merchants, rows: slice) -> NDArray[np.float64]:
    """Latitude of the shop or office."""
    return merchants.latitude[rows] / MICRODEGREES


@_column("float64", like=LONGITUDE)
def longitude(merchants: Merchants, rows: slice) -> NDArray[np.float64]:
    """Longitude of the shop or office."""
    return merchants.longitude[rows] / MICRODEGREES


@_column("int16", like=Field("terminals", "int16", "", minimum=1))
def terminals(merchants: Merchants, rows: slice) -> NDArray[np.int16]:
    """Number of its terminals."""
    return np.diff(merchants.terminals.first[rows.start : rows.stop + 1]).astype(np.int16)


MERCHANTS: Final = _DECLARED.columns()
MERCHANTS_SCHEMA = Schema(
    "merchants",
    SCHEMA_VERSION,
    "Merchants, each with a fixed place, category and currency.",
    MERCHANTS.fields,
    ("merchant_id",),
)
