"""A Python program in a process that ends with this one, whatever ends it, and takes nothing of ours along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rowmill.core.processes import Cost, wait_for

_GUARD = """
import ctypes, os, signal, sys, threading
signal.signal(signal.SIGCHLD, signal.SIG_DFL)
def follow():
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
threading.Thread(target=follow, daemon=True).start()
"""
"""The program's standard input is a pipe that ends when we do; Linux tells it at once, even while it holds the lock."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended."""

    code: int
    said: str
    """Standard output and standard error."""
    cost: Cost


def run_python(code: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run Python code to its end in a folder; if that is waited for no longer, kill it with all that it started."""
    process = subprocess.Popen(  # noqa: S603 - our own words, no shell
        [sys.executable, "-c", _GUARD + code, *arguments],
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        process_group=0,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        said = process.stdout.read()
        cost = wait_for(process)
        return Ended(process.returncode, said, cost)
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.stdin.close()
        process.stdout.close()
        process.wait()
