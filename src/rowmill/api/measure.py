"""What a command costs: wall time, CPU of all its processes, and the memory that they hold at once."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_SECONDS = 0.02
_KILOBYTE = 1024


@dataclass(frozen=True, slots=True)
class CommandCost:
    """What one command took."""

    wall_seconds: float
    cpu_seconds: float
    """User and system time of the process and all descendants that were waited for."""


def run(command: Sequence[str | Path]) -> CommandCost:
    """Run a command to its end and return its cost; RuntimeError with its last words if it fails."""
    with tempfile.TemporaryFile() as words:
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - its own words, no shell
            [str(word) for word in command], stdout=words, stderr=subprocess.STDOUT, env=_environment()
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            words.seek(0)
            raise RuntimeError(f"{command}: exit code {process.returncode}: {words.read().decode()[-2000:]}")
    return CommandCost(wall, usage.ru_utime + usage.ru_stime)


def _environment() -> dict[str, str]:
    """Return this process's environment, in which Python keeps compiled modules, as an installed package has them."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def peak_memory_mb(command: Sequence[str | Path]) -> float | None:
    """Return the largest sum of PSS over a command's process tree, MB of 10⁶ bytes; None where there is no /proc.

    PSS shares each page among the processes that map it, so that nothing is counted twice.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    with _sampled() as peak:
        run(command)
    return peak[0] * _KILOBYTE / 1e6


@contextmanager
def _sampled() -> Iterator[list[int]]:
    """Note the largest PSS of all descendants of this process, in KiB, as long as the context is open."""
    peak, over, own = [0], threading.Event(), os.getpid()

    def watch() -> None:
        while not over.wait(_SAMPLE_SECONDS):
            peak[0] = max(peak[0], sum(_pss(process) for process in _descendants(own)))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def _descendants(ancestor: int) -> set[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found, fresh = set[int](), {ancestor}
    while fresh:
        fresh = {process for process, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def _pss(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
