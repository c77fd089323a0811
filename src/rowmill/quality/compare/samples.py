"""What metrics are computed of: rows of several tables, as codes on scales that these tables share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from rowmill.draw.arrays import Flags, Floats, Ints

Codes = NDArray[np.int32]
"""Places on scales; −1 for null."""
Kind = Literal["number", "category"]


@dataclass(frozen=True, eq=False)
class Scale:
    """The values that one column has in any of the tables."""

    name: str
    kind: Kind
    grid: Floats
    """Of numbers the distinct values in order, float64[k], instants in seconds; of categories 0 … k − 1."""
    labels: tuple[str, ...]
    """Of categories their texts, those that are most frequent in the real table first; of numbers none."""
    bins: NDArray[np.int16]
    """The bin of each place, int16[k + 1]; the last one is that of null."""
    levels: int
    """How many bins there are, that of null included."""
    clock: bool = False
    """Whether it tells the time of the day."""


@dataclass(frozen=True)
class Common:
    """What the tables have in common: the scales, and which of them tell time and arm."""

    scales: tuple[Scale, ...]
    time: int | None = None
    arm: int | None = None
    keyed: bool = False
    """Whether entities have rows; without a key each row is an entity of its own."""

    def numbers(self) -> list[int]:
        """Return the numeric columns, time and arm apart."""
        return [i for i, each in enumerate(self.scales) if each.kind == "number" and i not in {self.time, self.arm}]

    def categories(self) -> list[int]:
        """Return the categorical columns, the arm apart."""
        return [i for i, each in enumerate(self.scales) if each.kind == "category" and i != self.arm]


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows of one table, those of an entity together and in the order of time."""

    shared: Common
    codes: Codes
    """int32[rows, columns]."""
    starts: Ints
    """Where the rows of each entity begin, and where the last ones end, int64[entities + 1]."""

    @property
    def rows(self) -> int:
        """Return how many rows it has."""
        return len(self.codes)

    @property
    def entities(self) -> int:
        """Return how many entities it has."""
        return len(self.starts) - 1

    @cached_property
    def entity(self) -> Ints:
        """Return the entity of each row, 0 … entities − 1."""
        return np.repeat(np.arange(self.entities), np.diff(self.starts))

    @cached_property
    def first(self) -> Flags:
        """Return which rows are the first ones of their entities."""
        found = np.zeros(self.rows, bool)
        found[self.starts[:-1]] = True
        return found

    @cached_property
    def bins(self) -> NDArray[np.int16]:
        """Return the bins of all values, int16[columns, rows]."""
        return np.stack([scale.bins[self.codes[:, i]] for i, scale in enumerate(self.shared.scales)])

    @cached_property
    def numbers(self) -> Floats:
        """Return the values of ``shared.numbers()``, float64[rows, numbers]; NaN for null."""
        chosen = [self.values(i) for i in self.shared.numbers()]
        return np.column_stack(chosen) if chosen else np.empty((self.rows, 0))

    def values(self, column: int) -> Floats:
        """Return the values of a column, float64[rows]: numbers, or places of categories; NaN for null."""
        codes = self.codes[:, column]
        return np.append(self.shared.scales[column].grid, np.nan)[codes]

    def counts(self, column: int) -> Floats:
        """Return how often each place of a scale occurs, float64[k]; nulls are not counted."""
        scale = self.shared.scales[column]
        return np.bincount(self.codes[:, column] + 1, minlength=len(scale.grid) + 1)[1:].astype(float)

    def take(self, entities: Ints) -> Sample:
        """Return the rows of some entities; one that is named twice becomes two."""
        length = np.diff(self.starts)[entities]
        return Sample(self.shared, self.codes[rows_of(self.starts, entities)], np.append(0, np.cumsum(length)))

    def independent(self, random: Generator) -> Sample:
        """Return its columns, each shuffled over all rows by itself: every column is right, and no relation is."""
        return Sample(self.shared, random.permuted(self.codes, axis=0), self.starts)

    def noise(self, random: Generator) -> Sample:
        """Return rows in which every column is uniform over its range, or over its categories, without nulls."""
        columns = []
        for scale in self.shared.scales:
            if scale.kind == "category" or not len(scale.grid):
                columns.append(random.integers(0, max(len(scale.grid), 1), self.rows))
                continue
            drawn = random.uniform(scale.grid[0], scale.grid[-1], self.rows)
            columns.append(np.clip(np.searchsorted(scale.grid, drawn), 0, len(scale.grid) - 1))
        return Sample(self.shared, np.column_stack(columns).astype(np.int32), self.starts)


def rows_of(starts: Ints, entities: Ints) -> Ints:
    """Return the rows of some entities, one entity after the other, int64[…].

    Args:
        starts: where the rows of each entity begin, and where the last ones end.
        entities: which ones; one may be named twice.
    """
    length = np.diff(starts)[entities]
    ends = np.cumsum(length)
    rows: Ints = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts[entities] - (ends - length), length)
    return rows


def pooled(samples: Sequence[Sample]) -> Sample:
    """Return the entities of several samples as one."""
    shifts = np.cumsum([0, *(each.rows for each in samples)])
    starts = [each.starts[:-1] + shift for each, shift in zip(samples, shifts, strict=False)]
    return Sample(
        samples[0].shared, np.concatenate([each.codes for each in samples]), np.concatenate([*starts, shifts[-1:]])
    )
