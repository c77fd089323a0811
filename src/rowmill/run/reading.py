"""Reading what is committed at a destination: rows of a table, whatever domain, version or machine wrote them.

Manifests tell the schema of each table, so nothing is built again to read one. Files are opened by the destination: no
reader takes a name for a pattern.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from rowmill.core.errors import DestinationError, IntegrityError, UsageError
from rowmill.model.mistakes import nearest, unknown
from rowmill.model.schema import Schema
from rowmill.run.books.manifest import Manifest, read
from rowmill.run.books.rebuild import schemas
from rowmill.sinks.base import Destination
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.registry import destination, shown


@dataclass(frozen=True, slots=True)
class StoredTable:
    """The files of one table at one destination."""

    target: Destination
    schema: Schema
    files: tuple[tuple[str, Layout], ...]
    """Where each lies below the destination, and how it was written; of slices that share one, once."""
    columns: tuple[str, ...] | None
    """Columns that the files hold, in the schema's order; None for all."""

    @property
    def held(self) -> tuple[str, ...]:
        """Return the columns that the files hold."""
        return self.schema.names if self.columns is None else self.columns

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows file by file, in the Arrow types of the schema; text may come as dictionaries.

        Args:
            columns: some of those that the files hold, in the order wanted; None for all.

        Raises:
            IntegrityError: naming a file that is missing or cannot be read.
        """
        names = list(self.held if columns is None else columns)
        for path, layout in self.files:
            try:
                with self.target.read(FileSpec(path, self.schema, self.columns), layout) as content:
                    for batch in content.batches():
                        yield batch.select(names)
            except FileNotFoundError:
                raise IntegrityError(f"{self.target.shown}: {path} is missing") from None
            except DestinationError as error:
                raise IntegrityError(str(error)) from None
            except (OSError, ValueError, pa.ArrowException) as error:
                reason = (str(error).splitlines() or ["damaged"])[0]
                raise IntegrityError(f"{self.target.shown}: {path} cannot be read: {reason}") from None


def stored_table(out: str | Path, manifest: Manifest, schema: Schema, windows: range | None = None) -> StoredTable:
    """Return a table of a destination.

    Args:
        out: the destination.
        manifest: of the destination.
        schema: of the table.
        windows: files that have rows of none of these are left out; the others come whole. None for all files.
    """
    columns = manifest.columns if schema.name == manifest.main else None
    files = {
        file.path: entry.layout
        for entry in manifest.slices
        for file in entry.tables[schema.name].files
        if windows is None
        or schema.name in entry.identity.catalogs
        or (file.tiles[2] < windows.stop and windows.start < file.tiles[3])
    }
    return StoredTable(destination(str(out)), schema, tuple(files.items()), columns)


def batches(
    out: str | Path, table: str, columns: Sequence[str] | None = None, windows: range | None = None
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a table at a destination, file by file.

    Args:
        out: the destination.
        table: its name there.
        columns: names, in the order wanted; None for all that were written.
        windows: files that have rows of none of these are left out; the others come whole. None for all files.

    Raises:
        DestinationError: if nothing is committed there.
        IntegrityError: if records are damaged, or a file is missing or cannot be read.
        UsageError: if there is no such table or column.
    """
    manifest = read(out)
    if table not in manifest.tables:
        raise UsageError(f"table {table!r}: not there; {nearest(table, manifest.tables)}")
    found = stored_table(out, manifest, schemas(shown(out), manifest.slices[0])[table], windows)
    if problem := unknown("column", columns or (), found.held, f"not in {table} there"):
        raise UsageError(problem)
    yield from found.batches(columns)
