"""A bucket as a destination: objects that are put whole or not at all, conditions on a put, and uploads in parts.

There is no rename, no lock and no append. A file is an upload that is not completed: nobody sees it until it is, and
then it stands in its place without a byte being copied. A small object notes each such upload; that is the stage.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import IO, BinaryIO, Protocol, cast

from xxhash import xxh3_64_hexdigest

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.core.scratch import full_scratch_named, scratch_place
from rowmill.model.frame import Frame
from rowmill.sinks.base import Stage, Written
from rowmill.sinks.documents import Document
from rowmill.sinks.filetypes.content import FileContent
from rowmill.sinks.filetypes.encoding import Encoding
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.leases import Leases
from rowmill.sinks.receipts import DocumentReceipts, SealedPart

BOOKS = "_rowmill/"
SUCCESS = f"{BOOKS}_SUCCESS"
_PROBE = f"{BOOKS}.probe"
_STAGING = "staging"
_HELD_BYTES = 64 << 20
"""Of a file that is being written in memory; beyond it lies on the disk."""


class Bucket(Protocol):
    """What object stores can do. Keys use forward slashes."""

    def get(self, key: str) -> Document | None:
        """Return a small object with its version, None if there is none."""

    def put(self, key: str, data: bytes) -> str:
        """Write an object, whatever was there; return its version."""

    def put_new(self, key: str, data: bytes) -> str | None:
        """Write an object if there is none; return its version, None otherwise."""

    def put_over(self, key: str, data: bytes, expected: str) -> str | None:
        """Write an object if the one that is there has a version; return the new one, None otherwise."""

    def delete(self, key: str) -> None:
        """Remove an object; nothing happens where there is none."""

    def list(self, prefix: str) -> dict[str, int]:
        """Return key and bytes of the objects whose keys begin with a text."""

    def download(self, key: str) -> BinaryIO | None:
        """Return an object to be read from its start, None if there is none."""

    def upload(self, key: str, content: IO[bytes]) -> str:
        """Send an object without showing it; return what completes or aborts the upload. One that fails is dropped."""

    def complete(self, key: str, token: str) -> bool:
        """Show an object that was sent, in the place of what was there; return False where the upload is gone."""

    def abort(self, key: str, token: str) -> None:
        """Drop an upload; nothing happens where it is gone."""


class BucketDocuments:
    """Small documents as objects."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def read(self, name: str) -> Document | None:
        """Return a document, None if there is none."""
        return self._bucket.get(f"{BOOKS}{name}")

    def create(self, name: str, data: bytes) -> bool:
        """Write a document unless it exists; return whether it was written."""
        return self._bucket.put_new(f"{BOOKS}{name}", data) is not None

    def replace(self, name: str, data: bytes, expected: str) -> str | None:
        """Write a document if the one that is there has a version; return its new version, None otherwise."""
        return self._bucket.put_over(f"{BOOKS}{name}", data, expected)

    def list(self, prefix: str) -> list[str]:
        """Return the names that begin with a text, sorted."""
        found = (key.removeprefix(BOOKS) for key in self._bucket.list(f"{BOOKS}{prefix}"))
        return sorted(name for name in found if name.endswith(".json") and f"/{_STAGING}/" not in name)

    def delete(self, name: str) -> None:
        """Remove a document; nothing happens where there is none."""
        self._bucket.delete(f"{BOOKS}{name}")


