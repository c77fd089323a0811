"""Crash at every step in PostgreSQL: a process dies before or after each exchange with the server.

What it had open is rolled back by the server, as when a process is killed; then its work is taken up again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count

import psycopg

from rowmill.core.errors import RowmillError
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.testing import Crash, Faults
from support.crash_bucket import SCENARIOS as BUCKETS
from support.crash_bucket import Run, state
from support.postgres import Server

SCENARIOS = {name: run for name, run in BUCKETS.items() if name != "copied"}
"""A copy commits one slice after the other, so between them rows are neither those before nor those after."""
BEFORE, CLEAN, HERE = "before", "clean", "here"
TABLES = ("events", "remarks", "things")


@contextmanager
def dying(faults: Faults) -> Iterator[None]:
    """Let every exchange with a server be a step, at one of which this process dies."""
    spoken = psycopg.Connection.wait

    def wait(connection, *arguments, **options):
        faults.before("wait", "")
        done = spoken(connection, *arguments, **options)
        faults.after()
        return done

    psycopg.Connection.wait = wait
    try:
        yield
    finally:
        psycopg.Connection.wait = spoken


def copied(server: Server, old: str, new: str) -> str:
    """Make a database a copy of another; return its location."""
    for name in (old, new):
        server.do(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}'")
    server.do(f"DROP DATABASE IF EXISTS {new}", f"CREATE DATABASE {new} TEMPLATE {old} STRATEGY file_copy")
    return server.url(new)


def died(server: Server, run: Run, mode: str, at: int) -> bool:
    """Let a run die at a step; return whether it did, and nobody's lease lasts any more."""
    try:
        with dying(Faults(at)):
            run(server.url(HERE), mode)
    except Crash:
        return True
    except RowmillError:
        return False
    finally:
        with suppress(psycopg.errors.UndefinedTable):
            server.do("DELETE FROM _rowmill_documents WHERE name LIKE 'locks/%'", database=HERE)
    return False


def rows(server: Server, database: str) -> list[list[tuple]]:
    """Return the rows of all tables as another session sees them at one moment, without those of the load."""
    found = []
    with psycopg.connect(server.url(database)) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        for table in TABLES:
            there = connection.execute("SELECT to_regclass(%s)", [table]).fetchone()[0]
            every = f"SELECT (to_jsonb(t) - '_part' - '_row')::text AS row FROM {table} t ORDER BY row"
            found.append(connection.execute(every).fetchall() if there else [])
    return found


def relations(server: Server, database: str) -> list[tuple]:
    """Return what stands in the schema, by name and kind, with the keys of the tables."""
    return server.do(
        "SELECT relname::text, relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "UNION ALL SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
        database=database,
    )


def explore(server: Server, name: str, stride: int = 1, first: int = 1) -> dict[str, object]:
    """Crash at each step, crash the resumed run too, and resume to the end."""
    begin, run = SCENARIOS[name]
    copied(server, "template1", BEFORE)
    begin(server.url(BEFORE))
    before, expected = rows(server, BEFORE), state(server.url(BEFORE))
    run(copied(server, BEFORE, CLEAN), "new")
    digest, after, stands, wrong = read(server.url(CLEAN)).digest, rows(server, CLEAN), relations(server, CLEAN), []
    for steps in count(first, stride):
        here = copied(server, BEFORE, HERE)
        if not died(server, run, "new", steps):
            return {"steps": steps, "wrong": wrong}
        half = rows(server, HERE) not in (before, after)
        died(server, run, "resume", 1 + steps * 7 % 60)
        half = half or rows(server, HERE) not in (before, after)
        for mode in ("resume", "new") if state(here) == expected else ("resume",):
            with suppress(RowmillError):
                run(here, mode)
                break
        good = state(here) == digest and verify(here).ok and rows(server, HERE) == after
        left = sorted(set(relations(server, HERE)) ^ set(stands))
        if half or not good or left:
            wrong.append([steps, half, state(here), left, [str(p) for p in verify(here).problems]])
    raise AssertionError
