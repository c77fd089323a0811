"""A Python program in a process that ends with this one, whatever ends it, and takes nothing of ours along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from rowmill.core.processes import FREE, Cost

_GUARD = """
import atexit, ctypes, os, resource, signal, sys, threading, time
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
def follow():
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
threading.Thread(target=follow, daemon=True).start()
def tell():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if sys.platform == "linux":
        with open("/proc/self/status") as told:
            peak = 1024 * next(int(line.split()[1]) for line in told if line.startswith("VmHWM"))
    os.write(COST, f"{peak} {time.process_time()}".encode())
atexit.register(tell)
"""
"""The program's standard input is a pipe that ends when we do; Linux tells it at once, even while it holds the lock.

What it cost it tells itself: Linux counts to the memory of a child what its parent had when it started it.
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    code: int
    said: str
    """Standard output and standard error."""
    cost: Cost
    """What it took; nothing where it was killed."""


@dataclass(frozen=True, slots=True)
class Python:
    """A Python to run programs with."""

    path: str = sys.executable
    own: bool = True
    """Whether it is the one that runs now; another one finds its packages by itself."""

    def environment(self) -> dict[str, str]:
        """Return the variables of this process that are the other one's too."""
        places = () if self.own else ("PYTHONPATH", "PYTHONHOME")
        return {name: value for name, value in os.environ.items() if name not in places}


def run_python(
    python: Python, code: str, arguments: Sequence[str], folder: Path, variables: Mapping[str, str]
) -> Ended:
    """Run Python code to its end in a folder; if that is waited for no longer, kill it with all that it started."""
    told, tells = os.pipe()
    with open(told, "rb", buffering=0) as cost, open(tells, "wb") as own_end:  # noqa: PTH123 - numbers, not names
        process = subprocess.Popen(  # noqa: S603 - our own words, no shell
            [python.path, "-c", f"COST = {tells}{_GUARD}{code}", *arguments],
            env={**python.environment(), **variables},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
            pass_fds=[tells],
        )
        own_end.close()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            said = process.stdout.read()
            return Ended(process.wait(), said, _cost(cost))
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.stdin.close()
            process.stdout.close()
            process.wait()


def _cost(told: FileIO) -> Cost:
    """Return what a program that has ended said that it cost; nothing where something it left behind might say it."""
    os.set_blocking(told.fileno(), False)
    words = (told.read(100) or b"").split()
    return Cost(int(words[0]), float(words[1])) if len(words) == 2 else FREE
