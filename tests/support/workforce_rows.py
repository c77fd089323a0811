"""The rows of a workforce dataset in memory."""

from __future__ import annotations

import pyarrow as pa

from rowmill.api.batches import plain_batch


def rows_of(dataset, name, windows=None):
    """Return the rows of a table, block by block."""
    table = dataset.tables[name]
    span = range(dataset.calendar.count) if table.timed else range(1)
    tiles = (tile for block in range(table.blocks) for tile in table.tiles(block, windows or span))
    batches = [plain_batch(tile.frame, table.schema) for tile in tiles]
    return pa.Table.from_batches(batches, schema=table.schema.arrow())
