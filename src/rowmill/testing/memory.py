"""Buckets in memory, with the verbs of an object store and no other: no rename, no lock, no append.

They live in one process: executors that make parts in other processes cannot reach them, and are told so.
"""

from __future__ import annotations

import io
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, BinaryIO, TypeVar

from rowmill.core.errors import UsageError
from rowmill.sinks.documents import Document
from rowmill.sinks.leases import Leases
from rowmill.sinks.objects.books import BucketDocuments
from rowmill.sinks.objects.bucket import BucketDestination
from rowmill.sinks.registry import DESTINATIONS
from rowmill.testing.faults import Faults

SCHEME = "memory"
_PART_BYTES = 4096
"""Of an upload; small, so that many fail half-way."""

T = TypeVar("T")


@dataclass(slots=True)
class Clock:
    """A clock that a test moves."""

    now: float = 1_764_000_000.0
    """Seconds since 1970."""

    def __call__(self) -> float:
        """Return the time."""
        return self.now


class MemoryBucket:
    """Objects by key. Versions are never used twice; every operation is one step of whoever does it."""

    def __init__(self) -> None:
        self.objects: dict[str, Document] = {}
        self.uploads: dict[str, tuple[str, list[bytes]]] = {}
        """Open uploads: the key and the parts of each."""
        self.made: dict[str, tuple[str, str]] = {}
        """By key, the upload that an object was made by, and the version that it got."""
        self.faults = Faults()
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()
        self._process = os.getpid()

    def copy(self) -> MemoryBucket:
        """Return a bucket with the same objects and uploads, for an experiment."""
        made = MemoryBucket()
        made.objects = dict(self.objects)
        made.uploads = {upload: (key, list(parts)) for upload, (key, parts) in self.uploads.items()}
        made.made = dict(self.made)
        made._numbers = itertools.count(1 + next(self._numbers))
        return made

    def get(self, key: str) -> Document | None:
        """Return an object with its version, None if there is none."""
        return self._do("get", key, lambda: self.objects.get(key))

    def put(self, key: str, data: bytes) -> str:
        """Write an object, whatever was there; return its version."""
        return self._do("put", key, lambda: self._written(key, data))

    def put_new(self, key: str, data: bytes) -> str | None:
        """Write an object if there is none; return its version, None otherwise."""
        return self._do("put_new", key, lambda: None if key in self.objects else self._written(key, data))

    def put_over(self, key: str, data: bytes, expected: str) -> str | None:
        """Write an object if the one that is there has a version; return the new one, None otherwise."""

        def written() -> str | None:
            found = self.objects.get(key)
            return self._written(key, data) if found is not None and found.version == expected else None

        return self._do("put_over", key, written)

    def delete(self, *keys: str) -> None:
        """Remove objects, in one step each; nothing happens where there are none."""
        for key in keys:
            self._do("delete", key, lambda key=key: self.objects.pop(key, None))  # type: ignore[misc]

    def list(self, prefix: str, most: int | None = None) -> dict[str, int]:  # noqa: ARG002
        """Return key and bytes of the objects whose keys begin with a text."""

        def listed() -> dict[str, int]:
            return {key: len(found.data) for key, found in sorted(self.objects.items()) if key.startswith(prefix)}

        return self._do("list", prefix, listed)

    def download(self, key: str) -> BinaryIO | None:
        """Return an object to be read from its start, None if there is none."""
        found = self._do("download", key, lambda: self.objects.get(key))
        return None if found is None else io.BytesIO(found.data)

    def upload(self, key: str, content: IO[bytes]) -> str:
        """Send an object in parts without showing it; return the name of the upload. One that fails is dropped."""

        def begun() -> str:
            upload = f"upload-{next(self._numbers)}"
            self.uploads[upload] = (key, [])
            return upload

        upload = self._do("create_upload", key, begun)
        try:
            while part := content.read(_PART_BYTES):
                self._do("upload_part", key, lambda part=part: self.uploads[upload][1].append(part))  # type: ignore[misc]
        except BaseException:
            self.abort(key, upload)
            raise
        return upload

    def complete(self, key: str, token: str) -> bool:
        """Show an object that was sent; return False where neither the upload nor the object that it made is there."""

        def completed() -> bool:
            found = self.uploads.pop(token, None)
            if found is not None:
                self.made[key] = (token, self._written(key, b"".join(found[1])))
            made, version = self.made.get(key, ("", ""))
            return key in self.objects and (made, version) == (token, self.objects[key].version)

        return self._do("complete", key, completed)

    def abort(self, key: str, token: str) -> None:
        """Drop an upload; nothing happens where it is gone."""
        self._do("abort", key, lambda: self.uploads.pop(token, None))

    def _written(self, key: str, data: bytes) -> str:
        version = f"v{next(self._numbers)}"
        self.objects[key] = Document(bytes(data), version)
        return version

    def _do(self, verb: str, key: str, operation: Callable[[], T]) -> T:
        if os.getpid() != self._process:
            raise UsageError("a bucket in memory cannot be reached from another process; use one worker")
        with self._lock:
            self.faults.before(verb, key)
            done = operation()
            self.faults.after()
        return done


@dataclass(slots=True)
class MemoryBuckets:
    """Buckets by name, and the clock by which leases run out; ``registered`` lets ``memory://NAME`` lead to them."""

    clock: Clock = field(default_factory=Clock)
    buckets: dict[str, MemoryBucket] = field(default_factory=dict)

    def bucket(self, location: str) -> MemoryBucket:
        """Return the bucket of ``memory://NAME``, a new one where there was none."""
        return self.buckets.setdefault(location.partition("://")[2].strip("/"), MemoryBucket())

    def destination(self, location: str) -> BucketDestination:
        """Return a bucket as a destination."""
        bucket = self.bucket(location)
        return BucketDestination(location, location, bucket, Leases(BucketDocuments(bucket), self.clock))

    @contextmanager
    def registered(self) -> Iterator[MemoryBuckets]:
        """Let the locations ``memory://NAME`` be known."""
        before = DESTINATIONS.get(SCHEME)
        DESTINATIONS[SCHEME] = self.destination
        try:
            yield self
        finally:
            del DESTINATIONS[SCHEME]
            if before is not None:
                DESTINATIONS[SCHEME] = before
