"""Crash at every step: run a scenario again and again, dying at the first, second, … file operation until it lives.

``python -m support.crash SCENARIO FOLDER STRIDE`` prints one JSON object. Each attempt is a fork of this process,
which ends without any clean-up at its N-th operation on a file: before it, after it, or with
half of a file's bytes written.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from functools import partial, wraps
from itertools import count
from pathlib import Path

from rowmill.api.copy import copy
from rowmill.domains.registry import DOMAINS
from rowmill.run.books.manifest import read
from rowmill.run.books.survey import survey
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.sinks.folders import exchange, files
from rowmill.sinks.registry import destination
from support.runs import land, shown
from support.toy import toy

OPERATIONS = (
    "claim",
    "close_durably",
    "create",
    "make_folder",
    "move",
    "move_folder",
    "open_new",
    "remove",
    "remove_tree",
    "sync_folder",
    "write_whole",
)
EXCHANGES = ("exchange", "link")
CRASHED = 77
SIZES = {"rows": 120, "blocks": 2, "days": 2}
WRITES_A_STEP = 11
"""A file is written in many small pieces; one in so many is torn."""


class Countdown:
    """Ends the process at its N-th step: N odd, before an operation; N even, half-way through it."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.writes = 0

    def step(self) -> None:
        """Count, and die when the count is over."""
        self.steps -= 1
        if self.steps == 0:
            os._exit(CRASHED)

    def around(self, operation: Callable) -> Callable:
        """Return an operation with a step before and after it."""

        @wraps(operation)
        def counted(*arguments):
            self.step()
            result = operation(*arguments)
            self.step()
            return result

        return counted

    def torn(self, write: Callable) -> Callable:
        """Return a write that may stop half-way."""

        def halved(checked, data):
            self.writes += 1
            if self.writes % WRITES_A_STEP == 0:
                if self.steps == 1:
                    write(checked, memoryview(data)[: len(data) // 2])
                self.step()
            return write(checked, data)

        return halved

    def arm(self) -> None:
        """Put a step around every operation on files."""
        for name in OPERATIONS:
            setattr(files, name, self.around(getattr(files, name)))
        for name in EXCHANGES:
            setattr(exchange, name, self.around(getattr(exchange, name)))
        files.Checked.write = self.torn(files.Checked.write)


def whole(out: Path, mode: str) -> None:
    """Write everything."""
    land(toy(**SIZES), out, mode=mode, part_rows=40, row_group_rows=40)


def single(out: Path, mode: str) -> None:
    """Write everything as one file a table."""
    land(toy(**SIZES), out, mode=mode, single_file=True)


def second_day(out: Path, mode: str) -> None:
    """Write the second day beside the first."""
    land(toy(**SIZES), out, Slice(range(1, 2)), mode=mode, part_rows=50)


def replacing(out: Path, mode: str) -> None:
    """Write everything over another spec's files of the same names."""
    land(toy(**SIZES), out, mode="overwrite" if mode == "new" else mode, part_rows=60)


def days_replacing(out: Path, mode: str) -> None:
    """Write one day over the whole period."""
    land(toy(**SIZES), out, Slice(range(1)), mode="overwrite" if mode == "new" else mode, part_rows=60)


def two_machines(out: Path, mode: str) -> None:
    """Write both shares and finalize."""
    for part in ((1, 2), (2, 2)):
        land(toy(**SIZES), out, Slice(part=part), mode=mode, part_rows=40)
    finalize(out)


def copied(out: Path, mode: str) -> None:  # noqa: ARG001 - a copy goes on by itself
    """Copy everything into other files."""
    copy(out.parent / "source", out, settings={"workers": 1, "partition_by": "day", "name": "{table}/{date}{_part}"})


def nothing(out: Path) -> None:
    """Begin with no folder."""


def a_source(out: Path) -> None:
    """Begin with everything elsewhere."""
    land(toy(**SIZES), out.parent / "source", part_rows=50)


def first_day(out: Path) -> None:
    """Begin with the first day in place."""
    land(toy(**SIZES), out, Slice(range(1)), part_rows=50)


def other_spec(out: Path) -> None:
    """Begin with another seed's data."""
    land(toy(**SIZES, seed=8), out, part_rows=70)


def same_spec(out: Path) -> None:
    """Begin with the whole period."""
    land(toy(**SIZES), out, part_rows=60)


SCENARIOS = {
    "whole": (nothing, whole),
    "single": (nothing, single),
    "second_day": (first_day, second_day),
    "replacing": (other_spec, replacing),
    "days_replacing": (same_spec, days_replacing),
    "two_machines": (nothing, two_machines),
    "copied": (a_source, copied),
}


def attempt(work: Callable[[], None]) -> int:
    """Run in a fork; return its exit code."""
    process = os.fork()
    if process == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def crashing(run: Callable[[Path, str], None], out: Path, mode: str, steps: int) -> Callable[[], None]:
    """Return a run that dies at a step."""

    def work() -> None:
        Countdown(steps).arm()
        run(out, mode)

    return work


def state(out: Path) -> str:
    """Return what a reader finds: the digest if a manifest promises all that is shown, ``nothing``, or ``torn``."""
    visible = shown(out)
    if not survey(destination(str(out))).slices:
        return "torn" if visible else "nothing"
    manifest = read(out)
    promised = sorted(file.path for table in manifest.tables.values() for file in table.files)
    return manifest.digest if promised == visible and manifest.published else "torn"


def explore(name: str, folder: Path, stride: int) -> dict[str, object]:
    """Crash at each step, then resume once, crash the resumed run too, and resume to the end."""
    begin, run = SCENARIOS[name]
    before = folder / "before"
    begin(before)
    clean = prepared(before, folder / "clean")
    assert attempt(lambda: run(clean, "new")) == 0
    expected, wrong = read(clean).digest, []
    for steps in count(1, stride):
        out = prepared(before, folder / "out")
        code = attempt(crashing(run, out, "new", steps))
        if code == 0:
            return {"steps": steps, "digest": expected, "before": state(before), "wrong": wrong}
        halves = half_tables(before, out, clean)
        again = attempt(crashing(run, out, "resume", 1 + steps * 7 % 40))
        modes = ("resume", "new") if state(out) == state(before) else ("resume",)
        final = 0 if again == 0 or any(attempt(partial(run, out, mode)) == 0 for mode in modes) else 1
        good = verify(out).ok and state(out) == expected and shown(out) == shown(clean)
        if code != CRASHED or final != 0 or halves or not good:
            wrong.append([steps, code, halves, again, final, state(out), [str(p) for p in verify(out).problems]])
    raise AssertionError


def half_tables(before: Path, out: Path, clean: Path) -> list[str]:
    """Return the tables of which a glob finds neither the old files nor the new ones."""
    found, old, new = (by_table(folder) for folder in (out, before, clean))
    return [table for table in new if found.get(table, set()) not in (old.get(table, set()), new[table])]


def by_table(folder: Path) -> dict[str, set[tuple[str, bytes]]]:
    """Return path and content of the files that a glob finds, by table."""
    tables: dict[str, set[tuple[str, bytes]]] = {}
    for path in shown(folder):
        tables.setdefault(path.partition("/")[0], set()).add((path, (folder / path).read_bytes()))
    return tables


def prepared(before: Path, out: Path) -> Path:
    """Return a fresh copy of what stood there before the run."""
    shutil.rmtree(out, ignore_errors=True)
    if before.exists():
        shutil.copytree(before, out)
    return out


if __name__ == "__main__":
    DOMAINS["toy"] = "support.toy:DOMAIN"
    sys.stdout.write(json.dumps(explore(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
