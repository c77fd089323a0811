"""What a dataset holds, in memory and on disk, in forms that can be compared without our own digest."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import settings

from laws.domains import CASES
from rowmill.api.batches import plain_batch
from rowmill.domains.registry import domain
from rowmill.model.dataset import Dataset
from rowmill.model.table import Table, Tile
from rowmill.run.books.manifest import read
from rowmill.run.request import WHOLE_PERIOD, Slice
from rowmill.run.runner import write
from rowmill.run.settings import RunSettings
from rowmill.run.summary import Summary


def examples(number: int) -> settings:
    """Return settings of that many examples in forty of the profile."""
    return settings(max_examples=max(1, number * settings.default.max_examples // 40))


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields with changes laid over them, section by section."""
    out = dict(base)
    for key, value in change.items():
        both = isinstance(value, Mapping) and isinstance(out.get(key), Mapping)
        out[key] = merged(out[key], value) if both else value
    return out


def build(name: str, fields: Mapping[str, Any]) -> Dataset:
    """Return a fresh dataset of a domain."""
    found = domain(name)
    return found.build(found.spec_type.model_validate(dict(fields)))


every_domain = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
"""Runs a test over every domain."""


@lru_cache(maxsize=8)
def _kept(name: str, text: str) -> Dataset:
    return build(name, json.loads(text))


def kept(name: str, fields: Mapping[str, Any]) -> Dataset:
    """Return a dataset of a domain, the same object for equal fields."""
    return _kept(name, json.dumps(fields, sort_keys=True))


def windows_of(dataset: Dataset, table: str) -> range:
    """Return all windows of a table of a closed period."""
    return range(dataset.calendar.count or 0) if dataset.tables[table].timed else range(1)


def tile_rows(
    dataset: Dataset, table: str, block: int, windows: range, columns: Sequence[str] | None = None
) -> dict[int, pa.RecordBatch]:
    """Return the rows of a block's tiles by window."""
    rule = dataset.tables[table]
    return {tile.window: plain_batch(tile.frame, rule.schema) for tile in rule.tiles(block, windows, columns)}


def rows_of(
    dataset: Dataset, table: str, windows: range | None = None, columns: Sequence[str] | None = None
) -> pa.Table:
    """Return the rows of a table, block by block."""
    rule = dataset.tables[table]
    span = windows_of(dataset, table) if windows is None or not rule.timed else windows
    batches = [
        batch for block in range(rule.blocks) for batch in tile_rows(dataset, table, block, span, columns).values()
    ]
    return pa.Table.from_batches(batches, schema=rule.schema.arrow(columns))


def land(
    dataset: Dataset,
    out: str | Path,
    what: Slice = WHOLE_PERIOD,
    *,
    mode: str = "new",
    progress: Any = None,
    **run: Any,
) -> Summary:
    """Write a slice of all tables of a dataset in this process unless told otherwise."""
    settings = {"workers": 1, "tables": tuple(dataset.tables), **run}
    return write(dataset, RunSettings(out=str(out), **settings), what, mode=mode, progress=progress)


def source(dataset: Dataset, out: str | Path, table: str) -> str:
    """Return the DuckDB expression that reads a table's files, in the types of its schema."""
    files = sorted(str(path) for path in Path(out, read(out).identity.folder(table)).rglob("*.*"))
    listed = "[" + ", ".join(f"'{path}'" for path in files) + "]"
    schema = dataset.tables[table].schema
    if files[0].endswith(".parquet"):
        plain = f"read_parquet({listed}, hive_partitioning = false)"
        if "simulation_year=" not in files[0] or "simulation_year" not in schema.names:
            return plain
        held = pq.read_schema(files[0]).names
        names = ", ".join(name for name in schema.names if name in held or name == "simulation_year")
        kinds = "hive_partitioning = true, hive_types = {'simulation_year': INTEGER}"
        return f"(SELECT {names} FROM read_parquet({listed}, {kinds}))"
    columns = {field.name: field.named(field.facts.duckdb) for field in schema.fields}
    form = "header = true, auto_detect = false, quote = '\"', nullstr = '', allow_quoted_nulls = false"
    return f"read_csv({listed}, columns = {columns}, {form}, hive_partitioning = false)"


def statistics_of(out: str | Path) -> dict[str, Any]:
    """Return the statistics of each table that lies at a place; there are some of each."""
    found = {name: table.statistics for name, table in read(out).tables.items()}
    assert None not in found.values()
    return found


def differing(
    dataset: Dataset, one: str | Path, other: str | Path, tables: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """Return, of tables that do not hold the same rows, how many are in the first alone and in the second alone."""
    found = {}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for table in tables:
            first, second = source(dataset, one, table), source(dataset, other, table)
            counts = tuple(
                connection.sql(f"SELECT count(*) FROM (FROM {a} EXCEPT ALL FROM {b})").fetchall()[0][0]
                for a, b in ((first, second), (second, first))
            )
            if counts != (0, 0):
                found[table] = counts
    return found


@dataclass(frozen=True)
class Counted:
    """A table that notes the tiles that are made of it."""

    table: Table
    name: str
    log: list[tuple[str, int, int]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.table, name)

    def tiles(self, block: int, windows: range, columns: Sequence[str] | None = None) -> Iterator[Tile]:
        """Yield what the table yields."""
        for tile in self.table.tiles(block, windows, columns):
            self.log.append((self.name, tile.block, tile.window))
            yield tile


def counted(dataset: Dataset) -> tuple[Dataset, list[tuple[str, int, int]]]:
    """Return a dataset that notes (table, block, window) of every tile made."""
    log: list[tuple[str, int, int]] = []
    return replace(dataset, tables={name: Counted(table, name, log) for name, table in dataset.tables.items()}), log


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder that is gone afterwards: one for each example."""
    with TemporaryDirectory() as path:
        yield Path(path)
