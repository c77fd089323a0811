"""DuckDB of an earlier version than the product's, in a process of its own: it knows nothing of us.

It reads S3 and PostgreSQL with its own extensions, which come in wheels. Run by its path, this file is that process.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

EXTENSIONS = ("httpfs", "postgres_scanner")


class Outside:
    """The process, and what is said to it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, *statements: str) -> list[list[Any]]:
        """Return the rows that the last statement finds; what is no number or text comes as text.

        Raises:
            RuntimeError: with what DuckDB says against one.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(statements) + "\n")
        stdin.flush()
        answer = json.loads(stdout.readline())
        if isinstance(answer, str):
            raise RuntimeError(answer)
        return answer


@contextmanager
def outside() -> Iterator[Outside]:
    """Run the process."""
    from support.servers import program

    command = [program("python"), "-I", str(Path(__file__))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Outside(process)
        assert process.stdin is not None
        process.stdin.close()


def _answer() -> None:
    connection = import_module("duckdb").connect()
    for name in EXTENSIONS:
        module = import_module(f"duckdb_extension_{name}")
        (found,) = Path(module.__file__ or "").parent.glob(f"extensions/*/{name}.duckdb_extension")
        connection.execute(f"LOAD '{found}'")
    connection.execute("SET TimeZone = 'UTC'")
    for line in sys.stdin:
        answer: list[Any] | str = []
        try:
            for statement in json.loads(line):
                answer = connection.execute(statement).fetchall()
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        sys.stdout.write(json.dumps(answer, default=str) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _answer()
