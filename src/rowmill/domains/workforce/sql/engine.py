"""The SQL engine: dbt makes all rows of some years in a DuckDB file, and tables read their tiles from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rowmill.core.errors import RowmillError
from rowmill.domains.workforce.parameter_tables import arrow_tables
from rowmill.domains.workforce.sql.dbt import Workspace, explain, run_dbt
from rowmill.domains.workforce.sql.rows import SqlTable
from rowmill.domains.workforce.tables import Company, YearTable
from rowmill.model.dataset import Dataset
from rowmill.model.engine import Workplace

DATABASE = "workforce.duckdb"
_MODELS = {"events": "gen_events", "snapshots": "gen_snapshots"}
_ORDER = {"events": ("effective_date", "event_id"), "snapshots": ("employee_number",)}


def company_of(dataset: Dataset) -> Company:
    """Return what the tables of a dataset are made from."""
    table = dataset.tables[dataset.main]
    made_as = table.made_as if isinstance(table, SqlTable) else table
    assert isinstance(made_as, YearTable)
    return made_as.company


def input_tables(company: Company, years: int | None = None) -> dict[str, pa.Table]:
    """Return what the models read: the census, the settings of the first years, and the names of the scenarios.

    Args:
        company: a dataset's scenarios.
        years: how many years, from the first one; None for all.
    """
    first = company.scenarios[0]
    tables = arrow_tables(first.parameters)
    runs = [scenario.parameters.run for scenario in company.scenarios]
    named = {name: [getattr(run, name) for run in runs] for name in ("scenario_id", "plan_design_id", "tag")}
    return tables | {
        "years": tables["years"].slice(0, years),
        "scenarios": pa.table(named),
        "census": first.staff.census.to_arrow(),
    }


def write_inputs(tables: Mapping[str, pa.Table], folder: Path) -> None:
    """Write each table as a Parquet file of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd")


def make_rows(dataset: Dataset, windows: range, place: Workplace) -> str:
    """Make the rows of some years, and of those before them; return the path of the database.

    Raises:
        UsageError: if dbt is not installed.
        RowmillError: if a model fails.
    """
    inputs, database = place.folder / "inputs", place.folder / DATABASE
    write_inputs(input_tables(company_of(dataset), windows.stop), inputs)
    work = Workspace(place.folder, database, {"inputs_path": str(inputs)}, place.threads)
    results = run_dbt(["run", "--select", "tag:event_generation"], work)
    if results.failed:
        raise RowmillError(f"the SQL engine stopped: {explain(results)}")
    return str(database)


def with_rows(dataset: Dataset, database: str) -> Dataset:
    """Return the dataset with events and snapshots that come out of the database."""
    company = company_of(dataset)
    tables = {
        name: SqlTable(table, database, _ORDER[name], _MODELS[name], company.first_year, company.names)
        if name in _MODELS
        else table
        for name, table in dataset.tables.items()
    }
    return replace(dataset, tables=tables)
