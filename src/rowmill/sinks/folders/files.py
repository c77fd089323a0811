"""Durable operations on local files. Every byte that a run puts on a disk, moves or removes passes through here.

One module holds them all so that a crash can be tried at each of them in turn.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO

import xxhash

from rowmill.core.errors import DestinationError, UsageError
from rowmill.core.undoing import undone
from rowmill.sinks.folders.opening import FOLDER_MODE, explained, opened, opener
from rowmill.sinks.folders.unnamed import beside, removed

MOST_BYTES = 1 << 29
"""Largest document that is read: a record of some 1.5 million files."""
_NOT_POSSIBLE = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM, errno.EACCES})
"""What file systems say of operations that they do not have."""
_PATH_BYTES, _BELOW_BYTES = 4_095, 500
"""Longest path that the system takes; what folders and names below a destination may take of it."""


def make_folder(path: Path) -> None:
    """Make a folder and those above it, never for the whole world to write; nothing happens where it exists."""
    with explained(path):
        try:
            _make_folders(path)
        except FileNotFoundError:
            # Where even a folder's parents cannot be made, no folder can: /proc, a dead mount.
            raise DestinationError(f"{path}: cannot be made there; choose a folder that you may write to") from None


def sync_folder(path: Path) -> None:
    """Make the entries of a folder survive a power loss."""
    with explained(path):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        except OSError as error:
            # Some file systems cannot sync a folder; they keep entries in order, or nobody can.
            if error.errno not in _NOT_POSSIBLE:
                raise
        finally:
            os.close(handle)


def open_new(path: Path) -> BinaryIO:
    """Open a file for writing that nobody else has: no name that exists is followed or emptied."""
    with explained(path):
        return open(path, "xb", opener=opener)


def open_lock(path: Path, *, make: bool = True) -> io.FileIO:
    """Open a file to be locked, made unless it is there; nothing in it changes.

    Raises:
        DestinationError: if it is a link, a folder or a device.
        DiskError: if it is not there and shall not be made.
    """
    with explained(path):
        return io.FileIO(opened(path, os.O_RDWR | os.O_CREAT if make else os.O_RDWR), "r+")


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading; OSError where that fails.

    Raises:
        DestinationError: if it is a link, a folder or a device.
        UsageError: without the right to read it.
    """
    try:
        raw = io.FileIO(opened(path, os.O_RDONLY))
    except PermissionError as error:
        raise _unreadable(path, error) from error
    # By it Arrow's threads find the file: they may not hold one of Python.
    raw.name = str(path)
    return io.BufferedReader(raw)


def refuse_unseen(error: OSError) -> None:
    """Refuse a folder that may not be looked into, for ``os.walk``; one that is not there has nothing in it.

    Raises:
        UsageError: without the right to read it.
    """
    if isinstance(error, PermissionError):
        raise _unreadable(error.filename, error) from error


def refuse_long(root: Path) -> None:
    """Refuse a destination whose path leaves no room for the names below it.

    Raises:
        DestinationError: saying how long it is.
    """
    length = len(os.fsencode(root.absolute()))
    if length > _PATH_BYTES - _BELOW_BYTES:
        raise DestinationError(
            f"{str(root)[:40]}…: a path of {length:,} bytes; the system takes {_PATH_BYTES:,} with all that lies below "
            f"it, so choose one of {_PATH_BYTES - _BELOW_BYTES:,} at most"
        )


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
    with _written_beside(path, data) as temporary:
        move(temporary, path)


def create(path: Path, data: bytes) -> bool | None:
    """Write a small file unless it exists, whole or not at all.

    Returns:
        Whether it was written; None where the disk gives no file a second name, so that this cannot be done.
    """
    with _written_beside(path, data) as temporary, explained(path):
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NOT_POSSIBLE | {errno.EMLINK}:
                raise
            return None
    sync_folder(path.parent)
    return True


def claim(path: Path, data: bytes) -> bool:
    """Write a small file unless it exists, on any disk; return whether it was written.

    Where files have no second names, the name is claimed with an empty file first: so a crash can leave one.
    """
    made = create(path, data)
    if made is None:
        with _written_beside(path, data) as temporary, explained(path):
            try:
                os.close(opener(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return False
            temporary.replace(path)
        sync_folder(path.parent)
    return made is not False


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


def remove_empty_folder(path: Path) -> bool:
    """Remove a folder if it is empty; return whether it was."""
    try:
        path.rmdir()
    except OSError:
        return False
    return True


def remove_tree(path: Path) -> None:
    """Remove a folder with all it holds, a link alone; nothing happens where there is none."""
    with explained(path), suppress(FileNotFoundError):
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)


def _unreadable(path: str | Path, error: OSError) -> UsageError:
    return UsageError(f"{path}: {error.strerror}; it takes the right to read it and to enter the folders above it")


def _make_folders(path: Path) -> None:
    try:
        path.mkdir(FOLDER_MODE, exist_ok=True)
    except FileNotFoundError:
        _make_folders(path.parent)
        path.mkdir(FOLDER_MODE, exist_ok=True)


@contextmanager
def _written_beside(path: Path, data: bytes) -> Iterator[Path]:
    """Yield a file of that content under a name of its own, which is free again at the end."""
    temporary = beside(path)
    with undone(partial(removed, temporary)):
        with explained(path), open_new(temporary) as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        yield temporary
