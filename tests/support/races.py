"""Races: processes that write, resume, overwrite and finalize one destination at once, stopped and killed on the way.

``python -m support.races FOLDER FIRST COUNT`` runs the cases of consecutive seeds and prints what went wrong as JSON.
Each case is a schedule drawn from its seed. Removed lock files stand for locks that another machine does not see.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rowmill.core.errors import RowmillError
from rowmill.domains.registry import DOMAINS
from rowmill.run.books.manifest import read
from rowmill.run.books.survey import survey
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.sinks.registry import destination
from support.books import books, committed
from support.matrix import apart
from support.runs import SCHEME, land, shown
from support.toy import toy

SIZES = {"rows": 240, "blocks": 2, "days": 2}
SEEDS = (1, 2)
LAST_SECOND = 40.0
"""A case that takes longer hangs."""
REFUSED = 2
DAMAGED = 3


@dataclass(frozen=True)
class Actor:
    """One process: what it does, when it begins, and what happens to it; times in seconds."""

    kind: str
    seed: int
    mode: str
    what: Slice
    part_rows: int
    workers: int
    begins: float
    stopped: tuple[float, float] | None
    """When it is stopped, and when it goes on."""
    killed: float | None

    def work(self, out: Path) -> None:
        """Do what it does."""
        if self.kind == "finalize":
            finalize(out)
        else:
            sizes = {"part_rows": self.part_rows, "workers": self.workers, "batch_size": 40}
            land(toy(**SIZES, seed=self.seed), out, self.what, mode=self.mode, **sizes)


def actor(luck: random.Random) -> Actor:
    """Draw a process."""
    kind = luck.choice(["whole", "whole", "share", "share", "share", "day", "finalize"])
    part = (luck.choice([1, 2]), 2) if kind == "share" else None
    day = luck.randrange(2) if kind == "day" or (kind == "share" and luck.random() < 0.2) else None
    begins = luck.choice([0.0, luck.random() / 5])
    first = begins + luck.random() / 4
    return Actor(
        kind=kind,
        seed=luck.choice(SEEDS),
        mode=luck.choice(["new", "resume", "overwrite", "overwrite"]),
        what=Slice(None if day is None else range(day, day + 1), part=part),
        part_rows=luck.choice([20, 20, 50]),
        workers=luck.choice([1, 1, 2]),
        begins=begins,
        stopped=(first, first + luck.random() / 2) if luck.random() < 0.6 else None,
        killed=begins + luck.random() / 3 if luck.random() < 0.25 else None,
    )


def played(out: Path, actors: list[Actor], *, crossing: bool) -> list[int]:
    """Let processes work, stop and die as they should; return their exit codes.

    Args:
        out: the destination.
        actors: the processes.
        crossing: False where each locks on a machine of its own: who is stopped holds nothing that others see.
    """
    started, numbers, codes = time.monotonic(), dict[int, int](), dict[int, int]()
    events: list[tuple[float, str, int]] = []
    for place, each in enumerate(actors):
        events.append((each.begins, "begin", place))
        if each.stopped:
            events += [(each.stopped[0], "stop", place), (each.stopped[1], "go", place)]
        if each.killed:
            events.append((each.killed, "kill", place))
    for moment, event, place in sorted(events):
        time.sleep(max(0.0, started + moment - time.monotonic()))
        if event == "begin":
            numbers[place] = forked(lambda place=place: actors[place].work(out))
            continue
        ended, status = os.waitpid(numbers[place], os.WNOHANG) if place not in codes else (1, 0)
        if ended:
            codes.setdefault(place, os.waitstatus_to_exitcode(status))
            continue
        os.killpg(numbers[place], {"stop": signal.SIGSTOP, "go": signal.SIGCONT, "kill": signal.SIGKILL}[event])
        if event == "stop" and not crossing:
            for lock in out.glob("_rowmill/*.run*.lock"):
                lock.unlink(missing_ok=True)
    for place in range(len(actors)):
        codes.setdefault(place, waited(numbers[place], started + LAST_SECOND) if place not in codes else 0)
    return [codes[place] for place in range(len(actors))]


def forked(work: Callable[[], None]) -> int:
    """Begin a process with a group of its own; return its number."""
    process = os.fork()
    if process:
        os.setpgid(process, process)
        return process
    code = 70
    try:
        os.setpgid(0, 0)
        work()
        code = 0
    except RowmillError as error:
        code = error.exit_code
        if code not in (REFUSED, DAMAGED):
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def waited(process: int, until: float) -> int:
    """Return the exit code of a process; 71 where it hangs."""
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            os.killpg(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return 71
        time.sleep(0.002)


def clean(folder: Path) -> dict[str, str]:
    """Return the digests of undisturbed runs: of each seed the whole, and each day alone."""
    found = {}
    for seed in SEEDS:
        for name, windows in (("whole", None), ("day0", range(1)), ("day1", range(1, 2))):
            found[f"{name} {seed}"] = land(toy(**SIZES, seed=seed), folder / f"{name}{seed}", Slice(windows)).digest
    return found


def wrong(out: Path, digests: dict[str, str], seed: int) -> list[str]:
    """Return what is wrong with what the processes left: committed data first, then whether a run can end it."""
    found = []
    try:
        finalize(out)
    except RowmillError as error:
        if error.exit_code != REFUSED:
            found.append(f"finalize: {error}")
    if survey(destination(str(out))).slices:
        found += unlike(out, digests)
    land(toy(**SIZES, seed=seed), out, mode="overwrite", part_rows=30)
    found += [f"afterwards: {problem}" for problem in unlike(out, digests)]
    if read(out).seed != seed or land(toy(**SIZES, seed=seed), out, part_rows=30).skipped is not True:
        found.append("afterwards: is not recognised")
    strays = sorted(set(books(out)) - set(committed(out)))
    return found + [f"left behind: {name}" for name in strays[:5]]


def unlike(out: Path, digests: dict[str, str]) -> list[str]:
    """Return in what way committed data is not that of an undisturbed run."""
    manifest = read(out)
    slices = {entry.windows for entry in manifest.slices}
    name = {frozenset({(0, 1)}): "day0", frozenset({(1, 2)}): "day1"}.get(frozenset(slices), "whole")
    found = [] if manifest.digest == digests[f"{name} {manifest.seed}"] else [f"{name}: digest {manifest.digest}"]
    promised = sorted({file.path for table in manifest.tables.values() for file in table.files})
    if promised != shown(out):
        found.append(f"shows {sorted(set(promised) ^ set(shown(out)))[:3]}")
    return found + [str(problem) for problem in verify(out).problems]


def case(folder: Path, seed: int, digests: dict[str, str]) -> list[str]:
    """Run the case of a seed; return what went wrong."""
    luck, out = random.Random(seed), folder / f"case{seed}"
    actors = [actor(luck) for _ in range(luck.choice([2, 3, 3, 4]))]
    codes = played(out, actors, crossing=luck.random() < 0.6)
    bad = [f"{each.kind} ended with {code}" for each, code in zip(actors, codes, strict=True) if code not in FINE]
    out.mkdir(exist_ok=True)
    looked = apart.forked(lambda: wrong(out, digests, luck.choice(SEEDS)))
    bad += looked.value if looked.how == "ended" else [f"afterwards: {looked}"]
    shutil.rmtree(out, ignore_errors=True)
    return [f"{problem}; {actors}" for problem in bad]


FINE = (0, REFUSED, -signal.SIGKILL)


def main() -> None:
    """Run cases one after the other."""
    folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    DOMAINS["toy"] = SCHEME
    digests = apart.forked(lambda: clean(folder / "clean")).value
    found = {seed: problems for seed in range(first, first + count) if (problems := case(folder, seed, digests))}
    sys.stdout.write(json.dumps({"cases": count, "wrong": found}))


if __name__ == "__main__":
    main()
