"""Durable operations on local files. Every byte that a run puts on a disk, moves or removes passes through here.

One module holds them all so that a crash can be tried at each of them in turn.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import xxhash

from rowmill.core.errors import DestinationError, DiskError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
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


def open_new(path: Path) -> BinaryIO:
    """Open a file for writing, emptied if it exists."""
    with explained(path):
        return path.open("wb")


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
    """Return the content of a file, None if there is none."""
    with explained(path):
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None


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
    with explained(path), path.open("ab") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())


def ends_with(path: Path, mark: bytes) -> bool:
    """Return whether a file ends with a byte; True where there is no file, or nothing in it."""
    with explained(path):
        try:
            with path.open("rb") as handle:
                if handle.seek(0, os.SEEK_END) == 0:
                    return True
                handle.seek(-1, os.SEEK_END)
                return handle.read(1) == mark
        except FileNotFoundError:
            return True


def shorten(path: Path, size: int) -> None:
    """Cut a file to a size."""
    with explained(path):
        os.truncate(path, size)


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
    """Remove a folder with all it holds; nothing happens where there is none."""
    with explained(path), suppress(FileNotFoundError):
        shutil.rmtree(path)


def _write_beside(path: Path, data: bytes) -> Path:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with explained(path), temporary.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    return temporary
