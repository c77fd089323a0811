"""A run of the toy domain that stops itself after some rows, as if frozen: ``python -m support.slow_share JSON``.

It prints ``stopped`` just before, and goes on when it gets SIGCONT.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from functools import partial

from rowmill.run.request import Slice
from rowmill.run.runner import write
from rowmill.run.settings import RunSettings
from support.slow_run import ended
from support.toy import toy


def main() -> int:
    """Write, say what became of it, and return the exit code that the error asks for."""
    asked = json.loads(sys.argv[1])
    windows = None if asked.get("day") is None else range(asked["day"], asked["day"] + 1)
    part = None if asked.get("part") is None else tuple(asked["part"])
    settings = RunSettings(out=asked["out"], workers=1, part_rows=40, row_group_rows=90, batch_size=20)
    frozen = False

    def freeze(done: int, _: int) -> None:
        nonlocal frozen
        if not frozen and done >= 60:
            frozen = True
            sys.stdout.write("stopped\n")
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGSTOP)

    dataset, what = toy(rows=900, seed=asked["seed"]), Slice(windows, part=part)
    return ended(partial(write, dataset, settings, what, mode=asked["mode"], progress=freeze))


if __name__ == "__main__":
    sys.exit(main())
