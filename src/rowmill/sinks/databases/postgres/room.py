"""How much room rows take in PostgreSQL, by the form in which it stores them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pyarrow.compute as pc

from rowmill.model.frame import Cells, Frame, frame_length
from rowmill.model.schema import Field, Schema

_WIDTHS: Final = {
    "INTEGER": 4, "BIGINT": 8, "DOUBLE PRECISION": 8, "BOOLEAN": 1, "DATE": 4, "TIME": 8, "UUID": 16,
    "TIMESTAMP WITH TIME ZONE": 8,
}  # fmt: skip
_NUMERIC: Final = 9
"""Bytes of a decimal: three, and two for each four digits."""
_ROW: Final = 24 + 4 + 2 * 4
"""Bytes of a row beside its columns: header, place in the page, and the two columns of the load."""
_ENTRY: Final = 8 + 4
"""Bytes of an entry of an index beside its key."""
_ALIGNED: Final = 8
_PAGE: Final = 8192 / (8192 - 24)
_FILLED: Final = 0.9
"""Share of a page that an index fills."""


def room_of(schema: Schema, frames: Sequence[Frame]) -> int:
    """Return about how many bytes rows take: those of the table, and of an index for each of its keys.

    Args:
        schema: of the table.
        frames: the rows, some columns or all.
    """
    rows = sum(map(frame_length, frames))
    if not rows:
        return 0
    widths = {field.name: _width(field, frames, rows) for field in schema.fields if field.name in frames[0]}
    table = _aligned(_ROW + sum(widths.values()) + _padding(schema, widths)) * _PAGE
    keys = [key for key in (schema.primary_key, *schema.unique) if key and set(key) <= widths.keys()]
    indexes = sum((_ENTRY + _aligned(sum(widths[name] for name in key))) / _FILLED for key in keys)
    return round(rows * (table + indexes))


def _width(field: Field, frames: Sequence[Frame], rows: int) -> float:
    """Return the bytes of a column's values, those that are missing included, which take none."""
    cells = [frame[field.name] for frame in frames]
    if field.text:
        return sum(map(_text_bytes, cells)) / rows
    there = sum(len(each) if each.nulls is None else len(each) - np.count_nonzero(each.nulls) for each in cells)
    return _WIDTHS.get(field.facts.sql, _NUMERIC) * there / rows


def _text_bytes(cells: Cells) -> float:
    if cells.dictionary is None:
        texts = cells.values if cells.nulls is None else cells.values[~cells.nulls]
        return float(sum(len(str(text).encode()) + 1 for text in texts))
    sizes = pc.binary_length(cells.dictionary.values).to_numpy(zero_copy_only=False)
    held = sizes.take(cells.values.astype(np.int64)) + 1
    return float(held.sum() if cells.nulls is None else held[~cells.nulls].sum())


def _padding(schema: Schema, widths: Mapping[str, float]) -> float:
    """Return the bytes before columns that stand at even places: half of what they take behind one of another width."""
    padding, last = 0.0, _ALIGNED
    for field in schema.fields:
        if field.name in widths:
            width = 1 if field.text else _WIDTHS.get(field.facts.sql, 1)
            aligned = min(width, _ALIGNED)
            padding += (aligned - 1) / 2 if aligned > last else 0
            last = aligned
    return padding


def _aligned(size: float) -> float:
    return math.ceil(size / _ALIGNED) * _ALIGNED
