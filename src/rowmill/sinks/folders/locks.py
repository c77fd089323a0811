"""Locks between processes: the system's own, which end with their holder, or a file where the disk has none.

A lock file says who holds it: process, start of the process, and machine. The system's lock is what counts. Network
and foreign file systems may have no locks: there a second file is the lock, which exists as long as it is held; one
left behind by a process of this machine that has ended is removed.
"""

from __future__ import annotations

import fcntl
import io
import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rowmill.core.errors import RowmillError
from rowmill.core.logs import log
from rowmill.core.processes import NO_LOCKS, holding, lives, status
from rowmill.core.undoing import undone
from rowmill.sinks.folders import files
from rowmill.sinks.folders.making import in_folder
from rowmill.sinks.folders.opening import explained
from rowmill.sinks.folders.unnamed import beside

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
    taken = _Lock(path)
    with undone(taken.let_go):
        yield taken.take(wait=wait)


def holder(path: Path) -> str | None:
    """Return who holds a lock, in words: ``process 4711``; None where that cannot be told."""
    for place in (_substitute(path), path):
        found = _read(place)
        if found is not None and not found.ended:
            return str(found)
    # What a driver that was killed leaves behind holds its lock too, until it has ended.
    left = holding(path)
    return f"process {left[0]}" if left else None


class _Lock:
    """A lock that may be taken, and is let go of in any case."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: io.FileIO | None = None
        self._substituted = False

    def take(self, *, wait: bool) -> bool:
        """Take the lock; return False where another process holds it."""
        while True:
            self._handle = in_folder(self._path, lambda: files.open_lock(self._path))
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            except OSError as error:
                if error.errno not in NO_LOCKS:
                    with explained(self._path):
                        raise
                self._substituted = _file_taken(_substitute(self._path), wait=wait)
                return self._substituted
            # The last holder may have removed the file while this process waited: others would then lock a new one.
            if self._is_in_place(self._handle):
                break
            self._handle.close()
        with suppress(OSError):
            os.ftruncate(self._handle.fileno(), 0)
            os.write(self._handle.fileno(), _me())
        return True

    def let_go(self) -> None:
        """Let go of what was taken. Who can lock the file is who may remove it."""
        # One that cannot be removed keeps nobody out: its holder has ended.
        with suppress(RowmillError):
            if self._handle is None or self._handle.closed:
                # Where opening was interrupted, the file may be there.
                self._handle = files.open_lock(self._path, make=False)
            with suppress(OSError), closing(self._handle):
                if not self._substituted:
                    fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_in_place(self._handle):
                    files.remove(self._path)
            if self._substituted:
                files.remove(_substitute(self._path))

    def _is_in_place(self, handle: io.FileIO) -> bool:
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(handle.fileno()), self._path.stat())
        return False


def _file_taken(place: Path, *, wait: bool) -> bool:
    """Do the same where there are no locks: who creates the file holds it."""
    while not (files.claim(place, _me()) and _stays_mine(place)):
        found = _read(place)
        if found is not None and found.ended:
            _break(place, found)
        elif not wait:
            return False
        else:
            time.sleep(_POLL_SECONDS)
    return True


def _stays_mine(place: Path) -> bool:
    """Return whether a lock file just created is not taken away by somebody who breaks one that was there before."""
    time.sleep(_POLL_SECONDS / 5)
    return files.read(place) == _me()


def _break(place: Path, stale: Holder) -> None:
    """Remove the lock of a process that has ended, unless somebody did and holds it now."""
    aside = beside(place)

    def settle() -> None:
        with suppress(FileNotFoundError):
            if _read(aside) != stale:
                aside.rename(place)
                return
            files.remove(aside)
            said = f"{place}: broke the lock of {stale}, which has ended"
            _log.warning("lock_broken", said, place=str(place), holder=str(stale))

    with undone(settle), suppress(FileNotFoundError):
        place.rename(aside)


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
