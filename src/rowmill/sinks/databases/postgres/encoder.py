"""Frames as the bytes that PostgreSQL's binary COPY takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from xxhash import xxh3_128

from rowmill.model.frame import Frame, fixed_width, frame_length
from rowmill.model.schema import Field, Schema
from rowmill.sinks.databases.rows import ROW
from rowmill.sinks.filetypes.arrays import arrow_array


class CopyEncoder:
    """Encodes the rows of one file, and sums what it makes: equal rows in equal order make equal bytes.

    Args:
        schema: of the table.
        columns: names that the frames hold.
    """

    def __init__(self, schema: Schema, columns: Sequence[str]) -> None:
        from pgpq import ArrowToPostgresBinaryEncoder

        self._fields = [field for field in schema.fields if field.name in columns]
        told = [pa.field(field.name, _sent(field), field.nullable) for field in self._fields]
        self._schema = pa.schema([*told, pa.field(ROW, pa.int32(), nullable=False)])
        self._encoder = ArrowToPostgresBinaryEncoder(self._schema)
        self._sum = xxh3_128()
        self.rows = self.bytes = 0

    @property
    def columns(self) -> list[str]:
        """Return the columns in the order of the bytes."""
        return list(self._schema.names)

    @property
    def checksum(self) -> str:
        """Return XXH3-128 of the bytes so far, 32 hexadecimal digits."""
        return self._sum.hexdigest()

    def start(self) -> bytes:
        """Return the bytes before the first row."""
        return self._counted(self._encoder.write_header())

    def encode(self, frame: Frame) -> bytes:
        """Return rows as bytes."""
        count = frame_length(frame)
        arrays = [_array(field, frame) for field in self._fields]
        places = pa.array(np.arange(self.rows, self.rows + count, dtype=np.int32))
        self.rows += count
        return self._counted(
            self._encoder.write_batch(pa.RecordBatch.from_arrays([*arrays, places], schema=self._schema))
        )

    def finish(self) -> bytes:
        """Return the bytes after the last row."""
        return self._counted(self._encoder.finish())

    def _counted(self, data: bytes) -> bytes:
        self._sum.update(data)
        self.bytes += len(data)
        return data


def _sent(field: Field) -> pa.DataType:
    # A UUID is sent as its 16 bytes.
    return field.held if field.type == "uuid" else field.shown


def _array(field: Field, frame: Frame) -> pa.Array:
    cells = frame[field.name]
    if field.type == "uuid":
        return fixed_width(cells.values, cells.nulls, field.held)
    return arrow_array(field, cells, encode=False)
