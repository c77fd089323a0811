"""Folders for what a command keeps aside while it works, below ``TMPDIR``; the one way to have one.

A folder is locked as long as its process lives. One that was left behind by a process that was killed is removed by
whoever asks for a folder next.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rowmill.core.errors import DiskError, RowmillError

_PREFIX = "rowmill-scratch-"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
NO_SPACE = "No space left on device"
"""What libraries and other programs say of a full disk."""
_ROOM = 1 << 20
"""Bytes below which a disk that somebody stumbled over is called full."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder that nobody else may read, and remove it at the end, however that comes.

    Raises:
        DiskError: if the disk that it lies on is full, naming what to do.
    """
    place = scratch_place()
    with full_scratch_named(place):
        _sweep(place)
        folder, handle = _made()
    try:
        # What fills the disk is seen before it goes.
        with full_scratch_named(place):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


@contextmanager
def full_scratch_named(place: Path) -> Iterator[None]:
    """Turn what comes of a full disk for temporary files into what to do about it.

    Raises:
        DiskError: naming the folder.
    """
    try:
        yield
    except Exception as error:
        said_well = isinstance(error, RowmillError) and type(error) is not RowmillError
        if said_well or not _is_full(error, place):
            raise
        raise DiskError(
            f"{place}: no space left for temporary files; free space there, or name another folder with TMPDIR"
        ) from error


def scratch_place() -> Path:
    """Return the folder in which temporary files lie; DiskError where there is none with room."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError as error:
        raise DiskError(f"{error.strerror}; free space there, or name another folder with TMPDIR") from error


def _is_full(error: Exception, place: Path) -> bool:
    """Return whether an error came of a full disk: libraries have their own errors, and dbt many words for it."""
    if (isinstance(error, OSError) and error.errno in _FULL) or NO_SPACE in str(error):
        return True
    with suppress(OSError):
        found = os.statvfs(place)
        return found.f_bavail * found.f_frsize < _ROOM
    return False


def _made() -> tuple[Path, int]:
    """Return a new folder and the handle that holds it; one that a sweep took in between is made again."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        with suppress(FileNotFoundError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            if _held(handle) is not False and folder.exists():
                return folder, handle
            os.close(handle)


def _held(handle: int) -> bool | None:
    """Return whether a folder could be locked, None where there are no locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _sweep(place: Path) -> None:
    """Remove the folders of this user that no process holds."""
    for folder in place.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if os.fstat(handle).st_uid == os.geteuid() and _held(handle):
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(handle)
