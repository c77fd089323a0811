"""Volume: how many rows, frauds and losses fall on each (block, window), exactly and in closed form.

The period's rows are shared over days by their factors, a day's rows over blocks by their customers; frauds and lost
values are nested shares of those rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rowmill.core.keys import Key
from rowmill.domains.payments.own.entities import Own
from rowmill.domains.payments.spec import CYCLE, PaymentsSpec
from rowmill.draw.arrays import Ints
from rowmill.draw.quota import fraction
from rowmill.draw.rates import Closed, Held, Open, Timed
from rowmill.model.blocks import Blocks

CUSTOMERS_PER_BLOCK = 32_768
CARDS_PER_CUSTOMER = 1.48
ROWS_PER_CARD_DAY = 0.73
MERCHANTS_PER_ROOT_ROW = 20
CYCLE_DAYS = CYCLE
"""Windows of one cycle: trips and scenarios are scheduled cycle by cycle and never leave theirs."""


def customer_count(spec: PaymentsSpec) -> int:
    """Return how many customers a spec makes where nobody brings their own."""
    if spec.sizes.customers is not None:
        return spec.sizes.customers
    days = spec.period.count
    rows = spec.rows if days is not None else spec.rows_per_day
    return round(rows / (ROWS_PER_CARD_DAY * (days or 1) * CARDS_PER_CUSTOMER)) or 1 if rows else 0


@dataclass(frozen=True, slots=True)
class _OwnCards:
    """A user's cards by block of their customers: blocks weigh their cards then, as not everybody has one."""

    before: Ints
    """Cards in the blocks before each one, int64[blocks + 1]."""

    @property
    def entities(self) -> int:
        return int(self.before[-1])

    def range(self, block: int) -> range:
        return range(int(self.before[block]), int(self.before[block + 1]))


class Volume:
    """Counts of a spec.

    Args:
        spec: the seeded spec.
        key: key of the dataset.
        day_weight: weight of a window, from its number; only a closed period asks for it.
        own: what the user brings: customers, cards and merchants are then as many as there are.
    """

    def __init__(self, spec: PaymentsSpec, key: Key, day_weight: Callable[[int], int], own: Own) -> None:
        self.spec, self.key, self.own = spec, key, own
        self.days = spec.period.count
        self._day_weight = day_weight

    @property
    def total(self) -> int | None:
        """Return the rows of the whole period; None where it is open."""
        return self.spec.rows if self.days is not None else None

    @cached_property
    def customers(self) -> int:
        """Return the number of customers."""
        return customer_count(self.spec) if self.own.customers is None else len(self.own.customers.number)

    @cached_property
    def merchants(self) -> int:
        """Return the number of merchants."""
        if self.own.merchants is not None:
            return len(self.own.merchants.number)
        if self.spec.sizes.merchants is not None:
            return self.spec.sizes.merchants
        rows = self.spec.rows if self.days is not None else 30 * (self.spec.rows_per_day or 0)
        return round(MERCHANTS_PER_ROOT_ROW * math.sqrt(rows or 0)) or min(1, self.customers)

    @cached_property
    def _blocks(self) -> Blocks:
        return Blocks(self.customers, CUSTOMERS_PER_BLOCK)

    @property
    def blocks(self) -> int:
        """Return the number of blocks of customers."""
        return self._blocks.count

    def customers_before(self, block: int) -> int:
        """Return the customers in the blocks before one."""
        return self._blocks.range(block).start

    @cached_property
    def _own_cards(self) -> _OwnCards | None:
        if self.own.cards is None:
            return None
        starts = np.minimum(np.arange(self.blocks + 1) * CUSTOMERS_PER_BLOCK, self.customers)
        return _OwnCards(np.searchsorted(self.own.places_of(self.own.cards.customer), starts))

    def own_cards_before(self, block: int) -> int:
        """Return a user's cards in the blocks before one; 0 where cards are made."""
        return 0 if self._own_cards is None else int(self._own_cards.before[block])

    def block_of(self, customer: Ints) -> Ints:
        """Return the block of each customer number, −1 of those that there are not."""
        return self._blocks.of(self.own.places_of(customer))

    @cached_property
    def tiles(self) -> Timed:
        """Return the counts of tiles."""
        held: Held = self._blocks if self._own_cards is None else self._own_cards
        if self.days is None:
            return Timed(Open(self.spec.rows_per_day or 0), held, self.key)
        weights = np.array([self._day_weight(window) for window in range(self.days)], np.int64)
        return Timed(Closed(self.spec.rows or 0, weights, self.key.child("days")), held, self.key)

    def rows(self, block: int, window: int) -> int:
        """Return the rows of a tile."""
        return self.tiles.rows(block, window)

    def frauds(self, block: int, window: int) -> int:
        """Return how many frauds a tile is owed; the schedule spreads a cycle's sum over its windows."""
        return self.tiles.rated(self.spec.rate, "fraud", block, window)

    def lost(self, column: str, block: int, window: int) -> int:
        """Return how many values of a column (or group of columns) a tile loses."""
        return self.tiles.rated(fraction(getattr(self.spec.nulls, column)), f"lost {column}", block, window)

    def cycle(self, number: int) -> range:
        """Return the windows of a cycle; the last one of a closed period may be short."""
        start, stop = number * CYCLE_DAYS, (number + 1) * CYCLE_DAYS
        return range(start, stop if self.days is None else min(stop, self.days))
