"""Blocks: fixed ranges of entities of one size. An entity stays in its block however many come after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rowmill.draw.arrays import Integers, Ints


@dataclass(frozen=True, slots=True)
class Blocks:
    """Entities 0 … entities − 1, cut into blocks of ``size``; the last one may be smaller."""

    entities: int
    size: int

    def __post_init__(self) -> None:
        if self.entities < 0 or self.size < 1:
            raise ValueError(f"blocks: got {self.entities} entities in blocks of {self.size}; 0 or more, 1 or more")

    @property
    def count(self) -> int:
        """Return the number of blocks."""
        return -(-self.entities // self.size)

    def range(self, block: int) -> range:
        """Return the entities of a block, 0 … count − 1; none of a block that does not exist."""
        return range(min(block * self.size, self.entities), min((block + 1) * self.size, self.entities))

    def numbers(self, block: int) -> Ints:
        """Return the entities of a block as an array, int64[entities of the block]."""
        own = self.range(block)
        return np.arange(own.start, own.stop, dtype=np.int64)

    def of(self, numbers: Integers) -> Ints:
        """Return the block of each entity, int64; −1 of numbers that no entity has."""
        whole = numbers.astype(np.int64)
        return np.where((whole >= 0) & (whole < self.entities), whole // self.size, -1)
