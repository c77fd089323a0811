"""Crash at every request to a real server: before it, and after it without having heard its answer."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from rowmill.sinks.leases import Leases
from rowmill.sinks.objects.azure import AzureBucket
from rowmill.sinks.objects.books import BucketDocuments
from rowmill.sinks.objects.bucket import BucketDestination
from rowmill.sinks.objects.s3 import S3Bucket
from rowmill.sinks.registry import DESTINATIONS
from rowmill.sinks.remote import Remote
from rowmill.testing import Clock, Faults
from support.crash_bucket import Ground
from support.servers import azurite, seaweed

SCHEME = "mortal"
_NUMBERS = itertools.count(1)


def mortal(kind: type[Any]) -> type[Any]:
    """Return a kind of bucket in which each request is two steps of whoever sends it."""

    class Mortal(kind):
        faults: Callable[[], Faults]

        def _sent(self, request: Callable[[Any], Any]) -> Any:
            self.faults().before("request", "")
            done = super()._sent(request)
            self.faults().after()
            return done

    return Mortal


SERVERS = {
    "s3": (mortal(S3Bucket), seaweed.BUCKET, seaweed.environment),
    "az": (mortal(AzureBucket), azurite.CONTAINER, azurite.environment),
}
"""By scheme: what sends requests, where it may write, and how that is found."""


@dataclass
class Server:
    """Places in a bucket of a real server."""

    kind: type[Any]
    root: str
    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)

    def bucket(self, location: str) -> Any:
        """Return the bucket of a location."""
        found = self.kind(self.root, location.partition("://")[2], location, Remote())
        found.faults = lambda: self.faults
        return found

    def destination(self, location: str) -> BucketDestination:
        """Return a destination there."""
        bucket = self.bucket(location)
        return BucketDestination(location, location, bucket, Leases(BucketDocuments(bucket), self.clock))

    def place(self, begin: Callable[[str], None]) -> str:
        location = f"{SCHEME}://crash-{os.getpid()}-{next(_NUMBERS)}"
        begin(location)
        return location

    def keys(self, out: str) -> list[str]:
        return list(self.bucket(out).list(""))


@contextmanager
def on_a_server(scheme: str) -> Iterator[Ground]:
    """Yield places on a real server."""
    kind, root, environment = SERVERS[scheme]
    server = Server(kind, root)
    with patch.dict(os.environ, environment()), patch.dict(DESTINATIONS, {SCHEME: server.destination}):
        yield server
