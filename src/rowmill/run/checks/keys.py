"""The keys of a table, as 64 bits each: counted and compared whatever their number, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from tempfile import TemporaryFile
from typing import IO

import numpy as np
from numpy.typing import NDArray

from rowmill.core.scratch import full_scratch_named, scratch_place
from rowmill.draw.words import Words, mix
from rowmill.model.frame import Cells, word_columns

_BITS = 6
GROUPS = 1 << _BITS
"""Sets of keys that are looked at one at a time."""
_HELD_BYTES = 32 << 20
"""Of one set of keys in memory; more lies on the disk."""
_START = np.uint64(0x9E3779B97F4A7C15)
_MISSING = np.uint64(0xD1B54A32D192ED03)


def key_hashes(columns: Sequence[Cells]) -> Words:
    """Return 64 bits for each row: exact for a key of one whole number, else blind to one pair in 2⁶⁴.

    Args:
        columns: of the key, with values as ``Cells.canonical`` returns them: of texts 64 bits each, no places in a
            list. Integers are equal whatever their width. A missing value equals a missing one alone.
    """
    hashes = np.full(len(columns[0]), _START, np.uint64)
    for cells in columns:
        for values in word_columns(cells.values):
            hashes = mix(hashes ^ _bits(values))
        if cells.nulls is not None:
            hashes = np.where(cells.nulls, mix(hashes ^ _MISSING), hashes)
    return hashes


def _bits(values: NDArray[np.generic]) -> Words:
    if values.dtype.kind != "f":
        values = values.astype(np.uint64 if values.dtype.kind == "u" else np.int64, copy=False)
    return values.view(np.uint64)


class Lookup:
    """Keys to be looked up: an index of their leading bits tells where in their order a key would stand.

    Args:
        keys: in any order.
        same: how many leading bits all of them share.
    """

    def __init__(self, keys: Words, same: int = 0) -> None:
        bits = len(keys).bit_length()
        self._same, self._rest = np.uint64(same), np.uint64(64 - bits)
        # The last one stands behind all keys that may be looked up.
        self._keys = np.append(np.sort(keys), ~np.uint64(0))
        self._first = np.zeros((1 << bits) + 1, np.int64)
        np.cumsum(np.bincount(self._places(keys), minlength=1 << bits), out=self._first[1:])

    def absent(self, keys: Words) -> Words:
        """Return the keys that are not there, in any order."""
        missing, at = [keys[:0]], self._first.take(self._places(keys))
        while len(keys):
            there = self._keys.take(at)
            missing.append(keys[there > keys])
            further = there < keys
            keys, at = keys[further], at[further] + 1
        return np.concatenate(missing)

    def _places(self, keys: Words) -> NDArray[np.int64]:
        return (keys << self._same >> self._rest).astype(np.int64)


class Keys:
    """Keys seen so far. They are dealt to groups by their upper bits, so that one group at a time is sorted."""

    def __init__(self) -> None:
        self.rows = 0
        self._held: list[tuple[Words, NDArray[np.int64]]] = []
        self._bytes = 0
        self._file: IO[bytes] | None = None
        self._pieces: list[list[tuple[int, int]]] = [[] for _ in range(GROUPS)]

    def close(self) -> None:
        """Give up memory and the file."""
        self._held = []
        if self._file is not None:
            self._file.close()

    def add(self, hashes: Words, rows: int | None = None) -> None:
        """Add keys, as ``key_hashes`` tells them.

        Args:
            hashes: of rows.
            rows: how many rows they stand for; None for one each.
        """
        upper = (hashes >> np.uint64(64 - _BITS)).astype(np.uint8)
        dealt = hashes.take(np.argsort(upper, kind="stable"))
        bounds = np.concatenate(([0], np.cumsum(np.bincount(upper, minlength=GROUPS))))
        self.rows += len(hashes) if rows is None else rows
        self._held.append((dealt, bounds))
        self._bytes += dealt.nbytes + bounds.nbytes
        if self._bytes > _HELD_BYTES:
            with full_scratch_named(scratch_place()):
                self._leave_memory()

    def group(self, number: int) -> Words:
        """Return the keys of one of ``GROUPS`` groups: equal keys are in one, and in the same one of another set."""
        return np.concatenate([*self._written(number), *self._in_memory(number)])

    def lookup(self, number: int) -> Lookup:
        """Return the keys of one group."""
        return Lookup(self.group(number), same=_BITS)

    def whole(self) -> Lookup:
        """Return all keys, in memory."""
        return Lookup(np.concatenate([self.group(number) for number in range(GROUPS)]))

    def repeated(self) -> int:
        """Return how many rows have a key that an earlier row has."""
        groups = (np.sort(self.group(number)) for number in range(GROUPS))
        return sum(int(np.count_nonzero(group[1:] == group[:-1])) for group in groups)

    def _in_memory(self, group: int) -> list[Words]:
        return [dealt[bounds[group] : bounds[group + 1]] for dealt, bounds in self._held]

    def _written(self, group: int) -> Iterator[Words]:
        yield np.empty(0, np.uint64)
        for start, size in self._pieces[group]:
            assert self._file is not None
            self._file.seek(start)
            yield np.frombuffer(self._file.read(size), np.uint64)

    def _leave_memory(self) -> None:
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115 - closed with the keys
        place = self._file.seek(0, 2)
        for group in range(GROUPS):
            data = np.concatenate(self._in_memory(group)).tobytes()
            self._file.write(data)
            self._pieces[group].append((place, len(data)))
            place += len(data)
        self._held, self._bytes = [], 0
