"""The dbt models over what a run wrote: state, metrics and tests; and, if asked, the same events made again in SQL."""

from __future__ import annotations

import math
import re
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import yaml

from rowmill.core.errors import SpecError, UsageError
from rowmill.core.scratch import scratch_folder
from rowmill.domains.workforce.parameters.integers import Parameters
from rowmill.domains.workforce.parameters.writing import parameters_of
from rowmill.domains.workforce.spec import WorkforceSpec
from rowmill.domains.workforce.sql.dbt import (
    INPUTS,
    PROJECT,
    Workspace,
    failures,
    require_place,
    run_dbt,
    source_text,
)
from rowmill.domains.workforce.sql.engine import settings_of, write_inputs
from rowmill.domains.workforce.sql.finding import python_with_dbt
from rowmill.model.engine import ModelResults, ModelRun, WrittenTables

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "build": "State, metrics and their tests over the files.",
        "parity": "The same, and the events made again in SQL and compared row for row.",
    }
)
_WITHOUT = {"build": ("--exclude", "tag:event_generation"), "parity": ()}
_PLACES = {"census": "census_path", "events": "polars_events_path", "snapshots": "polars_snapshots_path"}
_MARK = slice(8, 12)
"""Where a DuckDB file says what it is."""
OWN_INPUTS = "rowmill_inputs"
"""Folder of the settings in a project that was copied out."""


def run_models(written: WrittenTables, asked: ModelRun) -> ModelResults:
    """Build the models over what lies at a destination, into a DuckDB file; what dbt leaves behind goes away.

    Raises:
        UsageError: if a table or an early year is missing there, or dbt here.
        RowmillError: if dbt could not begin.
    """
    python_with_dbt()
    if not re.fullmatch(r"[A-Za-z_]\w*\.\w+", asked.database.name):
        raise UsageError(f"database {asked.database.name!r}: names a catalog; take letters, such as w.duckdb")
    require_place(asked.database.parent)
    if not asked.database.parent.is_dir():
        raise UsageError(f"database {asked.database}: there is no such folder; make it first")
    _require_replaceable(asked.database)
    with scratch_folder() as folder:
        work = Workspace(folder, asked.database, threads=asked.threads)
        work = replace(work, variables=_variables(written, work.inputs, INPUTS))
        results = run_dbt(["build", *_WITHOUT[asked.command]], work)
    return ModelResults(results.models, results.tests, failures(results))


def _require_replaceable(database: Path) -> None:
    """Refuse what is there and no database: DuckDB would take a CSV file for a table, and keep nothing."""
    if database.is_dir():
        raise UsageError(f"database {database}: is a folder; name a file")
    if database.exists():
        with database.open("rb") as file:
            head = file.read(_MARK.stop)
        if head and head[_MARK] != b"DUCK":
            raise UsageError(f"database {database}: is there already and no DuckDB file; name another")


def copy_models(written: WrittenTables, folder: Path) -> None:
    """Copy the project into a folder, with the settings of the run, its variables naming the files of the destination.

    Raises:
        UsageError: if a table or an early year is missing there, or the folder is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: is there already and not empty; name a new folder")
    variables = _variables(written, folder / OWN_INPUTS, source_text(folder / OWN_INPUTS))
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)
    declared = folder / "dbt_project.yml"
    text = declared.read_text("utf-8")
    for name, value in variables.items():
        line = "  " + yaml.safe_dump({name: value}, width=math.inf).rstrip("\n")
        text = re.sub(rf"^  {name}: .*$", line.replace("\\", r"\\"), text, flags=re.MULTILINE)
    declared.write_text(text, "utf-8")


def _variables(written: WrittenTables, inputs: Path, called: str) -> dict[str, str]:
    """Write the settings as tables; return the variables that name them and the files of the destination."""
    if missing := [name for name in _PLACES if name not in written.folders]:
        raise UsageError(
            f"table {missing[0]!r}: missing, not whole or no Parquet; models read events, snapshots, census, with all "
            "columns, as Parquet: write them so"
        )
    places = {variable: source_text(written.folders[name]) for name, variable in _PLACES.items()}
    if written.windows[0] != 0:
        raise UsageError("models need every year from the first on: write the years before into the same directory")
    return write_inputs(settings_of(_parameters(written.spec), written.windows[1]), inputs, called) | places


def _parameters(stored: Mapping[str, object]) -> list[Parameters]:
    spec = WorkforceSpec.model_validate(stored)
    if spec.seed is None:
        raise SpecError("data.seed: unset in the manifest, which always has one; write the data again")
    return [parameters_of(spec, scenario, spec.employees) for scenario in spec.scenarios]
