"""What is asked of a comparison: which columns tell entity, time, arm and target, and how much is looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rowmill.core.errors import UsageError
from rowmill.model.mistakes import nearest
from rowmill.quality.sources.source import SourceTable

ROWS: Final = 10_000
"""Rows of a sample of each side, unless another number is asked for."""
RESAMPLES: Final = 100
SEED: Final = 42


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a user wants to know of two tables."""

    key: str | None = None
    """Column that tells which entity a row is of: entities are split, sampled and drawn again whole."""
    time: str | None = None
    """Column that orders the rows of an entity: an instant, a day, a number or name of a visit."""
    arm: str | None = None
    """Column of the treatment."""
    target: str | None = None
    """Column that a model shall predict."""
    quasi: tuple[str, ...] = ()
    """Columns that an attacker may know of somebody."""
    ignored: tuple[str, ...] = ()
    """Columns that are left out."""
    categories: tuple[str, ...] = ()
    """Numeric columns whose numbers are codes."""
    rows: int = ROWS
    """Most rows of a sample of each side; entities come whole."""
    resamples: int = RESAMPLES
    """How often entities are drawn again for an interval."""
    seed: int = SEED

    def named(self) -> Iterator[tuple[str, str]]:
        """Yield the columns that it names, each with the option that does."""
        for option, name in (("key", self.key), ("time", self.time), ("arm", self.arm), ("target", self.target)):
            if name is not None:
                yield option, name
        for option, names in (("quasi", self.quasi), ("category", self.categories)):
            yield from ((option, name) for name in names)


def check(question: Inquiry, tables: Sequence[tuple[str, SourceTable]]) -> None:
    """Refuse a question that names columns which are not in every table, or names one twice.

    Args:
        question: what is asked.
        tables: each with what to call it, such as ``real``.

    Raises:
        UsageError: saying which column is missing where.
    """
    for option, name in question.named():
        for side, table in tables:
            if name not in table.arrow.names:
                near = nearest(name, table.arrow.names)
                raise UsageError(f"--{option} {name[:80]!r}: the {side} table has no such column; {near}")
    for side, table in tables:
        twice = [name for name in table.arrow.names if table.arrow.names.count(name) > 1]
        if twice:
            raise UsageError(f"the {side} table has two columns {twice[0][:80]!r}; rename one of them")
    roles = [name for option, name in question.named() if option in {"key", "time", "arm"}]
    for name in roles:
        if roles.count(name) > 1 or name in question.ignored or name == question.target == question.key:
            raise UsageError(f"column {name[:80]!r} is asked for as two things; key, time and arm are three columns")
    if question.target is not None and question.target in {question.key, *question.ignored}:
        raise UsageError(f"--target {question.target[:80]!r}: is the key or is left out; name another column")
    if question.arm is not None and question.key is None:
        raise UsageError("--arm: the effect of an arm is one on entities; say which column tells them, with --key")


def known(question: Inquiry, table: SourceTable) -> tuple[str, ...]:
    """Return the columns of a table of ours that name rows, here or elsewhere: they mean nothing as values."""
    if table.schema is None:
        return ()
    own = table.primary_key if len(table.primary_key) == 1 else ()
    links = [name for each in table.foreign_keys if len(each.columns) == 1 for name in each.columns]
    kept = {question.time, question.arm, question.target, *question.quasi, *question.categories}
    return tuple(name for name in (*own, *links) if name not in kept)


def assumed(question: Inquiry, tables: Sequence[SourceTable]) -> tuple[Inquiry, list[str]]:
    """Return a question with what a schema of ours tells and nobody said: entity and time; with a note of each."""
    notes: list[str] = []
    schemas = [each for each in tables if each.schema is not None]
    names = set.intersection(*(set(each.arrow.names) for each in tables))
    key, time = question.key, question.time
    if key is None and question.time is None:
        links = [each.columns[0] for table in schemas for each in table.foreign_keys if len(each.columns) == 1]
        key = next((name for name in links if name in names and name not in question.ignored), None)
        if key is not None:
            notes.append(f"an entity is what {key} names, by the schema; --key names another column")
    if time is None and key is not None and schemas:
        event = [each.schema.event_time for each in schemas if each.schema is not None and each.schema.event_time]
        rest = [
            name
            for each in schemas
            if len(each.primary_key) == 2 and key in each.primary_key
            for name in each.primary_key
            if name != key
        ]
        taken = {key, question.arm, question.target, *question.quasi, *question.ignored}
        time = next((name for name in (*event, *rest) if name in names and name not in taken), None)
        if time is not None:
            notes.append(f"rows are ordered by {time}, by the schema; --time names another column")
    return replace(question, key=key, time=time), notes
