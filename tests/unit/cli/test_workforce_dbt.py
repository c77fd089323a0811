"""``generate workforce --dbt``: models of state and metrics beside the tables, and a failed test that is told."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from rowmill.domains.workforce.sql.dbt import PROJECT
from support.dbt import needs_dbt
from support.names import IN_SQL, fellows
from unit.cli.conftest import Rowmill

needs_dbt()

RUN = "generate workforce --employees 200 --years 2025 2026 --seed 5 --workers 1 --out"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    from rowmill.cli import main

    folder = tmp_path_factory.mktemp("dbt")
    out = folder / IN_SQL
    # What the name would mean too if it were taken for a pattern.
    main([*RUN.replace("200", "5").split(), str(folder / fellows(IN_SQL)), "--quiet"])
    with redirect_stdout(StringIO()) as told:
        code = main([*RUN.split(), str(out), "--dbt", "build", "--json"])
    (folder / "told.json").write_text(told.getvalue(), "utf-8")
    return out, code


def test_the_json_of_a_run_says_what_was_built(built: tuple[Path, int]) -> None:
    told = json.loads((built[0].parent / "told.json").read_text("utf-8"))

    assert told["dbt"]["command"] == "build"
    assert told["dbt"]["models"] > 10
    assert told["dbt"]["tests"] > 40
    assert told["dbt"]["failures"] == []


def test_models_stand_in_a_database_beside_the_tables(built: tuple[Path, int]) -> None:
    out, code = built

    with duckdb.connect(str(out / "workforce.duckdb"), read_only=True) as connection:
        names = {name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
        years = connection.execute("SELECT count(*) FROM stg_years").fetchall()[0][0]
        events = connection.execute("SELECT count(*) FROM fct_yearly_events").fetchall()[0][0]
        earlier = connection.execute("SELECT DISTINCT event_type FROM fct_yearly_events_polars").fetchall()
        headcount = connection.execute(
            "SELECT starting_headcount, ending_headcount FROM metrics_headcount ORDER BY simulation_year"
        ).fetchall()

    assert code == 0
    assert years == 2
    assert {"fct_workforce_snapshot", "metrics_headcount", "stg_unified_events"} <= names
    assert events == sum(pq.ParquetFile(path).metadata.num_rows for path in (out / "events").rglob("*.parquet"))
    assert {("merit",), ("benefit_enrollment",)} <= set(earlier)
    assert headcount == [(200, 206), (206, 212)]


def test_every_column_of_a_metric_is_described(built: tuple[Path, int]) -> None:
    declared = yaml.safe_load((PROJECT / "models/metrics/metrics.yml").read_text("utf-8"))["models"]

    with duckdb.connect(str(built[0] / "workforce.duckdb"), read_only=True) as connection:
        for model in declared:
            columns = connection.table(model["name"]).columns
            assert [column["name"] for column in model["columns"]] == columns
            assert all(column["description"] for column in model["columns"])


def test_dbt_leaves_nothing_but_its_database_behind(built: tuple[Path, int]) -> None:
    out, _ = built

    assert sorted(path.name for path in out.iterdir()) == [
        *("_rowmill", "census", "events", "generation_summary.json", "snapshots", "workforce.duckdb")
    ]
    assert not Path("target").exists()
    assert not Path("logs").exists()


def test_a_run_beside_the_database_is_recognised_and_verified(rowmill: Rowmill, built: tuple[Path, int]) -> None:
    out, _ = built

    assert rowmill("verify", out).code == 0
    assert "already complete" in rowmill(RUN, out).err


def test_a_test_that_fails_is_named_with_exit_code_3(rowmill: Rowmill, tmp_path: Path) -> None:
    out = tmp_path / "o"
    rowmill(f"{RUN} {out} --quiet")
    path = out / "events/simulation_year=2026/events_2026.parquet"
    table = pq.read_table(path, partitioning=None)
    leaving = table.filter(pc.equal(table["event_type"], "termination")).slice(0, 1)
    size = path.stat().st_size
    pq.write_table(pa.concat_tables([table, leaving]), path)
    [manifest] = out.glob("_rowmill/whole/manifest-*.json")
    told = manifest.read_text("utf-8").replace(f'"bytes": {size}', f'"bytes": {path.stat().st_size}')
    manifest.write_text(told, "utf-8")

    (tmp_path / "own").mkdir()
    answer = rowmill(f"dbt build {out} --json --database {tmp_path}/own/models.duckdb --threads 1")

    found = json.loads(answer.out)
    assert answer.code == 3
    assert "nobody_leaves_twice" in answer.err
    assert "Traceback" not in answer.err
    assert any("nobody_leaves_twice" in line for line in found["failures"])
    assert found["models"] > 10
    assert found["tests"] > 40
    assert [path.name for path in (tmp_path / "own").iterdir()] == ["models.duckdb"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--dbt seed", "--dbt seed: give one of build, parity"),
        ("--dbt build --format csv", "dbt reads Parquet files; leave --format out"),
        ("--dbt build --columns event_id", "dbt reads the tables whole; leave --columns out"),
        ("--dbt build --tables events", "dbt reads the tables whole; leave --tables out"),
        ("--dbt build --part 1/2", "dbt reads the tables whole; leave --part out"),
    ],
)
def test_what_dbt_could_not_read_is_refused_before_it_is_made(
    words: str, message: str, rowmill: Rowmill, tmp_path: Path
) -> None:
    answer = rowmill(f"{RUN} {tmp_path}/o {words}")

    assert answer.code == 2
    assert message in answer.err
    assert not (tmp_path / "o").exists()
