"""Watching workers: one that is stopped, or frozen, is named rather than waited for without a word."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from rowmill.core.logs import log
from rowmill.core.processes import Status, status

_log = log(__name__)

_FROZEN_LOOKS = 6


@dataclass(slots=True)
class Watch:
    """Looks at processes now and then."""

    seconds: float = 5.0
    """Between two looks."""
    silence: float = 300.0
    """Seconds before the same is said again."""
    _looked: float = field(default_factory=time.monotonic)
    _seen: dict[int, Status] = field(default_factory=dict)
    _idle: dict[int, int] = field(default_factory=dict)
    _said: dict[int, float] = field(default_factory=dict)

    def look(self, processes: Sequence[int]) -> None:
        """Say which of the workers with work do not get on, unless the last look was a moment ago."""
        now = time.monotonic()
        if now < self._looked + self.seconds:
            return
        self._looked = now
        for process in processes:
            reason = self._reason(process)
            if reason is not None and now >= self._said.get(process, -self.silence) + self.silence:
                self._said[process] = now
                _log.warning("worker_waited_for", f"worker {process} {reason}; the run waits for it", process=process)

    def _reason(self, process: int) -> str | None:
        """Return why a process does not get on, None if it does."""
        now, before = status(process), self._seen.get(process)
        if now is None:
            return None
        self._seen[process] = now
        if before is None or now.cpu_ticks != before.cpu_ticks:
            self._idle[process] = 0
            return None
        self._idle[process] += 1
        if now.state in "Tt":
            return f"is stopped: kill -CONT {process} lets it go on"
        if self._idle[process] >= _FROZEN_LOOKS:
            return f"has done nothing for {self._idle[process] * self.seconds:.0f} s (state {now.state})"
        return None
