"""Schemas of a PostgreSQL server that the tests start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

from rowmill.model import ddl
from rowmill.sinks.databases.postgres.url import place as parsed
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
    where = parsed(location)
    with psycopg.connect(where.conninfo) as connection:
        connection.execute(f"SET search_path = {ddl.name(where.schema)}")
        name, number = connection.execute("SELECT name, number FROM _rowmill_files WHERE path = %s", [path]).fetchone()
        (column,) = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND attnotnull "
            "AND NOT attisdropped AND attname <> ALL (ARRAY['_part', '_row']) ORDER BY attnum DESC",
            [ddl.name(name)],
        ).fetchone()
        other = f"(SELECT min({column}) FROM {name} WHERE {column} <> t.{column})"
        connection.execute(f"UPDATE {name} AS t SET {column} = {other} WHERE _part = {number} AND _row = 0")
