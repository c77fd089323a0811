"""Reading a ``.env`` file: lines ``NAME=value``, quoted or after ``export``, and comments; others are refused."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

from rowmill.core.errors import UsageError
from rowmill.sinks.remote import VARIABLES

_OWN = re.compile(r"\s*(?:export\s+)?(ROWMILL_\w+)")
"""The name of a variable of ours at the beginning of a line. Nothing else of a line is shown: it may be a secret."""


def read_env_file(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a file sets, without empty ones and those that the environment sets itself.

    Raises:
        UsageError: if the file cannot be read, or a line sets nothing; with the line, the rule and the fix.
    """
    from dotenv import dotenv_values
    from dotenv.parser import parse_stream

    text = _text(path)
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            lines = binding.original.string.splitlines()
            blank = next((number for number, line in enumerate(lines) if line.strip()), 0)
            own = _OWN.match(lines[blank] if lines else "")
            told = f" ({own[1]} …)" if own else ""
            raise UsageError(
                f"--env-file {path} line {binding.original.line + blank}{told}: is not of the form NAME=value; "
                "write an = between name and value, close quotes, and begin a comment with #"
            )
    found = dotenv_values(stream=io.StringIO(text))
    return {name: value for name, value in found.items() if value and name not in environment}


def variables_of_destinations(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a ``.env`` file that the libraries of destinations read, such as keys.

    Raises:
        UsageError: as ``read_env_file`` does.
    """
    return {name: text for name, text in read_env_file(path, environment).items() if name.startswith(VARIABLES)}


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UsageError(f"--env-file {path} line {line}: is not UTF-8; save the file as UTF-8") from None
    except FileNotFoundError:
        raise UsageError(f"--env-file {path}: no such file; give the path of a file of NAME=value lines") from None
    except IsADirectoryError:
        raise UsageError(f"--env-file {path}: is a folder; give the path of a file of NAME=value lines") from None
    except OSError as error:
        raise UsageError(
            f"--env-file {path}: cannot be read: {error.strerror}; give the path of a file of NAME=value lines"
        ) from None
