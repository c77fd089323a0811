"""A run of the toy domain in a process to be killed: ``python -m support.slow_run OUT MODE WORKERS [DAY]``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial

from rowmill.core.errors import RowmillError
from rowmill.run.request import WHOLE_PERIOD, Slice
from rowmill.run.runner import write
from rowmill.run.settings import RunSettings
from rowmill.run.summary import Summary
from support.runs import toy_registered
from support.toy import toy

ROWS = 60_000


def said(*_: int) -> None:
    """Say at once that rows have passed."""
    sys.stdout.write("rows\n")
    sys.stdout.flush()


def ended(run: Callable[[], Summary]) -> int:
    """Do what writes, say what became of it, and return the exit code that the error asks for."""
    try:
        with toy_registered():
            summary = run()
    except RowmillError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(summary.to_json()) + "\n")
    return 0


def main() -> int:
    """Write, say what became of it, and return the exit code that the error asks for."""
    out, mode, workers, *day = sys.argv[1:]
    what = Slice(range(int(day[0]), int(day[0]) + 1)) if day else WHOLE_PERIOD
    settings = RunSettings(out=out, workers=int(workers), part_rows=4_000, batch_size=500)
    return ended(partial(write, toy(rows=ROWS), settings, what, mode=mode, progress=said))


if __name__ == "__main__":
    sys.exit(main())
