"""Writing to PostgreSQL: the rows of a part are copied in one transaction, which its receipt ends."""

from __future__ import annotations

import json
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from rowmill.core.errors import DiskError
from rowmill.model import ddl
from rowmill.model.frame import Frame
from rowmill.sinks.base import Stage, Written
from rowmill.sinks.databases.postgres import staging
from rowmill.sinks.databases.postgres.books import created, one
from rowmill.sinks.databases.postgres.connections import Connections, explained
from rowmill.sinks.databases.postgres.encoder import CopyEncoder
from rowmill.sinks.databases.postgres.staging import StagedTable
from rowmill.sinks.databases.postgres.url import Place
from rowmill.sinks.databases.rows import PART
from rowmill.sinks.layout import FileSpec
from rowmill.sinks.receipts import receipt_name

if TYPE_CHECKING:
    from psycopg import Connection

    from rowmill.sinks.databases.postgres.copying import Copying


class PostgresPart:
    """The files of one part, in one transaction: rows, ledger and receipt become durable together."""

    def __init__(self, connections: Connections, place: Place, stage: Stage, part: str) -> None:
        self._connections = connections
        self._place = place
        self._stage = stage
        self._name = receipt_name(stage, part)
        self._files: list[tuple[FileSpec, StagedTable, int, Written]] = []
        self._connection: Connection[Any] | None = None
        self._end: weakref.finalize[Any, Any] | None = None
        self.copying: Copying | None = None
        """What is being sent."""

    def open(self, file: FileSpec) -> PostgresWriter:
        """Return a writer of one file. Its table is there for all as soon as one of them begins."""
        names = file.schema.names if file.columns is None else file.columns
        table = staging.waiting(self._stage, file.schema, names)
        with self._connections.session() as connection:
            staging.make(connection, self._stage, table)
            number = one(connection, "SELECT nextval('_rowmill_files_number')")
        return PostgresWriter(self, file, table, number)

    def seal(self, receipt: bytes) -> bytes:
        """Make the part count; return the receipt that does: another one where somebody sealed it before."""
        with self.at_work() as connection:
            mine = created(connection, self._name, receipt)
            if mine:
                for file in self._files:
                    self._enter(connection, *file)
                connection.execute("COMMIT")
        self.close()
        return receipt if mine else self._sealed()

    def written(self, file: FileSpec, table: StagedTable, number: int, written: Written) -> None:
        """Note a file that is complete."""
        self._files.append((file, table, number, written))

    @contextmanager
    def at_work(self) -> Iterator[Connection[Any]]:
        """Yield the connection of the part, in its transaction; what goes wrong ends it."""
        try:
            with explained(self._place):
                if self._connection is None:
                    self._connection = self._connections.taken()
                    self._end = weakref.finalize(self, _closed, self._connection)
                    self._connection.execute("BEGIN")
                yield self._connection
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let the connection go; what was not sealed is gone."""
        if self.copying is not None:
            self.copying.give_up()
            self.copying = None
        if self._connection is not None and self._end is not None:
            self._end.detach()
            self._connections.let_go(self._connection)
            self._connection = self._end = None

    def _enter(
        self, connection: Connection[Any], file: FileSpec, table: StagedTable, number: int, written: Written
    ) -> None:
        """Enter a file in the ledger, in the place of one of the same name whose part was taken back."""
        where = [self._stage.slice, self._stage.run, written.path]
        before = connection.execute(
            "DELETE FROM _rowmill_files WHERE NOT shown AND slice = %s AND run = %s AND path = %s RETURNING number",
            where,
        ).fetchall()
        for (old,) in before:
            connection.execute(f"DELETE FROM {ddl.name(table.relation)} WHERE {PART} = %s", [old])
        connection.execute(
            "INSERT INTO _rowmill_files (number, slice, run, path, shown, name, rows, bytes, checksum, facts) "
            "VALUES (%s, %s, %s, %s, false, %s, %s, %s, %s, %s)",
            [
                number,
                *where,
                file.schema.name,
                written.rows,
                written.bytes,
                written.checksum,
                json.dumps(dict(file.metadata)),
            ],
        )

    def _sealed(self) -> bytes:
        with self._connections.session() as connection:
            found = connection.execute("SELECT data FROM _rowmill_documents WHERE name = %s", [self._name]).fetchone()
        if found is None:
            raise DiskError(f"{self._place.shown}: {self._name} was taken away; continue with --resume")
        return bytes(found[0])


class PostgresWriter:
    """One file: its rows are copied to the table where rows of the run wait."""

    def __init__(self, part: PostgresPart, file: FileSpec, table: StagedTable, number: int) -> None:
        from rowmill.sinks.databases.postgres.copying import Copying

        self._part = part
        self._file = file
        self._table = table
        self._number = number
        self._encoder = CopyEncoder(file.schema, table.columns)
        names = ddl.names(self._encoder.columns)
        statement = f"COPY {ddl.name(table.relation)} ({names}) FROM STDIN (FORMAT binary)"
        with part.at_work() as connection:
            connection.execute(f"SELECT set_config('{staging.NUMBER}', %s, true)", [str(number)])
            self._copying = part.copying = Copying(connection, statement)
            self._copying.write(self._encoder.start())

    def write(self, frame: Frame) -> None:
        """Add rows."""
        with self._part.at_work():
            self._copying.write(self._encoder.encode(frame))

    def close(self) -> Written:
        """Complete the file. It is durable once its part is sealed."""
        with self._part.at_work():
            self._copying.write(self._encoder.finish())
            rows = self._copying.finish()
            self._part.copying = None
            if rows != self._encoder.rows:
                raise DiskError(f"{self._file.path}: the server has {rows} of {self._encoder.rows} rows")
        written = Written(self._file.path, self._encoder.rows, self._encoder.bytes, self._encoder.checksum)
        self._part.written(self._file, self._table, self._number, written)
        return written

    def abort(self) -> None:
        """Drop the file, and with it what its part has so far; nothing of it remains."""
        self._part.close()


def _closed(connection: Connection[Any]) -> None:
    with suppress(Exception):
        connection.close()
