"""Connections to PostgreSQL, and what its errors mean for a user."""

from __future__ import annotations

import os
import re
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from rowmill.core.errors import DestinationError, DiskError, IntegrityError, RowmillError
from rowmill.model import ddl
from rowmill.sinks.databases.postgres.url import Place

if TYPE_CHECKING:
    from psycopg import Connection, Error

_SETTINGS: Final = {
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "bytea_output": "hex",
    "client_min_messages": "warning",
    "extra_float_digits": "1",
    "idle_in_transaction_session_timeout": "0",
    "lock_timeout": "0",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
    "synchronize_seqscans": "off",
}
"""What texts of values depend on, and limits that are made for other work than a bulk load."""
_FIXES: Final = (
    (r"password authentication failed|no password supplied", "set PGPASSWORD, or name a password file by PGPASSFILE"),
    (r"database \".*\" does not exist", "create it with createdb, or name another one"),
    (r"resolve|translate host name|not known", "check the host"),
    (r"refused|No such file|timeout|timed out|starting up", "check host and port, and that the server runs"),
)
_BY_STATE: Final[tuple[tuple[str, type[RowmillError], str], ...]] = (
    ("42501", DestinationError, "let its owner GRANT that, or choose another schema"),
    ("3F000", DestinationError, "create it with CREATE SCHEMA, or choose another one"),
    ("25006", DestinationError, "choose a server that takes writes"),
    ("53", DiskError, "make room on the server, then continue with --resume"),
    ("08", DiskError, "nothing of an unfinished part counts; continue with --resume"),
    ("57", DiskError, "nothing of an unfinished part counts; continue with --resume"),
    ("58", DiskError, "check the server, then continue with --resume"),
    ("40", DiskError, "continue with --resume"),
    ("23", IntegrityError, "rows are there that no run wrote; write the data again with --overwrite"),
)


class Connections:
    """The connections of this process to one database; one that is let go is used again."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._idle: list[Connection[Any]] = []
        self._inherited: list[Connection[Any]] = []
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._end = weakref.finalize(self, _close, self._idle, os.getpid())

    @contextmanager
    def session(self) -> Iterator[Connection[Any]]:
        """Yield a connection that nobody else uses, in autocommit mode; errors of it are told in our words."""
        with explained(self._place):
            connection = self.taken()
            try:
                yield connection
            finally:
                self.let_go(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection[Any]]:
        """Yield a connection in a transaction, which is committed at the end."""
        with self.session() as connection, connection.transaction():
            yield connection

    def taken(self) -> Connection[Any]:
        """Return a connection that nobody else uses until it is let go."""
        with self._lock:
            if self._process != os.getpid():
                # The other process speaks on those: not even a word of farewell may be said.
                self._inherited += self._idle
                self._idle.clear()
                self._process = os.getpid()
                self._end = weakref.finalize(self, _close, self._idle, os.getpid())
            if self._idle:
                return self._idle.pop()
        return self._connected()

    def let_go(self, connection: Connection[Any]) -> None:
        """Take a connection back; one that is in no fit state is closed."""
        from psycopg.pq import TransactionStatus

        if connection.info.transaction_status == TransactionStatus.IDLE:
            with self._lock:
                self._idle.append(connection)
        else:
            with suppress(Exception):
                connection.close()

    def _connected(self) -> Connection[Any]:
        from psycopg import Connection, Error

        try:
            connection: Connection[Any] = Connection.connect(
                self._place.conninfo, autocommit=True, fallback_application_name="rowmill"
            )
        except Error as error:
            raise DestinationError(f"{self._place.shown}: cannot connect: {_refusal(error, self._place)}") from None
        # A statement that is kept on the server holds on to tables as they were.
        connection.prepare_threshold = None
        settings = {**_SETTINGS, "search_path": f"{ddl.name(self._place.schema)}, pg_temp"}
        try:
            for item in settings.items():
                connection.execute("SELECT set_config(%s, %s, false)", item)
        except BaseException:
            connection.close()
            raise
        return connection


@contextmanager
def explained(place: Place) -> Iterator[None]:
    """Tell errors of the server in words that help a user, and that hold no secret."""
    from psycopg import Error

    try:
        yield
    except Error as error:
        raise told(place, error) from None


def told(place: Place, error: Error) -> RowmillError:
    """Return what an error of the server means for a user."""
    state = error.sqlstate or "08"
    kind, fix = next(((kind, fix) for start, kind, fix in _BY_STATE if state.startswith(start)), (RowmillError, ""))
    text = _clean(error.diag.message_primary or str(error) or "the connection was lost", place)
    return kind(f"{place.shown}: {text}" + (f"; {fix}" if fix else ""))


def _refusal(error: Error, place: Place) -> str:
    """Return why no connection came about, and what can be done."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    line = next((line for line in lines if "FATAL:" in line), lines[0] if lines else "no answer")
    text = _clean(line.rpartition(" failed: ")[2].replace("FATAL:  ", ""), place)
    fix = next((fix for pattern, fix in _FIXES if re.search(pattern, text)), "check the URL, or libpq's variables")
    return f"{text}; {fix}"


def _clean(text: str, place: Place) -> str:
    """Return a text in one line, without a secret of the URL."""
    for secret in place.secrets:
        text = text.replace(secret, "…")
    return " ".join(text.split())


def _close(idle: list[Connection[Any]], process: int) -> None:
    if os.getpid() == process:
        for connection in idle:
            with suppress(Exception):
                connection.close()
