"""Asking until there is a usable answer, within the budget: three kinds of fault, each with its own patience.

What is lost on the way is sent again after a growing pause. What comes too early waits as long as the endpoint says.
An answer that cannot be used goes back with the reason. Whatever else happens is one clear line.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rowmill.core.errors import EndpointError
from rowmill.core.logs import log
from rowmill.llm.answers import BadAnswer
from rowmill.llm.budget import Budget, Tokens
from rowmill.llm.cache import Cache
from rowmill.llm.client import Client, LostRequest, NeverSent, Rejected, Reply, TooMany
from rowmill.llm.request import Dialect, Question, body_of, most_tokens

T = TypeVar("T")
_log = log(__name__)

LOST, EARLY, UNUSABLE = 3, 5, 2
"""How often a request is sent again because it was lost, because it came too early, and because the answer was bad."""
LONGEST_PAUSE = 60.0
"""Seconds; an endpoint that names a pause is given the whole of it."""
_REPEATED = 4000
"""Characters of a bad answer that go back to the model."""
NOTHING = Tokens(0, 0)


@dataclass
class Asker:
    """One model at one endpoint, and what asking it may take."""

    client: Client
    model: str
    budget: Budget
    cache: Cache
    dialect: Dialect = field(default_factory=Dialect)
    asked: list[str] = field(default_factory=list)
    """Digests of the questions that were answered."""

    def ask(self, question: Question, use: Callable[[str], T]) -> T:
        """Return what can be made of the answer.

        Args:
            question: what to ask.
            use: turns the text of an answer into what is wanted, or raises BadAnswer with what is wrong.

        Raises:
            EndpointError: if there is no usable answer within the budget.
            UsageError: if the endpoint knows neither key nor model.
        """
        digest = digest_of(question, self.client.url, self.model)
        known = self._known(digest, use)
        if known is not None:
            return known
        first, bad, cause = question, 0, ""
        while True:
            reply = self._reply(question, cause)
            try:
                made = use(reply.text)
            except BadAnswer as error:
                reason = str(error) if reply.whole else f"the answer was cut off: {error}"
            else:
                self.cache.keep(digest, self.client.without_key(reply.text), {"model": self.model})
                self.asked.append(digest)
                return made
            bad += 1
            _log.info("answer_refused", answer=bad, reason=self.client.shown(reason))
            if bad > UNUSABLE:
                why = self.client.shown(reason)
                raise EndpointError(f"language model: {bad} answers cannot be used, the last one because {why}")
            cause = f"; the last answer could not be used: {self.client.shown(reason)}"
            question = _corrected(first, question.answer_tokens, reply, reason)

    def _known(self, digest: str, use: Callable[[str], T]) -> T | None:
        """Return what can be made of an answer that was kept; None where there is none of use."""
        text = self.cache.find(digest)
        if text is None:
            return None
        try:
            made = use(text)
        except BadAnswer:
            return None
        self.asked.append(digest)
        return made

    def _reply(self, question: Question, cause: str) -> Reply:
        """Return a reply, whatever it says; the cause is why this is asked, told where a cap leaves no room."""
        lost = early = 0
        while True:
            try:
                held, body = self._reserved(question)
            except EndpointError as error:
                raise EndpointError(f"{error}{cause}") from None
            try:
                return self._send(held, body)
            except TooMany as fault:
                early, cause = early + 1, f"; the last request failed: {fault}"
                self._wait(fault, early, EARLY)
            except LostRequest as fault:
                lost, cause = lost + 1, f"; the last request failed: {fault}"
                self._wait(fault, lost, LOST)
            except Rejected as fault:
                simpler = self.dialect.without(str(fault))
                if simpler is None:
                    raise EndpointError(f"language model: the endpoint rejects the request: {fault}") from None
                self.dialect = simpler

    def _reserved(self, question: Question) -> tuple[Tokens, bytes]:
        """Set the budget of a question aside; return it and the request that keeps to it."""
        wanted = body_of(self.model, question, self.dialect, question.answer_tokens)
        held = self.budget.reserve(most_tokens(wanted, question.messages), question.answer_tokens)
        body = body_of(self.model, question, self.dialect, held.answered)
        _log.info("request", number=self.budget.requests, most_tokens=held.total)
        return held, body

    def _send(self, held: Tokens, body: bytes) -> Reply:
        """Send a request once, and settle what was set aside for it."""
        try:
            reply = self.client.send(body, min(self.budget.settings.timeout_seconds, self.budget.seconds_left))
        except NeverSent:
            self.budget.release(held)
            raise
        except (TooMany, Rejected):
            self.budget.settle(held, NOTHING)
            raise
        self.budget.settle(held, reply.taken or held)
        return reply

    def _wait(self, fault: LostRequest, times: int, most: int) -> None:
        """Pause after a fault of a kind that has come so many times, or give up after the most that is tried."""
        if times > most:
            raise EndpointError(f"language model: asked {times} times in vain, the last time: {fault}") from None
        pause = fault.wait
        if pause is None:
            pause = min(LONGEST_PAUSE, self.budget.settings.retry_seconds * 2 ** (times - 1)) * random.uniform(0.8, 1.2)
        if pause >= self.budget.seconds_left:
            left = max(0.0, self.budget.seconds_left)
            raise EndpointError(
                f"language model: {fault}; the next try is due in {pause:.3g} s, but --max-seconds leaves {left:.3g} s"
            ) from None
        _log.info("request_repeated", reason=str(fault), seconds=round(pause, 1))
        time.sleep(pause)


def digest_of(question: Question, url: str, model: str) -> str:
    """Return 64 hexadecimal digits that name a question to a model at an endpoint, whatever its limits."""
    parts = [url, model, question.messages, question.schema, question.temperature]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _corrected(first: Question, room: int, reply: Reply, reason: str) -> Question:
    """Return a question with a bad answer and what is wrong with it; after a cut answer with twice the room."""
    told = (
        {"role": "assistant", "content": reply.text[:_REPEATED] or "(empty)"},
        {
            "role": "user",
            "content": f"This answer cannot be used: {reason}. Send the whole corrected JSON object only.",
        },
    )
    return replace(first, messages=(*first.messages, *told), answer_tokens=room if reply.whole else room * 2)
