"""Executors: who makes the parts. They differ in speed and place, never in a row."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from typing import Protocol

from rowmill.model.dataset import Dataset
from rowmill.model.part import Part, next_part
from rowmill.run.making.job import Job
from rowmill.run.making.memory import peak_bytes
from rowmill.run.making.work import Event, Peak, make_part


class Executor(Protocol):
    """Makes parts in any order, on any number of workers."""

    @property
    def workers(self) -> int:
        """Return the number of parts that are made at once."""

    def run(self, job: Job, dataset: Dataset, parts: Sequence[Part]) -> Generator[Event, None, None]:
        """Make parts; yields rows as they pass, one receipt for each part, and at the end the memory of each process.

        Closing the generator stops all work. A part without receipt may be made again by anybody.

        Raises:
            RowmillError: of the first part that fails; all work is stopped.
        """


class InLine:
    """Makes one part after the other in this process."""

    workers = 1

    def run(self, job: Job, dataset: Dataset, parts: Sequence[Part]) -> Generator[Event, None, None]:
        """Make parts, the first ones first."""
        waiting, part = list(reversed(parts)), None
        while waiting:
            part = next_part(waiting, part)
            yield from make_part(job, dataset, part)
        yield Peak(peak_bytes(1))


def usable_cores() -> int:
    """Return the cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def local(workers: int | None, parts: int) -> Executor:
    """Return an executor on this machine: worker processes where more than one part can be made at once."""
    count = min(usable_cores() if workers is None else workers, parts)
    if count <= 1:
        return InLine()
    from rowmill.run.making.pool import Pool

    return Pool(count)
