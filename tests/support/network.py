"""A real S3 server, behind a proxy that makes faults."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from unittest.mock import patch

from rowmill.sinks.objects.s3 import s3
from rowmill.sinks.registry import DESTINATIONS
from rowmill.sinks.remote import Remote
from support.servers import seaweed
from support.servers.faults import Proxy, before

IMPATIENT = Remote(attempts=4, timeout_seconds=0.5)
"""So that a test is quick: a burst of two faults passes, one that does not end does not."""
BURST, FOREVER = 2, 1_000_000
_NUMBERS = count(1)


@contextmanager
def impatient(url: str, remote: Remote = IMPATIENT) -> Iterator[None]:
    """Let what this process writes go to an address, and wait for nothing long."""
    made = {"s3": lambda location, _remote: s3(location, remote)}
    with (
        patch.dict(os.environ, {**seaweed.environment(), "AWS_ENDPOINT_URL": url}),
        patch.dict(DESTINATIONS, made),
        patch("rowmill.sinks.objects.patience._FIRST_SECONDS", 0.001),
    ):
        yield


@contextmanager
def on_a_network(remote: Remote = IMPATIENT) -> Iterator[Proxy]:
    """Yield a proxy before the server, through which goes what this process writes."""
    with before(seaweed.endpoint()) as proxy, impatient(proxy.url, remote):
        yield proxy


def a_place() -> str:
    """Return a location that nobody used before."""
    return f"s3://{seaweed.BUCKET}/network-{os.getpid()}-{next(_NUMBERS)}"
