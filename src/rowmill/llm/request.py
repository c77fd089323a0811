"""The body of a request: messages, limits and the form of the answer, as plainly as an endpoint needs it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Message = dict[str, str]
_ROOM = 64
_ROOM_EACH = 16
"""Tokens that an endpoint may put around all messages, and around each."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, whatever the endpoint."""

    messages: tuple[Message, ...]
    schema: dict[str, Any]
    """JSON Schema of the answer."""
    answer_tokens: int
    """Tokens of an answer of the usual length, with room."""
    temperature: float
    """0 for the likeliest answer, more for more variety."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an endpoint understands beyond messages; each word that it refuses is left out or replaced."""

    limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    structure: Literal["json_schema", "json_object", "text"] = "json_schema"
    temperature: bool = True

    def without(self, said: str) -> Dialect | None:
        """Return the dialect that avoids what an endpoint refuses in an error text; None where nothing helps."""
        if "max_completion_tokens" in said and self.limit == "max_tokens":
            return replace(self, limit="max_completion_tokens")
        if "temperature" in said and self.temperature:
            return replace(self, temperature=False)
        if any(word in said for word in ("response_format", "json_schema", "schema", "json_object")):
            if self.structure == "json_schema":
                return replace(self, structure="json_object")
            if self.structure == "json_object":
                return replace(self, structure="text")
        return None


def body_of(model: str, question: Question, dialect: Dialect, answer_tokens: int) -> bytes:
    """Return the JSON body of a request whose answer may have so many tokens."""
    body: dict[str, Any] = {"model": model, "messages": list(question.messages), dialect.limit: answer_tokens}
    if dialect.temperature:
        body["temperature"] = question.temperature
    if dialect.structure == "json_schema":
        form = {"name": "answer", "strict": True, "schema": question.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    elif dialect.structure == "json_object":
        body["response_format"] = {"type": "json_object"}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def most_tokens(body: bytes, messages: Sequence[Message]) -> int:
    """Return the most tokens that an endpoint can count for a body: one a byte, and what it puts around messages."""
    return len(body) + _ROOM + _ROOM_EACH * len(messages)
