"""Mistakes in settings, in words: the key, the value received, the rule, and the key or value that was meant."""

from __future__ import annotations

import difflib
import re
import types
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

Problem = Mapping[str, Any]
"""What pydantic tells of one mistake: type, loc, msg, input, ctx."""

_LONGEST_WHOLE = 10**15
"""Whole numbers below this are shown with all their digits, however they were written."""
_LONGEST_VALUE = 100
"""Characters of a value that a message shows."""
_MOST_LINES = 10
_MOST_NAMES = 30
_ALIKE = 0.65
"""How much of two names is the same where one may be meant by the other, by difflib's ratio."""
_LEAST_BEGINNING = 3
_NUMBER = re.compile(r"\d+")
_KEY = "[key]"
"""What pydantic calls the key of a table in a path."""
_WORDS = {
    "tuple_type": "a list is needed, such as [1, 2]",
    "dict_type": "keys with values are needed, such as {key: value}",
    "model_type": "keys with values are needed, such as {key: value}",
    "model_attributes_type": "keys with values are needed, such as {key: value}",
    "string_type": "text is needed",
    "string_unicode": "text is needed that can be written as UTF-8",
    "bool_type": "true or false is needed",
    "bool_parsing": "true or false is needed",
    "int_type": "a whole number is needed",
    "int_parsing_size": "a whole number is needed, and this one is too large for any setting",
    "int_parsing": "a whole number is needed, such as 1_000",
    "int_from_float": "a whole number is needed",
    "float_type": "a number is needed",
    "float_parsing": "a number is needed, such as 0.3",
    "finite_number": "a finite number is needed",
}
"""Rules that pydantic words for programmers, in words for users."""


class Misfit(ValueError):
    """A value inside a section breaks a rule of the section; it is named by its path from where the rule stands."""

    def __init__(self, path: str | tuple[str, ...], rule: str) -> None:
        super().__init__(rule)
        self.path = (path,) if isinstance(path, str) else path


def explain(section: type[BaseModel], where: str, problems: Sequence[Problem]) -> list[str]:
    """Return one line for each mistake: unknown keys first, and the keys that a section lacks together."""
    unknown = [problem for problem in problems if problem["type"] == "extra_forbidden"]
    lines = [_unknown(section, where, problem["loc"]) for problem in unknown]
    near = {(each["loc"][:-1], meant(str(each["loc"][-1]), _names_at(section, each["loc"]))) for each in unknown}
    lacking: dict[tuple[Any, ...], list[str]] = {}
    for problem in problems:
        if problem["type"] == "missing":
            lacking.setdefault(problem["loc"][:-1], []).append(str(problem["loc"][-1]))
    for loc, keys in lacking.items():
        # A section that lacks a key and has one too many that resembles it has one mistake: a key that is misspelt.
        rest = [key for key in keys if (loc, key) not in near]
        lines += [_lacking(section, where, loc, rest)] if rest else []
    told_apart = ("extra_forbidden", "missing")
    others = [each for each in problems if each["type"] not in told_apart and not _too_short_by_others(each)]
    return lines + [_broken(section, where, problem) for problem in others]


def nearest(received: str, known: Iterable[str]) -> str:
    """Return a hint for a name that is not known: the nearest known one, or some of them."""
    names = sorted(known)
    close = meant(received, names)
    if close is not None:
        return f"did you mean {close!r}?"
    return f"known: {', '.join(names[:_MOST_NAMES]) or 'none'}{_and_more(len(names) - _MOST_NAMES, ' ')}"


def unknown(noun: str, received: Iterable[str], known: Collection[str], where: str) -> str:
    """Return a line for each name that is not known, as ``column 'x': WHERE; did you mean 'y'?``; empty for none."""
    return in_lines(f"{noun} {name!r}: {where}; {nearest(name, known)}" for name in received if name not in known)


def in_lines(lines: Iterable[str]) -> str:
    """Return mistakes as one text, a line each: ten of them, and how many more there are."""
    found = list(lines)
    return "\n".join(found[:_MOST_LINES]) + _and_more(len(found) - _MOST_LINES, "\n")


def inner_kinds(kind: Any) -> Iterator[Any]:
    """Yield the kinds that an annotation allows, without None and without what is noted beside them."""
    if get_origin(kind) is Annotated:
        yield from inner_kinds(get_args(kind)[0])
    elif get_origin(kind) in (Union, types.UnionType):
        for choice in get_args(kind):
            yield from inner_kinds(choice)
    elif kind is not type(None):
        yield kind


