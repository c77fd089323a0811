"""Frozen facts of the payments domain: currencies, countries, cities, clocks, holidays, merchant codes, browsers.

The CSV files beside this module are the truth. Installed packages change and these must not: an edit is a new
``DATA_VERSION``. Sources and licences are in ``docs/reference-data.md``.
"""

from rowmill.domains.payments.reference.calendars import Holidays, ZoneDay, ZoneOffsets
from rowmill.domains.payments.reference.tables import DATA_VERSION, DEVICE_TYPES, SCHEMES, Reference, load

__all__ = [
    "DATA_VERSION",
    "DEVICE_TYPES",
    "SCHEMES",
    "Holidays",
    "Reference",
    "ZoneDay",
    "ZoneOffsets",
    "load",
]
