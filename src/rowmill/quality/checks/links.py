"""Foreign keys: whether the rows that they name are there, as far as all that they may be among is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rowmill.model import ddl
from rowmill.model.rules import LinkRule
from rowmill.quality.checks.counting import Alone, Counted, Scan, condition, examples, tried
from rowmill.quality.checks.report import CheckResult
from rowmill.quality.checks.subject import Subject, linked
from rowmill.quality.rules.checks import columns_of
from rowmill.quality.rules.parsing import parsed

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def joined_links(subject: Subject, subjects: Mapping[str, Subject], scan: Scan, alone: Alone) -> Iterator[Counted]:
    """Yield the foreign keys that a join in the pass over the rows looks up."""
    for link in subject.rules.foreign_keys:
        if _why_not(link, subject, subjects) is None and _joins(link, subject, alone):
            there = " AND ".join(f"t.{ddl.name(name)} IS NOT NULL" for name in link.columns)
            row = f"{scan.joined(link)}.{ddl.name(link.references[0])} IS NULL"
            looked_at = f"count_if({there})" if len(link.columns) > 1 else f"count(t.{ddl.name(link.columns[0])})"
            yield Counted(_told(link, subject), f"{there} AND {row}", looked_at)


def other_links(
    connection: DuckDBPyConnection, subject: Subject, subjects: Mapping[str, Subject], alone: Alone
) -> Iterator[CheckResult]:
    """Yield the foreign keys that a query of their own looks up, and those that cannot be looked up."""

    def called(link: LinkRule) -> CheckResult:
        return _told(link, subject)

    def looked_up(some: Sequence[LinkRule]) -> list[CheckResult]:
        return [_looked_up(connection, link, subject, subjects[link.table]) for link in some]

    for link in subject.rules.foreign_keys:
        why = _why_not(link, subject, subjects)
        if why is not None:
            yield replace(_told(link, subject), unchecked=why)
        elif not _joins(link, subject, alone):
            yield from tried([link], called, subject.rows, looked_up)


def _told(link: LinkRule, subject: Subject) -> CheckResult:
    return CheckResult(subject.name, "foreign key", link.name, link.columns)


def _joins(link: LinkRule, subject: Subject, alone: Alone) -> bool:
    """Return whether a join finds at most one row, and is over a table small enough to be worth it."""
    return (link.table, link.references) in alone and link.table != subject.name and not (link.where or link.there)


def _why_not(link: LinkRule, subject: Subject, subjects: Mapping[str, Subject]) -> str | None:
    """Return why a foreign key cannot be looked up; None where it can."""
    target = subjects.get(link.table)
    if target is None:
        return f"{link.table} is not there"
    there = [column.name for column in columns_of(parsed(link.there))] if link.there else []
    why = subject.lacks(linked(link)) or target.lacks((*link.references, *there))
    why = why or subject.apart(link, target)
    if why is not None:
        return why
    if link.earlier and not (target.past.begins and not target.past.spans):
        return f"it may name rows of {link.table} that lie before or between the slices"
    return None


def _looked_up(connection: DuckDBPyConnection, link: LinkRule, subject: Subject, target: Subject) -> CheckResult:
    own = " AND ".join(f"t.{ddl.name(name)} IS NOT NULL" for name in link.columns)
    where = condition(link.where, lambda column: f"t.{ddl.name(column.name)}")
    asked = f"{own} AND {where}"
    equal = " AND ".join(
        f"t.{ddl.name(one)} = o.{ddl.name(other)}" for one, other in zip(link.columns, link.references, strict=True)
    )
    named = ", ".join(ddl.name(name) for name in link.references)
    there = f"(SELECT {named} FROM {target.view} WHERE {condition(link.there)}) AS o"
    orphans = f"(SELECT * FROM {subject.view} AS t WHERE {asked}) AS t ANTI JOIN {there} ON {equal}"
    counts = f"SELECT count(*) FROM {subject.view} AS t WHERE {asked}"
    rows = connection.execute(counts).fetchall()[0][0]
    chosen = ddl.names(dict.fromkeys((*link.columns,)))
    thin = f"(SELECT {chosen} FROM {subject.view} AS t WHERE {asked}) AS t ANTI JOIN {there} ON {equal}"
    (failed,) = connection.execute(f"SELECT count(*) FROM {thin}").fetchall()[0]
    shown = examples(connection, orphans, subject, link.columns, "TRUE") if failed else ()
    return replace(_told(link, subject), rows=rows, failed=failed, examples=shown)