def shown(value: Any) -> str:
    """Return a value as a message shows it, cut where it is long."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < _LONGEST_WHOLE:
        value = int(value)
    if isinstance(value, int) and abs(value).bit_length() > 4 * _LONGEST_VALUE:
        return f"a number of {abs(value).bit_length()} bits"
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _and_more(count: int, before: str) -> str:
    return f"{before}and {count} more" if count > 0 else ""


def meant(received: str, names: Iterable[str]) -> str | None:
    """Return the name that was meant, most likely: one that is alike, or of which this is a word; None where none is.

    Names that count, such as WEEK 8 and WEEK 12, resemble one another, and nobody types one for the other.
    """
    said, alike = received.lower(), list[tuple[float, str]]()
    for name in names:
        other = name.lower()
        if said != other and sorted(_NUMBER.findall(said)) != sorted(_NUMBER.findall(other)):
            continue
        ratio = difflib.SequenceMatcher(None, said, other).ratio()
        words = said in other.split("_") or other in said.split("_")
        if ratio >= _ALIKE or words or (len(said) >= _LEAST_BEGINNING and other.startswith(said)):
            alike.append((ratio, name))
    return max(alike, default=(0.0, None))[1]


def _names_at(section: type[BaseModel], loc: tuple[Any, ...]) -> Iterable[str]:
    known = _at(section, loc[:-1])
    return known.model_fields if _is_section(known) else ()


def _unknown(section: type[BaseModel], where: str, loc: tuple[Any, ...]) -> str:
    hint = _elsewhere(section, loc) or nearest(str(loc[-1]), _names_at(section, loc))
    return f"{_name(where, loc)}: unknown key; {hint}"


def _elsewhere(section: type[BaseModel], loc: tuple[Any, ...]) -> str | None:
    """Return what to do instead of what was given at a path, where its section says so."""
    hints: Mapping[str, str] = getattr(_at(section, loc[:-1]), "elsewhere", {})
    return hints.get(str(loc[-1])) if loc else None


def _lacking(section: type[BaseModel], where: str, loc: tuple[Any, ...], keys: list[str]) -> str:
    """Name the keys that a section lacks; one of a table whose name resembles another's was meant to be that one."""
    kind = _at(section, loc)
    if get_origin(kind) is tuple:
        return f"{_name(where, loc)}: got {keys[0]} values; {len(get_args(kind))} are needed"
    hint = ""
    if loc:
        table = _default_at(section, loc[:-1])
        others = list(table) if isinstance(table, dict) and loc[-1] not in table else []
        close = meant(str(loc[-1]), map(str, others))
        hint = "" if close is None else f", or did you mean {close!r}?"
    return f"{_name(where, loc)}: lacks {', '.join(keys)}; give {'it' if len(keys) == 1 else 'them'}{hint}"


def _too_short_by_others(problem: Problem) -> bool:
    """Return whether a list is too short for pydantic alone, which does not count entries that are wrong themselves."""
    if problem["type"] != "too_short":
        return False
    counted: int = problem["ctx"]["min_length"]
    return len(problem["input"]) >= counted


def _broken(section: type[BaseModel], where: str, problem: Problem) -> str:
    loc, kind, context = problem["loc"], problem["type"], problem.get("ctx", {})
    message = str(problem["msg"]).removeprefix("Value error, ")
    received = f"got {shown(problem.get('input'))}; "
    if kind == "value_error":
        cause = context.get("error")
        if isinstance(cause, Misfit):
            return f"{_name(where, (*loc, *cause.path))}: {message}"
        if not loc or re.match(rf"{re.escape(where)}\.[\w.]+: ", message):
            return message
        return f"{_name(where, loc)}: {'' if isinstance(problem['input'], dict) else received}{message}"
    if kind in ("too_long", "too_short"):
        length = context.get("max_length", context.get("min_length"))
        more = "at most" if kind == "too_long" else "at least"
        return f"{_name(where, loc)}: got {len(problem['input'])} entries; {more} {length} are needed"
    hint = _elsewhere(section, loc) if isinstance(problem.get("input"), str | PathLike) else None
    rule = hint or _WORDS.get(kind, f"{message[:1].lower()}{message[1:]}")
    if loc and loc[-1] == _KEY:
        return f"{_name(where, loc[:-2])}: got the key {shown(problem.get('input'))}; {rule}"
    return f"{_name(where, loc)}: {received}{rule}"


def _name(where: str, loc: Iterable[Any]) -> str:
    return ".".join([where, *map(str, loc)])


def _at(section: type[BaseModel], loc: Sequence[Any]) -> Any:
    """Return the kind that a path leads to, through sections, tables and lists; None if it leads nowhere."""
    current: Any = section
    for step in loc:
        if _is_section(current):
            info = current.model_fields.get(step)
            current = next(inner_kinds(info.annotation), None) if info else None
        elif get_origin(current) is dict:
            current = next(inner_kinds(get_args(current)[1]), None)
        elif get_origin(current) is tuple and isinstance(step, int):
            kinds = get_args(current)
            current = next(inner_kinds(kinds[0] if kinds[1:] == (...,) else kinds[min(step, len(kinds) - 1)]), None)
        else:
            return None
    return current


def _default_at(section: type[BaseModel], loc: Sequence[Any]) -> Any:
    """Return what stands at a path of keys where nothing is given."""
    current: Any = section
    for step in loc:
        if _is_section(current):
            info = current.model_fields.get(step)
            current = info.get_default(call_default_factory=True) if info else None
        elif isinstance(current, dict):
            current = current.get(step)
        else:
            current = getattr(current, str(step), None)
    return current


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
