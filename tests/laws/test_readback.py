"""Whoever reads what landed finds the same rows, wherever it landed: told by DuckDB, which knows nothing of us."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from laws.contents import every_domain, kept, land, source
from rowmill.model import ddl
from rowmill.model.dataset import Dataset


def folder(connection: duckdb.DuckDBPyConnection, dataset: Dataset, out: str, table: str) -> str:  # noqa: ARG001
    """Return the query that reads a table's files."""
    return f"FROM {source(dataset, out, table)}"


def file(connection: duckdb.DuckDBPyConnection, dataset: Dataset, out: str, table: str) -> str:
    """Return the query that reads a table of a file of DuckDB."""
    connection.execute(f"ATTACH IF NOT EXISTS {ddl.literal(out)} AS written (READ_ONLY)")
    return f"SELECT {ddl.names(dataset.tables[table].schema.names)} FROM written.{ddl.name(table)}"


@dataclass(frozen=True)
class Way:
    """A way of writing, and how somebody else reads that."""

    out: str
    """Below a folder."""
    settings: dict[str, str]
    query: Callable[[duckdb.DuckDBPyConnection, Dataset, str, str], str]


WAYS = {
    "csv": Way("csv", {"format": "csv", "compression": "gzip"}, folder),
    "duckdb": Way("data.duckdb", {}, file),
}
"""Beside Parquet files in a folder."""


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return a function that gives the Parquet files of a dataset."""
    made: dict[str, Path] = {}

    def landed(dataset: Dataset) -> Path:
        if dataset.fingerprint not in made:
            made[dataset.fingerprint] = tmp_path_factory.mktemp("plain") / "out"
            land(dataset, made[dataset.fingerprint], part_rows=1500)
        return made[dataset.fingerprint]

    return landed


@pytest.mark.parametrize("way", WAYS)
@every_domain
def test_a_reader_finds_the_same_rows_as_in_parquet_files(case, way, plain, tmp_path):
    dataset, chosen = kept(case.name, case.fixed[0]), WAYS[way]
    out = str(tmp_path / chosen.out)
    first, second = plain(dataset), land(dataset, out, part_rows=1500, **chosen.settings)

    differing = {}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for table in dataset.tables:
            one, other = folder(connection, dataset, str(first), table), chosen.query(connection, dataset, out, table)
            counts = [
                connection.execute(f"SELECT count(*) FROM (({a}) EXCEPT ALL ({b}))").fetchall()[0][0]
                for a, b in ((one, other), (other, one))
            ]
            rows = connection.execute(f"SELECT count(*) FROM ({other})").fetchall()[0][0]
            if counts != [0, 0] or rows != second.tables[table].rows:
                differing[table] = (*counts, rows)

    assert differing == {}
