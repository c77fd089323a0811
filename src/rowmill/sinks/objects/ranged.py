"""An object that is read where it is wanted: by ranges, each asked for as a whole."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any, BinaryIO, cast

TAIL_BYTES = 64 << 10
"""What is asked for first: the footer of a Parquet file stands at the end."""
_BLOCK_BYTES = 8 << 20
"""Least that is asked for afterwards: a request costs more than the bytes of a block."""

Fetch = Callable[[int, int], bytes]
"""Returns the bytes of an object from a place up to another one."""


def ranged(size: int, tail: bytes, fetch: Fetch) -> BinaryIO:
    """Return an object to be read from its start.

    Args:
        size: of the object, bytes.
        tail: its last bytes, which are known already.
        fetch: asks for others.
    """
    return cast(BinaryIO, io.BufferedReader(_Ranged(size, tail, fetch), _BLOCK_BYTES >> 3))


class _Ranged(io.RawIOBase):
    def __init__(self, size: int, tail: bytes, fetch: Fetch) -> None:
        self._size = size
        self._fetch = fetch
        self._at = 0
        self._tail = (size - len(tail), tail)
        self._block = (0, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(start + offset, 0)
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        wanted = memoryview(buffer).cast("B")
        if self._at >= self._size or not wanted:
            return 0
        found = self._known() or self._asked(len(wanted))
        read = min(len(found), len(wanted))
        wanted[:read] = found[:read]
        self._at += read
        return read

    def _known(self) -> memoryview:
        """Return what is known from here on; empty where nothing is."""
        for start, data in (self._tail, self._block):
            if start <= self._at < start + len(data):
                return memoryview(data)[self._at - start :]
        return memoryview(b"")

    def _asked(self, least: int) -> memoryview:
        stop = min(self._at + max(least, _BLOCK_BYTES), self._size)
        self._block = (self._at, self._fetch(self._at, stop))
        return memoryview(self._block[1])
