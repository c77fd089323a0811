"""A few results kept for whoever asks again: the one cache of what tiles share. Several threads may use one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(Generic[K, V]):
    """Results by key; those that were not asked for longest give way.

    What is kept must not change: two threads may hold the same result. Who makes it is named by each call rather than
    held here, so that what keeps results of its own is no cycle, and ends with its last user.

    Args:
        most: how much may be kept; the result that came last is, however much it is.
        weight: how much a result is, the same whenever it is asked; 1 each where nothing is said.
    """

    def __init__(self, most: int, weight: Callable[[V], int] = lambda _: 1) -> None:
        self._most, self._weight = most, weight
        self._lock = threading.Lock()
        self._values: dict[K, V] = {}
        self._kept = 0

    def __len__(self) -> int:
        """Return how many results are kept."""
        return len(self._values)

    @property
    def kept(self) -> int:
        """Return how much they are."""
        return self._kept

    def get(self, key: K, make: Callable[[K], V]) -> V:
        """Return what ``make(key)`` returns, made now unless it is kept.

        Threads that ask for the same at once may each make it; all get the one that was ready first. None waits for
        another, so ``make`` may ask any cache.
        """
        with self._lock:
            if key in self._values:
                return self._moved_up(key)
        value = make(key)
        with self._lock:
            if key in self._values:
                return self._moved_up(key)
            self._add(key, value)
        return value

    def find(self, key: K) -> V | None:
        """Return what is kept of a key, None where nothing is."""
        with self._lock:
            return self._moved_up(key) if key in self._values else None

    def put(self, key: K, value: V) -> None:
        """Keep a result, in place of an earlier one of its key."""
        with self._lock:
            self._drop(key)
            self._add(key, value)

    def take(self, keys: Sequence[K]) -> list[V] | None:
        """Return what is kept of all these keys, and keep it no longer; None, and nothing is gone, if one is not."""
        with self._lock:
            if not all(key in self._values for key in keys):
                return None
            taken = [self._values[key] for key in keys]
            for key in keys:
                self._drop(key)
            return taken

    def _moved_up(self, key: K) -> V:
        value = self._values[key] = self._values.pop(key)
        return value

    def _add(self, key: K, value: V) -> None:
        self._values[key] = value
        self._kept += self._weight(value)
        while self._kept > self._most and len(self._values) > 1:
            self._drop(next(iter(self._values)))

    def _drop(self, key: K) -> None:
        if key in self._values:
            self._kept -= self._weight(self._values.pop(key))
