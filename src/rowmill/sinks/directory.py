"""A local folder: one folder a table, bookkeeping and unfinished files out of sight in ``_rowmill``.

Files of a stage wait in ``_rowmill/<stage>/staging`` and are renamed into the tables' folders when they are published,
a whole table at once where its folder is new or wholly replaced.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from rowmill.core.errors import DestinationError, DiskError
from rowmill.model.frame import Frame, frame_length
from rowmill.sinks import files, locks
from rowmill.sinks.base import FileSpec, Layout, Written
from rowmill.sinks.registry import file_format

BOOKS = "_rowmill"
SUCCESS = "_SUCCESS"
_STAGING = "staging"
_REPLACED = ".replaced"
_DOCUMENTS = (".json", ".jsonl")


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
        if self._root.exists() and not self._root.is_dir():
            raise DestinationError(f"{self.location}: is a file; --out takes a folder")
        if self._root.is_dir() and not self._books.is_dir():
            with files.explained(self._root):
                foreign = next((p.name for p in self._root.iterdir() if not p.name.startswith(".")), None)
            if foreign is not None:
                raise DestinationError(
                    f"{self.location}: holds {foreign!r}, which no run wrote; choose an empty or a new folder"
                )
        files.make_folder(self._books)
        if not os.access(self._books, os.W_OK | os.X_OK):
            raise DestinationError(f"{self.location}: not writable; choose a folder that you may write to")

    def writer(self, stage: str, file: FileSpec, layout: Layout) -> DirectoryWriter:
        """Return a writer of one file of a stage."""
        return DirectoryWriter(self._stage(stage) / file.path, file, layout)

    def stages(self) -> list[str]:
        """Return the names of the stages that hold, or may hold, unpublished files."""
        if not self._books.is_dir():
            return []
        found = [p for p in (self._books, *self._books.iterdir()) if (p / _STAGING).is_dir()]
        return sorted(str(p.relative_to(self._books)).strip(".") for p in found)

    def begin(self, stage: str) -> None:
        """Open a stage."""
        files.make_folder(self._stage(stage))

    def staged(self, stage: str, path: str) -> int | None:
        """Return the bytes of an unpublished file, None if there is none."""
        return _size(self._stage(stage) / path)

    def publish(self, stage: str, paths: Sequence[str], obsolete: Iterable[str]) -> None:
        """Move the files of a stage to their places, remove obsolete ones, mark success and drop the stage.

        Safe to repeat after a crash at any point. Files that are already in place stay.

        Raises:
            DiskError: if a file is neither staged nor in place.
        """
        gone = set(obsolete) - set(paths)
        files.remove(self._books / SUCCESS)
        for table, members in itertools.groupby(sorted(paths), key=_table):
            self._publish_table(stage, table, list(members), gone)
        for path in sorted(gone):
            files.remove(self._root / path)
            self._remove_empty_above(self._root / path)
        files.write_whole(self._books / SUCCESS, b"")
        self.drop(stage)

    def drop(self, stage: str) -> None:
        """Remove a stage with its unpublished files."""
        files.remove_tree(self._stage(stage))
        if stage:
            files.remove_empty_folder(self._books / stage)

    def visible(self, table: str) -> dict[str, int]:
        """Return path and bytes of each published file of a table's folder, ours or not."""
        folder = self._root / table
        found = (p for p in folder.rglob("*") if p.is_file()) if folder.is_dir() else ()
        return {p.relative_to(self._root).as_posix(): p.stat().st_size for p in found}

    def leave(self, name: str, data: bytes) -> None:
        """Put a document beside the tables, whole or not at all, whatever was there."""
        files.write_whole(self._root / name, data)

    def open(self, path: str) -> BinaryIO:
        """Open a published file for reading; FileNotFoundError if there is none."""
        return (self._root / path).open("rb")

    def _stage(self, stage: str) -> Path:
        return self._books / stage / _STAGING

    def _publish_table(self, stage: str, table: str, paths: list[str], gone: set[str]) -> None:
        source, target = self._stage(stage) / table, self._root / table
        waiting = [path for path in paths if (self._stage(stage) / path).exists()]
        whole = len(waiting) == len(paths)
        if whole and set(self.visible(table)) <= gone | set(paths):
            self._remove_strays(source, {self._stage(stage) / path for path in paths})
            if target.exists():
                replaced = self._stage(stage) / f"{_REPLACED}-{table}"
                files.remove_tree(replaced)
                files.move_folder(target, replaced)
            files.move_folder(source, target)
            waiting = []
        for path in waiting:
            files.make_folder((self._root / path).parent)
            files.move(self._stage(stage) / path, self._root / path)
        missing = [path for path in paths if not (self._root / path).exists()]
        if missing:
            raise DiskError(f"{self.location}: {missing[0]} is gone, unpublished; run again with --overwrite")

    def _remove_strays(self, folder: Path, wanted: set[Path]) -> None:
        """Remove what a killed worker left behind, so that a folder can be shown as it is."""
        for path in sorted(folder.rglob("*"), reverse=True):
            if path.is_dir():
                files.remove_empty_folder(path)
            elif path not in wanted:
                files.remove(path)

    def _remove_empty_above(self, path: Path) -> None:
        folder = path.parent
        while folder != self._root:
            files.remove_empty_folder(folder)
            folder = folder.parent


