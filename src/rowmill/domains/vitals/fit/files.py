"""Files as DuckDB tables: CSV, Parquet and SAS transport, every column as text, every row with its number."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from rowmill.core.errors import SpecError, UsageError
from rowmill.core.scratch import scratch_folder
from rowmill.domains.vitals.fit.delimited import in_utf8, refuse_cut, refuse_uneven
from rowmill.domains.vitals.fit.xport import MAGIC, unpacked
from rowmill.model.missing import number_hint, sql_without_words
from rowmill.model.tablefile import shown

T = TypeVar("T")

_PARQUET_MAGIC = b"PAR1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_OTHER = {bytes(12) + b"\xc2\xea\x81\x60": "a SAS data set (sas7bdat)", b"PK\x03\x04": "a workbook or an archive"}
"""How files begin that are not read."""
MAX_ROWS = 50_000_000
"""Most rows of a file: they are held on disk."""
_LARGEST = 10**9
"""Numbers beyond it mean nothing here, and would not fit in thousandths."""
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


class PilotFile:
    """One file: CSV with a header line (may end in .gz or .zst), Parquet, or SAS transport version 5 or 8.

    Raises:
        UsageError: if it cannot be read.
    """

    def __init__(self, shop: Workshop, path: str) -> None:
        self.path, self._shop = path, shop
        self.notes: list[str] = []
        """What there is to tell about how it was read."""
        self._is_text = False
        with self._readable():
            with Path(path).open("rb") as handle:
                head = handle.read(len(MAGIC))
            self._query = self._query_of(head)
            found = self._understood(lambda: shop.rows(f"DESCRIBE SELECT * EXCLUDE (_row) FROM ({self._query})"))  # noqa: S608
        self._columns = {name.casefold(): name for name, *_ in found}

    def __contains__(self, column: str) -> bool:
        """Return whether the file has a column, in upper or lower case."""
        return column.casefold() in self._columns

    def refuse_uneven(self, columns: Sequence[str]) -> None:
        """Refuse a text file that has an uneven row, which hides its header from a reader of tables.

        Args:
            columns: names of which the header has one.

        Raises:
            UsageError: naming the row.
        """
        if self._is_text:
            refuse_uneven(self._text, columns, self.path)

    def table(self, name: str, needed: Sequence[str], optional: Sequence[str] = ()) -> None:
        """Make a table of columns as text without blanks around it, words for missing as null, and ``_row`` from 1.

        Args:
            name: of the table.
            needed: columns that the file must have.
            optional: columns that are null where it does not have them.

        Raises:
            SpecError: naming the columns that are missing and those that are there.
            UsageError: if the file turns out to be damaged, or has too many rows.
        """
        lacking = [column for column in needed if column not in self]
        if lacking:
            self.refuse_uneven(needed)
            there = shown(list(self._columns.values()))
            raise SpecError(f"{self.path}: no column {', '.join(lacking)} (it {there}); add what is missing")
        chosen = {column: self._columns.get(column.casefold()) for column in (*needed, *optional)}
        with self._readable():
            self._understood(
                lambda: self._shop.run(
                    f"CREATE OR REPLACE TABLE {name} AS SELECT _row, {_texts(chosen)} FROM ({self._query}) "  # noqa: S608
                    f"LIMIT {MAX_ROWS + 1}"
                )
            )
        if self._shop.value(f"SELECT count(*) FROM {name}") > MAX_ROWS:  # noqa: S608
            raise UsageError(f"{self.path}: has more than {MAX_ROWS:,} rows; give a smaller file")

    def refuse_text(self, table: str, column: str) -> None:
        """Refuse a table's column of numbers with a value that is none.

        Raises:
            SpecError: naming the first such row, and how many there are.
        """
        condition = f"{column} IS NOT NULL AND NOT {is_number(column)}"
        found = self._shop.rows(
            f"SELECT _row, {column}, count(*) OVER () FROM {table} WHERE {condition} ORDER BY _row LIMIT 1"  # noqa: S608
        )
        if found:
            row, text, number = found[0]
            raise SpecError(
                f"{self.path}, row {row}: got {column} {text[:_SHOWN]!r}; it must be a number{number_hint(text)}; "
                f"correct it or leave it empty{others(number)}"
            )

    def _query_of(self, head: bytes) -> str:
        if head == MAGIC:
            folder, told = unpacked(self.path, self._shop.folder / f"xpt-{len(list(self._shop.folder.iterdir()))}")
            self.notes += told
            return f"SELECT * FROM read_parquet({literal(str(folder / '*.parquet'))}, hive_partitioning = false)"  # noqa: S608
        if head.startswith(_PARQUET_MAGIC):
            columns, options = "* EXCLUDE (file_row_number), file_row_number + 1", "file_row_number = true"
            return (
                f"SELECT {columns} AS _row FROM read_parquet({exact(self.path)}, hive_partitioning = false, {options})"  # noqa: S608
            )
        for begins, what in _OTHER.items():
            if head.startswith(begins):
                raise UsageError(f"{self.path}: it is {what}; export the table as XPT, CSV or Parquet")
        refuse_cut(self.path)
        self._is_text, self._text = True, self.path
        return self._rewritten() if head.startswith(_UTF16) else _of_text(self.path)

    def _rewritten(self) -> str:
        """Return the query of the same text in UTF-8."""
        target = self._shop.folder / f"text-{len(list(self._shop.folder.iterdir()))}.csv"
        encoding = in_utf8(self.path, target)
        self._text = str(target)
        self.notes.append(f"{self.path}: text is not UTF-8; it was read as {encoding}")
        return _of_text(self._text)

    def _understood(self, ask: Callable[[], T]) -> T:
        """Return an answer about the file, as another encoding where its text is not UTF-8."""
        import duckdb

        try:
            return ask()
        except duckdb.Error as error:
            if not self._is_text or self.notes or "unicode" not in str(error).casefold():
                raise
        self._query = self._rewritten()
        return ask()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        import duckdb

        try:
            yield
        except FileNotFoundError:
            raise UsageError(f"{self.path}: no such file; give the path of an XPT, CSV or Parquet file") from None
        except IsADirectoryError:
            raise UsageError(f"{self.path}: is a folder; give one file: XPT, CSV or Parquet") from None
        except (OSError, duckdb.Error) as error:
            if isinstance(error, duckdb.Error):
                self.refuse_uneven(("USUBJID", "SubjectID"))
            raise UsageError(f"{self.path}: cannot be read as XPT, CSV or Parquet: {_reason(error)}") from None


def literal(text: str) -> str:
    """Return a text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def exact(path: str) -> str:
    """Return a path as an SQL string in which no letter stands for another: brackets and stars would be a pattern."""
    return literal("".join(f"[{letter}]" if letter in "*?[" else letter for letter in path))


