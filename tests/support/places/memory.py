"""Buckets in memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rowmill.testing import MemoryBuckets
from support.places import damage_object as damage

__all__ = ["damage", "place"]


@contextmanager
def place(folder: Path) -> Iterator[str]:  # noqa: ARG001
    """Yield the location of a destination that nobody used before."""
    with MemoryBuckets().registered():
        yield "memory://out"
