"""Runs of the toy domain, and what outside readers find where they landed."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import duckdb

from rowmill.domains.registry import DOMAINS
from rowmill.run.request import WHOLE_PERIOD
from rowmill.run.runner import write
from rowmill.run.settings import RunSettings

SCHEME = "support.toy:DOMAIN"


@contextmanager
def toy_registered():
    """Let the toy domain be found by its name, as verify and fresh workers need."""
    DOMAINS["toy"] = SCHEME
    try:
        yield
    finally:
        del DOMAINS["toy"]


def land(dataset, out, slice=WHOLE_PERIOD, *, mode="new", **settings):
    """Write a dataset in this process unless told otherwise, in parts that split blocks and windows."""
    chosen = {"workers": 1, "part_rows": 150, "row_group_rows": 90, **settings}
    return write(dataset, RunSettings(out=str(out), **chosen), slice, mode=mode)


def shown(out):
    """Return the files that a glob over the tables' folders finds, relative to the destination."""
    return sorted(p.relative_to(out).as_posix() for p in Path(out).glob("[!_]*/**/*.*") if p.is_file())


def relation(out, table, suffix="parquet"):
    """Return the rows of a table as DuckDB reads the files, text and instants in one form for all formats."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    if suffix == "parquet":
        source = f"read_parquet('{out}/{table}/**/*.parquet', hive_partitioning = false)"
    else:
        source = f"read_csv('{out}/{table}/**/*.{suffix}', nullstr = '', allow_quoted_nulls = false, quote = '\"')"
    return connection.sql(f"SELECT * FROM {source}")


def rows(out, table, suffix="parquet"):
    """Return the rows of a table, sorted, as Python values."""
    return sorted(relation(out, table, suffix).fetchall(), key=repr)
