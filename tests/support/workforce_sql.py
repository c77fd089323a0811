"""The models of the dbt project, compiled once by dbt itself and run as they are in DuckDB, a case after the other."""

from __future__ import annotations

import json
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pyarrow as pa

from rowmill.api.batches import plain_batch
from rowmill.domains.workforce.sql.dbt import Workspace, explain, run_dbt
from rowmill.domains.workforce.sql.engine import write_inputs
from rowmill.domains.workforce.tables import YearTable

CATALOG = "workforce"


class Compiled:
    """The text of every model, with the files of the inputs in one folder."""

    def __init__(self, folder: Path) -> None:
        self.inputs = folder / "inputs"
        variables = write_inputs({}, self.inputs)
        results = run_dbt(["compile"], Workspace(folder, folder / f"{CATALOG}.duckdb", variables))
        assert not results.failed, explain(results)
        nodes = json.loads((folder / "target" / "manifest.json").read_text("utf-8"))["nodes"]
        self.models = {n["name"]: n["compiled_code"] for n in nodes.values() if n["resource_type"] == "model"}
        self.needs = {
            n["name"]: [need.split(".")[-1] for need in n["depends_on"]["nodes"] if need.startswith("model.")]
            for n in nodes.values()
            if n["resource_type"] == "model"
        }

    def order(self, *wanted: str) -> list[str]:
        """Return the models that some need, and those, each after what it needs."""
        pending, graph = list(wanted), {}
        while pending:
            name = pending.pop()
            graph[name] = self.needs[name]
            pending += [need for need in self.needs[name] if need not in graph]
        return list(TopologicalSorter(graph).static_order())

    def run(self, tables, *wanted, threads=1, changed=lambda text: text):
        """Build models in memory from input tables; returns the open connection.

        Args:
            tables: Arrow tables of the inputs by name.
            wanted: models to build with all that they need.
            threads: of DuckDB.
            changed: what is done to the text of every model first.
        """
        write_inputs(tables, self.inputs)
        connection = duckdb.connect(config={"threads": threads})
        connection.execute(f"ATTACH ':memory:' AS {CATALOG}")
        connection.execute(f"USE {CATALOG}")
        for name in self.order(*wanted):
            connection.execute(f'CREATE TABLE "{CATALOG}"."main"."{name}" AS {changed(self.models[name])}')
        return connection


MODELS = {"events": "gen_events", "snapshots": "gen_snapshots"}


def bulk_tables(company):
    """Return events and snapshots of all blocks and years as the arrays' engine makes them."""
    years = range(company.scenarios[0].parameters.run.years)
    found = {}
    for name in MODELS:
        table = YearTable(company, name)
        tiles = (tile for block in range(table.blocks) for tile in table.tiles(block, years))
        batches = [plain_batch(tile.frame, table.schema) for tile in tiles]
        found[name] = pa.Table.from_batches(batches, table.schema.arrow())
    return found


def differences(sql, tables):
    """Return rows that one side alone has, by table and column; nothing where both agree in all columns."""
    found = {}
    for name, table in tables.items():
        sql.register("bulk", table)
        columns = ", ".join(f'"{column}"' for column in table.column_names)
        made = f"(SELECT {columns} FROM {MODELS[name]})"
        counts = [
            sql.sql(f"SELECT count(*) FROM ({one} EXCEPT ALL {other})").fetchall()[0][0]
            for one, other in (("FROM bulk", f"FROM {made}"), (f"FROM {made}", "FROM bulk"))
        ]
        types = [sql.sql(f"SELECT {columns} FROM {place} LIMIT 0").types for place in ("bulk", MODELS[name])]
        if any(counts) or types[0] != types[1]:
            found[name] = (*counts, types[0] == types[1])
        sql.unregister("bulk")
    return found
