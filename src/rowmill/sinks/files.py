"""Durable operations on local files. Every byte that a run puts on a disk, moves or removes passes through here.

One module holds them all so that a crash can be tried at each of them in turn.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import xxhash

from rowmill.core.errors import DestinationError, DiskError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_REFUSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG})
_NOT_POSSIBLE = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM, errno.EACCES})
"""What file systems say of operations that they do not have."""
_SAFE = os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_MODE, _FOLDER_MODE = 0o664, 0o775
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
        if error.errno in _REFUSED:
            raise DestinationError(f"{path}: {reason}; choose a folder that you may write to") from error
        raise DiskError(f"{path}: {reason}; check the disk and run again with --resume") from error


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


def beside(path: Path) -> Path:
    """Return an unused hidden name in a path's folder, never longer than the longest name that a file may have."""
    return path.with_name(f".{os.getpid()}-{secrets.token_hex(8)}")


def open_new(path: Path) -> BinaryIO:
    """Open a file for writing that nobody else has: no name that exists is followed or emptied."""
    with explained(path):
        return open(path, "xb", opener=_opener)


def open_lock(path: Path) -> int:
    """Return a handle of a file that is made unless it is there; what it holds stays, and no link is followed."""
    with explained(path):
        return os.open(path, os.O_RDWR | os.O_CREAT | _SAFE, _FILE_MODE)


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
        except OSError as error:
            if error.errno not in _NOT_POSSIBLE | {errno.EMLINK}:
                raise
            if not _create_without_links(path, temporary):
                return False
        finally:
            temporary.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def append(path: Path, data: bytes) -> None:
    """Add bytes to the end of a file and make them durable."""
    with explained(path), open(path, "ab", opener=_opener) as handle:
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


def _create_without_links(path: Path, temporary: Path) -> bool:
    """Give a complete file a name unless it is taken: claim the name with an empty file, then replace that.

    A crash in between leaves an empty document, which readers take for none.
    """
    try:
        os.close(_opener(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    temporary.replace(path)
    return True


def _make_folders(path: Path) -> None:
    try:
        path.mkdir(_FOLDER_MODE, exist_ok=True)
    except FileNotFoundError:
        _make_folders(path.parent)
        path.mkdir(_FOLDER_MODE, exist_ok=True)


def _opener(path: str, flags: int) -> int:
    return os.open(path, flags | _SAFE, _FILE_MODE)


def _write_beside(path: Path, data: bytes) -> Path:
    temporary = beside(path)
    with explained(path), open_new(temporary) as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    return temporary
