"""A bucket as a destination: objects that are put whole or not at all, conditions on a put, and uploads in parts.

There is no rename, no lock and no append. A file is an upload that is not completed: nobody sees it until it is, and
then it stands in its place without a byte being copied. A small object notes each such upload; that is the stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.core.logs import log
from rowmill.sinks.base import Stage, Written
from rowmill.sinks.filetypes.content import FileContent
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.leases import Leases
from rowmill.sinks.objects.books import BOOKS, BucketDocuments, note_of, path_of, staging
from rowmill.sinks.objects.parts import BucketPart
from rowmill.sinks.objects.probe import honours_conditions
from rowmill.sinks.objects.verbs import Bucket
from rowmill.sinks.receipts import DocumentReceipts, SealedPart, receipts_of
from rowmill.sinks.remote import DEFAULT_REMOTE, Remote

_log = log(__name__)
SUCCESS = f"{BOOKS}_SUCCESS"
_PROBE = f"{BOOKS}.probe"


class BucketDestination:
    """Tables as objects of a bucket.

    Args:
        location: what it takes to open it again, on any machine.
        shown: what to call it, without secrets.
        bucket: where the objects lie; its keys begin at the destination.
        locks: over documents of the same bucket.
        remote: how it is reached.
    """

    def __init__(
        self, location: str, shown: str, bucket: Bucket, locks: Leases, remote: Remote = DEFAULT_REMOTE
    ) -> None:
        self.location = location
        self.shown = shown
        self.locks = locks
        self.documents = BucketDocuments(bucket)
        self.receipts = DocumentReceipts(self.documents)
        self.local_folder = None
        self._bucket = bucket
        self._unsafe = remote.unsafe_commit

    def free_bytes(self) -> None:
        """Return None: nobody knows."""

    def claim(self) -> None:
        """Make the destination ready for bookkeeping.

        Raises:
            DestinationError: if something is there that no run wrote, or the store does not honour conditions.
        """
        probed = self._bucket.get(_PROBE)
        if probed is None:
            found = self._bucket.list("", 100)
            foreign = next((key for key in found if not key.startswith((".", BOOKS))), None)
            if foreign is not None:
                raise DestinationError(f"{self.shown}: holds {foreign!r}, which no run wrote; choose an empty place")
        if not honours_conditions(self._bucket, _PROBE):
            said = "the store writes over objects though it is told not to (If-None-Match)"
            if not self._unsafe:
                if probed is None:
                    self._bucket.delete(_PROBE)
                raise DestinationError(
                    f"{self.shown}: {said}, so two runs could take each other's place unseen; use another store, or "
                    "see to it that there is one run at a time and give --unsafe-commit"
                )
            _log.warning("unsafe_commit", f"{self.shown}: {said}; nothing keeps two runs apart here")

    def part(self, stage: Stage, part: str, layout: Layout) -> BucketPart:
        """Return a writer of one part of a stage."""
        return BucketPart(self._bucket, SealedPart(self.documents, stage, part), stage, layout)

    def staged(self, stage: Stage, files: Iterable[Written]) -> set[str]:
        """Return the paths of the files whose uploads are open."""
        open_ = self._bucket.list(staging(stage))
        return {file.path for file in files if note_of(stage, file.path, file.token) in open_}

    def publish(self, stage: Stage, written: Iterable[Written], obsolete: Iterable[str]) -> None:
        """Complete the uploads of a stage, remove obsolete objects and mark success; receipts stay until it is dropped.

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
            if not self._bucket.complete(path, files[path].token):
                raise self._gone(path)
            self._bucket.delete(note_of(stage, path, files[path].token))
        for path in sorted(set(obsolete) - files.keys()):
            self.locks.refuse_lost()
            self._bucket.delete(path)
        self._bucket.put(SUCCESS, b"")

    def drop(self, stage: Stage) -> None:
        """Remove a stage, receipts first and then open uploads; those of all runs of the slice where none is named."""
        self.locks.refuse_lost()
        seen = self._bucket.list(f"{BOOKS}{stage.slice}/")
        for receipt in (key for key in seen if key.startswith(f"{BOOKS}{receipts_of(stage)}")):
            self._bucket.delete(receipt)
        for note in (key for key in seen if key.startswith(staging(stage))):
            token = self._bucket.get(note)
            if token is not None:
                self._bucket.abort(path_of(note), token.data.decode())
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
