"""A run of the toy domain that stops itself after some rows, as if frozen: ``python -m support.slow_share JSON``.

It prints ``stopped`` just before, and goes on when it gets SIGCONT.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from rowmill.core.errors import RowmillError
from rowmill.run.request import Slice
from rowmill.run.runner import write
from rowmill.run.settings import RunSettings
from support.runs import toy_registered
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

    try:
        with toy_registered():
            dataset = toy(rows=900, seed=asked["seed"])
            summary = write(dataset, settings, Slice(windows, part=part), mode=asked["mode"], progress=freeze)
    except RowmillError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(json.dumps(summary.to_json()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
