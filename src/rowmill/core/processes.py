"""What the system says about a process: whether it lives, since when, what it does, what it took; and about locks."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path

NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
"""What file systems say that have no locks."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process, or work in one, took."""

    peak_bytes: int
    """Largest memory."""
    cpu_seconds: float
    """User and system time."""


FREE = Cost(0, 0.0)
"""Of nothing."""


@dataclass(frozen=True, slots=True)
class Status:
    """A process as the kernel of Linux shows it."""

    state: str
    """One letter: R runs, S sleeps, D waits for a device, T is stopped, Z has ended."""
    cpu_ticks: int
    """User and system time so far."""
    started: str
    """When it started, in ticks since the machine did: with the number it names one process."""


def status(process: int) -> Status | None:
    """Return what a process does, None where there is none, or the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return Status(fields[0], int(fields[11]) + int(fields[12]), fields[19])


def lives(process: int, started: str = "") -> bool:
    """Return whether a process of this machine has not ended; ``started`` tells it from a later one of its number."""
    found = status(process)
    if found is not None:
        return found.state != "Z" and started in ("", found.started)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not Path("/proc/self/stat").exists()


def holding(path: Path) -> list[int]:
    """Return the processes that have a file open, as far as they may be looked at; none without ``/proc``."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if entry.samefile(path):
                found.append(int(entry.parts[2]))
        except OSError:
            continue
    return sorted(set(found) - {os.getpid()})
