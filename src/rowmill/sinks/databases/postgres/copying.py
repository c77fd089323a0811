"""One COPY to the server. Loads psycopg."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from psycopg import Connection
from psycopg.copy import LibpqWriter


class Copying:
    """A COPY that goes on until it is finished or given up.

    Args:
        connection: with nothing else to do meanwhile.
        statement: that takes rows.
    """

    def __init__(self, connection: Connection[Any], statement: str) -> None:
        self._cursor = connection.cursor()
        self._context = self._cursor.copy(statement, writer=_Writer(self._cursor))
        self._copy = self._context.__enter__()

    def write(self, data: bytes) -> None:
        """Send some of the rows."""
        self._copy.write(data)

    def finish(self) -> int:
        """Say that all was sent; return how many rows the server has of it."""
        self._context.__exit__(None, None, None)
        return self._cursor.rowcount

    def give_up(self) -> None:
        """Let go, whatever state it is in; the connection can only be closed after."""
        with suppress(Exception):
            self._context.__exit__(_GivenUp, _GivenUp(), None)


class _GivenUp(Exception):
    pass


class _Writer(LibpqWriter):
    def finish(self, exc: BaseException | None = None) -> None:
        """End the COPY; one that is given up ends with its connection, to which nothing more is said."""
        if exc is None:
            super().finish()
