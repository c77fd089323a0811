"""Tables yield tiles: the rows of one block of entities in one window of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rowmill.core.errors import UsageError
from rowmill.model.frame import Frame, frame_length
from rowmill.model.mistakes import unknown
from rowmill.model.schema import Schema


@dataclass(frozen=True, slots=True)
class Tile:
    """Rows of one block in one window, in (time, id) order."""

    block: int
    window: int
    frame: Frame
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many of the rows something is said of, by word: what a run reports as shares. No part of the content."""

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return frame_length(self.frame)


@runtime_checkable
class FindsEntities(Protocol):
    """What finds the blocks of entities itself, as no single column tells them."""

    @property
    def entity(self) -> str | None:
        """Return the column that names entities; None where a locator tells their blocks after all."""

    def blocks_of(self, entity: str) -> list[int]:
        """Return the blocks that hold an entity; none where there is no such entity."""


@runtime_checkable
class CountsRows(Protocol):
    """A table that knows how many rows a tile has without making it."""

    def rows(self, block: int, window: int) -> int | None:
        """Return the exact number of rows of a tile; None where this spec leaves it to the making."""


def exact_rows(table: Table, blocks: range, windows: range) -> int | None:
    """Return the exact number of rows of a rectangle of tiles, without making one; None where only making tells.

    Args:
        table: of a dataset.
        blocks: consecutive blocks, such as ``range(table.blocks)``.
        windows: consecutive windows of the dataset's calendar; ``range(1)`` where the table is not timed.
    """
    if not isinstance(table, CountsRows):
        return None
    total = 0
    for block in blocks:
        for window in windows:
            rows = table.rows(block, window)
            if rows is None:
                return None
            total += rows
    return total


def in_order(schema: Schema, columns: Sequence[str] | None) -> tuple[str, ...]:
    """Return names of columns in the schema's order; None stands for all.

    Raises:
        UsageError: if one is unknown.
    """
    if problem := unknown("column", columns or (), schema.names, f"unknown in {schema.name}"):
        raise UsageError(problem)
    return schema.names if columns is None else tuple(name for name in schema.names if name in columns)


def some_in_order(schema: Schema, columns: Sequence[str]) -> tuple[str, ...]:
    """Return names of columns in the schema's order.

    Raises:
        UsageError: if one is unknown, or there is none.
    """
    if not columns:
        raise UsageError(f"columns: got none; name at least one of {schema.name}, or leave it out for all")
    return in_order(schema, columns)


class Table(Protocol):
    """A schema and a rule that yields tiles; the same calls for every table."""

    @property
    def schema(self) -> Schema:
        """Return the declaration of the table's fields."""

    @property
    def blocks(self) -> int:
        """Return the number of blocks, a function of the spec alone."""

    @property
    def timed(self) -> bool:
        """Return whether rows belong to windows of time; a table without time has the single window 0."""

    def weight(self, block: int, window: int) -> int:
        """Return about how many rows a tile holds, cheaply and without making it: plans cut parts by it."""

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        """Yield the tiles of a block in a range of windows, in order.

        Args:
            block: 0 … blocks − 1.
            windows: consecutive windows of the dataset's calendar (``range(1)`` where the table is not timed). What
                lies before them is advanced over, not made.
            columns: names to compute, in any order (the frame keeps the schema's order); None for all.
        """

    def locate(self, frame: Frame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return (block, window) of each row from the columns of ``locators``."""

    @property
    def locators(self) -> tuple[str, ...]:
        """Return the columns that ``locate`` reads."""

    def lineage(self) -> Mapping[str, tuple[str, ...]]:
        """Return what each column and hidden step is made from, in the order of computation."""
