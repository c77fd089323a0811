"""Files of users, opened: CSV or Parquet, within limits on rows and bytes that hold before anything is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from rowmill.core.errors import UsageError

MAX_ROWS = 50_000_000
"""Most rows of a file that is held in memory."""
MAX_BYTES = 4 << 30
"""Most bytes that the columns used of such a file may take there."""
_PARQUET_MAGIC = b"PAR1"
_ZIP_MAGIC = b"PK\x03\x04"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BATCH = 65_536
_SHOWN = 12
_NAME = re.compile(r"[^\W\d_][\w .()/%#-]{0,39}")

Read = Callable[[Iterable[str]], pa.Table]


def opened(path: str, most: int = MAX_ROWS) -> tuple[list[str], Read]:
    """Return the names of a file's columns, and what reads some of them.

    Args:
        path: CSV with a header line (may end in .gz, .bz2 or .zst), or Parquet.
        most: most rows.

    Raises:
        UsageError: if it cannot be read, or, once it is read, has more rows or bytes than the limits.
    """
    try:
        with Path(path).open("rb") as handle:
            begins = handle.read(4)
        if begins == _ZIP_MAGIC:
            raise UsageError(f"{path}: it is a workbook or an archive; save the table as CSV")
        if begins.startswith(_UTF16):
            raise UsageError(f"{path}: it is UTF-16, as a spreadsheet's Unicode text is; save it as CSV in UTF-8")
        return _parquet(path, most) if begins == _PARQUET_MAGIC else _csv(path, most)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file; give the path of a CSV or Parquet file") from None
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise unreadable(path, error) from None


def unreadable(path: str, error: Exception) -> UsageError:
    """Return an error that says what is wrong with a file, and shows none of its lines."""
    if Path(path).is_dir():
        return UsageError(f"{path}: it is a folder; give the path of a file")
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    if isinstance(error, UnicodeDecodeError) or "UTF8" in reason:
        reason = "its text is not UTF-8; save it as UTF-8"
    elif isinstance(error, pa.ArrowException):
        reason = re.sub(r"(got \d+|Empty CSV file|straddl\w+).*", r"\1", reason)
    return UsageError(f"{path}: cannot be read as CSV or Parquet: {reason}")


def shown(names: Sequence[str]) -> str:
    """Return the names of a file's columns, as far as its first line is a header: any other line stays unseen."""
    if not names:
        return "is empty"
    if not all(_NAME.fullmatch(name.strip()) for name in names):
        return f"has {len(names)} column{'s' * (len(names) > 1)}, whose first line is no header"
    return f"has {', '.join(names[:_SHOWN])}"


def separated(names: Sequence[str]) -> str | None:
    """Return what is wrong with a file whose one name is a line of names apart by something else than commas."""
    if len(names) != 1:
        return None
    marks = {mark: names[0].count(mark) for mark in ";\t|" if mark in names[0]}
    found = max(marks, key=lambda mark: marks[mark], default=None)
    return None if found is None else f"is separated by {found!r}; save it separated by commas"


def _parquet(path: str, most: int) -> tuple[list[str], Read]:
    from pyarrow import parquet as pq

    def read(names: Iterable[str]) -> pa.Table:
        wanted = list(names)
        with pq.ParquetFile(path) as file:
            _refuse_rows(path, file.metadata.num_rows, most)
            return _within(path, most, file.iter_batches(_BATCH, columns=wanted), pa.schema([]))

    return list(pq.read_schema(path).names), read


def _csv(path: str, most: int) -> tuple[list[str], Read]:
    from pyarrow import csv

    ragged: list[str] = []

    def uneven(row: csv.InvalidRow) -> str:
        where = f", row {row.number - 1}" if row.number else ""
        ragged.append(
            f"{path}{where}: got {row.actual_columns} value{'s' * (row.actual_columns != 1)} under a header of "
            f"{row.expected_columns}; the row is cut, or a value that holds a comma lacks quotes"
        )
        return "error"

    parse = csv.ParseOptions(newlines_in_values=True, invalid_row_handler=uneven)
    one_by_one = csv.ReadOptions(use_threads=False)

    def batches(convert: csv.ConvertOptions) -> csv.CSVStreamingReader:
        try:
            return csv.open_csv(path, read_options=one_by_one, parse_options=parse, convert_options=convert)
        except pa.ArrowInvalid:
            if ragged:
                raise UsageError(ragged[0]) from None
            raise

    def read(names: Iterable[str]) -> pa.Table:
        wanted = list(names)
        texts = csv.ConvertOptions(
            include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), strings_can_be_null=False
        )
        with batches(texts) as reader:
            try:
                return _within(path, most, reader, reader.schema)
            except pa.ArrowInvalid:
                if ragged:
                    raise UsageError(ragged[0]) from None
                raise

    # Every value is text first: guessed types would cut the zeros of a code and take a country for a missing value.
    as_text = csv.ConvertOptions(strings_can_be_null=False, null_values=[], check_utf8=True)
    with batches(as_text) as reader:
        return list(reader.schema.names), read


def _within(path: str, most: int, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    """Return batches as one table, or stop at the first that is too much."""
    return pa.Table.from_batches(list(_counted(path, most, batches)) or [], schema or None)


def _counted(path: str, most: int, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    rows = size = 0
    for batch in batches:
        rows, size = rows + batch.num_rows, size + batch.nbytes
        _refuse_rows(path, rows, most)
        if size > MAX_BYTES:
            raise UsageError(f"{path}: its columns take more than {MAX_BYTES >> 30} GB; give a smaller file")
        yield batch


def _refuse_rows(path: str, rows: int, most: int) -> None:
    if rows > most:
        raise UsageError(f"{path}: has more than {most:,} rows, which is the most that is read; give a smaller file")
