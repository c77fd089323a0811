"""Reading from a file of DuckDB: the rows of one file, in their order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from rowmill.model import ddl
from rowmill.model.schema import Field
from rowmill.sinks.databases.duck.opening import first_line
from rowmill.sinks.databases.duck.tables import Stored
from rowmill.sinks.databases.rows import PART, ROW
from rowmill.sinks.filetypes.format import Tally

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AT_ONCE: Final = 1 << 18
"""Rows that are put in order at once; where they lie side by side, others are passed over."""


class DuckContent:
    """What a file holds; the connection stays with whoever opened it."""

    def __init__(self, connection: DuckDBPyConnection, file: Stored, fields: tuple[Field, ...]) -> None:
        self._connection = connection
        self._file = file
        self._fields = fields

    @property
    def bytes(self) -> int:
        """Return its size before its rows were loaded."""
        return self._file.bytes

    @property
    def keeps_bytes(self) -> bool:
        """Return False: the bytes were loaded, and their checksum was written down."""
        return False

    def checksum(self) -> str:
        """Return XXH3-128 of the bytes that were loaded; what became of the rows since, only reading them tells."""
        return self._file.checksum

    def facts(self) -> dict[str, str]:
        """Return the facts that were stored in it."""
        return dict(self._file.facts)

    def tally(self) -> Tally:
        """Return how many values are missing and true.

        Raises:
            ValueError: if the table is damaged.
        """
        nulls = [field.name for field in self._fields if field.nullable]
        trues = [field.name for field in self._fields if field.type == "bool"]
        asked = [f"count(*) - count({ddl.name(name)})" for name in nulls]
        asked += [f"count(*) FILTER ({ddl.name(name)})" for name in trues]
        if not asked:
            return Tally({}, {})
        with _readable():
            found = self._connection.execute(f"SELECT {', '.join(asked)} {self._rows()}").fetchall()[0]
        return Tally(dict(zip(nulls, found, strict=False)), dict(zip(trues, found[len(nulls) :], strict=True)))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield its rows in order.

        Raises:
            ValueError: if they are damaged, or not those of the schema.
        """
        columns = ", ".join(_told(field) for field in self._fields)
        schema = pa.schema([field.arrow for field in self._fields])
        with _readable():
            last = self._connection.execute(f"SELECT max({ROW}) {self._rows()}").fetchall()[0][0]
        for start in range(0, 0 if last is None else last + 1, _AT_ONCE):
            span = f"AND {ROW} BETWEEN {start} AND {start + _AT_ONCE - 1}"
            with _readable():
                chosen = self._connection.sql(f"SELECT {columns} {self._rows()} {span} ORDER BY {ROW}")
                found = chosen.to_arrow_table()
            yield from found.cast(schema).to_batches()

    def _rows(self) -> str:
        return f"FROM {ddl.name(self._file.name)} WHERE {PART} = {self._file.number}"


def _told(field: Field) -> str:
    """Return the expression that yields a column as Arrow has it: some types are texts there."""
    name = ddl.name(field.name)
    return f"CAST({name} AS VARCHAR) AS {name}" if field.type in ("uuid", "json") else name


@contextmanager
def _readable() -> Iterator[None]:
    import duckdb

    try:
        yield
    except (duckdb.Error, pa.ArrowException) as error:
        raise ValueError(first_line(error)) from None
