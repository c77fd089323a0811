"""Running dbt on the project that lies in this package: its own process, its leavings in a folder of ours."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rowmill.core.errors import RowmillError, UsageError

PROJECT = Path(__file__).parent / "project"
"""The dbt project."""

_CONNECTION = {"database": "ROWMILL_DBT_DATABASE", "spill": "ROWMILL_DBT_SPILL", "threads": "ROWMILL_DBT_THREADS"}
_START = "from dbt.cli.main import cli; cli()"
_SHOWN = 3
"""Failures of one run that an error names."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A model or a test that did not do what it should."""

    name: str
    status: str
    """error, fail or skipped, as dbt says."""
    message: str


@dataclass(frozen=True, slots=True)
class Results:
    """What dbt says it ran."""

    models: int
    """Models that were built."""
    tests: int
    """Tests that passed."""
    failed: tuple[Failed, ...]


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where dbt works: everything that it leaves behind lies in one folder, the database apart."""

    folder: Path
    """For target/, logs/ and what does not fit into memory."""
    database: Path
    """DuckDB file that the models are built in; its name without the ending is the name of the catalog."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Variables of the project that differ from its defaults, such as ``inputs_path``."""
    threads: int = 1
    project: Path = PROJECT
    """Folder of the dbt project."""


def require_dbt() -> None:
    """Refuse to go on without dbt.

    Raises:
        UsageError: saying what to install.
    """
    for module in ("dbt.cli", "dbt.adapters.duckdb"):
        try:
            found = importlib.util.find_spec(module)
        except ModuleNotFoundError:
            found = None
        if found is None:
            raise UsageError("SQL needs dbt-core and dbt-duckdb: pip install 'rowmill[workforce]', or use polars")


def run_dbt(command: Sequence[str], work: Workspace) -> Results:
    """Run a command of dbt, such as ``["build", "--select", "tag:state"]``, on the project.

    Returns:
        What was done; models and tests that failed are told, not raised.

    Raises:
        UsageError: if dbt is not installed.
        RowmillError: if dbt could not even begin.
    """
    require_dbt()
    target = work.folder / "target"
    folders = {
        "project-dir": work.project,
        "profiles-dir": work.project,
        "target-path": target,
        "log-path": work.folder / "logs",
    }
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    ran = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-c", _START, "--no-send-anonymous-usage-stats", "--no-version-check"),
            *("--no-use-colors", "--quiet", command[0]),
            *(part for name, path in folders.items() for part in (f"--{name}", str(path))),
            *("--vars", json.dumps(dict(work.variables))),
            *command[1:],
        ],
        env={**os.environ, **_environment(work), "DO_NOT_TRACK": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if not results.exists():
        said = (ran.stdout + ran.stderr).strip().splitlines()
        raise RowmillError(f"dbt {command[0]} stopped with exit code {ran.returncode}: {' '.join(said[-4:])[:500]}")
    return _read(json.loads(results.read_text("utf-8")))


def failures(results: Results) -> tuple[str, ...]:
    """Return what failed of itself, not for want of what it needs, in a line each."""
    own = [item for item in results.failed if item.status != "skipped"]
    return tuple(f"{item.name}: {' '.join(item.message.split()) or item.status}" for item in own)


def explain(results: Results) -> str:
    """Return the first failures of a run in words, one a line."""
    found = failures(results)
    more = len(found) - _SHOWN
    return "\n".join([*found[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])


def _environment(work: Workspace) -> dict[str, str]:
    values = {"database": work.database, "spill": work.folder / "spill", "threads": work.threads}
    return {_CONNECTION[name]: str(value) for name, value in values.items()}


def _read(document: Mapping[str, Any]) -> Results:
    found = [
        Failed(item["unique_id"].split(".")[2], str(item["status"]), str(item.get("message") or ""))
        for item in document["results"]
    ]
    good = [item for item in found if _is_good(item.status)]
    tests = sum(item["unique_id"].startswith("test.") for item in document["results"] if _is_good(item["status"]))
    return Results(len(good) - tests, tests, tuple(item for item in found if item not in good))


def _is_good(status: str) -> bool:
    return status in ("success", "pass", "warn", "no-op")
