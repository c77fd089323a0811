"""Finding out a store that ignores conditions on a write: it answers as if all were well, and loses what was there."""

from __future__ import annotations

from rowmill.sinks.objects.verbs import Bucket

_NO_VERSION = '"00000000000000000000000000000000"'
"""Of no object: the form is that of an ETag."""


def honours_conditions(bucket: Bucket, key: str) -> bool:
    """Return whether a condition on a write is honoured.

    The object that tells it stays: so one request tells it to the next run, and those that probe at once agree.

    Args:
        bucket: to probe.
        key: of an object that nobody else writes.
    """
    if bucket.put_new(key, b"1") is None:
        return True
    return bucket.put_new(key, b"2") is None and bucket.put_over(key, b"3", _NO_VERSION) is None
