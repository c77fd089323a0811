"""Queries over tables: connections of DuckDB within limits, and any table as what may stand after FROM."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.parquet as pq

from rowmill.core.errors import DiskError, IntegrityError
from rowmill.core.scratch import NO_SPACE, full_scratch_named, scratch_folder
from rowmill.model import ddl
from rowmill.quality.sources.source import SourceTable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY_MB: Final = 768
"""What a connection may keep in memory before it writes to the disk."""
_ROWS_AT_ONCE: Final = 1 << 17


@contextmanager
def connected(memory_mb: int = MEMORY_MB) -> Iterator[DuckDBPyConnection]:
    """Open a connection to a database in memory, which writes what it has no room for to a scratch folder.

    It loads no extension from anywhere; instants are shown in UTC.
    """
    import duckdb

    with scratch_folder() as folder, full_scratch_named(folder):
        connection = duckdb.connect(
            config={
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "memory_limit": f"{memory_mb}MB",
                "temp_directory": str(folder),
            }
        )
        try:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection
        finally:
            connection.close()


@contextmanager
def readable(shown: str) -> Iterator[None]:
    """Turn what DuckDB says of rows that it cannot read into one line.

    Raises:
        DiskError: if there is no room for what it keeps aside.
        IntegrityError: saying what is wrong.
    """
    import duckdb

    try:
        yield
    except duckdb.ParserException:
        # A question that nobody understands is our mistake.
        raise
    except (duckdb.Error, pa.ArrowException) as error:
        if NO_SPACE in str(error):
            raise DiskError(f"{NO_SPACE}; free space there, or name another folder with TMPDIR") from None
        raise IntegrityError(f"{shown}: cannot be read: {first_line(error)}") from None


def first_line(error: BaseException) -> str:
    """Return the first line of what an error says, cut where it is long."""
    lines = str(error).splitlines() or [type(error).__name__]
    return lines[0][:300]


def listed(paths: Iterable[str | os.PathLike[str]]) -> str:
    """Return paths of files as a list for ``read_parquet`` and ``read_csv``, which take no name for a pattern."""
    return "[" + ", ".join(ddl.literal(glob.escape(os.fspath(path))) for path in paths) + "]"


@contextmanager
def scanned(table: SourceTable, connection: DuckDBPyConnection, columns: Sequence[str] | None = None) -> Iterator[str]:
    """Yield what may stand after FROM for any table, as long as the block runs.

    Rows that DuckDB cannot read by itself are copied to a scratch file first, some at a time.

    Args:
        table: to be read.
        connection: that will read it.
        columns: those that are needed at least; None for all.
    """
    found = table.relation(connection)
    if found is not None:
        yield found
        return
    names = table.arrow.names if columns is None else list(columns)
    kinds = pa.schema([table.arrow.field(name) for name in names])
    with scratch_folder() as folder, full_scratch_named(folder):
        place = folder / "rows.parquet"
        with pq.ParquetWriter(str(place), kinds, compression="lz4", store_schema=False) as writer:
            for batch in table.batches(names):
                writer.write_batch(batch.cast(kinds))
        yield f"read_parquet({listed([place])}, hive_partitioning = false)"


def streamed(
    connection: DuckDBPyConnection, relation: str, columns: Sequence[str], shown: str
) -> Iterator[pa.RecordBatch]:
    """Yield columns of what stands after FROM, some rows at a time.

    Raises:
        IntegrityError: if they cannot be read.
    """
    with readable(shown):
        yield from connection.sql(f"SELECT {ddl.names(columns)} FROM {relation}").to_arrow_reader(_ROWS_AT_ONCE)
