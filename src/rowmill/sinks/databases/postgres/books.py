"""Bookkeeping tables of a schema in PostgreSQL: documents, files, and the tables where rows wait.

Every connection looks for tables in the schema of its destination alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from rowmill.core.errors import DestinationError
from rowmill.model import ddl
from rowmill.sinks.databases.postgres.connections import Connections
from rowmill.sinks.databases.postgres.url import Place
from rowmill.sinks.documents import Document

if TYPE_CHECKING:
    from psycopg import Connection

_LOCK: Final = 0x726F776D696C6C
"""Of this kind of work, among the advisory locks of a database: making and changing tables of ours."""
_DEFINITIONS: Final = (
    """CREATE TABLE IF NOT EXISTS _rowmill_documents (
        name text COLLATE "C" PRIMARY KEY,
        version uuid NOT NULL DEFAULT gen_random_uuid(),
        data bytea NOT NULL)""",
    "COMMENT ON TABLE _rowmill_documents IS 'Bookkeeping of rowmill: documents by name.'",
    """CREATE TABLE IF NOT EXISTS _rowmill_files (
        number integer PRIMARY KEY,
        slice text NOT NULL,
        run text NOT NULL,
        shown boolean NOT NULL,
        name text NOT NULL,
        path text NOT NULL,
        rows bigint NOT NULL,
        bytes bigint NOT NULL,
        checksum text NOT NULL,
        facts json NOT NULL)""",
    "COMMENT ON TABLE _rowmill_files IS 'Bookkeeping of rowmill: files by number, which is _part of their rows.'",
    "CREATE UNIQUE INDEX IF NOT EXISTS _rowmill_files_shown ON _rowmill_files (path) WHERE shown",
    "CREATE SEQUENCE IF NOT EXISTS _rowmill_files_number AS integer OWNED BY _rowmill_files.number",
    """CREATE TABLE IF NOT EXISTS _rowmill_stages (
        relation text PRIMARY KEY,
        slice text NOT NULL,
        run text NOT NULL,
        name text NOT NULL,
        definition json NOT NULL,
        columns json NOT NULL)""",
    "COMMENT ON TABLE _rowmill_stages IS 'Bookkeeping of rowmill: tables where rows wait until they are published.'",
    "CREATE TABLE IF NOT EXISTS _rowmill_left (name text PRIMARY KEY, content text NOT NULL)",
    "COMMENT ON TABLE _rowmill_left IS 'Documents that rowmill leaves beside the tables.'",
)


def make_books(connection: Connection[Any], place: Place) -> None:
    """Make the tables that are wanting, in a transaction.

    Raises:
        DestinationError: if there is no such schema, or nothing may be made in it.
    """
    schema = place.schema
    lock(connection)
    found = connection.execute(
        "SELECT has_schema_privilege(oid, 'CREATE'), current_user FROM pg_namespace WHERE nspname = %s", [schema]
    ).fetchone()
    if found is None:
        raise DestinationError(
            f"{place.shown}: there is no schema {schema!r}; create it: CREATE SCHEMA {ddl.name(schema)}"
        )
    if table_exists(connection, "_rowmill_left"):
        return
    if found[0] is False:
        raise DestinationError(
            f"{place.shown}: {found[1]} may create nothing in schema {schema!r}; let its owner "
            f"GRANT CREATE ON SCHEMA {ddl.name(schema)} TO {ddl.name(found[1])}"
        )
    for statement in _DEFINITIONS:
        connection.execute(statement)


def lock(connection: Connection[Any]) -> None:
    """Let one transaction at a time make and change tables of ours."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def table_exists(connection: Connection[Any], name: str) -> bool:
    """Return whether there is a table of a name, or something else that keeps a table from having it."""
    # The catalog itself: what a transaction remembers of it may be older than a lock that it waited for.
    statement = (
        "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = current_schema() AND c.relname = %s)"
    )
    return bool(one(connection, statement, [name]))


def one(connection: Connection[Any], statement: str, values: Sequence[Any] = ()) -> Any:
    """Return the value that a statement finds."""
    return connection.execute(statement, values).fetchall()[0][0]


def found_rows(connection: Connection[Any], statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return what a statement finds; nothing where a table of ours is not there."""
    from psycopg import errors

    try:
        return connection.execute(statement, values).fetchall()
    except errors.UndefinedTable:
        return []


class DatabaseDocuments:
    """Small documents as rows of a table. Where there is no such table yet, there are none."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def read(self, name: str) -> Document | None:
        """Return a document, None if there is none."""
        found = self._rows("SELECT data, version::text FROM _rowmill_documents WHERE name = %s", [name])
        return Document(bytes(found[0][0]), found[0][1]) if found else None

    def create(self, name: str, data: bytes) -> bool:
        """Write a document unless it exists; return whether it was written."""
        with self._connections.session() as connection:
            return created(connection, name, data)

    def replace(self, name: str, data: bytes, expected: str) -> str | None:
        """Write a document if the one that is there has a version; return its new version, None otherwise."""
        found = self._rows(
            "UPDATE _rowmill_documents SET data = %s, version = gen_random_uuid() "
            "WHERE name = %s AND version::text = %s RETURNING version::text",
            [data, name, expected],
        )
        return str(found[0][0]) if found else None

    def list(self, prefix: str) -> list[str]:
        """Return the names that begin with a text, sorted."""
        found = self._rows("SELECT name FROM _rowmill_documents WHERE starts_with(name, %s) ORDER BY name", [prefix])
        return [name for (name,) in found]

    def delete(self, name: str) -> None:
        """Remove a document; nothing happens where there is none."""
        self._rows("DELETE FROM _rowmill_documents WHERE name = %s RETURNING 1", [name])

    def _rows(self, statement: str, values: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
        with self._connections.session() as connection:
            return found_rows(connection, statement, values)


def created(connection: Connection[Any], name: str, data: bytes) -> bool:
    """Write a document unless it exists; return whether it was written."""
    statement = "INSERT INTO _rowmill_documents (name, data) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING 1"
    return connection.execute(statement, [name, data]).fetchone() is not None
