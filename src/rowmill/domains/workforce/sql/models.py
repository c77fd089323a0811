"""The dbt models over what a run wrote: state, metrics and tests; and, if asked, the same events made again in SQL."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from rowmill.core.errors import SpecError, UsageError
from rowmill.domains.workforce.parameter_writing import parameters_of
from rowmill.domains.workforce.parameters import Parameters
from rowmill.domains.workforce.spec import WorkforceSpec
from rowmill.domains.workforce.sql.dbt import PROJECT, Workspace, failures, require_dbt, run_dbt
from rowmill.domains.workforce.sql.engine import settings_of, write_inputs
from rowmill.model.engine import ModelResults, ModelRun, Written

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "build": "State, metrics and their tests over the files.",
        "parity": "The same, and the events made again in SQL and compared row for row.",
    }
)
_WITHOUT = {"build": ("--exclude", "tag:event_generation"), "parity": ()}
_PLACES = {"census": "census_path", "events": "polars_events_path", "snapshots": "polars_snapshots_path"}
INPUTS = "rowmill_inputs"
"""Folder of the settings in a project that was copied out."""


def run_models(written: Written, asked: ModelRun) -> ModelResults:
    """Build the models over what lies at a destination, into a DuckDB file; what dbt leaves behind goes away.

    Raises:
        UsageError: if a table or an early year is missing there, or dbt here.
        RowmillError: if dbt could not begin.
    """
    require_dbt()
    if not re.fullmatch(r"[A-Za-z_]\w*\.\w+", asked.database.name):
        raise UsageError(f"database {asked.database.name!r}: names a catalog; take letters, such as w.duckdb")
    with tempfile.TemporaryDirectory(prefix="rowmill-") as folder:
        variables = _variables(written, Path(folder) / "inputs")
        work = Workspace(Path(folder), asked.database.absolute(), variables, asked.threads)
        results = run_dbt(["build", *_WITHOUT[asked.command]], work)
    return ModelResults(results.models, results.tests, failures(results))


def copy_models(written: Written, folder: Path) -> None:
    """Copy the project into a folder, with the settings of the run, its variables naming the files of the destination.

    Raises:
        UsageError: if a table or an early year is missing there, or the folder is not empty.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: is there already and not empty; name a new folder")
    variables = _variables(written, folder / INPUTS)
    shutil.copytree(PROJECT, folder, dirs_exist_ok=True)
    declared = folder / "dbt_project.yml"
    text = declared.read_text("utf-8")
    for name, value in variables.items():
        line = f"  {name}: {json.dumps(value)}"
        text = re.sub(rf"^  {name}: .*$", line.replace("\\", r"\\"), text, flags=re.MULTILINE)
    declared.write_text(text, "utf-8")


def _variables(written: Written, inputs: Path) -> dict[str, str]:
    """Write the settings as tables; return the variables that name them and the files of the destination."""
    for name in _PLACES:
        if name not in written.folders:
            raise UsageError(f"table {name!r}: missing or not whole; models read events, snapshots, census")
    if written.windows[0] != 0:
        raise UsageError("models need every year from the first on: write the years before into the same directory")
    variables = write_inputs(settings_of(_parameters(written.spec), written.windows[1]), inputs.absolute())
    return variables | {_PLACES[name]: str(written.folders[name].absolute()) for name in _PLACES}


def _parameters(stored: Mapping[str, object]) -> list[Parameters]:
    spec = WorkforceSpec.model_validate(stored)
    if spec.seed is None:
        raise SpecError("data.seed: unset in the manifest, which always has one; write the data again")
    return [parameters_of(spec, scenario, spec.employees) for scenario in spec.scenarios]
