"""Scanning a table with Polars: projection, predicate and row limit reach generation.

The source applies every predicate itself, so a window is skipped only to save work. What a predicate says about time is
read from Polars' own serialised expression; any form that is not understood skips nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rowmill.api.batches import plain_batch, polars_schema
from rowmill.core.errors import UsageError
from rowmill.core.units import MICROS_PER_DAY
from rowmill.model.calendar import Calendar
from rowmill.model.dataset import Dataset
from rowmill.model.frame import Cells, Dictionary
from rowmill.model.table import FindsEntities, Table, Tile

if TYPE_CHECKING:
    import polars as pl

Bounds = tuple[int | None, int | None]
"""Earliest and latest instant that may satisfy a predicate, inclusive, microseconds UTC; None for no bound."""

_FLIPPED = {"Lt": "Gt", "LtEq": "GtEq", "Gt": "Lt", "GtEq": "LtEq", "Eq": "Eq"}


Entities = Sequence[int] | Sequence[str]
"""Entities as the column that names them shows them."""


def scan(model: Dataset, table: Table, entities: Entities | None) -> pl.LazyFrame:
    """Return a lazy frame over a table; see ``LazyTable.scan``."""
    import polars as pl
    from polars.io.plugins import register_io_source

    blocks, entity = (range(table.blocks), None) if entities is None else _cut(table, entities)
    types = polars_schema(table.schema)

    def source(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, _batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        wanted = list(table.schema.names if columns is None else columns)
        roots = [] if predicate is None else predicate.meta.root_names()
        needed = [name for name in table.schema.names if name in wanted or name in roots or name == entity]
        windows = _windows(model, table, None if rows is not None else predicate)
        left = rows
        for tile in _tiles(table, blocks, windows, needed):
            frame = pl.DataFrame(pl.from_arrow(plain_batch(tile.frame, table.schema)))
            if entity is not None:
                frame = frame.filter(pl.col(entity).is_in(list(entities or ())))
            # Polars counts the row limit before the predicate.
            if left is not None:
                frame = frame.head(left)
                left -= frame.height
            yield (frame if predicate is None else frame.filter(predicate)).select(wanted)
            if left == 0:
                return

    return register_io_source(source, schema=types, is_pure=True, explain_name=f"rowmill {table.schema.name}")


def _tiles(table: Table, blocks: Sequence[int], windows: range, columns: Sequence[str]) -> Iterator[Tile]:
    if windows:
        for block in blocks:
            yield from (tile for tile in table.tiles(block, windows, columns) if tile.rows)


def _cut(table: Table, entities: Entities) -> tuple[list[int], str]:
    """Return the blocks that hold some entities, and the column that names an entity: the locator that is not time."""
    if isinstance(table, FindsEntities) and (named := table.entity) is not None:
        return _found(table, named, entities), named
    time = table.schema.event_time
    column, *others = [name for name in table.locators if name != time]
    if others:
        raise UsageError(f"entities: {table.schema.name} is not cut by one column; leave them out and filter")
    frame = {column: _named(table, column, entities)}
    if time in table.locators:
        frame[time] = Cells(np.zeros(len(entities), np.int64))
    blocks, _ = table.locate(frame)
    for entity, block in zip(entities, blocks, strict=True):
        if not 0 <= block < table.blocks:
            raise UsageError(f"entities: got {column} {entity}, which does not exist in this dataset")
    return sorted({int(block) for block in blocks}), column


def _found(table: FindsEntities, column: str, entities: Entities) -> list[int]:
    """Return the blocks that a table finds its entities in."""
    blocks: set[int] = set()
    for entity in entities:
        if not isinstance(entity, str):
            raise UsageError(f"entities: got {entity!r}; {column} is a text")
        here = table.blocks_of(entity)
        if not here:
            raise UsageError(f"entities: got {column} {entity}, which does not exist in this dataset")
        blocks.update(here)
    return sorted(blocks)


def _named(table: Table, column: str, entities: Entities) -> Cells:
    """Return entities as cells of the column that names them."""
    texts = table.schema[column].type == "string"
    for entity in entities:
        if isinstance(entity, str) != texts:
            raise UsageError(f"entities: got {entity!r}; {column} is {'a text' if texts else 'a number'}")
    if texts:
        return Cells(np.arange(len(entities), dtype=np.int32), None, Dictionary(map(str, entities)))
    return Cells(np.array(entities, np.int64))


def _windows(model: Dataset, table: Table, predicate: pl.Expr | None) -> range:
    """Return the windows that may hold rows satisfying a predicate."""
    if not table.timed:
        return range(1)
    time = table.schema.event_time
    bounds = (None, None) if predicate is None or time is None else time_bounds(predicate, time)
    return days_within(model.calendar, bounds)


def days_within(calendar: Calendar, bounds: Bounds) -> range:
    """Return the windows that overlap a span of time.

    Raises:
        SpecError: if the period is open and nothing bounds it above.
    """
    first, last = (None if bound is None else calendar.position(bound // MICROS_PER_DAY) for bound in bounds)
    start = 0 if first is None else max(first, 0)
    if last is None:
        return range(start, max(start, calendar.slice(None, None).stop))
    stop = last + 1 if calendar.count is None else min(last + 1, calendar.count)
    return range(start, max(start, stop))


def time_bounds(predicate: pl.Expr, column: str) -> Bounds:
    """Return what plain comparisons of a time column, joined by ``and``, leave of time; (None, None) if in doubt."""
    try:
        return _bounds(json.loads(predicate.meta.serialize(format="json")), column)
    except Exception:  # the form is Polars' own and may change: whatever it is then, nothing is skipped
        return None, None


def _bounds(node: Any, column: str) -> Bounds:
    match node:
        case {"BinaryExpr": {"left": left, "op": "And" | "LogicalAnd", "right": right}}:
            return _both(_bounds(left, column), _bounds(right, column))
        case {"BinaryExpr": {"left": {"Column": name}, "op": str(op), "right": literal}} if name == column:
            return _compared(op, literal)
        case {"BinaryExpr": {"left": literal, "op": str(op), "right": {"Column": name}}} if name == column:
            return _compared(_FLIPPED.get(op, op), literal)
        case {
            "Function": {
                "input": [{"Column": name}, low, high],
                "function": {"Boolean": {"IsBetween": {"closed": str()}}},
            }
        } if name == column:
            return _both(_compared("GtEq", low), _compared("LtEq", high))
    return None, None


def _compared(op: str, literal: Any) -> Bounds:
    micros = _instant(literal)
    low = micros if op in ("Gt", "GtEq", "Eq") else None
    high = micros if op in ("Lt", "LtEq", "Eq") else None
    return low, high


def _instant(node: Any) -> int | None:
    """Return the instant that a literal, or an expression of literals such as ``pl.datetime(…)``, stands for."""
    import polars as pl

    text = json.dumps(node)
    if "Column" in text or "AnonymousFunction" in text:
        return None
    found = pl.select(pl.Expr.deserialize(text.encode(), format="json")).to_series()
    if len(found) != 1 or found.dtype not in (pl.Date, pl.Datetime("us", "UTC")):
        return None
    if found.dtype == pl.Date:
        days: int | None = found.to_physical().item()
        return None if days is None else days * MICROS_PER_DAY
    micros: int | None = found.to_physical().item()
    return micros


def _both(one: Bounds, other: Bounds) -> Bounds:
    lows = [bound for bound in (one[0], other[0]) if bound is not None]
    highs = [bound for bound in (one[1], other[1]) if bound is not None]
    return max(lows, default=None), min(highs, default=None)
