"""The tiles of a part, in the order of its files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from rowmill.model.frame import Frame, take_rows, word_columns
from rowmill.model.part import Part
from rowmill.model.schema import Schema
from rowmill.model.table import Table, Tile
from rowmill.plan.planner import cut
from rowmill.sinks.filetypes.arrays import Joiner

_HELD_ROWS = 1_000_000
"""About how many rows of tiles wait for those of other blocks at once."""


class TileGroup(NamedTuple):
    """Tiles whose rows follow one another in a file, or are merged in it."""

    window: int
    tiles: list[Tile]
    frame: Frame | None = None
    """Their rows in the order of the file, where that is known already."""


def tile_groups(table: Table, part: Part, columns: Sequence[str] | None) -> Iterator[TileGroup]:
    """Yield the tiles of a part in the order of its files.

    Windows come in order with the tiles of all blocks side by side; a table without time yields block after block. One
    block is alive at a time: what a block remembers of its entities is larger than the tiles that wait for the others.
    """
    if not table.timed or len(part.blocks) == 1:
        for block in part.blocks:
            for tile in table.tiles(block, part.windows, columns):
                yield TileGroup(tile.window, [tile])
        return
    rows = [sum(table.weight(block, window) for block in part.blocks) for window in part.windows]
    for span in cut(np.array(rows, np.int64), _HELD_ROWS):
        windows = part.windows[span.start : span.stop]
        held: dict[int, list[Tile]] = {window: [] for window in windows}
        for block in part.blocks:
            for tile in table.tiles(block, windows, columns):
                held[tile.window].append(tile)
        for window in windows:
            yield TileGroup(window, held.pop(window))


def merged(tiles: Sequence[Tile], schema: Schema, joiners: dict[str, Joiner]) -> Frame:
    """Return the rows of tiles of one window in the order of event time and row key.

    One tile stays as it is, and tiles without event times follow one another: a tile's own order never changes.
    """
    filled = [tile.frame for tile in tiles if tile.rows]
    if len(filled) <= 1:
        return filled[0] if filled else (tiles[0].frame if tiles else {})
    for name in filled[0].keys() - joiners.keys():
        joiners[name] = Joiner(distinct=schema[name].layout == "dictionary")
    joined = {name: joiners[name].join([frame[name] for frame in filled]) for name in filled[0]}
    if schema.event_time is None:
        return joined
    keys = (schema.event_time, *schema.row_key)
    parts = [part for name in keys for part in word_columns(joined[name].canonical())]
    order = np.lexsort(parts[::-1])
    return take_rows(joined, order)
