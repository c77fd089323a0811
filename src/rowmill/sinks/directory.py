"""A local folder: one folder a table, bookkeeping and unfinished files out of sight in ``_rowmill``.

Files of a stage wait in ``_rowmill/<stage>/staging`` and are renamed into the tables' folders when they are published,
a whole table at once where its folder is new or wholly replaced.
"""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

from rowmill.core.errors import DestinationError, DiskError, IntegrityError
from rowmill.model.frame import Frame, frame_length
from rowmill.sinks import files, locks
from rowmill.sinks.base import FileSpec, Layout, Written
from rowmill.sinks.opening import below, explained
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
        _places(self._root)
        if self._root.exists() and not self._root.is_dir():
            raise DestinationError(f"{self.location}: is a file; --out takes a folder")
        if self._root.is_dir() and not self._books.is_dir():
            with explained(self._root):
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
        below(self._root, file.path)
        return DirectoryWriter(self._staged(stage, file.path), file, layout)

    def stages(self) -> list[str]:
        """Return the names of the stages that hold, or may hold, unpublished files."""
        found = [p for p in _places(self._root) if _is_folder(p / _STAGING)]
        return sorted(str(p.relative_to(self._books)).strip(".") for p in found)

    def begin(self, stage: str) -> None:
        """Open a stage."""
        files.make_folder(self._staged(stage, "x").parent)

    def staged(self, stage: str, path: str) -> int | None:
        """Return the bytes of an unpublished file, None if there is none."""
        return _size(self._staged(stage, path))

    def publish(self, stage: str, paths: Sequence[str], obsolete: Iterable[str]) -> None:
        """Move the files of a stage to their places, remove obsolete ones, mark success and drop the stage.

        Safe to repeat after a crash at any point. Files that are already in place stay.

        Raises:
            IntegrityError: if a file is neither staged nor in place.
        """
        gone = set(obsolete) - set(paths)
        files.remove(self._books / SUCCESS)
        for table, members in itertools.groupby(sorted(paths), key=_table):
            self._publish_table(stage, table, list(members), gone)
        for path in sorted(gone):
            place = below(self._root, path)
            files.remove(place)
            self._remove_empty_above(place)
        files.write_whole(self._books / SUCCESS, b"")
        self.drop(stage)

    def drop(self, stage: str) -> None:
        """Remove a stage with its unpublished files."""
        files.remove_tree(below(self._root, f"{BOOKS}/{stage}/{_STAGING}" if stage else f"{BOOKS}/{_STAGING}"))
        if stage:
            files.remove_empty_folder(self._books / stage)

    def visible(self, table: str) -> dict[str, int]:
        """Return path and bytes of each published file of a table's folder, ours or not; of a link or a device 0.

        Raises:
            DestinationError: if the folder itself is a link.
        """
        top = below(self._root, f"{table}/x").parent
        found = (Path(folder, name) for folder, folders, names in os.walk(top) for name in (*names, *folders))
        seen = ((place, place.lstat()) for place in found)
        return {
            place.relative_to(self._root).as_posix(): look.st_size if stat.S_ISREG(look.st_mode) else 0
            for place, look in seen
            if not stat.S_ISDIR(look.st_mode)
        }

    def leave(self, name: str, data: bytes) -> None:
        """Put a document beside the tables, whole or not at all, whatever was there."""
        files.write_whole(self._root / name, data)

    def open(self, path: str) -> BinaryIO:
        """Open a published file for reading; FileNotFoundError if there is none."""
        return files.open_file(below(self._root, path))

    def _staged(self, stage: str, path: str) -> Path:
        return below(self._root, "/".join(step for step in (BOOKS, stage, _STAGING, path) if step))

    def _publish_table(self, stage: str, table: str, paths: list[str], gone: set[str]) -> None:
        source, target = self._staged(stage, table), self._root / table
        staged = {path: self._staged(stage, path) for path in paths}
        waiting = [path for path in paths if _size(staged[path]) is not None]
        whole = len(waiting) == len(paths)
        if whole and set(self.visible(table)) <= gone | set(paths):
            self._remove_strays(source, set(staged.values()))
            if target.exists():
                replaced = self._staged(stage, f"{_REPLACED}-{table}")
                files.remove_tree(replaced)
                files.move_folder(target, replaced)
            files.move_folder(source, target)
            waiting = []
        for path in waiting:
            place = below(self._root, path)
            files.make_folder(place.parent)
            files.move(staged[path], place)
        missing = [path for path in paths if _size(below(self._root, path)) is None]
        if missing:
            raise IntegrityError(f"{self.location}: {missing[0]} is gone, unpublished; run again with --overwrite")

    def _remove_strays(self, folder: Path, wanted: set[Path]) -> None:
        """Remove what a killed worker left behind, so that a folder can be shown as it is."""
        for path in sorted(folder.rglob("*"), reverse=True):
            if _is_folder(path):
                files.remove_empty_folder(path)
            elif path not in wanted:
                files.remove(path)

    def _remove_empty_above(self, path: Path) -> None:
        for folder in itertools.takewhile(lambda folder: folder != self._root, path.parents):
            files.remove_empty_folder(folder)


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
        return files.read(self._place(name))

    def list(self) -> list[str]:
        """Return the names of all documents, sorted."""
        found = (p for place in _places(self._folder.parent) for p in place.iterdir())
        documents = (p for p in found if p.suffix in _DOCUMENTS and p.name[0] != ".")
        return sorted(p.relative_to(self._folder).as_posix() for p in documents)

    def _place(self, name: str) -> Path:
        return below(self._folder.parent, f"{self._folder.name}/{name}")

    def create(self, name: str, data: bytes) -> bool:
        """Write a document unless it exists, whole or not at all; return whether it was written."""
        path = self._place(name)
        files.make_folder(path.parent)
        return files.create(path, data)

    def replace(self, name: str, data: bytes) -> None:
        """Write a document whole or not at all, whatever was there."""
        path = self._place(name)
        files.make_folder(path.parent)
        files.write_whole(path, data)

    def append(self, name: str, line: bytes) -> None:
        """Add one line and make it durable; a line that an earlier crash tore off is removed first."""
        path = self._place(name)
        if not files.ends_with(path, b"\n"):
            files.shorten(path, (files.read(path) or b"").rfind(b"\n") + 1)
        files.append(path, line)

    def delete(self, name: str) -> None:
        """Remove a document; nothing happens where there is none."""
        files.remove(self._place(name))

    @contextmanager
    def lock(self, name: str, *, wait: bool = False) -> Iterator[bool]:
        """Hold a name against other processes of this machine; yields False where another one holds it."""
        path = self._place(f"{name}.lock")
        with locks.lock(path, wait=wait) as held:
            yield held
        if held and path.parent != self._folder:
            files.remove_empty_folder(path.parent)

    def lock_holder(self, name: str) -> str | None:
        """Return who holds a name, in words such as ``process 4711``; None where that cannot be told."""
        return locks.holder(self._place(f"{name}.lock"))


def _size(path: Path) -> int | None:
    """Return the bytes of a file; None where there is none, or a link or a device."""
    try:
        look = path.lstat()
    except FileNotFoundError:
        return None
    return look.st_size if stat.S_ISREG(look.st_mode) else None


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _places(root: Path) -> list[Path]:
    """Return the folders that may hold documents and stages: the top one, and those right below it."""
    books = below(root, f"{BOOKS}/{_STAGING}").parent
    if not _is_folder(books):
        return []
    return [books, *(place for place in books.iterdir() if place.name != _STAGING and _is_folder(place))]


def _table(path: str) -> str:
    return path.partition("/")[0]
