"""Rows on their way into one file: encoded, counted, summed, and read back once they are there."""

from __future__ import annotations

from typing import BinaryIO, cast

from rowmill.core.errors import DiskError
from rowmill.model.frame import Frame, frame_length
from rowmill.sinks.folders.files import Checked
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.registry import file_format


class Encoding:
    """One file that is being written to an open handle."""

    def __init__(self, handle: BinaryIO, file: FileSpec, layout: Layout) -> None:
        self._format = file_format(layout.format)
        self._bytes = Checked(handle)
        self._encoder = self._format.encoder(cast(BinaryIO, self._bytes), file, layout)
        self.rows = 0

    @property
    def bytes(self) -> int:
        """Return the bytes so far."""
        return self._bytes.bytes

    @property
    def checksum(self) -> str:
        """Return XXH3-128 of the bytes so far, 32 hexadecimal digits."""
        return self._bytes.checksum

    def write(self, frame: Frame) -> None:
        """Add rows."""
        self._encoder.write(frame)
        self.rows += frame_length(frame)

    def finish(self) -> None:
        """Write what is still held and the end of the file."""
        self._encoder.finish()

    def discard(self) -> None:
        """Let go of everything."""
        self._encoder.discard()

    def refuse_other(self, where: object, handle: BinaryIO, size: int) -> None:
        """Refuse a finished file that does not read back as it was written.

        Args:
            where: what to call it.
            handle: open for reading, at its start.
            size: its bytes.

        Raises:
            DiskError: saying how it differs.
        """
        try:
            rows = self._format.count(handle)
        except ValueError as error:
            raise DiskError(f"{where}: does not read back: {error}; check the disk") from error
        if rows is not None and rows != self.rows:
            raise DiskError(f"{where}: reads back {rows} of {self.rows} rows; check the disk")
        if size != self.bytes:
            raise DiskError(f"{where}: is {size} bytes, {self.bytes} were written; check the disk")
