"""Crash at every step in a bucket: a process dies before or after each verb, and what it left is taken up again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import count
from tempfile import TemporaryDirectory
from typing import Protocol

from rowmill.api.copy import copy
from rowmill.core.errors import RowmillError
from rowmill.run.books.manifest import read
from rowmill.run.books.survey import survey
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.sinks.registry import destination, takes_rows
from rowmill.testing import Clock, Crash, Faults, MemoryBuckets
from support.runs import land
from support.toy import toy

SIZES = {"rows": 60, "blocks": 2, "days": 2}
BESIDE = ("_rowmill/locks/", "_rowmill/.probe", "_rowmill/uploads/")
DEATHS = 2
"""Of processes, in one experiment."""
LONG = 600.0
"""Seconds after which no lease of the dead lasts."""

Run = Callable[[str, str], None]


def whole(out: str, mode: str) -> None:
    """Write everything."""
    land(toy(**SIZES), out, mode=mode, part_rows=40)


def second_day(out: str, mode: str) -> None:
    """Write the second day beside the first."""
    land(toy(**SIZES), out, Slice(range(1, 2)), mode=mode, part_rows=50)


def replacing(out: str, mode: str) -> None:
    """Write everything over another spec's files of the same names."""
    land(toy(**SIZES), out, mode="overwrite" if mode == "new" else mode, part_rows=60)


def days_replacing(out: str, mode: str) -> None:
    """Write one day over the whole period."""
    land(toy(**SIZES), out, Slice(range(1)), mode="overwrite" if mode == "new" else mode, part_rows=60)


def two_machines(out: str, mode: str) -> None:
    """Write both shares and finalize."""
    for part in ((1, 2), (2, 2)):
        land(toy(**SIZES), out, Slice(part=part), mode=mode, part_rows=40)
    finalize(out)


def copied(out: str, mode: str) -> None:  # noqa: ARG001 - a copy goes on by itself
    """Copy both days from a folder, in other files."""
    look = {} if takes_rows(out) else {"partition_by": "day", "name": "{table}/{date:%Y%m%d}{_part}"}
    copy(f"{two_days().name}/out", out, settings={"workers": 1, **look})


@cache
def two_days() -> TemporaryDirectory[str]:
    """Return a folder with two slices below it."""
    folder = TemporaryDirectory()
    for day in range(2):
        land(toy(**SIZES), f"{folder.name}/out", Slice(range(day, day + 1)), part_rows=20)
    return folder


def a_source(out: str) -> None:  # noqa: ARG001 - it lies elsewhere
    """Begin with an empty bucket, and two days in a folder."""
    two_days()


def nothing(out: str) -> None:
    """Begin with an empty bucket."""


def first_day(out: str) -> None:
    """Begin with the first day in place."""
    land(toy(**SIZES), out, Slice(range(1)), part_rows=50)


def other_spec(out: str) -> None:
    """Begin with another seed's data."""
    land(toy(**SIZES, seed=8), out, part_rows=70)


def same_spec(out: str) -> None:
    """Begin with the whole period."""
    land(toy(**SIZES), out, part_rows=60)


SCENARIOS: dict[str, tuple[Callable[[str], None], Run]] = {
    "whole": (nothing, whole),
    "second_day": (first_day, second_day),
    "replacing": (other_spec, replacing),
    "days_replacing": (same_spec, days_replacing),
    "two_machines": (nothing, two_machines),
    "copied": (a_source, copied),
}


def state(out: str) -> str:
    """Return what a reader finds: the digest if the manifests promise all that is shown, ``nothing``, or ``torn``."""
    target = destination(out)
    seen = sorted(path for table in ("events", "remarks", "things") for path in target.visible(table))
    if not survey(target).slices:
        return "torn" if seen else "nothing"
    manifest = read(out)
    promised = sorted(file.path for table in manifest.tables.values() for file in table.files)
    return manifest.digest if promised == seen and manifest.published else "torn"


class Ground(Protocol):
    """Buckets to crash in."""

    clock: Clock
    faults: Faults
    """Of all buckets."""

    def place(self, begin: Callable[[str], None]) -> str:
        """Return the location of a bucket in which things stand as at the beginning of a scenario."""

    def keys(self, out: str) -> list[str]:
        """Return the keys of a bucket."""


@dataclass
class Memory:
    """Buckets in memory: the beginning is made once, and copied."""

    buckets: MemoryBuckets
    begun: dict[Callable[[str], None], str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=count)

    @property
    def clock(self) -> Clock:
        return self.buckets.clock

    @property
    def faults(self) -> Faults:
        return Faults()

    @faults.setter
    def faults(self, faults: Faults) -> None:
        for bucket in self.buckets.buckets.values():
            bucket.faults = faults

    def place(self, begin: Callable[[str], None]) -> str:
        if begin not in self.begun:
            self.begun[begin] = f"memory://begin-{len(self.begun)}"
            begin(self.begun[begin])
        name = f"place-{next(self.numbers)}"
        self.buckets.buckets = {
            kept: bucket for kept, bucket in self.buckets.buckets.items() if kept.startswith(("begin", "place-0"))
        }
        self.buckets.buckets[name] = self.buckets.bucket(self.begun[begin]).copy()
        return f"memory://{name}"

    def keys(self, out: str) -> list[str]:
        return list(self.buckets.bucket(out).objects)


@contextmanager
def in_memory() -> Iterator[Ground]:
    """Yield buckets in memory."""
    with MemoryBuckets().registered() as buckets:
        yield Memory(buckets)


def died(ground: Ground, run: Callable[[], None], at: int) -> bool:
    """Let a run die at a step; return whether it did, and nobody's lease lasts any more."""
    ground.faults = Faults(at)
    try:
        run()
    except Crash:
        return True
    except RowmillError:
        return False
    finally:
        ground.faults = Faults()
        ground.clock.now += LONG
    return False


def names(ground: Ground, out: str) -> list[str]:
    """Return the keys of a bucket, without the leases of the dead, which run out, and what probed the store.

    What a manifest is called depends on the names of uploads. An upload that nobody noted, nobody knows: where it is
    one more key, each of those who died may have left one.
    """
    keys = ground.keys(out)
    assert sum(key.startswith("_rowmill/uploads/") for key in keys) <= DEATHS
    kept = (key for key in keys if not key.startswith(BESIDE))
    return [re.sub(r"manifest-\w+", "manifest", key) for key in kept]


def explore(ground: Ground, name: str, stride: int = 1) -> dict[str, object]:
    """Crash at each step, crash the resumed run too, and resume to the end."""
    begin, run = SCENARIOS[name]
    clean = ground.place(begin)
    expected = state(clean)
    run(clean, "new")
    digest, wrong = read(clean).digest, []
    for tried, steps in enumerate(count(1, stride)):
        here = ground.place(begin)
        if not died(ground, partial(run, here, "new"), steps):
            return {"steps": steps, "tried": tried, "wrong": wrong}
        committed = [each.digest for each in survey(destination(here)).slices]
        died(ground, partial(run, here, "resume"), 1 + steps * 7 % 40)
        for mode in ("resume", "new") if state(here) == expected else ("resume",):
            with suppress(RowmillError):
                run(here, mode)
                break
        good = state(here) == digest and verify(here).ok
        left = sorted(set(names(ground, here)) ^ set(names(ground, clean)))
        if not good or left:
            wrong.append([steps, committed, state(here), left, [str(p) for p in verify(here).problems]])
    raise AssertionError
