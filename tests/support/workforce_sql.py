"""The models of the dbt project, compiled once by dbt itself and run as they are in DuckDB, a case after the other."""

from __future__ import annotations

import json
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from rowmill.api.batches import plain_batch
from rowmill.domains.workforce.sql.dbt import PROJECT, Workspace, explain, run_dbt
from rowmill.domains.workforce.sql.engine import write_inputs
from rowmill.domains.workforce.tables import YearTable

CATALOG = "workforce"


class Compiled:
    """The text of every model and of every test of rules, with the files that they read in one folder."""

    def __init__(self, folder: Path) -> None:
        self.inputs, self.written = folder / "inputs", folder / "written"
        variables = write_inputs({}, self.inputs) | {
            f"polars_{name}_path": str(self.written / name) for name in ("events", "snapshots")
        }
        results = run_dbt(["compile"], Workspace(folder, folder / f"{CATALOG}.duckdb", variables))
        assert not results.failed, explain(results)
        nodes = json.loads((folder / "target" / "manifest.json").read_text("utf-8"))["nodes"].values()
        made = {"model": {}, "test": {}}
        for node in nodes:
            made[node["resource_type"]][node["name"]] = node["compiled_code"]
        self.models = made["model"]
        self.rules = {name: text for name, text in made["test"].items() if (PROJECT / f"tests/{name}.sql").exists()}
        self.needs = {
            node["name"]: [need.split(".")[2] for need in node["depends_on"]["nodes"] if need.startswith("model.")]
            for node in nodes
        }

    def order(self, *wanted: str) -> list[str]:
        """Return the models that some models or rules need, and those, each after what it needs."""
        pending, graph = list(wanted), {}
        while pending:
            name = pending.pop()
            graph[name] = self.needs[name]
            pending += [need for need in self.needs[name] if need not in graph]
        return [name for name in TopologicalSorter(graph).static_order() if name in self.models]

    def run(self, tables, *wanted, changed=lambda text: text):
        """Build models in memory; returns the open connection.

        Args:
            tables: Arrow tables of the inputs by name.
            wanted: models or rules to build all models for.
            changed: what is done to the text of every model first.
        """
        write_inputs(tables, self.inputs)
        connection = duckdb.connect(config={"threads": 1})
        connection.execute(f"ATTACH ':memory:' AS {CATALOG}")
        connection.execute(f"USE {CATALOG}")
        for name in self.order(*wanted):
            connection.execute(f'CREATE TABLE "{CATALOG}"."main"."{name}" AS {changed(self.models[name])}')
        return connection

    def write(self, tables):
        """Lay events and snapshots where the models over files read them."""
        for name, table in tables.items():
            (self.written / name).mkdir(parents=True, exist_ok=True)
            pq.write_table(table, self.written / name / f"{name}.parquet")

    def broken(self, tables, rules):
        """Return how many rows break each rule, for rules over the files and inputs; nothing where none does."""
        with self.run(tables, *rules) as sql:
            counts = {rule: sql.sql(f"SELECT count(*) FROM ({self.rules[rule]})").fetchall()[0][0] for rule in rules}
        return {rule: count for rule, count in counts.items() if count}


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
