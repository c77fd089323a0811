"""What asking may take: requests, tokens, money and seconds, set aside before a request goes out.

A request sets aside the most that it can take: its bytes, which no tokenizer exceeds, and the longest answer that it
allows. The answer's own count replaces that; without one, the whole of it counts as taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from rowmill.core.errors import EndpointError, UsageError
from rowmill.llm.settings import LlmSettings

LEAST_ANSWER = 64
"""Tokens of an answer below which asking is pointless."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of a request."""

    asked: int
    answered: int

    @property
    def total(self) -> int:
        """Return both together."""
        return self.asked + self.answered


class Budget:
    """The caps of a run and what is gone of them; the clock starts at once. Not for several threads."""

    def __init__(self, settings: LlmSettings, clock: Callable[[], float] = time.monotonic) -> None:
        """Raise UsageError if money is capped and no price is known."""
        self.settings, self.requests = settings, 0
        self.gone = Tokens(0, 0)
        self._clock, self._start = clock, clock()
        self._asked = Fraction(str(settings.price_input or 0)) / 10**6
        self._answered = Fraction(str(settings.price_output or 0)) / 10**6
        if settings.max_cost is not None and None in (settings.price_input, settings.price_output):
            raise UsageError(
                f"--max-cost {settings.max_cost:g}: needs what tokens cost; give --price-input and --price-output, "
                "per million tokens"
            )

    @property
    def seconds_left(self) -> float:
        """Return the seconds until the cap."""
        return self.settings.max_seconds - (self._clock() - self._start)

    @property
    def cost(self) -> float:
        """Return the money that is gone; 0 where no price is known."""
        return float(self._cost(self.gone))

    def reserve(self, asked: int, answered: int) -> Tokens:
        """Set aside one request.

        Args:
            asked: most tokens that the request can have.
            answered: tokens that its answer may have; fewer are set aside where the caps leave fewer.

        Returns:
            What was set aside; the request must allow no longer answer.

        Raises:
            EndpointError: if a cap leaves no room for the request.
        """
        caps = self.settings
        if self.requests >= caps.max_requests:
            raise _spent(f"{self.requests} requests went out", f"--max-requests {caps.max_requests}")
        if self.seconds_left <= 0:
            raise _spent("the time is over", f"--max-seconds {caps.max_seconds:g}")
        left = caps.max_tokens - self.gone.total - asked
        if left < LEAST_ANSWER:
            need = f"{self.gone.total} tokens are gone, the next request may take {asked + LEAST_ANSWER} or more"
            raise _spent(need, f"--max-tokens {caps.max_tokens}")
        held = Tokens(asked, min(answered, left, self._affordable(asked, left)))
        self.requests += 1
        self._add(held, 1)
        return held

    def release(self, held: Tokens) -> None:
        """Give back what was set aside for a request that never went out."""
        self.requests -= 1
        self._add(held, -1)

    def settle(self, held: Tokens, taken: Tokens) -> None:
        """Replace what was set aside for a request by what it took."""
        self._add(held, -1)
        self._add(taken, 1)

    def _affordable(self, asked: int, wanted: int) -> int:
        """Return the longest answer that the money allows, of those wanted."""
        if self.settings.max_cost is None:
            return wanted
        cap, gone = Fraction(str(self.settings.max_cost)), self._cost(self.gone)
        least = gone + self._cost(Tokens(asked, LEAST_ANSWER))
        if least > cap:
            need = f"{float(gone):.6g} is spent, the next request may cost {float(least - gone):.6g} or more"
            raise _spent(need, f"--max-cost {self.settings.max_cost:g}")
        left = cap - gone - self._cost(Tokens(asked, 0))
        return wanted if self._answered == 0 else min(wanted, left // self._answered)

    def _cost(self, tokens: Tokens) -> Fraction:
        return tokens.asked * self._asked + tokens.answered * self._answered

    def _add(self, tokens: Tokens, sign: int) -> None:
        self.gone = Tokens(self.gone.asked + sign * tokens.asked, self.gone.answered + sign * tokens.answered)


def _spent(what: str, cap: str) -> EndpointError:
    return EndpointError(f"language model: {what}; the cap is {cap}, raise it or ask for less")
