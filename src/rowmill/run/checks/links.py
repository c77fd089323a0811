"""Foreign keys: whether the rows that they name are there, looked up over tables whatever their size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.draw.words import Words
from rowmill.model.dataset import Dataset
from rowmill.model.frame import Cells
from rowmill.model.schema import ForeignKey, Schema
from rowmill.run.books.manifest import Manifest
from rowmill.run.checks.keys import GROUPS, Keys, Lookup, key_hashes
from rowmill.sinks.filetypes.arrays import cells_of

SHOWN = 5
"""Keys without a row that a report shows."""
_FEW = 1 << 21
"""Keys of a table up to which they stay in memory, so that the rows that name them need not be remembered."""
_NONE: Words = np.empty(0, np.uint64)
_SOUGHT = 1 << 20
"""Keys without a row of which the first ones are sought."""


@dataclass(frozen=True, slots=True)
class ForeignKeyReport:
    """One foreign key, and what was found of it."""

    table: str
    columns: tuple[str, ...]
    references: str
    """The table that it names rows of."""
    referenced: tuple[str, ...]
    """That table's columns."""
    rows: int = 0
    """Rows that were looked up: those whose columns are not null."""
    orphans: int = 0
    """Rows of them that name a row that is not there."""
    first: tuple[str, ...] = ()
    """What the first of those name."""
    first_rows: tuple[str, ...] = ()
    """The key of the first row that names each of ``first``; empty where its file holds no key."""
    unchecked: str | None = None
    """Why none was looked up; None where they were."""

    def __str__(self) -> str:
        return f"{self.table} ({', '.join(self.columns)}) → {self.references} ({', '.join(self.referenced)})"


def unchecked(dataset: Dataset, manifest: Manifest, tables: Sequence[str], table: str, key: ForeignKey) -> str | None:
    """Return why the rows that a foreign key names cannot be looked up at a destination; None where they can.

    Args:
        dataset: what the destination holds.
        manifest: its slices and columns.
        tables: those that are read.
        table: the one whose foreign key it is.
        key: of its schema.
    """
    if key.table not in tables:
        return f"{key.table} is not read"
    for name, columns in ((table, key.columns), (key.table, key.references)):
        if name == manifest.main and not set(columns) <= set(manifest.columns or columns):
            return f"{name} is without {', '.join(columns)}"
    if not dataset.tables[key.table].timed:
        return None
    stop = _covered(range(*entry.windows) for entry in manifest.slices)
    if not dataset.tables[table].timed and stop != dataset.calendar.count:
        return f"not all of {key.table} is here"
    if key.earlier and stop is None:
        return f"it may name rows of {key.table} that lie before or between the slices"
    return None


def _covered(windows: Iterable[range]) -> int | None:
    """Return the window before which all have been made; None where one is missing that comes before another."""
    stop = 0
    for span in sorted(windows, key=lambda span: span.start):
        if span.start > stop:
            return None
        stop = max(stop, span.stop)
    return stop


