"""Files below ``simulation_year=…`` leave that column out, so that Arrow and pandas open the folder without options."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rowmill
from rowmill.api.compare import compare
from rowmill.run.checks.verify import verify
from rowmill.sinks.filetypes.hive import whole_batches
from rowmill.sinks.layout import Layout

SMALL = {"employees": 40, "start": 2025, "end": 2026, "seed": 3}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("folders") / "out"
    rowmill.dataset("workforce", **SMALL).write(folder, settings={"workers": 1})
    return folder


@pytest.mark.parametrize("table", ["events", "snapshots"])
def test_every_reader_opens_the_folder_and_sees_the_year(out: Path, table: str) -> None:
    truth = rowmill.dataset("workforce", **SMALL)[table].to_polars()["simulation_year"].value_counts(sort=True)
    pattern = f"{out}/{table}/**/*.parquet"
    arrow = pq.read_table(out / table)
    place = arrow.schema.get_field_index("simulation_year")
    plain = arrow.set_column(place, "simulation_year", arrow["simulation_year"].cast(pa.int32()))
    found = (pl.DataFrame(pl.from_arrow(plain)), pl.read_parquet(out / table), duckdb.sql(f"FROM '{pattern}'").pl())

    for frame in found:
        assert frame["simulation_year"].cast(pl.Int32).value_counts(sort=True).equals(truth)


def test_a_file_that_holds_the_year_too_is_read_as_before(out: Path, tmp_path: Path) -> None:
    schema = rowmill.dataset("workforce", **SMALL)["events"].schema
    path = "events/simulation_year=2026/events_2026.parquet"
    table = pq.ParquetFile(out / path).read()
    place = schema.names.index("simulation_year")
    earlier = table.add_column(place, schema["simulation_year"].arrow, pa.array([2026] * len(table), pa.int32()))
    pq.write_table(earlier, tmp_path / "earlier.parquet", store_schema=False)
    layout = Layout(partition_by="simulation_year")

    with (out / path).open("rb") as now, (tmp_path / "earlier.parquet").open("rb") as then:
        rows = [
            [batch.to_pylist() for batch in whole_batches(handle, schema, schema.names, layout, path)]
            for handle in (now, then)
        ]

    assert rows[0] == rows[1]
    assert {row["simulation_year"] for row in rows[0][0]} == {2026}


def test_a_file_in_no_folder_of_a_year_is_damage(out: Path) -> None:
    schema, layout = rowmill.dataset("workforce", **SMALL)["events"].schema, Layout(partition_by="simulation_year")
    with (
        (out / "events/simulation_year=2026/events_2026.parquet").open("rb") as handle,
        pytest.raises(ValueError, match="no folder simulation_year="),
    ):
        list(whole_batches(handle, schema, schema.names, layout, "events/events_2026.parquet"))


def test_verify_and_diff_know_the_year(out: Path, tmp_path: Path) -> None:
    rowmill.dataset("workforce", **{**SMALL, "seed": 4}).write(tmp_path / "other", settings={"workers": 1})

    assert verify(str(out)).ok
    assert {row.table for row in compare(out, tmp_path / "other", rows=1).rows} >= {"events", "snapshots"}
