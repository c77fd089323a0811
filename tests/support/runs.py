"""Runs of domains that do not ship, and what outside readers find where they landed."""

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
def registered(name):
    """Let a domain of this folder be found by its name, as verify and fresh workers need."""
    DOMAINS[name] = f"support.{name}:DOMAIN"
    try:
        yield
    finally:
        del DOMAINS[name]


def toy_registered():
    """Let the toy domain be found by its name."""
    return registered("toy")


def land(dataset, out, slice=WHOLE_PERIOD, *, mode="new", **settings):
    """Write a dataset in this process unless told otherwise, in parts that split blocks and windows."""
    chosen = {"workers": 1, "part_rows": 150, "row_group_rows": 90, **settings}
    return write(dataset, RunSettings(out=str(out), **chosen), slice, mode=mode)


def shown(out):
    """Return the files that a glob over the tables' folders finds, relative to the destination; no hidden ones."""
    found = (p for p in Path(out).glob("[!_]*/**/*.*") if p.is_file() and not p.name.startswith("."))
    return sorted(p.relative_to(out).as_posix() for p in found)


def source(out, table, suffix="parquet"):
    """Return what DuckDB reads a table's files with."""
    if suffix == "parquet":
        return f"read_parquet('{out}/{table}/**/*.parquet', hive_partitioning = false)"
    options = "nullstr = '', allow_quoted_nulls = false, quote = '\"', hive_partitioning = false"
    return f"read_csv('{out}/{table}/**/*.{suffix}', {options})"


def count(out, table, suffix="parquet"):
    """Return the rows of a table that DuckDB finds."""
    return duckdb.execute(f"SELECT count(*) FROM {source(out, table, suffix)}").fetchall()[0][0]


def difference(one, other):
    """Return how many rows of either query the other lacks, counting repeats."""
    connection = duckdb.connect()
    ways = ((one, other), (other, one))
    return sum(connection.execute(f"SELECT count(*) FROM ({a} EXCEPT ALL {b})").fetchone()[0] for a, b in ways)
