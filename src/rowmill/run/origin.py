"""Where rows come from that are read instead of made: a committed slice of another destination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rowmill.core.errors import IntegrityError
from rowmill.model.digest import TableDigest
from rowmill.model.part import Part
from rowmill.model.table import Table
from rowmill.plan import Plan
from rowmill.run.books.records import Entry, FileEntry, TableEntry
from rowmill.run.checks.reread import groups_of
from rowmill.run.events import FileReceipt
from rowmill.run.making.tiles import TileGroup
from rowmill.sinks.filetypes.content import UNREADABLE
from rowmill.sinks.layout import FileSpec
from rowmill.sinks.registry import destination
from rowmill.sinks.remote import DEFAULT_REMOTE, Remote

_FIX = "look with `rowmill verify` at what else is wrong there"


@dataclass(frozen=True, slots=True)
class Origin:
    """A committed slice of a destination. Each of its files is a part of a run that reads it. Plain data."""

    location: str
    """Of the destination, with whatever it takes to read there."""
    shown: str
    """What to call it in messages, without secrets."""
    entry: Entry
    remote: Remote = DEFAULT_REMOTE
    """How it is reached, if it lies behind a network."""

    def plan(self, without: frozenset[str]) -> Plan:
        """Return a part for each file, in the order of the record; the parts cover the slice once, as its files do.

        Args:
            without: tables to leave out.
        """
        tables = [name for name in self.entry.identity.tables if name not in without]
        parts = [part for name in tables for part in self._parts(name)]
        rows = tuple(self._file(part).rows for part in parts)
        return Plan(tuple(parts), rows, rows)

    def groups(self, table: Table, part: Part, columns: Sequence[str] | None) -> Iterator[TileGroup]:
        """Yield the rows of a part in the order of its file.

        Raises:
            IntegrityError: if the file is missing or cannot be read, or its rows are in no order that a run writes.
        """
        last = part.window_start
        for group in self._groups(table, part, columns):
            if not last <= group.window < part.window_stop:
                raise self._other(part, "its rows are not those of its tiles, or are in another order")
            last = group.window
            yield group

    def refuse_other(self, part: Part, receipts: Sequence[FileReceipt]) -> None:
        """Refuse what was written of a part, if it is not what the record promises of its file.

        Raises:
            IntegrityError: naming the file.
        """
        found = TableDigest(part.table)
        for receipt in receipts:
            found.merge(TableDigest(part.table, receipt.rows, dict(receipt.columns)))
        file = self._file(part)
        if found.rows != file.rows:
            raise self._other(part, f"holds {found.rows:,} rows; the manifest says {file.rows:,}")
        if found.value != file.digest:
            raise self._other(part, "its rows were changed: their digest is not the one in the manifest")

    def vouched(self, tables: Mapping[str, TableEntry]) -> dict[str, TableEntry]:
        """Return records of tables that were read from here, with the counts that only making the rows tells.

        Raises:
            IntegrityError: if rows or the digest of a column are others than here.
        """
        for name, table in tables.items():
            if table.digest(name) != self.entry.tables[name].digest(name):
                raise IntegrityError(f"{self.shown}: {name} has other rows than were written of it; {_FIX}")
        return {name: replace(table, counts=self.entry.tables[name].counts) for name, table in tables.items()}

    def _parts(self, table: str) -> Iterator[Part]:
        """Yield the parts of a table; where nothing lies between two files, the later one begins where the other ends.

        A file says which windows it has rows of, so that those without rows are in none.
        """
        start, stop = (0, 1) if table in self.entry.identity.catalogs else self.entry.windows
        files = self.entry.tables[table].files
        ends = dict[tuple[int, int], int]()
        last = {file.tiles[:2]: index for index, file in enumerate(files)}
        for index, file in enumerate(files):
            blocks, end = file.tiles[:2], file.tiles[3]
            end = stop if last[blocks] == index else end
            yield Part(table, index, *blocks, ends.get(blocks, start), end)
            ends[blocks] = end

    def _file(self, part: Part) -> FileEntry:
        return self.entry.tables[part.table].files[part.index]

    def _groups(self, table: Table, part: Part, columns: Sequence[str] | None) -> Iterator[TileGroup]:
        file = self._file(part)
        spec = FileSpec(file.path, table.schema, None if columns is None else tuple(columns))
        try:
            with destination(self.location, self.remote).read(spec, self.entry.layout) as content:
                yield from groups_of(table, file, columns, content.batches())
        except FileNotFoundError:
            raise self._other(part, "is missing") from None
        except UNREADABLE as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise self._other(part, f"cannot be read: {reason}") from None

    def _other(self, part: Part, how: str) -> IntegrityError:
        return IntegrityError(f"{self.shown}: {self._file(part).path}: {how}; {_FIX}")
