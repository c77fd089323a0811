"""Checks as trees: what a rule says. There is no way from one to a file, a network or a name that is not a column.

A check is true, false or, where a value is missing, nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that stands in the check."""

    value: bool | int | float | str | dt.date | dt.datetime | None


@dataclass(frozen=True, slots=True)
class Named:
    """A column of the row, or of the row that its foreign key to a table names."""

    name: str
    table: str = ""


@dataclass(frozen=True, slots=True)
class Called:
    """A function of values."""

    function: str
    values: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Combined:
    """An operator between values: ``and``, ``=``, ``+`` and the like."""

    sign: str
    values: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Among:
    """Whether a value is one of some."""

    value: Check
    among: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """Whether a whole text matches a regular expression."""

    value: Check
    pattern: str


Check = Constant | Named | Called | Combined | Among | Matched


def parts(check: Check) -> tuple[Check, ...]:
    """Return what a check is made of, one level below it."""
    match check:
        case Called() | Combined():
            return check.values
        case Among() | Matched():
            return (check.value,)
    return ()


def inside(check: Check, without: str = "") -> Iterator[Check]:
    """Yield a check and all that it is made of, but for what calls of one function are about."""
    yield check
    if isinstance(check, Called) and check.function == without:
        return
    for part in parts(check):
        yield from inside(part, without)


def columns_of(check: Check, without: str = "") -> list[Named]:
    """Return the columns that a check needs, each once, but for those in calls of one function."""
    return list(dict.fromkeys(each for each in inside(check, without) if isinstance(each, Named)))


def calls_of(check: Check) -> set[str]:
    """Return the functions that a check calls."""
    return {each.function for each in inside(check) if isinstance(each, Called)}
