"""What a destination must offer. A new kind of destination is one module and one line in ``registry.SINKS``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, BinaryIO, Literal, Protocol

import pyarrow as pa

from rowmill.model.frame import Frame
from rowmill.model.schema import Schema

Compression = Literal["snappy", "zstd", "gzip", "none"]
COMPRESSIONS: Mapping[str, tuple[Compression, ...]] = MappingProxyType(
    {"parquet": ("snappy", "zstd", "gzip", "none"), "csv": ("none", "gzip", "zstd"), "xpt": ("none",)}
)
"""Compressions that each format takes, the usual one first."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How files look. It changes no logical row and no digest."""

    format: Literal["parquet", "csv", "xpt"] = "parquet"
    compression: Compression = "snappy"
    encoding: Literal["default", "compact", "plain"] = "default"
    row_group_rows: int = 600_000
    """Most rows in a row group."""
    part_rows: int = 1_000_000
    """Rows that a file aims at."""
    single_file: bool = False
    """Whether each table is one file, whatever its size."""
    partition_by: str | None = None
    """Level of the Hive folders, one of the calendar's; a column of that name is left out of Parquet files."""
    name: str = "{part}"
    """Template of file names."""


@dataclass(frozen=True, slots=True)
class FileSpec:
    """One file to be written."""

    path: str
    """Where it will stand, relative to the destination, with forward slashes."""
    schema: Schema
    columns: tuple[str, ...] | None
    """Columns that the frames hold; None for all of the schema."""
    metadata: tuple[tuple[str, str], ...]
    """Facts to store in the file where its format can: never a time, a host or a path."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the files of one run wait, out of sight: no run meets the files of another."""

    slice: str = ""
    """Folder of the slice's documents; empty for that of the whole period."""
    run: str = ""
    """Name of the run; empty where there is but one."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is complete and durable, but not yet visible."""

    path: str
    rows: int
    bytes: int
    checksum: str
    """XXH3-128 of the bytes, 32 hexadecimal digits."""


class FileWriter(Protocol):
    """Takes the rows of one file."""

    def write(self, frame: Frame) -> None:
        """Add rows; may keep them until a row group is full."""

    def close(self) -> Written:
        """Complete the file, check it, and make it durable.

        Raises:
            DiskError: if the disk is full or the file does not read back with its rows.
        """

    def abort(self) -> None:
        """Drop the file; nothing of it remains."""


class Encoder(Protocol):
    """Turns frames into the bytes of one file format."""

    def write(self, frame: Frame) -> None:
        """Add rows."""

    def finish(self) -> None:
        """Write what is still held and the end of the file; the handle stays open."""

    def discard(self) -> None:
        """Let go of everything without caring what the file holds."""


class Format(Protocol):
    """A file format: how to write one and how to read it back."""

    def suffix(self, layout: Layout) -> str:
        """Return the ending of file names, with the dot."""

    def check(self, schema: Schema, columns: Sequence[str]) -> None:
        """Accept a table of which a file would hold some columns.

        Raises:
            UsageError: if the format cannot hold it.
        """

    def encoder(self, handle: BinaryIO, file: FileSpec, layout: Layout) -> Encoder:
        """Return an encoder that writes to an open file."""

    def count(self, handle: BinaryIO) -> int | None:
        """Return the rows that a finished file says it holds, None where the format does not say."""

    def facts(self, handle: BinaryIO) -> dict[str, str]:
        """Return the facts that were stored in a file; none where the format has no place for them.

        Raises:
            ValueError: if the file is damaged.
        """

    def batches(
        self, handle: BinaryIO, schema: Schema, columns: Sequence[str], layout: Layout
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a file in order, in the Arrow types of the schema; text may come as dictionaries.

        Raises:
            ValueError: if the file is damaged, or has other columns.
        """


class Store(Protocol):
    """Small documents beside the data: plans, journals, manifests. Names use forward slashes."""

    def read(self, name: str) -> bytes | None:
        """Return a document, None if there is none."""

    def list(self) -> list[str]:
        """Return the names of all documents, sorted."""

    def create(self, name: str, data: bytes) -> bool:
        """Write a document unless it exists, whole or not at all; return whether it was written."""

    def replace(self, name: str, data: bytes) -> None:
        """Write a document whole or not at all, whatever was there."""

    def append(self, name: str, line: bytes) -> None:
        """Add one line to a document and make it durable; a line that an earlier crash tore off is removed first."""

    def delete(self, name: str) -> None:
        """Remove a document; nothing happens where there is none."""

    def lock(self, name: str, *, wait: bool = False) -> AbstractContextManager[bool]:
        """Hold a name against other processes of this machine.

        Yields False where another one holds it; with ``wait``, waits until that one lets go.
        """

    def locks(self, place: str) -> tuple[str, ...]:
        """Return the names right below a place that are held, or were left by a process that was killed, sorted."""

    def lock_holder(self, name: str) -> str | None:
        """Return who holds a name, in words such as ``process 4711``; None where that cannot be told."""


class Sink(Protocol):
    """A destination: takes files, shows nothing until they are published."""

    location: str
    """What the user called it."""

    @property
    def store(self) -> Store:
        """Return the bookkeeping of the destination."""

    def claim(self) -> None:
        """Make the destination ready for bookkeeping.

        Raises:
            DestinationError: if something is there that no run of ours made, or it cannot be written.
        """

    def writer(self, stage: Stage, file: FileSpec, layout: Layout) -> FileWriter:
        """Return a writer of one file of a stage. A file written twice is the same file."""

    def stages(self) -> list[str]:
        """Return the slices that hold, or may hold, unpublished files of some run."""

    def begin(self, stage: Stage) -> None:
        """Open a stage."""

    def staged(self, stage: Stage, path: str) -> int | None:
        """Return the bytes of an unpublished file, None if there is none."""

    def publish(self, stage: Stage, files: Sequence[str], obsolete: Iterable[str]) -> None:
        """Make the files of a stage visible, remove obsolete ones, mark success and drop the stage.

        Safe to repeat after a crash at any point. Files that are already in place stay, and so does what nobody names.
        """

    def drop(self, stage: Stage) -> None:
        """Remove a stage with its unpublished files; those of all runs of the slice where no run is named."""

    def visible(self, table: str) -> dict[str, int]:
        """Return path and bytes of each published file of a table's folder, ours or not."""

    def leave(self, name: str, data: bytes) -> None:
        """Put a document beside the tables, whole or not at all, whatever was there."""

    def open(self, path: str) -> BinaryIO:
        """Open a published file for reading.

        Raises:
            FileNotFoundError: if there is none.
        """


def json_line(data: Mapping[str, Any]) -> bytes:
    """Return plain data as one line of JSON, equal for equal data."""
    return json.dumps(data, separators=(",", ":")).encode() + b"\n"


def json_document(data: Mapping[str, Any]) -> bytes:
    """Return plain data as a JSON object with one key on each line, equal for equal data."""
    members = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in data.items())
    return ("{\n " + ",\n ".join(members) + "\n}\n").encode()
