"""Where dbt is: in this environment, or in another one that a variable names, for it pins much of what is beside it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from functools import cache

from rowmill.core.errors import UsageError
from rowmill.core.paths import local_path
from rowmill.domains.workforce.sql.process import Python

VARIABLE = "ROWMILL_DBT"
_MODULES = ("dbt.cli", "dbt.adapters.duckdb")
_LOOK = f"from importlib.util import find_spec; exit(not all(find_spec(name) for name in {_MODULES}))"
_SECONDS = 60


def python_with_dbt() -> Python:
    """Return the Python that dbt runs in: that of ``ROWMILL_DBT``, else the one that runs now.

    Raises:
        UsageError: if dbt is not there, saying what to install or to set.
    """
    given = os.environ.get(VARIABLE, "").strip()
    if given:
        other = Python(local_path(given, VARIABLE), own=False)
        if not _has_dbt(other):
            raise UsageError(
                f"{VARIABLE} {given}: is no python of an environment with dbt-core and dbt-duckdb; make one and "
                "`pip install rowmill[workforce]` there, or unset it"
            )
        return other
    if not all(_importable(name) for name in _MODULES):
        raise UsageError(
            "SQL needs dbt-core and dbt-duckdb: pip install 'rowmill[workforce]', here or in an environment whose "
            f"python {VARIABLE} names; or use the engine arrays"
        )
    return Python()


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@cache
def _has_dbt(python: Python) -> bool:
    try:
        done = subprocess.run(  # noqa: S603 - a program that the user names, and our own words
            [python.path, "-c", _LOOK],
            env=python.environment(),
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
