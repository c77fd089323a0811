"""Bookkeeping tables of a schema in PostgreSQL: documents, files, and the tables where files wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rowmill.core.errors import DestinationError
from rowmill.model import ddl
from rowmill.sinks.databases.postgres.connections import Connections
from rowmill.sinks.databases.postgres.url import Place
from rowmill.sinks.documents import Document

if TYPE_CHECKING:
    from psycopg import Connection

_LOCK: Final = 0x726F776D696C6C
"""Of this kind of work, among the advisory locks of a database: making tables of ours."""
_DOCUMENTS, _FILES, _STAGES, _LEFT = "_rowmill_documents", "_rowmill_files", "_rowmill_stages", "_rowmill_left"
_DEFINITIONS: Final = {
    _DOCUMENTS: (
        'name text COLLATE "C" PRIMARY KEY, version uuid NOT NULL DEFAULT gen_random_uuid(), data bytea NOT NULL',
        "Bookkeeping of rowmill: documents by name.",
    ),
    _FILES: (
        "number integer PRIMARY KEY, slice text NOT NULL, run text NOT NULL, shown boolean NOT NULL, name text NOT NULL, "
        "path text NOT NULL, rows bigint NOT NULL, bytes bigint NOT NULL, checksum text NOT NULL, facts json NOT NULL",
        "Bookkeeping of rowmill: files, whose numbers are the column _part of the rows that they hold.",
    ),
    _STAGES: (
        "relation text PRIMARY KEY, slice text NOT NULL, run text NOT NULL, name text NOT NULL, "
        "definition json NOT NULL, columns json NOT NULL",
        "Bookkeeping of rowmill: tables where rows wait until they are published.",
    ),
    _LEFT: (
        "name text PRIMARY KEY, content text NOT NULL",
        "Documents that rowmill leaves beside the tables.",
    ),
}


class Books:
    """The names of what is ours in a schema."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.documents, self.files, self.stages, self.left = (self.relation(name) for name in _DEFINITIONS)
        self.numbers = self.relation(f"{_FILES}_number")

    def relation(self, name: str) -> str:
        """Return a table of the schema, in quotes."""
        return f"{ddl.name(self.place.schema)}.{ddl.name(name)}"

    def make(self, connection: Connection[Any]) -> None:
        """Make the tables that are wanting, in a transaction.

        Raises:
            DestinationError: if there is no such schema, or nothing may be made in it.
        """
        schema = self.place.schema
        lock(connection)
        found = connection.execute(
            "SELECT has_schema_privilege(oid, 'CREATE'), current_user FROM pg_namespace WHERE nspname = %s", [schema]
        ).fetchone()
        if found is None:
            raise DestinationError(
                f"{self.place.shown}: there is no schema {schema!r}; create it: CREATE SCHEMA {ddl.name(schema)}"
            )
        if found[0] is False:
            raise DestinationError(
                f"{self.place.shown}: {found[1]} may create nothing in schema {schema!r}; let its owner "
                f"GRANT CREATE ON SCHEMA {ddl.name(schema)} TO {ddl.name(found[1])}"
            )
        for name, (columns, what) in _DEFINITIONS.items():
            relation = self.relation(name)
            if not connection.execute("SELECT to_regclass(%s)", [relation]).fetchall()[0][0]:
                connection.execute(f"CREATE TABLE {relation} ({columns})")
                connection.execute(f"COMMENT ON TABLE {relation} IS {ddl.literal(what)}")
        connection.execute(f"CREATE SEQUENCE IF NOT EXISTS {self.numbers} AS integer OWNED BY {self.files}.number")
        connection.execute(f"CREATE UNIQUE INDEX IF NOT EXISTS {_FILES}_shown ON {self.files} (path) WHERE shown")


def lock(connection: Connection[Any]) -> None:
    """Let one transaction at a time make tables of ours."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


class DatabaseDocuments:
    """Small documents as rows of a table. Where there is no such table yet, there are none."""

    def __init__(self, connections: Connections, books: Books) -> None:
        self._connections = connections
        self._table = books.documents

    def read(self, name: str) -> Document | None:
        """Return a document, None if there is none."""
        found = self._rows(f"SELECT data, version::text FROM {self._table} WHERE name = %s", [name])
        return Document(bytes(found[0][0]), found[0][1]) if found else None

    def create(self, name: str, data: bytes) -> bool:
        """Write a document unless it exists; return whether it was written."""
        with self._connections.session() as connection:
            return created(connection, self._table, name, data)

    def replace(self, name: str, data: bytes, expected: str) -> str | None:
        """Write a document if the one that is there has a version; return its new version, None otherwise."""
        with self._connections.session() as connection:
            found = connection.execute(
                f"UPDATE {self._table} SET data = %s, version = gen_random_uuid() "
                "WHERE name = %s AND version::text = %s RETURNING version::text",
                [data, name, expected],
            ).fetchone()
        return None if found is None else str(found[0])

    def list(self, prefix: str) -> list[str]:
        """Return the names that begin with a text, sorted."""
        found = self._rows(f"SELECT name FROM {self._table} WHERE starts_with(name, %s) ORDER BY name", [prefix])
        return [name for (name,) in found]

    def delete(self, name: str) -> None:
        """Remove a document; nothing happens where there is none."""
        self._rows(f"DELETE FROM {self._table} WHERE name = %s RETURNING 1", [name])

    def _rows(self, statement: str, values: list[str]) -> list[tuple[Any, ...]]:
        with self._connections.session() as connection:
            return rows(connection, statement, values)


def created(connection: Connection[Any], table: str, name: str, data: bytes) -> bool:
    """Write a document unless it exists; return whether it was written."""
    statement = f"INSERT INTO {table} (name, data) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING 1"
    return connection.execute(statement, [name, data]).fetchone() is not None


def rows(connection: Connection[Any], statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """Return what a statement finds; nothing where a table of ours is not there."""
    from psycopg import errors

    try:
        return connection.execute(statement, values).fetchall()
    except errors.UndefinedTable:
        return []
