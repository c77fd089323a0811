"""One server for all processes of a test run: the first that needs it starts it, and it ends after the last one.

A guard is its parent: it waits until no test process holds the lock of its users any more, however these ended.
``python -m support.servers.guard`` is the guard.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

Start = dict[str, Any]
"""What the guard is told: ``command``, ``environment``, ``ports`` that answer once it is ready, ``tells``; and
``user`` and ``signal``, where it runs as somebody else, or is not ended by SIGKILL."""


@cache
def shared(name: str, start: Callable[[Path], Start]) -> dict[str, Any]:
    """Return what is told of a server, which runs as long as a process of this test run lives.

    Args:
        name: of the server.
        start: returns how it is started with an empty folder of its own.
    """
    run = os.environ.setdefault("PYTEST_XDIST_TESTRUNUID", f"alone-{os.getpid()}")
    folder = Path(tempfile.gettempdir()) / f"rowmill-tests-{run}" / name
    folder.mkdir(parents=True, exist_ok=True)
    # Open, and locked, as long as this process lives.
    fcntl.flock(os.open(folder / "users", os.O_RDWR | os.O_CREAT), fcntl.LOCK_SH)
    with (folder / "starting").open("w") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        told = folder / "told.json"
        if not told.exists():
            (folder / "data").mkdir()
            (folder / "start.json").write_text(json.dumps(start(folder / "data")))
            _guard(folder)
            _wait(told, folder / "guard.log")
        return json.loads(told.read_text())


def _guard(folder: Path) -> None:
    """Start the guard of a server, as a child of nobody: it outlives whoever starts it."""
    said = str(folder / "guard.log")
    path = f"{Path(__file__).parents[2]}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    begun = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "support.servers.guard", str(folder)],
        {**os.environ, "PYTHONPATH": path},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, said, os.O_WRONLY | os.O_CREAT, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    os.waitpid(begun, 0)


def _wait(told: Path, said: Path) -> None:
    end = time.monotonic() + 60
    while not told.exists():
        if time.monotonic() > end or (said.exists() and "Error" in said.read_text()):
            raise RuntimeError(f"a server did not start: {said.read_text()[-2000:]}")
        time.sleep(0.05)
