"""Opening files below a destination: no link is followed, nothing but a file is opened, and errors say what to do."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rowmill.core.errors import DestinationError, DiskError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_FILE = frozenset({errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EISDIR})
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG})
FILE_MODE, FOLDER_MODE = 0o664, 0o775
"""The umask takes its bits off; nothing is for the whole world to write, even where there is none."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the operating system says about a path into what the user can do about it.

    Raises:
        DiskError: the disk is full or fails.
        DestinationError: the path cannot be written.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in _FULL:
            raise DiskError(f"{path}: {reason}; free space there and run again with --resume") from error
        if error.errno == errno.ELOOP:
            raise DestinationError(
                f"{path}: is a link, or below one; remove it, links are not followed here"
            ) from error
        if error.errno == errno.EEXIST and (link := _dangling(path)) is not None:
            raise DestinationError(
                f"{link}: is a link to {link.readlink()}, which is not there; make that folder, or choose another one"
            ) from error
        if error.errno in _REFUSED:
            raise DestinationError(f"{path}: {reason}; choose a folder that you may write to") from error
        raise DiskError(f"{path}: {reason}; check the disk and run again with --resume") from error


def _dangling(path: Path) -> Path | None:
    """Return a link that leads nowhere on the way to a path; None where there is none."""
    return next((place for place in (path, *path.parents) if place.is_symlink() and not place.exists()), None)


def below(root: Path, path: str) -> Path:
    """Return a place below a folder.

    Raises:
        DestinationError: if it lies elsewhere, or the way to it leads over a link.
    """
    steps = path.split("/")
    if any(step in ("", ".", "..") or "\0" in step for step in steps):
        raise DestinationError(f"{root}: {path!r} does not lie there")
    place = root
    for step in steps[:-1]:
        place /= step
        if place.is_symlink():
            raise DestinationError(f"{place}: is a link; put the folder itself there, nothing below {root} is followed")
    return place / steps[-1]


def opened(path: Path, flags: int) -> int:
    """Return a handle of a file; OSError where that fails.

    Raises:
        DestinationError: if it is a link, a folder or a device.
    """
    try:
        # A pipe that nobody writes to would wait.
        handle = opener(str(path), flags | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in _NO_FILE:
            raise _no_file(path) from None
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _no_file(path)
    return handle


def _no_file(path: Path) -> DestinationError:
    kind = "a link" if path.is_symlink() else "no file"
    return DestinationError(f"{path}: is {kind}, where a run has a file of its own; remove it")


def opener(path: str, flags: int) -> int:
    """Open a name as ``open`` does, but never what a link at it leads to."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
