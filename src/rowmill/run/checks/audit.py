"""Whether the records of a destination agree with the spec, the calendar and one another. No file is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rowmill.model.dataset import Dataset, catalogs_of
from rowmill.model.schema import Schema
from rowmill.model.table import exact_rows
from rowmill.run.books.manifest import Manifest
from rowmill.run.books.records import Entry, TableEntry
from rowmill.run.prepare import dates_of, label_of


@dataclass(frozen=True, slots=True)
class Problem:
    """Something at the destination that is not what the manifest says, or not what the spec says."""

    table: str
    path: str
    """Relative to the destination; empty where the whole table is meant."""
    message: str


def contradictions(manifest: Manifest, dataset: Dataset) -> Iterator[Problem]:
    """Yield where the records contradict the dataset that they describe."""
    identity = manifest.identity
    known = tuple(name for name in dataset.tables if name in identity.tables)
    main = dataset.main if dataset.main in identity.tables else next(iter(known), "")
    catalogs = catalogs_of(dataset, known)
    if known != identity.tables or main != identity.main or set(catalogs) != set(identity.catalogs):
        yield Problem("", "", f"the manifest has tables {', '.join(identity.tables)}, which are not those of its spec")
        return
    if identity.columns is not None and not set(identity.columns) <= set(dataset.tables[main].schema.names):
        yield Problem(main, "", "the manifest has columns that the table has not")
        return
    for entry in manifest.slices:
        yield from _schemas(entry, dataset)
        faults = list(_slice(entry, dataset))
        yield from faults or _tables(entry, dataset)
    yield from _shared(manifest)


def _schemas(entry: Entry, dataset: Dataset) -> Iterator[Problem]:
    """Yield columns whose recorded type or values are not those of the spec: what the digests of enums count."""
    for name in entry.schemas:
        wanted, plain = dataset.tables[name].schema, entry.schemas[name]
        try:
            found = Schema.from_json(plain)
        except ValueError:
            found = None
        if found is None or found.names != wanted.names:
            yield Problem(name, "", f"slice {entry.label}: the recorded schema is not that of its spec")
            continue
        for one, other in zip(found.fields, wanted.fields, strict=True):
            if (one.type, one.scale, one.values) != (other.type, other.scale, other.values):
                said = "the recorded type or values of"
                yield Problem(name, "", f"slice {entry.label}: {said} {one.name} are not those of its spec")


def _slice(entry: Entry, dataset: Dataset) -> Iterator[Problem]:
    calendar, windows = dataset.calendar, range(*entry.windows)
    where = f"slice {entry.label}"
    if calendar.count is not None and windows.stop > calendar.count:
        yield Problem("", "", f"{where}: has windows beyond the period, which ends after {calendar.count}")
        return
    try:
        label = label_of(calendar, windows)
        dates = dates_of(calendar, windows)
    except (ValueError, OverflowError):
        yield Problem("", "", f"{where}: has windows that no calendar has")
        return
    if entry.label != label or entry.dates != dates:
        said = f"{entry.dates[0]} to {entry.dates[1]}"
        yield Problem("", "", f"{where}: says {said}, but its windows are {label}, {dates[0]} to {dates[1]}")


def _tables(entry: Entry, dataset: Dataset) -> Iterator[Problem]:
    for name, record in entry.tables.items():
        table = dataset.tables[name]
        windows = range(*entry.windows) if table.timed else range(1)
        outside = list(_outside(name, record, table.blocks, windows))
        yield from outside
        rows = None if outside else exact_rows(table, range(table.blocks), windows)
        if rows is not None and rows != record.rows:
            yield Problem(name, "", f"slice {entry.label}: {record.rows:,} rows are recorded; the spec says {rows:,}")


def _outside(name: str, record: TableEntry, blocks: int, windows: range) -> Iterator[Problem]:
    for file in record.files:
        first, stop, start, end = file.tiles
        # A table without entities has no block, and a file for its schema's sake.
        if stop > max(blocks, 1) or start < windows.start or end > windows.stop or first >= max(stop, 1):
            yield Problem(name, file.path, f"is recorded with tiles {list(file.tiles)}, which its slice does not have")


def _shared(manifest: Manifest) -> Iterator[Problem]:
    """Yield files of two slices, and catalogs that slices do not share."""
    first = manifest.slices[0]
    seen = {file.path for name, record in first.tables.items() for file in record.files}
    for entry in manifest.slices[1:]:
        for name, record in entry.tables.items():
            if name in entry.identity.catalogs:
                if record != first.tables[name]:
                    yield Problem(name, "", f"slices {first.label} and {entry.label} record different catalogs")
                continue
            for file in record.files:
                if file.path in seen:
                    yield Problem(name, file.path, "is recorded in two slices")
                seen.add(file.path)
