"""Verify: read every file again, and hold what is found against the manifest and the spec."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter
from types import MappingProxyType

import pyarrow as pa

from rowmill.core.errors import DestinationError
from rowmill.model.dataset import Dataset
from rowmill.model.digest import TableDigest, dataset_digest
from rowmill.model.inputs import inputs_of
from rowmill.run.books.manifest import Manifest, read
from rowmill.run.books.rebuild import rebuild
from rowmill.run.books.records import Entry, FileEntry
from rowmill.run.checks.audit import Problem, contradictions
from rowmill.run.checks.changes import SAME, changes
from rowmill.run.checks.chosen import bytes_of, chosen, columns_of, files_of
from rowmill.run.checks.links import ForeignKeyReport, Links, first_orphans, told
from rowmill.run.checks.remake import Remake, count_tiles, made_tiles, sampled_tiles
from rowmill.run.checks.report import VerifyReport
from rowmill.run.checks.reread import Aside, TileDigest, file_digest
from rowmill.run.checks.strangers import is_shown
from rowmill.sinks.base import Content, Destination, HoldsRows
from rowmill.sinks.filetypes.content import UNREADABLE
from rowmill.sinks.layout import FileSpec
from rowmill.sinks.registry import destination, shown

__all__ = ["ForeignKeyReport", "Problem", "Remake", "VerifyReport", "verify"]

_CHANGED = "its rows were changed (--repair makes them again): their digest is not the one in the manifest"
_UNCHANGED_BYTES = (
    "its bytes are those that were written, and its rows have not the digest that the manifest says: the manifest was "
    "changed, or the domain finds rows in other tiles than it made them in"
)

_EXPLAINED = 8
"""Broken files of which the rows are made again, to name those that were changed."""

_SORTED = "holds the rows that were written, every one and no other, in another order"

Progress = Callable[[int, int], None]


def verify(
    out: str | Path,
    *,
    tables: Sequence[str] | None = None,
    inputs: Mapping[str, str | Path] = MappingProxyType({}),
    remake: Remake = "sample",
    allow_plugins: bool = False,
    progress: Progress | None = None,
) -> VerifyReport:
    """Hold what lies at a destination against its manifest, and the manifest against its spec.

    The spec must be the one of the fingerprint, and labels, dates, windows and exact numbers of rows those of the spec.
    Every committed file is read, and its size, rows, digest and checksum compared, with the list of files. No two rows
    of a table may share a key, and rows that foreign keys name must be there, if all that they may be among was read.
    Tiles are made again from the spec: all, one of each table, or none.

    Args:
        out: destination.
        tables: names to check; None for all.
        inputs: the user's own files that the data was made with, by name.
        remake: which tiles to make again.
        allow_plugins: whether code that the stored spec names may be imported.
        progress: called with (bytes read, bytes in all).

    Raises:
        DestinationError: if nothing is committed there.
        IntegrityError: if its records are damaged, or the spec is not the one of the fingerprint.
        UsageError: if a table is unknown, a file is missing or another one, the data was made by another version of
            its domain, or the spec names code that may not be imported.
    """
    started = perf_counter()
    manifest = read(out)
    names = chosen(manifest, tables)
    dataset = rebuild(shown(out), manifest.identity, inputs_of(inputs), allow_plugins=allow_plugins)
    found = list(contradictions(manifest, dataset))
    check = _Check(destination(out), dataset, bytes_of(manifest, names), progress)
    check.problems += found
    if not found:
        check.tables(manifest, names, remake)
    if not manifest.published:
        check.note("", "", "files were committed but not all are in place; run the same command again with --resume")
    return VerifyReport(
        destination=shown(out),
        fingerprint=manifest.fingerprint,
        digest=dataset_digest(check.digests),
        tables=tuple(names),
        unread=tuple(name for name in manifest.tables if name not in names),
        files=check.files,
        rows=check.rows,
        bytes=check.bytes,
        seconds=perf_counter() - started,
        problems=tuple(check.problems),
        keyed_rows=check.keyed_rows,
        foreign_keys=tuple(check.foreign_keys),
        tiles=count_tiles({name: manifest.tables[name].files for name in names}),
        remade=check.remade,
    )


class _Check:
    """Looks at one file after the other and notes what is wrong."""

    def __init__(self, target: Destination, dataset: Dataset, total: int, progress: Progress | None) -> None:
        self.problems: list[Problem] = []
        self.digests: dict[str, TableDigest] = {}
        self.foreign_keys: list[ForeignKeyReport] = []
        self.files = self.rows = self.bytes = self.keyed_rows = self.remade = 0
        self._target = target
        self._dataset = dataset
        self._total = total
        self._progress = progress
        self._all = self._makes = False
        self._explained = 0
        self._sampled: dict[str, tuple[str, int, int]] = {}
        self._counts: Counter[str] = Counter()
        self._unread: set[str] = set()
        self._changed: list[int] = []
        """Places of the problems of one table that are files with another digest."""

    def tables(self, manifest: Manifest, names: Sequence[str], remake: Remake) -> None:
        """Check the files of some tables, and the rows that they name of one another."""
        self._all, self._makes = remake == "all", remake != "none"
        self._sampled = sampled_tiles(manifest, self._dataset) if remake == "sample" else {}
        with closing(Links(self._dataset, manifest, names)) as links:
            for name in links.order():
                self._table(manifest, name, links)
            self._links(manifest, links)

    def note(self, table: str, path: str, message: str) -> None:
        """Write down a problem."""
        self.problems.append(Problem(table, path, message))

    def _table(self, manifest: Manifest, name: str, links: Links) -> None:
        """Check the files of a table."""
        self.digests[name] = TableDigest(name)
        try:
            folder = manifest.identity.folder(name)
            visible = {*self._target.visible(folder), *_unfiled(self._target, folder)}
        except DestinationError as error:
            self.note(name, "", str(error))
            self._unread.add(name)
            return
        self._strangers(name, visible - {file.path for file in manifest.tables[name].files})
        self._counts.clear()
        self._changed = []
        for entry, file in files_of(manifest, name):
            self._file(name, entry, file, links)
        self._name_columns(name, manifest.tables[name].columns)
        self._keys(name, links)
        counts = manifest.tables[name].counts
        if self._all and +self._counts != +Counter(counts) and not self._damaged(name):
            self.note(name, "", f"the manifest counts {dict(counts)}; the spec makes {dict(self._counts)}")

    def _damaged(self, table: str) -> bool:
        return any(problem.table == table for problem in self.problems)

    def _strangers(self, table: str, paths: set[str]) -> None:
        """Note files in a table's folder that no manifest knows: readers of the folder would take them for data."""
        for path in sorted(paths):
            if is_shown(path):
                self.note(table, path, "is in no manifest; remove it")

    def _keys(self, table: str, links: Links) -> None:
        """Note rows that share a key with another one."""
        rows, repeated = links.finish(table)
        self.keyed_rows += rows
        if repeated:
            schema = self._dataset.tables[table].schema
            what = f"{'primary key' if schema.primary_key else 'unique key'} ({', '.join(schema.row_key)})"
            self.note(table, "", f"{repeated} rows have the {what} of another row")

    def _name_columns(self, table: str, recorded: Mapping[str, int]) -> None:
        """Add to the files of a table with another digest which columns it is of, where all its files were read."""
        found = self.digests[table].columns
        names = [column for column, value in recorded.items() if found.get(column) != value]
        if table in self._unread or not names:
            return
        shown = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")
        for place in self._changed:
            problem = self.problems[place]
            self.problems[place] = replace(problem, message=f"{problem.message} (of columns: {shown})")

    def _links(self, manifest: Manifest, links: Links) -> None:
        """Note rows that name rows which are not there; of tables whose files were all read."""
        for link, sought in links.found():
            if lost := self._unread & {link.table, link.references}:
                why = link.unchecked or f"not all of {min(lost)} could be read"
                self.foreign_keys.append(replace(link, rows=0, orphans=0, unchecked=why))
            elif link.orphans:
                schema = self._dataset.tables[link.table].schema
                first = first_orphans(schema, link, sought, self._batches(manifest, link.table))
                self.foreign_keys.append(replace(link, first=tuple(first), first_rows=tuple(first.values())))
                self.note(link.table, "", told(schema, self.foreign_keys[-1], more=len(sought) > len(first)))
            else:
                self.foreign_keys.append(link)

    def _batches(self, manifest: Manifest, table: str) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a table once more."""
        for entry, file in files_of(manifest, table):
            with self._target.read(self._spec(entry, table, file), entry.layout) as content:
                yield from content.batches()

    def _file(self, table: str, entry: Entry, file: FileEntry, links: Links) -> None:
        """Compare one file with its record, and with the spec."""
        self.files += 1
        try:
            with self._target.read(self._spec(entry, table, file), entry.layout) as content:
                self._compare(table, entry, file, content, links)
        except FileNotFoundError:
            self._lost(table, file, "is missing")
        except DestinationError:
            self._lost(table, file, "is a link or no file, and was not read")
        except UNREADABLE as error:
            self._lost(table, file, f"cannot be read: {_line(error)}")
        self.bytes += file.bytes
        if self._progress is not None:
            self._progress(self.bytes, self._total)

    def _lost(self, table: str, file: FileEntry, how: str) -> None:
        self._unread.add(table)
        self.note(table, file.path, how)

    def _spec(self, entry: Entry, table: str, file: FileEntry) -> FileSpec:
        return FileSpec(file.path, self._dataset.tables[table].schema, columns_of(entry, table))

    def _compare(self, name: str, entry: Entry, file: FileEntry, content: Content, links: Links) -> None:
        table, columns = self._dataset.tables[name], columns_of(entry, name)
        whole, size = content.checksum() == file.checksum, content.bytes
        stored = content.facts().get("rowmill.fingerprint", entry.identity.fingerprint)
        path, block, window = self._sampled.get(name, ("", 0, 0))
        tile = TileDigest(block, window, TableDigest(name)) if path == file.path else None
        found = file_digest(table, file, columns, content.batches(), Aside(partial(links.see, name), tile))
        self.rows += found.rows
        self.digests[name].merge(found)
        if found.rows != file.rows:
            more = self._changes(name, columns, file, content)
            self.note(name, file.path, f"holds {found.rows} rows; the manifest says {file.rows}{more}")
        elif found.value != file.digest:
            if whole and content.keeps_bytes:
                self._changed.append(len(self.problems))
                self.note(name, file.path, _UNCHANGED_BYTES)
                return
            more = self._changes(name, columns, file, content)
            if more == f": {SAME}":
                self.note(name, file.path, _SORTED)
                return
            self._changed.append(len(self.problems))
            self.note(name, file.path, f"{_CHANGED}{more}")
        elif not whole:
            self.note(name, file.path, "its rows are right, but its bytes were changed: copy or write it again")
        elif size != file.bytes:
            self.note(name, file.path, f"has {size:,} bytes; the manifest says {file.bytes:,}")
        else:
            if not entry.identity.has_name(stored):
                self.note(name, file.path, f"was made for another spec, of fingerprint {stored[:32]!r}")
            self._remake(name, file, columns, found, tile)

    def _changes(self, name: str, columns: Sequence[str] | None, file: FileEntry, content: Content) -> str:
        """Say which rows of a broken file are others than those of the spec, where making its tiles is wanted."""
        if not self._makes or self._explained >= _EXPLAINED:
            return ""
        self._explained += 1
        found = changes(self._dataset.tables[name], file, columns, content.batches())
        return "" if found is None else f": {found}"

    def _remake(
        self, name: str, file: FileEntry, columns: Sequence[str] | None, found: TableDigest, tile: TileDigest | None
    ) -> None:
        """Make the tiles of a file again, or the one that was chosen."""
        if tile is not None:
            found, tiles = tile.found, (tile.block, tile.block + 1, tile.window, tile.window + 1)
        elif self._all:
            tiles = file.tiles
        else:
            return
        made, counts = made_tiles(self._dataset.tables[name], tiles, columns)
        self._counts.update(counts)
        self.remade += (tiles[1] - tiles[0]) * (tiles[3] - tiles[2])
        if made.value != found.value:
            what = "its rows are" if tile is None else f"its rows of block {tile.block}, window {tile.window}, are"
            self.note(name, file.path, f"{what} not those that the spec makes")


def _line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _unfiled(target: Destination, table: str) -> Iterable[str]:
    return target.unfiled(table) if isinstance(target, HoldsRows) else ()
