"""What of a manifest is checked: tables, files, columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rowmill.core.errors import UsageError
from rowmill.model.mistakes import unknown
from rowmill.run.books.manifest import Manifest
from rowmill.run.books.records import Entry, FileEntry


def columns_of(entry: Entry, table: str) -> tuple[str, ...] | None:
    """Return the columns that files of a table hold; None for all."""
    return entry.identity.columns if table == entry.identity.main else None


def bytes_of(manifest: Manifest, names: Sequence[str]) -> int:
    """Return the bytes of the files of some tables."""
    return sum(manifest.tables[name].bytes for name in names)


def chosen(manifest: Manifest, tables: Sequence[str] | None) -> list[str]:
    """Return tables in the order of the manifest; None stands for all.

    Raises:
        UsageError: if one is unknown.
    """
    if tables is None:
        return list(manifest.tables)
    if problem := unknown("table", tables, manifest.tables, "not there"):
        raise UsageError(problem)
    return [name for name in manifest.tables if name in tables]


def files_of(manifest: Manifest, table: str) -> Iterator[tuple[Entry, FileEntry]]:
    """Yield the files of a table, each once, with a slice that has it."""
    seen: set[str] = set()
    for entry in manifest.slices:
        for file in entry.tables[table].files:
            if file.path not in seen:
                seen.add(file.path)
                yield entry, file
