"""Whether primary keys are unique, counted over the rows of a table whatever their number."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from tempfile import SpooledTemporaryFile

import numpy as np
from numpy.typing import NDArray

from rowmill.core.scratch import full_scratch_named, scratch_place
from rowmill.draw.words import Words, mix

_BITS = 6
_HELD_BYTES = 4 << 20
"""Of each of the 64 files in memory; beyond it lies on the disk."""
_START = np.uint64(0x9E3779B97F4A7C15)


class KeyCount:
    """Keys seen so far, as 64 bits each: exact for a key of one whole number, else blind to one pair in 2⁶⁴.

    They are dealt by their upper bits to files that leave memory as they grow, so that equal keys meet in one of them
    and only one at a time is sorted.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._open = contextlib.ExitStack()
        self._files = [
            self._open.enter_context(SpooledTemporaryFile(max_size=_HELD_BYTES))  # noqa: SIM115
            for _ in range(1 << _BITS)
        ]

    def close(self) -> None:
        """Give up memory and files."""
        self._open.close()

    def add(self, columns: Sequence[NDArray[np.generic]]) -> None:
        """Add rows by the columns of their key, each as ``Cells.canonical`` returns it."""
        keys = _hashes(columns)
        self.rows += len(keys)
        upper = (keys >> np.uint64(64 - _BITS)).astype(np.uint8)
        dealt = keys.take(np.argsort(upper, kind="stable"))
        stops = np.cumsum(np.bincount(upper, minlength=len(self._files)))
        with full_scratch_named(scratch_place()):
            for file, start, stop in zip(self._files, [0, *stops[:-1]], stops, strict=True):
                file.write(dealt[start:stop].tobytes())

    def repeated(self) -> int:
        """Return how many rows have a key that an earlier row has."""
        found = 0
        for file in self._files:
            file.seek(0)
            keys = np.sort(np.frombuffer(file.read(), np.uint64))
            found += int(np.count_nonzero(keys[1:] == keys[:-1]))
        return found


def _hashes(columns: Sequence[NDArray[np.generic]]) -> Words:
    hashes = np.full(len(columns[0]), _START, np.uint64)
    for values in columns:
        hashes = mix(hashes ^ values.view(f"u{values.dtype.itemsize}").astype(np.uint64))
    return hashes
