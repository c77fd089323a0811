"""Several transfers at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def at_once(work: Callable[[int], T], count: int, most: int) -> list[T]:
    """Return what work makes of 0 … count − 1, several at a time; none goes on once one has failed."""
    if min(count, most) <= 1:
        return [work(number) for number in range(count)]
    pool = ThreadPoolExecutor(min(count, most))
    try:
        return list(pool.map(work, range(count)))
    finally:
        pool.shutdown(cancel_futures=True)
