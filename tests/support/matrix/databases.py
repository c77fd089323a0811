"""Places in a server of PostgreSQL: databases of their own."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from support.matrix.apart import Apart, begun
from support.matrix.harm import harm_rows
from support.matrix.steps import armed, die, steps_to
from support.places.postgresql import damage
from support.postgres import Server, shared_server

_STEPS = ("psycopg:Connection.wait",)
_RELATIONS = (
    "SELECT relname::text || ' ' || relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace "
    "UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace"
)


@dataclass
class Postgres:
    """Databases; the one in which things stand as at the beginning is a template of the others."""

    root: Path
    whole: str = "all"
    apart: bool = True
    server: Server = field(default_factory=shared_server)

    def prepare(self, begin: Callable[[str], object]) -> None:
        """Say how every place begins."""
        out = self._copied("template1", f"begin_{os.getpid()}")
        made = self.do(lambda: begin(out)).outcome()
        assert made.how == "ended", made

    def place(self) -> str:
        """Return the location of one that is as at the beginning; others are forgotten."""
        return self._copied(f"begin_{os.getpid()}", f"out_{os.getpid()}")

    def do(self, work: Callable[[], Any], at: int = 0, happens: Callable[[], None] = die) -> Apart:
        """Begin work, at one of whose steps something happens."""
        return begun(partial(armed, steps_to(at, happens), _STEPS, work) if at else work)

    def sight(self, out: str) -> tuple[dict[str, str], set[str]]:
        """Return the rows that another session sees at one moment, and the names of all that is there."""
        with psycopg.connect(out) as connection:
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            names = {name for (name,) in connection.execute(_RELATIONS).fetchall()}
            tables = sorted(name.removesuffix(" r") for name in names if name.endswith(" r"))
            seen = {}
            for table in tables:
                if not table.startswith("_rowmill"):
                    row = f"SELECT (to_jsonb(t) - '_part' - '_row')::text AS row FROM {table} t"
                    one = f"SELECT md5(coalesce(string_agg(row, ' ' ORDER BY row), '')) FROM ({row}) r"
                    seen[table] = connection.execute(one).fetchall()[0][0]
            for told in ("name FROM _rowmill_documents", "path FROM _rowmill_files WHERE NOT shown"):
                if told.split()[2] in tables:
                    names |= {name for (name,) in connection.execute(f"SELECT {told}").fetchall()}
        return seen, names

    def harm(self, out: str, path: str, how: str) -> set[str]:
        """Do harm to the rows of a file; return the paths of what was harmed."""

        def sql(statement: str) -> list[tuple[Any, ...]]:
            with psycopg.connect(out, autocommit=True) as connection:
                done = connection.execute(statement)
                return done.fetchall() if done.description else []

        return harm_rows(sql, out, path, how, damage)

    def _copied(self, old: str, new: str) -> str:
        for name in (old, new):
            self.server.do(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
        self.server.do(f"DROP DATABASE IF EXISTS {new}", f"CREATE DATABASE {new} TEMPLATE {old} STRATEGY file_copy")
        return self.server.url(new)
