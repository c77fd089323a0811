"""Files as DuckDB tables: CSV, Parquet and SAS transport, every column as text, every row with its number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rowmill.core.errors import SpecError, UsageError
from rowmill.core.scratch import scratch_folder

_PARQUET_MAGIC = b"PAR1"
_XPORT_MAGIC = b"HEADER RECORD*******LIB"
_XPORT_CHUNK = 250_000
"""Rows of a transport file in memory at once: the reader keeps every value as a Python object."""
_MEMORY = "512MB"
_SHOWN = 40


class Workshop:
    """A DuckDB database in a folder of its own: what does not fit into memory lies there."""

    def __init__(self, folder: Path) -> None:
        import duckdb

        self.folder = folder
        self.sql = duckdb.connect(str(folder / "pilot.duckdb"))
        self.sql.execute(f"SET memory_limit = '{_MEMORY}'; SET temp_directory = {literal(str(folder / 'spilled'))}")
        self.sql.execute("SET preserve_insertion_order = true; SET enable_progress_bar = false")

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement."""
        self.sql.execute(statement, list(parameters))

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self.sql.execute(query, list(parameters)).fetchall()

    def value(self, query: str, parameters: Sequence[Any] = ()) -> Any:
        """Return the first value of a query's first row, None where there is no row."""
        found = self.rows(query, parameters)
        return found[0][0] if found else None


@contextmanager
def workshop() -> Iterator[Workshop]:
    """Open an empty database and remove it at the end."""
    with scratch_folder() as folder:
        opened = Workshop(folder)
        try:
            yield opened
        finally:
            opened.sql.close()


class Source:
    """One file: CSV with a header line (may end in .gz or .zst), Parquet, or SAS transport version 5 or 8.

    Raises:
        UsageError: if it cannot be read.
    """

    def __init__(self, shop: Workshop, path: str) -> None:
        self.path, self._shop = path, shop
        with self._readable():
            with Path(path).open("rb") as handle:
                head = handle.read(len(_XPORT_MAGIC))
            self._query = _query(shop, path, head)
            described = shop.rows(f"DESCRIBE SELECT * EXCLUDE (_row) FROM ({self._query})")  # noqa: S608
        self._columns = {name.casefold(): name for name, *_ in described}

    def __contains__(self, column: str) -> bool:
        """Return whether the file has a column, in upper or lower case."""
        return column.casefold() in self._columns

    def table(self, name: str, needed: Sequence[str], optional: Sequence[str] = ()) -> None:
        """Make a table of columns as text without blanks around it, empty text as null, and ``_row``, counted from 1.

        Args:
            name: of the table.
            needed: columns that the file must have.
            optional: columns that are null where it does not have them.

        Raises:
            SpecError: naming the columns that are missing and those that are there.
            UsageError: if the file turns out to be damaged.
        """
        lacking = [column for column in needed if column not in self]
        if lacking:
            there = ", ".join(list(self._columns.values())[:12]) or "none"
            raise SpecError(f"{self.path}: no column {', '.join(lacking)} (it has {there}); add what is missing")
        chosen = {column: self._columns.get(column.casefold()) for column in (*needed, *optional)}
        with self._readable():
            query = f"SELECT _row, {_texts(chosen)} FROM ({self._query})"  # noqa: S608 - names are quoted
            self._shop.run(f"CREATE TABLE {name} AS {query}")

    def refuse_text(self, table: str, column: str) -> None:
        """Refuse a table's column of numbers with a value that is none.

        Raises:
            SpecError: naming the first such row.
        """
        found = self._shop.rows(
            f"SELECT _row, {column} FROM {table} WHERE {column} IS NOT NULL "  # noqa: S608
            f"AND NOT coalesce(isfinite(try_cast({column} AS DOUBLE)), false) ORDER BY _row LIMIT 1"
        )
        if found:
            raise SpecError(
                f"{self.path}, row {found[0][0]}: got {column} {found[0][1][:_SHOWN]!r}; it must be a number"
            )

    @contextmanager
    def _readable(self) -> Iterator[None]:
        import duckdb

        try:
            yield
        except FileNotFoundError:
            raise UsageError(f"{self.path}: no such file; give the path of an XPT, CSV or Parquet file") from None
        except (OSError, duckdb.Error) as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise UsageError(f"{self.path}: cannot be read as XPT, CSV or Parquet: {reason}") from None


def literal(text: str) -> str:
    """Return a text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _texts(columns: Mapping[str, str | None]) -> str:
    known = {name: None if found is None else '"' + found.replace('"', '""') + '"' for name, found in columns.items()}
    return ", ".join(
        f"CAST(NULL AS VARCHAR) AS {name}" if found is None else f"nullif(trim(CAST({found} AS VARCHAR)), '') AS {name}"
        for name, found in known.items()
    )


def _query(shop: Workshop, path: str, head: bytes) -> str:
    if head == _XPORT_MAGIC:
        folder = _unpacked(path, shop.folder / f"xpt-{len(list(shop.folder.iterdir()))}")
        return f"SELECT * FROM read_parquet({literal(str(folder / '*.parquet'))}, hive_partitioning = false)"  # noqa: S608
    # The engine would take brackets and stars of a file's own name for a pattern.
    exact = literal("".join(f"[{letter}]" if letter in "*?[" else letter for letter in path))
    if head.startswith(_PARQUET_MAGIC):
        columns, options = "* EXCLUDE (file_row_number), file_row_number + 1", "file_row_number = true"
        return f"SELECT {columns} AS _row FROM read_parquet({exact}, hive_partitioning = false, {options})"  # noqa: S608
    options = "header = true, all_varchar = true, hive_partitioning = false"
    return f"SELECT *, row_number() OVER () AS _row FROM read_csv({exact}, {options})"  # noqa: S608


def _unpacked(path: str, folder: Path) -> Path:
    """Write the rows of a transport file as Parquet, some at a time, and return the folder.

    Raises:
        UsageError: if the reader is not installed, or the file is damaged.
    """
    import pyarrow as pa
    from pyarrow import parquet as pq

    try:
        import pyreadstat
    except ImportError:
        raise UsageError(f"{path}: SAS transport files need pyreadstat; pip install 'rowmill[vitals]'") from None
    folder.mkdir()
    done = 0
    while True:
        try:
            found, _ = pyreadstat.read_xport(
                path, output_format="dict", row_offset=done, row_limit=_XPORT_CHUNK, disable_datetime_conversion=True
            )
        except (pyreadstat.ReadstatError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: cannot be read as a SAS transport file: {error}") from None
        columns = {
            name: pa.array([None if value is None else str(value) for value in values], pa.string())
            for name, values in found.items()
        }
        rows = len(next(iter(columns.values()), []))
        columns["_row"] = pa.array(range(done + 1, done + rows + 1), pa.int64())
        pq.write_table(pa.table(columns), folder / f"{done:012}.parquet")
        done += rows
        if rows < _XPORT_CHUNK:
            return folder
