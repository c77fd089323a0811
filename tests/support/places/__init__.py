"""Where each kind of destination can be tried, and harmed: a module of the name of its scheme.

``place`` yields a location; ``damage`` changes what stands there of a file, and leaves it as large as it was.
"""

from __future__ import annotations

from rowmill.sinks.objects.bucket import BucketDestination
from rowmill.sinks.registry import DESTINATIONS, destination
from rowmill.testing.memory import SCHEME as MEMORY

KINDS = sorted({*DESTINATIONS, MEMORY})
"""All that are registered, and the one that tests bring along."""


def flipped(data: bytes) -> bytes:
    """Return bytes of which one in the middle is another."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


def damage_object(location: str, path: str) -> None:
    """Change what stands in a bucket of a file."""
    target = destination(location)
    assert isinstance(target, BucketDestination)
    with target._bucket.download(path) as handle:
        target._bucket.put(path, flipped(handle.read()))