def is_number(expression: str) -> str:
    """Return an SQL condition: a text is a number that thousandths can hold."""
    return f"coalesce(abs(try_cast({expression} AS DOUBLE)) <= {_LARGEST}, false)"


def others(number: int) -> str:
    """Return how many rows more there are than the one that an error names."""
    return f" ({number - 1:,} more such row{'s' * (number > 2)})" if number > 1 else ""


def _of_text(path: str) -> str:
    options = "header = true, all_varchar = true, hive_partitioning = false"
    return f"SELECT *, row_number() OVER () AS _row FROM read_csv({exact(path)}, {options})"  # noqa: S608


def _reason(error: Exception) -> str:
    """Return why a file was not read, in one line, without a line of the file."""
    lines = [line.strip() for line in str(error).splitlines()]
    said = [line for line in lines if line and not line.startswith("Original Line")]
    ends = next((at for at, line in enumerate(said) if line.startswith(("Possible", "file =", "LINE "))), len(said))
    return ": ".join(said[: min(ends, 3)]) or type(error).__name__


def _texts(columns: Mapping[str, str | None]) -> str:
    known = {name: None if found is None else '"' + found.replace('"', '""') + '"' for name, found in columns.items()}
    return ", ".join(
        f"CAST(NULL AS VARCHAR) AS {name}" if found is None else f"{sql_without_words(found)} AS {name}"
        for name, found in known.items()
    )
