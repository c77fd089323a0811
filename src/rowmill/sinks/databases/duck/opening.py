"""Opening a file of DuckDB: by several processes for reading, or by one alone that writes.

A process of ours that writes holds a name as well, so that others of ours wait for it however long it takes.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rowmill.core.errors import DestinationError, DiskError, IntegrityError, RowmillError
from rowmill.core.scratch import NO_SPACE, scratch_place
from rowmill.model import ddl
from rowmill.sinks.base import Locks
from rowmill.sinks.folders import files

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

WRITING: Final = "writing"
"""The name that a process holds while it writes."""
_STORAGE: Final = "v1.0.0"
"""Form of a new file, which versions from 1.0 on read. One that is there keeps its own."""
_READING, _WRITING = "READ_ONLY", "READ_WRITE"
_SHORT_SECONDS, _LONG_SECONDS = 3.0, 60.0
"""How long to wait for somebody who has the file open: before a run, and where all is made and shall be loaded."""
_POLL_SECONDS: Final = 0.1
_HOLDER = re.compile(r"\(PID (\d+)\)")


class DuckFile:
    """A file that may not be there yet.

    Args:
        path: where it lies.
        locks: in a folder beside it.
        fresh: where a new file is made, before it gets its name.
    """

    def __init__(self, path: Path, locks: Locks, fresh: Path) -> None:
        self.path = path
        self._locks = locks
        self._fresh = fresh

    @property
    def state(self) -> tuple[int, ...]:
        """Return numbers that are others once somebody wrote to the file; none where there is no file."""
        found: tuple[int, ...] = ()
        for path in (self.path, self.path.with_name(f"{self.path.name}.wal")):
            with suppress(FileNotFoundError):
                look = path.stat()
                found += (look.st_ino, look.st_size, look.st_mtime_ns)
        return found

    @contextmanager
    def reading(self) -> Iterator[DuckDBPyConnection | None]:
        """Open the file for reading; yields None where there is none.

        Raises:
            DestinationError: if it is none of DuckDB, or another program has it open.
            IntegrityError: if it is damaged.
        """
        if not self._is_there():
            yield None
            return
        with _connected(self._attached(self.path, _READING)) as connection, explained(self.path):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[DuckDBPyConnection]:
        """Open the file, or a new one, for one transaction: what is done within is there as a whole, or not at all.

        Raises:
            DestinationError: if it is none of DuckDB, may not be written, or another program has it open.
            IntegrityError: if it is damaged.
            DiskError: if the disk is full.
        """
        with self._locks.hold(WRITING, wait=True):
            new = not self._is_there()
            place, form = (self._fresh, f"STORAGE_VERSION '{_STORAGE}'") if new else (self.path, _WRITING)
            if new:
                files.make_folder(self._fresh.parent)
                self.discard()
            with _connected(self._attached(place, form, _LONG_SECONDS)) as connection, explained(self.path):
                connection.execute("BEGIN")
                yield connection
                connection.execute("COMMIT")
                # Nothing stays in a second file, which somebody who moves the first would not take along.
                connection.execute("CHECKPOINT")
                connection.execute("USE memory")
                connection.execute("DETACH db")
            if new:
                self._show()

    def refuse_unwritable(self) -> None:
        """Refuse a file that could not be written.

        Raises:
            DestinationError: saying why, and what to do.
        """
        if self._is_there():
            if not os.access(self.path, os.R_OK | os.W_OK):
                raise DestinationError(f"{self.path}: not writable; choose a file that you may write to")
            with self._locks.hold(WRITING, wait=True), _connected(self._attached(self.path, _WRITING)):
                pass

    def _is_there(self) -> bool:
        if self.path.is_dir():
            raise DestinationError(
                f"{self.path}: is a folder, and the ending stands for a file of DuckDB; name another one"
            )
        return self.path.exists()

    def discard(self) -> None:
        """Remove what is left of a new file that was not finished; for one who alone may write."""
        files.remove(self._fresh)
        files.remove(self._fresh.with_name(f"{self._fresh.name}.wal"))

    def _show(self) -> None:
        if self.path.exists():
            raise DestinationError(f"{self.path}: somebody made it meanwhile; remove it and run again with --resume")
        with self._fresh.open("rb") as handle:
            os.fsync(handle.fileno())
        files.move(self._fresh, self.path)

    def _attached(self, path: Path, how: str, seconds: float = _SHORT_SECONDS) -> DuckDBPyConnection:
        """Return a connection to a file; who has it open now is waited for."""
        import duckdb

        given, writing = time.monotonic() + seconds, how != _READING
        while True:
            config: dict[str, str | bool | int | float | list[str]] = {
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "temp_directory": str(self._fresh.parent if writing else scratch_place()),
            }
            connection = duckdb.connect(config=config)
            try:
                connection.execute(f"ATTACH {ddl.literal(str(path))} AS db ({how})")
                connection.execute("USE db")
            except duckdb.Error as error:
                connection.close()
                ours = not writing and self._locks.holder(WRITING) is not None
                if not _is_held(error) or (not ours and time.monotonic() > given):
                    raise _explanation(path, error) from None
                time.sleep(_POLL_SECONDS)
            else:
                return connection


@contextmanager
def _connected(connection: DuckDBPyConnection) -> Iterator[DuckDBPyConnection]:
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what DuckDB says of a file into what the user can do about it.

    Raises:
        DiskError: if the disk is full.
        DestinationError: if the file may not be used.
        IntegrityError: if it is damaged, or its tables are not as they were made.
    """
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise _explanation(path, error) from error


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _is_held(error: BaseException) -> bool:
    return "Could not set lock" in str(error)


_DENIED: Final = "Permission denied; choose a file that you may read and write"
_PROBLEMS: Final = {
    "already attached": "is open in this process; close that connection and run again",
    "not a valid DuckDB database": "is no database of DuckDB; name another file, or remove it",
    "database file with version number": "was written by a newer DuckDB than is here; upgrade it, or name another file",
    "Permission denied": _DENIED,
    "Read-only file system": _DENIED,
}
"""By what DuckDB says of a file: what is wrong, and what to do about it."""


def _explanation(path: Path, error: BaseException) -> RowmillError:
    text = first_line(error)
    if _is_held(error):
        found = _HOLDER.search(text)
        by = f" (process {found[1]})" if found else ""
        return DestinationError(f"{path}: is open in another program{by}; close it there and run again")
    for said, problem in _PROBLEMS.items():
        if said in text:
            return DestinationError(f"{path}: {problem}")
    if NO_SPACE in str(error):
        return DiskError(f"{path}: {NO_SPACE}; free space there and run again with --resume")
    return IntegrityError(
        f"{path}: cannot be used ({text[:200]}); restore it from a copy, or remove it and write the data again"
    )
