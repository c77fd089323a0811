"""Schemas of a PostgreSQL server that the tests start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import unquote

import psycopg

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
    url, _, schema = location.partition("?schema=")
    schema = unquote(schema) or "public"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'SET search_path TO "{schema}"')
        ((name, number),) = connection.execute(
            "SELECT name, number FROM _rowmill_files WHERE shown AND path = %s", [path]
        ).fetchall()
        columns = connection.execute(
            "SELECT column_name::text FROM information_schema.columns WHERE table_schema = %s AND table_name = %s "
            "AND is_nullable = 'NO' AND column_name NOT IN ('_part', '_row') ORDER BY ordinal_position DESC",
            [schema, name],
        ).fetchall()
        kinds = {each: f"SELECT count(DISTINCT {each}) FROM {name}" for (each,) in columns}
        column = next(each for each, many in kinds.items() if connection.execute(many).fetchall()[0][0] > 1)
        other = f"(SELECT {column} FROM {name} WHERE {column} IS DISTINCT FROM t.{column} ORDER BY 1 LIMIT 1)"
        connection.execute(f"UPDATE {name} AS t SET {column} = {other} WHERE _part = {number} AND _row = 0")
