"""What the answers of any object store come to, whichever library gets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rowmill.sinks.objects.verbs import Bucket

T = TypeVar("T")


def none_for(
    codes: frozenset[str], code_of: Callable[[Exception], str], request: Callable[[Any], T]
) -> Callable[[Any], T | None]:
    """Return a request that yields None where the answer has one of some codes.

    Args:
        codes: such as ``NoSuchKey``.
        code_of: returns the code of an answer that is an error.
        request: is handed the client.
    """

    def tried(api: Any) -> T | None:
        try:
            return request(api)
        except Exception as error:
            if code_of(error) in codes:
                return None
            raise

    return tried


def own_version(bucket: Bucket, key: str, data: bytes) -> str | None:
    """Return the version of an object if it is what was sent, None otherwise.

    The answer to a write that was carried out may have been lost; sent again, its condition is not met.
    """
    found = bucket.get(key)
    return found.version if found is not None and found.data == data else None
