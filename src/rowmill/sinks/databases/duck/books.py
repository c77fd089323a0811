"""Bookkeeping of a file of DuckDB: it lies in the file, and beside it as long as a run is going on.

A process may open the file only alone, so what changes meanwhile is written to a folder beside it: documents there
hide those of the same name in the file. Whatever publishes rows brings them into the file in the same transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from xxhash import xxh3_64_hexdigest

from rowmill.sinks.base import Locks
from rowmill.sinks.databases.duck.opening import DuckFile
from rowmill.sinks.documents import Document
from rowmill.sinks.folders.books import FolderDocuments

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DOCUMENTS, FILES, LEFT = "_rowmill_documents", "_rowmill_files", "_rowmill_left"
_DEFINITIONS: Final = (
    f"CREATE TABLE IF NOT EXISTS {DOCUMENTS} (name VARCHAR NOT NULL, data VARCHAR NOT NULL)",
    f"COMMENT ON TABLE {DOCUMENTS} IS 'Bookkeeping of rowmill: documents by name.'",
    f"""CREATE TABLE IF NOT EXISTS {FILES} (
        number INTEGER NOT NULL,
        name VARCHAR NOT NULL,
        path VARCHAR NOT NULL,
        rows BIGINT NOT NULL,
        bytes BIGINT NOT NULL,
        checksum VARCHAR NOT NULL,
        facts VARCHAR NOT NULL)""",
    f"COMMENT ON TABLE {FILES} IS 'Bookkeeping of rowmill: files by number, which is _part of their rows.'",
    f"CREATE TABLE IF NOT EXISTS {LEFT} (name VARCHAR NOT NULL, content VARCHAR NOT NULL)",
    f"COMMENT ON TABLE {LEFT} IS 'Documents that rowmill leaves beside the tables.'",
)
_GONE: Final = b"-"
"""In the place of a document of the file that was removed."""
_BESIDE: Final = "left/"
"""Beginning of the names of what is left beside the tables, until it lies in the file."""
_RECEIPTS: Final = "/parts/"
"""In the names of receipts, which never come into the file."""
CHANGING: Final = "documents"
"""The name that a process holds while it changes a document."""


def make_books(connection: DuckDBPyConnection) -> None:
    """Make the tables that are wanting."""
    for statement in _DEFINITIONS:
        connection.execute(statement)


def has_table(connection: DuckDBPyConnection, name: str) -> bool:
    """Return whether a file has a table or a view of a name, in capital letters or small ones."""
    found = connection.execute(
        "SELECT 1 FROM information_schema.tables WHERE table_catalog = current_database() "
        "AND table_schema = current_schema() AND lower(table_name) = lower(?)",
        [name],
    )
    return found.fetchone() is not None


class DuckDocuments:
    """Small documents of a file, and those beside it."""

    def __init__(self, file: DuckFile, beside: FolderDocuments, locks: Locks) -> None:
        self._file = file
        self._beside = beside
        self._locks = locks
        self._known: tuple[tuple[int, ...], dict[str, bytes]] = ((), {})

    def read(self, name: str) -> Document | None:
        """Return a document, None if there is none."""
        found = self._beside.read(name)
        if found is not None:
            return None if found.data == _GONE else found
        data = self._stored().get(name)
        return None if data is None else Document(data, xxh3_64_hexdigest(data))

    def create(self, name: str, data: bytes) -> bool:
        """Write a document unless it exists; return whether it was written."""
        with self.unchanged():
            return self.read(name) is None and self._put(name, data)

    def replace(self, name: str, data: bytes, expected: str) -> str | None:
        """Write a document if the one that is there has a version; return its new version, None otherwise."""
        with self.unchanged():
            found = self.read(name)
            if found is None or found.version != expected:
                return None
            self._put(name, data)
        return xxh3_64_hexdigest(data)

    def list(self, prefix: str) -> list[str]:
        """Return the names that begin with a text, sorted."""
        beside = {name for name in self._beside.list(prefix) if _is_document(name)}
        stored = {name for name in self._stored() if name.startswith(prefix)}
        return sorted(name for name in beside | stored if self.read(name) is not None)

    def delete(self, name: str) -> None:
        """Remove a document; nothing happens where there is none."""
        with self.unchanged():
            if name in self._stored():
                self._put(name, _GONE)
            else:
                self._beside.delete(name)

    def leave(self, name: str, data: bytes) -> None:
        """Put a document where it is no bookkeeping."""
        with self.unchanged():
            self._put(f"{_BESIDE}{name}", data)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Keep others from changing a document."""
        with self._locks.hold(CHANGING, wait=True):
            yield

    def bring_in(self, connection: DuckDBPyConnection) -> Callable[[], None]:
        """Write what lies beside a file into it, in the transaction of a connection; nobody may change it meanwhile.

        Returns:
            What removes that beside the file, once the transaction is done.
        """
        make_books(connection)
        names = [name for name in self._beside.list("") if _RECEIPTS not in name]
        for name in names:
            found = self._beside.read(name)
            table, column, key = DOCUMENTS, "data", name
            if name.startswith(_BESIDE):
                table, column, key = LEFT, "content", name.removeprefix(_BESIDE)
            connection.execute(f"DELETE FROM {table} WHERE name = ?", [key])
            if found is not None and found.data != _GONE:
                values = [key, found.data.decode()]
                connection.execute(f"INSERT INTO {table} (name, {column}) VALUES (?, ?)", values)

        def remove() -> None:
            for name in names:
                self._beside.delete(name)

        return remove

    def settle(self) -> bool:
        """Bring what lies beside a file into it, so that nothing does; nobody may change it meanwhile.

        Returns:
            False where that cannot be: parts wait, or nothing was ever published, so that there is no file.
        """
        names = self._beside.list("")
        if any(_RECEIPTS in name for name in names) or (names and not self._file.path.exists()):
            return False
        if names:
            with self._file.writing() as connection:
                remove = self.bring_in(connection)
            remove()
        return True

    def _put(self, name: str, data: bytes) -> bool:
        while not self._beside.create(name, data):
            found = self._beside.read(name)
            if found is not None and self._beside.replace(name, data, found.version) is not None:
                break
        return True

    def _stored(self) -> dict[str, bytes]:
        """Return the documents in the file, as they are while nobody writes to it."""
        state = self._file.state
        if state and state != self._known[0]:
            with self._file.reading() as connection:
                found = []
                if connection is not None and has_table(connection, DOCUMENTS):
                    found = connection.execute(f"SELECT name, data FROM {DOCUMENTS}").fetchall()
            self._known = state, {name: data.encode() for name, data in found}
        return self._known[1] if state else {}


def _is_document(name: str) -> bool:
    return _RECEIPTS not in name and not name.startswith(_BESIDE)
