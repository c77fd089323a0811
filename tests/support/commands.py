"""Commands in processes of their own, and what of them everybody on the machine can see."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path


def start(*words: str) -> subprocess.Popen[str]:
    """Begin a command, in a session of its own."""
    command = [sys.executable, "-m", "rowmill", *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, **pipes, text=True, start_new_session=True)


def words_until_the_end(command: subprocess.Popen[str]) -> set[str]:
    """Wait until a command ends; return the command lines of its processes."""
    seen = set()
    while command.poll() is None:
        seen |= {line for path in Path("/proc").glob("[0-9]*") if (line := _words(path, command.pid))}
        time.sleep(0.02)
    return seen


def _words(process: Path, session: int) -> str:
    """Return the command line of a process of a session; empty for others, and where it has ended."""
    try:
        if os.getsid(int(process.name)) != session:
            return ""
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode("latin-1")
    except OSError:
        return ""
