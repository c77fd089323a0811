"""Tables of a file of DuckDB: made from their schemas, filled from files that wait, emptied file by file."""

from __future__ import annotations

import glob
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.model import ddl
from rowmill.model.schema import Schema
from rowmill.sinks.base import Written
from rowmill.sinks.databases.duck.books import FILES, has_table
from rowmill.sinks.databases.rows import PART, ROW

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SCHEMA = "rowmill.schema"
"""Fact of a waiting file: the schema of its table."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file whose rows stand in a table."""

    number: int
    name: str
    """Of the table."""
    path: str
    rows: int
    bytes: int
    checksum: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A file whose rows wait for a table."""

    written: Written
    place: Path
    """Where it lies."""
    schema: Schema
    columns: tuple[str, ...]
    facts: Mapping[str, str]


def waiting(written: Written, place: Path) -> Waiting:
    """Return a file that waits, with what it says of itself.

    Raises:
        IntegrityError: if it is none of ours, or damaged.
    """
    try:
        footer = pq.read_metadata(place)
        stored = {key.decode(): value.decode() for key, value in (footer.metadata or {}).items()}
        schema = Schema.from_json(json.loads(stored.pop(SCHEMA)))
    except (OSError, ValueError, LookupError) as error:
        raise IntegrityError(f"{place}: cannot be read ({error}); write it again with --overwrite") from None
    facts = {key: value for key, value in stored.items() if key.startswith("rowmill.")}
    return Waiting(written, place, schema, tuple(footer.schema.to_arrow_schema().names), facts)


def stored_files(connection: DuckDBPyConnection, column: str = "", value: str = "") -> list[Stored]:
    """Return the files whose rows stand in the tables, all or those of which a column has a value."""
    if not has_table(connection, FILES):
        return []
    chosen, values = (f"WHERE {column} = ?", [value]) if column else ("", [])
    found = connection.execute(
        f"SELECT number, name, path, rows, bytes, checksum, facts FROM {FILES} {chosen} ORDER BY number", values
    )
    return [
        Stored(number, name, path, count, size, checksum, json.loads(facts))
        for number, name, path, count, size, checksum, facts in found.fetchall()
    ]


def has_columns(connection: DuckDBPyConnection, table: str, columns: Collection[str]) -> bool:
    """Return whether a table has some columns."""
    found = connection.execute(
        "SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() "
        "AND schema_name = current_schema() AND lower(table_name) = lower(?)",
        [table],
    )
    return set(columns) <= {name for (name,) in found.fetchall()}


def counted(connection: DuckDBPyConnection, table: str) -> dict[int, int]:
    """Return the rows of each file that stand in a table, by the file's number."""
    found = connection.execute(f"SELECT {PART}, count(*) FROM {ddl.name(table)} GROUP BY ALL").fetchall()
    return dict(found)


class Loading:
    """What becomes of the tables of a file, in the transaction of a connection.

    Args:
        connection: to the file.
        shown: what to call the file.
    """

    def __init__(self, connection: DuckDBPyConnection, shown: str) -> None:
        self._connection = connection
        self._shown = shown
        self._stored = {file.path: file for file in stored_files(connection)}
        self._next = 1 + max((file.number for file in self._stored.values()), default=0)

    @property
    def paths(self) -> Collection[str]:
        """Return the paths of the files whose rows stand there."""
        return self._stored.keys()

    def remove(self, paths: Collection[str]) -> None:
        """Remove the rows of some files, and tables that are left with none."""
        gone = [self._stored.pop(path) for path in sorted(set(paths) & self._stored.keys())]
        stay = {file.name for file in self._stored.values()}
        for name in dict.fromkeys(file.name for file in gone):
            numbers = [file.number for file in gone if file.name == name]
            if name not in stay:
                self._connection.execute(f"DROP TABLE IF EXISTS {ddl.name(name)}")
            elif has_table(self._connection, name):
                self._connection.execute(f"DELETE FROM {ddl.name(name)} WHERE list_contains(?, {PART})", [numbers])
            self._connection.execute(f"DELETE FROM {FILES} WHERE list_contains(?, number)", [numbers])

    def add(self, file: Waiting) -> None:
        """Put the rows of a file into its table, which is made where it is not there.

        Raises:
            DestinationError: if something else has the name of the table.
            IntegrityError: if not all rows arrive.
        """
        name, written = file.schema.name, file.written
        there = has_table(self._connection, name)
        if there and name not in {each.name for each in self._stored.values()}:
            raise foreign(self._shown, name)
        if not there:
            self._make(file.schema, file.columns)
        columns, number = ddl.names(file.columns), self._next
        found = self._connection.execute(
            f"INSERT INTO {ddl.name(name)} ({columns}, {PART}, {ROW}) SELECT {columns}, ?, file_row_number "
            "FROM read_parquet(?, file_row_number = true, hive_partitioning = false)",
            [number, glob.escape(str(file.place))],
        ).fetchone()
        if found != (written.rows,):
            raise IntegrityError(f"{self._shown}: {written.path} lacks rows of {written.rows}; write it again")
        facts = json.dumps(dict(file.facts))
        stored = Stored(number, name, written.path, written.rows, written.bytes, written.checksum, file.facts)
        self._connection.execute(
            f"INSERT INTO {FILES} (number, name, path, rows, bytes, checksum, facts) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [number, name, written.path, written.rows, written.bytes, written.checksum, facts],
        )
        self._stored[written.path] = stored
        self._next += 1

    def _make(self, schema: Schema, columns: Collection[str]) -> None:
        self._connection.execute(f"CREATE TABLE {ddl.name(schema.name)} ({', '.join(_lines(schema, columns))})")
        for statement in ddl.comments(schema, columns):
            self._connection.execute(statement)
        said = "Bookkeeping of rowmill: number of the file that the row is of, and its place in it."
        for name in (PART, ROW):
            self._connection.execute(f"COMMENT ON COLUMN {ddl.name(schema.name)}.{name} IS {ddl.literal(said)}")


def foreign(shown: str, table: str) -> DestinationError:
    """Return the error of a table that is none of ours."""
    return DestinationError(f"{shown}: holds a table {table!r} that no run wrote; drop it, or choose another file")


def _lines(schema: Schema, columns: Collection[str]) -> Iterator[str]:
    """Yield the columns and keys of a table. Foreign keys are left out: they triple what loading costs."""
    yield from (ddl.column(field) for field in schema.fields if field.name in columns)
    yield f"{PART} INTEGER NOT NULL"
    yield f"{ROW} BIGINT NOT NULL"
    if schema.primary_key and set(schema.primary_key) <= set(columns):
        yield f"PRIMARY KEY ({ddl.names(schema.primary_key)})"
    yield from (f"UNIQUE ({ddl.names(group)})" for group in schema.unique if set(group) <= set(columns))
