"""S3 and the stores that speak as it does: ``s3://bucket/prefix``."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import IO, Any, BinaryIO, TypeVar

from rowmill.core.errors import RowmillError, UsageError
from rowmill.sinks.documents import Document
from rowmill.sinks.leases import Leases
from rowmill.sinks.objects.answers import none_for, own_version
from rowmill.sinks.objects.books import BucketDocuments
from rowmill.sinks.objects.bucket import BucketDestination
from rowmill.sinks.objects.patience import Patience
from rowmill.sinks.objects.ranged import TAIL_BYTES, ranged
from rowmill.sinks.objects.s3_client import client
from rowmill.sinks.objects.s3_errors import GONE, LOST, UNKNOWN, UNREACHED, code_of, explained, judge
from rowmill.sinks.objects.stretch import Stretch, cuts
from rowmill.sinks.objects.transfers import at_once
from rowmill.sinks.remote import Remote

_LOCATION = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([^?#]*))?", re.IGNORECASE)
_PART_BYTES = 32 << 20
_MOST_PARTS = 48
"""Of a file; each is named in the token of its upload, which has its limits. Those of a large file are larger."""
_MOST_KEYS = 1000
"""That one request removes."""
_MARK = "rowmill-upload"
"""What an object keeps of the upload that made it."""

T = TypeVar("T")


def s3(location: str, remote: Remote) -> BucketDestination:
    """Return a destination in a bucket.

    Raises:
        UsageError: if the location names no bucket, or something besides bucket and prefix.
    """
    found = _LOCATION.fullmatch(location)
    if found is None:
        said = "holds more than bucket and prefix" if set(location) & set("@?#") else f"got {location!r}"
        raise UsageError(
            f"S3: {said}; write s3://BUCKET/PREFIX, the bucket in 3 to 63 small letters, digits, points and hyphens; "
            "credentials come from the environment"
        )
    prefix = (found[2] or "").strip("/")
    place = f"s3://{found[1]}/{prefix}".rstrip("/")
    bucket = S3Bucket(found[1], prefix, place, remote)
    return BucketDestination(place, place, bucket, Leases(BucketDocuments(bucket)), remote)


class S3Bucket:
    """The verbs of an object store, over keys that begin at a prefix.

    Args:
        bucket: name of the bucket.
        prefix: what all keys begin with, without slashes at its ends; empty for the whole bucket.
        shown: what to call it.
        remote: how it is reached.
    """

    def __init__(self, bucket: str, prefix: str, shown: str, remote: Remote) -> None:
        self._bucket = bucket
        self._root = f"{prefix}/" if prefix else ""
        self._shown = shown
        self._remote = remote
        self._patience = Patience(shown, remote.attempts, judge)

    def get(self, key: str) -> Document | None:
        """Return an object with its version, None if there is none."""

        def got(api: Any) -> Document:
            answer = api.get_object(**self._at(key))
            return Document(answer["Body"].read(), answer["ETag"])

        return self._unless(GONE, got)[0]

    def put(self, key: str, data: bytes) -> str:
        """Write an object, whatever was there; return its version."""
        return str(self._sent(lambda api: api.put_object(**self._at(key), Body=data))[0]["ETag"])

    def put_new(self, key: str, data: bytes) -> str | None:
        """Write an object if there is none; return its version, None otherwise."""
        return self._put_if(key, data, {"IfNoneMatch": "*"})

    def put_over(self, key: str, data: bytes, expected: str) -> str | None:
        """Write an object if the one that is there has a version; return the new one, None otherwise."""
        return self._put_if(key, data, {"IfMatch": expected})

    def delete(self, *keys: str) -> None:
        """Remove objects, many with one request; nothing happens where there are none."""
        singly = list(keys)
        if len(keys) > 1:
            some = [keys[start : start + _MOST_KEYS] for start in range(0, len(keys), _MOST_KEYS)]
            left = at_once(lambda n: self._left_of(some[n]), len(some), self._remote.transfers)
            singly = [key for keys in left for key in keys]

        def gone(number: int) -> None:
            self._unless(GONE, lambda api: api.delete_object(**self._at(singly[number])))

        at_once(gone, len(singly), self._remote.transfers)

    def list(self, prefix: str, most: int | None = None) -> dict[str, int]:
        """Return key and bytes of the objects whose keys begin with a text, in order; of the first ones at most."""
        found: dict[str, int] = {}
        asked: dict[str, Any] = {"Bucket": self._bucket, "Prefix": self._root + prefix}
        asked |= {} if most is None else {"MaxKeys": most}
        while True:
            answer, _ = self._sent(lambda api: api.list_objects_v2(**asked))
            found |= {each["Key"].removeprefix(self._root): each["Size"] for each in answer.get("Contents", ())}
            if not answer.get("IsTruncated") or (most is not None and len(found) >= most):
                return found
            asked["ContinuationToken"] = answer["NextContinuationToken"]

    def download(self, key: str) -> BinaryIO | None:
        """Return an object to be read from its start, None if there is none."""

        def tail(api: Any) -> tuple[bytes, dict[str, Any]]:
            try:
                answer = api.get_object(**self._at(key), Range=f"bytes=-{TAIL_BYTES}")
            except Exception as error:
                # Some stores say so of an object that is shorter.
                if code_of(error) not in UNREACHED:
                    raise
                answer = api.get_object(**self._at(key))
            return answer["Body"].read(), answer

        found, _ = self._unless(GONE, tail)
        if found is None:
            return None
        data, answer = found
        size = int(answer["ContentRange"].rpartition("/")[2]) if "ContentRange" in answer else len(data)
        return ranged(size, data, lambda start, stop: self._range(key, answer["ETag"], start, stop))

    def upload(self, key: str, content: IO[bytes]) -> str:
        """Send an object without showing it; return what completes or aborts the upload."""
        size, mark = content.seek(0, 2), secrets.token_hex(8)
        metadata = {_MARK: mark}
        begun, _ = self._sent(lambda api: api.create_multipart_upload(**self._at(key), Metadata=metadata))
        lock = Lock()
        parts = [Stretch(content, lock, start, bytes_) for start, bytes_ in cuts(size, _PART_BYTES, _MOST_PARTS)]

        def sent(number: int) -> str:
            asked = {**self._at(key), "UploadId": begun["UploadId"], "PartNumber": number + 1}

            def again(api: Any) -> Any:
                parts[number].seek(0)
                return api.upload_part(**asked, Body=parts[number])

            return str(self._sent(again)[0]["ETag"]).strip('"')

        try:
            tags = at_once(sent, len(parts), self._remote.transfers)
        except BaseException:
            with suppress(RowmillError):
                self.abort(key, f"{mark} {begun['UploadId']}")
            raise
        return " ".join([mark, begun["UploadId"], *tags])

    def complete(self, key: str, token: str) -> bool:
        """Show an object that was sent, in the place of what was there; may be repeated.

        Returns:
            False where neither the upload nor the object that it made is there.
        """
        mark, upload, *parts = token.split(" ")
        listed = {"Parts": [{"PartNumber": n, "ETag": f'"{each}"'} for n, each in enumerate(parts, 1)]}
        asked = {**self._at(key), "UploadId": upload, "MultipartUpload": listed}
        done, _ = self._unless(GONE, lambda api: api.complete_multipart_upload(**asked))
        return done is not None or self._made_by(key) == mark

    def abort(self, key: str, token: str) -> None:
        """Drop an upload; nothing happens where it is gone."""
        asked = {**self._at(key), "UploadId": token.split(" ")[1]}
        self._unless(GONE, lambda api: api.abort_multipart_upload(**asked))

    def _left_of(self, keys: Sequence[str]) -> Sequence[str]:
        """Remove objects with one request; return those that the store did not remove, all where it cannot do that."""
        asked = {"Objects": [{"Key": self._root + key} for key in keys], "Quiet": True}
        done, _ = self._unless(UNKNOWN, lambda api: api.delete_objects(Bucket=self._bucket, Delete=asked))
        if done is None:
            return keys
        left = {each.get("Key") for each in done.get("Errors", ())}
        return [key for key in keys if self._root + key in left]

    def _made_by(self, key: str) -> str | None:
        """Return the mark of the upload that an object was made by."""
        found, _ = self._unless(GONE, lambda api: api.head_object(**self._at(key)))
        return None if found is None else found.get("Metadata", {}).get(_MARK)

    def _put_if(self, key: str, data: bytes, condition: dict[str, str]) -> str | None:
        done, repeated = self._unless(GONE | LOST, lambda api: api.put_object(**self._at(key), Body=data, **condition))
        if done is not None:
            return str(done["ETag"])
        return own_version(self, key, data) if repeated else None

    def _range(self, key: str, version: str, start: int, stop: int) -> bytes:
        def asked(api: Any) -> bytes:
            wanted = {"Range": f"bytes={start}-{stop - 1}", "IfMatch": version}
            return bytes(api.get_object(**self._at(key), **wanted)["Body"].read())

        found, _ = self._unless(GONE | LOST, asked)
        if found is None:
            raise FileNotFoundError(f"{self._shown}: {key} was removed or replaced while it was read")
        return found if len(found) == stop - start else found[start:stop]

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._root + key}

    def _unless(self, codes: frozenset[str], request: Callable[[Any], T]) -> tuple[T | None, bool]:
        """Return what a request yields, None if the answer has one of some codes; and whether it was repeated."""
        return self._sent(none_for(codes, code_of, request))

    def _sent(self, request: Callable[[Any], T]) -> tuple[T, bool]:
        """Return what a request yields, and whether it was repeated."""
        api = client(self._remote)
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        try:
            return self._patience(lambda: request(api))
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            raise explained(error, self._shown) from None
