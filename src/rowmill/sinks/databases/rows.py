"""Rows on their way into a database: what stands there of ours, and the format that waiting rows have.

After the columns of its schema each table has two more, as loading tools have a load id: ``_part``, the number of the
file that a row belongs to, and ``_row``, its place in that file, from 0. So the rows of a file can be read in their
order, counted, and written again, in whatever order they lie. No key tells that order: subjects of a trial stand in the
order of their recruiting, and a catalog of several blocks block after block.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rowmill.core.errors import UsageError
from rowmill.model.schema import Schema
from rowmill.sinks.databases.postgres.url import NAME_BYTES
from rowmill.sinks.filetypes.parquet import ParquetFormat

PART: Final = "_part"
"""Column with the number of a file, as the bookkeeping has it."""
ROW: Final = "_row"
"""Column with a row's place in its file."""
BOOKS: Final = "_rowmill_"
"""Beginning of the names of bookkeeping tables, which stand beside the others."""


class RowsFormat(ParquetFormat):
    """Rows that wait for a database, as uncompressed Parquet files with every column."""

    def check(self, schema: Schema, columns: Sequence[str]) -> None:
        """Refuse names that a database has no place for, or that are taken."""
        for name in (schema.name, *columns):
            if name.lower() in (PART, ROW) or name.lower().startswith(BOOKS):
                raise UsageError(f"table {schema.name}: the name {name} is that of bookkeeping in a database")
            if len(name.encode()) > NAME_BYTES:
                raise UsageError(
                    f"table {schema.name}: the name {name[:20]}… has {len(name.encode())} bytes; a database takes "
                    f"{NAME_BYTES}"
                )
