"""Parquet files: explicit encodings, page index and statistics, categories written from their codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rowmill.model.frame import Cells, Frame, frame_length
from rowmill.model.schema import Field, Schema
from rowmill.sinks.filetypes.arrays import Joiner, arrow_array, arrow_file, code_type, is_native
from rowmill.sinks.filetypes.format import Tally
from rowmill.sinks.layout import FileSpec, Layout

_DICTIONARY_BYTES = 64 << 20
"""Dictionaries are built on purpose, so the writer must not fall back to plain values at its usual 1 MiB."""

_BATCH_ROWS = 1 << 16
"""Rows that Arrow encodes at once; at its usual 1024, the bookkeeping of statistics costs more than the values."""
_PAGE_ROWS = {"zstd": 1 << 16}
"""Most rows in a page, where not Arrow's usual 20,000, by which readers skip more: Zstandard makes ready for each page,
at a tenth of all encoding."""
_READ_ROWS = 1 << 17
"""Rows to read at a time."""


class ParquetFormat:
    """Parquet, readable by Spark, Trino, DuckDB, Polars and pandas without options."""

    def check(self, schema: Schema, columns: Sequence[str]) -> None:
        """Accept any table."""

    def encoder(self, handle: BinaryIO, file: FileSpec, layout: Layout) -> ParquetEncoder:
        """Return an encoder that writes to an open file."""
        return ParquetEncoder(handle, file, layout)

    def count(self, handle: BinaryIO) -> int:
        """Return the rows that the footer promises.

        Raises:
            ValueError: if there is no whole footer.
        """
        return int(pq.read_metadata(handle).num_rows)

    def tally(self, handle: BinaryIO) -> Tally:
        """Return how many values are missing, by the footer, and true, for which a bit a row is read."""
        nulls, trues = Counter[str](), Counter[str]()
        file = arrow_file(handle)
        with pq.ParquetFile(file, pre_buffer=False) as opened:
            schema = opened.schema_arrow
            flags = [field.name for field in schema if pa.types.is_boolean(field.type)]
            for group in range(opened.num_row_groups):
                for n, field in enumerate(schema):
                    statistics = opened.metadata.row_group(group).column(n).statistics
                    if field.nullable and statistics is not None:
                        nulls[field.name] += statistics.null_count or 0
                found = opened.read_row_group(group, flags, use_threads=is_native(file))
                for name, column in zip(flags, found.columns, strict=True):
                    trues[name] += pc.sum(column).as_py() or 0
        return Tally(nulls, trues)

    def facts(self, handle: BinaryIO) -> dict[str, str]:
        """Return the facts that were stored in a file."""
        stored = pq.read_metadata(handle).metadata or {}
        return {key.decode("utf-8", "replace"): value.decode("utf-8", "replace") for key, value in stored.items()}

    def batches(
        self,
        handle: BinaryIO,
        schema: Schema,
        columns: Sequence[str],
        layout: Layout,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a file in order; text comes as dictionaries.

        Raises:
            ValueError: if the file is no Parquet, is damaged, or has other columns or types.
        """
        fields = [schema[name] for name in columns]
        texts = [f.name for f in fields if f.layout == "dictionary" and pa.types.is_string(f.shown)]
        footer = pq.read_metadata(handle)
        found, expected = footer.schema.to_arrow_schema(), schema.arrow(columns)
        # Files of earlier versions hold what their folder tells too, and show narrow numbers as they are held.
        if layout.partition_by in found.names and layout.partition_by not in columns:
            found = found.remove(found.get_field_index(layout.partition_by))
        narrow = pa.schema(
            [
                pa.field(f.name, f.held if pa.types.is_integer(f.shown) else f.shown, f.nullable)
                for f in schema.fields
                if f.name in columns
            ]
        )
        if not (found.equals(expected) or found.equals(narrow)):
            raise ValueError(f"columns are {_brief(found)}; the schema says {_brief(expected)}")
        file = arrow_file(handle)
        source = pq.ParquetFile(
            file,
            metadata=footer,
            read_dictionary=texts,
            pre_buffer=False,
            page_checksum_verification=False,
        )
        yield from source.iter_batches(_READ_ROWS, columns=list(expected.names), use_threads=is_native(file))


