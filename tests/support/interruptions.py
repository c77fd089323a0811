"""Interrupt at every step: raise KeyboardInterrupt at the N-th call, line or return of the code of runs and doors."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import rowmill
from rowmill.core.errors import Interrupted

HOME = Path(rowmill.__file__).parent
PLACES = ("core/undoing.py", "run/", "sinks/")
CALLED_BACK = ("closed", "<genexpr>")
"""What Arrow calls of a file, and what is thrown away half-way: an interruption there is another error, or none."""


class Steps:
    """Counts the steps of this thread, and interrupts it at one of them.

    Args:
        at: number of the step, from 1.
    """

    def __init__(self, at: int) -> None:
        self.at = at
        self.taken = 0

    def __call__(self, frame: FrameType, event: str, _value: Any) -> Steps | None:
        """Take a step, as ``sys.settrace`` asks for."""
        if not _is_watched(frame.f_code.co_filename) or frame.f_code.co_name in CALLED_BACK:
            return None
        if event == "return" and frame.f_code.co_flags & inspect.CO_GENERATOR:
            # Nothing interrupts a generator between what it yields and who takes that.
            return self
        self.taken += 1
        if self.taken == self.at:
            raise KeyboardInterrupt
        return self


def _is_watched(name: str) -> bool:
    path = name.removeprefix(f"{HOME}/")
    return path != name and path.startswith(PLACES)


def interrupt(work: Callable[[], object], at: int) -> bool:
    """Interrupt some work at a step; return whether it took as many."""
    steps = Steps(at)
    sys.settrace(steps)
    try:
        work()
    except (KeyboardInterrupt, Interrupted):
        assert steps.taken == at
    finally:
        sys.settrace(None)
    return steps.taken >= at


def left(out: Path) -> list[str]:
    """Return the locks and the unnamed files of this process below a folder."""
    found = (path for path in out.rglob("*") if path.name.startswith(f".{os.getpid()}-") or path.suffix == ".lock")
    return sorted(path.relative_to(out).as_posix() for path in found)
