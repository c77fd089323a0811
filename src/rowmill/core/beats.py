"""Work that a thread does now and then while this process does something else, such that forks need not fear it.

A fork copies the locks that other threads hold, and nobody unlocks the copies. A thread of this module holds one lock
while it works, and none of others' while it waits; a fork waits until it waits.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_WORK = threading.Lock()

os.register_at_fork(before=_WORK.acquire, after_in_parent=_WORK.release, after_in_child=_WORK.release)


class _Beating(threading.Thread):
    """Calls something every so many seconds until it is done."""

    def __init__(self, beat: Callable[[], None], seconds: float, done: threading.Event) -> None:
        super().__init__(daemon=True)
        self._beat = beat
        self._seconds = seconds
        self._done = done

    def run(self) -> None:
        while not self._done.wait(self._seconds):
            with _WORK:
                self._beat()


@contextmanager
def beating(beat: Callable[[], None], seconds: float) -> Iterator[None]:
    """Call something every so many seconds, in a thread, until the context ends."""
    done = threading.Event()
    thread = _Beating(beat, seconds, done)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def is_forkable() -> bool:
    """Return whether no thread of this process, besides the one that asks, may hold a lock when it forks."""
    own = threading.current_thread()
    return all(each is own or isinstance(each, _Beating) for each in threading.enumerate())
