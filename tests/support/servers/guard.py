"""Keeps one server of a test run: starts it, tells when it answers, and ends it once nobody uses it any more."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from support.servers import answers

_POLL_SECONDS = 0.2
_START_SECONDS = 60


def guard(folder: Path) -> None:
    """Do all of it; returns when the server has ended."""
    start = json.loads((folder / "start.json").read_text())
    with (folder / "server.log").open("w") as said:
        server = subprocess.Popen(
            start["command"],
            env={**os.environ, **start["environment"]},
            cwd=folder / "data",
            user=start.get("user"),
            group=start.get("user"),
            extra_groups=[] if start.get("user") else None,
            stdout=said,
            stderr=said,
        )
    try:
        end = time.monotonic() + _START_SECONDS
        while not all(answers(port) for port in start["ports"]):
            if server.poll() is not None or time.monotonic() > end:
                raise RuntimeError((folder / "server.log").read_text()[-2000:])
            time.sleep(0.05)
        ready = folder / "told.json.new"
        ready.write_text(json.dumps(start["tells"]))
        ready.rename(folder / "told.json")
        with (folder / "users").open() as users:
            while server.poll() is None and not _unused(users.fileno()):
                time.sleep(_POLL_SECONDS)
    finally:
        server.send_signal(start.get("signal", signal.SIGKILL))
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):
            folder.parent.rmdir()


def _unused(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__" and os.fork() == 0:
    guard(Path(sys.argv[1]))
