"""Reading from PostgreSQL: the rows of one file, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.csv as pc
from xxhash import xxh3_128

from rowmill.model import ddl
from rowmill.model.schema import Field
from rowmill.sinks.databases.rows import PART, ROW
from rowmill.sinks.filetypes.format import Tally

if TYPE_CHECKING:
    from psycopg import Connection

Buffer = bytes | bytearray | memoryview
_BLOCK_BYTES: Final = 8 << 20
_PARSE: Final = pc.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where the rows of a file stand."""

    relation: str
    """The table."""
    number: int
    facts: Mapping[str, str]
    fields: tuple[Field, ...]
    """The columns that it has."""


class PostgresContent:
    """What a file holds; the connection stays with whoever opened it."""

    def __init__(self, connection: Connection[Any], file: StoredFile) -> None:
        self._connection = connection
        self._file = file

    @property
    def bytes(self) -> int:
        """Return its size as it was sent."""
        return self._sent[0]

    @property
    def keeps_bytes(self) -> bool:
        """Return True: the server sends the rows that stand there."""
        return True

    def checksum(self) -> str:
        """Return XXH3-128 of the bytes that the server sends of its rows, which are those that it was sent."""
        return self._sent[1]

    def tally(self) -> Tally | None:
        """Return None: only reading all of it would tell."""
        return None

    def facts(self) -> dict[str, str]:
        """Return the facts that were stored with it."""
        return dict(self._file.facts)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield its rows in order.

        Raises:
            ValueError: if they are not those of the schema.
        """
        fields = self._file.fields
        options = pc.ConvertOptions(
            column_types={field.name: _read(field) for field in fields},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        )
        told = pc.ReadOptions(column_names=[field.name for field in fields])
        for block in self._blocks(", ".join(_told(field) for field in fields)):
            table = pc.read_csv(pa.BufferReader(block), told, _PARSE, options)
            for batch in table.to_batches():
                arrays = [_shown(field, batch.column(field.name)) for field in fields]
                yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema([field.arrow for field in fields]))

    def _blocks(self, columns: str) -> Iterator[Buffer]:
        """Yield whole lines of delimited text, some of them at a time."""
        # A list of pieces, to be joined, costs three times what receiving them does.
        held = bytearray()
        for row in self._rows(columns, "csv"):
            held += row
            if len(held) >= _BLOCK_BYTES:
                yield held
                held = bytearray()
        if held:
            yield held

    def _rows(self, columns: str, form: str) -> Iterator[Buffer]:
        from psycopg import errors

        file = self._file
        chosen = f"SELECT {columns} FROM {ddl.name(file.relation)} WHERE {PART} = {file.number} ORDER BY {ROW}"
        try:
            with self._connection.cursor() as cursor, cursor.copy(f"COPY ({chosen}) TO STDOUT (FORMAT {form})") as copy:
                yield from copy
        except (errors.UndefinedTable, errors.UndefinedColumn) as error:
            raise ValueError(error.diag.message_primary) from None

    @cached_property
    def _sent(self) -> tuple[int, str]:
        total, size = xxh3_128(), 0
        for row in self._rows(ddl.names((*(field.name for field in self._file.fields), ROW)), "binary"):
            total.update(row)
            size += len(row)
        return size, total.hexdigest()


def _told(field: Field) -> str:
    """Return the expression that sends a column as Arrow reads it."""
    name = ddl.name(field.name)
    return f"{name} AT TIME ZONE 'UTC'" if field.type == "timestamp" else name


def _read(field: Field) -> pa.DataType:
    return pa.timestamp("us") if field.type == "timestamp" else field.shown


def _shown(field: Field, array: pa.Array) -> pa.Array:
    return array.view(field.shown) if field.type == "timestamp" else array
