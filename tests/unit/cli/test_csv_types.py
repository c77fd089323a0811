"""``schema --format duckdb|polars``: what it prints reads our CSV files to the values of the Parquet files."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from rowmill.cli import main
from rowmill.domains.registry import DOMAINS

SIZES = {
    "payments": "--rows 3000 --fraud-rate 0.05",
    "vitals": "--method mvn --subjects-per-arm 20",
    "workforce": "--employees 60 --years 2025,2026",
}


@pytest.fixture(scope="module", params=DOMAINS)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Path]:
    """Return a domain, and the same data of it as CSV and as Parquet."""
    domain, places = request.param, []
    for form in ("csv", "parquet"):
        places.append(tmp_path_factory.mktemp(domain) / form)
        run = f"generate {domain} {SIZES[domain]} --seed 5 --workers 1 --quiet --format {form} --out {places[-1]}"
        assert main(run.split()) == 0
    return domain, *places


def tables_of(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir() if path.is_dir() and path.name != "_rowmill")


def printed(domain: str, reader: str, table: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["schema", domain, "--format", reader, "--table", table]) == 0
    return capsys.readouterr().out


def stored(place: Path, table: str, columns: list[str]) -> pl.DataFrame:
    """Return the rows of a table's Parquet files; their folders tell the columns that files leave to them."""
    return pl.DataFrame(pl.from_arrow(pq.read_table(place / table))).select(columns)


def test_duckdb_reads_the_values_in_their_types(
    written: tuple[str, Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    domain, csv, parquet = written
    monkeypatch.chdir(csv)
    for table in tables_of(csv):
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            found = pl.DataFrame(connection.sql(printed(domain, "duckdb", table, capsys)).pl())
        assert_frame_equal(found, stored(parquet, table, found.columns), check_row_order=False)


def test_polars_reads_the_values_in_their_types(
    written: tuple[str, Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    domain, csv, parquet = written
    monkeypatch.chdir(csv)
    for table in tables_of(csv):
        names: dict[str, pl.LazyFrame] = {}
        exec(printed(domain, "polars", table, capsys), names)
        found = names[table].collect()
        assert_frame_equal(found, stored(parquet, table, found.columns), check_row_order=False)