class BucketDestination:
    """Tables as objects of a bucket.

    Args:
        location: what it takes to open it again, on any machine.
        shown: what to call it, without secrets.
        bucket: where the objects lie; its keys begin at the destination.
        locks: over documents of the same bucket.
    """

    def __init__(self, location: str, shown: str, bucket: Bucket, locks: Leases) -> None:
        self.location = location
        self.shown = shown
        self.locks = locks
        self.documents = BucketDocuments(bucket)
        self.receipts = DocumentReceipts(self.documents)
        self.local_folder = None
        self._bucket = bucket

    def free_bytes(self) -> None:
        """Return None: nobody knows."""

    def claim(self) -> None:
        """Make the destination ready for bookkeeping.

        Raises:
            DestinationError: if something is there that no run wrote, or the store does not honour conditions.
        """
        if self._bucket.list(BOOKS).keys() - {_PROBE}:
            return
        foreign = next((key for key in self._bucket.list("") if not key.startswith((".", BOOKS))), None)
        if foreign is not None:
            raise DestinationError(f"{self.shown}: holds {foreign!r}, which no run wrote; choose an empty place")
        self._bucket.delete(_PROBE)
        first, second = self._bucket.put_new(_PROBE, b"1"), self._bucket.put_new(_PROBE, b"2")
        self._bucket.delete(_PROBE)
        if first is not None and second is not None:
            raise DestinationError(
                f"{self.shown}: the store writes over objects though it is told not to (If-None-Match), so two runs "
                "could take each other's place unseen; use a store that honours conditions"
            )

    def part(self, stage: Stage, part: str, layout: Layout) -> BucketPart:
        """Return a writer of one part of a stage."""
        return BucketPart(self._bucket, SealedPart(self.documents, stage, part), stage, layout)

    def staged(self, stage: Stage, files: Iterable[Written]) -> set[str]:
        """Return the paths of the files whose uploads are open."""
        open_ = self._bucket.list(_staging(stage))
        return {file.path for file in files if _note(stage, file.path, file.token) in open_}

    def publish(self, stage: Stage, written: Iterable[Written], obsolete: Iterable[str]) -> None:
        """Complete the uploads of a stage, remove obsolete objects, mark success and drop the stage.

        Safe to repeat after a crash at any point. Each object changes at once, one after the other.

        Raises:
            IntegrityError: if a file is neither staged nor in place; nothing changes then.
        """
        self.locks.refuse_lost()
        files = {file.path: file for file in written}
        waiting = self.staged(stage, files.values())
        seen = [self.visible(table) for table in {path.partition("/")[0] for path in files.keys() - waiting}]
        missing = sorted(files.keys() - waiting - {path for paths in seen for path in paths})
        if missing:
            raise self._gone(missing[0])
        self._bucket.delete(SUCCESS)
        for path in sorted(waiting):
            self.locks.refuse_lost()
            done = self._bucket.complete(path, files[path].token)
            if not done and self._bucket.list(path).get(path) != files[path].bytes:
                raise self._gone(path)
            self._bucket.delete(_note(stage, path, files[path].token))
        for path in sorted(set(obsolete) - files.keys()):
            self.locks.refuse_lost()
            self._bucket.delete(path)
        self._bucket.put(SUCCESS, b"")
        self.drop(stage)

    def drop(self, stage: Stage) -> None:
        """Remove a stage, receipts first and then open uploads; those of all runs of the slice where none is named."""
        self.locks.refuse_lost()
        self.receipts.forget(stage)
        for note in self._bucket.list(_staging(stage)):
            token = self._bucket.get(note)
            if token is not None:
                self._bucket.abort(_path_of(note), token.data.decode())
            self._bucket.delete(note)

    def visible(self, table: str) -> dict[str, int]:
        """Return path and bytes of each object of a table, ours or not."""
        return self._bucket.list(f"{table}/")

    @contextmanager
    def read(self, file: FileSpec, layout: Layout) -> Iterator[FileContent]:
        """Open a published file; FileNotFoundError if there is none."""
        handle = self._bucket.download(file.path)
        if handle is None:
            raise FileNotFoundError(file.path)
        with closing(handle):
            yield FileContent(handle, file, layout)

    def leave(self, name: str, data: bytes) -> None:
        """Put a document beside the tables, whatever was there."""
        self._bucket.put(name, data)

    def tidy(self) -> None:
        """Do nothing: bookkeeping stays where it is."""

    def _gone(self, path: str) -> IntegrityError:
        return IntegrityError(f"{self.shown}: {path} is gone, unpublished; write it again with --resume or --overwrite")


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
            self._bucket.delete(_note(self._stage, file.path, file.token))
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
        self._bucket.put(_note(self._stage, self._path, token), token.encode())
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


def _staging(stage: Stage) -> str:
    return BOOKS + "/".join(step for step in (stage.slice, _STAGING, stage.run) if step) + "/"


def _note(stage: Stage, path: str, token: str) -> str:
    """Return the key of the object that notes an upload, so that a listing alone tells which are open."""
    return f"{_staging(stage)}{path}/{xxh3_64_hexdigest(token.encode())}"


def _path_of(note: str) -> str:
    """Return the path that a note is of: it stands behind the name of its run."""
    return note.partition(f"/{_STAGING}/")[2].partition("/")[2].rpartition("/")[0]
