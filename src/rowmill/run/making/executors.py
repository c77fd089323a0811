"""Executors: who makes the parts. They differ in speed and place, never in a row."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Sequence
from importlib import import_module
from typing import Protocol, cast

from rowmill.core.errors import UsageError
from rowmill.core.processes import Cost
from rowmill.model.dataset import Dataset
from rowmill.model.part import Part, next_part
from rowmill.run.events import Step
from rowmill.run.making.clock import timed
from rowmill.run.making.job import Job
from rowmill.run.making.memory import peak_bytes
from rowmill.run.making.part import make_part

EXECUTORS: dict[str, str] = {
    "inline": "rowmill.run.making.executors:inline",
    "local": "rowmill.run.making.executors:local",
}
"""What ``run.executor`` may name: a function of (workers or None, number of parts) that returns an executor."""


class Executor(Protocol):
    """Makes parts in any order, on any number of workers."""

    @property
    def workers(self) -> int:
        """Return the number of parts that are made at once."""

    def run(self, job: Job, dataset: Dataset, parts: Sequence[Part]) -> Generator[Step, None, None]:
        """Make parts; yields rows as they pass, one receipt for each part, and at the end the cost of each process.

        Closing the generator stops all work, and returns when it has stopped. A part without receipt may be made again
        by anybody.

        Raises:
            RowmillError: of the first part that fails; all work is stopped.
        """


class InLine:
    """Makes one part after the other in this process."""

    workers = 1

    def run(self, job: Job, dataset: Dataset, parts: Sequence[Part]) -> Generator[Step, None, None]:
        """Make parts, the first ones first."""
        waiting, part, spent = list(reversed(parts)), None, 0.0
        while waiting:
            part = next_part(waiting, part)
            spent += yield from timed(make_part(job, dataset, part))
        yield Cost(peak_bytes(1), spent)


def usable_cores() -> int:
    """Return the cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def executor(name: str, workers: int | None, parts: int) -> Executor:
    """Return an executor by name.

    Args:
        name: one of ``EXECUTORS``.
        workers: how many parts may be made at once; None for as many as suit the place.
        parts: how many are to be made.

    Raises:
        UsageError: if there is none of that name.
    """
    require_executor(name)
    module, _, attribute = EXECUTORS[name].partition(":")
    return cast("Callable[[int | None, int], Executor]", getattr(import_module(module), attribute))(workers, parts)


def require_executor(name: str) -> None:
    """Refuse a name that no executor has; UsageError names those that are known."""
    if name not in EXECUTORS:
        raise UsageError(f"run.executor: got {name!r}; known: {', '.join(sorted(EXECUTORS))}")


def inline(workers: int | None, parts: int) -> Executor:  # noqa: ARG001 - as every executor is asked for
    """Return the executor that starts no process, whatever the number of workers."""
    return InLine()


def local(workers: int | None, parts: int) -> Executor:
    """Return an executor on this machine: worker processes where more than one part can be made at once."""
    count = min(usable_cores() if workers is None else workers, parts)
    if count <= 1:
        return InLine()
    from rowmill.run.making.pool import Pool

    return Pool(count)
