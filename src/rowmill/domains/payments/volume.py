"""Volume: how many rows, frauds and losses fall on each (window, block), exactly and in closed form.

Every count is a share by the quota rule: the period's rows over days by their factors, a day's rows over blocks by
their customers; frauds and lost values as nested shares of those rows, so none exceeds the rows it is a part of.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property, lru_cache

import numpy as np

from rowmill.core.keys import Key
from rowmill.domains.payments.own.entities import Own
from rowmill.domains.payments.spec import CYCLE, PaymentsSpec
from rowmill.draw.arrays import Ints
from rowmill.draw.quota import fraction, half_even, marks, share

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
        # Every block asks for the same windows' counts, and exact fractions are slow.
        self._rated_before = lru_cache(maxsize=4096)(self._make_rated_before)
        self._block_offset = lru_cache(maxsize=1024)(self._make_block_offset)

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

    @property
    def blocks(self) -> int:
        """Return the number of blocks of customers."""
        return -(-self.customers // CUSTOMERS_PER_BLOCK)

    def customers_before(self, block: int) -> int:
        """Return the customers in the blocks before one."""
        return min(block * CUSTOMERS_PER_BLOCK, self.customers)

    @cached_property
    def _cards_before(self) -> Ints | None:
        """Return a user's cards in the blocks before each one, int64[blocks + 1]; None where cards are made."""
        if self.own.cards is None:
            return None
        starts = np.minimum(np.arange(self.blocks + 1) * CUSTOMERS_PER_BLOCK, self.customers)
        return np.searchsorted(self.own.places_of(self.own.cards.customer), starts)

    def own_cards_before(self, block: int) -> int:
        """Return a user's cards in the blocks before one; 0 where cards are made."""
        return 0 if self._cards_before is None else int(self._cards_before[block])

    def _weight_before(self, block: int) -> int:
        """Return what the blocks before one weigh: their customers, or a user's cards, as not everybody has one."""
        return self.customers_before(block) if self._cards_before is None else int(self._cards_before[block])

    def block_of(self, customer: Ints) -> Ints:
        """Return the block of each customer number, −1 of those that a user's customers do not have."""
        return self.own.places_of(customer) // CUSTOMERS_PER_BLOCK

    @cached_property
    def _marks(self) -> Ints:
        weights = np.array([self._day_weight(w) for w in range(self.days or 0)], np.int64)
        return marks(self.spec.rows or 0, np.concatenate(([0], np.cumsum(weights))), self.key.child("days"))

    def rows_before(self, window: int) -> int:
        """Return the rows of all blocks in the windows before one."""
        if self.days is None:
            return window * (self.spec.rows_per_day or 0)
        return int(self._marks[window])

    def day_rows(self, window: int) -> int:
        """Return the rows of all blocks in a window."""
        return self.rows_before(window + 1) - self.rows_before(window)

    def _day_marks(self, window: int, block: int) -> tuple[int, int]:
        """Return a window's rows in the blocks before one, and up to and with it."""
        rows, whole, offset = self.day_rows(window), self._weight_before(self.blocks), self._block_offset(window)
        before, after = self._weight_before(block), self._weight_before(block + 1)
        return (rows * before + offset) // whole, (rows * after + offset) // whole

    def _make_block_offset(self, window: int) -> int:
        return self.key.child("blocks", str(window)).integer(self._weight_before(self.blocks))

    def rows(self, window: int, block: int) -> int:
        """Return the rows of a tile."""
        before, after = self._day_marks(window, block)
        return after - before

    def rated(self, rate: Fraction, purpose: str, window: int, block: int) -> int:
        """Return how many of a tile's rows a rate takes: exact over the period, never more than the tile has."""
        count = self._rated_before(rate, purpose, window + 1) - self._rated_before(rate, purpose, window)
        before, after = self._day_marks(window, block)
        return share(count, before, after, self.day_rows(window), self.key.child("rate", purpose, str(window)))

    def _make_rated_before(self, rate: Fraction, purpose: str, window: int) -> int:
        rows, key = self.rows_before(window), self.key.child("rate", purpose)
        if self.days is not None:
            whole = self.spec.rows or 0
            return 0 if whole == 0 else (half_even(rate, whole) * rows + key.integer(whole)) // whole
        offset = Fraction(key.integer(1 << 32), 1 << 32)
        return int(rate * rows + offset)

    def frauds(self, window: int, block: int) -> int:
        """Return how many frauds a tile is owed; the schedule spreads a cycle's sum over its windows."""
        return self.rated(self.spec.rate, "fraud", window, block)

    def lost(self, column: str, window: int, block: int) -> int:
        """Return how many values of a column (or group of columns) a tile loses."""
        return self.rated(fraction(getattr(self.spec.nulls, column)), f"lost {column}", window, block)

    def cycle(self, number: int) -> range:
        """Return the windows of a cycle; the last one of a closed period may be short."""
        start, stop = number * CYCLE_DAYS, (number + 1) * CYCLE_DAYS
        return range(start, stop if self.days is None else min(stop, self.days))
