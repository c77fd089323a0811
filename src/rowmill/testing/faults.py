"""Faults: a process that dies at its N-th operation, without a chance to clean up after itself."""

from __future__ import annotations

from dataclasses import dataclass, field


class Crash(BaseException):
    """The process is dead: no operation of it reaches the bucket any more."""


@dataclass(slots=True)
class Faults:
    """Counts operations, each as two steps, before it and after it, and dies at one of them.

    Args:
        at: number of the step, from 1; 0 for none.
    """

    at: int = 0
    steps: int = 0
    """Taken so far."""
    verbs: list[str] = field(default_factory=list)
    """What was asked for, in order: the verb, a blank, and the key."""

    def before(self, verb: str, key: str) -> None:
        """Note an operation that is about to be done."""
        self._step()
        self.verbs.append(f"{verb} {key}")

    def after(self) -> None:
        """Note that it was done; who crashes here never hears of it."""
        self._step()

    def _step(self) -> None:
        if self.at and self.steps >= self.at:
            raise Crash
        self.steps += 1
        if self.steps == self.at:
            raise Crash
