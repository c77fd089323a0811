"""Reading checks: a small grammar that knows nothing but columns, values and a closed list of functions."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from rowmill.model.mistakes import nearest
from rowmill.quality.rules.checks import Among, Called, Check, Combined, Constant, Matched, Named, calls_of, parts
from rowmill.quality.rules.words import AGGREGATES, DEEPEST, FUNCTIONS, MOST_LEVELS, PREVIOUS, CheckError, Token, tokens

_COMPARISONS: Final = {"=": "=", "<>": "<>", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@lru_cache(maxsize=512)
def parsed(text: str) -> Check:
    """Return the tree of a check.

    Raises:
        CheckError: saying what cannot be read, and where.
    """
    reader = _Reader(tokens(text))
    found = reader.implied()
    reader.expect("end", "")
    if _levels(found) > MOST_LEVELS:
        raise CheckError(f"more than {MOST_LEVELS} operators in a row; make two rules of it")
    return found


def _levels(check: Check) -> int:
    """Return how deep a check is: ``1 + 2 + 3`` is a sum of a sum."""
    level, count = [check], 0
    while level:
        level, count = [part for each in level for part in parts(each)], count + 1
    return count


class _Reader:
    """Reads one check from left to right."""

    def __init__(self, words: list[Token]) -> None:
        self._words = words
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._words[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += token.kind != "end"
        return token

    def _is(self, kind: str, *texts: str) -> bool:
        return self._next.kind == kind and self._next.text in texts

    def _took(self, kind: str, text: str) -> bool:
        there = self._is(kind, text)
        self._at += there
        return there

    def expect(self, kind: str, text: str) -> None:
        """Take what must come next.

        Raises:
            CheckError: if something else comes.
        """
        token = self._next
        if token.kind != kind or token.text != text:
            came = repr(token.text) if token.kind != "end" else "the end"
            raise CheckError(f"{text or 'the end'!r} is needed after {token.place} characters; {came} is there")
        self._take()

    def implied(self) -> Check:
        """Read ``a implies b``, which is false only where a is true and b is false."""
        left = self._either()
        if self._took("word", "implies"):
            return Combined("or", (Combined("not", (left,)), self._deeper(self.implied)))
        return left

    def _deeper(self, read: Callable[[], Check]) -> Check:
        self._depth += 1
        if self._depth > DEEPEST:
            raise CheckError(f"more than {DEEPEST} brackets within one another; make two rules of it")
        found = read()
        self._depth -= 1
        return found

    def _either(self) -> Check:
        return self._chain("word", ("or",), lambda: self._chain("word", ("and",), self._negated))

    def _chain(self, kind: str, signs: tuple[str, ...], read: Callable[[], Check]) -> Check:
        found = read()
        while self._is(kind, *signs):
            sign = self._take().text
            found = Combined(sign, (found, read()))
        return found

    def _negated(self) -> Check:
        if self._took("word", "not"):
            return Combined("not", (self._deeper(self._negated),))
        return self._compared()

    def _compared(self) -> Check:
        left = self._sum()
        token = self._next
        if token.kind == "sign" and token.text in _COMPARISONS:
            self._take()
            return Combined(_COMPARISONS[token.text], (left, self._sum()))
        if self._took("word", "is"):
            no = self._took("word", "not")
            return _not(self._identity(left), no=no)
        no = self._took("word", "not")
        if self._took("word", "in"):
            return _not(Among(left, self._listed()), no=no)
        if self._took("word", "between"):
            low = self._sum()
            self.expect("word", "and")
            both = Combined(">=", (left, low)), Combined("<=", (left, self._sum()))
            return _not(Combined("and", both), no=no)
        if self._took("word", "matches"):
            return _not(Matched(left, self._pattern()), no=no)
        if no:
            raise CheckError(f"'in', 'between' or 'matches' is needed after {self._next.place} characters")
        return left

    def _identity(self, left: Check) -> Check:
        if self._took("word", "null"):
            return Combined("null", (left,))
        self.expect("word", "distinct")
        self.expect("word", "from")
        return Combined("distinct", (left, self._sum()))

    def _listed(self) -> tuple[Constant, ...]:
        self.expect("sign", "(")
        found = [self._literal()]
        while self._took("sign", ","):
            found.append(self._literal())
        self.expect("sign", ")")
        return tuple(found)

    def _literal(self) -> Constant:
        found = self._signed()
        if not isinstance(found, Constant):
            raise CheckError("a list has values alone, such as ('A', 'B') or (1, 2)")
        return found

    def _pattern(self) -> str:
        token = self._take()
        if token.kind != "text":
            raise CheckError("matches needs a regular expression as a text, such as '[0-9]{4}'")
        return pattern(token.text)

    def _sum(self) -> Check:
        return self._chain("sign", ("+", "-"), lambda: self._chain("sign", ("*", "/"), self._signed))

    def _signed(self) -> Check:
        if self._took("sign", "-"):
            inner = self._deeper(self._signed)
            if isinstance(inner, Constant) and isinstance(inner.value, int | float):
                return Constant(-inner.value)
            return Combined("-", (Constant(0), inner))
        return self._single()

    def _single(self) -> Check:
        token = self._take()
        if token.kind == "sign" and token.text == "(":
            found = self._deeper(self.implied)
            self.expect("sign", ")")
            return found
        if token.kind == "name":
            return self._named(token.text)
        return Constant(self._valued(token))

    def _valued(self, token: Token) -> bool | float | str | dt.date | None:
        match token.kind, token.text:
            case "number", text:
                return _number(text)
            case "text", text:
                return text
            case "word", "true" | "false":
                return token.text == "true"
            case "word", "null":
                return None
            case "word", "date" | "timestamp" if self._next.kind == "text":
                return _moment(token.text, self._take().text)
        came = repr(token.text) if token.kind != "end" else "the end"
        raise CheckError(f"a value or a column is needed after {token.place} characters; {came} is there")

    def _named(self, name: str) -> Check:
        if self._took("sign", "("):
            return self._called(name.lower())
        if self._took("sign", "."):
            token = self._take()
            if token.kind != "name":
                raise CheckError(f"a column of {name} is needed after the point")
            return Named(token.text, name)
        return Named(name)

    def _called(self, name: str) -> Check:
        known = {**FUNCTIONS, **AGGREGATES, PREVIOUS: (1, 1)}
        if name not in known:
            raise CheckError(f"function {name!r}: unknown; {nearest(name, known)}")
        values = list[Check]()
        while not self._took("sign", ")"):
            if values:
                self.expect("sign", ",")
            values.append(self._deeper(self.implied))
        low, high = known[name]
        if not low <= len(values) <= high:
            wanted = str(low) if low == high else f"{low} to {high}"
            raise CheckError(f"function {name}: got {len(values)} values; it takes {wanted}")
        if name in {"left", "right"} or (name == "round" and len(values) == 2):
            _whole(name, values[1])
        if name == PREVIOUS and PREVIOUS in calls_of(values[0]):
            raise CheckError("previous(…) has no row before it; name it once")
        return Called(name, tuple(values))


def _not(check: Check, *, no: bool) -> Check:
    return Combined("not", (check,)) if no else check


def _whole(name: str, value: Check) -> None:
    if not isinstance(value, Constant) or type(value.value) is not int or not 0 <= value.value <= 1_000:
        raise CheckError(f"function {name}: its second value is a whole number from 0 to 1000")


def _number(text: str) -> int | float:
    number = int(text) if text.isdigit() else float(text)
    if isinstance(number, int) and number.bit_length() > 63:
        raise CheckError(f"number {text[:30]}: it has more than 63 bits")
    if not math.isfinite(number):
        raise CheckError(f"number {text[:30]}: no number of 64 bits is so large")
    return number


def _moment(kind: str, text: str) -> dt.date:
    try:
        if kind == "date":
            return dt.date.fromisoformat(text)
        found = dt.datetime.fromisoformat(text)
        return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise CheckError(f"{kind} {text[:40]!r}: not in the form of 2025-11-30 or 2025-11-30T12:00:00Z") from None


def pattern(text: str) -> str:
    """Return a regular expression that every engine understands.

    Raises:
        CheckError: if it is none, or has what engines without backtracking do not have.
    """
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise CheckError(f"pattern {text[:60]!r}: no regular expression: {error}") from None
    if re.search(r"\(\?(?!:)|\\[1-9]|(?<!\\)[*+?}]\+", text):
        raise CheckError(f"pattern {text[:60]!r}: look-around, back references and flags are not taken; leave them out")
    try:
        # Arrow has the engine that DuckDB has: it knows neither \\Z nor more than 1,000 repetitions.
        pc.match_substring_regex(pa.array([""]), text)
    except pa.ArrowInvalid as error:
        said = str(error).removeprefix("Invalid regular expression: ")
        raise CheckError(
            f"pattern {text[:60]!r}: not every engine takes it: {said[:100]}; write it otherwise"
        ) from None
    return text
