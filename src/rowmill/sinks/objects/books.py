"""Bookkeeping as objects: small documents, and notes of the uploads that are open."""

from __future__ import annotations

from collections.abc import Iterable

from xxhash import xxh3_64_hexdigest

from rowmill.sinks.base import Stage
from rowmill.sinks.documents import Document
from rowmill.sinks.objects.verbs import Bucket

BOOKS = "_rowmill/"
_STAGING = "staging"


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
        return names_of(self._bucket.list(f"{BOOKS}{prefix}"))

    def delete(self, name: str) -> None:
        """Remove a document; nothing happens where there is none."""
        self._bucket.delete(f"{BOOKS}{name}")


def names_of(keys: Iterable[str]) -> list[str]:
    """Return the names of the documents among some keys, sorted."""
    found = (key.removeprefix(BOOKS) for key in keys)
    return sorted(name for name in found if name.endswith(".json") and f"/{_STAGING}/" not in name)


def staging(stage: Stage) -> str:
    """Return what the keys of the notes of a stage begin with."""
    return BOOKS + "/".join(step for step in (stage.slice, _STAGING, stage.run) if step) + "/"


def note_of(stage: Stage, path: str, token: str) -> str:
    """Return the key of the object that notes an upload, so that a listing alone tells which are open."""
    return f"{staging(stage)}{path}/{xxh3_64_hexdigest(token.encode())}"


def path_of(note: str) -> str:
    """Return the path that a note is of: it stands behind the name of its run."""
    return note.partition(f"/{_STAGING}/")[2].partition("/")[2].rpartition("/")[0]
