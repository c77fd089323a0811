"""A local folder: one folder a table, bookkeeping and unfinished files out of sight in ``_rowmill``.

Files of a run wait in ``_rowmill/<slice>/staging/<run>`` until they are published.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from rowmill.core.errors import DestinationError, DiskError
from rowmill.model.frame import Frame, frame_length
from rowmill.sinks import files
from rowmill.sinks.base import FileSpec, Layout, Stage, Written
from rowmill.sinks.opening import below, explained
from rowmill.sinks.publication import MARK, TableMove
from rowmill.sinks.registry import file_format
from rowmill.sinks.store import BOOKS, STAGING, FolderStore, is_folder, places

SUCCESS = "_SUCCESS"
_REPLACED = ".replaced"
_DROPPED = ".dropped"
_OPEN = ".open"
"""Folder of files that are being written: a table's folder of a stage holds complete ones alone."""


class DirectorySink:
    """Files in a local folder."""

    def __init__(self, location: str) -> None:
        self.location = location
        self._root = Path(location)
        self._books = self._root / BOOKS

    @property
    def store(self) -> FolderStore:
        """Return the bookkeeping of the destination."""
        return FolderStore(self._books)

    def claim(self) -> None:
        """Make the folder ready for bookkeeping.

        Raises:
            DestinationError: if it is a file, holds something else, or cannot be written.
        """
        places(self._root)
        if self._root.exists() and not self._root.is_dir():
            raise DestinationError(f"{self.location}: is a file; --out takes a folder")
        if self._root.is_dir() and not self._books.is_dir():
            with explained(self._root):
                foreign = next((p.name for p in self._root.iterdir() if not p.name.startswith(".")), None)
            if foreign is not None:
                raise DestinationError(
                    f"{self.location}: holds {foreign!r}, which no run wrote; choose an empty or a new folder"
                )
        files.refuse_long(self._root)
        files.make_folder(self._books)
        if not os.access(self._books, os.W_OK | os.X_OK):
            raise DestinationError(f"{self.location}: not writable; choose a folder that you may write to")

    def writer(self, stage: Stage, file: FileSpec, layout: Layout) -> DirectoryWriter:
        """Return a writer of one file of a stage."""
        below(self._root, file.path)
        return DirectoryWriter(self._staged(stage, _OPEN), self._staged(stage, file.path), file, layout)

    def stages(self) -> list[str]:
        """Return the slices that hold, or may hold, unpublished files of some run."""
        found = [p for p in places(self._root) if is_folder(p / STAGING)]
        return sorted(str(p.relative_to(self._books)).strip(".") for p in found)

    def begin(self, stage: Stage) -> None:
        """Open a stage."""
        files.make_folder(self._staged(stage, "x").parent)

    def staged(self, stage: Stage, path: str) -> int | None:
        """Return the bytes of an unpublished file, None if there is none."""
        return _size(self._staged(stage, path))

    def publish(self, stage: Stage, paths: Sequence[str], obsolete: Iterable[str]) -> None:
        """Move the files of a stage to their places, remove obsolete ones, mark success and drop the stage.

        Safe to repeat after a crash at any point. Files that are already in place stay, and so does what nobody names.
        Of each table, the folder changes at once where the file system can exchange two.

        Raises:
            IntegrityError: if a file is neither staged nor in place.
        """
        files.remove(self._books / SUCCESS)
        new, old = _by_table(paths), _by_table(obsolete)
        for table in sorted({*new, *old}):
            target = below(self._root, f"{table}/x").parent
            replaced = self._staged(stage, f"{_REPLACED}-{table}")
            TableMove(self._staged(stage, table), target, replaced, new[table], old[table]).carry_out()
        files.write_whole(self._books / SUCCESS, b"")
        self.drop(stage)

    def drop(self, stage: Stage) -> None:
        """Remove a stage with its unpublished files; those of all runs of the slice where no run is named.

        What is written there at the same time finds its folder gone, and no folder is emptied while it fills.
        """
        folder = self._staged(stage, "x").parent
        place = self._books / stage.slice
        if is_folder(folder):
            files.move_folder(folder, place / f"{_DROPPED}-{secrets.token_hex(8)}")
        for left in place.glob(f"{_DROPPED}-*"):
            files.remove_tree(left)
        if stage.run:
            files.remove_empty_folder(place / STAGING)
        if stage.slice:
            files.remove_empty_folder(place)

    def visible(self, table: str) -> dict[str, int]:
        """Return path and bytes of each published file of a table's folder, ours or not; of a link or a device 0.

        Raises:
            DestinationError: if the folder itself is a link.
        """
        top = below(self._root, f"{table}/x").parent
        found = (
            Path(folder, name)
            for folder, folders, names in os.walk(top, onerror=files.refuse_unseen)
            for name in (*names, *folders)
        )
        seen = ((place, place.lstat()) for place in found)
        return {
            place.relative_to(self._root).as_posix(): look.st_size if stat.S_ISREG(look.st_mode) else 0
            for place, look in seen
            if not (stat.S_ISDIR(look.st_mode) or place.name == MARK)
        }

    def leave(self, name: str, data: bytes) -> None:
        """Put a document beside the tables, whole or not at all, whatever was there."""
        files.write_whole(self._root / name, data)

    def open(self, path: str) -> BinaryIO:
        """Open a published file for reading; FileNotFoundError if there is none."""
        return files.open_file(below(self._root, path))

    def _staged(self, stage: Stage, path: str) -> Path:
        steps = (BOOKS, stage.slice, STAGING, stage.run, path)
        return below(self._root, "/".join(step for step in steps if step))


