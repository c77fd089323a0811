"""What a destination must offer. A new kind is a module and one line in ``registry.DESTINATIONS``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import pyarrow as pa

from rowmill.model.frame import Frame
from rowmill.sinks.documents import Chosen, Documents, none
from rowmill.sinks.filetypes.format import Tally
from rowmill.sinks.layout import FileSpec, Layout


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the files of one run wait, out of sight: no run meets the files of another."""

    slice: str
    """Folder of the slice's documents."""
    run: str = ""
    """Name of the run; empty for all runs of the slice."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is complete and durable, but not yet visible."""

    path: str
    rows: int
    bytes: int
    checksum: str
    """XXH3-128 of the bytes, 32 hexadecimal digits."""
    token: str = ""
    """What the destination needs to show the file, such as the name of an open upload; empty where it needs nothing."""


class FileWriter(Protocol):
    """Takes the rows of one file."""

    def write(self, frame: Frame) -> None:
        """Add rows; may keep them until a row group is full."""

    def close(self) -> Written:
        """Complete the file, check it, and make it durable.

        Raises:
            DiskError: if the destination is full or the file does not read back with its rows.
        """

    def abort(self) -> None:
        """Drop the file; nothing of it remains."""


class PartWriter(Protocol):
    """Takes the files of one part, one after the other."""

    def open(self, file: FileSpec) -> FileWriter:
        """Return a writer of one file. A file written twice is the same file.

        Nothing of it is there before the writer is used: so whoever is interrupted knows what to abort.
        """

    def seal(self, receipt: bytes) -> bytes:
        """Make the part count, with all its files: it and its receipt become durable together.

        Returns:
            The receipt that counts: another one where somebody sealed the same part before.
        """


class Content(Protocol):
    """One published file, open for reading."""

    @property
    def bytes(self) -> int:
        """Return its size."""

    @property
    def keeps_bytes(self) -> bool:
        """Return whether the checksum is of bytes that stand there now, so that it tells of rows that were changed."""

    def checksum(self) -> str:
        """Return XXH3-128 of the bytes, 32 hexadecimal digits."""

    def tally(self) -> Tally | None:
        """Return how many values are missing and true, None where only reading all of it would tell."""

    def facts(self) -> dict[str, str]:
        """Return the facts that were stored in it; none where the format has no place for them."""

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield its rows in order, in the Arrow types of the schema; text may come as dictionaries.

        Raises:
            ValueError: if it is damaged, or has other columns.
        """


class Locks(Protocol):
    """Names that are held by one process at a time."""

    def hold(self, name: str, *, wait: bool = False) -> AbstractContextManager[bool]:
        """Hold a name; yields False where another process holds it; with ``wait``, waits until that one lets go."""

    def names(self, place: str) -> tuple[str, ...]:
        """Return the names right below a place that are held, or were left by a process that was killed, sorted."""

    def all(self) -> tuple[str, ...]:
        """Return every name that is held, or was left by a process that was killed, sorted."""

    def holder(self, name: str) -> str | None:
        """Return who holds a name, in words such as ``process 4711``; None where that cannot be told."""


class Receipts(Protocol):
    """What makes parts count."""

    def sealed(self, stage: Stage) -> set[str]:
        """Return the names of the parts of a run that have receipts."""

    def read(self, stage: Stage, parts: Iterable[str]) -> Mapping[str, bytes]:
        """Return the receipts of some parts of a run, of those that have one."""

    def withdraw(self, stage: Stage, part: str) -> None:
        """Take back a part: it counts no more until it is sealed again."""


class Destination(Protocol):
    """Takes parts, shows nothing until they are published, and gives back what it shows."""

    location: str
    """What it takes to open it again, on any machine; may hold secrets."""
    shown: str
    """What to call it in messages: as the user wrote it, without secrets."""

    @property
    def documents(self) -> Documents:
        """Return the bookkeeping."""

    @property
    def receipts(self) -> Receipts:
        """Return the receipts of the parts that are sealed."""

    @property
    def locks(self) -> Locks:
        """Return who is at work."""

    @property
    def local_folder(self) -> Path | None:
        """Return the folder whose files other programs of this machine can read; None where there is none."""

    def free_bytes(self) -> int | None:
        """Return how much more it takes; None where nobody knows."""

    def claim(self, *, known: bool = False) -> None:
        """Make the destination ready for bookkeeping.

        Args:
            known: whether a run was here before, so that nobody need look for what others put there.

        Raises:
            DestinationError: if something is there that no run of ours made, or it cannot be written.
        """

    def part(self, stage: Stage, part: str, layout: Layout) -> PartWriter:
        """Return a writer of one part of a stage."""

    def staged(self, stage: Stage, files: Iterable[Written], *, untouched: bool = False) -> set[str]:
        """Return the paths of the files that wait in a stage as they were written.

        Args:
            stage: where they wait.
            files: which ones.
            untouched: whether this process wrote them, and nobody changed the head since, as who drops them does first:
                then only a lock that was lost can tell that they are gone.
        """

    def publish(self, stage: Stage, files: Iterable[Written], obsolete: Iterable[str]) -> None:
        """Make the files of a stage visible, remove obsolete ones and mark success; receipts may stay.

        Safe to repeat after a crash at any point. Files that are already in place stay, and so does what nobody names.

        Raises:
            IntegrityError: if a file is neither staged nor in place.
        """

    def drop(self, stage: Stage, besides: Chosen = none) -> None:
        """Remove a stage, receipts first and then unpublished files; those of all runs of the slice where none is.

        Args:
            stage: to be removed.
            besides: the documents of the slice that go with it.
        """

    def visible(self, table: str) -> dict[str, int]:
        """Return path and bytes of each published file of a table's folder, ours or not."""

    def read(self, file: FileSpec, layout: Layout) -> AbstractContextManager[Content]:
        """Open a published file.

        Raises:
            FileNotFoundError: if there is none.
            DestinationError: if something else stands in its place.
        """

    def leave(self, name: str, data: bytes) -> None:
        """Put a document beside the tables, whole or not at all, whatever was there."""

    def tidy(self) -> None:
        """Put bookkeeping where it stays, once a run has ended, however it did; what waits for another run stays."""


@runtime_checkable
class TellsRoom(Protocol):
    """A destination where rows take another room than a file of them does."""

    def room(self, file: FileSpec, layout: Layout, frames: Sequence[Frame]) -> int:
        """Return about how many bytes the rows of a file take there, with what they take until they are published."""


@runtime_checkable
class HoldsRows(Protocol):
    """A destination whose tables anybody may add rows to, and that finds them by reading all."""

    def unfiled(self, table: str) -> Iterable[str]:
        """Return what to call rows of a table that are of no published file, such as ``orders/rows of part 9``."""
