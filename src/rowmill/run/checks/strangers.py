"""Strangers: files in a table's folder that no run wrote. Whoever reads the folder takes them for data."""

from __future__ import annotations

from collections.abc import Iterable

from rowmill.core.errors import DestinationError
from rowmill.core.logs import log
from rowmill.run.books.forms import is_data_file
from rowmill.run.books.records import Entry, records
from rowmill.sinks.base import Destination

_log = log(__name__)


def is_shown(path: str) -> bool:
    """Return whether readers of a folder look at a file: not at names that begin with a dot or an underscore."""
    return not path.rpartition("/")[2].startswith((".", "_"))


def strangers(target: Destination, tables: Iterable[str], read: Iterable[Entry] = ()) -> list[str]:
    """Return the files in tables' folders that no record knows, sorted.

    Where a record is damaged, files that look like those of runs may be its own.

    Args:
        target: the destination.
        tables: whose folders to look into.
        read: committed slices as they were read a moment ago; records are read anew only if these leave a file unknown.
    """
    names = tuple(tables)
    # Seen first and known afterwards: a record comes before its files.
    seen = _visible(target, names)
    if seen <= _known(read):
        return []
    entries, damaged = records(target)
    known = _known(entries)
    unknown = {path for path in seen - known if is_shown(path) and not (damaged and is_data_file(path))}
    return sorted(unknown & _visible(target, names)) if unknown else []


def refuse_strangers(target: Destination, tables: Iterable[str], read: Iterable[Entry] = ()) -> None:
    """Refuse to write beside files that no run wrote; ``read`` as for ``strangers``.

    Raises:
        DestinationError: naming one.
    """
    found = strangers(target, tables, read)
    if found:
        raise DestinationError(f"{target.shown}: {_said(found)}; remove it or choose another folder")


def name_strangers(target: Destination, tables: Iterable[str], read: Iterable[Entry] = ()) -> None:
    """Say on standard error which files no run wrote; ``read`` as for ``strangers``."""
    found = strangers(target, tables, read)
    if found:
        _log.warning(
            "strangers",
            f"{target.shown}: {_said(found)}; readers of the folder take it for data: remove it",
            files=len(found),
            first=found[0],
        )


def _known(entries: Iterable[Entry]) -> set[str]:
    """Return the files of slices, and those that they are about to replace."""
    known: set[str] = set()
    for entry in entries:
        known.update(entry.files, entry.replaced.files if entry.replaced else ())
    return known


def _said(found: list[str]) -> str:
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return f"{found[0]} was written by no run{more}"


def _visible(target: Destination, tables: Iterable[str]) -> set[str]:
    return {path for table in tables for path in target.visible(table)}
