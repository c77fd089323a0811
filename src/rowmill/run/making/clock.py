"""CPU time of the work in this process, and of nothing that happens beside it."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from typing import TypeVar

T = TypeVar("T")


def timed(steps: Generator[T, None, None]) -> Generator[T, None, float]:
    """Pass steps on; return the CPU seconds that making them took.

    What other threads do, and what the taker of a step does before it asks for the next one, is not counted.
    """
    spent = 0.0
    with closing(steps):
        while True:
            before = time.thread_time()
            try:
                step = next(steps)
            except StopIteration:
                return spent + time.thread_time() - before
            spent += time.thread_time() - before
            yield step
