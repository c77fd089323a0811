"""A local folder: one folder a table, bookkeeping and unfinished files out of sight in ``_rowmill``.

Files of a run wait in ``_rowmill/<slice>/staging/<run>`` until they are published.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from rowmill.core.errors import DestinationError
from rowmill.model.frame import Frame
from rowmill.sinks.base import Stage, Written
from rowmill.sinks.documents import Chosen, none, remove
from rowmill.sinks.filetypes.content import FileContent
from rowmill.sinks.filetypes.encoding import Encoding
from rowmill.sinks.folders import files
from rowmill.sinks.folders.books import BOOKS, STAGING, FolderDocuments, FolderLocks, is_folder
from rowmill.sinks.folders.opening import below, explained
from rowmill.sinks.folders.publication import MARK, TableMove
from rowmill.sinks.folders.unnamed import beside, sweep
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.receipts import DocumentReceipts, SealedPart

SUCCESS = "_SUCCESS"
_REPLACED = ".replaced"
_DROPPED = ".dropped"
_OPEN = ".open"
"""Folder of files that are being written: a table's folder of a stage holds complete ones alone."""


class Folder:
    """Files in a local folder."""

    def __init__(self, location: str) -> None:
        self.location = self.shown = location
        self._root = Path(location)
        self._books = self._root / BOOKS

    @property
    def documents(self) -> FolderDocuments:
        """Return the bookkeeping."""
        return FolderDocuments(self._books)

    @property
    def receipts(self) -> DocumentReceipts:
        """Return the receipts of the parts that are sealed."""
        return DocumentReceipts(self.documents)

    @property
    def locks(self) -> FolderLocks:
        """Return who is at work."""
        return FolderLocks(self._books)

    @property
    def local_folder(self) -> Path:
        """Return the folder."""
        return self._root

    def free_bytes(self) -> int:
        """Return the room on its disk."""
        folder = self._root
        while not folder.exists():
            folder = folder.parent
        return shutil.disk_usage(folder).free

    def claim(self, *, known: bool = False) -> None:  # noqa: ARG002 - looking costs nothing here
        """Make the folder ready for bookkeeping.

        Raises:
            DestinationError: if it is a file, holds something else, or cannot be written.
        """
        below(self._root, f"{BOOKS}/x")
        if self._root.exists() and not self._root.is_dir():
            raise DestinationError(f"{self.shown}: is a file; --out takes a folder")
        if self._root.is_dir() and not self._books.is_dir():
            with explained(self._root):
                foreign = next((p.name for p in self._root.iterdir() if not p.name.startswith(".")), None)
            if foreign is not None:
                raise DestinationError(
                    f"{self.shown}: holds {foreign!r}, which no run wrote; choose an empty or a new folder"
                )
        files.refuse_long(self._root)
        files.make_folder(self._books)
        sweep(self._books.glob(".*"))
        if not os.access(self._books, os.W_OK | os.X_OK):
            raise DestinationError(f"{self.shown}: not writable; choose a folder that you may write to")

    def part(self, stage: Stage, part: str, layout: Layout) -> FolderPart:
        """Return a writer of one part of a stage."""
        return FolderPart(self, SealedPart(self.documents, stage, part), stage, layout)

    def writer(self, stage: Stage, file: FileSpec, layout: Layout) -> FolderWriter:
        """Return a writer of one file of a stage."""
        below(self._root, file.path)
        return FolderWriter(self.place(stage, _OPEN), self.place(stage, file.path), file, layout)

    def place(self, stage: Stage, path: str) -> Path:
        """Return where a file of a stage waits."""
        steps = (BOOKS, stage.slice, STAGING, stage.run, path)
        return below(self._root, "/".join(step for step in steps if step))

    def staged(
        self,
        stage: Stage,
        files: Iterable[Written],
        *,
        untouched: bool = False,  # noqa: ARG002 - looking costs nothing here
    ) -> set[str]:
        """Return the paths of the files that wait in a stage with the bytes that were written."""
        return {file.path for file in files if _size(self.place(stage, file.path)) == file.bytes}

    def publish(self, stage: Stage, written: Iterable[Written], obsolete: Iterable[str]) -> None:
        """Move the files of a stage to their places, remove obsolete ones, mark success and drop the stage.

        Safe to repeat after a crash at any point. Files that are already in place stay, and so does what nobody names.
        Of each table, the folder changes at once where the file system can exchange two.

        Raises:
            IntegrityError: if a file is neither staged nor in place.
        """
        files.remove(self._books / SUCCESS)
        new, old = _by_table(file.path for file in written), _by_table(obsolete)
        for table in sorted({*new, *old}):
            target = below(self._root, f"{table}/x").parent
            replaced = self.place(stage, f"{_REPLACED}-{table}")
            TableMove(self.place(stage, table), target, replaced, new[table], old[table]).carry_out()
        files.write_whole(self._books / SUCCESS, b"")
        self.drop(stage)

    def drop(self, stage: Stage, besides: Chosen = none) -> None:
        """Remove a stage, receipts first and then unpublished files; those of all runs of the slice if none is named.

        What is written there at the same time finds its folder gone, and no folder is emptied while it fills.
        Documents that are chosen besides go last.
        """
        self.receipts.forget(stage)
        folder = self.place(stage, "x").parent
        place = self._books / stage.slice
        if is_folder(folder):
            files.move_folder(folder, place / f"{_DROPPED}-{secrets.token_hex(8)}")
        for left in place.glob(f"{_DROPPED}-*"):
            files.remove_tree(left)
        swept = bool(stage.slice) and sweep(place.rglob(".*"))
        if stage.slice and (swept or not stage.run):
            remove_empty(place)
        elif stage.run:
            files.remove_empty_folder(place / STAGING)
        if stage.slice:
            files.remove_empty_folder(place)
        remove(self.documents, f"{stage.slice}/", besides)

    def visible(self, table: str) -> dict[str, int]:
        """Return path and bytes of each published file of a table's folder, ours or not; of a link or a device 0.

        Raises:
            DestinationError: if the folder itself is a link.
        """
        below(self._root, f"{table}/x")
        found, waiting = dict[str, int](), [table]
        while waiting:
            folder = waiting.pop()
            for entry in _entries(self._root / folder):
                path = f"{folder}/{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                elif entry.name != MARK:
                    # A listing of many nights' files costs what is done for each of them.
                    found[path] = (
                        entry.stat(follow_symlinks=False).st_size if entry.is_file(follow_symlinks=False) else 0
                    )
        return found

    def leave(self, name: str, data: bytes) -> None:
        """Put a document beside the tables, whole or not at all, whatever was there."""
        files.write_whole(self._root / name, data)

    def tidy(self) -> None:
        """Remove what processes that were killed had begun to write; bookkeeping stays where it is."""
        books = self._books.glob(".*") if is_folder(self._books) else ()
        sweep((*books, *self._root.glob(".*")))

    @contextmanager
    def read(self, file: FileSpec, layout: Layout) -> Iterator[FileContent]:
        """Open a published file; FileNotFoundError if there is none."""
        with files.open_file(below(self._root, file.path)) as handle:
            yield FileContent(handle, file, layout)


