"""Which rows of a file are not those that the spec makes: found by their key, whatever order they stand in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rowmill.draw.words import Words, mix
from rowmill.model.frame import Cells, Frame, frame_length, word_columns
from rowmill.model.part import Part
from rowmill.model.schema import Schema
from rowmill.model.table import Table
from rowmill.run.books.records import FileEntry
from rowmill.run.making.tiles import tile_groups
from rowmill.sinks.filetypes.arrays import cells_of

SAME = "the same rows in another order"
_NAMED = 3
"""Rows of a file to name."""
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_MISSING = np.uint64(0xD6E8FEB86659FD93)


@dataclass(frozen=True, slots=True)
class Some:
    """Rows of a file."""

    count: int
    first: tuple[str, ...]
    """Keys of some of them in words, such as ``order_id 17``."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How the rows of a file differ from those that the spec makes."""

    changed: Some
    """Rows with a key that is made, and other values."""
    gone: Some
    """Rows that are made and are not there."""
    added: Some
    """Rows with a key that is not made there, or is there before."""

    def __str__(self) -> str:
        said = []
        for what, rows in (("changed", self.changed), ("gone", self.gone), ("added", self.added)):
            named = ", ".join(rows.first) + (", …" if rows.count > len(rows.first) else "")
            said += [f"{rows.count:,} row{'s' if rows.count > 1 else ''} {what} ({named})"] if rows.count else []
        return ", ".join(said) or SAME


def changes(
    table: Table, file: FileEntry, columns: Sequence[str] | None, batches: Iterable[pa.RecordBatch]
) -> Changes | None:
    """Return how the rows of a file differ from those of its tiles, which are made again; None where no key tells.

    Args:
        table: which wrote it.
        file: its record.
        columns: names that it holds; None for all.
        batches: its rows, in any order.
    """
    schema = table.schema
    names = schema.names if columns is None else tuple(columns)
    if not schema.row_key or not set(schema.row_key) <= set(names):
        return None
    there = _Rows.of(schema, ({n: cells_of(schema[n], batch.column(n)) for n in names} for batch in batches))
    groups = tile_groups(table, Part(schema.name, 0, *file.tiles), columns)
    made = _Rows.of(schema, ({n: tile.frame[n] for n in names} for group in groups for tile in group.tiles))
    again = np.ones(len(there.keys), np.bool_)
    again[np.unique(there.keys, return_index=True)[1]] = False
    added = ~np.isin(there.keys, made.keys) | again
    changed = ~added & ~np.isin(there.rows, made.rows)
    gone = ~np.isin(made.keys, there.keys)
    return Changes(there.some(changed), made.some(gone), there.some(added))


@dataclass(frozen=True, slots=True)
class _Rows:
    """64 bits of the key of each row and of the row, and the keys themselves."""

    keys: Words
    rows: Words
    shown: pa.Table

    @classmethod
    def of(cls, schema: Schema, frames: Iterable[Frame]) -> _Rows:
        keys, rows, shown = [], [], []
        for frame in frames:
            key = {name: frame[name] for name in schema.row_key}
            keys.append(_hashes(key))
            rows.append(_hashes(frame))
            arrays = [cells.to_arrow(schema[name]).cast(schema[name].shown) for name, cells in key.items()]
            shown.append(pa.Table.from_arrays(arrays, names=list(key)))
        none = np.empty(0, np.uint64)
        return cls(
            np.concatenate([none, *keys]),
            np.concatenate([none, *rows]),
            pa.concat_tables(shown) if shown else pa.table({}),
        )

    def some(self, which: NDArray[np.bool_]) -> Some:
        """Return those of the rows that are meant."""
        first = self.shown.take(pa.array(np.flatnonzero(which)[:_NAMED])).to_pylist()
        named = (", ".join(f"{name} {value}" for name, value in row.items()) for row in first)
        return Some(int(np.count_nonzero(which)), tuple(named))


def _hashes(frame: Frame) -> Words:
    found = np.zeros(frame_length(frame), np.uint64)
    for cells in frame.values():
        for words in _words(cells):
            found = mix((found ^ words) * _PRIME)
    return found


def _words(cells: Cells) -> Iterator[Words]:
    for column in word_columns(cells.canonical()):
        bits: NDArray[np.generic] = column.view(np.uint64) if column.dtype.itemsize == 8 else column.astype(np.uint64)
        words: Words = bits.view(np.uint64)
        yield words if cells.nulls is None else np.where(cells.nulls, _MISSING, words)
