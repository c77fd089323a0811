"""Where rows wait in PostgreSQL: one table for each run and table, with the definition that it is published by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from xxhash import xxh3_64_hexdigest

from rowmill.core.errors import DestinationError
from rowmill.model import ddl
from rowmill.model.schema import Field, Schema
from rowmill.sinks.base import Stage
from rowmill.sinks.databases.postgres.books import found_rows, lock, table_exists
from rowmill.sinks.databases.postgres.url import Place
from rowmill.sinks.databases.rows import PART, ROW

if TYPE_CHECKING:
    from psycopg import Connection

NUMBER: Final = "rowmill.part"
"""Setting of a connection with the number of the file whose rows it copies: what the load column holds."""
_WAIT: Final = "10s"
"""How long readers of a stage, such as a dump of the database, may keep it from being dropped."""
_SHOWN_BYTES: Final = 28
"""Longest name of a table that the name of its stage repeats."""


@dataclass(frozen=True, slots=True)
class StagedTable:
    """A table where rows wait."""

    relation: str
    """Its name."""
    schema: Schema
    columns: tuple[str, ...]
    """Those of the schema that it has."""

    @property
    def fields(self) -> list[Field]:
        """Return its columns in order, without those of the load."""
        return [field for field in self.schema.fields if field.name in self.columns]


def waiting(stage: Stage, schema: Schema, columns: Sequence[str]) -> StagedTable:
    """Return the table where rows of a run wait; its name has fewer than 63 bytes."""
    run = xxh3_64_hexdigest(f"{stage.slice}/{stage.run}".encode())
    own = schema.name if len(schema.name.encode()) <= _SHOWN_BYTES else xxh3_64_hexdigest(schema.name.encode())
    return StagedTable(f"_rowmill_stage_{run}_{own}", schema, tuple(columns))


def make(connection: Connection[Any], stage: Stage, table: StagedTable) -> None:
    """Make the table where rows of a run wait, unless it is there."""
    if table_exists(connection, table.relation):
        return
    with connection.transaction():
        lock(connection)
        if table_exists(connection, table.relation):
            return
        relation, columns = ddl.name(table.relation), [ddl.column(field) for field in table.fields]
        columns.append(f"{PART} integer NOT NULL DEFAULT current_setting('{NUMBER}')::integer")
        columns.append(f"{ROW} integer NOT NULL")
        connection.execute(f"CREATE TABLE {relation} ({', '.join(columns)})")
        for statement in ddl.comments(table.schema, table.columns, relation):
            connection.execute(statement)
        connection.execute(f"COMMENT ON COLUMN {relation}.{PART} IS 'Number of the row''s file in _rowmill_files.'")
        connection.execute(f"COMMENT ON COLUMN {relation}.{ROW} IS 'Place of the row in its file, from 0.'")
        definition = json.dumps(table.schema.to_json()), json.dumps(table.columns)
        connection.execute(
            "INSERT INTO _rowmill_stages (relation, slice, run, name, definition, columns) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            [table.relation, stage.slice, stage.run, table.schema.name, *definition],
        )


def tables(connection: Connection[Any], stage: Stage) -> dict[str, StagedTable]:
    """Return the tables of a stage, by the name of what they become."""
    found = found_rows(
        connection,
        "SELECT name, relation, definition, columns FROM _rowmill_stages WHERE slice = %s AND run = %s ORDER BY name",
        [stage.slice, stage.run],
    )
    return {
        name: StagedTable(relation, Schema.from_json(definition), tuple(columns))
        for name, relation, definition, columns in found
    }


def forget(connection: Connection[Any], place: Place, stage: Stage) -> None:
    """Remove the tables and files of a stage; those of all runs of the slice where none is named.

    Who still writes there is ended: nothing of his part counts.

    Raises:
        DestinationError: if somebody reads one for too long.
    """
    runs = [stage.slice, stage.run, stage.run]
    found = found_rows(
        connection, "SELECT relation FROM _rowmill_stages WHERE slice = %s AND (run = %s OR %s = '')", runs
    )
    for (relation,) in found:
        _end_writers(connection, relation)
        _drop(connection, place, relation)
    found_rows(
        connection,
        "DELETE FROM _rowmill_files WHERE NOT shown AND slice = %s AND (run = %s OR %s = '') RETURNING 1",
        runs,
    )


def _drop(connection: Connection[Any], place: Place, relation: str) -> None:
    from psycopg import errors

    try:
        with connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = '{_WAIT}'")
            connection.execute(f"DROP TABLE IF EXISTS {ddl.name(relation)} CASCADE")
            connection.execute("DELETE FROM _rowmill_stages WHERE relation = %s", [relation])
    except errors.LockNotAvailable:
        raise DestinationError(
            f"{place.shown}: another session reads the unfinished table {relation}; end it, and run again"
        ) from None


def _end_writers(connection: Connection[Any], relation: str) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM (SELECT DISTINCT l.pid FROM pg_locks l JOIN pg_stat_activity a "
        "USING (pid) WHERE l.relation = to_regclass(%s) AND l.granted AND l.mode = 'RowExclusiveLock' "
        "AND a.backend_type = 'client backend' AND l.pid <> pg_backend_pid()) AS writers",
        [ddl.name(relation)],
    )
