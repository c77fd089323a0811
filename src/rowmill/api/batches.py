"""From frames to Arrow and Polars in plain types: categories become their text here, at the edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from rowmill.model.frame import Frame
from rowmill.model.schema import Schema

if TYPE_CHECKING:
    import polars as pl


def plain_batch(frame: Frame, schema: Schema) -> pa.RecordBatch:
    """Return a frame as a record batch in the plain types of ``schema.arrow()``."""
    arrays = []
    for name, cells in frame.items():
        field = schema[name]
        array = cells.to_arrow(field)
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        arrays.append(array if array.type == field.arrow.type else array.cast(field.arrow.type))
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([schema[name].arrow for name in frame]))


def polars_schema(schema: Schema) -> pl.Schema:
    """Return the Polars types of a table's columns: those that reading its Parquet files gives."""
    import polars as pl

    return pl.DataFrame(pl.from_arrow(schema.arrow().empty_table())).schema
