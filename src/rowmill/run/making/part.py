"""The work on one part: tiles become batches, batches become files, and every tile is added to the digest."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from time import perf_counter

from rowmill.core.errors import RowmillError
from rowmill.core.logs import log
from rowmill.model.dataset import Dataset
from rowmill.model.digest import Digester
from rowmill.model.frame import Frame, frame_length, take_rows
from rowmill.model.part import Part
from rowmill.model.schema import Schema
from rowmill.model.statistics.gather import Gatherer
from rowmill.model.statistics.records import of_all
from rowmill.model.table import Table, Tile
from rowmill.run.books import forms
from rowmill.run.events import FileReceipt, Receipt, Rows
from rowmill.run.making.job import Job
from rowmill.run.making.tiles import TileGroup, merged, tile_groups
from rowmill.sinks.base import FileWriter
from rowmill.sinks.filetypes.arrays import Joiner
from rowmill.sinks.filetypes.hive import written_columns
from rowmill.sinks.layout import FileSpec
from rowmill.sinks.registry import destination

_log = log(__name__)


def make_part(job: Job, dataset: Dataset, part: Part) -> Generator[Rows | Receipt, None, None]:
    """Make the files of a part; yields rows as they pass, then the receipt.

    Closing the generator, or an error, drops the file in progress.
    """
    table, started = dataset.tables[part.table], perf_counter()
    columns = job.identity.columns if part.table == dataset.main else None
    files = _Files(job, dataset, part, columns)
    try:
        for group in _groups(job, table, part, columns):
            if not (files.every_window or any(tile.rows for tile in group.tiles)):
                continue
            file = files.at(group.window)
            frame = file.add(group, columns)
            for start in range(0, frame_length(frame), job.batch_size):
                batch = take_rows(frame, slice(start, start + job.batch_size))
                file.writer.write(batch)
                yield Rows(part.table, frame_length(batch))
        receipts = files.finish()
        if job.origin is not None:
            job.origin.refuse_other(part, receipts)
    finally:
        files.abort()
    receipt = files.seal(Receipt(job.stage.run, part.name, part.table, receipts))
    _log.bind(run=receipt.run, part=receipt.part, table=receipt.table).info(
        "made",
        rows=receipt.rows,
        files=len(receipt.files),
        bytes=sum(file.bytes for file in receipt.files),
        **_counted(receipt),
        seconds=round(perf_counter() - started, 3),
    )
    yield receipt


def _counted(receipt: Receipt) -> dict[str, dict[str, int]]:
    """Return what a log tells of the columns of a part: how often they are missing and true, of those that are."""
    found = of_all(file.statistics for file in receipt.files)
    columns = {} if found is None else found.columns
    nulls = {name: each.nulls for name, each in columns.items() if each.nulls}
    return {"nulls": nulls, "trues": {name: each.trues for name, each in columns.items() if each.trues is not None}}


def _groups(job: Job, table: Table, part: Part, columns: tuple[str, ...] | None) -> Iterator[TileGroup]:
    if job.origin is not None:
        return job.origin.groups(table, part, columns)
    return tile_groups(table, part, _needed(table, part, columns))


class _OpenFile:
    """A file in progress with the digest and the statistics of its rows."""

    def __init__(self, folder: str, part: Part, window: int, writer: FileWriter, schema: Schema) -> None:
        self.folder = folder
        self.writer = writer
        self._part = part
        self._first = window
        self._schema = schema
        self._digester = Digester(schema)
        self._gatherer = Gatherer(schema)
        self._joiners: dict[str, Joiner] = {}
        self._counts: Counter[str] = Counter()

    def add(self, group: TileGroup, columns: Sequence[str] | None) -> Frame:
        """Add tiles of one window to the digest and return their rows in the order of the file."""
        for tile in group.tiles:
            _check_types(self._schema, tile)
            shown = tile if columns is None else Tile(tile.block, tile.window, _only(tile.frame, columns))
            self._digester.add(shown)
            self._gatherer.add(shown)
            self._counts.update(tile.counts)
        frame = merged(group.tiles, self._schema, self._joiners) if group.frame is None else group.frame
        return frame if columns is None else _only(frame, columns)

    def close(self, stop: int) -> FileReceipt:
        """Complete the file, whose windows end before ``stop``."""
        written, digest = self.writer.close(), self._digester.finish()
        if written.rows != digest.rows:
            raise RowmillError(f"{written.path}: {written.rows} rows written, {digest.rows} made")
        tiles = (self._part.block_start, self._part.block_stop, self._first, stop)
        return FileReceipt(
            written.path,
            written.rows,
            written.bytes,
            tiles,
            written.checksum,
            digest.columns,
            dict(self._counts),
            written.token,
            self._gatherer.finish(),
        )


class _Files:
    """The files of a part, one after the other: one for each partition that has rows, and one in any case."""

    def __init__(self, job: Job, dataset: Dataset, part: Part, columns: tuple[str, ...] | None) -> None:
        self._job = job
        self._part = part
        self._columns = columns
        self._table = dataset.tables[part.table]
        self._calendar = dataset.calendar
        self._writer = destination(job.location, job.remote).part(job.stage, part.name, job.layout)
        self._open: _OpenFile | None = None
        self._receipts: list[FileReceipt] = []

    @property
    def every_window(self) -> bool:
        """Return whether a window without rows has a file too: readers ask for the folder of each year."""
        return self._table.timed and self._job.names.yearly

    def at(self, window: int) -> _OpenFile:
        """Return the file that the rows of a window belong to."""
        at = window if self._table.timed else None
        folder = self._job.folder(self._part.table, self._calendar, at)
        if self._open is not None and self._open.folder != folder:
            self._close(window)
        if self._open is None:
            path = self._job.path(self._part, self._calendar, at)
            file = _file_spec(self._job, self._table, self._part, path, self._columns)
            writer = self._writer.open(file)
            self._open = _OpenFile(folder, self._part, window, writer, self._table.schema)
        return self._open

    def finish(self) -> tuple[FileReceipt, ...]:
        """Complete the last file, an empty one if there was none."""
        if self._open is None:
            self.at(self._part.window_start)
        self._close(self._part.window_stop)
        return tuple(self._receipts)

    def seal(self, receipt: Receipt) -> Receipt:
        """Make the part count; return the receipt that does, which may be that of another process."""
        mine = json.dumps(receipt.to_json()).encode()
        found = self._writer.seal(mine)
        return receipt if found == mine else forms.parse(Receipt, found, headed=False)

    def abort(self) -> None:
        """Drop the file in progress, if there is one."""
        if self._open is not None:
            self._open.writer.abort()
            self._open = None

    def _close(self, stop: int) -> None:
        if self._open is not None:
            self._receipts.append(self._open.close(stop))
            self._open = None


def _needed(table: Table, part: Part, columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return the columns to compute: those asked for, and the sort keys where tiles of several blocks are merged."""
    if columns is None or len(part.blocks) == 1 or table.schema.event_time is None:
        return columns
    return tuple(dict.fromkeys((*columns, table.schema.event_time, *table.schema.row_key)))