class Links:
    """The keys of the tables that are read: whether they tell rows apart, and whether foreign ones name rows.

    Args:
        dataset: what the destination holds.
        manifest: its slices and columns.
        tables: names of those that are read.
    """

    def __init__(self, dataset: Dataset, manifest: Manifest, tables: Sequence[str]) -> None:
        self._schemas = {name: dataset.tables[name].schema for name in tables}
        self._links: list[ForeignKeyReport] = []
        self._sources: dict[ForeignKeyReport, Keys] = {}
        self._targets = {(name, schema.row_key): Keys() for name, schema in self._schemas.items()}
        self._known: dict[tuple[str, tuple[str, ...]], Lookup] = {}
        for table, schema in self._schemas.items():
            for key in schema.foreign_keys:
                why = unchecked(dataset, manifest, tables, table, key)
                link = ForeignKeyReport(table, key.columns, key.table, key.references, unchecked=why)
                self._links.append(link)
                if why is None:
                    self._sources[link] = Keys()
                    self._targets.setdefault((link.references, link.referenced), Keys())

    def close(self) -> None:
        """Give up memory and files."""
        for keys in (*self._sources.values(), *self._targets.values()):
            keys.close()

    def order(self) -> list[str]:
        """Return the tables, those that others name before them where that can be."""
        left, order = list(self._schemas), list[str]()
        while left:
            needs = {link.table for link in self._sources if link.references in left and link.references != link.table}
            ready = [name for name in left if name not in needs] or left[:1]
            order += ready
            left = [name for name in left if name not in ready]
        return order

    def see(self, table: str, cells: Mapping[str, Cells]) -> None:
        """Take rows of a table.

        Args:
            table: its name.
            cells: its columns, as they were read.
        """
        whole: dict[str, Cells] = {}

        def columns(names: Sequence[str]) -> list[Cells]:
            for name in names:
                whole[name] = whole.get(name) or Cells(cells[name].canonical(), cells[name].nulls)
            return [whole[name] for name in names]

        for (name, group), keys in self._targets.items():
            if name == table and set(group) <= set(cells):
                keys.add(key_hashes(columns(group)))
        for link, keys in self._sources.items():
            if link.table == table:
                self._look_up(link, keys, columns(link.columns))

    def _look_up(self, link: ForeignKeyReport, keys: Keys, columns: Sequence[Cells]) -> None:
        hashes = _present(key_hashes(columns), columns)
        known = self._known.get((link.references, link.referenced))
        keys.add(hashes if known is None else known.absent(hashes), len(hashes))

    def finish(self, table: str) -> tuple[int, int]:
        """Return how many rows of a table had a key that was read, and how many of them have that of another row.

        All rows of the table have been seen.
        """
        own = self._targets[table, self._schemas[table].row_key]
        found = own.rows, own.repeated()
        named = {(link.references, link.referenced) for link in self._sources}
        for place, keys in self._targets.items():
            if place[0] == table and place not in named:
                keys.close()
            elif place[0] == table and keys.rows <= _FEW:
                self._known[place] = keys.whole()
        return found

    def found(self) -> Iterator[tuple[ForeignKeyReport, Words]]:
        """Yield each foreign key with what was found of it, and the keys that no row has, sorted; not all of many."""
        absent: dict[ForeignKeyReport, list[Words]] = {link: [_NONE] for link in self._sources}
        orphans = dict.fromkeys(self._sources, 0)
        for place, target in self._targets.items():
            links = [link for link in self._sources if (link.references, link.referenced) == place]
            for number in range(GROUPS if links else 0):
                there = target.lookup(number)
                for link in links:
                    missing = there.absent(self._sources[link].group(number))
                    orphans[link] += len(missing)
                    if sum(map(len, absent[link])) < _SOUGHT:
                        absent[link].append(np.unique(missing))
        for link in self._links:
            checked = link.unchecked is None
            sought = np.sort(np.concatenate(absent[link])) if checked else _NONE
            yield replace(link, rows=self._sources[link].rows, orphans=orphans[link]) if checked else link, sought


def first_orphans(
    schema: Schema, link: ForeignKeyReport, sought: Words, batches: Iterable[pa.RecordBatch]
) -> dict[str, str]:
    """Return what the first rows name that name no row, each value once, and the key of such a row.

    Args:
        schema: of the table.
        link: its foreign key.
        sought: keys that no row has, sorted.
        batches: rows of the table, in the order of its files.
    """
    shown: dict[str, str] = {}
    for batch in batches:
        read = [cells_of(schema[name], batch.column(name)) for name in link.columns]
        columns = [Cells(cells.canonical(), cells.nulls) for cells in read]
        hashes = key_hashes(columns)
        wrong = np.flatnonzero(np.isin(hashes, sought) & ~_missing(columns))
        first = np.unique(hashes[wrong], return_index=True)[1]
        for row in np.sort(wrong[first]).tolist():
            shown.setdefault(_values(batch, link.columns, row), _values(batch, schema.row_key, row))
        if len(shown) >= SHOWN:
            break
    return dict(islice(shown.items(), SHOWN))


def told(schema: Schema, link: ForeignKeyReport, *, more: bool) -> str:
    """Return in words what was found of a foreign key with orphans; there may be more values than the first ones.

    Args:
        schema: of the table whose foreign key it is.
        link: the foreign key.
        more: whether there are more values.
    """
    named = ", ".join(link.first) + (", …" if more else "")
    where = f"{link.references} ({', '.join(link.referenced)})"
    key = schema.row_key[0] if len(schema.row_key) == 1 else f"({', '.join(schema.row_key)})"
    rows = f" (first in {link.table} where {key} is {', '.join(link.first_rows)})" if any(link.first_rows) else ""
    return f"{link.orphans:,} rows name no row of {where}: {', '.join(link.columns)} {named}{rows}"


def _values(batch: pa.RecordBatch, names: Sequence[str], row: int) -> str:
    """Return some values of a row as text; empty where one of them was not written."""
    if not set(names) <= set(batch.schema.names):
        return ""
    values = [str(batch.column(name)[row].as_py()) for name in names]
    return values[0] if len(values) == 1 else f"({', '.join(values)})"


def _missing(columns: Sequence[Cells]) -> NDArray[np.bool_]:
    """Return where any column is missing, bool[rows]: such a row names none."""
    missing = np.zeros(len(columns[0]), np.bool_)
    for cells in columns:
        if cells.nulls is not None:
            missing |= cells.nulls
    return missing


def _present(hashes: Words, columns: Sequence[Cells]) -> Words:
    return hashes if all(cells.nulls is None for cells in columns) else hashes[~_missing(columns)]
