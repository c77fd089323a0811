"""A stretch of an open file, as the body of a request: it is sent piece by piece, and never held in memory."""

from __future__ import annotations

import os
from threading import Lock
from typing import IO

PIECE_BYTES = 256 << 10
"""What is sent at once. A time limit counts for each piece, so the one of a body grows with its size."""


def cuts(size: int, least: int, most: int) -> list[tuple[int, int]]:
    """Return where the pieces of so many bytes begin, and how large they are: of a size at least, so many at most."""
    step = max(least, -(-size // most))
    return [(start, min(step, size - start)) for start in range(0, size, step)]


class Stretch:
    """Bytes of a file from a place on, as a file of its own; several may be read at once.

    Args:
        content: the file.
        lock: shared by all stretches of that file.
        start: where it begins.
        size: its bytes.
    """

    def __init__(self, content: IO[bytes], lock: Lock, start: int, size: int) -> None:
        self._content = content
        self._lock = lock
        self._start = start
        self._size = size
        self._at = 0

    def read(self, most: int = -1, /) -> bytes:
        """Return the next bytes: a piece where fewer are asked for, as HTTP libraries do."""
        left = self._size - self._at
        wanted = left if most < 0 else min(left, max(most, PIECE_BYTES))
        with self._lock:
            self._content.seek(self._start + self._at)
            data = self._content.read(wanted)
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place; return it."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Return where it is."""
        return self._at

    def __len__(self) -> int:
        return self._size
