"""The content digest: one value for a table's rows, whatever the parts, files, order of work or destination.

Per column, the sum modulo 2¹²⁸ of XXH3-128 over (table, column, block, window, row count, canonical values, null
bitmap) of every tile. Sums commute, so tiles, parts and slices add up in any order, and a column alone has the digest
that it has beside others. A tile without rows adds nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import xxhash

from rowmill.model.frame import Cells
from rowmill.model.schema import Schema, Values
from rowmill.model.table import Tile

_MODULUS = 1 << 128
_AT_ONCE_ROWS = 1 << 18


def tile_header(table: str, column: str, block: int, window: int, rows: int, *, nulls: bool) -> bytes:
    """Return the bytes that open a tile's hash: they bind the values to their place."""
    return f"{table}\x1f{column}\x1f{block}\x1f{window}\x1f{rows}\x1f{int(nulls)}\x1f".encode()


def cells_hash(table: str, column: str, block: int, window: int, cells: Cells, known: Values | None = None) -> int:
    """Return XXH3-128 of one column of one tile as an integer; of an enum, give its values.

    Raises:
        ValueError: if a value is not among them.
    """
    nulls = cells.nulls if cells.nulls is not None and cells.nulls.any() else None
    state = xxhash.xxh3_128(tile_header(table, column, block, window, len(cells), nulls=nulls is not None))
    try:
        values = cells.canonical(known)
    except ValueError as error:
        raise ValueError(f"{table}.{column}: {error}") from None
    state.update(values.view(np.uint8).data)
    if nulls is not None:
        state.update(np.packbits(nulls).data)
    return state.intdigest()


@dataclass(slots=True)
class TableDigest:
    """Running sums of one table: add tiles and other digests of the same table in any order."""

    table: str
    rows: int = 0
    columns: dict[str, int] = field(default_factory=dict)

    def add(self, tiles: Iterable[Tile], values: Mapping[str, Values] = MappingProxyType({})) -> None:
        """Add the rows of tiles that have the same columns.

        Args:
            tiles: block, window and columns of each.
            values: ``Schema.values`` of the table; texts of columns that are not there are hashed as texts.
        """
        filled = [tile for tile in tiles if tile.rows]
        self.rows += sum(tile.rows for tile in filled)
        # Column by column: what a dictionary stands for stays in the cache from tile to tile.
        for name in filled[0].frame if filled else ():
            for tile in filled:
                cells = tile.frame[name]
                self.add_hash(name, cells_hash(self.table, name, tile.block, tile.window, cells, values.get(name)))

    def add_hash(self, column: str, value: int) -> None:
        """Add the hash of one column of one tile."""
        self.columns[column] = (self.columns.get(column, 0) + value) % _MODULUS

    def merge(self, other: TableDigest) -> None:
        """Add the sums of another digest of this table."""
        self.rows += other.rows
        for name, value in other.columns.items():
            self.add_hash(name, value)

    def to_json(self) -> dict[str, object]:
        """Return plain data: rows, and 32 hexadecimal digits a column."""
        return {"rows": self.rows, "columns": {name: f"{value:032x}" for name, value in self.columns.items()}}

    @classmethod
    def from_json(cls, table: str, data: Mapping[str, object]) -> TableDigest:
        """Read what ``to_json`` wrote."""
        rows, columns = data["rows"], data["columns"]
        if not isinstance(rows, int) or not isinstance(columns, Mapping):
            raise ValueError(f"not a digest of table {table}: {data!r}")
        return cls(table, rows, {str(name): int(str(value), 16) for name, value in columns.items()})

    @property
    def value(self) -> str:
        """Return one digest of the whole table, 32 hexadecimal digits, independent of the order of its columns."""
        text = "".join(f"{name}={value:032x};" for name, value in sorted(self.columns.items()))
        return xxhash.xxh3_128_hexdigest(f"{self.table};{self.rows};{text}".encode())


class Digester:
    """Adds the tiles of a table to its digest, some of them at a time.

    Args:
        schema: of the table.
        rows_at_once: how many rows wait until they are added.
    """

    def __init__(self, schema: Schema, rows_at_once: int = _AT_ONCE_ROWS) -> None:
        self._digest = TableDigest(schema.name)
        self._values = schema.values()
        self._limit = rows_at_once
        self._waiting: list[Tile] = []
        self._rows = 0

    def add(self, tile: Tile) -> None:
        """Take a tile; it may wait for others."""
        self._waiting.append(tile)
        self._rows += tile.rows
        if self._rows >= self._limit:
            self.finish()

    def finish(self) -> TableDigest:
        """Return the digest of all tiles so far."""
        self._digest.add(sorted(self._waiting, key=lambda tile: tile.block), self._values)
        self._waiting, self._rows = [], 0
        return self._digest


def dataset_digest(tables: Mapping[str, TableDigest]) -> str:
    """Return one digest over several tables, 32 hexadecimal digits, independent of their order."""
    text = "".join(f"{name}={digest.value};" for name, digest in sorted(tables.items()))
    return xxhash.xxh3_128_hexdigest(text.encode())
