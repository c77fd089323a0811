"""The SQL engine: dbt makes all rows of some years in a DuckDB file, and tables read their tiles from there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rowmill.core.errors import RowmillError
from rowmill.domains.workforce.parameters.arrow import arrow_tables
from rowmill.domains.workforce.parameters.integers import Parameters
from rowmill.domains.workforce.sql.dbt import DATABASE, INPUTS, Workspace, explain, run_dbt
from rowmill.domains.workforce.sql.rows import SqlTable
from rowmill.domains.workforce.tables import Company, OfScenarios, tables_of
from rowmill.model.column_table import ColumnTable
from rowmill.model.dataset import Dataset
from rowmill.model.engine import MadeBeforehand, Workplace
from rowmill.model.frame import record_batch

_MODELS = {"events": "gen_events", "snapshots": "gen_snapshots"}
_ORDER = {"events": ("effective_date", "event_id"), "snapshots": ("employee_number",)}


def company_of(dataset: Dataset) -> Company:
    """Return what the tables of a dataset are made from."""
    table = dataset.tables[dataset.main]
    made_as = table.made_as if isinstance(table, SqlTable) else table
    assert isinstance(made_as, ColumnTable)
    assert isinstance(made_as.locator, OfScenarios)
    return made_as.locator.company


def census_of(company: Company) -> pa.Table:
    """Return the start population in the columns of the table ``census``."""
    table = tables_of(company)["census"]
    tiles = [tile for block in range(table.blocks) for tile in table.tiles(block, range(1))]
    batches = [pa.Table.from_batches([record_batch(tile.frame, table.schema)]) for tile in tiles]
    return pa.concat_tables([batch.cast(table.schema.arrow()) for batch in batches])


def settings_of(runs: Sequence[Parameters], years: int | None = None) -> dict[str, pa.Table]:
    """Return what the models read of a spec: the settings of the first years, and the names of the scenarios.

    Args:
        runs: parameters of each scenario.
        years: how many years, from the first one; None for all.
    """
    tables = arrow_tables(runs[0])
    named = {name: [getattr(p.run, name) for p in runs] for name in ("scenario_id", "plan_design_id", "tag")}
    return tables | {"years": tables["years"].slice(0, years), "scenarios": pa.table(named)}


def inputs_of(company: Company, years: int | None = None) -> dict[str, pa.Table]:
    """Return all that the generating models read: settings of the first years (None for all), and the census."""
    runs = [scenario.parameters for scenario in company.scenarios]
    return settings_of(runs, years) | {"census": census_of(company)}


def write_inputs(tables: Mapping[str, pa.Table], folder: Path, called: str) -> dict[str, str]:
    """Write each table as a Parquet file.

    Args:
        tables: by name.
        folder: where to.
        called: the folder as the project sees it.

    Returns:
        The variables of the project that name the places.
    """
    for name, table in tables.items():
        place = folder / name if name == "census" else folder
        place.mkdir(parents=True, exist_ok=True)
        with (place / f"{name}.parquet").open("wb") as handle:
            pq.write_table(table, handle, compression="zstd")
    return {"inputs_path": called, "census_path": f"{called}/census"}


def make_rows(dataset: Dataset, windows: range, place: Workplace) -> MadeBeforehand:
    """Make the rows of some years, and of those before them, in a database.

    Raises:
        UsageError: if dbt is not installed.
        RowmillError: if a model fails.
    """
    database = place.folder / DATABASE
    work = Workspace(place.folder, database, threads=place.threads)
    variables = write_inputs(inputs_of(company_of(dataset), windows.stop), work.inputs, INPUTS)
    work = replace(work, variables=variables)
    results = run_dbt(["run", "--select", "tag:event_generation"], work)
    if results.failed:
        raise RowmillError(f"the SQL engine stopped: {explain(results)}")
    return MadeBeforehand(str(database), results.cost)


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
