"""A bucket as a destination: objects that are put whole or not at all, conditions on a put, and uploads in parts.

There is no rename, no lock and no append. A file is an upload that is not completed: nobody sees it until it is, and
then it stands in its place without a byte being copied. A small object notes each such upload; that is the stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager

from rowmill.core.errors import DestinationError, IntegrityError
from rowmill.core.logs import log
from rowmill.sinks.base import Stage, Written
from rowmill.sinks.documents import Chosen, none
from rowmill.sinks.filetypes.content import FileContent
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.leases import Leases
from rowmill.sinks.objects.books import BOOKS, BucketDocuments, names_of, note_of, path_of, staging
from rowmill.sinks.objects.parts import BucketPart
from rowmill.sinks.objects.probe import honours_conditions
from rowmill.sinks.objects.transfers import at_once
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
        self._transfers = remote.transfers

    def free_bytes(self) -> None:
        """Return None: nobody knows."""

    def claim(self, *, known: bool = False) -> None:
        """Make the destination ready for bookkeeping.

        Raises:
            DestinationError: if something is there that no run wrote, or the store does not honour conditions.
        """
        fresh = not known and self._bucket.get(_PROBE) is None
        if fresh:
            found = self._bucket.list("", 100)
            foreign = next((key for key in found if not key.startswith((".", BOOKS))), None)
            if foreign is not None:
                raise DestinationError(f"{self.shown}: holds {foreign!r}, which no run wrote; choose an empty place")
        if not honours_conditions(self._bucket, _PROBE):
            said = "the store writes over objects though it is told not to (If-None-Match)"
            if not self._unsafe:
                if fresh:
                    self._bucket.delete(_PROBE)
                raise DestinationError(
                    f"{self.shown}: {said}, so two runs could take each other's place unseen; use another store, or "
                    "see to it that there is one run at a time and give --unsafe-commit"
                )
            _log.warning("unsafe_commit", f"{self.shown}: {said}; nothing keeps two runs apart here")

    def part(self, stage: Stage, part: str, layout: Layout) -> BucketPart:
        """Return a writer of one part of a stage."""
        return BucketPart(self._bucket, SealedPart(self.documents, stage, part), stage, layout)

    def staged(self, stage: Stage, files: Iterable[Written], *, untouched: bool = False) -> set[str]:
        """Return the paths of the files whose uploads are open."""
        if untouched:
            self.locks.refuse_lost()
            return {file.path for file in files}
        open_ = self._bucket.list(staging(stage))
        return {file.path for file in files if note_of(stage, file.path, file.token) in open_}

    def publish(self, stage: Stage, written: Iterable[Written], obsolete: Iterable[str]) -> None:
        """Complete the uploads of a stage, remove obsolete objects and mark success; receipts stay until it is dropped.

        Safe to repeat after a crash at any point. Each object changes at once, several at a time, in whatever order.

        Raises:
            IntegrityError: if a file is neither staged nor in place; the others are in place then.
        """
        files = {file.path: file for file in written}
        paths = sorted(files)

        def shown(number: int) -> bool:
            self.locks.refuse_lost()
            return self._bucket.complete(paths[number], files[paths[number]].token)

        self.locks.refuse_lost()
        self._bucket.delete(SUCCESS)
        done = at_once(shown, len(paths), self._transfers)
        self._refuse_gone(stage, [files[path] for path, is_shown in zip(paths, done, strict=True) if not is_shown])
        self.locks.refuse_lost()
        notes = (note_of(stage, file.path, file.token) for file in files.values())
        self._bucket.delete(*sorted({*obsolete} - files.keys()), *notes)
        self._bucket.put(SUCCESS, b"")

    def _refuse_gone(self, stage: Stage, files: Sequence[Written]) -> None:
        """Refuse files that no upload shows, unless another one did and they are in place."""
        waiting = self.staged(stage, files) if files else set()
        seen = [self.visible(table) for table in {file.path.partition("/")[0] for file in files}]
        missing = {file.path for file in files} - {path for paths in seen for path in paths}
        for path in sorted(missing | waiting):
            raise IntegrityError(
                f"{self.shown}: {path} is gone, unpublished; write it again with --resume or --overwrite"
            )

    def drop(self, stage: Stage, besides: Chosen = none) -> None:
        """Remove a stage, receipts first and then open uploads; those of all runs of the slice where none is named.

        Documents that are chosen besides go last: until then they tell of the uploads.
        """
        self.locks.refuse_lost()
        seen = self._bucket.list(f"{BOOKS}{stage.slice}/")
        notes = [key for key in seen if key.startswith(staging(stage))]
        names = names_of(seen)
        receipts = [f"{BOOKS}{name}" for name in names if name.startswith(receipts_of(stage))]
        others = [f"{BOOKS}{name}" for name in names if f"{BOOKS}{name}" not in receipts and besides(name)]
        if not notes:
            self._bucket.delete(*receipts, *others)
            return
        self._bucket.delete(*receipts)

        def dropped(number: int) -> None:
            token = self._bucket.get(notes[number])
            if token is not None:
                self._bucket.abort(path_of(notes[number]), token.data.decode())

        at_once(dropped, len(notes), self._transfers)
        self._bucket.delete(*notes, *others)

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
