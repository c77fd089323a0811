"""The one table of columns: everything that the engine asks of a table, answered once for every domain.

A domain says what its columns are, how many rows a tile has, where a row belongs, and what the functions are given in
each window of a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self

import numpy as np

from rowmill.core.keys import Key
from rowmill.core.units import MICROS_PER_DAY
from rowmill.draw.arrays import Ints
from rowmill.model.blocks import Blocks
from rowmill.model.columns import Column, ColumnSet, Identity
from rowmill.model.frame import Cells, Frame
from rowmill.model.schema import Schema
from rowmill.model.table import FindsEntities, Tile, in_order


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows a tile has, told without making it."""

    rows: Callable[[int, int], int | None]
    """Exact rows of (block, window); None where only making tells."""
    weight: Callable[[int, int], int]
    """About how many rows (block, window) has: plans cut parts by it."""

    @classmethod
    def exact(cls, rows: Callable[[int, int], int]) -> Counts:
        """Return counts that are known exactly."""
        return cls(rows, rows)

    @classmethod
    def about(cls, weight: Callable[[int, int], int]) -> Counts:
        """Return counts that only making tells exactly."""
        return cls(lambda _block, _window: None, weight)


class Locator(Protocol):
    """Says which tile a row belongs to. One that is a ``FindsEntities`` too finds the blocks of entities itself."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that it reads."""

    def locate(self, frame: Frame) -> tuple[Ints, Ints]:
        """Return (block, window) of each row; block −1 of a row that no tile has."""


@dataclass(frozen=True, slots=True)
class ByEntity:
    """Finds a row's block by its entity, and its window by its time where there is one."""

    entity: str
    """Column that names the entity."""
    block_of: Callable[[Cells], Ints]
    """Block of each of its cells; −1 where there is no such entity."""
    time: str | None = None
    """Column of instants; None for a table without time."""
    first_day: int = 0
    """Day of window 0, counted from 1970-01-01."""

    @classmethod
    def numbered(cls, entity: str, blocks: Blocks, time: str | None = None, first_day: int = 0) -> Self:
        """Return what finds rows by ids that count the entities of blocks from 1."""
        return cls(entity, lambda cells: blocks.of(cells.values.astype(np.int64) - 1), time, first_day)

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the entity's column, and that of the time."""
        return (self.entity,) if self.time is None else (self.entity, self.time)

    def locate(self, frame: Frame) -> tuple[Ints, Ints]:
        """Return (block, window) of each row: the day of its time, or 0."""
        block = self.block_of(frame[self.entity])
        if self.time is None:
            return block, np.zeros(len(block), np.int64)
        return block, frame[self.time].values.astype(np.int64) // MICROS_PER_DAY - self.first_day


@dataclass(frozen=True, slots=True)
class OneTile:
    """All rows belong to one tile: block 0, window 0."""

    column: str
    """Any column of the table."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return that column."""
        return (self.column,)

    def locate(self, frame: Frame) -> tuple[Ints, Ints]:
        """Return (0, 0) of each row."""
        place = np.zeros(len(frame[self.column]), np.int64)
        return place, place


@dataclass(frozen=True, slots=True)
class Given:
    """What the functions of a table are given in one tile."""

    window: int
    inputs: Mapping[str, Any]
    """Value of every input that the columns may need."""
    identity: Identity
    """Identity of each row in order: what the words of a column are keyed by."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many of the rows something is said of, by word: what a run reports as shares."""


Giver = Callable[[int, range, frozenset[str]], Iterator[Given]]
"""Yields what is given in each window of a block, in order: a block is a fold over windows.

It is called with (block, windows, names): the names of all columns, steps and inputs that will be needed.
"""


NUMBERED = ("number", "block", "window")
"""Inputs of a table whose rows are given by numbers alone."""


def numbered(numbers: Callable[[int, int], Ints]) -> Giver:
    """Return what gives the functions of each tile the number of each row, and the tile's block and window.

    Args:
        numbers: of (block, window), the number of each of its rows in order, int64; it is the row's identity.
    """

    def tile(block: int, window: int) -> Given:
        number = numbers(block, window)
        return Given(window, {"number": number, "block": block, "window": window}, lambda: number)

    return lambda block, windows, _names: (tile(block, window) for window in windows)


@dataclass(frozen=True)
class ColumnTable:
    """A table whose columns are functions."""

    schema: Schema
    columns: ColumnSet
    blocks: int
    counts: Counts
    locator: Locator
    given: Giver
    key: Key
    """Key of the table: a column draws from ``key.child(its name)``."""
    timed: bool = False
    origins: ColumnSet | None = None
    """Steps by which what is given was made, for who asks what a column is made from."""

    def __post_init__(self) -> None:
        made = tuple(field.name for field in self.columns.fields)
        if made != self.schema.names:
            raise ValueError(f"{self.schema.name}: declares {self.schema.names}, but its columns are {made}")

    def rows(self, block: int, window: int) -> int | None:
        """Return the exact number of rows of a tile; None where this spec leaves it to the making."""
        return self.counts.rows(block, window)

    def weight(self, block: int, window: int) -> int:
        """Return about how many rows a tile holds."""
        return self.counts.weight(block, window)

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        """Yield the tiles of a block in a range of windows; only what the columns need is computed.

        Raises:
            UsageError: if a column is unknown.
        """
        names = in_order(self.schema, columns)
        if not self.timed:
            windows = range(1) if 0 in windows else range(0)
        for given in self.given(block, windows, self.columns.needed(names)) if windows else ():
            frame = self.columns.compute(names, given.inputs, self.key, given.identity)
            yield Tile(block, given.window, frame, given.counts)

    @property
    def locators(self) -> tuple[str, ...]:
        """Return the columns that tell a row's tile."""
        return self.locator.columns

    def locate(self, frame: Frame) -> tuple[Ints, Ints]:
        """Return (block, window) of each row."""
        return self.locator.locate(frame)

    @property
    def entity(self) -> str | None:
        """Return the column that names entities where no single locator tells their blocks."""
        return self.locator.entity if isinstance(self.locator, FindsEntities) else None

    def blocks_of(self, entity: str) -> list[int]:
        """Return the blocks that hold an entity of that column."""
        return self.locator.blocks_of(entity) if isinstance(self.locator, FindsEntities) else []

    def lineage(self) -> Mapping[str, tuple[str, ...]]:
        """Return what each column and step needs, in the order of computation."""
        before = {} if self.origins is None else self.origins.lineage()
        return {**before, **self.columns.lineage()}

    def words(self) -> Mapping[str, str]:
        """Return what the function of each column and step says that it makes."""
        return {**({} if self.origins is None else self.origins.words()), **self.columns.words()}

    def with_column(self, column: Column) -> ColumnTable:
        """Return a table with one more column at its end; no other value changes."""
        if column.field is None:
            raise ValueError(f"{self.schema.name}: a step is no column; give it a field")
        columns = self.columns.with_column(column)
        return replace(self, columns=columns, schema=replace(self.schema, fields=(*self.schema.fields, column.field)))
