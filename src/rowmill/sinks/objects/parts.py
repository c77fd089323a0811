"""Writing parts: a file is made aside, checked, and sent as an upload that stays open until it is published."""

from __future__ import annotations

import tempfile
from contextlib import closing
from typing import BinaryIO, cast

from rowmill.core.scratch import full_scratch_named, scratch_place
from rowmill.model.frame import Frame
from rowmill.sinks.base import Stage, Written
from rowmill.sinks.filetypes.encoding import Encoding
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.objects.books import note_of
from rowmill.sinks.objects.verbs import Bucket
from rowmill.sinks.receipts import SealedPart

_HELD_BYTES = 64 << 20
"""Of a file that is being written in memory; beyond it lies on the disk."""


class BucketPart:
    """The files of one part, each an upload that stays open until it is published."""

    def __init__(self, bucket: Bucket, sealed: SealedPart, stage: Stage, layout: Layout) -> None:
        self._bucket = bucket
        self._sealed = sealed
        self._stage = stage
        self._layout = layout
        self._sent: list[Written] = []

    def open(self, file: FileSpec) -> BucketWriter:
        """Return a writer of one file."""
        return BucketWriter(self._bucket, self._stage, file, self._layout, self._sent)

    def seal(self, receipt: bytes) -> bytes:
        """Make the part count; return the receipt that does. Uploads that it does not name are dropped."""
        found = self._sealed.seal(receipt)
        for file in self._sent if found != receipt else ():
            self._bucket.abort(file.path, file.token)
            self._bucket.delete(note_of(self._stage, file.path, file.token))
        return found


class BucketWriter:
    """One file: made aside, checked, and sent as a whole."""

    def __init__(self, bucket: Bucket, stage: Stage, file: FileSpec, layout: Layout, sent: list[Written]) -> None:
        self._bucket = bucket
        self._stage = stage
        self._path = file.path
        self._sent = sent
        self._aside = tempfile.SpooledTemporaryFile(max_size=_HELD_BYTES)  # noqa: SIM115
        self._encoding = Encoding(cast(BinaryIO, self._aside), file, layout)
        self._token: str | None = None
        """Of an upload that is not noted yet."""

    def write(self, frame: Frame) -> None:
        """Add rows; may keep them until a row group is full."""
        with full_scratch_named(scratch_place()):
            self._encoding.write(frame)

    def close(self) -> Written:
        """Complete the file, check it, and send it."""
        with closing(self._aside) as aside:
            with full_scratch_named(scratch_place()):
                self._encoding.finish()
                size = aside.tell()
                aside.seek(0)
                self._encoding.refuse_other(self._path, cast(BinaryIO, aside), size)
            aside.seek(0)
            self._token = token = self._bucket.upload(self._path, aside)
        written = Written(self._path, self._encoding.rows, self._encoding.bytes, self._encoding.checksum, token)
        self._bucket.put(note_of(self._stage, self._path, token), token.encode())
        self._token = None
        self._sent.append(written)
        return written

    def abort(self) -> None:
        """Drop the file; nothing of it remains."""
        self._encoding.discard()
        self._aside.close()
        if self._token is not None:
            # Nobody would find it.
            self._bucket.abort(self._path, self._token)
