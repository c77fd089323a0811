"""Crash at every step of a run into a file of DuckDB: at each operation on a file, and at each statement.

``python -m support.crash_duckdb SCENARIO FOLDER STRIDE`` prints one JSON object.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from rowmill.core.errors import DestinationError
from rowmill.domains.registry import DOMAINS
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.sinks.databases.duck.opening import DuckFile
from support.crash import CRASHED, Countdown, attempt
from support.crash import SCENARIOS as FOLDERS

SCENARIOS = {name: run for name, run in FOLDERS.items() if name not in ("single", "copied")}
"""Those of folders; a table of a database is one whatever it is made of."""


class Counting:
    """A connection that counts statements."""

    def __init__(self, connection: Any, countdown: Countdown) -> None:
        self._connection = connection
        self._countdown = countdown

    def execute(self, *arguments: Any) -> Any:
        """Count before and after."""
        return self._countdown.around(self._connection.execute)(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


def crashing(run: Callable[[Path, str], None], out: Path, mode: str, steps: int) -> Callable[[], None]:
    """Return a run that dies at a step."""

    def work() -> None:
        countdown, attached = Countdown(steps), DuckFile._attached
        countdown.arm()
        DuckFile._attached = lambda *given, **named: Counting(attached(*given, **named), countdown)
        run(out, mode)

    return work


def tables(out: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Return what somebody finds who knows nothing of us."""
    if not out.exists():
        return {}
    with duckdb.connect(out, read_only=True) as connection:
        names = [name for (name,) in connection.execute("SHOW TABLES").fetchall() if not name.startswith("_rowmill")]
        return {
            name: sorted(
                connection.execute(f"SELECT COLUMNS(* EXCLUDE (_part, _row))::VARCHAR FROM {name}").fetchall(), key=repr
            )
            for name in names
        }


def state(out: Path) -> str:
    """Return the digest that the records tell, or ``nothing``."""
    try:
        return read(out).digest
    except DestinationError:
        return "nothing"


def explore(name: str, folder: Path, stride: int) -> dict[str, object]:
    """Crash at each step, then resume once, crash the resumed run too, and resume to the end."""
    begin, run = SCENARIOS[name]
    before = folder / "before.duckdb"
    begin(before)
    clean = prepared(before, folder / "clean.duckdb")
    assert attempt(lambda: run(clean, "new")) == 0
    old, new, expected, wrong = tables(before), tables(clean), read(clean).digest, []
    for steps in count(1 + stride // 2, stride):
        out = prepared(before, folder / "out.duckdb")
        code = attempt(crashing(run, out, "new", steps))
        if code == 0:
            return {"steps": steps, "digest": expected, "wrong": wrong}
        half = tables(out) not in (old, new)
        told = state(alone(out, folder / "alone.duckdb"))
        again = attempt(crashing(run, out, "resume", 1 + steps * 7 % 40))
        modes = ("resume", "new") if state(out) == state(before) else ("resume",)
        final = 0 if again == 0 or any(attempt(partial(run, out, mode)) == 0 for mode in modes) else 1
        good = verify(out).ok and state(out) == expected and tables(out) == new and not beside(out)
        if code != CRASHED or final != 0 or half or told not in (state(before), expected) or not good:
            wrong.append([steps, code, half, told, again, final, state(out), beside(out)])
            wrong[-1] += [str(problem) for problem in verify(out).problems]
    raise AssertionError


def alone(out: Path, place: Path) -> Path:
    """Copy what one takes away who takes the file, and what of it was not written to it yet."""
    for ending in ("", ".wal"):
        source, target = Path(f"{out}{ending}"), Path(f"{place}{ending}")
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copy(source, target)
    return place


def beside(out: Path) -> list[str]:
    """Return what lies beside a file and is called by its name."""
    return sorted(path.name for path in out.parent.glob(f"{out.name}?*"))


def prepared(before: Path, out: Path) -> Path:
    """Return a fresh copy of what stood there before the run."""
    for path in out.parent.glob(f"{out.name}*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if before.exists():
        shutil.copy(before, out)
    return out


if __name__ == "__main__":
    DOMAINS["toy"] = "support.toy:DOMAIN"
    sys.stdout.write(json.dumps(explore(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))))
