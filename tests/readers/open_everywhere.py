"""Opens every table of a destination with each reader, without options, and compares every cell with pyarrow's answer.

Prints one line a table and reader; exits with 1 if any cell, type or row differs. Needs Java for Spark.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

Reader = Callable[[Path], pa.Table]


def read_duckdb(folder: Path) -> pa.Table:
    return duckdb.connect().sql(f"SELECT * FROM '{folder}/**/*.parquet'").to_arrow_table()


def read_polars(folder: Path) -> pa.Table:
    return pl.read_parquet(folder).to_arrow()


def read_pandas(folder: Path) -> pa.Table:
    """Read as pandas does by default: whole numbers with nulls become floats, which ids must survive."""
    return pa.Table.from_pandas(pd.read_parquet(folder), preserve_index=False)


@contextmanager
def spark_reader() -> Iterator[Reader]:
    builder = SparkSession.builder.master("local[2]").appName("readers")
    for option in ("spark.ui.enabled", "spark.ui.showConsoleProgress"):
        builder = builder.config(option, "false")
    # Nothing about reading: the whole table comes to the driver to be compared, and 1 GB is too little for that.
    builder = builder.config("spark.driver.memory", "4g")
    session = builder.config("spark.driver.host", "localhost").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    print(f"Spark {session.version}, DuckDB {duckdb.__version__}, Polars {pl.__version__}, pandas {pd.__version__}")

    def read(folder: Path) -> pa.Table:
        frame = session.read.parquet(str(folder))
        return frame.toArrow() if hasattr(frame, "toArrow") else pa.Table.from_batches(frame._collect_as_arrow())

    yield read
    session.stop()


def plain(kind: pa.DataType) -> pa.DataType:
    """Return the type that counts as the same: readers choose their own text and category types."""
    if pa.types.is_dictionary(kind):
        return plain(kind.value_type)
    return pa.string() if pa.types.is_large_string(kind) or pa.types.is_string_view(kind) else kind


def kin(got: pa.DataType, truth: pa.DataType, *, nulls: bool) -> bool:
    """Return whether a reader shows a column as what it is, whatever the width."""
    for same in (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_date, pa.types.is_string):
        if same(truth):
            return same(got) or (nulls and pa.types.is_integer(truth) and pa.types.is_floating(got))
    return pa.types.is_timestamp(truth) and pa.types.is_timestamp(got) and got.tz is not None


def differences(table: pa.Table, truth: pa.Table) -> list[str]:
    """Return what is wrong with a reader's answer, one text a column."""
    if table.column_names != truth.column_names:
        return [f"columns {table.column_names}"]
    if table.num_rows != truth.num_rows:
        return [f"{table.num_rows} rows instead of {truth.num_rows}"]
    wrong = []
    for name in truth.column_names:
        expected, column = truth[name], table[name]
        if not kin(plain(column.type), expected.type, nulls=expected.null_count > 0):
            wrong.append(f"{name}: {column.type} instead of {expected.type}")
        elif not column.cast(expected.type, safe=False).equals(expected):
            wrong.append(f"{name}: other values")
    return wrong


def shown_plain(table: pa.Table) -> pa.Table:
    """Return a table whose types are those that count."""
    return table.cast(pa.schema([(field.name, plain(field.type)) for field in table.schema]))


def ordered(table: pa.Table) -> pa.Table:
    """Return rows in the order of all columns: readers may list files as they like."""
    known = shown_plain(table)
    return known.take(pc.sort_indices(known, [(name, "ascending") for name in known.column_names]))


def verdict(read: Reader, folder: Path, truth: pa.Table) -> list[str]:
    """Return what is wrong with a reader's answer; a reader that cannot open the table is a failure like others."""
    try:
        return differences(ordered(read(folder)), truth)
    except Exception as error:
        return [f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"]


def main(destination: Path) -> int:
    failures = 0
    with spark_reader() as read_spark:
        readers: dict[str, Reader] = {
            "duckdb": read_duckdb, "polars": read_polars, "pandas": read_pandas, "spark": read_spark,
        }  # fmt: skip
        for folder in sorted(path for path in destination.iterdir() if path.is_dir() and path.name[0] not in "._"):
            truth = ordered(pq.read_table(folder))
            for name, read in readers.items():
                wrong = verdict(read, folder, truth)
                failures += bool(wrong)
                print(f"{folder.name:14} {name:8} {truth.num_rows:>9,} rows  {'; '.join(wrong) or 'as written'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
