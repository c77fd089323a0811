"""Samples of large tables in bounded memory: entities whole, chosen by their keys, the same for a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from rowmill.core.keys import Key
from rowmill.draw.arrays import Ints
from rowmill.draw.words import Words, words
from rowmill.model.texthash import text_hashes
from rowmill.quality.sources.source import SourceTable

_BUCKET_BITS: Final = 20
_SHIFT: Final = np.uint64(64 - _BUCKET_BITS)


@dataclass(frozen=True, eq=False)
class Drawn:
    """Rows of some entities of a table."""

    rows: pa.Table
    """With the columns that were asked for, but the key."""
    entity: Ints
    """Of each row, from 0 on, int64[rows]."""
    total: int
    """Rows of the whole table, those without a key left out."""
    keyless: int
    """Rows whose key is null: they are of no entity, and left out."""


def hashed(column: pa.Array, key: Key) -> Words:
    """Return 64 bits for each value of a column, uint64[len]: equal ones for equal values and a key; a null is one."""
    if pa.types.is_dictionary(column.type):
        if column.null_count:
            column = column.dictionary_decode()
        else:
            return np.asarray(hashed(column.dictionary, key)[column.indices.to_numpy()])
    if pa.types.is_integer(column.type):
        bits = column.fill_null(0).to_numpy(zero_copy_only=False).astype(np.uint64)
        return words(key, bits)
    return words(key, text_hashes(column.cast(pa.string())))


def draw(table: SourceTable, columns: list[str], by: str | None, most: int, key: Key) -> Drawn:
    """Return the rows of as many entities as make about so many rows; all of them where the table has no more.

    Args:
        table: to read; twice where it is larger than the sample.
        columns: to keep.
        by: the column that tells entities; None where each row is one.
        most: rows of the sample.
        key: which entities are chosen.
    """
    limit, total = _limit(table, by, most, key)
    batches, codes, keyless, seen = [], [], 0, 0
    for batch in table.batches([*columns, by] if by and by not in columns else columns or table.arrow.names[:1]):
        hashes, valid = _entities(batch, by, seen, key)
        seen += batch.num_rows
        keyless += int((~valid).sum())
        chosen = np.flatnonzero(valid if limit is None else valid & ((hashes >> _SHIFT) < limit))
        if len(chosen):
            batches.append(pa.Table.from_batches([batch]).select(columns).take(pa.array(chosen)))
            codes.append(hashes[chosen])
    schema = pa.schema([table.arrow.field(name) for name in columns])
    rows = pa.concat_tables(batches, promote_options="permissive") if batches else schema.empty_table()
    _, entity = np.unique(np.concatenate(codes) if codes else np.zeros(0, np.uint64), return_inverse=True)
    return Drawn(rows, entity.astype(np.int64), (seen if total is None else total) - keyless, keyless)


def _entities(
    batch: pa.RecordBatch, by: str | None, first: int, key: Key
) -> tuple[Words, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    if by is None:
        return words(key, np.arange(first, first + batch.num_rows)), np.ones(batch.num_rows, bool)
    column = batch.column(by)
    return hashed(column, key), np.asarray(column.is_valid().to_numpy(zero_copy_only=False))


def _limit(table: SourceTable, by: str | None, most: int, key: Key) -> tuple[np.uint64 | None, int | None]:
    """Return the bucket of hashes from which on entities are left out, None for none, and the rows of the table."""
    if table.rows is not None and table.rows <= most:
        return None, table.rows
    if by is None and table.rows is not None:
        return np.uint64((most << _BUCKET_BITS) // table.rows), table.rows
    counts = np.zeros(1 << _BUCKET_BITS, np.int64)
    total = 0
    for batch in table.batches([by or table.arrow.names[0]]):
        hashes, _ = _entities(batch, by, total, key)
        total += batch.num_rows
        counts += np.bincount((hashes >> _SHIFT).astype(np.int64), minlength=len(counts))
    if total <= most:
        return None, total
    limit = int(np.searchsorted(np.cumsum(counts), most, side="right"))
    return np.uint64(max(limit, int(np.flatnonzero(counts)[0]) + 1)), total
