"""Work in a fork of this process: what dies there dies as a process does, and takes nothing along."""

from __future__ import annotations

import os
import pickle
import select
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from rowmill.core.errors import RowmillError

CRASHED = 77
_LONGEST_SECONDS = 600.0
"""Work that takes longer hangs."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How work ended."""

    how: Literal["ended", "refused", "died", "broken", "hung"]
    value: Any = None
    """What it returned."""
    said: str = ""
    """By what error it was refused; else where it broke."""

    @property
    def bad(self) -> str:
        """Return what is wrong with such an end; empty for one that may be."""
        return f"{self.how}: {self.said}" if self.how in ("broken", "hung") else ""


def done(work: Callable[[], Any]) -> Outcome:
    """Do work here."""
    try:
        return Outcome("ended", work())
    except RowmillError as error:
        return Outcome("refused", said=f"{type(error).__name__}: {error}")
    except Exception:
        return Outcome("broken", said=traceback.format_exc()[-2000:])


@dataclass(frozen=True, slots=True)
class Apart:
    """Work that goes on in a fork."""

    process: int
    answer: int
    """Where it writes what becomes of it."""

    def killed(self) -> None:
        """Kill it, be it at work or not."""
        os.kill(self.process, signal.SIGKILL)

    def outcome(self) -> Outcome:
        """Wait until it ends."""
        said, until = b"", time.monotonic() + _LONGEST_SECONDS
        while select.select([self.answer], [], [], max(0.0, until - time.monotonic()))[0]:
            more = os.read(self.answer, 1 << 20)
            said += more
            if not more:
                break
        else:
            self.killed()
        os.close(self.answer)
        code = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        if code == 0:
            outcome: Outcome = pickle.loads(said)
            return outcome
        if time.monotonic() > until:
            return Outcome("hung", said=f"for {_LONGEST_SECONDS:.0f} s")
        return Outcome("died" if code in (CRASHED, -signal.SIGKILL) else "broken", said=f"exit code {code}")


def begun(work: Callable[[], Any]) -> Apart:
    """Begin work in a fork."""
    answer, told = os.pipe()
    process = os.fork()
    if process:
        os.close(told)
        return Apart(process, answer)
    try:
        os.close(answer)
        said = pickle.dumps(done(work))
        while said:
            said = said[os.write(told, said) :]
        os._exit(0)
    finally:
        os._exit(1)


def forked(work: Callable[[], Any]) -> Outcome:
    """Do work in a fork."""
    return begun(work).outcome()
