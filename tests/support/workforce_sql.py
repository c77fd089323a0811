"""The models of the dbt project, compiled once by dbt itself and run as they are in DuckDB, a case after the other."""

from __future__ import annotations

import json
import re
import shutil
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rowmill.api.batches import plain_batch
from rowmill.domains.workforce.sql.dbt import PROJECT, Workspace, explain, run_dbt
from rowmill.domains.workforce.sql.engine import write_inputs
from rowmill.domains.workforce.tables import tables_of

CATALOG = "workforce"


class Compiled:
    """The text of every model and of every test of rules, with the files that they read in one folder."""

    def __init__(self, folder: Path) -> None:
        self.inputs, self.written = folder / "inputs", folder / "written"
        variables = write_inputs({}, self.inputs, str(self.inputs)) | {
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
        write_inputs(tables, self.inputs, "")
        connection = duckdb.connect(config={"threads": 1})
        connection.execute(f"ATTACH ':memory:' AS {CATALOG}")
        connection.execute(f"USE {CATALOG}")
        for name in self.order(*wanted):
            connection.execute(f'CREATE TABLE "{CATALOG}"."main"."{name}" AS {changed(self.models[name])}')
        return connection

    def write(self, tables, *, folders=True):
        """Lay events and snapshots where the models over files read them, by years or as one file each."""
        for name, table in tables.items():
            shutil.rmtree(self.written / name, ignore_errors=True)
            if not folders:
                (self.written / name).mkdir(parents=True)
                pq.write_table(table, self.written / name / f"{name}.parquet")
                continue
            for year in table["simulation_year"].unique().to_pylist() or [1]:
                folder = self.written / name / f"simulation_year={year}"
                folder.mkdir(parents=True)
                rows = table.filter(pc.equal(table["simulation_year"], year)).drop_columns("simulation_year")
                pq.write_table(rows, folder / f"{name}.parquet")

    def broken(self, tables, rules):
        """Return how many rows break each rule, for rules over the files and inputs; nothing where none does."""
        with self.run(tables, *rules) as sql:
            counts = {rule: sql.sql(f"SELECT count(*) FROM ({self.rules[rule]})").fetchall()[0][0] for rule in rules}
        return {rule: count for rule, count in counts.items() if count}


MODELS = {"events": "gen_events", "snapshots": "gen_snapshots"}
KEYS = {"events": ("event_id",), "snapshots": ("scenario_id", "simulation_year", "employee_number")}


class Current:
    """A relation of DuckDB that is another Arrow table for each case, always of the same schema."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self.table.__arrow_c_stream__(requested_schema)


class Prepared:
    """The models that make events and snapshots, each planned once for all cases: a small one takes less than its plan.

    DuckDB plans anew whatever reads its own tables, so inputs and models are handed on as Arrow tables. Those have no
    statistics, without which it would order joins by guesses; they are done as they are written.
    """

    def __init__(self, compiled: Compiled, sample, changed=lambda text: text) -> None:
        """Plan the models.

        Args:
            compiled: their texts.
            sample: Arrow tables of some inputs by name, for their schemas.
            changed: what is done to the text of every model first.
        """
        self.sql = duckdb.connect(config={"threads": 1, "disabled_optimizers": "join_order,build_side_probe_side"})
        self.relations = {}
        for name, table in sample.items():
            self._hold(f"in_{name}", table)
        self.models = compiled.order(*MODELS.values())
        for name in self.models:
            self.sql.execute(f"PREPARE make_{name} AS {changed(_over_relations(compiled, compiled.models[name]))}")
            self._hold(name, self._made(name))

    def _hold(self, name, table):
        self.relations[name] = Current(table)
        self.sql.register(name, self.relations[name])

    def _made(self, name):
        return self.sql.sql(f"EXECUTE make_{name}").to_arrow_table()

    def rows(self, tables):
        """Return events and snapshots for some inputs."""
        for name, table in tables.items():
            relation = self.relations[f"in_{name}"]
            assert table.schema.equals(relation.table.schema)
            relation.table = table
        for name in self.models:
            self.relations[name].table = self._made(name)
        return {name: self.relations[model].table for name, model in MODELS.items()}


def _over_relations(compiled, text):
    """Return the text of a model that reads relations where it read files of inputs and tables of other models."""
    census = f"read_parquet('{compiled.inputs}/census/**/*.parquet', hive_partitioning = false)"
    text = text.replace(census, "in_census").replace(f'"{CATALOG}"."main".', "")
    return re.sub(rf"read_parquet\('{re.escape(str(compiled.inputs))}/(\w+)\.parquet'\)", r"in_\1", text)


def bulk_tables(company):
    """Return events and snapshots of all blocks and years as the arrays' engine makes them."""
    years = range(company.scenarios[0].parameters.run.years)
    found = {}
    for name in MODELS:
        table = tables_of(company)[name]
        tiles = (tile for block in range(table.blocks) for tile in table.tiles(block, years))
        batches = [plain_batch(tile.frame, table.schema) for tile in tiles]
        found[name] = pa.Table.from_batches(batches, table.schema.arrow())
    return found


def differences(one, other):
    """Return how many rows each side alone has, and whether types agree, by table; nothing where all columns do.

    Args:
        one: Arrow tables by name.
        other: those of the other engine.
    """
    found = {}
    for name, left in one.items():
        right = other[name].select(left.column_names)
        same_types = left.schema.types == right.schema.types
        if same_types and _in_order(left, name).equals(_in_order(right, name)):
            continue
        queries = ("FROM one EXCEPT ALL FROM other", "FROM other EXCEPT ALL FROM one")
        with duckdb.connect() as sql:
            sql.register("one", left).register("other", right)
            counts = [sql.sql(f"SELECT count(*) FROM ({query})").fetchall()[0][0] for query in queries]
        if any(counts) or not same_types:
            found[name] = (*counts, same_types)
    return found


def _in_order(table, name):
    """Return a table's rows by its key, without metadata: equal ones hold the same rows."""
    ordered = table.sort_by([(column, "ascending") for column in KEYS[name]])
    return pa.table(ordered.columns, names=ordered.column_names)