class DirectoryWriter:
    """One file of a stage: complete under a name of its own, then renamed."""

    def __init__(self, folder: Path, target: Path, file: FileSpec, layout: Layout) -> None:
        self._target = target
        self._path = file.path
        self._format = file_format(layout.format)
        self._rows = 0
        files.make_folder(folder)
        files.make_folder(target.parent)
        self._temporary = files.beside(folder / "x")
        self._handle = files.open_new(self._temporary)
        with explained(self._temporary):
            self._bytes = files.Checked(self._handle)
            self._encoder = self._format.encoder(cast(BinaryIO, self._bytes), file, layout)

    def write(self, frame: Frame) -> None:
        """Add rows; may keep them until a row group is full."""
        with explained(self._temporary):
            self._encoder.write(frame)
        self._rows += frame_length(frame)

    def close(self) -> Written:
        """Complete the file, check it, make it durable and give it its name."""
        with explained(self._temporary):
            self._encoder.finish()
        files.close_durably(self._handle)
        size = self._check()
        files.move(self._temporary, self._target)
        return Written(self._path, self._rows, size, self._bytes.checksum)

    def abort(self) -> None:
        """Drop the file; nothing of it remains."""
        self._encoder.discard()
        with suppress(OSError):
            self._handle.close()
        files.remove(self._temporary)

    def _check(self) -> int:
        with explained(self._temporary), self._temporary.open("rb") as handle:
            try:
                rows = self._format.count(handle)
            except ValueError as error:
                raise DiskError(f"{self._temporary}: does not read back: {error}; check the disk") from error
        if rows is not None and rows != self._rows:
            raise DiskError(f"{self._temporary}: reads back {rows} of {self._rows} rows; check the disk")
        with explained(self._temporary):
            size = self._temporary.stat().st_size
        if size != self._bytes.bytes:
            raise DiskError(f"{self._temporary}: is {size} bytes, {self._bytes.bytes} were written; check the disk")
        return size


def _size(path: Path) -> int | None:
    """Return the bytes of a file; None where there is none, or a link or a device."""
    try:
        look = path.lstat()
    except FileNotFoundError:
        return None
    return look.st_size if stat.S_ISREG(look.st_mode) else None


def _by_table(paths: Iterable[str]) -> defaultdict[str, set[str]]:
    """Return paths by their table, relative to its folder."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in paths:
        table, _, name = path.partition("/")
        found[table].add(name)
    return found
