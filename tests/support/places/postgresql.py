"""Schemas of a PostgreSQL server that the tests start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from support.postgres import shared_server

_NUMBERS = count(1)


@contextmanager
def place(folder: Path) -> Iterator[str]:  # noqa: ARG001
    """Yield the location of a destination that nobody used before."""
    server, schema = shared_server(), f"place {next(_NUMBERS)}"
    server.do(f'CREATE SCHEMA "{schema}"')
    try:
        yield server.url(schema=schema.replace(" ", "%20"))
    finally:
        server.do(f'DROP SCHEMA "{schema}" CASCADE')
