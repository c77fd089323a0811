"""Answers as data: the one JSON object of a text, whatever a model writes around it."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

_FENCE = re.compile(r"```[A-Za-z]*\s*\n(.*?)\n?\s*```", re.DOTALL)
_THOUGHT = re.compile(r"^.*</think>", re.DOTALL)


class BadAnswer(Exception):
    """An answer cannot be used; the text says why, for the model to correct it."""


def parse_object(text: str) -> dict[str, Any]:
    """Return the JSON object of an answer: bare, in a fence, or with words around it.

    Raises:
        BadAnswer: if there is none, or it cannot be read.
    """
    body = _THOUGHT.sub("", text)
    fenced = _FENCE.search(body)
    if fenced:
        body = fenced[1]
    first, last = body.find("{"), body.rfind("}")
    if first < 0 or last < first:
        raise BadAnswer("the answer holds no JSON object")
    try:
        found = json.loads(body[first : last + 1], parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise BadAnswer(f"the answer is not valid JSON: {error}") from None
    if not isinstance(found, dict):
        raise BadAnswer("the answer is not a JSON object")
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
