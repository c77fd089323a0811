"""Shares of one slice that start together, each in a process of its own; then the slice is finalized.

``python -m support.shares FOLDER ROUNDS SHARES`` prints what went wrong in which round as JSON; every other
round is asked to resume, as the jobs of a cluster are.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path

from rowmill.domains.registry import DOMAINS
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from support.matrix import apart
from support.races import LAST_SECOND, SIZES, forked, waited
from support.runs import SCHEME, land
from support.toy import toy

MODES = ("new", "resume")


def a_round(out: Path, mode: str, shares: int) -> list[str]:
    """Let all shares start at once on a new folder; return what went wrong."""
    reading, writing = os.pipe()

    def work(i: int) -> None:
        dataset = toy(**SIZES)
        os.close(writing)
        # The end of the pipe is the shot: all children wait for it.
        os.read(reading, 1)
        land(dataset, out, Slice(part=(i, shares)), mode=mode, part_rows=20, batch_size=40)

    numbers = [forked(lambda i=i: work(i)) for i in range(1, shares + 1)]
    time.sleep(0.05)
    os.close(writing)
    codes = [waited(number, time.monotonic() + LAST_SECOND) for number in numbers]
    os.close(reading)
    bad = [f"share {i} ended with {code}" for i, code in enumerate(codes, 1) if code]
    last = apart.forked(lambda: finalize(out).rows)
    return bad if last.value == SIZES["rows"] else [*bad, f"finalize: {last}"]


def main() -> None:
    """Run rounds one after the other."""
    folder, rounds, shares = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    DOMAINS["toy"] = SCHEME
    found = {}
    for number in range(rounds):
        out = folder / f"round{number}"
        if problems := a_round(out, MODES[number % 2], shares):
            found[number] = problems
        shutil.rmtree(out, ignore_errors=True)
    sys.stdout.write(json.dumps({"rounds": rounds, "wrong": found}))


if __name__ == "__main__":
    main()
