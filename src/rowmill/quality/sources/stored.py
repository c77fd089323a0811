"""Tables of a destination of ours, by what its manifests say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.model import ddl
from rowmill.model.schema import Field, ForeignKey, Schema
from rowmill.quality.sources.scanning import listed
from rowmill.run.books.manifest import Manifest
from rowmill.run.books.rebuild import schemas
from rowmill.run.reading import StoredTable, stored_table
from rowmill.sinks.databases.rows import PART
from rowmill.sinks.filetypes.hive import left_out
from rowmill.sinks.folders.opening import below
from rowmill.sinks.layout import Layout

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CODECS = {"gzip": "gzip", "zstd": "zstd", "none": "none"}
_TEXTS = frozenset({"json", "uuid"})
"""Types that are texts for Arrow, and more than that for DuckDB."""


@dataclass(frozen=True, slots=True)
class OwnTable:
    """A table that a run of ours wrote."""

    stored: StoredTable
    rows: int | None
    """By the manifest; None where only some windows are asked for."""
    sizes: dict[str, int]
    """Bytes of each file by its path, by the manifest."""

    @property
    def name(self) -> str:
        """Return its name."""
        return self.stored.schema.name

    @property
    def schema(self) -> Schema:
        """Return its schema, as the manifest has it."""
        return self.stored.schema

    @property
    def arrow(self) -> pa.Schema:
        """Return the columns that the files hold."""
        return self.schema.arrow(self.stored.held)

    @property
    def primary_key(self) -> tuple[str, ...]:
        """Return the columns that tell rows apart, where all are there; two nulls count as equal."""
        key = self.schema.row_key
        return key if set(key) <= set(self.stored.held) else ()

    @property
    def foreign_keys(self) -> tuple[ForeignKey, ...]:
        """Return the foreign keys of the schema whose columns are there."""
        return tuple(key for key in self.schema.foreign_keys if set(key.columns) <= set(self.stored.held))

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows file by file."""
        return self.stored.batches(columns)

    def relation(self, connection: DuckDBPyConnection) -> str | None:  # noqa: ARG002 - files need none
        """Return an expression over the files, where they lie in a folder of this machine."""
        folder = self.stored.target.local_folder
        if folder is None or not self.stored.files:
            return None
        groups: dict[Layout, list[Path]] = {}
        for path, layout in self.stored.files:
            groups.setdefault(layout, []).append(self._place(folder, path))
        found = [self._selected(layout, places, folder) for layout, places in groups.items()]
        return None if None in found else f"({' UNION ALL '.join(filter(None, found))})"

    def _place(self, folder: Path, path: str) -> Path:
        """Return where a file lies that is there with its size: DuckDB would follow a link."""
        shown = self.stored.target.shown
        try:
            place = below(folder, path)
            look = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            raise IntegrityError(f"{shown}: {path} is missing") from None
        except DestinationError as error:
            raise IntegrityError(str(error)) from None
        if place.is_symlink() or not place.is_file():
            raise IntegrityError(f"{shown}: {path} is no file of a run; remove it")
        if look.st_size != self.sizes[path]:
            raise IntegrityError(f"{shown}: {path} has {look.st_size:,} bytes, {self.sizes[path]:,} by the manifest")
        return place

    def _selected(self, layout: Layout, places: list[Path], folder: Path) -> str | None:
        """Return a query of all columns of files of one layout; None where DuckDB would not read what is there."""
        fields = [self.schema[name] for name in self.stored.held]
        chosen = ", ".join(f"CAST({ddl.name(f.name)} AS {_kind(f)}) AS {ddl.name(f.name)}" for f in fields)
        if layout.format == "parquet":
            told = left_out(self.stored.held, layout)
            # DuckDB takes any folder of the path for one that tells a column.
            if told and "=" in str(folder):
                return None
            types = ", ".join(f"{ddl.literal(name)}: {_kind(self.schema[name])}" for name in told)
            hive = f"hive_partitioning = true, hive_types = {{{types}}}" if told else "hive_partitioning = false"
            return f"SELECT {chosen} FROM read_parquet({listed(places)}, {hive})"
        # An empty line is a row of a single column, and DuckDB passes over it.
        if layout.format == "csv" and len(fields) > 1:
            columns = ", ".join(f"{ddl.literal(f.name)}: {ddl.literal(_kind(f))}" for f in fields)
            return (
                f"SELECT {chosen} FROM read_csv({listed(places)}, columns = {{{columns}}}, auto_detect = false, "
                f"header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, "
                f"hive_partitioning = false, compression = {ddl.literal(_CODECS[layout.compression])})"
            )
        return None


@dataclass(frozen=True, slots=True)
class OwnDuckTable(OwnTable):
    """One that lies in a file of DuckDB."""

    def relation(self, connection: DuckDBPyConnection) -> str | None:
        """Return an expression over the rows of its files; the file stays open as long as the connection."""
        from rowmill.quality.sources.duck import attached

        place = Path(self.stored.target.shown)
        alias = attached(connection, place)
        found = connection.execute(f"SELECT path, number FROM {alias}.main._rowmill_files").fetchall()
        numbers = dict(found)
        paths = [path for path, _ in self.stored.files]
        if lost := next((path for path in paths if path not in numbers), None):
            raise IntegrityError(f"{self.stored.target.shown}: {lost} is missing")
        fields = [self.schema[name] for name in self.stored.held]
        chosen = ", ".join(f"CAST({ddl.name(f.name)} AS {_kind(f)}) AS {ddl.name(f.name)}" for f in fields)
        where = f"list_contains([{', '.join(str(numbers[path]) for path in paths)}], {PART})"
        return f"(SELECT {chosen} FROM {alias}.main.{ddl.name(self.name)} WHERE {where})"


def own_tables(out: str, manifest: Manifest, windows: range | None) -> dict[str, OwnTable]:
    """Return the tables of a destination of ours, the main one first.

    Args:
        out: the destination.
        manifest: of the destination.
        windows: files that have rows of none of these are left out; None for all files.
    """
    from rowmill.sinks.databases.duck.destination import DuckDestination

    known: dict[str, OwnTable] = {}
    found = schemas(out, manifest.slices[0])
    for name, entry in manifest.tables.items():
        stored = stored_table(out, manifest, found[name], windows)
        make = OwnDuckTable if isinstance(stored.target, DuckDestination) else OwnTable
        sizes = {file.path: file.bytes for file in entry.files}
        known[name] = make(stored, entry.rows if windows is None else None, sizes)
    return known


def _kind(field: Field) -> str:
    """Return the type that DuckDB has for what Arrow shows."""
    return "VARCHAR" if field.type in _TEXTS else field.named(field.facts.duckdb)
