"""A book of rules: what each table keeps, compiled from a schema, read from YAML, or proposed by looking at rows."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Ge, Le, MaxLen, MinLen

from rowmill.core.errors import UsageError
from rowmill.model.mistakes import nearest
from rowmill.model.rules import LONGEST_CHECK, RULE_CONFIG, LinkRule, Rule
from rowmill.model.types import FieldType
from rowmill.quality.rules.checks import Check, calls_of, columns_of
from rowmill.quality.rules.parsing import parsed, pattern
from rowmill.quality.rules.words import AGGREGATES, PREVIOUS, CheckError

ColumnName = Annotated[str, MinLen(1), MaxLen(200)]
ColumnNames = Annotated[tuple[ColumnName, ...], MinLen(1), MaxLen(64)]


@dataclass(frozen=True, slots=True)
class ColumnRule:
    """What a column keeps."""

    __pydantic_config__ = RULE_CONFIG

    type: FieldType | None = None
    """Type of its values; None for any. Whole numbers may be as wide as they like."""
    nullable: bool = True
    """Whether a value may be missing."""
    minimum: int | float | None = None
    """Smallest value, inclusive."""
    maximum: int | float | None = None
    """Largest value, inclusive."""
    values: Annotated[tuple[str, ...], MaxLen(65_535)] | None = None
    """Every text that may occur."""
    pattern: Annotated[str, MaxLen(LONGEST_CHECK)] | None = None
    """Regular expression that the whole text matches."""
    length: Annotated[int, Ge(1), Le(1 << 31)] | None = None
    """Most characters of a text."""
    scale: Annotated[int, Ge(0), Le(18)] | None = None
    """Digits of a decimal behind its point."""
    repeats: bool = False
    """Whether far fewer values than rows are to be expected: a hint for speed, no rule."""


@dataclass(frozen=True, slots=True)
class TableRules:
    """What a table keeps."""

    __pydantic_config__ = RULE_CONFIG

    columns: dict[ColumnName, ColumnRule] = field(default_factory=dict)
    """By name: each must be there."""
    others: bool = True
    """Whether there may be further columns."""
    primary_key: Annotated[tuple[ColumnName, ...], MaxLen(64)] = ()
    """Columns that are never null and tell rows apart."""
    unique: Annotated[tuple[ColumnNames, ...], MaxLen(64)] = ()
    """Further groups of columns that tell rows apart; two nulls count as equal."""
    foreign_keys: Annotated[tuple[LinkRule, ...], MaxLen(256)] = ()
    event_time: ColumnName | None = None
    """Column that tells when a row happened."""
    rules: Annotated[tuple[Rule, ...], MaxLen(1_000)] = ()

    @property
    def keys(self) -> tuple[tuple[str, ...], ...]:
        """Return the groups of columns that tell rows apart."""
        return tuple(dict.fromkeys((*((self.primary_key,) if self.primary_key else ()), *self.unique)))

    def link(self, table: str) -> LinkRule | None:
        """Return the one foreign key to a table whose row a check may name; None where there is none."""
        found = [link for link in self.foreign_keys if link.table == table and not link.there]
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules of the tables of a dataset.

    Raises:
        UsageError: naming the table, the rule and what is wrong with it.
    """

    __pydantic_config__ = RULE_CONFIG

    tables: Annotated[dict[ColumnName, TableRules], MinLen(1), MaxLen(1_000)]

    def __post_init__(self) -> None:
        for table, rules in self.tables.items():
            for problem in _problems(rules):
                raise UsageError(f"rules of {table}: {problem}")


def _problems(rules: TableRules) -> Iterator[str]:
    twice = [name for name, count in Counter(rule.name for rule in rules.rules).items() if count > 1]
    if twice:
        yield f"two rules are called {twice[0]!r}; give one another name"
    for name, column in rules.columns.items():
        yield from (f"column {name}: {problem}" for problem in _column_problems(column))
    for key in (*rules.keys, *(link.columns for link in rules.foreign_keys)):
        if len(set(key)) < len(key):
            yield f"({', '.join(key)}) names a column twice"
        if rules.columns and not rules.others and (strange := set(key) - rules.columns.keys()):
            yield f"({', '.join(key)}): there is no column {min(strange)!r}"
    for link in rules.foreign_keys:
        if len(link.columns) != len(link.references) or not link.columns:
            yield f"foreign key ({', '.join(link.columns)}): names {len(link.references)} columns of {link.table}"
        where = f"foreign key ({', '.join(link.columns)})"
        yield from _said(where, link.where, rules, "") if link.where else ()
        # What the other table has is told where it is known.
        yield from _said(where, link.there, TableRules(), "") if link.there else ()
    for rule in rules.rules:
        kind = "sequence" if rule.order else "group" if rule.by else "row"
        if rule.order and not rule.by:
            yield f"rule {rule.name!r}: order puts the rows of an entity in order; name its columns in by"
        yield from _said(f"rule {rule.name!r}", rule.check, rules, kind)


def _column_problems(column: ColumnRule) -> Iterator[str]:
    for word, bound in (("minimum", column.minimum), ("maximum", column.maximum)):
        if isinstance(bound, float) and not math.isfinite(bound):
            yield f"the {word} is {bound}, which nothing is compared with; leave it out for none"
    if column.minimum is not None and column.maximum is not None and column.minimum > column.maximum:
        yield f"the minimum {column.minimum} is above the maximum {column.maximum}"
    if column.values is not None and not column.values:
        yield "an empty list of values; leave it out for any"
    if column.pattern is not None:
        try:
            pattern(column.pattern)
        except CheckError as error:
            yield str(error)


def _said(where: str, text: str, rules: TableRules, kind: str) -> Iterator[str]:
    """Yield what is wrong with a check."""
    try:
        check = parsed(text)
    except CheckError as error:
        yield f"{where}: {error}"
        return
    calls = calls_of(check)
    if PREVIOUS in calls and kind != "sequence":
        yield f"{where}: previous(…) needs an entity and an order of its rows; give by and order"
    if calls & AGGREGATES.keys() and kind != "group":
        yield f"{where}: {min(calls & AGGREGATES.keys())}(…) is of a group of rows; give by, and no order"
    yield from (f"{where}: {problem}" for problem in _strange(check, rules))


def _strange(check: Check, rules: TableRules) -> Iterator[str]:
    """Yield columns that a check names and that cannot be there."""
    for column in columns_of(check):
        if column.table and rules.link(column.table) is None:
            yield f"{column.table}.{column.name}: the table has no foreign key, or several, to {column.table}"
        elif not column.table and not rules.others and column.name not in rules.columns:
            yield f"there is no column {column.name!r}; {nearest(column.name, rules.columns)}"
