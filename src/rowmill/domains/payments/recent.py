"""A few results kept by number: like a cached method, but without a cycle that would keep a whole block alive."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def remembered(kept: dict[int, T], number: int, make: Callable[[int], T], most: int) -> T:
    """Return what ``make(number)`` returns, from ``kept`` if it is there; the oldest of ``most`` results gives way."""
    if number not in kept:
        while len(kept) >= most:
            del kept[next(iter(kept))]
        kept[number] = make(number)
    return kept[number]
