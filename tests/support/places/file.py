"""Local folders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rowmill.sinks.registry import destination
from support.places import flipped


@contextmanager
def place(folder: Path) -> Iterator[str]:
    """Yield the location of a destination that nobody used before; ``folder`` is empty."""
    yield f"file://{folder}/out"


def damage(location: str, path: str) -> None:
    """Change what stands there of a file."""
    place = destination(location).local_folder / path
    place.write_bytes(flipped(place.read_bytes()))
