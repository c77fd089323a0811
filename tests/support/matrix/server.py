"""What a server of PostgreSQL does: connections that end, a start in the midst of a run, tables that somebody keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from unittest.mock import patch

import psycopg

from rowmill.sinks.databases.postgres import publication
from support.matrix.databases import Postgres
from support.matrix.judge import Cell, Series
from support.postgres import Server

_END = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{}'"


@contextmanager
def ended(cell: Cell) -> Iterator[Series]:
    """End all connections to the database at some exchange with the server."""
    yield _happening(cell, lambda server, name: server.do(_END.format(name)))


@contextmanager
def restarted(cell: Cell) -> Iterator[Series]:
    """Let the server crash and start again at some exchange."""

    def again(server: Server, name: str) -> None:  # noqa: ARG001
        server.stop("immediate")
        server.start()

    yield _happening(cell, again)


def _happening(cell: Cell, happens: Callable[[Server, str], object]) -> Series:
    ground = cell.ground
    assert isinstance(ground, Postgres)
    mark = ground.root / "met"

    def case(number: int) -> str | None:
        out = ground.place()
        mark.unlink(missing_ok=True)

        def now() -> None:
            mark.touch()
            happens(ground.server, out.rpartition("/")[2])

        first = ground.do(cell.run(out), number, now).outcome()
        return None if not mark.exists() else first.bad or cell.met(out, number, again=False)

    return Series(case, count(1), ends=True)


@contextmanager
def locked(cell: Cell) -> Iterator[Series]:
    """Let somebody keep a table while a run shows another one in its place."""
    tables = sorted(cell.before.seen)

    def case(number: int) -> str | None:
        out, table = cell.ground.place(), tables[number]
        with psycopg.connect(out) as reader:
            reader.execute(f"SELECT count(*) FROM {table}")
            first = cell.ground.do(partial(_impatient, cell.run(out))).outcome()
        return first.bad or cell.met(out, number, again=False)

    yield Series(case, range(len(tables)))


def _impatient(run: Callable[[], object]) -> None:
    with patch.object(publication, "_LOCK_SECONDS", 0.2), patch.object(publication, "_PAUSES", (0.01,)):
        run()
