"""Schemas of a PostgreSQL server that the tests start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import unquote

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


def damage(location: str, path: str) -> None:
    """Change a value of a row of a file that has some."""
    schema = unquote(location.partition("?schema=")[2])
    server = shared_server()
    ((name, number),) = server.do(
        f'SET search_path TO "{schema}"',
        f"SELECT name, number FROM _rowmill_files WHERE shown AND path = '{path}'",
    )
    ((column,),) = server.do(
        "SELECT (array_agg(column_name::text ORDER BY ordinal_position DESC))[1] FROM information_schema.columns "
        f"WHERE table_schema = '{schema}' AND table_name = '{name}' AND is_nullable = 'NO' "
        "AND column_name NOT IN ('_part', '_row')"
    )
    other = f"(SELECT min({column}) FROM {name} WHERE {column} IS DISTINCT FROM t.{column})"
    server.do(
        f'SET search_path TO "{schema}"',
        f"UPDATE {name} AS t SET {column} = {other} WHERE _part = {number} AND _row = 0",
    )