def _only(frame: Frame, columns: Sequence[str]) -> Frame:
    return {name: cells for name, cells in frame.items() if name in columns}


def _check_types(schema: Schema, tile: Tile) -> None:
    """Refuse values that a file would store in another type: their digest could never be found again."""
    for name, cells in tile.frame.items():
        field = schema[name]
        if cells.dictionary is not None:
            agrees = cells.dictionary.values.type.equals(field.held)
        else:
            agrees = cells.values.dtype.kind in "OSTU" if field.text else cells.values.dtype == field.facts.cells
        if not agrees:
            found = cells.values.dtype if cells.dictionary is None else cells.dictionary.values.type
            kind = field.facts.cells or "texts"
            raise RowmillError(
                f"table {schema.name}: column {name} was made as {found}; its type is {field.type}: let its function "
                f"return {kind}, or declare another type; then write the data again with --overwrite"
            )
        if not field.nullable and cells.nulls is not None and cells.nulls.any():
            raise RowmillError(f"table {schema.name}: column {name} has nulls; its field says it never does")


def _file_spec(job: Job, table: Table, part: Part, path: str, columns: tuple[str, ...] | None) -> FileSpec:
    facts = {
        "domain": job.identity.domain,
        "data_version": job.identity.data_version,
        "fingerprint": job.identity.fingerprint,
        "seed": job.identity.seed,
        "table": part.table,
        "part": part.name,
    }
    held = written_columns(table.schema, columns, job.layout)
    return FileSpec(path, table.schema, held, tuple((f"rowmill.{key}", str(value)) for key, value in facts.items()))
