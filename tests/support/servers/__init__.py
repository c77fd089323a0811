"""Real servers that tests run against. They live in an environment of their own, beside the one of the tests."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

ENVIRONMENT = Path(f"{sys.prefix}-servers")


def program(name: str, folder: str = "bin") -> str:
    """Return the path of a server's program; skips the test where it is nowhere."""
    found = next(ENVIRONMENT.glob(f"{folder}/{name}"), None)
    if found is None:
        pytest.skip(f"{name} is not there: `make {ENVIRONMENT.name}/ready` installs the servers that tests run against")
    return str(found)


def free_ports(count: int, apart: int = 0) -> list[int]:
    """Return ports of this machine that nobody listens on; with ``apart``, nor on those that lie so much higher."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if apart and not (port + apart < 65536 and listens_nowhere(port + apart)):
            port = 20000 + port % 10000
            if not (listens_nowhere(port) and listens_nowhere(port + apart)):
                continue
        if port not in found:
            found.append(port)
    return found


def listens_nowhere(port: int) -> bool:
    """Return whether a port is free."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Return whether somebody listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
