"""Cards: whose they are, their numbers and when they expire."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.core.units import date_of
from rowmill.domains.payments.catalogs.fields import identifier
from rowmill.domains.payments.fields import FIELDS, SCHEMA_VERSION, SCHEMES
from rowmill.domains.payments.local import FIRST_YEAR
from rowmill.domains.payments.people import BlockPeople, month_number
from rowmill.draw.arrays import Flags, Ints
from rowmill.model.columns import Declaration
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.schema import Field, ForeignKey, Schema

_DECLARED = Declaration("cards", inputs=("people",))
_column, _step = _DECLARED.column, _DECLARED.step
_SCHEMES = Dictionary(SCHEMES)
_BIN, _LAST = 10**8, 10**4


@_step()
def everyone(people: BlockPeople) -> Ints:
    """All cards of the block, numbered within it."""
    return np.arange(len(people.card))


@_step()
def number(people: BlockPeople, everyone: Ints) -> Ints:
    """Card numbers of 16 digits."""
    return people.pans(everyone)


@_step()
def hidden(people: BlockPeople) -> Flags | None:
    """Which cards have a hash that the user gives: nobody knows the digits behind it."""
    given = None if people.own_cards is None else people.own_cards.pan_hash
    return None if given is None else given != b""


@_step()
def expiry(people: BlockPeople, everyone: Ints) -> Ints:
    """Month of expiry on the first day of the period, months from year 0."""
    first = date_of(people.world.first_day)
    return people.expiry_month(month_number(first.year, first.month), everyone)


@_column("int64", like=identifier("card_id"))
def card_id(people: BlockPeople) -> Ints:
    """Identifier; of a card that is made 4 × (customer − 1) + place among the customer's cards, counted from 1."""
    return people.card + 1


@_column("int64", like=identifier("customer_id"))
def customer_id(people: BlockPeople) -> Ints:
    """Owner."""
    return people.customer[people.owner] + 1


@_column("string", like=replace(FIELDS["card_pan_hash"], layout="plain"))
def card_pan_hash(people: BlockPeople, everyone: Ints, number: Ints) -> Cells:
    """SHA-256 of the card number, 64 hexadecimal digits."""
    return Cells(everyone.astype(np.int32), None, people.hashes_of(number, everyone))


@_column("string", like=Field("bin8", "string", "", pattern="9[0-9]{7}", layout="dictionary"))
def bin8(number: Ints, hidden: Flags | None) -> Cells:
    """First eight digits: country of issue, scheme and issuer."""
    return _padded(number // _BIN, 8, hidden)


@_column("string", like=Field("last4", "string", "", pattern="[0-9]{4}", layout="dictionary"))
def last4(number: Ints, hidden: Flags | None) -> Cells:
    """Last four digits."""
    return _padded(number % _LAST, 4, hidden)


def _padded(numbers: Ints, width: int, nulls: Flags | None) -> Cells:
    """Return numbers as text of a fixed width."""
    encoded = pa.array(numbers).dictionary_encode()
    texts = [f"{number:0{width}d}" for number in encoded.dictionary.to_pylist()]
    return Cells(encoded.indices.to_numpy(), nulls, Dictionary(texts))


@_column("enum", like=FIELDS["card_scheme"])
def card_scheme(people: BlockPeople) -> Cells:
    """Scheme."""
    return Cells(people.scheme, None, _SCHEMES)


@_column("int16", like=Field("card_exp_year", "int16", "", minimum=FIRST_YEAR, maximum=2046, calendar=True))
def card_exp_year(expiry: Ints) -> NDArray[np.int16]:
    """Year of expiry on the first day of the period."""
    return (expiry // 12).astype(np.int16)


@_column("int8", like=Field("card_exp_month", "int8", "", minimum=1, maximum=12))
def card_exp_month(expiry: Ints) -> NDArray[np.int8]:
    """Month of expiry on that day."""
    return (expiry % 12 + 1).astype(np.int8)


@_column("int8", like=Field("validity_months", "int8", "", unit="months", minimum=36, maximum=60))
def validity_months(people: BlockPeople) -> NDArray[np.int8]:
    """Months from one renewal to the next."""
    return people.validity_months().astype(np.int8)


CARDS: Final = _DECLARED.columns()
_SCHEMA = Schema(
    "cards",
    SCHEMA_VERSION,
    "Cards, each owned by a customer. Numbers are valid in form and can be routed nowhere; only their hash is kept.",
    CARDS.fields,
    ("card_id",),
    foreign_keys=(ForeignKey(("customer_id",), "customers", ("customer_id",)),),
    unique=(("card_pan_hash",),),
)


def cards_schema(*, hashes: bool) -> Schema:
    """Return the fields of cards; where a user gives hashes of card numbers, their digits may be missing."""
    if not hashes:
        return _SCHEMA
    fields = (replace(f, nullable=True) if f.name in {"bin8", "last4"} else f for f in _SCHEMA.fields)
    return replace(_SCHEMA, fields=tuple(fields))
