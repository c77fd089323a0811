"""Running dbt on the project that lies in this package: its own process, its leavings in a folder of ours."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from rowmill.core.errors import RowmillError, UsageError
from rowmill.core.processes import Cost
from rowmill.core.scratch import NO_SPACE
from rowmill.domains.workforce.sql.finding import python_with_dbt
from rowmill.domains.workforce.sql.process import run_python

DATABASE = "workforce.duckdb"
"""Name of the file that models are built in where no other is asked for."""
PROJECT = Path(__file__).parent / "project"
"""The dbt project."""

INPUTS = "../inputs"
"""Folder of a workspace's inputs, as its project sees it."""
_CONNECTION = {"database": "ROWMILL_DBT_DATABASE", "spill": "ROWMILL_DBT_SPILL", "threads": "ROWMILL_DBT_THREADS"}
_START = "from dbt.cli.main import cli; cli()"
_BESIDE = "beside"
"""Link to the folder of the database."""
_LOCKED = "Could not set lock on file"
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
class DbtResults:
    """What dbt says it ran."""

    models: int
    """Models that were built."""
    tests: int
    """Tests that passed."""
    failed: tuple[Failed, ...]
    cost: Cost
    """What its process took."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where dbt works: everything that it leaves behind lies in one folder, the database apart."""

    folder: Path
    """For the project itself, target/, logs/ and what does not fit into memory."""
    database: Path
    """DuckDB file that the models are built in; its name without the ending is the name of the catalog."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Variables of the project that differ from its defaults, such as ``inputs_path``; see ``source_text``."""
    threads: int = 1
    project: Path = PROJECT
    """The dbt project, which is copied."""

    @property
    def inputs(self) -> Path:
        """Return where tables lie that the models read, ``INPUTS`` to the project."""
        return self.folder / "inputs"


def run_dbt(command: Sequence[str], work: Workspace) -> DbtResults:
    """Run a command of dbt, such as ``["build", "--select", "tag:state"]``, on the project.

    Returns:
        What was done; models and tests that failed are told, not raised.

    Raises:
        UsageError: if dbt is not installed.
        RowmillError: if dbt could not even begin.
    """
    python = python_with_dbt()
    # dbt takes names apart (#, ?, braces, quotes), so what it reads has harmless ones, seen from a copy of the project.
    project, target = work.folder / "project", work.folder / "target"
    if not project.exists():
        shutil.copytree(work.project, project)
        (work.folder / _BESIDE).symlink_to(work.database.parent, target_is_directory=True)
    folders = {
        "project-dir": project,
        "profiles-dir": project,
        "target-path": target,
        "log-path": work.folder / "logs",
    }
    results = target / "run_results.json"
    results.unlink(missing_ok=True)
    ran = run_python(
        python,
        _START,
        [
            *("--no-send-anonymous-usage-stats", "--no-version-check", "--no-use-colors", "--quiet", command[0]),
            *(part for name, path in folders.items() for part in (f"--{name}", str(path))),
            *("--vars", yaml.safe_dump(dict(work.variables), default_flow_style=True, width=math.inf)),
            *command[1:],
        ],
        project,
        {**_environment(work), "DO_NOT_TRACK": "1"},
    )
    require_began(command[0], ran.said, work.database)
    if not results.exists():
        said = ran.said.strip().splitlines()
        raise RowmillError(f"dbt {command[0]} stopped with exit code {ran.code}: {' '.join(said[-4:])[:500]}")
    return _read(json.loads(results.read_text("utf-8")), ran.cost)


def require_began(command: str, said: str, database: Path) -> None:
    """Refuse to go on where dbt says that it has no room or no database; RowmillError says what to do."""
    if NO_SPACE in said:
        raise RowmillError(f"dbt {command}: {NO_SPACE}")
    if _LOCKED in said:
        raise RowmillError(
            f"dbt {command}: another process holds {database} open; close it there, or name another database"
        )


def failures(results: DbtResults) -> tuple[str, ...]:
    """Return what failed of itself, not for want of what it needs, in a line each."""
    own = [item for item in results.failed if item.status != "skipped"]
    return tuple(f"{item.name}: {' '.join(item.message.split()) or item.status}" for item in own)


def explain(results: DbtResults) -> str:
    """Return the first failures of a run in words, one a line."""
    found = failures(results)
    more = len(found) - _SHOWN
    return "\n".join([*found[:_SHOWN], *([f"and {more} more"] if more > 0 else [])])


def source_text(folder: Path) -> str:
    """Return an absolute path as a variable of the project: for a string of SQL, a pattern, and a format of Python.

    Raises:
        UsageError: if DuckDB finds no such folder.
    """
    path = _worded(folder)
    if "\\" in path:
        raise UsageError(f"{path}: DuckDB takes \\ in a path for /; rename that folder")
    exact = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in path)
    return exact.replace("'", "''").replace("{", "{{").replace("}", "}}")


def require_place(folder: Path) -> None:
    """Refuse a folder, there or not yet, in which DuckDB could not keep a database; UsageError says why."""
    # It takes what follows a ? for the query of a URL, and puts the ending of its log before it; \ is / to it.
    for letter in sorted(set("?\\") & set(_worded(folder.resolve()))):
        raise UsageError(
            f"{folder}: DuckDB cannot keep a database below a folder with {letter} in its name; choose another "
            "(`rowmill dbt build` takes it with --database)"
        )


def _worded(folder: Path) -> str:
    path = str(folder)
    try:
        path.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{folder}: SQL has no words for a name that is not UTF-8; rename the folder") from None
    return path


def _environment(work: Workspace) -> dict[str, str]:
    values = {"database": f"../{_BESIDE}/{work.database.name}", "spill": "../spill", "threads": work.threads}
    return {_CONNECTION[name]: str(value) for name, value in values.items()}


def _read(document: Mapping[str, Any], cost: Cost) -> DbtResults:
    found = [
        Failed(item["unique_id"].split(".")[2], str(item["status"]), str(item.get("message") or ""))
        for item in document["results"]
    ]
    good = [item for item in found if _is_good(item.status)]
    tests = sum(item["unique_id"].startswith("test.") for item in document["results"] if _is_good(item["status"]))
    return DbtResults(len(good) - tests, tests, tuple(item for item in found if item not in good), cost)


def _is_good(status: str) -> bool:
    return status in ("success", "pass", "warn", "no-op")
