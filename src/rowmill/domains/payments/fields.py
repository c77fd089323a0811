"""Units, ranges, domains and layouts of the payments fields; the functions that make them tell their meaning."""

from __future__ import annotations

from rowmill.domains.payments.reference import load
from rowmill.model.schema import Field, ForeignKey, Schema

SCHEMA_VERSION = "1.0.0"
SCHEMES = ("VISA", "MASTERCARD", "AMEX", "DISCOVER")
CHANNELS = ("ONLINE", "IN_STORE", "ATM")
ENTRY_MODES = ("CHIP", "MAGSTRIPE", "NFC", "ECOM")
DEVICE_TYPES = ("IOS", "ANDROID", "WEB", "POS")
UUID_PATTERN = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"

_REFERENCE = load()
_ALL = (
    Field("transaction_id", "int64", "", minimum=0, source="keyed bijection of the row's identity"),
    Field("event_time", "timestamp", "", unit="microseconds UTC", layout="delta"),
    Field(
        "local_time_offset",
        "int16",
        "",
        unit="minutes",
        minimum=-720,
        maximum=840,
        calendar=True,
        source="IANA time zones",
        layout="delta",
    ),
    Field("amount", "int64", "", unit="minor units of currency_code (ISO 4217)", minimum=1, layout="delta"),
    Field(
        "currency_code", "enum", "", values=tuple(sorted(_REFERENCE.currencies)), source="ISO 4217", layout="dictionary"
    ),
    Field("card_pan_hash", "string", "", pattern="[0-9a-f]{64}", source="SHA-256 of the PAN", layout="dictionary"),
    Field("card_scheme", "enum", "", values=SCHEMES, layout="dictionary"),
    Field(
        "card_exp_year",
        "int16",
        "",
        unit="year",
        minimum=2015,
        maximum=2046,
        layout="dictionary",
        calendar=True,
    ),
    Field("card_exp_month", "int8", "", unit="month", minimum=1, maximum=12, layout="dictionary"),
    Field("customer_id", "int64", "", minimum=1, layout="delta"),
    Field("merchant_id", "int64", "", minimum=1, layout="delta"),
    Field(
        "merchant_country",
        "enum",
        "",
        values=tuple(sorted(_REFERENCE.countries)),
        source="ISO 3166-1",
        layout="dictionary",
    ),
    Field("mcc_code", "enum", "", values=tuple(sorted(_REFERENCE.mccs)), source="ISO 18245", layout="dictionary"),
    Field("channel", "enum", "", values=CHANNELS, layout="dictionary"),
    Field("pos_entry_mode", "enum", "", values=ENTRY_MODES, layout="dictionary"),
    Field("device_id", "int64", "", minimum=0),
    Field("device_type", "enum", "", values=DEVICE_TYPES, layout="dictionary"),
    Field(
        "ip_address",
        "string",
        "",
        pattern=r"(100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])|198\.1[89])(\.\d{1,3}){2}",
        source="RFC 6598 and RFC 2544 ranges",
        layout="dictionary",
    ),
    Field("user_agent", "string", "", layout="dictionary"),
    Field(
        "latitude",
        "float64",
        "",
        unit="degrees, 6 decimals",
        minimum=-90,
        maximum=90,
        source="GeoNames",
        layout="dictionary",
    ),
    Field(
        "longitude",
        "float64",
        "",
        unit="degrees, 6 decimals",
        minimum=-180,
        maximum=180,
        source="GeoNames",
        layout="dictionary",
    ),
    Field("is_recurring", "bool", ""),
    Field("previous_txn_id", "int64", "", minimum=0, source="the card's own history"),
    Field("label_fraud", "bool", "", source="the schedule of fraud scenarios"),
)
FIELDS: dict[str, Field] = {field.name: field for field in _ALL}
"""What is known of each transaction field beside its meaning."""

TRANSACTIONS_SCHEMA = Schema(
    name="transactions",
    version=SCHEMA_VERSION,
    description="Card payments as the issuer sees them at authorisation, with the truth about fraud.",
    fields=_ALL,
    primary_key=("transaction_id",),
    event_time="event_time",
    foreign_keys=(
        ForeignKey(("customer_id",), "customers", ("customer_id",)),
        ForeignKey(("card_pan_hash",), "cards", ("card_pan_hash",)),
        ForeignKey(("merchant_id",), "merchants", ("merchant_id",)),
        ForeignKey(("previous_txn_id",), "transactions", ("transaction_id",), earlier=True),
    ),
)
