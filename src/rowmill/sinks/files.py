"""Durable operations on local files. Every byte that a run puts on a disk, moves or removes passes through here.

One module holds them all so that a crash can be tried at each of them in turn.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

import xxhash

from rowmill.core.errors import DestinationError, DiskError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
MOST_BYTES = 1 << 29
"""Largest document that is read: a record of some 1.5 million files."""
_NO_FILE = frozenset({errno.ELOOP, errno.EMLINK, errno.ENXIO, errno.EISDIR})
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG})


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
        if error.errno in _REFUSED:
            raise DestinationError(f"{path}: {reason}; choose a folder that you may write to") from error
        raise DiskError(f"{path}: {reason}; check the disk and run again with --resume") from error


def make_folder(path: Path) -> None:
    """Make a folder and those above it; nothing happens where it exists."""
    with explained(path):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError:
            # Where even a folder's parents cannot be made, no folder can: /proc, a dead mount.
            raise DestinationError(f"{path}: cannot be made there; choose a folder that you may write to") from None


def sync_folder(path: Path) -> None:
    """Make the entries of a folder survive a power loss."""
    with explained(path):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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


def open_new(path: Path) -> BinaryIO:
    """Open a new file for writing; what a killed process left under its name goes."""
    with explained(path):
        path.unlink(missing_ok=True)
        return path.open("xb")


def open_lock(path: Path) -> BinaryIO:
    """Open a file to be locked, made if there is none; nothing in it changes.

    Raises:
        DestinationError: if it is a link, a folder or a device.
    """
    with explained(path):
        return _opened(path, os.O_RDWR | os.O_CREAT, "r+b")


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading; OSError where that fails.

    Raises:
        DestinationError: if it is a link, a folder or a device.
    """
    return _opened(path, os.O_RDONLY, "rb")


def _opened(path: Path, flags: int, mode: str) -> BinaryIO:
    try:
        # A pipe that nobody writes to would wait.
        handle = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno in _NO_FILE:
            raise _no_file(path) from None
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _no_file(path)
    return cast(BinaryIO, os.fdopen(handle, mode))


def _no_file(path: Path) -> DestinationError:
    kind = "a link" if path.is_symlink() else "no file"
    return DestinationError(f"{path}: is {kind}, where a run has a file of its own; remove it")


class Checked:
    """A file open for writing that knows the checksum of what was written to it."""

    def __init__(self, handle: BinaryIO) -> None:
        self._handle = handle
        self._hash = xxhash.xxh3_128()
        self.bytes = 0

    @property
    def closed(self) -> bool:
        """Return whether the file is closed."""
        return self._handle.closed

    @property
    def checksum(self) -> str:
        """Return XXH3-128 of the bytes so far, 32 hexadecimal digits."""
        return self._hash.hexdigest()

    def write(self, data: bytes) -> int:
        """Write bytes."""
        self._hash.update(data)
        written = self._handle.write(data)
        self.bytes += written
        return written

    def flush(self) -> None:
        """Leave flushing to the end of the file."""

    def close(self) -> None:
        """Leave closing to whoever opened the file."""


def checksum(handle: BinaryIO) -> str:
    """Return XXH3-128 of all bytes of an open file, 32 hexadecimal digits; it is left at its start."""
    state = xxhash.xxh3_128()
    while chunk := handle.read(1 << 20):
        state.update(chunk)
    handle.seek(0)
    return state.hexdigest()


def close_durably(handle: BinaryIO) -> None:
    """Flush a file to the disk and close it."""
    with explained(Path(handle.name)):
        handle.flush()
        os.fsync(handle.fileno())
        handle.close()


def read(path: Path) -> bytes | None:
    """Return the content of a small file, None if there is none.

    Raises:
        DestinationError: if it is none, or larger than any that a run writes.
    """
    with explained(path):
        try:
            with open_file(path) as handle:
                size = os.fstat(handle.fileno()).st_size
                if size <= MOST_BYTES:
                    return handle.read()
        except (FileNotFoundError, NotADirectoryError):
            return None
    raise DestinationError(f"{path}: {size:,} bytes; no run writes so much there, restore it from a copy")


def write_whole(path: Path, data: bytes) -> None:
    """Replace a small file: readers see the old content or the new, never a mixture."""
    temporary = _write_beside(path, data)
    move(temporary, path)


def create(path: Path, data: bytes) -> bool:
    """Write a small file unless it exists, whole or not at all; return whether it was written."""
    temporary = _write_beside(path, data)
    with explained(path):
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        finally:
            temporary.unlink()
    sync_folder(path.parent)
    return True


def append(path: Path, data: bytes) -> None:
    """Add bytes to the end of a file and make them durable."""
    with explained(path), _opened(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, "ab") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


def ends_with(path: Path, mark: bytes) -> bool:
    """Return whether a file ends with a byte; True where there is no file, or nothing in it."""
    with explained(path):
        try:
            with open_file(path) as handle:
                if handle.seek(0, os.SEEK_END) == 0:
                    return True
                handle.seek(-1, os.SEEK_END)
                return handle.read(1) == mark
        except FileNotFoundError:
            return True


def shorten(path: Path, size: int) -> None:
    """Cut a file to a size."""
    with explained(path), _opened(path, os.O_RDWR, "r+b") as handle:
        os.ftruncate(handle.fileno(), size)


def move(source: Path, target: Path) -> None:
    """Rename a file, replacing the target; durable on return."""
    with explained(target):
        source.replace(target)
    sync_folder(target.parent)


def move_folder(source: Path, target: Path) -> None:
    """Rename a folder to a name that is free; durable on return."""
    with explained(target):
        source.rename(target)
    sync_folder(target.parent)


def remove(path: Path) -> None:
    """Remove a file; nothing happens where there is none."""
    with explained(path), suppress(FileNotFoundError):
        path.unlink()


def remove_empty_folder(path: Path) -> None:
    """Remove a folder if it is empty."""
    with suppress(OSError):
        path.rmdir()


def remove_tree(path: Path) -> None:
    """Remove a folder with all it holds, a link alone; nothing happens where there is none."""
    with explained(path), suppress(FileNotFoundError):
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)


def _write_beside(path: Path, data: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with open_new(temporary) as handle, explained(path):
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    return temporary