class FolderPart:
    """The files of one part, each durable by itself; they count once the receipt is there."""

    def __init__(self, folder: Folder, sealed: SealedPart, stage: Stage, layout: Layout) -> None:
        self._folder = folder
        self._sealed = sealed
        self._stage = stage
        self._layout = layout

    def open(self, file: FileSpec) -> FolderWriter:
        """Return a writer of one file."""
        return self._folder.writer(self._stage, file, self._layout)

    def seal(self, receipt: bytes) -> bytes:
        """Make the part count; return the receipt that does."""
        return self._sealed.seal(receipt)


class FolderWriter:
    """One file of a stage: complete under a name of its own, then renamed."""

    def __init__(self, folder: Path, target: Path, file: FileSpec, layout: Layout) -> None:
        self._target = target
        self._file = file
        self._layout = layout
        self._temporary = beside(folder / "x")
        self._handle: BinaryIO | None = None
        self._encoding: Encoding | None = None

    def write(self, frame: Frame) -> None:
        """Add rows; may keep them until a row group is full."""
        _, encoding = self._opened()
        with explained(self._temporary):
            encoding.write(frame)

    def close(self) -> Written:
        """Complete the file, check it, make it durable and give it its name."""
        handle, encoding = self._opened()
        with explained(self._temporary):
            encoding.finish()
        files.close_durably(handle)
        with explained(self._temporary), self._temporary.open("rb") as written:
            encoding.refuse_other(self._temporary, written, self._temporary.stat().st_size)
        files.move(self._temporary, self._target)
        return Written(self._file.path, encoding.rows, encoding.bytes, encoding.checksum)

    def abort(self) -> None:
        """Drop the file; nothing of it remains."""
        if self._encoding is not None:
            self._encoding.discard()
        if self._handle is not None:
            with suppress(OSError):
                self._handle.close()
        files.remove(self._temporary)

    def _opened(self) -> tuple[BinaryIO, Encoding]:
        if self._handle is None or self._encoding is None:
            files.make_folder(self._temporary.parent)
            files.make_folder(self._target.parent)
            self._handle = files.open_new(self._temporary)
            with explained(self._temporary):
                self._encoding = Encoding(self._handle, self._file, self._layout)
        return self._handle, self._encoding


def remove_empty(place: Path) -> None:
    """Remove the folders below a place that hold nothing: who is killed after removing a document leaves its folder."""
    for folder in sorted((path for path in place.rglob("*") if is_folder(path)), reverse=True):
        files.remove_empty_folder(folder)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what lies in a folder, nothing where there is none."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        files.refuse_unseen(error)
        raise


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
