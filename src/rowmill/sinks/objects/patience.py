"""Doing a request again while it fails in a way that passes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from rowmill.core.logs import log

_log = log(__name__)
_FIRST_SECONDS, _MOST_SECONDS = 0.2, 20.0
_SAID_FROM = 3
"""Failures in a row from which on they are told: one or two are everyday life of a store."""

T = TypeVar("T")


class Failure(NamedTuple):
    """Why a request failed."""

    reason: str
    """In words, without secrets."""
    passes: bool
    """Whether it may succeed when it is sent again."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Sends a request again, after pauses that double.

    Args:
        shown: what to call the store, without secrets.
        attempts: most times that a request is sent.
        judge: says why one failed.
        pause: waits some seconds.
    """

    shown: str
    attempts: int
    judge: Callable[[Exception], Failure]
    pause: Callable[[float], None] = time.sleep

    def __call__(self, request: Callable[[], T]) -> tuple[T, bool]:
        """Return what a request yields, and whether one that failed went before: it may have been carried out.

        Raises:
            Exception: the last one, if it does not pass or went on for too long.
        """
        for failed in range(self.attempts):
            try:
                return request(), failed > 0
            except Exception as error:
                failure = self.judge(error)
                if not failure.passes or failed + 1 == self.attempts:
                    raise
            seconds = min(_FIRST_SECONDS * 2**failed, _MOST_SECONDS) * random.uniform(0.5, 1)
            said = f"{self.shown}: {failure.reason}; sent again in {seconds:.1f} s"
            if failed + 1 >= _SAID_FROM:
                _log.warning("sent_again", said, failures=failed + 1)
            else:
                _log.info("sent_again", reason=failure.reason, failures=failed + 1)
            self.pause(seconds)
        raise AssertionError
