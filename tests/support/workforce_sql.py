"""The models of the dbt project, compiled once by dbt itself and run as they are in DuckDB, a case after the other."""

from __future__ import annotations

import json
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from rowmill.domains.workforce.sql.dbt import Workspace, explain, run_dbt

CATALOG = "workforce"


class Compiled:
    """The text of every model, with the files of the inputs in one folder."""

    def __init__(self, folder: Path) -> None:
        self.inputs = folder / "inputs"
        self.inputs.mkdir()
        variables = {"inputs_path": str(self.inputs)}
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
        for name, table in tables.items():
            pq.write_table(table, self.inputs / f"{name}.parquet")
        connection = duckdb.connect(config={"threads": threads})
        connection.execute(f"ATTACH ':memory:' AS {CATALOG}")
        connection.execute(f"USE {CATALOG}")
        for name in self.order(*wanted):
            connection.execute(f'CREATE TABLE "{CATALOG}"."main"."{name}" AS {changed(self.models[name])}')
        return connection
