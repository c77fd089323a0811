"""The rows that two sets of files do not share, matched by primary key with DuckDB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from rowmill.model.schema import FieldType, Schema

SQL_TYPES: Final[Mapping[FieldType, str]] = MappingProxyType(
    {
        "int8": "TINYINT",
        "int16": "SMALLINT",
        "int32": "INTEGER",
        "int64": "BIGINT",
        "float64": "DOUBLE",
        "bool": "BOOLEAN",
        "string": "VARCHAR",
        "enum": "VARCHAR",
        "timestamp": "TIMESTAMPTZ",
        "date": "DATE",
        "json": "VARCHAR",
    }
)
"""What DuckDB reads each type as."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One fact that two sides state differently; None where one of them has none."""

    name: str
    left: Any
    right: Any


@dataclass(frozen=True, slots=True)
class RowDifference:
    """One row, by its primary key, that two sides do not share. Values are text."""

    table: str
    key: dict[str, str]
    only: str | None
    """``left`` or ``right`` where the row stands on that side only."""
    cells: tuple[Pair, ...]
    """Differing cells; empty where the row stands on one side only."""


@dataclass(frozen=True, slots=True)
class Side:
    """The files of one table at one destination."""

    files: tuple[str, ...]
    columns: tuple[str, ...] | None
    """Columns that the files hold, in the schema's order; None for all."""

    def held(self, schema: Schema) -> tuple[str, ...]:
        """Return the columns that the files hold."""
        return schema.names if self.columns is None else self.columns

    def relation(self, schema: Schema) -> str:
        """Return SQL that reads the files in the schema's types."""
        names = ", ".join(f"'{name.replace(chr(39), chr(39) * 2)}'" for name in self.files)
        if any(".csv" in name.rpartition("/")[2] for name in self.files):
            types = ", ".join(f"'{name}': '{SQL_TYPES[schema[name].type]}'" for name in self.held(schema))
            return f"read_csv([{names}], header = true, columns = {{{types}}})"
        return f"read_parquet([{names}], hive_partitioning = false)"


def differing_rows(schema: Schema, left: Side, right: Side, *, limit: int) -> list[RowDifference]:
    """Return the first rows, by primary key, that stand on one side only or differ in a column that both hold."""
    import duckdb

    shared = [name for name in left.held(schema) if name in right.held(schema)]
    if not set(schema.primary_key) <= set(shared):
        return []
    keys = list(schema.primary_key)
    cells = [name for name in shared if name not in keys]
    differs = " OR ".join(f'l."{name}" IS DISTINCT FROM r."{name}"' for name in cells) or "false"
    shown = [f'CAST(coalesce(l."{name}", r."{name}") AS VARCHAR)' for name in keys]
    shown += [f'CAST({side}."{name}" AS VARCHAR)' for name in cells for side in "lr"]
    joined = " AND ".join(f'l."{name}" = r."{name}"' for name in keys)
    order = ", ".join(f'coalesce(l."{name}", r."{name}")' for name in keys)
    missing = [f'{side}."{keys[0]}" IS NULL' for side in "lr"]
    query = (
        f"SELECT {', '.join([*missing, *shown])} FROM {left.relation(schema)} l "  # noqa: S608 - names are the schema's
        f"FULL JOIN {right.relation(schema)} r ON {joined} "
        f"WHERE {' OR '.join(missing)} OR {differs} ORDER BY {order} LIMIT {limit}"
    )
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        rows = connection.execute(query).fetchall()
    return [_difference(schema.name, keys, cells, row) for row in rows]


def _difference(table: str, keys: list[str], cells: list[str], row: tuple[Any, ...]) -> RowDifference:
    absent_left, absent_right, *values = row
    key = dict(zip(keys, values, strict=False))
    rest = values[len(keys) :]
    pairs = (Pair(name, rest[2 * n], rest[2 * n + 1]) for n, name in enumerate(cells))
    if absent_left or absent_right:
        return RowDifference(table, key, "right" if absent_left else "left", ())
    return RowDifference(table, key, None, tuple(pair for pair in pairs if pair.left != pair.right))
