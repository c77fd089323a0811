"""The sources of the dbt project: what they read of files below folders of years, and of files laid out otherwise."""

from __future__ import annotations

from itertools import pairwise

import duckdb
import pytest
import yaml

import rowmill
from rowmill.domains.workforce.sql.dbt import PROJECT, source_text


def rows_of(out, table):
    document = yaml.safe_load((PROJECT / "models" / "sources.yml").read_text("utf-8"))
    [source] = [source for source in document["sources"] if source["name"] == "polars_events"]
    [location] = [one["meta"]["external_location"] for one in source["tables"] if one["name"] == table]
    variable = f"{{{{ var('polars_{table}_path') }}}}"
    assert variable in location
    order = "event_id" if table == "events" else "simulation_year, employee_number"
    sql = f"SELECT * FROM {location.replace(variable, source_text(out / table))} ORDER BY {order}"
    with duckdb.connect() as connection:
        return connection.sql(sql.replace("{{", "{").replace("}}", "}")).to_arrow_table()


@pytest.mark.parametrize("table", ["events", "snapshots"])
def test_the_year_is_read_from_the_folder_or_else_from_the_file(table, tmp_path):
    data = rowmill.dataset("workforce", seed=1, start=2025, end=2026, employees=20)
    found = []
    for level in ("simulation_year", "year", "none"):
        data.write(tmp_path / "simulation_year=1999" / level, settings={"workers": 1, "partition_by": level})
        read = rows_of(tmp_path / "simulation_year=1999" / level, table)
        found.append(read.select(sorted(read.column_names)))

    assert found[0].schema.field("simulation_year").type == "int32"
    assert set(found[0]["simulation_year"].to_pylist()) == {2025, 2026}
    assert all(one.equals(other) for one, other in pairwise(found))
