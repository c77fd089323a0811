"""The words that a check is cut into, and what may stand in it. Nothing here runs what it reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from rowmill.core.errors import UsageError
from rowmill.model.rules import LONGEST_CHECK

DEEPEST: Final = 40
"""Brackets and calls within one another."""
MOST_LEVELS: Final = 150
"""Operators and calls within one another; each further one of ``a + b + c`` is one."""
KEYWORDS: Final = frozenset(
    {"and", "or", "not", "implies", "is", "null", "distinct", "from", "in", "between", "matches", "true", "false",
     "date", "timestamp"}
)  # fmt: skip
FUNCTIONS: Final = {
    "abs": (1, 1), "floor": (1, 1), "round": (1, 2), "length": (1, 1), "lower": (1, 1), "upper": (1, 1),
    "year": (1, 1), "month": (1, 1), "day": (1, 1), "years": (2, 2), "days": (2, 2), "seconds": (2, 2),
    "left": (2, 2), "right": (2, 2), "number": (1, 1), "coalesce": (2, 9), "least": (2, 9), "greatest": (2, 9),
}  # fmt: skip
"""Functions of a row, with the fewest and the most values that each takes."""
AGGREGATES: Final = {"count": (0, 1), "unique": (1, 1), "sum": (1, 1), "min": (1, 1), "max": (1, 1)}
"""Functions of a group of rows."""
PREVIOUS: Final = "previous"

Kind = Literal["number", "text", "name", "word", "sign", "end"]
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d{1,3})?)|'(?P<text>(?:[^']|'')*)'|"(?P<quoted>(?:[^"]|"")+)"
    |(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign><>|!=|<=|>=|[-+*/=<>(),.]))""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a check."""

    kind: Kind
    text: str
    place: int
    """Characters before it."""


class CheckError(UsageError):
    """A check that cannot be read, or names what is not there."""


def tokens(text: str) -> list[Token]:
    """Return the words of a check; the last one is its end.

    Raises:
        CheckError: saying where it cannot be read.
    """
    if len(text) > LONGEST_CHECK:
        raise CheckError(f"got {len(text):,} characters; a check has at most {LONGEST_CHECK:,}: make two rules of it")
    if "\0" in text:
        raise CheckError("got a NUL character; take it out")
    found, place, end = list[Token](), 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            rest = text[place:].lstrip()
            raise CheckError(f"cannot read {rest[:20]!r}; quote texts with ' and odd names of columns with \"")
        found.append(_token(match))
        place = match.end()
    return [*found, Token("end", "", end)]


def _token(match: re.Match[str]) -> Token:
    place = match.start(match.lastgroup or 0)
    match match.lastgroup:
        case "number":
            return Token("number", match["number"], place)
        case "text":
            return Token("text", match["text"].replace("''", "'"), place)
        case "quoted":
            return Token("name", match["quoted"].replace('""', '"'), place)
        case "name" if match["name"].lower() in KEYWORDS:
            return Token("word", match["name"].lower(), place)
        case "name":
            return Token("name", match["name"], place)
    return Token("sign", match["sign"], place)
