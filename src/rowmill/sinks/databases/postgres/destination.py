"""A schema of a PostgreSQL database: a table a table, and bookkeeping in tables that are called ``_rowmill_…``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from rowmill.core.errors import DestinationError, UsageError
from rowmill.model import ddl
from rowmill.model.frame import Frame
from rowmill.sinks.base import Stage, Written
from rowmill.sinks.databases.postgres import keys, staging
from rowmill.sinks.databases.postgres.books import DatabaseDocuments, found_rows, make_books, table_exists
from rowmill.sinks.databases.postgres.connections import Connections
from rowmill.sinks.databases.postgres.content import PostgresContent, StoredFile
from rowmill.sinks.databases.postgres.part import PostgresPart
from rowmill.sinks.databases.postgres.publication import publish
from rowmill.sinks.databases.postgres.room import room_of
from rowmill.sinks.databases.postgres.url import place
from rowmill.sinks.databases.rows import PART
from rowmill.sinks.documents import Chosen, none, remove
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.leases import Leases
from rowmill.sinks.receipts import DocumentReceipts

if TYPE_CHECKING:
    from psycopg import Connection


class PostgresDestination:
    """Rows in a schema of a database.

    Raises:
        UsageError: if the URL is none of PostgreSQL, or the packages that speak to it are not there.
    """

    def __init__(self, location: str) -> None:
        if find_spec("psycopg") is None or find_spec("pgpq") is None:
            raise UsageError(
                "a PostgreSQL destination needs packages that are not here: pip install 'rowmill[postgres]'"
            )
        where = place(location)
        self.location = location
        self.shown = where.shown
        self.local_folder = None
        self._connections = Connections(where)
        self._place = where
        self.documents = DatabaseDocuments(self._connections)
        self.receipts = DocumentReceipts(self.documents)
        self.locks = Leases(self.documents)

    def free_bytes(self) -> None:
        """Return None: nobody knows."""

    def room(self, file: FileSpec, layout: Layout, frames: Sequence[Frame]) -> int:  # noqa: ARG002 - rows have no layout
        """Return the bytes of a table with the rows of a file, and of the indexes of its keys."""
        return room_of(file.schema, frames)

    def claim(self, *, known: bool = False) -> None:  # noqa: ARG002 - looking costs nothing here
        """Make the schema ready for bookkeeping.

        Raises:
            DestinationError: if there is no such schema, or nothing may be made in it.
        """
        with self._connections.transaction() as connection:
            make_books(connection, self._place)

    def part(self, stage: Stage, part: str, layout: Layout) -> PostgresPart:  # noqa: ARG002 - rows have no layout
        """Return a writer of one part of a stage."""
        return PostgresPart(self._connections, self._place, stage, part)

    def staged(
        self,
        stage: Stage,
        files: Iterable[Written],
        *,
        untouched: bool = False,  # noqa: ARG002 - looking costs nothing here
    ) -> set[str]:
        """Return the paths of the files that wait in a stage as they were written."""
        with self._connections.session() as connection:
            found = found_rows(
                connection,
                "SELECT path, bytes, checksum FROM _rowmill_files WHERE NOT shown AND slice = %s AND run = %s",
                [stage.slice, stage.run],
            )
        waiting = {path: (size, checksum) for path, size, checksum in found}
        return {file.path for file in files if waiting.get(file.path) == (file.bytes, file.checksum)}

    def publish(self, stage: Stage, written: Iterable[Written], obsolete: Iterable[str]) -> None:
        """Make the files of a stage visible and remove obsolete ones, in one transaction; then drop the stage.

        Safe to repeat after a crash at any point.

        Raises:
            IntegrityError: if a file is neither staged nor in place.
            DestinationError: if others keep the tables locked.
        """
        self.locks.refuse_lost()
        publish(self._connections, self._place, stage, written, obsolete)
        self.drop(stage)

    def drop(self, stage: Stage, besides: Chosen = none) -> None:
        """Remove a stage, receipts first and then unpublished files; those of all runs of the slice where none is."""
        self.receipts.forget(stage)
        with self._connections.session() as connection:
            staging.forget(connection, self._place, stage)
        remove(self.documents, f"{stage.slice}/", besides)

    def visible(self, table: str) -> dict[str, int]:
        """Return path and bytes of each published file of a table of which rows are there.

        Raises:
            DestinationError: if something else has the name of the table.
        """
        with self._connections.session() as connection:
            found = found_rows(
                connection,
                "SELECT path, bytes, number, rows FROM _rowmill_files WHERE shown AND name = %s",
                [table],
            )
            if not table_exists(connection, table):
                return {}
            if not found or not keys.has_column(connection, table, PART):
                raise DestinationError(
                    f"{self.shown}: holds a table {table!r} that no run wrote; choose another schema with ?schema=NAME"
                )
            held = self._there(connection, table, [number for _, _, number, count in found if count])
        return {path: size for path, size, number, count in found if not count or number in held}

    def unfiled(self, table: str) -> list[str]:
        """Return what to call rows of a table that are of no published file; reads all of it."""
        with self._connections.session() as connection:
            if not table_exists(connection, table) or not keys.has_column(connection, table, PART):
                return []
            found = found_rows(
                connection,
                f"SELECT DISTINCT {PART} FROM {ddl.name(table)} "
                "EXCEPT SELECT number FROM _rowmill_files WHERE shown AND name = %s ORDER BY 1",
                [table],
            )
        return [f"{table}/rows of part {number}" for (number,) in found]

    @staticmethod
    def _there(connection: Connection[Any], table: str, numbers: list[int]) -> set[int]:
        """Return the numbers of the files of which a table has rows."""
        from psycopg import errors

        statement = (
            "SELECT number FROM unnest(%s::integer[]) AS number "
            f"WHERE EXISTS (SELECT FROM {ddl.name(table)} WHERE {PART} = number)"
        )
        try:
            return {number for (number,) in connection.execute(statement, [numbers])}
        except errors.UndefinedColumn:
            return set()

    @contextmanager
    def read(self, file: FileSpec, layout: Layout) -> Iterator[PostgresContent]:  # noqa: ARG002 - rows have no layout
        """Open a published file; FileNotFoundError if there is none."""
        columns = file.schema.names if file.columns is None else file.columns
        fields = tuple(field for field in file.schema.fields if field.name in columns)
        with self._connections.session() as connection:
            found = found_rows(
                connection,
                "SELECT name, number, rows, facts FROM _rowmill_files WHERE shown AND path = %s",
                [file.path],
            )
            if not found:
                raise FileNotFoundError(file.path)
            name, number, rows, facts = found[0]
            if not table_exists(connection, name) or (rows and not self._there(connection, name, [number])):
                raise FileNotFoundError(file.path)
            stored = StoredFile(name, number, facts, fields)
            yield PostgresContent(connection, stored)

    def leave(self, name: str, data: bytes) -> None:
        """Put a document beside the tables, whole or not at all, whatever was there."""
        with self._connections.session() as connection:
            connection.execute(
                "INSERT INTO _rowmill_left (name, content) VALUES (%s, %s) "
                "ON CONFLICT (name) DO UPDATE SET content = excluded.content",
                [name, data.decode()],
            )

    def tidy(self) -> None:
        """Do nothing: bookkeeping stays where it is."""
