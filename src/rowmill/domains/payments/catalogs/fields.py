"""What the catalogs know of fields that several of them have."""

from __future__ import annotations

from rowmill.domains.payments.fields import FIELDS
from rowmill.model.schema import Field

COUNTRY = FIELDS["merchant_country"]
CITY = Field("city", "string", "", source="GeoNames", layout="dictionary")
LATITUDE = Field("latitude", "float64", "", unit=FIELDS["latitude"].unit, minimum=-90, maximum=90)
LONGITUDE = Field("longitude", "float64", "", unit=FIELDS["longitude"].unit, minimum=-180, maximum=180)


def identifier(name: str) -> Field:
    """Return the field of an identifier that counts from 1."""
    return Field(name, "int64", "", minimum=1)