class DirectoryWriter:
    """One file of a stage: complete under a name of its own, then renamed."""

    def __init__(self, target: Path, file: FileSpec, layout: Layout) -> None:
        self._target = target
        self._path = file.path
        self._format = file_format(layout.format)
        self._rows = 0
        files.make_folder(target.parent)
        self._temporary = files.beside(target)
        self._handle = files.open_new(self._temporary)
        with files.explained(self._temporary):
            self._bytes = files.Checked(self._handle)
            self._encoder = self._format.encoder(cast(BinaryIO, self._bytes), file, layout)

    def write(self, frame: Frame) -> None:
        """Add rows; may keep them until a row group is full."""
        with files.explained(self._temporary):
            self._encoder.write(frame)
        self._rows += frame_length(frame)

    def close(self) -> Written:
        """Complete the file, check it, make it durable and give it its name."""
        with files.explained(self._temporary):
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
        with files.explained(self._temporary), self._temporary.open("rb") as handle:
            try:
                rows = self._format.count(handle)
            except ValueError as error:
                raise DiskError(f"{self._temporary}: does not read back: {error}; check the disk") from error
        if rows is not None and rows != self._rows:
            raise DiskError(f"{self._temporary}: reads back {rows} of {self._rows} rows; check the disk")
        size = self._temporary.stat().st_size
        if size != self._bytes.bytes:
            raise DiskError(f"{self._temporary}: is {size} bytes, {self._bytes.bytes} were written; check the disk")
        return size


class FolderStore:
    """Small documents in ``_rowmill``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        """Return a document, None if there is none."""
        return files.read(self._folder / name)

    def list(self) -> list[str]:
        """Return the names of all documents, sorted."""
        if not self._folder.is_dir():
            return []
        places = (self._folder, *(p for p in self._folder.iterdir() if p.is_dir() and p.name != _STAGING))
        found = (p for place in places for p in place.iterdir() if p.suffix in _DOCUMENTS and p.name[0] != ".")
        return sorted(p.relative_to(self._folder).as_posix() for p in found)

    def create(self, name: str, data: bytes) -> bool:
        """Write a document unless it exists, whole or not at all; return whether it was written."""
        path = self._folder / name
        files.make_folder(path.parent)
        return files.create(path, data)

    def replace(self, name: str, data: bytes) -> None:
        """Write a document whole or not at all, whatever was there."""
        path = self._folder / name
        files.make_folder(path.parent)
        files.write_whole(path, data)

    def append(self, name: str, line: bytes) -> None:
        """Add one line and make it durable; a line that an earlier crash tore off is removed first."""
        path = self._folder / name
        if not files.ends_with(path, b"\n"):
            files.shorten(path, (files.read(path) or b"").rfind(b"\n") + 1)
        files.append(path, line)

    def delete(self, name: str) -> None:
        """Remove a document; nothing happens where there is none."""
        files.remove(self._folder / name)

    @contextmanager
    def lock(self, name: str, *, wait: bool = False) -> Iterator[bool]:
        """Hold a name against other processes of this machine; yields False where another one holds it."""
        path = self._folder / f"{name}.lock"
        with locks.lock(path, wait=wait) as held:
            yield held
        if held and path.parent != self._folder:
            files.remove_empty_folder(path.parent)

    def lock_holder(self, name: str) -> str | None:
        """Return who holds a name, in words such as ``process 4711``; None where that cannot be told."""
        return locks.holder(self._folder / f"{name}.lock")


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _table(path: str) -> str:
    return path.partition("/")[0]
