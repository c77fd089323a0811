"""Tables of a file of DuckDB that somebody else filled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
from xxhash import xxh3_64_hexdigest

from rowmill.core.errors import UsageError
from rowmill.model import ddl
from rowmill.model.schema import ForeignKey
from rowmill.quality.sources.scanning import connected, readable, streamed
from rowmill.sinks.databases.duck.opening import explained

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MAIN: Final = "main"


@dataclass(frozen=True, slots=True)
class DuckTable:
    """A table of a file. Views are none: what they read lies elsewhere."""

    place: Path
    space: str
    """Schema that it lies in."""
    table: str
    arrow: pa.Schema
    rows: int
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    schema: None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """Return its name, after that of its schema where it is not the usual one."""
        return _named(self.space, self.table)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows, some at a time."""
        with connected() as connection:
            names = self.arrow.names if columns is None else columns
            yield from streamed(connection, self.relation(connection), names, f"{self.place}: {self.name}")

    def relation(self, connection: DuckDBPyConnection) -> str:
        """Return its name; the file stays open as long as the connection."""
        return f"{attached(connection, self.place)}.{ddl.name(self.space)}.{ddl.name(self.table)}"


def attached(connection: DuckDBPyConnection, place: Path) -> str:
    """Open a file of DuckDB for reading in a connection, once, and return the name that it has there.

    Raises:
        DestinationError: if it is none, or another program has it open.
        IntegrityError: if it is damaged.
    """
    alias = f"file_{xxh3_64_hexdigest(str(place.resolve()).encode('utf-8', 'surrogateescape'))}"
    with explained(place):
        connection.execute(f"ATTACH IF NOT EXISTS {ddl.literal(str(place.resolve()))} AS {alias} (READ_ONLY)")
    return alias


def duck_tables(place: Path) -> dict[str, DuckTable]:
    """Return the tables of a file, in the order of their names.

    Raises:
        DestinationError: if it is none of DuckDB, or another program has it open.
        UsageError: if it has no table.
    """
    found = dict[str, DuckTable]()
    with connected() as connection, readable(str(place)):
        alias = attached(connection, place)
        keys = _keys(connection, alias)
        names = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? AND NOT internal "
            "ORDER BY schema_name <> ?, schema_name, table_name",
            [alias, _MAIN],
        ).fetchall()
        for space, table in names:
            relation = f"{alias}.{ddl.name(space)}.{ddl.name(table)}"
            ((rows,),) = connection.execute(f"SELECT count(*) FROM {relation}").fetchall()
            arrow = connection.sql(f"SELECT * FROM {relation} LIMIT 0").to_arrow_table().schema
            primary, foreign = keys.get((space, table), ((), ()))
            made = DuckTable(place, space, table, arrow, rows, primary, foreign)
            found[made.name] = made
    if not found:
        raise UsageError(f"{place}: holds no table")
    return found


def _keys(
    connection: DuckDBPyConnection, alias: str
) -> dict[tuple[str, str], tuple[tuple[str, ...], tuple[ForeignKey, ...]]]:
    """Return primary key and foreign keys of each table that has some."""
    rows = connection.execute(
        "SELECT schema_name, table_name, constraint_type, constraint_column_names, referenced_table, "
        "referenced_column_names FROM duckdb_constraints() WHERE database_name = ?",
        [alias],
    ).fetchall()
    found = dict[tuple[str, str], tuple[tuple[str, ...], tuple[ForeignKey, ...]]]()
    for space, table, kind, columns, other, references in rows:
        primary, foreign = found.get((space, table), ((), ()))
        if kind == "PRIMARY KEY":
            primary = tuple(columns)
        elif kind == "FOREIGN KEY":
            foreign += (ForeignKey(tuple(columns), _named(space, other), tuple(references)),)
        found[space, table] = primary, foreign
    return found


def _named(space: str, table: str) -> str:
    return table if space == _MAIN else f"{space}.{table}"
