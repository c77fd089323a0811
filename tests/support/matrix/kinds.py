"""Kinds of faults, in a table: which destinations and jobs each is for, what it does, and how often."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import count, islice, product
from pathlib import Path

from support.matrix.apart import Apart
from support.matrix.damage import damage
from support.matrix.databases import Postgres
from support.matrix.disk import disk
from support.matrix.grounds import GROUNDS, Ground
from support.matrix.jobs import JOBS
from support.matrix.judge import Cell, Series
from support.matrix.network import network
from support.matrix.server import ended, locked, restarted
from support.matrix.subjects import SUBJECTS
from support.postgres import new_server


@contextmanager
def crash(cell: Cell) -> Iterator[Series]:
    """Let a run die at a step, before or after an operation, and the one that takes it up too."""

    def case(number: int) -> str | None:
        out = cell.ground.place()
        first = cell.ground.do(cell.run(out), number).outcome()
        return None if first.how == "ended" else first.bad or cell.met(out, number, again=True)

    yield Series(case, count(1), ends=True)


@contextmanager
def kill(cell: Cell) -> Iterator[Series]:
    """Kill a run at some moment."""

    def case(number: int) -> str | None:
        out = cell.ground.place()
        run = cell.ground.do(cell.run(out))
        assert isinstance(run, Apart)
        time.sleep(cell.luck(number).random() * cell.seconds)
        run.killed()
        first = run.outcome()
        return None if first.how == "ended" else first.bad or cell.met(out, number, again=False)

    yield Series(case, range(1_000_000))


@contextmanager
def twice(cell: Cell) -> Iterator[Series]:
    """Let two runs work on one target at once, be it on what a third one left that died."""

    def case(number: int) -> str | None:
        out, luck = cell.ground.place(), cell.luck(number)
        if luck.random() < 0.5:
            cell.ground.do(cell.run(out), luck.randint(1, 200)).outcome()
        runs = []
        for mode in luck.choices(["new", "resume"], k=2):
            runs.append(cell.ground.do(cell.run(out, mode)))
            time.sleep(luck.random() * cell.seconds / 4)
        bad = [end.bad for end in [run.outcome() for run in runs] if end.bad]
        return bad[0] if bad else cell.met(out, number, again=False)

    yield Series(case, range(1_000_000))


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind."""

    open: Callable[[Cell], AbstractContextManager[Series]]
    grounds: Collection[str]
    jobs: Collection[str] = tuple(JOBS)
    every: dict[str, int] | int = 1
    """Of so many numbers one is tried where all are asked for, by destination."""
    most: int = 1_000_000
    """So many cases of a cell are tried where all are asked for."""
    ground: Callable[[Path], Ground] | None = None
    """Where it takes another one than others."""

    def some(self, numbers: Iterable[int], ground: str) -> Iterator[int]:
        """Return the numbers that are tried where all are asked for."""
        step = self.every if isinstance(self.every, int) else self.every[ground]
        return islice(numbers, step // 2, self.most * step, step)


def cells() -> dict[tuple[str, str, str], list[str]]:
    """Return the jobs that are tried, by destination, domain and kind of fault."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for name, kind in KINDS.items():
        for ground, subject in product(kind.grounds, SUBJECTS.values()):
            jobs = [job for job in kind.jobs if subject.windows > 1 or not JOBS[job].slices]
            found[ground, subject.domain, name] = jobs
    return found


_APART = tuple(name for name in GROUNDS if name != "memory")
_OVER = ("slice", "overwrite", "narrow")
KINDS = {
    "crash": Kind(crash, GROUNDS, every={"az": 5, "duckdb": 9, "file": 1, "memory": 1, "postgresql": 3, "s3": 3}),
    "kill": Kind(kill, _APART, most=8),
    "twice": Kind(twice, _APART, ("fresh", "resume", "slice", "overwrite", "shares"), most=6),
    "damage": Kind(damage, GROUNDS, ("fresh",)),
    "disk": Kind(disk, ("duckdb", "file"), ("fresh", "overwrite", "repair")),
    "network": Kind(network, ("az", "s3"), most=40),
    "ended": Kind(ended, ("postgresql",), every=15),
    "restarted": Kind(
        restarted,
        ("postgresql",),
        ("fresh", "overwrite"),
        every=70,
        ground=lambda root: Postgres(root, server=new_server()),
    ),
    "locked": Kind(locked, ("postgresql",), _OVER),
}
