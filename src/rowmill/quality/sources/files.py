"""Tables of files that somebody else wrote: Parquet and CSV, one file or many, also in Hive folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import pyarrow as pa

from rowmill.core.errors import IntegrityError, UsageError
from rowmill.model import ddl
from rowmill.model.schema import ForeignKey
from rowmill.quality.sources.delimited import strictness, uneven
from rowmill.quality.sources.scanning import connected, first_line, listed, readable, streamed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Kind = Literal["parquet", "csv", "gzip", "zstd", "duckdb"]
"""What a file is; ``gzip`` and ``zstd`` are CSV so compressed."""
ENDINGS: Final = (".parquet", ".pq", ".csv", ".tsv", ".csv.gz", ".csv.zst", ".tsv.gz", ".tsv.zst")
"""Of the names of files that are looked at in a folder."""
_SNIFFED: Final = 100_000
"""Rows of a CSV file by which the types of its columns are told."""
_HEAD: Final = 4096
_REFUSED: Final = (
    (b"PK\x03\x04", "it is a workbook or an archive; save the table as CSV"),
    (b"\xff\xfe", "it is UTF-16; save it as CSV in UTF-8"),
    (b"\xfe\xff", "it is UTF-16; save it as CSV in UTF-8"),
    (b"SQLite format 3", "it is a database of SQLite; export the table as CSV or Parquet"),
    (b"ARROW1", "it is an Arrow file; save it as Parquet"),
    (b"%PDF", "it is a PDF; give a CSV or Parquet file"),
)


@dataclass(frozen=True, slots=True)
class FilesTable:
    """Files that are one table."""

    name: str
    shown: str
    """What to call them in messages."""
    files: tuple[Path, ...]
    kind: Kind
    """Of all of them."""
    strictness: str
    """Options with which every line of text is read; none for others."""
    hive: bool
    """Whether names of folders, such as ``year=2025``, tell columns."""
    arrow: pa.Schema
    rows: int | None
    schema: None = field(default=None, init=False)
    primary_key: tuple[str, ...] = field(default=(), init=False)
    foreign_keys: tuple[ForeignKey, ...] = field(default=(), init=False)

    def batches(self, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yield the rows, some at a time."""
        with connected() as connection:
            names = self.arrow.names if columns is None else columns
            yield from streamed(connection, self.relation(connection), names, self.shown)

    def relation(self, connection: DuckDBPyConnection) -> str:  # noqa: ARG002 - files need none
        """Return the call that reads the files."""
        return _call(self.files, self.kind, self.strictness, hive=self.hive)


def kind_of(path: Path) -> Kind:
    """Return what a file is, by what it begins with.

    Raises:
        UsageError: if it is nothing that can be read as a table.
    """
    try:
        with path.open("rb") as handle:
            head = handle.read(_HEAD)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; give a file that you may read") from None
    if not head:
        raise UsageError(f"{path}: is empty, not even a header is there")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head[8:12] == b"DUCK":
        return "duckdb"
    for begins, what in _REFUSED:
        if head.startswith(begins):
            raise UsageError(f"{path}: {what}")
    for begins, kind in ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd")):
        if head.startswith(begins):
            return kind  # type: ignore[return-value]
    if path.name.endswith((".parquet", ".pq")) or b"\0" in head:
        raise UsageError(f"{path}: is neither Parquet, nor CSV, nor a file of DuckDB; it begins with {head[:4]!r}")
    return "csv"


def files_table(name: str, shown: str, files: Sequence[Path], *, hive: bool) -> FilesTable:
    """Return files as one table.

    Raises:
        UsageError: if one of them is no table, they are of different kinds, or their columns cannot be told.
    """
    # A partition without rows may well be an empty file.
    filled = [path for path in files if path.stat().st_size] or list(files[:1])
    kinds = {kind_of(path): path for path in filled}
    if len(kinds) > 1:
        told = ", ".join(f"{path.name} is {kind}" for kind, path in kinds.items())
        raise UsageError(f"{shown}: holds files of several kinds ({told}); name one of them, or a pattern")
    (kind,) = kinds
    if kind == "duckdb":
        raise UsageError(f"{shown}: holds files of DuckDB; name one of them")
    strict = "" if kind == "parquet" else _strictness(shown, filled, kind)
    call = _call(filled, kind, strict, hive=hive)
    with connected() as connection:
        try:
            with readable(shown):
                arrow = connection.sql(f"SELECT * FROM {call} LIMIT 0").to_arrow_table().schema
                rows = _rows(connection, filled) if kind == "parquet" else None
        except IntegrityError as error:
            said = None if kind == "parquet" else uneven(filled, _codec(kind))
            raise UsageError(said or str(error)) from None
    return FilesTable(name, shown, tuple(filled), kind, strict, hive, arrow, rows)


def _strictness(shown: str, files: Sequence[Path], kind: Kind) -> str:
    try:
        return strictness(files, _codec(kind))
    except OSError as error:
        raise UsageError(f"{shown}: cannot be read: {first_line(error)}") from None


def _codec(kind: Kind) -> str | None:
    return None if kind == "csv" else kind


def _rows(connection: DuckDBPyConnection, files: Sequence[Path]) -> int:
    found = connection.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata({listed(files)})").fetchall()
    return int(found[0][0])


def _call(files: Sequence[Path], kind: Kind, strict: str, *, hive: bool) -> str:
    many = f", union_by_name = true, hive_partitioning = {str(hive).lower()}"
    if kind == "parquet":
        return f"read_parquet({listed(files)}{many})"
    codec = ddl.literal(_codec(kind) or "none")
    return f"read_csv({listed(files)}, {strict}, sample_size = {_SNIFFED}, compression = {codec}{many})"
