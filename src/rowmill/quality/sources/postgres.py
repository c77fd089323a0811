"""Tables of a schema of PostgreSQL that somebody else filled, read by COPY, some rows at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.csv as pc

from rowmill.core.errors import IntegrityError, UsageError
from rowmill.model import ddl
from rowmill.model.schema import ForeignKey
from rowmill.sinks.databases.postgres.connections import Connections
from rowmill.sinks.databases.postgres.url import Place, place
from rowmill.sinks.registry import destination

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_BLOCK_BYTES: Final = 8 << 20
_PARSE: Final = pc.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
_DECIMAL: Final = re.compile(r"numeric\((\d+),(\d+)\)")
_TYPES: Final[Mapping[str, pa.DataType]] = {
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "oid": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "numeric": pa.float64(),
    "money": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time without time zone": pa.time64("us"),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", "UTC"),
}
"""By the name of a type without its modifiers; any other is read as text."""
_COLUMNS: Final = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'm', 'v', 'f') AND NOT c.relispartition
    ORDER BY c.relname, a.attnum"""
_KEYS: Final = """
    SELECT c.relname, k.contype::text, f.relname,
        ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(n, i)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.i),
        ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, i)
              JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.i)
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid AND f.relnamespace = c.relnamespace
    WHERE n.nspname = %s AND k.contype IN ('p', 'f')
    ORDER BY k.oid"""


@dataclass(frozen=True, slots=True)
class PostgresTable:
    """A table or view of a schema."""

    connections: Connections
    where: Place
    name: str
    kinds: Mapping[str, str]
    """Type of each column, in order, as PostgreSQL has it."""
    arrow: pa.Schema
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    schema: None = field(default=None, init=False)
    rows: None = field(default=None, init=False)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows, some at a time; numbers, days and instants that have no place in Arrow are missing."""
        kinds = self.arrow if columns is None else pa.schema([self.arrow.field(name) for name in columns])
        plain = pa.schema([(f"c{n}", _read(kind.type)) for n, kind in enumerate(kinds)])
        options = pc.ConvertOptions(
            column_types=plain,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        )
        told = pc.ReadOptions(column_names=plain.names)
        try:
            for block in self._blocks(kinds.names):
                table = pc.read_csv(pa.BufferReader(block), told, _PARSE, options)
                for batch in table.to_batches():
                    arrays = [
                        array.view(kind.type) if pa.types.is_timestamp(kind.type) else array
                        for array, kind in zip(batch.columns, kinds, strict=True)
                    ]
                    yield pa.RecordBatch.from_arrays(arrays, schema=kinds)
        except pa.ArrowInvalid as error:
            said = str(error).splitlines()[0]
            raise IntegrityError(f"{self.where.shown}: {self.name} cannot be read: {said}") from None

    def relation(self, connection: DuckDBPyConnection) -> None:
        """Return None: DuckDB would need an extension."""

    def _blocks(self, columns: Sequence[str]) -> Iterator[bytes]:
        """Yield whole lines of delimited text, some of them at a time."""
        chosen = ", ".join(_told(name, self.kinds[name]) for name in columns)
        query = f"SELECT {chosen} FROM {ddl.name(self.where.schema)}.{ddl.name(self.name)}"
        held, size = list[bytes](), 0
        with (
            self.connections.session() as connection,
            connection.cursor() as cursor,
            cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy,
        ):
            for row in copy:
                held.append(bytes(row))
                size += len(row)
                if size >= _BLOCK_BYTES:
                    yield b"".join(held)
                    held, size = [], 0
        if held:
            yield b"".join(held)


def postgres_tables(location: str) -> dict[str, PostgresTable]:
    """Return the tables and views of a schema, in the order of their names.

    Raises:
        DestinationError: if the server cannot be reached, or does not let us look.
        UsageError: if the schema is not there, or has no table.
    """
    # Says what to install where nothing here speaks to a server.
    destination(location)
    where = place(location)
    connections = Connections(where)
    with connections.session() as connection:
        columns = _columns(connection, where.schema)
        primary, foreign = _keys(connection, where.schema)
    if not columns:
        raise UsageError(f"{where.shown}: schema {where.schema!r} holds no table; name another one with ?schema=NAME")
    found = {}
    for name, told in columns.items():
        kinds = {column: kind for column, kind, _ in told}
        arrow = pa.schema([pa.field(column, _arrow(kind), not required) for column, kind, required in told])
        found[name] = PostgresTable(
            connections, where, name, kinds, arrow, primary.get(name, ()), tuple(foreign.get(name, ()))
        )
    return found


def _columns(connection: Any, schema: str) -> dict[str, list[tuple[str, str, bool]]]:
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for table, column, kind, required in connection.execute(_COLUMNS, [schema]):
        found.setdefault(table, []).append((column, kind, required))
    return found


def _keys(connection: Any, schema: str) -> tuple[dict[str, tuple[str, ...]], dict[str, list[ForeignKey]]]:
    """Return the primary key of each table that has one, and the foreign keys that lead into the schema."""
    primary: dict[str, tuple[str, ...]] = {}
    foreign: dict[str, list[ForeignKey]] = {}
    for table, kind, other, columns, references in connection.execute(_KEYS, [schema]):
        if kind == "p":
            primary[table] = tuple(columns)
        elif other is not None:
            foreign.setdefault(table, []).append(ForeignKey(tuple(columns), other, tuple(references)))
    return primary, foreign


def _plain(kind: str) -> str:
    """Return the name of a type without its modifiers: ``timestamp(3) with time zone`` has one inside."""
    return re.sub(r"\([\d,]*\)", "", kind)


def _arrow(kind: str) -> pa.DataType:
    found = _DECIMAL.fullmatch(kind)
    if found and int(found[1]) <= 38 and int(found[2]) <= int(found[1]):
        return pa.decimal128(int(found[1]), int(found[2]))
    return _TYPES.get(_plain(kind), pa.string())


def _read(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp("us") if pa.types.is_timestamp(kind) else kind


def _told(column: str, kind: str) -> str:
    """Return the expression that sends a column as Arrow reads it."""
    name, plain = ddl.name(column), _plain(kind)
    if plain == "timestamp with time zone":
        return f"CASE WHEN isfinite({name}) THEN {name} AT TIME ZONE 'UTC' END"
    if plain in ("timestamp without time zone", "date"):
        return f"CASE WHEN isfinite({name}) THEN {name} END"
    if _DECIMAL.fullmatch(kind):
        return f"CASE WHEN {name} <> 'NaN' THEN {name} END"
    return name if plain in _TYPES else f"{name}::text"
