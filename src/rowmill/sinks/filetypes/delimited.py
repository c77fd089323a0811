"""CSV files (RFC 4180): a header, text in quotes, nulls empty, ISO 8601 instants that end in Z."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
from numpy.typing import NDArray

from rowmill.core.scratch import full_scratch_named, scratch_folder
from rowmill.core.units import MICROS_PER_DAY, MICROS_PER_SECOND, date_of
from rowmill.model.frame import Frame
from rowmill.model.schema import Field, Schema
from rowmill.sinks.filetypes.arrays import arrow_array, arrow_file, is_native
from rowmill.sinks.filetypes.format import Untold
from rowmill.sinks.layout import FileSpec, Layout

_CODECS = {"gzip": "gzip", "zstd": "zstd", "none": None}
_PARSE = pc.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
"""An empty line is a row: one of a single column that is missing there."""
_ARROW_SCALE = 6
"""Most digits behind the point with which Arrow writes no exponent, which DuckDB does not take in a decimal."""
_INSTANT = len("2025-11-30T23:59:59.999999Z")


class CsvFormat(Untold):
    """Delimited text that reads back to the same values."""

    def check(self, schema: Schema, columns: Sequence[str]) -> None:
        """Accept any table."""

    def encoder(self, handle: BinaryIO, file: FileSpec, layout: Layout) -> CsvEncoder:
        """Return an encoder that writes to an open file."""
        return CsvEncoder(handle, file, layout)

    def batches(
        self, handle: BinaryIO, schema: Schema, columns: Sequence[str], layout: Layout
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a file in order.

        Raises:
            ValueError: if the file is damaged or has other columns.
        """
        file = arrow_file(handle)
        if is_native(file):
            yield from _rows(file, schema.arrow(columns), _CODECS[layout.compression])
            return
        # Arrow's reader of CSV always has a thread of its own.
        with scratch_folder() as folder, full_scratch_named(folder):
            place = folder / "file"
            with place.open("wb") as copy:
                shutil.copyfileobj(handle, copy)
            yield from _rows(pa.OSFile(os.fsencode(place)), schema.arrow(columns), _CODECS[layout.compression])


def _rows(file: pa.NativeFile, expected: pa.Schema, codec: str | None) -> Iterator[pa.RecordBatch]:
    source = file if codec is None else pa.CompressedInputStream(file, codec)
    convert = pc.ConvertOptions(
        column_types=expected,
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        true_values=["true"],
        false_values=["false"],
    )
    reader = pc.open_csv(source, convert_options=convert, parse_options=_PARSE)
    if reader.schema.names != expected.names:
        raise ValueError(f"columns are {reader.schema.names}; the schema says {expected.names}")
    yield from reader


class CsvEncoder:
    """Writes frames as text, a batch at a time."""

    def __init__(self, handle: BinaryIO, file: FileSpec, layout: Layout) -> None:
        self._fields = [f for f in file.schema.fields if file.columns is None or f.name in file.columns]
        codec = _CODECS[layout.compression]
        self._stream = None if codec is None else pa.CompressedOutputStream(handle, codec)
        self._schema = pa.schema([_written(f) for f in self._fields])
        self._writer = pc.CSVWriter(handle if self._stream is None else self._stream, self._schema)

    def write(self, frame: Frame) -> None:
        """Add rows."""
        arrays = [_text(f, arrow_array(f, frame[f.name], encode=False)) for f in self._fields]
        self._writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=self._schema))

    def finish(self) -> None:
        """Write the end of the file."""
        self._writer.close()
        if self._stream is not None:
            self._stream.close()

    def discard(self) -> None:
        """Let go of everything without caring what the file holds."""
        for stream in (self._writer, self._stream):
            if stream is not None:
                with suppress(Exception):
                    stream.close()


def _written(field: Field) -> pa.Field:
    as_text = field.type == "timestamp" or (field.scale or 0) > _ARROW_SCALE
    return pa.field(field.name, pa.string() if as_text else field.shown, field.nullable)


def _text(field: Field, array: pa.Array) -> pa.Array:
    if field.type == "timestamp":
        nulls = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
        return instants(array.view(pa.int64()).fill_null(0).to_numpy(), nulls)
    return plain_digits(array) if (field.scale or 0) > _ARROW_SCALE else array


def plain_digits(decimals: pa.Array) -> pa.Array:
    """Return decimals as text without an exponent, all digits behind the point written."""
    texts = [None if number is None else f"{number:f}" for number in decimals.to_pylist()]
    return pa.array(texts, pa.string())


def instants(micros: NDArray[np.int64], nulls: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return microseconds since 1970 UTC as texts like 2025-11-30T23:59:59.999999Z (years 1 … 9999)."""
    days, within = np.divmod(micros, MICROS_PER_DAY)
    seconds, fraction = np.divmod(within, MICROS_PER_SECOND)
    text = np.empty((len(micros), _INSTANT), np.uint8)
    distinct, place = np.unique(days, return_inverse=True)
    dates = np.array([list(f"{date_of(int(day)).isoformat()}T".encode()) for day in distinct], np.uint8).reshape(-1, 11)
    text[:, :11] = dates[place]
    for start, value in ((11, seconds // 3600), (14, seconds // 60 % 60), (17, seconds % 60)):
        text[:, start], text[:, start + 1] = value // 10 + ord("0"), value % 10 + ord("0")
    for place_, power in enumerate((100_000, 10_000, 1000, 100, 10, 1), start=20):
        text[:, place_] = fraction // power % 10 + ord("0")
    for at, mark in ((13, ":"), (16, ":"), (19, "."), (26, "Z")):
        text[:, at] = ord(mark)
    offsets = np.arange(len(micros) + 1, dtype=np.int32) * _INSTANT
    valid = None if nulls is None else pa.py_buffer(np.packbits(~nulls, bitorder="little"))
    return pa.StringArray.from_buffers(len(micros), pa.py_buffer(offsets), pa.py_buffer(text), valid)
