"""Azure: a container of its emulator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.servers.azurite import a_place


@contextmanager
def place(folder: Path) -> Iterator[str]:  # noqa: ARG001
    """Yield the location of a destination that nobody used before."""
    with a_place() as location:
        yield location
