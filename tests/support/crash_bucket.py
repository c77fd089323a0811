"""Crash at every step in a bucket: a process dies before or after each verb, and what it left is taken up again."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from itertools import count

from rowmill.api.copy import copy
from rowmill.core.errors import RowmillError
from rowmill.run.books.manifest import read
from rowmill.run.books.survey import survey
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.sinks.registry import destination
from rowmill.testing import Crash, Faults, MemoryBuckets
from support.runs import land
from support.toy import toy

SIZES = {"rows": 60, "blocks": 2, "days": 2}
HERE, CLEAN, SOURCE = "memory://here", "memory://clean", "memory://source"
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
    """Copy both days from a bucket where no fault comes, in other files."""
    if not survey(destination(SOURCE)).slices:
        for day in range(2):
            land(toy(**SIZES), SOURCE, Slice(range(day, day + 1)), part_rows=20)
    copy(SOURCE, out, settings={"workers": 1, "partition_by": "day", "name": "{table}/{date:%Y%m%d}{_part}"})


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
    "copied": (nothing, copied),
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


def died(buckets: MemoryBuckets, run: Run, mode: str, at: int) -> bool:
    """Let a run die at a step; return whether it did, and nobody's lease lasts any more."""
    bucket = buckets.bucket(HERE)
    bucket.faults = Faults(at)
    try:
        run(HERE, mode)
    except Crash:
        return True
    except RowmillError:
        return False
    finally:
        bucket.faults = Faults()
        buckets.clock.now += LONG
    return False


def names(buckets: MemoryBuckets, out: str) -> list[str]:
    """Return the keys of a bucket, without the leases of the dead, which run out, and what probed the store.

    What a manifest is called depends on the names of uploads.
    """
    kept = (key for key in buckets.bucket(out).objects if not key.startswith(("_rowmill/locks/", "_rowmill/.probe")))
    return [re.sub(r"manifest-\w+", "manifest", key) for key in kept]


def explore(name: str, stride: int = 1) -> dict[str, object]:
    """Crash at each step, crash the resumed run too, and resume to the end."""
    begin, run = SCENARIOS[name]
    with MemoryBuckets().registered() as buckets:
        begin("memory://before")
        before, expected = buckets.bucket("memory://before"), state("memory://before")
        buckets.buckets["clean"] = before.copy()
        run(CLEAN, "new")
        digest, wrong = read(CLEAN).digest, []
        for steps in count(1, stride):
            buckets.buckets["here"] = before.copy()
            if not died(buckets, run, "new", steps):
                return {"steps": steps, "wrong": wrong}
            committed = [each.digest for each in survey(destination(HERE)).slices]
            died(buckets, run, "resume", 1 + steps * 7 % 40)
            for mode in ("resume", "new") if state(HERE) == expected else ("resume",):
                with suppress(RowmillError):
                    run(HERE, mode)
                    break
            good = state(HERE) == digest and verify(HERE).ok
            left = sorted(set(names(buckets, HERE)) ^ set(names(buckets, CLEAN)))
            if not good or left:
                wrong.append([steps, committed, state(HERE), left, [str(p) for p in verify(HERE).problems]])
    raise AssertionError
