"""Real servers of objects, each behind a proxy that makes faults."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from unittest.mock import patch

from rowmill.sinks.objects.azure import az
from rowmill.sinks.objects.bucket import BucketDestination
from rowmill.sinks.objects.s3 import s3
from rowmill.sinks.registry import DESTINATIONS
from rowmill.sinks.remote import Remote
from support.servers import azurite, seaweed
from support.servers.faults import FAULTS, OF_S3, Proxy, before

IMPATIENT = Remote(attempts=4, timeout_seconds=0.5)
"""So that a test is quick: a burst of two faults passes, one that does not end does not."""
BURST, FOREVER = 2, 1_000_000
_NUMBERS = count(1)


@dataclass(frozen=True)
class Line:
    """What leads to a server."""

    root: str
    """Location below which one may write."""
    endpoint: Callable[[], str]
    environment: Callable[[str], Mapping[str, str]]
    """Variables by which a process finds it at an address."""
    make: Callable[[str, Remote], BucketDestination]
    faults: tuple[str, ...]
    """That it may make."""


LINES = {
    "az": Line(
        f"az://{azurite.CONTAINER}",
        azurite.endpoint,
        lambda url: azurite.environment() | {"AZURE_STORAGE_ENDPOINT": f"{url}/{azurite.ACCOUNT}"},
        az,
        tuple(name for name in FAULTS if name not in OF_S3),
    ),
    "s3": Line(
        f"s3://{seaweed.BUCKET}",
        seaweed.endpoint,
        lambda url: seaweed.environment() | {"AWS_ENDPOINT_URL": url},
        s3,
        tuple(FAULTS),
    ),
}
"""By scheme."""


@contextmanager
def impatient(scheme: str, url: str, remote: Remote = IMPATIENT) -> Iterator[None]:
    """Let what this process writes go to an address, and wait for nothing long."""
    line = LINES[scheme]
    made = {scheme: lambda location, _remote: line.make(location, remote)}
    with (
        patch.dict(os.environ, line.environment(url)),
        patch.dict(DESTINATIONS, made),
        patch("rowmill.sinks.objects.patience._FIRST_SECONDS", 0.001),
    ):
        yield


@contextmanager
def on_a_network(scheme: str, remote: Remote = IMPATIENT) -> Iterator[Proxy]:
    """Yield a proxy before a server, through which goes what this process writes."""
    with before(LINES[scheme].endpoint()) as proxy, impatient(scheme, proxy.url, remote):
        yield proxy


def a_place(scheme: str) -> str:
    """Return a location that nobody used before."""
    return f"{LINES[scheme].root}/network-{os.getpid()}-{next(_NUMBERS)}"
