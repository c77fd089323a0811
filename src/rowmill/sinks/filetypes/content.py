"""A published file, from an open handle."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa

from rowmill.sinks.filetypes.format import Tally
from rowmill.sinks.filetypes.hive import whole_batches
from rowmill.sinks.folders.files import checksum
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.registry import file_format

UNREADABLE = (OSError, ValueError, LookupError, ArithmeticError, MemoryError, TypeError, pa.ArrowException)
"""What reading may raise where a file is damaged, or none of ours."""


class FileContent:
    """What a file holds; the handle stays with whoever opened it."""

    def __init__(self, handle: BinaryIO, file: FileSpec, layout: Layout) -> None:
        self._handle = handle
        self._file = file
        self._layout = layout

    @property
    def bytes(self) -> int:
        """Return its size."""
        return self._handle.seek(0, os.SEEK_END)

    @property
    def keeps_bytes(self) -> bool:
        """Return True."""
        return True

    def checksum(self) -> str:
        """Return XXH3-128 of the bytes, 32 hexadecimal digits."""
        self._handle.seek(0)
        return checksum(self._handle)

    def tally(self) -> Tally | None:
        """Return how many values are missing and true, None where only reading all of it would tell."""
        self._handle.seek(0)
        return file_format(self._layout.format).tally(self._handle)

    def facts(self) -> dict[str, str]:
        """Return the facts that were stored in it."""
        self._handle.seek(0)
        return file_format(self._layout.format).facts(self._handle)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield its rows in order, with the columns that its folder tells."""
        self._handle.seek(0)
        names = self._file.schema.names if self._file.columns is None else self._file.columns
        return whole_batches(self._handle, self._file.schema, names, self._layout, self._file.path)
