"""Columns that the name of a folder tells, such as ``year=2025``: Parquet files below it leave them out.

A column that stands in both has two types for Arrow and for pandas, which then open neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa

from rowmill.model.schema import Schema
from rowmill.sinks.layout import Layout
from rowmill.sinks.registry import file_format


def left_out(columns: Sequence[str], layout: Layout) -> tuple[str, ...]:
    """Return which of a file's columns stand in the name of its folder alone; never all of them."""
    level = layout.partition_by
    if not layout.groups or level is None or level not in columns or len(columns) == 1:
        return ()
    return (level,)


def written_columns(schema: Schema, columns: tuple[str, ...] | None, layout: Layout) -> tuple[str, ...] | None:
    """Return the columns that a file holds of those that were asked for; None for all."""
    names = schema.names if columns is None else columns
    told = left_out(names, layout)
    return tuple(name for name in names if name not in told) if told else columns


def whole_batches(
    handle: BinaryIO, schema: Schema, columns: Sequence[str], layout: Layout, path: str
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file in order, with the columns that its folder tells.

    Args:
        handle: open for reading, at its start.
        schema: of the table.
        columns: names, with those that are left out of the file.
        layout: how it was written.
        path: of the file, its folders between slashes.

    Raises:
        ValueError: if the file is damaged, has other columns or types, or lies in no folder that tells them.
    """
    told = left_out(columns, layout)
    written = [name for name in columns if name not in told]
    values = {name: pa.scalar(_value(name, path), schema[name].arrow.type) for name in told}
    for batch in file_format(layout.format).batches(handle, schema, written, layout):
        yield pa.RecordBatch.from_arrays(
            [pa.repeat(values[n], batch.num_rows) if n in values else batch.column(n) for n in columns],
            names=list(columns),
        )


def _value(name: str, path: str) -> int:
    folders = (folder.partition("=") for folder in path.split("/")[:-1])
    texts = [text for key, _, text in folders if key == name]
    if len(texts) != 1 or not texts[0].isdecimal():
        raise ValueError(f"lies in no folder {name}=…, which tells the column")
    return int(texts[0])
