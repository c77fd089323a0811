"""Azure Blob Storage: ``az://container/prefix``.

Blocks that wait at a blob are lost when anything else is written there, so what is sent waits in a blob of its own, and
the store copies it to its place.
"""

from __future__ import annotations

import io
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import IO, Any, BinaryIO, TypeVar

from rowmill.core.errors import DiskError, RowmillError, UsageError
from rowmill.sinks.documents import Document
from rowmill.sinks.leases import Leases
from rowmill.sinks.objects.answers import none_for, own_version
from rowmill.sinks.objects.azure_client import as_source, container
from rowmill.sinks.objects.azure_errors import DROPPED, GONE, LOST, UNREACHED, code_of, explained, judge
from rowmill.sinks.objects.books import BOOKS, BucketDocuments
from rowmill.sinks.objects.bucket import BucketDestination
from rowmill.sinks.objects.patience import Patience
from rowmill.sinks.objects.ranged import TAIL_BYTES, ranged
from rowmill.sinks.objects.stretch import Stretch, cuts
from rowmill.sinks.objects.transfers import at_once
from rowmill.sinks.remote import Remote

UPLOADS = f"{BOOKS}uploads/"
"""Where blobs wait."""
_LOCATION = re.compile(r"az://([a-z0-9](?:-?[a-z0-9]){2,62})(?:/([^?#\\]*))?")
_BLOCK_BYTES = 32 << 20
_MOST_BLOCKS = 50_000
"""Of a blob, says Azure; those of a large one are larger."""
_MARK = "rowmillupload"
"""What a blob keeps of the upload that made it."""
_FOLDER = "hdi_isfolder"
"""What marks a folder where the account has such: it is listed as if it were a blob."""

T = TypeVar("T")


def az(location: str, remote: Remote) -> BucketDestination:
    """Return a destination in a container.

    Raises:
        UsageError: if the location names no container, or something besides container and prefix.
    """
    found = _LOCATION.fullmatch(location)
    prefix = (found[2] or "").strip("/") if found else ""
    if found is None or {".", ".."} & set(prefix.split("/")):
        said = "holds more than container and prefix" if set(location) & set("@?#") else f"got {location!r}"
        raise UsageError(
            f"Azure: {said}; write az://CONTAINER/PREFIX, the container in 3 to 63 small letters, digits and single "
            "hyphens; account and credentials come from the environment"
        )
    place = f"az://{found[1]}/{prefix}".rstrip("/")
    bucket = AzureBucket(found[1], prefix, place, remote)
    return BucketDestination(place, place, bucket, Leases(BucketDocuments(bucket)), remote)


