"""What a user brings, in the order of ids: struct of arrays, with ``MISSING`` where a file has no value."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rowmill.domains.payments.cardnumbers import CARDS_EACH
from rowmill.draw.arrays import Ints


def places(numbers: Ints, wanted: Ints) -> Ints:
    """Return where each wanted number stands in ascending numbers, −1 for those that do not."""
    at = np.minimum(np.searchsorted(numbers, wanted), len(numbers) - 1)
    return np.where(numbers[at] == wanted, at, -1)


@dataclass(frozen=True)
class OwnCustomers:
    """Customers by ascending number (customer_id − 1); ``MISSING`` where the file has no value."""

    number: Ints
    country: Ints
    city: Ints
    """City by name, or the nearest one of the country."""
    latitude: Ints
    """Micro-degrees."""
    longitude: Ints

    def between(self, start: int, stop: int) -> OwnCustomers:
        """Return the customers from one place to another."""
        return OwnCustomers(**{f.name: getattr(self, f.name)[start:stop] for f in fields(self)})


@dataclass(frozen=True)
class OwnCards:
    """Cards by ascending (customer, number); ``MISSING`` where the file has no value."""

    number: Ints
    """card_id − 1."""
    customer: Ints
    """Number of the owner."""
    scheme: Ints
    expiry: Ints
    """Months from year 0."""
    pan_hash: NDArray[np.bytes_] | None
    """64 hexadecimal digits, empty where the file has none; None where it has no such column."""

    def between(self, start: int, stop: int) -> OwnCards:
        """Return the cards from one place to another."""
        mine = slice(start, stop)
        hashes = None if self.pan_hash is None else self.pan_hash[mine]
        return OwnCards(self.number[mine], self.customer[mine], self.scheme[mine], self.expiry[mine], hashes)

    @cached_property
    def by_number(self) -> Ints:
        """Return the places of the cards in the order of their numbers."""
        return np.argsort(self.number, kind="stable")

    def places(self, number: Ints) -> Ints:
        """Return the place of each card number, −1 of those that the file does not have."""
        at = places(self.number[self.by_number], number)
        return np.where(at < 0, -1, self.by_number[at])


@dataclass(frozen=True)
class OwnMerchants:
    """Merchants by ascending number (merchant_id − 1)."""

    number: Ints
    country: Ints
    city: Ints
    """The nearest one of the country: it says which clock runs there and who shops there."""
    code: Ints
    online: Ints
    """0 or 1, ``MISSING`` where the file has no value."""
    latitude: Ints
    """Micro-degrees."""
    longitude: Ints


@dataclass(frozen=True)
class Own:
    """What a user brings; None for a catalog that is made."""

    customers: OwnCustomers | None = None
    cards: OwnCards | None = None
    merchants: OwnMerchants | None = None

    def places_of(self, customer: Ints) -> Ints:
        """Return the place of each customer number among all customers, −1 of those that the file does not have."""
        return customer if self.customers is None else places(self.customers.number, customer)

    def last_card(self, customers: int) -> int:
        """Return the highest card number that may occur among so many customers."""
        if self.cards is not None:
            return int(self.cards.number.max())
        return (customers if self.customers is None else int(self.customers.number[-1]) + 1) * CARDS_EACH - 1


NOTHING = Own()