class RowGroups:
    """Gathers the frames of one file into Arrow tables, each as large as a row group may be.

    A dictionary column becomes one chunk, since its values must be known together; the others stay in the pieces that
    they came in, uncopied. The bytes of a file do not depend on the pieces.
    """

    def __init__(self, file: FileSpec, layout: Layout) -> None:
        self._fields = stored_fields(file)
        self._joiners = [Joiner() for _ in self._fields]
        self._limit = layout.row_group_rows
        self._held: dict[str, list[Cells]] = {f.name: [] for f in self._fields}
        self._rows = 0
        self.schema = pa.schema([_stored(f) for f in self._fields])

    def add(self, frame: Frame) -> Iterator[pa.Table]:
        """Take rows; yield the tables that they fill."""
        length, start = frame_length(frame), 0
        while start < length:
            stop = min(length, start + self._limit - self._rows)
            for name, pieces in self._held.items():
                pieces.append(frame[name] if stop - start == length else frame[name].take(slice(start, stop)))
            self._rows += stop - start
            start = stop
            if self._rows == self._limit:
                yield from self.rest()

    def rest(self) -> Iterator[pa.Table]:
        """Yield what is held as the last table, nothing if there is nothing."""
        if self._rows == 0:
            return
        columns = []
        for field, joiner in zip(self._fields, self._joiners, strict=True):
            pieces = self._held[field.name]
            if field.layout == "dictionary":
                chunks = [arrow_array(field, joiner.join(pieces), encode=True)]
            else:
                chunks = [arrow_array(field, piece, encode=False) for piece in pieces]
            columns.append(pa.chunked_array(chunks))
            pieces.clear()
        self._rows = 0
        yield pa.Table.from_arrays(columns, schema=self.schema)


class ParquetEncoder:
    """Writes every full row group, and the last one at the end."""

    def __init__(self, handle: BinaryIO, file: FileSpec, layout: Layout) -> None:
        self._groups = RowGroups(file, layout)
        self._writer = open_writer(handle, file, layout, self._groups.schema)

    def write(self, frame: Frame) -> None:
        """Add rows."""
        for table in self._groups.add(frame):
            self._writer.write_table(table, row_group_size=table.num_rows)

    def finish(self) -> None:
        """Write the last row group and the footer."""
        for table in self._groups.rest():
            self._writer.write_table(table, row_group_size=table.num_rows)
        self._writer.close()

    def discard(self) -> None:
        """Let go of everything without caring what the file holds."""
        with suppress(Exception):
            self._writer.close()


def stored_fields(file: FileSpec) -> list[Field]:
    """Return the fields that a file holds, in order."""
    return [f for f in file.schema.fields if file.columns is None or f.name in file.columns]


def open_writer(handle: BinaryIO, file: FileSpec, layout: Layout, schema: pa.Schema) -> pq.ParquetWriter:
    """Return Arrow's writer with our settings.

    Args:
        handle: an open file.
        file: what the file holds, and the facts to store in it.
        layout: how it looks.
        schema: of the tables that will be written: the schema of ``RowGroups``.
    """
    writer = pq.ParquetWriter(handle, schema, **_options(stored_fields(file), layout))
    writer.add_key_value_metadata(dict(file.metadata))
    return writer


def _stored(field: Field) -> pa.Field:
    """Return the field as the writer takes it; a reader sees the plain type either way."""
    kind = field.arrow.type
    if field.layout == "dictionary":
        kind = pa.dictionary(code_type(field), kind)
    return pa.field(field.name, kind, field.nullable)


def _options(fields: Sequence[Field], layout: Layout) -> dict[str, Any]:
    encodings = {f.name: encoding for f in fields if (encoding := _encoding(f, layout.encoding))}
    return {
        "compression": layout.compression,
        "use_dictionary": [f.name for f in fields if f.layout == "dictionary"],
        "column_encoding": encodings or None,
        "dictionary_pagesize_limit": _DICTIONARY_BYTES,
        "data_page_version": "2.0" if layout.encoding == "compact" else "1.0",
        "write_batch_size": _BATCH_ROWS,
        **({"max_rows_per_page": _PAGE_ROWS[layout.compression]} if layout.compression in _PAGE_ROWS else {}),
        "write_page_index": True,
        "store_schema": False,
    }


def _encoding(field: Field, style: str) -> str | None:
    """Return the encoding of a column that has no dictionary; None for plain."""
    kind = field.arrow.type
    if field.layout == "dictionary" or style == "plain":
        return None
    whole = pa.types.is_integer(kind) or pa.types.is_temporal(kind)
    if whole and field.layout == "delta":
        return "DELTA_BINARY_PACKED"
    if style == "compact" and pa.types.is_string(kind):
        return "DELTA_LENGTH_BYTE_ARRAY"
    if style == "compact" and pa.types.is_floating(kind):
        return "BYTE_STREAM_SPLIT"
    return None


def _brief(schema: pa.Schema) -> str:
    return ", ".join(f"{f.name} {f.type}{'' if f.nullable else ' not null'}" for f in schema)
