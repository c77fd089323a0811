"""The digest of a file from its rows alone: each row finds its tile, and each tile is hashed again."""

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
from rowmill.run.making.part import merged, tile_groups
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
    schema = table.schema
    names = schema.names if columns is None else tuple(columns)
    digest, values = TableDigest(schema.name), schema.values()
    known = set(table.locators) <= set(names)
    regenerated = None if known else _Regenerated(table, file)
    held: list[Frame] = []
    for batch in batches:
        cells = {name: cells_of(schema[name], batch.column(name)) for name in names}
        block, window = table.locate(cells) if regenerated is None else regenerated.take(batch.num_rows)
        frame = {name: Cells(column.canonical(values.get(name)), column.nulls) for name, column in cells.items()}
        if aside.see is not None:
            aside.see(cells)
        frame |= {_BLOCK: Cells(block), _WINDOW: Cells(window)}
        key = window if table.timed else block
        complete = _last_change(key)
        if complete:
            _add(digest, aside.tile, [*held, take_rows(frame, slice(0, complete))])
            held = []
        held.append(take_rows(frame, slice(complete, None)))
    _add(digest, aside.tile, held)
    return digest


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
    joiners: dict[str, Joiner] = {}
    for window, tiles in tile_groups(table, part, keys):
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


def _add(digest: TableDigest, wanted: TileDigest | None, frames: Sequence[Frame]) -> None:
    """Add rows that hold whole tiles, in any order of tiles, each tile's rows in its own order."""
    rows = sum(frame_length(frame) for frame in frames)
    if rows == 0:
        return
    frame = {name: Joiner().join([f[name] for f in frames]) for name in frames[0]}
    block, window = (frame.pop(name).values.astype(np.int64, copy=False) for name in (_BLOCK, _WINDOW))
    order = np.lexsort((block, window))
    changes = np.flatnonzero(np.diff(block[order]) | np.diff(window[order])) + 1
    bounds = [0, *changes.tolist(), rows]
    for start, stop in pairwise(bounds):
        chosen: NDArray[np.int64] | slice = order[start:stop]
        if order[start] == start and order[stop - 1] == stop - 1 and np.all(np.diff(order[start:stop]) == 1):
            chosen = slice(start, stop)
        first = order[start]
        tile = Tile(int(block[first]), int(window[first]), take_rows(frame, chosen))
        if wanted is None or (tile.block, tile.window) != (wanted.block, wanted.window):
            digest.add([tile])
        else:
            wanted.found.add([tile])
            digest.merge(wanted.found)
