"""Making tiles again from the spec, to hold what files have against what they should have."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from rowmill.model.dataset import Dataset
from rowmill.model.digest import Digester, TableDigest
from rowmill.model.table import Table, Tile
from rowmill.run.books.manifest import Manifest
from rowmill.run.books.records import FileEntry

Remake = Literal["all", "sample", "none"]
"""Every tile, one of each table, or none."""
_TRIES = 64


def sampled_tiles(manifest: Manifest, dataset: Dataset) -> dict[str, tuple[str, int, int]]:
    """Return a file, a block and a window of each table that has rows: another one for other data, the same always."""
    found = {}
    for name, record in manifest.tables.items():
        files = [file for file in record.files if file.rows]
        if files:
            file = files[_pick(len(files), manifest.digest, name)]
            found[name] = (file.path, *_tile(dataset.tables[name], file, manifest.digest))
    return found


def _tile(table: Table, file: FileEntry, salt: str) -> tuple[int, int]:
    first, stop, start, end = file.tiles
    place = first, start
    for attempt in range(_TRIES):
        place = (
            first + _pick(stop - first, salt, f"{file.path} block {attempt}"),
            start + _pick(end - start, salt, f"{file.path} window {attempt}"),
        )
        if table.weight(*place):
            break
    return place


def _pick(count: int, salt: str, what: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{salt} {what}".encode()).digest()[:8], "big") % count


def made_tiles(
    table: Table, tiles: tuple[int, int, int, int], columns: Sequence[str] | None
) -> tuple[TableDigest, dict[str, int]]:
    """Return the digest and the counts of a rectangle of tiles, made from the spec.

    Args:
        table: of the dataset.
        tiles: first block, the one after the last, first window, the one after the last.
        columns: names that count; None for all.
    """
    digester, counts = Digester(table.schema), Counter[str]()
    first, stop, start, end = tiles
    for block in range(first, min(stop, table.blocks)):
        for tile in table.tiles(block, range(start, end), columns):
            frame = tile.frame if columns is None else {n: c for n, c in tile.frame.items() if n in columns}
            digester.add(Tile(tile.block, tile.window, frame))
            counts.update(tile.counts)
    return digester.finish(), dict(counts)


def count_tiles(records: Mapping[str, Sequence[FileEntry]]) -> int:
    """Return how many tiles some files cover."""
    areas = (f.tiles for files in records.values() for f in files)
    return sum((stop - first) * (end - start) for first, stop, start, end in areas)
