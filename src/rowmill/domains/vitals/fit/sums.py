"""What is added up over subjects: all that a fit needs to know of a pilot, in memory that does not grow with its rows.

Everything is a sum of whole numbers, so neither the order of the subjects nor the size of a batch changes anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from rowmill.domains.vitals.fit.pilot import Batch
from rowmill.draw.arrays import Flags, Ints

ORIGIN = np.array([130_000, 78_000, 72_000, 36_600])
"""Values are added up as departures from here, thousandths of a unit, by vital: small numbers have exact squares."""
BINS = 4096
BIN_WIDTH = np.array([100, 100, 100, 10])
"""Width of a histogram's bins, thousandths of a unit, by vital."""
_MOST_PATTERNS = 2048
"""Patterns of missing readings that are told apart; more than that come only from readings missing at random."""


@dataclass(frozen=True)
class Group:
    """Subjects of one arm with readings in the same places."""

    arm: int
    seen: Flags
    """bool[cells]; cells are visits × 4 vitals."""
    subjects: int
    total: Ints
    """Σ y, int64[cells], 0 where nothing was seen."""
    product: Ints
    """Σ y·yᵀ, int64[cells, cells]."""

    def plus(self, other: Group) -> Group:
        """Return both together."""
        return Group(
            self.arm,
            self.seen,
            self.subjects + other.subjects,
            self.total + other.total,
            self.product + other.product,
        )


@dataclass
class Sums:
    """Sufficient statistics of a pilot; values count from ``ORIGIN``."""

    arms: int
    visits: int
    groups: dict[tuple[int, bytes], Group] = field(default_factory=dict)
    histogram: Ints = field(init=False)
    """Visit means by arm, cell and bin, int64[arms, cells, BINS]."""
    last: Ints = field(init=False)
    """Subjects by arm and the last visit that they came to, int64[arms, visits]."""
    skipped: Ints = field(init=False)
    """Subjects by visit who did not come but came later, int64[visits]."""
    previous: Ints = field(init=False)
    """By arm, visit, and stayed or left: subjects with four readings at the visit before and their sums, int64[arms,
    visits, 2, 5]."""

    def __post_init__(self) -> None:
        self.histogram = np.zeros((self.arms, self.visits * 4, BINS), np.int64)
        self.last = np.zeros((self.arms, self.visits), np.int64)
        self.skipped = np.zeros(self.visits, np.int64)
        self.previous = np.zeros((self.arms, self.visits, 2, 5), np.int64)

    @cached_property
    def origin(self) -> Ints:
        """Return the origin of each cell, thousandths of a unit."""
        return np.tile(ORIGIN, self.visits)

    def add(self, batch: Batch) -> None:
        """Add whole subjects."""
        value = np.where(batch.seen, batch.value - self.origin, 0)
        self._add_groups(batch, value)
        self._add_histogram(batch)
        came = np.any(batch.seen.reshape(-1, self.visits, 4), axis=2)
        last = self.visits - 1 - came[:, ::-1].argmax(axis=1)
        np.add.at(self.last, (batch.arm, last), 1)
        self.skipped += (~came & (np.arange(self.visits) < last[:, None])).sum(axis=0)
        for visit in range(1, self.visits):
            before = slice(visit * 4 - 4, visit * 4)
            known = (last >= visit - 1) & batch.seen[:, before].all(axis=1)
            row = np.concatenate((np.ones((len(last), 1), np.int64), value[:, before]), axis=1)
            np.add.at(self.previous, (batch.arm[known], visit, (last < visit)[known].astype(int)), row[known])

    def _add_groups(self, batch: Batch, value: Ints) -> None:
        seen = batch.seen
        if len(self.groups) >= _MOST_PATTERNS:
            seen = np.repeat(seen.reshape(-1, self.visits, 4).all(axis=2), 4, axis=1)
        keys = np.concatenate((batch.arm[:, None].astype(np.uint8), np.packbits(seen, axis=1)), axis=1)
        _, first, of = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        for place, example in enumerate(first.tolist()):
            mine = value[of == place] * seen[example]
            group = Group(int(batch.arm[example]), seen[example], len(mine), mine.sum(axis=0), mine.T @ mine)
            key = (group.arm, keys[example].tobytes())
            self.groups[key] = self.groups[key].plus(group) if key in self.groups else group

    def _add_histogram(self, batch: Batch) -> None:
        subject, cell = np.nonzero(batch.seen)
        place = np.clip(batch.value[subject, cell] // BIN_WIDTH[cell % 4], 0, BINS - 1)
        np.add.at(self.histogram, (batch.arm[subject], cell, place), 1)

    @cached_property
    def readings(self) -> Ints:
        """Return the subjects with a reading, int64[arms, cells]."""
        return np.asarray(self.histogram.sum(axis=2))


def add_up(arms: int, visits: int, batches: Iterable[Batch]) -> Sums:
    """Return the sums over all subjects."""
    sums = Sums(arms, visits)
    for batch in batches:
        sums.add(batch)
    return sums
