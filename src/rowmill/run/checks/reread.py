"""The tiles of a file from its rows alone: each row finds its tile. Hashed again, they are the digest of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.model.digest import TableDigest
from rowmill.model.frame import Cells, Frame, frame_length, take_rows
from rowmill.model.part import Part
from rowmill.model.table import Table, Tile
from rowmill.run.books.records import FileEntry
from rowmill.run.making.tiles import TileGroup, merged, tile_groups
from rowmill.sinks.filetypes.arrays import Joiner, cells_of

Places = NDArray[np.int64]
_BLOCK = "\x00block"
_WINDOW = "\x00window"


@dataclass(slots=True)
class TileDigest:
    """One tile of a file, and the digest of the rows that the file has of it."""

    block: int
    window: int
    found: TableDigest


@dataclass(frozen=True, slots=True)
class Aside:
    """What to note of a file's rows beside their digest."""

    see: Callable[[Mapping[str, Cells]], None] | None = None
    """To call with the columns of some rows after the other."""
    tile: TileDigest | None = None
    """To note the digest of one tile in."""


NOTHING = Aside()


def file_digest(
    table: Table,
    file: FileEntry,
    columns: Sequence[str] | None,
    batches: Iterable[pa.RecordBatch],
    aside: Aside = NOTHING,
) -> TableDigest:
    """Return the digest of a file, streaming: never more than the rows of one window, or block, are held.

    Args:
        table: which wrote it.
        file: its record; where a file lacks the columns that locate its rows, the record says which tiles to ask.
        columns: names that it holds; None for all.
        batches: its rows in order.
        aside: what to note of the rows beside their digest.

    Raises:
        ValueError: if it is damaged or has other columns; so may OSError and others that Arrow raises.
    """
    digest, values = TableDigest(table.schema.name), table.schema.values()

    def hashed(cells: Frame) -> Frame:
        if aside.see is not None:
            aside.see(cells)
        return {name: Cells(column.canonical(values.get(name)), column.nulls) for name, column in cells.items()}

    for tile in (tile for frame in _whole(table, file, columns, batches, hashed) for tile in _split(frame)):
        if aside.tile is None or (tile.block, tile.window) != (aside.tile.block, aside.tile.window):
            digest.add([tile])
        else:
            aside.tile.found.add([tile])
            digest.merge(aside.tile.found)
    return digest


def groups_of(
    table: Table, file: FileEntry, columns: Sequence[str] | None, batches: Iterable[pa.RecordBatch]
) -> Iterator[TileGroup]:
    """Yield the rows of a file, streaming: those of one window after the other, or of one block where there is no time.

    Arguments and errors are those of ``file_digest``. The digest of what comes is that of the file where its rows are
    what was written; where they are not, a group may come twice, or be one that the table has not.
    """
    for frame in _whole(table, file, columns, batches, dict):
        key = frame[_WINDOW if table.timed else _BLOCK].values
        bounds = [0, *(np.flatnonzero(np.diff(key)) + 1).tolist(), len(key)]
        for start, stop in pairwise(bounds) if len(key) else ():
            rows = take_rows(frame, slice(start, stop))
            shown = {name: cells for name, cells in rows.items() if name not in (_BLOCK, _WINDOW)}
            yield TileGroup(int(rows[_WINDOW].values[0]), list(_split(rows)), shown)


def _whole(
    table: Table,
    file: FileEntry,
    columns: Sequence[str] | None,
    batches: Iterable[pa.RecordBatch],
    kept: Callable[[Frame], Frame],
) -> Iterator[Frame]:
    """Yield rows that hold whole tiles, with the place of each, and what is kept of the cells of each batch."""
    schema = table.schema
    names = schema.names if columns is None else tuple(columns)
    known = set(table.locators) <= set(names)
    regenerated = None if known else _Regenerated(table, file)
    joiners = {name: Joiner(distinct=schema[name].layout == "dictionary") for name in names}
    joiners |= {_BLOCK: Joiner(), _WINDOW: Joiner()}
    held: list[Frame] = []
    cells: Frame = {}

    def joined() -> Frame:
        return {name: joiners[name].join([frame[name] for frame in held]) for name in held[0]}

    for batch in batches:
        last = {name: column.dictionary for name, column in cells.items()}
        cells = {name: cells_of(schema[name], batch.column(name), last.get(name)) for name in names}
        block, window = table.locate(cells) if regenerated is None else regenerated.take(batch.num_rows)
        frame = {**kept(cells), _BLOCK: Cells(block), _WINDOW: Cells(window)}
        complete = _last_change(window if table.timed else block)
        if complete:
            held.append(take_rows(frame, slice(0, complete)))
            yield joined()
            held = []
        held.append(take_rows(frame, slice(complete, None)))
    if held:
        yield joined()


class _Regenerated:
    """Where rows belong, from making their keys again in the order of the file."""

    def __init__(self, table: Table, file: FileEntry) -> None:
        self._groups = _places(table, Part(table.schema.name, 0, *file.tiles))
        self._block = self._window = np.empty(0, np.int64)

    def take(self, rows: int) -> tuple[Places, Places]:
        """Return block and window of the next rows; −1 for rows that no tile has."""
        while len(self._block) < rows:
            block, window = next(self._groups, (np.full(rows, -1), np.full(rows, -1)))
            self._block = np.concatenate((self._block, block))
            self._window = np.concatenate((self._window, window))
        found = self._block[:rows], self._window[:rows]
        self._block, self._window = self._block[rows:], self._window[rows:]
        return found


def _places(table: Table, part: Part) -> Iterator[tuple[Places, Places]]:
    schema = table.schema
    keys = [name for name in (schema.event_time, *schema.row_key) if name is not None]
    joiners = {_BLOCK: Joiner()}
    for window, tiles, _ in tile_groups(table, part, keys):
        marked = [
            Tile(tile.block, window, {**tile.frame, _BLOCK: Cells(np.full(tile.rows, tile.block, np.int64))})
            for tile in tiles
        ]
        frame = merged(marked, schema, joiners)
        if frame_length(frame):
            block = frame[_BLOCK].values.astype(np.int64, copy=False)
            yield block, np.full(len(block), window, np.int64)


def _last_change(key: Places) -> int:
    """Return the rows before the last run of equal keys."""
    others = np.flatnonzero(key != key[-1]) if len(key) else key
    return int(others[-1]) + 1 if len(others) else 0


def _split(frame: Frame) -> Iterator[Tile]:
    """Yield the tiles of rows that hold whole ones, in any order, each tile's rows in its own order."""
    rows = frame_length(frame)
    if rows == 0:
        return
    block, window = (frame[name].values.astype(np.int64, copy=False) for name in (_BLOCK, _WINDOW))
    shown = {name: cells for name, cells in frame.items() if name not in (_BLOCK, _WINDOW)}
    order = np.lexsort((block, window))
    changes = np.flatnonzero(np.diff(block[order]) | np.diff(window[order])) + 1
    for start, stop in pairwise([0, *changes.tolist(), rows]):
        chosen: NDArray[np.int64] | slice = order[start:stop]
        if order[start] == start and order[stop - 1] == stop - 1 and np.all(np.diff(order[start:stop]) == 1):
            chosen = slice(start, stop)
        first = order[start]
        yield Tile(int(block[first]), int(window[first]), take_rows(shown, chosen))
