"""Exact counts of tiles: how many rows each has, and how many of them a rate takes, in O(1) and without making one.

Every count is a share by the quota rule: the rows of a period over its windows, a window's rows over the blocks by
their entities, and what a rate takes as nested shares of those rows, so that no share exceeds what it is a part of.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Protocol

from rowmill.core.keys import Key
from rowmill.draw.arrays import Ints
from rowmill.draw.quota import cumulative_of, half_even, marks, share

_RATES_KEPT, _WINDOWS_KEPT = 4096, 1024


class Exact(Protocol):
    """The counts of a table's tiles."""

    def rows(self, block: int, window: int) -> int:
        """Return the rows of a tile."""
        ...

    def rated(self, rate: Fraction, purpose: str, block: int, window: int) -> int:
        """Return how many of a tile's rows a rate of 0 … 1 takes: exact over the whole, never more than there are."""
        ...


class Held(Protocol):
    """Which entities each block holds; blocks weigh what they hold."""

    @property
    def entities(self) -> int:
        """Return how many there are."""
        ...

    def range(self, block: int) -> range:
        """Return the entities of a block, which follow those of the block before."""
        ...


class Period(Protocol):
    """Rows of all blocks, by window."""

    def rows_before(self, window: int) -> int:
        """Return the rows in the windows before one."""
        ...

    def rated_before(self, rate: Fraction, key: Key, window: int) -> int:
        """Return how many of those a rate takes; the key is the purpose's own."""
        ...


class Closed:
    """A period of so many rows, shared over its windows by their weights; a rate is met exactly over all of it.

    Args:
        rows: of the period, 0 or more.
        weights: of its windows, integers of 0 or more, not all zero unless there are no rows.
        key: key of the shares.
    """

    def __init__(self, rows: int, weights: Ints, key: Key) -> None:
        self._rows = rows
        self._marks = marks(rows, cumulative_of(weights), key)

    def rows_before(self, window: int) -> int:
        """Return the rows in the windows before one."""
        return int(self._marks[window])

    def rated_before(self, rate: Fraction, key: Key, window: int) -> int:
        """Return how many of those a rate takes."""
        whole = self._rows
        return share(half_even(rate, whole), 0, self.rows_before(window), whole, key)


class Open:
    """A period without an end: the same rows in every window; a rate is met to within one row at any time."""

    def __init__(self, rows_per_window: int) -> None:
        self._rows = rows_per_window

    def rows_before(self, window: int) -> int:
        """Return the rows in the windows before one."""
        return window * self._rows

    def rated_before(self, rate: Fraction, key: Key, window: int) -> int:
        """Return how many of those a rate takes."""
        return int(rate * self.rows_before(window) + Fraction(key.integer(1 << 32), 1 << 32))


class Timed:
    """Counts of a table whose rows lie in the windows of a period.

    Args:
        period: rows of all blocks.
        blocks: what blocks hold.
        key: key of the counts.
    """

    def __init__(self, period: Period, blocks: Held, key: Key) -> None:
        self.period, self._blocks, self._key = period, blocks, key
        # Every block asks for the same windows' counts, and exact fractions are slow.
        self._rated_before = lru_cache(maxsize=_RATES_KEPT)(self._make_rated_before)
        self._offset = lru_cache(maxsize=_WINDOWS_KEPT)(self._make_offset)

    def window_rows(self, window: int) -> int:
        """Return the rows of all blocks in a window."""
        return self.period.rows_before(window + 1) - self.period.rows_before(window)

    def marks(self, block: int, window: int) -> tuple[int, int]:
        """Return a window's rows in the blocks before one, and up to and with it."""
        whole = self._blocks.entities
        if whole == 0:
            return 0, 0
        rows, offset, own = self.window_rows(window), self._offset(window), self._blocks.range(block)
        return (rows * own.start + offset) // whole, (rows * own.stop + offset) // whole

    def rows(self, block: int, window: int) -> int:
        """Return the rows of a tile."""
        before, after = self.marks(block, window)
        return after - before

    def rated(self, rate: Fraction, purpose: str, block: int, window: int) -> int:
        """Return how many of a tile's rows a rate takes: exact over the period, never more than the tile has."""
        count = self._rated_before(rate, purpose, window + 1) - self._rated_before(rate, purpose, window)
        before, after = self.marks(block, window)
        return share(count, before, after, self.window_rows(window), self._key.child("rate", purpose, str(window)))

    def _make_rated_before(self, rate: Fraction, purpose: str, window: int) -> int:
        return self.period.rated_before(rate, self._key.child("rate", purpose), window)

    def _make_offset(self, window: int) -> int:
        return self._key.child("blocks", str(window)).integer(self._blocks.entities)


class Untimed:
    """Counts of a table of one row an entity in each window, where a rate is met in every window by itself.

    A table without time has window 0 alone; the visits of a trial are windows too.

    Args:
        blocks: what blocks hold.
        key: key of the counts.
    """

    def __init__(self, blocks: Held, key: Key) -> None:
        self._blocks, self._key = blocks, key

    def rows(self, block: int, window: int) -> int:  # noqa: ARG002
        """Return the rows of a tile: as many as its block has entities, whatever the window."""
        return len(self._blocks.range(block))

    def rated(self, rate: Fraction, purpose: str, block: int, window: int) -> int:
        """Return how many of a tile's rows a rate takes: exact over the blocks of a window."""
        return self.owed(half_even(rate, self._blocks.entities), self._key.child(purpose, str(window)), block)

    def owed(self, count: int, key: Key, block: int) -> int:
        """Return a block's share of a count by its entities; one key, one way to round."""
        own = self._blocks.range(block)
        return share(count, own.start, own.stop, self._blocks.entities, key.child("owed"))
