"""The rows that two sets of files do not share, matched by what tells rows apart with DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from rowmill.core.errors import RowmillError
from rowmill.model.schema import Field
from rowmill.run.reading import StoredTable

_PRESENT = "_rowmill_present"


@dataclass(frozen=True, slots=True)
class Pair:
    """One fact that two sides state differently; None where one of them has none."""

    name: str
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row, by what tells it apart, that two sides do not share. Values are text."""

    table: str
    key: dict[str, str]
    only: str | None
    """``left`` or ``right`` where the row stands on that side only."""
    cells: tuple[Pair, ...]
    """Differing cells; empty where the row stands on one side only."""


def alike(one: Field, other: Field) -> bool:
    """Return whether cells of two fields can be compared: they have one type, and decimals one scale."""
    return (one.type, one.scale) == (other.type, other.scale)


def shared_columns(left: StoredTable, right: StoredTable) -> list[str]:
    """Return the columns that both sides hold, in one type."""
    return [name for name in left.held if name in right.held and alike(left.schema[name], right.schema[name])]


def differing_rows(left: StoredTable, right: StoredTable, *, limit: int) -> list[RowDifference]:
    """Return the first rows, in the order of their key, that stand on one side only or differ in what both hold.

    Raises:
        IntegrityError: naming a file that is missing or cannot be read.
    """
    schema, shared = left.schema, shared_columns(left, right)
    if not set(schema.row_key) <= set(shared):
        return []
    keys = list(schema.row_key)
    cells = [name for name in shared if name not in keys]
    wanted = pa.schema([_naive(schema[name].arrow) for name in shared])
    rows = _joined({"l": _plain(left, wanted), "r": _plain(right, wanted)}, wanted, keys, limit)
    return [_difference(schema.name, keys, cells, row) for row in rows]


def _plain(side: StoredTable, wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield rows in the types in which both sides are compared."""
    return (batch.cast(wanted) for batch in side.batches(wanted.names))


def _naive(field: pa.Field) -> pa.Field:
    """Return a field that may be null, and whose instants, all UTC, have no zone for a database to shift them by."""
    return pa.field(field.name, pa.timestamp("us") if pa.types.is_timestamp(field.type) else field.type)


def _joined(
    sides: Mapping[str, Iterator[pa.RecordBatch]], columns: pa.Schema, keys: Sequence[str], limit: int
) -> list[tuple[Any, ...]]:
    """Return, of each differing row, whether either side lacks it, the key, and both sides' other columns, as text."""
    import duckdb

    cells = [name for name in columns.names if name not in keys]
    differs = " OR ".join(f'l."{name}" IS DISTINCT FROM r."{name}"' for name in cells) or "false"
    shown = [_text(f'coalesce(l."{name}", r."{name}")', columns.field(name)) for name in keys]
    shown += [_text(f'{side}."{name}"', columns.field(name)) for name in cells for side in sides]
    joined = " AND ".join(f'l."{name}" IS NOT DISTINCT FROM r."{name}"' for name in keys)
    order = ", ".join(f'coalesce(l."{name}", r."{name}")' for name in keys)
    missing = [f"{side}.{_PRESENT} IS NULL" for side in sides]
    left, right = (f"(SELECT *, true AS {_PRESENT} FROM {side}) {side}" for side in sides)  # noqa: S608 - no text of a user
    query = (
        f"SELECT {', '.join([*missing, *shown])} FROM {left} FULL JOIN {right} ON {joined} "  # noqa: S608 - the schema's names
        f"WHERE {' OR '.join(missing)} OR {differs} ORDER BY {order} LIMIT {min(limit, 2**62)}"
    )
    failures: list[RowmillError] = []
    with duckdb.connect() as connection:
        for side, batches in sides.items():
            connection.register(side, pa.RecordBatchReader.from_batches(columns, _noted(batches, failures)))
        try:
            return connection.execute(query).fetchall()
        except duckdb.Error:
            # The database wraps what its source raises.
            if failures:
                raise failures[0] from None
            raise


def _difference(table: str, keys: list[str], cells: list[str], row: tuple[Any, ...]) -> RowDifference:
    absent_left, absent_right, *values = row
    key = dict(zip(keys, values, strict=False))
    rest = values[len(keys) :]
    pairs = (Pair(name, rest[2 * n], rest[2 * n + 1]) for n, name in enumerate(cells))
    if absent_left or absent_right:
        return RowDifference(table, key, "right" if absent_left else "left", ())
    return RowDifference(table, key, None, tuple(pair for pair in pairs if pair.left != pair.right))


def _noted(batches: Iterator[pa.RecordBatch], failures: list[RowmillError]) -> Iterator[pa.RecordBatch]:
    try:
        yield from batches
    except RowmillError as error:
        failures.append(error)
        raise


def _text(value: str, field: pa.Field) -> str:
    """Return SQL for a value as text; instants as every file of text has them."""
    if pa.types.is_timestamp(field.type):
        return f"strftime({value}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f"CAST({value} AS VARCHAR)"
