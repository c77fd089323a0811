"""Undoing at the end, however that comes: an interruption may arrive between any two steps, those of undoing too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def undone(undo: Callable[[], object]) -> Iterator[None]:
    """Call a function at the end, and once more where it was interrupted or failed.

    Args:
        undo: takes back what was done since, be it half or nothing; may be called again.
    """
    try:
        try:
            yield
        finally:
            undo()
    except BaseException:
        undo()
        raise
