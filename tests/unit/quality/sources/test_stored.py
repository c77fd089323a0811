"""Tables of our own destinations: what DuckDB reads by itself is what the reader of rows yields."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

import rowmill
from rowmill.core.errors import IntegrityError
from rowmill.quality.sources.finding import source
from rowmill.quality.sources.scanning import connected, scanned
from support.postgres import shared_server

DATA = rowmill.dataset("payments", rows=1_000, seed=3, start="2025-11-01", end="2025-11-04")
LITTLE = {"tables": ["transactions", "cards"], "workers": 1}


def native(table):
    """Return the rows of a table as DuckDB reads them."""
    with connected() as connection, scanned(table, connection) as relation:
        return connection.sql(f"SELECT * FROM {relation}").to_arrow_table()


def same_rows(table):
    """Hold the rows that DuckDB reads against those that the reader yields, in whatever order they come."""
    found, expected = native(table), pa.Table.from_batches(list(table.batches())).cast(table.arrow)
    assert found.schema.names == table.arrow.names
    assert found.schema.types == table.arrow.types
    key = [(name, "ascending") for name in table.primary_key]
    assert found.cast(table.arrow).sort_by(key).combine_chunks() == expected.sort_by(key).combine_chunks()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("folder", {}),
        ("folder", {"partition_by": "day"}),
        ("it's [1] a=b", {"partition_by": "month"}),
        ("it's [1] a=b", {"format": "csv", "compression": "gzip"}),
        ("folder", {"format": "csv", "compression": "zstd"}),
        ("out.duckdb", {}),
    ],
)
def test_whatever_the_files_look_like_the_rows_are_the_same(tmp_path, name, options):
    DATA.write(tmp_path / name, settings={**LITTLE, **options})

    found = source(tmp_path / name)

    assert list(found.tables) == LITTLE["tables"]
    assert found.manifest is not None
    for table in found.tables.values():
        assert table.rows == found.manifest.tables[table.name].rows
        assert table.schema is not None
        same_rows(table)


def test_rows_of_a_server_are_read_too():
    server = shared_server()
    server.do('CREATE SCHEMA "ours to look at"')
    url = server.url(schema="ours%20to%20look%20at")
    DATA.write(url, settings=LITTLE)

    found = source(url)

    assert list(found.tables) == LITTLE["tables"]
    for table in found.tables.values():
        same_rows(table)


def test_columns_and_keys_are_those_that_are_there(tmp_path):
    DATA.write(tmp_path / "out", columns=["transaction_id", "amount", "card_pan_hash"], settings=LITTLE)

    table = source(tmp_path / "out").table("transactions")

    assert table.arrow.names == ["transaction_id", "amount", "card_pan_hash"]
    assert table.primary_key == ("transaction_id",)
    assert [key.table for key in table.foreign_keys] == ["cards"]
    same_rows(table)


def test_windows_leave_files_out(tmp_path):
    for day in ("2025-11-01", "2025-11-02"):
        DATA.write(tmp_path / "out", date=day, settings=LITTLE)
    first, both = (source(tmp_path / "out", windows).table("transactions") for windows in (range(1), None))

    assert native(first).num_rows < native(both).num_rows == both.rows
    assert first.rows is None


def test_a_file_that_is_lost_cut_or_a_link_is_named(tmp_path):
    DATA.write(tmp_path / "out", settings=LITTLE)
    table = source(tmp_path / "out").table("cards")
    (path,) = (tmp_path / "out" / "cards").glob("*.parquet")
    whole = path.read_bytes()

    path.write_bytes(whole[:-9])
    with pytest.raises(IntegrityError, match=rf"cards/{path.name} has .* by the manifest"):
        table.relation(duckdb.connect())
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(IntegrityError, match=rf"cards/{path.name} is missing"):
        table.relation(duckdb.connect())
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IntegrityError, match="is no file of a run"):
        table.relation(duckdb.connect())
