"""Files of NAME=value lines: settings of ours, and what the libraries of destinations read, such as keys."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rowmill.core.errors import UsageError
from rowmill.sinks.remote import VARIABLES


def read_env_file(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a ``.env`` file, except those that the environment sets itself.

    Raises:
        UsageError: if there is no such file.
    """
    from dotenv import dotenv_values

    if not path.is_file():
        raise UsageError(f"--env-file {path}: no such file; give the path of a file of NAME=value lines")
    return {name: text for name, text in dotenv_values(path).items() if text and name not in environment}


def variables_of_destinations(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a ``.env`` file that the libraries of destinations read, such as keys.

    Raises:
        UsageError: if there is no such file.
    """
    return {name: text for name, text in read_env_file(path, environment).items() if name.startswith(VARIABLES)}
