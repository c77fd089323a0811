"""Locks between processes: the system's own, which end with their holder, or a file where the disk has none.

A lock file says who holds it: process, start of the process, and machine. The system's lock is what counts. Network
and foreign file systems may have no locks: there a second file is the lock, which exists as long as it is held; one
left behind by a process of this machine that has ended is removed.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rowmill.core.errors import RowmillError
from rowmill.core.logs import log
from rowmill.core.processes import NO_LOCKS, holding, lives, status
from rowmill.sinks.folders import files
from rowmill.sinks.folders.making import in_folder
from rowmill.sinks.folders.opening import explained

_log = log(__name__)

_POLL_SECONDS = 0.05
_SIZE = 1_000
"""Bytes of a lock file that are looked at."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock."""

    process: int
    started: str
    machine: str

    @property
    def here(self) -> bool:
        """Return whether it is, or was, a process of this machine."""
        return self.machine == socket.gethostname()

    @property
    def ended(self) -> bool:
        """Return whether it is known to have ended."""
        return self.here and not lives(self.process, self.started)

    def __str__(self) -> str:
        return f"process {self.process}" + ("" if self.here else f" on {self.machine}")


@contextmanager
def lock(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold a file against other processes; yields False where another one holds it, and does not wait for it."""
    release = _acquired(path, wait=wait)
    if release is None:
        yield False
        return
    try:
        yield True
    finally:
        # One that cannot be removed keeps nobody out: its holder has ended.
        with suppress(RowmillError):
            release()


def holder(path: Path) -> str | None:
    """Return who holds a lock, in words: ``process 4711``; None where that cannot be told."""
    for place in (_substitute(path), path):
        found = _read(place)
        if found is not None and not found.ended:
            return str(found)
    # What a driver that was killed leaves behind holds its lock too, until it has ended.
    left = holding(path)
    return f"process {left[0]}" if left else None


def _acquired(path: Path, *, wait: bool) -> Callable[[], None] | None:
    """Return how to let go of a lock, None where another process holds it."""
    while True:
        handle = in_folder(path, lambda: files.open_lock(path))
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if isinstance(error, BlockingIOError):
                return None
            if error.errno not in NO_LOCKS:
                with explained(path):
                    raise
            return _file_acquired(path, wait=wait)
        with suppress(FileNotFoundError):
            # The last holder may have removed the file while this process waited: others would then lock a new one.
            if os.path.samestat(os.fstat(handle), path.stat()):
                break
        os.close(handle)
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.write(handle, _me())

    def release() -> None:
        try:
            files.remove(path)
        finally:
            os.close(handle)

    return release


def _file_acquired(path: Path, *, wait: bool) -> Callable[[], None] | None:
    """Do the same where there are no locks: who creates the file holds it."""
    place = _substitute(path)
    while not (files.claim(place, _me()) and _stays_mine(place)):
        found = _read(place)
        if found is not None and found.ended:
            _break(place, found)
        elif not wait:
            return None
        else:
            time.sleep(_POLL_SECONDS)

    def release() -> None:
        files.remove(path)
        files.remove(place)

    return release


def _stays_mine(place: Path) -> bool:
    """Return whether a lock file just created is not taken away by somebody who breaks one that was there before."""
    time.sleep(_POLL_SECONDS / 5)
    return files.read(place) == _me()


def _break(place: Path, stale: Holder) -> None:
    """Remove the lock of a process that has ended, unless somebody did and holds it now."""
    aside = files.beside(place)
    with suppress(FileNotFoundError):
        place.rename(aside)
        if _read(aside) == stale:
            files.remove(aside)
            _log.warning(
                "lock_broken",
                f"{place}: broke the lock of {stale}, which has ended",
                place=str(place),
                holder=str(stale),
            )
        else:
            aside.rename(place)


def _substitute(path: Path) -> Path:
    return path.with_name(f"{path.name}ed")


def _me() -> bytes:
    found = status(os.getpid())
    return f"{os.getpid()} {found.started if found else '-'} {socket.gethostname()}\n".encode()


def _read(place: Path) -> Holder | None:
    """Return what a lock file says, None where there is none or it says nothing."""
    try:
        words = place.read_bytes()[:_SIZE].decode("utf-8", "replace").split()
    except OSError:
        return None
    if len(words) != 3 or not words[0].isdecimal():
        return None
    return Holder(int(words[0]), "" if words[1] == "-" else words[1], words[2])
