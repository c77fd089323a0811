"""Work that a thread does now and then while this process does something else, such that forks need not fear it.

A fork copies the locks that other threads hold, and nobody unlocks the copies. A thread of this module holds one lock
while it works, and none of others' while it waits; a fork waits until it waits.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

_WORK = threading.Lock()

os.register_at_fork(before=_WORK.acquire, after_in_parent=_WORK.release, after_in_child=_WORK.release)


class Beat(threading.Thread):
    """Calls something every so many seconds, from ``start`` to ``end``."""

    def __init__(self, beat: Callable[[], None], seconds: float) -> None:
        super().__init__(daemon=True)
        self._beat = beat
        self._seconds = seconds
        self._over = threading.Event()

    def run(self) -> None:
        """Go on until the end."""
        while not self._over.wait(self._seconds):
            with _WORK:
                self._beat()

    def end(self) -> None:
        """Call it no more; may be repeated, and be called where it never started."""
        self._over.set()
        if self.ident is not None:
            self.join()


def is_forkable() -> bool:
    """Return whether no thread of this process, besides the one that asks, may hold a lock when it forks."""
    own = threading.current_thread()
    # What Arrow's own threads are called once they have run a line of Python: they are held by nothing when they sleep.
    foreign = "Dummy-"
    return all(each is own or isinstance(each, Beat) or each.name.startswith(foreign) for each in threading.enumerate())