class AzureBucket:
    """The verbs of an object store, over blobs whose names begin at a prefix.

    Args:
        container: name of the container.
        prefix: what all names begin with, without slashes at its ends; empty for the whole container.
        shown: what to call it.
        remote: how it is reached.
    """

    def __init__(self, container: str, prefix: str, shown: str, remote: Remote) -> None:
        self._container = container
        self._root = f"{prefix}/" if prefix else ""
        self._shown = shown
        self._remote = remote
        self._patience = Patience(shown, remote.attempts, judge)

    def get(self, key: str) -> Document | None:
        """Return a blob with its version, None if there is none."""

        def got(api: Any) -> Document:
            answer = self._at(api, key).download_blob()
            return Document(answer.readall(), answer.properties.etag)

        return self._unless(GONE, got)[0]

    def put(self, key: str, data: bytes) -> str:
        """Write a blob, whatever was there; return its version."""
        return str(self._sent(lambda api: self._at(api, key).upload_blob(data, overwrite=True))[0]["etag"])

    def put_new(self, key: str, data: bytes) -> str | None:
        """Write a blob if there is none; return its version, None otherwise."""
        return self._put_if(key, data, {"overwrite": False})

    def put_over(self, key: str, data: bytes, expected: str) -> str | None:
        """Write a blob if the one that is there has a version; return the new one, None otherwise."""
        return self._put_if(key, data, {"overwrite": True, **_if(expected)})

    def delete(self, *keys: str) -> None:
        """Remove blobs, in whatever order; nothing happens where there are none."""

        def gone(number: int) -> None:
            self._unless(GONE, lambda api: self._at(api, keys[number]).delete_blob(delete_snapshots="include"))

        at_once(gone, len(keys), self._remote.transfers)

    def list(self, prefix: str, most: int | None = None) -> dict[str, int]:
        """Return key and bytes of the blobs whose names begin with a text, in order; of the first ones at least."""
        found: dict[str, int] = {}
        asked = {"name_starts_with": self._root + prefix, "include": ["metadata"], "results_per_page": most}
        after: str | None = None

        def page(api: Any) -> tuple[list[Any], str | None]:
            pages = api.list_blobs(**asked).by_page(after)
            return list(next(pages)), pages.continuation_token

        while True:
            (blobs, after), _ = self._sent(page)
            listed = (each for each in blobs if _FOLDER not in (each.metadata or {}))
            found |= {each.name.removeprefix(self._root): each.size for each in listed}
            if not after or (most is not None and len(found) >= most):
                return found

    def download(self, key: str) -> BinaryIO | None:
        """Return a blob to be read from its start, None if there is none."""

        def begun(api: Any) -> tuple[bytes, int, str]:
            try:
                answer = self._at(api, key).download_blob(offset=0, length=TAIL_BYTES)
            except Exception as error:
                # So it is of one that is empty.
                if code_of(error) not in UNREACHED:
                    raise
                return b"", 0, ""
            size = int(answer.properties.content_range.rpartition("/")[2])
            return answer.readall(), size, answer.properties.etag

        found, _ = self._unless(GONE, begun)
        if found is None:
            return None
        data, size, version = found
        if len(data) == size:
            return io.BytesIO(data)
        tail = self._range(key, version, size - TAIL_BYTES, size)
        return ranged(size, tail, lambda start, stop: self._range(key, version, start, stop))

    def upload(self, key: str, content: IO[bytes]) -> str:
        """Send a blob without showing it; return what completes or aborts the upload."""
        size, mark, lock = content.seek(0, 2), secrets.token_hex(8), Lock()
        blocks = [Stretch(content, lock, start, bytes_) for start, bytes_ in _cut(size)]

        def sent(number: int) -> None:
            def again(api: Any) -> None:
                blocks[number].seek(0)
                self._at(api, UPLOADS + mark).stage_block(_id(mark, number), blocks[number], len(blocks[number]))

            self._sent(again)

        try:
            at_once(sent, len(blocks), self._remote.transfers)
            self._sent(lambda api: self._at(api, UPLOADS + mark).commit_block_list(_ids(mark, len(blocks))))
        except BaseException:
            with suppress(RowmillError):
                self.abort(key, mark)
            raise
        return f"{mark} {size}"

    def complete(self, key: str, token: str) -> bool:
        """Show a blob that was sent, in the place of what was there; may be repeated.

        Returns:
            False where neither the upload nor the blob that it made is there.
        """
        mark, size = token.split(" ")
        blocks = _cut(int(size))
        listed, told = _ids(mark, len(blocks)), {_MARK: mark}

        def copied(number: int) -> bool:
            start, bytes_ = blocks[number]

            def again(api: Any) -> Any:
                source = as_source(self._at(api, UPLOADS + mark))
                asked = {**source, "source_offset": start, "source_length": bytes_}
                return self._at(api, key).stage_block_from_url(_id(mark, number), **asked)

            return self._unless(GONE, again)[0] is not None

        def waits() -> bool:
            # What is empty has no block whose copying tells.
            return self._properties(UPLOADS + mark) is not None

        for _ in range(self._remote.attempts):
            if not (all(at_once(copied, len(blocks), self._remote.transfers)) if blocks else waits()):
                return self._made_by(key) == mark
            done, _ = self._unless(DROPPED, lambda api: self._at(api, key).commit_block_list(listed, metadata=told))
            if done is not None:
                self.abort(key, token)
                return True
        raise DiskError(f"{self._shown}: others write to {key} all the time; try again later, a run with --resume")

    def abort(self, key: str, token: str) -> None:  # noqa: ARG002 - it waits elsewhere
        """Drop an upload; nothing happens where it is gone."""
        self.delete(UPLOADS + token.partition(" ")[0])

    def _made_by(self, key: str) -> str | None:
        """Return the mark of the upload that a blob was made by."""
        found = self._properties(key)
        return None if found is None else (found.metadata or {}).get(_MARK)

    def _properties(self, key: str) -> Any:
        return self._unless(GONE, lambda api: self._at(api, key).get_blob_properties())[0]

    def _put_if(self, key: str, data: bytes, condition: dict[str, Any]) -> str | None:
        done, repeated = self._unless(GONE | LOST, lambda api: self._at(api, key).upload_blob(data, **condition))
        if done is not None:
            return str(done["etag"])
        return own_version(self, key, data) if repeated else None

    def _range(self, key: str, version: str, start: int, stop: int) -> bytes:
        wanted = {"offset": start, "length": stop - start, **_if(version)}
        found, _ = self._unless(GONE | LOST, lambda api: self._at(api, key).download_blob(**wanted).readall())
        if found is None:
            raise FileNotFoundError(f"{self._shown}: {key} was removed or replaced while it was read")
        return bytes(found)

    def _at(self, api: Any, key: str) -> Any:
        return api.get_blob_client(self._root + key)

    def _unless(self, codes: frozenset[str], request: Callable[[Any], T]) -> tuple[T | None, bool]:
        """Return what a request yields, None if the answer has one of some codes; and whether it was repeated."""
        return self._sent(none_for(codes, code_of, request))

    def _sent(self, request: Callable[[Any], T]) -> tuple[T, bool]:
        """Return what a request yields, and whether it was repeated."""
        api = container(self._container, self._remote)
        from azure.core.exceptions import AzureError

        try:
            return self._patience(lambda: request(api))
        except AzureError as error:
            raise explained(error, self._shown) from None


def _if(version: str) -> dict[str, Any]:
    """Return the condition that a blob has a version."""
    from azure.core import MatchConditions

    return {"etag": version, "match_condition": MatchConditions.IfNotModified}


def _cut(size: int) -> list[tuple[int, int]]:
    """Return where the blocks of so many bytes begin, and how large they are."""
    return cuts(size, _BLOCK_BYTES, _MOST_BLOCKS)


def _id(mark: str, number: int) -> str:
    """Return the name of a block; the blocks of one blob have names of one length."""
    return f"{mark}{number:05}"


def _ids(mark: str, count: int) -> list[Any]:
    from azure.storage.blob import BlobBlock

    return [BlobBlock(_id(mark, number)) for number in range(count)]
