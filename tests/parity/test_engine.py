"""``run.engine``: dbt runs first, its rows go through the same sink, and nothing tells the files apart by content."""

from __future__ import annotations

import datetime as dt
import json
import tempfile

import pyarrow.parquet as pq
import pytest

import rowmill
from rowmill.api.models import build_models, copy_models
from rowmill.core.errors import RowmillError, UsageError
from rowmill.domains.workforce.parameters.presets import SIMPLE
from rowmill.domains.workforce.sql import engine as sql_engine
from rowmill.run.checks.verify import verify
from support.names import IN_SQL
from support.parity import thorough

SMALL = {"seed": 3, "employees": 900, "start": 2024, "end": 2026, "block_employees": 300}
SPECS = {
    "several blocks and scenarios": {**SMALL, "end": 2027, "scenarios": ["baseline", "optimistic"], "plan": "auto"},
    "the simple preset": {**SIMPLE, **SMALL},
    "nobody": {**SMALL, "employees": 0},
}
SAMPLED = "several blocks and scenarios"


def written(tmp_path, engine, fields, **more):
    settings = {"engine": engine, "workers": 2, "part_rows": 2_000}
    return rowmill.dataset("workforce", **fields).write(tmp_path / engine, settings=settings, **more)


def carried_forward(out):
    """Return the years whose limits nobody has published."""
    return json.loads((out / "generation_summary.json").read_text("utf-8"))["years_with_limits_carried_forward"]


def file_names(out):
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.parquet"))


@pytest.mark.parametrize("name", [name if name == SAMPLED else pytest.param(name, marks=thorough) for name in SPECS])
def test_both_engines_write_the_same_content(name, tmp_path):
    fields = SPECS[name]
    found = {engine: written(tmp_path, engine, fields) for engine in ("arrays", "sql")}

    assert found["arrays"].digest == found["sql"].digest
    assert found["arrays"].rows == found["sql"].rows
    assert carried_forward(tmp_path / "arrays") == list(range(2027, fields["end"] + 1))
    assert carried_forward(tmp_path / "arrays") == carried_forward(tmp_path / "sql")
    assert verify(str(tmp_path / "sql")).ok
    assert file_names(tmp_path / "arrays") == file_names(tmp_path / "sql")


@thorough
@pytest.mark.parametrize("fields", SPECS.values(), ids=SPECS)
def test_dbt_finds_no_difference_in_what_sql_wrote(fields, tmp_path):
    """The page that leads from a census to metrics does the same once."""
    written(tmp_path, "sql", fields)

    results = build_models(tmp_path / "sql", "parity")
    assert results.failures == ()
    assert results.models > 20
    assert results.tests > 50


@thorough
def test_a_slice_by_sql_is_the_same_slice(tmp_path, monkeypatch):
    (tmp_path / IN_SQL).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / IN_SQL))
    one = {"date": dt.date(2025, 7, 1), "columns": ["event_id", "employee_id", "effective_date"]}
    found = {engine: written(tmp_path, engine, SMALL, **one) for engine in ("arrays", "sql")}

    assert found["arrays"].digest == found["sql"].digest
    assert not any((tmp_path / IN_SQL).iterdir())
    [path] = (tmp_path / "sql/events").rglob("*.parquet")
    assert pq.read_table(path, partitioning=None).column_names == one["columns"]
    with pytest.raises(UsageError, match="events"):
        build_models(tmp_path / "sql")


@thorough
def test_a_run_that_stopped_in_sql_goes_on_without_it(tmp_path):
    """Whoever made the parts so far, those that are missing are the same."""
    data = rowmill.dataset("workforce", **SMALL)
    settings = {"engine": "sql", "workers": 1, "part_rows": 2_000}

    class Stop(Exception):
        pass

    def stop(done, _total):
        if done:
            raise Stop

    with pytest.raises(Stop):
        data.write(tmp_path / "o", settings=settings, progress=stop)
    resumed = data.write(tmp_path / "o", settings={**settings, "engine": "polars"}, mode="resume")

    assert resumed.digest == data.write(tmp_path / "whole").digest


def test_a_model_that_fails_is_named_and_nothing_is_published(tmp_path, monkeypatch):
    broken = {name: table for name, table in sql_engine.inputs_of(_company()).items() if name != "months"}
    monkeypatch.setattr(sql_engine, "inputs_of", lambda *_: broken)

    with pytest.raises(RowmillError, match=r"the SQL engine stopped: gen_\w+: .*months"):
        written(tmp_path, "sql", SMALL)
    assert not list((tmp_path / "sql").glob("events"))


def _company():
    return sql_engine.company_of(rowmill.dataset("workforce", **SMALL).model)


def test_an_engine_that_a_domain_lacks_is_refused(tmp_path):
    with pytest.raises(UsageError, match="payments has arrays alone"):
        rowmill.dataset("payments", rows=10, seed=1).write(tmp_path / "p", settings={"engine": "sql"})
    assert not (tmp_path / "p").exists()


@thorough
def test_a_project_copied_out_builds_over_the_files(tmp_path):
    from rowmill.domains.workforce.sql import dbt

    place, project = tmp_path / IN_SQL, tmp_path / IN_SQL / "project"
    written(place, "arrays", SMALL)
    copy_models(place / "arrays", project)

    assert (project / "rowmill_inputs/run.parquet").exists()
    with pytest.raises(UsageError, match="not empty"):
        copy_models(place / "arrays", project)
    command = ["build", "--exclude", "tag:event_generation"]
    work = dbt.Workspace(tmp_path / "work", tmp_path / "own.duckdb", project=project)
    assert dbt.run_dbt(command, work).failed == ()


def test_years_in_a_row_are_needed(tmp_path):
    data = rowmill.dataset("workforce", **SMALL)
    for year in (2024, 2026):
        data.write(tmp_path / "o", date=dt.date(year, 1, 1))

    with pytest.raises(UsageError, match="gap"):
        build_models(tmp_path / "o")


def test_a_database_is_named_so_that_sql_can_call_it(tmp_path):
    written(tmp_path, "arrays", SMALL)

    with pytest.raises(UsageError, match="names a catalog"):
        build_models(tmp_path / "arrays", database=tmp_path / "my-data.duckdb")
